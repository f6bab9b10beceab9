//! What a DBA looks at.

use crate::operate::health;
use pgrx::iter::TableIterator;
use pgrx::prelude::*;

/// `insightflow.health()`: a row for each component; `status` is `ok`, `warning` or `error`.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn health() -> TableIterator<
    'static,
    (
        name!(component, String),
        name!(status, String),
        name!(detail, String),
    ),
> {
    let rows: Vec<_> = health::findings()
        .into_iter()
        .map(|finding| {
            (
                finding.component.to_owned(),
                finding.status.name().to_owned(),
                finding.detail,
            )
        })
        .collect();
    TableIterator::new(rows)
}
