//! How many related things there are, and what they come to, as a condition of one row or of a group.
//!
//! Invariant: related things are counted once, also where more than one way leads to them. Where a group cannot be made
//! without counting rows twice (two kinds of things counted, alternatives, an aggregate asked for), each row asks for its own
//! number by a query inside.

use super::super::language::{Aggregate, Comparison};
use super::super::linking::shown::Shown;
use super::super::reading::frame::{
    Condition, Dimension, Frame, Key, MentionId, Operand, Order, Output, mentions_of,
};
use super::super::schema::joins::Join;
use super::super::schema::lexicon::Target;
use super::ast::{self, Parts};
use super::build::{Builder, Measured, not_understood};
use super::compare::{operator, words};
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use sqlparser::ast::{Expr, Query};

/// A number of related things, or an aggregate of them.
pub(crate) fn is_quantity(condition: &Condition) -> bool {
    matches!(
        condition,
        Condition::Count { .. } | Condition::Aggregate { .. }
    )
}

impl Builder<'_> {
    /// Whether numbers of related things are asked of each row by itself, and not of groups.
    pub(crate) fn counts_by_row(&self) -> bool {
        let frame = self.frame;
        let alternative = |c: &Condition| match c {
            Condition::Any(inner) | Condition::All(inner) => inner.iter().any(is_quantity),
            Condition::Not(denied) => is_quantity(denied),
            _ => false,
        };
        if frame.conditions.iter().any(alternative) {
            return true;
        }
        let mut counted: Vec<usize> = frame
            .conditions
            .iter()
            .filter_map(|c| self.quantity_table(c))
            .collect();
        counted.sort_unstable();
        counted.dedup();
        if counted.len() > 1 || self.lists_those_with_none() {
            return true;
        }
        // "how many customers have more than 5 orders"
        let of = match frame.outputs[..] {
            [Output::Count { of, .. }] if matches!(self.target(of), Target::Table(_)) => of,
            [Output::Aggregate { of, .. }] => of,
            _ => return false,
        };
        let own = self.table(of);
        // "customers with more than one order by region": said of the customers, before the groups.
        let said = frame.conditions.iter().filter(|c| is_quantity(c));
        let said: Vec<MentionId> = said.flat_map(mentions_of).collect();
        let after = |d: &Dimension| match d {
            Dimension::Mention(group) => {
                self.table(*group) != own && said.iter().all(|m| m < group)
            }
            Dimension::Time(_) => false,
        };
        let counts = matches!(frame.outputs[..], [Output::Count { .. }]);
        let grouped = !frame.group.is_empty() && counts && frame.group.iter().all(after);
        (frame.group.is_empty() || grouped)
            && !frame.trend
            && counted.first().is_some_and(|t| *t != own)
    }

    /// "Customers with fewer than 3 orders": those without any have fewer as well, and no group.
    fn lists_those_with_none(&self) -> bool {
        let frame = self.frame;
        let [Output::Plain(listed)] = frame.outputs[..] else {
            return false;
        };
        let Target::Table(own) = *self.target(listed) else {
            return false;
        };
        let few = |c: &Condition| match c {
            Condition::Count { op, number, .. } => match op {
                Comparison::Less => number.value > 0.0,
                Comparison::LessOrEqual => number.value >= 0.0,
                _ => false,
            },
            _ => false,
        };
        let of_one = |table: usize| {
            let way = self.tree(own, &[table]).unwrap_or_default();
            way.iter().any(|join| !join.to_one)
        };
        let mut quantities = frame
            .conditions
            .iter()
            .filter(|c| is_quantity(c))
            .peekable();
        let own_order =
            |order: &Order| matches!(order.key, Key::Mention(m) if self.table(m) == own);
        frame.group.is_empty()
            && frame.order.as_ref().is_none_or(own_order)
            && !frame.trend
            && quantities.peek().is_some()
            && quantities.all(|c| {
                few(c)
                    && self
                        .quantity_table(c)
                        .is_some_and(|t| t != own && of_one(t))
            })
    }

    /// What a condition counts or aggregates, by the mention that names it, and what that is compared with; `None` for others.
    pub(crate) fn quantified(
        &self,
        condition: &Condition,
    ) -> Result<Option<(MentionId, Measured, Comparison, Operand)>> {
        Ok(match condition {
            Condition::Count { of, op, number } => Some((
                *of,
                self.of_own_time(self.counted(*of, false), *of),
                *op,
                Operand::Number(number.clone()),
            )),
            Condition::Aggregate {
                function,
                of,
                op,
                right,
            } => {
                let measure = match self.target(*of) {
                    Target::Table(table) => Measured::Rows(*table),
                    _ => self.aggregate_of(Some(*function), *of)?,
                };
                Some((*of, self.of_own_time(measure, *of), *op, right.clone()))
            }
            _ => None,
        })
    }

    /// "Hired a vehicle four times": the rows between who did it and what it was done to, where each is of one of either; else the things
    /// themselves.
    pub(crate) fn happened_in(&self, id: MentionId, thing: usize) -> usize {
        let who = self.frame.outputs.first().map(|o| match o {
            Output::Plain(m) | Output::Count { of: m, .. } | Output::Aggregate { of: m, .. } => *m,
        });
        let Some(who) = who.filter(|_| self.frame.occasions.contains(&id)) else {
            return thing;
        };
        let joins = self.tree(self.table(who), &[thing]).unwrap_or_default();
        let mut many = joins.iter().filter(|j| !j.to_one);
        match (many.next(), many.next()) {
            (Some(rows), None) => rows.child,
            _ => thing,
        }
    }

    /// A number over the rows of its own time alone, where it has one.
    fn of_own_time(&self, measure: Measured, of: MentionId) -> Measured {
        self.with_own(measure, of, String::new()).0
    }

    /// The table whose rows a condition counts or aggregates.
    pub(crate) fn quantity_table(&self, condition: &Condition) -> Option<usize> {
        match condition {
            Condition::Count { of, .. } => Some(self.measured_table(&self.counted(*of, false))),
            Condition::Aggregate { of, .. } => Some(self.table(*of)),
            _ => None,
        }
    }

    /// "How many cities have more than 5 shops" where a city is no more than a column: the groups are counted.
    ///
    /// # Errors
    /// 22023 when the groups cannot be made.
    pub(crate) fn count_groups(&mut self) -> Result<Query> {
        let frame = self.frame;
        let [Output::Count { of, .. }] = frame.outputs[..] else {
            return Err(not_understood("Which groups are counted is not clear."));
        };
        if !matches!(self.target(of), Target::Column(_))
            || frame.order.is_some()
            || frame.window.is_some()
        {
            return Err(not_understood("Which groups are counted is not clear."));
        }
        let groups = Frame {
            outputs: vec![Output::Plain(of)],
            ..frame.clone()
        };
        let mut query = self.inside(&groups)?;
        query.order_by = None;
        self.said.shown = vec![format!("number of {}", frame.mentions[of].text)];
        let name = self.unique_name(&frame.mentions[of].text, &[]);
        Ok(Parts {
            columns: vec![(ast::count_rows(), Some(name))],
            from: Some(ast::derived(query, "groups")),
            ..Parts::default()
        }
        .query())
    }

    /// Refuses to count what each group has one of: the things themselves, what they point at, their own columns.
    ///
    /// # Errors
    /// 22023, with what is counted.
    pub(crate) fn refuse_own_counts(&self, shown: &[Shown]) -> Result<()> {
        for condition in &self.frame.conditions {
            let Condition::Count { of, op, number } = condition else {
                continue;
            };
            let measure = self.counted(*of, false);
            let table = self.measured_table(&measure);
            let rows = matches!(measure, Measured::Rows(_));
            let one = |from: usize| {
                from == table
                    || self
                        .tree(from, &[table])
                        .is_ok_and(|joins| joins.iter().all(|j| j.to_one))
            };
            // A key that points at the thing is the thing itself.
            let itself = |t: usize| match measure {
                Measured::Values(c) => {
                    let mut edges = self.lexicon.graph.of(c.table);
                    edges.any(|(_, e)| {
                        e.holder == c.table && e.target == t && e.columns == [c.column]
                    })
                }
                _ => false,
            };
            let own = |s: &Shown| match s {
                s if self.shown_table(s).is_some_and(itself) => true,
                Shown::Time(_) => false,
                Shown::Thing(t) => one(*t),
                Shown::Column(c) if self.tells_apart(*c) => {
                    one(c.table)
                        && (!rows
                            || c.table != table
                            || shown.len() > 1
                            || self.lexicon.tables[table].display.len() == 1)
                }
                Shown::Column(c) if rows => {
                    *op == Comparison::Equal && c.table != table && one(c.table)
                }
                Shown::Column(c) => one(c.table) && !self.points(*c),
            };
            // "two courses with the codes A and B": each of them, which a number of any of them is not.
            let listed = |c: &Condition| matches!(c, Condition::All(several) if number.as_whole() == i64::try_from(several.len()).ok());
            if shown.iter().any(own) || self.frame.conditions.iter().any(listed) {
                return Err(not_understood(format!(
                    "How \"{}\" are counted is not clear.",
                    self.frame.mentions[*of].text
                )));
            }
        }
        Ok(())
    }

    /// A key of its table, or what a row of it is called.
    pub(crate) fn tells_apart(&self, at: ColumnRef) -> bool {
        super::measures::is_key(self.catalog.table(at), at.column)
            || self.lexicon.tables[at.table].display.contains(&at.column)
    }

    /// A part of a key that points at another table.
    fn points(&self, at: ColumnRef) -> bool {
        self.lexicon
            .graph
            .of(at.table)
            .any(|(_, e)| e.holder == at.table && e.columns.contains(&at.column))
    }

    /// A comparison of a measure of a group.
    pub(crate) fn fulfilled(
        &mut self,
        measure: &Measured,
        name: &str,
        expr: Expr,
        op: Comparison,
        right: &Operand,
    ) -> Result<Expr> {
        let (value, said) = match (right, measure) {
            (Operand::Number(n), _) => (ast::number(&n.text), n.text.clone()),
            (
                Operand::Overall(function, among),
                Measured::Aggregate(_, target @ Target::Column(at)),
            ) => {
                let of = self.targets.iter().position(|t| t == target);
                let value = self.aggregate_among(*at, of, *function, among)?;
                (value, std::mem::take(&mut self.said.compared))
            }
            // "more orders in 2026 than in 2025"
            (Operand::Mention(than), Measured::Own(whole, _)) => {
                let other = self.of_own_time((**whole).clone(), *than);
                let value = self.measure_expr(&other)?;
                let said = self.said_own(*than)?;
                (or_zero(whole, value), said)
            }
            _ => {
                return Err(not_understood(format!(
                    "What {name} is compared with is not clear."
                )));
            }
        };
        let (name, expr) = match measure {
            Measured::Own(whole, of) => {
                let own = self.said_own(*of)?;
                (format!("{name} {own}"), or_zero(whole, expr))
            }
            _ => (name.to_owned(), expr),
        };
        self.said
            .conditions
            .push(format!("{name} {} {said}", words(op)));
        Ok(ast::binary(expr, operator(op), value))
    }

    /// The number of related things of one row, or an aggregate of them, compared; the conditions after the first limit them.
    pub(crate) fn quantity(
        &mut self,
        table: usize,
        list: &[&Condition],
        head: usize,
    ) -> Result<Expr> {
        let Some((first, limits)) = list.split_first() else {
            return Err(not_understood("What is counted is not clear."));
        };
        let (of, measure, op, right) = self
            .quantified(first)?
            .ok_or_else(|| not_understood("What is counted is not clear."))?;
        if matches!(measure, Measured::Own(..)) {
            return Err(not_understood(
                "Numbers at two times are told of groups that are listed, and not counted.",
            )
            .with_hint("Ask which they are."));
        }
        let said = self.said.conditions.len();
        let measured = measure.clone();
        let inner = self.subquery(table, limits, false, head, |builder, path| {
            builder.measured_once(&measured, path)
        })?;
        let limits = self.said.conditions.split_off(said);
        let name = match &measure {
            Measured::Aggregate(Some(function), _) => {
                format!("{} {}", function.word(), self.frame.mentions[of].text)
            }
            _ => format!("number of {}", self.frame.mentions[of].text),
        };
        let name = if limits.is_empty() {
            name
        } else {
            format!("{name} where {}", limits.join(" and "))
        };
        let number = Expr::Subquery(Box::new(inner.query()));
        self.fulfilled(&measure, &name, number, op, &right)
    }

    /// A measure of rows to which a way leads, each of them once.
    fn measured_once(&mut self, measure: &Measured, path: &[Join]) -> Result<Expr> {
        let once = path.split_first().is_some_and(|(first, rest)| {
            self.measured_table(measure) == first.child && rest.iter().all(|j| j.to_one)
        });
        match measure {
            Measured::Rows(_) if once => Ok(ast::count_rows()),
            Measured::Aggregate(function, _)
                if !once && !matches!(function, Some(Aggregate::Min | Aggregate::Max)) =>
            {
                Err(not_understood(
                    "Each row of what is compared would be counted more than once.",
                ))
            }
            measure => self.measure_expr(measure),
        }
    }
}

/// A sum over the rows of one time is 0 where there are none.
fn or_zero(measure: &Measured, expr: Expr) -> Expr {
    match measure {
        Measured::Aggregate(Some(Aggregate::Sum), _) => super::formulas::or_zero(expr),
        _ => expr,
    }
}
