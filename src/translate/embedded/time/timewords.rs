//! Spans of time as a question names them.

use super::super::language::{ENGLISH, Op};
use super::calendar::{next_day, previous_day};
use super::dates::{Moment, Span, Unit, relative};
use super::namedspans::{Clock, days, named, year_number};
use super::ranges::range;
use super::recurring::{self, Each};
use crate::question::tokens::{Token, TokenKind};

/// Reads what names a whole span ("last quarter", "March 2024", "2025", "past 30 days", "yesterday").
/// Gives the number of tokens and the span.
pub fn whole(tokens: &[Token], at: usize, clock: Clock) -> Option<(usize, Span)> {
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
    if let Some(found) = named(tokens, at, clock).or_else(|| ago(tokens, at)) {
        return Some(found);
    }
    if word("tomorrow", at).is_some() {
        return Some((
            1,
            relative(Moment::Start(Unit::Day, 1), Moment::Start(Unit::Day, 2)),
        ));
    }
    for tag in ["last", "past", "this", "next"] {
        let Some((length, _)) = word(tag, at) else {
            continue;
        };
        let count = number(tokens, at + length);
        let counted = length + usize::from(count.is_some());
        // "past 6 calendar months" begin with the first of them.
        let calendar = word("calendar", at + counted).map(|(length, _)| length);
        let skip = counted + calendar.unwrap_or(0);
        let Some((unit_length, unit)) = unit(tokens, at + skip) else {
            continue;
        };
        if count.is_some_and(|c| !(1..=10_000).contains(&c))
            || matches!(unit, Unit::Weekday | Unit::HourOfDay)
        {
            return None;
        }
        // "current annual salary": the salary is annual.
        let adjective = tokens.get(at + skip + unit_length - 1);
        if count.is_none()
            && unit_length == 1
            && adjective.is_some_and(|t| ENGLISH.unit_adjectives.contains(&t.lower))
        {
            continue;
        }
        let n = count.unwrap_or(1);
        let span = match tag {
            "this" if count.is_none() => {
                // "this year so far"
                let so_far =
                    word("todate", at + skip + unit_length).map_or(0, |(length, _)| length);
                let span = relative(Moment::Start(unit, 0), Moment::Now);
                return Some((skip + unit_length + so_far, span));
            }
            "this" => return None,
            "past" if calendar.is_some() => relative(Moment::Start(unit, -n), Moment::Now),
            "past" => relative(Moment::Ago(unit, -n), Moment::Now),
            "next" => relative(Moment::Start(unit, 1), Moment::Start(unit, 1 + n)),
            _ => relative(Moment::Start(unit, -n), Moment::Start(unit, 0)),
        };
        return Some((skip + unit_length, span));
    }
    // "so far this year"
    if let Some((so_far, _)) = word("todate", at)
        && word("this", at + so_far).is_some()
        && let Some((length, span)) = whole(tokens, at + so_far, clock)
    {
        return Some((so_far + length, span));
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
pub(super) fn year(tokens: &[Token], at: usize) -> Option<(usize, Span)> {
    let year = year_number(tokens, at).filter(|y| (1500..=2200).contains(y))?;
    Some((1, days((year, 1, 1), (year + 1, 1, 1))))
}

fn number(tokens: &[Token], at: usize) -> Option<i64> {
    match &tokens.get(at)?.kind {
        TokenKind::Number(n) if !n.ordinal && !n.percent && !n.money => n.as_whole(),
        TokenKind::Word => ENGLISH.numbers.get(&tokens[at].lower).copied(),
        _ => None,
    }
}

/// "3 days ago", "a month ago": the whole day or month.
fn ago(tokens: &[Token], at: usize) -> Option<(usize, Span)> {
    let word = &tokens.get(at)?.lower;
    let one = ENGLISH.articles.contains(word) && !ENGLISH.definite.contains(word);
    let count = match one {
        true => 1,
        false => number(tokens, at).filter(|n| (1..=10_000).contains(n))?,
    };
    let (length, unit) = unit(tokens, at + 1)?;
    ENGLISH.time_at(tokens, at + 1 + length, "ago")?;
    if matches!(unit, Unit::Weekday | Unit::HourOfDay) {
        return None;
    }
    let span = relative(Moment::Start(unit, -count), Moment::Start(unit, 1 - count));
    Some((length + 2, span))
}

/// A unit of time at a token.
pub fn unit(tokens: &[Token], at: usize) -> Option<(usize, Unit)> {
    let (length, name) = ENGLISH.time_at(tokens, at, "unit ")?;
    Some((length, Unit::from_name(&name)?))
}

/// The same, and the units of the fiscal year: "fiscal quarter".
pub fn unit_of(tokens: &[Token], at: usize, clock: Clock) -> Option<(usize, Unit)> {
    let Some((fiscal, _)) = ENGLISH.time_at(tokens, at, "fiscal") else {
        return unit(tokens, at);
    };
    let (length, unit) = unit(tokens, at + fiscal)?;
    let begins = clock.fiscal_year_start.clamp(1, 12);
    let unit = match unit {
        Unit::Year => Unit::FiscalYear(begins),
        Unit::Quarter => Unit::FiscalQuarter(begins),
        _ => return None,
    };
    Some((fiscal + length, unit))
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
    /// It is no span, but a time that comes again.
    pub each: Option<Each>,
}

impl TimePhrase {
    pub(super) fn plain(span: Span, bare: bool) -> TimePhrase {
        TimePhrase {
            span,
            bare,
            to_date: false,
            before: None,
            dependent: false,
            each: None,
        }
    }
}

/// "orders from 2025 *on*": how many tokens say that a time only begins what is meant. "On" alone stands there before no noun.
fn onwards(tokens: &[Token], at: usize) -> Option<usize> {
    let (length, _) = ENGLISH.time_at(tokens, at, "onwards")?;
    let ends = tokens.get(at + length).is_none_or(|next| {
        !next.is_word()
            || ENGLISH
                .phrases_at(tokens, at + length)
                .iter()
                .any(|(_, ops)| {
                    let part = |op: &Op| {
                        matches!(
                            op,
                            Op::By | Op::Each | Op::With | Op::And | Op::Relative | Op::Without
                        )
                    };
                    ops.iter().any(part)
                })
    });
    let small = ENGLISH.phrases_at(&tokens[at..at + length], 0);
    let preposition = small.iter().any(|(_, ops)| ops.contains(&Op::Preposition));
    (ends || !preposition).then_some(length)
}

/// Whether a span is a single day that is named by its date.
fn is_day(span: &Span) -> bool {
    match (span.from, span.to) {
        (Some(Moment::Day(from)), Some(Moment::Day(to))) => previous_day(to) == from,
        _ => false,
    }
}

/// Reads a phrase of time with what limits it ("since 2023", "before March 2024", "between 2020 and 2022", "in 2025").
pub fn phrase(tokens: &[Token], at: usize, clock: Clock) -> Option<(usize, TimePhrase)> {
    let any = |at: usize| whole(tokens, at, clock).or_else(|| year(tokens, at));
    let word = |tag: &str, at: usize| ENGLISH.time_at(tokens, at, tag).map(|(n, _)| n);
    if let Some((length, each)) = recurring::read(tokens, at) {
        let phrase = TimePhrase {
            each: Some(each),
            ..TimePhrase::plain(relative(Moment::Now, Moment::Now), false)
        };
        return Some((length, phrase));
    }
    // "between A and B", "from A to B": B is included by its own grain.
    let opening = if ENGLISH.between_words.contains(&tokens.get(at)?.lower) {
        Some(1)
    } else {
        word("since", at)
    };
    if let Some(skip) = opening
        && let Some((length, span)) = range(tokens, at + skip, clock, true)
    {
        let bare = whole(tokens, at + skip, clock).is_none()
            && ENGLISH.between_words.contains(&tokens[at].lower);
        return Some((skip + length, TimePhrase::plain(span, bare)));
    }
    if let Some((length, span)) = range(tokens, at, clock, false) {
        let bare = whole(tokens, at, clock).is_none();
        return Some((length, TimePhrase::plain(span, bare)));
    }
    for tag in ["since", "after", "before", "up to"] {
        if let Some(skip) = word(tag, at)
            && let Some((length, span)) = any(at + skip)
        {
            let bare = whole(tokens, at + skip, clock).is_none();
            let alone = tag == "since" && word("whose time", at) == Some(skip);
            let onwards = onwards(tokens, at + skip + length).filter(|_| alone);
            let length = length + onwards.unwrap_or(0);
            let (from, to) = match tag {
                "since" if alone && onwards.is_none() && !is_day(&span) => (span.from, span.to),
                "since" => (span.from, None),
                "after" => (span.to, None),
                "before" => (None, span.from),
                _ => (None, span.to),
            };
            let span = Span { from, to };
            return Some((skip + length, TimePhrase::plain(span, bare)));
        }
    }
    if let Some(skip) = word("in", at)
        && let Some((length, span)) = any(at + skip).or_else(|| {
            let the = usize::from(tokens.get(at + skip).is_some_and(|t| {
                ENGLISH.definite.contains(&t.lower) || ENGLISH.year_words.contains(&t.lower)
            }));
            any(at + skip + the)
                .filter(|_| the > 0)
                .map(|(n, s)| (n + the, s))
        })
    {
        let bare = whole(tokens, at + skip, clock).is_none()
            && !ENGLISH.during.contains(&tokens[at].lower);
        // "a population over 1500" is a number, for that is what the word says of numbers.
        let compares = |(n, ops): &(usize, &[Op])| {
            *n == skip && ops.iter().any(|op| matches!(op, Op::Compare(_)))
        };
        if !bare || !ENGLISH.phrases_at(tokens, at).iter().any(compares) {
            return Some((skip + length, TimePhrase::plain(span, bare)));
        }
    }
    if let Some((length, unit)) = earlier(tokens, at) {
        let phrase = TimePhrase {
            before: Some(unit),
            dependent: true,
            ..TimePhrase::plain(relative(Moment::Now, Moment::Now), false)
        };
        return Some((length, phrase));
    }
    if let Some((length, span)) = whole(tokens, at, clock) {
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
    use super::super::dates::{Day, days_of, iso};
    use super::*;
    use crate::question::tokens::tokenize;

    const TODAY: Day = (2026, 8, 19);
    const CLOCK: Clock = Clock {
        today: TODAY,
        fiscal_year_start: 10,
    };

    fn read(text: &str) -> Option<(String, String)> {
        let tokens = tokenize(text);
        let (length, time) = phrase(&tokens, 0, CLOCK)?;
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
            ("past 2 calendar months", "2026-06-01", "2026-08-19"),
            ("last 2 calendar months", "2026-06-01", "2026-07-31"),
            ("this year", "2026-01-01", "2026-08-19"),
            ("year to date", "2026-01-01", "2026-08-19"),
            ("this year so far", "2026-01-01", "2026-08-19"),
            ("so far this month", "2026-08-01", "2026-08-19"),
            ("yesterday", "2026-08-18", "2026-08-18"),
            ("last week", "2026-08-10", "2026-08-16"),
            ("March 2024", "2024-03-01", "2024-03-31"),
            ("in September", "2025-09-01", "2025-09-30"),
            ("Q1", "2026-01-01", "2026-03-31"),
            ("Q4 2024", "2024-10-01", "2024-12-31"),
            ("since 2023", "2023-01-01", ""),
            ("after 2023", "2024-01-01", ""),
            ("in or after 2023", "2023-01-01", ""),
            ("on or before 2023", "", "2023-12-31"),
            ("by the end of March 2024", "", "2024-03-31"),
            ("before March 2024", "", "2024-02-29"),
            ("between 2020 and 2022", "2020-01-01", "2022-12-31"),
            ("from March 2024 to May 2024", "2024-03-01", "2024-05-31"),
            ("3 March 2024", "2024-03-03", "2024-03-03"),
            ("March 3rd, 2024", "2024-03-03", "2024-03-03"),
            ("2024-02-28", "2024-02-28", "2024-02-28"),
            ("from March to May 2024", "2024-03-01", "2024-05-31"),
            ("from November to February 2024", "2023-11-01", "2024-02-29"),
            ("from May to October", "2025-05-01", "2025-10-31"),
            ("March to May 2024", "2024-03-01", "2024-05-31"),
            ("2020 to 2022", "2020-01-01", "2022-12-31"),
            ("2020-2022", "2020-01-01", "2022-12-31"),
            (
                "between 3 March 2024 and 5 May 2024",
                "2024-03-03",
                "2024-05-05",
            ),
            ("from March 2020 to May", "2020-03-01", "2020-05-31"),
            ("from November 2020 to February", "2020-11-01", "2021-02-28"),
            ("between May and March 2020", "2019-05-01", "2020-03-31"),
            ("from May to July 2020", "2020-05-01", "2020-07-31"),
            ("3 to 5 March 2020", "2020-03-03", "2020-03-05"),
            ("between 3 and 5 March 2020", "2020-03-03", "2020-03-05"),
            ("from March 3 to 5, 2020", "2020-03-03", "2020-03-05"),
            ("March 3-5, 2020", "2020-03-03", "2020-03-05"),
            ("Mar '20", "2020-03-01", "2020-03-31"),
            ("in '99", "1999-01-01", "1999-12-31"),
            ("Q3 '20", "2020-07-01", "2020-09-30"),
            ("in March of last year", "2025-03-01", "2025-03-31"),
            ("March this year", "2026-03-01", "2026-03-31"),
            ("Q1 last year", "2025-01-01", "2025-03-31"),
            ("first half of last year", "2025-01-01", "2025-06-30"),
            ("5 May last year", "2025-05-05", "2025-05-05"),
            ("on 29 February", "2024-02-29", "2024-02-29"),
            ("in week 53 of 2020", "2020-12-28", "2021-01-03"),
            ("week 1 2021", "2021-01-04", "2021-01-10"),
            ("calendar week 12, 2025", "2025-03-17", "2025-03-23"),
            ("in ISO week 1 of last year", "2024-12-30", "2025-01-05"),
            ("W53 2020", "2020-12-28", "2021-01-03"),
            ("2020-W53", "2020-12-28", "2021-01-03"),
            ("since week 30 of 2026", "2026-07-20", ""),
            ("in the 90s", "1990-01-01", "1999-12-31"),
            ("in the 1980s", "1980-01-01", "1989-12-31"),
            ("the 20s", "2020-01-01", "2029-12-31"),
            ("the 30s", "1930-01-01", "1939-12-31"),
            ("FY25", "2024-10-01", "2025-09-30"),
            ("in fiscal year 2025", "2024-10-01", "2025-09-30"),
            ("Q3 FY25", "2025-04-01", "2025-06-30"),
            ("this fiscal year", "2025-10-01", "2026-08-19"),
            ("last fiscal year", "2024-10-01", "2025-09-30"),
            ("last fiscal quarter", "2026-04-01", "2026-06-30"),
            ("the week of 3 June 2024", "2024-06-03", "2024-06-09"),
            ("the week of 2024-06-05", "2024-06-03", "2024-06-09"),
            ("week of June 9", "2026-06-08", "2026-06-14"),
            ("third quarter of 2024", "2024-07-01", "2024-09-30"),
            ("first half of 2024", "2024-01-01", "2024-06-30"),
            ("H2 2024", "2024-07-01", "2024-12-31"),
            ("3 days ago", "2026-08-16", "2026-08-16"),
            ("two months ago", "2026-06-01", "2026-06-30"),
            ("a year ago", "2025-01-01", "2025-12-31"),
            ("since 2 weeks ago", "2026-08-03", ""),
            ("next month", "2026-09-01", "2026-09-30"),
            ("3 June", "2026-06-03", "2026-06-03"),
            ("on December 24", "2025-12-24", "2025-12-24"),
            ("29 February 2024", "2024-02-29", "2024-02-29"),
            ("25.3.2024", "2024-03-25", "2024-03-25"),
            ("03/25/2024", "2024-03-25", "2024-03-25"),
            ("2024/03/05", "2024-03-05", "2024-03-05"),
        ] {
            assert_eq!(read(text), Some((from.to_owned(), to.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_or_more_than_one_is_not_read() {
        for text in [
            "30 February 2024",
            "03/04/2024",
            "13/13/2024",
            "last 0 days",
            "last 99999 days",
            "Q5 2024",
            "week 53 of 2025",
            "week 0 of 2025",
            "week 12",
            "29 Feb 2023",
            "3 to 35 March 2020",
            "5 to 3 March 2020",
            "90s",
            "1995s",
            "0 days ago",
        ] {
            let tokens = tokenize(text);
            let read = phrase(&tokens, 0, CLOCK).filter(|(n, t)| *n == tokens.len() && !t.bare);
            assert_eq!(read, None, "{text}");
        }
    }
}
