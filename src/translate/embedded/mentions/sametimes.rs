//! Times that are said again: "in the year 2022 (from Jan 1st to Dec 31st inclusive)", "the last 3 months, not counting the current one".
//!
//! Invariant: what stands in the parentheses is left out only where it is the very span that was said right before them; an end without a
//! year is one of the year before. That the current month is none of them is left out only where the span ends as that begins. Else it
//! stays, and is read or refused as any other words.

use super::super::language::ENGLISH;
use super::super::language::wordclass::listed_at;
use super::super::time::dates::{Moment, Span};
use super::super::time::namedspans::{Clock, year_number};
use super::super::time::timewords;
use crate::question::tokens::{Token, tokenize};

/// The most words of a span of time.
const MOST: usize = 8;

/// The question without what says a span again, and that with how it was read.
pub(crate) fn dropped(text: &str, clock: Clock) -> Option<(String, (String, String))> {
    said_again(text, clock).or_else(|| without_current(text, clock))
}

/// The question without such parentheses.
fn said_again(text: &str, clock: Clock) -> Option<(String, (String, String))> {
    let tokens = tokenize(text);
    let open = tokens.iter().position(|t| t.is_mark('('))?;
    let close = open + tokens[open..].iter().position(|t| t.is_mark(')'))?;
    let said = (open.saturating_sub(MOST)..open)
        .find_map(|at| whole(&tokens[at..open], clock).map(|span| (at, span)));
    let (at, span) = said?;
    let inner = text.get(tokens[open + 1].start..tokens[close].start)?;
    let bounds = bare(inner);
    let year = (at..open).find_map(|i| year_number(&tokens, i));
    let same = |bounds: &str| whole(&tokenize(bounds), clock).as_ref() == Some(&span);
    let again = same(&bounds) || year.is_some_and(|year| same(&dated(&bounds, year)));
    if !again {
        return None;
    }
    let note = (inner.trim().to_owned(), "the same span of time".to_owned());
    let rest = &text[tokens[close].end..];
    Some((
        format!("{}{rest}", text[..tokens[open].start].trim_end()),
        note,
    ))
}

/// "The last 6 months, *not counting the current one*": the question without that, where the span ends as the current one begins.
fn without_current(text: &str, clock: Clock) -> Option<(String, (String, String))> {
    let tokens = tokenize(text);
    let lead = |at: usize| Some((at, listed_at(&ENGLISH.not_current, &tokens, at)?));
    let (at, length) = (1..tokens.len()).find_map(lead)?;
    let which = tokens.get(at + length)?;
    let bracket = tokens[at - 1].is_mark('(');
    let end = at - usize::from(super::super::rewording::separates(&tokens[at - 1]));
    let begins = |from: usize| Some((from, whole(&tokens[from..end], clock)?));
    let (from, span) = (end.saturating_sub(MOST)..end).find_map(begins)?;
    let unit = tokens[from..end].iter().any(|t| t.stem == which.stem);
    let before_now = matches!(span.to, Some(Moment::Start(_, 0))) && span.from.is_some();
    let mut after = at + length + 1;
    after += usize::from(bracket && tokens.get(after).is_some_and(|t| t.is_mark(')')));
    if !before_now || !(unit || ENGLISH.one_nouns.contains(&which.lower)) {
        return None;
    }
    let said = text.get(tokens[at].start..which.end)?.to_owned();
    let rest = text.get(tokens[after - 1].end..)?;
    let text = format!("{}{rest}", &text[..tokens[end - 1].end]);
    Some((text, (said, "the span ends before it".to_owned())))
}

/// The span of time that words are from the first to the last.
fn whole(tokens: &[Token], clock: Clock) -> Option<Span> {
    let (length, phrase) = timewords::phrase(tokens, 0, clock)?;
    (length == tokens.len() && phrase.each.is_none()).then_some(phrase.span)
}

/// The words without "inclusive".
fn bare(text: &str) -> String {
    let tokens = tokenize(text);
    let says = |at: usize| listed_at(&ENGLISH.inclusive, &tokens, at);
    match (0..tokens.len()).find_map(|at| says(at).map(|length| (at, length))) {
        Some((at, length)) => {
            let range = tokens[at].start..tokens[at + length - 1].end;
            let before = text[..range.start].trim_end_matches([' ', ',']);
            format!("{before} {}", &text[range.end..]).trim().to_owned()
        }
        None => text.trim().to_owned(),
    }
}

/// The words with the year after each end of a range.
fn dated(text: &str, year: i32) -> String {
    let tokens = tokenize(text);
    let between =
        |t: &&Token| ENGLISH.range_words.contains(&t.lower) || ENGLISH.joiners.contains(&t.lower);
    match tokens.iter().skip(1).find(between) {
        Some(word) => {
            let (first, second) = (text[..word.start].trim_end(), &text[word.start..]);
            format!("{first} {year} {second} {year}")
        }
        None => format!("{text} {year}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_span_is_left_out() {
        let clock = Clock {
            today: (2026, 3, 4),
            fiscal_year_start: 1,
        };
        let other = |text: &str| dropped(text, clock).map(|(text, _)| text);
        for text in [
            "moorings that ended in the year 2022 (from Jan 1st to Dec 31st inclusive), by pier",
            "moorings that ended in 2022 (1 January to 31 December, inclusive), by pier",
            "moorings that ended in 2022 (2022-01-01 to 2022-12-31), by pier",
        ] {
            let (head, _) = text.split_once(" (").unwrap();
            assert_eq!(other(text), Some(format!("{head}, by pier")), "{text}");
        }
        for (text, wanted) in [
            (
                "moorings in the last 6 calendar months, not counting the current one, by pier",
                "moorings in the last 6 calendar months, by pier",
            ),
            (
                "moorings in the last 3 months (excluding the current month)?",
                "moorings in the last 3 months?",
            ),
        ] {
            assert_eq!(other(text).as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "moorings this year, not counting the current one",
            "moorings in the last 3 months, not counting the current pier",
            "moorings in 2022 (from Jan 1st to Nov 30th inclusive)",
            "moorings in 2022 (by pier)",
            "moorings (inclusive)",
        ] {
            assert_eq!(other(text), None, "{text}");
        }
    }
}
