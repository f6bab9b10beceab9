//! Measures of groups, or of all rows: the plan of `group_plan.rs` made a query.
//!
//! Invariant: a row is measured once. The table that is counted in is the finest of all that the question needs (`fact_of`); where
//! there is none, each measure is taken at its own grain in a subquery (`grains.rs`), or the question is refused.

use super::super::language::Aggregate;
use super::super::linking::shown::Shown;
use super::super::reading::frame::{Key, Output, Window};
use super::super::schema::lexicon::Target;
use super::super::time::dates::Unit;
use super::ast::{self, Parts};
use super::build::{Builder, Measured, not_understood};
use super::formulas::parts_of;
use super::group_plan::GroupPlan;
use super::nested::Group;
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use sqlparser::ast::{Expr, Query};

/// The columns that the groups are made by, as they stand in the query.
struct GroupedBy {
    groups: Vec<Group>,
    keys: Vec<Expr>,
    /// The period that the groups are of, when they are of one.
    time: Option<(Expr, Unit)>,
    /// Whether the groups are a series of periods.
    series: bool,
}

/// Where the groups are counted.
enum Fact {
    /// In the rows of this table, joined with these others.
    Table(usize, Vec<usize>),
    /// Each measure in rows of its own.
    OwnGrains(Box<Query>),
}

