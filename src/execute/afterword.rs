//! What an analyst must know of an answer besides its rows: that no row lies in the time that was asked for, and which times the
//! data covers; that the first so many end among equal ones.
//!
//! Both are read off the statement that ran and asked in the same cage, as the caller, and only where the planner takes it for
//! cheap. Invariant: a question of its own here never changes the answer, and its failure is no failure of the answer.

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, LimitClause, ObjectName, OrderByKind, Query, Select, SelectItem,
    SetExpr, Statement, TableFactor, TableWithJoins, Value,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::ops::ControlFlow;

/// How deep a statement may nest that is looked at: those of the embedded translator are flat.
const DEEPEST: usize = 50;

/// Which times a column covers, where a statement asks for some.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Coverage {
    /// One row of texts: the first and the last day, and 't' when a row lies in the time that the statement asks for.
    pub sql: String,
    /// What it is of, as "table.column".
    pub of: String,
}

/// The last row that a LIMIT lets through, and the one after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// One row: 't' when both are equal by what the rows are ordered by.
    pub sql: String,
    /// How many rows the LIMIT lets through.
    pub limit: u64,
}

/// The question which times the data covers, of a statement that limits the dates of one column.
pub(super) fn coverage(sql: &str) -> Option<Coverage> {
    let query = parsed(sql)?;
    let select = select(&query)?;
    let mut bounds: Vec<&Expr> = Vec::new();
    let mut dated: Option<(&Ident, &Ident)> = None;
    for condition in conjuncts(select.selection.as_ref()?) {
        let Some(column) = time_bound(condition) else {
            continue;
        };
        // Times of several columns: which of them has no rows is not said by one range.
        if dated.is_some_and(|known| known != column) {
            return None;
        }
        dated = Some(column);
        bounds.push(condition);
    }
    let (alias, column) = dated?;
    let table = table_of(&select.from, alias)?;
    let held: Vec<String> = bounds.iter().map(ToString::to_string).collect();
    let name = table.0.last()?.as_ident()?;
    Some(Coverage {
        sql: format!(
            "SELECT (SELECT min({alias}.{column}) FROM {table} AS {alias})::pg_catalog.date::pg_catalog.text AS first, \
             (SELECT max({alias}.{column}) FROM {table} AS {alias})::pg_catalog.date::pg_catalog.text AS last, \
             CASE WHEN EXISTS (SELECT 1 FROM {table} AS {alias} WHERE {}) THEN 't' ELSE 'f' END AS held",
            held.join(" AND ")
        ),
        of: format!("{}.{}", name.value, column.value),
    })
}

/// The question whether a LIMIT cuts equal rows apart.
pub(super) fn cut(sql: &str) -> Option<Cut> {
    let mut query = parsed(sql)?;
    let Some(LimitClause::LimitOffset {
        limit: Some(Expr::Value(value)),
        offset: None,
        ..
    }) = &mut query.limit_clause
    else {
        return None;
    };
    let limit: u64 = match &value.value {
        Value::Number(digits, _) => digits.parse().ok().filter(|n| *n > 0)?,
        _ => return None,
    };
    value.value = Value::Number((limit + 1).to_string(), false);
    let OrderByKind::Expressions(by) = &query.order_by.as_ref()?.kind else {
        return None;
    };
    let key = by.first()?.expr.clone();
    let SetExpr::Select(select) = query.body.as_mut() else {
        return None;
    };
    if select.distinct.is_some() {
        return None;
    }
    select.projection = vec![SelectItem::ExprWithAlias {
        expr: key,
        alias: Ident::new("k"),
    }];
    let next = limit + 1;
    Some(Cut {
        sql: format!(
            "SELECT CASE WHEN cardinality(a.k) = {next} AND a.k[{limit}] IS NOT DISTINCT FROM a.k[{next}] THEN 't' ELSE 'f' END AS split \
             FROM (SELECT array_agg(o.k) AS k FROM ({query}) AS o) AS a"
        ),
        limit,
    })
}

fn parsed(sql: &str) -> Option<Query> {
    let parser = Parser::new(&PostgreSqlDialect {}).with_recursion_limit(DEEPEST);
    let mut statements = parser.try_with_sql(sql).ok()?.parse_statements().ok()?;
    match (statements.pop()?, statements.is_empty()) {
        (Statement::Query(query), true) => Some(*query),
        _ => None,
    }
}

fn select(query: &Query) -> Option<&Select> {
    match query.body.as_ref() {
        SetExpr::Select(select) if query.with.is_none() => Some(select),
        _ => None,
    }
}

