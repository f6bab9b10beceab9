//! Dates that the calendar does not have: "29 Feb 2023", "2025-13-01", "Q5 2024", "week 53 of 2025"; and those that may be two days.
//!
//! They are looked for where a question was not understood, so that the refusal says what is wrong with the date and not merely that
//! its number was not understood. A code that looks like a date is none where it is a stored value: then the question was understood.

use super::super::language::ENGLISH;
use super::calendar::iso;
use super::namedspans::{Clock, valid, year_after};
use super::weeks;
use crate::error::Error;
use crate::question::numbers::days_in_month;
use crate::question::tokens::{Token, TokenKind, tokenize};

/// So many days no month has, but somebody may have typed them: a larger number is none of a day.
const MOST_DAYS: i64 = 39;

/// What is wrong with a date of a question.
///
/// Gives the refusal (22023), or `None` where each date is one.
pub(crate) fn refusal(text: &str, clock: Clock) -> Option<Error> {
    let tokens = tokenize(text);
    let (at, found) = (0..tokens.len()).find_map(|at| {
        let found = by_month(text, &tokens, at, clock)
            .or_else(|| by_numbers(&tokens, at))
            .or_else(|| by_quarter(&tokens, at))
            .or_else(|| by_week(&tokens, at, clock))?;
        Some((at, found))
    })?;
    let last = tokens.get(at + found.length - 1)?;
    let said = text.get(tokens[at].start..last.end)?;
    let error = match found.wrong {
        Wrong::None(why) => {
            Error::question("there is no such date").with_detail(format!("\"{said}\": {why}"))
        }
        Wrong::Two(a, b) => Error::ambiguous()
            .with_detail(format!("\"{said}\" may be {a} or {b}."))
            .with_hint(format!("Write the day as {a}.")),
    };
    Some(error)
}

struct Found {
    length: usize,
    wrong: Wrong,
}

enum Wrong {
    /// Why there is none.
    None(String),
    /// The two days that it may be.
    Two(String, String),
}

/// A whole number that may have been meant as a day.
fn day(tokens: &[Token], at: usize) -> Option<i64> {
    match &tokens.get(at)?.kind {
        TokenKind::Number(n) if !n.percent && !n.money => {
            n.as_whole().filter(|d| (0..=MOST_DAYS).contains(d))
        }
        _ => None,
    }
}

/// "29 Feb 2023", "February 29, 2023", "31 April".
fn by_month(text: &str, tokens: &[Token], at: usize, clock: Clock) -> Option<Found> {
    let name = |at: usize| {
        let (_, month) = ENGLISH.time_at(tokens, at, "month ")?;
        month.parse::<u32>().ok()
    };
    let of = |at: usize| {
        usize::from(
            tokens
                .get(at)
                .is_some_and(|t| ENGLISH.of_words.contains(&t.lower)),
        )
    };
    let comma = |at: usize| usize::from(tokens.get(at).is_some_and(|t| t.is_mark(',')));
    let (named, day, end) = match (day(tokens, at), name(at)) {
        (Some(day), _) => {
            let named = at + 1 + of(at + 1);
            (named, day, named + 1)
        }
        (None, Some(_)) => (at, day(tokens, at + 1)?, at + 2),
        (None, None) => return None,
    };
    let month = name(named)?;
    let year = year_after(tokens, end + comma(end), clock);
    let (end, year) = match year {
        Some((length, year)) => (end + comma(end) + length, Some(year)),
        None => (end, None),
    };
    // Without a year a February may have 29 days.
    let most = days_in_month(year.unwrap_or(2000), month);
    if (1..=i64::from(most)).contains(&day) {
        return None;
    }
    let month = text.get(tokens[named].start..tokens[named].end)?;
    let of = year.map_or_else(String::new, |year| format!(" {year}"));
    Some(Found {
        length: end - at,
        wrong: Wrong::None(format!("{month}{of} has {most} days.")),
    })
}

