//! What is said of rows that belong to the first of an order, or that hold the value which most rows hold: "the average age of the
//! students who live in the dorm with the largest capacity", "customers who use the most popular payment method".
//!
//! Invariant: the first are found among all rows of their table, by a query that refers to nothing outside, and all rows that belong
//! to them are meant. Where more is said of the table whose first rows are meant, among which of its rows they are to be found is open,
//! and the question is refused; so is a number of the first rows themselves, which the question says already.

use super::super::linking::resolve::table_of;
use super::super::reading::frame::{Condition, Frame, Key, MentionId, Order, Output, mentions_of};
use super::super::schema::lexicon::{Lexicon, Target};
use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use crate::catalog::model::ColumnRef;
use crate::error::{Error, Result};
use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator};

/// Makes a superlative a condition, once the words are tied to the catalog, where it says the first of something that the rows which are
/// asked for, or measured, belong to.
pub(crate) fn settle(frame: &mut Frame, targets: &[Target], lexicon: &Lexicon) {
    if frame.superlative && frame.then.is_empty() {
        first_as_condition(frame, targets, lexicon);
    }
}

/// "the average age of students in the dorm with the largest capacity": the order says which dorm.
fn first_as_condition(frame: &mut Frame, targets: &[Target], lexicon: &Lexicon) {
    let shaped = !frame.group.is_empty()
        || frame.trend
        || frame.each
        || frame.echoed
        || frame.distribution
        || frame.duplicates
        || frame.window.is_some()
        || frame.versus.is_some()
        || frame.rollup.is_some()
        || frame.new.is_some();
    let Some(order) = frame.order.clone().filter(|_| !shaped) else {
        return;
    };
    let plain = |o: &Output| matches!(o, Output::Plain(_));
    let of = if frame.outputs.iter().all(plain) {
        picked_by_many(frame, targets, lexicon)
    } else if frame.outputs.iter().any(plain) {
        None
    } else {
        measured_of_first(frame, &order, targets, lexicon)
    };
    let Some(of) = of else {
        return;
    };
    let limit = frame.limit.take().unwrap_or(1);
    frame.order = None;
    frame.picks = None;
    frame.dated = None;
    frame.superlative = false;
    frame.conditions.push(Condition::First {
        of,
        order,
        limit,
        negated: false,
    });
}

/// The things whose first rows say which rows are measured.
fn measured_of_first(
    frame: &Frame,
    order: &Order,
    targets: &[Target],
    lexicon: &Lexicon,
) -> Option<MentionId> {
    let named = |table: usize| (0..targets.len()).find(|m| targets[*m] == Target::Table(table));
    let of = match (frame.picks, &order.key) {
        (Some(picked), _) => picked,
        (None, Key::Mention(id)) => named(table_of(lexicon, &targets[*id]))?,
        (None, Key::Adjective(_)) => frame.head?,
        (None, Key::Date) => frame.dated?,
        _ => return None,
    };
    // "how many students have the highest score": those who have it are not one by one the first.
    let first = match targets[of] {
        Target::Table(table) => table,
        _ => return None,
    };
    let measures = |o: &Output| match o {
        Output::Aggregate { .. } => true,
        Output::Count { of, .. } => table_of(lexicon, &targets[*of]) != first,
        Output::Plain(_) => false,
    };
    frame.outputs.iter().all(measures).then_some(of)
}

/// The things whose first row is meant, where it is one row of many that those which are asked for are related to, or where more is said.
fn picked_by_many(frame: &Frame, targets: &[Target], lexicon: &Lexicon) -> Option<MentionId> {
    let picked = frame.picks?;
    let head = frame.head?;
    let plural = super::super::language::ends_as_plural(&frame.mentions[head].text);
    let (Target::Table(first), Target::Table(things)) = (&targets[picked], &targets[head]) else {
        return None;
    };
    let (first, things) = (*first, *things);
    let of_first =
        |o: &Output| matches!(o, Output::Plain(m) if table_of(lexicon, &targets[*m]) == first);
    if !plural || first == things || frame.outputs.iter().any(of_first) {
        return None;
    }
    let points = lexicon
        .graph
        .of(things)
        .any(|(_, e)| e.holder == things && e.target == first);
    let link = |c: &Condition| matches!(c, Condition::Related { negated: false, inside, .. } if inside.is_empty());
    (!points || !frame.conditions.iter().all(link)).then_some(picked)
}

