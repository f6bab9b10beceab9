//! Conditions that are denied: of one row, or of all the rows that something has.

use super::ast;
use super::build::Builder;
use super::frame::Condition;
use super::shown::Shown;
use sqlparser::ast::Expr;

impl Builder<'_> {
    /// NOT, also in the reading.
    pub(super) fn deny(&mut self, fulfilled: Expr) -> Expr {
        if let Some(said) = self.said.conditions.last_mut() {
            *said = format!("not {said}");
        }
        Expr::UnaryOp {
            op: sqlparser::ast::UnaryOperator::Not,
            expr: Box::new(ast::nested(fulfilled)),
        }
    }

    /// What is shown may stand in many rows: "the cities that never had rain".
    pub(super) fn shows_groups(&self) -> bool {
        let tells = |s: &Shown| match s {
            Shown::Column(c) => self.tells_apart(*c),
            _ => true,
        };
        !self.shown().iter().any(tells)
    }
}

/// Whether a condition is true of what has no such rows.
pub(super) fn negated(condition: &Condition) -> bool {
    match condition {
        Condition::Null { negated, .. } => !*negated,
        Condition::Flag { negated, .. } => *negated,
        Condition::Not(_) => true,
        Condition::All(several) => several.iter().any(negated),
        Condition::Value { negated, .. }
        | Condition::Like { negated, .. }
        | Condition::Term { negated, .. }
        | Condition::Related { negated, .. } => *negated,
        _ => false,
    }
}

/// What a condition denies, or itself.
pub(super) fn positive(condition: Condition) -> Condition {
    match condition {
        Condition::Value { value, .. } => Condition::Value {
            value,
            negated: false,
        },
        Condition::Term { value, also, .. } => Condition::Term {
            value,
            also,
            negated: false,
        },
        Condition::Like {
            left, like, text, ..
        } => Condition::Like {
            left,
            like,
            text,
            negated: false,
        },
        Condition::Not(denied) => *denied,
        other => other,
    }
}
