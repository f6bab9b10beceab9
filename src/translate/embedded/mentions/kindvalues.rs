//! Words before a noun that mean the same as the noun, where a stored value of the noun's own rows is called just so: "tournament
//! competitions" beside a kind "Tournament".
//!
//! Invariant: such a word limits the rows. Read as another word for the noun it would be lost without a word.

use super::super::language::Op;
use super::super::schema::lexicon::{Lexicon, Target};
use super::annotate::{Segment, WHOLE};
use crate::catalog::model::{StoredValue, ValueMatch};

/// Leaves such words no other meaning than the value.
pub(crate) fn keep_values(segments: &mut [Segment], lexicon: &Lexicon) {
    for i in 0..segments.len() {
        let segment = &segments[i];
        if segment.quoted.is_some() {
            continue;
        }
        let as_written =
            |v: &StoredValue| matches!(v.found, ValueMatch::Exact | ValueMatch::Folded);
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
