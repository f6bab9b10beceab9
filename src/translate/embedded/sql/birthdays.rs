//! Birthdays, which come again each year: "employees with a birthday this month", "patients born in December".
//!
//! Invariant: a month or a day of a date of birth, without a year, is that of each year. A span that is neither is refused where the question
//! speaks of birthdays. Without this nobody had a birthday this month but who was born in it.

use super::super::language::ENGLISH;
use super::super::time::dates::{Moment, Span, Unit};
use super::super::time::recurring::Recurring;
use super::ast;
use super::build::{Builder, not_understood};
use super::moments::moment;
use super::recurs::part;
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use sqlparser::ast::{BinaryOperator, DateTimeField, Expr, UnaryOperator};

impl Builder<'_> {
    /// The condition that a day of birth is in a span of each year; `None` where the span is of one year, or the date of anything else.
    pub(super) fn birthday(
        &mut self,
        at: ColumnRef,
        span: &Span,
        negated: bool,
    ) -> Result<Option<Expr>> {
        let name = &self.lexicon.tables[at.table].columns[at.column];
        let born = name.iter().any(|w| ENGLISH.birth_words.contains(w));
        let year = |w: &String| w.len() == 4 && w.chars().all(|c| c.is_ascii_digit());
        if !born || self.frame.words.iter().any(year) {
            return Ok(None);
        }
        if let (Some(Moment::Day((from, month, 1))), Some(Moment::Day((to, next, 1)))) =
            (span.from, span.to)
            && (to * 12 + next as i32) - (from * 12 + month as i32) == 1
        {
            let times = Recurring::Months(vec![month]);
            return self.recurs(at, &times, negated).map(Some);
        }
        let said = &self.frame.words;
        if !said.iter().any(|w| ENGLISH.birthdays.contains(w)) {
            return Ok(None);
        }
        let parts: &[DateTimeField] = match (span.from, span.to) {
            (Some(Moment::Start(Unit::Month, from)), to)
                if to == Some(Moment::Now) && from == 0
                    || to == Some(Moment::Start(Unit::Month, from + 1)) =>
            {
                &[DateTimeField::Month]
            }
            (Some(Moment::Start(Unit::Day, from)), to)
                if to == Some(Moment::Start(Unit::Day, from + 1)) =>
            {
                &[DateTimeField::Month, DateTimeField::Day]
            }
            _ => {
                return Err(not_understood("Birthdays come again each year.")
                    .with_hint("Ask for those of a month or of a day."));
            }
        };
        let Some(from) = span.from else {
            return Ok(None);
        };
        let denied = if negated { "not " } else { "" };
        let name = &self.catalog.column(at).name;
        let line = format!("{name} {denied}in that time of each year");
        self.said.conditions.push(line);
        let same = parts.iter().map(|field| {
            let own = part(field.clone(), self.column(at));
            let then = part(field.clone(), moment(from, TypeClass::Date));
            ast::binary(own, BinaryOperator::Eq, then)
        });
        let same: Vec<Expr> = same.collect();
        let Some(same) = ast::all_of(same) else {
            return Ok(None);
        };
        Ok(Some(match negated {
            true => Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr: Box::new(ast::nested(same)),
            },
            false => same,
        }))
    }
}
