//! Years that a column holds without being called so: `founded`, `opened`, `creation` with values such as 1874.
//!
//! Invariant: such a column is named like a time, is no key, and every value of it that is looked at is a whole number from 1000 to
//! 2199; or, whatever it is called ("vintage"), it holds whole numbers, and the several that are looked at are all from 1900 to 2100.
//! Else it stays the number that it is, so that a number of days is never compared with a year.

use super::super::language::ENGLISH;
use super::lexicon::Lexicon;
use super::names::Splitter;
use super::nature::{self, Nature};
use super::textdates::is_time;
use crate::catalog::model::{Catalog, Column, ColumnRef, TypeClass, Values};

/// Whole numbers are years of these only.
const YEARS: std::ops::RangeInclusive<u32> = 1000..=2199;

/// Whole numbers are years of these where the name of their column says nothing of a time.
const RECENT: std::ops::RangeInclusive<u32> = 1900..=2100;
/// … if there are at least so many different ones.
const SEVERAL: usize = 4;

/// Marks the columns that hold years by what is stored in them. They stay the numbers that they are wherever no time is asked for.
pub(crate) fn mark(
    lexicon: &mut Lexicon,
    catalog: &Catalog,
    splitter: &Splitter,
    values: &dyn Values,
) {
    let may = |at: ColumnRef, column: &Column, name: &[String]| {
        let number = matches!(lexicon.nature(at), Nature::Amount | Nature::Rate);
        let counts = name.iter().any(|w| ENGLISH.year_counts.contains(w));
        nature::is_numeric(column.class) && number && !counts
    };
    let recent = |text: &String| text.parse().is_ok_and(|year: u32| RECENT.contains(&year));
    let called = super::stored::columns(
        catalog,
        splitter,
        values,
        |at, column, name| may(at, column, name) && is_time(name),
        |_, stored| stored.iter().all(|text| is_year(text)).then_some(()),
    );
    let others = super::stored::columns(
        catalog,
        splitter,
        values,
        |at, column, name| {
            column.class == TypeClass::Integer && may(at, column, name) && !is_time(name)
        },
        |_, stored| (stored.len() >= SEVERAL && stored.iter().all(recent)).then_some(()),
    );
    let found = called.into_iter().chain(others);
    lexicon.years.extend(found.map(|(at, ())| at));
}

/// "1874", also as a number that could have a fraction holds it: "1874.0".
fn is_year(text: &str) -> bool {
    let whole = text
        .split_once('.')
        .filter(|(_, fraction)| fraction.bytes().all(|b| b == b'0'))
        .map_or(text, |(whole, _)| whole);
    whole.len() == 4 && whole.parse().is_ok_and(|year| YEARS.contains(&year))
}

#[cfg(test)]
mod tests {
    use super::is_year;

    #[test]
    fn only_whole_numbers_of_four_digits_are_years() {
        for text in ["1000", "1874", "1874.0", "2199"] {
            assert!(is_year(text), "{text}");
        }
        for text in [
            "999", "2200", "187", "18740", "1874.5", "-1874", "+874", "", "MCMX",
        ] {
            assert!(!is_year(text), "{text}");
        }
    }
}
