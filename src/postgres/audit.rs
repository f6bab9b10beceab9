//! Writing the history.
//!
//! Rows of `insightflow.query_log` are inserted as the table's owner, so nobody else needs (or has) the right to write
//! it. The switch is bounded by [`AsOwner`]; an ERROR in between resets it too, because the abort of a (sub)transaction
//! restores the user.
//!
//! An entry goes the best of three ways that is open:
//! 1. into the queue (`super::queue`), when the library is preloaded: the row survives whatever happens;
//! 2. an answer: into the caller's own transaction, when that may write;
//! 3. to the server log, as one line of JSON.
//!
//! A transaction that wrote nothing but its row of history need not wait for the disk at commit: [`before_commit`] makes
//! that commit asynchronous. It compares PostgreSQL's own mark of the last record this backend has written, so a
//! transaction that wrote anything of the caller's commits as the caller wants it.

use super::queue::{self, Pushed};
use super::spi::{self, Argument, Moment, Path};
use super::{report, session};
use crate::error::{Error, SqlState};
use crate::history::{self, Entry};
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;
use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::{CStr, CString};

/// The columns, as an entry gives them.
const COLUMNS: &[(&str, &str)] = &[
    ("id", "uuid"),
    ("asked_at", "timestamptz"),
    ("session_role", "name"),
    ("role", "name"),
    ("question", "text"),
    ("sql", "text"),
    ("status", "text"),
    ("error", "text"),
    ("sqlstate", "text"),
    ("row_count", "int8"),
    ("truncated", "bool"),
    ("translate_ms", "float8"),
    ("prepare_ms", "float8"),
    ("execute_ms", "float8"),
    ("total_ms", "float8"),
    ("source", "text"),
    ("provider", "text"),
    ("model", "text"),
    ("input_tokens", "int4"),
    ("output_tokens", "int4"),
    ("cache_read_tokens", "int4"),
    ("cache_write_tokens", "int4"),
    ("cost_usd", "numeric"),
    ("retries", "int4"),
    ("repairs", "int4"),
    ("application_name", "text"),
    ("client_address", "inet"),
    ("warnings", "text[]"),
];

/// Those that came with release 0.1.0, the first so many. The library may be newer than the extension.
const OLDEST_COLUMNS: usize = COLUMNS.len() - 1;

/// Inserts an array of entries into a table. One that is there already (its worker died after the commit) stays as it is.
fn insert_statement(table: &str, columns: &[(&str, &str)]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    let typed: Vec<String> = columns
        .iter()
        .map(|(name, kind)| format!("{name} pg_catalog.{kind}"))
        .collect();
    let typed = typed.join(", ");
    format!(
        "INSERT INTO {table} ({names}) SELECT {names} FROM pg_catalog.json_to_recordset($1) AS entry ({typed}) \
         ON CONFLICT DO NOTHING"
    )
}

thread_local! {
    /// The statement of the saved plan, and the plan.
    static PLAN: RefCell<(String, pg_sys::SPIPlanPtr)> = const { RefCell::new((String::new(), std::ptr::null_mut())) };
    /// Where the write-ahead log stood after our last row, in a transaction that has written nothing else; 0 at its start.
    static ONLY_OURS_AT: Cell<u64> = const { Cell::new(0) };
    /// The caller's synchronous_commit while ours holds.
    static CALLERS_COMMIT: Cell<Option<i32>> = const { Cell::new(None) };
    static EXIT_WATCHED: Cell<bool> = const { Cell::new(false) };
    static CLIENT_ADDRESS: OnceCell<Option<String>> = const { OnceCell::new() };
}

/// Who asks.
pub struct Asker {
    pub session_role: String,
    pub role: String,
    pub application_name: Option<String>,
    pub client_address: Option<String>,
}

/// Who asks now. It reads the catalog, so it is called when a question begins and not when it ends.
pub fn asker() -> Asker {
    // SAFETY: the name is a setting, which may be null.
    unsafe {
        let name = pg_sys::application_name;
        Asker {
            session_role: session::role_name(session::session_user()).unwrap_or_default(),
            role: session::role_name(session::current_user()).unwrap_or_default(),
            application_name: (!name.is_null())
                .then(|| CStr::from_ptr(name).to_string_lossy().into_owned()),
            client_address: CLIENT_ADDRESS
                .with(|kept| kept.get_or_init(|| client_address()).clone()),
        }
    }
}

