//! The set-returning functions themselves: `ask`, `insightflow.run` and what a literal call of them becomes.

use super::literal::callable;
use super::report::unwrap_or_raise;
use super::row_type;
use crate::execute::{self, Sink};
use crate::question::Question;
use crate::translate::{self, Source};
use pgrx::pg_sys::{self, Datum, FunctionCallInfo};
use pgrx::prelude::*;

callable!(pg_finfo_answer_table, answer_table, table);
callable!(pg_finfo_ask_rows, ask_rows, ask);
callable!(pg_finfo_run_rows, run_rows, run);
callable!(pg_finfo_ask_typed, ask_typed, typed);

/// `insightflow.answer_table(question, sql, relations)`: a literal call after analysis. Without a question it is a call
/// of `insightflow.run`.
unsafe fn table(call: FunctionCallInfo) -> Datum {
    // SAFETY: the function is called with its three arguments.
    unsafe {
        let source = if argument(call, 0).is_some() {
            Source::Embedded
        } else {
            Source::Caller
        };
        let sql = argument(call, 1).unwrap_or_default();
        finish(call, &sql, source, Sink::rows)
    }
}

/// `insightflow.run` of a text that is computed or bound: one json value per row.
unsafe fn run(call: FunctionCallInfo) -> Datum {
    // SAFETY: the function is strict and has one argument.
    unsafe {
        let sql = argument(call, 0).unwrap_or_default();
        finish(call, &sql, Source::Caller, Sink::json)
    }
}

/// `ask` of a question that is computed or bound: one json value per row.
unsafe fn ask(call: FunctionCallInfo) -> Datum {
    // SAFETY: the function is strict and has one argument.
    unsafe {
        let question = argument(call, 0).unwrap_or_default();
        let translation = unwrap_or_raise(
            Question::parse(&question).and_then(|question| translate::translate(&question)),
        );
        finish(call, &translation.sql, translation.source, Sink::json)
    }
}

/// `ask(question, row_type)`: rows of that type.
unsafe fn typed(call: FunctionCallInfo) -> Datum {
    // SAFETY: the function has two arguments, of which only the type of the second matters.
    unsafe {
        let question = argument(call, 0).unwrap_or_default();
        let translation = unwrap_or_raise(
            Question::parse(&question).and_then(|question| translate::translate(&question)),
        );
        finish(call, &translation.sql, translation.source, Sink::typed)
    }
}

unsafe fn finish(
    call: FunctionCallInfo,
    sql: &str,
    source: Source,
    sink: unsafe fn(FunctionCallInfo) -> Sink,
) -> Datum {
    row_type::put_back();
    // SAFETY: the sink is made for this very call.
    unsafe {
        let mut sink = sink(call);
        unwrap_or_raise(execute::run(sql, source, &mut sink));
        (*call).isnull = true;
    }
    Datum::null()
}

/// A text argument, unless it is null.
unsafe fn argument(call: FunctionCallInfo, index: usize) -> Option<String> {
    // SAFETY: the caller names an argument that the function has.
    unsafe {
        let argument = (*call).args.as_slice(index + 1)[index];
        String::from_datum(argument.value, argument.isnull)
    }
}
