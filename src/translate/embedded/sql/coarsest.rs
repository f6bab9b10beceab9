//! The dimension that splits rows where a question names none: the coarsest of what they belong to.
//!
//! Invariant: it is reached over keys to one row, so that every row is in one of its groups; and it is told, with what else could
//! be said instead.

use super::super::linking::shown::Shown;
use super::super::reading::frame::Condition;
use super::super::schema::lexicon::Target;
use super::super::schema::nature::Nature;
use super::build::{Builder, not_understood};
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use std::collections::BTreeMap;

/// More parts than these explain nothing.
const MOST_VALUES: f32 = 50.0;
/// Keys that are followed one after the other, and steps that are taken altogether, in search of the coarsest dimension.
const LONGEST: usize = 8;
const MOST_STEPS: usize = 2_000;
/// Other dimensions that are told.
const MOST_OTHERS: usize = 3;

impl Builder<'_> {
    /// The dimension at the end of the longest chain of keys from the measured rows: of what they belong to, the coarsest. Where they
    /// belong to nothing that has a name, their own first column of few values.
    ///
    /// # Errors
    /// 22023 when there is none.
    pub(crate) fn coarsest(&mut self, fact: usize) -> Result<Shown> {
        let named = |table: usize, column: Option<usize>| {
            self.frame.conditions.iter().any(|c| match c {
                Condition::Value { value, .. } => match self.target(*value) {
                    Target::Value(at, _) => {
                        at.table == table && column.is_none_or(|column| at.column == column)
                    }
                    _ => false,
                },
                _ => false,
            })
        };
        let rows = |table: usize| self.catalog.tables[table].estimated_rows;
        let mut found: Vec<(usize, Shown)> = self
            .chains(fact)
            .into_iter()
            .filter(|(table, _)| {
                let fewer = match (rows(*table), rows(fact)) {
                    (Some(few), Some(many)) => few < many,
                    _ => true,
                };
                !self.lexicon.tables[*table].display.is_empty() && fewer && !named(*table, None)
            })
            .map(|(table, length)| (length, Shown::Thing(table)))
            .collect();
        let size = |shown: &Shown| match shown {
            Shown::Thing(table) => rows(*table).unwrap_or(f64::MAX),
            _ => f64::MAX,
        };
        for column in 0..self.catalog.tables[fact].columns.len() {
            let at = ColumnRef {
                table: fact,
                column,
            };
            let shape = self.catalog.column(at);
            let few = shape.class == TypeClass::Enum
                || shape.class == TypeClass::Text
                    && shape
                        .distinct
                        .is_some_and(|n| (2.0..=MOST_VALUES).contains(&n));
            if few && self.lexicon.nature(at) == Nature::Category && !named(fact, Some(column)) {
                found.push((0, Shown::Column(at)));
            }
        }
        // What has more parts than anybody reads comes last, then the longest chain first, then what has the fewest parts.
        let many = |shown: &Shown| match shown {
            Shown::Thing(table) => rows(*table).is_some_and(|n| n > f64::from(MOST_VALUES)),
            _ => false,
        };
        found.sort_by(|(a, of_a), (b, of_b)| {
            many(of_a)
                .cmp(&many(of_b))
                .then(b.cmp(a))
                .then(size(of_a).total_cmp(&size(of_b)))
        });
        let reached = |shown: &Shown| match shown {
            Shown::Thing(table) => self
                .tree(fact, &[*table])
                .is_ok_and(|joins| joins.iter().all(|j| j.to_one)),
            _ => true,
        };
        let mut dimensions = found.into_iter().map(|(_, shown)| shown).filter(reached);
        let Some(first) = dimensions.next() else {
            return Err(
                not_understood("By what the change is to be split is not clear.")
                    .with_hint("Name a dimension: \"by …\"."),
            );
        };
        let others: Vec<String> = dimensions
            .take(MOST_OTHERS)
            .map(|other| format!("\"by {}\"", self.word_for(&other)))
            .collect();
        let other = match others.is_empty() {
            true => "say \"by …\" to split it otherwise".to_owned(),
            false => format!("say {} to split it otherwise", others.join(" or ")),
        };
        self.assumptions.push(format!(
            "the change is split by {}, the coarsest dimension: {other}",
            self.word_for(&first)
        ));
        Ok(first)
    }

    fn word_for(&self, shown: &Shown) -> String {
        let name = match shown {
            Shown::Thing(table) => super::measures::singular(&self.catalog.tables[*table].name),
            Shown::Column(at) => self.catalog.column(*at).name.clone(),
            Shown::Time(unit) => unit.name().to_owned(),
        };
        name.replace('_', " ")
    }

    /// The tables that keys lead to from a table, each with the length of the longest way there.
    fn chains(&self, fact: usize) -> BTreeMap<usize, usize> {
        let mut longest = BTreeMap::new();
        let mut steps = 0;
        let mut ways = vec![vec![fact]];
        while let Some(way) = ways.pop() {
            let Some(&end) = way.last().filter(|_| way.len() <= LONGEST) else {
                continue;
            };
            for (_, edge) in self.lexicon.graph.of(end) {
                steps += 1;
                if edge.holder != end || way.contains(&edge.target) || steps > MOST_STEPS {
                    continue;
                }
                let best: &mut usize = longest.entry(edge.target).or_default();
                *best = way.len().max(*best);
                ways.push(way.iter().copied().chain([edge.target]).collect());
            }
        }
        longest
    }
}
