//! What the guard thinks of a statement, and the DBA's list of functions.

use crate::error::{Error, Result, SqlState};
use crate::execute;
use crate::guard::policy::{self, Verdict};
use crate::postgres::{facts, report};
use crate::translate::Source;
use pgrx::iter::TableIterator;
use pgrx::pg_sys::Oid;
use pgrx::prelude::*;

/// `insightflow.check_sql(sql)`: one row. `reason` is null when the statement may run; it never runs here. What
/// PostgreSQL itself says against the statement is a reason too.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn check_sql(
    sql: &str,
) -> TableIterator<
    'static,
    (
        name!(allowed, bool),
        name!(reason, Option<String>),
        name!(relations, Vec<String>),
        name!(functions, Vec<String>),
    ),
> {
    TableIterator::once(match execute::try_describe(sql, Source::Caller) {
        Ok(found) => (
            true,
            None,
            found
                .relations
                .into_iter()
                .filter_map(|oid| facts::relation(Oid::from(oid)))
                .map(|r| r.name)
                .collect(),
            found
                .functions
                .into_iter()
                .map(|oid| facts::signature(Oid::from(oid)))
                .collect(),
        ),
        Err(error) => {
            let reason = match error.detail {
                Some(detail) => format!("{}: {detail}", error.message),
                None => error.message,
            };
            (false, Some(reason), Vec::new(), Vec::new())
        }
    })
}

/// `insightflow.allow_function(function)`: puts a function on the list of those that answers may call.
#[pg_extern]
fn allow_function(function: Oid) {
    report::unwrap_or_raise(change_list(function, true));
}

/// `insightflow.disallow_function(function)`: takes it off again.
#[pg_extern]
fn disallow_function(function: Oid) {
    report::unwrap_or_raise(change_list(function, false));
}

fn change_list(function: Oid, allow: bool) -> Result<()> {
    if !facts::owns_extension() {
        return Err(Error::refused(
            "only the owner of the extension and superusers decide what answers may call",
        ));
    }
    let Some(mut found) = facts::function(function) else {
        return Err(Error::new(
            SqlState("42883"),
            format!("there is no function with OID {}", function.to_u32()),
        ));
    };
    let signature = facts::signature(function);
    if allow {
        found.listed = true;
        if let Verdict::Refused(rule) = policy::judge(&found, &facts::trust()) {
            let mut error = rule.error(&signature);
            error.message = format!("function {signature} cannot be allowed");
            error.hint = None;
            return Err(error);
        }
    }
    let command = if allow {
        "INSERT INTO insightflow.allowed_function (signature) VALUES ($1) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM insightflow.allowed_function WHERE signature OPERATOR(pg_catalog.=) $1"
    };
    Spi::run_with_args(command, &[signature.into()]).map_err(|error| {
        Error::new(
            SqlState("XX000"),
            format!("the list of allowed functions cannot be changed: {error}"),
        )
    })
}
