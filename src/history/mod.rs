//! Who asked what, and what became of it: `insightflow.query_log`.
//!
//! A [`Record`] is open from the call to its end. [`Record::answered`] and [`Record::failed`] are the only ways out, and each
//! leaves exactly one [`Entry`], which `postgres::audit` brings to the table or to the server log. A record that is still
//! open when the session itself ends (it was terminated) is closed by [`close_all`].
//!
//! With the library preloaded an entry goes into a queue in shared memory ([`queue`]), from which a background worker
//! inserts it in a transaction of its own: what becomes of the caller's transaction does not matter.

pub mod clock;
pub mod paid;
pub mod queue;
pub mod stages;

use crate::error::{Error, SqlState};
use crate::execute::Outcome;
use crate::postgres::audit;
use crate::translate::Source;
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};
use uuid::Uuid;

/// The longest text of an entry, in bytes: that of the longest statement which the guard looks at. What is longer was refused for
/// its length, and is cut.
const LONGEST_TEXT: usize = 64 * 1024;

/// One question, as a row of `insightflow.query_log`: the fields are its columns.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Version 7: ids sort by time (RFC 9562).
    pub id: Uuid,
    /// As [`clock::utc`] writes it.
    pub asked_at: String,
    pub session_role: String,
    pub role: String,
    /// `None` for a statement of the caller (`insightflow.run`).
    pub question: Option<String>,
    pub sql: Option<String>,
    /// `answered`, `refused`, `failed`, or `translated`: a model was paid for a question that was not run.
    pub status: &'static str,
    pub error: Option<String>,
    pub sqlstate: Option<&'static str>,
    pub row_count: Option<u64>,
    pub truncated: Option<bool>,
    /// Finding the SQL, also that of a literal question while its statement was analyzed; almost nothing when it was known.
    pub translate_ms: Option<f64>,
    /// Parsing, checking and planning.
    pub prepare_ms: Option<f64>,
    pub execute_ms: Option<f64>,
    /// From the call to the last row, and what its translation took before.
    pub total_ms: f64,
    pub source: Option<&'static str>,
    /// What a language model had to do with it; all `None` and 0 when none was asked.
    pub provider: Option<String>,
    pub model: Option<String>,
    pub input_tokens: Option<u32>,
    pub output_tokens: Option<u32>,
    pub cache_read_tokens: Option<u32>,
    pub cache_write_tokens: Option<u32>,
    /// US dollars.
    pub cost_usd: Option<f64>,
    pub retries: u32,
    pub repairs: u32,
    pub application_name: Option<String>,
    pub client_address: Option<String>,
    /// What the asker was told of his answer: row security, cut rows, and what the translator was not sure of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl Entry {
    /// What is known when a question arrives. It reads the catalog.
    fn new(question: Option<&str>) -> Entry {
        let asker = audit::asker();
        Entry {
            id: Uuid::now_v7(),
            asked_at: clock::utc(SystemTime::now()),
            session_role: asker.session_role,
            role: asker.role,
            question: question.map(cut),
            sql: None,
            status: "answered",
            error: None,
            sqlstate: None,
            row_count: None,
            truncated: None,
            translate_ms: None,
            prepare_ms: None,
            execute_ms: None,
            total_ms: 0.0,
            source: None,
            provider: None,
            model: None,
            input_tokens: None,
            output_tokens: None,
            cache_read_tokens: None,
            cache_write_tokens: None,
            cost_usd: None,
            retries: 0,
            repairs: 0,
            application_name: asker.application_name,
            client_address: asker.client_address,
            warnings: Vec::new(),
        }
    }
}

/// A question on its way.
#[derive(Debug)]
pub struct Record {
    open: Rc<Open>,
}

#[derive(Debug)]
struct Open {
    entry: RefCell<Entry>,
    started: Instant,
    /// What had been spent on the question before that.
    before: Cell<Duration>,
}

thread_local! {
    /// The records of this session that have no end yet.
    static OPEN: RefCell<Vec<Rc<Open>>> = const { RefCell::new(Vec::new()) };
}

