//! Rates of what is true or false: "the bounce rate" is the part of all rows where `is_bounce` is true, "the on-time delivery rate" the
//! part of what was delivered in time, "the refund rate" that of the rows whose status is refunded.
//!
//! Invariant: such a word is read only where nothing is called by the whole of it, and is written as the question has it otherwise:
//! "the percentage of sessions that are bounces".

use super::super::language::wordclass::is_same_word;
use super::super::language::{ENGLISH, Op, stems};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::names;
use super::super::schema::nature::Nature;
use super::annotate::{Segment, WHOLE};
use crate::catalog::model::{Catalog, Column, ColumnRef, ValueMatch};
use crate::question::tokens::{stem, tokenize};

/// How well what is true or false must be named.
const NAMED: f32 = 0.85;

/// The shortest stem of a verb that a noun is known by.
const SHORTEST: usize = 4;

/// Writes rates as percentages.
pub(crate) fn write_percentages(segments: &mut Vec<Segment>, catalog: &Catalog, lexicon: &Lexicon) {
    name_no_ratings(segments, catalog);
    let mut i = 1;
    while i < segments.len() {
        let flag = flag_rate(segments, i, lexicon);
        let promise = flag
            .or_else(|| promise_rate(segments, i, lexicon))
            .or_else(|| day_rate(segments, i, catalog, lexicon));
        let Some((first, written)) = promise.or_else(|| state_rate(segments, i, catalog, lexicon))
        else {
            i += 1;
            continue;
        };
        // "the bounce rate of sessions": of what is said.
        let thing = |s: &Segment| {
            let table = |c: &Candidate| matches!(c.target, Target::Table(_));
            s.names.first().is_some_and(table)
        };
        let mut of = i + 1;
        while segments
            .get(of)
            .is_some_and(|s| s.is(Op::Of) || s.is(Op::Filler))
        {
            of += 1;
        }
        let (things, last) = match segments.get(of) {
            Some(said) if of > i + 1 && segments[i + 1].is(Op::Of) && thing(said) => {
                (said.clone(), of)
            }
            _ => (rows_of(&written), i),
        };
        let at = |ops: Vec<Op>| Segment {
            first: segments[first].first,
            last: segments[first].last,
            text: segments[i].text.clone(),
            ops,
            ..Segment::default()
        };
        let mut words = vec![at(vec![Op::Percent]), things];
        if matches!(&written[..], [_]) {
            words.push(at(vec![Op::With]));
        }
        words.extend(written);
        let length = words.len();
        segments.splice(first..=last, words);
        i = first + length;
    }
}

/// "The return rate" is no rating, though the two words have one stem: what is rated is not what is returned.
fn name_no_ratings(segments: &mut [Segment], catalog: &Catalog) {
    let verb = |before: &Segment| before.is(Op::With) || before.is(Op::Relative);
    for at in 0..segments.len() {
        let said = segments[at].text.to_lowercase();
        let said = said.rsplit(' ').next().unwrap_or_default();
        let rate = |noun: &String| is_same_word(noun, said);
        let does = at.checked_sub(1).is_some_and(|i| verb(&segments[i]));
        if does || !ENGLISH.rate_nouns.iter().any(rate) {
            continue;
        }
        let other = |c: &Candidate| {
            let Target::Column(column) = c.target else {
                return false;
            };
            let pieces = names::pieces(&catalog.column(column).name);
            let mut same = pieces
                .iter()
                .filter(|p| ENGLISH.rate_nouns.contains(&stem(p)));
            same.clone().count() > 0 && !same.any(|piece| is_same_word(piece, said))
        };
        segments[at].names.retain(|c| !other(c));
    }
}

/// The rows that a column stands in, as a noun.
fn rows_of(written: &[Segment]) -> Segment {
    let mut tables: Vec<Candidate> = Vec::new();
    let columns = written.iter().take(1).flat_map(|s| {
        let named = s.names.iter().filter_map(|c| match c.target {
            Target::Column(at) => Some(at),
            _ => None,
        });
        named.chain(s.values.iter().map(|v| v.column))
    });
    for at in columns {
        if !tables.iter().any(|t| t.target == Target::Table(at.table)) {
            tables.push(Candidate {
                target: Target::Table(at.table),
                score: WHOLE,
            });
        }
    }
    let noun = written.first();
    Segment {
        first: noun.map_or(0, |s| s.first),
        last: noun.map_or(0, |s| s.last),
        text: noun.map(|s| s.text.clone()).unwrap_or_default(),
        names: tables,
        ..Segment::default()
    }
}

/// Whether a segment is the word "rate", and no name together with the word before it.
pub(crate) fn is_rate(segment: &Segment) -> bool {
    let said = stems(&segment.text.to_lowercase());
    said.len() == 1 && ENGLISH.rate_nouns.contains(&said[0]) && segment.quoted.is_none()
}

/// "Bounce rate" where rows say whether they are one: where it begins, and what is true or false.
fn flag_rate(segments: &[Segment], at: usize, lexicon: &Lexicon) -> Option<(usize, Vec<Segment>)> {
    let noun = &segments[at - 1];
    if !is_rate(&segments[at]) || noun.possessive || noun.quoted.is_some() {
        return None;
    }
    let best = noun.names.first().map(|c| c.score).filter(|s| *s > NAMED)?;
    let flag = |c: &&Candidate| matches!(c.target, Target::Column(at) if lexicon.nature(at) == Nature::Flag);
    let names: Vec<Candidate> = noun
        .names
        .iter()
        .filter(|c| c.score > best - 0.1)
        .cloned()
        .collect();
    let written = Segment {
        names,
        ops: Vec::new(),
        values: Vec::new(),
        ..noun.clone()
    };
    (written.names.iter().filter(flag).count() == written.names.len())
        .then(|| (at - 1, vec![written]))
}

