//! Spans of time as a question names them.

use super::calendar::{add_months, next_day};
use super::dates::{Day, Moment, Span, Unit, relative};
use super::language::ENGLISH;
use crate::question::numbers::days_in_month;
use crate::question::tokens::{Token, TokenKind};

/// Reads what names a whole span ("last quarter", "March 2024", "2025", "past 30 days", "yesterday").
/// Gives the number of tokens and the span.
pub fn whole(tokens: &[Token], at: usize, today: Day) -> Option<(usize, Span)> {
    let token = tokens.get(at)?;
    if let TokenKind::Date(y, m, d) = token.kind {
        return Some((1, days((y, m, d), next_day((y, m, d)))));
    }
    let word = |tag: &str, at: usize| ENGLISH.time_at(tokens, at, tag);
    if word("today", at).is_some() {
        return Some((
            1,
            relative(Moment::Start(Unit::Day, 0), Moment::Start(Unit::Day, 1)),
        ));
    }
    if word("yesterday", at).is_some() {
        return Some((
            1,
            relative(Moment::Start(Unit::Day, -1), Moment::Start(Unit::Day, 0)),
        ));
    }
    if let Some(found) = month(tokens, at, today).or_else(|| quarter(tokens, at, today)) {
        return Some(found);
    }
    for tag in ["last", "past", "this"] {
        let Some((length, _)) = word(tag, at) else {
            continue;
        };
        let count = number(tokens, at + length);
        let skip = length + usize::from(count.is_some());
        let Some((unit_length, unit)) = unit(tokens, at + skip) else {
            continue;
        };
        if count.is_some_and(|c| !(1..=10_000).contains(&c))
            || matches!(unit, Unit::Weekday | Unit::HourOfDay)
        {
            return None;
        }
        let n = count.unwrap_or(1);
        let span = match tag {
            "this" if count.is_none() => relative(Moment::Start(unit, 0), Moment::Now),
            "this" => return None,
            "past" => relative(Moment::Ago(unit, -n), Moment::Now),
            _ => relative(Moment::Start(unit, -n), Moment::Start(unit, 0)),
        };
        return Some((skip + unit_length, span));
    }
    if let Some((length, name)) = word("sofar ", at) {
        let unit = Unit::from_name(&name)?;
        return Some((length, relative(Moment::Start(unit, 0), Moment::Now)));
    }
    if let Some((length, unit)) = unit(tokens, at)
        && let Some((rest, _)) = word("todate", at + length)
    {
        return Some((length + rest, relative(Moment::Start(unit, 0), Moment::Now)));
    }
    None
}

/// "the month before", "the same period last year": how long before another span.
fn earlier(tokens: &[Token], at: usize) -> Option<(usize, Unit)> {
    let word = |tag: &str, at: usize| ENGLISH.time_at(tokens, at, tag);
    if let Some((same, _)) = word("same", at) {
        let period =
            unit(tokens, at + same).or_else(|| Some((word("period", at + same)?.0, Unit::Day)))?;
        let last = at + same + period.0;
        let (length, _) = word("last", last)?;
        let (long, unit) = unit(tokens, last + length)?;
        return (unit > period.1).then_some((same + period.0 + length + long, unit));
    }
    let (long, unit) = unit(tokens, at)?;
    let (length, _) = word("earlier", at + long)?;
    Some((long + length, unit))
}

/// A bare year.
fn year(tokens: &[Token], at: usize) -> Option<(usize, Span)> {
    match &tokens.get(at)?.kind {
        TokenKind::Number(n) => n
            .as_year()
            .filter(|y| (1500..=2200).contains(y))
            .map(|y| (1, days((y, 1, 1), (y + 1, 1, 1)))),
        _ => None,
    }
}

fn days(from: Day, to: Day) -> Span {
    Span {
        from: Some(Moment::Day(from)),
        to: Some(Moment::Day(to)),
    }
}

fn number(tokens: &[Token], at: usize) -> Option<i64> {
    match &tokens.get(at)?.kind {
        TokenKind::Number(n) if !n.ordinal && !n.percent && !n.money => n.as_whole(),
        _ => None,
    }
}

/// A unit of time at a token.
pub fn unit(tokens: &[Token], at: usize) -> Option<(usize, Unit)> {
    let (length, name) = ENGLISH.time_at(tokens, at, "unit ")?;
    Some((length, Unit::from_name(&name)?))
}

