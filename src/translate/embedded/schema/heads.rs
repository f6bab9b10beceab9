//! What the things of a table are called by the last word of its name: `app_sessions` are sessions, `wallet_transactions_daily` transactions.
//!
//! Invariant: such a word names the table only where it is a plural that says what there is, and where nothing else in the catalog is
//! called so or has it in its name: the items of orders are no items where there are others.

use super::super::language::{ENGLISH, ends_as_plural};
use super::lexicon::{Lexicon, TableWords, Target};
use super::names::pieces;
use crate::catalog::model::{Catalog, ColumnRef, Table};
use crate::question::tokens::{stem, tokenize};

/// How well the word stands for the table.
const HEAD: f32 = 0.9;
/// How well what stands before "amount" stands for the amount of it: better than for an amount that is called nothing but that.
const AMOUNT: f32 = 0.95;
/// … where that is a verb, which may say as well what was done: "paid" of `paid_amt`.
const DONE: f32 = 0.88;
/// How well a column stands for what the rows of its table hold numbers of: better than the table, whose rows are sums.
const NUMBER: f32 = 1.0;
/// A short form of a noun has so many letters.
const SHORT: usize = 3;
/// How well the word and the name of a column stand for the column.
const COLUMN: f32 = 0.9;

impl Lexicon {
    /// Makes tables and their columns found by the last words of the names of the tables.
    pub(crate) fn add_heads(&mut self, catalog: &Catalog) {
        let led_to = catalog.tables.iter().any(|table| table.visible);
        for (t, table) in catalog.tables.iter().enumerate() {
            let visible = if table.visible || !led_to { 1.0 } else { 0.97 };
            if let Some((at, name)) = self.short_key(t, table) {
                self.add(Target::Column(at), name, visible);
            }
            self.add_amounts(t, visible);
            self.add_numbers(t, table, visible);
            self.add_short_texts(t, table, visible);
            let [_, .., head] = &self.tables[t].stems[..] else {
                continue;
            };
            let head = head.clone();
            let plural = |piece: &String| stem(piece) == head && ends_as_plural(piece);
            if !pieces(&table.name).iter().any(plural) || !self.is_only_name(t, &head) {
                continue;
            }
            self.add(Target::Table(t), vec![head.clone()], HEAD * visible);
            for column in 0..table.columns.len() {
                let words = &self.tables[t].columns[column];
                if words.contains(&head) {
                    continue;
                }
                let name = [std::slice::from_ref(&head), words].concat();
                let at = ColumnRef { table: t, column };
                self.add(Target::Column(at), name, COLUMN * visible);
            }
        }
    }

    /// `fee_amt` holds the fees, where no other column of it is called so and the name of no table says it.
    fn add_amounts(&mut self, t: usize, visible: f32) {
        for column in 0..self.tables[t].columns.len() {
            let Some((last, rest @ [_, ..])) = self.tables[t].columns[column].split_last() else {
                continue;
            };
            let at = ColumnRef { table: t, column };
            if !ENGLISH.money_words.contains(last) || !self.is_amount(&Target::Column(at)) {
                continue;
            }
            // All tables are looked at only for what holds money.
            let table = |words: &TableWords| words.stems.iter().any(|stem| rest.contains(stem));
            let beside = |name: &Vec<String>| name == rest;
            if !self.tables.iter().any(table) && !self.tables[t].columns.iter().any(beside) {
                let name = rest.to_vec();
                let done = rest.last().is_some_and(|last| ENGLISH.ends_as_verb(last));
                let score = if done { DONE } else { AMOUNT };
                self.add(Target::Column(at), name, score * visible);
            }
        }
    }

    /// `imp_cnt` of `impressions_daily` holds how many impressions there were: a row of it is none.
    fn add_numbers(&mut self, t: usize, table: &Table, visible: f32) {
        // "Clicks daily": each row is a day.
        let last = pieces(&table.name).pop().unwrap_or_default();
        let summed = ENGLISH.time_at(&tokenize(&last), 0, "unit ").is_some();
        let Some(head) = self.tables[t].stems.first().cloned() else {
            return;
        };
        for column in 0..self.tables[t].columns.len() {
            let at = ColumnRef { table: t, column };
            let [short, last] = &self.tables[t].columns[column][..] else {
                continue;
            };
            let other = *short != head || summed;
            let own = short.len() >= SHORT && other && head.starts_with(short.as_str());
            if own && ENGLISH.counts.contains(last) && self.is_amount(&Target::Column(at)) {
                // A row of the table is none of them.
                for id in self.by_phrase.get(&head).into_iter().flatten() {
                    let name = &mut self.names[*id as usize];
                    if name.target == Target::Table(t) {
                        name.score = name.score.min(HEAD * visible);
                    }
                }
                self.add(Target::Column(at), vec![head.clone()], NUMBER * visible);
            }
        }
    }

    /// A text that is called no more than `cat` is a category.
    fn add_short_texts(&mut self, t: usize, table: &Table, visible: f32) {
        for (column, own) in table.columns.iter().enumerate() {
            let name = own.name.to_lowercase();
            let short = ENGLISH.not_alone.contains(&name) && Lexicon::is_textual(own.class);
            let Some(long) = ENGLISH.abbreviations.get(&name).filter(|_| short) else {
                continue;
            };
            let stems: Vec<String> = long.iter().map(|word| stem(word)).collect();
            let at = ColumnRef { table: t, column };
            self.add(Target::Column(at), stems, COLUMN * visible);
        }
    }

    /// The key of a table that is called after its first letters, with what it is in full: `uid` of users is the user id.
    fn short_key(&self, t: usize, table: &Table) -> Option<(ColumnRef, Vec<String>)> {
        let [column] = table.primary_key[..] else {
            return None;
        };
        let name = table.columns[column].name.to_lowercase();
        let id = ENGLISH
            .id_words
            .iter()
            .find(|id| name.ends_with(id.as_str()))?;
        let short = name.strip_suffix(id.as_str())?;
        let stems = &self.tables[t].stems;
        let begins = |stem: &String| stem.len() > short.len() && stem.starts_with(short);
        let own = !short.is_empty() && stems.last().is_some_and(begins);
        let at = ColumnRef { table: t, column };
        own.then(|| (at, [&stems[..], std::slice::from_ref(id)].concat()))
    }

    /// Whether a word that says what there is stands in the name of no other table, and at the end of that of no column
    /// of another.
    fn is_only_name(&self, table: usize, head: &String) -> bool {
        let hollow = [&ENGLISH.hollow_heads, &ENGLISH.kind_columns];
        let has = |names: &[Vec<String>]| names.iter().any(|name| name.last() == Some(head));
        let own = std::slice::from_ref(head);
        let elsewhere = |(t, words): (usize, &TableWords)| match t == table {
            true => words.columns.iter().any(|name| name == own),
            false => words.stems.contains(head) || has(&words.columns),
        };
        let mut tables = self.tables.iter().enumerate();
        !hollow.iter().any(|list| list.contains(head)) && !tables.any(elsewhere)
    }
}
