//! What the functions of the vocabulary, written in SQL, cannot do by themselves.

use crate::postgres::invalidation;
use crate::translate::embedded::schema::vocabulary;
use pgrx::pg_sys::Oid;
use pgrx::prelude::*;

/// `insightflow.announce_change(relation)`: has every session read a table of ours anew.
#[pg_extern]
fn announce_change(relation: Oid) {
    invalidation::announce(relation);
}

/// `insightflow.is_expression(text)`: a definition is put into statements as a part of them, so it must be one expression to its
/// end, with no comment that could swallow what follows.
#[pg_extern]
fn is_expression(expression: &str) -> bool {
    vocabulary::expression(expression).is_some()
}
