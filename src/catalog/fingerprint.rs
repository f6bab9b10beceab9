//! One number for all that a translation depends on: the same catalog gives the same number in every session.
//!
//! Statistics enter by their order of magnitude: an ANALYZE that finds 1 % more rows must not throw away every
//! translation of a session.

use super::model::{Catalog, Column, Table};
use std::hash::{Hash, Hasher};

/// 64-bit FNV-1a (Fowler, Noll, Vo): unlike the standard library's hasher it is the same in every release.
pub struct Fingerprint(u64);

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

impl Fingerprint {
    /// The fingerprint of nothing: FNV-1a's offset basis, 64 bits.
    pub fn new() -> Fingerprint {
        Fingerprint(0xcbf2_9ce4_8422_2325)
    }

    /// The fingerprint of what a role sees. `catalog.fingerprint` itself does not count.
    pub fn of(role: u32, catalog: &Catalog) -> u64 {
        let mut hash = Fingerprint::new();
        role.hash(&mut hash);
        catalog.search_path.hash(&mut hash);
        catalog.vocabulary.hash(&mut hash);
        catalog.tables.len().hash(&mut hash);
        for table in &catalog.tables {
            hash_table(table, &mut hash);
        }
        hash.finish()
    }
}

impl Default for Fingerprint {
    fn default() -> Fingerprint {
        Fingerprint::new()
    }
}

fn hash_table(table: &Table, hash: &mut Fingerprint) {
    (
        table.oid,
        &table.schema,
        &table.name,
        table.kind,
        &table.comment,
    )
        .hash(hash);
    (table.visible, table.row_security, &table.reads).hash(hash);
    (&table.primary_key, &table.unique_keys).hash(hash);
    table.estimated_rows.map(magnitude).hash(hash);
    table.foreign_keys.len().hash(hash);
    for key in &table.foreign_keys {
        (&key.columns, key.target, &key.target_columns).hash(hash);
    }
    table.columns.len().hash(hash);
    for column in &table.columns {
        hash_column(column, hash);
    }
}

fn hash_column(column: &Column, hash: &mut Fingerprint) {
    (column.number, &column.name, &column.type_name, column.class).hash(hash);
    (column.not_null, &column.comment, &column.labels).hash(hash);
    let distinct = column
        .distinct
        .map(|distinct| (distinct < 0.0, magnitude(distinct.abs().into())));
    distinct.hash(hash);
}

/// The power of two below a number that is not negative.
fn magnitude(number: f64) -> i32 {
    if number > 0.0 {
        number.log2().floor() as i32
    } else {
        i32::MIN
    }
}
