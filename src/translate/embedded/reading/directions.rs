//! Where something begins and where it ends: "flights from Oslo", "routes that end at it".
//!
//! Invariant: a direction decides only between meanings that are equally good without it, and only when the question says one of the two.

use super::super::language::{ENGLISH, Language};
use super::super::schema::names::root;
use super::frame::{Frame, MentionId};
use crate::question::tokens::{Token, stem};

/// Where something begins, or where it ends: an index into [`Language::directions`].
pub(crate) type Direction = usize;

impl Language {
    /// A word for where something begins or ends, other than a preposition: "end", "departed".
    pub(crate) fn is_course(&self, token: &Token) -> bool {
        let name = [token.stem.clone()];
        !self.is_direction(&token.lower) && of_name(&name).is_some()
    }

    /// "from" and "to".
    pub(crate) fn is_direction(&self, word: &str) -> bool {
        self.directions
            .iter()
            .any(|words| words.last().is_some_and(|last| last == word))
    }
}

/// The direction that the words of a name have; its parts are stems.
pub(crate) fn of_name(name: &[String]) -> Option<Direction> {
    let has = |words: &Vec<String>| {
        let roots: Vec<String> = words.iter().map(|word| root(&stem(word))).collect();
        name.iter().any(|part| roots.contains(&root(part)))
    };
    match ENGLISH.directions.each_ref().map(has) {
        [true, false] => Some(0),
        [false, true] => Some(1),
        _ => None,
    }
}

/// The direction that a question says: by a verb or a noun, otherwise by the prepositions of its values.
pub(crate) fn said(frame: &Frame) -> Option<Direction> {
    let prepositions: Vec<String> = frame
        .prepositions
        .iter()
        .map(|(_, word)| word.clone())
        .collect();
    let words: Vec<String> = frame
        .words
        .iter()
        .filter(|word| !ENGLISH.is_direction(word))
        .cloned()
        .collect();
    of_name(&words).or_else(|| of_name(&prepositions))
}

/// The direction of a value: by the preposition before it, otherwise that of the question.
pub(crate) fn of_value(frame: &Frame, id: MentionId) -> Option<Direction> {
    let own = frame.prepositions.iter().find(|(value, _)| *value == id);
    match own {
        Some((_, word)) => of_name(std::slice::from_ref(word)),
        None => said(frame),
    }
}
