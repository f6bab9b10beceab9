//! What a DBA asks of the queue of the history.

use crate::postgres::queue;
use pgrx::iter::TableIterator;
use pgrx::prelude::*;

/// `insightflow.history_queue()`: one row, or none when the library is not preloaded. Sizes are in bytes and of the whole
/// server; the entries and the worker are those of this database.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn history_queue() -> TableIterator<
    'static,
    (
        name!(size, i64),
        name!(used, i64),
        name!(waiting, i64),
        name!(worker, Option<i32>),
    ),
> {
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    TableIterator::new(queue::state().into_iter().map(move |state| {
        (
            whole(state.size),
            whole(state.used),
            whole(state.waiting),
            state.worker,
        )
    }))
}
