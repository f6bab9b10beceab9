//! Two roles of one thing that are said to be the same or not: "orders where the buyer is also the seller", "loans where lender and borrower
//! are different".
//!
//! Invariant: both words name a key of the same table, to the same other one, and the question speaks of the table that holds them. They are
//! written as the parser reads a comparison of the two keys. Without this, "the buyer is the seller" would ask for no more than that there
//! is a buyer.

use super::super::language::{Comparison, ENGLISH, Op};
use super::super::schema::lexicon::{Candidate, Lexicon};
use super::annotate::Segment;
use super::rolewords::{key_column, roles_of, speaks_by_name};
use crate::question::tokens::Token;

/// Writes such clauses as comparisons.
pub(crate) fn compare(segments: &mut Vec<Segment>, tokens: &[Token], lexicon: &Lexicon) {
    if lexicon.roles.is_empty() {
        return;
    }
    let mut i = 1;
    while i < segments.len() {
        if let Some((first, second, last, op)) = clause(segments, i, tokens, lexicon) {
            let named = |of: usize, key: usize| Segment {
                first: segments[of].first,
                last: segments[of].last,
                text: segments[of].text.clone(),
                names: vec![Candidate {
                    target: key_column(&lexicon.graph.edges[key]),
                    score: 1.0,
                }],
                ..Segment::default()
            };
            let compares = Segment {
                first: segments[i].last,
                last: segments[i].last,
                ops: vec![Op::Compare(op)],
                ..Segment::default()
            };
            let written = [named(i, first), compares, named(second.0, second.1)];
            segments.splice(i..=last, written);
            i += 2;
        }
        i += 1;
    }
}

/// A clause that begins at a place: the key of the first role, where the other one stands and its key, where the clause ends, and how the
/// two are compared.
fn clause(
    segments: &[Segment],
    at: usize,
    tokens: &[Token],
    lexicon: &Lexicon,
) -> Option<(usize, (usize, usize), usize, Comparison)> {
    let [first] = roles_of(segments, at, tokens, lexicon)[..] else {
        return None;
    };
    let key = lexicon.roles[first].key;
    let edge = &lexicon.graph.edges[key];
    let small = |s: &Segment| s.is(Op::Filler) && s.names.is_empty() && s.values.is_empty();
    let is = |s: &Segment| {
        let text = s.text.to_lowercase();
        text.split(' ')
            .any(|w| ENGLISH.copulas.iter().any(|c| c == w))
    };
    // What the clause is about holds both keys.
    let holder = segments[..at]
        .iter()
        .any(|s| speaks_by_name(s, edge.holder));
    let second = segments[at + 1..].iter().position(|s| {
        !small(s) && !s.is(Op::And) && !s.is(Op::Not) && !is(s) || !s.names.is_empty()
    })?;
    let second = at + 1 + second;
    let [other] = roles_of(segments, second, tokens, lexicon)[..] else {
        return None;
    };
    let other_key = lexicon.roles[other].key;
    let other_edge = &lexicon.graph.edges[other_key];
    let alike = (other_edge.holder, other_edge.target) == (edge.holder, edge.target);
    if !holder
        || !alike
        || key == other_key
        || segments[at].possessive
        || segments[second].possessive
    {
        return None;
    }
    let between = &segments[at + 1..second];
    let equal = |different: bool| match different {
        true => Comparison::NotEqual,
        false => Comparison::Equal,
    };
    if between.iter().any(is) && !between.iter().any(|s| s.is(Op::And)) {
        // "the buyer is the seller's agent", "the buyer is the seller of another"
        let ends = segments
            .get(second + 1)
            .is_none_or(|s| s.is(Op::Sentence) || s.is(Op::And));
        let denied = between.iter().any(|s| s.is(Op::Not));
        return ends.then_some((key, (second, other_key), second, equal(denied)));
    }
    if !between.iter().any(|s| s.is(Op::And)) {
        return None;
    }
    // "buyer and seller are the same", "… are different users"
    let rest = &segments[second + 1..];
    let says = |s: &Segment, words: &[String]| {
        let text = s.text.to_lowercase();
        text.split(' ').any(|w| words.iter().any(|own| own == w))
    };
    let place = rest
        .iter()
        .position(|s| says(s, &ENGLISH.same_words) || says(s, &ENGLISH.different_words))?;
    let said = &rest[..=place];
    let lead = said[..place]
        .iter()
        .all(|s| small(s) || is(s) || s.is(Op::Not));
    if !lead || !said.iter().any(is) {
        return None;
    }
    let different = says(&said[place], &ENGLISH.different_words);
    let denied = said[..place].iter().any(|s| s.is(Op::Not));
    let noun = rest
        .get(place + 1)
        .is_some_and(|s| speaks_by_name(s, edge.target));
    let last = second + 1 + place + usize::from(noun);
    let ends = segments
        .get(last + 1)
        .is_none_or(|s| s.is(Op::Sentence) || s.is(Op::And));
    ends.then_some((key, (second, other_key), last, equal(different != denied)))
}
