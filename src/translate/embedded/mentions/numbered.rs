//! Things with their number: "department 80" is the department that has this key, "the rank 1 coach" the coach of that rank, and "the
//! numbers of the flights" are those that tell flights apart, where a column is called so.
//!
//! Invariant: the number stands right after one thing, counts nothing that follows it, and is written so that the parser reads
//! "the department whose department id is 80".

use super::super::language::{ENGLISH, Op, stems};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::annotate::Segment;
use super::tails::{NAME, is_noun};
use crate::catalog::model::{Catalog, ColumnRef, TypeClass};
use crate::question::tokens::stem;

/// How well a name must fit to be meant beyond doubt.
const SURE: f32 = 0.9;

/// "Employees in department 80": the department that the number is the key of.
pub(crate) fn write_keys(segments: &mut Vec<Segment>, catalog: &Catalog) {
    let mut i = 1;
    while i < segments.len() {
        // "who advises student 3": somebody else is asked for.
        let before = &segments[..i - 1];
        let verb = |s: &Segment| s.is(Op::Ask) || s.is(Op::Link) || s.is(Op::Filler);
        let who = |s: &Segment| ENGLISH.persons_asked.contains(&s.text.to_lowercase());
        let others = before.iter().any(who) && before.iter().all(verb);
        let key = (!others)
            .then(|| key_of(&segments[i - 1], &segments[i], segments.get(i + 1), catalog))
            .flatten();
        if let Some(key) = key {
            // It does nothing else in the sentence: "order 17" puts nothing in order.
            segments[i - 1].ops.clear();
            let (noun, number) = (&segments[i - 1], &segments[i]);
            let at = |ops: Vec<Op>, names: Vec<Candidate>| Segment {
                first: noun.first,
                last: noun.last,
                text: noun.text.clone(),
                ops,
                names,
                ..Segment::default()
            };
            let with = at(vec![Op::With], Vec::new());
            let named = at(Vec::new(), vec![key]);
            let plain = Segment {
                time: None,
                values: Vec::new(),
                ..number.clone()
            };
            segments.splice(i..=i, [with, named, plain]);
            i += 2;
        }
        i += 1;
    }
}

/// "With 100 *seats or more*" is written as "with 100 or more seats".
pub(crate) fn put_bounds_first(segments: &mut [Segment]) {
    for at in 2..segments.len() {
        let bound = segments[at].is(Op::OrMore) || segments[at].is(Op::OrLess);
        let goes_on = |s: &Segment| s.number.is_some() || s.is(Op::Than);
        let plural = super::super::language::ends_as_plural(&segments[at - 1].text);
        let counted = &segments[at - 1];
        if bound
            && segments[at - 2].number.is_some()
            && plural
            && !counted.names.is_empty()
            && counted.ops.iter().all(|op| *op == Op::Link)
            && !segments.get(at + 1).is_some_and(goes_on)
        {
            segments.swap(at - 1, at);
        }
    }
}

/// "The rank 1 coach": the coach whose rank that is, not the rank of somebody else.
pub(crate) fn put_after(segments: &mut Vec<Segment>) {
    let mut i = 0;
    while i + 2 < segments.len() {
        let [column, number, thing] = &segments[i..i + 3] else {
            break;
        };
        if let Some(own) = own_column(column, number, thing) {
            let at = |segment: &Segment| Segment {
                first: column.first,
                last: column.last,
                ..segment.clone()
            };
            let with = Segment {
                ops: vec![Op::With],
                ..Segment::default()
            };
            let named = Segment {
                names: vec![own],
                ops: Vec::new(),
                ..column.clone()
            };
            let written = [at(thing), at(&with), named, number.clone()];
            segments.splice(i..i + 3, written);
            i += 1;
        }
        i += 1;
    }
}

