//! What the catalog says about functions, relations and types, for the guard's policy.
//!
//! Verdicts on built-in functions are kept until `pg_proc` changes. Verdicts on users' functions are not kept: the DBA's
//! list, owners and extensions change without a message that would tell every backend.

use crate::error::{Error, Result};
use crate::guard::policy::{self, Function, Relation, Rule, Trust, Verdict};
use crate::settings;
use pgrx::pg_sys::{self, Oid};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Objects with a smaller OID were made by initdb (`FirstNormalObjectId` in access/transam.h).
pub const FIRST_USER_OID: u32 = 16_384;

/// Where the DBA's list stands.
pub const ALLOWED_FUNCTION: &CStr = c"allowed_function";
/// The schema of the extension's own objects.
pub const SCHEMA: &CStr = c"insightflow";

thread_local! {
    static BUILTIN: RefCell<HashMap<u32, Verdict>> = RefCell::new(HashMap::new());
}
static STALE: AtomicBool = AtomicBool::new(false);
static WATCH: Once = Once::new();

unsafe extern "C-unwind" fn forget(_arg: pg_sys::Datum, _cache: c_int, _hash: u32) {
    STALE.store(true, Ordering::Relaxed);
}

/// Whom the DBA trusts, as of now.
pub fn trust() -> Trust {
    Trust {
        owners: settings::trusted_owners(),
        extensions: settings::trusted_extensions(),
        foreign_servers: settings::allowed_foreign_servers(),
    }
}

/// The verdict on a function.
pub fn verdict(function: Oid, trust: &Trust) -> Verdict {
    let id = function.to_u32();
    if id >= FIRST_USER_OID {
        return decide(function, trust);
    }
    WATCH.call_once(|| {
        // SAFETY: registers a callback that only sets a flag.
        unsafe {
            pg_sys::CacheRegisterSyscacheCallback(
                pg_sys::SysCacheIdentifier::PROCOID as c_int,
                Some(forget),
                pg_sys::Datum::from(0),
            );
        }
    });
    if STALE.swap(false, Ordering::Relaxed) {
        BUILTIN.with_borrow_mut(HashMap::clear);
    }
    if let Some(known) = BUILTIN.with_borrow(|cache| cache.get(&id).cloned()) {
        // Whether the DBA has listed a function that only reveals is looked up each time.
        if known != Verdict::Nested {
            return known;
        }
    }
    let verdict = decide(function, trust);
    if verdict != Verdict::Nested {
        BUILTIN.with_borrow_mut(|cache| cache.insert(id, verdict.clone()));
    }
    verdict
}

fn decide(oid: Oid, trust: &Trust) -> Verdict {
    match function(oid) {
        Some(function) => policy::judge(&function, trust),
        None => Verdict::Refused(Rule::User),
    }
}

/// The error that tells of a refused function.
pub fn refusal(function: Oid, rule: &Rule) -> Error {
    rule.error(&signature(function))
}

/// The facts about a function, or none when it does not exist.
pub fn function(oid: Oid) -> Option<Function> {
    // SAFETY: the tuple is a pg_proc row, pinned until it is released; what is used of it is copied.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(
            pg_sys::SysCacheIdentifier::PROCOID as c_int,
            pg_sys::Datum::from(oid),
        );
        if tuple.is_null() {
            return None;
        }
        let row = pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_proc>(tuple);
        let name = name_of(&(*row).proname);
        let volatile = (*row).provolatile as u8 == b'v';
        let security_definer = (*row).prosecdef;
        let owner = (*row).proowner;
        pg_sys::ReleaseSysCache(tuple);
        let builtin = oid.to_u32() < FIRST_USER_OID;
        if builtin {
            let listed = matches!(
                crate::guard::builtin::class(&name, volatile),
                crate::guard::builtin::Class::Reveals
            ) && is_listed(oid);
            return Some(Function {
                name,
                builtin,
                volatile,
                security_definer,
                owner: None,
                extension: None,
                listed,
            });
        }
        Some(Function {
            name,
            builtin,
            volatile,
            security_definer,
            owner: text(pg_sys::GetUserNameFromId(owner, true)),
            extension: extension_of(pg_sys::ProcedureRelationId, oid),
            listed: is_listed(oid),
        })
    }
}