/// "2025-13-01", "2023/02/29", "30.2.2025", "03/04/2025".
fn by_numbers(tokens: &[Token], at: usize) -> Option<Found> {
    let whole = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 4);
    let number = |at: usize| match &tokens.get(at)?.kind {
        TokenKind::Number(n) if !n.ordinal => Some(n.text.as_str()),
        _ => None,
    };
    let joined = |at: usize| tokens.get(at).is_some_and(|t| t.joined);
    let points = tokens.get(at + 1).is_some_and(|t| t.is_mark('.'));
    // The first two numbers of "30.2.2025" look like one with a fraction.
    let parts = match tokens.get(at)?.lower.split_once('.') {
        Some((a, b)) if points => (whole(a)?, whole(b)?, whole(number(at + 2)?)?),
        _ if joined(at + 1) && joined(at + 2) => (
            whole(number(at)?)?,
            whole(number(at + 1)?)?,
            whole(number(at + 2)?)?,
        ),
        _ => return None,
    };
    let orders = match parts {
        (a, b, c) if a >= 1000 && b < 100 && c < 100 => vec![(a as i32, b, c)],
        (a, b, c) if c >= 1000 && a < 100 && b < 100 && points => vec![(c as i32, b, a)],
        (a, b, c) if c >= 1000 && a < 100 && b < 100 => vec![(c as i32, a, b), (c as i32, b, a)],
        _ => return None,
    };
    let mut days: Vec<_> = orders.iter().filter(|day| valid(**day)).collect();
    days.dedup();
    let wrong = match days[..] {
        [] => Wrong::None(match orders[0] {
            (year, month @ 1..=12, _) => {
                format!("that month has {} days.", days_in_month(year, month))
            }
            _ => "a year has 12 months.".to_owned(),
        }),
        [_] => return None,
        [a, b, ..] => Wrong::Two(iso(*a), iso(*b)),
    };
    Some(Found { length: 3, wrong })
}

/// "Q5 2024", "Q0".
fn by_quarter(tokens: &[Token], at: usize) -> Option<Found> {
    let word = &tokens.get(at)?.lower;
    let mut prefixes = ENGLISH.quarter_prefixes.iter();
    let digits = prefixes.find_map(|prefix| word.strip_prefix(prefix.as_str()))?;
    let plain = digits.len() == 1 && !(1..=4).contains(&digits.parse::<u32>().ok()?);
    plain.then(|| Found {
        length: 1,
        wrong: Wrong::None("a year has four quarters, Q1 to Q4.".to_owned()),
    })
}

/// "week 53 of 2025".
fn by_week(tokens: &[Token], at: usize, clock: Clock) -> Option<Found> {
    let week = weeks::named(tokens, at, clock)?;
    let most = weeks::in_year(week.year);
    (!(1..=most).contains(&week.number)).then(|| Found {
        length: week.length,
        wrong: Wrong::None(format!("{} has {most} weeks (ISO 8601).", week.year)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: Clock = Clock {
        today: (2026, 8, 19),
        fiscal_year_start: 1,
    };

    #[test]
    fn what_the_calendar_lacks_is_told() {
        for (text, why) in [
            ("on 29 Feb 2023", "\"29 Feb 2023\": Feb 2023 has 28 days."),
            ("since February 29, 2023", "February 2023 has 28 days."),
            ("on the 31st of April", "April has 30 days."),
            ("on 0 March 2025", "March 2025 has 31 days."),
            ("on 2023-02-29", "\"2023-02-29\": that month has 28 days."),
            ("on 2025-13-01", "a year has 12 months."),
            ("on 30.2.2025", "\"30.2.2025\": that month has 28 days."),
            ("on 02/30/2025", "that month has 28 days."),
            ("in Q5 2025", "a year has four quarters, Q1 to Q4."),
            ("in week 53 of 2025", "2025 has 52 weeks (ISO 8601)."),
            ("in week 0 of 2026", "2026 has 53 weeks (ISO 8601)."),
            ("on 03/04/2025", "may be 2025-03-04 or 2025-04-03."),
        ] {
            let error = refusal(text, CLOCK).unwrap_or_else(|| panic!("{text}: none"));
            let detail = error.detail.unwrap_or_default();
            assert!(detail.contains(why), "{text}: {detail}");
        }
    }

    #[test]
    fn what_it_has_is_not() {
        for text in [
            "29 Feb 2024",
            "29 February",
            "2024-02-29",
            "29.2.2024",
            "02/29/2024",
            "04/04/2025",
            "week 53 of 2026",
            "Q4 2025",
            "top 50 in March",
            "40 March 2025",
            "10-20-30",
            "the 90s",
        ] {
            assert!(refusal(text, CLOCK).is_none(), "{text}");
        }
    }
}
