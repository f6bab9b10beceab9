//! An answer is a table: `ask('…')` and `insightflow.run('…')` have the columns and types of their answer.
//!
//! ```text
//! analysis of the statement                                      execution
//! ─────────────────────────                                      ─────────
//! ask('…')   literal of type insightflow.question
//!   └► its input function ─► prepare(): translate, guard, columns
//!        └► postgres::row_type lends these columns to answer_row
//!   ◄── PostgreSQL builds the FROM item, resolves columns, …
//! end of analysis: postgres::analysis replaces the call by
//!   insightflow.answer_table(question, sql, relations, source) AS (columns) ─► answer_table() runs the SQL
//! ```
//!
//! Everything that PostgreSQL has resolved stays as it is: only the function call of the FROM item is replaced in the
//! analyzed tree, so it does not matter in which kind of statement, protocol or language the call stands. In views,
//! materialized views and EXPLAIN the SQL itself is put in as a subquery, which then needs nothing of this extension.
//!
//! A question that is computed or bound has no columns yet when the statement is analyzed; its answer is one json
//! value per row.

use crate::access;
use crate::error::Result;
use crate::execute::{self, Description};
use crate::history::stages;
use crate::question::Question;
use crate::translate::{self, Source, Translation};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;

/// Which function a literal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `ask`: the text is a question.
    Ask,
    /// `insightflow.run`: the text is a SELECT.
    Run,
}

/// A literal call, ready to stand in a statement.
#[derive(Debug)]
pub struct Prepared {
    pub call: Call,
    /// The literal.
    pub text: String,
    /// The statement that gives the answer.
    pub sql: String,
    pub description: Description,
    /// For [`Call::Ask`].
    pub translation: Option<Rc<Translation>>,
}

/// How many calls of the statement under analysis, and of earlier ones, are kept; what is beyond is prepared again.
const KEPT: usize = 64;

thread_local! {
    /// The literal calls of the statement that is being analyzed, latest last.
    static PENDING: RefCell<VecDeque<Rc<Prepared>>> = const { RefCell::new(VecDeque::new()) };
    /// The questions prepared last in this session, latest last.
    static DESCRIBED: RefCell<VecDeque<Rc<Prepared>>> = const { RefCell::new(VecDeque::new()) };
}

/// Translates a question (or takes the statement), has the guard look at it, and finds its columns.
///
/// What was found for a question is found again as long as the session's cache gives the very same translation, that is,
/// until something in the catalog changes. The guard looks again whenever the statement runs.
///
/// # Errors
/// Those of the translation and of the guard.
pub fn prepare(call: Call, text: &str) -> Result<Rc<Prepared>> {
    // It is counted when it is executed; a caller without a quota gets no work done before that.
    access::look()?;
    let (sql, translation) = match call {
        Call::Ask => {
            let started = Instant::now();
            let translation = translate::translate(&Question::parse(text)?)?;
            stages::translated(text, started.elapsed());
            if let Some(known) = described(text, &translation) {
                return Ok(known);
            }
            (translation.sql.clone(), Some(translation))
        }
        Call::Run => (text.to_owned(), None),
    };
    let description = execute::describe(&sql, source(translation.as_deref()))?;
    let prepared = Rc::new(Prepared {
        call,
        text: text.to_owned(),
        sql,
        description,
        translation,
    });
    if call == Call::Ask {
        DESCRIBED.with_borrow_mut(|described| push(described, &prepared));
    }
    Ok(prepared)
}

/// The question as it was prepared before from this translation.
fn described(text: &str, translation: &Rc<Translation>) -> Option<Rc<Prepared>> {
    let same = |known: &&Rc<Prepared>| {
        known.text == text
            && known
                .translation
                .as_ref()
                .is_some_and(|known| Rc::ptr_eq(known, translation))
    };
    DESCRIBED.with_borrow(|described| described.iter().rev().find(same).cloned())
}

/// Keeps one more, and forgets the oldest when there are many.
fn push(kept: &mut VecDeque<Rc<Prepared>>, prepared: &Rc<Prepared>) {
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(Rc::clone(prepared));
}

impl Prepared {
    /// Who wrote the SQL.
    pub fn source(&self) -> Source {
        source(self.translation.as_deref())
    }
}

/// Who wrote the SQL of a call.
fn source(translation: Option<&Translation>) -> Source {
    translation.map_or(Source::Caller, |translation| translation.source)
}

/// Remembers a literal until the analysis of its statement is done.
pub fn keep(prepared: &Rc<Prepared>) {
    PENDING.with_borrow_mut(|pending| push(pending, prepared));
}

/// Whether a literal was met since the last statement was done.
pub fn any_pending() -> bool {
    PENDING.with_borrow(|pending| !pending.is_empty())
}

/// A literal has been dealt with.
pub fn consume(call: Call, text: &str) {
    PENDING
        .with_borrow_mut(|pending| pending.retain(|kept| kept.call != call || kept.text != text));
}

/// Whatever is left belongs to no statement any more.
pub fn forget_pending() {
    PENDING.with_borrow_mut(VecDeque::clear);
}

/// The call of a literal: as prepared by its input function, or prepared now.
///
/// # Errors
/// Those of [`prepare`].
pub fn prepared(call: Call, text: &str) -> Result<Rc<Prepared>> {
    let kept = PENDING.with_borrow(|pending| {
        pending
            .iter()
            .rev()
            .find(|kept| kept.call == call && kept.text == text)
            .cloned()
    });
    kept.map_or_else(|| prepare(call, text), Ok)
}
