//! How certain a reading is beyond its words: what the joins and alternatives of the statement take from it.
//!
//! Words may fit the names of a catalog exactly and the reading still be wrong, because the way between two tables is not the one that
//! was meant, or because "or" reaches further than it was read. The more of these there are, the better the words must fit.
//!
//! Invariant: a reading over more joins, or over keys that nobody has declared, is never more certain than one of the same words over
//! fewer. The factors are how often answers were right with such a part beside those without, on the databases of `make eval`, which
//! prints the table of both.

use super::super::reading::frame::{Condition, Frame};
use super::super::schema::joins::Join;
use super::super::schema::undeclared::Proof;
use super::super::sql::build::Builder;
use super::resolve::table_of;
use std::collections::BTreeSet;

/// What is left of the confidence for each join.
const JOIN: f32 = 0.975;
/// What is left of it for each table on the way that the question does not name.
const BRIDGE: f32 = 0.96;
/// What is left of it for each join over a key that is not declared: where its name or a comment proves it, and where it is a guess.
const PROVED: f32 = 0.98;
const GUESSED: f32 = 0.9;
/// What is left of it when conditions are alternatives.
const ALTERNATIVES: f32 = 0.9;

/// The confidence in a reading, 0 to 1: that in its words, and what its statement leaves of it.
pub(crate) fn of_reading(words: f32, builder: &Builder) -> f32 {
    words * of_statement(builder)
}

/// What is left of the confidence in the words of a reading once its statement is built.
fn of_statement(builder: &Builder) -> f32 {
    let joins = distinct(&builder.joined);
    let named: BTreeSet<usize> = builder
        .targets
        .iter()
        .map(|target| table_of(builder.lexicon, target))
        .collect();
    let edges = &builder.lexicon.graph.edges;
    let ends = |join: &Join| [edges[join.edge].holder, edges[join.edge].target];
    let tables: BTreeSet<usize> = joins.iter().flat_map(ends).collect();
    let by = |proofs: &[Proof]| {
        let held = joins
            .iter()
            .filter(|j| proofs.contains(&edges[j.edge].proof));
        held.count()
    };
    let power = |factor: f32, times: usize| factor.powi(times as i32);
    power(JOIN, joins.len())
        * power(BRIDGE, tables.difference(&named).count())
        * power(PROVED, by(&[Proof::Told, Proof::Named]))
        * power(GUESSED, by(&[Proof::Alike]))
        * power(ALTERNATIVES, usize::from(alternatives(builder.frame)))
}

/// The joins of a statement, each key once, in the order of their use.
pub(crate) fn distinct(joins: &[Join]) -> Vec<Join> {
    let mut seen = BTreeSet::new();
    let mut joins = joins.to_vec();
    joins.retain(|join| seen.insert(join.edge));
    joins
}

/// Whether one of several conditions is enough.
fn alternatives(frame: &Frame) -> bool {
    fn any(condition: &Condition) -> bool {
        match condition {
            Condition::Any(_) => true,
            Condition::All(several) => several.iter().any(any),
            _ => false,
        }
    }
    frame.conditions.iter().any(any)
}
