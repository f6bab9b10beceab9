//! The cage: what runs inside is read-only, bounded in time, watched by the run-time hooks, and undone at the end.
//!
//! Invariant: whatever happens inside (success, an error of ours, PostgreSQL's ERROR, a Rust panic), [`enclosed`] leaves
//! with the timer off, the hooks off, the subtransaction rolled back, and memory context and resource owner as they were.
//! Swallowing an ERROR without that rollback would corrupt the transaction.
//!
//! Rolling back always, also on success, undoes what a read-only transaction lets through: settings, temporary tables,
//! queued notifications, large objects. The rows have been copied out by then.

use super::busy::Busy;
use super::{runtime_hooks, timer};
use crate::error::{Error, Result, SqlState};
use pgrx::pg_sys::panic::CaughtError;
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};
use std::cell::Cell;
use std::ffi::{CStr, CString};
use std::panic::AssertUnwindSafe;

/// What holds inside the cage.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Milliseconds, at least 1.
    pub timeout_ms: i32,
    /// Kilobytes.
    pub temp_file_limit_kb: i32,
}

/// Runs `body` in the cage; an ERROR of PostgreSQL inside goes on as before once everything has been undone.
///
/// # Errors
/// What `body` returns; 57014 when the time is over.
pub fn caged<T>(limits: Limits, body: impl FnOnce() -> Result<T>) -> Result<T> {
    match enclosed(limits, body) {
        Ok(result) => result,
        Err(caught) => caught.rethrow(),
    }
}

/// Like [`caged`], but hands an ERROR of PostgreSQL to the caller, who may drop it: its effects are undone.
///
/// # Errors
/// The outer `Err` is PostgreSQL's ERROR, the inner one is ours.
pub fn enclosed<T>(
    limits: Limits,
    body: impl FnOnce() -> Result<T>,
) -> std::result::Result<Result<T>, Box<CaughtError>> {
    let begun = Cell::new(false);
    // SAFETY: reading the backend's own variables on its main thread.
    let (context, owner) = unsafe { (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner) };
    let _busy = Busy::enter();
    let timer = timer::arm(limits.timeout_ms);
    let watch = runtime_hooks::watch();
    let outcome = PgTryBuilder::new(AssertUnwindSafe(|| {
        // SAFETY: subtransactions nest; this one is always ended below. What is set here ends with it: XactReadOnly and
        // the settings are restored by the rollback, and so is the stack of active snapshots.
        unsafe {
            pg_sys::BeginInternalSubTransaction(std::ptr::null());
            begun.set(true);
            pg_sys::XactReadOnly = true;
            restrict(limits);
            let snapshot = if pg_sys::ActiveSnapshotSet() {
                pg_sys::GetActiveSnapshot()
            } else {
                pg_sys::GetTransactionSnapshot()
            };
            pg_sys::PushActiveSnapshot(snapshot);
        }
        Ok(body())
    }))
    .catch_others(|caught| Err(Box::new(caught)))
    .execute();
    let out_of_time = timer.disarm();
    drop(watch);
    if begun.get() {
        // SAFETY: ends the subtransaction begun above and gives the caller back what it had; all that was allocated
        // inside is freed, and nothing of it is in `outcome`, which is plain Rust data.
        unsafe {
            pg_sys::MemoryContextSwitchTo(context);
            pg_sys::RollbackAndReleaseCurrentSubTransaction();
            pg_sys::MemoryContextSwitchTo(context);
            pg_sys::CurrentResourceOwner = owner;
        }
    }
    if out_of_time && is_over(&outcome) {
        return Ok(Err(timeout(limits)));
    }
    outcome
}

/// Whether the end of the time is what the caller must hear of, and not an error that came first.
fn is_over<T>(outcome: &std::result::Result<Result<T>, Box<CaughtError>>) -> bool {
    match outcome {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => error.state == SqlState::QUERY_CANCELED,
        Err(caught) => match &**caught {
            CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
                report.sql_error_code() == PgSqlErrorCode::ERRCODE_QUERY_CANCELED
            }
            CaughtError::RustPanic { .. } => false,
        },
    }
}

fn timeout(limits: Limits) -> Error {
    Error::new(
        SqlState::QUERY_CANCELED,
        format!("the statement took longer than {} ms", limits.timeout_ms),
    )
    .with_detail("insightflow.statement_timeout bounds analysis, planning and execution.")
    .with_hint("Ask for less at a time, or raise insightflow.statement_timeout.")
}

/// Settings for the time of the subtransaction.
unsafe fn restrict(limits: Limits) {
    // SAFETY: an integer variable of PostgreSQL.
    let current = unsafe { pg_sys::temp_file_limit };
    if current < 0 || current > limits.temp_file_limit_kb {
        let value = CString::new(limits.temp_file_limit_kb.to_string()).unwrap_or_default();
        unsafe { set(c"temp_file_limit", &value) };
    }
    // SAFETY: constants. No JIT: it costs more than it saves on answers of this size, and its memory has no bound.
    // No parallel workers: the hooks and the timer live in this backend alone.
    unsafe {
        set(c"jit", c"off");
        set(c"max_parallel_workers_per_gather", c"0");
    }
}

unsafe fn set(name: &CStr, value: &CStr) {
    // SAFETY: GUC_ACTION_SAVE binds the value to the subtransaction's own nest level, which its rollback restores.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
    }
}
