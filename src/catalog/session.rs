//! The catalogs that this session keeps, and how they are renewed.
//!
//! Invariant: [`current`] gives what the current user may see at the time of the call, up to
//! `insightflow.catalog_max_age` for what PostgreSQL sends no message about (comments, statistics).
//! A catalog is kept per role and search_path, because privileges and bare names depend on them.

use super::model::{Catalog, Values};
use super::read;
use super::relations::{Relations, Storage};
use super::values::{StoredValues, ValueCache};
use super::vocabulary::Defined;
use crate::postgres::invalidation::{self, Changes};
use crate::postgres::{report, session};
use crate::settings;
use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Instant;

/// A session that switches between roles (`SET ROLE` in a connection pool) keeps this many catalogs.
const KEPT: usize = 4;

/// With more changed relations than this, all are read again: it costs the same.
const MOST_DIRTY: usize = 256;

/// How often a catalog is read again because something changed while it was being read. Then it is used as it is: the
/// messages are kept for the next question, and the guard's own analysis sees the newest state in any case.
const ATTEMPTS: usize = 5;

/// A catalog and what is made from it once.
pub struct Snapshot {
    pub catalog: Catalog,
    storage: Vec<Storage>,
    /// OIDs of the relations that are found by their bare name.
    visible: BTreeSet<u32>,
    defined: Defined,
    approved: RefCell<Option<Rc<dyn Any>>>,
    values: Rc<RefCell<ValueCache>>,
    derived: Rc<RefCell<Vec<Rc<dyn Any>>>>,
}

impl Snapshot {
    /// The stored values of this catalog, looked up as the current user.
    pub fn values(&self) -> impl Values + '_ {
        StoredValues {
            catalog: &self.catalog,
            storage: &self.storage,
            cache: &self.values,
            asked: RefCell::default(),
        }
    }

    /// Questions with the SQL that a person approved for them, the latest first; only those whose tables the role may all read.
    pub fn verified(&self) -> &[(String, String)] {
        &self.defined.verified
    }

    /// As [`Snapshot::derived`], of what was approved.
    pub fn approved<T: 'static>(&self, build: impl FnOnce(&Snapshot) -> T) -> Rc<T> {
        if let Some(known) = self.approved.borrow().as_ref()
            && let Ok(known) = Rc::clone(known).downcast()
        {
            return known;
        }
        let made = Rc::new(build(self));
        *self.approved.borrow_mut() = Some(made.clone());
        made
    }

    /// What `build` makes of the catalog: one thing of each type, made once and kept as long as the catalog.
    pub fn derived<T: 'static>(&self, build: impl FnOnce(&Catalog) -> T) -> Rc<T> {
        let find =
            |kept: &Vec<Rc<dyn Any>>| kept.iter().find_map(|one| Rc::clone(one).downcast().ok());
        if let Some(known) = find(&self.derived.borrow()) {
            return known;
        }
        let made = Rc::new(build(&self.catalog));
        self.derived.borrow_mut().push(made.clone());
        made
    }
}

/// Whose catalog it is.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    role: u32,
    path: Vec<u32>,
}

struct Entry {
    key: Key,
    relations: Rc<Relations>,
    snapshot: Rc<Snapshot>,
    read_at: Instant,
    /// Relations that changed since.
    dirty: BTreeSet<u32>,
    /// Schemas changed since; which, is not known.
    schemas_changed: bool,
    /// Everything must be read again.
    stale: bool,
}

impl Entry {
    fn is_fresh(&self) -> bool {
        !self.stale && !self.schemas_changed && self.dirty.is_empty() && !self.is_old()
    }

    fn is_old(&self) -> bool {
        self.read_at.elapsed().as_secs() >= settings::catalog_max_age()
    }

    fn absorb(&mut self, changes: &Changes) {
        self.stale |= changes.everything;
        self.schemas_changed |= changes.namespaces;
        self.dirty.extend(&changes.relations);
        self.stale |= self.dirty.len() > MOST_DIRTY;
        if !self.stale && !changes.types.is_empty() {
            let mut types = self
                .relations
                .by_oid
                .values()
                .flat_map(|r| r.user_types.iter());
            self.stale = types.any(|&oid| changes.types.contains(&invalidation::type_hash(oid)));
        }
    }
}

