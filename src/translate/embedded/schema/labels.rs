//! What comments call tables and columns: "Admissions (hospital stays) of patients" is a table of admissions, or hospital stays.
//!
//! Invariant: a comment adds names, each worth less than a name of the catalog as it stands; a comment that explains rather than
//! names adds none.

use super::super::language::wordclass::holds_together;
use super::super::language::{self, ENGLISH, Op};
use super::super::time::timewords;
use super::joins::Edge;
use super::lexicon::{Lexicon, Target};
use super::names::root;
use super::nature::is_date;
use crate::catalog::model::{ColumnRef, Table};
use crate::question::tokens::tokenize;

/// The longest label that is a name, in words.
const MAX_LABEL: usize = 3;
/// The longest other name in parentheses, in words.
const MAX_OTHER: usize = 2;
/// How well a label stands for a table or column.
const LABEL: f32 = 0.96;
/// How well the other name in parentheses does, and a label of which more is said.
const OTHER: f32 = 0.93;
/// … and the beginning of a sentence.
const BEGINS: f32 = 0.9;

/// The names in a comment: its label first, then what stands in parentheses after it.
pub(super) fn labels(comment: &str) -> Vec<(Vec<String>, f32)> {
    // "customer (company) name"
    let (text, _) = super::described::without_aside(&comment.to_lowercase());
    let end = text
        .find(['(', ':', ';', ',', '.', '=', '\n'])
        .unwrap_or(text.len());
    let (head, rest) = text.split_at(end);
    let head = super::described::without_range(head);
    // "open, closed" lists what the column holds, and so does "1 = open".
    let after = rest.get(1..).unwrap_or_default();
    let clause = after.split([',', ';', '.', '(']).next().unwrap_or_default();
    let or = |word: &str| {
        let token = tokenize(word);
        let phrases = ENGLISH.phrases_at(&token, 0);
        phrases.iter().any(|(_, ops)| ops.contains(&Op::Or))
    };
    let lists = rest.starts_with(',')
        && (clause.split_whitespace().count() < MAX_LABEL || clause.split_whitespace().any(or))
        || head.split_whitespace().any(or);
    if lists || rest.starts_with('=') || head.chars().any(|c| c.is_ascii_digit()) {
        return Vec::new();
    }
    let words: Vec<&str> = head.split_whitespace().collect();
    let preposition = |w: &&str| {
        ENGLISH.of_words.iter().any(|of| of == w) || ENGLISH.in_words.iter().any(|word| word == w)
    };
    let mut found = Vec::new();
    if words.is_empty() {
        return found;
    }
    if words.len() <= MAX_LABEL {
        found.push((language::stems(head), LABEL));
    } else if let Some(cut) = words
        .iter()
        .position(preposition)
        .filter(|cut| (1..=MAX_OTHER).contains(cut))
    {
        // "Diagnoses of an admission"
        found.push((language::stems(&words[..cut].join(" ")), OTHER));
    }
    let other = rest.strip_prefix('(').and_then(|r| r.split_once(')'));
    if let Some((other, _)) = other.filter(|_| !found.is_empty()) {
        let short = (1..=MAX_OTHER).contains(&other.split_whitespace().count());
        if short && other.chars().all(|c| c.is_alphabetic() || c == ' ') {
            found.push((language::stems(other), OTHER));
        }
    }
    found
}

/// What the comment of a table begins with, where that is no label: "contracts" of "contracts with builders, one per site".
fn begins(comment: &str) -> Option<(Vec<String>, f32)> {
    let tokens = tokenize(comment);
    let words = tokens
        .iter()
        .take_while(|t| t.is_word() && !holds_together(t));
    let words: Vec<String> = words.map(|t| t.stem.clone()).collect();
    let goes_on = tokens.get(words.len()).is_some_and(holds_together);
    (goes_on && (1..=MAX_OTHER).contains(&words.len())).then_some((words, BEGINS))
}

/// What the comments of a table and of its key call it, best first.
pub(super) fn called(table: &Table) -> Vec<(Vec<String>, f32)> {
    let mut called = table.comment.as_deref().map(labels).unwrap_or_default();
    if called.is_empty() {
        called.extend(table.comment.as_deref().and_then(begins));
    }
    // "customer key"
    if let [key] = table.primary_key[..]
        && let Some(comment) = table.columns[key].comment.as_deref()
        && let Some((label, score)) = labels(comment).into_iter().next()
        && let Some((last, thing @ [_, ..])) = label.split_last()
        && tells_apart(&label)
        && !ENGLISH.names.contains(last)
    {
        called.push((thing.to_vec(), score.min(OTHER)));
    }
    called
}

/// Whether a label is that of a number or a code: "customer number".
fn tells_apart(label: &[String]) -> bool {
    let last = label.last();
    last.is_some_and(|w| ENGLISH.keys.contains(w) || ENGLISH.id_words.contains(w))
}

