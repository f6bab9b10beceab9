//! Verbs whose rows, dates or keys the answer would not look at.
//!
//! Invariant: a verb that names a table, a key or a state is of no account only where the query looks at that table, joins over that key or
//! limits the rows to those in that state. "People who sang in Carmen" is not answered by who composed it, nor "who passed the test" by
//! all who took it.

use super::super::language::ENGLISH;
use super::super::reading::frame::Output;
use super::super::schema::lexicon::Target;
use super::super::schema::names::root;
use super::super::schema::nature;
use super::super::sql::build::{Builder, not_understood};
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use crate::question::tokens::stem;
use sqlparser::ast::Query;
use std::cell::LazyCell;
use std::collections::BTreeSet;

/// A table of the name of a verb is meant only if so many keys lead to it.
const NEAR: u8 = 2;

impl Builder<'_> {
    /// Refuses a query that does not look at what a verb of the question names.
    ///
    /// # Errors
    /// 22023, with the table.
    pub(crate) fn refuse_unseen_verbs(&self, looked_at: &BTreeSet<usize>) -> Result<()> {
        // "Sold" is looked at where a status is that.
        let stated = super::super::linking::ways::stated(self.frame);
        for verb in self.frame.verbs.iter().filter(|v| !stated.contains(v)) {
            let of_verb = |stem: &String| root(stem) == *verb;
            let called = |t: usize| {
                let words = &self.lexicon.tables[t];
                words.stems.iter().any(of_verb) || words.columns.iter().flatten().any(of_verb)
            };
            if looked_at.iter().any(|t| called(*t)) {
                continue;
            }
            let named = |t: &usize| self.lexicon.tables[*t].stems.last().is_some_and(of_verb);
            let mut all = 0..self.catalog.tables.len();
            if let Some(table) = all.find(|t| named(t) && self.is_reached(*t, looked_at)) {
                return Err(not_understood(format!(
                    "A verb speaks of {}, which the answer would not look at.",
                    self.table_name(table)
                )));
            }
            // The key by which somebody did it.
            let mut keys = self.lexicon.graph.declared();
            let key = keys.find(|e| looked_at.contains(&e.target) && e.role.iter().any(of_verb));
            if let Some(key) = key {
                return Err(not_understood(format!(
                    "A verb speaks of {}, which the answer would not look at.",
                    self.catalog.tables[key.holder].columns[key.columns[0]].name
                )));
            }
        }
        Ok(())
    }

    /// Refuses a verb that names a date which a row may lack, where the query looks at nothing that is called so: "employees who
    /// completed each training" beside `completed_on`. Also the different values of what is only true or false.
    pub(crate) fn refuse_undone(&self, looked_at: &BTreeSet<usize>, query: &Query) -> Result<()> {
        let sql = LazyCell::new(|| query.to_string());
        for output in &self.frame.outputs {
            let (of, aggregated) = match output {
                Output::Count { of, .. } => (of, false),
                Output::Aggregate {
                    of,
                    function: Some(_),
                } => (of, true),
                _ => continue,
            };
            // "the number of subscribers" where rows say whether they are one; 1 and 0 may be added up as well.
            if let Target::Column(at) = self.target(*of)
                && let column = self.catalog.column(*at)
                && column.class == TypeClass::Boolean
                && !(aggregated && column.ones_and_zeros)
                && !self.counts_flagged(*of, *at)
            {
                return Err(not_understood(format!(
                    "{} is true or false: ask for the rows where it is.",
                    self.catalog.column(*at).name
                )));
            }
        }
        // "completed jobs" where a status is that.
        let stated = super::super::linking::ways::stated(self.frame);
        // "Clients who have posted a project": what is done first with each thing is done with all of them, whether or not its day is known.
        let first = |verb: &String| ENGLISH.first_states.iter().any(|s| root(&stem(s)) == *verb);
        let verbs = self.frame.verbs.iter();
        for verb in verbs.filter(|v| !stated.contains(v) && !first(v)) {
            let of_verb = |stem: &String| root(stem) == *verb;
            let mut lacking = None;
            let mut accounted = false;
            for &table in looked_at {
                let words = &self.lexicon.tables[table];
                accounted |= words.stems.iter().any(of_verb);
                for (column, stems) in words.columns.iter().enumerate() {
                    let told = self.lexicon.dates_by_root.get(verb);
                    let told = told.is_some_and(|d| d.contains(&ColumnRef { table, column }));
                    if !told && !stems.iter().any(of_verb) {
                        continue;
                    }
                    let at = self.catalog.column(ColumnRef { table, column });
                    accounted |=
                        sql.contains(&format!(".{}", super::super::sql::ast::ident(&at.name)));
                    // Who never opened a ticket has none: a ticket came to be when it was opened.
                    let begins = stems
                        .first()
                        .is_some_and(|stem| ENGLISH.arising.contains(stem))
                        && self.lexicon.date_columns(self.catalog, table).first() == Some(&column);
                    let date = nature::is_date(at.class) && !at.not_null && !begins;
                    if date && (told || stems.first().is_some_and(of_verb)) {
                        lacking = Some(at.name.clone());
                    }
                    // "Who passed the test" where rows say whether they did.
                    let own = nature::flagged(stems).unwrap_or(stems);
                    if at.class == TypeClass::Boolean && own.first().is_some_and(of_verb) {
                        lacking = Some(at.name.clone());
                    }
                }
            }
            if let (Some(name), false) = (lacking, accounted) {
                return Err(not_understood(format!(
                    "Whether only rows with a {name} are meant is not clear."
                )));
            }
        }
        Ok(())
    }

    /// Few keys lead from a table to one of these.
    fn is_reached(&self, table: usize, others: &BTreeSet<usize>) -> bool {
        let away = self.lexicon.graph.distances(table);
        others.iter().any(|t| away[*t] <= NEAR)
    }
}
