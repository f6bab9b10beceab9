//! Persons that a question asks for without saying which: "who ordered", "names of everybody in the Oslo office", "skills that nobody has".
//!
//! The question is put once for each kind of persons that the catalog has: "which customers ordered". Invariant: it is answered only where
//! exactly one of them is understood, or exactly one of whom the verb tells (those who work are the staff, a singer sings), so that of two
//! kinds none is taken by chance.

use super::super::language::ENGLISH;
use super::super::language::ends_as_plural;
use super::super::language::spelling::plural;
use super::super::language::wordclass::listed_at;
use super::super::schema::lexicon::{Lexicon, TableWords};
use super::super::schema::names;
use super::super::schema::people::{are_persons, is_staff};
use super::super::sql::ast::ident;
use crate::catalog::model::{Catalog, Table, TableKind};
use crate::question::tokens::{Token, tokenize};

/// The most kinds of persons that are tried.
const MOST: usize = 4;

/// The same question of one kind of persons.
pub(crate) struct Asked {
    pub text: String,
    /// How a statement names their table: one without it speaks of somebody else.
    pub relation: String,
    /// What they do tells of these: they work, or are called by it.
    pub told: bool,
}

/// Of the questions that were understood the one that is meant; `None` where it may be several.
pub(crate) fn only<T>(mut understood: Vec<(bool, T)>) -> Option<T> {
    if understood.len() > 1 {
        understood.retain(|(told, _)| *told);
    }
    match understood.len() {
        1 => understood.pop().map(|(_, only)| only),
        _ => None,
    }
}

/// The same question of each kind of persons; none where it names them, or where there are too many kinds.
pub(crate) fn of(text: &str, catalog: &Catalog, lexicon: &Lexicon) -> Vec<Asked> {
    let tokens = tokenize(text);
    let Some((from, to, lead)) = unnamed(&tokens, lexicon) else {
        return Vec::new();
    };
    let itself = |(place, _): &(usize, _)| lexicon.role(*place).is_none();
    let tables = catalog.tables.iter().zip(&lexicon.tables).enumerate();
    let mut persons: Vec<(&Table, &TableWords)> = tables
        .filter(itself)
        .map(|(_, table)| table)
        .filter(|(table, words)| {
            // "Who advises student 5" asks for somebody else.
            let named = |stem: &String| tokens.iter().any(|t| t.stem == *stem);
            let kept = matches!(table.kind, TableKind::View | TableKind::MaterializedView);
            !kept && are_persons(table, words) && !words.stems.iter().all(named)
        })
        .collect();
    let works = tokens.iter().any(|t| ENGLISH.working.contains(&t.lower));
    if works {
        // A patient works at no clinic.
        let served = |word: &String| ENGLISH.served_people.contains(word);
        persons.retain(|(_, words)| !words.stems.iter().any(served));
    }
    if persons.len() > MOST {
        return Vec::new();
    }
    // "who has sung it": of several, those who are called by what they do.
    let does = |stem: &String| {
        let root = names::root(stem);
        tokens.iter().any(|t| names::root(&t.stem) == root)
    };
    let (before, after) = (&text[..tokens[from].start], &text[tokens[to - 1].end..]);
    let other = |table: &Table| {
        let one = table.name.replace('_', " ");
        // "everybody assigned to it": of several something is said.
        let named = match lead.is_empty() && !ends_as_plural(&one) {
            true => plural(&one),
            false => one,
        };
        let words = [before.trim(), lead.as_str(), named.as_str(), after.trim()];
        let said: Vec<&str> = words.into_iter().filter(|w| !w.is_empty()).collect();
        said.join(" ")
    };
    let told = |words: &TableWords| works && is_staff(words) || words.stems.iter().any(does);
    let question = |(table, words): (&Table, &TableWords)| Asked {
        text: other(table),
        relation: format!("{}.{} ", ident(&table.schema), ident(&table.name)),
        told: told(words),
    };
    persons.into_iter().map(question).collect()
}

/// Where a question speaks of persons that it does not name, and what stands before their noun instead.
fn unnamed(tokens: &[Token], lexicon: &Lexicon) -> Option<(usize, usize, String)> {
    let who = tokens.first()?;
    // "Who was the dentist" asks for the dentist.
    let is = |at: usize, list: &[String]| tokens.get(at).is_some_and(|t| list.contains(&t.lower));
    let names_them = is(1, &ENGLISH.copulas) && is(2, &ENGLISH.articles);
    if ENGLISH.persons_asked.contains(&who.lower) && !names_them {
        return Some((0, 1, ENGLISH.choices.first()?.clone()));
    }
    let denied = |at: usize| Some((at, listed_at(&ENGLISH.nobody_words, tokens, at)?, true));
    let any = |at: usize| Some((at, listed_at(&ENGLISH.anybody_words, tokens, at)?, false));
    let mut found = (0..tokens.len()).filter_map(|at| denied(at).or_else(|| any(at)));
    let (at, length, none) = found.next()?;
    let named = tokens[at..at + length]
        .iter()
        .any(|t| lexicon.names(&t.stem));
    if named || found.next().is_some() {
        return None;
    }
    let lead = match none {
        true => ENGLISH.no_words.first()?.clone(),
        false => String::new(),
    };
    Some((at, at + length, lead))
}