/// "March", "March 2024", "March of 2024", "3 March 2024", "March 3rd, 2024".
fn month(tokens: &[Token], at: usize, today: Day) -> Option<(usize, Span)> {
    let name = |at: usize| {
        ENGLISH
            .time_at(tokens, at, "month ")
            .and_then(|(_, m)| m.parse::<u32>().ok())
    };
    let day_number = |at: usize| match &tokens.get(at)?.kind {
        TokenKind::Number(n) => n
            .as_whole()
            .filter(|d| (1..=31).contains(d))
            .map(|d| d as u32),
        _ => None,
    };
    let year_number = |at: usize| match &tokens.get(at)?.kind {
        TokenKind::Number(n) => n.as_year(),
        _ => None,
    };
    // A day before the month.
    if let Some(day) = day_number(at) {
        let of = usize::from(tokens.get(at + 1).is_some_and(|t| t.lower == "of"));
        let month = name(at + 1 + of)?;
        let year = year_number(at + 2 + of)?;
        let date = (day <= days_in_month(year, month)).then_some((year, month, day))?;
        return Some((3 + of, days(date, next_day(date))));
    }
    let month = name(at)?;
    // "may" and "march" are words of their own: they need a capital letter or a year.
    let comma = |at: usize| usize::from(tokens.get(at).is_some_and(|t| t.is_mark(',')));
    if let Some(day) = day_number(at + 1) {
        let after = at + 2 + comma(at + 2);
        if let Some(year) = year_number(after) {
            let date = (day <= days_in_month(year, month)).then_some((year, month, day))?;
            return Some((after + 1 - at, days(date, next_day(date))));
        }
    }
    let gap = usize::from(
        tokens
            .get(at + 1)
            .is_some_and(|t| t.is_mark(',') || t.lower == "of"),
    );
    let (length, start) = match year_number(at + 1 + gap) {
        Some(year) => (2 + gap, (year, month, 1)),
        None => {
            if matches!(
                tokens[at].lower.as_str(),
                "may" | "march" | "mar" | "sat" | "sun"
            ) && tokens[at].lower == "may"
            {
                return None;
            }
            // The most recent one that has begun.
            let year = if month <= today.1 {
                today.0
            } else {
                today.0 - 1
            };
            (1, (year, month, 1))
        }
    };
    Some((length, days(start, add_months(start, 1))))
}

/// "Q3", "Q3 2024", "third quarter of 2024".
fn quarter(tokens: &[Token], at: usize, today: Day) -> Option<(usize, Span)> {
    let word = tokens.get(at)?.lower.as_str();
    let q: u32 = word
        .strip_prefix('q')
        .and_then(|n| n.parse().ok())
        .filter(|q| (1..=4).contains(q))?;
    let of = usize::from(tokens.get(at + 1).is_some_and(|t| t.lower == "of"));
    let year = match tokens.get(at + 1 + of).map(|t| &t.kind) {
        Some(TokenKind::Number(n)) => n.as_year(),
        _ => None,
    };
    let length = if year.is_some() { 2 + of } else { 1 };
    let month = (q - 1) * 3 + 1;
    let year = year.unwrap_or(if month <= today.1 {
        today.0
    } else {
        today.0 - 1
    });
    Some((
        length,
        days((year, month, 1), add_months((year, month, 1), 3)),
    ))
}

/// How a span stands in the question.
#[derive(Clone, Debug, PartialEq)]
pub struct TimePhrase {
    pub span: Span,
    /// Nothing but a bare four-digit number: it may be another number after all.
    pub bare: bool,
    /// "to date" was said.
    pub to_date: bool,
    /// It may be said of another span: the one so long before it ("the previous month", "the same month last year").
    pub before: Option<Unit>,
    /// It says nothing without that other span.
    pub dependent: bool,
}

impl TimePhrase {
    fn plain(span: Span, bare: bool) -> TimePhrase {
        TimePhrase {
            span,
            bare,
            to_date: false,
            before: None,
            dependent: false,
        }
    }
}

