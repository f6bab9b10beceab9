//! Our own analysis and queries, told from the caller's.
//!
//! Invariant: while a [`Busy`] lives, the hooks that look for `ask()` do nothing. Translating a question and judging a
//! statement analyze other statements; without this they would be taken for the caller's, and recursion would not end.

use std::cell::Cell;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// We are at work until this is dropped, also by an error that unwinds.
pub struct Busy(());

impl Busy {
    /// Begins work of our own; it may be nested.
    pub fn enter() -> Busy {
        DEPTH.set(DEPTH.get() + 1);
        Busy(())
    }

    /// Whether any [`Busy`] lives.
    pub fn now() -> bool {
        DEPTH.get() > 0
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
    }
}
