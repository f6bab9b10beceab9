//! Words that name a column or a stored value which the query has nowhere.
//!
//! Invariant: what a word names stands in the SQL, in whatever way: a column that is shown, compared, joined over or grouped by. What the
//! grammar took and the query then lost ("active home policies" where agents are active or not) would be left out without a word.

use super::super::reading::frame::{Condition, MentionId, Output, Role, mentions_of};
use super::super::schema::lexicon::Target;
use super::super::sql::ast;
use super::super::sql::build::{Builder, not_understood};
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use std::collections::BTreeSet;

impl Builder<'_> {
    /// Refuses a query without a column that the question names.
    ///
    /// # Errors
    /// 22023, with the words.
    pub(super) fn refuse_unread(&self, sql: &str) -> Result<()> {
        let unread = |id: &MentionId| match self.target(*id) {
            Target::Column(at) | Target::Value(at, _) => !self.stands_in(sql, *at),
            _ => false,
        };
        let shown = self.frame.outputs.iter().filter_map(|o| match o {
            Output::Plain(id) => Some(*id),
            _ => None,
        });
        // What is only there, or is counted, is looked at by its table: "students who play sports".
        let flag = |of: MentionId| match self.target(of) {
            Target::Column(at) => self.catalog.column(*at).class == TypeClass::Boolean,
            _ => true,
        };
        let there = |c: &&Condition| match c {
            Condition::Related { .. } | Condition::Count { .. } => false,
            Condition::Flag { of, .. } | Condition::Null { of, .. } => flag(*of),
            // "Completed in 2025" is told by its date.
            _ => !self.says_which_date(c) && !self.repeats_date(c),
        };
        let said = self
            .frame
            .conditions
            .iter()
            .filter(there)
            .flat_map(mentions_of);
        match shown.chain(said).find(unread) {
            Some(id) => Err(not_understood(format!(
                "The answer would not look at \"{}\".",
                self.frame.mentions[id].text
            ))),
            None => Ok(()),
        }
    }

    /// Refuses a query that does not look at the rows of a column that the question names: it would leave out what is said by it. "Gold
    /// *status*" is looked at where the value before it is.
    pub(super) fn refuse_unseen_columns(&self, looked_at: &BTreeSet<usize>) -> Result<()> {
        for (id, mention) in self.frame.mentions.iter().enumerate() {
            let Target::Column(at) = self.target(id) else {
                continue;
            };
            let mut before = self.frame.mentions[..id].iter();
            let valued = before.any(|m| m.role == Role::Value && m.of == Some(id));
            let stored = at.table < self.catalog.tables.len();
            if stored && !valued && !looked_at.contains(&at.table) {
                return Err(not_understood(format!(
                    "The answer would not look at \"{}\".",
                    mention.text
                )));
            }
        }
        Ok(())
    }

    fn stands_in(&self, sql: &str, at: ColumnRef) -> bool {
        let column = self.catalog.column(at);
        // Parts of columns stand there as expressions.
        column.part.is_some() || sql.contains(&ast::ident(&column.name).to_string())
    }
}
