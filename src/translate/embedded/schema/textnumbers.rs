//! Numbers that are stored as texts, as in tables that were loaded from files.
//!
//! Invariant: a column of text is calculated with only when its name is that of a number ("quantity", "price") and all values
//! of it that are looked at are plain numbers. It is cast wherever it is used: a value that is none ends the statement with
//! PostgreSQL's own error, and never gives a wrong answer.

use super::super::language::ENGLISH;
use super::names::Splitter;
use crate::catalog::model::{Catalog, Column, ColumnRef, TypeClass, Values};
use std::borrow::Cow;

/// Makes numbers of such columns of the catalog.
pub fn retype(catalog: &mut Cow<Catalog>, splitter: &Splitter, values: &dyn Values) {
    let found = super::stored::columns(
        catalog,
        splitter,
        values,
        |_, column, name| column.class == TypeClass::Text && is_number(name),
        |_, stored| stored.iter().all(|text| plain(text)).then_some(()),
    );
    for (at, ()) in found {
        catalog.to_mut().tables[at.table].columns[at.column].class = TypeClass::Numeric;
    }
}

/// Whether a column is read as a number though it holds texts: it must be cast.
pub(crate) fn is_cast(column: &Column) -> bool {
    let numeric = ["numeric", "money"]
        .iter()
        .any(|name| column.type_name.starts_with(name));
    column.class == TypeClass::Numeric && !numeric
}

/// A name such as "quantity" or "number of rooms", and not "phone number".
fn is_number(words: &[String]) -> bool {
    let number = |word: &String| ENGLISH.number_words.contains(word);
    let code = words
        .last()
        .is_some_and(|last| ENGLISH.keys.contains(&crate::question::tokens::stem(last)));
    !code && words.iter().any(number)
}

/// Part of a foreign key, on either side, or a key by itself, also where only its name tells it.
pub(crate) fn is_key(catalog: &Catalog, at: ColumnRef) -> bool {
    let table = catalog.table(at);
    let unique = table.unique_keys.iter().chain([&table.primary_key]);
    let own = table.foreign_keys.iter().map(|key| &key.columns);
    let mut keys = own.chain(unique.filter(|key| key.len() == 1));
    let pointed_at = catalog.tables.iter().any(|t| {
        t.foreign_keys
            .iter()
            .any(|key| key.target == at.table && key.target_columns.contains(&at.column))
    });
    // `date_key` of sales, where that is the key of the table of days.
    let name = &catalog.column(at).name;
    let named = || {
        !ENGLISH.bare_keys.contains(&name.to_lowercase())
            && catalog.tables.iter().any(|t| match t.primary_key[..] {
                [key] => t.columns[key].name == *name,
                _ => false,
            })
    };
    pointed_at || keys.any(|key| key.contains(&at.column)) || named()
}

/// "12", "-3.5", "0.75"; a code such as "007" is none.
fn plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all(whole) && all(fraction) && (whole == "0" || !whole.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_numbers_are_numbers() {
        for text in ["0", "12", "-3.5", "0.75", "1000000"] {
            assert!(plain(text), "{text}");
        }
        for text in [
            "", "-", "007", "1,000", "5 kg", "1.", ".5", "1e3", "12-3", "NaN",
        ] {
            assert!(!plain(text), "{text}");
        }
    }

    #[test]
    fn names_of_numbers_are_no_codes() {
        let words = |name: &str| name.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(is_number(&words("order quantity")));
        assert!(is_number(&words("number of rooms")));
        assert!(!is_number(&words("phone number")));
        assert!(!is_number(&words("price code")));
        assert!(!is_number(&words("city")));
    }
}
