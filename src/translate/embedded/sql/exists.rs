//! Conditions on rows of which there may be many: EXISTS over the way to them.

use super::super::linking::resolve::table_of;
use super::super::reading::frame::Condition;
use super::super::schema::joins::Join;
use super::super::schema::lexicon::Target;
use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use super::conditions::ALONE;
use super::denied::{self, negated, positive};
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use sqlparser::ast::Expr;
use std::collections::BTreeSet;

/// So many keys after each other lead far away.
const FAR: usize = 3;

impl Builder<'_> {
    /// Links that lie on the way to another condition say no more than it does: "students who live in Fawlty
    /// Towers". What is denied of a link is denied of all that is said about it: "never ordered a Latte".
    pub(crate) fn join_links(&self, apart: &mut Vec<(usize, Vec<&Condition>)>) -> Result<()> {
        let mut ways: Vec<Vec<usize>> = Vec::new();
        for (table, _) in apart.iter() {
            let mut wanted: Vec<usize> = self.joins.iter().map(|j| j.child).collect();
            wanted.push(*table);
            ways.push(
                self.tree(self.root, &wanted)?
                    .iter()
                    .map(|j| j.child)
                    .collect(),
            );
        }
        let link = |list: &[&Condition]| match list {
            [Condition::Related { negated, .. }] => Some(*negated),
            _ => None,
        };
        let denied = (0..apart.len()).find(|&i| link(&apart[i].1) == Some(true));
        if let Some(d) = denied {
            // "never booked with an amount over 200": an amount of what lies between is said of the booking as well.
            let between =
                |i: usize| i > d && link(&apart[i].1).is_none() && ways[d].contains(&apart[i].0);
            let said = |i: usize| ways[i].contains(&apart[d].0) || between(i);
            let through: Vec<usize> = (0..apart.len())
                .filter(|&i| i != d && !negated(apart[i].1[0]) && said(i))
                .collect();
            for &i in through.iter().rev() {
                let (table, list) = apart[i].clone();
                apart[d].1.extend(list);
                if link(&apart[i].1).is_none() || ways[i].len() > ways[d].len() {
                    apart[d].0 = table;
                }
            }
            // "no devices in stock": what is denied lies behind it.
            let behind = |i: usize| {
                i > d && link(&apart[i].1) == Some(false) && ways[d].contains(&apart[i].0)
            };
            let behind: Vec<usize> = (0..apart.len()).filter(|&i| behind(i)).collect();
            let mut index = 0;
            apart.retain(|_| {
                index += 1;
                !through.contains(&(index - 1)) && !behind.contains(&(index - 1))
            });
            return Ok(());
        }
        let drop: Vec<bool> = (0..apart.len())
            .map(|i| {
                link(&apart[i].1) == Some(false)
                    && (0..apart.len()).any(|j| {
                        j != i
                            && ways[j].contains(&apart[i].0)
                            && (ways[j].len() > ways[i].len() || link(&apart[j].1).is_none())
                    })
            })
            .collect();
        let mut drop = drop.into_iter();
        apart.retain(|_| !drop.next().unwrap_or(false));
        self.join_rows(apart)
    }

    /// "A fine from warden Ross for speeding", "certified in Go": what is said over the same rows is said of one of them.
    fn join_rows(&self, apart: &mut Vec<(usize, Vec<&Condition>)>) -> Result<()> {
        let inside: Vec<usize> = self.joins.iter().map(|j| j.child).collect();
        let way = |table: usize| -> Result<Vec<usize>> {
            let wanted: Vec<usize> = inside.iter().copied().chain([table]).collect();
            let way = self.tree(self.root, &wanted)?;
            let tables = way.iter().map(|j| j.child);
            Ok(tables.filter(|t| !inside.contains(t)).collect())
        };
        let mut ways = Vec::with_capacity(apart.len());
        for (table, _) in apart.iter() {
            ways.push(way(*table)?);
        }
        let plain = |condition: &Condition, shared: &[usize]| match condition {
            Condition::Value { negated, .. }
            | Condition::Flag { negated, .. }
            | Condition::Like { negated, .. }
            | Condition::Time { negated, .. } => !negated,
            Condition::Any(_) => true,
            Condition::Related {
                to,
                negated: false,
                inside,
            } => inside.is_empty() && shared.contains(&self.table(*to)),
            _ => false,
        };
        let mut first = 0;
        while first < apart.len() {
            let mut second = first + 1;
            while second < apart.len() {
                let (one, other) = (&apart[first], &apart[second]);
                let (near, far) = (&ways[first], &ways[second]);
                let deeper = far.len() > near.len();
                let shared: Vec<usize> = far.iter().copied().filter(|t| near.contains(t)).collect();
                let mut said = one.1.iter().chain(&other.1);
                if one.0 == other.0 || shared.is_empty() || !said.all(|c| plain(c, &shared)) {
                    second += 1;
                    continue;
                }
                let (table, list) = apart.remove(second);
                let way = ways.remove(second);
                if deeper {
                    apart[first].0 = table;
                    ways[first] = way;
                }
                apart[first].1.extend(list);
            }
            first += 1;
        }
        Ok(())
    }

    /// Refuses a bare value that is far away from what it is said of, where the question names nothing in between and the value is no
    /// name: "treatments that are covered by Denplan" has nothing to do with the insurer of the patients that were treated.
    fn refuse_far_value(&self, path: &[Join], list: &[&Condition]) -> Result<()> {
        let [condition] = list else { return Ok(()) };
        let Some(at) = self.value_column(condition) else {
            return Ok(());
        };
        let display = &self.lexicon.tables[at.table].display;
        let names = display.is_empty() || display.contains(&at.column);
        let said = |table: usize| {
            let mut targets = self.targets.iter();
            targets.any(|t| {
                let value = matches!(t, Target::Value(of, _) if *of == at);
                !value && table_of(self.lexicon, t) == table
            })
        };
        if path.len() < FAR || names || path.iter().any(|join| said(join.child)) {
            return Ok(());
        }
        Err(not_understood(format!(
            "What {} of {} has to do with {} is not clear.",
            self.catalog.column(at).name,
            self.table_name(at.table),
            self.table_name(self.root)
        )))
    }

    /// Whether a condition on a row says no more than that there is one: "has no allergies" where allergies are rows of another
    /// table, and a column whose value another condition of the list names.
    fn only_links(&self, condition: &Condition, list: &[&Condition]) -> bool {
        let Condition::Flag { of, .. } = condition else {
            return matches!(
                condition,
                Condition::Related { .. } | Condition::Null { .. }
            );
        };
        let named = |c: &&Condition| match (c, self.target(*of)) {
            (Condition::Value { value, .. }, Target::Column(column)) => {
                matches!(self.target(*value), Target::Value(at, _) if at == column)
            }
            _ => false,
        };
        self.names_rows(*of) || list.iter().any(named)
    }

    /// The column of which a condition asks for a value.
    pub(crate) fn value_column(&self, condition: &Condition) -> Option<ColumnRef> {
        match condition {
            Condition::Value { value, .. } => match self.target(*value) {
                Target::Value(at, _) => Some(*at),
                _ => None,
            },
            _ => None,
        }
    }

    /// Of how many columns these are values; 0 when one of them is none.
    pub(crate) fn of_columns(&self, several: &[Condition]) -> usize {
        let columns = several.iter().map(|c| self.value_column(c));
        let columns: Option<BTreeSet<ColumnRef>> = columns.collect();
        columns.map_or(0, |columns| columns.len())
    }

    /// Whether all of these ask for elements of one list.
    pub(crate) fn of_one_list(&self, several: &[Condition]) -> bool {
        let list = several.first().and_then(|c| self.value_column(c));
        list.is_some_and(|at| self.catalog.column(at).class == TypeClass::Array)
            && self.of_columns(several) == 1
            && !several.iter().any(negated)
    }

    /// EXISTS over the way from the tree to a table, with all that is said about its row.
    pub(crate) fn exists(
        &mut self,
        table: usize,
        list: &[&Condition],
        negated: bool,
        head: usize,
    ) -> Result<Expr> {
        let one = |_: &mut Self, _: &[Join]| Ok(ast::number("1"));
        let parts = self.subquery(table, list, negated, head, one)?;
        Ok(ast::exists(parts.query(), negated))
    }

    /// A query over the way from the tree to a table, limited by all that is said about its row; `what` says what it gives.
    pub(crate) fn subquery(
        &mut self,
        table: usize,
        list: &[&Condition],
        negated: bool,
        head: usize,
        what: impl FnOnce(&mut Self, &[Join]) -> Result<Expr>,
    ) -> Result<Parts> {
        let inside: Vec<usize> = std::iter::once(self.root)
            .chain(self.joins.iter().map(|j| j.child))
            .collect();
        let mut wanted: Vec<usize> = self.joins.iter().map(|j| j.child).collect();
        wanted.push(table);
        // What else is said stands behind it: it is said of its row.
        let mut way = self.tree(self.root, &wanted)?;
        for condition in list {
            if let Some(next) = self.condition_table(condition, head)? {
                way = self.grow(way, &[next])?;
            }
        }
        let path: Vec<_> = way
            .into_iter()
            .filter(|j| !inside.contains(&j.child))
            .collect();
        let Some(first) = path.first().copied() else {
            return Err(not_understood("A condition is not clear."));
        };
        self.refuse_far_value(&path, list)?;
        let mut parts = Parts::default();
        // The aliases of the subquery are its own.
        let outside = self.aliases.clone();
        let alias = self.alias(first.child);
        let t = &self.catalog.tables[first.child];
        parts.from = Some(ast::relation(&t.schema, &t.name, &alias));
        let mut conditions = vec![self.on(&first)];
        for join in &path[1..] {
            let alias = self.alias(join.child);
            let on = self.on(join);
            let t = &self.catalog.tables[join.child];
            parts.joins.push(ast::join(
                ast::relation(&t.schema, &t.name, &alias),
                on,
                false,
            ));
        }
        for condition in list {
            if *condition == ALONE {
                continue;
            }
            if self.only_links(condition, list) {
                let table = self.condition_table(condition, head)?.unwrap_or(table);
                self.said.conditions.push(format!(
                    "{} {}",
                    if negated { "without" } else { "with" },
                    self.table_name(table)
                ));
                continue;
            }
            if let Condition::Any(several) = condition {
                let start = self.said.conditions.len();
                let mut alternatives = Vec::new();
                for inner in several {
                    alternatives.extend(self.condition(inner, head)?);
                }
                let said: Vec<String> = self.said.conditions.drain(start..).collect();
                self.said.conditions.push(said.join(" or "));
                conditions.extend(ast::any_of(alternatives));
            } else {
                // The same may be said of other rows too, which tells its place.
                let denied = denied::negated(condition).then(|| positive((*condition).clone()));
                let said = denied.as_ref().unwrap_or(condition);
                conditions.extend(self.condition(said, head)?);
            }
            if negated && let Some(said) = self.said.conditions.last_mut() {
                *said = format!("not {said}");
            }
        }
        parts.condition = ast::all_of(conditions);
        parts.columns = vec![(what(self, &path)?, None)];
        let aliases: Vec<(usize, String)> = self
            .aliases
            .iter()
            .filter(|a| outside.contains(a) || !path.iter().any(|j| j.child == a.0))
            .cloned()
            .collect();
        self.aliases = aliases;
        Ok(parts)
    }
}