impl Record {
    /// A question arrives; `None` for a statement of the caller.
    pub fn begin(question: Option<&str>) -> Record {
        audit::watch_exit();
        let open = Rc::new(Open {
            entry: RefCell::new(Entry::new(question)),
            started: Instant::now(),
            before: Cell::new(Duration::ZERO),
        });
        OPEN.with_borrow_mut(|all| all.push(Rc::clone(&open)));
        Record { open }
    }

    /// What an error message and the history call this question.
    pub fn id(&self) -> Uuid {
        self.open.entry.borrow().id
    }

    /// What was asked: the statement, or else the question.
    pub fn text(&self) -> String {
        let entry = self.open.entry.borrow();
        let text = entry.sql.as_ref().or(entry.question.as_ref());
        text.cloned().unwrap_or_default()
    }

    /// The statement that will run, known since [`Record::begin`].
    pub fn statement(&self, sql: &str, source: Source) {
        let mut entry = self.open.entry.borrow_mut();
        entry.sql = Some(cut(sql));
        entry.source = Some(source.name());
        if entry.question.is_some() {
            let analyzed = entry.question.as_deref().map(stages::take);
            let analyzed = analyzed.unwrap_or_default();
            self.open.before.set(analyzed);
            entry.translate_ms = Some(milliseconds(analyzed + self.open.started.elapsed()));
        }
    }

    /// What the translator was not sure of.
    pub fn warned(&self, warnings: &[String]) {
        let mut entry = self.open.entry.borrow_mut();
        entry.warnings.extend(warnings.iter().map(|text| cut(text)));
    }

    /// The rows are there.
    pub fn answered(self, outcome: &Outcome) {
        self.warned(&outcome.warnings);
        {
            let mut entry = self.open.entry.borrow_mut();
            entry.row_count = Some(outcome.rows);
            entry.truncated = Some(outcome.truncated);
            entry.prepare_ms = Some(milliseconds(outcome.prepare));
            entry.execute_ms = Some(milliseconds(outcome.execute));
        }
        self.close();
    }

    /// There will be an error.
    pub fn failed(self, error: &Error) {
        self.open.fail(error);
        self.close();
    }

    fn close(self) {
        // Written first: should the session be ended while it waits for room, the record is still open.
        self.open.write(true);
    }
}

impl Drop for Record {
    /// Without an end it leaves nothing: the analysis of a literal question is no question yet.
    fn drop(&mut self) {
        OPEN.with_borrow_mut(|all| all.retain(|open| !Rc::ptr_eq(open, &self.open)));
    }
}

impl Open {
    fn fail(&self, error: &Error) {
        let mut entry = self.entry.borrow_mut();
        entry.status = match error.state {
            SqlState::INSUFFICIENT_PRIVILEGE => "refused",
            _ => "failed",
        };
        entry.error = Some(cut(&error.message));
        entry.sqlstate = Some(error.state.0);
    }

    fn write(&self, may_wait: bool) {
        let entry = {
            let mut entry = self.entry.borrow_mut();
            entry.total_ms = milliseconds(self.before.get() + self.started.elapsed());
            paid::settle(&mut entry);
            entry.clone()
        };
        audit::write(&entry, may_wait);
    }
}

/// The session ends with this error while questions are under way.
pub fn close_all(error: &Error) {
    for open in OPEN.take() {
        open.fail(error);
        open.write(false);
    }
    paid::close_all();
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// The text, or as much of it as an entry takes.
fn cut(text: &str) -> String {
    if text.len() <= LONGEST_TEXT {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(LONGEST_TEXT)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("total sales"), "total sales");
        let long = "é".repeat(LONGEST_TEXT);
        let kept = cut(&long);
        assert!(kept.ends_with('…'));
        assert_eq!(kept.chars().count(), LONGEST_TEXT / 2 + 1);
        assert_eq!(
            cut(&format!("x{long}"))
                .chars()
                .filter(|c| *c == 'é')
                .count(),
            LONGEST_TEXT / 2 - 1
        );
    }
}
