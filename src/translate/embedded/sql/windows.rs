//! What is said of each group by looking at the others: its share, the running total, the moving average, the growth.
//!
//! One more column over the grouped query, so it goes with every measure, dimension and filter. Growth compares with exactly the
//! period before, found by its date: a period without rows is not skipped in silence. The period that is not over yet is left
//! out of growth, and the assumptions say so. A time that the question names limits which periods are shown, not what the first of them
//! is compared with. What does not add up (averages, ratios, different values) has no share and no running total.

use super::super::language::{Aggregate, Arithmetic, stems};
use super::super::reading::frame::{Condition, Window, mentions_of};
use super::super::schema::lexicon::Target;
use super::super::schema::names::root;
use super::super::schema::nature;
use super::super::time::dates::{self, Moment, Span, Unit};
use super::ast::{self, Parts};
use super::build::{Builder, Measured, not_understood};
use super::moments;
use crate::catalog::model::TypeClass;
use crate::error::Result;
use sqlparser::ast::{
    BinaryOperator, DataType, ExactNumberInfo, Expr, Query, WindowFrame, WindowFrameBound,
    WindowFrameUnits,
};

/// The groups of a query: the expression of its one measure, of its time, and of the other keys.
pub(crate) struct Groups<'a> {
    pub measure: Option<&'a Expr>,
    pub time: Option<(Expr, Unit)>,
    pub keys: &'a [Expr],
}

