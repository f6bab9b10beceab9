//! Calculations that a question spells out for a word of its own: "note that owed means net amount plus tax", "the click rate (clicks divided
//! by impressions) per channel".
//!
//! Invariant: the word stands elsewhere in the question, and each time what is calculated is put in its place, word for word; the sentence or
//! the parentheses that say so are left out only then. What is calculated is read as any calculation, or refused. Without this the word would
//! name whatever column is called so, and what it was said to be would be passed over.

use super::super::language::wordclass::{is_functional, listed_at};
use super::super::language::{ENGLISH, Op};
use super::asides::{articles, ends};
use crate::question::tokens::{Token, tokenize};

/// The most words of what is defined.
const MOST_WORDS: usize = 5;

/// What holds the parts of a word together.
const HYPHEN: &str = "-";

/// A question with what it calculates in the place of its word for that, and what it said of it with how that was read.
pub(super) fn put(text: &str) -> Option<(String, (String, String))> {
    let tokens = tokenize(text);
    let found = (0..tokens.len())
        .find_map(|at| noted(&tokens, at).or_else(|| bracketed(text, &tokens, at)))?;
    let part = |range: (usize, usize)| text.get(tokens[range.0].start..tokens[range.1 - 1].end);
    let (said, formula) = (part(found.said)?, part(found.formula)?);
    let term = &tokens[found.term.0..found.term.1];
    let mut put = String::new();
    let (mut copied, mut at, mut times) = (0, 0, 0);
    while at < tokens.len() {
        let same = |(a, b): (&Token, &Token)| a.stem == b.stem;
        let here = tokens[at..].len() >= term.len() && tokens[at..].iter().zip(term).all(same);
        if at == found.said.0 {
            put.push_str(&text[copied..tokens[at].start]);
            at = found.said.1;
        } else if here {
            put.push_str(&text[copied..tokens[at].start]);
            put.push_str(formula);
            times += 1;
            at += term.len();
        } else {
            at += 1;
            continue;
        }
        copied = tokens[at - 1].end;
    }
    put.push_str(&text[copied..]);
    let note = (said.to_owned(), format!("defined as {formula}"));
    (times > 0).then_some((put, note))
}

/// What is said of a word, the word, and what it stands for, as tokens: where each begins and ends.
struct SpelledOut {
    said: (usize, usize),
    term: (usize, usize),
    formula: (usize, usize),
}

/// "Note that owed means net amount plus tax", with its verb at a token.
fn noted(tokens: &[Token], at: usize) -> Option<SpelledOut> {
    let opens = |i: usize| {
        let noted = tokens[i].is_mark(',') && listed_at(&ENGLISH.notes, tokens, i + 1).is_some();
        ends(&tokens[i]) || noted
    };
    let first = (0..at).rev().find(|&i| opens(i)).map_or(0, |i| i + 1);
    let lead = listed_at(&ENGLISH.notes, tokens, first);
    let is = lead.is_some() && ENGLISH.copulas.contains(&tokens[at].lower);
    let verb = listed_at(&ENGLISH.definitions, tokens, at).or_else(|| is.then_some(1))?;
    let term = first + lead.unwrap_or(0);
    let term = (term + articles(tokens, term), at);
    let last = (at..tokens.len())
        .find(|&i| ends(&tokens[i]))
        .unwrap_or(tokens.len());
    let from = at + verb;
    let formula = (from + articles(tokens, from), last);
    let fits = term.0 < term.1 && term.1 - term.0 <= MOST_WORDS && calculates(tokens, formula);
    fits.then_some(SpelledOut {
        said: (first, last),
        term,
        formula,
    })
}

/// "The click rate (clicks divided by impressions)", with the parenthesis at a token.
fn bracketed(text: &str, tokens: &[Token], at: usize) -> Option<SpelledOut> {
    let close = at + tokens[at..].iter().position(|t| t.is_mark(')'))?;
    // "walk-in rate": what is joined is one word.
    let joined = |i: usize| {
        let next = tokens.get(i + 1).map(|next| next.start);
        next.is_some_and(|next| text.get(tokens[i].end..next) == Some(HYPHEN))
    };
    let plain = |i: &usize| {
        let part = joined(*i) || i.checked_sub(1).is_some_and(joined);
        tokens[*i].is_word() && (part || !is_functional(&tokens[*i]))
    };
    let first = (0..at).rev().take_while(plain).last()?;
    let formula = (at + 1, close);
    let fits = tokens[at].is_mark('(') && at - first <= MOST_WORDS && calculates(tokens, formula);
    fits.then_some(SpelledOut {
        said: (at, close + 1),
        term: (first, at),
        formula,
    })
}

/// Whether words have others before and after one of arithmetic.
fn calculates(tokens: &[Token], (from, to): (usize, usize)) -> bool {
    let arithmetic = |(n, ops): &(usize, &[Op])| {
        ops.iter()
            .any(|op| matches!(op, Op::Arithmetic(_)))
            .then_some(*n)
    };
    let here = |at: usize| ENGLISH.phrases_at(tokens, at).iter().find_map(arithmetic);
    (from + 1..to).any(|at| here(at).is_some_and(|n| at + n < to))
}

#[cfg(test)]
mod tests {
    use super::put;

    #[test]
    fn what_is_calculated_stands_in_the_place_of_its_word() {
        for (text, wanted) in [
            (
                "Total owed per berth. Note that owed means net amount plus tax.",
                Some("Total net amount plus tax per berth. ."),
            ),
            (
                "What is the fill rate (guests divided by beds) per lodge?",
                Some("What is the guests divided by beds  per lodge?"),
            ),
            (
                "Fees per berth, where fees are defined as rent minus rebate",
                Some("rent minus rebate per berth, "),
            ),
            (
                "Show the walk-in rate (walks divided by beds)",
                Some("Show the walks divided by beds "),
            ),
            ("Lodges (guests and beds) per region", None),
            ("Note that rent means fees plus tax. List all berths", None),
        ] {
            assert_eq!(put(text).map(|(text, _)| text).as_deref(), wanted, "{text}");
        }
    }
}
