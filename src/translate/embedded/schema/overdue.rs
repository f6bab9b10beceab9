//! What is overdue: the day that it was promised for is over, and it is not done; and what is late: it was done after that day.
//!
//! Invariant: a table has one date that something is due on, and one other date that may be missing and is not that when the row came to be:
//! the one when it was done. Where either is not there, or there are several, no row is said to be overdue.

use super::super::language::{ENGLISH, stems};
use super::super::sql::ast;
use super::courses::Dates;
use super::lexicon::{Lexicon, Segment};
use crate::catalog::model::{Catalog, TypeClass};
use sqlparser::ast::{BinaryOperator, Expr, Ident};

impl Lexicon {
    /// The rows that are overdue, of all tables. To be called after the states that comments tell, which come first.
    pub(crate) fn add_overdue(&mut self, catalog: &Catalog) {
        let dates = Dates::of(catalog, self);
        let tables = 0..catalog.tables.len();
        let found = tables.filter_map(|table| dates.promised_and_done(table));
        let found: Vec<_> = found.collect();
        for (due, done) in found {
            let named = |column: usize| {
                let name = &catalog.tables[due.table].columns[column].name;
                Expr::Identifier(ast::ident(name))
            };
            let now = match catalog.column(due).class {
                TypeClass::Date => "CURRENT_DATE",
                _ => "CURRENT_TIMESTAMP",
            };
            let over = ast::binary(
                named(due.column),
                BinaryOperator::Lt,
                Expr::Identifier(Ident::new(now)),
            );
            let open = Expr::IsNull(Box::new(named(done.column)));
            let overdue = ast::binary(over, BinaryOperator::And, open);
            let late = ast::binary(named(done.column), BinaryOperator::Gt, named(due.column));
            for (predicate, said) in [(overdue, &ENGLISH.overdue), (late, &ENGLISH.late_words)] {
                self.segments.push(Segment {
                    name: predicate.to_string(),
                    table: due.table,
                    columns: vec![due.column, done.column],
                    predicate,
                    told: Some(false),
                });
                let place = self.segments.len() - 1;
                for word in said {
                    let known = self.by_state.entry(stems(word).join(" ")).or_default();
                    known.push(place);
                }
            }
        }
    }
}
