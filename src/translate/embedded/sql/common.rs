//! Values that two kinds of things have in common, where no key ties the two: "cities where we have donors but no volunteers".
//!
//! Invariant: both have one column that is called as the question says, of the same type, and no key leads from the one to the other:
//! where one does, the rows that belong together are meant, and the question is read so. Nothing else is said; else it is left to the
//! reading of a single tree of tables.

use super::super::reading::frame::{Condition, Frame, MentionId, Output};
use super::super::schema::lexicon::{Lexicon, Target};
use super::ast::{self, Parts};
use crate::catalog::model::{Catalog, ColumnRef};
use crate::translate::{Source, Step, Translation};
use sqlparser::ast::{Expr, Query, SetExpr, SetOperator, SetQuantifier};

/// What such a reading is worth: its words fit, and two tables were put together that no key ties.
const CONFIDENCE: f32 = 0.9;
/// A name from this score on is what the word names.
const NAMED: f32 = 0.9;

/// The values of a column that both of two things have, that one has and the other has not, or that either has.
pub(crate) fn values(frame: &Frame, catalog: &Catalog, lexicon: &Lexicon) -> Option<Translation> {
    let [Output::Plain(asked)] = frame.outputs[..] else {
        return None;
    };
    let plain = frame.order.is_none()
        && frame.limit.is_none()
        && frame.group.is_empty()
        && frame.window.is_none()
        && frame.then.is_empty()
        && frame.units.is_empty()
        && frame.measured.is_empty()
        && frame.head.is_none_or(|head| head == asked);
    let (first, second, operator) = things(frame)?;
    let (a, b) = (table(frame, first)?, table(frame, second)?);
    let tied = lexicon
        .graph
        .of(a)
        .any(|(_, e)| e.holder == b || e.target == b);
    if !plain || a == b || tied {
        return None;
    }
    let (of_a, of_b) = (column(frame, asked, a)?, column(frame, asked, b)?);
    if catalog.column(of_a).class != catalog.column(of_b).class {
        return None;
    }
    let name = &catalog.column(of_a).name;
    let mut query = shown(catalog, of_a, name);
    query.body = Box::new(SetExpr::SetOperation {
        op: operator,
        set_quantifier: SetQuantifier::None,
        left: query.body,
        right: shown(catalog, of_b, name).body,
    });
    let between = match operator {
        SetOperator::Intersect => "and also of",
        SetOperator::Except => "but not of",
        _ => "or of",
    };
    let reading = format!(
        "{name}, of {} {between} {}",
        catalog.tables[a].name, catalog.tables[b].name
    );
    let read = |mention: MentionId, reading: String| Step {
        part: frame.mentions[mention].text.clone(),
        reading,
    };
    let of_table = |at: ColumnRef| {
        format!(
            "column {}.{}",
            catalog.table(at).name,
            catalog.column(at).name
        )
    };
    Some(Translation {
        sql: query.to_string(),
        reading,
        assumptions: Vec::new(),
        warnings: Vec::new(),
        confidence: CONFIDENCE,
        source: Source::Embedded,
        steps: vec![
            read(asked, format!("{} and {}", of_table(of_a), of_table(of_b))),
            read(first, format!("table {}", catalog.tables[a].name)),
            read(second, format!("table {}", catalog.tables[b].name)),
        ],
        usage: None,
    })
}

/// The two things that all conditions speak of, and what is asked of them.
fn things(frame: &Frame) -> Option<(MentionId, MentionId, SetOperator)> {
    let related = |c: &Condition| match c {
        Condition::Related {
            to,
            negated,
            inside,
        } if inside.is_empty() => Some((*to, *negated)),
        _ => None,
    };
    let operator = match &frame.conditions[..] {
        [a, b] => {
            let ((a, not_a), (b, not_b)) = (related(a)?, related(b)?);
            match (not_a, not_b) {
                (false, false) => (a, b, SetOperator::Intersect),
                (false, true) => (a, b, SetOperator::Except),
                _ => return None,
            }
        }
        [Condition::Any(several)] | [Condition::All(several)] => {
            let any = matches!(frame.conditions[0], Condition::Any(_));
            let [a, b] = &several[..] else { return None };
            let ((a, false), (b, false)) = (related(a)?, related(b)?) else {
                return None;
            };
            let operator = if any {
                SetOperator::Union
            } else {
                SetOperator::Intersect
            };
            (a, b, operator)
        }
        _ => return None,
    };
    Some(operator)
}

/// The one table that a mention names best.
fn table(frame: &Frame, mention: MentionId) -> Option<usize> {
    let best = frame.mentions[mention].candidates.first()?;
    match best.target {
        Target::Table(table) if best.score >= NAMED => Some(table),
        _ => None,
    }
}

/// The one column of a table that a mention names best.
fn column(frame: &Frame, mention: MentionId, table: usize) -> Option<ColumnRef> {
    let named = frame.mentions[mention].candidates.iter();
    let of_table = named.filter_map(|c| match c.target {
        Target::Column(at) if at.table == table && c.score >= NAMED => Some((at, c.score)),
        _ => None,
    });
    let of_table: Vec<(ColumnRef, f32)> = of_table.collect();
    let best = of_table.iter().map(|(_, score)| *score).fold(0.0, f32::max);
    let mut best = of_table.iter().filter(|(_, score)| *score >= best);
    let (at, _) = best.next()?;
    best.all(|(other, _)| other == at).then_some(*at)
}

/// The values of a column that are known.
fn shown(catalog: &Catalog, at: ColumnRef, name: &str) -> Query {
    const ALIAS: &str = "t";
    let table = catalog.table(at);
    let value = super::super::schema::members::stored(ALIAS, catalog.column(at));
    Parts {
        distinct: true,
        columns: vec![(value.clone(), Some(name.to_owned()))],
        from: Some(ast::relation(&table.schema, &table.name, ALIAS)),
        condition: Some(Expr::IsNotNull(Box::new(value))),
        ..Parts::default()
    }
    .query()
}
