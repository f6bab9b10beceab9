//! Queries inside a query: what rows have in common with others, or not, and aggregates of other rows.
//!
//! Invariant: a query inside is built as any other, from a frame of its own with the same mentions, and refers to nothing outside.

use super::super::language::Aggregate;
use super::super::reading::frame::{Condition, Frame, MentionId, Output};
use super::super::schema::lexicon::Target;
use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use super::denied::positive;
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use sqlparser::ast::{Expr, Query, SetExpr, SetOperator, SetQuantifier};

impl Builder<'_> {
    /// A query of another frame over the same mentions.
    pub(crate) fn inside(&mut self, frame: &Frame) -> Result<Query> {
        let mut builder = Builder::new(self.catalog, self.lexicon, frame, self.targets, self.today);
        let query = builder.build()?;
        self.assumptions.append(&mut builder.assumptions);
        self.joined.append(&mut builder.joined);
        self.warnings.append(&mut builder.warnings);
        self.said.conditions.append(&mut builder.said.conditions);
        if self.said.shown.is_empty() {
            self.said.shown = builder.said.shown;
        }
        Ok(query)
    }

    /// The aggregate of a column over all rows of its table, or over those of which the conditions hold; `of` is what names it.
    pub(crate) fn aggregate_among(
        &mut self,
        at: ColumnRef,
        of: Option<MentionId>,
        function: Aggregate,
        among: &[Condition],
    ) -> Result<Expr> {
        let name = self.catalog.column(at).name.clone();
        let word = function.word();
        if among.is_empty() {
            self.said.compared = format!("its {word} over all rows");
            let table = self.catalog.table(at);
            let every = super::super::schema::members::stored("every", self.catalog.column(at));
            let every = super::super::schema::textdates::as_read(self.catalog.column(at), every);
            let inner = Parts {
                columns: vec![(super::measures::aggregate(function, every), None)],
                from: Some(ast::relation(&table.schema, &table.name, "every")),
                ..Parts::default()
            };
            return Ok(Expr::Subquery(Box::new(inner.query())));
        }
        let of = of.ok_or_else(|| not_understood("What is compared is not clear."))?;
        let frame = Frame {
            mentions: self.frame.mentions.clone(),
            outputs: vec![Output::Aggregate {
                function: Some(function),
                of,
            }],
            conditions: among.to_vec(),
            both: self.frame.both,
            verbs: self.frame.verbs.clone(),
            adjectives: self.frame.adjectives.clone(),
            ..Frame::default()
        };
        let start = self.said.conditions.len();
        let query = self.inside(&frame)?;
        let said = self.said.conditions.split_off(start).join(" and ");
        self.said.compared = format!("the {word} {name} of rows where {said}");
        Ok(Expr::Subquery(Box::new(query)))
    }

    /// What is true of some rows and of others: "titles listed in both Statistics and Psychology" are those of rows of the one
    /// that are also those of rows of the other; "in Statistics but not in Psychology" those that are not.
    ///
    /// # Errors
    /// 22023 when no condition of the frame lists such values.
    pub(crate) fn set_operation(&mut self) -> Result<Query> {
        let frame = self.frame;
        if frame.order.is_some()
            || frame.limit.is_some()
            || !frame.group.is_empty()
            || frame.outputs.iter().any(|o| !matches!(o, Output::Plain(_)))
        {
            return Err(not_understood("One row cannot hold two values at once."));
        }
        let conditions = frame.conditions.iter().enumerate();
        let mut lists = conditions.filter_map(|(at, c)| match c {
            Condition::All(several) if frame.both => Some((at, several)),
            _ => None,
        });
        let (operator, parts) = match (lists.next(), lists.next()) {
            _ if self.has_terms() => self.terms(),
            (Some(_), Some(_)) => {
                return Err(not_understood("What \"both\" joins is not clear."));
            }
            (Some((at, several)), None) => {
                let part = |one: &Condition| {
                    let mut conditions = frame.conditions.clone();
                    conditions[at] = one.clone();
                    conditions
                };
                (SetOperator::Intersect, several.iter().map(part).collect())
            }
            _ => (SetOperator::Except, self.with_and_without()?),
        };
        // What was assumed on the way to one row with both values is not true of this query.
        self.said = Default::default();
        self.assumptions.clear();
        self.warnings.clear();
        let mut result: Option<Query> = None;
        for conditions in parts {
            let part = Frame {
                conditions,
                both: false,
                ..frame.clone()
            };
            let start = self.said.conditions.len();
            let query = self.inside(&part)?;
            if result.is_some()
                && operator == SetOperator::Except
                && let Some(said) = self.said.conditions.get_mut(start)
            {
                *said = format!("and not where {said}");
            }
            result = Some(match result {
                None => query,
                Some(mut before) => {
                    before.body = Box::new(SetExpr::SetOperation {
                        op: operator,
                        set_quantifier: SetQuantifier::None,
                        left: before.body,
                        right: query.body,
                    });
                    before
                }
            });
        }
        result.ok_or_else(|| not_understood("What is listed is not clear."))
    }

    fn has_terms(&self) -> bool {
        let term = |c: &Condition| matches!(c, Condition::Term { .. });
        self.frame.conditions.iter().any(term)
    }

    /// "in Fall 2009 and in Spring 2010", "in Fall 2009 but not in Spring 2010": a query for each such pair, without the others.
    fn terms(&self) -> (SetOperator, Vec<Vec<Condition>>) {
        let conditions = &self.frame.conditions;
        let places = |wanted: bool| {
            let term = move |c: &Condition| matches!(c, Condition::Term { negated, .. } if *negated == wanted);
            (0..conditions.len()).filter(move |&i| term(&conditions[i]))
        };
        let all: Vec<usize> = places(false).chain(places(true)).collect();
        let part = |own: Option<usize>| {
            let kept = (0..conditions.len()).filter(|i| Some(*i) == own || !all.contains(i));
            kept.map(|i| positive(conditions[i].clone()))
                .collect::<Vec<_>>()
        };
        if places(true).next().is_none() {
            return (
                SetOperator::Intersect,
                places(false).map(|i| part(Some(i))).collect(),
            );
        }
        // What is excluded is taken from what fulfils all else.
        let first = places(false).next();
        let others = places(true).map(|i| part(Some(i)));
        (
            SetOperator::Except,
            std::iter::once(part(first)).chain(others).collect(),
        )
    }

    /// The conditions of the rows that are meant, and then of each kind of rows that are not.
    fn with_and_without(&self) -> Result<Vec<Vec<Condition>>> {
        let conditions = &self.frame.conditions;
        let denied = |i: &usize| match &conditions[*i] {
            Condition::Not(_) => true,
            Condition::Related { inside, .. } => !inside.is_empty(),
            _ => false,
        };
        let denied: Vec<usize> = (0..conditions.len()).filter(denied).collect();
        let (with, without) = if denied.is_empty() {
            let (with, without) = self
                .excluded()
                .ok_or_else(|| not_understood("What is excluded is not clear."))?;
            (Some(with), without)
        } else {
            (None, denied)
        };
        let all = 0..conditions.len();
        let meant = all.clone().filter(|i| !without.contains(i));
        let kinds = without.iter().map(|kind| {
            let kept = all
                .clone()
                .filter(|i| *i == *kind || Some(*i) != with && !without.contains(i));
            kept.flat_map(|i| match conditions[i].clone() {
                Condition::Related { to, inside, .. } if i == *kind => {
                    let related = Condition::Related {
                        to,
                        negated: false,
                        inside: Vec::new(),
                    };
                    std::iter::once(related).chain(inside).collect()
                }
                excluded if i == *kind => vec![positive(excluded)],
                condition => vec![condition],
            })
        });
        Ok(
            std::iter::once(meant.map(|i| conditions[i].clone()).collect())
                .chain(kinds.map(Iterator::collect))
                .collect(),
        )
    }

    /// The condition that asks for a value of a column, and those that exclude other values of it, by their places.
    pub(crate) fn excluded(&self) -> Option<(usize, Vec<usize>)> {
        let value = |c: &Condition| match c {
            Condition::Value { value, negated } => match self.target(*value) {
                Target::Value(column, text) => Some((*column, text, *negated)),
                _ => None,
            },
            _ => None,
        };
        let conditions = &self.frame.conditions;
        let with = conditions
            .iter()
            .position(|c| value(c).is_some_and(|(.., negated)| !negated))?;
        let (column, text, _) = value(&conditions[with])?;
        let excludes = |c: &Condition| {
            value(c).is_some_and(|(other, excluded, negated)| {
                negated && other == column && excluded != text
            })
        };
        let without: Vec<usize> = (0..conditions.len())
            .filter(|&i| excludes(&conditions[i]))
            .collect();
        (!without.is_empty()).then_some((with, without))
    }
}
