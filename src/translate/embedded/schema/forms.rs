//! The forms in which a question may say a name of the catalog: synonyms, without the name of its table, without its unit.
//!
//! Invariant: a form is worth less than a name as it stands, so that what is called so wins.

use super::super::language::ENGLISH;
use super::lexicon::{Lexicon, Target};
use crate::catalog::model::ColumnRef;
use crate::question::tokens::stem;
use std::collections::HashSet;
use std::sync::LazyLock;

/// The stems of the words of the grammar.
static GRAMMAR: LazyLock<HashSet<String>> = LazyLock::new(|| ENGLISH.words().map(stem).collect());
/// How well a name stands for a column without the unit that it ends in.
const UNIT_SCORE: f32 = 0.94;

impl Lexicon {
    /// As [`Lexicon::add_forms`], of a table: it is none of those that another is called. Beside customers, users are no customers.
    pub(crate) fn add_thing(
        &mut self,
        target: Target,
        stems: Vec<String>,
        score: f32,
        things: &[Vec<String>],
    ) {
        let others = ENGLISH.synonyms.get(&stems).into_iter().flatten();
        let taken: Vec<&Vec<String>> = others.filter(|other| things.contains(other)).collect();
        if taken.is_empty() {
            return self.add_forms(target, stems, score);
        }
        let others = ENGLISH.synonyms.get(&stems).into_iter().flatten();
        for other in others.filter(|other| !taken.contains(other)) {
            self.add(target.clone(), other.clone(), score * 0.86);
        }
        self.add(target, stems, score);
    }

    /// A name and what means the same: the whole replaced by a synonym, or its last or first word.
    pub(crate) fn add_forms(&mut self, target: Target, stems: Vec<String>, score: f32) {
        for other in ENGLISH.synonyms.get(&stems).into_iter().flatten() {
            self.add(target.clone(), other.clone(), score * 0.86);
        }
        // A name that says the same twice is either: `zip_postcode`.
        if let [first, second] = &stems[..]
            && let Some(others) = ENGLISH.synonyms.get(std::slice::from_ref(first))
            && others.contains(&vec![second.clone()])
        {
            for either in [first, second] {
                self.add(target.clone(), vec![either.clone()], 0.95 * score);
            }
            for other in others {
                self.add(target.clone(), other.clone(), 0.95 * score);
            }
        }
        if stems.len() > 1 {
            let last = stems.len() - 1;
            for other in ENGLISH.synonyms.get(&stems[last..]).into_iter().flatten() {
                self.add(
                    target.clone(),
                    [&stems[..last], other].concat(),
                    score * 0.8,
                );
            }
            for other in ENGLISH.synonyms.get(&stems[..1]).into_iter().flatten() {
                self.add(target.clone(), [other, &stems[1..]].concat(), score * 0.8);
            }
        }
        self.add(target, stems, score);
    }

    pub(crate) fn add_column(
        &mut self,
        at: ColumnRef,
        stems: &[String],
        table: &[String],
        score: f32,
    ) {
        let target = Target::Column(at);
        self.add_forms(target.clone(), stems.to_vec(), score);
        self.add_measured(&target, stems, score);
        // customer_name in customers is its name; name in customers is the customer name.
        match stems
            .strip_prefix(table)
            .or_else(|| stems.strip_prefix(&table[table.len().saturating_sub(1)..]))
        {
            // "on" of `loaned_on` in loans says nothing by itself.
            Some([word])
                if ENGLISH.date_endings.contains(word) && super::states::is_grammar(word) => {}
            Some(rest) if !rest.is_empty() => self.add_forms(target, rest.to_vec(), score * 0.96),
            _ if stems.len() < 4 && stems != table => {
                self.add_forms(target, [table, stems].concat(), score)
            }
            _ => {}
        }
    }

