//! The set-returning functions themselves: `ask`, `insightflow.run`, and what a literal call of them becomes.
//!
//! Each checks that the caller may ask, runs the statement under the guard, says how the question was read, and leaves
//! one record in the history, also when the statement failed.

use super::literal::callable;
use super::objects::{objects, require_execute};
use super::recorded::recorded;
use super::report::{self, notice, raise};
use super::row_type;
use crate::error::{Error, Result, SqlState};
use crate::execute::{self, Sink};
use crate::history::Record;
use crate::question::Question;
use crate::settings;
use crate::translate::{self, Translation};
use pgrx::pg_sys::{self, Datum, FunctionCallInfo};
use pgrx::prelude::*;
use std::rc::Rc;

callable!(pg_finfo_answer_table, answer_table, table);
callable!(pg_finfo_ask_rows, ask_rows, ask);
callable!(pg_finfo_run_rows, run_rows, run);
callable!(pg_finfo_ask_typed, ask_typed, typed);

/// `insightflow.answer_table(question, sql, relations)`: a literal call after analysis. Without a question it is a call
/// of `insightflow.run`.
unsafe fn table(call: FunctionCallInfo) -> Datum {
    // SAFETY: the function has three arguments.
    unsafe {
        let (question, sql) = (argument(call, 0), argument(call, 1));
        // PUBLIC may execute this function, so it looks for the right itself.
        if let Some(objects) = objects() {
            require_execute(match question {
                Some(_) => objects.ask,
                None => objects.run,
            });
        }
        let Some(sql) = sql else {
            raise(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                "the statement is null",
            ));
        };
        match question {
            // The columns were found for this very statement, so it is what runs; what the question means today is
            // asked for its reading alone.
            Some(question) => answer(call, Some(&question), Some(sql), Sink::rows),
            None => answer(call, None, Some(sql), Sink::rows),
        }
    }
}

/// `insightflow.run` of a text that is computed or bound: one json value per row.
unsafe fn run(call: FunctionCallInfo) -> Datum {
    // SAFETY: the function is strict and has one argument.
    unsafe { answer(call, None, argument(call, 0), Sink::json) }
}

/// `ask` of a question that is computed or bound: one json value per row.
unsafe fn ask(call: FunctionCallInfo) -> Datum {
    // SAFETY: the function is strict and has one argument.
    unsafe {
        let question = argument(call, 0).unwrap_or_default();
        answer(call, Some(&question), None, Sink::json)
    }
}

/// `ask(question, row_type)`: rows of that type. No question, no rows.
unsafe fn typed(call: FunctionCallInfo) -> Datum {
    // SAFETY: the function has two arguments, of which only the type of the second matters.
    unsafe {
        let Some(question) = argument(call, 0) else {
            Sink::typed(call);
            (*call).isnull = true;
            return Datum::null();
        };
        answer(call, Some(&question), None, Sink::typed)
    }
}

/// Runs a statement for a call. `sql` is the caller's own, or what a literal question became; otherwise the translation
/// gives it.
unsafe fn answer(
    call: FunctionCallInfo,
    question: Option<&str>,
    sql: Option<String>,
    sink: unsafe fn(FunctionCallInfo) -> Sink,
) -> Datum {
    row_type::put_back();
    let (record, outcome) = recorded(Record::begin(question), |record| {
        let translation = match question.map(translate_text) {
            Some(Err(error)) if sql.is_none() => return Err(error),
            translation => translation.and_then(Result::ok),
        };
        let source = crate::columns::source(translation.as_deref());
        let sql = sql
            .or_else(|| {
                translation
                    .as_ref()
                    .map(|translation| translation.sql.clone())
            })
            .unwrap_or_default();
        record.statement(&sql, source);
        if let Some(translation) = translation
            .as_deref()
            .filter(|translation| translation.sql == sql)
        {
            tell(translation);
        }
        // SAFETY: the sink is made for this very call, before the cage opens.
        let mut sink = unsafe { sink(call) };
        execute::try_run(&sql, source, &mut sink).unwrap_or_else(|caught| caught.rethrow())
    });
    record.answered(&outcome);
    // SAFETY: the rows are in the sink; the call itself has no value.
    unsafe { (*call).isnull = true };
    Datum::null()
}

fn translate_text(question: &str) -> Result<Rc<Translation>> {
    Question::parse(question).and_then(|question| translate::translate(&question))
}

/// Says how a question was read, and what the analyst should know of the answer.
fn tell(translation: &Translation) {
    for warning in &translation.warnings {
        report::warn(warning.clone(), None);
    }
    if settings::show_reading() {
        notice(translation.reading.clone());
    }
}

/// A text argument, unless it is null.
unsafe fn argument(call: FunctionCallInfo, index: usize) -> Option<String> {
    // SAFETY: the caller names an argument that the function has.
    unsafe {
        let argument = (*call).args.as_slice(index + 1)[index];
        String::from_datum(argument.value, argument.isnull)
    }
}
