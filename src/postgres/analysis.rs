//! After the analysis of a statement: literal calls of `ask()` and `run()` become calls of the governed function.
//!
//! Invariant: no statement leaves analysis with a literal call in FROM whose columns came from [`row_type`]. Each
//! becomes `insightflow.answer_table(question, sql, relations) AS (columns)`, or the SQL itself as a subquery where the
//! stored statement must not need this extension (views, materialized views) or the plan of the answer is wanted
//! (EXPLAIN). The `relations` are regclass constants: PostgreSQL makes a cached plan depend on such a constant, so that
//! a change of those relations has the statement analyzed anew (`extract_query_dependencies` in setrefs.c).
//!
//! Only the call is replaced. Names, Vars and types that PostgreSQL resolved against the lent columns stay; a
//! whole-row reference becomes of type record.

use super::busy::Busy;
use super::objects::{Objects, objects};
use super::report::{notice, raise, unwrap_or_raise};
use super::{row_type, whole_row};
use crate::columns::{self, Call, Prepared};
use crate::error::{Error, SqlState};
use crate::settings;
use pgrx::PgList;
use pgrx::pg_sys::{self, Node, NodeTag, Oid};
use pgrx::prelude::*;
use std::cell::Cell;
use std::ffi::{CStr, CString, c_void};

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
                replace(item, &objects, as_subquery);
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
struct Literal {
    call: *mut pg_sys::FuncExpr,
    which: Call,
    text: String,
}

/// The literal call that an expression is, if it is one.
unsafe fn literal(node: *mut Node, objects: &Objects) -> Option<Literal> {
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

unsafe fn replace(item: *mut pg_sys::RangeTblEntry, objects: &Objects, as_subquery: bool) {
    // SAFETY: `item` is a FROM item that `find` pushed, so it is an RTE_FUNCTION with at least one literal call.
    unsafe {
        let functions = PgList::<pg_sys::RangeTblFunction>::from_pg((*item).functions);
        if as_subquery && functions.len() > 1 {
            raise(
                Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "ask() cannot stand in ROWS FROM with other functions here",
                )
                .with_hint("In a view and under EXPLAIN, write ask() as a FROM item of its own."),
            );
        }
        for function in functions.iter_ptr() {
            let Some(literal) = literal((*function).funcexpr, objects) else {
                continue;
            };
            let prepared = {
                let _busy = Busy::enter();
                unwrap_or_raise(columns::prepared(literal.which, &literal.text))
            };
            if usize::try_from((*function).funccolcount) != Ok(prepared.description.columns.len()) {
                raise(
                    Error::new(
                        SqlState::FEATURE_NOT_SUPPORTED,
                        "ROWS FROM can hold one question only",
                    )
                    .with_hint("Write each ask('…') as a FROM item of its own and join them."),
                );
            }
            if as_subquery {
                become_subquery(item, &prepared);
                tell_reading(&prepared);
                return;
            }
            (*function).funcexpr = governed_call(&literal, &prepared, objects).cast();
            define_columns(function, &prepared);
        }
    }
}

/// `insightflow.answer_table(question, sql, ARRAY[relations])` in the place of the call.
unsafe fn governed_call(
    literal: &Literal,
    prepared: &Prepared,
    objects: &Objects,
) -> *mut pg_sys::FuncExpr {
    // SAFETY: the nodes are allocated in the context of the statement's analysis, as PostgreSQL's own would be.
    unsafe {
        let question = match prepared.call {
            Call::Ask => text_constant(Some(&prepared.text)),
            Call::Run => text_constant(None),
        };
        let array = PgBox::<pg_sys::ArrayExpr>::alloc_node(NodeTag::T_ArrayExpr).into_pg();
        (*array).array_typeid = pg_sys::REGCLASSARRAYOID;
        (*array).element_typeid = pg_sys::REGCLASSOID;
        (*array).location = -1;
        for &relation in &prepared.description.relations {
            let constant = pg_sys::makeConst(
                pg_sys::REGCLASSOID,
                -1,
                Oid::INVALID,
                4,
                pg_sys::Datum::from(Oid::from(relation)),
                false,
                true,
            );
            (*array).elements = pg_sys::lappend((*array).elements, constant.cast());
        }
        let arguments = [
            question.cast::<c_void>(),
            text_constant(Some(&prepared.sql)).cast(),
            array.cast(),
        ];
        let list = arguments
            .into_iter()
            .fold(std::ptr::null_mut(), |list, argument| {
                pg_sys::lappend(list, argument)
            });
        let call = pg_sys::makeFuncExpr(
            objects.answer_table,
            pg_sys::RECORDOID,
            list,
            Oid::INVALID,
            pg_sys::DEFAULT_COLLATION_OID,
            pg_sys::CoercionForm::COERCE_EXPLICIT_CALL,
        );
        (*call).funcretset = true;
        (*call).location = (*literal.call).location;
        call
    }
}

