//! What each span of the question may mean: names, stored values, phrases of the grammar, numbers and times.
//!
//! The longest spans win, and all meanings of a span are kept: which of them is meant is decided in [`super::linking`], when the whole
//! question is known. A word that nothing covers stays uncovered, and the question is refused with its name.

pub mod activeverbs;
pub mod activevoice;
pub mod amounts;
pub mod annotate;
pub mod asides;
pub mod bracketed;
pub mod closed;
pub mod columnlists;
pub mod comments;
pub mod crowded;
pub mod donefirst;
pub mod emptywords;
pub mod exceptions;
pub mod flagged;
pub mod kindnouns;
pub mod kindvalues;
pub mod lookups;
pub mod namedtimes;
pub mod nearvalues;
pub mod nowwords;
pub mod numbered;
pub mod otherforms;
pub mod parties;
pub mod placenames;
pub mod planned;
pub mod rates;
pub mod rolewords;
pub mod samekeys;
pub mod sametimes;
pub mod spans;
pub mod spelledout;
pub mod tails;
pub mod texts;
pub mod totals;
pub mod treated;
pub mod wordings;

use super::language::Op;
use annotate::Segment;

/// Writes what is said right before its noun behind it, as a clause: "hours *that are* billable". `is_pair` tells of a place whether such two
/// stand there.
fn put_clauses_after(segments: &mut Vec<Segment>, is_pair: impl Fn(&[Segment], usize) -> bool) {
    let mut i = 0;
    while i + 1 < segments.len() {
        if is_pair(segments, i) {
            let relative = relative(&segments[i]);
            segments.swap(i, i + 1);
            segments.insert(i + 1, relative);
            i += 2;
        }
        i += 1;
    }
}

/// What leads a clause, at the place of what the clause says.
fn relative(said: &Segment) -> Segment {
    Segment {
        first: said.first,
        last: said.first,
        ops: vec![Op::Relative],
        ..Segment::default()
    }
}
