//! Spans whose meaning is not a name, a phrase or a value by itself: places asked for, codes that stand for words, lists that
//! share a noun.

use super::super::language::{ENGLISH, Op, ends_as_plural};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::nature::Nature;
use super::annotate::{Segment, WHOLE, segment};
use crate::catalog::model::{Catalog, ColumnRef, StoredValue, ValueMatch, Values};
use crate::question::tokens::Token;

/// How firmly the words of a phrase stand together, as a factor of their weight: "running total of" is no name "total of …" after a
/// word that runs.
pub(crate) fn firmness(length: usize, ops: &[Op]) -> f32 {
    let window = |op: &Op| matches!(op, Op::Running | Op::Moving);
    if length > 1 && ops.iter().any(window) {
        1.5
    } else {
        1.0
    }
}

/// Whether the last word of a span begins what is said of the rest: "booked at" of "booked at least 7 jobs", "employee earns" of "which
/// employee earns the most".
pub(crate) fn cuts_comparison(tokens: &[Token], at: usize, length: usize) -> bool {
    let compares = |ops: &[Op]| ops.iter().any(|op| matches!(op, Op::Compare(_)));
    let phrases = ENGLISH.phrases_at(tokens, at + length - 1);
    let mut longer = phrases.iter().filter(|(words, _)| *words > 1);
    length > 1 && (longer.any(|(_, ops)| compares(ops)) || has_the_most(tokens, at + length))
}

/// A verb right before this place has the most or the least, with which the question ends.
fn has_the_most(tokens: &[Token], at: usize) -> bool {
    let extreme = |ops: &[Op]| ops.iter().any(|op| matches!(op, Op::Most | Op::Least));
    let ends = |words: usize| tokens[at + words..].iter().all(|t| !t.is_word());
    let verb = at.checked_sub(1).map(|i| &tokens[i]);
    let verb = verb.is_some_and(|t| t.is_word() && ends_as_plural(&t.lower));
    let mut said = ENGLISH.phrases_at(tokens, at).into_iter();
    verb && said.any(|(words, ops)| words > 1 && extreme(ops) && ends(words))
}

/// "Available workers" where that is what the status of some is: a word that sentences are filled with elsewhere says which ones are
/// meant where it is stored and stands right before the noun of its table. Gives that table.
pub(crate) fn says_which(tokens: &[Token], segment: &Segment, lexicon: &Lexicon) -> Option<usize> {
    let [Op::Filler] = segment.ops[..] else {
        return None;
    };
    let noun = tokens.get(segment.last).filter(|t| t.is_word())?;
    let names = lexicon.look_up(std::slice::from_ref(&noun.stem), true);
    let sure = |v: &&StoredValue| matches!(v.found, ValueMatch::Exact | ValueMatch::Folded);
    let own = |v: &StoredValue| {
        let table = Target::Table(v.column.table);
        names.iter().any(|c| c.target == table && c.score >= WHOLE)
    };
    let state = ENGLISH
        .filling_states
        .contains(&segment.text.to_lowercase());
    let mut values = segment.values.iter().filter(sure).filter(|_| state);
    values.find(|v| own(v)).map(|v| v.column.table)
}

/// "Completed orders", "how many trips did each driver complete" where that is what the status of some is, however it is written there:
/// a verb that stands for how rows stand. After "did", only of what is over with it: all orders that a customer did place count, those
/// that are "placed" still and those that are shipped by now.
pub(crate) fn is_state(
    tokens: &[Token],
    at: usize,
    value: &StoredValue,
    lexicon: &Lexicon,
) -> bool {
    let verb = &tokens[at];
    let inflected = verb.stem != verb.lower && !ends_as_plural(&verb.lower);
    let column = value.column;
    let words = &lexicon.tables[column.table].columns[column.column];
    let mut explained = lexicon.codes.values().flatten();
    let states = words.iter().any(|w| ENGLISH.state_nouns.contains(w))
        || explained.any(|(known, _)| *known == column);
    let same = match value.found {
        ValueMatch::Folded => inflected,
        ValueMatch::Stemmed => ends_deed(tokens, at),
        _ => false,
    };
    same && states
}

/// "Did each driver *complete*": the verb of a question that says that something is over.
pub(crate) fn ends_deed(tokens: &[Token], at: usize) -> bool {
    let did = |t: &Token| ENGLISH.auxiliaries.contains(&t.lower);
    ENGLISH.ending.contains(&tokens[at].stem)
        && at >= 2
        && !did(&tokens[at - 1])
        && tokens[..at - 1].iter().any(did)
}

