//! What is popular: "the most popular room type", "the most popular trainer".
//!
//! Invariant: people make a thing popular, by what they do with it. Where the rows that are counted are the things themselves, and other dated rows
//! tell what somebody did with those, the question is refused. Without this the most popular type of room would be that of which there are
//! most rooms, also where nobody books them.

use super::super::language::{ENGLISH, stems};
use super::super::reading::frame::Key;
use super::super::schema::people::are_persons;
use super::super::sql::build::{Builder, not_understood};
use crate::error::Result;

impl Builder<'_> {
    /// Refuses things that are counted where what is done with them would tell.
    ///
    /// # Errors
    /// 22023, with the table that would tell.
    pub(crate) fn refuse_number_for_popularity(&self) -> Result<()> {
        let popular = |word: &String| {
            let mut said = ENGLISH.popularity.iter();
            said.any(|popular| stems(popular).first() == Some(word))
        };
        let by_rows = self
            .frame
            .order
            .as_ref()
            .is_some_and(|o| o.key == Key::Rows);
        if !by_rows || !self.frame.words.iter().any(popular) {
            return Ok(());
        }
        let dated = |t: usize| !self.lexicon.date_columns(self.catalog, t).is_empty();
        let persons = |t: usize| are_persons(&self.catalog.tables[t], &self.lexicon.tables[t]);
        let of_persons = |t: usize| {
            let keys = self.lexicon.graph.of(t).map(|(_, e)| e);
            let held = keys.filter(move |e| e.holder == t && e.target != t);
            held.map(|e| e.target).filter(|t| persons(*t))
        };
        // The plan that most members have is the most popular one.
        if persons(self.root) {
            return Ok(());
        }
        let own: Vec<usize> = of_persons(self.root).collect();
        let things = own.is_empty() && !dated(self.root);
        let mut pointing = self.lexicon.graph.of(self.root).map(|(_, e)| e.holder);
        let tells = |t: &usize| {
            let others = || of_persons(*t).any(|who| !own.contains(&who));
            *t != self.root && self.lexicon.role(*t).is_none() && dated(*t) && (things || others())
        };
        match pointing.find(tells) {
            Some(table) => Err(not_understood(format!(
                "Popular by what is not clear: {} would be counted, and {} tells what is done with them.",
                self.table_name(self.root),
                self.table_name(table)
            ))),
            None => Ok(()),
        }
    }
}
