//! Roles that may do so much that a statement written by a language model must not have their rights.

use pgrx::pg_sys::{self, Oid};

/// Why the current user's rights are too much for a model's statement; `None` when they are not.
///
/// A statement has the rights of the current user, so his count, and not those of the role that logged in. Inside of a
/// SECURITY DEFINER function the rights are those of somebody who did not ask.
pub fn too_much() -> Option<&'static str> {
    // SAFETY: look-ups in the syscache, in a transaction.
    unsafe {
        let user = pg_sys::GetUserId();
        if pg_sys::InLocalUserIdChange() {
            return Some("a SECURITY DEFINER function is running");
        }
        if pg_sys::superuser_arg(user) {
            return Some("the current role is a superuser");
        }
        if pg_sys::has_bypassrls_privilege(user) {
            return Some("the current role bypasses row-level security");
        }
        let may = |role: u32| pg_sys::has_privs_of_role(user, Oid::from(role));
        [
            (
                pg_sys::ROLE_PG_READ_ALL_DATA,
                "the current role may read all tables (pg_read_all_data)",
            ),
            (
                pg_sys::ROLE_PG_WRITE_ALL_DATA,
                "the current role may write all tables (pg_write_all_data)",
            ),
            (
                pg_sys::ROLE_PG_READ_SERVER_FILES,
                "the current role may read files of the server (pg_read_server_files)",
            ),
            (
                pg_sys::ROLE_PG_WRITE_SERVER_FILES,
                "the current role may write files of the server (pg_write_server_files)",
            ),
            (
                pg_sys::ROLE_PG_EXECUTE_SERVER_PROGRAM,
                "the current role may run programs of the server (pg_execute_server_program)",
            ),
        ]
        .into_iter()
        .find(|&(role, _)| may(role))
        .map(|(_, reason)| reason)
    }
}
