//! What of a question may be stored values, looked up all at once.
//!
//! Invariant: a question costs one look-up of a bounded number of phrases, however long it is and however often it repeats itself.

use super::annotate::{MAX_PHRASE, is_functional};
use super::lexicon::Lexicon;
use crate::catalog::model::{StoredValue, ValueMatch, Values};
use crate::question::tokens::{Token, TokenKind};
use std::collections::HashMap;

/// The most phrases of one question that are looked up.
const MAX_LOOKUPS: usize = 400;

/// The stored values of a question, by the place of their phrases.
pub(super) struct Stored {
    /// By the first token and the number of tokens.
    pub values: HashMap<(usize, usize), Vec<StoredValue>>,
    /// By the token of a text in quotation marks: the first and the last names that it is made of.
    pub whole_names: HashMap<usize, (Vec<StoredValue>, Vec<StoredValue>)>,
}

impl Stored {
    /// Looks all phrases that may be stored values up.
    pub fn look_up(text: &str, tokens: &[Token], lexicon: &Lexicon, values: &dyn Values) -> Stored {
        let mut places = Vec::new();
        let mut phrases = Vec::new();
        for at in 0..tokens.len() {
            for length in 1..=MAX_PHRASE.min(tokens.len() - at) {
                if phrases.len() < MAX_LOOKUPS
                    && let Some(phrase) = phrase(text, &tokens[at..at + length])
                {
                    places.push((at, length));
                    phrases.push(phrase);
                }
            }
        }
        let mut names = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            if let TokenKind::Quoted(quoted) = &token.kind
                && let Some((first, last)) = quoted.split_once(' ')
                && phrases.len() < MAX_LOOKUPS
            {
                names.push((at, phrases.len()));
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
        let whole = |(at, i): &(usize, usize)| {
            let (first, last) = (found.get(*i)?, found.get(*i + 1)?);
            Some((*at, whole_name(first, last, lexicon)?))
        };
        Stored {
            whole_names: names.iter().filter_map(whole).collect(),
            values: places
                .into_iter()
                .zip(found)
                .filter(|(_, v)| !v.is_empty())
                .collect(),
        }
    }
}

/// The text that a span may be stored as; `None` for one that is made of words such as "the", or of marks.
fn phrase(text: &str, span: &[Token]) -> Option<String> {
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
    let functional = !several && first.is_word() && is_functional(first);
    let edge = several
        && (is_functional(first) && first.lower == text[first.start..first.end]
            || is_functional(last));
    if !plain || functional || edge {
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
