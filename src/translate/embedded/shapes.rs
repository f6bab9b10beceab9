//! Shares, percentages, growth, running totals and moving averages, as a question names them.
//!
//! They change how a measure is looked at, not what is measured: their words are taken out of the walk, and measure, dimensions and
//! conditions are read as they always are.

use super::dates::{Moment, Unit};
use super::frame::{Condition, Dimension, Output, Role, Window};
use super::language::Op;
use super::parse::{Parser, Step};

/// The conditions of the part are not known yet.
const NOT_YET: usize = usize::MAX;
/// More than one place could begin the part: there are never so many conditions.
const UNCLEAR: usize = usize::MAX - 1;

impl Parser<'_> {
    /// A share, a running total, a moving average or a growth: how many segments name it.
    pub(super) fn window(&mut self) -> Option<usize> {
        let segment = self
            .segment(0)
            .filter(|s| !self.is_name(s) || s.ops.iter().any(|o| matches!(o, Op::Growth(_))))?;
        let growth = segment.ops.iter().find_map(|o| {
            if let Op::Growth(step) = o {
                Some(*step)
            } else {
                None
            }
        });
        let (window, length) = if let Some(step) = growth {
            (Window::Growth(step), 1)
        } else if segment.is(Op::Share) {
            (Window::Share, 1)
        } else if segment.is(Op::Percent) {
            (Window::Part(NOT_YET), 1)
        } else if segment.is(Op::Running) {
            (Window::Running, 1)
        } else if let (Some(number), Some(unit), true) = (
            segment.number.as_ref(),
            self.segment(1).and_then(|s| s.unit),
            self.is(2, Op::Moving),
        ) {
            // "7-day moving average"
            let periods = number.as_whole().filter(|n| (2..=1_000).contains(n))?;
            self.frame.group.push(Dimension::Time(unit));
            (Window::Moving(periods), 3)
        } else {
            return None;
        };
        if self.frame.window.is_some() {
            return None;
        }
        self.note(
            segment,
            match window {
                Window::Share | Window::Part(_) => "in per cent of the whole",
                Window::Growth(_) => "compared with the period before",
                Window::Running => "added up from the first period on",
                Window::Moving(_) => "the average of the last periods",
            },
        );
        self.frame.window = Some(window);
        Some(length)
    }

    /// "what percentage of the orders *are* refunded": what follows is the part. Where two places could begin it, as in
    /// "orders with a coupon are refunded", the question is refused: which of them limits the whole is not said.
    pub(super) fn part_begins(&mut self) {
        if let Some(Window::Part(from)) = self.frame.window {
            let from = match from {
                NOT_YET => self.frame.conditions.len(),
                _ => UNCLEAR,
            };
            self.frame.window = Some(Window::Part(from));
        }
    }

    /// Gives a window the periods and the measure that it needs.
    pub(super) fn finish_window(&mut self) -> Step {
        match self.frame.window {
            None => return Ok(()),
            Some(Window::Part(NOT_YET)) => self.frame.window = Some(Window::Share),
            Some(Window::Part(from)) => return self.part_of(from),
            Some(_) => {}
        }
        let series = self.frame.window != Some(Window::Share);
        if series && (self.frame.order.is_some() || self.frame.limit.is_some()) {
            return Err(vec!["the order of a series".into()]);
        }
        self.default_periods();
        Ok(())
    }

    /// What a percentage is of: the number of things, or a measure.
    fn part_of(&mut self, from: usize) -> Step {
        let part = self.frame.conditions.get(from..).unwrap_or_default();
        if !part.iter().any(|c| !matches!(c, Condition::Time { .. })) {
            return Err(vec!["what part is meant".into()]);
        }
        for i in 0..self.frame.outputs.len() {
            let Output::Plain(of) = self.frame.outputs[i] else {
                continue;
            };
            let counted = self.is_table(of);
            self.frame.mentions[of].role = if counted { Role::Entity } else { Role::Measure };
            self.frame.outputs[i] = if counted {
                let distinct = false;
                Output::Count { of, distinct }
            } else {
                let function = None;
                Output::Aggregate { function, of }
            };
            if counted && self.frame.head.is_none() {
                self.frame.head = Some(of);
            }
        }
        Ok(())
    }

    /// The periods of a window for which the question names none.
    fn default_periods(&mut self) {
        let frame = &mut self.frame;
        if frame.group.iter().any(|d| matches!(d, Dimension::Time(_))) {
            return;
        }
        let day_by_day = |c: &Condition| match c {
            Condition::Time { span, .. } => matches!(
                span.from,
                Some(
                    Moment::Start(Unit::Month | Unit::Week | Unit::Day, _)
                        | Moment::Ago(Unit::Day | Unit::Week, _)
                )
            ),
            _ => false,
        };
        let unit = match frame.window {
            None | Some(Window::Share | Window::Part(_)) => return,
            Some(Window::Running) if frame.conditions.iter().any(day_by_day) => Unit::Day,
            Some(Window::Growth(Some(step))) if step != Unit::Year => step,
            _ => Unit::Month,
        };
        frame.group.push(Dimension::Time(unit));
    }
}