/// The client's address; `None` for a Unix-domain socket and in a background worker.
unsafe fn client_address() -> Option<String> {
    // SAFETY: a function of SQL without arguments, which gives an inet or null.
    unsafe {
        let port = pg_sys::MyProcPort;
        if port.is_null() {
            return None;
        }
        pgrx::direct_function_call::<pgrx::Inet>(pg_sys::inet_client_addr, &[])
            .map(|address| address.0)
    }
}

/// Has the questions that are under way when the session ends recorded. Called before each question; registers once.
pub fn watch_exit() {
    if !EXIT_WATCHED.replace(true) {
        // SAFETY: the callback stays valid because a library is never unloaded. It runs before the transaction is aborted and
        // before this process gives up its place in shared memory.
        unsafe { pg_sys::before_shmem_exit(Some(at_exit), Datum::from(0)) };
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn at_exit(_code: i32, _argument: Datum) {
    history::close_all(&Error::new(
        SqlState::ADMIN_SHUTDOWN,
        "the session ended before the answer was there",
    ));
}

/// Brings an entry to where it will be found. `may_wait`: for room in the queue.
pub fn write(entry: &Entry, may_wait: bool) {
    let Ok(json) = serde_json::to_string(entry) else {
        return;
    };
    // SAFETY: reading the backend's own state.
    if unsafe { pg_sys::RecoveryInProgress() } {
        return log(&json);
    }
    match undisturbed(|| queue::push(json.as_bytes(), may_wait)) {
        Pushed::Queued => {}
        Pushed::Full => log(&json),
        Pushed::Not | Pushed::NoWorker if entry.status == "answered" && writable() => {
            if insert_in_this_transaction(&json).is_err() {
                log(&json);
            }
        }
        Pushed::Not | Pushed::NoWorker => log(&json),
    }
}

/// Whether a row can be written in this transaction.
fn writable() -> bool {
    // SAFETY: reading the backend's own state.
    unsafe { !pg_sys::XactReadOnly && !pg_sys::IsInParallelMode() }
}

/// Writes an entry to the server log as one line of JSON.
pub(super) fn log(json: &str) {
    undisturbed(|| report::log(format!("{{\"insightflow\":{json}}}")));
}

/// Does something without being interrupted. A message to the log looks for interrupts when it is out: a session that is terminated
/// just then would write the record that is under way once more, and one that is cancelled would lose it.
fn undisturbed<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: a variable of this backend. After an ERROR PostgreSQL itself sets it to 0.
    unsafe { pg_sys::InterruptHoldoffCount += 1 };
    let done = work();
    // SAFETY: as above.
    unsafe { pg_sys::InterruptHoldoffCount -= 1 };
    done
}

fn insert_in_this_transaction(json: &str) -> Result<(), String> {
    // SAFETY: where PostgreSQL's log stands, a variable of this backend.
    unsafe {
        let only_ours = pg_sys::XactLastRecEnd == ONLY_OURS_AT.get();
        insert(&format!("[{json}]"), None)?;
        if only_ours {
            ONLY_OURS_AT.set(pg_sys::XactLastRecEnd);
        }
    }
    Ok(())
}

/// Inserts an array of entries in the current transaction, as the owner of the history. `month`, as `2026_11`, names the
/// table; without one, or when there is no such table, they go into `query_log` itself.
///
/// # Errors
/// When there is no history in this database. PostgreSQL's own errors pass.
pub(super) fn insert(json: &str, month: Option<&str>) -> Result<(), String> {
    // SAFETY: SPI is connected and finished around the one statement; its argument lives in this memory context.
    unsafe {
        let Some(owner) = AsOwner::become_owner() else {
            return Err(NO_HISTORY.to_owned());
        };
        let Some(text) = json.into_datum() else {
            return Ok(());
        };
        let table = month
            .filter(|month| owner.month(month).is_some())
            .map_or_else(
                || "insightflow.query_log".to_owned(),
                |month| format!("insightflow_history.query_log_{month}"),
            );
        let columns = if owner.has_column("query_log", COLUMNS[OLDEST_COLUMNS].0) {
            COLUMNS
        } else {
            &COLUMNS[..OLDEST_COLUMNS]
        };
        pg_sys::SPI_connect();
        let plan = plan(&insert_statement(&table, columns));
        let mut values = [text];
        pg_sys::SPI_execute_plan(plan, values.as_mut_ptr(), c" ".as_ptr(), false, 0);
        pg_sys::SPI_finish();
    }
    Ok(())
}

/// The schema of the months.
const MONTHS: &CStr = c"insightflow_history";

/// Why nothing can be written.
const NO_HISTORY: &str = "this database has no table insightflow.query_log";

/// Makes the table of a month, as `2026_11`, unless it is there.
///
/// # Errors
/// When there is no history in this database. PostgreSQL's own errors pass.
pub(super) fn add_month(month: &str) -> Result<(), String> {
    let Some(owner) = AsOwner::become_owner() else {
        return Err(NO_HISTORY.to_owned());
    };
    if owner.month(month).is_none() && owner.has_function("add_history_month") {
        let date = format!("{}-01", month.replace('_', "-"));
        call(&format!(
            "SELECT insightflow.add_history_month('{date}'::pg_catalog.date)"
        ));
    }
    Ok(())
}

/// Drops what is older than `insightflow.log_retention`.
///
/// # Errors
/// As [`add_month`].
pub(super) fn trim() -> Result<(), String> {
    let Some(owner) = AsOwner::become_owner() else {
        return Err(NO_HISTORY.to_owned());
    };
    if owner.has_function("trim_history") {
        call("SELECT insightflow.trim_history()");
    }
    Ok(())
}

/// Runs a statement without arguments.
fn call(statement: &str) {
    let Ok(statement) = CString::new(statement) else {
        return;
    };
    // SAFETY: SPI is connected and finished around the one statement.
    unsafe {
        pg_sys::SPI_connect();
        pg_sys::SPI_execute(statement.as_ptr(), false, 0);
        pg_sys::SPI_finish();
    }
}

/// The saved plan of a statement, made at the first use. PostgreSQL itself makes it anew when the table changes.
unsafe fn plan(statement: &str) -> pg_sys::SPIPlanPtr {
    let kept = PLAN.with_borrow(|(of, plan)| (of == statement).then_some(*plan));
    if let Some(plan) = kept {
        return plan;
    }
    let text = CString::new(statement).unwrap_or_default();
    // SAFETY: SPI is connected; a kept plan lives until it is freed, which is here. A json value has the form of a text.
    unsafe {
        let mut types = [pg_sys::JSONOID];
        let plan = pg_sys::SPI_prepare(text.as_ptr(), 1, types.as_mut_ptr());
        if !plan.is_null() && pg_sys::SPI_keepplan(plan) == 0 {
            let (_, before) = PLAN.replace((statement.to_owned(), plan));
            if !before.is_null() {
                pg_sys::SPI_freeplan(before);
            }
        }
        plan
    }
}

/// The owner of the history for a short time, forbidden to change roles or to leave anything behind in the session.
pub(super) struct AsOwner {
    extension: Oid,
    schema: Oid,
    user: Oid,
    context: i32,
}

impl AsOwner {
    /// `None` when there is no history: the extension was dropped.
    pub(super) fn become_owner() -> Option<AsOwner> {
        // SAFETY: look-ups by name in the catalog; without the extension they find nothing.
        unsafe {
            let mut before = AsOwner {
                extension: pg_sys::get_extension_oid(c"insightflow".as_ptr(), true),
                schema: pg_sys::get_namespace_oid(c"insightflow".as_ptr(), true),
                user: Oid::INVALID,
                context: 0,
            };
            pg_sys::GetUserIdAndSecContext(&mut before.user, &mut before.context);
            let owner = owner_of(before.table("query_log")?)?;
            let restricted = (pg_sys::SECURITY_LOCAL_USERID_CHANGE
                | pg_sys::SECURITY_RESTRICTED_OPERATION) as i32;
            pg_sys::SetUserIdAndSecContext(owner, before.context | restricted);
            Some(before)
        }
    }
}

impl AsOwner {
    /// A table of the extension.
    pub(super) fn table(&self, name: &str) -> Option<Oid> {
        self.table_in(self.schema, name)
    }

    /// The table of a month of the history, as `2026_11`.
    fn month(&self, month: &str) -> Option<Oid> {
        // SAFETY: a look-up in the catalog.
        let months = unsafe { pg_sys::get_namespace_oid(MONTHS.as_ptr(), true) };
        self.table_in(months, &format!("query_log_{month}"))
    }

    fn table_in(&self, schema: Oid, name: &str) -> Option<Oid> {
        let name = CString::new(name).ok()?;
        // SAFETY: look-ups in the catalog.
        unsafe {
            let table = pg_sys::get_relname_relid(name.as_ptr(), schema);
            let of = pg_sys::getExtensionOfObject(pg_sys::RelationRelationId, table);
            (of != Oid::INVALID && of == self.extension).then_some(table)
        }
    }

    /// Whether a table of the extension has a column.
    fn has_column(&self, table: &str, column: &str) -> bool {
        let (Some(table), Ok(column)) = (self.table(table), CString::new(column)) else {
            return false;
        };
        // SAFETY: a look-up in the catalog.
        unsafe { pg_sys::get_attnum(table, column.as_ptr()) > 0 }
    }

    /// Whether the extension as it is created in this database is new enough to have a function.
    fn has_function(&self, name: &str) -> bool {
        let mut found = false;
        spi::read(Moment::Newest, Path::Pinned, |reader| {
            reader.query(
                "SELECT FROM pg_catalog.pg_proc WHERE proname = $1::pg_catalog.name AND pronamespace = $2",
                &[Argument::Text(name), Argument::Oid(self.schema.to_u32())],
                |_| found = true,
            );
        });
        found
    }
}

/// Runs `work` as the owner of the history, that is, of the extension's tables. `None` when there is no extension.
///
/// `work` runs fixed statements only: it has the owner's rights.
pub(super) fn as_owner<T>(work: impl FnOnce() -> T) -> Option<T> {
    let _owner = AsOwner::become_owner()?;
    Some(work())
}

/// Tables of the extension, in the order asked for; `None` when one of them does not exist in the version that is created here.
pub(super) fn tables(names: &[&str]) -> Option<Vec<Oid>> {
    let owner = AsOwner::become_owner()?;
    names.iter().map(|name| owner.table(name)).collect()
}

impl Drop for AsOwner {
    fn drop(&mut self) {
        // SAFETY: gives back what `become_owner` found.
        unsafe { pg_sys::SetUserIdAndSecContext(self.user, self.context) };
    }
}

unsafe fn owner_of(table: Oid) -> Option<Oid> {
    // SAFETY: a syscache tuple is valid until it is released; pg_class rows have a fixed layout.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(
            pg_sys::SysCacheIdentifier::RELOID as i32,
            Datum::from(table),
        );
        if tuple.is_null() {
            return None;
        }
        let owner = (*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_class>()).relowner;
        pg_sys::ReleaseSysCache(tuple);
        Some(owner)
    }
}

/// Called when a transaction is about to commit.
pub fn before_commit() {
    let ours = ONLY_OURS_AT.replace(0);
    // SAFETY: variables of this backend. Only "on" and stronger are weakened, and only for this commit.
    unsafe {
        if ours != 0 && ours == pg_sys::XactLastRecEnd {
            CALLERS_COMMIT.set(Some(pg_sys::synchronous_commit));
            pg_sys::synchronous_commit = pg_sys::SyncCommitLevel::SYNCHRONOUS_COMMIT_OFF as i32;
        }
    }
}

/// Called when a transaction has ended, either way.
pub fn after_transaction() {
    ONLY_OURS_AT.set(0);
    if let Some(level) = CALLERS_COMMIT.take() {
        // SAFETY: a variable of this backend.
        unsafe { pg_sys::synchronous_commit = level };
    }
}
