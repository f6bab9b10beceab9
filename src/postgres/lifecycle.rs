//! The moments at which nothing may be left of a literal's lent columns, and the places where a literal call cannot be
//! stored.
//!
//! Statements that PostgreSQL stores without the analysis hook (rules, policies, SQL-standard function bodies) would
//! keep a call whose columns exist for one statement only. They are refused when the object is created.

use super::busy::Busy;
use super::report::raise;
use super::{audit, queue, row_type};
use crate::columns;
use crate::error::{Error, SqlState};
use pgrx::pg_sys::{self, NodeTag, Oid};
use pgrx::prelude::*;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};

/// `pg_rewrite` (catalog/pg_rewrite.h), which pgrx does not name.
const REWRITE_RELATION: Oid = Oid::from_u32(2618);
/// `pg_policy` (catalog/pg_policy.h), which pgrx does not name.
const POLICY_RELATION: Oid = Oid::from_u32(3256);

thread_local! {
    static PREVIOUS_PLANNER: Cell<pg_sys::planner_hook_type> = const { Cell::new(None) };
    static PREVIOUS_START: Cell<pg_sys::ExecutorStart_hook_type> = const { Cell::new(None) };
    static PREVIOUS_UTILITY: Cell<pg_sys::ProcessUtility_hook_type> = const { Cell::new(None) };
    static PREVIOUS_ACCESS: Cell<pg_sys::object_access_hook_type> = const { Cell::new(None) };
}

