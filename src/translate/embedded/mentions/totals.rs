//! The total of a number of the thing that is named after it: "the total cost of visits", where visits have a cost and something else
//! has a `total_price`.
//!
//! Invariant: a name that begins with the word of an aggregate is taken apart only where it fits no column wholly, none of the thing
//! after it, and the rest of it is a column of that thing. Without this the total of one table's costs would be asked of another's prices.

use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::annotate::Segment;
use super::tails::is_noun;
use crate::question::tokens::Token;

/// A name from this score on fits wholly.
const WHOLE: f32 = 0.95;

/// Takes such names apart into the aggregate and the column.
pub(crate) fn take_apart(segments: &mut Vec<Segment>, tokens: &[Token], lexicon: &Lexicon) {
    let mut i = 0;
    while i < segments.len() {
        if let Some((aggregate, column)) = parts(&segments[i..], tokens, lexicon) {
            segments.splice(i..=i, [aggregate, column]);
            i += 1;
        }
        i += 1;
    }
}

/// The aggregate and the column that the first of these segments is made of.
fn parts(segments: &[Segment], tokens: &[Token], lexicon: &Lexicon) -> Option<(Segment, Segment)> {
    let (name, after) = segments.split_first()?;
    if !is_noun(name) || name.names.iter().any(|c| c.score >= WHOLE) {
        return None;
    }
    let (of, after) = after.split_first()?;
    if !of.is(Op::Of) || !of.names.is_empty() {
        return None;
    }
    let thing = after.iter().find(|s| !s.is(Op::Filler))?;
    let Target::Table(table) = thing.names.first().filter(|c| c.score >= WHOLE)?.target else {
        return None;
    };
    let said = tokens.get(name.first..name.last)?;
    let aggregate = |(_, ops): &(usize, &[Op])| ops.iter().any(|o| matches!(o, Op::Aggregate(_)));
    let phrases = ENGLISH.phrases_at(said, 0).into_iter();
    let (words, ops) = phrases.filter(aggregate).find(|(n, _)| *n < said.len())?;
    let rest: Vec<String> = said[words..].iter().map(|t| t.stem.clone()).collect();
    let own = |c: &Candidate| matches!(c.target, Target::Column(at) if at.table == table);
    let mut columns = lexicon.look_up(&rest, false);
    columns.retain(|c| own(c) && c.score >= WHOLE);
    if columns.is_empty() || name.names.iter().any(own) {
        return None;
    }
    let text = |tokens: &[Token]| {
        let words: Vec<&str> = tokens.iter().map(|t| t.lower.as_str()).collect();
        words.join(" ")
    };
    let aggregate = Segment {
        last: name.first + words,
        text: text(&said[..words]),
        ops: ops.to_vec(),
        names: Vec::new(),
        ..name.clone()
    };
    let column = Segment {
        first: name.first + words,
        text: text(&said[words..]),
        ops: Vec::new(),
        names: columns,
        ..name.clone()
    };
    Some((aggregate, column))
}
