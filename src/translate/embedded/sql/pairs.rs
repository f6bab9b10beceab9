//! Measures of what belongs to the one side of pairs, by the things of the other side: payments by category, where each film is of several.
//!
//! Invariant: a way over pairs is looked for only where there is no other, only for groups, and only one table of pairs is on it; the groups are
//! of the things on its other side themselves, so that each row that is measured is once in a group. Without this, the payments of a film
//! that is in two categories of a kind would count twice in that kind.

use super::super::reading::frame::{Condition, Key};
use super::build::{Builder, Measured};
use super::formulas::parts_of;
use super::group_plan::GroupPlan;
use sqlparser::ast::Query;

impl<'a> Builder<'a> {
    /// The query over pairs, where no other way leads to what is grouped by; what was built so far is then
    /// forgotten, but for what was assumed before it was begun.
    pub(super) fn build_over_pairs(&mut self, assumed: Vec<String>) -> Option<Query> {
        let frame = self.frame;
        let counts = |key: &Key| matches!(key, Key::Count(_) | Key::Aggregate(..));
        let ordered = frame.order.as_ref().is_some_and(|o| counts(&o.key));
        let plain = |c: &Condition| {
            !matches!(
                c,
                Condition::Related { .. }
                    | Condition::First { .. }
                    | Condition::Not(_)
                    | Condition::Any(_)
                    | Condition::All(_)
            )
        };
        let grouped =
            |c: &Condition| matches!(c, Condition::Count { .. } | Condition::Aggregate { .. });
        let ordered = ordered || frame.conditions.iter().any(grouped);
        let may = self.unconnected.get()
            && self.lexicon.graph.bridges.contains(&true)
            && (!frame.group.is_empty() || ordered)
            && frame.conditions.iter().all(plain);
        if !may {
            return None;
        }
        let mut other = Builder::new(self.catalog, self.lexicon, frame, self.targets, self.today);
        other.ways.pairs = true;
        other.assumptions = assumed;
        let query = other.any_query().ok()?;
        *self = other;
        Some(query)
    }

    /// The rows that are measured, where pairs of what they belong to and of the groups lead there: the payments of each category, over the
    /// films that are paid for. Each row is in a group once, since no pair stands twice.
    pub(crate) fn over_pairs(
        &mut self,
        fact: usize,
        wanted: &[usize],
        plan: &GroupPlan,
    ) -> Option<usize> {
        let own = |(measure, _): &(Measured, String)| {
            let mut parts = parts_of(measure).into_iter();
            parts.all(|part| self.measured_table(part) == fact)
        };
        let joins = self.tree(fact, wanted).ok()?;
        let mut many = joins.iter().filter(|j| !j.to_one);
        let (pairs, None) = (many.next()?.child, many.next()) else {
            return None;
        };
        let group = joins.iter().find(|j| j.parent == pairs)?.child;
        let of_group = plan
            .shown
            .iter()
            .filter(|s| self.shown_table(s) == Some(group));
        let things: Vec<_> = of_group.cloned().collect();
        let themselves = self.one_thing(&things) == Some(group);
        let ends = joins.iter().all(|j| j.parent != group);
        let bridge = self.lexicon.graph.bridges.get(pairs) == Some(&true);
        if !(bridge && themselves && ends && plan.measures.iter().all(own)) {
            return None;
        }
        let line = format!(
            "what belongs to several of {} counts in each of them",
            self.table_name(group)
        );
        self.assumptions.push(line);
        Some(fact)
    }
}