impl Lexicon {
    /// What left on its departure date, and landed on its arrival date.
    fn add_journey(&mut self, at: ColumnRef, name: &[String]) {
        let is = |stem: &&String| name.iter().any(|s| root(s) == root(stem));
        for verbs in [&ENGLISH.leaving, &ENGLISH.arriving] {
            if !verbs.iter().any(|verb| is(&verb)) {
                continue;
            }
            for verb in verbs.iter().filter(|verb| !is(verb)) {
                self.dates_by_root.entry(root(verb)).or_default().push(at);
            }
        }
    }

    /// The key that is one column of a table.
    fn key_of(&self, table: usize, column: usize) -> Option<Edge> {
        let mut held = self.graph.of(table).map(|(_, e)| e);
        let own = held.find(|e| e.holder == table && e.columns == [column]);
        own.cloned()
    }

    /// Adds the names that the comments of a table and of its columns give them. `own` are the stems of its name, `columns`
    /// those of its columns.
    pub(crate) fn add_labels(
        &mut self,
        t: usize,
        table: &Table,
        own: &[String],
        columns: &[Vec<String>],
        weight: f32,
    ) {
        let called = called(table);
        for (label, score) in &called {
            // As it stands: another word for a word of a comment may be the name of another table.
            self.add(Target::Table(t), label.clone(), score * weight);
        }
        let labels_of = called.iter().map(|(label, _)| label.as_slice());
        let things: Vec<&[String]> = labels_of.chain([own]).collect();
        for (column, shape) in table.columns.iter().enumerate() {
            let target = Target::Column(ColumnRef { table: t, column });
            let stems = columns.get(column).map(Vec::as_slice).unwrap_or_default();
            // "charge amount" of `chg_amt` in a table of charges.
            let rest = stems.strip_prefix(own).unwrap_or(stems);
            for (label, score) in called.iter().filter(|_| !rest.is_empty()) {
                self.add_forms(
                    target.clone(),
                    [label, rest].concat(),
                    0.97 * score * weight,
                );
            }
            // What a key points at is called so, and not the key: "contract" of `ctr_id`.
            let key = self.key_of(t, column);
            let is_key = key.is_some();
            if let Some(edge) = key
                && let Some(comment) = shape.comment.as_deref()
            {
                let (plain, thing) = (edge.role.is_empty(), Target::Table(edge.target));
                let named = labels(comment).into_iter().next();
                let named = named.filter(|(label, _)| plain && !tells_apart(label));
                if let Some((label, score)) = named {
                    self.add(thing, label, 0.97 * score * weight);
                }
                if plain || !edge.called.is_empty() {
                    continue;
                }
            }
            // "Day of the sale" says no more of a date than "by day" does: that is a series.
            let unit = |label: &[String]| {
                let words = tokenize(&label.join(" "));
                is_date(shape.class)
                    && timewords::unit(&words, 0).is_some_and(|(n, _)| n == words.len())
            };
            for (label, score) in super::described::names(shape, &things) {
                // "agent who opened the ticket": again what the key points at.
                if is_key && label.len() == 1 {
                    continue;
                }
                self.add(target.clone(), label, score * weight);
            }
            if let Some(root) = super::described::happened(shape) {
                let at = ColumnRef { table: t, column };
                self.dates_by_root.entry(root).or_default().push(at);
            }
            if is_date(shape.class) {
                self.add_journey(ColumnRef { table: t, column }, stems);
            }
            let kind = super::described::kind(shape, &things).is_some();
            for (label, score) in shape.comment.as_deref().map(labels).into_iter().flatten() {
                if unit(&label) || kind {
                    continue;
                }
                // "patient name" of patients is their name.
                for (thing, _) in &called {
                    if let Some(rest) = label
                        .strip_prefix(&thing[..])
                        .filter(|r| !r.is_empty() && !unit(r))
                    {
                        self.add_forms(target.clone(), rest.to_vec(), 0.97 * score * weight);
                    }
                }
                self.add_forms(target.clone(), label, 0.98 * score * weight);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_or_explains() {
        let names = |comment: &str| -> Vec<String> {
            labels(comment)
                .into_iter()
                .map(|(stems, _)| stems.join(" "))
                .collect()
        };
        assert_eq!(
            names("Boats (small ships) of members"),
            ["boat", "small ship"]
        );
        assert_eq!(names("berth, NULL = on land"), ["berth"]);
        assert_eq!(names("Repairs of a boat by a yard"), ["repair"]);
        assert!(names("Whether the boat may leave the harbour at night").is_empty());
        assert!(names("open, closed, lost").is_empty());
        assert!(names("open, closed or lost").is_empty());
        assert!(names("1 = open").is_empty());
        assert!(names("").is_empty());
    }
}
