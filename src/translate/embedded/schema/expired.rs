//! What has expired: the day until which it was valid is over.
//!
//! Invariant: a table has one date that is called after it ("expiry"); where it has several, no row is said to have expired. What has no such
//! day is valid. Without this an expired card would be one that nobody knows of.

use super::super::language::{ENGLISH, stems};
use super::super::sql::ast;
use super::lexicon::{Lexicon, Segment};
use super::nature::Nature;
use crate::catalog::model::{Catalog, TypeClass};
use sqlparser::ast::{BinaryOperator, Expr, Ident};

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
            let named = || Expr::Identifier(ast::ident(&column.name));
            let now = match column.class {
                TypeClass::Date => "CURRENT_DATE",
                _ => "CURRENT_TIMESTAMP",
            };
            let now = || Expr::Identifier(Ident::new(now));
            let over = ast::binary(named(), BinaryOperator::Lt, now());
            let valid = ast::binary(
                Expr::IsNull(Box::new(named())),
                BinaryOperator::Or,
                ast::binary(named(), BinaryOperator::GtEq, now()),
            );
            for (predicate, said) in [(over, &ENGLISH.expired), (valid, &ENGLISH.unexpired)] {
                self.segments.push(Segment {
                    name: predicate.to_string(),
                    table,
                    columns: vec![day],
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
