//! Who asked what, and what became of it: `insightflow.query_log`.
//!
//! A [`Record`] lives from the call to its end. An answer leaves a row in the caller's own transaction, so the row is gone
//! when that transaction rolls back. Where a row cannot be written, or would not survive (a failed statement, a read-only
//! transaction, a standby), the same record goes to the server log as one line of JSON. [`Record::answered`] and
//! [`Record::failed`] are the only ways out, so another kind of store has one place to stand in.

use crate::error::{Error, SqlState};
use crate::execute::Outcome;
use crate::postgres::audit;
use crate::translate::Source;
use serde::Serialize;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// One question, as a row of `insightflow.query_log`.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// Version 7: ids sort by time (RFC 9562).
    pub id: Uuid,
    /// `None` for a statement of the caller (`insightflow.run`).
    pub question: Option<String>,
    pub sql: Option<String>,
    /// `answered`, `refused` or `failed`.
    pub status: &'static str,
    pub error: Option<String>,
    pub sqlstate: Option<&'static str>,
    pub row_count: Option<u64>,
    pub truncated: Option<bool>,
    pub source: Option<&'static str>,
    /// Finding the SQL; almost nothing when it was known.
    pub translate_ms: Option<f64>,
    /// Parsing, checking and planning.
    pub prepare_ms: Option<f64>,
    pub execute_ms: Option<f64>,
    /// From the call to the last row.
    pub total_ms: f64,
    #[serde(skip)]
    started: Instant,
}

impl Record {
    /// A question arrives; `None` for a statement of the caller.
    pub fn begin(question: Option<&str>) -> Record {
        Record {
            id: Uuid::now_v7(),
            question: question.map(str::to_owned),
            sql: None,
            status: "answered",
            error: None,
            sqlstate: None,
            row_count: None,
            truncated: None,
            source: None,
            translate_ms: None,
            prepare_ms: None,
            execute_ms: None,
            total_ms: 0.0,
            started: Instant::now(),
        }
    }

    /// The statement that will run, known since [`Record::begin`].
    pub fn statement(&mut self, sql: &str, source: Source) {
        self.sql = Some(sql.to_owned());
        self.source = Some(source.name());
        if self.question.is_some() {
            self.translate_ms = Some(milliseconds(self.started.elapsed()));
        }
    }

    /// The rows are there: one row in the log.
    pub fn answered(mut self, outcome: &Outcome) {
        self.row_count = Some(outcome.rows);
        self.truncated = Some(outcome.truncated);
        self.prepare_ms = Some(milliseconds(outcome.prepare));
        self.execute_ms = Some(milliseconds(outcome.execute));
        self.total_ms = milliseconds(self.started.elapsed());
        if audit::writable() {
            audit::insert(&self);
        } else {
            audit::log(&self);
        }
    }

    /// There will be an error. The transaction is about to abort, so the server log keeps the record.
    pub fn failed(mut self, error: &Error) {
        self.status = match error.state {
            SqlState::INSUFFICIENT_PRIVILEGE => "refused",
            _ => "failed",
        };
        self.error = Some(error.message.clone());
        self.sqlstate = Some(error.state.0);
        self.total_ms = milliseconds(self.started.elapsed());
        audit::log(&self);
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
