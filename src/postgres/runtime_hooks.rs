//! The second line: while a governed statement runs, PostgreSQL's own hooks apply the guard's policy to what analysis,
//! planner and executor really touch.
//!
//! Invariant: outside the cage the hooks cost one comparison and pass everything on. [`Watch`] counts, so cages may nest.

use super::{facts, report, walk};
use crate::error::Error;
use crate::guard::policy::{Trust, Verdict};
use pgrx::pg_guard;
use pgrx::pg_sys::{self, Oid};
use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::sync::Once;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}
static INSTALL: Once = Once::new();

static mut PREVIOUS_ACCESS: pg_sys::object_access_hook_type = None;
static mut PREVIOUS_PERMISSIONS: pg_sys::ExecutorCheckPerms_hook_type = None;
static mut PREVIOUS_UTILITY: pg_sys::ProcessUtility_hook_type = None;

/// True while a governed statement is analyzed, planned or run. Hooks of other parts of the extension let it alone then.
pub fn watching() -> bool {
    DEPTH.get() > 0
}

/// The hooks are active while this lives.
#[derive(Debug)]
pub struct Watch(());

/// Turns the hooks on.
pub fn watch() -> Watch {
    INSTALL.call_once(install);
    DEPTH.set(DEPTH.get() + 1);
    Watch(())
}

impl Drop for Watch {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
    }
}

fn install() {
    // SAFETY: hooks are variables of the backend's one thread. They are set at the first governed statement, so a backend
    // that never asks is not touched.
    unsafe {
        PREVIOUS_ACCESS = pg_sys::object_access_hook;
        pg_sys::object_access_hook = Some(on_access);
        PREVIOUS_PERMISSIONS = pg_sys::ExecutorCheckPerms_hook;
        pg_sys::ExecutorCheckPerms_hook = Some(on_permissions);
        PREVIOUS_UTILITY = pg_sys::ProcessUtility_hook;
        pg_sys::ProcessUtility_hook = Some(on_utility);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_access(
    access: pg_sys::ObjectAccessType::Type,
    class: Oid,
    object: Oid,
    part: c_int,
    arg: *mut c_void,
) {
    if watching() {
        match access {
            pg_sys::ObjectAccessType::OAT_FUNCTION_EXECUTE => {
                // Whom the DBA trusts does not matter for PostgreSQL's own functions, which are most.
                let own = object.to_u32() < facts::FIRST_USER_OID;
                let trust = if own {
                    Trust::default()
                } else {
                    facts::trust()
                };
                if let Verdict::Refused(rule) = facts::verdict(object, &trust) {
                    report::raise(facts::refusal(object, &rule));
                }
            }
            pg_sys::ObjectAccessType::OAT_NAMESPACE_SEARCH => {}
            _ => report::raise(
                Error::refused("the guard refuses to create, change or drop an object")
                    .with_detail("A function that the statement calls tried to."),
            ),
        }
    }
    // SAFETY: the hook that was there before gets the same arguments.
    unsafe {
        if let Some(previous) = PREVIOUS_ACCESS {
            pg_sys::ffi::pg_guard_ffi_boundary(|| previous(access, class, object, part, arg));
        }
    }
}

/// Applies the policy to the relations of a plan. What the statement itself names was judged by the walk.
unsafe fn check_relations(range_table: *mut pg_sys::List) {
    let trust = facts::trust();
    // SAFETY: the list holds RangeTblEntries.
    for entry in unsafe { walk::nodes(range_table) } {
        let entry = entry.cast::<pg_sys::RangeTblEntry>();
        unsafe {
            if (*entry).rtekind == pg_sys::RTEKind::RTE_RELATION {
                report::unwrap_or_raise(facts::judge_relation((*entry).relid, true, &trust));
            }
        }
    }
}

#[cfg(feature = "pg15")]
#[pg_guard]
unsafe extern "C-unwind" fn on_permissions(range_table: *mut pg_sys::List, raise: bool) -> bool {
    // SAFETY: the hook that was there before gets the same arguments.
    unsafe {
        if watching() {
            check_relations(range_table);
        }
        match PREVIOUS_PERMISSIONS {
            Some(previous) => pg_sys::ffi::pg_guard_ffi_boundary(|| previous(range_table, raise)),
            None => true,
        }
    }
}

#[cfg(not(feature = "pg15"))]
#[pg_guard]
unsafe extern "C-unwind" fn on_permissions(
    range_table: *mut pg_sys::List,
    permissions: *mut pg_sys::List,
    raise: bool,
) -> bool {
    // SAFETY: the hook that was there before gets the same arguments.
    unsafe {
        if watching() {
            check_relations(range_table);
        }
        match PREVIOUS_PERMISSIONS {
            Some(previous) => {
                pg_sys::ffi::pg_guard_ffi_boundary(|| previous(range_table, permissions, raise))
            }
            None => true,
        }
    }
}

#[pg_guard]
#[allow(clippy::too_many_arguments)]
unsafe extern "C-unwind" fn on_utility(
    statement: *mut pg_sys::PlannedStmt,
    text: *const c_char,
    read_only: bool,
    context: pg_sys::ProcessUtilityContext::Type,
    params: pg_sys::ParamListInfo,
    environment: *mut pg_sys::QueryEnvironment,
    destination: *mut pg_sys::DestReceiver,
    completion: *mut pg_sys::QueryCompletion,
) {
    if watching() {
        report::raise(
            Error::refused("the guard refuses a command other than SELECT")
                .with_detail("A function that the statement calls tried to run one."),
        );
    }
    // SAFETY: the hook that was there before, or PostgreSQL's own function, gets the same arguments.
    unsafe {
        match PREVIOUS_UTILITY {
            Some(previous) => pg_sys::ffi::pg_guard_ffi_boundary(|| {
                previous(
                    statement,
                    text,
                    read_only,
                    context,
                    params,
                    environment,
                    destination,
                    completion,
                )
            }),
            None => pg_sys::standard_ProcessUtility(
                statement,
                text,
                read_only,
                context,
                params,
                environment,
                destination,
                completion,
            ),
        }
    }
}
