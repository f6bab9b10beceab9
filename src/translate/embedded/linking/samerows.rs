//! Meanings of a word that give the same rows, so that it is of no account which of them is meant.
//!
//! Invariant: the two are equal in every row that the statement joins: one column, a key and what points at it, directly or over keys
//! one after the other.

use super::super::schema::lexicon::{Lexicon, Target};
use crate::catalog::model::{Catalog, ColumnRef};

/// Whether two meanings give the same rows: the same, or the two ends of one key.
pub(crate) fn same(
    lexicon: &Lexicon,
    catalog: &Catalog,
    a: Option<&Target>,
    b: Option<&Target>,
) -> bool {
    match (a, b) {
        (Some(Target::Column(a)), Some(Target::Column(b))) => {
            a == b || linked(lexicon, *a, *b) || linked(lexicon, *b, *a)
        }
        (Some(Target::Value(a, x)), Some(Target::Value(b, y))) => {
            x == y && (a == b || linked(lexicon, *a, *b) || linked(lexicon, *b, *a))
        }
        (Some(Target::Table(t)), Some(Target::Column(c)))
        | (Some(Target::Column(c)), Some(Target::Table(t))) => {
            // A table and the key that points at it.
            c.table != *t
                && lexicon
                    .graph
                    .edges
                    .iter()
                    .any(|e| e.holder == c.table && e.target == *t && e.columns == [c.column])
                || c.table == *t
                    && (catalog.tables[*t].primary_key == [c.column]
                        || lexicon.tables[*t].display == [c.column])
        }
        (a, b) => a == b,
    }
}

/// Whether a column holds what another does over keys that lead from the one to the other, alone or as a part of them.
fn linked(lexicon: &Lexicon, a: ColumnRef, b: ColumnRef) -> bool {
    /// So many keys after each other are looked at.
    const STEPS: usize = 3;
    let mut reached = vec![a];
    let mut next = 0;
    for _ in 0..STEPS {
        let end = reached.len();
        for at in next..end {
            let at = reached[at];
            let edges = lexicon.graph.of(at.table).map(|(_, e)| e);
            for edge in edges.filter(|e| e.holder == at.table) {
                let place = edge.columns.iter().position(|&c| c == at.column);
                let target = place.and_then(|i| edge.target_columns.get(i)).copied();
                let target = target.map(|column| ColumnRef {
                    table: edge.target,
                    column,
                });
                reached.extend(target.filter(|t| !reached.contains(t)));
            }
        }
        next = end;
    }
    reached[1..].contains(&b)
}