unsafe fn text_constant(text: Option<&str>) -> *mut pg_sys::Const {
    // SAFETY: a text datum is passed by reference and has length -1.
    unsafe {
        let datum = text.and_then(|text| text.into_datum());
        let value = datum.unwrap_or(pg_sys::Datum::from(0));
        pg_sys::makeConst(
            pg_sys::TEXTOID,
            -1,
            pg_sys::DEFAULT_COLLATION_OID,
            -1,
            value,
            datum.is_none(),
            false,
        )
    }
}

/// The column definition list that a function returning record needs.
unsafe fn define_columns(function: *mut pg_sys::RangeTblFunction, prepared: &Prepared) {
    // SAFETY: as `governed_call`.
    unsafe {
        let (mut names, mut types, mut typmods, mut collations) = (
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        );
        for column in &prepared.description.columns {
            let name = CString::new(column.name.as_str()).unwrap_or_default();
            names = pg_sys::lappend(
                names,
                pg_sys::makeString(pg_sys::pstrdup(name.as_ptr())).cast(),
            );
            types = pg_sys::lappend_oid(types, Oid::from(column.type_oid));
            typmods = pg_sys::lappend_int(typmods, column.typmod);
            collations = pg_sys::lappend_oid(collations, Oid::from(column.collation));
        }
        if names.is_null() {
            // An answer without columns has rows all the same (SELECT FROM t), but the executor takes an empty list for a
            // missing one. funccolcount stays 0, so nobody sees this column; `Sink::rows` fills it.
            names = pg_sys::lappend(
                names,
                pg_sys::makeString(pg_sys::pstrdup(c"none".as_ptr())).cast(),
            );
            types = pg_sys::lappend_oid(types, pg_sys::BOOLOID);
            typmods = pg_sys::lappend_int(typmods, -1);
            collations = pg_sys::lappend_oid(collations, Oid::INVALID);
        }
        (*function).funccolnames = names;
        (*function).funccoltypes = types;
        (*function).funccoltypmods = typmods;
        (*function).funccolcollations = collations;
    }
}

/// The FROM item becomes the answer's SQL as a subquery.
unsafe fn become_subquery(item: *mut pg_sys::RangeTblEntry, prepared: &Prepared) {
    // SAFETY: the statement passed the guard as exactly one SELECT, so parsing and analyzing it yields one Query.
    unsafe {
        let ordinality = (*item).funcordinality;
        let text = CString::new(if ordinality {
            numbered(&prepared.sql)
        } else {
            prepared.sql.clone()
        })
        .unwrap_or_default();
        let text = pg_sys::pstrdup(text.as_ptr());
        let raw = PgList::<pg_sys::RawStmt>::from_pg(pg_sys::pg_parse_query(text))
            .get_ptr(0)
            .unwrap_or(std::ptr::null_mut());
        let query = {
            let _busy = Busy::enter();
            pg_sys::parse_analyze_fixedparams(raw, text, std::ptr::null(), 0, std::ptr::null_mut())
        };
        name_columns(query, (*(*item).eref).colnames);
        (*item).rtekind = pg_sys::RTEKind::RTE_SUBQUERY;
        (*item).subquery = query;
        (*item).functions = std::ptr::null_mut();
        (*item).funcordinality = false;
        if (*item).alias.is_null() {
            // A stored subquery is written with its alias.
            (*item).alias = pg_sys::makeAlias((*(*item).eref).aliasname, std::ptr::null_mut());
        }
    }
}

/// WITH ORDINALITY as plain SQL. The line break ends a comment that the statement may end with.
fn numbered(sql: &str) -> String {
    format!(
        "SELECT answer.*, pg_catalog.row_number() OVER () AS ordinality FROM ({sql}\n) AS answer"
    )
}

/// Gives the columns of a subquery the (distinct) names that the outer statement knows them by.
unsafe fn name_columns(query: *mut pg_sys::Query, names: *mut pg_sys::List) {
    // SAFETY: both lists belong to nodes that PostgreSQL built; names are String nodes.
    unsafe {
        let names = PgList::<pg_sys::String>::from_pg(names);
        let mut names = names.iter_ptr();
        for entry in PgList::<pg_sys::TargetEntry>::from_pg((*query).targetList).iter_ptr() {
            if (*entry).resjunk {
                continue;
            }
            if let Some(name) = names.next() {
                (*entry).resname = (*name).sval;
            }
        }
    }
}

/// Says how the question was read, for statements in which `answer_table` will not run.
fn tell_reading(prepared: &Prepared) {
    if let Some(translation) = &prepared.translation
        && settings::show_reading()
    {
        notice(translation.reading.clone());
    }
}
