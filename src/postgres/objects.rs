//! Where the extension's own objects are in this database.
//!
//! They are found by what they are (a member of the extension that takes the type `insightflow.question`), never by
//! a name that somebody else can use too: another schema's function called `ask` is left alone. The result is kept
//! until PostgreSQL says that a function, a type or a schema changed, so that CREATE and DROP EXTENSION, also by
//! another session, are seen.

use pgrx::pg_sys::{self, Oid};
use std::cell::Cell;

/// OIDs of the extension's objects. Valid together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objects {
    /// `ask(insightflow.question)`.
    pub ask: Oid,
    /// `insightflow.run(insightflow.statement)`.
    pub run: Oid,
    /// `insightflow.answer_table`: what a literal call becomes.
    pub answer_table: Oid,
    /// The composite type `insightflow.answer_row`.
    pub answer_row: Oid,
}

thread_local! {
    static KEPT: Cell<Option<Objects>> = const { Cell::new(None) };
    static WATCHED: Cell<bool> = const { Cell::new(false) };
}

/// The extension's objects; `None` when the extension is not (or no longer) created in this database.
pub fn objects() -> Option<Objects> {
    if let Some(kept) = KEPT.get() {
        return Some(kept);
    }
    watch();
    let found = find();
    KEPT.set(found);
    found
}

/// Has PostgreSQL tell us when a function, type or schema changes. A callback cannot be taken back, so it is
/// registered once per process.
fn watch() {
    if WATCHED.replace(true) {
        return;
    }
    for cache in [
        pg_sys::SysCacheIdentifier::PROCOID,
        pg_sys::SysCacheIdentifier::TYPEOID,
        pg_sys::SysCacheIdentifier::NAMESPACEOID,
    ] {
        // SAFETY: the callback only clears a cell, which is allowed at any moment.
        unsafe {
            pg_sys::CacheRegisterSyscacheCallback(
                cache as i32,
                Some(forget),
                pg_sys::Datum::from(0),
            )
        };
    }
}

/// An invalidation arrived: look again at the next use.
unsafe extern "C-unwind" fn forget(_argument: pg_sys::Datum, _cache: i32, _hash: u32) {
    KEPT.set(None);
}

/// Whether the schema of the extension's tables has its name. A session that has not loaded the library can rename it.
pub fn schema_is_in_place() -> bool {
    // SAFETY: a look-up by name, in a transaction because a question is on its way.
    unsafe { pg_sys::get_namespace_oid(c"insightflow".as_ptr(), true) != Oid::INVALID }
}

fn find() -> Option<Objects> {
    // SAFETY: we are in a transaction (a function or a hook of ours is running); syscache look-ups are allowed.
    unsafe {
        let extension = pg_sys::get_extension_oid(c"insightflow".as_ptr(), true);
        let schema = pg_sys::get_namespace_oid(c"insightflow".as_ptr(), true);
        if extension == Oid::INVALID || schema == Oid::INVALID {
            return None;
        }
        let question = type_of(schema, c"question")?;
        let statement = type_of(schema, c"statement")?;
        Some(Objects {
            ask: function_of(extension, c"ask", |arguments| arguments == [question])?,
            run: function_of(extension, c"run", |arguments| arguments == [statement])?,
            answer_table: function_of(extension, c"answer_table", |arguments| arguments.len() == 4)
                // As release 0.1.0 created it; a fourth argument does no harm there.
                .or_else(|| {
                    function_of(extension, c"answer_table", |arguments| arguments.len() == 3)
                })?,
            answer_row: type_of(schema, c"answer_row")?,
        })
    }
}

unsafe fn type_of(schema: Oid, name: &std::ffi::CStr) -> Option<Oid> {
    // SAFETY: plain syscache look-up by name and schema.
    let oid = unsafe {
        pg_sys::GetSysCacheOid(
            pg_sys::SysCacheIdentifier::TYPENAMENSP as i32,
            pg_sys::Anum_pg_type_oid as i16,
            pg_sys::Datum::from(name.as_ptr()),
            pg_sys::Datum::from(schema),
            pg_sys::Datum::from(0),
            pg_sys::Datum::from(0),
        )
    };
    (oid != Oid::INVALID).then_some(oid)
}

/// The member of the extension with this name whose argument types are accepted.
unsafe fn function_of(
    extension: Oid,
    name: &std::ffi::CStr,
    accept: impl Fn(&[Oid]) -> bool,
) -> Option<Oid> {
    // SAFETY: the list of a syscache search is valid until it is released; every tuple in it is a pg_proc row, whose
    // proargtypes are fixed-layout and never null.
    unsafe {
        let list = pg_sys::SearchSysCacheList(
            pg_sys::SysCacheIdentifier::PROCNAMEARGSNSP as i32,
            1,
            pg_sys::Datum::from(name.as_ptr()),
            pg_sys::Datum::from(0),
            pg_sys::Datum::from(0),
        );
        let mut found = None;
        for member in (*list)
            .members
            .as_slice(usize::try_from((*list).n_members).unwrap_or(0))
        {
            let tuple = &raw const (**member).tuple;
            let row = pg_sys::GETSTRUCT(tuple.cast_mut()).cast::<pg_sys::FormData_pg_proc>();
            let count = usize::try_from((*row).pronargs).unwrap_or(0);
            let arguments = (*row).proargtypes.values.as_slice(count);
            if accept(arguments)
                && pg_sys::getExtensionOfObject(pg_sys::ProcedureRelationId, (*row).oid)
                    == extension
            {
                found = Some((*row).oid);
                break;
            }
        }
        pg_sys::ReleaseCatCacheList(list);
        found
    }
}

/// Whether the current role may execute a function.
pub fn may_execute(function: Oid) -> bool {
    // SAFETY: both calls only read the catalog.
    unsafe {
        let role = pg_sys::GetUserId();
        #[cfg(feature = "pg15")]
        let result = pg_sys::pg_proc_aclcheck(function, role, pg_sys::ACL_EXECUTE);
        #[cfg(not(feature = "pg15"))]
        let result = pg_sys::object_aclcheck(
            pg_sys::ProcedureRelationId,
            function,
            role,
            pg_sys::ACL_EXECUTE.into(),
        );
        result == pg_sys::AclResult::ACLCHECK_OK
    }
}

/// Raises PostgreSQL's own 42501 when the current role may not execute a function.
pub fn require_execute(function: Oid) {
    if !may_execute(function) {
        // SAFETY: get_func_name returns a palloc'd name or null, and aclcheck_error takes either.
        unsafe {
            pg_sys::aclcheck_error(
                pg_sys::AclResult::ACLCHECK_NO_PRIV,
                pg_sys::ObjectType::OBJECT_FUNCTION,
                pg_sys::get_func_name(function),
            );
        }
    }
}
