//! The aggregate over the rows of one group, for each row that is compared with it: "above the average of their own department".
//!
//! Invariant: the group is what a column of the compared rows themselves says, or a key that they hold; of what is further away, and where two keys
//! lead to it, the question is refused. A row without a group is compared with nothing, and is none of those that are asked for.

use super::super::language::Aggregate;
use super::super::reading::frame::MentionId;
use super::super::schema::lexicon::Target;
use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use sqlparser::ast::{BinaryOperator, Expr};

/// What the rows of the group are called in the query.
const GROUP: &str = "every";

impl Builder<'_> {
    /// The aggregate of a column over the rows that are in the same group as the one that it is compared with.
    pub(crate) fn aggregate_within(
        &mut self,
        at: ColumnRef,
        function: Aggregate,
        whose: MentionId,
    ) -> Result<Expr> {
        let own = |column: &usize| ColumnRef {
            column: *column,
            ..at
        };
        let shared: Vec<ColumnRef> = match self.target(whose) {
            Target::Column(group) if group.table == at.table => vec![*group],
            Target::Table(group) => {
                let keys = self.lexicon.graph.of(at.table).map(|(_, edge)| edge);
                let mut keys = keys.filter(|e| e.holder == at.table && e.target == *group);
                match (keys.next(), keys.next()) {
                    (Some(only), None) => only.columns.iter().map(own).collect(),
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        };
        let said = &self.frame.mentions[whose].text;
        if shared.is_empty() {
            return Err(not_understood(format!(
                "Which rows are of the same \"{said}\" is not clear."
            )));
        }
        let table = self.catalog.table(at);
        self.said.compared = format!("its {} over the same {said}", function.word());
        let stored =
            |at: ColumnRef| super::super::schema::members::stored(GROUP, self.catalog.column(at));
        let every = super::super::schema::textdates::as_read(self.catalog.column(at), stored(at));
        let same: Vec<(ColumnRef, Expr)> = shared.iter().map(|at| (*at, stored(*at))).collect();
        let from = ast::relation(&table.schema, &table.name, GROUP);
        let same = same.into_iter().map(|(at, every)| {
            let own = self.stored(at);
            ast::binary(every, BinaryOperator::Eq, own)
        });
        let inner = Parts {
            columns: vec![(super::measures::aggregate(function, every), None)],
            from: Some(from),
            condition: ast::all_of(same.collect::<Vec<_>>()),
            ..Parts::default()
        };
        Ok(Expr::Subquery(Box::new(inner.query())))
    }
}
