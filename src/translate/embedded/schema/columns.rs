//! What columns hold, as far as their names and types say it.

use super::super::language::ENGLISH;
use super::lexicon::{Lexicon, Target};
use super::nature::{self, Nature};
use super::takenkeys::ALL_DIFFERENT;
use crate::catalog::model::{Catalog, ColumnRef, TypeClass};

impl Lexicon {
    /// The date columns of a table, the one that is meant by default first.
    pub fn date_columns(&self, catalog: &Catalog, table: usize) -> Vec<usize> {
        // An arrival after the departure of its table: only what has come so far has one.
        let ends = |c: usize| {
            let words = &self.tables[table].columns;
            let has = |c: usize, list: &[String]| words[c].iter().any(|s| list.contains(s));
            let begins = |b: usize| {
                self.nature(ColumnRef { table, column: b }) == Nature::Date
                    && has(b, &ENGLISH.beginning)
            };
            has(c, &ENGLISH.ending) && (0..c).any(begins)
        };
        let rank = |c: usize| {
            let stems = &self.tables[table].columns[c];
            let has = |list: &[String]| stems.iter().any(|s| list.contains(s));
            if self.is_own_date(table, c) {
                0
            } else if has(&ENGLISH.other_dates) {
                5
            } else if self.is_due(ColumnRef { table, column: c }) {
                // A day that something is due on says neither when it came to be nor when it was done.
                4
            } else if has(&ENGLISH.last_days) {
                3
            } else if has(&ENGLISH.moments) && !ends(c) {
                1
            } else {
                2
            }
        };
        let columns = &catalog.tables[table].columns;
        let mut found: Vec<usize> = (0..columns.len())
            .filter(|&c| nature::is_date(columns[c].class))
            .collect();
        // What every row has tells more of the rows than what only some of them have come to.
        found.sort_by_key(|&c| (rank(c), !columns[c].not_null, c));
        found
    }

    /// Whether a date is that of the rows themselves, by its name: `date`, `order_date`.
    pub(crate) fn is_own_date(&self, table: usize, column: usize) -> bool {
        let stems = &self.tables[table].columns[column];
        let has = |list: &[String]| stems.iter().any(|s| list.contains(s));
        stems.len() == 1 && has(&ENGLISH.date_nouns) || has(&ENGLISH.order_dates)
    }

    /// Whether a date says by its name when something is due, and not when anything was: `due_date`, `deadline`.
    pub(crate) fn is_due(&self, at: ColumnRef) -> bool {
        let stems = &self.tables[at.table].columns[at.column];
        stems.iter().any(|s| ENGLISH.due.contains(s))
    }

    /// Whether what a mention names best is a column that holds a number of it: "rooms" in `room_count`.
    pub fn holds_count(&self, mention: &super::super::reading::frame::Mention) -> bool {
        let Some(Target::Column(c)) = mention.candidates.first().map(|c| &c.target) else {
            return false;
        };
        let name = &self.tables[c.table].columns[c.column];
        let said = super::super::language::stems(&mention.text.to_lowercase());
        let counts = name
            .last()
            .is_some_and(|last| ENGLISH.counts.contains(last) && !said.contains(last));
        let amounts = name
            .last()
            .is_some_and(|last| ENGLISH.amounts.contains(last) && said.contains(last))
            && self.nature(*c) == Nature::Amount;
        // "gold medals" of a column `gold`.
        let tail = said
            .split_last()
            .is_some_and(|(last, front)| ENGLISH.amounts.contains(last) && *name == *front)
            && self.nature(*c) == Nature::Amount;
        // "how many boats" of num_of_boats.
        let front = name.split_first().is_some_and(|(first, rest)| {
            let of = usize::from(rest.first().is_some_and(|w| ENGLISH.of_words.contains(w)));
            ENGLISH.counts.contains(first) && !rest[of..].is_empty() && rest[of..] == said[..]
        });
        (counts || amounts || tail || front) && self.nature(*c) != Nature::Identifier
    }

    /// The whole-year columns of a table.
    pub fn year_columns(&self, table: usize) -> Vec<usize> {
        (0..self.tables[table].natures.len())
            .filter(|&column| self.is_year(ColumnRef { table, column }))
            .collect()
    }

    /// Whether a column holds years, by its name or by what is stored in it.
    pub fn is_year(&self, at: ColumnRef) -> bool {
        self.nature(at) == Nature::Year || self.years.contains(&at)
    }

    /// Whether a name is that of the things of its table, and not of others that several rows may be of: the critic of a review is none.
    pub(crate) fn names_own_thing(&self, catalog: &Catalog, at: ColumnRef) -> bool {
        let words = &self.tables[at.table];
        let mut noun = words.columns[at.column]
            .iter()
            .filter(|stem| !ENGLISH.names.contains(stem));
        let once = catalog.column(at).distinct == Some(ALL_DIFFERENT);
        once || noun.all(|stem| words.stems.contains(stem))
    }

    /// A column of text or of an enum: one that stored values are looked up in.
    pub fn is_textual(class: TypeClass) -> bool {
        matches!(class, TypeClass::Text | TypeClass::Enum)
    }
}