impl Builder<'_> {
    /// That a row is one of the first of its table, or holds one of the values that most rows hold.
    ///
    /// # Errors
    /// 22023 when more is said of the table, when no single column tells its rows apart, or when each row has a value of its own.
    pub(crate) fn is_first(
        &mut self,
        of: MentionId,
        order: &Order,
        limit: i64,
        negated: bool,
    ) -> Result<Expr> {
        let (at, first, said) = match self.target(of) {
            Target::Column(at) => self.commonest(*at, order.descending)?,
            Target::Table(table) => self.first_rows(*table, order, limit)?,
            _ => return Err(unclear()),
        };
        let first = Parts {
            limit: Some(limit),
            ..first
        };
        let denied = if negated { "not " } else { "" };
        self.said.conditions.push(format!("{denied}{said}"));
        let row = self.column(at);
        Ok(match (limit, negated) {
            (1, false) => ast::binary(
                row,
                BinaryOperator::Eq,
                Expr::Subquery(Box::new(first.query())),
            ),
            (1, true) => ast::binary(
                row,
                BinaryOperator::NotEq,
                Expr::Subquery(Box::new(first.query())),
            ),
            _ => {
                let among = Expr::InSubquery {
                    expr: Box::new(row),
                    subquery: Box::new(first.query()),
                    negated: false,
                };
                match negated {
                    false => among,
                    true => Expr::UnaryOp {
                        op: UnaryOperator::Not,
                        expr: Box::new(ast::nested(among)),
                    },
                }
            }
        })
    }

    /// The values of a column that most rows of its table hold.
    fn commonest(&mut self, at: ColumnRef, descending: bool) -> Result<(ColumnRef, Parts, String)> {
        let name = self.catalog.column(at).name.clone();
        if self.tells_apart(at) {
            return Err(not_understood(format!(
                "Each row of {} has a {name} of its own: what is counted is not clear.",
                self.table_name(at.table)
            )));
        }
        let value = self.column(at);
        let parts = Parts {
            condition: Some(Expr::IsNotNull(Box::new(value.clone()))),
            group_by: vec![value.clone()],
            order_by: vec![(ast::count_rows(), descending), (value.clone(), false)],
            ..self.rows_of_table(at.table, value)
        };
        let which = if descending { "most" } else { "least" };
        Ok((at, parts, format!("{name} is the {which} common")))
    }

    /// The keys of the first rows of a table.
    fn first_rows(
        &mut self,
        table: usize,
        order: &Order,
        limit: i64,
    ) -> Result<(ColumnRef, Parts, String)> {
        let said_of_it = |c: &Condition| match c {
            Condition::Related { inside, .. } => !inside.is_empty(),
            Condition::First { of, .. } => self.table(*of) != table,
            Condition::Time { .. } | Condition::Recurring { .. } => true,
            other => {
                let mentions = mentions_of(other);
                mentions.is_empty() || mentions.iter().any(|m| self.table(*m) == table)
            }
        };
        let [key] = self.catalog.tables[table].primary_key[..] else {
            return Err(unclear());
        };
        if self.frame.conditions.iter().any(said_of_it) {
            return Err(unclear());
        }
        let key = ColumnRef { table, column: key };
        let parts = match order.key {
            Key::Count(of) if limit == 1 => self.most_pointed_at(key, of, order.descending)?,
            Key::Mention(id) => {
                let Target::Column(by) = *self.target(id) else {
                    return Err(unclear());
                };
                if by.table != table || !self.is_ordered(by) {
                    return Err(unclear());
                }
                let by = self.column(by);
                let row = self.column(key);
                Parts {
                    order_by: vec![(by, order.descending)],
                    ..self.rows_of_table(table, row)
                }
            }
            Key::Adjective(_) | Key::Date => {
                let by = self.row_order(&order.key, order.descending, table)?;
                let row = self.column(key);
                Parts {
                    order_by: vec![by],
                    ..self.rows_of_table(table, row)
                }
            }
            _ => return Err(unclear()),
        };
        let which = if order.descending {
            "largest"
        } else {
            "smallest"
        };
        let name = self.table_name(table);
        Ok((key, parts, format!("of the first {name}, {which} first")))
    }

    /// One column of a table.
    fn rows_of_table(&mut self, table: usize, column: Expr) -> Parts {
        let alias = self.alias(table);
        let named = &self.catalog.tables[table];
        Parts {
            columns: vec![(column, None)],
            from: Some(ast::relation(&named.schema, &named.name, &alias)),
            ..Parts::default()
        }
    }
}

fn unclear() -> Error {
    not_understood("The first of which rows is meant is not clear.")
}
