//! What is overdue: the day that it was promised for is over, and it is not done; and what is late: it was done after that day.
//!
//! Invariant: a table has one date that something is due on, and one other date that may be missing and is not that when the row came to be:
//! the one when it was done. Where either is not there, or there are several, no row is said to be overdue.

use super::super::language::ENGLISH;
use super::super::sql::ast;
use super::courses::Dates;
use super::lexicon::Lexicon;
use super::states::{named, now_for};
use crate::catalog::model::{Catalog, TypeClass};
use sqlparser::ast::{BinaryOperator, DataType, Expr};

impl Lexicon {
    /// The rows that are overdue, of all tables. To be called after the states that comments tell, which come first.
    pub(crate) fn add_overdue(&mut self, catalog: &Catalog) {
        let dates = Dates::of(catalog, self);
        let tables = 0..catalog.tables.len();
        let found = tables.filter_map(|table| dates.promised_and_done(table));
        let found: Vec<_> = found.collect();
        for (due, done) in found {
            let [day, then] = [due, done].map(|at| catalog.column(at));
            let over = ast::binary(named(day), BinaryOperator::Lt, now_for(day));
            let open = Expr::IsNull(Box::new(named(then)));
            let overdue = ast::binary(over, BinaryOperator::And, open);
            // What was done on the day that it was due on was in time, at whatever hour.
            let when = match (day.class, then.class) {
                (TypeClass::Date, TypeClass::Date) => named(then),
                (TypeClass::Date, _) => ast::cast(named(then), DataType::Date),
                _ => named(then),
            };
            let late = ast::binary(when, BinaryOperator::Gt, named(day));
            let columns = [due.column, done.column];
            for (predicate, said) in [(overdue, &ENGLISH.overdue), (late, &ENGLISH.late_words)] {
                let place = self.add_state_of(due.table, &columns, predicate, false);
                self.name_all(said, place);
            }
        }
    }
}
