//! What of a question may be stored values, looked up all at once.
//!
//! Invariant: a question costs one look-up of a bounded number of phrases, however long it is and however often it repeats itself.

use super::super::language::wordclass::is_functional;
use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::Lexicon;
use super::annotate::MAX_PHRASE;
use super::kindnouns::tells_kind;
use super::spans::ends_deed;
use crate::catalog::model::{StoredValue, ValueMatch, Values};
use crate::question::tokens::{Token, TokenKind, stem};
use std::collections::HashMap;

/// The most phrases of one question that are looked up.
const MAX_LOOKUPS: usize = 400;

/// The stored values of a question, by the place of their phrases.
pub(crate) struct Stored {
    /// By the first token and the number of tokens.
    pub values: HashMap<(usize, usize), Vec<StoredValue>>,
    /// By the first token and the number of tokens: the first and the last names that a text in quotation marks, or two words
    /// with capitals, are made of.
    pub whole_names: HashMap<(usize, usize), (Vec<StoredValue>, Vec<StoredValue>)>,
}

impl Stored {
    /// Looks all phrases that may be stored values up.
    pub fn look_up(text: &str, tokens: &[Token], lexicon: &Lexicon, values: &dyn Values) -> Stored {
        let mut places: Vec<(usize, usize)> = Vec::new();
        let mut phrases = Vec::new();
        // In a question that is all in capitals they say nothing.
        let mixed = text.chars().any(char::is_lowercase);
        for at in 0..tokens.len() {
            for length in 1..=MAX_PHRASE.min(tokens.len() - at) {
                let capitals = at > 0 && mixed;
                if phrases.len() < MAX_LOOKUPS
                    && let Some(phrase) = phrase(text, &tokens[at..at + length], capitals)
                {
                    places.push((at, length));
                    phrases.push(phrase);
                }
            }
        }
        let mut names = Vec::new();
        let written = |at: usize| {
            let token = &tokens[at];
            token.is_word() && token.lower != text[token.start..token.end]
        };
        let alone = |at: usize| places.iter().position(|place| *place == (at, 1));
        for at in 1..tokens.len() {
            if written(at - 1)
                && written(at)
                && mixed
                && let (Some(first), Some(last)) = (alone(at - 1), alone(at))
            {
                names.push(((at - 1, 2), first, last));
            }
        }
        for (at, token) in tokens.iter().enumerate() {
            if let TokenKind::Quoted(quoted) = &token.kind
                && let Some((first, last)) = quoted.split_once(' ')
                && phrases.len() < MAX_LOOKUPS
            {
                names.push(((at, 1), phrases.len(), phrases.len() + 1));
                phrases.extend([first.to_owned(), last.to_owned()]);
            }
        }
        if phrases.is_empty() {
            return Stored {
                values: HashMap::new(),
                whole_names: HashMap::new(),
            };
        }
        let found = values.look_up(&phrases, None);
        let whole = |(place, first, last): &((usize, usize), usize, usize)| {
            let (first, last) = (found.get(*first)?, found.get(*last)?);
            let in_order = whole_name(first, last, lexicon);
            // "Davis Steven": as lists have it.
            Some((
                *place,
                in_order.or_else(|| whole_name(last, first, lexicon))?,
            ))
        };
        let grammar = |(at, length): (usize, usize)| {
            let word = &tokens[at];
            length == 1 && word.is_word() && (is_functional(word) || ENGLISH.is_course(word))
        };
        // "the names of the states" speaks of names and states, also where some name is "State".
        let mere_name = |at: usize, length: usize| {
            let (token, written) = (&tokens[at], &text[tokens[at].start..tokens[at].end]);
            let word = tokens[at + 1..at + length].iter().all(|t| t.is_mark('.'));
            word && token.is_word() && written == token.lower && lexicon.names(&token.stem)
        };
        Stored {
            whole_names: names.iter().filter_map(whole).collect(),
            values: places
                .into_iter()
                .zip(found)
                .map(|((at, length), mut values)| {
                    // "from Rome." ends a sentence, "Acme Inc." a name.
                    if length > 1 && tokens[at + length - 1].is_mark('.') {
                        values.retain(|v| v.text.ends_with('.'));
                    }
                    // The capital that a question begins with says nothing: "Completed orders".
                    for value in values.iter_mut().filter(|_| (at, length) == (0, 1)) {
                        if value.found == ValueMatch::Folded && value.text == tokens[0].lower {
                            value.found = ValueMatch::Exact;
                        }
                    }
                    // Only the very letters make a word of the grammar a code.
                    let fills = ENGLISH.filling_states.contains(&tokens[at].lower);
                    if length == 1 && ends_deed(tokens, at) {
                        // "Complete" of what is stored as "completed".
                        values.retain(|v| stem(&v.text.to_lowercase()) == tokens[at].stem);
                        let near = |v: &&mut StoredValue| matches!(v.found, ValueMatch::Near(_));
                        let near = values.iter_mut().filter(near);
                        near.for_each(|v| v.found = ValueMatch::Stemmed);
                    } else if grammar((at, length)) && !fills {
                        values.retain(|v| v.found == ValueMatch::Exact);
                    } else if mere_name(at, length) {
                        values.retain(|v| {
                            v.found != ValueMatch::Stemmed || tells_kind(v.column, lexicon)
                        });
                    }
                    ((at, length), values)
                })
                .filter(|(_, v)| !v.is_empty())
                .collect(),
        }
    }
}