impl Builder<'_> {
    /// Measures of groups, or of all rows.
    pub(crate) fn grouped(&mut self) -> Result<Query> {
        let frame = self.frame;
        if frame.whole {
            return Err(not_understood("All columns of a group cannot be shown."));
        }
        let mut plan = self.group_plan()?;
        let of_each = frame.superlative && frame.each && !frame.group.is_empty();
        self.refuse_unclear_first(&plan, of_each)?;
        self.refuse_added_up(&plan, of_each)?;
        let first_seen = match frame.new {
            Some(id) => self.first_seen_in(id)?,
            None => None,
        };
        let done = self.done_by_period(&plan)?;
        let besides = first_seen.into_iter().chain(done).collect();
        let (fact, wanted) = match self.fact_of(&plan, besides)? {
            Fact::OwnGrains(query) => return Ok(*query),
            Fact::Table(fact, wanted) => (fact, wanted),
        };
        if frame.unranked {
            self.ranked_by_default(fact, &plan.shown)?;
        }
        self.join_all(fact, &wanted)?;
        self.refuse_days_of_others()?;
        let head = plan
            .thing
            .or(frame.head.map(|h| self.table(h)))
            .unwrap_or(fact);
        let window = frame.window.filter(|_| frame.versus.is_none());
        if let Some(window) = window {
            self.may_be_set_apart(window, &plan.measures[..plan.asked])?;
        }
        let (mut condition, part) = match window {
            Some(Window::Part(from)) => {
                let of = plan.measures.first().map_or("", |(_, name)| name);
                self.whole_and_part(from, head, of)?
            }
            Some(Window::Growth(_)) => (self.until(head)?, None),
            _ => (self.conditions(head)?, None),
        };
        condition = ast::all_of(
            condition
                .into_iter()
                .chain(self.owners()?)
                .chain(self.done()),
        );
        if let (Some(place), Some(id)) = (first_seen, frame.new) {
            let first = self.first_of_its_thing(place, self.table(id))?;
            condition = ast::all_of(condition.into_iter().chain([first]));
        }
        let mut parts = Parts {
            condition: ast::all_of(
                condition
                    .into_iter()
                    .chain(self.without_nameless(&plan.shown)),
            ),
            ..Parts::default()
        };
        let choosing = plan.choosing(frame.superlative);
        self.keep_doers();
        let by = self.show_groups(&plan.shown, choosing, &mut parts)?;
        let mut exprs = Vec::new();
        for (measure, _) in &plan.measures {
            exprs.push(self.measure_expr(measure)?);
        }
        if let (Some(part), Some(first)) = (part, exprs.first_mut()) {
            *first = super::windows::percent_within(first.clone(), part)?;
            plan.measures[0].1.push_str(" pct");
        }
        self.show_measures(&plan, &exprs, head, &mut parts)?;
        let mut fulfilled = Vec::new();
        for (i, op, right) in &plan.having {
            let (measure, name) = &plan.measures[*i];
            fulfilled.push(self.fulfilled(measure, name, exprs[*i].clone(), *op, right)?);
        }
        parts.having = ast::all_of(fulfilled);
        self.group_order(&mut parts, &exprs, &plan, &by)?;
        if let Some(window) = window {
            self.set_apart(window, &plan, &exprs, &by, &mut parts)?;
        }
        parts.group_by = by.keys;
        parts.limit = frame.limit;
        self.keep_listed_things();
        self.from(&mut parts, !choosing);
        if of_each && plan.ordered_by.is_some() {
            let descending = frame.order.as_ref().is_none_or(|o| o.descending);
            let limit = frame.limit.unwrap_or(1);
            return self.first_of_each(parts, &by.groups, descending, limit);
        }
        if let Some(rollup) = frame.rollup {
            if plan.asked != 1 || choosing {
                return Err(not_understood(
                    "The average is of one measure of all groups.",
                ));
            }
            return self.rolled_up(parts, &by.groups, rollup);
        }
        if frame.zeros {
            if choosing || frame.limit.is_some() {
                return Err(not_understood("A series without gaps has all its periods."));
            }
            let zero: Vec<bool> = plan.measures.iter().map(|(m, _)| self.adds_up(m)).collect();
            return self.without_gaps(parts, &by.groups, &zero);
        }
        match (window, by.time) {
            (Some(Window::Growth(_)), Some((time, unit))) => self.asked_for(parts, &time, unit),
            _ => Ok(parts.query()),
        }
    }

    /// Refuses the day of what a row belongs to where its own is asked for: the first visit of an owner is no day of a sale.
    fn refuse_days_of_others(&self) -> Result<()> {
        let other = |j: &&super::super::schema::joins::Join| {
            j.parent != self.root && super::super::linking::ways::is_calendar(self.lexicon, j.child)
        };
        match self.joins.iter().find(other) {
            Some(join) => Err(not_understood(format!(
                "The day of {} is not that of {}.",
                self.table_name(join.parent),
                self.table_name(self.root)
            ))),
            None => Ok(()),
        }
    }

    /// Refuses a superlative that may be meant in each group or over all.
    fn refuse_unclear_first(&self, plan: &GroupPlan, of_each: bool) -> Result<()> {
        let frame = self.frame;
        let shown = plan.shown.iter().filter_map(|s| self.shown_table(s));
        let things: std::collections::BTreeSet<usize> = shown.collect();
        let lists = frame.outputs.iter().any(|o| matches!(o, Output::Plain(_)));
        let each = things.len() > 1 || !frame.group.is_empty() && lists;
        if frame.superlative && !of_each && !frame.combined && each {
            return Err(not_understood(
                "Whether the first are to be found in each group or over all is not clear.",
            ));
        }
        Ok(())
    }

    /// Where the groups are counted, such that no row is measured twice. `wanted` are tables that the question needs besides.
    fn fact_of(&mut self, plan: &GroupPlan, besides: Vec<usize>) -> Result<Fact> {
        let frame = self.frame;
        let shown = &plan.shown;
        let fact = self.measured_table(&plan.measures[0].0);
        let mut wanted: Vec<usize> = shown.iter().filter_map(|s| self.shown_table(s)).collect();
        let parts = || plan.measures.iter().flat_map(|(m, _)| parts_of(m));
        wanted.extend(parts().map(|m| self.measured_table(m)));
        for part in parts() {
            if let Measured::OfRow { formula, .. } = part {
                super::formulas::tables_of(formula, &mut wanted);
            }
        }
        wanted.extend(besides);
        // "the average age of gymnasts" where the age is that of the people that they are: of those alone.
        for output in &frame.outputs {
            if let Output::Aggregate { of, .. } = output
                && let Some(owner) = frame.mentions[*of].of
                && let Target::Table(owner) = *self.target(owner)
                && owner != self.table(*of)
                && self
                    .tree(self.table(*of), &[owner])
                    .is_ok_and(|joins| joins.iter().all(|j| j.to_one))
            {
                wanted.push(owner);
                self.strict.insert(owner);
            }
        }
        for (measure, _) in &plan.measures {
            if let Measured::Between { from, to, .. } = measure {
                wanted.extend([from.table, to.table]);
            }
        }
        let root = match self.finest(fact, &wanted) {
            Ok(root) => root.or_else(|| self.over_pairs(fact, &wanted, plan)),
            // "purchases and complaints by district": no key leads from one to the other, but one from each to the district.
            Err(apart) => {
                let own = self.each_by_itself(plan)?;
                return own.map_or(Err(apart), |query| Ok(Fact::OwnGrains(Box::new(query))));
            }
        };
        // A row that a join repeats would be counted more than once; the least and the greatest stay what they are.
        let repeated = parts().find_map(|measure| match measure {
            Measured::Between { table, .. } | Measured::OfRow { table, .. }
                if Some(*table) != root =>
            {
                Some(*table)
            }
            Measured::Aggregate(function, _)
                if Some(self.measured_table(measure)) != root
                    && (frame.superlative || !self.once_per_group(measure, root, shown))
                    && !matches!(function, Some(Aggregate::Min | Aggregate::Max)) =>
            {
                Some(self.measured_table(measure))
            }
            _ => None,
        });
        let apart = self.measured_apart(shown, &plan.measures, root);
        if (root.is_none() || repeated.is_some() || apart)
            && let Some(query) = self.each_by_itself(plan)?
        {
            return Ok(Fact::OwnGrains(Box::new(query)));
        }
        if apart && !frame.calculations.is_empty() {
            return Err(not_understood(
                "The numbers that are calculated with do not belong to the same rows.",
            ));
        }
        match (root, repeated) {
            (None, _) => Err(not_understood(
                "The measures asked for do not belong to the same rows: each would be counted more than once.",
            )),
            (_, Some(table)) => Err(not_understood(format!(
                "Joined with what it is to be grouped by, each row of {} would be counted more than once.",
                self.table_name(table)
            ))),
            (Some(root), None) => Ok(Fact::Table(root, wanted)),
        }
    }

    /// Shows what the groups are of, and says what they are made by.
    fn show_groups(
        &mut self,
        shown: &[Shown],
        choosing: bool,
        parts: &mut Parts,
    ) -> Result<GroupedBy> {
        let mut by = GroupedBy {
            groups: Vec::new(),
            keys: Vec::new(),
            time: None,
            series: false,
        };
        for s in shown {
            let (columns, before) = (parts.columns.len(), by.keys.len());
            self.show_group(s, !choosing, parts, &mut by.keys)?;
            by.groups.push(Group {
                shown: s.clone(),
                columns: columns..parts.columns.len(),
                keys: before..by.keys.len(),
            });
            if let Shown::Time(unit) = s {
                by.series = true;
                by.time = by.keys.last().cloned().zip(Some(*unit));
            }
        }
        Ok(by)
    }

    /// Shows the measures that were asked for, side by side where they are compared.
    fn show_measures(
        &mut self,
        plan: &GroupPlan,
        exprs: &[Expr],
        head: usize,
        parts: &mut Parts,
    ) -> Result<()> {
        let frame = self.frame;
        // A ranking shows what it ranks by, unless the question lists what it wants to see or wants just the one.
        let listed = frame.outputs.iter().any(|o| match o {
            Output::Plain(id) => {
                matches!(self.target(*id), Target::Column(_)) && frame.mentions[*id].of.is_some()
            }
            _ => false,
        });
        let several = frame.limit.is_some_and(|n| n > 1);
        // Of periods, and of the first of each group, the numbers are told.
        let by_time = plan.shown.iter().any(|s| matches!(s, Shown::Time(_)));
        let by_time = by_time || plan.shown.len() > 1;
        let show_ranking = plan.asked == 0
            && frame.superlative
            && (!listed || frame.echoed)
            && match plan.ordered_by.map(|i| &plan.measures[i].0) {
                Some(
                    Measured::Aggregate(..) | Measured::OfRow { .. } | Measured::Calculated(..),
                ) => several || by_time || frame.echoed,
                _ => several || frame.echoed,
            };
        for (i, (measure, name)) in plan.measures.iter().enumerate() {
            if (i < plan.asked && frame.versus.is_none())
                || (show_ranking && Some(i) == plan.ordered_by)
            {
                let name = self.unique_name(name, &parts.columns);
                // What a percentage is of is said with the part.
                if !matches!(frame.window, Some(Window::Part(_))) {
                    self.said.shown.push(said_measure(measure, &name));
                }
                parts.columns.push((exprs[i].clone(), Some(name)));
            }
        }
        if let Some(versus) = &frame.versus {
            let sides: Vec<(Expr, String, String)> = exprs[..plan.asked]
                .iter()
                .zip(&plan.measures)
                .map(|(expr, (of, name))| (expr.clone(), name.clone(), said_measure(of, name)))
                .collect();
            self.side_by_side(versus, &sides, head, parts)?;
        }
        if parts.columns.is_empty() {
            return Err(not_understood("What is to be shown is not clear."));
        }
        Ok(())
    }

    /// Sets each group against the others: a share, a growth, a running total.
    fn set_apart(
        &mut self,
        window: Window,
        plan: &GroupPlan,
        exprs: &[Expr],
        by: &GroupedBy,
        parts: &mut Parts,
    ) -> Result<()> {
        if !plan.having.is_empty() {
            return Err(not_understood(
                "Whether the other groups are those that fulfil the condition is not clear.",
            ));
        }
        if let (Window::Growth(_), Some((_, unit))) = (window, &by.time) {
            let complete = self.complete_periods(*unit)?;
            parts.condition = ast::all_of(parts.condition.take().into_iter().chain([complete]));
        }
        let groups = super::windows::Groups {
            measure: exprs.first().filter(|_| plan.asked == 1),
            time: by.time.clone(),
            keys: &by.keys,
        };
        self.window(window, &groups, parts)
    }

    /// The order of groups: as asked, series by time, others by the first measure, largest first, then by their keys.
    fn group_order(
        &mut self,
        parts: &mut Parts,
        exprs: &[Expr],
        plan: &GroupPlan,
        by: &GroupedBy,
    ) -> Result<()> {
        let frame = self.frame;
        let keys = &by.keys;
        let period = by
            .time
            .as_ref()
            .map(|(period, _)| period)
            .filter(|_| by.series);
        let name_order = |parts: &Parts| {
            parts
                .columns
                .iter()
                .filter(|(e, _)| keys.contains(e))
                .map(|(e, _)| (e.clone(), false))
                .collect::<Vec<_>>()
        };
        match (&frame.order, plan.ordered_by) {
            (Some(order), Some(i)) => {
                parts.order_by.push((exprs[i].clone(), order.descending));
                self.further_orders(parts, exprs, plan, keys, period)?;
                self.said.order = Some(if order.descending {
                    "largest first".into()
                } else {
                    "smallest first".into()
                });
            }
            (Some(order), None) if let (Key::Date, Some(period)) = (&order.key, period) => {
                parts.order_by.push((period.clone(), order.descending));
                self.further_orders(parts, exprs, plan, keys, Some(period))?;
                self.said.order = Some("by time".into());
            }
            (Some(order), None) => {
                let Key::Mention(id) = order.key else {
                    return Err(not_understood("What to order by is not clear."));
                };
                let named = match self.target(id) {
                    Target::Column(c) => Some(self.column(*c)),
                    Target::Table(t) => self.lexicon.tables[*t]
                        .display
                        .first()
                        .map(|&column| ColumnRef { table: *t, column })
                        .map(|c| self.column(c)),
                    _ => None,
                };
                match named {
                    Some(expr) if keys.contains(&expr) => {
                        parts.order_by.push((expr, order.descending))
                    }
                    // "regions with sales by number of stores": of a thing it is how many there are.
                    _ if plan.asked == 1 && matches!(self.target(id), Target::Table(_)) => {
                        parts.order_by.push((exprs[0].clone(), order.descending))
                    }
                    _ => return Err(not_understood("What to order by is not clear.")),
                }
                if !frame.then.is_empty() {
                    self.further_orders(parts, exprs, plan, keys, period)?;
                }
            }
            (None, _) if keys.is_empty() => {}
            (None, _) if by.series => {
                parts.order_by = keys.iter().map(|k| (k.clone(), false)).collect();
                self.said.order = Some("by time".into());
            }
            (None, _) => {
                parts.order_by.push((exprs[0].clone(), true));
                let by_name = name_order(parts);
                parts.order_by.extend(if by_name.is_empty() {
                    keys.iter().map(|k| (k.clone(), false)).collect()
                } else {
                    by_name
                });
                self.said.order = Some("largest first".into());
            }
        }
        Ok(())
    }
}

/// A measure as a reading has it: what is counted is a number of it.
pub(crate) fn said_measure(measure: &Measured, name: &str) -> String {
    let name = name.replace('_', " ");
    match measure {
        Measured::Rows(_) | Measured::Values(_) => format!("number of {name}"),
        _ => name,
    }
}
