//! Every setting, `insightflow.*`, with the reason for its default. `\dconfig+ insightflow.*` shows them.
//!
//! Who may change what: a caller may set what only concerns himself; what protects the server or widens what
//! a statement may touch is for superusers (`Suset`).

pub mod dates;
mod history;
pub mod llm;
mod privacy;
mod routing;

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use std::ffi::CString;

pub use history::{history_queue_size, history_worker_idle, log_retention};
pub use privacy::{context_tokens, share_results, share_values};
pub use routing::{Routing, allow_superuser, max_cost_per_question, max_repairs, routing};

/// 30 s: an analyst waits that long for a table; a statement that needs more is a report for another place.
static STATEMENT_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(30_000);

/// 10,000 rows: more than a person reads, and what a dashboard draws; a BI tool that needs more raises it.
static MAX_ROWS: GucSetting<i32> = GucSetting::<i32>::new(10_000);

/// 64 MiB: one answer never fills a backend's memory, also when a single row is huge.
static MAX_RESULT_BYTES: GucSetting<i32> = GucSetting::<i32>::new(64 * 1024);

/// 1 GiB: a cross join cannot fill the disk; PostgreSQL's own default is no limit at all.
static TEMP_FILE_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(1024 * 1024);

/// 0, off: cost units differ between servers, so only a DBA who has looked can choose a number.
static MAX_PLAN_COST: GucSetting<f64> = GucSetting::<f64>::new(0.0);

/// On: an answer that does not say how the question was read cannot be trusted.
static SHOW_READING: GucSetting<bool> = GucSetting::<bool>::new(true);

/// 0.7: below it four in ten of the benchmark's answers are wrong, from 0.7 to 0.9 one in five, above 0.98 one in twenty. `make eval`
/// prints the bands.
static MIN_CONFIDENCE: GucSetting<f64> = GucSetting::<f64>::new(0.7);

/// Empty: a function that a user wrote may do anything, so none runs unless the DBA trusts its owner.
static TRUSTED_OWNERS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c""));

/// PostgreSQL's own extensions that only compute, and the two best-known types of others (vectors, geography). The functions
/// of any other extension are C code that no label describes. Their volatile functions are refused even so.
static TRUSTED_EXTENSIONS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(
    c"btree_gin, btree_gist, citext, cube, earthdistance, fuzzystrmatch, hstore, intarray, isn, ltree, pg_trgm, postgis, seg, unaccent, vector",
));

/// Empty: a foreign table reaches another server, with another server's rights.
static ALLOWED_FOREIGN_SERVERS: GucSetting<Option<CString>> =
    GucSetting::<Option<CString>>::new(Some(c""));

/// 5 minutes: PostgreSQL sends no message about comments and statistics, so they are read again after it; everything
/// else is seen at once.
static CATALOG_MAX_AGE: GucSetting<i32> = GucSetting::<i32>::new(300);

/// 1,000 questions: a session asks fewer; at some 2 kB each they stay well below the memory of one sort.
static TRANSLATION_CACHE_SIZE: GucSetting<i32> = GucSetting::<i32>::new(1_000);

