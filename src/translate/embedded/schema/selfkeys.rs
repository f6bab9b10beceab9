//! Keys that point at the table's own rows and that nothing declares: the `mentor_id` of a technician, the `parent_id` of a category.
//!
//! Invariant: such a column is a key only where its name is what one of a kind is to another of it (`roles.txt`, or `kin of things`), where it
//! may be missing, as it is of whoever is the first, and where nothing else could be meant: no table is called so, it is typed like
//! the table's own key, and a table with a "manager" holds those who may be one. Without this, "technicians and their mentors" shows
//! numbers instead of names.

use super::super::language::{ENGLISH, stems};
use super::joins::Edge;
use super::keyroles::role;
use super::names::Splitter;
use super::undeclared::Proof;
use crate::catalog::model::{Catalog, Table, TypeClass};

/// The keys of a table that point at its own rows. `known` tells whether a column is a key already.
pub(crate) fn of_table(
    catalog: &Catalog,
    holder: usize,
    splitter: &Splitter,
    known: impl Fn(usize) -> bool,
) -> Vec<Edge> {
    let table = &catalog.tables[holder];
    let [key] = table.primary_key[..] else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (c, column) in table.columns.iter().enumerate() {
        let class = column.class == table.columns[key].class && column.class != TypeClass::Text;
        if c == key || !class || column.not_null || column.part.is_some() || known(c) {
            continue;
        }
        let role = role(splitter, catalog, &column.name, holder);
        if role.is_empty() || !is_kin(&role, table, splitter) {
            continue;
        }
        let called = |t: &Table| splitter.thing(&t.name) == role;
        if catalog.tables.iter().any(called) {
            continue;
        }
        found.push(Edge {
            holder,
            target: holder,
            columns: vec![c],
            target_columns: vec![key],
            nullable: true,
            one_to_one: table.unique_keys.iter().any(|k| k[..] == [c]),
            proof: Proof::Alike,
            role,
            called: Vec::new(),
        });
    }
    found
}

/// What one of these is to another: the parent of anything, the manager of those who work.
fn is_kin(role: &[String], table: &Table, splitter: &Splitter) -> bool {
    if let [word] = role
        && ENGLISH.kin_of_things.contains(word)
    {
        return true;
    }
    let mut groups = ENGLISH.roles.iter();
    let said = groups.any(|(nouns, said)| nouns.iter().chain(said).any(|p| stems(p) == role));
    let thing = splitter.thing(&table.name);
    said && thing.last().is_some_and(|who| {
        let works = ENGLISH.people.contains(who) || ENGLISH.headcounted.contains(who);
        works && !ENGLISH.served_people.contains(who)
    })
}
