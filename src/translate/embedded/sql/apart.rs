//! Numbers of rows that belong to different tables: "number of members and number of loans", "total fees minus total refunds per month".
//!
//! Invariant: each number is that of its own rows, as if it were asked for alone, by the date of its own table; the numbers of one period stand
//! side by side, whether the other one has rows there or not. Without this, one join would leave out the members without a loan, or
//! count the fees of a month by the dates of the refunds. The same holds for what every row of a thing has: "members and loans per tier".

use super::super::linking::shown::Shown;
use super::super::reading::formulas::of_output;
use super::super::reading::frame::{Condition, Frame, Output};
use super::ast::{self, Parts};
use super::build::{Builder, Measured};
use super::formulas::parts_of;
use super::group_plan::GroupPlan;
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use sqlparser::ast::{Expr, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Query};

/// What the subqueries of the numbers are called.
const PART: &str = "part_";

impl Builder<'_> {
    /// Each measure taken from rows of its own: for things, in all, or by period.
    pub(crate) fn each_by_itself(&mut self, plan: &GroupPlan) -> Result<Option<Query>> {
        match self.at_own_grain(&plan.shown, &plan.measures, plan.asked)? {
            None if plan.measures.len() == plan.asked => {
                self.numbers_apart(&plan.shown, &plan.measures)
            }
            own => Ok(own),
        }
    }

    /// Whether a number of rows would be counted elsewhere if it were asked for alone: a join with what else is measured leaves some out.
    pub(crate) fn measured_apart(
        &self,
        shown: &[Shown],
        measures: &[(Measured, String)],
        root: Option<usize>,
    ) -> bool {
        let groups: Vec<usize> = shown.iter().filter_map(|s| self.shown_table(s)).collect();
        let parts: Vec<&Measured> = measures.iter().flat_map(|(m, _)| parts_of(m)).collect();
        let elsewhere = |part: &&Measured| match part {
            Measured::Rows(table) if Some(*table) != root => {
                let alone = self.finest(*table, &groups);
                alone.is_ok_and(|alone| alone != root)
            }
            _ => false,
        };
        parts.len() > 1 && parts.iter().any(elsewhere)
    }

    /// Each number by a query of its own; `None` where more is asked for than numbers, in all or by period.
    pub(crate) fn numbers_apart(
        &mut self,
        shown: &[Shown],
        measures: &[(Measured, String)],
    ) -> Result<Option<Query>> {
        let frame = self.frame;
        let other = frame.order.is_some()
            || frame.limit.is_some()
            || frame.window.is_some()
            || frame.versus.is_some()
            || frame.rollup.is_some()
            || frame.new.is_some()
            || frame.superlative
            || frame.zeros
            || frame.distribution
            || frame.distinct
            || frame.pivot;
        // What is the same in all rows of a group is there in each: rows without it would be a group in each of the queries.
        let whole = |at: &ColumnRef| {
            let plain = self.catalog.column(*at).not_null && !self.lexicon.is_pointed(*at);
            plain
                && frame
                    .conditions
                    .iter()
                    .all(|c| !matches!(c, Condition::Time { .. }))
        };
        let (period, by_time) = match shown {
            [] => (false, false),
            [Shown::Time(_)] => (true, true),
            [Shown::Column(at)] if whole(at) => (true, false),
            _ => return Ok(None),
        };
        let parts: Vec<&Measured> = measures.iter().flat_map(|(m, _)| parts_of(m)).collect();
        let one_each = parts.len() == frame.outputs.len()
            && frame.outputs.iter().all(|o| !matches!(o, Output::Plain(_)))
            && !parts.iter().any(|m| matches!(m, Measured::OfRow { .. }));
        let counted = |t: usize| parts.iter().any(|m| self.measured_table(m) == t);
        // What is said of all of them is when; that there are such is no more than that.
        let when = |c: &Condition| match c {
            Condition::Time { column: None, .. } => true,
            Condition::Related {
                to,
                negated: false,
                inside,
            } => inside.is_empty() && counted(self.table(*to)),
            _ => false,
        };
        if other || !one_each || parts.len() < 2 || !frame.conditions.iter().all(when) {
            return Ok(None);
        }
        let mut asked = Vec::new();
        let outputs = frame.outputs.clone();
        for output in outputs {
            match self.asked_alone(output)? {
                Some(query) => asked.push(query),
                None => return Ok(None),
            }
        }
        let named = 1 + usize::from(period);
        if asked.iter().any(|(names, _)| names.len() != named) {
            return Ok(None);
        }
        let mut numbers = asked.iter().enumerate();
        let mut columns = Vec::new();
        if period {
            columns.extend(
                asked[0]
                    .0
                    .first()
                    .map(|name| (Expr::Identifier(ast::ident(name)), None)),
            );
        }
        let mut key: Vec<(Expr, bool)> = columns.iter().map(|(e, _)| (e.clone(), false)).collect();
        let mut all = Vec::new();
        for (measure, name) in measures {
            let mut next = |measure: &Measured| {
                numbers.next().and_then(|(i, (names, query))| match period {
                    false => Some(Expr::Subquery(Box::new(query.clone()))),
                    true => {
                        let number = ast::column(&format!("{PART}{}", i + 1), names.get(1)?);
                        // Of a period without rows there are 0, and no average.
                        let none = self.adds_up(measure) || matches!(measure, Measured::Values(_));
                        let zero = || vec![number.clone(), ast::number("0")];
                        Some(if none {
                            ast::function("coalesce", zero())
                        } else {
                            number
                        })
                    }
                })
            };
            let Some(number) = self.of_parts(measure, &mut next) else {
                return Ok(None);
            };
            all.push((number, name));
        }
        let keys = key.len();
        if let Some((first, _)) = all.first().filter(|_| period && !by_time) {
            key.insert(0, (first.clone(), true));
        }
        for (number, name) in all {
            let name = self.unique_name(name, &columns);
            self.said.shown.push(super::groups::said_measure(
                &measures[columns.len() - keys].0,
                &name,
            ));
            columns.push((number, Some(name)));
        }
        self.assumptions
            .push("each number is of its own rows".into());
        let mut parts = Parts {
            columns,
            order_by: key,
            ..Parts::default()
        };
        if period {
            let order = if by_time { "by time" } else { "largest first" };
            self.said.order = Some(order.into());
            let period = asked[0].0.first().cloned().unwrap_or_default();
            for (i, (_, query)) in asked.into_iter().enumerate() {
                let part = ast::derived(query, &format!("{PART}{}", i + 1));
                match parts.from {
                    None => parts.from = Some(part),
                    Some(_) => parts.joins.push(of_same(part, &period)),
                }
            }
        }
        Ok(Some(parts.query()))
    }

    /// A number as if it alone were asked for: the names of its columns, and the query.
    fn asked_alone(&mut self, output: Output) -> Result<Option<(Vec<String>, Query)>> {
        let of = of_output(&output);
        let frame = Frame {
            head: Some(of).filter(|_| matches!(output, Output::Count { .. })),
            outputs: vec![output],
            calculations: Vec::new(),
            conditions: self
                .frame
                .conditions
                .iter()
                .filter(|c| matches!(c, Condition::Time { .. }))
                .cloned()
                .collect(),
            ..self.frame.clone()
        };
        let mut alone = Builder::new(self.catalog, self.lexicon, &frame, self.targets, self.today);
        let mut query = alone.grouped()?;
        query.order_by = None;
        let said = std::mem::take(&mut alone.said);
        let lines = [&mut alone.assumptions, &mut alone.warnings].map(std::mem::take);
        self.joined.append(&mut alone.joined);
        self.said.grouped = said.grouped;
        for condition in said.conditions {
            if !self.said.conditions.contains(&condition) {
                self.said.conditions.push(condition);
            }
        }
        let [assumptions, warnings] = lines;
        self.assumptions.extend(assumptions);
        self.warnings.extend(warnings);
        Ok(names_of(&query).map(|names| (names, query)))
    }

    /// A measure, its aggregates taken one after the other.
    fn of_parts(
        &self,
        measure: &Measured,
        next: &mut dyn FnMut(&Measured) -> Option<Expr>,
    ) -> Option<Expr> {
        match measure {
            Measured::Calculated(left, by, right) => {
                let a = self.of_parts(left, next)?;
                let b = self.of_parts(right, next)?;
                Some(self.calculation((left, a), *by, (right, b)))
            }
            part => next(part),
        }
    }
}

/// The names of the columns of a query.
fn names_of(query: &Query) -> Option<Vec<String>> {
    use sqlparser::ast::{SelectItem, SetExpr};
    let SetExpr::Select(select) = query.body.as_ref() else {
        return None;
    };
    let name = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        _ => None,
    };
    select.projection.iter().map(name).collect()
}

/// A join with what has the same period, and with what is there alone.
fn of_same(part: sqlparser::ast::TableFactor, period: &str) -> Join {
    let column = ObjectName(vec![ObjectNamePart::Identifier(ast::ident(period))]);
    Join {
        relation: part,
        global: false,
        join_operator: JoinOperator::FullOuter(JoinConstraint::Using(vec![column])),
    }
}
