//! Tables that hold nothing but which things of two kinds belong together: `film_category` of films and categories.
//!
//! Invariant: such a table has keys to two tables and no other columns than those of bookkeeping, and no pair stands in it twice: its key or
//! a unique one is made of the two columns, or nothing else is in it and it declares no key. Only over such a table a way leads from what
//! belongs to the one to the other without naming what is between: the payments of a category are those for its films. Over any other
//! two tables that point at the same third say nothing of each other.

use super::super::language::ENGLISH;
use super::joins::Edge;
use super::names::Splitter;
use crate::catalog::model::{Catalog, TableKind};

/// Of each table whether it is one. `edges` are the keys of a catalog, those that no table declares among them.
pub(super) fn find(catalog: &Catalog, edges: &[Edge], splitter: &Splitter) -> Vec<bool> {
    let mut held: Vec<Vec<&Edge>> = vec![Vec::new(); catalog.tables.len()];
    for edge in edges {
        if let Some(keys) = held.get_mut(edge.holder) {
            keys.push(edge);
        }
    }
    let bridge = |(table, keys): (&crate::catalog::model::Table, Vec<&Edge>)| {
        let [first, second] = keys[..] else {
            return false;
        };
        let ([one], [other]) = (&first.columns[..], &second.columns[..]) else {
            return false;
        };
        let pair = |columns: &[usize]| {
            columns.len() == 2 && columns.contains(one) && columns.contains(other)
        };
        let of_books = |c: &usize| {
            let words = splitter.stems(&table.columns[*c].name);
            words.iter().any(|w| ENGLISH.other_dates.contains(w))
        };
        let declared = (0..table.columns.len()).filter(|c| table.columns[*c].part.is_none());
        let others: Vec<usize> = declared.filter(|c| c != one && c != other).collect();
        let keyless = table.primary_key.is_empty() && table.unique_keys.is_empty();
        let once = pair(&table.primary_key)
            || table.unique_keys.iter().any(|key| pair(key))
            || keyless && others.is_empty();
        let stored = matches!(table.kind, TableKind::Table | TableKind::Partitioned);
        stored
            && one != other
            && first.target != second.target
            && once
            && others.iter().all(of_books)
    };
    catalog.tables.iter().zip(held).map(bridge).collect()
}
