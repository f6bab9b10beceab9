//! Words before a noun that mean the same as the noun, where a stored value of the noun's own rows is called just so: "tournament
//! competitions" beside a kind "Tournament".
//!
//! Invariant: such a word limits the rows. Read as another word for the noun it would be lost without a word.

use super::super::language::Op;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::names::pieces;
use super::annotate::{Segment, WHOLE};
use crate::catalog::model::{Catalog, StoredValue, ValueMatch};

/// "How many facility hires" where there are facilities and hires, and a code means "facility hire" as well: the things are asked for.
pub(crate) fn split_things(segments: &mut Vec<Segment>, lexicon: &Lexicon) {
    let mut i = 0;
    while i < segments.len() {
        if let Some(parts) = things(&segments[i], lexicon) {
            segments.splice(i..=i, parts);
        }
        i += 1;
    }
}

/// The things that the two words of a value in the plural are called by, where none of them has the value.
fn things(segment: &Segment, lexicon: &Lexicon) -> Option<[Segment; 2]> {
    let (first, last) = segment.text.split_once(' ')?;
    let plural = super::super::language::ends_as_plural(last);
    if last.contains(' ') || !plural || segment.quoted.is_some() || segment.values.is_empty() {
        return None;
    }
    let called =
        |word: &str| lexicon.tables_called(&super::super::language::stems(&word.to_lowercase()));
    let (firsts, lasts) = (called(first), called(last));
    let held = |t: &usize| segment.values.iter().any(|v| v.column.table == *t);
    if firsts.is_empty() || lasts.is_empty() || lasts.iter().any(held) {
        return None;
    }
    let part = |text: &str, tables: Vec<usize>, first: usize| Segment {
        first,
        last: first + 1,
        text: text.to_owned(),
        names: tables
            .into_iter()
            .map(|t| Candidate {
                target: Target::Table(t),
                score: 1.0,
            })
            .collect(),
        ..Segment::default()
    };
    Some([
        part(first, firsts, segment.first),
        part(last, lasts, segment.first + 1),
    ])
}

/// Leaves such words no other meaning than the value.
pub(crate) fn keep_values(segments: &mut [Segment], catalog: &Catalog, lexicon: &Lexicon) {
    let as_written = |v: &StoredValue| matches!(v.found, ValueMatch::Exact | ValueMatch::Folded);
    for i in 0..segments.len() {
        // "Severe" is a severity, and does not ask for it.
        let segment = &mut segments[i];
        let said = segment.text.to_lowercase();
        let values = &segment.values;
        let other = |c: &Candidate| match c.target {
            Target::Column(at) => {
                let held = values.iter().any(|v| as_written(v) && v.column == at);
                held && !pieces(&catalog.column(at).name).contains(&said)
            }
            _ => false,
        };
        segment.names.retain(|c| !other(c));
        let segment = &segments[i];
        if segment.quoted.is_some() {
            continue;
        }
        let Some(next) = segments.get(i + 1) else {
            continue;
        };
        let (Some(own), Some(noun)) = (segment.names.first(), next.names.first()) else {
            continue;
        };
        let Target::Table(table) = noun.target else {
            continue;
        };
        let same = |v: &StoredValue| as_written(v) && v.column.table == table;
        let not_named = |v: &StoredValue| {
            let display = &lexicon.tables[table].display;
            !display.contains(&v.column.column)
        };
        // "Transfer notices" are of that type, whatever else is called transfers.
        let other = matches!(own.target, Target::Table(t) if t != table)
            && !super::super::language::ends_as_plural(&segment.text);
        let kind = |v: &StoredValue| same(v) && super::kindnouns::tells_kind(v.column, lexicon);
        if other && !segment.possessive && !next.is(Op::Link) && segment.values.iter().any(kind) {
            segments[i].values.retain(kind);
            segments[i].names.clear();
            continue;
        }
        if own.target == noun.target
            && own.score < WHOLE
            && own.score <= noun.score
            && !next.is(Op::Link)
            && segment.values.iter().any(|v| same(v) && not_named(v))
        {
            segments[i].values.retain(same);
            segments[i].names.clear();
        }
    }
}
