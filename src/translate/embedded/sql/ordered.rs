//! What rows and groups are put in order by.
//!
//! Invariant: what a thing has several of orders it by what they come to together, and never by one of them: "customers ordered by revenue"
//! are the customers, each once. A text has no greatest, and equal groups are put in the order of what they are made by alone.

use super::super::language::ENGLISH;
use super::super::linking::shown::Shown;
use super::super::reading::formulas::of_output;
use super::super::reading::frame::{Key, MentionId, Order, Output};
use super::super::schema::lexicon::Target;
use super::super::schema::nature::{self, Nature};
use super::ast::Parts;
use super::build::{Builder, Measured, not_understood};
use super::group_plan::GroupPlan;
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use sqlparser::ast::Expr;

impl Builder<'_> {
    /// What is ordered by: "the most titles" counts titles, which have no order of their own.
    pub fn order_key(&self) -> Option<Key> {
        let order = self.frame.order.as_ref()?;
        match order.key {
            Key::Mention(id) if self.frame.superlative => match self.target(id) {
                Target::Column(c) => {
                    // The most of what only tells things apart is the greatest number of them.
                    let told = order.quantity && self.lexicon.nature(*c) == Nature::Identifier;
                    let ordered = !told && self.is_ordered(*c);
                    // "The top 3 customers by amount": of all their orders.
                    let top = self.frame.words.iter().any(|w| ENGLISH.ends.contains(w))
                        && self.lexicon.nature(*c) == Nature::Amount;
                    Some(
                        if ordered && (order.quantity || top) && self.is_below_head(*c) {
                            Key::Aggregate(None, id)
                        } else if ordered || !order.quantity {
                            Key::Mention(id)
                        } else {
                            Key::Count(id)
                        },
                    )
                }
                _ => Some(Key::Count(id)),
            },
            Key::Mention(id) if self.is_sum_of_things(id) => Some(Key::Aggregate(None, id)),
            ref key => Some(key.clone()),
        }
    }

    /// "Customers ordered by revenue": things, put in the order of what all the rows of each come to.
    fn is_sum_of_things(&self, id: MentionId) -> bool {
        let table = self.table(id);
        let below = match self.target(id) {
            Target::Column(at) => {
                self.lexicon.nature(*at) == Nature::Amount && self.is_below_head(*at)
            }
            Target::Measure(_) => {
                let shown = self.frame.outputs.first().map(of_output);
                let head = self.frame.head.or(shown);
                head.is_some_and(|m| self.has_many(self.table(m), table) || self.is_pointed(m))
            }
            _ => false,
        };
        let thing = |o: &Output| matches!(o, Output::Plain(m) if matches!(self.target(*m), Target::Table(t) if *t != table));
        below && self.frame.group.is_empty() && self.frame.outputs.iter().all(thing)
    }

    /// Whether a row of one table may have several of another.
    fn has_many(&self, head: usize, table: usize) -> bool {
        head != table
            && self
                .tree(head, &[table])
                .is_ok_and(|joins| joins.iter().any(|j| !j.to_one))
    }

    /// Its values have a greatest and a least that people mean by that: "9" is no less than "10".
    pub(crate) fn is_ordered(&self, at: ColumnRef) -> bool {
        let class = self.catalog.column(at).class;
        nature::is_numeric(class) || nature::is_date(class) || class == TypeClass::Interval
    }

    /// A number of things of which the head has many: "the department with the most credits".
    fn is_below_head(&self, at: ColumnRef) -> bool {
        let shown = self.frame.outputs.iter().find_map(|o| match o {
            Output::Plain(m) => Some(*m),
            _ => None,
        });
        let below = |id: MentionId| self.has_many(self.table(id), at.table) || self.is_pointed(id);
        // "Top 3 specialties by amount for treatments …": the specialties have many, whatever the amounts are said of.
        nature::is_numeric(self.catalog.column(at).class)
            && (self.frame.head.or(shown).is_some_and(below)
                || self.frame.topped.is_some_and(below))
    }

    /// A column of what a key points at: as many rows have it as point there.
    fn is_pointed(&self, of: MentionId) -> bool {
        matches!(self.target(of), Target::Column(at) if self.lexicon.is_pointed(*at))
    }

    /// The measure of a further order, added to the others when it is not among them; `None` where it is no measure.
    ///
    /// # Errors
    /// 22023 where it is not clear what is measured.
    pub(crate) fn measure_of_further(
        &self,
        key: &Key,
        shown: &[Shown],
        measures: &mut Vec<(Measured, String)>,
    ) -> Result<Option<usize>> {
        Ok(match key {
            Key::Count(id) => {
                let (measure, name) = (self.counted(*id, false), &self.frame.mentions[*id].text);
                Some(self.add_measure(measures, measure, name))
            }
            Key::Aggregate(function, id) => {
                let measure = self.aggregate_of(*function, *id)?;
                let name = self.measure_name(*function, *id);
                Some(self.add_measure(measures, measure, &name))
            }
            Key::Mention(id) => match self.target(*id) {
                Target::Column(c) if shown.contains(&Shown::Column(*c)) => None,
                target => measures
                    .iter()
                    .position(|(m, _)| matches!(m, Measured::Aggregate(_, of) if of == target)),
            },
            _ => None,
        })
    }

    /// Puts groups that are equal by the first order in the further ones.
    ///
    /// # Errors
    /// 22023 where a further order is of nothing that the groups show.
    pub(crate) fn further_orders(
        &mut self,
        parts: &mut Parts,
        exprs: &[Expr],
        plan: &GroupPlan,
        keys: &[Expr],
        period: Option<&Expr>,
    ) -> Result<()> {
        for (order, measure) in self.frame.then.iter().zip(&plan.then) {
            let by = match (measure, &order.key, period) {
                (Some(i), ..) => (exprs[*i].clone(), order.descending),
                (None, Key::Date, Some(period)) => (period.clone(), order.descending),
                _ => self.second_order(order, keys)?,
            };
            if !parts.order_by.iter().any(|(said, _)| *said == by.0) {
                parts.order_by.push(by);
            }
        }
        for key in keys {
            if !parts.order_by.iter().any(|(by, _)| by == key) {
                parts.order_by.push((key.clone(), false));
            }
        }
        Ok(())
    }

    /// What groups that are equal are put in the order of: one of the columns that they are made by.
    ///
    /// # Errors
    /// 22023 where it is none of these.
    fn second_order(&mut self, order: &Order, keys: &[Expr]) -> Result<(Expr, bool)> {
        let column = match order.key {
            Key::Mention(id) => match *self.target(id) {
                Target::Column(at) => Some(at),
                Target::Table(table) => match self.lexicon.tables[table].display[..] {
                    [column] => Some(ColumnRef { table, column }),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let by = column
            .map(|at| self.column(at))
            .filter(|by| keys.contains(by));
        match by {
            Some(by) => Ok((by, order.descending)),
            None => Err(not_understood(
                "What equal groups are put in the order of is none of what they are made by.",
            )),
        }
    }
}
