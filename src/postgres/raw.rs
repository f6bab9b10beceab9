//! PostgreSQL's raw parser, and the measure of what it made.
//!
//! The raw parser keeps its stack on the heap and is linear, so it can be given any text. Everything after it (analysis,
//! sqlparser) recurses or is worse than linear on deep trees, so nothing else sees a tree before it has been measured.
//! The measuring walk itself never goes deeper than the budget.

use crate::error::{Error, Result, SqlState};
use crate::guard::budget::{Budget, Kind};
use pgrx::pg_sys::{self, Node, NodeTag};
use std::ffi::{CString, c_void};

/// One statement as PostgreSQL's grammar sees it. It lives in the memory context in which it was parsed.
#[derive(Debug)]
pub struct RawStatement {
    pub(super) raw: *mut pg_sys::RawStmt,
    /// The text, which analysis and execution refer to for positions.
    pub(super) source: *const std::ffi::c_char,
    /// How deep the tree is as other parsers would build it (a chain of AND counts as many levels).
    pub depth: u32,
}

/// Parses a text that must be one SELECT (or VALUES, TABLE, WITH … SELECT) and holds it against the budget.
///
/// # Errors
/// 42601 when there is no statement, 42501 when there are several or another kind, 54000 when it is beyond the budget.
/// A syntax error is PostgreSQL's own.
pub fn parse(sql: &str) -> Result<RawStatement> {
    let text = CString::new(sql)
        .map_err(|_| Error::new(SqlState::SYNTAX_ERROR, "the statement contains a NUL byte"))?;
    // SAFETY: the copy lives as long as the tree that refers to it, both in the current context.
    let (list, source) = unsafe {
        let source = server_encoded(&text);
        (
            pg_sys::raw_parser(source, pg_sys::RawParseMode::RAW_PARSE_DEFAULT),
            source,
        )
    };
    // SAFETY: raw_parser returns a List of RawStmt, or NIL.
    let raw = unsafe {
        let count = if list.is_null() { 0 } else { (*list).length };
        match count {
            0 => {
                return Err(Error::new(
                    SqlState::SYNTAX_ERROR,
                    "there is no SQL statement in the text",
                ));
            }
            1 => (*(*list).elements).ptr_value.cast::<pg_sys::RawStmt>(),
            _ => {
                return Err(Error::refused(format!(
                    "the guard refuses {count} statements in one text"
                ))
                .with_detail("Exactly one SELECT may run."));
            }
        }
    };
    // SAFETY: a RawStmt always holds a statement node.
    let statement = unsafe { (*raw).stmt };
    if unsafe { (*statement).type_ } != NodeTag::T_SelectStmt {
        return Err(not_a_select());
    }
    let mut measure = Measure {
        budget: Budget::new(),
        depth: 0,
        refusal: None,
    };
    // SAFETY: the callback holds nothing that needs dropping, so an ERROR may jump over it to this boundary.
    unsafe {
        let measure: *mut Measure = &mut measure;
        pg_sys::ffi::pg_guard_ffi_boundary(|| visit(statement, measure.cast()));
    }
    if let Some(refusal) = measure.refusal {
        return Err(match refusal {
            Refusal::Budget => measure.budget.error(),
            Refusal::Into => Error::refused("the guard refuses SELECT INTO")
                .with_detail("It would create a table; only reading is allowed."),
            Refusal::Lock => Error::refused("the guard refuses a locking clause").with_detail(
                "FOR UPDATE, FOR SHARE and their kin lock rows; only reading is allowed.",
            ),
            Refusal::Write => not_a_select(),
        });
    }
    Ok(RawStatement {
        raw,
        source,
        depth: measure.budget.deepest(),
    })
}

fn not_a_select() -> Error {
    Error::refused("the guard refuses everything but SELECT")
        .with_detail("One SELECT, VALUES, TABLE or WITH … SELECT may run, without INSERT, UPDATE, DELETE or MERGE anywhere in it.")
}

/// The text in the server's encoding, in the current memory context.
unsafe fn server_encoded(text: &CString) -> *const std::ffi::c_char {
    // SAFETY: the conversion returns its argument or a new string, both NUL-terminated; the copy outlives `text`.
    unsafe {
        let length = i32::try_from(text.as_bytes().len()).unwrap_or(i32::MAX);
        let source = text.as_ptr().cast_mut();
        let converted = pg_sys::pg_any_to_server(source, length, pg_sys::pg_enc::PG_UTF8 as i32);
        pg_sys::pstrdup(converted)
    }
}

#[derive(Clone, Copy)]
enum Refusal {
    Budget,
    Into,
    Lock,
    Write,
}

struct Measure {
    budget: Budget,
    depth: u32,
    refusal: Option<Refusal>,
}

unsafe extern "C-unwind" {
    // Declared here without pgrx's guard: one boundary around the whole walk is enough, and it keeps the stack small.
    #[cfg_attr(not(feature = "pg15"), link_name = "raw_expression_tree_walker_impl")]
    fn raw_expression_tree_walker(
        node: *mut Node,
        walker: unsafe extern "C-unwind" fn(*mut Node, *mut c_void) -> bool,
        context: *mut c_void,
    ) -> bool;
}

/// Counts a node and goes on below it. True stops the walk.
unsafe extern "C-unwind" fn visit(node: *mut Node, context: *mut c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: `context` is the Measure of `parse`; nodes are tagged by the parser.
    unsafe {
        let measure = &mut *context.cast::<Measure>();
        let (kind, levels) = match (*node).type_ {
            NodeTag::T_List => (Kind::Other, 0),
            NodeTag::T_JoinExpr => (Kind::Join, 1),
            NodeTag::T_BoolExpr => {
                let args = (*node.cast::<pg_sys::BoolExpr>()).args;
                let terms = if args.is_null() { 1 } else { (*args).length };
                measure
                    .budget
                    .note_chain(measure.depth, terms.unsigned_abs());
                (Kind::Other, 1)
            }
            NodeTag::T_SelectStmt => {
                let select = node.cast::<pg_sys::SelectStmt>();
                if !(*select).intoClause.is_null() {
                    measure.refusal = Some(Refusal::Into);
                    return true;
                }
                if !(*select).lockingClause.is_null() {
                    measure.refusal = Some(Refusal::Lock);
                    return true;
                }
                let from = (*select).fromClause;
                let items = if from.is_null() { 0 } else { (*from).length };
                measure
                    .budget
                    .note_joins(items.unsigned_abs().saturating_sub(1));
                (Kind::Other, 1)
            }
            NodeTag::T_InsertStmt
            | NodeTag::T_UpdateStmt
            | NodeTag::T_DeleteStmt
            | NodeTag::T_MergeStmt => {
                measure.refusal = Some(Refusal::Write);
                return true;
            }
            _ => (Kind::Other, 1),
        };
        measure.depth += levels;
        if !measure.budget.spend(kind, measure.depth) {
            measure.refusal = Some(Refusal::Budget);
            return true;
        }
        let stop = raw_expression_tree_walker(node, visit, context);
        measure.depth -= levels;
        stop
    }
}
