//! Times that come again, as a question names them: "Mondays", "weekends", "between 9 am and 5 pm", "March" of each year.

use super::super::language::ENGLISH;
use super::dates::{Moment, Span, Unit};
use super::namedspans::year_number;
use super::timewords::unit;
use crate::question::tokens::{Token, TokenKind, tokenize};

/// A part of each week, year or day.
#[derive(Clone, Debug, PartialEq)]
pub enum Recurring {
    /// Days of the week, Monday is 1; in ascending order.
    Weekdays(Vec<u32>),
    /// Months of the year, in ascending order.
    Months(Vec<u32>),
    /// A day of each month by its number; `None` is the last one.
    MonthDay(Option<u32>),
    /// Times of the day in minutes from midnight, from the first one up to the second one, which does not belong to it. With `after`
    /// neither does the first. An end before the start is on the next day.
    Hours {
        from: Option<u32>,
        after: bool,
        to: Option<u32>,
    },
}

/// What was read, and whether it can be nothing but a time that comes again.
#[derive(Clone, Debug, PartialEq)]
pub struct Each {
    pub times: Recurring,
    pub certain: bool,
}

const DAYS: [&str; 7] = [
    "Mondays",
    "Tuesdays",
    "Wednesdays",
    "Thursdays",
    "Fridays",
    "Saturdays",
    "Sundays",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Recurring {
    /// As a reading says it.
    pub fn said(&self) -> String {
        let name =
            |names: &[&str], n: &u32| (*names.get(*n as usize - 1).unwrap_or(&"")).to_owned();
        let clock = |m: u32| format!("{:02}:{:02}", m / 60, m % 60);
        match self {
            Recurring::Weekdays(days) => match days[..] {
                [6, 7] => "weekends".to_owned(),
                [1, 2, 3, 4, 5] => "Mondays to Fridays".to_owned(),
                _ => {
                    let days: Vec<String> = days.iter().map(|d| name(&DAYS, d)).collect();
                    days.join(" and ")
                }
            },
            Recurring::Months(months) => {
                let months: Vec<String> = months.iter().map(|m| name(&MONTHS, m)).collect();
                format!("{} of each year", months.join(" and "))
            }
            Recurring::MonthDay(None) => "the last day of the month".to_owned(),
            Recurring::MonthDay(Some(day)) => format!("day {day} of the month"),
            Recurring::Hours { from, after, to } => match (from, to) {
                (Some(from), Some(to)) => {
                    format!("from {} until before {}", clock(*from), clock(*to))
                }
                (Some(from), None) if *after => format!("later than {}", clock(*from)),
                (Some(from), None) => format!("from {}", clock(*from)),
                (None, to) => format!("before {}", clock(to.unwrap_or(0))),
            },
        }
    }

    /// Both together, where they are parts of the same whole and can be listed.
    pub(crate) fn with(&self, other: &Recurring) -> Option<Recurring> {
        let all = |a: &[u32], b: &[u32]| {
            let mut all = [a, b].concat();
            all.sort_unstable();
            all.dedup();
            all
        };
        Some(match (self, other) {
            (Recurring::Weekdays(a), Recurring::Weekdays(b)) => Recurring::Weekdays(all(a, b)),
            (Recurring::Months(a), Recurring::Months(b)) => Recurring::Months(all(a, b)),
            _ => return None,
        })
    }

    /// From this one to another.
    pub(crate) fn until(&self, other: &Recurring) -> Option<Recurring> {
        let (a, b, of) = match (self, other) {
            (Recurring::Weekdays(a), Recurring::Weekdays(b)) => (a, b, 7),
            (Recurring::Months(a), Recurring::Months(b)) => (a, b, 12),
            _ => return None,
        };
        let ([from], [to]) = (&a[..], &b[..]) else {
            return None;
        };
        let mut all: Vec<u32> = (0..of)
            .map(|i| (from - 1 + i) % of + 1)
            .take((to + of - from) as usize % of as usize + 1)
            .collect();
        all.sort_unstable();
        Some(match self {
            Recurring::Months(_) => Recurring::Months(all),
            _ => Recurring::Weekdays(all),
        })
    }
}

/// What names a time that comes again at a token: the number of tokens and the time.
pub fn read(tokens: &[Token], at: usize) -> Option<(usize, Each)> {
    let word = |tag: &str, at: usize| ENGLISH.time_at(tokens, at, tag);
    let list =
        |text: &str| -> Vec<u32> { text.split(' ').filter_map(|n| n.parse().ok()).collect() };
    // "last Monday" and "next weekend" are certain days.
    let one = at > 0
        && ["last", "this", "past", "next"]
            .iter()
            .any(|tag| (1..=2.min(at)).any(|k| word(tag, at - k).is_some_and(|(n, _)| n == k)));
    for (tag, certain) in [
        ("weekdays ", true),
        ("a weekday ", false),
        ("months ", true),
    ] {
        if let Some((length, numbers)) = word(tag, at).filter(|_| !one) {
            let times = match tag {
                "months " => Recurring::Months(list(&numbers)),
                _ => Recurring::Weekdays(list(&numbers)),
            };
            return Some((length, Each { times, certain }));
        }
    }
    if let Some(found) = super::super::reading::monthdays::read(tokens, at) {
        return Some(found);
    }
    hours(tokens, at).map(|(length, times)| {
        let certain = true;
        (length, Each { times, certain })
    })
}

/// "between 9 am and 5 pm", "from 9:00 to 17:00", "after 18:00", "before noon".
fn hours(tokens: &[Token], at: usize) -> Option<(usize, Recurring)> {
    let word = |tag: &str, at: usize| ENGLISH.time_at(tokens, at, tag).map(|(n, _)| n);
    let since = word("since", at);
    let opening = if ENGLISH.between_words.contains(&tokens.get(at)?.lower) {
        Some(1)
    } else {
        since
    };
    if let Some(skip) = opening
        && let Some((first, from)) = clock(tokens, at + skip)
        && let Some(until) = word("until", at + skip + first)
        && let Some((second, to)) = clock(tokens, at + skip + first + until)
    {
        let (from, to) = (from?, to?);
        return (from != to).then(|| {
            let hours = Recurring::Hours {
                from: Some(from),
                after: false,
                to: Some(to),
            };
            (skip + first + until + second, hours)
        });
    }
    for tag in ["since", "after", "before"] {
        if let Some(skip) = word(tag, at)
            && let Some((length, Some(time))) = clock(tokens, at + skip)
        {
            let before = tag == "before";
            let hours = Recurring::Hours {
                from: (!before).then_some(time),
                after: tag == "after",
                to: before.then_some(time),
            };
            return Some((skip + length, hours));
        }
    }
    None
}

/// "18:00", "9 am", "9:30pm", "noon": the number of tokens and the minute of the day; `None` for a time that no day has.
fn clock(tokens: &[Token], at: usize) -> Option<(usize, Option<u32>)> {
    if let Some((length, minute)) = ENGLISH.time_at(tokens, at, "clock ") {
        return Some((length, minute.parse().ok()));
    }
    let half = |at: usize| ENGLISH.time_at(tokens, at, "half of day ");
    let token = tokens.get(at)?;
    // "9am" is one word.
    let digits = token
        .lower
        .trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let hour: u32 = digits.parse().ok()?;
    let whole = digits.len() <= 2;
    let mut length = 1;
    let mut minutes = 0;
    let mut said = false;
    if digits.len() == token.lower.len()
        && tokens.get(at + 1).is_some_and(|t| t.is_mark(':'))
        && let Some(next) = tokens.get(at + 2).filter(|t| t.start == tokens[at + 1].end)
    {
        let digits = next
            .lower
            .trim_end_matches(|c: char| c.is_ascii_alphabetic());
        if digits.len() != 2 {
            return None;
        }
        minutes = digits.parse().ok()?;
        (length, said) = (3, true);
    }
    let last = &tokens[at + length - 1].lower;
    let suffix = last.trim_start_matches(|c: char| c.is_ascii_digit());
    let half = if suffix.is_empty() {
        let half = half(at + length);
        length += half.as_ref().map_or(0, |(words, _)| *words);
        half.map(|(_, half)| half)
    } else {
        let known = tokenize(suffix);
        Some(ENGLISH.time_at(&known, 0, "half of day ")?.1)
    };
    let hour = match half.as_deref() {
        Some(half) => {
            if !(1..=12).contains(&hour) {
                return Some((length, None));
            }
            hour % 12 + if half == "2" { 12 } else { 0 }
        }
        None if said && whole => hour,
        None => return None,
    };
    let minute = hour * 60 + minutes;
    Some((
        length,
        (minutes < 60 && minute <= 24 * 60).then_some(minute),
    ))
}

/// The months of each year that a span names which says no year: "March", "Q4", "the first half".
pub(crate) fn months_of(span: &Span, text: &str) -> Option<Recurring> {
    let tokens = tokenize(text);
    let year = |i: usize| match &tokens[i].kind {
        TokenKind::Date(..) => true,
        _ if year_number(&tokens, i).is_some() => true,
        // "March last year"
        _ if unit(&tokens, i).is_some_and(|(_, u)| u == Unit::Year) => true,
        TokenKind::Number(_) => false,
        _ => {
            let begins = |prefix: &String| tokens[i].lower.starts_with(prefix.as_str());
            ENGLISH.fiscal_prefixes.iter().any(begins)
        }
    };
    let fiscal = (0..tokens.len()).any(|i| ENGLISH.time_at(&tokens, i, "fyear").is_some());
    let (Moment::Day((y, from, 1)), Moment::Day((z, to, 1))) = (span.from?, span.to?) else {
        return None;
    };
    let length = (z - y) * 12 + to as i32 - from as i32;
    (!fiscal && !(0..tokens.len()).any(year) && (1..12).contains(&length)).then(|| {
        let mut months: Vec<u32> = (0..length as u32)
            .map(|i| (from - 1 + i) % 12 + 1)
            .collect();
        months.sort_unstable();
        Recurring::Months(months)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<String> {
        let tokens = tokenize(text);
        let (length, each) = read(&tokens, 0)?;
        assert_eq!(length, tokens.len(), "{text}");
        Some(each.times.said())
    }

    #[test]
    fn times_that_come_again_are_read() {
        for (text, wanted) in [
            ("Mondays", "Mondays"),
            ("weekends", "weekends"),
            ("Decembers", "December of each year"),
            ("between 9 am and 5 pm", "from 09:00 until before 17:00"),
            ("between 9am and 5:30pm", "from 09:00 until before 17:30"),
            ("from 9:00 to 17:00", "from 09:00 until before 17:00"),
            ("from 10 pm until 2 am", "from 22:00 until before 02:00"),
            ("after 18:00", "later than 18:00"),
            ("since 12 am", "from 00:00"),
            ("before noon", "before 12:00"),
            ("before 8 in the morning", "before 08:00"),
            ("after 2:30 in the afternoon", "later than 14:30"),
            ("before 24:00", "before 24:00"),
        ] {
            assert_eq!(said(text).as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "between 9 and 5",
            "after 18",
            "after 25:00",
            "after 13 pm",
            "between 9:75 and 10:00",
            "between 9:00 and 9:00",
            "before 5k",
        ] {
            let tokens = tokenize(text);
            assert_eq!(read(&tokens, 0), None, "{text}");
        }
        let week = Recurring::Weekdays(vec![5]).until(&Recurring::Weekdays(vec![1]));
        assert_eq!(week, Some(Recurring::Weekdays(vec![1, 5, 6, 7])));
    }
}