thread_local! {
    /// The most recently used last.
    static ENTRIES: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// The catalog of the current user. PostgreSQL's own errors (a cancel, out of memory) pass.
pub fn current() -> Rc<Snapshot> {
    invalidation::listen();
    invalidation::accept();
    let key = Key {
        role: session::current_user(),
        path: session::search_path(),
    };
    let mut snapshot = renew(&key);
    for _ in 1..ATTEMPTS {
        // What was read may have changed while it was read.
        if !invalidation::is_pending() {
            break;
        }
        snapshot = renew(&key);
    }
    snapshot
}

/// One attempt. No borrow is held while PostgreSQL is asked, so that
/// an error of PostgreSQL leaves everything as it was, with the changes still noted.
fn renew(key: &Key) -> Rc<Snapshot> {
    let known = ENTRIES.with_borrow_mut(|entries| {
        let changes = invalidation::take();
        if !changes.is_empty() {
            entries.iter_mut().for_each(|entry| entry.absorb(&changes));
        }
        let place = entries.iter().position(|entry| entry.key == *key)?;
        let entry = entries.remove(place);
        let known = (
            Rc::clone(&entry.snapshot),
            Rc::clone(&entry.relations),
            entry.is_fresh(),
        );
        entries.push(entry);
        Some(known)
    });
    if let Some((snapshot, _, true)) = known {
        return snapshot;
    }
    let (relations, read_at) = read_relations(key);
    let defined = Defined::read();
    let visible = read::visible(relations.by_oid.keys());
    let path = key.path.iter().filter_map(|&oid| session::schema_name(oid));
    let path: Vec<String> = path.filter(|name| name != "pg_catalog").collect();
    let snapshot = match known {
        Some((snapshot, old, _))
            if Rc::ptr_eq(&old, &relations)
                && snapshot.visible == visible
                && snapshot.defined == defined
                && snapshot.catalog.search_path == path =>
        {
            snapshot
        }
        known => {
            let (catalog, storage) = relations.assemble(key.role, &visible, path, &defined);
            // When nothing that matters changed, what was made from the old catalog still holds.
            let same = known.filter(|(old, ..)| old.catalog.fingerprint == catalog.fingerprint);
            let (values, derived) = same
                .map(|(old, ..)| (Rc::clone(&old.values), Rc::clone(&old.derived)))
                .unwrap_or_default();
            Rc::new(Snapshot {
                catalog,
                storage,
                visible,
                defined,
                approved: RefCell::default(),
                values,
                derived,
            })
        }
    };
    ENTRIES.with_borrow_mut(|entries| {
        entries.retain(|entry| entry.key != *key);
        if entries.len() >= KEPT {
            entries.remove(0);
        }
        entries.push(Entry {
            key: key.clone(),
            relations,
            snapshot: Rc::clone(&snapshot),
            read_at,
            dirty: BTreeSet::new(),
            schemas_changed: false,
            stale: false,
        });
    });
    snapshot
}

fn read_all() -> (Rc<Relations>, Instant) {
    let started = Instant::now();
    let relations = read::all();
    let (count, time) = (relations.by_oid.len(), started.elapsed());
    report::debug(format!(
        "catalog: {count} relations read in {} µs",
        time.as_micros()
    ));
    (Rc::new(relations), started)
}

/// The relations of a role: as far as possible those that are already there, under any search_path.
fn read_relations(key: &Key) -> (Rc<Relations>, Instant) {
    let known = ENTRIES.with_borrow(|entries| {
        let same = entries
            .iter()
            .filter(|e| e.key.role == key.role && !e.stale && !e.is_old());
        let best = same.min_by_key(|entry| (entry.schemas_changed, entry.dirty.len()))?;
        Some((
            Rc::clone(&best.relations),
            best.dirty.clone(),
            best.schemas_changed,
            best.read_at,
        ))
    });
    let Some((relations, dirty, schemas_changed, read_at)) = known else {
        return read_all();
    };
    // A temporary schema, made with the first temporary table of any session, is not among them.
    if schemas_changed && read::current_schemas() != relations.schemas {
        return read_all();
    }
    if dirty.is_empty() {
        return (relations, read_at);
    }
    let fresh = read::some(&dirty, relations.with_statistics);
    report::debug(format!(
        "catalog: {} changed relations read again",
        dirty.len()
    ));
    if fresh.is_empty() && !relations.has_any(&dirty) {
        return (relations, read_at);
    }
    (Rc::new(relations.replace(&dirty, fresh)), read_at)
}
