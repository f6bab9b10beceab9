//! What has expired: the day until which it was valid is over.
//!
//! Invariant: a table has one date that is called after it ("expiry"); where it has several, no row is said to have expired. What has no such
//! day is valid. Without this an expired card would be one that nobody knows of.

use super::super::language::ENGLISH;
use super::super::sql::ast;
use super::lexicon::Lexicon;
use super::nature::Nature;
use super::states::{named, now_for};
use crate::catalog::model::Catalog;
use sqlparser::ast::{BinaryOperator, Expr};

impl Lexicon {
    /// The rows that have expired, and those that have not, of all tables. To be called after the states that comments tell, which come
    /// first.
    pub(crate) fn add_expired(&mut self, catalog: &Catalog) {
        for (table, relation) in catalog.tables.iter().enumerate() {
            let words = &self.tables[table];
            let expires = |c: &usize| {
                let mut name = words.columns[*c].iter();
                words.natures[*c] == Nature::Date && name.any(|w| ENGLISH.expiry.contains(w))
            };
            let mut days = (0..relation.columns.len()).filter(expires);
            let (Some(day), None) = (days.next(), days.next()) else {
                continue;
            };
            let column = &relation.columns[day];
            let over = ast::binary(named(column), BinaryOperator::Lt, now_for(column));
            let valid = ast::binary(
                Expr::IsNull(Box::new(named(column))),
                BinaryOperator::Or,
                ast::binary(named(column), BinaryOperator::GtEq, now_for(column)),
            );
            for (predicate, said) in [(over, &ENGLISH.expired), (valid, &ENGLISH.unexpired)] {
                let place = self.add_state_of(table, &[day], predicate, false);
                self.name_all(said, place);
            }
        }
    }
}