/// "Cancellation rate" where rows have the day on which they were cancelled, if they were: where it begins, and the day.
fn day_rate(
    segments: &[Segment],
    at: usize,
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Option<(usize, Vec<Segment>)> {
    let noun = &segments[at - 1];
    let [
        Candidate {
            target: Target::Column(day),
            ..
        },
    ] = noun.names[..]
    else {
        return None;
    };
    let called = lexicon.tables[day.table].columns[day.column].first();
    let said = stems(&noun.text.to_lowercase());
    let same = called
        .zip(said.first())
        .is_some_and(|(a, b)| names::root(a) == names::root(b));
    let column = catalog.column(day);
    let happens = lexicon.nature(day) == Nature::Date && !column.not_null && column.part.is_none();
    let plain = noun.values.is_empty() && noun.ops.is_empty() && !noun.possessive;
    let rated = segments[at].names.iter().any(|c| c.score > NAMED);
    (is_rate(&segments[at]) && said.len() == 1 && same && happens && plain && !rated)
        .then(|| (at - 1, vec![noun.clone()]))
}

/// "Refund rate" where a column that says how rows stand holds "refunded", and nothing is called a rate: where it begins, and the value.
fn state_rate(
    segments: &[Segment],
    at: usize,
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Option<(usize, Vec<Segment>)> {
    let noun = &segments[at - 1];
    // A rating is no rate, though the words have one stem.
    let rate = segments[at].text.to_lowercase();
    let rated = segments[at].names.iter().any(|c| match c.target {
        Target::Column(column) => c.score > NAMED && is_written(&rate, catalog.column(column)),
        _ => c.score > NAMED,
    });
    let grammar = |op: &Op| !matches!(op, Op::Link);
    if !is_rate(&segments[at])
        || rated
        || noun.possessive
        || noun.quoted.is_some()
        || noun.ops.iter().any(grammar)
    {
        return None;
    }
    let [value] = &noun.values[..] else {
        return None;
    };
    // The day on which a row came to be so is called like the state.
    let day = |c: &Candidate| matches!(c.target, Target::Column(at) if at.table == value.column.table && lexicon.nature(at) == Nature::Date);
    if noun.names.iter().any(|c| c.score > NAMED && !day(c)) {
        return None;
    }
    let near = matches!(value.found, ValueMatch::Near(_) | ValueMatch::Segment(_));
    let words = &lexicon.tables[value.column.table];
    let names_rows = words.display.contains(&value.column.column);
    let comment = catalog.column(value.column).comment.as_deref();
    let comment = tokenize(comment.unwrap_or_default());
    // "Status: A = attended"
    let label = comment.first().map(|token| &token.stem);
    let state = words.columns[value.column.column]
        .iter()
        .chain(label)
        .any(|word| ENGLISH.state_nouns.contains(word));
    (!near && !names_rows && state).then(|| {
        let written = Segment {
            names: Vec::new(),
            ops: Vec::new(),
            ..noun.clone()
        };
        (at - 1, vec![written])
    })
}

/// Whether the name of a column or its comment has a word as it is written.
fn is_written(word: &str, column: &Column) -> bool {
    let comment = tokenize(column.comment.as_deref().unwrap_or_default());
    names::pieces(&column.name)
        .iter()
        .any(|piece| piece == word)
        || comment.iter().any(|token| token.lower == word)
}

/// "On-time delivery rate": where it begins, the verb and the word for what was promised.
fn promise_rate(
    segments: &[Segment],
    at: usize,
    lexicon: &Lexicon,
) -> Option<(usize, Vec<Segment>)> {
    let first = at.checked_sub(2)?;
    let (kept, noun) = (&segments[first], &segments[at - 1]);
    if !is_rate(&segments[at]) || !kept.is(Op::Late) && !kept.is(Op::OnTime) {
        return None;
    }
    let promised = |table: usize| {
        let of = |c: &Candidate| matches!(c.target, Target::Column(p) if p.table == table);
        kept.names.iter().any(of)
    };
    let date = |c: &&Candidate| match c.target {
        Target::Column(at) => {
            lexicon.nature(at) == Nature::Date
                && promised(at.table)
                && !super::super::reading::promises::is_promised(
                    &lexicon.tables[at.table].columns[at.column],
                )
        }
        _ => false,
    };
    let mut names: Vec<Candidate> = noun.names.iter().filter(date).cloned().collect();
    if names.is_empty() {
        // "delivery" of `delivered_on`: a noun that is made of the verb.
        let said = stems(&noun.text.to_lowercase());
        let of_verb = |at: &ColumnRef| {
            let words = &lexicon.tables[at.table].columns[at.column];
            words
                .iter()
                .any(|w| w.len() >= SHORTEST && said.iter().any(|s| s.starts_with(w.as_str())))
        };
        let tables = lexicon.tables.iter().enumerate();
        let columns = tables
            .flat_map(|(table, words)| {
                (0..words.columns.len()).map(move |column| ColumnRef { table, column })
            })
            .filter(of_verb)
            .map(|at| Candidate {
                target: Target::Column(at),
                score: NAMED,
            });
        names = columns.filter(|c| date(&c)).collect();
    }
    let verb = Segment {
        names,
        ops: vec![Op::Link],
        values: Vec::new(),
        ..noun.clone()
    };
    (!verb.names.is_empty()).then(|| (first, vec![verb, kept.clone()]))
}
