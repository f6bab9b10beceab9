//! "Orders by region and status as a pivot", "sales by region with a column per quarter of 2025": the values of the last dimension, or the
//! periods of the time that is named, side by side, a column each; and the values of one column that are counted for each of something
//! ("paid and refunded orders by region").
//!
//! Invariant: each value that the dimension has gets its column, or there is no pivot. A value that was left out would take its
//! rows with it, and the columns of a line would no longer add up to what the question asks for.

use super::super::reading::frame::{Condition, Dimension, Frame, Mention, Output, Role, Versus};
use super::super::schema::lexicon::{Lexicon, Target};
use super::super::time::dates::{self, Moment, Span, Unit};
use super::build::not_understood;
use crate::catalog::model::{Catalog, ColumnRef, Values};
use crate::error::Result;

/// More columns are no table that anybody reads.
const MOST: usize = 20;
/// The most periods that stand side by side.
const MOST_PERIODS: usize = 12;

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
        beside(frame, targets);
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
        [.., Dimension::Time(unit)] if plain => {
            by_period(frame, unit)?;
            return Ok(None);
        }
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

/// "The number of paid and refunded orders by region": a number of each beside the other, for each region.
fn beside(frame: &mut Frame, targets: &[Target]) {
    let plain = frame.versus.is_none()
        && frame.window.is_none()
        && frame.rollup.is_none()
        && frame.order.is_none()
        && !frame.both
        && frame.limit.is_none();
    let (
        [
            Output::Count {
                of,
                distinct: false,
            },
        ],
        [Dimension::Mention(_)],
        true,
    ) = (&frame.outputs[..], &frame.group[..], plain)
    else {
        return;
    };
    let Target::Table(counted) = targets[*of] else {
        return;
    };
    let column = |c: &Condition| match c {
        Condition::Value {
            value,
            negated: false,
        } => match &targets[*value] {
            Target::Value(at, _) if at.table == counted => Some(*at),
            _ => None,
        },
        _ => None,
    };
    let kinds = |c: &Condition| match c {
        Condition::All(several) if several.len() > 1 => {
            let first = several.first().and_then(column);
            first.is_some() && several.iter().all(|c| column(c) == first)
        }
        _ => false,
    };
    let Some(place) = frame.conditions.iter().position(kinds) else {
        return;
    };
    if let Condition::All(sides) = &mut frame.conditions[place] {
        let sides = std::mem::take(sides);
        frame.versus = Some(Versus {
            condition: place,
            labels: vec![None; sides.len()],
        });
        frame.conditions[place] = Condition::Any(sides);
    }
}

/// "Revenue by category with a column per quarter of 2025": a side for each period of the time that is named.
///
/// # Errors
/// 22023 when no time is named that is made of whole periods, or when they are too many.
fn by_period(frame: &mut Frame, unit: Unit) -> Result<()> {
    let unclear = || {
        not_understood(format!("Of which {}s the columns are is not clear.", unit.name()))
            .with_hint("Name the time: \"sales by region for 2024 and 2025 side by side\", \"with a column per quarter of 2025\".")
    };
    let timed = |c: &Condition| match c {
        Condition::Time { negated, .. } => !negated,
        Condition::Any(several) => several
            .iter()
            .all(|c| matches!(c, Condition::Time { negated: false, .. })),
        _ => false,
    };
    let times: Vec<usize> = (0..frame.conditions.len())
        .filter(|i| timed(&frame.conditions[*i]))
        .collect();
    let [condition] = times[..] else {
        return Err(unclear());
    };
    let spans: Vec<Span> = match &frame.conditions[condition] {
        Condition::Any(several) => several.iter().filter_map(span_of).collect(),
        one => span_of(one).into_iter().collect(),
    };
    let mut sides: Vec<Span> = Vec::new();
    for span in spans {
        sides.extend(periods(&span, unit).ok_or_else(unclear)?);
    }
    if sides.len() > MOST_PERIODS {
        return Err(not_understood(format!(
            "More than {MOST_PERIODS} {}s stand side by side.",
            unit.name()
        )));
    }
    frame.versus = Some(Versus {
        condition,
        labels: sides.iter().map(|side| label(side, unit)).collect(),
    });
    let side = |span: Span| Condition::Time {
        column: None,
        span,
        negated: false,
    };
    frame.conditions[condition] = Condition::Any(sides.into_iter().map(side).collect());
    frame.group.pop();
    frame.pivot = false;
    Ok(())
}

fn span_of(condition: &Condition) -> Option<Span> {
    match condition {
        Condition::Time { span, .. } => Some(span.clone()),
        _ => None,
    }
}

/// The periods that a span is made of, one more than may be at the most; `None` where it is not made of whole ones.
fn periods(span: &Span, unit: Unit) -> Option<Vec<Span>> {
    let (mut from, to) = (span.from?, span.to?);
    let mut periods = Vec::new();
    while from != to {
        let next = dates::relative(from, from).moved_back(unit, -1)?.from?;
        periods.push(dates::relative(from, next));
        from = next;
        if periods.len() > MOST_PERIODS {
            break;
        }
    }
    (!periods.is_empty()).then_some(periods)
}

/// What a period is called: "2025", "Q3 2025", "2025-07", "2 months ago".
fn label(period: &Span, unit: Unit) -> Option<String> {
    Some(match period.from? {
        Moment::Day((year, ..)) if unit == Unit::Year => year.to_string(),
        Moment::Day((year, month, _)) if unit == Unit::Quarter => {
            format!("Q{} {year}", (month - 1) / 3 + 1)
        }
        Moment::Day((year, month, _)) if unit == Unit::Month => format!("{year}-{month:02}"),
        Moment::Day(day) => dates::iso(day),
        Moment::Start(unit, -1) => format!("1 {} ago", unit.name()),
        Moment::Start(unit, count) if count < -1 => format!("{} {}s ago", -count, unit.name()),
        _ => return None,
    })
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
