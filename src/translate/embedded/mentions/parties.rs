//! Verbs of giving and getting where the question speaks of what is given: "payments *sent* by customers", though the state of some
//! notifications is "sent" as well; and what the kinds of those who give and get are called.
//!
//! Invariant: such a verb is no state of rows that nobody speaks of, where the rows that are spoken of have keys for who gives and who gets.
//! A kind that a comment explains is a value only where its column is named right before; otherwise the things are meant that are
//! called so.

use super::super::language::{ENGLISH, Op};
use super::super::linking::parties;
use super::super::linking::resolve::table_of;
use super::super::schema::kindkeys;
use super::super::schema::lexicon::{Lexicon, Target};
use super::annotate::Segment;
use super::rolewords::speaks_by_name;
use crate::catalog::model::{Catalog, ColumnRef};
use crate::question::tokens::Token;

/// Reads such verbs and kinds.
pub(crate) fn take(
    segments: &mut [Segment],
    tokens: &[Token],
    catalog: &Catalog,
    lexicon: &Lexicon,
) {
    let holders = parties::holders(lexicon);
    let tells = |at: ColumnRef| kindkeys::tells_target(catalog.table(at), at.column);
    for at in 0..segments.len() {
        if segments[at].values.iter().any(|v| tells(v.column)) {
            let before = segments[..at].iter().rev();
            let mut before = before.skip_while(|s| s.names.is_empty() && s.values.is_empty());
            let named = before.next().and_then(column);
            let segment = &mut segments[at];
            let number = segment.number.is_some() || segment.text.chars().all(|c| c.is_numeric());
            segment
                .values
                .retain(|v| number || !tells(v.column) || named == Some(v.column));
            if segment.values.iter().any(|v| tells(v.column)) {
                segment.names.clear();
            }
        }
        let segment = &segments[at];
        let verb =
            segment.last == segment.first + 1 && parties::is_verb(&tokens[segment.first].stem);
        let held = |table: usize| holders.contains(&table);
        let spoken = |s: &Segment| {
            let best = s.names.first().map(|c| table_of(lexicon, &c.target));
            best.is_some_and(held)
        };
        let others = || segments.iter().enumerate().filter(|(i, _)| *i != at);
        let strange =
            |v: ColumnRef| !held(v.table) && !others().any(|(_, s)| speaks_by_name(s, v.table));
        let inflected = ENGLISH.ends_as_verb(&tokens[segment.first].lower)
            || tokens[segment.first].lower != tokens[segment.first].stem;
        if verb
            && inflected
            && !spoken(segment)
            && !segment.values.is_empty()
            && segment.values.iter().all(|v| strange(v.column))
            && others().any(|(_, s)| spoken(s))
        {
            let segment = &mut segments[at];
            segment.values.clear();
            segment.names.clear();
            segment.ops = vec![Op::Link];
        }
    }
}

/// The column that a segment names.
fn column(segment: &Segment) -> Option<ColumnRef> {
    match segment.names.first()?.target {
        Target::Column(at) => Some(at),
        _ => None,
    }
}
