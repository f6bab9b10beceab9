//! What was measured at one of several times, where a column of its own holds each: "pain score at week 24" is `wk24_pain_scr`.
//!
//! Invariant: words are put so only where the name of exactly one column begins with that time and goes on with just those words; then nothing
//! else can be meant, and otherwise they stay as they are.

use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::Lexicon;
use crate::question::tokens::{Token, TokenKind, tokenize};

/// A measure has no more words.
const MOST_WORDS: usize = 4;

/// A question with such measures as their columns are called.
pub(crate) fn named(text: &str, lexicon: &Lexicon) -> String {
    let mut text = text.to_owned();
    let mut from = 0;
    while let Some((range, name)) = next(&text, from, lexicon) {
        from = range.start + name.len();
        text.replace_range(range, &name);
    }
    text
}

/// The next of them behind a place of a text, with what it is called.
fn next(text: &str, from: usize, lexicon: &Lexicon) -> Option<(std::ops::Range<usize>, String)> {
    let tokens = tokenize(text);
    let at_time = |i: usize| {
        let [at, unit, number] = tokens.get(i..i + 3)? else {
            return None;
        };
        let point = ENGLISH.point_words.contains(&at.lower) && tokens[i].start >= from;
        let counted = matches!(number.kind, TokenKind::Number(_)) && unit.is_word();
        (point && counted).then_some((unit, number))
    };
    (1..tokens.len()).find_map(|i| {
        let (unit, number) = at_time(i)?;
        let time = [unit.stem.clone(), text[number.start..number.end].to_owned()];
        let longest = MOST_WORDS.min(i);
        (1..=longest).rev().find_map(|length| {
            let said = &tokens[i - length..i];
            let words = measure(said, &time, lexicon)?;
            let first = said.first()?;
            let name = format!(
                "{} {}",
                &text[unit.start..number.end],
                &text[first.start..words.end]
            );
            Some((first.start..number.end, name))
        })
    })
}

/// The last of the words that are the name of one column behind a time: all of them, or all but a last "score".
fn measure<'a>(said: &'a [Token], time: &[String], lexicon: &Lexicon) -> Option<&'a Token> {
    let called = |words: &[Token]| {
        let stems = words.iter().map(|t| t.stem.clone());
        let name: Vec<String> = time.iter().cloned().chain(stems).collect();
        let columns = lexicon.tables.iter().flat_map(|t| &t.columns);
        columns.filter(|column| **column == name).count() == 1
    };
    let (last, before) = said.split_last()?;
    if called(said) {
        return Some(last);
    }
    let phrases = ENGLISH.phrases_at(std::slice::from_ref(last), 0);
    let tail = phrases.iter().any(|(_, ops)| ops.contains(&Op::AmountTail));
    let short = before.last().filter(|_| tail)?;
    called(before).then_some(short)
}
