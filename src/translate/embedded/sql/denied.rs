//! Conditions that are denied: of one row, or of all the rows that something has.

use super::super::linking::resolve::table_of;
use super::super::linking::shown::Shown;
use super::super::reading::formulas::of_output;
use super::super::reading::frame::{Condition, Frame, MentionId, mentions_of};
use super::super::schema::lexicon::{Lexicon, Target};
use super::ast;
use super::build::{Builder, not_understood};
use super::conditions::ALONE;
use crate::error::Result;
use sqlparser::ast::Expr;

/// "Countries without an *official* language": where rows of another table are missing that a column names, what is said of them right after
/// that is said of what is missing.
pub(crate) fn deny_rows_of_columns(frame: &mut Frame, targets: &[Target], lexicon: &Lexicon) {
    let table = |id: MentionId| table_of(lexicon, &targets[id]);
    let shown = frame.outputs.first().map(of_output);
    let Some(head) = frame.head.or(shown).map(table) else {
        return;
    };
    let missing = frame.conditions.windows(2).position(|two| match &two[0] {
        Condition::Null { of, negated: false } => {
            let said = mentions_of(&two[1]);
            let own = !said.is_empty() && said.iter().all(|m| table(*m) == table(*of));
            own && table(*of) != head
        }
        _ => false,
    });
    if let (Some(at), None) = (missing, frame.denied)
        && let Condition::Null { of, .. } = frame.conditions[at]
    {
        frame.conditions[at] = Condition::Related {
            to: of,
            negated: true,
            inside: Vec::new(),
        };
        frame.denied = Some(at);
    }
}

impl Builder<'_> {
    /// NOT, also in the reading.
    pub(crate) fn deny(&mut self, fulfilled: Expr) -> Expr {
        if let Some(said) = self.said.conditions.last_mut() {
            *said = format!("not {said}");
        }
        Expr::UnaryOp {
            op: sqlparser::ast::UnaryOperator::Not,
            expr: Box::new(ast::nested(fulfilled)),
        }
    }

    /// "To have something, or a certain one of it" says no more than to have it: something else is meant.
    pub(crate) fn repeats_link(&mut self, several: &[Condition], head: usize) -> Result<bool> {
        let link = |c: &Condition| matches!(c, Condition::Related { negated: false, .. });
        for (i, related) in several.iter().enumerate().filter(|(_, c)| link(c)) {
            let table = self.condition_table(related, head)?;
            for (_, other) in several.iter().enumerate().filter(|(j, _)| *j != i) {
                if self.condition_table(other, head)? == table {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// What is said, or denied, of one time alone: its table, and what is said of its rows.
    pub(crate) fn related_at_a_time<'c>(
        &self,
        condition: &'c Condition,
    ) -> Option<(usize, Vec<&'c Condition>)> {
        let Condition::Related { to, inside, .. } = condition else {
            return None;
        };
        let [time @ Condition::Time { column: None, .. }] = &inside[..] else {
            return None;
        };
        (!self.frame.both).then(|| (self.table(*to), vec![condition, time, ALONE]))
    }

    /// Refuses what is said right after something is denied and fits the thing itself: "no friends *living in Austin*".
    ///
    /// # Errors
    /// 22023, with what is denied.
    pub(crate) fn refuse_said_of_denied(&self) -> Result<()> {
        let frame = self.frame;
        let Some(at) = frame.denied else {
            return Ok(());
        };
        let Some(Condition::Related {
            to,
            negated: true,
            inside,
        }) = frame.conditions.get(at)
        else {
            return Ok(());
        };
        let end = frame
            .denied_until
            .unwrap_or(usize::MAX)
            .min(frame.conditions.len());
        let of_root = |c: &Condition| {
            super::super::reading::frame::mentions_of(c)
                .first()
                .is_some_and(|m| {
                    !matches!(self.target(*m), Target::Table(_)) && self.table(*m) == self.root
                })
        };
        let said = frame.conditions.get(at + 1..end).unwrap_or_default();
        if inside.is_empty() && self.table(*to) != self.root && said.iter().any(of_root) {
            return Err(not_understood(format!(
                "Of what is denied with \"{}\" the rest is said is not clear.",
                frame.mentions[*to].text
            )));
        }
        Ok(())
    }

    /// What is shown may stand in many rows: "the cities that never had rain".
    pub(crate) fn shows_groups(&self) -> bool {
        let tells = |s: &Shown| match s {
            Shown::Column(c) => self.tells_apart(*c),
            _ => true,
        };
        !self.shown().iter().any(tells)
    }
}

/// Whether a condition is true of what has no such rows.
pub(crate) fn negated(condition: &Condition) -> bool {
    match condition {
        Condition::Null { negated, .. } => !*negated,
        Condition::Flag { negated, .. } => *negated,
        Condition::Not(_) => true,
        Condition::All(several) => several.iter().any(negated),
        Condition::Value { negated, .. }
        | Condition::Like { negated, .. }
        | Condition::Term { negated, .. }
        | Condition::First { negated, .. }
        | Condition::Related { negated, .. } => *negated,
        _ => false,
    }
}

/// What a condition denies, or itself.
pub(crate) fn positive(condition: Condition) -> Condition {
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
        Condition::First {
            of, order, limit, ..
        } => Condition::First {
            of,
            order,
            limit,
            negated: false,
        },
        Condition::Flag { of, .. } => Condition::Flag { of, negated: false },
        Condition::Not(denied) => *denied,
        other => other,
    }
}
