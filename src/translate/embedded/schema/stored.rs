//! What columns hold besides what their types say, by the values that are looked at: numbers, dates and years.
//!
//! Invariant: what is found out costs little however wide a catalog is: so many columns are looked at, and so many values of each.

use super::names::Splitter;
use super::textnumbers::is_key;
use crate::catalog::model::{Catalog, Column, ColumnRef, Values};

/// So many columns are looked at.
const MOST_COLUMNS: usize = 64;
/// So many values of each.
const MOST_VALUES: usize = 50;

/// What is found out of the columns that are no keys and that `may` hold it, by their place, their description and the words of their
/// names: what `found` makes of their values, of which there is at least one.
pub(super) fn columns<T>(
    catalog: &Catalog,
    splitter: &Splitter,
    values: &dyn Values,
    may: impl Fn(ColumnRef, &Column, &[String]) -> bool,
    found: impl Fn(&Column, &[String]) -> Option<T>,
) -> Vec<(ColumnRef, T)> {
    let all = catalog.tables.iter().enumerate().flat_map(|(t, table)| {
        let place = move |column| ColumnRef { table: t, column };
        let columns = table.columns.iter().enumerate();
        columns.map(move |(c, column)| (place(c), column))
    });
    let fitting = all.filter(|(at, column)| {
        may(*at, column, &splitter.words(&column.name)) && !is_key(catalog, *at)
    });
    let looked_at = fitting.take(MOST_COLUMNS).filter_map(|(at, column)| {
        let stored = values.common(at, MOST_VALUES);
        let found = (!stored.is_empty()).then(|| found(column, &stored))??;
        Some((at, found))
    });
    looked_at.collect()
}
