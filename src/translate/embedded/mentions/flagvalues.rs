//! Words that are a flag of one table and a stored value of another: "active" beside `wardens.is_active` and a status of leases.
//!
//! Invariant: where the question names the one table and not the other, the meaning of that table is the only one. Read as the flag
//! of a table that is never looked at, the word would leave the answer without a filter.

use super::super::language::{ENGLISH, Op, stems};
use super::super::schema::lexicon::{Lexicon, Target};
use super::super::schema::nature;
use super::annotate::{Segment, WHOLE};
use crate::catalog::model::{StoredValue, ValueMatch};

/// Leaves such words the meaning of the table that is named, and takes what only says that a stored state holds now for no state of
/// its own: "are active *right now*".
pub(crate) fn keep_of_named(segments: &mut [Segment], lexicon: &Lexicon) {
    let named: Vec<usize> = segments
        .iter()
        .flat_map(|s| &s.names)
        .filter_map(|c| match c.target {
            Target::Table(t) if c.score >= WHOLE => Some(t),
            _ => None,
        })
        .collect();
    let stored = |v: &StoredValue| {
        matches!(v.found, ValueMatch::Exact | ValueMatch::Folded)
            && named.contains(&v.column.table)
            && !lexicon.tables[v.column.table]
                .display
                .contains(&v.column.column)
    };
    for segment in segments.iter_mut() {
        let Some(best) = segment.names.first() else {
            continue;
        };
        let Target::Column(at) = best.target else {
            continue;
        };
        let flag = nature::flagged(&lexicon.tables[at.table].columns[at.column]);
        if flag.is_some() && !named.contains(&at.table) && segment.values.iter().any(stored) {
            segment.values.retain(stored);
            segment.names.clear();
        }
    }
    let goes_on = |s: &Segment| ENGLISH.ongoing.contains(&s.text.to_lowercase());
    let held: Vec<usize> = segments
        .iter()
        .filter(|s| goes_on(s))
        .flat_map(|s| &s.values)
        .filter(|v| stored(v))
        .map(|v| v.column.table)
        .collect();
    let adverb = |s: &Segment| {
        let said = stems(&s.text.to_lowercase());
        let same = |word: &String| stems(word) == said;
        s.names.is_empty() && !s.values.is_empty() && ENGLISH.now_words.iter().any(same)
    };
    for segment in segments.iter_mut().filter(|s| adverb(s)) {
        if segment
            .values
            .iter()
            .any(|v| held.contains(&v.column.table))
        {
            segment.values.clear();
            segment.ops = vec![Op::Filler];
        }
    }
}
