//! Who gave and who got: of the two keys that a payment has to users the sender's for "users who sent money" and "paid by users", the
//! receiver's for "received by users" and "sent to users".
//!
//! Invariant: one of the keys is taken only where one says who gives and the other who gets, and where all that the question says of the
//! things that they point at leads to one and the same of them. Otherwise what somebody paid would be told as what he was paid.

use super::super::language::ENGLISH;
use super::super::reading::frame::Frame;
use super::super::schema::lexicon::Lexicon;
use std::collections::BTreeSet;

/// Between a preposition and the noun that it leads to stand at most so many words: "by the active users".
const BETWEEN: usize = 2;

/// Who gives, or who gets.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Giver,
    Getter,
}

/// The tables whose rows have keys for who gives and who gets.
pub(crate) fn holders(lexicon: &Lexicon) -> BTreeSet<usize> {
    let several = lexicon.graph.parallel.iter();
    let several = several.filter(|several| of_both(lexicon, several));
    let first = several.flat_map(|several| several.first());
    first.map(|id| lexicon.graph.edges[*id].holder).collect()
}

/// Whether one of several keys is of who gives, and one of who gets.
pub(super) fn of_both(lexicon: &Lexicon, several: &[usize]) -> bool {
    let edges = &lexicon.graph.edges;
    let sides = || several.iter().map(|id| side_of_role(&edges[*id].role));
    [Side::Giver, Side::Getter]
        .iter()
        .all(|side| sides().any(|of| of == Some(*side)))
}

/// Whether a verb, by its stem, says who gives or who gets.
pub(crate) fn is_verb(stem: &String) -> bool {
    verb(stem).is_some()
}

/// Of several keys between the same two tables the one whose side the question says.
pub(crate) fn key(lexicon: &Lexicon, frame: &Frame, several: &[usize]) -> Option<usize> {
    let of = |side: Side| {
        let is = |id: &&usize| side_of_role(&lexicon.graph.edges[**id].role) == Some(side);
        let mut found = several.iter().filter(is);
        found.next().copied().filter(|_| found.next().is_none())
    };
    let (giver, getter) = (of(Side::Giver)?, of(Side::Getter)?);
    let edge = &lexicon.graph.edges[giver];
    let noun = lexicon.tables[edge.target].stems.last()?;
    let things = &lexicon.tables[edge.holder].stems;
    let words = &frame.words;
    let verbs: Vec<Option<Side>> = words
        .iter()
        .map(|word| verb(word).filter(|_| !things.contains(word)))
        .collect();
    let named = (0..words.len()).filter(|at| words[*at] == *noun);
    let mut said: Vec<Side> = named.filter_map(|at| of_noun(words, &verbs, at)).collect();
    // "sent by Ann Bell": only the verb and what follows it.
    if !words.contains(noun) {
        said.extend((0..words.len()).filter_map(|at| of_verb(words, verbs[at]?, at)));
    }
    let side = *said.first()?;
    let agreed = said.iter().all(|other| *other == side);
    agreed.then_some(match side {
        Side::Giver => giver,
        Side::Getter => getter,
    })
}

/// What a key says that its target does.
fn side_of_role(role: &[String]) -> Option<Side> {
    let has = |list: &[String]| role.iter().any(|stem| list.contains(stem));
    match (has(&ENGLISH.givers), has(&ENGLISH.getters)) {
        (true, false) => Some(Side::Giver),
        (false, true) => Some(Side::Getter),
        _ => None,
    }
}

/// What a verb says of who does it.
fn verb(stem: &String) -> Option<Side> {
    let giving = ENGLISH.giving_verbs.contains(stem);
    let getting = ENGLISH.getting_verbs.contains(stem);
    match (giving, getting) {
        (true, false) => Some(Side::Giver),
        (false, true) => Some(Side::Getter),
        _ => None,
    }
}

/// Where a preposition leads: to who does what the verb says, to who gets it, or to whom it is from.
fn led(word: &String, verb: Option<Side>) -> Option<Side> {
    let [from, to] = &ENGLISH.directions;
    if ENGLISH.agent_words.contains(word) {
        return verb;
    }
    if to.last() == Some(word) {
        return Some(Side::Getter);
    }
    (from.last() == Some(word)).then_some(Side::Giver)
}

/// The side of the noun at a place: by the preposition that leads to it, or by what it does.
fn of_noun(words: &[String], verbs: &[Option<Side>], at: usize) -> Option<Side> {
    let from = at.saturating_sub(BETWEEN + 1);
    let before = |at: usize| verbs[..at].iter().rev().find_map(|verb| *verb);
    for place in (from..at).rev() {
        if verbs[place].is_some() {
            break;
        }
        if let Some(side) = led(&words[place], before(place)) {
            return Some(side);
        }
    }
    // What it does: "users who sent", "how much did users send".
    verbs[at..].iter().find_map(|verb| *verb)
}

/// The side of who is led to right behind a verb: "sent by", "received from".
fn of_verb(words: &[String], verb: Side, at: usize) -> Option<Side> {
    match words.get(at + 1) {
        Some(next) => led(next, Some(verb)),
        None => Some(verb),
    }
}
