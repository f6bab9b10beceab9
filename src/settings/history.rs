//! Settings of the history.

use crate::postgres::shared;
use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};

/// Off: what people asked belongs to the server on which they asked it. Read in SQL, by the condition under which `pg_dump` carries
/// the rows.
static DUMP_HISTORY: GucSetting<bool> = GucSetting::<bool>::new(false);

/// 4 MiB: some 4,000 questions that wait for their row, which takes the worker a few milliseconds each thousand; a burst of all
/// sessions of a server fits many times.
static HISTORY_QUEUE_SIZE: GucSetting<i32> = GucSetting::<i32>::new(4 * 1024);

/// 1 minute: starting a worker takes some 10 ms, so it need not wait long; it takes one of max_worker_processes meanwhile.
static HISTORY_WORKER_IDLE: GucSetting<i32> = GucSetting::<i32>::new(60);

/// 0, for ever: what was recorded of people's questions is not deleted before somebody has said so.
static LOG_RETENTION: GucSetting<i32> = GucSetting::<i32>::new(0);

/// Defines the settings. Called once, when the library is loaded.
pub(super) fn register() {
    GucRegistry::define_bool_guc(
        c"insightflow.dump_history",
        c"Has pg_dump carry the rows of insightflow.query_log and insightflow.query_feedback.",
        c"Set it for pg_dump alone: PGOPTIONS='-c insightflow.dump_history=on' pg_dump ...",
        &DUMP_HISTORY,
        GucContext::Userset,
        GucFlags::default(),
    );
    // Only then can settings be defined that need a restart.
    if shared::preloading() {
        GucRegistry::define_int_guc(
            c"insightflow.history_queue_size",
            c"Shared memory for questions whose row of history is not written yet.",
            c"A session whose question does not fit waits until there is room.",
            &HISTORY_QUEUE_SIZE,
            1024,
            1024 * 1024,
            GucContext::Postmaster,
            GucFlags::UNIT_KB,
        );
    }
    GucRegistry::define_int_guc(
        c"insightflow.history_worker_idle",
        c"Time without a question after which the background worker of a database ends.",
        c"The next question starts it again.",
        &HISTORY_WORKER_IDLE,
        0,
        86_400,
        GucContext::Sighup,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"insightflow.log_retention",
        c"Age at which rows of insightflow.query_log are deleted, month by month.",
        c"A month goes when its last row is older than this. 0 keeps everything.",
        &LOG_RETENTION,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MIN,
    );
}

/// Bytes.
pub fn history_queue_size() -> usize {
    usize::try_from(HISTORY_QUEUE_SIZE.get()).unwrap_or(0) * 1024
}

/// Seconds.
pub fn history_worker_idle() -> u64 {
    u64::try_from(HISTORY_WORKER_IDLE.get()).unwrap_or(0)
}

/// Minutes; `None` when everything is kept.
pub fn log_retention() -> Option<u32> {
    u32::try_from(LOG_RETENTION.get())
        .ok()
        .filter(|&minutes| minutes > 0)
}
