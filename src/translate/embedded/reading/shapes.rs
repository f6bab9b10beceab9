//! Shares, percentages, growth, running totals and moving averages, as a question names them; and questions of other shapes: the
//! average of groups, duplicates, distributions, what is new, periods without rows.
//!
//! They change how a measure is looked at, not what is measured: their words are taken out of the walk, and measure, dimensions and
//! conditions are read as they always are.

use super::super::language::{Aggregate, ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::time::dates::{Moment, Unit};
use super::frame::{Condition, Dimension, Key, MentionId, Output, Role, Rollup, Window};
use super::parse::{Mode, Parser, Step};

/// A question that is neither rows nor groups of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Periods without rows are shown.
    Zeros,
    /// How often which values occur.
    Distribution,
    /// What stands there more than once.
    Duplicates,
    /// What occurs for the first time.
    New,
}

impl Shape {
    /// By its tag in the data files.
    pub fn named(tag: &str) -> Option<Shape> {
        Some(match tag {
            "zeros" => Shape::Zeros,
            "distribution" => Shape::Distribution,
            "duplicates" => Shape::Duplicates,
            "new" => Shape::New,
            _ => return None,
        })
    }
}

/// The conditions of the part are not known yet.
const NOT_YET: usize = usize::MAX;
/// More than one place could begin the part: there are never so many conditions.
const UNCLEAR: usize = usize::MAX - 1;

