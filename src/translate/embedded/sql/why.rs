//! Why something changed: what each segment of a dimension contributed to the difference of two periods.
//!
//! The columns are those of BigQuery's `ML.GET_INSIGHTS` for two periods: `difference`, `relative_pct`, `contribution_pct`, and
//! `unexpected_difference`, which is what remains when a segment is expected to change as all the others together did.
//!
//! Invariant: the segments are groups of the measured rows themselves, over keys to one row, and the measure adds up. So the
//! differences of all segments are the difference of the whole, and a segment that only one of the periods has is among them.

use super::super::linking::shown::Shown;
use super::super::reading::frame::{Condition, MentionId, Output, Window};
use super::super::time::dates::{self, Moment, Span, Unit, relative};
use super::ast::{self, Parts};
use super::build::{Builder, Measured, not_understood};
use super::windows;
use crate::catalog::model::TypeClass;
use crate::error::Result;
use sqlparser::ast::{BinaryOperator, Expr, Query};

/// The later period and the one it is compared with, and the column that they are of.
struct Periods {
    column: Option<MentionId>,
    now: Span,
    before: Span,
}

impl Builder<'_> {
    /// What each segment contributed to a change.
    ///
    /// # Errors
    /// 22023 when what changed does not add up, when the periods are not clear, or when no dimension splits it.
    pub(crate) fn why(&mut self) -> Result<Query> {
        let frame = self.frame;
        let more = frame.limit.is_some()
            || frame.order.is_some()
            || frame.window.is_some()
            || frame.rollup.is_some()
            || frame.new.is_some()
            || frame.zeros
            || frame.pivot
            || frame.trend
            || frame.duplicates
            || frame.distribution
            || frame.conditions.iter().any(super::counts::is_quantity);
        let measure = match frame.outputs[..] {
            [Output::Count { of, distinct }] if !more => {
                (self.counted(of, distinct), frame.mentions[of].text.clone())
            }
            [Output::Aggregate { function, of }] if !more => (
                Measured::Aggregate(function, self.target(of).clone()),
                self.measure_name(function, of),
            ),
            _ => {
                return Err(not_understood("What changed is not clear.").with_hint(
                    "Ask for one measure and two periods: \"why did sales change last month by region\".",
                ));
            }
        };
        let fact = self.measured_table(&measure.0);
        self.root = fact;
        self.may_be_set_apart(Window::Share, std::slice::from_ref(&measure))?;
        let shown = match &self.shown()[..] {
            [] => self.coarsest(fact)?,
            [one] if !matches!(one, Shown::Time(_)) => one.clone(),
            _ => {
                return Err(
                    not_understood("By what a change is to be split is not clear.")
                        .with_hint("Name one dimension that is no time: \"by region\"."),
                );
            }
        };
        let wanted: Vec<usize> = self.shown_table(&shown).into_iter().collect();
        if self.finest(fact, &wanted)? != Some(fact) {
            return Err(not_understood(format!(
                "Joined with what it is to be split by, each row of {} would be counted more than once.",
                self.table_name(fact)
            )));
        }
        self.join_all(fact, &wanted)?;
        let head = frame.head.map_or(fact, |head| self.table(head));
        let periods = self.periods(head)?;
        let rest: Vec<Condition> = frame
            .conditions
            .iter()
            .enumerate()
            .filter(|(i, c)| {
                !matches!(c, Condition::Time { .. })
                    && frame.versus.as_ref().is_none_or(|v| v.condition != *i)
            })
            .map(|(_, c)| c.clone())
            .collect();
        let rest = self.conditions_of(&rest, head)?;
        let owners = self.owners()?;
        let said = self.said.conditions.len();
        let mut within = |span: &Span| {
            let time = Condition::Time {
                column: periods.column,
                span: span.clone(),
                negated: false,
            };
            self.conditions_of(&[time], head)?
                .ok_or_else(|| not_understood("The periods are not clear."))
        };
        let (now, before) = (within(&periods.now)?, within(&periods.before)?);
        self.said.conditions.truncate(said);
        let mut parts = Parts::default();
        let mut keys = Vec::new();
        self.show_group(&shown, true, &mut parts, &mut keys)?;
        let names: Vec<Expr> = parts.columns.drain(..).map(|(expr, _)| expr).collect();
        let segment = match <[Expr; 1]>::try_from(names) {
            Ok([one]) => one,
            Err(names) => {
                let separated = std::iter::once(ast::text(" ")).chain(names).collect();
                ast::function("concat_ws", separated)
            }
        };
        let whole = self.measure_expr(&measure.0)?;
        let counted = !matches!(measure.0, Measured::Aggregate(..));
        let of = |period: Expr| {
            let part = windows::only(whole.clone(), period)?;
            Ok(if counted {
                part
            } else {
                ast::function("coalesce", vec![part, ast::number("0")])
            })
        };
        parts.columns = [
            ("segment", segment),
            ("prev", of(before.clone())?),
            ("cur", of(now.clone())?),
        ]
        .map(|(name, expr)| (expr, Some(name.to_owned())))
        .into();
        let either = ast::any_of(vec![ast::nested(before), ast::nested(now)]);
        parts.condition = ast::all_of(rest.into_iter().chain(owners).chain(either));
        parts.group_by = keys;
        self.from(&mut parts, true);
        self.say(&measure.1, &periods);
        Ok(compared(parts))
    }

    /// The reading, and what it assumes about the periods.
    fn say(&mut self, measure: &str, periods: &Periods) {
        let days = |span: &Span| {
            let (from, to) = dates::days_of(span, self.today);
            let day = |d: Option<dates::Day>| d.map_or_else(|| "…".to_owned(), dates::iso);
            format!("{} to {}", day(from), day(to))
        };
        let (now, before) = (days(&periods.now), days(&periods.before));
        self.said.shown = vec![format!("the change of {measure}")];
        self.said
            .conditions
            .insert(0, format!("{now} against {before}"));
        self.said.order = Some("largest change first".into());
        self.assumptions
            .push(format!("cur is {now}, prev is {before}"));
        self.assumptions.push(
            "unexpected_difference is what remains if each segment had changed as all the others together"
                .into(),
        );
        let running = |span: &Span| matches!(span.to, Some(Moment::Now));
        let whole = |span: &Span| matches!(span.to, Some(Moment::Start(..) | Moment::Day(_)));
        if running(&periods.now) && whole(&periods.before) {
            self.warnings
                .push("one of the periods is not over yet".into());
        }
    }

    /// The periods that a question names, or the one before the only one that it names.
    fn periods(&mut self, head: usize) -> Result<Periods> {
        let frame = self.frame;
        let unclear = || {
            not_understood("Which two periods are compared is not clear.")
                .with_hint("Name one that has an end, such as \"last month\", or two: \"this quarter vs last quarter\".")
        };
        let mut spans = Vec::new();
        for (i, condition) in frame.conditions.iter().enumerate() {
            match condition {
                Condition::Time {
                    column,
                    span,
                    negated: false,
                } => spans.push((*column, span)),
                Condition::Any(sides)
                    if frame.versus.as_ref().is_some_and(|v| v.condition == i) =>
                {
                    for side in sides {
                        let Condition::Time { column, span, .. } = side else {
                            return Err(unclear());
                        };
                        spans.push((*column, span));
                    }
                }
                other if speaks_of_time(other) => return Err(unclear()),
                _ => {}
            }
        }
        let beside = frame.versus.is_some();
        match spans[..] {
            [] => {
                self.assumptions
                    .push("no time is named: it is the last month that is over".into());
                let month = |n| {
                    relative(
                        Moment::Start(Unit::Month, n),
                        Moment::Start(Unit::Month, n + 1),
                    )
                };
                Ok(Periods {
                    column: None,
                    now: month(-1),
                    before: month(-2),
                })
            }
            [(column, now)] if !beside => {
                let at = match column {
                    Some(id) => self.condition_column(id)?,
                    None => self.date_column(&[head])?,
                };
                let whole_days = self.catalog.column(at).class == TypeClass::Date;
                Ok(Periods {
                    column,
                    now: now.clone(),
                    before: period_before(now, whole_days).ok_or_else(unclear)?,
                })
            }
            [(column, a), (other, b)] if beside && column == other => {
                let begins = |span: &Span| dates::days_of(span, self.today).0;
                let (now, before) = match (begins(a), begins(b)) {
                    (Some(first), Some(second)) if first > second => (a, b),
                    (Some(first), Some(second)) if first < second => (b, a),
                    _ => return Err(unclear()),
                };
                Ok(Periods {
                    column,
                    now: now.clone(),
                    before: before.clone(),
                })
            }
            _ => Err(unclear()),
        }
    }
}