/// `schema.name(types)`, fully qualified: what `allowed_function` stores and `regprocedure` reads.
pub fn signature(function: Oid) -> String {
    // SAFETY: returns a palloc'd string, also for a function that does not exist.
    unsafe { text(pg_sys::format_procedure_qualified(function)) }.unwrap_or_default()
}

/// Whether the DBA's list holds the function. The list is small, so it is read from one end to the other.
fn is_listed(function: Oid) -> bool {
    // SAFETY: the table is opened and scanned with a share lock, and closed again; the values are copied. The scan uses a
    // snapshot of its own, so it sees what is committed now.
    unsafe {
        let schema = pg_sys::get_namespace_oid(SCHEMA.as_ptr(), true);
        if schema == Oid::INVALID {
            return false;
        }
        let table = pg_sys::get_relname_relid(ALLOWED_FUNCTION.as_ptr(), schema);
        if table == Oid::INVALID {
            return false;
        }
        let wanted = signature(function);
        let relation = pg_sys::table_open(table, pg_sys::AccessShareLock as c_int);
        let scan = pg_sys::systable_beginscan(
            relation,
            Oid::INVALID,
            false,
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
        );
        let mut found = false;
        while !found {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() {
                break;
            }
            let mut is_null = false;
            let value = pg_sys::heap_getattr(tuple, 1, (*relation).rd_att, &mut is_null);
            if !is_null {
                let listed = text(pg_sys::text_to_cstring(value.cast_mut_ptr()));
                found = listed.as_deref() == Some(wanted.as_str());
            }
        }
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as c_int);
        found
    }
}

/// The facts about a relation, or none when it is gone.
pub fn relation(oid: Oid) -> Option<Relation> {
    // SAFETY: as in `function`.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(
            pg_sys::SysCacheIdentifier::RELOID as c_int,
            pg_sys::Datum::from(oid),
        );
        if tuple.is_null() {
            return None;
        }
        let row = pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_class>(tuple);
        let bare = (*row).relname;
        let name = name_of(&bare);
        let namespace = (*row).relnamespace;
        let kind = char::from((*row).relkind as u8);
        let temporary = (*row).relpersistence as u8 == b't';
        pg_sys::ReleaseSysCache(tuple);
        let schema = text(pg_sys::get_namespace_name(namespace)).unwrap_or_default();
        let builtin = oid.to_u32() < FIRST_USER_OID;
        let server = if kind == 'f' {
            let id = pg_sys::GetForeignServerIdByRelId(oid);
            text((*pg_sys::GetForeignServer(id)).servername)
        } else {
            None
        };
        Some(Relation {
            name: text(pg_sys::quote_qualified_identifier(
                pg_sys::get_namespace_name(namespace),
                bare.data.as_ptr(),
            ))
            .unwrap_or(name),
            builtin,
            kind,
            shadows: temporary && permanent_with_name(&bare),
            extension: if builtin {
                None
            } else {
                extension_of(pg_sys::RelationRelationId, oid)
            },
            schema,
            server,
        })
    }
}

/// Whether a permanent relation of that name would be found on the search path.
unsafe fn permanent_with_name(name: &pg_sys::NameData) -> bool {
    // SAFETY: the list is a copy of the path's OIDs.
    unsafe {
        let path = pg_sys::fetch_search_path(false);
        let mut found = false;
        for namespace in oids(path) {
            if !pg_sys::isTempNamespace(namespace)
                && pg_sys::get_relname_relid(name.data.as_ptr(), namespace) != Oid::INVALID
            {
                found = true;
            }
        }
        pg_sys::list_free(path);
        found
    }
}

/// The elements of a list of OIDs.
pub(super) unsafe fn oids(list: *mut pg_sys::List) -> Vec<Oid> {
    if list.is_null() {
        return Vec::new();
    }
    // SAFETY: a list holds `length` cells.
    unsafe {
        (0..(*list).length as usize)
            .map(|i| (*(*list).elements.add(i)).oid_value)
            .collect()
    }
}

