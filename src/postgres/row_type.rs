//! The row type of `ask()` while a literal is being analyzed.
//!
//! PostgreSQL asks the type cache for the columns of `insightflow.answer_row` when it builds the FROM item of a call,
//! right after it called the input function of the literal. In between, the entry of the type cache holds the columns
//! of this answer.
//!
//! Invariant: outside of that short time the entry holds what PostgreSQL itself put there. [`put_back`] runs at the
//! next literal, in the analysis hook, before planning, before execution, before a utility statement, and when a
//! transaction or subtransaction aborts. Without it a later call with a bound question would get the columns of
//! somebody else's answer.
//!
//! The borrowed descriptor is reference-counted twice, once for the entry and once for us: an invalidation that drops
//! the entry's reference can therefore never free it behind our back, and the pointers may be compared.

use crate::execute::OutputColumn;
use pgrx::pg_sys::{self, Oid, TupleDesc};
use std::cell::Cell;
use std::ffi::CString;

/// What stands in the type cache and what stood there before.
#[derive(Clone, Copy)]
struct Borrowed {
    row_type: Oid,
    ours: TupleDesc,
    original: TupleDesc,
    original_identifier: u64,
}

thread_local! {
    static BORROWED: Cell<Option<Borrowed>> = const { Cell::new(None) };
}

/// Gives the row type these columns until [`put_back`].
pub fn lend(row_type: Oid, columns: &[OutputColumn]) {
    put_back();
    // SAFETY: the entry is never freed by PostgreSQL; with TYPECACHE_TUPDESC its descriptor is set. Nothing that can
    // raise an error stands between taking the original out and remembering it.
    unsafe {
        let ours = descriptor(row_type, columns);
        let entry = pg_sys::lookup_type_cache(row_type, pg_sys::TYPECACHE_TUPDESC as i32);
        let identifier = pg_sys::assign_record_type_identifier(pg_sys::RECORDOID, -1);
        BORROWED.set(Some(Borrowed {
            row_type,
            ours,
            original: (*entry).tupDesc,
            original_identifier: (*entry).tupDesc_identifier,
        }));
        (*entry).tupDesc = ours;
        (*entry).tupDesc_identifier = identifier;
    }
}

/// Puts the original columns back, if they are lent out. Raises no error and needs no transaction, so that it can be
/// called from an abort callback.
pub fn put_back() {
    let Some(lent) = BORROWED.take() else { return };
    // SAFETY: the entry exists since `lend` looked it up, so the look-up without flags touches no catalog. `ours` holds
    // a reference of our own. The original has the one reference that the entry held, which is now ours to give back.
    unsafe {
        let entry = pg_sys::lookup_type_cache(lent.row_type, 0);
        if (*entry).tupDesc == lent.ours {
            (*entry).tupDesc = lent.original;
            (*entry).tupDesc_identifier = lent.original_identifier;
            release(lent.ours);
        } else {
            // An invalidation dropped our descriptor from the entry; PostgreSQL builds a fresh one when it needs it.
            release(lent.original);
        }
        release(lent.ours);
    }
}

/// Gives one reference back and frees the descriptor with the last one, as the type cache does.
unsafe fn release(descriptor: TupleDesc) {
    // SAFETY: the caller owns one reference.
    unsafe {
        (*descriptor).tdrefcount -= 1;
        if (*descriptor).tdrefcount == 0 {
            pg_sys::FreeTupleDesc(descriptor);
        }
    }
}

/// A descriptor in the cache's memory context, with the two references of the module's invariant.
unsafe fn descriptor(row_type: Oid, columns: &[OutputColumn]) -> TupleDesc {
    // SAFETY: the context is switched back below; an error in between resets it by PostgreSQL's own abort path.
    unsafe {
        let previous = pg_sys::MemoryContextSwitchTo(pg_sys::CacheMemoryContext);
        let descriptor = build(columns);
        pg_sys::MemoryContextSwitchTo(previous);
        (*descriptor).tdtypeid = row_type;
        (*descriptor).tdtypmod = -1;
        (*descriptor).tdrefcount = 2;
        descriptor
    }
}

/// A plain descriptor of these columns in the current memory context.
///
/// # Safety
/// Must run inside a transaction: it looks the types up.
pub unsafe fn build(columns: &[OutputColumn]) -> TupleDesc {
    // SAFETY: attribute numbers run from 1 to the number that the template was made for.
    unsafe {
        let descriptor =
            pg_sys::CreateTemplateTupleDesc(i32::try_from(columns.len()).unwrap_or(i32::MAX));
        for (column, number) in columns.iter().zip(1_i16..) {
            let name = CString::new(column.name.as_str()).unwrap_or_default();
            pg_sys::TupleDescInitEntry(
                descriptor,
                number,
                name.as_ptr(),
                Oid::from(column.type_oid),
                column.typmod,
                0,
            );
            pg_sys::TupleDescInitEntryCollation(descriptor, number, Oid::from(column.collation));
        }
        descriptor
    }
}
