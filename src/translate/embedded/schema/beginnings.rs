//! The day on which somebody came to be a row: who registered, joined or signed up did so then, whichever of these the column says.
//!
//! Invariant: such a verb is said of that day only where nothing else of the catalog is called by it, and of the moment at which a row was
//! made only where the row is a person. Where a table has two such days, which one is meant is not known.

use super::super::language::ENGLISH;
use super::lexicon::Lexicon;
use super::names::root;
use super::nature::Nature;
use super::people::are_persons;
use crate::catalog::model::{Catalog, ColumnRef};
use crate::question::tokens::stem;

impl Lexicon {
    /// Makes the days on which somebody joined found by the other verbs that say so. To be called when all else has been added.
    pub(crate) fn add_beginnings(&mut self, catalog: &Catalog) {
        let days = (0..catalog.tables.len()).filter_map(|t| self.beginning(catalog, t));
        let days: Vec<ColumnRef> = days.collect();
        let unknown = |verb: &&String| !self.knows(verb);
        let verbs: Vec<String> = ENGLISH
            .joining
            .iter()
            .filter(unknown)
            .map(|v| root(&stem(v)))
            .collect();
        for verb in verbs {
            self.dates_by_root.entry(verb).or_default().extend(&days);
        }
    }

    /// The day on which the things of a table joined, if it has exactly one.
    pub(crate) fn beginning(&self, catalog: &Catalog, table: usize) -> Option<ColumnRef> {
        let words = self.tables.get(table)?;
        let called = |list: &[String], column: &usize| {
            let name = words.columns[*column].iter();
            let mut said = name
                .filter(|s| !ENGLISH.date_endings.contains(s) && !ENGLISH.date_words.contains(s))
                .filter(|s| !words.stems.contains(s))
                .peekable();
            let listed = |s: &String| list.iter().any(|word| root(word) == root(s));
            said.peek().is_some() && said.all(listed)
        };
        let dates = || (0..words.columns.len()).filter(|c| words.natures[*c] == Nature::Date);
        let only = |list: &[String]| -> Option<Option<usize>> {
            let mut found = dates().filter(|c| called(list, c));
            let first = found.next()?;
            Some(found.next().is_none().then_some(first))
        };
        let person = || are_persons(&catalog.tables[table], words);
        let column = match only(&ENGLISH.joining_days) {
            Some(joined) => joined,
            None if person() => only(&ENGLISH.row_days).flatten(),
            None => None,
        }?;
        Some(ColumnRef { table, column })
    }
}
