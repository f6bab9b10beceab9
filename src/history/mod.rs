//! Who asked what, and what became of it: `insightflow.query_log`.
//!
//! [`record`] is the one way in. For now a row is written in the caller's transaction, as the owner of the table, so
//! that nobody else needs the right to write there. Where no row can be written, or would not last (a read-only
//! transaction, a standby, a statement that fails), the same record goes to the server log as one line of JSON.
//!
//! A caller sees the rows of his current role (`query_log.role = current_user`): the role whose rights the answer had.
//! `session_role` says who was logged in. The owner of the extension and superusers see all.

use crate::error::Error;
use crate::postgres::{query_log, report, session};
use crate::translate::Source;
use std::time::Duration;
use uuid::Uuid;

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It ran, and its rows went to the caller.
    Answered,
    /// It was not understood, or the guard said no.
    Refused,
    /// PostgreSQL raised an error while it was analyzed or ran: a timeout, a division by zero.
    Failed,
}

impl Status {
    /// As it stands in `query_log.status`.
    pub fn name(self) -> &'static str {
        match self {
            Status::Answered => "answered",
            Status::Refused => "refused",
            Status::Failed => "failed",
        }
    }
}

/// One question and its end.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// `None` for `insightflow.run`.
    pub question: Option<&'a str>,
    /// `None` when there was no translation.
    pub sql: Option<&'a str>,
    pub status: Status,
    pub error: Option<&'a Error>,
    pub row_count: Option<u64>,
    pub truncated: bool,
    pub source: Source,
    pub translate: Option<Duration>,
    /// Checking and planning.
    pub guard: Option<Duration>,
    pub execute: Option<Duration>,
    pub total: Duration,
}

/// Notes a question. A record of a failure goes to the server log, because its transaction is about to be rolled back.
///
/// PostgreSQL's errors (no space, a cancel) pass: an answer that cannot be recorded is not given.
pub fn record(record: &Record) {
    let row = Row {
        id: Uuid::now_v7(),
        role: session::role_name(session::current_user()).unwrap_or_default(),
        session_role: session::role_name(session::session_user()).unwrap_or_default(),
        record,
    };
    if record.status != Status::Answered || !query_log::insert(&row) {
        report::log(format!("insightflow query_log: {}", row.json()));
    }
}

/// A record with what is known of the session.
pub struct Row<'a> {
    pub id: Uuid,
    pub role: String,
    pub session_role: String,
    pub record: &'a Record<'a>,
}

impl Row<'_> {
    /// One line, with the names of the table's columns as keys.
    fn json(&self) -> String {
        let record = self.record;
        serde_json::json!({
            "id": self.id.to_string(),
            "session_role": self.session_role,
            "role": self.role,
            "question": record.question,
            "sql": record.sql,
            "status": record.status.name(),
            "error": record.error.map(|error| &error.message),
            "sqlstate": record.error.map(|error| error.state.0),
            "row_count": record.row_count,
            "truncated": record.truncated,
            "source": record.source.name(),
            "translate_ms": record.translate.map(milliseconds),
            "guard_ms": record.guard.map(milliseconds),
            "execute_ms": record.execute.map(milliseconds),
            "total_ms": milliseconds(record.total),
        })
        .to_string()
    }
}

/// Milliseconds with a fraction, as all `_ms` columns hold them.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line_of_json() {
        let error = Error::question("first line\nsecond \"line\"");
        let record = Record {
            question: Some("a\nb"),
            sql: None,
            status: Status::Refused,
            error: Some(&error),
            row_count: None,
            truncated: false,
            source: Source::Embedded,
            translate: Some(Duration::from_micros(1_500)),
            guard: None,
            execute: None,
            total: Duration::from_millis(2),
        };
        let row = Row {
            id: Uuid::nil(),
            role: "r".into(),
            session_role: "s".into(),
            record: &record,
        };
        let line = row.json();
        assert!(!line.contains('\n'));
        let parsed: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
        assert_eq!(parsed["question"], "a\nb");
        assert_eq!(parsed["translate_ms"], 1.5);
        assert_eq!(parsed["sqlstate"], "22023");
        assert_eq!(parsed["sql"], serde_json::Value::Null);
    }
}
