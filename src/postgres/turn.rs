//! One session at a time does a thing that another may be doing already, by a lock of PostgreSQL's own.
//!
//! It is a heavyweight lock, so waiting for it shows in `pg_locks`, ends with a cancel, `statement_timeout` and `lock_timeout`, and
//! takes part in the search for deadlocks. It is of the advisory kind, in a class that `pg_advisory_lock()` cannot name: no user
//! can hold it.

use pgrx::pg_sys;

/// The class of our locks. PostgreSQL's functions use 1 and 2.
const CLASS: u16 = 7_743;

/// Its turn lasts until it is dropped. An ERROR ends it too: the abort of the (sub)transaction lets the lock go.
pub struct Turn {
    tag: pg_sys::LOCKTAG,
}

impl Turn {
    /// Waits until nobody else in this database has the turn of this number.
    pub fn wait(number: u64) -> Turn {
        // SAFETY: the tag is a value; we are in a transaction, which owns the lock.
        unsafe {
            let tag = pg_sys::LOCKTAG {
                locktag_field1: pg_sys::MyDatabaseId.to_u32(),
                locktag_field2: (number >> 32) as u32,
                locktag_field3: number as u32,
                locktag_field4: CLASS,
                locktag_type: pg_sys::LockTagType::LOCKTAG_ADVISORY as u8,
                locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
            };
            pg_sys::LockAcquire(&raw const tag, pg_sys::ExclusiveLock as i32, false, false);
            Turn { tag }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // While an ERROR unwinds nothing of PostgreSQL may be called; the abort that follows lets the lock go.
        if !std::thread::panicking() {
            // SAFETY: the lock was taken by this transaction.
            unsafe {
                pg_sys::LockRelease(&raw const self.tag, pg_sys::ExclusiveLock as i32, false)
            };
        }
    }
}
