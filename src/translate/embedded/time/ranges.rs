//! Times from one to another: "March to May 2024", "between 2020 and 2022", "3 to 5 March 2024". The end is included by its own grain.
//!
//! Invariant: what one end leaves out is taken from the other end where that says it, and never from today: "from March 2020 to May"
//! ends in May 2020, however long ago that was.

use super::super::language::ENGLISH;
use super::calendar::next_day;
use super::dates::{Day, Moment, Span, Unit};
use super::namedspans::{Clock, day_number, days, month, year_number};
use super::timewords::{TimePhrase, whole, year};
use crate::question::numbers::days_in_month;
use crate::question::tokens::{Token, TokenKind};

/// The span from one time to another; after "between" also "2020 and 2022".
pub(super) fn range(
    tokens: &[Token],
    at: usize,
    clock: Clock,
    opened: bool,
) -> Option<(usize, Span)> {
    let (length, a, b) = ends(tokens, at, clock, opened)?;
    let (from, to) = (a.from, b.to);
    Some((length, Span { from, to }))
}

/// The two times of a range that is all of these tokens: "from March to May 2024" is March 2024 and May 2024.
pub fn both_ends(tokens: &[Token], clock: Clock) -> Option<[TimePhrase; 2]> {
    let since = ENGLISH.time_at(tokens, 0, "since").map(|(n, _)| n);
    let opening = if ENGLISH.between_words.contains(&tokens.first()?.lower) {
        Some(1)
    } else {
        since
    };
    let (length, a, b) = match opening {
        Some(skip) => ends(tokens, skip, clock, true).map(|(n, a, b)| (n + skip, a, b)),
        None => ends(tokens, 0, clock, false),
    }?;
    (length == tokens.len()).then(|| [a, b].map(|span| TimePhrase::plain(span, false)))
}

/// What stands between the two times, if anything has to.
fn until(tokens: &[Token], at: usize, opened: bool) -> Option<usize> {
    let joined = tokens.get(at).is_some_and(|t| t.joined);
    match ENGLISH.time_at(tokens, at, "until") {
        Some((length, _)) if opened || !ENGLISH.joiners.contains(&tokens[at].lower) => Some(length),
        None if joined => Some(0),
        _ => None,
    }
}

/// Both times of a range. A start without a year is in that of the end, or in the one before it; an end without one is the first such
/// time after the start.
fn ends(tokens: &[Token], at: usize, clock: Clock, opened: bool) -> Option<(usize, Span, Span)> {
    if let Some(found) = days_of_one_month(tokens, at, clock, opened) {
        return Some(found);
    }
    let any = |at: usize| whole(tokens, at, clock).or_else(|| year(tokens, at));
    // After "between" and before another time a month is no verb: "between May and July".
    let (first, mut a) = any(at).or_else(|| month(tokens, at, clock, opened))?;
    let next = at + first;
    let until = until(tokens, next, opened)?;
    let (second, mut b) = any(next + until).or_else(|| month(tokens, next + until, clock, true))?;
    let dated = |from: usize, to: usize| {
        (from..to).any(|i| {
            year_number(tokens, i).is_some() || matches!(tokens[i].kind, TokenKind::Date(..))
        })
    };
    let length = first + until + second;
    if let (Some(Moment::Day(from)), Some(Moment::Day(to))) = (a.from, b.from) {
        match (dated(at, next), dated(next + until, at + length)) {
            (true, false) => b = in_year(&b, from.0, |start| start >= from)?,
            (false, true) => {
                a = in_year(&a, to.0 - 1, |start| start.0 == to.0 && start <= to)
                    .or_else(|| in_year(&a, to.0 - 1, |_| true))?
            }
            (false, false) if from > to => a = in_year(&a, from.0 - 1, |_| true)?,
            _ => {}
        }
    }
    Some((length, a, b))
}

/// A span of days in the first year, from this one on and at most one later, in which its start is as it has to be.
fn in_year(span: &Span, year: i32, fits: impl Fn(Day) -> bool) -> Option<Span> {
    let Some(Moment::Day(start)) = span.from else {
        return None;
    };
    let day = start.2;
    [year, year + 1].into_iter().find_map(|year| {
        let moved = span.moved_back(Unit::Year, i64::from(start.0 - year))?;
        let Some(Moment::Day(start)) = moved.from else {
            return None;
        };
        // 29 February has no such day in most years.
        (start.2 == day && fits(start)).then_some(moved)
    })
}

/// "3 to 5 March 2024", "between 3 and 5 March", "March 3-5, 2024": the first day in the month of the second.
fn days_of_one_month(
    tokens: &[Token],
    at: usize,
    clock: Clock,
    opened: bool,
) -> Option<(usize, Span, Span)> {
    let spans = |first: u32, last: Day| {
        let (year, month, day) = last;
        (1..day).contains(&first).then(|| {
            let from = (year, month, first);
            (days(from, next_day(from)), days(last, next_day(last)))
        })
    };
    if let Some(first) = day_number(tokens, at) {
        let until = until(tokens, at + 1, opened)?;
        day_number(tokens, at + 1 + until)?;
        let (length, last) = month(tokens, at + 1 + until, clock, false)?;
        let Some(Moment::Day(last)) = last.from else {
            return None;
        };
        let (a, b) = spans(first, last)?;
        return Some((1 + until + length, a, b));
    }
    // Without a year and a hyphen, "March 3 to 5" may go on otherwise: "5 orders".
    let (length, first) = month(tokens, at, clock, false)?;
    let (Some(Moment::Day(first)), Some(Moment::Day(after))) = (first.from, first.to) else {
        return None;
    };
    if after != next_day(first) || length != 2 || day_number(tokens, at).is_some() {
        return None;
    }
    let until = until(tokens, at + 2, opened)?;
    let day = day_number(tokens, at + 2 + until)?;
    let end = at + 3 + until;
    let comma = usize::from(tokens.get(end).is_some_and(|t| t.is_mark(',')));
    let (length, year) = match year_number(tokens, end + comma) {
        Some(year) => (end + comma + 1 - at, year),
        None if until == 0 => (end - at, first.0),
        None => return None,
    };
    if day > days_in_month(year, first.1) {
        return None;
    }
    let (a, b) = spans(first.2, (year, first.1, day))?;
    Some((length, a, b))
}
