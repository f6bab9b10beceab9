//! The set-returning functions themselves: `ask`, `insightflow.run` and what a literal call of them becomes.
use super::literal::callable;
use super::{row_type, shim};
use pgrx::pg_sys::{self, Datum, FunctionCallInfo};
use pgrx::prelude::*;
callable!(pg_finfo_answer_table, answer_table, table);
callable!(pg_finfo_ask_rows, ask_rows, json);
callable!(pg_finfo_run_rows, run_rows, json);
callable!(pg_finfo_ask_typed, ask_typed, json);
unsafe fn table(f: FunctionCallInfo) -> Datum {
    unsafe {
        row_type::put_back();
        let a = (*f).args.as_slice(3);
        let sql = String::from_datum(a[1].value, false).unwrap();
        shim::run(&sql, f, false)
    }
}
unsafe fn json(f: FunctionCallInfo) -> Datum {
    unsafe {
        row_type::put_back();
        let a = (*f).args.as_slice(1);
        let sql = String::from_datum(a[0].value, false).unwrap();
        shim::run(&sql, f, true)
    }
}
