//! sqlparser's look at a statement: the structural check.
//!
//! It sees only what has passed PostgreSQL's parser and the budget, because it recurses without a bound of its own. What
//! it can read and finds forbidden is refused. What it cannot read, and PostgreSQL can, is decided by PostgreSQL's tree:
//! the two grammars differ in both directions.

use crate::error::{Error, Result};
use sqlparser::ast::{Query, SetExpr, Statement, Visit, Visitor};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::ops::ControlFlow;

/// Never more levels of nested expressions and queries than this; sqlparser counts them itself.
const MOST_LEVELS: usize = 40;

/// Never deeper trees than this: nested joins, which sqlparser does not count, and dropping what it built.
const MOST_DEPTH: usize = 150;

/// Stack that a level may need, counted or not, measured over 30 shapes of nesting (parenthesized joins and subqueries
/// need most, joins nested to the right are not counted). A debug build needs many times more.
const STACK_PER_LEVEL: usize = if cfg!(debug_assertions) {
    256 * 1024
} else {
    48 * 1024
};
const STACK_PER_DEPTH: usize = if cfg!(debug_assertions) {
    96 * 1024
} else {
    14 * 1024
};

/// How many levels sqlparser may go down for a tree of this depth with so many bytes of stack left; none when it must not
/// see the text. One half of the stack is for what it counts, the other for what it does not.
pub fn levels(depth: u32, stack_left: usize) -> Option<usize> {
    let half = stack_left / 2;
    let deepest = MOST_DEPTH.min(half / STACK_PER_DEPTH);
    let levels = MOST_LEVELS.min(half / STACK_PER_LEVEL);
    (levels > 0 && depth as usize <= deepest).then_some(levels)
}

/// Refuses what is not one query that only reads. Where the text nests deeper than `levels`, it says nothing.
///
/// # Errors
/// 42501, naming the clause.
pub fn check(sql: &str, levels: usize) -> Result<()> {
    let dialect = PostgreSqlDialect {};
    let Ok(parser) = Parser::new(&dialect)
        .with_recursion_limit(levels)
        .try_with_sql(sql)
    else {
        return Ok(());
    };
    let mut parser = parser;
    let Ok(statements) = parser.parse_statements() else {
        return Ok(());
    };
    let [Statement::Query(_)] = statements.as_slice() else {
        return Err(Error::refused("the guard refuses everything but one query")
            .with_detail("The text holds something else than exactly one SELECT."));
    };
    match statements.visit(&mut Reader) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(clause) => Err(Error::refused(format!("the guard refuses {clause}"))
            .with_detail("Only reading is allowed.")),
    }
}

struct Reader;

impl Visitor for Reader {
    type Break = &'static str;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        if !query.locks.is_empty() {
            return ControlFlow::Break("a locking clause");
        }
        body(&query.body)
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        match statement {
            Statement::Query(_) => ControlFlow::Continue(()),
            _ => ControlFlow::Break("a statement inside a query"),
        }
    }
}

/// Nested queries are visited by the caller; here only the arms of one query's set operations.
fn body(expression: &SetExpr) -> ControlFlow<&'static str> {
    match expression {
        SetExpr::Select(select) if select.into.is_some() => ControlFlow::Break("SELECT INTO"),
        SetExpr::SetOperation { left, right, .. } => {
            body(left)?;
            body(right)
        }
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
            ControlFlow::Break("INSERT, UPDATE, DELETE and MERGE")
        }
        _ => ControlFlow::Continue(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_DEPTH, MOST_LEVELS, check, levels};

    #[test]
    fn what_it_sees_as_forbidden_is_refused() {
        for sql in [
            "DELETE FROM t",
            "SELECT 1; SELECT 2",
            "SELECT a INTO b FROM t",
            "SELECT a FROM t UNION SELECT b INTO c FROM t",
            "SELECT * FROM t FOR UPDATE",
            "SELECT * FROM (SELECT * FROM t FOR SHARE) s",
            "WITH d AS (DELETE FROM t RETURNING a) SELECT a FROM d",
            "SELECT (SELECT a FROM t FOR UPDATE)",
        ] {
            assert!(check(sql, MOST_LEVELS).is_err(), "{sql}");
        }
    }

    #[test]
    fn what_it_cannot_read_is_left_to_postgresql() {
        for sql in [
            "SELECT a FROM t WHERE a BETWEEN SYMMETRIC 2 AND 1",
            "TABLE t",
            "SELECT 1 WITH no sense at all",
            "SELECT 'unterminated",
            "WITH a AS (SELECT 1) SELECT * FROM a UNION (VALUES (1)) ORDER BY 1",
        ] {
            assert!(check(sql, MOST_LEVELS).is_ok(), "{sql}");
        }
        // Nested deeper than it may go.
        let deep = format!("SELECT {}1{}", "(".repeat(60), ")".repeat(60));
        assert!(check(&deep, MOST_LEVELS).is_ok());
    }

    #[test]
    fn a_small_stack_or_a_deep_tree_keeps_it_away() {
        let plenty = 64 * 1024 * 1024;
        assert_eq!(levels(1, plenty), Some(MOST_LEVELS));
        assert_eq!(levels(1, 64 * 1024), None);
        assert_eq!(levels(MOST_DEPTH as u32 + 1, plenty), None);
        assert!(levels(10, 3 * 1024 * 1024).is_some_and(|levels| levels <= MOST_LEVELS));
    }
}
