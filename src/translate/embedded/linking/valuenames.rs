//! Stored values that may be said of something else: of the noun of another table, or of another column that holds them as well.
//!
//! Invariant: "transaction statuses" is not read as the statuses of what is of type "transaction" where another table is called
//! by that word and has a status: which of the two is meant is asked. "Outages in Neudorf" is not read as those of the substation of
//! that name where a district is called so too and the question names neither.

use super::super::language::ENGLISH;
use super::super::reading::frame::{Condition, Frame, Mention, Role};
use super::super::schema::lexicon::{Lexicon, Target};
use super::resolve::table_of;
use crate::catalog::model::{Catalog, ColumnRef};
use crate::error::Error;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// Two values whose scores are as near are as good: that one is written in other letter case decides nothing.
const ALIKE: f32 = 0.05;

/// Drops a value that is no more than a part of the name which the next word completes: "fraud is suspected" speaks of `fraud_suspected`,
/// and of nobody whose field is fraud.
pub(crate) fn drop_parts_of_names(frame: &mut Frame, targets: &[Target], lexicon: &Lexicon) {
    let said = |id: usize| super::super::language::stems(&frame.mentions[id].text.to_lowercase());
    let is_part = |value: usize| {
        let (Role::Value, Target::Value(at, _)) = (frame.mentions[value].role, &targets[value])
        else {
            return false;
        };
        let beside = [value.checked_sub(1), Some(value + 1)];
        let beside = beside
            .into_iter()
            .flatten()
            .filter(|id| *id < targets.len());
        beside.into_iter().any(|id| match &targets[id] {
            Target::Column(named) if named.table != at.table => {
                let name = &lexicon.tables[named.table].columns[named.column];
                let (own, other) = (said(value), said(id));
                let mut both = own.iter().chain(&other);
                name.len() == own.len() + other.len() && both.all(|stem| name.contains(stem))
            }
            _ => false,
        })
    };
    let parts: Vec<usize> = (0..targets.len()).filter(|id| is_part(*id)).collect();
    frame.conditions.retain(
        |c| !matches!(c, Condition::Value { value, negated: false } if parts.contains(value)),
    );
}

/// The refusal of a question in which a value may as well say of which table the noun after it is.
pub(crate) fn refuse_namesakes(
    frame: &Frame,
    targets: &[Target],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Result<(), Error> {
    for (id, mention) in frame.mentions.iter().enumerate() {
        let (Role::Value, Target::Value(column, _)) = (mention.role, &targets[id]) else {
            continue;
        };
        let Some(Target::Column(noun)) = targets.get(id + 1) else {
            continue;
        };
        let said = super::super::language::stems(&mention.text.to_lowercase());
        let ([word], true) = (&said[..], mention.near == Some(id + 1)) else {
            continue;
        };
        if noun.table != column.table {
            continue;
        }
        let other = frame.mentions[id + 1]
            .candidates
            .iter()
            .find(|c| match c.target {
                Target::Column(at) => {
                    at.table != noun.table && lexicon.tables[at.table].stems.contains(word)
                }
                _ => false,
            });
        if let Some(other) = other {
            let table = &catalog.tables[table_of(lexicon, &other.target)].name;
            return Err(Error::ambiguous()
                .with_detail(format!(
                    "\"{}\" may be a value of {} or say that {table} is meant.",
                    mention.text,
                    catalog.column(*column).name
                ))
                .with_hint("Say which table is meant, or put the value in quotation marks."));
        }
    }
    Ok(())
}

/// Whether the one place of a value is likelier than the other by what they are: the name of a thing rather than a text that says something
/// else of other things, unless that says where they are; who did it rather than a title, after "by".
fn outdone(mention: &Mention, at: &ColumnRef, other: &ColumnRef, lexicon: &Lexicon) -> bool {
    let name = |at: &ColumnRef| lexicon.tables[at.table].display.contains(&at.column);
    let words = |at: &ColumnRef| &lexicon.tables[at.table].columns[at.column];
    let place = ENGLISH.places.iter().any(|p| words(other).ends_with(p));
    let title = words(other)
        .last()
        .is_some_and(|last| ENGLISH.titles.contains(last));
    name(at) && !name(other) && !place || mention.by && title
}

/// The refusal of a value that columns of several tables hold of which the question names none.
pub(crate) fn refuse_several_places(
    frame: &Frame,
    targets: &[Target],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Result<(), Error> {
    let mentions = || frame.mentions.iter().enumerate();
    let named: BTreeSet<usize> = mentions()
        .filter(|(_, m)| m.role != Role::Value)
        .map(|(id, _)| table_of(lexicon, &targets[id]))
        .collect();
    // A verb or a part of a name may speak of a table as well.
    let spoken = |table: usize| {
        let words = &lexicon.tables[table].stems;
        named.contains(&table) || words.iter().any(|stem| frame.words.contains(stem))
    };
    // "Events in Vienna" are those of which the one venue is there, whoever comes from there besides.
    let singles: OnceCell<BTreeSet<usize>> = OnceCell::new();
    let single = |table: usize| {
        let of_named = || named.iter().flat_map(|t| lexicon.graph.singles(*t));
        singles
            .get_or_init(|| of_named().collect())
            .contains(&table)
    };
    for (id, mention) in mentions() {
        let Target::Value(at, _) = &targets[id] else {
            continue;
        };
        let free = mention.role == Role::Value && mention.of.is_none();
        if !free || spoken(at.table) || lexicon.role(at.table).is_some() {
            continue;
        }
        let score = |c: &&super::super::schema::lexicon::Candidate| c.target == targets[id];
        let Some(chosen) = mention.candidates.iter().find(score) else {
            continue;
        };
        let away = lexicon.graph.distances(at.table);
        let from = |away: &[u8]| named.iter().map(|t| away[*t]).min();
        let Some(steps) = from(&away) else { continue };
        let theirs = single(at.table);
        let other = mention.candidates.iter().find(|c| {
            let Target::Value(other, _) = &c.target else {
                return false;
            };
            let same =
                || super::samerows::same(lexicon, catalog, Some(&c.target), Some(&targets[id]));
            let near = || {
                let away = lexicon.graph.distances(other.table);
                from(&away).is_some_and(|there| there <= steps.saturating_add(1))
            };
            other != at
                && chosen.score - c.score < ALIKE
                && !named.contains(&other.table)
                && lexicon.role(other.table).is_none()
                && !outdone(mention, at, other, lexicon)
                && (!theirs || single(other.table))
                && near()
                && !same()
        });
        if let Some(Target::Value(other, _)) = other.map(|c| &c.target) {
            let place = |at: &ColumnRef| {
                format!("{}.{}", catalog.table(*at).name, catalog.column(*at).name)
            };
            return Err(Error::ambiguous()
                .with_detail(format!(
                    "\"{}\" stands in {} and in {}.",
                    mention.text,
                    place(at),
                    place(other)
                ))
                .with_hint("Say what it is: put the noun beside it."));
        }
    }
    Ok(())
}
