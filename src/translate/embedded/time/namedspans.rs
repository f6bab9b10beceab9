//! Spans of the calendar by their names: months, quarters, halves, decades, fiscal years, single days.
//!
//! Where a year is left out, the most recent one is meant in which the span has begun.

use super::super::language::ENGLISH;
use super::calendar::{add_months, from_serial, next_day, serial};
use super::dates::{Day, Moment, Span, Unit, relative};
use super::timewords::unit;
use super::weeks;
use crate::question::numbers::days_in_month;
use crate::question::tokens::{Token, TokenKind};

/// What a span of time depends on besides its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The current date in the session's time zone.
    pub today: Day,
    /// The month in which the fiscal year begins, 1 to 12. A fiscal year is called by the year in which it ends.
    pub fiscal_year_start: u32,
}

/// From a day up to another, which does not belong to it.
pub(crate) fn days(from: Day, to: Day) -> Span {
    relative(Moment::Day(from), Moment::Day(to))
}

/// A number that can be the year of a span.
pub(crate) fn year_number(tokens: &[Token], at: usize) -> Option<i32> {
    match &tokens.get(at)?.kind {
        TokenKind::Number(n) => n.as_year(),
        // "'24": of two digits POSIX takes those from 69 on for years of the last century.
        TokenKind::Word => {
            let digits = tokens[at].lower.strip_prefix('\'')?;
            let year: i32 = digits.parse().ok().filter(|_| digits.len() == 2)?;
            Some(if year < 69 { 2000 + year } else { 1900 + year })
        }
        _ => None,
    }
}

/// The year that follows a span without one, with the number of its tokens: "2024", "last year", "this year".
pub(crate) fn year_after(tokens: &[Token], at: usize, clock: Clock) -> Option<(usize, i32)> {
    if let Some(year) = year_number(tokens, at) {
        return Some((1, year));
    }
    let word = |tag: &str| ENGLISH.time_at(tokens, at, tag).map(|(n, _)| n);
    let (length, years) = match (word("last"), word("this")) {
        (Some(n), _) => (n, -1),
        (None, Some(n)) => (n, 0),
        (None, None) => return None,
    };
    let (more, _) = unit(tokens, at + length).filter(|(_, u)| *u == Unit::Year)?;
    Some((length + more, clock.today.0 + years))
}

/// A number that can be the day of a month.
pub(crate) fn day_number(tokens: &[Token], at: usize) -> Option<u32> {
    match &tokens.get(at)?.kind {
        TokenKind::Number(n) => n
            .as_whole()
            .filter(|d| (1..=31).contains(d))
            .map(|d| d as u32),
        _ => None,
    }
}

pub(crate) fn valid((y, m, d): Day) -> bool {
    (1..=12).contains(&m) && (1..=days_in_month(y, m)).contains(&d)
}

/// The most recent such day: 29 February is one of the last leap year.
fn recent(month: u32, day: u32, clock: Clock) -> Day {
    /// The longest time between two leap years.
    const LEAP: i32 = 8;
    let (y, m, d) = clock.today;
    let last = if (month, day) <= (m, d) { y } else { y - 1 };
    let years = (last - LEAP..=last).rev();
    let mut days = years.map(|year| (year, month, day));
    days.find(|day| valid(*day)).unwrap_or((last, month, day))
}

/// What names a span of the calendar at a token: the number of tokens and the span.
pub(crate) fn named(tokens: &[Token], at: usize, clock: Clock) -> Option<(usize, Span)> {
    month(tokens, at, clock, false)
        .or_else(|| numeric(tokens, at))
        .or_else(|| quarter(tokens, at, clock))
        .or_else(|| ordinal(tokens, at, clock))
        .or_else(|| fiscal(tokens, at, clock))
        .or_else(|| decade(tokens, at, clock))
        .or_else(|| week_of(tokens, at, clock))
        .or_else(|| weeks::numbered(tokens, at, clock))
}

/// "25.3.2024", "03/25/2024", "2024/03/25". With points the day comes first; with strokes, which of two numbers up to 12 is the month is
/// not guessed.
fn numeric(tokens: &[Token], at: usize) -> Option<(usize, Span)> {
    // The first two numbers of "25.3.2024" look like one with a fraction.
    if let Some((day, month)) = tokens.get(at)?.lower.split_once('.')
        && let (Ok(day), Ok(month)) = (day.parse(), month.parse())
        && tokens.get(at + 1).is_some_and(|t| t.is_mark('.'))
        && let Some(year) = year_number(tokens, at + 2)
    {
        let date = (year, month, day);
        return valid(date).then(|| (3, days(date, next_day(date))));
    }
    let part = |i: usize| match &tokens.get(at + i)?.kind {
        TokenKind::Number(n) if i == 0 || tokens[at + i].joined => {
            let plain = n.text.chars().all(|c| c.is_ascii_digit()) && !n.ordinal;
            n.text
                .parse::<u32>()
                .ok()
                .filter(|_| plain && n.text.len() <= 4)
        }
        _ => None,
    };
    let (a, b, c) = (part(0)?, part(1)?, part(2)?);
    let date = if a >= 1000 {
        (a as i32, b, c)
    } else if c >= 1000 && a > 12 {
        (c as i32, b, a)
    } else if c >= 1000 && (b > 12 || a == b) {
        (c as i32, a, b)
    } else {
        return None;
    };
    valid(date).then(|| (3, days(date, next_day(date))))
}

