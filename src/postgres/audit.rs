//! Writing the history.
//!
//! Rows of `insightflow.query_log` are inserted as the table's owner, so nobody else needs (or has) the right to write
//! it. The switch is bounded by [`AsOwner`]; an ERROR in between resets it too, because the abort of a (sub)transaction
//! restores the user.
//!
//! A transaction that wrote nothing but its row of history need not wait for the disk at commit: [`before_commit`] makes
//! that commit asynchronous. It compares PostgreSQL's own mark of the last record this backend has written, so a
//! transaction that wrote anything of the caller's commits as the caller wants it.

use crate::history::Record;
use crate::postgres::report;
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;
use std::cell::Cell;
use std::ffi::CStr;

/// Times in the session come from the server, the rest from the record. `$2` is the current role: the function itself
/// runs as the owner.
const INSERT: &CStr = c"INSERT INTO insightflow.query_log
    (id, asked_at, session_role, role, question, sql, status, row_count, truncated, source, translate_ms, prepare_ms, execute_ms, total_ms,
     application_name, client_address)
    VALUES ($1, pg_catalog.clock_timestamp(), session_user, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
     pg_catalog.current_setting('application_name'), pg_catalog.inet_client_addr())";

thread_local! {
    static PLAN: Cell<pg_sys::SPIPlanPtr> = const { Cell::new(std::ptr::null_mut()) };
    /// Where the write-ahead log stood after our last row, in a transaction that has written nothing else; 0 at its start.
    static ONLY_OURS_AT: Cell<u64> = const { Cell::new(0) };
    /// The caller's synchronous_commit while ours holds.
    static CALLERS_COMMIT: Cell<Option<i32>> = const { Cell::new(None) };
}

/// Whether a row can be written in this transaction.
pub fn writable() -> bool {
    // SAFETY: reading the backend's own state.
    unsafe { !pg_sys::XactReadOnly && !pg_sys::RecoveryInProgress() && !pg_sys::IsInParallelMode() }
}

/// Writes the record to the server log as one line of JSON.
pub fn log(record: &Record) {
    let role = role_name();
    let line = serde_json::json!({ "insightflow": record, "role": role });
    report::log(line.to_string());
}

/// Inserts the record.
pub fn insert(record: &Record) {
    // SAFETY: SPI is connected and finished around the one statement; its arguments live in this memory context.
    unsafe {
        let only_ours = pg_sys::XactLastRecEnd == ONLY_OURS_AT.get();
        let role = role_name();
        let values = [
            pgrx::Uuid::from_bytes(*record.id.as_bytes()).into_datum(),
            role.into_datum(),
            record.question.clone().into_datum(),
            record.sql.clone().into_datum(),
            record.status.into_datum(),
            record
                .row_count
                .map(i64::try_from)
                .and_then(Result::ok)
                .into_datum(),
            record.truncated.into_datum(),
            record.source.into_datum(),
            record.translate_ms.into_datum(),
            record.prepare_ms.into_datum(),
            record.execute_ms.into_datum(),
            record.total_ms.into_datum(),
        ];
        let mut datums = values.map(|value| value.unwrap_or(Datum::from(0)));
        let nulls: Vec<u8> = values
            .iter()
            .map(|value| if value.is_some() { b' ' } else { b'n' })
            .collect();
        let _owner = AsOwner::become_owner();
        pg_sys::SPI_connect();
        let plan = plan();
        pg_sys::SPI_execute_plan(plan, datums.as_mut_ptr(), nulls.as_ptr().cast(), false, 0);
        pg_sys::SPI_finish();
        if only_ours {
            ONLY_OURS_AT.set(pg_sys::XactLastRecEnd);
        }
    }
}

/// The saved plan of [`INSERT`], made at the first use. PostgreSQL itself makes it anew when the table changes.
unsafe fn plan() -> pg_sys::SPIPlanPtr {
    let kept = PLAN.get();
    if !kept.is_null() {
        return kept;
    }
    let mut types = [
        pg_sys::UUIDOID,
        pg_sys::TEXTOID,
        pg_sys::TEXTOID,
        pg_sys::TEXTOID,
        pg_sys::TEXTOID,
        pg_sys::INT8OID,
        pg_sys::BOOLOID,
        pg_sys::TEXTOID,
        pg_sys::FLOAT8OID,
        pg_sys::FLOAT8OID,
        pg_sys::FLOAT8OID,
        pg_sys::FLOAT8OID,
    ];
    // SAFETY: SPI is connected; a kept plan lives until it is freed, which is never.
    unsafe {
        let plan = pg_sys::SPI_prepare(INSERT.as_ptr(), types.len() as i32, types.as_mut_ptr());
        if !plan.is_null() && pg_sys::SPI_keepplan(plan) == 0 {
            PLAN.set(plan);
        }
        plan
    }
}

/// The current role's name.
fn role_name() -> String {
    // SAFETY: the name is palloc'd; a role that was dropped meanwhile gives null.
    unsafe {
        let name = pg_sys::GetUserNameFromId(pg_sys::GetUserId(), true);
        if name.is_null() {
            String::new()
        } else {
            CStr::from_ptr(name).to_string_lossy().into_owned()
        }
    }
}

/// The owner of the history for a short time, forbidden to change roles or to leave anything behind in the session.
struct AsOwner {
    user: Oid,
    context: i32,
}

impl AsOwner {
    unsafe fn become_owner() -> AsOwner {
        // SAFETY: the schema and table exist as long as the extension does, whose function is running; were they gone, the
        // owner is not found and the insert fails as the caller.
        unsafe {
            let mut before = AsOwner {
                user: Oid::INVALID,
                context: 0,
            };
            pg_sys::GetUserIdAndSecContext(&mut before.user, &mut before.context);
            let schema = pg_sys::get_namespace_oid(c"insightflow".as_ptr(), false);
            let table = pg_sys::get_relname_relid(c"query_log".as_ptr(), schema);
            let owner = owner_of(table).unwrap_or(before.user);
            let restricted = (pg_sys::SECURITY_LOCAL_USERID_CHANGE
                | pg_sys::SECURITY_RESTRICTED_OPERATION) as i32;
            pg_sys::SetUserIdAndSecContext(owner, before.context | restricted);
            before
        }
    }
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
