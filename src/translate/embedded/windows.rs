//! What is said of each group by looking at the others: its share, the running total, the moving average, the growth.
//!
//! One more column over the grouped query, so it goes with every measure, dimension and filter. Growth compares with exactly the
//! period before, found by its date: a period without rows is not skipped in silence. The period that is not over yet is left
//! out of growth, and the assumptions say so.

use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use super::dates::{Moment, Span, Unit};
use super::frame::Window;
use crate::error::Result;
use sqlparser::ast::{
    BinaryOperator, DataType, ExactNumberInfo, Expr, OrderByExpr, OrderByOptions, WindowFrame,
    WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};

/// The groups of a query: the expression of its one measure, of its time, and of the other keys.
pub(super) struct Groups<'a> {
    pub measure: Option<&'a Expr>,
    pub time: Option<(Expr, Unit)>,
    pub keys: &'a [Expr],
}

impl Builder<'_> {
    /// Adds the columns of a window to a grouped query.
    pub(super) fn window(
        &mut self,
        window: Window,
        groups: &Groups,
        parts: &mut Parts,
    ) -> Result<()> {
        let Some(measure) = groups.measure else {
            return Err(not_understood(
                "What is to be set in relation to the other groups is not clear.",
            ));
        };
        if window == Window::Share {
            if groups.keys.is_empty() {
                return Err(not_understood(
                    "A share needs groups: say by what, such as \"by region\".",
                ));
            }
            let total = over(
                ast::function("sum", vec![measure.clone()]),
                Vec::new(),
                None,
                None,
            );
            self.push_window("share_pct", percent(measure.clone(), total), parts);
            self.assumptions
                .push("shares are of the total of all groups shown".into());
            return Ok(());
        }
        let Some((time, unit)) = groups.time.clone() else {
            return Err(not_understood("Over which periods is not clear."));
        };
        if unit == Unit::Weekday {
            return Err(not_understood("Weekdays do not follow each other in time."));
        }
        let others: Vec<Expr> = groups
            .keys
            .iter()
            .filter(|key| **key != time)
            .cloned()
            .collect();
        match window {
            Window::Share => {}
            Window::Running => {
                let total = over(
                    ast::function("sum", vec![measure.clone()]),
                    others,
                    Some(time),
                    None,
                );
                self.push_window("running_total", total, parts);
            }
            Window::Moving(periods) => {
                let frame = WindowFrame {
                    units: WindowFrameUnits::Rows,
                    start_bound: WindowFrameBound::Preceding(Some(Box::new(ast::number(
                        &(periods - 1).to_string(),
                    )))),
                    end_bound: Some(WindowFrameBound::CurrentRow),
                };
                let average = over(
                    ast::function("avg", vec![measure.clone()]),
                    others,
                    Some(time),
                    Some(frame),
                );
                let rounded = ast::function("round", vec![numeric(average), ast::number("2")]);
                self.push_window(&format!("moving_average_{periods}"), rounded, parts);
                self.assumptions.push(format!(
                    "the average is over {periods} {}s that have rows",
                    unit.name()
                ));
            }
            Window::Growth(step) => {
                let step = step.unwrap_or(unit);
                let back = Box::new(ast::interval(match step {
                    Unit::Quarter => "3 months",
                    Unit::Week => "7 days",
                    Unit::Year => "1 year",
                    Unit::Month => "1 month",
                    Unit::Day => "1 day",
                    _ => {
                        return Err(not_understood(
                            "Growth is from day to day, week, month, quarter or year.",
                        ));
                    }
                }));
                let bound = WindowFrameBound::Preceding(Some(back));
                let frame = WindowFrame {
                    units: WindowFrameUnits::Range,
                    start_bound: bound.clone(),
                    end_bound: Some(bound),
                };
                let before = over(
                    ast::function("sum", vec![measure.clone()]),
                    others,
                    Some(time),
                    Some(frame),
                );
                let difference = ast::nested(ast::binary(
                    measure.clone(),
                    BinaryOperator::Minus,
                    before.clone(),
                ));
                self.push_window("previous", before.clone(), parts);
                self.push_window("growth_pct", percent(difference, before), parts);
                self.said
                    .grouped
                    .push(format!("compared with the {} before", step.name()));
            }
        }
        Ok(())
    }

    /// For growth: only periods that are over.
    pub(super) fn complete_periods(&mut self, unit: Unit) -> Result<Expr> {
        let at = self.date_column(&[])?;
        let span = Span {
            from: None,
            to: Some(Moment::Start(unit, 0)),
        };
        self.assumptions
            .push(format!("the {} that is not over is left out", unit.name()));
        self.time(at, &span, false)
    }

    fn push_window(&mut self, name: &str, expr: Expr, parts: &mut Parts) {
        let name = self.unique_name(name, &parts.columns);
        self.said.shown.push(name.replace('_', " "));
        parts.columns.push((expr, Some(name)));
    }
}

fn numeric(expr: Expr) -> Expr {
    ast::cast(expr, DataType::Numeric(ExactNumberInfo::None))
}

/// `round((100.0 * part / nullif(whole, 0))::numeric, 2)`.
fn percent(part: Expr, whole: Expr) -> Expr {
    let hundred = ast::binary(ast::number("100.0"), BinaryOperator::Multiply, part);
    let whole = ast::function("nullif", vec![whole, ast::number("0")]);
    let ratio = ast::nested(ast::binary(hundred, BinaryOperator::Divide, whole));
    ast::function("round", vec![numeric(ratio), ast::number("2")])
}

fn over(
    function: Expr,
    partition_by: Vec<Expr>,
    order: Option<Expr>,
    window_frame: Option<WindowFrame>,
) -> Expr {
    let order_by = order
        .into_iter()
        .map(|expr| OrderByExpr {
            expr,
            options: OrderByOptions::default(),
            with_fill: None,
        })
        .collect();
    match function {
        Expr::Function(mut function) => {
            function.over = Some(WindowType::WindowSpec(WindowSpec {
                window_name: None,
                partition_by,
                order_by,
                window_frame,
            }));
            Expr::Function(function)
        }
        other => other,
    }
}
