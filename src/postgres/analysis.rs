//! After the analysis of a statement: literal calls of `ask()` and `run()` become calls of the governed function.
//!
//! Invariant: no statement leaves analysis with a literal call in FROM whose columns came from [`row_type`]. Each
//! becomes `insightflow.answer_table(question, sql, relations, source) AS (columns)`, or the SQL itself as a subquery where the
//! stored statement must not need this extension (views, materialized views) or the plan of the answer is wanted
//! (EXPLAIN). The `relations` are regclass constants: PostgreSQL makes a cached plan depend on such a constant, so that
//! a change of those relations has the statement analyzed anew (`extract_query_dependencies` in setrefs.c).
//!
//! Only the call is replaced. Names, Vars and types that PostgreSQL resolved against the lent columns stay; a
//! whole-row reference becomes of type record.

use super::busy::Busy;
use super::objects::{Objects, objects};
use super::report::raise;
use super::{replace, row_type, whole_row};
use crate::columns::{self, Call};
use crate::error::{Error, SqlState};
use crate::translate::llm::transport;
use pgrx::PgList;
use pgrx::pg_sys::{self, Node, NodeTag};
use pgrx::prelude::*;
use std::cell::Cell;
use std::ffi::{CStr, c_void};

thread_local! {
    static PREVIOUS: Cell<pg_sys::post_parse_analyze_hook_type> = const { Cell::new(None) };
}

