//! What a question says should be left out, after what it asks for: "ignore orders without a region", "customers without a tier can be
//! left out", "(only those that have one)".
//!
//! Invariant: such a remark is put as a question has it otherwise, word for word ("only orders that have a region"), and what it speaks
//! of stays in it. What is then not understood is refused as ever, so that no row is left out or kept in silence.

use super::super::language::wordclass::listed_at;
use super::super::language::{ENGLISH, Op};
use crate::question::tokens::{Token, tokenize};

/// The most remarks that are looked for in one question.
const MOST: usize = 3;

/// A question whose remarks are put as a question has them otherwise.
pub(crate) fn reworded(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..MOST {
        match next(&text) {
            Some(other) => text = other,
            None => break,
        }
    }
    text
}

/// The question with its first remark reworded; `None` where there is none.
fn next(text: &str) -> Option<String> {
    let tokens = tokenize(text);
    let mut from = 0;
    for at in 0..=tokens.len() {
        let ends = tokens.get(at).is_none_or(super::separates);
        if !ends {
            continue;
        }
        let part = &tokens[from..at];
        if from > 0
            && let Some(said) = kept(part).or_else(|| one(text, &tokens, from, at))
        {
            return Some(put(text, &tokens, from, at, &said));
        }
        from = at + 1;
    }
    None
}

/// "Ignore orders without a region", "orders without a region are left out": only orders that have one.
fn kept(part: &[Token]) -> Option<String> {
    let lead = listed_at(&ENGLISH.leaving_out, part, 0);
    let last = (1..part.len())
        .find(|&at| listed_at(&ENGLISH.left_out, part, at).is_some_and(|n| at + n == part.len()));
    let (from, to) = match (lead, last) {
        (Some(lead), None) => (lead, part.len()),
        (None, Some(last)) => (0, last),
        _ => return None,
    };
    let words = &part[from..to];
    let (at, length) =
        (0..words.len()).find_map(|at| Some((at, listed_at(&ENGLISH.lacking, words, at)?)))?;
    let things: Vec<&str> = words[..at].iter().map(|t| t.lower.as_str()).collect();
    let lacked: Vec<&str> = words[at + length..]
        .iter()
        .map(|t| t.lower.as_str())
        .skip_while(|w| is_listed(&ENGLISH.articles, w))
        .collect();
    let word = |t: &Token| t.is_word();
    if lacked.is_empty() || !words.iter().all(word) {
        return None;
    }
    let only = ENGLISH.only_words.first()?;
    let have = ENGLISH.had_phrases.first()?;
    Some(format!(
        "{only} {} {have} {}",
        things.join(" "),
        lacked.join(" ")
    ))
}

/// "Only sessions that have one": what it is grouped by.
fn one(text: &str, tokens: &[Token], from: usize, to: usize) -> Option<String> {
    let part = &tokens[from..to];
    let length = listed_at(&ENGLISH.only_words, part, 0)?;
    let (last, rest) = part.split_last()?;
    let have = (length..rest.len()).find(|&at| {
        listed_at(&ENGLISH.had_phrases, rest, at).is_some_and(|n| at + n == rest.len())
    })?;
    if !is_listed(&ENGLISH.one_nouns, &last.lower) || have == 0 {
        return None;
    }
    let groups = |at: usize| {
        let phrases = ENGLISH.phrases_at(tokens, at);
        let length = |(n, ops): &(usize, &[Op])| {
            let group = ops.contains(&Op::By) || ops.contains(&Op::Each);
            (group && at + n < from).then_some(*n)
        };
        phrases.iter().filter_map(length).max().map(|n| at + n)
    };
    let noun = (0..from - 1).rev().find_map(groups)?;
    let named = &tokens[noun..from - 1];
    if named.is_empty() || !named.iter().all(Token::is_word) {
        return None;
    }
    let said = &text[part[0].start..rest[rest.len() - 1].end];
    let noun = &text[named[0].start..named[named.len() - 1].end];
    Some(format!("{said} {noun}"))
}

/// The question with a part of it said otherwise, after a comma.
fn put(text: &str, tokens: &[Token], from: usize, to: usize, said: &str) -> String {
    let before = &tokens[from - 1];
    let closes = before.is_mark('(') && tokens.get(to).is_some_and(|t| t.is_mark(')'));
    let end = tokens[to - usize::from(!closes)].end;
    format!(
        "{}, {said}{}",
        text[..before.start].trim_end(),
        &text[end..]
    )
}

fn is_listed(list: &[String], word: &str) -> bool {
    list.iter().any(|w| w == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_are_put_as_conditions() {
        for (said, read) in [
            (
                "boats per yard; leave out those without a berth",
                "boats per yard, only those that have berth",
            ),
            (
                "Boats by colour. Boats without a colour can be left out.",
                "Boats by colour, only boats that have colour.",
            ),
            (
                "repairs by last yard (only repairs that have one)",
                "repairs by last yard, only repairs that have last yard",
            ),
            ("boats without a berth", "boats without a berth"),
            ("boats, excluding yachts", "boats, excluding yachts"),
        ] {
            assert_eq!(reworded(said), read, "{said}");
        }
    }
}
