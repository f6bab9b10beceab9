//! The names of a catalog as one question looks them up: each phrase once, so that a text which repeats itself costs no more.
//!
//! Invariant: a name that more tables have than are compared keeps the columns of those tables that the question calls by their own
//! names, and of what keys connect with them. Else the amount of `ledger_7` would not be found among a thousand tables that are alike.

use super::super::language::wordclass::is_functional;
use super::super::schema::lexicon::{Candidate, Lexicon};
use super::annotate::MAX_PHRASE;
use crate::question::tokens::Token;
use std::collections::{BTreeSet, HashMap};

/// A name that more tables have says of none of them that it is meant.
const MOST_CALLED: usize = 4;
/// So many tables are near at most: what a question names, and the things around it.
const MOST_NEAR: usize = 200;

/// The names of a catalog for one question.
pub(crate) struct Names<'a> {
    pub lexicon: &'a Lexicon,
    found: HashMap<(Vec<String>, bool), Vec<Candidate>>,
    /// The tables that the question names, and their neighbours.
    near: BTreeSet<usize>,
}

impl Names<'_> {
    /// For the words of a question.
    pub fn new<'a>(tokens: &[Token], lexicon: &'a Lexicon) -> Names<'a> {
        Names {
            lexicon,
            found: HashMap::new(),
            near: near(tokens, lexicon),
        }
    }

    /// See [`Lexicon::look_up`].
    pub fn look_up(&mut self, stems: &[String], whole_only: bool) -> Vec<Candidate> {
        self.found
            .entry((stems.to_vec(), whole_only))
            .or_insert_with(|| self.lexicon.look_up_near(stems, whole_only, &self.near))
            .clone()
    }
}

/// The tables that are called by their names, then those that a key connects with one of them.
fn near(tokens: &[Token], lexicon: &Lexicon) -> BTreeSet<usize> {
    let mut called: BTreeSet<usize> = BTreeSet::new();
    for at in 0..tokens.len() {
        for length in 1..=MAX_PHRASE.min(tokens.len() - at) {
            let words = &tokens[at..at + length];
            if length == 1 && is_functional(&words[0]) {
                continue;
            }
            let stems: Vec<String> = words.iter().map(|t| t.stem.clone()).collect();
            let tables = lexicon.tables_called(&stems);
            if tables.len() <= MOST_CALLED && called.len() < MOST_NEAR {
                called.extend(tables);
            }
        }
    }
    let mut near = called.clone();
    for table in called {
        for (_, edge) in lexicon.graph.of(table) {
            if near.len() < MOST_NEAR {
                near.extend([edge.holder, edge.target]);
            }
        }
    }
    near
}