unsafe fn extension_of(class: Oid, object: Oid) -> Option<String> {
    // SAFETY: catalog lookups that return OIDs and a palloc'd name.
    unsafe {
        let extension = pg_sys::getExtensionOfObject(class, object);
        if extension == Oid::INVALID {
            return None;
        }
        text(pg_sys::get_extension_name(extension))
    }
}

fn name_of(name: &pg_sys::NameData) -> String {
    // SAFETY: a NameData is NUL-terminated.
    unsafe { CStr::from_ptr(name.data.as_ptr()) }
        .to_string_lossy()
        .into_owned()
}

/// A C string of PostgreSQL's, copied.
pub(super) unsafe fn text(string: *const c_char) -> Option<String> {
    if string.is_null() {
        return None;
    }
    // SAFETY: the caller passes a NUL-terminated string.
    Some(
        unsafe { CStr::from_ptr(string) }
            .to_string_lossy()
            .into_owned(),
    )
}

/// Whether the current role owns the extension, or is a superuser.
pub fn owns_extension() -> bool {
    // SAFETY: catalog look-ups by name and OID.
    unsafe {
        let extension = pg_sys::get_extension_oid(SCHEMA.as_ptr(), true);
        extension != Oid::INVALID
            && owner_of_extension(extension)
                .is_some_and(|owner| pg_sys::has_privs_of_role(pg_sys::GetUserId(), owner))
    }
}

/// pg_extension.extowner; there is no syscache for that catalog before 18.
unsafe fn owner_of_extension(extension: Oid) -> Option<Oid> {
    // SAFETY: as in `is_listed`; the columns are oid (1) and extowner (3).
    unsafe {
        let relation = pg_sys::table_open(
            pg_sys::ExtensionRelationId,
            pg_sys::AccessShareLock as c_int,
        );
        let scan = pg_sys::systable_beginscan(
            relation,
            Oid::INVALID,
            false,
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
        );
        let mut owner = None;
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() {
                break;
            }
            let mut is_null = false;
            let id = pg_sys::heap_getattr(tuple, 1, (*relation).rd_att, &mut is_null);
            if id == pg_sys::Datum::from(extension) {
                let value = pg_sys::heap_getattr(tuple, 3, (*relation).rd_att, &mut is_null);
                owner = Some(Oid::from(value.value() as u32));
            }
        }
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as c_int);
        owner
    }
}

/// Judges a relation, and the partitions and children that the planner will read with it.
pub(super) fn judge_relation(id: Oid, nested: bool, trust: &Trust) -> Result<()> {
    let Some(facts) = relation(id) else {
        return Ok(());
    };
    policy::judge_relation(&facts, nested, trust)?;
    if matches!(facts.kind, 'r' | 'p') && !facts.builtin {
        // SAFETY: the relation is locked by the analysis; its children are only looked at, as they are now.
        unsafe {
            if pg_sys::ffi::pg_guard_ffi_boundary(|| has_subclass(id)) {
                let children = pg_sys::ffi::pg_guard_ffi_boundary(|| {
                    find_all_inheritors(id, pg_sys::NoLock as c_int, std::ptr::null_mut())
                });
                for child in oids(children) {
                    let foreign =
                        pg_sys::get_rel_relkind(child) as u8 == pg_sys::RELKIND_FOREIGN_TABLE;
                    if let Some(facts) = foreign.then(|| relation(child)).flatten() {
                        policy::judge_relation(&facts, nested, trust)?;
                    }
                }
            }
        }
    }
    Ok(())
}

unsafe extern "C-unwind" {
    // catalog/pg_inherits.h, which pgrx does not bind; they are called through pgrx's boundary.
    fn find_all_inheritors(
        parent: Oid,
        lock: c_int,
        parents: *mut *mut pg_sys::List,
    ) -> *mut pg_sys::List;
    fn has_subclass(relation: Oid) -> bool;
}