/// Reads a phrase of time with what limits it ("since 2023", "before March 2024", "between 2020 and 2022", "in 2025").
pub fn phrase(tokens: &[Token], at: usize, today: Day) -> Option<(usize, TimePhrase)> {
    let any = |at: usize| whole(tokens, at, today).or_else(|| year(tokens, at));
    let word = |tag: &str, at: usize| ENGLISH.time_at(tokens, at, tag).map(|(n, _)| n);
    // "between A and B", "from A to B": B is included by its own grain.
    let opening = if tokens.get(at)?.lower == "between" {
        Some(1)
    } else {
        word("since", at)
    };
    if let Some(skip) = opening
        && let Some((first, a)) = any(at + skip)
        && let Some(until) = word("until", at + skip + first)
        && let Some((second, b)) = any(at + skip + first + until)
    {
        let bare = whole(tokens, at + skip, today).is_none() && tokens[at].lower == "between";
        return Some((
            skip + first + until + second,
            TimePhrase::plain(
                Span {
                    from: a.from,
                    to: b.to,
                },
                bare,
            ),
        ));
    }
    for (tag, after) in [("since", false), ("after", true), ("before", false)] {
        if let Some(skip) = word(tag, at)
            && let Some((length, span)) = any(at + skip)
        {
            let bare = whole(tokens, at + skip, today).is_none();
            let span = match (tag, after) {
                ("since", _) => Span {
                    from: span.from,
                    to: None,
                },
                (_, true) => Span {
                    from: span.to,
                    to: None,
                },
                _ => Span {
                    from: None,
                    to: span.from,
                },
            };
            return Some((skip + length, TimePhrase::plain(span, bare)));
        }
    }
    if let Some(skip) = word("in", at)
        && let Some((length, span)) = any(at + skip).or_else(|| {
            let the = usize::from(
                tokens
                    .get(at + skip)
                    .is_some_and(|t| t.lower == "the" || t.lower == "year"),
            );
            any(at + skip + the)
                .filter(|_| the > 0)
                .map(|(n, s)| (n + the, s))
        })
    {
        let bare = whole(tokens, at + skip, today).is_none()
            && tokens[at].lower != "in"
            && tokens[at].lower != "during";
        return Some((skip + length, TimePhrase::plain(span, bare)));
    }
    if let Some((length, unit)) = earlier(tokens, at) {
        let phrase = TimePhrase {
            before: Some(unit),
            dependent: true,
            ..TimePhrase::plain(relative(Moment::Now, Moment::Now), false)
        };
        return Some((length, phrase));
    }
    if let Some((length, span)) = whole(tokens, at, today) {
        let mut phrase = TimePhrase::plain(span, false);
        phrase.to_date = (0..length)
            .any(|i| word("todate", at + i).is_some() || word("sofar ", at + i).is_some());
        if word("preceding", at).is_some() && length == 2 {
            phrase.before = unit(tokens, at + 1).map(|(_, u)| u);
        }
        return Some((length, phrase));
    }
    year(tokens, at).map(|(length, span)| (length, TimePhrase::plain(span, true)))
}

#[cfg(test)]
mod tests {
    use super::super::dates::{days_of, iso};
    use super::*;
    use crate::question::tokens::tokenize;

    const TODAY: Day = (2026, 8, 19);

    fn read(text: &str) -> Option<(String, String)> {
        let tokens = tokenize(text);
        let (length, time) = phrase(&tokens, 0, TODAY)?;
        assert_eq!(length, tokens.len(), "{text}");
        let (a, b) = days_of(&time.span, TODAY);
        Some((
            a.map(iso).unwrap_or_default(),
            b.map(iso).unwrap_or_default(),
        ))
    }

    #[test]
    fn spans_have_the_days_that_a_reader_expects() {
        for (text, from, to) in [
            ("2025", "2025-01-01", "2025-12-31"),
            ("in 2025", "2025-01-01", "2025-12-31"),
            ("last quarter", "2026-04-01", "2026-06-30"),
            ("last 3 months", "2026-05-01", "2026-07-31"),
            ("past 30 days", "2026-07-20", "2026-08-19"),
            ("this year", "2026-01-01", "2026-08-19"),
            ("year to date", "2026-01-01", "2026-08-19"),
            ("yesterday", "2026-08-18", "2026-08-18"),
            ("last week", "2026-08-10", "2026-08-16"),
            ("March 2024", "2024-03-01", "2024-03-31"),
            ("in September", "2025-09-01", "2025-09-30"),
            ("Q1", "2026-01-01", "2026-03-31"),
            ("Q4 2024", "2024-10-01", "2024-12-31"),
            ("since 2023", "2023-01-01", ""),
            ("after 2023", "2024-01-01", ""),
            ("before March 2024", "", "2024-02-29"),
            ("between 2020 and 2022", "2020-01-01", "2022-12-31"),
            ("from March 2024 to May 2024", "2024-03-01", "2024-05-31"),
            ("3 March 2024", "2024-03-03", "2024-03-03"),
            ("March 3rd, 2024", "2024-03-03", "2024-03-03"),
            ("2024-02-28", "2024-02-28", "2024-02-28"),
        ] {
            assert_eq!(read(text), Some((from.to_owned(), to.to_owned())), "{text}");
        }
    }
}