fn speaks_of_time(condition: &Condition) -> bool {
    match condition {
        Condition::Time { .. } => true,
        Condition::Any(several) | Condition::All(several) => several.iter().any(speaks_of_time),
        Condition::Not(denied) => speaks_of_time(denied),
        _ => false,
    }
}

/// The period of the same kind right before another one; of one that is not over yet the part that is as long. A span "until now" of
/// `whole_days` holds its first day and today, so that the days before it end a day earlier.
fn period_before(span: &Span, whole_days: bool) -> Option<Span> {
    match (span.from?, span.to?) {
        (Moment::Start(unit, _), Moment::Now) => span.moved_back(unit, 1),
        (Moment::Fiscal(unit, 0, _), Moment::Now) => span.moved_back(unit, 1),
        (Moment::Ago(unit, n), Moment::Now) if n < 0 && whole_days => {
            let length = match unit {
                Unit::Day => 1 - n,
                Unit::Week => 1 - 7 * n,
                _ => return None,
            };
            let day = |n: i64| Moment::Ago(Unit::Day, -n);
            Some(relative(day(2 * length - 1), day(length)))
        }
        (Moment::Ago(unit, n), Moment::Now) if n < 0 => span.moved_back(unit, -n),
        (Moment::Start(unit, from), Moment::Start(of, to)) if unit == of && from < to => {
            span.moved_back(unit, to - from)
        }
        (Moment::Fiscal(unit, from, m), Moment::Fiscal(of, to, n)) if (unit, m) == (of, n) => {
            let length = to - from;
            Some(relative(
                Moment::Fiscal(unit, from - length, m),
                Moment::Fiscal(unit, to - length, m),
            ))
        }
        (Moment::Day(from), Moment::Day(to)) if from < to => {
            let months = i64::from(to.0 - from.0) * 12 + i64::from(to.1) - i64::from(from.1);
            if from.2 == 1 && to.2 == 1 && months > 0 {
                span.moved_back(Unit::Month, months)
            } else {
                let days = super::super::time::calendar::serial(to)
                    - super::super::time::calendar::serial(from);
                span.moved_back(Unit::Day, days)
            }
        }
        _ => None,
    }
}

