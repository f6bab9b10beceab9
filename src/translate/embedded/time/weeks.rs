//! Weeks by their numbers, as ISO 8601 counts them: "week 12 of 2025", "CW12 2025", "2025-W12".
//!
//! Invariant: a number makes a week only beside a year, so that a week of a season or of a course stays what a column holds; and only
//! a week that the year has: 53 in years that begin on a Thursday, or on a Wednesday when they are leap years, else 52.

use super::super::language::ENGLISH;
use super::calendar::{Day, from_serial, serial};
use super::dates::{Span, Unit};
use super::namedspans::{Clock, days, year_after};
use super::timewords::unit;
use crate::question::tokens::{Token, TokenKind};

/// A week that a question names, whether the year has it or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Week {
    /// The number of its tokens.
    pub length: usize,
    pub number: i64,
    pub year: i32,
}

/// What names a week at a token.
pub(crate) fn named(tokens: &[Token], at: usize, clock: Clock) -> Option<Week> {
    let word = |tag: &str, at: usize| ENGLISH.time_at(tokens, at, tag).map_or(0, |(n, _)| n);
    // "2025-W12"
    if let Some((1, year)) = year_after(tokens, at, clock)
        && tokens.get(at + 1).is_some_and(|t| t.joined)
        && let Some(number) = short(tokens, at + 1)
    {
        return Some(Week {
            length: 2,
            number,
            year,
        });
    }
    let article = usize::from(ENGLISH.definite.contains(&tokens.get(at)?.lower));
    let (length, number) = match short(tokens, at + article) {
        Some(number) => (article + 1, number),
        None => {
            let kind = article + word("calendar", at + article).max(word("iso", at + article));
            let (long, _) = unit(tokens, at + kind).filter(|(_, u)| *u == Unit::Week)?;
            let TokenKind::Number(n) = &tokens.get(at + kind + long)?.kind else {
                return None;
            };
            let plain = !n.ordinal && !n.percent && !n.money && n.text.len() <= 2;
            (kind + long + 1, n.as_whole().filter(|_| plain)?)
        }
    };
    let next = tokens.get(at + length)?;
    let link = next.is_mark(',') || ENGLISH.of_words.contains(&next.lower);
    let link = match link {
        true => 1,
        false => word("in", at + length),
    };
    let (more, year) = year_after(tokens, at + length + link, clock)?;
    Some(Week {
        length: length + link + more,
        number,
        year,
    })
}

/// "W12", "CW12".
fn short(tokens: &[Token], at: usize) -> Option<i64> {
    let word = &tokens.get(at)?.lower;
    let mut prefixes = ENGLISH.week_prefixes.iter();
    let digits = prefixes.find_map(|prefix| {
        let rest = word.strip_prefix(prefix.as_str())?;
        rest.bytes().all(|b| b.is_ascii_digit()).then_some(rest)
    })?;
    (1..=2)
        .contains(&digits.len())
        .then(|| digits.parse().ok())?
}

/// The Monday of the first week of a year: that of 4 January.
fn first_monday(year: i32) -> i64 {
    let day: Day = (year, 1, 4);
    serial(day) - (serial(day) + 3).rem_euclid(7)
}

/// How many weeks a year has.
pub(crate) fn in_year(year: i32) -> i64 {
    (first_monday(year + 1) - first_monday(year)) / 7
}

/// A week by its number at a token: the number of tokens and the span.
pub(super) fn numbered(tokens: &[Token], at: usize, clock: Clock) -> Option<(usize, Span)> {
    let week = named(tokens, at, clock)?;
    let monday = first_monday(week.year) + 7 * (week.number - 1);
    (1..=in_year(week.year)).contains(&week.number).then(|| {
        (
            week.length,
            days(from_serial(monday), from_serial(monday + 7)),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::in_year;

    #[test]
    fn years_have_the_weeks_that_iso_8601_gives_them() {
        // Those of a cycle of 28 years without a year that ends a century.
        let long: Vec<i32> = (2001..2029).filter(|y| in_year(*y) == 53).collect();
        assert_eq!(long, [2004, 2009, 2015, 2020, 2026]);
        assert!((1900..2200).all(|y| (52..=53).contains(&in_year(y))));
    }
}
