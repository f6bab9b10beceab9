//! Things that are called by what kind they are: "every hygienist" where the role of the staff is so, "the vans" where the type of a vehicle is.
//!
//! Invariant: a stored value stands for the things that have it only where it stands in one table, in a column that says of what kind a thing
//! is (`kind columns`) or of which work a person (`work columns`) and that holds few values; where nothing else is called so; and where it is
//! what the question asks for. The noun of the table is written after it, so that "names of the hygienists" are theirs and no other's, and
//! the things themselves are never dropped.

use super::super::language::{ENGLISH, Op, ends_as_plural, stems};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::annotate::Segment;
use super::rolewords::speaks_by_name;
use crate::catalog::model::{Catalog, ColumnRef, TypeClass, ValueMatch, Values};

/// How well the value stands for its things.
const SCORE: f32 = 0.95;
/// A name that fits this well is what the word means.
const NAME: f32 = 0.8;
/// A column that tells kinds apart holds no more of them.
const MOST_KINDS: usize = 40;

/// Writes the noun of the table after each such value.
pub(crate) fn name_things(
    segments: &mut Vec<Segment>,
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
) {
    let mut i = 0;
    while i < segments.len() {
        if let Some((column, table)) = kind(segments, i, catalog, lexicon, values) {
            let value = &mut segments[i];
            value.values.retain(|v| v.column == column);
            // The plural of a kind is no other word for it.
            let stemmed = value.values.iter_mut();
            for same in stemmed.filter(|v| v.found == ValueMatch::Stemmed) {
                same.found = ValueMatch::Folded;
            }
            value.names.clear();
            value.ops.clear();
            let possessive = std::mem::take(&mut value.possessive);
            let (first, last) = (value.first, value.last);
            let target = Target::Table(table);
            let noun = Segment {
                first,
                last,
                text: called(&segments[..=i], column),
                names: vec![Candidate {
                    target,
                    score: SCORE,
                }],
                possessive,
                ..Segment::default()
            };
            segments.insert(i + 1, noun);
            // "full-time waiters": what is true of them stands right before the noun.
            if i > 0 && is_flag(&segments[i - 1], table, catalog) {
                segments.swap(i - 1, i);
            }
            i += 1;
        }
        i += 1;
    }
}