/// Puts the hook in. Called once, when the library is loaded.
pub fn install() {
    // SAFETY: one thread; the hook variable is PostgreSQL's.
    unsafe {
        PREVIOUS.set(pg_sys::post_parse_analyze_hook);
        pg_sys::post_parse_analyze_hook = Some(after_analysis);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn after_analysis(
    state: *mut pg_sys::ParseState,
    query: *mut pg_sys::Query,
    jumble: *mut pg_sys::JumbleState,
) {
    if let Some(previous) = PREVIOUS.get() {
        // SAFETY: the next hook gets what we got; errors pass as pgrx expects.
        unsafe {
            pg_sys::submodules::ffi::pg_guard_ffi_boundary(|| previous(state, query, jumble))
        };
    }
    if Busy::now() {
        return;
    }
    row_type::put_back();
    transport::rest();
    if !columns::any_pending() {
        return;
    }
    if let Some(objects) = objects() {
        // SAFETY: PostgreSQL hands a complete, analyzed Query that nobody else uses yet.
        unsafe { replace_calls(state, query, objects) };
    }
}

/// What the walk finds in one statement.
struct Search {
    objects: Objects,
    /// FROM items that hold a literal call.
    items: Vec<*mut pg_sys::RangeTblEntry>,
    /// Every literal call, also those in a target list.
    literals: Vec<(Call, String)>,
    /// A field is taken from a call in the target list.
    field_of_call: bool,
}

unsafe fn replace_calls(
    state: *mut pg_sys::ParseState,
    query: *mut pg_sys::Query,
    objects: Objects,
) {
    // SAFETY: the walker only follows pointers of the tree that PostgreSQL built.
    unsafe {
        let inner = innermost(query);
        let mut search = Search {
            objects,
            items: Vec::new(),
            literals: Vec::new(),
            field_of_call: false,
        };
        find(inner.query.cast(), (&raw mut search).cast());
        if search.field_of_call {
            raise(
                Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "the columns of ask() can only be used when it stands in FROM",
                )
                .with_hint("Write SELECT … FROM ask('…')."),
            );
        }
        if let Some(&item) = search.items.first() {
            let location = literals(item, &objects)
                .first()
                .map_or(-1, |literal| (*literal.call).location);
            let as_subquery = inner.plain || in_view_definition((*state).p_sourcetext, location);
            for &item in &search.items {
                replace::replace(item, &objects, as_subquery);
            }
            whole_row::become_record(inner.query, objects.answer_row);
            for into in inner.materialized_views {
                // What is stored was copied before this hook.
                (*into).viewQuery = pg_sys::copyObjectImpl(inner.query.cast()).cast();
            }
        }
        for (call, text) in &search.literals {
            columns::consume(*call, text);
        }
    }
}

/// The statement inside EXPLAIN, CREATE TABLE AS and DECLARE CURSOR.
struct Inner {
    query: *mut pg_sys::Query,
    /// It must become plain SQL.
    plain: bool,
    /// Where the definition of a materialized view is kept.
    materialized_views: Vec<*mut pg_sys::IntoClause>,
}

unsafe fn innermost(query: *mut pg_sys::Query) -> Inner {
    let mut inner = Inner {
        query,
        plain: false,
        materialized_views: Vec::new(),
    };
    // SAFETY: `utilityStmt` is set for CMD_UTILITY; the inner statement of these three has been analyzed into a Query.
    unsafe {
        while (*inner.query).commandType == pg_sys::CmdType::CMD_UTILITY
            && !(*inner.query).utilityStmt.is_null()
        {
            let utility = (*inner.query).utilityStmt;
            let next = match (*utility).type_ {
                NodeTag::T_ExplainStmt => {
                    inner.plain = true;
                    (*utility.cast::<pg_sys::ExplainStmt>()).query
                }
                NodeTag::T_CreateTableAsStmt => {
                    let create = utility.cast::<pg_sys::CreateTableAsStmt>();
                    if (*create).objtype == pg_sys::ObjectType::OBJECT_MATVIEW {
                        inner.plain = true;
                        inner.materialized_views.push((*create).into);
                    }
                    (*create).query
                }
                NodeTag::T_DeclareCursorStmt => {
                    (*utility.cast::<pg_sys::DeclareCursorStmt>()).query
                }
                _ => break,
            };
            if next.is_null() || (*next).type_ != NodeTag::T_Query {
                break;
            }
            inner.query = next.cast();
        }
    }
    inner
}

/// Whether the call stands in a CREATE VIEW. PostgreSQL analyzes a view's query as if it were alone, so only the
/// statement's source tells.
unsafe fn in_view_definition(source: *const std::ffi::c_char, location: i32) -> bool {
    if source.is_null() || location < 0 {
        return false;
    }
    // SAFETY: the source is a C string that lives as long as the statement. The raw parser touches no catalog, so that an
    // error of it (the source of a PL/pgSQL expression is not a statement) may be dropped.
    unsafe {
        if !CStr::from_ptr(source)
            .to_bytes()
            .to_ascii_lowercase()
            .windows(4)
            .any(|word| word == b"view")
        {
            return false;
        }
        let context = pg_sys::CurrentMemoryContext;
        let statements = PgTryBuilder::new(std::panic::AssertUnwindSafe(|| {
            pg_sys::raw_parser(source, pg_sys::RawParseMode::RAW_PARSE_DEFAULT)
        }))
        .catch_when(PgSqlErrorCode::ERRCODE_SYNTAX_ERROR, |_| {
            std::ptr::null_mut()
        })
        .execute();
        pg_sys::MemoryContextSwitchTo(context);
        PgList::<pg_sys::RawStmt>::from_pg(statements)
            .iter_ptr()
            .any(|raw| {
                let start = (*raw).stmt_location.max(0);
                let end = if (*raw).stmt_len == 0 {
                    i32::MAX
                } else {
                    start.saturating_add((*raw).stmt_len)
                };
                (start..end).contains(&location)
                    && matches!(
                        (*(*raw).stmt).type_,
                        NodeTag::T_ViewStmt | NodeTag::T_CreateSchemaStmt
                    )
            })
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn find(node: *mut Node, context: *mut c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: the tag says what a node is; `context` is the Search of `replace_calls`.
    unsafe {
        let search = &mut *context.cast::<Search>();
        match (*node).type_ {
            NodeTag::T_Query => {
                return pg_sys::query_tree_walker(
                    node.cast(),
                    Some(find),
                    context,
                    pg_sys::QTW_EXAMINE_RTES_BEFORE as i32,
                );
            }
            NodeTag::T_RangeTblEntry => {
                let item = node.cast::<pg_sys::RangeTblEntry>();
                if !literals(item, &search.objects).is_empty() {
                    search.items.push(item);
                }
                return false;
            }
            NodeTag::T_FuncExpr => {
                if let Some(literal) = literal(node, &search.objects) {
                    search.literals.push((literal.which, literal.text));
                }
            }
            NodeTag::T_FieldSelect => {
                let from = (*node.cast::<pg_sys::FieldSelect>()).arg.cast::<Node>();
                search.field_of_call |= literal(from, &search.objects).is_some();
            }
            _ => {}
        }
        pg_sys::expression_tree_walker(node, Some(find), context)
    }
}

/// A literal call in the tree.
pub(super) struct Literal {
    pub call: *mut pg_sys::FuncExpr,
    pub which: Call,
    pub text: String,
}

/// The literal call that an expression is, if it is one.
pub(super) unsafe fn literal(node: *mut Node, objects: &Objects) -> Option<Literal> {
    // SAFETY: tags are checked before each cast; a Const of our types that is not null holds a text datum.
    unsafe {
        if node.is_null() || (*node).type_ != NodeTag::T_FuncExpr {
            return None;
        }
        let call = node.cast::<pg_sys::FuncExpr>();
        let which = match (*call).funcid {
            id if id == objects.ask => Call::Ask,
            id if id == objects.run => Call::Run,
            _ => return None,
        };
        let mut argument = PgList::<Node>::from_pg((*call).args).get_ptr(0)?;
        if (*argument).type_ == NodeTag::T_NamedArgExpr {
            argument = (*argument.cast::<pg_sys::NamedArgExpr>()).arg.cast();
        }
        if (*argument).type_ != NodeTag::T_Const {
            return None;
        }
        let argument = argument.cast::<pg_sys::Const>();
        let text = String::from_datum((*argument).constvalue, (*argument).constisnull)?;
        Some(Literal { call, which, text })
    }
}

/// The literal calls of a FROM item; more than one only in ROWS FROM.
unsafe fn literals(item: *mut pg_sys::RangeTblEntry, objects: &Objects) -> Vec<Literal> {
    // SAFETY: the functions of an RTE_FUNCTION are RangeTblFunction nodes.
    unsafe {
        if (*item).rtekind != pg_sys::RTEKind::RTE_FUNCTION {
            return Vec::new();
        }
        PgList::<pg_sys::RangeTblFunction>::from_pg((*item).functions)
            .iter_ptr()
            .filter_map(|function| literal((*function).funcexpr, objects))
            .collect()
    }
}
