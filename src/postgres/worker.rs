//! The background worker that writes the history of one database.
//!
//! It is started by the first question of a database and ends when it has had nothing to do for a while. Invariant: an
//! entry leaves the queue only after its row is committed, or after it stands in the server log; when the worker dies in
//! between, the next one finds the entry again, and its id keeps it from being inserted twice.

use super::{audit, queue, report};
use crate::history::clock;
use crate::settings;
use pgrx::PgTryBuilder;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_long};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

/// Entries of one transaction. More would only delay the first of them.
const BATCH: usize = 1_000;
/// Bytes of one transaction: what the JSON functions of PostgreSQL work on comfortably.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// The longest sleep: how late a change of the settings may be seen.
const NAP: Duration = Duration::from_secs(60);

/// How often old history is dropped.
const TRIM_EVERY: Duration = Duration::from_secs(3_600);

/// After the table of a month could not be made (an event trigger forbids it), it is tried again after this.
const MONTH_AGAIN: Duration = Duration::from_secs(600);

thread_local! {
    static NO_MONTHS_SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// What holds in the worker whatever the settings of the server, of the database and of the role say.
const OVERRIDES: [(&CStr, &CStr); 8] = [
    (c"application_name", c"insightflow history"),
    (c"default_transaction_isolation", c"read committed"),
    // A database that is read-only by default for its users has a history all the same.
    (c"default_transaction_read_only", c"off"),
    (c"jit", c"off"),
    // A table that somebody has locked: after this the entries go to the server log.
    (c"lock_timeout", c"2s"),
    (c"row_security", c"off"),
    (c"search_path", c"pg_catalog, pg_temp"),
    // On disk before it leaves the queue, without waiting for a replica.
    (c"synchronous_commit", c"local"),
];

/// Asks the postmaster for a worker for a database; `false` when it has none to give.
pub(super) fn start(database: Oid) -> bool {
    let mut worker = pg_sys::BackgroundWorker {
        bgw_flags: (pg_sys::BGWORKER_SHMEM_ACCESS | pg_sys::BGWORKER_BACKEND_DATABASE_CONNECTION)
            as c_int,
        bgw_start_time: pg_sys::BgWorkerStartTime::BgWorkerStart_RecoveryFinished,
        bgw_restart_time: pg_sys::BGW_NEVER_RESTART,
        bgw_main_arg: Datum::from(database),
        ..Default::default()
    };
    write_name(&mut worker.bgw_name, c"insightflow history");
    write_name(&mut worker.bgw_type, c"insightflow history");
    write_name(&mut worker.bgw_library_name, c"insightflow");
    write_name(&mut worker.bgw_function_name, c"insightflow_history_worker");
    // SAFETY: the structure is copied.
    let started =
        unsafe { pg_sys::RegisterDynamicBackgroundWorker(&raw mut worker, std::ptr::null_mut()) };
    if !started {
        report::log(
            "insightflow: no background worker is free to write the history; raise max_worker_processes. \
             Until one is free, answers are recorded in the transaction that asked, and what fails in this log",
        );
    }
    started
}

fn write_name(target: &mut [c_char], name: &CStr) {
    for (target, &byte) in target.iter_mut().zip(name.to_bytes_with_nul()) {
        *target = byte as c_char;
    }
}

/// The worker's life. PostgreSQL calls it by name in a new process.
#[unsafe(no_mangle)]
#[pg_guard]
pub extern "C-unwind" fn insightflow_history_worker(argument: Datum) {
    let database = Oid::from(argument.value() as u32);
    // SAFETY: the order that PostgreSQL's documentation gives: handlers, signals, connection.
    unsafe {
        handle(pg_sys::SIGTERM, SignalHandlerForShutdownRequest);
        handle(pg_sys::SIGHUP, SignalHandlerForConfigReload);
        pg_sys::BackgroundWorkerUnblockSignals();
        if !queue::attach(database) {
            return;
        }
        pg_sys::before_shmem_exit(Some(at_exit), argument);
        pg_sys::BackgroundWorkerInitializeConnectionByOid(
            database,
            Oid::INVALID,
            pg_sys::BGWORKER_BYPASS_ALLOWCONN,
        );
        for (name, value) in OVERRIDES {
            pg_sys::SetConfigOption(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_SUSET,
                pg_sys::GucSource::PGC_S_OVERRIDE,
            );
        }
    }
    work(database);
}

unsafe extern "C-unwind" {
    /// Sets `ShutdownRequestPending` and the latch (postmaster/interrupt.h).
    fn SignalHandlerForShutdownRequest(signal: c_int);
    /// Sets `ConfigReloadPending` and the latch (postmaster/interrupt.h).
    fn SignalHandlerForConfigReload(signal: c_int);
}

unsafe fn handle(signal: u32, handler: unsafe extern "C-unwind" fn(c_int)) {
    // SAFETY: the handlers are PostgreSQL's own.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        pg_sys::pqsignal(signal as c_int, Some(handler));
        #[cfg(feature = "pg18")]
        pg_sys::pqsignal_be(signal as c_int, Some(handler));
    }
}

