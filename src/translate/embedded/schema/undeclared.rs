//! Keys that nobody has declared: found by the names of columns, and by what their comments say.
//!
//! Invariant: what a key points at is the only key of its table, of one column and of the same type, in the same schema. How certain it is
//! follows the proof ([`Proof`]): a column that bears the very name of the only such key that is called so, or whose comment names the
//! table, is as good as a declared key; one that has the name after other words is a guess.

use super::super::language::ENGLISH;
use super::labels::labels;
use super::names::Splitter;
use super::personkeys;
use crate::catalog::model::{Catalog, Column, Table};
use crate::question::tokens::tokenize;
use std::collections::HashMap;

/// What tells that a column is a key to another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A foreign key.
    Declared,
    /// Its comment names the table.
    Told,
    /// It bears the name of the only key that is called so.
    Named,
    /// It bears that name after words that say its role.
    Alike,
}

/// A column and the key that it points at.
pub(super) struct Found {
    pub holder: usize,
    pub column: usize,
    pub target: usize,
    pub key: usize,
    pub proof: Proof,
}

/// The keys of one column that the tables of a catalog have.
struct Keys<'a> {
    catalog: &'a Catalog,
    /// By the stems of their names, and of their tables with "id".
    by_name: HashMap<String, Vec<(usize, usize)>>,
    /// By the stems of what their tables are called.
    by_thing: HashMap<Vec<String>, Vec<(usize, usize)>>,
    /// By the names of their tables as they are written, in lower case.
    by_table: HashMap<String, Vec<(usize, usize)>>,
}

/// The key of a table, where it is one column: its primary key or, where it has none, its only unique column.
pub(super) fn key_of(table: &Table) -> Option<usize> {
    match (&table.primary_key[..], &table.unique_keys[..]) {
        ([key], _) => Some(*key),
        ([], [only]) if only.len() == 1 => Some(only[0]),
        _ => None,
    }
}

/// All of a catalog that its tables do not declare.
pub(super) fn find(catalog: &Catalog, splitter: &Splitter) -> Vec<Found> {
    let keys = Keys::new(catalog, splitter);
    let everybody = personkeys::everybody(catalog, splitter);
    let mut found = Vec::new();
    for (holder, table) in catalog.tables.iter().enumerate() {
        for (c, column) in table.columns.iter().enumerate() {
            if table.foreign_keys.iter().any(|k| k.columns.contains(&c)) || column.part.is_some() {
                continue;
            }
            let told = keys.told(column, splitter).map(|at| (at, Proof::Told));
            let told = told.filter(|((t, k), _)| (*t, *k) != (holder, c));
            let person = || {
                let is_thing = |words: &[String]| keys.by_thing.contains_key(words);
                let name = splitter.stems(&column.name);
                let (target, key) = everybody.filter(|(everybody, _)| *everybody != holder)?;
                let own = splitter.thing(&table.name);
                personkeys::is_of_person(&name, &own, is_thing)
                    .then_some(((target, key), Proof::Alike))
            };
            let named = || keys.named(holder, c, splitter).or_else(person);
            let Some(((target, key), proof)) = told.or_else(named) else {
                continue;
            };
            let pointed_at = &catalog.tables[target];
            // A table's own key points at another only where it is said to, or called like that table.
            let own = table.primary_key == [c] && proof == Proof::Alike;
            // Of patients that belong to physicians the `ssn` of a physician is none, though theirs is called so.
            let stems = splitter.stems(&column.name);
            let thing = splitter.thing(&pointed_at.name);
            let back = proof != Proof::Told
                && pointed_at.foreign_keys.iter().any(|k| k.target == holder)
                && !stems.windows(thing.len().max(1)).any(|part| part == thing);
            let own = own || back;
            if pointed_at.columns[key].class == column.class
                && pointed_at.schema == table.schema
                && !own
            {
                found.push(Found {
                    holder,
                    column: c,
                    target,
                    key,
                    proof,
                });
            }
        }
    }
    found
}

