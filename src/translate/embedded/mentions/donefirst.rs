//! What was done said before its noun, "admitted patients" are the patients that were admitted, and after an amount: "the amount invoiced".
//!
//! Invariant: the word says that something was done and names nothing but the table of it, whose rows point at the things that the noun
//! names; it is written as the parser reads "patients that were admitted". Without this, "admitted" would be dropped and all patients be counted.

use super::super::language::wordclass::is_participle;
use super::super::language::{ENGLISH, Op};
use super::super::linking::resolve::table_of;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::annotate::Segment;
use super::tails::is_noun;

/// Writes such pairs in the order in which the parser reads them.
pub(crate) fn put_after(segments: &mut Vec<Segment>, lexicon: &Lexicon) {
    super::put_clauses_after(segments, |segments, at| is_pair(segments, at, lexicon));
}

/// "The total amount *invoiced*": the amount is that of what was done, and the verb says no more than that. Where the rows of that have no
/// amount the verb stays, and is read or refused as any other.
pub(crate) fn take_amounts(segments: &mut [Segment], lexicon: &Lexicon) {
    for at in 1..segments.len() {
        let (before, rest) = segments.split_at_mut(at);
        let (amount, done) = (&mut before[at - 1], &mut rest[0]);
        let stem = crate::question::tokens::stem(&amount.text.to_lowercase());
        let plain = |s: &Segment| s.values.is_empty() && s.quoted.is_none() && s.time.is_none();
        let alone = done.ops.iter().all(|op| *op == Op::Link);
        // "Taxes *collected* per class": of a column that holds nothing else.
        let number = amount.names.first();
        let number = number.is_some_and(|c| lexicon.is_amount(&c.target));
        if number && done.is_unknown() && ENGLISH.gathering.contains(&done.text.to_lowercase()) {
            done.ops = vec![Op::Filler];
            continue;
        }
        let Some(Target::Table(deed)) = done.names.first().map(|c| c.target.clone()) else {
            continue;
        };
        let of_deed = |c: &Candidate| table_of(lexicon, &c.target) == deed;
        let verb = plain(done) && alone && is_participle(&done.text.to_lowercase());
        if !verb || !plain(amount) || !ENGLISH.money_words.contains(&stem) {
            continue;
        }
        if amount.names.iter().any(of_deed) {
            amount.names.retain(of_deed);
            (done.names, done.ops) = (Vec::new(), vec![Op::Filler]);
        }
    }
}

fn is_pair(segments: &[Segment], at: usize, lexicon: &Lexicon) -> bool {
    let (done, noun) = (&segments[at], &segments[at + 1]);
    let table = |s: &Segment| match s.names.first()?.target {
        Target::Table(table) => Some(table),
        _ => None,
    };
    let plain = |s: &Segment| s.values.is_empty() && s.quoted.is_none() && s.time.is_none();
    // "Customers ordered products": there it is the verb of what stands before it.
    let before = at.checked_sub(1).map(|i| &segments[i]);
    let said_of =
        before.is_some_and(|s| !s.names.is_empty() || s.is(Op::Relative) || s.is(Op::With));
    let (Some(deed), Some(thing)) = (table(done), table(noun)) else {
        return false;
    };
    let alone = |s: &Segment| s.ops.is_empty() || s.ops.iter().all(|op| *op == Op::Link);
    let mut keys = lexicon.graph.of(deed);
    !said_of
        && plain(done)
        && plain(noun)
        && alone(done)
        && is_noun(noun)
        && is_participle(&done.text.to_lowercase())
        && keys.any(|(_, e)| e.holder == deed && e.target == thing && deed != thing)
}