/// Defines the settings. Called once, when the library is loaded.
pub fn register() {
    dates::register();
    history::register();
    llm::register();
    privacy::register();
    routing::register();
    let plain = GucFlags::empty();
    GucRegistry::define_string_guc(
        c"insightflow.allowed_foreign_servers",
        c"Foreign servers whose tables an answer may read.",
        c"Names separated by commas. Empty: foreign tables are refused.",
        &ALLOWED_FOREIGN_SERVERS,
        GucContext::Suset,
        plain,
    );
    GucRegistry::define_int_guc(
        c"insightflow.catalog_max_age",
        c"Longest time that a session trusts the comments and statistics it has read.",
        c"Changes of tables, columns, keys and privileges are seen at once, whatever this says.",
        &CATALOG_MAX_AGE,
        0,
        86_400,
        GucContext::Userset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_float_guc(
        c"insightflow.max_plan_cost",
        c"Highest planner cost of a statement that may run.",
        c"The planner's estimate of any node of the plan. 0 turns the check off.",
        &MAX_PLAN_COST,
        0.0,
        f64::MAX,
        GucContext::Suset,
        plain,
    );
    GucRegistry::define_int_guc(
        c"insightflow.max_result_bytes",
        c"Largest answer.",
        c"Rows that would go beyond it are cut, and a WARNING says so.",
        &MAX_RESULT_BYTES,
        64,
        i32::MAX,
        GucContext::Userset,
        GucFlags::UNIT_KB,
    );
    GucRegistry::define_int_guc(
        c"insightflow.max_rows",
        c"Most rows of an answer.",
        c"Rows beyond it are cut, and a WARNING says so.",
        &MAX_ROWS,
        1,
        i32::MAX - 1,
        GucContext::Userset,
        plain,
    );
    GucRegistry::define_float_guc(
        c"insightflow.min_confidence",
        c"Lowest confidence with which a question is answered.",
        c"0 to 1. A translation below it is refused with the reason.",
        &MIN_CONFIDENCE,
        0.0,
        1.0,
        GucContext::Userset,
        plain,
    );
    GucRegistry::define_bool_guc(
        c"insightflow.show_reading",
        c"Tell in a NOTICE how each question was read.",
        c"The NOTICE names the measures, the filters and the actual dates.",
        &SHOW_READING,
        GucContext::Userset,
        plain,
    );
    GucRegistry::define_int_guc(
        c"insightflow.statement_timeout",
        c"Longest time that the statement of an answer may take.",
        c"It bounds analysis, planning and execution. The session's own statement_timeout goes on counting.",
        &STATEMENT_TIMEOUT,
        1,
        i32::MAX,
        GucContext::Userset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"insightflow.temp_file_limit",
        c"Most temporary file space that the statement of an answer may use.",
        c"Applies together with temp_file_limit: the smaller one holds.",
        &TEMP_FILE_LIMIT,
        64,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_KB,
    );
    GucRegistry::define_int_guc(
        c"insightflow.translation_cache_size",
        c"Number of translated questions that a session keeps.",
        c"The one that was not asked for longest goes first. 0 keeps none.",
        &TRANSLATION_CACHE_SIZE,
        0,
        100_000,
        GucContext::Userset,
        plain,
    );
    GucRegistry::define_string_guc(
        c"insightflow.trusted_extensions",
        c"Extensions whose functions an answer may call.",
        c"Names separated by commas. Those that reach outside the database are refused in any case.",
        &TRUSTED_EXTENSIONS,
        GucContext::Suset,
        plain,
    );
    GucRegistry::define_string_guc(
        c"insightflow.trusted_owners",
        c"Roles whose functions an answer may call.",
        c"Names separated by commas. A single function is allowed by insightflow.allow_function().",
        &TRUSTED_OWNERS,
        GucContext::Suset,
        plain,
    );
}

/// Milliseconds.
pub fn statement_timeout() -> i32 {
    STATEMENT_TIMEOUT.get()
}

/// Rows.
pub fn max_rows() -> u64 {
    u64::try_from(MAX_ROWS.get()).unwrap_or(1)
}

/// Bytes.
pub fn max_result_bytes() -> u64 {
    u64::try_from(MAX_RESULT_BYTES.get()).unwrap_or(64) * 1024
}

/// Kilobytes, as PostgreSQL's `temp_file_limit` counts.
pub fn temp_file_limit() -> i32 {
    TEMP_FILE_LIMIT.get()
}

/// Seconds.
pub fn catalog_max_age() -> u64 {
    u64::try_from(CATALOG_MAX_AGE.get()).unwrap_or(0)
}

/// Entries.
pub fn translation_cache_size() -> usize {
    usize::try_from(TRANSLATION_CACHE_SIZE.get()).unwrap_or(0)
}

/// Planner cost units; `None` when the check is off.
pub fn max_plan_cost() -> Option<f64> {
    Some(MAX_PLAN_COST.get()).filter(|&cost| cost > 0.0)
}

/// Whether an answer comes with a NOTICE of how the question was read.
pub fn show_reading() -> bool {
    SHOW_READING.get()
}

/// 0 to 1.
pub fn min_confidence() -> f32 {
    MIN_CONFIDENCE.get() as f32
}

/// Role names.
pub fn trusted_owners() -> Vec<String> {
    names(&TRUSTED_OWNERS)
}

/// Extension names.
pub fn trusted_extensions() -> Vec<String> {
    names(&TRUSTED_EXTENSIONS)
}

/// Foreign server names.
pub fn allowed_foreign_servers() -> Vec<String> {
    names(&ALLOWED_FOREIGN_SERVERS)
}

/// The names in a list that is separated by commas.
fn names(setting: &'static GucSetting<Option<CString>>) -> Vec<String> {
    let Some(value) = setting.get() else {
        return Vec::new();
    };
    let value = value.to_string_lossy();
    value
        .split(',')
        .map(|name| name.trim().trim_matches('"').to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}
