//! States that a word denies: "unsold" where `sold_on` is missing, "unverified" where `is_verified` is false.
//!
//! Invariant: such a word is read only where a date that may be missing, or a column of yes and no, is called by what it denies and by nothing
//! more, and where nothing else is called so. Where several tables have such a column, the one that the question names is meant.

use super::super::language::{ENGLISH, stems};
use super::described;
use super::lexicon::{Lexicon, Segment};
use super::names::Splitter;
use super::nature::Nature;
use crate::catalog::model::{Catalog, Column, TypeClass};
use crate::question::tokens::stem;
use sqlparser::ast::{Expr, UnaryOperator};

/// A word that is denied has more letters.
const SHORT: usize = 3;

impl Lexicon {
    /// The denied states of all tables. To be called after the states that comments tell, which come first.
    pub(crate) fn add_denied_states(&mut self, catalog: &Catalog, splitter: &Splitter) {
        for (t, table) in catalog.tables.iter().enumerate() {
            for (c, column) in table.columns.iter().enumerate() {
                let own = Expr::Identifier(super::super::sql::ast::ident(&column.name));
                let date = self.tables[t].natures[c] == Nature::Date && !column.not_null;
                let (said, predicate) = if column.class == TypeClass::Boolean {
                    let denied = Expr::UnaryOp {
                        op: UnaryOperator::Not,
                        expr: Box::new(own),
                    };
                    (flagged(column, &self.tables[t].stems, splitter), denied)
                } else if date {
                    (dated(column, splitter), Expr::IsNull(Box::new(own)))
                } else {
                    continue;
                };
                for word in said {
                    self.deny(t, c, &word, &predicate);
                }
            }
        }
    }

    fn deny(&mut self, table: usize, column: usize, word: &str, predicate: &Expr) {
        let prefixes = [&ENGLISH.negative_prefixes, &ENGLISH.contrary_prefixes];
        for prefix in prefixes.into_iter().flatten() {
            let phrase = stems(&format!("{prefix}{word}")).join(" ");
            // What a comment says of the table comes first.
            let told = self.by_state.get(&phrase).into_iter().flatten();
            let mut told = told.map(|place| self.segments[*place].table);
            if word.len() <= SHORT || word.starts_with(prefix.as_str()) || told.any(|t| t == table)
            {
                continue;
            }
            self.segments.push(Segment {
                name: predicate.to_string(),
                table,
                columns: vec![column],
                predicate: predicate.clone(),
                told: Some(false),
            });
            let place = self.segments.len() - 1;
            self.by_state.entry(phrase).or_default().push(place);
        }
    }
}

/// What a date is called by besides being a date: "sold" of `sold_on`.
fn dated(column: &Column, splitter: &Splitter) -> Vec<String> {
    let time = |word: &String| {
        let stem = stem(word);
        let lists = [&ENGLISH.date_endings, &ENGLISH.date_words];
        lists.iter().any(|list| list.contains(&stem))
    };
    let mut words = splitter.words(&column.name);
    words.retain(|word| !time(word));
    if words.len() == 1 { words } else { Vec::new() }
}

/// What is true where a flag is: "verified" of `is_verified`, also where only its comment says so.
fn flagged(column: &Column, own: &[String], splitter: &Splitter) -> Vec<String> {
    let mut words = splitter.words(&column.name);
    words.retain(|word| {
        let stem = stem(word);
        !ENGLISH.flag_verbs.contains(&stem) && !ENGLISH.flag_nouns.contains(&stem)
    });
    let mut said: Vec<String> = match words[..] {
        [_] => words,
        _ => Vec::new(),
    };
    for (words, _) in described::names(column, &[own]) {
        if let [word] = &words[..] {
            said.push(word.clone());
        }
    }
    said
}