/// The columns that say where something is.
pub(crate) fn places(lexicon: &Lexicon) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for (rank, stems) in ENGLISH.places.iter().enumerate() {
        for candidate in lexicon.look_up(stems, false) {
            let column = matches!(candidate.target, Target::Column(_));
            if column
                && candidate.score > 0.6
                && !found.iter().any(|f| f.target == candidate.target)
            {
                let score = candidate.score - 0.04 * rank as f32;
                found.push(Candidate { score, ..candidate });
            }
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

/// "how old", "how tall": the columns in which more of it is a greater value.
pub(crate) fn properties(
    text: &str,
    tokens: &[Token],
    at: usize,
    lexicon: &Lexicon,
) -> Option<Segment> {
    let how = tokens.get(at).filter(|t| ENGLISH.how.contains(&t.lower))?;
    let word = &tokens.get(at + 1)?.lower;
    let adjective = ENGLISH
        .adjectives
        .iter()
        .find(|a| !how.lower.is_empty() && a.positive == *word)?;
    let mut names: Vec<Candidate> = Vec::new();
    for (rank, stems) in adjective.greater.iter().enumerate() {
        for candidate in lexicon.look_up(stems, false) {
            let Target::Column(column) = candidate.target else {
                continue;
            };
            let measured = matches!(lexicon.nature(column), Nature::Amount | Nature::Rate);
            if measured
                && candidate.score > 0.8
                && !names.iter().any(|n| n.target == candidate.target)
            {
                let score = candidate.score - 0.02 * rank as f32;
                names.push(Candidate { score, ..candidate });
            }
        }
    }
    (!names.is_empty()).then(|| Segment {
        names,
        ..segment(text, tokens, at, 2)
    })
}

/// "headcount": the things that are counted, where some table has those who work there.
pub(crate) fn headcount(
    text: &str,
    tokens: &[Token],
    at: usize,
    lexicon: &Lexicon,
) -> Option<Segment> {
    tokens
        .get(at)
        .filter(|t| ENGLISH.headcounts.contains(&t.lower))?;
    let persons = ENGLISH.headcounted.iter();
    let persons = persons.flat_map(|noun| lexicon.look_up(std::slice::from_ref(noun), true));
    let thing = |c: &Candidate| matches!(c.target, Target::Table(_));
    let names: Vec<Candidate> = persons.filter(thing).collect();
    (!names.is_empty()).then(|| Segment {
        names,
        ops: vec![Op::Count],
        ..segment(text, tokens, at, 1)
    })
}

/// "When was the order shipped?": the date that the verb names, or the one of an event where its thing has just one.
pub(crate) fn moments(segments: &mut [Segment], catalog: &Catalog, lexicon: &Lexicon) {
    let asks = |i: usize, segments: &[Segment]| {
        segments[i].is(Op::When)
            && (i == 0 || segments[i - 1].is(Op::Sentence) || segments[i - 1].is(Op::And))
            && segments.len() > i + 1
    };
    for i in 0..segments.len() {
        if !asks(i, segments) {
            continue;
        }
        let mut tables: Vec<usize> = Vec::new();
        for other in &segments[i + 1..] {
            let best = other.names.first().filter(|c| c.score > 0.7);
            tables.extend(best.iter().filter_map(|c| match &c.target {
                Target::Table(t) => Some(*t),
                Target::Column(at) => Some(at.table),
                _ => None,
            }));
        }
        tables.sort_unstable();
        tables.dedup();
        let words: Vec<String> = segments[i + 1..]
            .iter()
            .filter(|s| s.values.is_empty() && s.quoted.is_none())
            .flat_map(|s| super::super::language::stems(&s.text.to_lowercase()))
            .collect();
        let roots: Vec<String> = words
            .iter()
            .map(|w| super::super::schema::names::root(w))
            .collect();
        let happens = words.iter().any(|w| ENGLISH.events.contains(w));
        let mut names: Vec<Candidate> = Vec::new();
        for table in tables {
            let mut columns = lexicon.date_columns(catalog, table);
            columns.extend(lexicon.year_columns(table));
            let own = &lexicon.tables[table];
            let said: Vec<usize> = columns
                .iter()
                .copied()
                .filter(|c| {
                    own.columns[*c].iter().any(|stem| {
                        !own.stems.contains(stem)
                            && roots.contains(&super::super::schema::names::root(stem))
                    })
                })
                .collect();
            let (found, score) = match (&said[..], &columns[..]) {
                ([_, ..], _) => (said, 0.97),
                ([], [_]) if happens => (columns, 0.93),
                _ => continue,
            };
            names.extend(found.into_iter().map(|column| Candidate {
                target: Target::Column(ColumnRef { table, column }),
                score,
            }));
        }
        if names.is_empty() {
            continue;
        }
        // The verb that says which date it is says nothing else.
        for later in &mut segments[i + 1..] {
            let same = |c: &Candidate| names.iter().any(|n| n.target == c.target);
            if later.names.first().is_some_and(same) {
                later.names.clear();
                later.ops.push(Op::Link);
            }
        }
        segments[i].ops.clear();
        segments[i].time = None;
        segments[i].names = names;
    }
}

/// The most values that a column of codes has.
const MOST_CODES: usize = 8;

/// What a word is stored as where a column holds codes: "female" where the sex is F.
pub(crate) fn coded(
    word: &str,
    lexicon: &Lexicon,
    values: &dyn Values,
) -> Option<Vec<StoredValue>> {
    let code = ENGLISH.codes.get(word)?;
    let mut found = Vec::new();
    for stems in &code.columns {
        for candidate in lexicon.look_up(stems, false) {
            let Target::Column(column) = candidate.target else {
                continue;
            };
            if candidate.score < 0.6 || found.iter().any(|v: &StoredValue| v.column == column) {
                continue;
            }
            let stored = values.common(column, MOST_CODES + 1);
            if stored.len() > MOST_CODES {
                continue;
            }
            let text = stored
                .into_iter()
                .find(|text| code.codes.contains(&text.to_lowercase()));
            found.extend(text.map(|text| StoredValue {
                column,
                text,
                found: ValueMatch::Folded,
            }));
        }
    }
    (!found.is_empty()).then_some(found)
}

/// "first and last name", "support, consider, and oppose rate": a word of the list shares the noun of the last.
pub(crate) fn shared_noun(
    text: &str,
    tokens: &[Token],
    at: usize,
    lexicon: &Lexicon,
) -> Option<Segment> {
    /// So many words may share a noun.
    const MOST_SHARING: usize = 5;
    let first = tokens.get(at).filter(|t| t.is_word())?;
    let mut next = at + 1;
    let mut words = 1;
    let last = loop {
        let separator = tokens.get(next)?;
        let mut ends = ends_list(separator);
        if !ends && !separator.is_mark(',') {
            return None;
        }
        next += 1;
        if !ends && tokens.get(next).is_some_and(ends_list) {
            ends = true;
            next += 1;
        }
        let word = tokens.get(next).filter(|t| t.is_word())?;
        next += 1;
        words += 1;
        if ends {
            break word;
        }
        if words > MOST_SHARING {
            return None;
        }
    };
    let noun = tokens.get(next).filter(|t| t.is_word())?;
    // "the number of sales and total revenue": a function is none of the words that share it.
    if function(last) && !function(first) {
        return None;
    }
    let name = |word: &Token| lexicon.look_up(&[word.stem.clone(), noun.stem.clone()], true);
    let (own, other) = (name(first), name(last));
    let exact = |names: &[Candidate]| names.first().is_some_and(|c| c.score > 0.9);
    (exact(&own) && exact(&other)).then(|| Segment {
        names: own,
        ..segment(text, tokens, at, 1)
    })
}

/// "The amount of the order": where something is called an amount, nothing is counted; "the quantity of products" counts nothing
/// where a column ends in that word.
pub(crate) fn names_amount(word: &Token, spans: &[(f32, Segment)]) -> bool {
    /// From this score on it is the last word of two.
    const PART: f32 = 0.66;
    let sums = ENGLISH.stored_numbers.contains(&word.stem);
    let whole = if sums { PART } else { WHOLE };
    let named = |(_, s): &(f32, Segment)| {
        s.last == s.first + 1 && s.names.first().is_some_and(|n| n.score >= whole)
    };
    (sums || !ENGLISH.counts.contains(&word.stem)) && spans.iter().any(named)
}

/// "total", "average".
fn function(word: &Token) -> bool {
    let phrases = ENGLISH.phrases_at(std::slice::from_ref(word), 0);
    let aggregate = |op: &Op| matches!(op, Op::Aggregate(_));
    phrases.iter().any(|(_, ops)| ops.iter().any(aggregate))
}

/// "and" or "or" before the last of a list.
fn ends_list(token: &Token) -> bool {
    ENGLISH.joiners.contains(&token.lower) || ENGLISH.or_words.contains(&token.lower)
}
/// Drops measures from what a verb names that only has the stem of their noun: who "took" a lesson speaks of no "takings".
pub(crate) fn drop_measures_of_verbs(names: &mut Vec<Candidate>, words: &[Token]) {
    let [word] = words else { return };
    let verb = ENGLISH
        .phrases_at(words, 0)
        .iter()
        .any(|(_, ops)| ops.contains(&Op::Link));
    let written = || {
        let mut all = ENGLISH.measures.iter().flat_map(|m| &m.written);
        all.any(|w| *w == word.lower)
    };
    if verb && !written() {
        names.retain(|c| !matches!(c.target, Target::Measure(_)));
    }
}
