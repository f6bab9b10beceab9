//! Rows of two kinds that have something in common: "cities shared by shops opened before 2000 and shops opened after 2010".
//!
//! Invariant: two conditions are said of rows of their own only where no one row can fulfil both, or where "both" was said.

use super::super::language::Comparison;
use super::super::reading::frame::{Condition, Operand};
use super::super::schema::lexicon::Target;
use super::super::time::calendar::Day;
use super::super::time::dates;
use super::super::time::dates::Span;
use super::settle::Settling;

impl Settling<'_> {
    /// Whether two conditions speak of one column and, unless `both` was said, no row can fulfil both.
    pub(crate) fn exclude<'c>(&self, a: &'c Condition, b: &'c Condition, said: bool) -> bool {
        let number = |c: &Condition| match c {
            Condition::Compare {
                left: Some(left),
                op,
                right: Operand::Number(number),
            } => Some((&self.targets[*left], *op, number.value)),
            _ => None,
        };
        let value = |c: &Condition| match c {
            Condition::Value {
                value,
                negated: false,
            } => Some(&self.targets[*value]),
            _ => None,
        };
        let time = |c: &'c Condition| match c {
            Condition::Time {
                column,
                span,
                negated: false,
            } => Some((column.map(|m| &self.targets[m]), span)),
            _ => None,
        };
        if let (Some(Target::Value(a, x)), Some(Target::Value(b, y))) = (value(a), value(b)) {
            return a == b && x != y;
        }
        if let (Some((x, a)), Some((y, b))) = (time(a), time(b)) {
            return x == y && self.are_apart(a, b);
        }
        let (Some((x, a, low)), Some((y, b, high))) = (number(a), number(b)) else {
            return false;
        };
        let above = |op| matches!(op, Comparison::Greater | Comparison::GreaterOrEqual);
        let below = |op| matches!(op, Comparison::Less | Comparison::LessOrEqual);
        x == y
            && (said || above(a) && below(b) && low >= high || below(a) && above(b) && high >= low)
    }

    /// Two spans of time that have no day in common.
    fn are_apart(&self, a: &Span, b: &Span) -> bool {
        let ((a, end_of_a), (b, end_of_b)) =
            (dates::days_of(a, self.today), dates::days_of(b, self.today));
        let before = |end: Option<Day>, start: Option<Day>| {
            end.zip(start).is_some_and(|(end, start)| end < start)
        };
        before(end_of_a, b) || before(end_of_b, a)
    }
}
