//! What somebody did to a thing, said of the thing: "tickets that Ada Abe commented on", "which tickets did Ada Abe comment on".
//!
//! Invariant: a verb that names rows of what was done, which point at the thing before it and at who stands between the two, is written as
//! the parser reads "tickets commented on by Ada Abe". Without this Ada would be somebody whom the tickets belong to in any other way,
//! and the comments would be anybody's.

use super::super::language::wordclass::is_participle;
use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::{Lexicon, Target};
use super::annotate::Segment;
use super::tails::is_noun;

/// Writes such clauses in the order in which the parser reads them.
pub(crate) fn put_passive(segments: &mut Vec<Segment>, lexicon: &Lexicon) {
    let mut who = 1;
    while who + 1 < segments.len() {
        if let Some(clause) = clause(segments, who, lexicon) {
            write(segments, who, &clause);
        }
        who += 1;
    }
}

/// Where the parts of such a clause stand.
struct Clause {
    thing: usize,
    verb: usize,
    /// After the verb and the preposition that belongs to it.
    end: usize,
}

fn clause(segments: &[Segment], who: usize, lexicon: &Lexicon) -> Option<Clause> {
    let table = |s: &Segment| match s.names.first()?.target {
        Target::Table(table) => Some(table),
        _ => None,
    };
    let person = segments[who].values.first()?.column.table;
    let one = |s: &Segment| s.names.is_empty() && s.values.iter().all(|v| v.column.table == person);
    if !one(&segments[who]) {
        return None;
    }
    let thing = segments[..who].iter().rposition(|s| !joins(s))?;
    let holder = table(&segments[thing]).filter(|_| is_noun(&segments[thing]))?;
    let between = |s: &Segment| joins(s) || denies(s);
    let verb = who + 1 + segments[who + 1..].iter().position(|s| !between(s))?;
    let done = &segments[verb];
    let word = done.text.to_lowercase();
    let asked = |s: &Segment| ENGLISH.auxiliaries.contains(&s.text.to_lowercase());
    let acts = is_participle(&word) || segments[thing..who].iter().any(asked);
    let plain = done.values.is_empty() && done.ops.iter().all(|op| *op == Op::Link);
    let deed = table(done).filter(|_| acts && plain)?;
    let points = |to: usize| {
        let mut keys = lexicon.graph.of(deed);
        deed != to && keys.any(|(_, e)| e.holder == deed && e.target == to)
    };
    if holder == person || !points(holder) || !points(person) {
        return None;
    }
    let named = |s: &Segment| !s.names.is_empty() || !s.values.is_empty();
    let preposition = segments
        .get(verb + 1)
        .is_some_and(|s| s.is(Op::Preposition))
        && !segments.get(verb + 2).is_some_and(named);
    let end = verb + 1 + usize::from(preposition);
    Some(Clause { thing, verb, end })
}

/// Thing, denial, verb, "by", who.
fn write(segments: &mut Vec<Segment>, who: usize, clause: &Clause) {
    let at = segments[who].first;
    let word = |text: &[String], op: Op| Segment {
        first: at,
        last: at,
        text: text.first().cloned().unwrap_or_default(),
        ops: vec![op],
        ..Segment::default()
    };
    let that = word(&ENGLISH.relatives, Op::With);
    let by = word(&ENGLISH.by_words, Op::By);
    let after = clause.thing + 1..clause.end;
    let said = &segments[after.clone()];
    let denial = said.iter().filter(|s| denies(s));
    let deed = &segments[clause.verb..clause.end];
    let doer = [by, segments[who].clone()];
    let clause = [&that].into_iter().chain(denial).chain(deed).chain(&doer);
    let passive: Vec<Segment> = clause.cloned().collect();
    segments.splice(after, passive);
}

/// Holds the clause together and says nothing: "that", "did", "has".
fn joins(segment: &Segment) -> bool {
    let with = segment.is(Op::With)
        && (ENGLISH.relatives.contains(&segment.text.to_lowercase())
            || ENGLISH.possession.contains(&segment.text.to_lowercase()));
    segment.names.is_empty() && (segment.is(Op::Relative) || segment.is(Op::Filler) || with)
}

fn denies(segment: &Segment) -> bool {
    segment.names.is_empty() && (segment.is(Op::Not) || segment.is(Op::Never))
}
