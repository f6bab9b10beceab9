//! Rows that point at the first row of something else: "the cities in the county with the most officers".
//!
//! Invariant: the first is found among all rows of its table by the key that is pointed at, and all rows that point at it are
//! given; where more is said than that they do, whose first is meant is open, and the question is refused.

use super::super::reading::frame::{Condition, Key, MentionId, Order, Output};
use super::super::schema::lexicon::Target;
use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use sqlparser::ast::{BinaryOperator, Expr};

impl Builder<'_> {
    /// Whether several things are asked for, of which many may point at one row of a table: "cities" of a county, but no "city".
    pub(crate) fn are_many(&self, root: usize, table: usize) -> bool {
        let plural =
            |m: &MentionId| super::super::language::ends_as_plural(&self.frame.mentions[*m].text);
        let first = self.frame.outputs.first().map(|o| match o {
            Output::Plain(m) | Output::Count { of: m, .. } | Output::Aggregate { of: m, .. } => *m,
        });
        let edges = &self.lexicon.graph.edges;
        self.frame.picks.is_some()
            && root != table
            && self.frame.head.or(first).as_ref().is_some_and(plural)
            && self.joins.iter().any(|j| !edges[j.edge].one_to_one)
    }

    /// The table whose first row is found by the number of things that it has: "the product with the most complaints".
    pub(crate) fn picked_by_count(&self) -> Option<usize> {
        let (Some(picked), Some(Key::Count(_))) = (self.frame.picks, self.order_key()) else {
            return None;
        };
        Some(self.table(picked))
    }

    /// That a row points at the first row of a table by an order.
    ///
    /// # Errors
    /// 22023 when more is said than that, when the things that are asked for do not point there themselves, or when no single key of one column leads there.
    pub(crate) fn points_at_first(
        &mut self,
        head: usize,
        table: usize,
        order: &Order,
    ) -> Result<Expr> {
        let unclear = || not_understood("The first of which rows is meant is not clear.");
        // A row of each table that is joined is there.
        let joined =
            |t: usize| t == self.root || self.joins.iter().any(|j| j.child == t && j.to_one);
        let only_links = |c: &Condition| {
            matches!(c, Condition::Related { to, negated: false, inside }
                if inside.is_empty() && matches!(self.target(*to), Target::Table(t) if joined(*t)))
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
        // Over a link the things that are asked for would stand there as often as they are linked.
        if self.root != head {
            return Err(unclear());
        }
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
        let pointer = self.column(pointer);
        let first = match self.order_key() {
            Some(Key::Count(of)) => self.most_pointed_at(key, of, order.descending)?,
            _ => {
                let (expr, descending) = self.row_order(&order.key, order.descending, table)?;
                let alias = self.alias(table);
                let named = &self.catalog.tables[table];
                Parts {
                    columns: vec![(self.column(key), None)],
                    from: Some(ast::relation(&named.schema, &named.name, &alias)),
                    order_by: vec![(expr, descending)],
                    limit: Some(1),
                    ..Parts::default()
                }
            }
        };
        let descending = order.descending;
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

    /// The key that most rows of another table point at.
    pub(crate) fn most_pointed_at(
        &mut self,
        key: ColumnRef,
        of: MentionId,
        descending: bool,
    ) -> Result<Parts> {
        let unclear = || not_understood("What is counted to find the first of them is not clear.");
        let Target::Table(counted) = *self.target(of) else {
            return Err(unclear());
        };
        let edges = self.lexicon.graph.of(counted).map(|(_, e)| e);
        let mut edges = edges.filter(|e| e.holder == counted && e.target == key.table);
        let (Some(edge), None) = (edges.next(), edges.next()) else {
            return Err(unclear());
        };
        let ([column], [target]) = (&edge.columns[..], &edge.target_columns[..]) else {
            return Err(unclear());
        };
        if *target != key.column || counted == key.table {
            return Err(unclear());
        }
        let pointer = self.column(ColumnRef {
            table: counted,
            column: *column,
        });
        let alias = self.alias(counted);
        let named = &self.catalog.tables[counted];
        Ok(Parts {
            columns: vec![(pointer.clone(), None)],
            from: Some(ast::relation(&named.schema, &named.name, &alias)),
            condition: Some(Expr::IsNotNull(Box::new(pointer.clone()))),
            group_by: vec![pointer],
            order_by: vec![(ast::count_rows(), descending)],
            limit: Some(1),
            ..Parts::default()
        })
    }
}
