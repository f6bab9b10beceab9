//! The catalog as PostgreSQL stores it, table by table: what one read brings, before tables are bound to each other.
//!
//! It is kept beside the [`Catalog`] so that a change of one table reads that table alone. Pure.

use super::fingerprint::Fingerprint;
use super::model::{Catalog, ForeignKey, Table};
use super::vocabulary::Defined;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// A relation that the role may read. `table.foreign_keys` and `table.visible` are still open: they depend on other
/// relations and on the search_path.
#[derive(Clone, Debug)]
pub struct Relation {
    pub table: Table,
    pub foreign_keys: Vec<RawForeignKey>,
    pub storage: Storage,
    /// OIDs of the types of the columns that users have made, and of what those are made from.
    pub user_types: Vec<u32>,
}

/// A foreign key by OIDs and column numbers.
#[derive(Clone, Debug)]
pub struct RawForeignKey {
    pub columns: Vec<i16>,
    pub target: u32,
    pub target_columns: Vec<i16>,
}

/// What a look-up of values costs.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    /// `pg_class.relpages`; 0 when the table was never analyzed.
    pub pages: i32,
    /// Numbers of the columns that are first in a btree or hash index without a predicate.
    pub indexed: Vec<i16>,
    /// A row-security policy, or the definition of a view, can run a function at the look-up.
    pub runs_code: bool,
}

/// All relations that a role may read, and the schemas that there are.
#[derive(Clone, Debug, Default)]
pub struct Relations {
    /// By OID.
    pub by_oid: BTreeMap<u32, Rc<Relation>>,
    /// OID and name of every schema that is not the system's, and whether the role may use it.
    pub schemas: Vec<(u32, String, bool)>,
    /// The columns know their number of distinct values, as far as PostgreSQL does.
    pub with_statistics: bool,
}

impl Relations {
    /// True when one of these relations is in here.
    pub fn has_any(&self, oids: &BTreeSet<u32>) -> bool {
        oids.iter().any(|oid| self.by_oid.contains_key(oid))
    }

    /// Adds relations, or replaces them.
    pub fn add(&mut self, relations: Vec<Relation>) {
        let by_oid = relations
            .into_iter()
            .map(|relation| (relation.table.oid, Rc::new(relation)));
        self.by_oid.extend(by_oid);
    }

    /// A copy in which the relations of `oids` are replaced by `fresh`; those that are not in `fresh` are gone.
    pub fn replace(&self, oids: &BTreeSet<u32>, fresh: Vec<Relation>) -> Relations {
        let mut next = self.clone();
        next.by_oid.retain(|oid, _| !oids.contains(oid));
        next.add(fresh);
        next
    }

    /// Binds the relations to each other.
    ///
    /// `visible` holds the OIDs that are found by their bare name, `search_path` the schemas in their order. `role`
    /// enters the fingerprint.
    pub fn assemble(
        &self,
        role: u32,
        visible: &BTreeSet<u32>,
        search_path: Vec<String>,
        defined: &Defined,
    ) -> (Catalog, Vec<Storage>) {
        let mut order: Vec<&Relation> = self.by_oid.values().map(Rc::as_ref).collect();
        order.retain(|relation| !defined.hides(&relation.table));
        order.sort_by(|a, b| {
            (&a.table.schema, &a.table.name).cmp(&(&b.table.schema, &b.table.name))
        });
        let places: HashMap<u32, usize> = order
            .iter()
            .enumerate()
            .map(|(place, relation)| (relation.table.oid, place))
            .collect();
        let tables = order
            .iter()
            .map(|relation| {
                let mut table = relation.table.clone();
                table.visible = visible.contains(&table.oid);
                // What the role cannot see must not be named, not even by its number.
                table.reads.retain(|oid| places.contains_key(oid));
                table.foreign_keys = relation
                    .foreign_keys
                    .iter()
                    .filter_map(|key| bind(key, &relation.table, &order, &places))
                    .collect();
                table
            })
            .collect();
        let storage = order
            .iter()
            .map(|relation| relation.storage.clone())
            .collect();
        let mut catalog = Catalog {
            tables,
            search_path,
            ..Catalog::default()
        };
        defined.apply(&mut catalog);
        catalog.fingerprint = Fingerprint::of(role, &catalog);
        (catalog, storage)
    }
}

/// The places of columns by their numbers; `None` when one is missing.
pub fn places(table: &Table, numbers: &[i16]) -> Option<Vec<usize>> {
    numbers
        .iter()
        .map(|number| {
            table
                .columns
                .binary_search_by_key(number, |column| column.number)
                .ok()
        })
        .collect()
}

fn bind(
    key: &RawForeignKey,
    table: &Table,
    order: &[&Relation],
    by_oid: &HashMap<u32, usize>,
) -> Option<ForeignKey> {
    let target = *by_oid.get(&key.target)?;
    Some(ForeignKey {
        columns: places(table, &key.columns)?,
        target,
        target_columns: places(&order[target].table, &key.target_columns)?,
    })
}
