//! Units right after numbers, "35 *km*", "an *hour*", and units that name what is measured in them: "how many *kilos*".
//!
//! Invariant: a unit that names a table of the catalog, or that is part of a longer name, is left to that name.

use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::measured::is_length_of_time;
use super::annotate::{Segment, WHOLE};

/// How well a unit that is no name itself stands for a column that is measured in it.
pub(crate) const ALONE: f32 = 0.75;

/// Marks the units after numbers with the columns that are measured in them, and names such columns by units that stand alone.
pub(crate) fn name_units(segments: &mut Vec<Segment>, lexicon: &Lexicon) {
    let mut at = 0;
    while at < segments.len() {
        if at > 0 && counts(&segments[at - 1]) {
            join_with_next(segments, at);
            let named = segments[at].names.first().is_some_and(is_table);
            let unit = !ENGLISH.units_after_number(&segments[at].text).is_empty();
            if unit && !named && segments[at].values.is_empty() {
                let measured = lexicon.measured_in(&segments[at].text);
                // What only has the unit in its name may be measured in something else: `price_per_kg`.
                let whole = |c: &Candidate| c.score >= WHOLE;
                if !segments[at].names.iter().any(whole) {
                    segments[at].names.clear();
                }
                segments[at].measured = Some(measured);
                pass_over_taking(segments, at);
                // "50 m *long*"
                if let Some(next) = segments.get_mut(at + 1)
                    && next.is_unknown()
                    && says_property(&next.text)
                {
                    next.ops.push(Op::Filler);
                }
            }
        } else if segments[at].is_unknown() {
            join_with_next(segments, at);
            let same = |word: &str| {
                let units = ENGLISH.units_alone(word);
                let own = lexicon.measured_in(word).into_iter();
                own.filter(|c| in_these(lexicon, c, &units))
                    .collect::<Vec<_>>()
            };
            let names = same(&segments[at].text);
            segments[at].names = names.into_iter().map(alone).collect();
        }
        at += 1;
    }
}

/// "*take* longer than an hour": the verb says nothing more than the length of time.
fn pass_over_taking(segments: &mut [Segment], at: usize) {
    let units = ENGLISH.units_after_number(&segments[at].text);
    if !units.iter().any(|u| is_length_of_time(*u)) {
        return;
    }
    let says = |s: &Segment| {
        s.names.is_empty()
            || s.number.is_some()
            || s.adjective.is_some()
            || s.ops.iter().any(|op| matches!(op, Op::Compare(_)))
    };
    let taking = |s: &Segment| ENGLISH.taking.contains(&s.text.to_lowercase());
    let before = segments[..at].iter().rposition(taking);
    if let Some(verb) = before.filter(|v| *v > 0 && at - v <= 5)
        && segments[verb + 1..at].iter().all(says)
    {
        let verb = &mut segments[verb];
        verb.names.clear();
        verb.values.clear();
        verb.time = None;
        verb.adjective = None;
        verb.ops = vec![Op::Link];
    }
}

/// "long": a property that is measured.
fn says_property(word: &str) -> bool {
    let word = word.to_lowercase();
    let mut adjectives = ENGLISH.adjectives.iter();
    !word.is_empty() && adjectives.any(|a| a.positive == word)
}

fn alone(candidate: Candidate) -> Candidate {
    Candidate {
        score: ALONE,
        ..candidate
    }
}

fn in_these(
    lexicon: &Lexicon,
    candidate: &Candidate,
    units: &[super::super::language::UnitOfMeasure],
) -> bool {
    let Target::Column(at) = candidate.target else {
        return false;
    };
    lexicon.is_in(at, units)
}

fn is_table(candidate: &Candidate) -> bool {
    matches!(candidate.target, Target::Table(_)) && candidate.score > 0.8
}

/// A number, or an article that counts one.
fn counts(segment: &Segment) -> bool {
    let one = segment.is(Op::Filler) && ENGLISH.one_words.contains(&segment.text.to_lowercase());
    one || segment.number.is_some() && segment.time.as_ref().is_none_or(|t| t.bare)
}

/// "square metres" is one unit.
fn join_with_next(segments: &mut Vec<Segment>, at: usize) {
    let Some(next) = segments.get(at + 1) else {
        return;
    };
    let both = format!("{} {}", segments[at].text, next.text);
    let adjacent = segments[at].last == next.first;
    if !adjacent || ENGLISH.units_after_number(&both).is_empty() {
        return;
    }
    let last = next.last;
    segments[at] = Segment {
        first: segments[at].first,
        last,
        text: both,
        ..Segment::default()
    };
    segments.remove(at + 1);
}