/// The segments of `parts` with their differences.
fn compared(parts: Parts) -> Query {
    let named = |name: &str| Expr::Identifier(ast::ident(name));
    let all = |expr: Expr| {
        ast::over(
            ast::function("sum", vec![expr]),
            Vec::new(),
            Vec::new(),
            None,
        )
    };
    let minus = |a: Expr, b: Expr| ast::binary(a, BinaryOperator::Minus, b);
    let (cur, prev) = (named("cur"), named("prev"));
    let difference = minus(cur.clone(), prev.clone());
    let others = ast::function(
        "nullif",
        vec![minus(all(prev.clone()), prev.clone()), ast::number("0")],
    );
    let rate = ast::binary(
        ast::nested(minus(all(cur.clone()), cur.clone())),
        BinaryOperator::Divide,
        others,
    );
    let expected = ast::binary(prev.clone(), BinaryOperator::Multiply, rate);
    let unexpected = windows::numeric(ast::nested(minus(cur.clone(), expected)));
    let percent = |whole: Expr| windows::percent(ast::nested(difference.clone()), whole);
    let columns = vec![
        (named("segment"), None),
        (prev.clone(), None),
        (cur.clone(), None),
        (difference.clone(), Some("difference".to_owned())),
        (percent(prev), Some("relative_pct".to_owned())),
        (
            ast::function("round", vec![unexpected, ast::number("2")]),
            Some("unexpected_difference".to_owned()),
        ),
        (
            percent(all(difference.clone())),
            Some("contribution_pct".to_owned()),
        ),
    ];
    Parts {
        columns,
        from: Some(ast::derived(parts.query(), "d")),
        order_by: vec![
            (ast::function("abs", vec![difference]), true),
            (named("segment"), false),
        ],
        ..Parts::default()
    }
    .query()
}

#[cfg(test)]
mod tests {
    use super::super::super::time::dates::days_of;
    use super::*;

    #[test]
    fn the_period_before_is_of_the_same_kind() {
        let today = (2026, 8, 19);
        let day = Moment::Day;
        for (span, from, to) in [
            // March 2024, Q2 2024, the year 2024, a week, a day.
            (
                relative(day((2024, 3, 1)), day((2024, 4, 1))),
                (2024, 2, 1),
                (2024, 2, 29),
            ),
            (
                relative(day((2024, 4, 1)), day((2024, 7, 1))),
                (2024, 1, 1),
                (2024, 3, 31),
            ),
            (
                relative(day((2024, 1, 1)), day((2025, 1, 1))),
                (2023, 1, 1),
                (2023, 12, 31),
            ),
            (
                relative(day((2024, 6, 3)), day((2024, 6, 10))),
                (2024, 5, 27),
                (2024, 6, 2),
            ),
            (
                relative(day((2024, 3, 1)), day((2024, 3, 2))),
                (2024, 2, 29),
                (2024, 2, 29),
            ),
            // Last month, the last 3 months, this month so far, the past 30 days.
            (
                relative(
                    Moment::Start(Unit::Month, -1),
                    Moment::Start(Unit::Month, 0),
                ),
                (2026, 6, 1),
                (2026, 6, 30),
            ),
            (
                relative(
                    Moment::Start(Unit::Month, -3),
                    Moment::Start(Unit::Month, 0),
                ),
                (2026, 2, 1),
                (2026, 4, 30),
            ),
            (
                relative(Moment::Start(Unit::Month, 0), Moment::Now),
                (2026, 7, 1),
                (2026, 7, 19),
            ),
            (
                relative(Moment::Ago(Unit::Day, -30), Moment::Now),
                (2026, 6, 20),
                (2026, 7, 20),
            ),
        ] {
            let before = period_before(&span, false).expect("it has one before it");
            assert_eq!(days_of(&before, today), (Some(from), Some(to)), "{span:?}");
        }
        // The past 7 days of a date are 8 with today.
        let week = relative(Moment::Ago(Unit::Day, -7), Moment::Now);
        let before = period_before(&week, true).expect("it has one before it");
        assert_eq!(
            days_of(&before, today),
            (Some((2026, 8, 4)), Some((2026, 8, 11)))
        );
        let open = Span {
            from: Some(day((2024, 3, 1))),
            to: None,
        };
        assert_eq!(period_before(&open, false), None);
    }
}
