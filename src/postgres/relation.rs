//! Locks on relations that are taken only when nobody has to be waited for.

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