impl Builder<'_> {
    /// Adds the columns of a window to a grouped query.
    pub(crate) fn window(
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
        if matches!(window, Window::Part(_)) {
            return Ok(());
        }
        if window == Window::Share {
            if groups.keys.is_empty() {
                return Err(not_understood(
                    "A share needs groups: say by what, such as \"by region\".",
                ));
            }
            let total = ast::over(
                ast::function("sum", vec![measure.clone()]),
                Vec::new(),
                Vec::new(),
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
            Window::Share | Window::Part(_) => {}
            Window::Running => {
                let total = ast::over(
                    ast::function("sum", vec![measure.clone()]),
                    others,
                    vec![(time, false)],
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
                let average = ast::over(
                    ast::function("avg", vec![measure.clone()]),
                    others,
                    vec![(time, false)],
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
                // Years are whole numbers here.
                let back = match (unit, step) {
                    (Unit::Year, Unit::Year) | (Unit::FiscalYear(_), Unit::FiscalYear(_)) => {
                        ast::number("1")
                    }
                    (Unit::FiscalQuarter(_), Unit::FiscalQuarter(_)) => {
                        ast::interval(&step.interval(1))
                    }
                    (
                        Unit::Day | Unit::Week | Unit::Month | Unit::Quarter,
                        Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year,
                    ) if step >= unit => ast::interval(&step.interval(1)),
                    _ => {
                        return Err(not_understood(
                            "Growth is from day to day, week, month, quarter or year.",
                        ));
                    }
                };
                let bound = WindowFrameBound::Preceding(Some(Box::new(back)));
                let frame = WindowFrame {
                    units: WindowFrameUnits::Range,
                    start_bound: bound.clone(),
                    end_bound: Some(bound),
                };
                // Of the one period before; of any measure, whether it can be added up or not.
                let before = ast::over(
                    ast::function("max", vec![measure.clone()]),
                    others,
                    vec![(time, false)],
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
    pub(crate) fn complete_periods(&mut self, unit: Unit) -> Result<Expr> {
        let at = self.date_column(&[])?;
        let numeric = nature::is_numeric(self.catalog.column(at).class);
        if numeric && unit != Unit::Year {
            return Err(not_understood(format!(
                "{} holds whole years.",
                self.catalog.column(at).name
            )));
        }
        let now = match unit {
            Unit::FiscalYear(begins) => Moment::Fiscal(Unit::Year, 0, begins),
            Unit::FiscalQuarter(begins) => Moment::Fiscal(Unit::Quarter, 0, (begins - 1) % 3 + 1),
            unit => Moment::Start(unit, 0),
        };
        let span = Span {
            from: None,
            to: Some(now),
        };
        self.assumptions
            .push(format!("the {} that is not over is left out", unit.name()));
        self.time(at, &span, false)
    }

    /// Refuses what cannot be set in relation: what does not add up, and more than one measure.
    pub(crate) fn may_be_set_apart(
        &self,
        window: Window,
        measures: &[(Measured, String)],
    ) -> Result<()> {
        let [(measure, name)] = measures else {
            return Err(not_understood(
                "Shares, growth and running totals are of one measure at a time.",
            ));
        };
        let must = matches!(window, Window::Share | Window::Part(_) | Window::Running);
        let shared = !matches!(measure, Measured::Rows(table) if *table != self.root);
        if must && !(shared && self.adds_up(measure)) {
            return Err(not_understood(format!(
                "The {name} of parts does not add up to that of the whole."
            )));
        }
        Ok(())
    }

    /// The measure of no rows is 0, and that of several groups the sum of theirs.
    pub(crate) fn adds_up(&self, measure: &Measured) -> bool {
        match measure {
            Measured::Rows(_) => true,
            Measured::Values(_) | Measured::Between { .. } | Measured::Own(..) => false,
            Measured::OfRow { function, .. } => *function == Aggregate::Sum,
            Measured::Calculated(left, by, right) => {
                let sums = matches!(by, Arithmetic::Plus | Arithmetic::Minus);
                sums && self.adds_up(left) && self.adds_up(right)
            }
            Measured::Aggregate(function, target) => {
                let ratio = matches!(target, Target::Measure(m) if self.lexicon.measures[*m].denominator.is_some());
                let function = function.unwrap_or_else(|| self.default_aggregate(target));
                !ratio && function == Aggregate::Sum
            }
        }
    }

    /// What is said of the part alone: "the percentage of orders that were *cancelled* per month" is one of the orders of each month,
    /// whenever these were cancelled.
    pub(crate) fn verbs_of_part(&self) -> Vec<String> {
        let said = self.part().iter().flat_map(mentions_of);
        let words = said.flat_map(|id| stems(&self.frame.mentions[id].text.to_lowercase()));
        words.map(|stem| root(&stem)).collect()
    }

    /// Whether a condition is one of the part alone.
    pub(super) fn of_part(&self, condition: &Condition) -> bool {
        self.part().contains(condition)
    }

    fn part(&self) -> &[Condition] {
        match self.frame.window {
            Some(Window::Part(from)) => self.frame.conditions.get(from..).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The condition on the whole, and the one on the part of it; `of` is what the whole is called.
    pub(crate) fn whole_and_part(
        &mut self,
        from: usize,
        head: usize,
        of: &str,
    ) -> Result<(Option<Expr>, Option<Expr>)> {
        self.refuse_contradictions()?;
        let (mut whole, mut part) = (Vec::new(), Vec::new());
        for (i, condition) in self.frame.conditions.iter().enumerate() {
            // "The percentage of customers who ordered *in 2026*": the others did not.
            let before = i.checked_sub(1).filter(|before| *before >= from);
            let done = before.is_some_and(|before| {
                matches!(self.frame.conditions[before], Condition::Related { .. })
            });
            if i < from || !done && matches!(condition, Condition::Time { .. }) {
                whole.push(condition.clone());
            } else {
                part.push(condition.clone());
            }
        }
        let whole = self.conditions_of(&whole, head)?;
        // What the part needs must not take rows from the whole.
        let strict = self.strict.clone();
        let said = self.said.conditions.len();
        let part = self.conditions_of(&part, head)?;
        self.strict = strict;
        if part.is_none() {
            return Err(not_understood("What part is meant is not clear."));
        }
        let parts: Vec<String> = self.said.conditions.drain(said..).collect();
        self.said
            .shown
            .push(format!("the percentage of {of} with {}", parts.join(", ")));
        Ok((whole, part))
    }

    /// The conditions of a series that is compared with earlier periods, without the starts of its times: they come back
    /// in [`Builder::asked_for`], once each period has met the one before it.
    pub(crate) fn until(&mut self, head: usize) -> Result<Option<Expr>> {
        self.refuse_contradictions()?;
        let mut kept = Vec::new();
        for condition in &self.frame.conditions {
            let inside = |c: &Condition| matches!(c, Condition::Time { .. });
            match condition {
                Condition::Any(several) | Condition::All(several) if several.iter().any(inside) => {
                    return Err(not_understood("Which periods are compared is not clear."));
                }
                Condition::Time { negated: true, .. } => {
                    return Err(not_understood("Which periods are compared is not clear."));
                }
                Condition::Time { column, span, .. } => {
                    let until = Span {
                        from: None,
                        ..span.clone()
                    };
                    if until.to.is_some() {
                        kept.push(Condition::Time {
                            column: *column,
                            span: until,
                            negated: false,
                        });
                    }
                    if let (Some(from), _) = dates::days_of(span, self.today) {
                        let from = format!("shown from {}", dates::iso(from));
                        self.said.conditions.push(from);
                    }
                }
                other => kept.push(other.clone()),
            }
        }
        self.conditions_of(&kept, head)
    }

    /// The periods of a series that the question asks for.
    pub(crate) fn asked_for(&mut self, mut parts: Parts, time: &Expr, unit: Unit) -> Result<Query> {
        let mut bounds = Vec::new();
        let named = |name: &str| Expr::Identifier(ast::ident(name));
        let names: Vec<String> = parts
            .columns
            .iter()
            .filter_map(|(_, n)| n.clone())
            .collect();
        let exprs: Vec<Expr> = parts.columns.iter().map(|(e, _)| e.clone()).collect();
        let name = |expr: &Expr| {
            let at = exprs.iter().position(|e| e == expr)?;
            names.get(at).map(|n| named(n))
        };
        for condition in &self.frame.conditions {
            let Condition::Time { span, .. } = condition else {
                continue;
            };
            let Some(start) = span.from else { continue };
            if matches!(start, Moment::Start(of, 0) if of <= unit) {
                return Err(not_understood(format!(
                    "This {} is not over: only whole ones are compared.",
                    unit.name()
                )));
            }
            let bound = match (unit, start) {
                (Unit::Year, Moment::Day((year, 1, 1))) => ast::number(&year.to_string()),
                (Unit::Year, Moment::Start(Unit::Year, moved)) => {
                    ast::number(&(i64::from(self.today.0) + moved).to_string())
                }
                (Unit::Year | Unit::FiscalYear(_), _) => {
                    return Err(not_understood("The time does not begin with a year."));
                }
                (_, start) => moments::moment(start, TypeClass::Date),
            };
            let period = name(time).ok_or_else(|| not_understood("The periods are not clear."))?;
            bounds.push(ast::binary(period, BinaryOperator::GtEq, bound));
        }
        if bounds.is_empty() {
            return Ok(parts.query());
        }
        let order_by = std::mem::take(&mut parts.order_by)
            .into_iter()
            .filter_map(|(expr, descending)| Some((name(&expr)?, descending)))
            .collect();
        let columns = names.iter().map(|n| (named(n), None)).collect();
        let series = ast::derived(parts.query(), "series");
        Ok(Parts {
            columns,
            from: Some(series),
            condition: ast::all_of(bounds),
            order_by,
            ..Parts::default()
        }
        .query())
    }

    fn push_window(&mut self, name: &str, expr: Expr, parts: &mut Parts) {
        let name = self.unique_name(name, &parts.columns);
        self.said.shown.push(name.replace('_', " "));
        parts.columns.push((expr, Some(name)));
    }
}

/// The aggregate of the rows that fulfil a condition, in per cent of the same aggregate of all rows.
///
/// # Errors
/// 22023 when the measure is more than one aggregate.
pub(crate) fn percent_within(whole: Expr, part: Expr) -> Result<Expr> {
    Ok(percent(only(whole.clone(), part)?, whole))
}

/// An aggregate over the rows alone that fulfil a condition.
///
/// # Errors
/// 22023 when the measure is more than one aggregate.
pub(crate) fn only(whole: Expr, condition: Expr) -> Result<Expr> {
    match whole {
        Expr::Function(mut function) => {
            function.filter = Some(Box::new(condition));
            Ok(Expr::Function(function))
        }
        _ => Err(not_understood(
            "A ratio or a metric has no part of its own here: ask for one part at a time.",
        )),
    }
}

pub(crate) fn numeric(expr: Expr) -> Expr {
    ast::cast(expr, DataType::Numeric(ExactNumberInfo::None))
}

/// `round((100.0 * part / nullif(whole, 0))::numeric, 2)`.
pub(crate) fn percent(part: Expr, whole: Expr) -> Expr {
    let hundred = ast::binary(ast::number("100.0"), BinaryOperator::Multiply, part);
    let whole = ast::function("nullif", vec![whole, ast::number("0")]);
    let ratio = ast::nested(ast::binary(hundred, BinaryOperator::Divide, whole));
    ast::function("round", vec![numeric(ratio), ast::number("2")])
}