/// The column of a thing that stands before it together with its number.
fn own_column(column: &Segment, number: &Segment, thing: &Segment) -> Option<Candidate> {
    let value = number.number.as_ref()?;
    let plain = !value.percent && !value.money && number.time.as_ref().is_none_or(|t| t.bare);
    let best = thing.names.first().filter(|c| c.score > 0.95)?;
    let Target::Table(table) = best.target else {
        return None;
    };
    // "Rank" is a noun here, whatever it could do.
    let alone = Segment {
        ops: Vec::new(),
        ..column.clone()
    };
    let nouns = is_noun(&alone) && is_noun(thing) && !column.possessive && !thing.possessive;
    let own = |c: &&Candidate| matches!(&c.target, Target::Column(at) if at.table == table && c.score > 0.9);
    let whole = column
        .names
        .first()
        .is_some_and(|c| matches!(c.target, Target::Column(_)));
    let found = column.names.iter().find(own).cloned();
    found.filter(|_| plain && nouns && whole)
}

/// The key of the things that a noun names, where a whole number of it follows and nothing that it could count.
fn key_of(
    noun: &Segment,
    number: &Segment,
    next: Option<&Segment>,
    catalog: &Catalog,
) -> Option<Candidate> {
    let whole = number.number.as_ref().filter(|n| !n.percent && !n.money)?;
    whole.as_whole()?;
    let plural = super::super::language::ends_as_plural(&noun.text);
    let counted = |s: &Segment| !s.names.is_empty() || s.unit.is_some() || s.is(Op::Times(0));
    let named = noun.names.first().is_some_and(|c| c.score >= NAME);
    let other = noun.quoted.is_some() || noun.time.is_some() || noun.number.is_some();
    if !named
        || other
        || noun.adjective.is_some()
        || noun.possessive
        || plural
        || !noun.values.is_empty()
        || number.last > number.first + 1
        || number.time.as_ref().is_some_and(|t| !t.bare)
        || next.is_some_and(counted)
    {
        return None;
    }
    let Target::Table(table) = noun.names.first()?.target else {
        return None;
    };
    let [column] = catalog.tables[table].primary_key[..] else {
        return None;
    };
    let at = ColumnRef { table, column };
    (catalog.column(at).class == TypeClass::Integer).then_some(Candidate {
        target: Target::Column(at),
        score: 1.0,
    })
}

/// "The numbers of the flights", where a flight has a number that is called so, are those: not how many there are.
pub(crate) fn own_numbers(segments: &mut Vec<Segment>, lexicon: &Lexicon) {
    let groups = |s: &Segment| s.is(Op::Each) || s.is(Op::By);
    let says = |s: &Segment| {
        let text = s.text.to_lowercase();
        let words: Vec<&str> = text.split(' ').collect();
        matches!(words[..], [numbers, of]
            if ENGLISH.several_numbers.iter().any(|w| w == numbers)
                && ENGLISH.of_words.iter().any(|w| w == of))
    };
    let Some(at) = segments.iter().position(says) else {
        return;
    };
    let asks = |s: &Segment| s.is(Op::Ask) || s.is(Op::Filler) && s.names.is_empty();
    let mut after = segments[at + 1..]
        .iter()
        .skip_while(|s| s.is(Op::Filler) && s.names.is_empty());
    let Some(noun) = after.next() else {
        return;
    };
    let things = noun.names.iter().filter(|c| c.score >= SURE);
    let things: Vec<usize> = things
        .filter_map(|c| match c.target {
            Target::Table(t) => Some(t),
            _ => None,
        })
        .collect();
    let Some(number) = ENGLISH.several_numbers.first().map(|word| stem(word)) else {
        return;
    };
    let said = [&stems(&noun.text.to_lowercase())[..], &[number]].concat();
    let own = |c: &Candidate| {
        c.score >= SURE && matches!(c.target, Target::Column(at) if things.contains(&at.table))
    };
    let mut names = lexicon.look_up(&said, true);
    names.retain(own);
    let first = segments[at].first;
    if names.len() != 1
        || segments[at].last != first + 2
        || !segments[..at].iter().all(asks)
        || segments.iter().any(groups)
    {
        return;
    }
    let mut of = segments[at].clone();
    let numbers = &mut segments[at];
    let (said, link) = match numbers.text.split_once(' ') {
        Some((said, link)) => (said.to_owned(), link.to_owned()),
        None => return,
    };
    numbers.text = said;
    numbers.last = first + 1;
    numbers.ops.clear();
    numbers.names = names;
    of.first = first + 1;
    of.text = link;
    of.ops = vec![Op::Of];
    segments.insert(at + 1, of);
}
