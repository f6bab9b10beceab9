//! PostgreSQL's invalidation messages: what changed in the catalogs since we last looked.
//!
//! Invariant: the callbacks only write numbers into fixed arrays. They can run at any moment, also while a catalog
//! read of ours is under way or while a transaction is being aborted, so they neither allocate nor raise nor read a
//! catalog. What does not fit means "everything".

use pgrx::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};

/// More than any single DDL statement touches; a restore of a dump overflows it, and a full read is right then.
const CAPACITY: usize = 256;

/// A set of numbers of fixed size.
struct Marks {
    numbers: [AtomicU32; CAPACITY],
    length: AtomicUsize,
}

impl Marks {
    const fn new() -> Marks {
        Marks {
            numbers: [const { AtomicU32::new(0) }; CAPACITY],
            length: AtomicUsize::new(0),
        }
    }

    /// False when there is no room.
    fn add(&self, number: u32) -> bool {
        let length = self.length.load(Relaxed);
        if self.numbers[..length]
            .iter()
            .any(|known| known.load(Relaxed) == number)
        {
            return true;
        }
        if length == CAPACITY {
            return false;
        }
        self.numbers[length].store(number, Relaxed);
        self.length.store(length + 1, Relaxed);
        true
    }

    fn take(&self) -> Vec<u32> {
        let length = self.length.swap(0, Relaxed);
        self.numbers[..length]
            .iter()
            .map(|number| number.load(Relaxed))
            .collect()
    }
}

static RELATIONS: Marks = Marks::new();
static TYPES: Marks = Marks::new();
static NAMESPACES: AtomicBool = AtomicBool::new(false);
static EVERYTHING: AtomicBool = AtomicBool::new(false);

/// The relations of tiers and enrolments, and whether something changed that decides which limits hold for whom.
static TIER_TABLES: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];
static TIERS: AtomicBool = AtomicBool::new(false);

thread_local! {
    static LISTENING: Cell<bool> = const { Cell::new(false) };
}

/// What changed.
#[derive(Debug, Default)]
pub struct Changes {
    /// Too much, or something that may concern every relation: roles, memberships, enums.
    pub everything: bool,
    /// Some schema was made, dropped, renamed or granted.
    pub namespaces: bool,
    /// OIDs of relations.
    pub relations: Vec<u32>,
    /// Hash values of types, as [`type_hash`] gives.
    pub types: Vec<u32>,
}

impl Changes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        !self.everything && !self.namespaces && self.relations.is_empty() && self.types.is_empty()
    }
}

/// Registers the callbacks, once per backend: PostgreSQL has few slots for them and no way to take them back.
pub fn listen() {
    if LISTENING.replace(true) {
        return;
    }
    let none = pg_sys::Datum::from(0_usize);
    // SAFETY: the callbacks live as long as the library, which PostgreSQL never unloads.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(relation_changed), none);
        for cache in [
            pg_sys::SysCacheIdentifier::NAMESPACEOID,
            pg_sys::SysCacheIdentifier::TYPEOID,
            pg_sys::SysCacheIdentifier::AUTHOID,
            pg_sys::SysCacheIdentifier::AUTHMEMMEMROLE,
            pg_sys::SysCacheIdentifier::ENUMOID,
        ] {
            pg_sys::CacheRegisterSyscacheCallback(cache as i32, Some(row_changed), none);
        }
    }
}

/// Reads the messages that other backends sent.
pub fn accept() {
    // SAFETY: we are in a transaction; taking any lock on a relation does the same.
    unsafe { pg_sys::AcceptInvalidationMessages() }
}

/// What changed since the last call.
pub fn take() -> Changes {
    Changes {
        everything: EVERYTHING.swap(false, Relaxed),
        namespaces: NAMESPACES.swap(false, Relaxed),
        relations: RELATIONS.take(),
        types: TYPES.take(),
    }
}

/// From now on a change of these relations counts for [`take_tiers`].
pub fn watch_tiers(relations: [u32; 2]) {
    for (place, relation) in TIER_TABLES.iter().zip(relations) {
        place.store(relation, Relaxed);
    }
}

/// Whether tiers, enrolments, roles or memberships may have changed since the last call.
pub fn take_tiers() -> bool {
    TIERS.swap(false, Relaxed)
}

/// True when something changed since the last [`take`].
pub fn is_pending() -> bool {
    EVERYTHING.load(Relaxed)
        || NAMESPACES.load(Relaxed)
        || RELATIONS.length.load(Relaxed) > 0
        || TYPES.length.load(Relaxed) > 0
}

/// Tells every session, when this transaction commits, that a relation has changed; this one at its next command.
pub fn announce(relation: pg_sys::Oid) {
    // SAFETY: the function looks the relation up and raises an ERROR when it is gone.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(relation) }
}

/// The number by which a message names a type.
pub fn type_hash(oid: u32) -> u32 {
    let none = pg_sys::Datum::from(0_usize);
    let key = pg_sys::Datum::from(oid);
    // SAFETY: TYPEOID has one key, an oid.
    unsafe {
        pg_sys::GetSysCacheHashValue(
            pg_sys::SysCacheIdentifier::TYPEOID as i32,
            key,
            none,
            none,
            none,
        )
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn relation_changed(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    let is_ours = |table: &AtomicU32| table.load(Relaxed) == relation.to_u32();
    if relation == pg_sys::InvalidOid || TIER_TABLES.iter().any(is_ours) {
        TIERS.store(true, Relaxed);
    }
    if relation == pg_sys::InvalidOid || !RELATIONS.add(relation.to_u32()) {
        EVERYTHING.store(true, Relaxed);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn row_changed(_argument: pg_sys::Datum, cache: i32, hash: u32) {
    if cache == pg_sys::SysCacheIdentifier::NAMESPACEOID as i32 {
        NAMESPACES.store(true, Relaxed);
    } else if cache == pg_sys::SysCacheIdentifier::TYPEOID as i32 && hash != 0 {
        // A row type comes with every new table, so types are compared one by one with those in use.
        if !TYPES.add(hash) {
            EVERYTHING.store(true, Relaxed);
        }
    } else {
        EVERYTHING.store(true, Relaxed);
        TIERS.store(true, Relaxed);
    }
}
