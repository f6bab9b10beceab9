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

/// sqlparser's own bound on nested expressions and queries. It is small because a level takes up to 10 KB of stack.
const RECURSION_LIMIT: usize = 40;

/// Deeper trees are not shown to sqlparser: building and dropping them recurses once a level.
pub const MAX_DEPTH: u32 = 150;

/// Refuses what is not one query that only reads.
///
/// # Errors
/// 42501, naming the clause.
pub fn check(sql: &str) -> Result<()> {
    let dialect = PostgreSqlDialect {};
    let Ok(parser) = Parser::new(&dialect)
        .with_recursion_limit(RECURSION_LIMIT)
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