/// The text that a span may be stored as; `None` for one that is made of words such as "the", or of marks. Where `capitals` say
/// something they make a code or a part of a name of any word: "AS", "Mountain View".
fn phrase(text: &str, span: &[Token], capitals: bool) -> Option<String> {
    let (first, last) = (span.first()?, span.last()?);
    let several = span.len() > 1;
    let plain = span.iter().all(|t| match t.kind {
        TokenKind::Word => true,
        TokenKind::Number(_) => several,
        TokenKind::Quoted(_) => !several,
        // "Comp. Sci.", "Ph.D."
        TokenKind::Mark('.') => several && !first.is_mark('.'),
        _ => false,
    });
    // "above 9." ends with a number, and a mark makes no text of it.
    let says = |t: &Token| matches!(t.kind, TokenKind::Word | TokenKind::Quoted(_));
    let plain = plain && span.iter().any(says);
    let written = |token: &Token| token.lower != text[token.start..token.end];
    let code = capitals && is_code(&text[first.start..first.end]);
    // The department "Data" is no word of the grammar: it is written as a name.
    let named = capitals && written(first) && last.end - first.start > 1;
    let state = || ENGLISH.filling_states.contains(&first.lower);
    let functional =
        !several && first.is_word() && is_functional(first) && !code && !named && !state();
    let edge = several
        && (is_functional(first) && !written(first) && !is_state(span)
            || is_functional(last) && !(capitals && written(first) && written(last)));
    // "above 9." ends a sentence; no value is meant that ends in a full stop.
    let number = |t: &Token| matches!(t.kind, TokenKind::Number(_));
    let full_stop = last.is_mark('.') && span.iter().rev().nth(1).is_some_and(number);
    if !plain || functional || edge || full_stop {
        return None;
    }
    Some(match &first.kind {
        TokenKind::Quoted(quoted) => quoted.clone(),
        _ if last.possessive => text[first.start..last.end]
            .trim_end_matches("'s")
            .trim_end_matches("’s")
            .trim_end_matches('\'')
            .to_owned(),
        _ => text[first.start..last.end].to_owned(),
    })
}

/// A preposition and a word or two, which together may be a state: "in transit", "on hold".
fn is_state(span: &[Token]) -> bool {
    let phrases = ENGLISH.phrases_at(&span[..1], 0);
    let preposition = phrases
        .iter()
        .any(|(_, ops)| ops.contains(&Op::Preposition));
    preposition && span.len() < 4 && span[1..].iter().all(|t| t.is_word() && !is_functional(t))
}

/// Capitals that may be a code, even where the same letters are a word: "AS", "IT", a grade "A".
fn is_code(written: &str) -> bool {
    written != "I" && written.chars().all(|c| c.is_ascii_uppercase())
}

/// The first and the last names of the things that have both.
fn whole_name(
    firsts: &[StoredValue],
    lasts: &[StoredValue],
    lexicon: &Lexicon,
) -> Option<(Vec<StoredValue>, Vec<StoredValue>)> {
    let sure = |v: &&StoredValue| !matches!(v.found, ValueMatch::Near(_));
    let pair = |first: &StoredValue, last: &StoredValue| {
        first.column.table == last.column.table
            && lexicon.tables[first.column.table].display
                == [first.column.column, last.column.column]
    };
    let (mut of_first, mut of_last) = (Vec::new(), Vec::new());
    for first in firsts.iter().filter(sure) {
        if let Some(last) = lasts.iter().filter(sure).find(|last| pair(first, last)) {
            of_first.push(first.clone());
            of_last.push(last.clone());
        }
    }
    (!of_first.is_empty()).then_some((of_first, of_last))
}
