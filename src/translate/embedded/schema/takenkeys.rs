//! Keys of tables that declare none, as those that a loading tool made: a first column that is called like a key of the table, and in
//! which no two rows have the same value.
//!
//! Invariant: nothing is taken for a key that another table is called after, and none without a look at what is stored: by the
//! statistics, otherwise by the rows that the role sees, at a bounded price. A join to a table over a column that repeats would count
//! rows twice. Since no index keeps it so, the steps of a translation say that the key is one by its values only.

use super::super::language::ENGLISH;
use super::names::Splitter;
use crate::catalog::model::{Catalog, ColumnRef, Table, TableKind, TypeClass, Values};
use std::borrow::Cow;

/// So many tables are read, those whose statistics tell nothing.
const MOST_READ: usize = 64;

/// `n_distinct` of a column without a value that is missing or stands twice.
pub(super) const ALL_DIFFERENT: f32 = -1.0;

/// Makes such columns the primary keys of their tables, in the catalog as it is read.
pub fn mark(catalog: &mut Cow<Catalog>, values: &dyn Values) {
    let keyless = |table: &Table| {
        let stored = matches!(
            table.kind,
            TableKind::Table | TableKind::Partitioned | TableKind::MaterializedView
        );
        stored && table.primary_key.is_empty() && table.unique_keys.is_empty()
    };
    if !catalog.tables.iter().any(keyless) {
        return;
    }
    let splitter = Splitter::new(catalog);
    let things: Vec<Vec<String>> = catalog
        .tables
        .iter()
        .map(|table| splitter.thing(&table.name))
        .collect();
    let tables = catalog.tables.iter().enumerate();
    let mut left = MOST_READ;
    let found: Vec<usize> = tables
        .filter(|(_, table)| keyless(table))
        .filter(|(t, table)| {
            let at = ColumnRef {
                table: *t,
                column: 0,
            };
            let Some(first) = table.columns.first() else {
                return false;
            };
            let class = matches!(
                first.class,
                TypeClass::Integer | TypeClass::Numeric | TypeClass::Text | TypeClass::Uuid
            );
            if !class || !is_called(&splitter.stems(&first.name), *t, &things) {
                return false;
            }
            match first.distinct {
                Some(distinct) => distinct == ALL_DIFFERENT,
                None if left == 0 => false,
                None => {
                    left -= 1;
                    values.all_different(at)
                }
            }
        })
        .map(|(t, _)| t)
        .collect();
    for t in found {
        let table = &mut catalog.to_mut().tables[t];
        table.primary_key = vec![0];
        table.key_is_taken = true;
    }
}

/// Whether a column of a table, by the stems of its name, is called like a key of it: "id", "tool id" of the tools, "opn no" where
/// no other table is called so. `loan_id` of the items of a loan is that of the loan.
fn is_called(stems: &[String], table: usize, things: &[Vec<String>]) -> bool {
    let Some((last, of)) = stems.split_last() else {
        return false;
    };
    let key = ENGLISH.id_words.contains(last)
        || ENGLISH.keys.contains(last) && !ENGLISH.names.contains(last);
    let called = |thing: &Vec<String>| thing.ends_with(of) || thing.starts_with(of);
    let other = || {
        let mut others = things.iter().enumerate().filter(|(t, _)| *t != table);
        others.any(|(_, thing)| called(thing))
    };
    // `region_name` of the regions, which other tables may hold as well.
    let name = ENGLISH.names.contains(last) && things[table] == of;
    name || key && (of.is_empty() || things[table] == of || !other())
}
