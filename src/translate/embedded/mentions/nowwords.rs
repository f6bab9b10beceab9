//! Words that say that a state holds now: "how many leases are active *right now*".
//!
//! Invariant: beside a stored state that goes on by itself ("active") they are no state of their own. Read as what a last day tells they
//! would leave out the leases that are stored as active and whose last day has come.

use super::super::language::{ENGLISH, Op, stems};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::names;
use super::annotate::{Segment, WHOLE};
use crate::catalog::model::{Catalog, StoredValue, ValueMatch};

/// "Active" names no table of activities: it says what goes on.
pub(crate) fn leave_tables(segments: &mut [Segment], catalog: &Catalog) {
    for segment in segments {
        let word = segment.text.to_lowercase();
        let ongoing = ENGLISH.ongoing.contains(&word);
        let state = |v: &StoredValue| matches!(v.found, ValueMatch::Segment(_));
        if !ongoing && segment.values.iter().any(state) {
            // Nor is "activity" a state.
            let said = stems(&word);
            if ENGLISH.ongoing.iter().any(|w| stems(w) == said) {
                segment.values.retain(|v| !state(v));
            }
        }
        if segment.names.is_empty() || !ongoing {
            continue;
        }
        let says = |name: &str| names::pieces(name).contains(&word);
        let called = |c: &Candidate| match c.target {
            Target::Table(t) => Some(t).filter(|t| !says(&catalog.tables[*t].name)),
            _ => None,
        };
        let others: Vec<usize> = segment.names.iter().filter_map(called).collect();
        // A flag may be a short form of it: `actv_flg`.
        let written = |c: &Candidate| match c.target {
            Target::Table(t) => !others.contains(&t),
            Target::Column(at) => !others.contains(&at.table) || says(&catalog.column(at).name),
            _ => true,
        };
        segment.names.retain(written);
        if segment.names.is_empty() {
            segment.ops.retain(|op| *op != Op::Link);
        }
    }
}

/// Passes such words over where what is named has the stored state.
pub(crate) fn pass_over(segments: &mut [Segment], lexicon: &Lexicon) {
    let named: Vec<usize> = segments
        .iter()
        .flat_map(|s| &s.names)
        .filter_map(|c| match c.target {
            Target::Table(t) if c.score >= WHOLE => Some(t),
            _ => None,
        })
        .collect();
    let stored = |v: &StoredValue| {
        let own = &lexicon.tables[v.column.table];
        matches!(v.found, ValueMatch::Exact | ValueMatch::Folded)
            && named.contains(&v.column.table)
            && !own.display.contains(&v.column.column)
    };
    let goes_on = |s: &Segment| ENGLISH.ongoing.contains(&s.text.to_lowercase());
    let states = segments.iter().filter(|s| goes_on(s));
    let held: Vec<usize> = states
        .flat_map(|s| &s.values)
        .filter(|v| stored(v))
        .map(|v| v.column.table)
        .collect();
    if held.is_empty() {
        return;
    }
    for segment in segments.iter_mut() {
        let said = stems(&segment.text.to_lowercase());
        let now = ENGLISH.now_words.iter().any(|word| stems(word) == said);
        // "Active current accounts" where that is their type: a stored value says more than that it is so now.
        let told = |v: &StoredValue| matches!(v.found, ValueMatch::Segment(_));
        let mut values = segment.values.iter();
        let mere = segment.names.is_empty() && values.clone().all(told);
        if now && mere && values.any(|v| held.contains(&v.column.table)) {
            segment.values.clear();
            segment.ops = vec![Op::Filler];
        }
    }
}
