//! PostgreSQL's own functions, by name. Names are safe here, and only here: a function with an OID of initdb's is the one
//! of that name, whatever else is called the same.
//!
//! The lists hold for every supported version; `tests/security/builtin_functions_<version>.txt` pins what they let through, and a
//! version that brings functions which nobody has judged fails that test.

/// What a built-in function is to the guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Computes.
    Plain,
    /// Shows settings, the catalog, the connection.
    Reveals,
    /// Writes, locks, waits, signals, reads files, runs SQL that is given as text, or makes a value of any type and so
    /// runs that type's checks.
    Acts,
}

/// Volatile, but harmless: they draw a number or read the clock.
const HARMLESS_VOLATILE: &[&str] = &[
    "array_sample",
    "array_shuffle",
    "clock_timestamp",
    "gen_random_uuid",
    "random",
    "random_normal",
    "timeofday",
    "uuidv4",
    "uuidv7",
];

/// `pg_…` functions that compute.
const HARMLESS_PG: &[&str] = &[
    "pg_column_compression",
    "pg_column_size",
    "pg_has_role",
    "pg_size_bytes",
    "pg_size_pretty",
    "pg_typeof",
];

/// Not volatile by their label, and yet they act.
const ACTS: &[&str] = &[
    "array_in",
    "array_recv",
    "domain_in",
    "domain_recv",
    "fmgr_c_validator",
    "fmgr_internal_validator",
    "fmgr_sql_validator",
    "jsonb_populate_record_valid",
    "multirange_in",
    "multirange_recv",
    "pg_input_error_info",
    "pg_input_is_valid",
    "range_in",
    "range_recv",
    "record_in",
    "record_recv",
    "ts_stat",
    "txid_current",
];

/// Beginnings of the names of functions that act.
const ACTS_PREFIX: &[&str] = &[
    "binary_upgrade_",
    "cursor_to_xml",
    "database_to_xml",
    "pg_current_xact_id",
    "query_to_xml",
    "schema_to_xml",
    "table_to_xml",
];

/// Functions that reveal.
const REVEALS: &[&str] = &[
    "aclexplode",
    "col_description",
    "current_query",
    "current_setting",
    "fmgr_internal_function",
    "getpgusername",
    "inet_client_addr",
    "inet_client_port",
    "inet_server_addr",
    "inet_server_port",
    "obj_description",
    "satisfies_hash_partition",
    "shobj_description",
    "ts_debug",
    "txid_current_if_assigned",
    "txid_current_snapshot",
    "txid_status",
];

/// Classifies a built-in function.
pub fn class(name: &str, volatile: bool) -> Class {
    if ACTS.contains(&name) || ACTS_PREFIX.iter().any(|prefix| name.starts_with(prefix)) {
        return Class::Acts;
    }
    if REVEALS.contains(&name) {
        return Class::Reveals;
    }
    if volatile {
        return if HARMLESS_VOLATILE.contains(&name) {
            Class::Plain
        } else {
            Class::Acts
        };
    }
    if name.starts_with("pg_") && !HARMLESS_PG.contains(&name) && !name.starts_with("pg_lsn") {
        return Class::Reveals;
    }
    Class::Plain
}
