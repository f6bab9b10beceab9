//! Waiting for something outside of PostgreSQL without keeping the session from being interrupted.
//!
//! Invariant: [`check`] is called between the steps of a wait, never inside a callback of a library, because it may end
//! the process (`pg_terminate_backend`, a fast shutdown) or unwind the stack (a cancel, `statement_timeout`).

use pgrx::pg_sys;
use std::ffi::c_int;
use std::sync::OnceLock;
use std::time::Duration;

/// `STATEMENT_TIMEOUT` of utils/timeout.h: the same in all supported versions.
const STATEMENT_TIMEOUT: c_int = 3;

unsafe extern "C-unwind" {
    fn get_timeout_active(id: c_int) -> bool;
    fn get_timeout_finish_time(id: c_int) -> pg_sys::TimestampTz;
    fn pq_check_connection() -> bool;
}

/// Answers what is pending: a cancel and a timeout raise PostgreSQL's own ERROR, a termination ends the process.
pub fn check() {
    pg_sys::check_for_interrupts!();
}

/// Ends the session when its client is gone, with PostgreSQL's own message (`connection to client lost`). PostgreSQL
/// looks by itself only when `client_connection_check_interval` is set, and until it looks nobody reads what is paid for.
pub fn check_client() {
    // SAFETY: main thread. A process without a client (a worker) has no port. The two flags are those that
    // PostgreSQL sets when it finds the same.
    unsafe {
        if !pg_sys::MyProcPort.is_null() && !pq_check_connection() {
            (&raw mut pg_sys::ClientConnectionLost).write_volatile(1);
            (&raw mut pg_sys::InterruptPending).write_volatile(1);
        }
    }
    check();
}

/// The time until `statement_timeout` ends the caller's statement; `None` when it does not count.
pub fn statement_time_left() -> Option<Duration> {
    // SAFETY: both read variables of the backend.
    let left = unsafe {
        if !get_timeout_active(STATEMENT_TIMEOUT) {
            return None;
        }
        get_timeout_finish_time(STATEMENT_TIMEOUT) - pg_sys::GetCurrentTimestamp()
    };
    Some(Duration::from_micros(u64::try_from(left).unwrap_or(0)))
}

/// While it lives, `pg_stat_activity` says that the session waits: `Extension`, from 17 on `InsightflowModel`.
pub struct Waiting(());

impl Waiting {
    /// Says from now on that the session waits.
    pub fn begin() -> Waiting {
        report(wait_event());
        Waiting(())
    }

    /// Says so again: what an interrupt did may have waited for something else.
    pub fn again(&self) {
        report(wait_event());
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        report(0);
    }
}

/// As `pgstat_report_wait_start` of utils/wait_event.h, which is an inline function.
fn report(event: u32) {
    // SAFETY: the variable points to a place of this process for all its life.
    unsafe { pg_sys::my_wait_event_info.write_volatile(event) };
}

fn wait_event() -> u32 {
    static EVENT: OnceLock<u32> = OnceLock::new();
    *EVENT.get_or_init(|| {
        #[cfg(any(feature = "pg15", feature = "pg16"))]
        return pg_sys::PG_WAIT_EXTENSION;
        // SAFETY: the name is copied; the same name gives the same number in every session.
        #[cfg(not(any(feature = "pg15", feature = "pg16")))]
        return unsafe { pg_sys::WaitEventExtensionNew(c"InsightflowModel".as_ptr()) };
    })
}
