//! What adjectives compare: "longer than 3 km" is a length, a duration or a distance, and "shorter" less of it.
//!
//! Invariant: an adjective speaks of a number of the thing that is named right before it, wherever that has one, and which way it
//! compares follows from which column was found. Without the first, "inverters cheaper than 1500" were those of a cheap repair, because
//! `repairs.price` fits better than `inverters.unit_price`; without the second, "shorter than 3 km" were the longer ones.

use super::super::language::{Adjective, ENGLISH, stems};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::measured;
use super::super::schema::nature::Nature;
use super::frame::{Condition, Frame, MentionId, Operand};
use crate::catalog::model::ColumnRef;

/// How well a column must be called what an adjective speaks of.
const CALLED: f32 = 0.6;
/// How well one is that only ends so.
const ENDS: f32 = 0.9;
/// What each further word of an adjective is worth less.
const FURTHER: f32 = 0.02;

/// The columns that may be called so, by their names or comments.
fn columns_called(lexicon: &Lexicon, stems: &[String]) -> impl Iterator<Item = Candidate> {
    let column = |c: &Candidate| match c.target {
        // What is due earlier is no older.
        Target::Column(at) => !lexicon.is_due(at) && c.score > CALLED,
        _ => false,
    };
    let found = lexicon.look_up(stems, false).into_iter();
    found.filter(column)
}

/// The columns that an adjective may speak of.
pub fn adjective_columns(lexicon: &Lexicon, adjective: usize) -> Vec<Candidate> {
    let words = &ENGLISH.adjectives[adjective];
    let mut found: Vec<Candidate> = Vec::new();
    for (i, stems) in words.greater.iter().chain(&words.smaller).enumerate() {
        for candidate in columns_called(lexicon, stems) {
            if !found.iter().any(|f| f.target == candidate.target) {
                found.push(Candidate {
                    score: candidate.score - FURTHER * i as f32,
                    ..candidate
                });
            }
        }
    }
    found
}

/// Gives the adjectives of a frame the columns that they may speak of, and units the columns that are in them.
pub(super) fn name_adjectives(frame: &mut Frame, lexicon: &Lexicon) {
    for (id, adjective) in frame.adjectives.clone() {
        // Where the column is named, the adjective but says which way.
        if frame.mentions[id].candidates.is_empty() {
            frame.mentions[id].candidates = adjective_columns(lexicon, adjective);
        }
    }
    super::measured::choose_units(frame, lexicon);
    for (id, adjective) in frame.adjectives.clone() {
        keep_own(frame, id, adjective, lexicon);
    }
    for id in compared(&frame.conditions) {
        name_by_verb(frame, id, lexicon);
    }
    // "Younger than 30" is said of an age, though the table tells a day of birth.
    let number = |right: &Operand| matches!(right, Operand::Number(_));
    for condition in &frame.conditions {
        let left = match condition {
            Condition::Compare {
                left: Some(left),
                right,
                ..
            } if number(right) => left,
            Condition::Between {
                left: Some(left), ..
            } => left,
            _ => continue,
        };
        let names = &mut frame.mentions[*left].candidates;
        let date = |c: &Candidate| matches!(c.target, Target::Column(at) if lexicon.nature(at) == Nature::Date);
        if !names.iter().all(date) {
            names.retain(|c| !date(c));
        }
    }
    super::measured::sum_units(frame, lexicon);
}

/// What conditions compare with numbers.
fn compared(conditions: &[Condition]) -> Vec<MentionId> {
    let mut found = Vec::new();
    for condition in conditions {
        match condition {
            Condition::Compare { left, .. } | Condition::Between { left, .. } => {
                found.extend(*left)
            }
            Condition::Not(inside) => found.extend(compared(std::slice::from_ref(inside))),
            Condition::Any(inside) => found.extend(compared(inside)),
            _ => {}
        }
    }
    found
}