impl<'a> Keys<'a> {
    fn new(catalog: &'a Catalog, splitter: &Splitter) -> Keys<'a> {
        let mut keys = Keys {
            catalog,
            by_name: HashMap::new(),
            by_thing: HashMap::new(),
            by_table: HashMap::new(),
        };
        for (t, table) in catalog.tables.iter().enumerate() {
            let Some(key) = key_of(table) else {
                continue;
            };
            let thing = splitter.thing(&table.name);
            let own = thing.join(" ");
            let name = splitter.stems(&table.columns[key].name).join(" ");
            let mut names = Vec::new();
            if !ENGLISH.bare_keys.contains(&name) {
                names.push(name);
            }
            let long = format!("{own} id");
            if !names.contains(&long) {
                names.push(long);
            }
            for name in names {
                keys.by_name.entry(name).or_default().push((t, key));
            }
            let lower = table.name.to_lowercase();
            keys.by_table.entry(lower).or_default().push((t, key));
            let called = table.comment.as_deref().map(labels).unwrap_or_default();
            let called = called.into_iter().map(|(label, _)| label);
            let mut things: Vec<Vec<String>> = called.chain([thing]).collect();
            things.sort();
            things.dedup();
            for thing in things {
                keys.by_thing.entry(thing).or_default().push((t, key));
            }
        }
        keys
    }

    /// The key that a column of a table is called like.
    fn named(
        &self,
        holder: usize,
        c: usize,
        splitter: &Splitter,
    ) -> Option<((usize, usize), Proof)> {
        let table = &self.catalog.tables[holder];
        let stems = splitter.stems(&table.columns[c].name);
        // The longest name first; what is left of two words at least is no mere "id" or "number".
        let (role, keys) = (0..stems.len())
            .filter(|from| *from == 0 || stems.len() - from > 1)
            .find_map(|from| Some((from, self.by_name.get(&stems[from..].join(" "))?)))?;
        // `lot_id` is the key of the lots, also where the sale of a lot has no other.
        let thing = |(t, _): &&(usize, usize)| {
            let own = splitter.thing(&self.catalog.tables[*t].name);
            stems[role..].starts_with(&own)
        };
        let mut owners = keys.iter().filter(thing);
        let only = match (&keys[..], owners.next(), owners.next()) {
            ([only], ..) => only,
            (_, Some(owner), None) => owner,
            _ => return None,
        };
        // `parent_category_id` of a category is another one.
        if only.0 == holder && role == 0 || *only == (holder, c) {
            return None;
        }
        let proof = if role == 0 {
            Proof::Named
        } else {
            Proof::Alike
        };
        Some((*only, proof))
    }

    /// The key that the comment of a column says that it points at: "seller, references users.user_id", "home port, see port",
    /// "event manager (staff.staff_no)"; and where the column is called like a key, "customer" or "seller, a user".
    fn told(&self, column: &Column, splitter: &Splitter) -> Option<(usize, usize)> {
        let comment = column.comment.as_deref()?;
        let words = words(comment);
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (i, word) in words.iter().enumerate() {
            let key = match word.rsplit_once('.') {
                Some((table, column)) => self.written(table, column),
                None if is_linked(&words, i) => self.table(word),
                None => None,
            };
            if let Some(key) = key.filter(|key| !found.contains(key)) {
                found.push(key);
            }
        }
        if let [only] = found[..] {
            return Some(only);
        }
        if !found.is_empty() {
            return None;
        }
        let stems = splitter.stems(&column.name);
        let last = stems.last()?;
        if stems.len() < 2 || !(ENGLISH.id_words.contains(last) || ENGLISH.keys.contains(last)) {
            return None;
        }
        let (whole, kind) = match comment.split_once(',') {
            Some((_, kind)) => (None, Some(kind)),
            None => (Some(comment), None),
        };
        let kind = kind.and_then(|kind| {
            let kind = kind.trim().to_lowercase();
            let (article, thing) = kind.split_once(' ')?;
            let article = ENGLISH.articles.iter().any(|a| a == article);
            article.then(|| thing.to_owned())
        });
        let thing = whole.map(str::to_lowercase).or(kind)?;
        let tokens = tokenize(&thing);
        let thing: Vec<String> = tokens.into_iter().map(|t| t.stem).collect();
        match self.by_thing.get(&thing).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            _ => None,
        }
    }

    /// The key of the only table of a name.
    fn table(&self, name: &str) -> Option<(usize, usize)> {
        match self.by_table.get(name).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            _ => None,
        }
    }

    /// The key of a table, where that is the column of this name; the name of the table may have its schema before it.
    fn written(&self, table: &str, column: &str) -> Option<(usize, usize)> {
        let table = table.rsplit('.').next().unwrap_or(table);
        let (t, key) = self.table(table)?;
        let own = &self.catalog.tables[t].columns[key].name;
        (own.to_lowercase() == column).then_some((t, key))
    }
}

/// The words of a comment in lower case, with the marks that say how they stand; names keep their underscores and full stops.
fn words(comment: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let characters: Vec<char> = comment.to_lowercase().chars().collect();
    for (i, &c) in characters.iter().enumerate() {
        let inside = c == '.' && characters.get(i + 1).is_some_and(|n| n.is_alphanumeric());
        if c.is_alphanumeric() || c == '_' || inside {
            if let Some(word) = words.last_mut() {
                word.push(c);
            }
            continue;
        }
        words.push(String::new());
        if !c.is_whitespace() {
            words.push(c.to_string());
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a word stands where a comment names a table: after "see", "references" and the like, or alone in parentheses.
fn is_linked(words: &[String], at: usize) -> bool {
    let before = &words[..at];
    let article = before.last().is_some_and(|w| ENGLISH.articles.contains(w));
    let before = &before[..at - usize::from(article)];
    let links = |phrase: &String| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        before.len() >= phrase.len()
            && before[before.len() - phrase.len()..]
                .iter()
                .zip(&phrase)
                .all(|(w, p)| w == p)
    };
    let alone =
        before.last().is_some_and(|w| w == "(") && words.get(at + 1).is_some_and(|w| w == ")");
    alone || ENGLISH.key_links.iter().any(links)
}
