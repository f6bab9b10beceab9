//! Measures whose rows no join holds together: each is aggregated by itself, for the row that it belongs to.
//!
//! Invariant: a row is counted once for each measure. A measure stands in a subquery of its own, whose only tie to the outer row is
//! the key that leads from its rows to that row.

use super::super::linking::shown::Shown;
use super::super::reading::frame::{Condition, Output, mentions_of};
use super::super::schema::lexicon::Target;
use super::ast::{self, Parts};
use super::build::{Builder, Measured, not_understood};
use super::formulas::parts_of;
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use sqlparser::ast::{Expr, Query};

impl Builder<'_> {
    /// "How many students and how many teachers are in each department": a subquery for each measure. `None` where the question
    /// asks for more than such groups.
    pub(crate) fn at_own_grain(
        &mut self,
        shown: &[Shown],
        measures: &[(Measured, String)],
        listed: usize,
    ) -> Result<Option<Query>> {
        let frame = self.frame;
        let calculated = |(m, _): &(Measured, String)| matches!(m, Measured::Calculated(..));
        let plain = frame.order.is_none()
            && frame.limit.is_none()
            && frame.window.is_none()
            && frame.versus.is_none()
            && frame.rollup.is_none()
            && frame.new.is_none()
            && !frame.superlative
            && !frame.zeros
            && !frame.distribution
            && measures.len() == listed
            && (measures.len() > 1 || measures.iter().any(calculated));
        if !plain {
            return Ok(None);
        }
        let Some(group) = self.one_thing(shown) else {
            return Ok(None);
        };
        let parts = || measures.iter().flat_map(|(m, _)| parts_of(m));
        let counted = |t: usize| parts().any(|m| self.measured_table(m) == t);
        if counted(group) {
            return Ok(None);
        }
        // What else is said must be said of the groups, or only that they have what is counted.
        let said = |c: &&Condition| match c {
            Condition::Related {
                to,
                negated: false,
                inside,
            } => !(inside.is_empty() && (counted(self.table(*to)) || self.table(*to) == group)),
            _ => true,
        };
        let said: Vec<Condition> = frame.conditions.iter().filter(said).cloned().collect();
        let of_group = |c: &Condition| {
            let mentions = mentions_of(c);
            !mentions.is_empty() && mentions.iter().all(|m| self.table(*m) == group)
        };
        if !said.iter().all(of_group) {
            return Ok(None);
        }
        self.root = group;
        self.joins.clear();
        let mut parts = Parts {
            condition: self.conditions_of(&said, group)?,
            ..Parts::default()
        };
        let mut keys = Vec::new();
        for s in shown {
            self.show_group(s, false, &mut parts, &mut keys)?;
        }
        let mut order_by: Vec<(Expr, bool)> = keys.iter().map(|k| (k.clone(), false)).collect();
        let joins = std::mem::take(&mut self.joins);
        for (i, (measure, name)) in measures.iter().enumerate() {
            let Some(number) = self.number_of_row(group, measure)? else {
                return Ok(None);
            };
            let name = self.unique_name(name, &parts.columns);
            self.said.shown.push(name.replace('_', " "));
            if i == 0 {
                order_by.insert(0, (Expr::Identifier(ast::ident(&name)), true));
            }
            parts.columns.push((number, Some(name)));
        }
        self.root = group;
        self.joins = joins;
        parts.order_by = order_by;
        self.from(&mut parts, false);
        self.assumptions.push(format!(
            "each number is of its own rows, also for a {} without any",
            self.table_name(group)
        ));
        self.said.order = Some("largest first".into());
        Ok(Some(parts.query()))
    }

    /// The thing whose rows are the groups: it is shown itself, or by columns that tell it apart.
    pub(super) fn one_thing(&self, shown: &[Shown]) -> Option<usize> {
        let table = self.shown_table(shown.first()?)?;
        let same = shown.iter().all(|s| self.shown_table(s) == Some(table));
        let told = |s: &Shown| match s {
            Shown::Thing(_) => true,
            Shown::Column(c) => {
                super::measures::is_key(self.catalog.table(*c), c.column)
                    || self.names_its_thing(*c)
            }
            Shown::Time(_) => false,
        };
        (same && shown.iter().any(told)).then_some(table)
    }

    /// A column by which the question asks for a thing: its name, said to be of it or listed beside what is counted.
    fn names_its_thing(&self, at: ColumnRef) -> bool {
        self.lexicon.tables[at.table].display.contains(&at.column)
            && !self.catalog.tables[at.table].primary_key.is_empty()
    }

    /// Each row of a measure meets each group at most once: "the average age of the students of each club" over memberships, whose
    /// key is the student and the club.
    pub(crate) fn once_per_group(
        &self,
        measure: &Measured,
        root: Option<usize>,
        shown: &[Shown],
    ) -> bool {
        let (Some(root), Some(group)) = (root, self.one_thing(shown)) else {
            return false;
        };
        let own = self.measured_table(measure);
        let Ok(way) = self.tree(root, &[own, group]) else {
            return false;
        };
        if way.len() != 2 || way.iter().any(|j| j.parent != root) {
            return false;
        }
        let columns: Vec<usize> = way
            .iter()
            .flat_map(|j| self.lexicon.graph.edges[j.edge].columns.iter().copied())
            .collect();
        let table = &self.catalog.tables[root];
        let tells = |key: &[usize]| !key.is_empty() && key.iter().all(|c| columns.contains(c));
        tells(&table.primary_key) || table.unique_keys.iter().any(|k| tells(k))
    }

    /// A measure of one row of `group`, or what is calculated of such; `None` where no way leads there.
    fn number_of_row(&mut self, group: usize, measure: &Measured) -> Result<Option<Expr>> {
        let Measured::Calculated(left, by, right) = measure else {
            let query = self.for_one_row(group, measure)?;
            return Ok(query.map(|query| Expr::Subquery(Box::new(query))));
        };
        let (a, b) = (
            self.number_of_row(group, left)?,
            self.number_of_row(group, right)?,
        );
        let both = a.zip(b);
        Ok(both.map(|(a, b)| self.calculation((left, a), *by, (right, b))))
    }

    /// A measure of the rows from which keys lead to one row of `group`; `None` where no such way is.
    fn for_one_row(&mut self, group: usize, measure: &Measured) -> Result<Option<Query>> {
        let own = self.measured_table(measure);
        let Some(root) = self.finest(own, &[group])? else {
            return Ok(None);
        };
        if root != own && matches!(measure, Measured::Aggregate(..) | Measured::OfRow { .. }) {
            return Ok(None);
        }
        let outside = self.aliases.clone();
        let way = self.tree(root, &[own, group])?;
        let Some(last) = way.iter().find(|j| j.child == group).copied() else {
            return Ok(None);
        };
        if way.iter().any(|j| j.parent == group) {
            return Ok(None);
        }
        self.root = root;
        self.joins = way.into_iter().filter(|j| j.child != group).collect();
        let mut parts = Parts {
            columns: vec![(self.measure_expr(measure)?, None)],
            ..Parts::default()
        };
        self.from(&mut parts, false);
        parts.condition = Some(self.on(&last));
        // The aliases of a subquery are its own.
        self.aliases.retain(|a| outside.contains(a) || a.0 == group);
        Ok(Some(parts.query()))
    }

    /// "the average age of the gymnasts" where the age is a person's: of those persons who are gymnasts.
    pub(crate) fn owners(&mut self) -> Result<Vec<Expr>> {
        let frame = self.frame;
        let mut wanted: Vec<Condition> = Vec::new();
        for output in &frame.outputs {
            let Output::Aggregate { of, .. } = output else {
                continue;
            };
            let Some(to) = frame.mentions[*of].of else {
                continue;
            };
            let related = Condition::Related {
                to,
                negated: false,
                inside: Vec::new(),
            };
            let other = matches!(self.target(to), super::super::schema::lexicon::Target::Table(t) if *t != self.table(*of) && *t != self.root && !self.joins.iter().any(|j| j.child == *t));
            if other && !wanted.contains(&related) && !frame.conditions.contains(&related) {
                wanted.push(related);
            }
        }
        let mut all = Vec::new();
        for related in &wanted {
            all.extend(self.conditions_of(std::slice::from_ref(related), self.root)?);
        }
        Ok(all)
    }

    /// Where a thing is pointed at: "the most common genre" is counted in what has a genre.
    ///
    /// # Errors
    /// 22023 when several tables point at it and the question names none of them alone.
    pub(crate) fn counted_where(&self, shown: &[Shown], table: usize) -> Result<usize> {
        let owned = |c: &ColumnRef| {
            self.frame.outputs.iter().any(|o| {
                matches!(o, Output::Plain(m) if self.frame.mentions[*m].of.is_some_and(|of| {
                    matches!(self.target(of), Target::Table(t) if *t == c.table)
                }))
            })
        };
        // "The most common offence? Description only": that of each offence.
        let display = &self.lexicon.tables[table].display;
        // The last names of people do not stand for them, first and last names do.
        let told = display
            .iter()
            .all(|&column| shown.contains(&Shown::Column(ColumnRef { table, column })));
        let named_itself = self.targets.contains(&Target::Table(table));
        let itself = |s: &Shown| match s {
            Shown::Thing(t) => *t == table,
            Shown::Column(c) => {
                c.table == table
                    && (super::measures::is_key(self.catalog.table(*c), c.column)
                        || owned(c) && told && display.contains(&c.column)
                        || named_itself && *display == [c.column])
            }
            Shown::Time(_) => false,
        };
        if !shown.iter().any(itself) {
            return Ok(table);
        }
        let mut holders: Vec<usize> = self
            .lexicon
            .graph
            .of(table)
            .filter(|(_, e)| e.target == table && e.holder != table && !e.one_to_one)
            .map(|(_, e)| e.holder)
            .collect();
        holders.dedup();
        let named = |t: &usize| {
            self.targets
                .iter()
                .any(|target| super::super::linking::resolve::table_of(self.lexicon, target) == *t)
        };
        if holders.len() > 1 && holders.iter().any(named) {
            holders.retain(named);
        }
        match holders[..] {
            [one] => Ok(one),
            _ => Err(not_understood(format!(
                "How often a row of {} occurs is not counted anywhere.",
                self.table_name(table)
            ))),
        }
    }
}