/// The table of whose things a mention is said to be, or the one that is named last before it.
pub(super) fn thing_before(frame: &Frame, id: MentionId) -> Option<usize> {
    let table = |m: &super::frame::Mention| match m.candidates.first()?.target {
        Target::Table(t) => Some(t),
        _ => None,
    };
    let owner = frame.mentions[id]
        .of
        .and_then(|of| table(&frame.mentions[of]));
    owner.or_else(|| frame.mentions[..id].iter().rev().find_map(table))
}

/// The columns of a table that an adjective may speak of.
pub(crate) fn own_columns(lexicon: &Lexicon, adjective: usize, table: usize) -> Vec<Candidate> {
    let of_table = |c: &Candidate| matches!(c.target, Target::Column(at) if at.table == table);
    let mut own = adjective_columns(lexicon, adjective);
    own.retain(of_table);
    if !own.is_empty() {
        return own;
    }
    // `purchase_price_eur`
    let words = &ENGLISH.adjectives[adjective];
    let ends = |name: &&Vec<String>| {
        let bare = measured::without_unit(name);
        let lists = words.greater.iter().chain(&words.smaller);
        lists.into_iter().any(|said| bare.ends_with(said))
    };
    let names = lexicon.tables[table].columns.iter().enumerate();
    let found = names.filter(|(_, name)| ends(name));
    let found = found.map(|(column, _)| Target::Column(ColumnRef { table, column }));
    let found = found.filter(|target| lexicon.is_amount(target));
    let candidate = |target| Candidate {
        target,
        score: ENDS,
    };
    found.map(candidate).collect()
}

/// Leaves of the meanings of a mention those that are columns of the thing before it, where there are such.
fn keep_own(frame: &mut Frame, id: MentionId, adjective: usize, lexicon: &Lexicon) {
    let Some(thing) = thing_before(frame, id) else {
        return;
    };
    let own = |c: &Candidate| matches!(c.target, Target::Column(at) if at.table == thing);
    let meanings = &mut frame.mentions[id].candidates;
    // Of one table in several roles, the question says elsewhere which is meant.
    let role =
        |c: &Candidate| matches!(c.target, Target::Column(at) if lexicon.role(at.table).is_some());
    if meanings.iter().any(role) {
        return;
    }
    if meanings.iter().any(own) {
        return meanings.retain(own);
    }
    let columns = own_columns(lexicon, adjective, thing);
    if !columns.is_empty() {
        *meanings = columns;
    }
}

/// "Inverters that *cost* less than 1500" have a price: the word is one of those that "cheaper" speaks of, and of the thing itself.
fn name_by_verb(frame: &mut Frame, id: MentionId, lexicon: &Lexicon) {
    let said = stems(&frame.mentions[id].text.to_lowercase());
    let speaks = |a: &Adjective| a.greater.contains(&said);
    let verb = said.iter().all(|word| ENGLISH.costing.contains(word));
    let adjective = ENGLISH.adjectives.iter().position(speaks).filter(|_| verb);
    if let Some(adjective) = adjective {
        keep_own(frame, id, adjective, lexicon);
    }
}

/// Whether more of what an adjective says is less of a column: an "older" guest has a greater age but an earlier date of birth, a
/// "shorter" trail a smaller `length_km`.
pub(crate) fn is_turned(adjective: usize, at: ColumnRef, lexicon: &Lexicon) -> bool {
    let adjective = &ENGLISH.adjectives[adjective];
    let name = &lexicon.tables[at.table].columns[at.column];
    let bare = measured::without_unit(name);
    let ends = |words: &Vec<String>| name.ends_with(words) || bare.ends_with(words);
    // What a comment calls the column counts where its name says nothing.
    let called = |words: &Vec<String>| {
        columns_called(lexicon, words).any(|f| f.target == Target::Column(at))
    };
    for told in [&ends as &dyn Fn(&Vec<String>) -> bool, &called] {
        if adjective.greater.iter().any(told) {
            return false;
        }
        if adjective.smaller.iter().any(told) {
            return true;
        }
    }
    // Told by its unit alone: nothing that "shorter" speaks of is greater for being shorter.
    adjective.greater.is_empty()
}