impl Parser<'_> {
    /// A share, a running total, a moving average or a growth: how many segments name it.
    pub(crate) fn window(&mut self) -> Option<usize> {
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
    pub(crate) fn part_begins(&mut self) {
        if let (Some(Window::Part(from)), None) = (self.frame.window, self.whole_from) {
            let from = match from {
                NOT_YET => self.frame.conditions.len(),
                _ => UNCLEAR,
            };
            self.frame.window = Some(Window::Part(from));
        }
    }

    /// The same, where a verb before may have begun the part already: "were *returned late*".
    pub(crate) fn part_begins_once(&mut self) {
        if self.frame.window == Some(Window::Part(NOT_YET)) {
            self.part_begins();
        }
    }

    /// "… solved on time (solved tickets only)": what is said with "only" after the part limits the whole.
    pub(crate) fn note_whole(&mut self) {
        let begun = matches!(self.frame.window, Some(Window::Part(from)) if from < UNCLEAR);
        let opens = |s: &Segment| s.text == "(" || s.is(Op::And);
        if !begun || self.whole_from.is_some() || !self.segment(0).is_some_and(opens) {
            return;
        }
        let only = |s: &Segment| {
            let text = s.text.to_lowercase();
            let mut words = text.split(' ');
            words.any(|w| ENGLISH.only_words.iter().any(|only| only == w))
        };
        let mut part = self.segments[self.at + 1..].iter();
        if part
            .by_ref()
            .take_while(|s| !opens(s) && !s.is(Op::Sentence) && s.text != ")")
            .any(only)
        {
            self.whole_from = Some(self.frame.conditions.len());
        }
    }

    /// Gives a window the periods and the measure that it needs.
    pub(crate) fn finish_window(&mut self) -> Step {
        if let (Some(Window::Part(from)), Some(whole)) = (self.frame.window, self.whole_from)
            && let Some(said) = self.frame.conditions.get_mut(from..)
            && whole >= from
        {
            // What limits the whole comes first.
            let limits = said.len() - (whole - from).min(said.len());
            said.rotate_right(limits);
            self.frame.window = Some(Window::Part(from + limits));
        }
        match self.frame.window {
            None => return Ok(()),
            Some(Window::Part(NOT_YET)) => match self.part_before_noun() {
                Some(from) => {
                    self.frame.window = Some(Window::Part(from));
                    return self.part_of(from);
                }
                None => self.frame.window = Some(Window::Share),
            },
            // The two periods are named: no series is needed.
            Some(Window::Growth(_)) if self.frame.versus.is_some() => return Ok(()),
            Some(Window::Part(from)) => return self.part_of(from),
            Some(_) => {}
        }
        if self.frame.window == Some(Window::Share) && self.value_beside_noun() {
            if let Some(from) = self.part_before_noun() {
                self.frame.window = Some(Window::Part(from));
                return self.part_of(from);
            }
            if !self.frame.group.is_empty() {
                return Err(vec!["of what the share is".into()]);
            }
        }
        let series = self.frame.window != Some(Window::Share);
        if series && (self.frame.order.is_some() || self.frame.limit.is_some()) {
            return Err(vec!["the order of a series".into()]);
        }
        self.default_periods();
        Ok(())
    }

    /// "percentage of paid orders", "percentage of revenue from Spain": the value beside the noun is the part; of groups, of each of
    /// them: "share of emergency admissions per ward".
    fn part_before_noun(&self) -> Option<usize> {
        let frame = &self.frame;
        let (of_things, of) = match frame.outputs[..] {
            [Output::Plain(of) | Output::Aggregate { of, .. }] => (true, Some(of)),
            [Output::Count { of, .. }] => (!frame.group.is_empty(), Some(of)),
            _ => (false, None),
        };
        let mut parts = frame.conditions.iter().filter_map(said_of);
        let (only, None) = (parts.next()?, parts.next()) else {
            return None;
        };
        let time = |c: &Condition| matches!(c, Condition::Time { .. });
        let mut conditions = frame.conditions.iter();
        let others = conditions.all(|c| said_of(c).is_some() || time(c));
        // "percentage of women in each department": nothing says of whom.
        let near = self.frame.mentions[only].near;
        let stray = of.is_some_and(|of| only < of && near != Some(of) && self.is_value(only));
        (of_things && others && !stray && (frame.group.is_empty() || self.value_beside_noun()))
            .then_some(0)
    }

    fn is_value(&self, id: MentionId) -> bool {
        let value = |c: &Condition| matches!(c, Condition::Value { value, .. } if *value == id);
        self.frame.conditions.iter().any(value)
    }

    /// "share of emergency admissions per ward", "percentage of orders paid by month": something is said of what is counted or added up.
    fn value_beside_noun(&self) -> bool {
        let of_noun = |o: &Output| match o {
            Output::Plain(m) | Output::Count { of: m, .. } | Output::Aggregate { of: m, .. } => {
                Some(*m)
            }
        };
        let nouns: Vec<_> = self.frame.outputs.iter().filter_map(of_noun).collect();
        self.frame
            .conditions
            .iter()
            .filter_map(said_of)
            .any(|said| {
                let near = self.frame.mentions[said].near;
                let beside = near.is_some_and(|near| {
                    // "billable hours": what is true of them is read after them.
                    let beside = near > said || !self.is_value(said);
                    nouns.contains(&near) && (beside || self.is_table(near))
                });
                beside || !self.is_value(said) && nouns.contains(&(said + 1))
            })
    }

    /// What a percentage is of: the number of things, or a measure.
    fn part_of(&mut self, from: usize) -> Step {
        let part = self.frame.conditions.get(from..).unwrap_or_default();
        if !part.iter().any(|c| !matches!(c, Condition::Time { .. })) {
            return Err(vec!["what part is meant".into()]);
        }
        self.measure_outputs();
        Ok(())
    }

    /// Makes what is asked for a number: of things, or a measure.
    pub(crate) fn measure_outputs(&mut self) {
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

    /// The shape that a segment names, where it is no name of the catalog.
    pub(crate) fn shape(&self) -> Option<Shape> {
        let segment = self.segment(0).filter(|s| !self.is_name(s))?;
        let found = segment.ops.iter().find_map(|o| match o {
            Op::Shape(shape) => Some(*shape),
            _ => None,
        })?;
        // A word that a value is stored as, and that no noun follows, is that value.
        (segment.values.is_empty() || self.noun_follows(1)).then_some(found)
    }

    pub(crate) fn begin_shape(&mut self, shape: Shape) -> Step {
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        let again = match shape {
            Shape::Zeros => self.frame.zeros,
            Shape::Distribution => self.frame.distribution,
            Shape::Duplicates => self.frame.duplicates || self.mode == Mode::Condition,
            Shape::New => self.new || self.frame.new.is_some() || self.mode == Mode::Condition,
        };
        if again {
            return self.fail();
        }
        self.at += 1;
        match shape {
            Shape::Zeros => {
                self.note(segment, "periods without rows are shown too");
                self.frame.zeros = true;
                // "including empty months": by month.
                if let Some(unit) = self.segment(0).and_then(|s| s.unit) {
                    self.at += 1;
                    let time = |d: &Dimension| matches!(d, Dimension::Time(_));
                    match self.frame.group.iter().find(|d| time(d)) {
                        None => self.frame.group.push(Dimension::Time(unit)),
                        Some(same) if *same == Dimension::Time(unit) => {}
                        Some(_) => return Err(vec![segment.text.clone()]),
                    }
                }
            }
            Shape::Distribution => {
                self.note(segment, "how often which values occur");
                self.frame.distribution = true;
            }
            Shape::Duplicates => {
                self.note(segment, "what stands there more than once");
                self.frame.duplicates = true;
            }
            Shape::New => {
                self.note(segment, "what occurs for the first time");
                self.new = true;
            }
        }
        Ok(())
    }

    /// "average number of orders per customer": the average of the groups that follow.
    pub(crate) fn roll_up(&mut self, function: Aggregate) -> Step {
        if self.frame.rollup.is_some() || self.frame.outputs.len() != 1 {
            return Err(vec!["the average of groups".into()]);
        }
        let over = self.frame.group.len();
        self.frame.rollup = Some(Rollup { function, over });
        Ok(())
    }

    /// An aggregate of groups, where the functions before a noun or the unit after them say so.
    pub(crate) fn rolled_up(&mut self, functions: &[Aggregate]) -> Option<Step> {
        let totals = self.totals_of_each(functions);
        totals.or_else(|| self.rolls_up(functions).then_some(Ok(())))
    }

    /// "median total charge per admission": the median of the totals of each, where nothing stands between the two functions.
    fn totals_of_each(&mut self, functions: &[Aggregate]) -> Option<Step> {
        let [function, Aggregate::Sum] = *functions else {
            return None;
        };
        let apart = |s: &super::super::mentions::annotate::Segment| s.is(Op::And);
        let mut said = self.segments[..self.at].iter().rev().take(2);
        if function == Aggregate::Sum || said.any(apart) {
            return None;
        }
        Some(self.noun(Role::Measure).and_then(|of| {
            let function_of_each = Some(Aggregate::Sum);
            self.frame.outputs.push(Output::Aggregate {
                function: function_of_each,
                of,
            });
            self.roll_up(function)
        }))
    }

    /// "average monthly revenue", "… on average": tells whether the aggregate is one of groups.
    fn rolls_up(&mut self, functions: &[Aggregate]) -> bool {
        let [function] = functions else { return false };
        if self.frame.rollup.is_some() {
            return false;
        }
        let ends = self.segment(0).is_none_or(|s| s.is(Op::Sentence));
        if ends
            && let [Output::Count { .. }] = self.frame.outputs[..]
            && self.frame.each
        {
            let over = self.frame.group.len().saturating_sub(1);
            let function = *function;
            self.frame.rollup = Some(Rollup { function, over });
            return true;
        }
        let unit = self
            .segment(0)
            .filter(|s| !self.is_name(s))
            .and_then(|s| s.unit);
        let Some(unit) = unit.filter(|_| self.frame.outputs.is_empty() && self.noun_follows(1))
        else {
            return false;
        };
        // The sum of months is that of all: "total monthly revenue" is asked by month.
        if *function != Aggregate::Sum {
            let (function, over) = (*function, self.frame.group.len());
            self.frame.rollup = Some(Rollup { function, over });
        }
        self.frame.group.push(Dimension::Time(unit));
        self.at += 1;
        true
    }

    /// What the shapes need to be whole.
    pub(crate) fn finish_shapes(&mut self) -> Step {
        let frame = &mut self.frame;
        if let Some(rollup) = frame.rollup
            && frame.group.len() <= rollup.over
        {
            return Err(vec!["of which groups the average is asked for".into()]);
        }
        if self.new {
            return Err(vec!["new".into()]);
        }
        let shapes = [frame.rollup.is_some(), frame.duplicates, frame.distribution]
            .into_iter()
            .filter(|s| *s)
            .count();
        let beside = frame.versus.is_some();
        let others = [
            frame.superlative,
            beside,
            frame.zeros,
            frame.window.is_some(),
        ];
        let growth = matches!(frame.window, Some(Window::Growth(_)));
        if shapes > 1
            || (shapes == 1 && others.contains(&true))
            || (frame.zeros && (beside || frame.window.is_some()))
            || (beside && frame.window.is_some() && !growth)
        {
            return Err(vec!["two things at once".into()]);
        }
        // "duplicate customers by name": the name of the customers.
        if frame.duplicates
            && let [Output::Plain(of)] = frame.outputs[..]
        {
            for dimension in &frame.group {
                if let Dimension::Mention(id) = dimension
                    && *id != of
                {
                    frame.mentions[*id].of = frame.mentions[*id].of.or(Some(of));
                }
            }
        }
        // "top 3 customers in each region", with no word on what they are ranked by.
        if let (true, Some(order), [Output::Plain(of)]) = (
            self.ranking && frame.superlative,
            &frame.order,
            &frame.outputs[..],
        ) {
            frame.unranked = order.key == Key::Rows || order.key == Key::Mention(*of);
        }
        Ok(())
    }
}

/// What a condition says by a value or by a column of yes and no.
fn said_of(condition: &Condition) -> Option<MentionId> {
    match condition {
        Condition::Value {
            value: said,
            negated: false,
        }
        | Condition::Flag {
            of: said,
            negated: false,
        } => Some(*said),
        _ => None,
    }
}
