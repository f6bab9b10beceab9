//! Waiting for something outside of PostgreSQL without keeping the session from being interrupted.
//!
//! Invariant: [`check`] is called between the steps of a wait, never inside a callback of a library, because it may end
//! the process (`pg_terminate_backend`, a fast shutdown) or unwind the stack (a cancel, `statement_timeout`).

use pgrx::pg_sys;
use std::ffi::c_int;
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
