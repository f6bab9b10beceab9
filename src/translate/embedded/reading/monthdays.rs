//! Days of a month, as a question names them: "the first day of the month", "the 15th of each month", "the last day of March 2025".
//!
//! Invariant: "the last day of the quarter" is never yesterday and "the first day of 2025" never the first row: a day of what is no
//! month is refused.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::time::recurring::{Each, Recurring};
use super::parse::Parser;
use crate::question::tokens::{Token, TokenKind, tokenize};

/// Reads a day of a month up to where the month is said, or with "of each month". Gives the number of tokens and the day.
pub(crate) fn read(tokens: &[Token], at: usize) -> Option<(usize, Each)> {
    let word = |tag: &str, at: usize| ENGLISH.time_at(tokens, at, tag);
    let says =
        |at: usize, words: &[String]| tokens.get(at).is_some_and(|t| words.contains(&t.lower));
    let unit =
        |at: usize, name: &str| word("unit ", at).filter(|(n, unit)| *n == 1 && unit == name);
    let on = usize::from(word("on days", at).is_some());
    let start = at + on + usize::from(says(at + on, &ENGLISH.articles));
    let (ordinal, day) = match &tokens.get(start)?.kind {
        TokenKind::Number(n) if n.ordinal => {
            (1, Some(n.as_whole().filter(|n| (1..=31).contains(n))?))
        }
        _ => match (word("ordinal ", start), word("last", start)) {
            (Some((length, day)), _) => (length, Some(day.parse().ok()?)),
            (None, Some((1, _))) => (1, None),
            _ => return None,
        },
    };
    let said = unit(start + ordinal, "day").is_some();
    let of = start + ordinal + usize::from(said);
    // "the first of March" may be the first row of it.
    if !(said || matches!(tokens[start].kind, TokenKind::Number(_))) || !says(of, &ENGLISH.of_words)
    {
        return None;
    }
    let day = match day {
        Some(day) => Some(u32::try_from(day).ok()?),
        None => None,
    };
    let each = Each {
        times: Recurring::MonthDay(day),
        certain: true,
    };
    let each_word = tokens.get(of + 1..=of + 1).is_some_and(|next| {
        let phrases = ENGLISH.phrases_at(next, 0);
        phrases.iter().any(|(_, ops)| ops.contains(&Op::Each))
    });
    let groups = says(of + 1, &ENGLISH.articles) || each_word;
    if groups && unit(of + 2, "month").is_some() && word("todate", of + 3).is_none() {
        return Some((of + 3 - at, each));
    }
    // A month follows, which is read as any other span.
    let month =
        (1..=3).any(|k| word("month ", of + k).is_some() || unit(of + k, "month").is_some());
    (said && month).then_some((of - at, each))
}

impl Parser<'_> {
    /// "The last day of the quarter", "the first day of 2025": a day of what is no month.
    pub(crate) fn day_of_other(&self, segment: &Segment) -> bool {
        let end = |s: &Segment| {
            s.is(Op::Top) || s.is(Op::Latest) || s.is(Op::Earliest) || s.is(Op::Bottom)
        };
        let of = |k: usize| {
            self.segment(k).is_some_and(|s| {
                let text = s.text.to_lowercase();
                text.split(' ')
                    .next()
                    .is_some_and(|w| ENGLISH.of_words.iter().any(|of| of == w))
            })
        };
        let day =
            |s: &Segment| s.unit == Some(super::super::time::dates::Unit::Day) && !self.is_name(s);
        let ends_in_day = segment.time.as_ref().is_some_and(|t| t.each.is_none()) && {
            let words = tokenize(&segment.text);
            let last = words.len().saturating_sub(1);
            ENGLISH
                .time_at(&words, last, "unit ")
                .is_some_and(|(_, unit)| unit == "day")
        };
        end(segment) && self.segment(1).is_some_and(day) && of(2) || ends_in_day && of(1)
    }
}
