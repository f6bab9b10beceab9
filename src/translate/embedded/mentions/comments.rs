//! Words that the comment of a column has beside its name: "net amount" where the comment of `amount` says "net amount, without tax".
//!
//! Invariant: only a word that means nothing else is taken so, right before the name of the column or after it, and only where every
//! meaning of that name which is as good as the best has it in its comment.

use super::super::language::Op;
use super::super::schema::lexicon::{Candidate, Target};
use super::annotate::Segment;
use crate::catalog::model::{Catalog, StoredValue, ValueMatch};
use crate::question::tokens::{stem, tokenize};

/// A meaning that is this much worse than the best is none that the word would decide about.
const AS_GOOD: f32 = 0.05;
/// Below this a name is no more than a part of one.
const PART: f32 = 0.8;

/// Makes such words do nothing.
pub(crate) fn explain(segments: &mut [Segment], catalog: &Catalog) {
    for i in 0..segments.len() {
        if !is_vague(&segments[i]) || !segments[i].text.chars().all(char::is_alphabetic) {
            continue;
        }
        let said = stem(&segments[i].text.to_lowercase());
        let tells = |c: &Candidate| match c.target {
            Target::Column(at) => catalog
                .column(at)
                .comment
                .as_deref()
                .is_some_and(|comment| {
                    // What stands after a semicolon or in parentheses is said of some values only.
                    let first = comment.split([';', '(']).next().unwrap_or(comment);
                    tokenize(first).iter().any(|t| t.stem == said)
                }),
            _ => false,
        };
        let named = |s: &Segment| {
            let best = s.names.first().map_or(0.0, |c| c.score);
            let column =
                |c: &&Candidate| c.score > best - AS_GOOD && matches!(c.target, Target::Column(_));
            let mut columns = s.names.iter().filter(column).peekable();
            best > PART && s.values.is_empty() && columns.peek().is_some() && columns.all(tells)
        };
        let beside = [i.checked_sub(1), Some(i + 1)];
        let mut beside = beside.into_iter().flatten().filter_map(|k| segments.get(k));
        if beside.any(named) {
            segments[i].names.clear();
            segments[i].values.clear();
            segments[i].ops.push(Op::Filler);
        }
    }
}

/// At most a part of a name, and near a stored value.
fn is_vague(segment: &Segment) -> bool {
    let near = |v: &StoredValue| matches!(v.found, ValueMatch::Near(_));
    let part = segment.names.first().is_none_or(|c| c.score < PART);
    let rest = Segment {
        names: Vec::new(),
        values: Vec::new(),
        ..segment.clone()
    };
    part && segment.values.iter().all(near) && rest.is_unknown()
}
