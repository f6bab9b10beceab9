//! Groups and orders that SQL would accept and that mean nothing.
//!
//! Invariant: no group is a single row of what is measured, and no order is asked of a single row. Each of these says that the
//! question was read wrongly: part of it would be lost without a word.

use super::super::language::{Aggregate, ENGLISH, stems};
use super::super::linking::resolve::table_of;
use super::super::linking::shown::Shown;
use super::super::reading::frame::{Condition, Dimension, Key, Output};
use super::super::schema::lexicon::{Candidate, Target};
use super::super::sql::build::{Builder, Measured, not_understood};
use crate::catalog::model::ColumnRef;
use crate::error::Result;

impl Builder<'_> {
    /// The rows in which a thing occurs, when the question names them: "the genre that is most common across all tracks".
    ///
    /// # Errors
    /// 22023 when it names several such tables.
    pub(crate) fn occurs_in(&self, thing: usize) -> Result<Option<usize>> {
        let mut found = Vec::new();
        for condition in &self.frame.conditions {
            let Condition::Related {
                to, negated: false, ..
            } = condition
            else {
                continue;
            };
            let table = self.table(*to);
            let many = table != thing && self.tree(thing, &[table])?.iter().any(|j| !j.to_one);
            if many && !found.contains(&table) {
                found.push(table);
            }
        }
        match found[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(not_understood("What is counted is not clear.")),
        }
    }

    /// "The average age across artists" is one number: each artist has but one age. Who says "each" or "by" wants to see them: "average
    /// daily rate by class" where a class has one rate.
    pub(crate) fn drop_groups_of_one(
        &mut self,
        shown: &mut Vec<Shown>,
        measures: &[(Measured, String)],
    ) {
        let [Shown::Thing(thing)] = shown[..] else {
            return;
        };
        let of_one = |(measure, _): &(Measured, String)| match measure {
            Measured::Aggregate(Some(function), target) => {
                *function != Aggregate::Sum && table_of(self.lexicon, target) == thing
            }
            _ => false,
        };
        let across = |word: &String| ENGLISH.over_all.contains(word);
        let grouped = !self.frame.group.is_empty() && !self.frame.words.iter().any(across);
        let over_all = !self.frame.each && !grouped && self.frame.order.is_none();
        if over_all && !measures.is_empty() && measures.iter().all(of_one) {
            shown.clear();
        }
    }

    /// Refuses "the price of each product" where a product has many prices and nothing shows which product each is of.
    ///
    /// # Errors
    /// 22023 with what each has several of.
    pub(crate) fn refuse_many_of_each(&self) -> Result<()> {
        let frame = self.frame;
        if !frame.each || !frame.group.is_empty() || frame.superlative {
            return Ok(());
        }
        let many = |o: &Output| {
            let Output::Plain(id) = *o else { return None };
            let owner = frame.mentions[id].of?;
            let (Target::Column(at), Target::Table(thing)) = (self.target(id), self.target(owner))
            else {
                return None;
            };
            let mut edges = self.lexicon.graph.of(at.table);
            let several = edges.any(|(_, e)| {
                e.holder == at.table && e.target == *thing && !e.one_to_one && at.table != *thing
            });
            several.then_some((id, owner))
        };
        let several: Vec<_> = frame.outputs.iter().map_while(many).collect();
        match several[..] {
            [(id, owner), ..] if several.len() == frame.outputs.len() => {
                let (of, thing) = (&frame.mentions[id].text, &frame.mentions[owner].text);
                Err(
                    not_understood(format!("Each {thing} may have several values of \"{of}\"."))
                        .with_hint(format!(
                            "Ask for one of them: \"average {of} by {thing}\", \"highest {of} by {thing}\"."
                        )),
                )
            }
            _ => Ok(()),
        }
    }

    /// Refuses to count the kinds of things where the things are asked for: tickets are no `ticket_types`.
    ///
    /// # Errors
    /// 22023 with what would be counted.
    pub(crate) fn refuse_kinds_for_things(&self) -> Result<()> {
        let frame = self.frame;
        let outputs = frame.outputs.iter().filter_map(|o| match o {
            Output::Count { of, .. } => Some(*of),
            _ => None,
        });
        let order = frame.order.iter().filter_map(|o| match o.key {
            Key::Count(of) => Some(of),
            _ => None,
        });
        let conditions = frame.conditions.iter().filter_map(|c| match c {
            Condition::Count { of, .. } => Some(*of),
            _ => None,
        });
        for of in outputs.chain(order).chain(conditions) {
            let Target::Table(table) = *self.target(of) else {
                continue;
            };
            let said = stems(&frame.mentions[of].text.to_lowercase());
            let [thing @ .., kind] = &self.lexicon.tables[table].stems[..] else {
                continue;
            };
            let of_thing = thing.last().is_some_and(|thing| said.contains(thing));
            if ENGLISH.kind_columns.contains(kind) && of_thing && !said.contains(kind) {
                return Err(not_understood(format!(
                    "{} are not counted by {}.",
                    frame.mentions[of].text,
                    self.table_name(table)
                )));
            }
        }
        Ok(())
    }

    /// Refuses the first of a single row, and rows that are counted each by itself.
    pub(crate) fn refuse_senseless(
        &self,
        shown: &[Shown],
        measures: &[(Measured, String)],
    ) -> Result<()> {
        if shown.is_empty() && self.frame.order.is_some() {
            return Err(not_understood("The first of which rows is not clear."));
        }
        let keyed = |table: usize| {
            let shape = &self.catalog.tables[table];
            let is_key = |column: usize| {
                shape.primary_key == [column] || shape.unique_keys.iter().any(|k| *k == [column])
            };
            shown.iter().any(|s| match s {
                Shown::Column(c) => c.table == table && is_key(c.column),
                Shown::Thing(t) => *t == table,
                Shown::Time(_) => false,
            }) || {
                // A first and a last name tell somebody apart.
                let display = &self.lexicon.tables[table].display;
                let told =
                    |c: &usize| shown.contains(&Shown::Column(ColumnRef { table, column: *c }));
                display.len() > 1 && display.iter().all(told)
            }
        };
        for (measure, _) in measures {
            if let Measured::Rows(table) = measure
                && (keyed(*table) || self.counts_what_is_shown(shown, *table))
            {
                return Err(not_understood(format!(
                    "Each row of {} would be counted by itself.",
                    self.table_name(*table)
                )));
            }
        }
        // "The most common offence": by the rows that point at it, and not by those of the list that tells what its codes mean.
        let meaning = |s: &Shown| match s {
            Shown::Column(at) => {
                let name = &self.lexicon.tables[at.table].columns[at.column];
                let pointed = self.lexicon.graph.of(at.table);
                let mut pointed = pointed.filter(|(_, e)| e.target == at.table);
                let means = name.last().is_some_and(|w| ENGLISH.meanings.contains(w));
                let rows = |(m, _): &(Measured, String)| *m == Measured::Rows(at.table);
                means && pointed.any(|(_, e)| e.holder != at.table) && measures.iter().any(rows)
            }
            _ => false,
        };
        if self.frame.superlative && shown.iter().any(meaning) {
            return Err(not_understood("What is counted is not clear."));
        }
        self.refuse_one_of_each(shown, measures)?;
        for (measure, _) in measures {
            let Measured::Values(at) = measure else {
                continue;
            };
            if shown.contains(&Shown::Column(*at)) || keyed(at.table) {
                return Err(not_understood(format!(
                    "Of each there is but one {}.",
                    self.catalog.column(*at).name
                )));
            }
        }
        // "Which buyer paid the highest price per kg": the price is one of each kg, and no group of equal prices.
        for (measure, _) in measures {
            if let Measured::Aggregate(_, Target::Column(at)) = measure
                && shown.contains(&Shown::Column(*at))
            {
                return Err(not_understood(format!(
                    "Rows of one {} have no other one.",
                    self.catalog.column(*at).name
                )));
            }
        }
        self.refuse_single_possessions(shown, measures)?;
        // "The average price of each maker's goods" is none of each of the goods.
        let of_one = |(measure, _): &(Measured, String)| match measure {
            Measured::Aggregate(Some(function), target) => {
                let series = shown.iter().any(|s| matches!(s, Shown::Time(_)));
                (series || *function != Aggregate::Sum) && keyed(table_of(self.lexicon, target))
            }
            _ => false,
        };
        if shown.len() > 1 && !self.frame.superlative && measures.iter().any(of_one) {
            return Err(not_understood(
                "Each group would be a single row: of which groups the number is to be is not clear.",
            ));
        }
        Ok(())
    }

    /// "The total amount of each clerk's claims": whether each claim is meant, or each clerk, is not said. Refused where each claim has
    /// but one amount.
    fn refuse_single_possessions(
        &self,
        shown: &[Shown],
        measures: &[(Measured, String)],
    ) -> Result<()> {
        let of_other = |d: &Dimension| match d {
            Dimension::Mention(m) => match (self.target(*m), self.frame.mentions[*m].of) {
                (Target::Table(t), Some(of)) => {
                    let owner = self.target(of);
                    let other = matches!(owner, Target::Table(o) if o != t);
                    Some(*t).filter(|t| other && shown.contains(&Shown::Thing(*t)))
                }
                _ => None,
            },
            Dimension::Time(_) => None,
        };
        let Some(thing) = self.frame.group.iter().find_map(of_other) else {
            return Ok(());
        };
        let own = |(measure, _): &(Measured, String)| match measure {
            Measured::Aggregate(_, target) => table_of(self.lexicon, target) == thing,
            _ => false,
        };
        match measures.iter().any(own) {
            true => Err(not_understood(format!(
                "Each group would be a single row of {}: of which groups the number is to be is not clear.",
                self.table_name(thing)
            ))),
            false => Ok(()),
        }
    }

    /// "The route with the most deliveries" where `delivery_routes` holds nothing but the routes themselves.
    fn counts_what_is_shown(&self, shown: &[Shown], table: usize) -> bool {
        let words = &self.lexicon.tables[table];
        let name = |c: usize| {
            let last = words.columns[c].last();
            words.display.contains(&c) || last.is_some_and(|w| ENGLISH.names.contains(w))
        };
        let names = |s: &Shown| matches!(s, Shown::Column(c) if c.table == table && name(c.column));
        let counted = match self.order_key() {
            Some(Key::Count(id)) => Some(id),
            _ => None,
        };
        let part = |c: &Candidate| c.target == Target::Table(table) && c.score < 0.95;
        shown.iter().any(names)
            && counted.is_some_and(|id| self.frame.mentions[id].candidates.iter().any(part))
    }

    /// Refuses an alternative that what follows may or may not be said of: "made after 2000 or reviewed by the Times".
    pub(crate) fn refuse_open_alternatives(&self, conditions: &[Condition]) -> Result<()> {
        let link = |c: &Condition| matches!(c, Condition::Related { negated: false, .. });
        for pair in conditions.windows(2) {
            if let Condition::Any(several) = &pair[0]
                && several.last().is_some_and(link)
            {
                return Err(not_understood("How far \"or\" reaches is not clear.")
                    .with_hint("Ask for one at a time."));
            }
        }
        Ok(())
    }

    /// Refuses alternatives of which one is but the way to the other: "no allergy to food or to pollen" has no rows that are
    /// allergies or of pollen.
    pub(crate) fn refuse_way_as_alternative(
        &mut self,
        several: &[Condition],
        head: usize,
    ) -> Result<()> {
        for link in several {
            let Condition::Related { to, .. } = link else {
                continue;
            };
            let table = self.table(*to);
            for other in several {
                if matches!(other, Condition::Related { .. }) {
                    continue;
                }
                if let Some(far) = self.condition_table(other, head)?
                    && (far == table
                        || self
                            .tree(self.root, &[far])?
                            .iter()
                            .any(|j| j.child == table))
                {
                    return Err(not_understood(format!(
                        "What is said about {} is not clear.",
                        self.table_name(table)
                    )));
                }
            }
        }
        Ok(())
    }

    /// Refuses what no row can be: without a value that every row has, or without the key over which it is joined.
    pub(crate) fn refuse_never_missing(
        &self,
        of: super::super::reading::frame::MentionId,
    ) -> Result<()> {
        let Target::Column(c) = self.target(of) else {
            return Ok(());
        };
        let needed = self.joins.iter().any(|join| {
            let edge = &self.lexicon.graph.edges[join.edge];
            edge.holder == c.table
                && edge.columns.contains(&c.column)
                && self.strict_below(join.child)
        });
        if self.catalog.column(*c).not_null || needed {
            return Err(not_understood(format!(
                "Each row of {} that is asked for has a {}: what is denied is not clear.",
                self.table_name(c.table),
                self.catalog.column(*c).name
            )));
        }
        Ok(())
    }

    /// Whether a condition denies what another table may have no row for: "documents without expenses" where a document has at
    /// most one row of expenses.
    pub(crate) fn denies_a_row(&self, condition: &Condition, table: usize) -> Result<bool> {
        let denied = matches!(
            condition,
            Condition::Null { negated: false, .. } | Condition::Related { negated: true, .. }
        );
        let present = table == self.root || self.joins.iter().any(|j| j.child == table);
        if !denied || present {
            return Ok(false);
        }
        let way = self.tree(self.root, &[table])?;
        let edges = &self.lexicon.graph.edges;
        Ok(way.iter().any(|j| edges[j.edge].holder == j.child))
    }
}
