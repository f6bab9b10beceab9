//! Locks on relations that are taken only when nobody has to be waited for, and whether a relation has changed.

use pgrx::direct_function_call;
use pgrx::pg_sys;

/// Takes the lock that reading takes, unless a conflicting one is held: a look-up of values must not wait behind an
/// ALTER TABLE. True when the lock was taken and the relation is still there. The lock is held until the end of the
/// transaction, as that of a SELECT is.
pub fn try_share(oid: u32) -> bool {
    // SAFETY: the functions take any oid; a relation that is gone is found to be gone after the lock.
    unsafe {
        let mode = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        if !pg_sys::ConditionalLockRelationOid(oid.into(), mode) {
            return false;
        }
        let name = pg_sys::get_rel_name(oid.into());
        !name.is_null()
    }
}

/// What PostgreSQL has counted of the changes of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters([i64; 4]);

/// The counters of a relation; `None` when PostgreSQL does not count (`track_counts = off`). Changes of this session
/// are in them at once, those of another some seconds after its commit, when it reports them.
pub fn counters(oid: u32) -> Option<Counters> {
    let argument = pg_sys::Oid::from(oid);
    // SAFETY: the functions take an oid and give a bigint; they read counters and take no lock on the relation.
    unsafe {
        if !pg_sys::pgstat_track_counts {
            return None;
        }
        let get = |function: unsafe fn(pg_sys::FunctionCallInfo) -> pg_sys::Datum| {
            direct_function_call::<i64>(function, &[pgrx::IntoDatum::into_datum(argument)])
                .unwrap_or(0)
        };
        Some(Counters([
            get(pg_sys::pg_stat_get_mod_since_analyze),
            get(pg_sys::pg_stat_get_xact_tuples_inserted),
            get(pg_sys::pg_stat_get_xact_tuples_updated),
            get(pg_sys::pg_stat_get_xact_tuples_deleted),
        ]))
    }
}
