//! A day of what has a first and a last day in two columns: "who is on leave today" asks for those whose leave has begun and is not over.
//!
//! Invariant: only one day is read so, and only of rows whose dates are called a start and an end, where the question does not speak of either.
//! Without this, who went on leave yesterday would not be on leave today.

use super::super::schema::courses::Dates;
use super::super::time::dates::{Moment, Span, Unit};
use super::ast;
use super::build::Builder;
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator};

impl Builder<'_> {
    /// The condition that a day lies between the start, which is the date that was chosen, and the end of the same rows.
    pub(super) fn on_a_day(
        &mut self,
        at: ColumnRef,
        span: &Span,
        negated: bool,
    ) -> Result<Option<Expr>> {
        let one_day = match (span.from, span.to) {
            (Some(Moment::Start(Unit::Day, from)), Some(Moment::Start(Unit::Day, to))) => {
                to == from + 1
            }
            _ => false,
        };
        if !one_day {
            return Ok(None);
        }
        let said = |word: &String| self.frame.words.contains(word);
        let Some(end) = Dates::of_tables([at.table], self.catalog, self.lexicon).end_of(at, said)
        else {
            return Ok(None);
        };
        let begun = Span {
            from: None,
            to: span.to,
        };
        let not_over = Span {
            from: span.from,
            to: None,
        };
        let begun = self.time(at, &begun, false)?;
        let mut goes_on = self.time(end, &not_over, false)?;
        let column = self.catalog.column(end);
        if !column.not_null {
            let open = Expr::IsNull(Box::new(self.column(end)));
            goes_on = ast::nested(ast::binary(goes_on, BinaryOperator::Or, open));
        }
        let [first, last] = [at, end].map(|at| self.catalog.column(at).name.clone());
        self.assumptions
            .push(format!("the day is one from {first} to {last}"));
        let within = ast::binary(begun, BinaryOperator::And, goes_on);
        Ok(Some(match negated {
            true => Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr: Box::new(ast::nested(within)),
            },
            false => within,
        }))
    }
}
