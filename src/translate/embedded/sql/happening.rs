//! Who did something to a thing, by period: "how many riders rented a bike per month", where the rentals stand between the two.
//!
//! Invariant: the period is that of what they did, and each of them is counted once in each; see `reading/perperiod.rs` for what is named
//! itself. Without this they would be counted by a day of their own: the month in which they joined.

use super::super::linking::shown::Shown;
use super::super::reading::frame::Condition;
use super::build::{Builder, Measured};
use super::group_plan::GroupPlan;
use crate::error::Result;

impl Builder<'_> {
    /// The rows of what was done, where it is counted by period how many did it.
    ///
    /// # Errors
    /// 22023 where no keys lead there.
    pub(crate) fn done_by_period(&self, plan: &GroupPlan) -> Result<Option<usize>> {
        let period = |s: &Shown| matches!(s, Shown::Time(_));
        let [(Measured::Rows(doers), _)] = plan.measures[..] else {
            return Ok(None);
        };
        if !plan.shown.iter().any(period) || self.frame.new.is_some() {
            return Ok(None);
        }
        let done = |c: &Condition| match c {
            Condition::Related {
                to,
                negated: false,
                inside,
            } => Some(self.table(*to)).filter(|table| inside.is_empty() && *table != doers),
            _ => None,
        };
        let mut done = self.frame.conditions.iter().filter_map(done);
        let (Some(table), None) = (done.next(), done.next()) else {
            return Ok(None);
        };
        let events = self.finest(doers, &[table])?.filter(|t| *t != doers);
        let dated = |t: &usize| !self.lexicon.date_columns(self.catalog, *t).is_empty();
        // "Riders who joined per month": whose day is meant is said.
        let own = self.date_by_verb().is_some_and(|at| at.table == doers);
        Ok(events.filter(|t| dated(t) && !own))
    }
}