/// What the things are called by the last of the segments, and by those that are listed before it: "men and women".
fn called(segments: &[Segment], column: ColumnRef) -> String {
    let listed = |s: &Segment| is_listed(s, column);
    let joins = |s: &Segment| s.is(Op::And) || s.is(Op::Or);
    let other = segments.iter().rposition(|s| !listed(s) && !joins(s));
    let said = segments[other.map_or(0, |at| at + 1)..].iter();
    let said = said.skip_while(|s| !listed(s));
    said.map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Nothing but a value of a column.
fn is_listed(segment: &Segment, column: ColumnRef) -> bool {
    let mut held = segment.values.iter();
    segment.names.is_empty() && !segment.values.is_empty() && held.all(|v| v.column == column)
}

/// The column whose value a segment is, and the table of the things, where it stands for the things of that kind.
fn kind(
    segments: &[Segment],
    at: usize,
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
) -> Option<(ColumnRef, usize)> {
    let segment = &segments[at];
    let idle = segment.quoted.is_none()
        && segment.number.is_none()
        && segment.time.is_none()
        && segment.unit.is_none()
        && segment.last_names.is_empty()
        && segment
            .ops
            .iter()
            .all(|op| matches!(op, Op::Link | Op::Tail));
    if !idle {
        return None;
    }
    let sure = |found: ValueMatch| {
        matches!(
            found,
            ValueMatch::Exact | ValueMatch::Folded | ValueMatch::Stemmed
        )
    };
    let mut held = segment.values.iter().filter(|v| sure(v.found));
    let column = held.next()?.column;
    let other = held.any(|v| v.column != column);
    if other || lexicon.role(column.table).is_some() || !is_asked(segments, at, column) {
        return None;
    }
    // "Female (sex is F) candidates": the noun comes behind what the value is explained by.
    let mut next = segments[at + 1..].iter().take(2);
    let explains = |c: &Candidate| c.target == Target::Column(column);
    if next.any(|s| s.names.first().is_some_and(explains)) {
        return None;
    }
    let things = things_of(column, catalog, lexicon)?;
    let class = catalog.column(column).class;
    if !matches!(class, TypeClass::Text | TypeClass::Enum)
        || values.is_closed(column)
        || values.common(column, MOST_KINDS + 1).len() > MOST_KINDS
    {
        return None;
    }
    // What is called so otherwise is meant; a role of the same things is no other.
    let role = lexicon
        .role_names
        .contains_key(&stems(&segment.text).join(" "));
    let own = |c: &Candidate| c.score < NAME || role && c.target == Target::Table(things);
    if !segment.names.first().is_none_or(own) {
        return None;
    }
    let others = || segments.iter().enumerate().filter(|(i, _)| *i != at);
    let named = |table: usize| others().any(|(_, s)| speaks_by_name(s, table));
    (!named(things) && !named(column.table)).then_some((column, things))
}

/// Whether a column is called after the kind of a thing, or the work of a person.
pub(crate) fn tells_kind(column: ColumnRef, lexicon: &Lexicon) -> bool {
    let last = lexicon.tables[column.table].columns[column.column].last();
    let lists = [&ENGLISH.kind_columns, &ENGLISH.work_columns];
    last.is_some_and(|word| lists.iter().any(|list| list.contains(word)))
}

/// The table of the things that a column tells the kind of: its own, or the only one that points at a list of kinds.
fn things_of(column: ColumnRef, catalog: &Catalog, lexicon: &Lexicon) -> Option<usize> {
    let table = &catalog.tables[column.table];
    let own = &lexicon.tables[column.table];
    let ends = |stems: &[String], list: &[String]| stems.last().is_some_and(|w| list.contains(w));
    let called = &own.columns[column.column];
    let naming = own.display.contains(&column.column);
    let [key] = table.primary_key[..] else {
        return None;
    };
    // The role of a membership is that of somebody else.
    let work = ends(called, &ENGLISH.work_columns) && !own.display.is_empty();
    let kind = ends(called, &ENGLISH.kind_columns) && key != column.column;
    if (work || kind) && !naming {
        return Some(column.table);
    }
    let lists = ends(&own.stems, &ENGLISH.kind_columns) || ends(&own.stems, &ENGLISH.work_columns);
    let mut holders: Vec<usize> = lexicon
        .graph
        .declared()
        .filter(|e| e.target == column.table && e.holder != column.table)
        .map(|e| e.holder)
        .collect();
    holders.sort_unstable();
    holders.dedup();
    match holders[..] {
        [things] if lists && naming && catalog.tables[things].primary_key.len() == 1 => {
            Some(things)
        }
        _ => None,
    }
}

/// Whether a value is what the question asks for: it is a plural, or one after "every", and nothing is named before it but what is
/// asked of it.
fn is_asked(segments: &[Segment], at: usize, column: ColumnRef) -> bool {
    let segment = &segments[at];
    // "Men and women": the noun belongs to the last of them.
    let listed = |s: &Segment| is_listed(s, column);
    let joined = |s: &Segment| s.is(Op::And) || s.is(Op::Or);
    if segments.get(at + 1).is_some_and(joined) && segments.get(at + 2).is_some_and(listed) {
        return false;
    }
    let before = &segments[..at];
    let small = |s: &Segment| s.is(Op::Filler) && s.names.is_empty() && s.values.is_empty();
    let flag = |s: &Segment| s.names.first().is_some_and(|c| c.score < SCORE);
    let beside = before.iter().rev().find(|s| !flag(s) || s.is(Op::Each));
    let one = beside.is_some_and(|s| {
        let text = s.text.to_lowercase();
        let last = text.split(' ').next_back().unwrap_or_default();
        let lists = [&ENGLISH.choices, &ENGLISH.determiners];
        s.is(Op::Each) || lists.iter().any(|list| list.iter().any(|w| w == last))
    });
    let goes_on = |s: &Segment| {
        let noun = !s.names.is_empty() && !s.is(Op::Link) && s.ops.is_empty();
        noun && !segment.possessive || !s.values.is_empty() && s.names.is_empty()
    };
    if !ends_as_plural(&segment.text) && !one || segments.get(at + 1).is_some_and(goes_on) {
        return false;
    }
    // "names of all dentists"
    let of_all = |s: &Segment| {
        let text = s.text.to_lowercase();
        let mut words = text.split(' ').rev();
        let ends = words
            .next()
            .is_some_and(|w| ENGLISH.determiners.iter().any(|d| d == w));
        s.is(Op::Preposition)
            && ends
            && words
                .next()
                .is_some_and(|w| ENGLISH.of_words.iter().any(|o| o == w))
    };
    let asks = |s: &Segment| {
        let plain = s.values.is_empty() && s.quoted.is_none() && s.time.is_none();
        let column = s
            .names
            .iter()
            .all(|c| !matches!(c.target, Target::Table(_)));
        let leads = small(s)
            || s.is(Op::Ask)
            || s.is(Op::Of)
            || of_all(s)
            || s.is(Op::Each)
            || s.is(Op::And)
            || s.is(Op::Count)
            || s.is(Op::Distinct)
            || s.is(Op::Top)
            || s.is(Op::Latest)
            || s.number.is_some()
            || s.first == 0 && s.is(Op::With)
            || s.ops.iter().any(|op| matches!(op, Op::Aggregate(_)))
            || s.adjective.is_some_and(|(_, superlative)| superlative);
        listed(s)
            || joined(s)
            || plain && column && (leads || !s.names.is_empty() && s.ops.is_empty())
    };
    before.iter().all(asks)
}

/// Names a column of yes and no of a table.
fn is_flag(segment: &Segment, table: usize, catalog: &Catalog) -> bool {
    let best = segment.names.first().map(|c| &c.target);
    matches!(best, Some(Target::Column(at)) if at.table == table
        && catalog.column(*at).class == TypeClass::Boolean)
}
