//! The time limit of a governed statement.
//!
//! PostgreSQL's `statement_timeout` cannot be used: it is armed when a client's message arrives, so setting it inside a
//! running statement changes nothing. This is a timer of our own, registered once per backend.
//!
//! Invariant: after [`Armed::disarm`] no cancel of ours is pending, so that the statement around the governed one is
//! never hit by it. The timer fires again and again, because code that catches errors (PL/pgSQL's
//! `EXCEPTION WHEN query_canceled`) can swallow one cancel; after [`GRACE`] of those it ends the connection.

use pgrx::pg_sys;
use std::ffi::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// The first id that RegisterTimeout gives to extensions: `USER_TIMEOUT` in utils/timeout.h. 17 added
/// `TRANSACTION_TIMEOUT` before it.
#[cfg(any(feature = "pg15", feature = "pg16"))]
const USER_TIMEOUT: c_int = 12;
#[cfg(any(feature = "pg17", feature = "pg18"))]
const USER_TIMEOUT: c_int = 13;

/// Time between two cancels, in milliseconds.
const TICK_MS: c_int = 100;

/// After so many swallowed cancels (5 s at least) the connection is ended.
const GRACE: i32 = 50;

unsafe extern "C-unwind" {
    fn RegisterTimeout(id: c_int, handler: unsafe extern "C" fn()) -> c_int;
    fn enable_timeout_every(id: c_int, fin_time: pg_sys::TimestampTz, delay_ms: c_int);
    fn disable_timeout(id: c_int, keep_indicator: bool);
}

static TIMEOUT_ID: OnceLock<c_int> = OnceLock::new();
static FIRED: AtomicBool = AtomicBool::new(false);
static SWALLOWED: AtomicI32 = AtomicI32::new(0);

/// Runs in a signal handler: it may only write to plain variables. The latch has been set by PostgreSQL's own handler
/// of SIGALRM, which calls this one.
unsafe extern "C" fn fire() {
    let again = FIRED.swap(true, Ordering::Relaxed);
    // SAFETY: these are the `volatile sig_atomic_t` flags that PostgreSQL's own signal handlers write to.
    unsafe {
        // A cancel that is still pending waits for code that cannot be interrupted; only one that is gone was swallowed.
        let swallowed = again && (&raw const pg_sys::QueryCancelPending).read_volatile() == 0;
        if swallowed && SWALLOWED.fetch_add(1, Ordering::Relaxed) + 1 > GRACE {
            (&raw mut pg_sys::ProcDiePending).write_volatile(1);
        }
        (&raw mut pg_sys::QueryCancelPending).write_volatile(1);
        (&raw mut pg_sys::InterruptPending).write_volatile(1);
    }
}

/// A running time limit. It must be given back to [`Armed::disarm`].
#[derive(Debug)]
#[must_use]
pub struct Armed {
    outer: Option<pg_sys::TimestampTz>,
}

/// When the running limit ends; `None` when there is none. One backend has one thread.
static DEADLINE: std::sync::Mutex<Option<pg_sys::TimestampTz>> = std::sync::Mutex::new(None);

fn deadline() -> Option<pg_sys::TimestampTz> {
    *DEADLINE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn set_deadline(value: Option<pg_sys::TimestampTz>) {
    *DEADLINE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner) = value;
}

/// Starts a limit of so many milliseconds. Inside another limit the earlier end holds.
pub fn arm(milliseconds: i32) -> Armed {
    let outer = deadline();
    // SAFETY: plain calls of utils/timeout.h on the main thread. RegisterTimeout fails only with FATAL, which does not
    // return; the others cannot fail.
    unsafe {
        let now = pg_sys::GetCurrentTimestamp();
        let own = now + i64::from(milliseconds) * 1000;
        let end = outer.map_or(own, |outer| outer.min(own));
        if outer.is_none() {
            FIRED.store(false, Ordering::Relaxed);
            SWALLOWED.store(0, Ordering::Relaxed);
        }
        let id = *TIMEOUT_ID.get_or_init(|| RegisterTimeout(USER_TIMEOUT, fire));
        set_deadline(Some(end));
        enable_timeout_every(id, end, TICK_MS);
    }
    Armed { outer }
}

impl Armed {
    /// Stops the limit, or gives the one around it back its turn. True when the time was over.
    pub fn disarm(self) -> bool {
        let fired = FIRED.load(Ordering::Relaxed);
        set_deadline(self.outer);
        let Some(&id) = TIMEOUT_ID.get() else {
            return fired;
        };
        // SAFETY: as in `arm`.
        unsafe {
            match self.outer {
                Some(end) => {
                    if !fired {
                        enable_timeout_every(id, end, TICK_MS);
                    }
                }
                None => {
                    disable_timeout(id, false);
                    if FIRED.swap(false, Ordering::Relaxed) {
                        // Ours may still be pending. A cancel of the user that came in between means the same thing:
                        // the statement ends with 57014 either way.
                        (&raw mut pg_sys::QueryCancelPending).write_volatile(0);
                    }
                }
            }
        }
        fired
    }
}
