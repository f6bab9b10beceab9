//! The set-returning functions themselves: `ask`, `insightflow.run`, and what a literal call of them becomes.
//!
//! Each checks that the caller may ask, runs the statement under the guard, says how the question was read, and leaves
//! one record in the history, also when the statement failed.

use super::literal::callable;
use super::objects::{objects, require_execute};
use super::recorded::recorded;
use super::report::{self, notice, raise};
use super::row_type;
use crate::access;
use crate::error::{Error, SqlState};
use crate::execute::{self, Sink};
use crate::history::Record;
use crate::question::Question;
use crate::settings;
use crate::translate::{self, Source, Translation};
use pgrx::pg_sys::{self, Datum, FunctionCallInfo};
use pgrx::prelude::*;
use std::rc::Rc;

callable!(pg_finfo_answer_table, answer_table, table);
callable!(pg_finfo_ask_rows, ask_rows, ask);
callable!(pg_finfo_run_rows, run_rows, run);
callable!(pg_finfo_ask_typed, ask_typed, typed);

/// `insightflow.answer_table(question, sql, relations, source)`: a literal call after analysis. Without a question it is a
/// call of `insightflow.run`. The three arguments of release 0.1.0 are taken too: there a question's SQL was always the
/// embedded translator's.
unsafe fn table(call: FunctionCallInfo) -> Datum {
    // SAFETY: the function has three arguments, or four.
    unsafe {
        let (question, sql) = (argument(call, 0), argument(call, 1));
        let source = if (*call).nargs > 3 {
            argument(call, 3)
        } else {
            None
        };
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
            // looked up for its reading alone.
            Some(question) => {
                let source = source
                    .and_then(|name| Source::named(&name))
                    .unwrap_or(Source::Embedded);
                answer(call, Some(&question), Some((sql, source)), Sink::rows)
            }
            None => answer(call, None, Some((sql, Source::Caller)), Sink::rows),
        }
    }
}

/// `insightflow.run` of a text that is computed or bound: one json value per row.
unsafe fn run(call: FunctionCallInfo) -> Datum {
    // SAFETY: the function is strict and has one argument.
    unsafe {
        let sql = argument(call, 0).unwrap_or_default();
        answer(call, None, Some((sql, Source::Caller)), Sink::json)
    }
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
    sql: Option<(String, Source)>,
    sink: unsafe fn(FunctionCallInfo) -> Sink,
) -> Datum {
    row_type::put_back();
    let (record, outcome) = recorded(Record::begin(question), |record| {
        // Known before the limits are looked at: a refusal says in its row what was refused.
        if let Some((sql, source)) = &sql {
            record.statement(sql, *source);
        }
        access::admit()?;
        let (sql, source, translation) = match (question, sql) {
            (Some(question), None) => {
                let translation = translate::translate(&Question::parse(question)?)?;
                record.statement(&translation.sql, translation.source);
                (
                    translation.sql.clone(),
                    translation.source,
                    Some(translation),
                )
            }
            (question, Some((sql, source))) => (sql, source, question.and_then(known_translation)),
            (None, None) => {
                return Err(Error::question(
                    "there is neither a question nor a statement",
                ));
            }
        };
        if let Some(translation) = translation
            .as_deref()
            .filter(|translation| translation.sql == sql)
        {
            tell(translation);
            record.warned(&translation.warnings);
        }
        // SAFETY: the sink is made for this very call, before the cage opens.
        let mut sink = unsafe { sink(call) };
        let outcome =
            execute::try_run(&sql, source, &mut sink).unwrap_or_else(|caught| caught.rethrow())?;
        if question.is_some() {
            let said = execute::afterword(&sql, source, &outcome);
            said.iter()
                .for_each(|line| report::warn(line.clone(), None));
            record.warned(&said);
        }
        Ok(outcome)
    });
    record.answered(&outcome);
    // SAFETY: the rows are in the sink; the call itself has no value.
    unsafe { (*call).isnull = true };
    Datum::null()
}

/// What a question means, if no model must be asked for it.
fn known_translation(question: &str) -> Option<Rc<Translation>> {
    translate::recall(&Question::parse(question).ok()?)
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
