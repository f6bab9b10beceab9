//! Where in a statement an ERROR of PostgreSQL's parser or analyzer is.
//!
//! The error that pgrx hands over has lost the position. PostgreSQL calls the error context callbacks while the error is being
//! made, and there it can still be asked for.

use pgrx::pg_sys;
use std::cell::Cell;
use std::ffi::c_void;
use std::marker::PhantomData;

thread_local! {
    static LAST: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Watches until it is dropped. Watches nest: the inner one is dropped first.
pub(super) struct Watch {
    /// On the heap, because PostgreSQL keeps its address.
    entry: Box<pg_sys::ErrorContextCallback>,
    /// It belongs to this thread's stack of callbacks.
    thread: PhantomData<*mut ()>,
}

/// Begins to watch.
pub(super) fn watch() -> Watch {
    LAST.set(None);
    // SAFETY: the entry is taken off again by Drop, before it is freed. PostgreSQL and pgrx put the stack back to what it was
    // when an ERROR is caught further in, which is to this entry or to one above it.
    unsafe {
        let mut entry = Box::new(pg_sys::ErrorContextCallback {
            previous: pg_sys::error_context_stack,
            callback: Some(note),
            arg: std::ptr::null_mut(),
        });
        pg_sys::error_context_stack = &raw mut *entry;
        Watch {
            entry,
            thread: PhantomData,
        }
    }
}

impl Watch {
    /// The position of the last ERROR since [`watch`], in characters counted from 1.
    pub(super) fn last(&self) -> Option<u32> {
        LAST.get()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // SAFETY: see `watch`; dropped in reverse order, also when an error unwinds.
        unsafe { pg_sys::error_context_stack = self.entry.previous };
    }
}

unsafe extern "C-unwind" {
    // Declared here because pgrx's own wrapper sets up a jump of its own, which has no place inside of PostgreSQL's errfinish.
    #[link_name = "geterrposition"]
    fn position_of_current_error() -> std::ffi::c_int;
    #[link_name = "geterrcode"]
    fn code_of_current_error() -> std::ffi::c_int;
}

/// Called by PostgreSQL for every message, of any level, that is made meanwhile.
unsafe extern "C-unwind" fn note(_argument: *mut c_void) {
    // SAFETY: both read the error that is being made, which exists while a callback runs.
    let (position, code) = unsafe { (position_of_current_error(), code_of_current_error()) };
    // Class 00, 01 and 02: a NOTICE or a WARNING. The class is in the low 12 bits.
    let (first, second) = (code & 0x3F, (code >> 6) & 0x3F);
    if first == 0 && second <= 2 {
        return;
    }
    LAST.set(
        u32::try_from(position)
            .ok()
            .filter(|&position| position > 0),
    );
}
