//! Whose time a time is: that of the thing that is asked for, or of what is said to have happened to it.
//!
//! Invariant: the date on which a thing began ("joined", "installed") is not taken for that of something else which a question says
//! it did or had: "donors who gave in 2024" are not those who joined then.

use super::super::language::{ENGLISH, stems};
use super::super::reading::frame::mentions_of;
use super::super::reading::promises::is_promised;
use super::super::schema::names::root;
use super::super::sql::build::{Builder, not_understood};
use super::super::time::dates::{self, Span};
use crate::catalog::model::ColumnRef;
use crate::error::Result;

impl Builder<'_> {
    /// The date that a time without a date of its own is about.
    ///
    /// # Errors
    /// 22023 when it may be that of something else.
    pub(crate) fn date_of_thing(&mut self, head: usize) -> Result<ColumnRef> {
        let at = self.date_column(&[head])?;
        if at.table == head && self.is_of_other_event(at)? {
            return Err(not_understood(format!(
                "Whether the time is that of {} or of something else is not clear.",
                self.catalog.column(at).name
            )));
        }
        Ok(at)
    }

    /// The date says what was done to the thing, and the question that something else was, of which there are rows with dates.
    fn is_of_other_event(&self, at: ColumnRef) -> Result<bool> {
        let pieces = super::super::schema::names::pieces(&self.catalog.column(at).name);
        let Some(done) = pieces.first() else {
            return Ok(false);
        };
        let words = stems(done);
        let own = &self.lexicon.tables[at.table].stems;
        let said = |stem: &String| {
            let root = root(stem);
            self.frame.words.contains(stem)
                || self.frame.verbs.contains(&root)
                || self.frame.participles.contains(&root)
                || own.contains(stem)
        };
        let told = |verb: &String| {
            let dates = self.lexicon.dates_by_root.get(verb);
            dates.is_some_and(|dates| dates.contains(&at))
        };
        if self.frame.verbs.iter().any(told) {
            return Ok(false);
        }
        if pieces.len() < 2 || !ENGLISH.ends_as_verb(done) || words.iter().any(said) {
            return Ok(false);
        }
        let dated =
            |t: usize| t != at.table && !self.lexicon.date_columns(self.catalog, t).is_empty();
        let edges = self.lexicon.graph.of(at.table).map(|(_, e)| e);
        let many = edges
            .filter(|e| e.target == at.table)
            .any(|e| dated(e.holder));
        // What is said of a part happened whenever it did, and "orders" are the thing and no verb.
        let part = self.verbs_of_part();
        let thing = |verb: &String| own.iter().any(|stem| root(stem) == *verb);
        let mut idle = ENGLISH.got.iter().chain(&ENGLISH.events);
        let mut got = |verb: &String| idle.any(|stem| root(stem) == *verb);
        let states = self.states_before_nouns();
        let mut other = |verb: &String| {
            !part.contains(verb) && !thing(verb) && !got(verb) && !states.contains(verb)
        };
        if many && self.frame.verbs.iter().any(&mut other) {
            return Ok(true);
        }
        for condition in &self.frame.conditions {
            for mention in mentions_of(condition) {
                let table = self.table(mention);
                if dated(table) && self.tree(at.table, &[table])?.iter().any(|j| !j.to_one) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Refuses a time to come of what has been done, where the rows have another day: "bookings next week" are none that were booked then.
    ///
    /// # Errors
    /// 22023, with both dates.
    pub(crate) fn refuse_time_to_come(&self, at: ColumnRef, span: &Span) -> Result<()> {
        let (from, _) = dates::days_of(span, self.today);
        let done = |column: usize| {
            let pieces =
                super::super::schema::names::pieces(&self.catalog.table(at).columns[column].name);
            pieces.iter().any(|piece| ENGLISH.ends_as_verb(piece))
                && !is_promised(&self.lexicon.tables[at.table].columns[column])
        };
        let stated = from.is_some_and(|from| from > self.today) && done(at.column);
        let mut others = self
            .lexicon
            .date_columns(self.catalog, at.table)
            .into_iter();
        match others.find(|c| stated && !done(*c)) {
            Some(other) => Err(not_understood(format!(
                "Whether the time is that of {} or of {} is not clear.",
                self.catalog.column(at).name,
                self.catalog.table(at).columns[other].name
            ))),
            None => Ok(()),
        }
    }
}
