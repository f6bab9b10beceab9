//! The input functions of `insightflow.question` and `insightflow.statement`.
//!
//! PostgreSQL calls them for a literal in the middle of parse analysis, after it chose the function and before it asks
//! for the function's columns. That moment is what makes an answer a table: see `columns`.

use super::busy::Busy;
use super::objects::{objects, require_execute};
use super::recorded::recorded;
use super::row_type;
use crate::columns::{self, Call};
use crate::history::Record;
use crate::translate::Source;
use pgrx::pg_sys::{self, Datum, FunctionCallInfo};
use pgrx::prelude::*;
use std::ffi::{CStr, c_char};

/// Declares a C function for PostgreSQL's function manager (version 1 of its calling convention).
macro_rules! callable {
    ($info:ident, $name:ident, $body:path) => {
        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub extern "C" fn $info() -> &'static pg_sys::Pg_finfo_record {
            const V1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
            &V1
        }

        #[doc(hidden)]
        #[unsafe(no_mangle)]
        #[pg_guard]
        pub unsafe extern "C-unwind" fn $name(call: FunctionCallInfo) -> Datum {
            // SAFETY: the function manager passes a valid call.
            unsafe { $body(call) }
        }
    };
}
pub(super) use callable;

callable!(pg_finfo_question_in, question_in, question_input);
callable!(pg_finfo_statement_in, statement_in, statement_input);

unsafe fn question_input(call: FunctionCallInfo) -> Datum {
    // SAFETY: as the caller.
    unsafe { input(call, Call::Ask) }
}

unsafe fn statement_input(call: FunctionCallInfo) -> Datum {
    // SAFETY: as the caller.
    unsafe { input(call, Call::Run) }
}

unsafe fn input(fcinfo: FunctionCallInfo, call: Call) -> Datum {
    // SAFETY: the function is strict and its first argument is a cstring in the server's encoding. The text is not
    // touched beyond validation; cstring_to_text copies it.
    unsafe {
        let argument = (*fcinfo).args.as_slice(1)[0].value.cast_mut_ptr::<c_char>();
        if !Busy::now() {
            row_type::put_back();
            lend_columns(call, &CStr::from_ptr(argument).to_string_lossy());
        }
        Datum::from(pg_sys::cstring_to_text(argument))
    }
}

/// Gives the row type the columns of this literal's answer.
fn lend_columns(call: Call, text: &str) {
    let Some(objects) = objects() else { return };
    // Before anything is translated: who may not ask learns nothing.
    require_execute(match call {
        Call::Ask => objects.ask,
        Call::Run => objects.run,
    });
    let asked = Record::begin((call == Call::Ask).then_some(text));
    if call == Call::Run {
        asked.statement(text, Source::Caller);
    }
    let (_, prepared) = recorded(asked, |_| {
        let _busy = Busy::enter();
        columns::prepare(call, text)
    });
    columns::keep(&prepared);
    row_type::lend(objects.answer_row, &prepared.description.columns);
}