/// Puts the hooks and callbacks in. Called once, when the library is loaded.
pub fn install() {
    // SAFETY: one thread; the hook variables are PostgreSQL's; the callbacks stay valid because a library is never
    // unloaded.
    unsafe {
        PREVIOUS_PLANNER.set(pg_sys::planner_hook);
        pg_sys::planner_hook = Some(before_planning);
        PREVIOUS_START.set(pg_sys::ExecutorStart_hook);
        pg_sys::ExecutorStart_hook = Some(before_execution);
        PREVIOUS_UTILITY.set(pg_sys::ProcessUtility_hook);
        pg_sys::ProcessUtility_hook = Some(before_utility);
        PREVIOUS_ACCESS.set(pg_sys::object_access_hook);
        pg_sys::object_access_hook = Some(on_object_access);
        pg_sys::RegisterXactCallback(Some(at_transaction_end), std::ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(at_subtransaction_end), std::ptr::null_mut());
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn before_planning(
    query: *mut pg_sys::Query,
    source: *const c_char,
    options: c_int,
    parameters: pg_sys::ParamListInfo,
) -> *mut pg_sys::PlannedStmt {
    row_type::put_back();
    // SAFETY: the next planner gets what we got.
    unsafe {
        match PREVIOUS_PLANNER.get() {
            Some(previous) => pg_sys::submodules::ffi::pg_guard_ffi_boundary(|| {
                previous(query, source, options, parameters)
            }),
            None => pg_sys::standard_planner(query, source, options, parameters),
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn before_execution(query: *mut pg_sys::QueryDesc, flags: c_int) {
    row_type::put_back();
    // SAFETY: the next hook gets what we got.
    unsafe {
        match PREVIOUS_START.get() {
            Some(previous) => {
                pg_sys::submodules::ffi::pg_guard_ffi_boundary(|| previous(query, flags))
            }
            None => pg_sys::standard_ExecutorStart(query, flags),
        }
    };
}

#[pg_guard]
#[allow(clippy::too_many_arguments)] // PostgreSQL's signature
unsafe extern "C-unwind" fn before_utility(
    statement: *mut pg_sys::PlannedStmt,
    source: *const c_char,
    read_only_tree: bool,
    context: pg_sys::ProcessUtilityContext::Type,
    parameters: pg_sys::ParamListInfo,
    environment: *mut pg_sys::QueryEnvironment,
    receiver: *mut pg_sys::DestReceiver,
    completion: *mut pg_sys::QueryCompletion,
) {
    row_type::put_back();
    if !Busy::now() {
        // What is left belongs to an earlier statement, such as a parameter that was bound.
        columns::forget_pending();
    }
    // SAFETY: the next hook gets what we got.
    unsafe {
        let node = (*statement).utilityStmt;
        if needs_a_lonely_database(node) {
            queue::ask_workers_to_leave();
        }
        refuse_to_rename_our_schemas(node);
        let dropped = database_to_drop(node);
        match PREVIOUS_UTILITY.get() {
            Some(previous) => pg_sys::submodules::ffi::pg_guard_ffi_boundary(|| {
                previous(
                    statement,
                    source,
                    read_only_tree,
                    context,
                    parameters,
                    environment,
                    receiver,
                    completion,
                );
            }),
            None => pg_sys::standard_ProcessUtility(
                statement,
                source,
                read_only_tree,
                context,
                parameters,
                environment,
                receiver,
                completion,
            ),
        }
        if let Some(database) = dropped {
            queue::abandon(database);
        }
    }
}

/// Every statement of ours names its schemas, so after a rename nothing would work, the record of what is asked first of all.
unsafe fn refuse_to_rename_our_schemas(statement: *mut pg_sys::Node) {
    // SAFETY: the tag says which structure the node is; look-ups in the catalog, in a transaction because a rename needs one.
    unsafe {
        if (*statement).type_ != NodeTag::T_RenameStmt {
            return;
        }
        let rename = statement.cast::<pg_sys::RenameStmt>();
        if (*rename).renameType != pg_sys::ObjectType::OBJECT_SCHEMA {
            return;
        }
        let extension = pg_sys::get_extension_oid(c"insightflow".as_ptr(), true);
        let schema = pg_sys::get_namespace_oid((*rename).subname, true);
        if extension == Oid::INVALID || schema == Oid::INVALID {
            return;
        }
        let name = CStr::from_ptr((*rename).subname).to_string_lossy();
        // One that a session without the library has renamed gets its name back.
        if ["insightflow", "insightflow_history"].contains(&&*name)
            && pg_sys::getExtensionOfObject(pg_sys::NamespaceRelationId, schema) == extension
        {
            raise(
                Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    format!("schema {name} belongs to extension insightflow and keeps its name"),
                )
                .with_hint("The schema that ask() stands in can be renamed."),
            );
        }
    }
}

/// The database that a statement drops, if it exists.
unsafe fn database_to_drop(statement: *mut pg_sys::Node) -> Option<Oid> {
    // SAFETY: the tag says which structure the node is; a look-up in the catalog.
    unsafe {
        if (*statement).type_ != NodeTag::T_DropdbStmt {
            return None;
        }
        let name = (*statement.cast::<pg_sys::DropdbStmt>()).dbname;
        let database = pg_sys::get_database_oid(name, true);
        (database != Oid::INVALID).then_some(database)
    }
}

/// Whether PostgreSQL will want a database without connections: to drop it, to copy it, to rename it, to move it.
unsafe fn needs_a_lonely_database(statement: *mut pg_sys::Node) -> bool {
    // SAFETY: the tag says which structure the node is.
    unsafe {
        match (*statement).type_ {
            NodeTag::T_DropdbStmt | NodeTag::T_CreatedbStmt | NodeTag::T_AlterDatabaseStmt => true,
            NodeTag::T_RenameStmt => {
                (*statement.cast::<pg_sys::RenameStmt>()).renameType
                    == pg_sys::ObjectType::OBJECT_DATABASE
            }
            _ => false,
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_object_access(
    access: pg_sys::ObjectAccessType::Type,
    class: Oid,
    object: Oid,
    sub_object: c_int,
    argument: *mut c_void,
) {
    if let Some(previous) = PREVIOUS_ACCESS.get() {
        // SAFETY: the next hook gets what we got.
        unsafe {
            pg_sys::submodules::ffi::pg_guard_ffi_boundary(|| {
                previous(access, class, object, sub_object, argument)
            })
        };
    }
    let stored = matches!(
        access,
        pg_sys::ObjectAccessType::OAT_POST_CREATE | pg_sys::ObjectAccessType::OAT_POST_ALTER
    ) && [
        pg_sys::ProcedureRelationId,
        REWRITE_RELATION,
        POLICY_RELATION,
    ]
    .contains(&class);
    if stored && !Busy::now() && columns::any_pending() {
        columns::forget_pending();
        raise(
            Error::new(SqlState::FEATURE_NOT_SUPPORTED, "a question cannot be stored in a rule, a policy or a BEGIN ATOMIC function body")
                .with_hint("Create a view from the answer (CREATE VIEW v AS SELECT * FROM ask('…')) and use the view."),
        );
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn at_transaction_end(
    event: pg_sys::XactEvent::Type,
    _argument: *mut c_void,
) {
    match event {
        pg_sys::XactEvent::XACT_EVENT_PRE_COMMIT => audit::before_commit(),
        pg_sys::XactEvent::XACT_EVENT_ABORT
        | pg_sys::XactEvent::XACT_EVENT_COMMIT
        | pg_sys::XactEvent::XACT_EVENT_PREPARE => {
            row_type::put_back();
            columns::forget_pending();
            audit::after_transaction();
        }
        _ => {}
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn at_subtransaction_end(
    event: pg_sys::SubXactEvent::Type,
    _subtransaction: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _argument: *mut c_void,
) {
    if event == pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB && !Busy::now() {
        row_type::put_back();
    }
}
