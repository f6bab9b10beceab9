//! Things counted by when something was done with them: "patients admitted per month", "customers who ordered each week".
//!
//! Invariant: the months are those of what was done, and each thing counts once in each of them. Without this they would be the months in which
//! the things themselves came to be: of patients those when they were registered, whenever they were admitted.

use super::super::schema::lexicon::{Lexicon, Target};
use super::super::schema::names::root;
use super::frame::{Condition, Dimension, Frame, Output};
use crate::catalog::model::{Catalog, ColumnRef};

/// Counts the keys that point at the things in the rows of what was done; says so.
pub(crate) fn count_as_done(
    frame: &mut Frame,
    targets: &mut [Target],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Option<String> {
    let [Output::Count { of, .. }] = frame.outputs[..] else {
        return None;
    };
    let Target::Table(thing) = targets[of] else {
        return None;
    };
    let timed = frame.group.iter().any(|d| matches!(d, Dimension::Time(_)));
    let named = frame.dated.is_some() || frame.time_of.is_some() || frame.new.is_some();
    if !timed || named || says_own_date(frame, targets, thing, catalog, lexicon) {
        return None;
    }
    let (place, deed) = only_deed(frame, targets)?;
    let dated = !lexicon.date_columns(catalog, deed).is_empty();
    let keys = lexicon.graph.of(deed);
    let keys = keys.filter(|(_, e)| e.holder == deed && e.target == thing);
    let keys: Vec<usize> = keys.map(|(id, _)| id).collect();
    let key = match keys[..] {
        [only] => only,
        // Of who gives and who gets the one that is said.
        _ => super::super::linking::parties::key(lexicon, frame, &keys)?,
    };
    let key = &lexicon.graph.edges[key];
    if !dated || deed == thing {
        return None;
    }
    let [column] = key.columns[..] else {
        return None;
    };
    let Condition::Related { inside, .. } = frame.conditions.remove(place) else {
        return None;
    };
    frame.conditions.extend(inside);
    frame.outputs = vec![Output::Count { of, distinct: true }];
    if frame.head == Some(of) {
        frame.head = None;
    }
    targets[of] = Target::Column(ColumnRef {
        table: deed,
        column,
    });
    Some(format!(
        "each of {} counts once in each period in which it has rows of {}",
        catalog.tables[thing].name, catalog.tables[deed].name
    ))
}

/// Where the condition stands that says what was done, and the table of it; nothing where several are, or something else is said of it.
fn only_deed(frame: &Frame, targets: &[Target]) -> Option<(usize, usize)> {
    let mut related = frame
        .conditions
        .iter()
        .enumerate()
        .filter_map(|(at, c)| match c {
            Condition::Related { to, negated, .. } => Some((at, *to, *negated)),
            _ => None,
        });
    let (Some((at, to, false)), None) = (related.next(), related.next()) else {
        return None;
    };
    match targets[to] {
        Target::Table(deed) => Some((at, deed)),
        _ => None,
    }
}

/// Whether a verb speaks of a date that the things have themselves: "customers with orders who signed up per month".
fn says_own_date(
    frame: &Frame,
    targets: &[Target],
    thing: usize,
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> bool {
    let columns = &lexicon.tables[thing].columns;
    let dates = lexicon.date_columns(catalog, thing);
    let mut stems = dates.iter().flat_map(|c| &columns[*c]);
    let said = |stem: &String| frame.verbs.contains(&root(stem));
    let flagged = |c: &Condition| match c {
        Condition::Flag { of, .. } => match &targets[*of] {
            Target::Column(at) => at.table == thing && dates.contains(&at.column),
            _ => false,
        },
        _ => false,
    };
    stems.any(said) || frame.conditions.iter().any(flagged)
}