/// However this process ends, the next question can have another worker.
unsafe extern "C-unwind" fn at_exit(_code: c_int, argument: Datum) {
    queue::detach(Oid::from(argument.value() as u32));
}

/// Writes until there is a reason to end.
fn work(database: Oid) {
    let mut busy = Instant::now();
    let mut trimmed: Option<Instant> = None;
    loop {
        interrupts();
        while write_batch(database) {
            busy = Instant::now();
            interrupts();
        }
        if settings::log_retention().is_some()
            && trimmed.is_none_or(|at| at.elapsed() >= TRIM_EVERY)
        {
            trimmed = Some(Instant::now());
            if let Err(reason) = transaction(audit::trim) {
                report::log(format!(
                    "insightflow: old history could not be dropped, it is tried again later: {}",
                    reason.message
                ));
            }
        }
        let idle = busy.elapsed();
        let patience = Duration::from_secs(settings::history_worker_idle());
        // SAFETY: a flag of this process.
        let stop = unsafe { pg_sys::ShutdownRequestPending != 0 };
        if (stop || idle >= patience || queue::shall_leave(database))
            && queue::detach_when_empty(database)
        {
            return;
        }
        if !stop {
            sleep((patience.saturating_sub(idle)).min(NAP));
        }
    }
}

/// What a backend does between statements.
fn interrupts() {
    // SAFETY: flags and functions of this process, outside of a transaction.
    unsafe {
        pg_sys::ResetLatch(pg_sys::MyLatch);
        pg_sys::check_for_interrupts!();
        if pg_sys::ConfigReloadPending != 0 {
            pg_sys::ConfigReloadPending = 0;
            pg_sys::ProcessConfigFile(pg_sys::GucContext::PGC_SIGHUP);
        }
    }
}

/// Until something is pushed, a signal comes, or the time is over.
fn sleep(time: Duration) {
    let milliseconds = c_long::try_from(time.as_millis()).unwrap_or(c_long::MAX);
    // SAFETY: this process's own latch; it ends when the postmaster dies.
    unsafe {
        pg_sys::WaitLatch(
            pg_sys::MyLatch,
            (pg_sys::WL_LATCH_SET | pg_sys::WL_TIMEOUT | pg_sys::WL_EXIT_ON_PM_DEATH) as c_int,
            milliseconds.max(1),
            pg_sys::PG_WAIT_EXTENSION,
        );
    }
}

/// Writes the first entries of the queue; `false` when there are none.
fn write_batch(database: Oid) -> bool {
    let entries = queue::peek(database, BATCH, BATCH_BYTES);
    if entries.is_empty() {
        return false;
    }
    let entries: Vec<String> = entries
        .iter()
        .map(|entry| String::from_utf8_lossy(entry).into_owned())
        .collect();
    let mut rest = &entries[..];
    while let Some(first) = rest.first() {
        let month = month_of(first);
        let same = rest
            .iter()
            .take_while(|entry| month_of(entry) == month)
            .count();
        let (now, later) = rest.split_at(same);
        write(now, month.as_deref());
        rest = later;
    }
    queue::remove(database, entries.len());
    true
}