/// "the third quarter of 2024", "first half 2024".
fn ordinal(tokens: &[Token], at: usize, clock: Clock) -> Option<(usize, Span)> {
    let (one, which) = ENGLISH.time_at(tokens, at, "ordinal ")?;
    let which: u32 = which.parse().ok()?;
    let half = ENGLISH
        .time_at(tokens, at + one, "half")
        .map(|(n, _)| (n, 6));
    let (length, months) = half.or_else(|| {
        unit(tokens, at + one)
            .filter(|(_, u)| *u == Unit::Quarter)
            .map(|(n, _)| (n, 3))
    })?;
    part_of_year(tokens, at, one + length, which, months, clock)
}

/// The part of a year so many months long, with the year that may follow.
fn part_of_year(
    tokens: &[Token],
    at: usize,
    length: usize,
    which: u32,
    months: u32,
    clock: Clock,
) -> Option<(usize, Span)> {
    if which == 0 || which * months > 12 {
        return None;
    }
    let of = usize::from(
        tokens
            .get(at + length)
            .is_some_and(|t| ENGLISH.of_words.contains(&t.lower)),
    );
    let month = (which - 1) * months + 1;
    if let Some((more, year)) = fiscal_year(tokens, at + length + of) {
        let first = add_months(first_of_fiscal(year, clock), (month - 1) as i32);
        return Some((
            length + of + more,
            days(first, add_months(first, months as i32)),
        ));
    }
    let (length, year) = match year_after(tokens, at + length + of, clock) {
        Some((more, year)) => (length + of + more, year),
        None if month <= clock.today.1 => (length, clock.today.0),
        None => (length, clock.today.0 - 1),
    };
    let first = (year, month, 1);
    Some((length, days(first, add_months(first, months as i32))))
}

/// The first day of a fiscal year.
fn first_of_fiscal(year: i32, clock: Clock) -> Day {
    let begins = clock.fiscal_year_start.clamp(1, 12);
    (year - i32::from(begins > 1), begins, 1)
}

/// "FY25", "FY 2025", "fiscal year 2025": the number of tokens and the year.
fn fiscal_year(tokens: &[Token], at: usize) -> Option<(usize, i32)> {
    let short = |digits: &str| match digits.len() {
        2 => digits.parse::<i32>().ok().map(|y| 2000 + y),
        4 => digits.parse().ok(),
        _ => None,
    };
    let word = &tokens.get(at)?.lower;
    let mut prefixes = ENGLISH.fiscal_prefixes.iter();
    let joined = prefixes.find_map(|prefix| word.strip_prefix(prefix.as_str()));
    if let Some(year) = joined.and_then(short) {
        return Some((1, year));
    }
    let (length, _) = ENGLISH.time_at(tokens, at, "fyear")?;
    match &tokens.get(at + length)?.kind {
        TokenKind::Number(n) => Some((length + 1, short(&n.text)?)),
        _ => None,
    }
}

/// "FY25", "this fiscal year", "last fiscal quarter".
fn fiscal(tokens: &[Token], at: usize, clock: Clock) -> Option<(usize, Span)> {
    if let Some((length, year)) = fiscal_year(tokens, at) {
        let first = first_of_fiscal(year, clock);
        return Some((length, days(first, add_months(first, 12))));
    }
    let word = |tag: &str, at: usize| ENGLISH.time_at(tokens, at, tag).map(|(n, _)| n);
    let (length, last) = match (word("last", at), word("this", at)) {
        (Some(n), _) => (n, true),
        (_, Some(n)) => (n, false),
        _ => return None,
    };
    let adjective = word("fiscal", at + length)?;
    let (long, unit) = unit(tokens, at + length + adjective)?;
    let start = clock.fiscal_year_start.clamp(1, 12);
    let begins = match unit {
        Unit::Year => start,
        Unit::Quarter => (start - 1) % 3 + 1,
        _ => return None,
    };
    let at = |n: i64| Moment::Fiscal(unit, n, begins);
    let span = if last {
        relative(at(-1), at(0))
    } else {
        relative(at(0), Moment::Now)
    };
    Some((length + adjective + long, span))
}

/// "the 1990s", "the 90s".
fn decade(tokens: &[Token], at: usize, clock: Clock) -> Option<(usize, Span)> {
    let the = usize::from(ENGLISH.definite.contains(&tokens.get(at)?.lower));
    let word = &tokens.get(at + the)?.lower;
    let mut endings = ENGLISH.decade_endings.iter();
    let digits = endings.find_map(|ending| word.strip_suffix(ending.as_str()))?;
    let number: i32 = digits.parse().ok().filter(|n| n % 10 == 0)?;
    let first = match digits.len() {
        4 if (1000..=2900).contains(&number) => number,
        // Without "the" it may be 90 seconds.
        2 if the == 1 || (at > 0 && ENGLISH.definite.contains(&tokens[at - 1].lower)) => {
            let century = clock.today.0 - clock.today.0.rem_euclid(100);
            if century + number <= clock.today.0 {
                century + number
            } else {
                century - 100 + number
            }
        }
        _ => return None,
    };
    Some((the + 1, days((first, 1, 1), (first + 10, 1, 1))))
}

