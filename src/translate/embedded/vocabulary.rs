//! What administrators have defined, as names of the lexicon.

use super::build::Builder;
use super::language::stems;
use super::lexicon::{Formula, Lexicon, Measure, Target};
use crate::catalog::model::{Catalog, ColumnRef, Table};
use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Value, visit_expressions, visit_expressions_mut,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;
use std::ops::ControlFlow;

/// Longest definition that is parsed, in bytes.
const MOST_BYTES: usize = 4_000;

/// How deep an expression may nest.
const MOST_LEVELS: usize = 25;

impl Lexicon {
    /// Synonyms, metrics, and those segments that are one value of one column. A definition about what this role cannot see has
    /// no effect.
    pub(super) fn add_vocabulary(&mut self, catalog: &Catalog) {
        for synonym in &catalog.vocabulary.synonyms {
            let target = match synonym.column {
                Some(column) => Target::Column(ColumnRef {
                    table: synonym.table,
                    column,
                }),
                None => Target::Table(synonym.table),
            };
            for words in &synonym.words {
                self.add(target.clone(), stems(&words.to_lowercase()), 1.0);
            }
        }
        for metric in &catalog.vocabulary.metrics {
            let table = &catalog.tables[metric.table];
            let Some(parsed) = expression(&metric.definition).filter(|e| knows(table, e)) else {
                continue;
            };
            let id = self.measures.len();
            self.measures.push(Measure {
                name: metric.words.first().cloned().unwrap_or_default(),
                table: metric.table,
                formula: Formula::Defined(Box::new(parsed)),
                denominator: None,
            });
            for words in &metric.words {
                // A person's own definition comes before what its words mean in general.
                self.add(Target::Measure(id), stems(&words.to_lowercase()), 1.2);
            }
        }
        for segment in &catalog.vocabulary.segments {
            let table = &catalog.tables[segment.table];
            let parsed = expression(&segment.definition);
            let Some((column, value)) = parsed.as_ref().and_then(|e| one_value(table, e)) else {
                continue;
            };
            let at = ColumnRef {
                table: segment.table,
                column,
            };
            for words in &segment.words {
                let words = stems(&words.to_lowercase());
                // "active customer" says "active" of customers.
                let own = words.strip_suffix(&self.tables[segment.table].stems[..]);
                let words = own.filter(|rest| !rest.is_empty()).unwrap_or(&words);
                let meanings = self.segments.entry(words.join(" ")).or_default();
                meanings.push((at, value.clone()));
            }
        }
    }
}

/// The place of the column that a reference names.
fn column_of(table: &Table, expr: &Expr) -> Option<Option<usize>> {
    let name: &Ident = match expr {
        Expr::Identifier(name) => name,
        Expr::CompoundIdentifier(parts) => parts.last()?,
        _ => return None,
    };
    let folded = match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_lowercase(),
    };
    Some(table.columns.iter().position(|c| c.name == folded))
}

/// True when every column that an expression names is one that the role sees.
fn knows(table: &Table, expr: &Expr) -> bool {
    visit_expressions(expr, |e| match column_of(table, e) {
        Some(None) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_continue()
}

/// `column = 'value'`.
fn one_value(table: &Table, expr: &Expr) -> Option<(usize, String)> {
    match expr {
        Expr::Nested(inner) => one_value(table, inner),
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } => match &**right {
            Expr::Value(value) => match &value.value {
                Value::SingleQuotedString(text) => Some((column_of(table, left)??, text.clone())),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

impl Builder<'_> {
    /// A metric in the place where the query needs it.
    pub(super) fn defined(&mut self, table: usize, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        let _ = visit_expressions_mut(&mut expr, |e: &mut Expr| {
            if let Some(Some(column)) = column_of(&self.catalog.tables[table], e) {
                *e = self.column(ColumnRef { table, column });
            }
            ControlFlow::<()>::Continue(())
        });
        super::ast::nested(expr)
    }
}

/// Parses a text that is one SQL expression, to its end, without a subquery.
pub fn expression(text: &str) -> Option<Expr> {
    // A comment is no part of an expression, and would hide what it is put into.
    if text.len() > MOST_BYTES || text.contains("--") || text.contains("/*") {
        return None;
    }
    let mut parser = Parser::new(&PostgreSqlDialect {})
        .with_recursion_limit(MOST_LEVELS)
        .try_with_sql(text)
        .ok()?;
    let parsed = parser.parse_expr().ok()?;
    if parser.peek_token().token != Token::EOF {
        return None;
    }
    let subquery = visit_expressions(&parsed, |e| match e {
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    subquery.is_continue().then_some(parsed)
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn a_definition_is_one_expression() {
        for good in [
            "sum(a - b)",
            "status = 'active'",
            "count(*) FILTER (WHERE x > 1)",
        ] {
            assert!(expression(good).is_some(), "{good}");
        }
        for bad in [
            "1) FROM t WHERE (true",
            "a, b",
            "a; DELETE FROM t",
            "(SELECT 1)",
            "a IN (SELECT 1)",
            "true -- ",
            "",
        ] {
            assert!(expression(bad).is_none(), "{bad}");
        }
    }
}
