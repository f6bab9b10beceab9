//! Writes rows of `insightflow.query_log` as the owner of the table, in the caller's transaction.
//!
//! Invariant: the only statement that runs with the owner's rights is the INSERT below, under a pinned search_path and
//! with parameters. The caller's user, security context and settings are back when [`insert`] returns; when PostgreSQL
//! raises instead, the abort of the (sub)transaction restores all three.

use super::busy::Busy;
use super::spi::set_locally;
use crate::history::{Row, milliseconds};
use pgrx::pg_sys::{Datum, Oid, SPIPlanPtr};
use pgrx::{IntoDatum, pg_sys};
use std::cell::Cell;

const INSERT: &std::ffi::CStr =
    c"INSERT INTO insightflow.query_log (id, asked_at, session_role, role, question, sql,
        status, error, sqlstate, row_count, truncated, translate_ms, guard_ms, execute_ms, total_ms, source,
        application_name, client_address)
      VALUES ($1, clock_timestamp() - $14 * interval '1 millisecond', $2::name, $3::name, $4, $5,
        $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
        current_setting('application_name'), inet_client_addr())";

thread_local! {
    /// Prepared once per session; PostgreSQL plans it again when the table changes.
    static PLAN: Cell<SPIPlanPtr> = const { Cell::new(std::ptr::null_mut()) };
}

/// Writes a row. False when none can be written here: in a read-only transaction, on a standby, in a parallel
/// operation, or when the table is gone.
pub fn insert(row: &Row) -> bool {
    let record = row.record;
    let arguments: [(Oid, Option<Datum>); 15] = [
        (
            pg_sys::UUIDOID,
            pgrx::Uuid::from_bytes(*row.id.as_bytes()).into_datum(),
        ),
        (pg_sys::TEXTOID, row.session_role.as_str().into_datum()),
        (pg_sys::TEXTOID, row.role.as_str().into_datum()),
        (pg_sys::TEXTOID, record.question.into_datum()),
        (pg_sys::TEXTOID, record.sql.into_datum()),
        (pg_sys::TEXTOID, record.status.name().into_datum()),
        (
            pg_sys::TEXTOID,
            record
                .error
                .map(|error| error.message.as_str())
                .into_datum(),
        ),
        (
            pg_sys::TEXTOID,
            record.error.map(|error| error.state.0).into_datum(),
        ),
        (
            pg_sys::INT8OID,
            record
                .row_count
                .and_then(|count| i64::try_from(count).ok())
                .into_datum(),
        ),
        (pg_sys::BOOLOID, record.truncated.into_datum()),
        (
            pg_sys::FLOAT8OID,
            record.translate.map(milliseconds).into_datum(),
        ),
        (
            pg_sys::FLOAT8OID,
            record.guard.map(milliseconds).into_datum(),
        ),
        (
            pg_sys::FLOAT8OID,
            record.execute.map(milliseconds).into_datum(),
        ),
        (pg_sys::FLOAT8OID, milliseconds(record.total).into_datum()),
        (pg_sys::TEXTOID, record.source.name().into_datum()),
    ];
    // SAFETY: we are in a transaction on the backend's main thread. The calls are paired; an error in between is
    // undone by the abort. The plan is kept in memory that lives as long as the session.
    unsafe {
        if pg_sys::XactReadOnly || pg_sys::RecoveryInProgress() || pg_sys::IsInParallelMode() {
            return false;
        }
        let Some(owner) = owner() else { return false };
        let _busy = Busy::enter();
        let nest = pg_sys::NewGUCNestLevel();
        set_locally(c"search_path", c"pg_catalog, pg_temp");
        let (mut user, mut context) = (pg_sys::InvalidOid, 0);
        pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
        let narrowed = pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION;
        pg_sys::SetUserIdAndSecContext(owner, context | narrowed as i32);
        pg_sys::SPI_connect();
        let plan = plan(&arguments);
        let nulls = arguments.map(|(_, datum)| if datum.is_some() { b' ' } else { b'n' });
        let mut data = arguments.map(|(_, datum)| datum.unwrap_or(Datum::from(0_usize)));
        let code =
            pg_sys::SPI_execute_plan(plan, data.as_mut_ptr(), nulls.as_ptr().cast(), false, 0);
        pg_sys::SPI_finish();
        pg_sys::SetUserIdAndSecContext(user, context);
        pg_sys::AtEOXact_GUC(true, nest);
        code == pg_sys::SPI_OK_INSERT as i32
    }
}

/// The owner of the table; `None` when there is no such table.
fn owner() -> Option<Oid> {
    // SAFETY: look-ups in the system cache by name and OID; the tuple is released before its copy is used.
    unsafe {
        let schema = pg_sys::get_namespace_oid(c"insightflow".as_ptr(), true);
        if schema == pg_sys::InvalidOid {
            return None;
        }
        let table = pg_sys::get_relname_relid(c"query_log".as_ptr(), schema);
        let key = Datum::from(table);
        let cache = pg_sys::SysCacheIdentifier::RELOID as i32;
        let none = Datum::from(0_usize);
        let tuple = pg_sys::SearchSysCache(cache, key, none, none, none);
        if tuple.is_null() {
            return None;
        }
        let class = pgrx::pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_class>(tuple);
        let owner = (*class).relowner;
        pg_sys::ReleaseSysCache(tuple);
        Some(owner)
    }
}

/// The prepared INSERT.
///
/// # Safety
/// An SPI connection is open.
unsafe fn plan(arguments: &[(Oid, Option<Datum>); 15]) -> SPIPlanPtr {
    let kept = PLAN.get();
    if !kept.is_null() {
        return kept;
    }
    let mut types = arguments.map(|(oid, _)| oid);
    // SAFETY: the connection is open, the types are as many as said; SPI_prepare raises when the statement is wrong.
    unsafe {
        let plan = pg_sys::SPI_prepare(INSERT.as_ptr(), types.len() as i32, types.as_mut_ptr());
        if !plan.is_null() && pg_sys::SPI_keepplan(plan) == 0 {
            PLAN.set(plan);
        }
        plan
    }
}
