//! How old things are that have no age: "tickets older than 30 days" are those of a date before then.
//!
//! Invariant: an age in a unit of time is told by a date, and by no other number that is in such a unit: by the date of birth where the things
//! have one, or else by the date that the rows have by default. Only the years of who was born, and a column that is called an age, are compared as numbers. Without this, tickets
//! older than 30 days were those that would take more than 720 hours.

use super::super::language::{Comparison, ENGLISH};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::nature::is_numeric;
use super::super::time::dates::{Moment, Span, Unit};
use super::super::time::timewords::unit;
use super::adjectives::thing_before;
use super::frame::{Condition, Frame, MentionId, Operand};
use crate::catalog::model::{Catalog, ColumnRef, TypeClass};
use crate::question::numbers::Number;
use crate::question::tokens::tokenize;

/// Makes times of the ages that a frame compares in units of time.
pub(super) fn as_times(frame: &mut Frame, catalog: &Catalog, lexicon: &Lexicon) {
    for at in 0..frame.conditions.len() {
        let (left, op, number) = match &frame.conditions[at] {
            Condition::Compare {
                left: Some(left),
                op,
                right: Operand::Number(number),
            } => (*left, *op, number),
            _ => continue,
        };
        let Some(date) = date_of(frame, left, catalog, lexicon) else {
            continue;
        };
        let whole_days = catalog.column(date).class == TypeClass::Date;
        let Some((unit, span)) = span(frame, left, op, number, whole_days) else {
            continue;
        };
        let name = &lexicon.tables[date.table].columns[date.column];
        if unit == Unit::Year && name.iter().any(|w| ENGLISH.birth_words.contains(w)) {
            continue;
        }
        frame.mentions[left].candidates = vec![Candidate {
            target: Target::Column(date),
            score: 1.0,
        }];
        frame.adjectives.retain(|(mention, _)| *mention != left);
        frame.measured.retain(|(mention, ..)| *mention != left);
        frame.conditions[at] = Condition::Time {
            column: Some(left),
            span,
            negated: false,
        };
    }
}

/// The time up to which, or since when, what is so old came to be, and the unit that it is told in.
fn span(
    frame: &Frame,
    left: MentionId,
    op: Comparison,
    number: &Number,
    whole_days: bool,
) -> Option<(Unit, Span)> {
    let (_, adjective) = frame.adjectives.iter().find(|(m, _)| *m == left)?;
    let adjective = &ENGLISH.adjectives[*adjective];
    let dated = |lists: &[Vec<String>]| {
        let mut lists = lists.iter();
        lists.any(|words| words.last().is_some_and(|w| ENGLISH.date_nouns.contains(w)))
    };
    let older = match (dated(&adjective.greater), dated(&adjective.smaller)) {
        (false, true) => true,
        (true, false) => false,
        _ => return None,
    };
    let word = tokenize(number.unit.as_deref()?);
    let (_, unit) = unit(&word, 0)?;
    let count = number.as_whole().filter(|n| *n > 0)?;
    // A day is older than 30 days when it was before the one 30 days ago.
    let moment = Some(match unit {
        Unit::Day if whole_days => Moment::Start(Unit::Day, -count),
        Unit::Week if whole_days => Moment::Start(Unit::Day, -count.checked_mul(7)?),
        _ => Moment::Ago(unit, -count),
    });
    let more = match op {
        Comparison::Greater | Comparison::GreaterOrEqual => true,
        Comparison::Less | Comparison::LessOrEqual => false,
        _ => return None,
    };
    let (from, to) = match older == more {
        true => (None, moment),
        false => (moment, None),
    };
    Some((unit, Span { from, to }))
}

/// The date that tells how old the things are of which an adjective is said.
fn date_of(
    frame: &Frame,
    left: MentionId,
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Option<ColumnRef> {
    let table = thing_before(frame, left)?;
    let of = |column: usize| ColumnRef { table, column };
    let names = &lexicon.tables[table].columns;
    let shapes = catalog.tables[table].columns.iter();
    let is = |name: &[String], list: &[String]| name.iter().any(|w| list.contains(w));
    let mut held = shapes.zip(names).filter(|(shape, name)| {
        is_numeric(shape.class) && shape.part.is_none() && is(name, &ENGLISH.age_words)
    });
    if held.next().is_some() {
        return None;
    }
    let dates = lexicon.date_columns(catalog, table);
    let born = dates.iter().find(|c| is(&names[**c], &ENGLISH.birth_words));
    let first = dates.iter().find(|c| !lexicon.is_due(of(**c)));
    born.or(first).map(|column| of(*column))
}