/// The parts of a condition that must all hold. A condition is as deep as PostgreSQL has parsed it, and the list of what is left
/// to look at is our own.
fn conjuncts(condition: &Expr) -> Vec<&Expr> {
    let (mut left, mut found) = (vec![condition], Vec::new());
    while let Some(expr) = left.pop() {
        match expr {
            Expr::BinaryOp {
                left: a,
                op: BinaryOperator::And,
                right: b,
            } => left.extend([b.as_ref(), a.as_ref()]),
            Expr::Nested(inside) => left.push(inside),
            other => found.push(other),
        }
    }
    found
}

/// The column that a comparison bounds by a time: "o.ordered_at >= date_trunc('month', now())".
fn time_bound(condition: &Expr) -> Option<(&Ident, &Ident)> {
    let Expr::BinaryOp { left, op, right } = condition else {
        return None;
    };
    let bounds = matches!(
        op,
        BinaryOperator::GtEq | BinaryOperator::Gt | BinaryOperator::Lt | BinaryOperator::LtEq
    );
    match left.as_ref() {
        Expr::CompoundIdentifier(parts) if bounds && says_time(right) => match &parts[..] {
            [alias, column] => Some((alias, column)),
            _ => None,
        },
        _ => None,
    }
}

/// Made of dates, of the clock and of nothing of a table.
fn says_time(expr: &Expr) -> bool {
    let mut time = false;
    let outside = sqlparser::ast::visit_expressions(expr, |e| {
        match e {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Subquery(_) => {
                return ControlFlow::Break(());
            }
            Expr::TypedString(_) => time = true,
            Expr::Function(f) => time |= f.name.to_string().eq_ignore_ascii_case("now"),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    time && outside.is_continue()
}

/// The table of an alias.
fn table_of<'a>(from: &'a [TableWithJoins], alias: &Ident) -> Option<&'a ObjectName> {
    let joined = |t: &'a TableWithJoins| {
        std::iter::once(&t.relation).chain(t.joins.iter().map(|j| &j.relation))
    };
    from.iter()
        .flat_map(joined)
        .find_map(|factor| match factor {
            TableFactor::Table {
                name,
                alias: Some(called),
                args: None,
                ..
            } if called.name == *alias => Some(name),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_one_column_are_asked_for() {
        let found = coverage(
            "SELECT sum(o.amount) AS total FROM shop.orders AS o JOIN shop.customers AS c ON c.id = o.customer_id \
             WHERE o.ordered_at >= DATE '1990-01-01' AND o.ordered_at < DATE '1991-01-01' AND c.name = 'Ada'",
        );
        let found = found.expect("a column");
        assert_eq!(found.of, "orders.ordered_at");
        assert!(found.sql.contains("EXISTS (SELECT 1 FROM shop.orders AS o WHERE o.ordered_at >= DATE '1990-01-01' AND o.ordered_at < DATE '1991-01-01')"), "{}", found.sql);
        let now = "SELECT count(*) FROM a.t AS t WHERE t.d >= date_trunc('month', now()) - INTERVAL '1 month'";
        assert!(coverage(now).is_some());
        for other in [
            "SELECT count(*) FROM a.t AS t",
            "SELECT count(*) FROM a.t AS t WHERE t.n >= 5 AND t.d < t.e",
            "SELECT count(*) FROM a.t AS t WHERE t.d >= DATE '1990-01-01' AND t.e < DATE '1990-01-01'",
            "SELECT count(*) FROM a.t AS t WHERE t.d >= (SELECT min(u.d) FROM a.u AS u)",
            "SELECT 1; SELECT 2",
            "not a statement",
        ] {
            assert_eq!(coverage(other), None, "{other}");
        }
    }

    #[test]
    fn the_row_after_the_last_one_is_compared_with_it() {
        let found = cut(
            "SELECT c.name AS customer FROM shop.customers AS c ORDER BY c.age DESC NULLS LAST, c.id LIMIT 3",
        )
        .expect("a limit");
        assert_eq!(found.limit, 3);
        assert!(
            found.sql.contains("(SELECT c.age AS k FROM shop.customers AS c ORDER BY c.age DESC NULLS LAST, c.id LIMIT 4)"),
            "{}",
            found.sql
        );
        for other in [
            "SELECT c.name FROM shop.customers AS c LIMIT 3",
            "SELECT c.name FROM shop.customers AS c ORDER BY c.age",
            "SELECT DISTINCT c.name FROM shop.customers AS c ORDER BY c.name LIMIT 3",
            "SELECT c.name FROM shop.customers AS c ORDER BY c.age LIMIT 0",
        ] {
            assert_eq!(cut(other), None, "{other}");
        }
    }
}
