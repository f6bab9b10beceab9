//! The part of a system that the name of each table begins with: `billing_invoice` and `accounts_user`, as frameworks name tables by
//! themselves.
//!
//! Invariant: such a first word is left out of all names or of none. All tables must have it, what is left must tell them apart, and the
//! keys must call what they point at by what is left (`invoice_id`). Without the last a table of order items would be one of items.

use super::super::language::ENGLISH;
use super::names::{Splitter, pieces};
use crate::catalog::model::{Catalog, Table, TableKind};
use std::collections::{HashMap, HashSet};

/// Names of fewer tables tell of no system.
const MIN_TABLES: usize = 3;

/// The tables by their names, with what is left of each without the part of the system; empty where names do not begin with one.
pub(super) fn without(catalog: &Catalog, splitter: &Splitter) -> HashMap<String, String> {
    let stored = |t: &&Table| !matches!(t.kind, TableKind::View | TableKind::MaterializedView);
    let split = |table: &Table| {
        let rest = pieces(&table.name).get(1..)?.join("_");
        (!rest.is_empty()).then(|| (table.name.clone(), rest))
    };
    let tables = catalog.tables.iter().filter(stored);
    let rests: Option<HashMap<String, String>> = tables.clone().map(split).collect();
    let Some(rests) = rests.filter(|rests| rests.len() >= MIN_TABLES) else {
        return HashMap::new();
    };
    let different: HashSet<&String> = rests.values().collect();
    if different.len() < catalog.tables.iter().filter(stored).count() {
        return HashMap::new();
    }
    // Whether a key is called by what is left of the name of its table.
    let called = |column: &str, table: &Table| {
        let thing = rests.get(&table.name).map(|rest| splitter.stems(rest));
        let name = splitter.stems(column);
        match name.split_last() {
            Some((id, front)) if ENGLISH.id_words.contains(id) => Some(front) == thing.as_deref(),
            _ => false,
        }
    };
    let pointed_at: HashSet<usize> = tables
        .clone()
        .flat_map(|t| t.foreign_keys.iter().map(|key| key.target))
        .collect();
    let plain = |at: &usize| {
        let table = &catalog.tables[*at];
        match table.primary_key[..] {
            [key] => {
                let name = &table.columns[key].name;
                ENGLISH.id_words.contains(&name.to_lowercase()) || called(name, table)
            }
            _ => false,
        }
    };
    let keys = tables.flat_map(|table| {
        let single = table
            .foreign_keys
            .iter()
            .filter(|key| key.columns.len() == 1);
        single.map(|key| {
            called(
                &table.columns[key.columns[0]].name,
                &catalog.tables[key.target],
            )
        })
    });
    let (own, others): (Vec<bool>, Vec<bool>) = keys.partition(|own| *own);
    if own.len() > others.len() && pointed_at.iter().all(plain) {
        rests
    } else {
        HashMap::new()
    }
}
