//! A question that differs from an approved one in its parameters only.
//!
//! Invariant: a parameter is taken over only when its old value stands exactly once among the literals of the approved SQL; all
//! else is refused, because a wrong answer under the name of an approved one is the worst of all.

use crate::question::tokens::{Token, TokenKind};
use sqlparser::ast::{Expr, Statement, Value, visit_expressions_mut};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::ops::ControlFlow;

/// One parameter: as it was and as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub old: String,
    pub new: String,
    number: bool,
}

/// The parameters in which two questions differ; `None` when they differ in anything else, or not at all.
pub fn changes(
    old_text: &str,
    old: &[Token],
    new_text: &str,
    new: &[Token],
) -> Option<Vec<Change>> {
    if old.len() != new.len() {
        return None;
    }
    let mut changes: Vec<Change> = Vec::new();
    for (a, b) in old.iter().zip(new) {
        if a.lower == b.lower {
            continue;
        }
        let change = match (&a.kind, &b.kind) {
            (TokenKind::Number(_), TokenKind::Number(_)) => {
                let (old, new) = (&old_text[a.start..a.end], &new_text[b.start..b.end]);
                let plain = |t: &str| {
                    !t.is_empty() && t.len() < 16 && t.bytes().all(|c| c.is_ascii_digit())
                };
                (plain(old) && plain(new)).then(|| Change {
                    old: old.into(),
                    new: new.into(),
                    number: true,
                })?
            }
            (TokenKind::Quoted(old), TokenKind::Quoted(new)) => Change {
                old: old.clone(),
                new: new.clone(),
                number: false,
            },
            _ => return None,
        };
        changes.push(change);
    }
    // A value that stands for two parameters cannot be told apart in the SQL.
    let repeated = changes
        .iter()
        .enumerate()
        .any(|(i, c)| changes[..i].iter().any(|d| d.old == c.old));
    // Nor may an old value stay somewhere else in the question.
    let stays = changes.iter().any(|c| {
        old.iter()
            .zip(new)
            .any(|(a, b)| a.lower == b.lower && a.lower == c.old.to_lowercase())
    });
    (!changes.is_empty() && !repeated && !stays).then_some(changes)
}

/// The SQL with the new values; `None` unless each old value stands in it exactly once, as a literal of its kind.
pub fn replace(sql: &str, changes: &[Change]) -> Option<String> {
    let mut statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).ok()?;
    let [Statement::Query(query)] = &mut statements[..] else {
        return None;
    };
    let mut found = vec![0_u32; changes.len()];
    let mut near = false;
    let _ = visit_expressions_mut(query, |expr: &mut Expr| {
        if let Expr::Value(value) = expr {
            for (place, change) in changes.iter().enumerate() {
                match &mut value.value {
                    Value::Number(number, _) if change.number && *number == change.old => {
                        *number = change.new.clone();
                        found[place] += 1;
                        break;
                    }
                    Value::SingleQuotedString(text) if !change.number && *text == change.old => {
                        *text = change.new.clone();
                        found[place] += 1;
                        break;
                    }
                    // '2024-01-01' depends on 2024 too, and so may 2025 as the end of 2024.
                    Value::SingleQuotedString(text) if text.contains(&change.old) => near = true,
                    Value::Number(number, _) if follows(number, change) => near = true,
                    _ => {}
                }
            }
        }
        ControlFlow::<()>::Continue(())
    });
    (!near && found.iter().all(|&count| count == 1)).then(|| query.to_string())
}

/// True when a number may be made from the old value: the year after or before it.
fn follows(number: &str, change: &Change) -> bool {
    change.number
        && change.old.len() == 4
        && matches!((number.parse::<i64>(), change.old.parse::<i64>()), (Ok(a), Ok(b)) if (a - b).abs() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::tokens::tokenize;

    fn taken_over(old: &str, sql: &str, new: &str) -> Option<String> {
        replace(sql, &changes(old, &tokenize(old), new, &tokenize(new))?)
    }

    #[test]
    fn a_number_and_a_quoted_name_are_taken_over() {
        assert_eq!(
            taken_over(
                "sales for 2024",
                "SELECT s FROM t WHERE y = 2024",
                "sales for 2025"
            )
            .as_deref(),
            Some("SELECT s FROM t WHERE y = 2025")
        );
        assert_eq!(
            taken_over("top 5", "SELECT s FROM t LIMIT 5", "top 10").as_deref(),
            Some("SELECT s FROM t LIMIT 10")
        );
        assert_eq!(
            taken_over(
                "sales in 'North'",
                "SELECT s FROM t WHERE r = 'North'",
                "sales in 'O''B'"
            )
            .as_deref(),
            None
        );
        assert_eq!(
            taken_over(
                "sales in \"North\"",
                "SELECT s FROM t WHERE r = 'North'",
                "sales in \"O'B\""
            )
            .as_deref(),
            Some("SELECT s FROM t WHERE r = 'O''B'")
        );
    }

    #[test]
    fn what_cannot_be_located_is_refused() {
        let refused = [
            (
                "a for 2024",
                "SELECT 1 WHERE y = 2024 OR z = 2024",
                "a for 2025",
            ),
            (
                "a for 2024",
                "SELECT 1 WHERE d >= '2024-01-01'",
                "a for 2025",
            ),
            (
                "a for 2024",
                "SELECT 1 WHERE y >= 2024 AND y < 2025",
                "a for 2026",
            ),
            ("a for 2024", "SELECT 1 WHERE y = 2024", "b for 2025"),
            ("a for 2024", "SELECT 1", "a for 2025"),
        ];
        for (old, sql, new) in refused {
            assert_eq!(taken_over(old, sql, new), None, "{sql}");
        }
    }
}
