//! How long it was from one date to another: "average number of days between order and delivery date".
//!
//! Invariant: both dates are of one row of the measured table, or of what that row belongs to, so that a row is measured once. A part
//! of a day is counted only where both are moments; days between a day and a moment are whole.

use super::super::language::{Aggregate, ENGLISH, Op};
use super::super::reading::frame::{MentionId, Output, Role};
use super::super::reading::parse::{Parser, Step};
use super::super::schema::lengths;
use super::super::schema::lexicon::Target;
use super::super::schema::names::root;
use super::super::schema::nature;
use super::super::time::dates::Unit;
use super::build::{Builder, Measured, not_understood};
use crate::catalog::model::{ColumnRef, LengthUnit, TypeClass};
use crate::error::Result;
use sqlparser::ast::Expr;

impl Parser<'_> {
    /// "days between invoice date and payment", after the function that is taken of it.
    pub(crate) fn time_between(&mut self, functions: &[Aggregate]) -> Option<Step> {
        let [function] = *functions else { return None };
        let mut k = usize::from(self.is(0, Op::Count));
        while self.is_filler(k) {
            k += 1;
        }
        let unit = self.segment(k)?.unit?;
        let measured = matches!(unit, Unit::Day | Unit::Hour | Unit::Minute);
        if !measured || !self.is(k + 1, Op::Between) {
            return None;
        }
        self.at += k + 2;
        Some(self.both_dates(function, unit))
    }

    fn both_dates(&mut self, function: Aggregate, unit: Unit) -> Step {
        let from = self.noun(Role::Any)?;
        if !self.is(0, Op::And) {
            return self.fail();
        }
        self.at += 1;
        let of = self.noun(Role::Any)?;
        self.frame.between.push((of, from, unit));
        self.frame.outputs.push(Output::Aggregate {
            function: Some(function),
            of,
        });
        Ok(())
    }
}

impl Builder<'_> {
    /// The time between the dates of an output, where it asks for that.
    pub(crate) fn between(
        &mut self,
        function: Aggregate,
        of: MentionId,
    ) -> Result<Option<Measured>> {
        let said = self.frame.between.iter().find(|(end, ..)| *end == of);
        let Some(&(_, from, unit)) = said else {
            return Ok(None);
        };
        let (from, to) = (self.date_named(from)?, self.date_named(of)?);
        if from == to {
            return Err(not_understood("Between which dates is not clear."));
        }
        let belongs = |holder: usize, other: usize| {
            self.tree(holder, &[other])
                .is_ok_and(|joins| joins.iter().all(|j| j.to_one))
        };
        let table = if belongs(to.table, from.table) {
            to.table
        } else if belongs(from.table, to.table) {
            from.table
        } else {
            return Err(not_understood("The dates do not belong to the same rows."));
        };
        Ok(Some(Measured::Between {
            function,
            from,
            to,
            unit,
            table,
        }))
    }

    /// A date by its name, or that of a thing.
    fn date_named(&mut self, id: MentionId) -> Result<ColumnRef> {
        let found = match self.target(id) {
            Target::Column(at) => Some(*at),
            Target::Table(table) => match self.date_of_deed(*table) {
                Some(column) => Some(column),
                None => self.own_date(*table)?,
            },
            _ => None,
        };
        let date = |at: &ColumnRef| nature::is_date(self.catalog.column(*at).class);
        found.filter(date).ok_or_else(|| {
            not_understood(format!("\"{}\" is no date.", self.frame.mentions[id].text))
        })
    }

    /// The day on which the rows of a table came to be, by the verb that the table is called after: `offered_on` of offers.
    fn date_of_deed(&self, table: usize) -> Option<ColumnRef> {
        let words = &self.lexicon.tables[table];
        let deed = root(words.stems.last()?);
        let dates = self.lexicon.date_columns(self.catalog, table).into_iter();
        let mut called = dates.filter(|column| match &words.columns[*column][..] {
            [verb, end] => ENGLISH.date_endings.contains(end) && root(verb) == deed,
            _ => false,
        });
        let column = called.next().filter(|_| called.next().is_none())?;
        Some(ColumnRef { table, column })
    }

    /// The aggregate of that time, in its unit.
    pub(crate) fn between_expr(
        &mut self,
        function: Aggregate,
        from: ColumnRef,
        to: ColumnRef,
        unit: Unit,
    ) -> Result<Expr> {
        let classes = [from, to].map(|at| self.catalog.column(at).class);
        let (start, end) = (self.column(from), self.column(to));
        let moments = !classes.contains(&TypeClass::Date);
        if !moments && unit != Unit::Day {
            return Err(not_understood("Days have no hours."));
        }
        let in_unit = match unit {
            Unit::Minute => LengthUnit::Minute,
            Unit::Hour => LengthUnit::Hour,
            _ => LengthUnit::Day,
        };
        let length = lengths::between(start, end, classes, in_unit);
        Ok(super::measures::aggregate(function, length))
    }
}
