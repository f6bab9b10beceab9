//! Runs a statement in the cage: as the caller, read-only, bounded in time, rows and bytes, always rolled back.
//!
//! [`describe`] checks a statement and says what its answer looks like; [`try_run`] checks it again and runs the very tree
//! that was checked. Both take the text, because the catalog may have changed in between: nothing that was found out
//! earlier is trusted.

mod afterword;
pub mod names;

use crate::access;
use crate::error::{Error, Result};
use crate::postgres::cage::Limits;
use crate::postgres::executor::{self, Analysis, Caps};
use crate::postgres::{powers, report};
use crate::settings;
use crate::translate::Source;
use pgrx::pg_sys::panic::CaughtError;
use std::time::Duration;

pub use crate::postgres::executor::Column as OutputColumn;
pub use crate::postgres::sink::Sink;

/// What the guard found out about a statement without running it.
#[derive(Clone, Debug)]
pub struct Description {
    /// Their names are distinct and never empty.
    pub columns: Vec<OutputColumn>,
    /// OIDs of every relation that it reads, views and their insides included.
    pub relations: Vec<u32>,
    /// OIDs of every function that it calls, by operators and casts too.
    pub functions: Vec<u32>,
    /// A policy says which rows of what it reads the caller sees: [`RESTRICTED`].
    pub restricted: bool,
}

/// What whoever asks is told of an answer to which row security applies.
pub const RESTRICTED: &str =
    "row security applies: the answer is made of the rows that the current role may see";

impl From<Analysis> for Description {
    fn from(analysis: Analysis) -> Description {
        Description {
            columns: analysis.columns,
            relations: analysis.relations,
            functions: analysis.functions,
            restricted: analysis.restricted,
        }
    }
}

/// What became of an execution.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub rows: u64,
    /// There is no row, or one of nothing but nulls and zeros.
    pub nothing: bool,
    /// `insightflow.max_rows` or `insightflow.max_result_bytes` cut the answer; a WARNING has said so.
    pub truncated: bool,
    /// Parsing, checking and planning.
    pub prepare: Duration,
    pub execute: Duration,
    /// What the caller has been told of the answer.
    pub warnings: Vec<String>,
}

/// Checks a statement in the cage. It is never run.
///
/// # Errors
/// 42501 when the guard refuses, 54000 when it is too long or too complex, 57014 when the time is over. PostgreSQL's own
/// errors (an unknown column) go on as such.
pub fn describe(sql: &str, origin: Source) -> Result<Description> {
    check_origin(origin)?;
    executor::analyze(sql, limits()).map(Description::from)
}

/// Like [`describe`], with PostgreSQL's own errors as data; their effects are undone.
/// A cancel of the user, and an error of the system, go on as such.
///
/// # Errors
/// As [`describe`], and PostgreSQL's.
pub fn try_describe(sql: &str, origin: Source) -> Result<Description> {
    check_origin(origin)?;
    match executor::try_analyze(sql, limits()) {
        Ok(result) => result.map(Description::from),
        Err((caught, position)) => {
            let mut error = report::from_postgres(caught);
            error.position = position;
            Err(error)
        }
    }
}

/// Checks a statement and runs it in the cage, as the caller. Its rows go to the sink.
///
/// # Errors
/// As [`describe`]; 42804 when its columns are not those that the sink's reader was planned with. The outer one is
/// PostgreSQL's own, its effects undone, for the caller to rethrow.
pub fn try_run(
    sql: &str,
    origin: Source,
    sink: &mut Sink,
) -> std::result::Result<Result<Outcome>, Box<CaughtError>> {
    if let Err(refusal) = check_origin(origin) {
        return Ok(Err(refusal));
    }
    let caps = Caps {
        max_rows: access::limits().max_rows,
        max_bytes: settings::max_result_bytes(),
        max_plan_cost: settings::max_plan_cost(),
    };
    Ok(executor::try_run(sql, limits(), caps, sink)?.map(|done| {
        let mut warnings = Vec::new();
        if done.restricted {
            report::notice(RESTRICTED);
            warnings.push(RESTRICTED.to_owned());
        }
        if done.truncated {
            let cut = format!("the answer was cut after {} rows", done.rows);
            report::warn(
                cut.clone(),
                Some(
                    "Ask for less, or raise insightflow.max_rows and insightflow.max_result_bytes.",
                ),
            );
            warnings.push(cut);
        }
        Outcome {
            rows: done.rows,
            nothing: done.nothing,
            truncated: done.truncated,
            prepare: done.prepare,
            execute: done.execute,
            warnings,
        }
    }))
}

/// More than this an afterword may not cost, in the planner's units: a fifth of a second's work at most, so that no answer takes much longer for it.
const AFTERWORD_COST: f64 = 20_000.0;

/// What else is to be said of the answer to a question: which times the data covers when none of its rows lies in the time that the
/// statement asks for, and that a LIMIT has cut equal rows apart. Nothing where that costs much, or where it fails; a cancel of the
/// user, and an error of the system, go on as such.
pub fn afterword(sql: &str, origin: Source, outcome: &Outcome) -> Vec<String> {
    let mut said = Vec::new();
    // Statements of others may be of any depth and cost.
    if origin != Source::Embedded {
        return said;
    }
    if outcome.nothing
        && let Some(coverage) = afterword::coverage(sql)
        && let Some([Some(first), Some(last), Some(held)]) = kept(&coverage.sql, origin).as_deref()
        && held == "f"
    {
        said.push(format!(
            "no row lies in the time that is asked for: {} goes from {first} to {last}",
            coverage.of
        ));
    }
    if !outcome.truncated
        && outcome.rows > 0
        && let Some(cut) = afterword::cut(sql)
        && cut.limit == outcome.rows
        && let Some([Some(split)]) = kept(&cut.sql, origin).as_deref()
        && split == "t"
    {
        said.push(format!(
            "more rows are equal to the last of the first {}: they are cut off in the order of their keys",
            cut.limit
        ));
    }
    said
}

/// The texts of the only row of a statement of our own, run in the cage as any other.
fn kept(sql: &str, origin: Source) -> Option<Vec<Option<String>>> {
    let caps = Caps {
        max_rows: 1,
        max_bytes: 1_000,
        max_plan_cost: Some(
            settings::max_plan_cost().map_or(AFTERWORD_COST, |cost| cost.min(AFTERWORD_COST)),
        ),
    };
    check_origin(origin).ok()?;
    match executor::try_run(sql, limits(), caps, &mut Sink::kept()) {
        Ok(done) => done.ok().map(|done| done.kept),
        Err(caught) => {
            // What may not be swallowed is raised again here; any other failure leaves the answer as it is.
            report::from_postgres(caught);
            None
        }
    }
}

/// What a model wrote does not get the rights of an all-powerful role, unless `insightflow.allow_superuser` says so. What the
/// embedded translator wrote, a person approved, or the caller himself wrote, does.
///
/// # Errors
/// 42501.
pub fn check_origin(origin: Source) -> Result<()> {
    if origin != Source::Model || settings::allow_superuser() {
        return Ok(());
    }
    let Some(reason) = powers::too_much() else {
        return Ok(());
    };
    Err(
        Error::refused("the guard refuses SQL from a language model for an all-powerful role")
            .with_detail(format!("Here {reason}."))
            .with_hint("Ask as an ordinary role (SET ROLE), or have a superuser set insightflow.allow_superuser = on."),
    )
}

fn limits() -> Limits {
    Limits {
        timeout_ms: access::limits().timeout_ms,
        temp_file_limit_kb: settings::temp_file_limit(),
    }
}
