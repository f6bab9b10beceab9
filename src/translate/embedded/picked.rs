//! Rows that point at the first row of something else: "the cities in the county with the most officers".
//!
//! Invariant: the first is found among all rows of its table by the key that is pointed at, and all rows that point at it are
//! given; where more is said than that they do, whose first is meant is open, and the question is refused.

use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use super::frame::{Condition, MentionId, Order, Output};
use super::lexicon::Target;
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use sqlparser::ast::{BinaryOperator, Expr};

impl Builder<'_> {
    /// Whether several things are asked for, of which many may point at one row of a table: "cities" of a county, but no "city".
    pub(super) fn are_many(&self, root: usize, table: usize) -> bool {
        let plural = |m: &MentionId| self.frame.mentions[*m].text.to_lowercase().ends_with('s');
        let first = self.frame.outputs.first().map(|o| match o {
            Output::Plain(m) | Output::Count { of: m, .. } | Output::Aggregate { of: m, .. } => *m,
        });
        let edges = &self.lexicon.graph.edges;
        root != table
            && self.frame.head.or(first).as_ref().is_some_and(plural)
            && self.joins.iter().any(|j| !edges[j.edge].one_to_one)
    }

    /// That a row points at the first row of a table by an order.
    ///
    /// # Errors
    /// 22023 when more is said than that, or when no single key of one column leads there.
    pub(super) fn points_at_first(&mut self, table: usize, order: &Order) -> Result<Expr> {
        let unclear = || not_understood("The first of which rows is meant is not clear.");
        let only_links = |c: &Condition| {
            matches!(c, Condition::Related { to, negated: false, inside }
                if inside.is_empty() && *self.target(*to) == Target::Table(table))
        };
        let join = self
            .joins
            .iter()
            .find(|j| j.child == table && j.to_one)
            .copied();
        let (Some(join), true, true, Some(1)) = (
            join,
            self.frame.conditions.iter().all(only_links),
            self.frame.then.is_empty(),
            self.frame.limit,
        ) else {
            return Err(unclear());
        };
        let edge = &self.lexicon.graph.edges[join.edge];
        let ([holder], [target]) = (&edge.columns[..], &edge.target_columns[..]) else {
            return Err(unclear());
        };
        let key = ColumnRef {
            table,
            column: *target,
        };
        let pointer = ColumnRef {
            table: join.parent,
            column: *holder,
        };
        let (expr, descending) = self.row_order(&order.key, order.descending, table)?;
        let pointer = self.column(pointer);
        let alias = self.alias(table);
        let named = &self.catalog.tables[table];
        let first = Parts {
            columns: vec![(self.column(key), None)],
            from: Some(ast::relation(&named.schema, &named.name, &alias)),
            order_by: vec![(expr, descending)],
            limit: Some(1),
            ..Parts::default()
        };
        let which = if descending { "largest" } else { "smallest" };
        let name = self.table_name(table);
        self.said
            .conditions
            .push(format!("of the first {name}, {which} first"));
        Ok(ast::binary(
            pointer,
            BinaryOperator::Eq,
            Expr::Subquery(Box::new(first.query())),
        ))
    }
}
