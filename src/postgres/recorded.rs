//! A question under way: whatever becomes of it is recorded once, and its error tells the user the id of that record.

use super::report;
use crate::error::{Error, Result, SqlState};
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
        Err(caught) => without_guess(report::restated(&caught), &record.text()),
    };
    let shown = with_id(&error, &record);
    record.failed(&error);
    report::raise(shown)
}

/// PostgreSQL's HINT to an unknown column proposes the nearest names, also of columns that the caller has no right to. What he
/// may see cannot be looked up while an error is under way: what he wrote himself is told, and nothing else.
fn without_guess(mut error: Error, text: &str) -> Error {
    let proposes = |hint: &String| {
        hint.split('"')
            .skip(1)
            .step_by(2)
            .flat_map(|quoted| quoted.split('.'))
            .any(|name| !text.contains(name))
    };
    if error.state == SqlState::UNDEFINED_COLUMN {
        error.hint = error.hint.filter(|hint| !proposes(hint));
    }
    error
}

fn with_id(error: &Error, record: &Record) -> Error {
    let line = format!("query_id: {}", record.id());
    let detail = match &error.detail {
        Some(detail) => format!("{detail}\n{line}"),
        None => line,
    };
    error.clone().with_detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_tells_only_what_the_caller_wrote() {
        let hint = |text: &str, state| {
            let error = Error::new(state, "column \"nam\" does not exist").with_hint(text);
            without_guess(error, "SELECT nam FROM client c, (SELECT 1 AS name) AS x").hint
        };
        let unknown = SqlState::UNDEFINED_COLUMN;
        let other = "Perhaps you meant to reference the column \"c.nameplate\".";
        assert_eq!(hint(other, unknown), None);
        assert_eq!(hint(other, SqlState("42P01")).as_deref(), Some(other));
        let own = "Perhaps you meant to reference the column \"x.name\".";
        assert_eq!(hint(own, unknown).as_deref(), Some(own));
    }
}
