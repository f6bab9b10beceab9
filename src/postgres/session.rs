//! Facts about the session: who asks, where names are looked up, what day it is.

use pgrx::pg_sys;
use std::ffi::CStr;

/// OID of the current user: the role whose rights hold.
pub fn current_user() -> u32 {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::GetUserId().to_u32() }
}

/// OID of the database that the session is connected to.
pub fn database() -> u32 {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::MyDatabaseId.to_u32() }
}

/// OID of the user who logged in, or whom a superuser became by SET SESSION AUTHORIZATION.
pub fn session_user() -> u32 {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::GetSessionUserId().to_u32() }
}

/// The name of a role; `None` when it was dropped meanwhile.
pub fn role_name(oid: u32) -> Option<String> {
    // SAFETY: with `noerr` the function gives a palloc'd string or NULL.
    unsafe {
        let name = pg_sys::GetUserNameFromId(oid.into(), true);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}

/// OIDs of the schemas in which names are looked up, first schema first, without the temporary one. Schemas that do
/// not exist or that the role may not use are left out.
pub fn search_path() -> Vec<u32> {
    let mut oids = vec![pg_sys::InvalidOid; 64];
    loop {
        let capacity = i32::try_from(oids.len()).unwrap_or(i32::MAX);
        // SAFETY: the array has as many elements as its length says; the function returns how many there are in
        // all, which may be more.
        let count = unsafe { pg_sys::fetch_search_path_array(oids.as_mut_ptr(), capacity) };
        let count = usize::try_from(count).unwrap_or(0);
        if count <= oids.len() {
            oids.truncate(count);
            return oids.into_iter().map(pg_sys::Oid::to_u32).collect();
        }
        oids.resize(count, pg_sys::InvalidOid);
    }
}

/// The name of a schema; `None` when it was dropped meanwhile.
pub fn schema_name(oid: u32) -> Option<String> {
    // SAFETY: the function gives a palloc'd string or NULL.
    unsafe {
        let name = pg_sys::get_namespace_name(oid.into());
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}

/// The session's time zone, as the setting `TimeZone` names it.
pub fn time_zone() -> String {
    // SAFETY: the setting exists in every session; its text is copied at once.
    unsafe {
        let value = pg_sys::GetConfigOption(c"TimeZone".as_ptr(), true, false);
        if value.is_null() {
            return String::new();
        }
        CStr::from_ptr(value).to_string_lossy().into_owned()
    }
}

/// The current date in the session's time zone as (year, month, day): that of `CURRENT_DATE`, which stands still
/// within a transaction.
pub fn today() -> (i32, u32, u32) {
    /// `POSTGRES_EPOCH_JDATE`: the Julian day number of 2000-01-01, from which PostgreSQL counts dates.
    const EPOCH: i32 = 2_451_545;
    let (mut year, mut month, mut day) = (0, 0, 0);
    // SAFETY: the three pointers are to live integers.
    unsafe {
        let date = pg_sys::GetSQLCurrentDate();
        pg_sys::j2date(date + EPOCH, &mut year, &mut month, &mut day);
    }
    (
        year,
        u32::try_from(month).unwrap_or(1),
        u32::try_from(day).unwrap_or(1),
    )
}
