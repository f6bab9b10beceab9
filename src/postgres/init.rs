//! What happens when the library is loaded: by `shared_preload_libraries`, by `LOAD`, or by the first call of
//! one of its functions, which for `ask('…')` is in the middle of the analysis of that very statement.

use crate::settings;
use pgrx::prelude::*;

/// Called by PostgreSQL once per process (or once in the postmaster, whose children inherit the result).
#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    forget_backtrace_settings();
    settings::register();
    super::shared::install();
    super::analysis::install();
    super::lifecycle::install();
    // The prefix is not reserved (MarkGUCPrefixReserved): a database may carry settings of another version of this
    // extension, and with a reserved prefix every connection to it would complain or fail.
}

/// pgrx puts a Rust backtrace into the DETAIL of errors when these are set in the server's environment, and users
/// must never see one.
fn forget_backtrace_settings() {
    for name in ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"] {
        // SAFETY: PostgreSQL's processes have one thread, so nobody reads the environment meanwhile.
        unsafe { std::env::remove_var(name) };
    }
}
