//! Readings that run and that no analyst would mean: each group a single row of what it counts, names of something far away, amounts as
//! groups, and "who" without anybody.
//!
//! Invariant: a number of a group is one of several rows that the group may have, "their names" are those of what was named, and who is
//! asked for is shown. Where the words do not say what else they mean, the question is refused.

use super::super::language::{Aggregate, ENGLISH, is_plural, stems};
use super::super::linking::resolve::{is_bare_name, table_of};
use super::super::linking::shown::Shown;
use super::super::reading::frame::{Condition, Key, MentionId, Output};
use super::super::schema::lexicon::Target;
use super::super::schema::nature::Nature;
use super::super::sql::build::{Builder, Measured, not_understood};
use super::super::sql::group_plan::GroupPlan;
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use crate::question::tokens::stem;

impl Builder<'_> {
    /// Refuses a reading that runs and cannot be meant.
    ///
    /// # Errors
    /// 22023, with what is not clear.
    pub(crate) fn refuse_misread(&self) -> Result<()> {
        self.refuse_far_names()?;
        self.refuse_amounts_as_groups()?;
        self.refuse_flags_as_things()?;
        self.refuse_counted_quantities()?;
        self.refuse_kinds_as_one()?;
        self.refuse_either_and()?;
        self.refuse_titles_as_doers()?;
        self.refuse_denied_rows()?;
        self.refuse_something()
    }

    /// Groups of which each is one row of what is counted: "diagnoses by number of admissions" where a row is one diagnosis of one
    /// admission; and several aggregates of the one value that each thing has.
    ///
    /// # Errors
    /// 22023, with what each has but one of.
    pub(crate) fn refuse_one_of_each(
        &self,
        shown: &[Shown],
        measures: &[(Measured, String)],
    ) -> Result<()> {
        for s in shown {
            let Shown::Thing(thing) = *s else { continue };
            for (measure, _) in measures {
                let counted = match measure {
                    Measured::Rows(table) => *table,
                    Measured::Values(at) if self.catalog.table(*at).primary_key == [at.column] => {
                        at.table
                    }
                    _ => continue,
                };
                let role = |table: usize| self.lexicon.role(table).is_some();
                if counted != thing
                    && !role(thing)
                    && !role(counted)
                    && self.tree(thing, &[counted])?.iter().all(|j| j.to_one)
                {
                    return Err(not_understood(format!(
                        "Each row of {} has but one of {}.",
                        self.table_name(thing),
                        self.table_name(counted)
                    )));
                }
            }
            let of_one: Vec<&Target> = measures
                .iter()
                .filter_map(|(measure, _)| match measure {
                    Measured::Aggregate(Some(function), target)
                        if *function != Aggregate::Sum
                            && table_of(self.lexicon, target) == thing =>
                    {
                        Some(target)
                    }
                    _ => None,
                })
                .collect();
            if let [Target::Column(at), rest @ ..] = &of_one[..]
                && rest.contains(&&Target::Column(*at))
            {
                return Err(not_understood(format!(
                    "Each row of {} has but one {}.",
                    self.table_name(thing),
                    self.catalog.column(*at).name
                )));
            }
        }
        Ok(())
    }

    /// "For each cause, the outage that affected the most customers: cause and feeder": of single outages, where the answer would add up
    /// those of each feeder.
    ///
    /// # Errors
    /// 22023, with what is added up.
    pub(crate) fn refuse_added_up(&self, plan: &GroupPlan, of_each: bool) -> Result<()> {
        let Some(Target::Table(head)) = self.frame.head.map(|m| self.target(m)) else {
            return Ok(());
        };
        let itself = |s: &Shown| match s {
            Shown::Thing(t) => t == head,
            Shown::Column(at) => {
                self.catalog.table(*at).primary_key == [at.column] && at.table == *head
            }
            Shown::Time(_) => false,
        };
        let own = |(measure, _): &(Measured, String)| match measure {
            Measured::Aggregate(None | Some(Aggregate::Sum), target) => {
                matches!(target, Target::Column(at) if at.table == *head)
            }
            _ => false,
        };
        if of_each && !plan.shown.iter().any(itself) && plan.measures.iter().any(own) {
            return Err(not_understood(format!(
                "Whether single rows of {} are meant, or sums of them, is not clear.",
                self.table_name(*head)
            )));
        }
        Ok(())
    }

    /// "In their names": those of what nothing else speaks of are not meant.
    fn refuse_far_names(&self) -> Result<()> {
        for condition in &self.frame.conditions {
            let Condition::Like { left, .. } = condition else {
                continue;
            };
            let Target::Column(at) = self.target(*left) else {
                continue;
            };
            let spoken_of = |m: MentionId| {
                let target = self.target(m);
                m != *left
                    && table_of(self.lexicon, target) == at.table
                    && !matches!(target, Target::Column(other) if other != at)
            };
            if is_bare_name(&self.frame.mentions[*left].text)
                && !(0..self.frame.mentions.len()).any(spoken_of)
                && !self.is_of_neighbour(*left, at.table)
            {
                return Err(not_understood(format!(
                    "Whose \"{}\" is meant is not clear.",
                    self.frame.mentions[*left].text
                )));
            }
        }
        Ok(())
    }

    /// A key leads from the thing that a column is said to be of to the table of the column: gymnasts are people.
    fn is_of_neighbour(&self, id: MentionId, table: usize) -> bool {
        let Some(of) = self.frame.mentions[id].of else {
            return false;
        };
        let owner = self.table(of);
        let mut keys = self.lexicon.graph.of(owner);
        owner == table && matches!(self.target(of), Target::Table(_))
            || keys.any(|(_, e)| e.holder == owner && e.target == table)
    }

    /// "The number of invoices and the invoice total": equal amounts are no groups.
    fn refuse_amounts_as_groups(&self) -> Result<()> {
        let frame = self.frame;
        let counted = frame.outputs.iter().find_map(|o| match o {
            Output::Count { of, .. } => match self.target(*of) {
                Target::Table(t) => Some(*t),
                _ => None,
            },
            _ => None,
        });
        let (Some(counted), true) = (counted, frame.group.is_empty() && !frame.each) else {
            return Ok(());
        };
        // A major may be a number, too.
        let summed = |at: &ColumnRef| {
            let name = &self.lexicon.tables[at.table].columns[at.column];
            name.last()
                .is_some_and(|word| ENGLISH.sum_words.contains(word))
        };
        for output in &frame.outputs {
            if let Output::Plain(m) = output
                && let Target::Column(at) = self.target(*m)
                && at.table == counted
                && self.lexicon.nature(*at) == Nature::Amount
                && summed(at)
            {
                return Err(not_understood(format!(
                    "Whether {} is to be added up is not clear.",
                    self.catalog.column(*at).name
                ))
                .with_hint(format!("Say \"sum of the {}\".", frame.mentions[*m].text)));
            }
        }
        Ok(())
    }

    /// "Top 10 employees by salary" where a table holds what each was paid: the number of its rows ranks nobody.
    fn refuse_counted_quantities(&self) -> Result<()> {
        let frame = self.frame;
        let ranked = frame.order.as_ref().and_then(|order| match order.key {
            Key::Mention(id) => Some(id),
            _ => None,
        });
        let counted = frame.outputs.iter().filter_map(|o| match o {
            Output::Count { of, .. } => Some(*of),
            _ => None,
        });
        for id in counted.chain(ranked) {
            let Target::Table(table) = self.target(id) else {
                continue;
            };
            let quantity = |one: &String| ENGLISH.rates.iter().any(|word| stem(word) == *one);
            if matches!(&self.lexicon.tables[*table].stems[..], [one] if quantity(one))
                && !is_plural(&frame.mentions[id].text)
            {
                return Err(not_understood(format!(
                    "Which number of {} is meant by \"{}\" is not clear.",
                    self.table_name(*table),
                    frame.mentions[id].text
                )));
            }
        }
        Ok(())
    }

    /// "Dealers and their average stars" where a dealer is who is said to be one: those are listed, and not that some are and some are
    /// not.
    fn refuse_flags_as_things(&self) -> Result<()> {
        let frame = self.frame;
        let measured = |o: &Output| !matches!(o, Output::Plain(_));
        if !frame.group.is_empty() || !frame.outputs.iter().any(measured) {
            return Ok(());
        }
        for output in &frame.outputs {
            if let Output::Plain(m) = output
                && let Target::Column(at) = self.target(*m)
                && self.catalog.column(*at).class == TypeClass::Boolean
                && is_plural(&frame.mentions[*m].text)
            {
                return Err(not_understood(format!(
                    "Whether \"{}\" are listed, or all by {}, is not clear.",
                    frame.mentions[*m].text,
                    self.catalog.column(*at).name
                )));
            }
        }
        Ok(())
    }

    /// "How many readings are actual, estimated and faulty": a number of each, or of all of them.
    fn refuse_kinds_as_one(&self) -> Result<()> {
        let frame = self.frame;
        let ([Output::Count { .. }], true) = (&frame.outputs[..], frame.group.is_empty()) else {
            return Ok(());
        };
        let or = |word: &String| ENGLISH.or_words.contains(word);
        for condition in &frame.conditions {
            let (Condition::Any(several) | Condition::All(several)) = condition else {
                continue;
            };
            let mut columns = Vec::new();
            let valued = self.alternatives(several, &mut columns);
            let same = valued && columns.windows(2).all(|two| two[0] == two[1]);
            if same && columns.len() > 2 && !frame.words.iter().any(or) {
                return Err(not_understood(
                    "Whether one number is asked for, or one of each kind, is not clear.",
                ));
            }
        }
        Ok(())
    }

    /// The columns that alternatives give values of; false where one does something else.
    fn alternatives(&self, several: &[Condition], columns: &mut Vec<ColumnRef>) -> bool {
        several.iter().all(|condition| match condition {
            Condition::Any(inner) | Condition::All(inner) => self.alternatives(inner, columns),
            _ => {
                let column = self.valued(condition);
                columns.extend(column);
                column.is_some()
            }
        })
    }

    /// The column that a condition gives a value of.
    fn valued(&self, condition: &Condition) -> Option<ColumnRef> {
        match condition {
            Condition::Value {
                value,
                negated: false,
            } => match self.target(*value) {
                Target::Value(at, _) => Some(*at),
                _ => None,
            },
            _ => None,
        }
    }

    /// "Either in division A or in division B and in building C": the last may be said of both, or of the second alone.
    fn refuse_either_and(&self) -> Result<()> {
        let frame = self.frame;
        let either = |word: &String| ENGLISH.either_words.contains(word);
        if !frame.words.iter().any(either) {
            return Ok(());
        }
        for pair in frame.conditions.windows(2) {
            let Condition::Any(several) = &pair[0] else {
                continue;
            };
            let alternatives: Option<Vec<ColumnRef>> =
                several.iter().map(|c| self.valued(c)).collect();
            let other = self.valued(&pair[1]);
            if let (Some(first), Some(other)) = (alternatives, other)
                && !first.contains(&other)
            {
                return Err(not_understood("How far \"or\" reaches is not clear.")
                    .with_hint("Ask for one at a time."));
            }
        }
        Ok(())
    }

    /// "Total deposits by event manager": what somebody's work is called is not who did it, and groups may be meant.
    fn refuse_titles_as_doers(&self) -> Result<()> {
        let frame = self.frame;
        if !frame.group.is_empty() {
            return Ok(());
        }
        for condition in &frame.conditions {
            let Condition::Value { value, .. } = condition else {
                continue;
            };
            let mention = &frame.mentions[*value];
            if let (Target::Value(at, _), true) = (self.target(*value), mention.by)
                && at.table != self.root
                && mention.text.chars().all(|c| !c.is_uppercase())
                && frame
                    .outputs
                    .iter()
                    .any(|o| matches!(o, Output::Aggregate { .. }))
                && !self.lexicon.tables[at.table].display.contains(&at.column)
                && !is_plural(&mention.text)
                && stems(&mention.text)
                    .iter()
                    .any(|stem| ENGLISH.names_person(stem))
            {
                return Err(not_understood(format!(
                    "Whether \"{}\" is one {}, or one number of each is asked for, is not clear.",
                    mention.text,
                    self.catalog.column(*at).name
                ))
                .with_hint("Say \"for each\" or \"by each\"."));
            }
        }
        Ok(())
    }

    /// "Players now with the Foxes (no leave date)": rows that a condition needs are not also denied.
    fn refuse_denied_rows(&self) -> Result<()> {
        let conditions = &self.frame.conditions;
        let denied = conditions.iter().filter_map(|c| match c {
            Condition::Related {
                to,
                negated: true,
                inside,
            } if inside.is_empty() => Some(*to),
            _ => None,
        });
        for to in denied {
            let needs = |c: &Condition| match c {
                Condition::Value {
                    value,
                    negated: false,
                } => {
                    matches!(self.target(*value), Target::Segment(s) if self.lexicon.segments[*s].table == self.table(to))
                }
                _ => false,
            };
            if conditions.iter().any(needs) {
                return Err(not_understood(format!(
                    "What is said about \"{}\" contradicts itself.",
                    self.frame.mentions[to].text
                )));
            }
        }
        Ok(())
    }

    /// "Shops that sold something": that they did is said, and nothing that is read says so.
    fn refuse_something(&self) -> Result<()> {
        let frame = self.frame;
        let something = |word: &String| ENGLISH.something.contains(word);
        let denied = |c: &Condition| matches!(c, Condition::Related { negated: true, .. });
        // "Who never bought anything" is denied, and not what stands before "but never".
        let denied_alone = !frame.conditions.is_empty() && !self.says_but();
        if frame.verbs.is_empty()
            || frame.order.is_some()
            || !frame.words.iter().any(something)
            || !frame.conditions.iter().all(denied)
            || denied_alone
        {
            return Ok(());
        }
        Err(not_understood("What they did is not clear."))
    }

    /// A "but" sets what is denied against what is said before.
    fn says_but(&self) -> bool {
        let but = |word: &String| ENGLISH.but_words.contains(word);
        self.frame.words.iter().any(but)
    }
}
