//! Columns of yes and no as they are said: before a number of the same rows ("billable hours per team" are the hours that are billable) or
//! before what names their things ("radioactive elements"), and as the verb of a thing ("passengers survived").
//!
//! Invariant: the one word names a column of yes and no whole, the other one a number, a name or the things of the same table, and neither
//! stands in a list; they are written as the parser reads "hours that are billable", so that the condition is never dropped.

use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::nature::{self, Nature};
use super::annotate::{Segment, WHOLE};
use crate::catalog::model::{Catalog, ColumnRef, TypeClass};

/// A name from this score on is one without the verb of its column: "billable" for is_billable.
const NAMED: f32 = 0.75;
/// Names whose scores are nearer than this may both be meant.
const CLOSE: f32 = 0.1;

/// Writes verbs that say of a thing what is true or false of it as clauses: "passengers survived" are the passengers that survived.
/// What follows must not be a noun, of which the word would be said.
pub(crate) fn write_clauses(segments: &mut Vec<Segment>, lexicon: &Lexicon) {
    let mut i = 1;
    while i < segments.len() {
        if is_said_of(&segments[i - 1], &segments[i], segments.get(i + 1), lexicon) {
            segments.insert(i, super::relative(&segments[i]));
            i += 1;
        }
        i += 1;
    }
}

fn is_said_of(noun: &Segment, verb: &Segment, next: Option<&Segment>, lexicon: &Lexicon) -> bool {
    // "Women survived": a value stands for its things.
    let thing = match (noun.names.first().map(|c| &c.target), noun.values.first()) {
        (Some(Target::Table(table)), _) => *table,
        (None, Some(value)) => value.column.table,
        _ => return false,
    };
    let flag = |c: &Candidate| match c.target {
        Target::Column(at) => at.table == thing && lexicon.nature(at) == Nature::Flag,
        _ => false,
    };
    let plain = |s: &Segment| s.ops.is_empty() && s.quoted.is_none() && !s.possessive;
    let goes_on = next.is_some_and(|s| !s.names.is_empty() || s.is(Op::And) || s.is(Op::Or));
    plain(noun)
        && plain(verb)
        && verb.values.is_empty()
        && ENGLISH.ends_as_verb(&verb.text)
        && verb.names.first().is_some_and(flag)
        && !goes_on
}

/// Writes such pairs in the order in which the parser reads them.
pub(crate) fn put_after(segments: &mut Vec<Segment>, catalog: &Catalog, lexicon: &Lexicon) {
    super::put_clauses_after(segments, |segments, at| {
        is_pair(segments, at, catalog, lexicon)
    });
}

fn is_pair(segments: &[Segment], at: usize, catalog: &Catalog, lexicon: &Lexicon) -> bool {
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
    // "Radioactive elements", where a column names the things of a table that is called otherwise.
    let names_things = |at: ColumnRef| {
        let called = lexicon.tables[at.table].display.contains(&at.column);
        let different = catalog.column(at).distinct.is_some_and(|d| d == -1.0);
        called || different || catalog.tables[at.table].primary_key.contains(&at.column)
    };
    let of_table = |c: &Candidate| match c.target {
        Target::Column(at) if at.table == table && c.score >= WHOLE => {
            nature::is_numeric(catalog.column(at).class) || names_things(at)
        }
        _ => false,
    };
    alone && number.names.iter().any(of_table)
}
