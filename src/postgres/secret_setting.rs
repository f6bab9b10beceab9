//! A setting that holds a secret.
//!
//! Invariant: its value is never shown, to nobody: `SHOW`, `current_setting` and `set_config` give asterisks, and
//! `pg_settings` has no row. (`GUC_SUPERUSER_ONLY` alone would show it to every member of `pg_read_all_settings`, and so of
//! `pg_monitor`.) A value from a place that others can read is not used: what `ALTER ROLE … SET` and `ALTER DATABASE … SET`
//! store is in `pg_db_role_setting`, what `CREATE FUNCTION … SET` stores is in `pg_proc`, for every role to read; the
//! postmaster's command line is in the list of processes; and what postgresql.conf says about a library that is not
//! preloaded is a plain value that any session may SHOW before it loads the library.

use super::report;
use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::{pg_guard, pg_sys};
use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the library was loaded by `shared_preload_libraries`; children of the postmaster inherit it.
static PRELOADED: AtomicBool = AtomicBool::new(false);
/// Whether a value was not used because of where it came from.
static IGNORED: AtomicBool = AtomicBool::new(false);

/// Defines the one secret setting of the library, for superusers.
pub fn define(
    name: &'static CStr,
    short: &'static CStr,
    long: &'static CStr,
    setting: &'static GucSetting<Option<CString>>,
) {
    // SAFETY: called while the library is loaded, on the main thread. The hooks are guarded.
    unsafe {
        if pg_sys::process_shared_preload_libraries_in_progress {
            PRELOADED.store(true, Ordering::Relaxed);
        }
        GucRegistry::define_string_guc_with_hooks(
            name,
            short,
            long,
            setting,
            GucContext::Suset,
            GucFlags::SUPERUSER_ONLY | GucFlags::NO_SHOW_ALL,
            Some(check),
            Some(assign),
            Some(show),
        );
    }
}

/// Whether a value was given in a place where others can read it, and was therefore not used.
pub fn was_ignored() -> bool {
    IGNORED.load(Ordering::Relaxed)
}

#[pg_guard]
unsafe extern "C-unwind" fn check(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    source: pg_sys::GucSource::Type,
) -> bool {
    use pg_sys::GucSource as From;
    // SAFETY: PostgreSQL gives a pointer to a string of its own, which may be NULL and which a check may change.
    let text = unsafe { *value };
    if text.is_null() || unsafe { *text } == 0 {
        return true;
    }
    hide_statement();
    match source {
        From::PGC_S_TEST => {
            report::warn(
                "this value will not be used: what is stored for a role, a database or a function can be read by every role",
                Some(
                    "Remove it, change the key, and put the new one into a file that insightflow.api_key_file names.",
                ),
            );
            true
        }
        From::PGC_S_SESSION | From::PGC_S_CLIENT => true,
        From::PGC_S_FILE if PRELOADED.load(Ordering::Relaxed) => true,
        _ => {
            IGNORED.store(true, Ordering::Relaxed);
            // A refusal would print the value in a WARNING at each connection, so it is emptied instead.
            // SAFETY: the string has at least one character.
            unsafe { *text = 0 };
            true
        }
    }
}

/// The statement that gives the secret (`SET`, `ALTER SYSTEM SET`, `ALTER ROLE … SET`) is taken out of `pg_stat_activity`, where the members of
/// `pg_monitor` would read it. Outside of a statement, as when a configuration is read again, there is nothing to hide.
fn hide_statement() {
    // SAFETY: main thread; the text is copied.
    unsafe {
        if !pg_sys::debug_query_string.is_null() {
            pg_sys::pgstat_report_activity(
                pg_sys::BackendState::STATE_RUNNING,
                c"<statement with a secret>".as_ptr(),
            );
        }
    }
}

thread_local! {
    static IS_SET: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

#[pg_guard]
unsafe extern "C-unwind" fn assign(value: *const c_char, _extra: *mut c_void) {
    // SAFETY: a string or NULL.
    IS_SET.set(!value.is_null() && unsafe { *value } != 0);
}

#[pg_guard]
unsafe extern "C-unwind" fn show() -> *const c_char {
    if IS_SET.get() {
        c"********".as_ptr()
    } else {
        c"".as_ptr()
    }
}