/// "the week of 3 June 2024": from Monday on, as ISO 8601 counts weeks.
fn week_of(tokens: &[Token], at: usize, clock: Clock) -> Option<(usize, Span)> {
    let article = usize::from(ENGLISH.definite.contains(&tokens.get(at)?.lower));
    let (length, _) = unit(tokens, at + article).filter(|(_, u)| *u == Unit::Week)?;
    let length = article + length;
    let of = tokens
        .get(at + length)
        .is_some_and(|t| ENGLISH.of_words.contains(&t.lower));
    let the = usize::from(
        tokens
            .get(at + length + 1)
            .is_some_and(|t| ENGLISH.definite.contains(&t.lower)),
    );
    let from = at + length + 1 + the;
    let (more, span) = match tokens.get(from)?.kind {
        TokenKind::Date(y, m, d) => (1, days((y, m, d), next_day((y, m, d)))),
        _ => month(tokens, from, clock, false).or_else(|| numeric(tokens, from))?,
    };
    let (Some(Moment::Day(first)), Some(Moment::Day(next))) = (span.from, span.to) else {
        return None;
    };
    if !of || next != next_day(first) {
        return None;
    }
    let monday = serial(first) - (serial(first) + 3).rem_euclid(7);
    Some((
        length + 1 + the + more,
        days(from_serial(monday), from_serial(monday + 7)),
    ))
}

/// "March", "March 2024", "March of last year", "3 March 2024", "March 3rd, 2024". `timely` where what stands before it makes it a month,
/// also one that is a verb elsewhere.
pub(crate) fn month(
    tokens: &[Token],
    at: usize,
    clock: Clock,
    timely: bool,
) -> Option<(usize, Span)> {
    let name = |at: usize| {
        ENGLISH
            .time_at(tokens, at, "month ")
            .and_then(|(_, m)| m.parse::<u32>().ok())
    };
    let year_after = |at: usize| year_after(tokens, at, clock);
    let comma = |at: usize| usize::from(tokens.get(at).is_some_and(|t| t.is_mark(',')));
    // A day before the month.
    if let Some(day) = day_number(tokens, at) {
        let of = usize::from(
            tokens
                .get(at + 1)
                .is_some_and(|t| ENGLISH.of_words.contains(&t.lower)),
        );
        let month = name(at + 1 + of)?;
        let comma = comma(at + 2 + of);
        let (length, date) = match year_after(at + 2 + of + comma) {
            Some((more, year)) => (2 + of + comma + more, (year, month, day)),
            None => (2 + of, recent(month, day, clock)),
        };
        return valid(date).then(|| (length, days(date, next_day(date))));
    }
    let month = name(at)?;
    if let Some(day) = day_number(tokens, at + 1) {
        let after = at + 2 + comma(at + 2);
        let (length, date) = match year_after(after) {
            Some((more, year)) => (after + more - at, (year, month, day)),
            None => (2, recent(month, day, clock)),
        };
        return valid(date).then(|| (length, days(date, next_day(date))));
    }
    let gap = usize::from(
        tokens
            .get(at + 1)
            .is_some_and(|t| t.is_mark(',') || ENGLISH.of_words.contains(&t.lower)),
    );
    let (length, start) = match year_after(at + 1 + gap) {
        Some((more, year)) => (1 + gap + more, (year, month, 1)),
        None => {
            // "may" is a verb, unless a word of time comes before it.
            let after = |tag: &str| {
                at > 0
                    && ENGLISH
                        .time_at(tokens, at - 1, tag)
                        .is_some_and(|(n, _)| n == 1)
            };
            let timely = timely
                || ["in", "since", "after", "before", "until"]
                    .iter()
                    .any(|t| after(t));
            if ENGLISH.time_at(tokens, at, "verb").is_some() && !timely {
                return None;
            }
            // The most recent one that has begun.
            let year = if month <= clock.today.1 {
                clock.today.0
            } else {
                clock.today.0 - 1
            };
            (1, (year, month, 1))
        }
    };
    Some((length, days(start, add_months(start, 1))))
}

/// "Q3", "Q3 2024", "Q3 FY25", "H1 2024".
fn quarter(tokens: &[Token], at: usize, clock: Clock) -> Option<(usize, Span)> {
    let word = tokens.get(at)?.lower.as_str();
    let part = |letter: char| {
        word.strip_prefix(letter)
            .and_then(|n| n.parse::<u32>().ok())
    };
    let (which, months) = match (part('q'), part('h')) {
        (Some(q), _) => (q, 3),
        (_, Some(h)) => (h, 6),
        _ => return None,
    };
    part_of_year(tokens, at, 1, which, months, clock)
}