/// The month that an entry belongs to.
fn month_of(entry: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Asked {
        asked_at: String,
    }
    let asked: Asked = serde_json::from_str(entry).ok()?;
    clock::month(&asked.asked_at)
}

/// Inserts entries of one month; what cannot be inserted goes to the server log.
fn write(entries: &[String], month: Option<&str>) {
    let Err(reason) = insert(entries, month) else {
        return;
    };
    // One entry that cannot be stored does not take the others with it.
    let lost: Vec<&String> = entries
        .iter()
        .filter(|entry| {
            !reason.is_of_data() || insert(std::slice::from_ref(*entry), month).is_err()
        })
        .collect();
    report::log(format!(
        "insightflow: {} questions could not be written to insightflow.query_log: {}; they follow",
        lost.len(),
        reason.message
    ));
    for entry in lost {
        audit::log(entry);
    }
}

/// Why a transaction failed.
struct Reason {
    state: String,
    message: String,
}

impl Reason {
    /// Classes 21, 22 and 23: the values are at fault, not the table or the server.
    fn is_of_data(&self) -> bool {
        ["21", "22", "23"]
            .iter()
            .any(|class| self.state.starts_with(class))
    }

    /// A cancel, a deadlock: it may well go through the next time.
    fn may_pass(&self) -> bool {
        ["57014", "40P01", "40001"].contains(&self.state.as_str())
    }
}

/// Inserts entries of one month in one transaction, into the table of that month if it can be had.
fn insert(entries: &[String], month: Option<&str>) -> Result<(), Reason> {
    let refused_lately = NO_MONTHS_SINCE
        .get()
        .is_some_and(|at| at.elapsed() < MONTH_AGAIN);
    if let Some(month) = month
        && !refused_lately
        && let Err(reason) = transaction(|| audit::add_month(month))
    {
        NO_MONTHS_SINCE.set(Some(Instant::now()));
        report::log(format!(
            "insightflow: no table can be made for the history of {month}, its rows go to insightflow.query_log itself: {}",
            reason.message
        ));
    }
    let json = format!("[{}]", entries.join(","));
    let mut attempts = 0;
    loop {
        let Err(reason) = transaction(|| audit::insert(&json, month)) else {
            return Ok(());
        };
        attempts += 1;
        if attempts == 3 || !reason.may_pass() {
            return Err(reason);
        }
    }
}

/// Runs `body` in a transaction of its own. After an ERROR everything is undone and the worker goes on.
fn transaction(body: impl FnOnce() -> Result<(), String>) -> Result<(), Reason> {
    let outcome = PgTryBuilder::new(AssertUnwindSafe(|| {
        // SAFETY: no transaction is open; what is begun here ends here, or by the abort below.
        unsafe {
            pg_sys::SetCurrentStatementStartTimestamp();
            pg_sys::StartTransactionCommand();
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
            pg_sys::pgstat_report_activity(
                pg_sys::BackendState::STATE_RUNNING,
                c"writing insightflow.query_log".as_ptr(),
            );
            let done = body();
            pg_sys::PopActiveSnapshot();
            pg_sys::CommitTransactionCommand();
            done.map_err(|message| Reason {
                state: String::new(),
                message,
            })
        }
    }))
    .catch_others(|caught| Err(reason(&caught)))
    .execute();
    // SAFETY: outside of a transaction, or in one that failed.
    unsafe {
        if pg_sys::IsTransactionState() || pg_sys::IsAbortedTransactionBlockState() {
            pg_sys::AbortCurrentTransaction();
        }
        pg_sys::pgstat_report_stat(true);
        pg_sys::pgstat_report_activity(pg_sys::BackendState::STATE_IDLE, std::ptr::null());
    }
    outcome
}

fn reason(caught: &CaughtError) -> Reason {
    let error = report::restated(caught);
    Reason {
        state: error.state.0.to_owned(),
        message: error.message,
    }
}
