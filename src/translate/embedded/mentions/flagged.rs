//! Columns of yes and no before a number of the same rows: "billable hours per team" are the hours that are billable.
//!
//! Invariant: the first word names a column of yes and no whole, the second one a number of the same table, and neither stands in a list;
//! they are written as the parser reads "hours that are billable", so that the condition is never dropped.

use super::super::language::Op;
use super::super::schema::lexicon::{Candidate, Target};
use super::annotate::{Segment, WHOLE};
use crate::catalog::model::{Catalog, TypeClass};

/// A name from this score on is one without the verb of its column: "billable" for is_billable.
const NAMED: f32 = 0.75;
/// Names whose scores are nearer than this may both be meant.
const CLOSE: f32 = 0.1;

/// Writes such pairs in the order in which the parser reads them.
pub(crate) fn put_after(segments: &mut Vec<Segment>, catalog: &Catalog) {
    super::put_clauses_after(segments, |segments, at| is_pair(segments, at, catalog));
}

fn is_pair(segments: &[Segment], at: usize, catalog: &Catalog) -> bool {
    let (flag, number) = (&segments[at], &segments[at + 1]);
    let lists = |s: &Segment| s.is(Op::And) || s.is(Op::Or) || s.is(Op::By) || s.is(Op::Each);
    let before = at.checked_sub(1).map(|i| &segments[i]);
    let plain = |s: &Segment| s.values.is_empty() && s.quoted.is_none() && s.time.is_none();
    if before.is_some_and(|s| lists(s) || !s.names.is_empty())
        || segments.get(at + 2).is_some_and(|s| s.is(Op::And))
        || !plain(flag)
        || !plain(number)
        || flag.possessive
        || !flag.ops.is_empty()
    {
        return false;
    }
    let class = |c: &Candidate| match c.target {
        Target::Column(of) => Some((of.table, catalog.column(of).class)),
        _ => None,
    };
    let Some((table, TypeClass::Boolean)) = flag.names.first().and_then(class) else {
        return false;
    };
    let best = flag.names.first().map_or(0.0, |c| c.score);
    let alone = best > NAMED && flag.names.iter().filter(|c| c.score > best - CLOSE).count() == 1;
    let of_table = |c: &Candidate| match class(c) {
        Some((of, class)) => {
            of == table && super::super::schema::nature::is_numeric(class) && c.score >= WHOLE
        }
        None => false,
    };
    alone && number.names.iter().any(of_table)
}
