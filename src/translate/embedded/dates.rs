//! Spans of time as a question names them.
//!
//! A [`Span`] is half-open. It is kept as a start and an end in calendar terms, never as a fixed date when the question's
//! own words are relative: "last month" is computed by the server each time the SQL runs.

use super::language::ENGLISH;
use crate::question::numbers::days_in_month;
use crate::question::tokens::{Token, TokenKind};

/// A unit of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    Minute,
    Hour,
    Day,
    Weekday,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// As `date_trunc` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
            Unit::Weekday => "weekday",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Quarter => "quarter",
            Unit::Year => "year",
        }
    }

    fn from_name(name: &str) -> Option<Unit> {
        [
            Unit::Minute,
            Unit::Hour,
            Unit::Day,
            Unit::Weekday,
            Unit::Week,
            Unit::Month,
            Unit::Quarter,
            Unit::Year,
        ]
        .into_iter()
        .find(|u| u.name() == name)
    }

    /// An interval of so many units, as PostgreSQL reads it.
    pub fn interval(self, count: i64) -> String {
        match self {
            Unit::Quarter => format!("{} months", count * 3),
            Unit::Weekday => format!("{count} days"),
            _ if count == 1 => format!("1 {}", self.name()),
            _ => format!("{count} {}s", self.name()),
        }
    }
}

/// A calendar date.
pub type Day = (i32, u32, u32);

/// One end of a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    Day(Day),
    Now,
    /// The start of the unit that holds now, moved by so many of it.
    Start(Unit, i64),
    /// Now moved by so many units, at the start of that day.
    Ago(Unit, i64),
}

/// A half-open span of time; an open end is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub from: Option<Moment>,
    pub to: Option<Moment>,
}

/// Reads what names a whole span ("last quarter", "March 2024", "2025", "past 30 days", "yesterday").
/// Gives the number of tokens and the span.
fn whole(tokens: &[Token], at: usize, today: Day) -> Option<(usize, Span)> {
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
        if count.is_some_and(|c| !(1..=10_000).contains(&c)) || unit == Unit::Weekday {
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
    if let Some((length, unit)) = unit(tokens, at)
        && let Some((rest, _)) = word("todate", at + length)
    {
        return Some((length + rest, relative(Moment::Start(unit, 0), Moment::Now)));
    }
    None
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

fn relative(from: Moment, to: Moment) -> Span {
    Span {
        from: Some(from),
        to: Some(to),
    }
}

fn days(from: Day, to: Day) -> Span {
    Span {
        from: Some(Moment::Day(from)),
        to: Some(Moment::Day(to)),
    }
}

/// The day after.
pub fn next_day((y, m, d): Day) -> Day {
    if d < days_in_month(y, m) {
        (y, m, d + 1)
    } else if m < 12 {
        (y, m + 1, 1)
    } else {
        (y + 1, 1, 1)
    }
}

fn add_months((y, m, _): Day, months: i32) -> Day {
    let total = y * 12 + m as i32 - 1 + months;
    (total.div_euclid(12), total.rem_euclid(12) as u32 + 1, 1)
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
            TimePhrase {
                span: Span {
                    from: a.from,
                    to: b.to,
                },
                bare,
            },
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
            return Some((skip + length, TimePhrase { span, bare }));
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
        return Some((skip + length, TimePhrase { span, bare }));
    }
    if let Some((length, span)) = whole(tokens, at, today) {
        return Some((length, TimePhrase { span, bare: false }));
    }
    year(tokens, at).map(|(length, span)| (length, TimePhrase { span, bare: true }))
}

/// The actual days of a span, first and last, for the words of the reading.
pub fn days_of(span: &Span, today: Day) -> (Option<Day>, Option<Day>) {
    let first = span.from.map(|m| day_of(m, today));
    let last = span.to.map(|m| {
        if m == Moment::Now {
            today
        } else {
            previous_day(day_of(m, today))
        }
    });
    (first, last)
}

fn previous_day((y, m, d): Day) -> Day {
    if d > 1 {
        (y, m, d - 1)
    } else if m > 1 {
        (y, m - 1, days_in_month(y, m - 1))
    } else {
        (y - 1, 12, 31)
    }
}

fn day_of(moment: Moment, today: Day) -> Day {
    let (y, m, _) = today;
    match moment {
        Moment::Day(day) => day,
        Moment::Now => today,
        Moment::Start(Unit::Year, n) => (y.saturating_add(n as i32), 1, 1),
        Moment::Start(Unit::Quarter, n) => add_months((y, (m - 1) / 3 * 3 + 1, 1), n as i32 * 3),
        Moment::Start(Unit::Month, n) => add_months((y, m, 1), n as i32),
        Moment::Start(Unit::Week, n) => {
            let serial = serial(today);
            // Day 0 of the serial count, 1970-01-01, was a Thursday.
            from_serial(serial - (serial + 3).rem_euclid(7) + n * 7)
        }
        Moment::Start(_, n) => from_serial(serial(today) + n),
        Moment::Ago(unit, n) => match unit {
            Unit::Year => shift(today, n as i32 * 12),
            Unit::Quarter => shift(today, n as i32 * 3),
            Unit::Month => shift(today, n as i32),
            Unit::Week => from_serial(serial(today) + n * 7),
            Unit::Day => from_serial(serial(today) + n),
            _ => today,
        },
    }
}

fn shift(day: Day, months: i32) -> Day {
    let (y, m, _) = add_months(day, months);
    (y, m, day.2.min(days_in_month(y, m)))
}

/// Days since 1970-01-01 (the civil calendar algorithm of Howard Hinnant, "chrono-compatible low-level date algorithms").
fn serial((y, m, d): Day) -> i64 {
    let y = i64::from(y) - i64::from(m <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let shifted = (i64::from(m) + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + i64::from(d) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn from_serial(days: i64) -> Day {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    (
        (yoe + era * 400 + i64::from(month <= 2)) as i32,
        month,
        (doy - (153 * mp + 2) / 5 + 1) as u32,
    )
}

/// A day as ISO 8601 writes it.
pub fn iso((y, m, d): Day) -> String {
    format!("{y:04}-{m:02}-{d:02}")
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn days_and_serials_agree() {
        for days in [-800_000, -1, 0, 59, 60, 19_000, 2_000_000] {
            assert_eq!(serial(from_serial(days)), days);
        }
        assert_eq!(from_serial(0), (1970, 1, 1));
    }
}
