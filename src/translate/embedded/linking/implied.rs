//! What conditions say that others say already: "buildings *managed* by Emma" names the manager before it says who that is.
//!
//! Invariant: a word is passed over only where the very column that it names is what the next condition is about, or what is asked
//! for; or where it says no more than that something has a place, and the place is said. Elsewhere it stays a condition of its own.
//! What a question names is not shown beside what it asks for: all its rows would say the same.

use super::super::language::ENGLISH;
use super::super::reading::frame::{Condition, Frame, MentionId, Output};
use super::super::schema::lexicon::{Lexicon, Target};
use super::super::sql::build::not_understood;
use super::fit::is_verb;
use crate::catalog::model::{Catalog, ColumnRef};
use crate::error::Result;

/// "Who manages the Riga site": the site is named, and who manages it is asked for.
fn drop_named(frame: &mut Frame, targets: &[Target], lexicon: &Lexicon) {
    if frame.outputs.len() < 2 || !frame.listed.is_empty() {
        return;
    }
    let named: Vec<usize> = frame
        .conditions
        .iter()
        .filter_map(|c| match c {
            Condition::Value {
                value,
                negated: false,
            } => match &targets[*value] {
                Target::Value(at, _) => {
                    let words = &lexicon.tables[at.table];
                    (words.display == [at.column]).then_some(at.table)
                }
                _ => None,
            },
            _ => None,
        })
        .collect();
    let is_named = |o: &Output| match o {
        Output::Plain(m) => matches!(targets[*m], Target::Table(t) if named.contains(&t)),
        _ => false,
    };
    if !frame.outputs.iter().all(is_named) {
        frame.outputs.retain(|o| !is_named(o));
    }
}

/// Drops such conditions.
///
/// # Errors
/// 22023 where a text is said to be in what is asked for, and that holds no text.
pub(crate) fn drop_implied(
    frame: &mut Frame,
    targets: &[Target],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Result<()> {
    let column = |id: &MentionId| match targets[*id] {
        Target::Column(at) => Some(at),
        _ => None,
    };
    for condition in &frame.conditions {
        if let Condition::Like { left, .. } = condition
            && frame.outputs == [Output::Plain(*left)]
            && !column(left).is_some_and(|at| Lexicon::is_textual(catalog.column(at).class))
        {
            return Err(not_understood(format!(
                "What \"{}\" is said to contain is not clear.",
                frame.mentions[*left].text
            )));
        }
    }
    drop_subject(frame);
    drop_named(frame, targets, lexicon);
    exclude_kinds(frame, targets);
    let conditions = std::mem::take(&mut frame.conditions);
    let kept: Vec<bool> = conditions
        .iter()
        .enumerate()
        .map(|(i, condition)| match condition {
            Condition::Flag { of, negated: false } => !column(of).is_some_and(|at| {
                is_implied(
                    frame,
                    *of,
                    at,
                    conditions.get(i + 1),
                    targets,
                    catalog,
                    lexicon,
                )
            }),
            _ => true,
        })
        .collect();
    // Where a condition ends that is denied is told by its place.
    if kept.iter().all(|kept| *kept) || frame.denied.is_some() || frame.versus.is_some() {
        frame.conditions = conditions;
        return Ok(());
    }
    let mut kept = kept.into_iter();
    frame.conditions = conditions;
    frame.conditions.retain(|_| kept.next().unwrap_or(true));
    Ok(())
}

/// "Tickets by channel, excluding refunded tickets": a kind of the very things that are asked for is left out, not what has such things.
fn exclude_kinds(frame: &mut Frame, targets: &[Target]) {
    let table = |id: &MentionId| match targets[*id] {
        Target::Table(table) => Some(table),
        Target::Column(at) | Target::Value(at, _) => Some(at.table),
        _ => None,
    };
    let asked: Vec<usize> = frame
        .outputs
        .iter()
        .map(|o| match o {
            Output::Plain(m) | Output::Count { of: m, .. } | Output::Aggregate { of: m, .. } => m,
        })
        .chain(&frame.head)
        .filter_map(table)
        .collect();
    let mut i = 1;
    while i < frame.conditions.len() {
        let kind = match (&frame.conditions[i - 1], &frame.conditions[i]) {
            (
                Condition::Flag { of: kind, .. } | Condition::Value { value: kind, .. },
                Condition::Related {
                    to,
                    negated: true,
                    inside,
                },
            ) if inside.is_empty() && *kind + 1 == *to => Some((kind, to)),
            _ => None,
        };
        let own = kind.is_some_and(|(kind, to)| {
            table(kind) == table(to) && table(to).is_some_and(|t| asked.contains(&t))
        });
        if own {
            frame.conditions.remove(i);
            if let Condition::Flag { negated, .. } | Condition::Value { negated, .. } =
                &mut frame.conditions[i - 1]
            {
                *negated = true;
            }
            if frame.denied == Some(i) {
                (frame.denied, frame.denied_until) = (None, None);
            }
        } else {
            i += 1;
        }
    }
}

/// "When was the school with the most pupils founded" asks for the time alone; the school says of what.
fn drop_subject(frame: &mut Frame) {
    let asks_when = frame
        .words
        .first()
        .is_some_and(|w| ENGLISH.when.contains(w));
    let lists = frame.words.iter().any(|w| ENGLISH.joiners.contains(w));
    if let [Output::Plain(_), Output::Plain(subject)] = frame.outputs[..]
        && asks_when
        && !lists
    {
        frame.outputs.pop();
        frame.head = frame.head.or(Some(subject));
    }
}

fn is_implied(
    frame: &Frame,
    of: MentionId,
    at: ColumnRef,
    next: Option<&Condition>,
    targets: &[Target],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> bool {
    // What is true or false, or may not have happened yet, says something by itself.
    if !Lexicon::is_textual(catalog.column(at).class) || !is_verb(frame, of) {
        return false;
    }
    let asked = frame.outputs.iter().any(|o| match o {
        Output::Plain(m) | Output::Count { of: m, .. } => targets[*m] == Target::Column(at),
        Output::Aggregate { .. } => false,
    });
    let Some(next) = next else { return asked };
    let place = lexicon.tables[at.table].columns[at.column]
        .last()
        .is_some_and(|last| ENGLISH.places.iter().any(|p| p.last() == Some(last)));
    asked || same_column(next, at, targets) || place && says_more(next)
}

/// A value of this column, or several.
fn same_column(condition: &Condition, at: ColumnRef, targets: &[Target]) -> bool {
    match condition {
        Condition::Value { value, .. } => {
            matches!(&targets[*value], Target::Value(c, _) if *c == at)
        }
        Condition::Like { left, .. } => targets[*left] == Target::Column(at),
        Condition::Any(several) | Condition::All(several) => {
            !several.is_empty() && several.iter().all(|c| same_column(c, at, targets))
        }
        _ => false,
    }
}

/// A condition that says where.
fn says_more(condition: &Condition) -> bool {
    match condition {
        Condition::Value { negated, .. } | Condition::Related { negated, .. } => !negated,
        Condition::Any(several) | Condition::All(several) => several.iter().all(says_more),
        _ => false,
    }
}
