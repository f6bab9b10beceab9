//! "Orders by region and status as a pivot": the values of the last dimension side by side, a column each.
//!
//! Invariant: each value that the dimension has gets its column, or there is no pivot. A value that was left out would take its
//! rows with it, and the columns of a line would no longer add up to what the question asks for.

use super::super::reading::frame::{Condition, Dimension, Frame, Mention, Role, Versus};
use super::super::schema::lexicon::{Lexicon, Target};
use super::build::not_understood;
use crate::catalog::model::{Catalog, ColumnRef, Values};
use crate::error::Result;

/// More columns are no table that anybody reads.
const MOST: usize = 20;

/// Puts the values of the last dimension side by side where the question asks for that; gives what is assumed by it.
///
/// # Errors
/// 22023 when there is no such dimension, or when not all of its values are known.
pub(crate) fn pivot(
    frame: &mut Frame,
    targets: &mut Vec<Target>,
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
) -> Result<Option<String>> {
    if !frame.pivot {
        return Ok(None);
    }
    let plain = frame.versus.is_none()
        && frame.window.is_none()
        && frame.rollup.is_none()
        && !frame.superlative
        && !frame.zeros
        && frame.limit.is_none();
    let last = match frame.group[..] {
        [_, .., Dimension::Mention(last)] if plain => last,
        _ => {
            return Err(not_understood("What the columns are to be is not clear.")
                .with_hint("Name what the lines are and then what the columns are: \"orders by month and status as columns\"."));
        }
    };
    let at = match &targets[last] {
        Target::Column(at) => *at,
        Target::Table(table) => match lexicon.tables[*table].display[..] {
            [column] => ColumnRef {
                table: *table,
                column,
            },
            _ => return Err(too_many(&catalog.tables[*table].name)),
        },
        _ => return Err(not_understood("What the columns are to be is not clear.")),
    };
    let column = catalog.column(at);
    let stored = all_values(catalog, at, values).ok_or_else(|| too_many(&column.name))?;
    let sides = stored.into_iter().map(|text| {
        frame.mentions.push(Mention {
            text: text.clone(),
            role: Role::Value,
            candidates: Vec::new(),
            of: None,
            near: None,
            apart: false,
            by: false,
        });
        targets.push(Target::Value(at, text));
        Condition::Value {
            value: targets.len() - 1,
            negated: false,
        }
    });
    let sides: Vec<Condition> = sides.collect();
    frame.versus = Some(Versus {
        condition: frame.conditions.len(),
        labels: vec![None; sides.len()],
    });
    frame.conditions.push(Condition::Any(sides));
    frame.group.pop();
    Ok((!column.not_null).then(|| format!("rows without a {} stand in no column", column.name)))
}

/// All the values of a column, in their order; `None` when they are too many, or when it is not certain that these are all.
fn all_values(catalog: &Catalog, at: ColumnRef, values: &dyn Values) -> Option<Vec<String>> {
    let column = catalog.column(at);
    if !column.labels.is_empty() {
        return (column.labels.len() <= MOST).then(|| column.labels.clone());
    }
    let mut stored = values.common(at, MOST + 1);
    let complete = column.distinct == Some(stored.len() as f32);
    stored.sort_unstable();
    (complete && !stored.is_empty() && stored.len() <= MOST).then_some(stored)
}

fn too_many(name: &str) -> crate::error::Error {
    not_understood(format!(
        "{name} has more than {MOST} values, or it is not known which: they cannot be columns."
    ))
    .with_hint("ANALYZE tells PostgreSQL which values a column has.")
}
