//! Whole-row references to an answer (`SELECT t FROM ask('…') t`).
//!
//! While the statement was analyzed the row had the type `answer_row`; the governed function returns record. Invariant:
//! after [`become_record`] no expression of the statement has the type `answer_row` because of a literal call, so that
//! nothing takes a row of the answer for a row with one json column.

use super::report::raise;
use crate::error::{Error, SqlState};
use pgrx::PgList;
use pgrx::pg_sys::{self, Node, NodeTag, Oid};
use pgrx::prelude::*;
use std::ffi::c_void;

struct Types {
    row: Oid,
    row_array: Oid,
}

/// Makes every whole-row reference of the row type in a statement one of type record.
///
/// # Errors
/// 0A000 where an expression's own type was derived from the row type (an array of rows, CASE over rows).
///
/// # Safety
/// `query` is a complete analyzed Query.
pub unsafe fn become_record(query: *mut pg_sys::Query, row_type: Oid) {
    // SAFETY: the walker follows the pointers of the tree.
    unsafe {
        let mut types = Types {
            row: row_type,
            row_array: pg_sys::get_array_type(row_type),
        };
        change(query.cast(), (&raw mut types).cast());
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn change(node: *mut Node, context: *mut c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: the tag says what a node is; `context` is the Types of `become_record`. Only type fields are written.
    unsafe {
        let types = &*context.cast::<Types>();
        match (*node).type_ {
            NodeTag::T_Query => {
                return pg_sys::query_tree_walker(node.cast(), Some(change), context, 0);
            }
            NodeTag::T_Var => {
                let var = node.cast::<pg_sys::Var>();
                if (*var).vartype == types.row {
                    (*var).vartype = pg_sys::RECORDOID;
                }
            }
            NodeTag::T_Aggref => rename((*node.cast::<pg_sys::Aggref>()).aggargtypes, types),
            NodeTag::T_CommonTableExpr => {
                rename((*node.cast::<pg_sys::CommonTableExpr>()).ctecoltypes, types)
            }
            NodeTag::T_SetOperationStmt => {
                rename((*node.cast::<pg_sys::SetOperationStmt>()).colTypes, types)
            }
            NodeTag::T_OpExpr
            | NodeTag::T_CoalesceExpr
            | NodeTag::T_CaseExpr
            | NodeTag::T_ArrayExpr
            | NodeTag::T_MinMaxExpr
            | NodeTag::T_RelabelType
            | NodeTag::T_ConvertRowtypeExpr
            | NodeTag::T_WindowFunc
            | NodeTag::T_SubscriptingRef => refuse_derived(node, types),
            _ => {}
        }
        if (*node).type_ == NodeTag::T_Aggref {
            refuse_derived(node, types);
        }
        pg_sys::expression_tree_walker(node, Some(change), context)
    }
}

/// Replaces the row type in a list of type OIDs.
unsafe fn rename(list: *mut pg_sys::List, types: &Types) {
    // SAFETY: the list is an OID list or NIL.
    unsafe {
        let mut list = PgList::<Oid>::from_pg(list);
        for index in 0..list.len() {
            if list.get_oid(index) == Some(types.row) {
                list.replace_oid(index, pg_sys::RECORDOID);
            }
        }
        let _ = list.into_pg();
    }
}

unsafe fn refuse_derived(node: *mut Node, types: &Types) {
    // SAFETY: the caller passes expression nodes only, which is what exprType takes.
    let type_ = unsafe { pg_sys::exprType(node) };
    if type_ == types.row || type_ == types.row_array {
        raise(
            Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "whole rows of an answer cannot be combined here",
            )
            .with_detail("The row type of ask('…') exists for one statement only.")
            .with_hint("Name the columns, or turn the row into json with to_jsonb()."),
        );
    }
}
