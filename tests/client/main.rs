//! Tests from the client's side: several sessions, the extended protocol, binary formats, servers of their own.
//!
//! They run against a server that has the extension installed: `make test` starts one and says where it is by
//! `PGHOST`, `PGPORT` and `PGUSER` (a superuser); `INSIGHTFLOW_BINDIR` is the folder of its programs, for the tests that
//! start a server of their own. Two tests need an older PostgreSQL with the extension too, whose programs are in
//! `INSIGHTFLOW_OLDER_BINDIR`; they are ignored where there is none. Each test has a database of its own, so they run side by side.

mod afterword;
mod bad_input;
mod catalog;
mod columns;
mod crash;
mod date_forms;
mod feedback;
mod governed;
mod guard;
mod guard_fuzz;
mod history;
mod injection;
mod life;
mod limits;
mod neighbours;
mod ownership;
mod parts;
mod pattern_dates;
mod pattern_forms;
mod pattern_why;
mod patterns;
mod privacy;
mod promises;
// Each test uses a part of it.
#[allow(dead_code, unused_imports)]
mod provider;
mod question_fuzz;
mod recurring;
mod roles;
mod routing;
mod row_security;
mod server;
mod shared_translations;
mod soak;
mod spending;
mod standby;
mod stored_dates;
mod support;
mod taken_keys;
mod upgrade;
mod values;
mod vocabulary;
mod wire;