    /// A name that begins with a short form of the table's, as its key does: `doc_id` of doctors is the doctor's id.
    pub(crate) fn add_shortened(
        &mut self,
        at: ColumnRef,
        key: Option<&[String]>,
        stems: &[String],
        table: &[String],
        score: f32,
    ) {
        /// A short form has so many letters.
        const LEAST: usize = 3;
        let (Some([short, ..]), [first, rest @ ..], [.., own]) = (key, stems, table) else {
            return;
        };
        let shortens =
            short.len() >= LEAST && short.len() < own.len() && own.starts_with(short.as_str());
        if first == short && shortens && !rest.is_empty() {
            let target = Target::Column(at);
            self.add_forms(target.clone(), rest.to_vec(), 0.96 * score);
            self.add_forms(target, [table, rest].concat(), 0.96 * score);
        }
    }

    /// A name as one word, and one that begins with the first letter of a table: `birth_date` is said "birthdate", `eid` of
    /// employees is their id. `initials` are the first letters of all tables.
    pub(crate) fn add_written(
        &mut self,
        at: ColumnRef,
        name: &str,
        words: &[String],
        initials: &[char],
        score: f32,
    ) {
        let target = Target::Column(at);
        if let [first, second] = words {
            let joined = format!("{first}{second}");
            self.add(target.clone(), vec![stem(&joined)], 0.97 * score);
        }
        // "claimed amount" for amount_claimed, "moved in date" for date_moved_in: the noun stands before what says which.
        let noun = |word: &String| {
            let stem = stem(word);
            ENGLISH.date_words.contains(&stem) || ENGLISH.sum_words.contains(&stem)
        };
        let verb = |word: &String| ENGLISH.ends_as_verb(word);
        if let [first, rest @ ..] = words
            && noun(first)
            && rest.iter().any(verb)
        {
            let turned = rest.iter().chain([first]).map(|word| stem(word));
            self.add_whole(target.clone(), turned.collect(), 0.95 * score);
        }
        let name = name.to_lowercase();
        let mut letters = name.chars();
        let initial = letters.next().filter(|c| initials.contains(c));
        let rest = letters.as_str();
        let part = super::names::is_part(rest) || ENGLISH.abbreviations.contains_key(rest);
        if initial.is_some() && part && !super::names::is_part(&name) {
            let long = ENGLISH.abbreviations.get(rest);
            let stems = match long {
                Some(long) => long.iter().map(|w| stem(w)).collect(),
                None => vec![stem(rest)],
            };
            self.add(target, stems, 0.94 * score);
        }
    }

    /// A name that ends in a unit: `length_meters` is a length, `milliseconds` a duration.
    fn add_measured(&mut self, target: &Target, stems: &[String], score: f32) {
        let Some((unit, rest)) = stems.split_last().filter(|(unit, _)| ENGLISH.is_unit(unit))
        else {
            return;
        };
        // `used_kb` is no name for "used".
        let verb = |rest: &[String]| matches!(rest, [one] if GRAMMAR.contains(one));
        if verb(rest) {
            return;
        }
        if !rest.is_empty() {
            self.add(target.clone(), rest.to_vec(), UNIT_SCORE * score);
            let first = [std::slice::from_ref(unit), rest].concat();
            self.add(target.clone(), first, score);
            let rest = match rest.split_last() {
                Some((last, before)) if ENGLISH.in_words.contains(last) && !before.is_empty() => {
                    before
                }
                _ => rest,
            };
            self.add(target.clone(), rest.to_vec(), UNIT_SCORE * score);
            // "memory size" of `memory_mb`
            for measured in ENGLISH.units_of(unit).flat_map(|q| &q.words) {
                if !rest.ends_with(measured) {
                    let form = [rest, &measured[..]].concat();
                    self.add(target.clone(), form, UNIT_SCORE * score);
                }
            }
            return;
        }
        for measured in ENGLISH.units_of(unit).flat_map(|q| &q.words) {
            let unit = std::slice::from_ref(unit);
            self.add(target.clone(), measured.clone(), 0.86 * score);
            self.add(target.clone(), [&measured[..], unit].concat(), score);
            self.add(target.clone(), [unit, &measured[..]].concat(), score);
        }
    }
}
