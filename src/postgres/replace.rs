//! A literal call's FROM item becomes a call of the governed function, or the answer's SQL as a subquery.
//!
//! Names, Vars and types that PostgreSQL resolved against the lent columns stay; only the function call is replaced.

use super::analysis::{Literal, literal};
use super::busy::Busy;
use super::objects::Objects;
use super::report::{notice, raise, unwrap_or_raise};
use crate::columns::{self, Call, Prepared};
use crate::error::{Error, SqlState};
use crate::settings;
use pgrx::PgList;
use pgrx::pg_sys::{self, NodeTag, Oid};
use pgrx::prelude::*;
use std::ffi::{CString, c_void};

/// Replaces the literal calls of a FROM item.
///
/// # Errors
/// 0A000 for ROWS FROM with two literals, or with other functions where plain SQL is needed.
///
/// # Safety
/// `item` is an RTE_FUNCTION of a tree under analysis.
pub(super) unsafe fn replace(
    item: *mut pg_sys::RangeTblEntry,
    objects: &Objects,
    as_subquery: bool,
) {
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

/// `insightflow.answer_table(question, sql, ARRAY[relations], source)` in the place of the call.
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
            text_constant(Some(prepared.source().name())).cast(),
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
