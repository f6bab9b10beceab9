//! The dates of other rows: of what the rows have many of ("customers who placed orders in 2020"), and of what they are parts of.
//!
//! Invariant: a time that is said of what the rows have is a condition on that, also where the rows have a date of their own; where
//! several dates on the way there may be meant, none is taken.

use super::super::language::ENGLISH;
use super::super::reading::frame::Condition;
use super::super::schema::joins::Edge;
use super::super::schema::nature::Nature;
use super::super::schema::people::are_persons;
use super::build::{Builder, not_understood};
use crate::catalog::model::ColumnRef;
use crate::error::Result;

impl Builder<'_> {
    /// What the rows are parts of, where it has a date: `orders` of `order_lines`, whose name begins so, the only such table that a key
    /// within the key of the rows points at, or the only one that holds what happened: what has a name of its own was there before.
    pub(super) fn whole_with_date(&self) -> Option<usize> {
        let words = &self.lexicon.tables[self.root];
        let key = &self.catalog.tables[self.root].primary_key;
        let held = self.lexicon.graph.of(self.root).map(|(_, edge)| edge);
        let held: Vec<&Edge> = held
            .filter(|e| e.holder == self.root && e.target != self.root && !e.nullable)
            .collect();
        let dated = |t: &usize| !self.lexicon.date_columns(self.catalog, *t).is_empty();
        let named = |t: usize| {
            let whole = &self.lexicon.tables[t].stems;
            whole.len() < words.stems.len() && words.stems.starts_with(whole)
        };
        let only = |mut tables: Vec<usize>| {
            tables.retain(dated);
            tables.dedup();
            match tables[..] {
                [table] => Some(table),
                _ => None,
            }
        };
        let within = |e: &&&Edge| key.len() > 1 && e.columns.iter().all(|c| key.contains(c));
        let by_name = held.iter().filter(|e| named(e.target)).map(|e| e.target);
        let happened = |e: &&&Edge| {
            let whole = &self.lexicon.tables[e.target];
            let mut display = whole.display.iter();
            !display.any(|c| whole.natures[*c] == Nature::Name)
        };
        only(by_name.collect())
            .or_else(|| only(held.iter().filter(within).map(|e| e.target).collect()))
            .or_else(|| only(held.iter().filter(happened).map(|e| e.target).collect()))
    }

    /// What the rows are parts of by their name, where they have nothing but the moment at which they were put in, and it has a day of its
    /// own: what an order line was sold for is of the day on which the order was placed.
    pub(super) fn whole_that_tells(&self) -> Option<usize> {
        let words = &self.lexicon.tables[self.root];
        let put_in = |table: usize, column: &usize| {
            let name = &self.lexicon.tables[table].columns[*column];
            let lists = [&ENGLISH.row_days, &ENGLISH.other_dates];
            name.iter()
                .any(|s| lists.iter().any(|list| list.contains(s)))
        };
        let own = self.lexicon.date_columns(self.catalog, self.root);
        let whole = self.whole_with_date().filter(|whole| {
            let stems = &self.lexicon.tables[*whole].stems;
            let dates = self.lexicon.date_columns(self.catalog, *whole);
            words.stems.len() > stems.len()
                && words.stems.starts_with(stems)
                && dates.first().is_some_and(|first| !put_in(*whole, first))
        });
        whole.filter(|_| !own.is_empty() && own.iter().all(|c| put_in(self.root, c)))
    }

    /// The date of something that the rows have many of, where neither they nor what they belong to have one: "students who
    /// took a course in 2009". It is that of what was spoken of just before the time, or of the only thing spoken of that has one.
    pub(crate) fn far_date(
        &mut self,
        condition: &Condition,
        head: usize,
    ) -> Result<Option<ColumnRef>> {
        let frame = self.frame;
        let flat: Vec<&Condition> = frame
            .conditions
            .iter()
            .flat_map(|c| match c {
                Condition::Any(several) | Condition::All(several) => several.iter().collect(),
                Condition::Related { inside, .. } => std::iter::once(c).chain(inside).collect(),
                other => vec![other],
            })
            .collect();
        let before = flat
            .iter()
            .position(|c| std::ptr::eq(*c, condition))
            .or_else(|| flat.iter().position(|c| *c == condition))
            .and_then(|at| flat[..at].last());
        if let Some(at) = self.date_by_verb() {
            return Ok((!self.reach(at.table)?).then_some(at));
        }
        // "Fewer than 3 orders in 2026"
        if let Some(Condition::Count { of, .. }) = before
            && let table = self.table(*of)
            && table != self.root
            && !self.reach(table)?
            && let Some(at) = self.own_date(table)?
        {
            return Ok(Some(at));
        }
        if let Some(before) = before
            && let Some(at) = self.denied_date(before)?
        {
            return Ok(Some(at));
        }
        // "customers who placed orders in 2020", "employees who worked at Riverside Hall in 2020": the date of the orders, and of the
        // work, also where the customers and the employees have one.
        let to = match before {
            Some(Condition::Related {
                to,
                negated,
                inside,
            }) if !negated || !inside.is_empty() => Some(to),
            Some(Condition::Value {
                value,
                negated: false,
            }) if frame.conditions.iter().any(|c| before == Some(&c)) => Some(value),
            _ => None,
        };
        if let Some(to) = to
            && let table = self.table(*to)
            && table != head
            && table != self.root
            && let way = self.tree(self.root, &[table])?
            && way
                .iter()
                .any(|j| self.lexicon.graph.edges[j.edge].target == j.parent)
        {
            if let [column] = self.lexicon.date_columns(self.catalog, table)[..] {
                return Ok(Some(ColumnRef { table, column }));
            }
            // "customers who were invoiced this month": when that was done.
            let said = frame.mentions[*to].text.to_lowercase();
            if (super::super::linking::fit::is_verb(frame, *to) || ENGLISH.ends_as_verb(&said))
                && let Some(at) = self.own_date(table)?
            {
                return Ok(Some(at));
            }
            // "players with a coach since 2020": the date of what leads there, not of something that no one speaks of.
            let mut on_the_way = Vec::new();
            for join in way {
                on_the_way.extend(self.own_date(join.child)?);
            }
            match on_the_way[..] {
                [at] => return Ok(Some(at)),
                [] if self.own_date(self.root)?.is_some() => {}
                _ => {
                    return Err(not_understood(format!(
                        "Whether the time is that of {} or of {} is not clear.",
                        self.table_name(head),
                        self.table_name(table)
                    )));
                }
            }
        }
        if self.date_column(&[head]).is_ok() {
            return Ok(None);
        }
        let mut dated: Vec<ColumnRef> = Vec::new();
        for id in 0..frame.mentions.len() {
            let table = self.table(id);
            if self.lexicon.date_columns(self.catalog, table).len() < 2
                && let Some(at) = self.own_date(table)?
                && !dated.contains(&at)
            {
                dated.push(at);
            }
        }
        let before =
            before.and_then(|c| super::super::reading::frame::mentions_of(c).last().copied());
        let said = before.and_then(|id| dated.iter().find(|at| at.table == self.table(id)));
        Ok(match (said, &dated[..]) {
            (Some(at), _) | (None, [at]) => Some(*at),
            _ => None,
        })
    }

    /// "Customers with no orders *in the last 90 days*": the date of the many rows that are denied right before the time, where what is
    /// asked for is somebody, or something that has a name. An order happens as a payment does: "orders without a payment in March" may be
    /// those of March.
    fn denied_date(&mut self, before: &Condition) -> Result<Option<ColumnRef>> {
        let frame = self.frame;
        let denies = |at: &usize| std::ptr::eq(&frame.conditions[*at], before);
        let Condition::Related { to, .. } = before else {
            return Ok(None);
        };
        let words = &self.lexicon.tables[self.root];
        let name = |c: &usize| {
            let last = words.columns[*c].last();
            last.is_some_and(|word| ENGLISH.whole_names.contains(word))
        };
        let thing =
            words.display.iter().any(name) || are_persons(&self.catalog.tables[self.root], words);
        let table = self.table(*to);
        let happens = !thing
            && !self
                .lexicon
                .date_columns(self.catalog, self.root)
                .is_empty();
        if !frame.denied_then.iter().any(denies) || happens || self.reach(table)? {
            return Ok(None);
        }
        self.own_date(table)
    }

    /// "Customers who registered in 2025 and have no orders": the verb names the date of the thing, and no time follows what is denied.
    pub(crate) fn tells_own_date(&self, head: usize) -> bool {
        let own = self.date_by_verb().is_some_and(|at| at.table == head);
        own && self.frame.denied_then.is_empty()
    }

    /// How many joins lead from the rows to a table.
    pub(super) fn steps_to(&self, table: usize) -> usize {
        let (mut at, mut steps) = (table, 0);
        while let Some(join) = self.joins.iter().find(|j| j.child == at)
            && steps <= self.joins.len()
        {
            (at, steps) = (join.parent, steps + 1);
        }
        steps
    }
}
