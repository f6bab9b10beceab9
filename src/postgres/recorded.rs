//! A question under way: whatever becomes of it is recorded once, and its error tells the user the id of that record.

use super::report;
use crate::error::{Error, Result};
use crate::history::Record;
use pgrx::PgTryBuilder;
use pgrx::pg_sys::panic::CaughtError;
use std::panic::AssertUnwindSafe;

/// Runs `body` for a question and gives back its value. An error, be it ours or PostgreSQL's, closes the record and goes on
/// to the user with a line `query_id: …` in its DETAIL.
pub(super) fn recorded<T>(record: Record, body: impl FnOnce(&Record) -> Result<T>) -> (Record, T) {
    // No subtransaction is rolled back here: nothing is done between the catch and the raise but to write the record, which
    // needs no transaction.
    let outcome: std::result::Result<Result<T>, Box<CaughtError>> =
        PgTryBuilder::new(AssertUnwindSafe(|| Ok(body(&record))))
            .catch_others(|caught| Err(Box::new(caught)))
            .execute();
    let error = match outcome {
        Ok(Ok(value)) => return (record, value),
        Ok(Err(error)) => error,
        Err(caught) => report::restated(&caught),
    };
    let shown = with_id(&error, &record);
    record.failed(&error);
    report::raise(shown)
}

fn with_id(error: &Error, record: &Record) -> Error {
    let line = format!("query_id: {}", record.id());
    let detail = match &error.detail {
        Some(detail) => format!("{detail}\n{line}"),
        None => line,
    };
    error.clone().with_detail(detail)
}
