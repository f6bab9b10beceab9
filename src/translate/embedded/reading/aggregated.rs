//! Aggregates and numbers of things that are compared: "whose average salary is above 5000", "on average".

use super::super::language::{Aggregate, Comparison, ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::frame::{Condition, MentionId, Operand, Role};
use super::parse::{Mode, Parser, Step};

impl Parser<'_> {
    /// Another comparison, an aggregate that is compared, or the words that make one of what was compared before.
    pub(crate) fn compared_aggregate(&mut self, segment: &Segment) -> Option<Step> {
        if self.other_number().is_some() {
            return Some(self.other_comparisons());
        }
        let aggregate = segment.ops.iter().find_map(|o| match o {
            Op::Aggregate(function) => Some(*function),
            _ => None,
        });
        if (aggregate.is_some() || segment.is(Op::Count)) && self.aggregate_compared() {
            return Some(self.aggregate_condition(aggregate));
        }
        self.aggregated_after()
    }

    /// An aggregate or a number of things that is compared: "average salary above 5000", "number of rooms is less than 5".
    pub(crate) fn aggregate_compared(&self) -> bool {
        if self.mode != Mode::Condition {
            return false;
        }
        let mut k = 1;
        while self.is_filler(k) || self.is(k, Op::Of) || self.is(k, Op::Distinct) {
            k += 1;
        }
        let first = k;
        while k < first + 3 && self.segment(k).is_some_and(|s| self.is_name(s)) {
            k += 1;
        }
        if k == first {
            return false;
        }
        while self.is_filler(k) {
            k += 1;
        }
        self.compares(k)
    }

    /// Reads what [`Parser::aggregate_compared`] has seen.
    pub(crate) fn aggregate_condition(&mut self, function: Option<Aggregate>) -> Step {
        self.at += 1;
        self.skip_fillers();
        let before = std::mem::take(&mut self.frame.distinct);
        let role = if function.is_some() {
            Role::Measure
        } else {
            Role::Entity
        };
        let of = self.noun(role)?;
        self.frame.distinct = before;
        self.skip_fillers();
        self.comparison(Some(of))?;
        self.aggregate_last(function, of)
    }

    /// "more than 14 bikes *on average*"
    pub(crate) fn aggregated_after(&mut self) -> Option<Step> {
        let segment = self.segment(0)?;
        self.note_altogether(segment);
        let function = segment.is(Op::Aggregate(Aggregate::Avg)) && !self.counted_follows(1);
        let of = self
            .compared_before()
            .filter(|_| function && self.mode == Mode::Condition)?;
        self.at += 1;
        self.frame.mentions[of].role = Role::Measure;
        Some(self.aggregate_last(Some(Aggregate::Avg), of))
    }

    /// "more than 80 seats *in total*": notes what the comparison right before is of. See `settle`.
    fn note_altogether(&mut self, segment: &Segment) {
        let said = ENGLISH.altogether.contains(&segment.text.to_lowercase());
        let after = |s: &Segment| s.number.is_some() || self.is_name(s);
        let right_after = self
            .at
            .checked_sub(1)
            .is_some_and(|i| after(&self.segments[i]));
        let of = self.compared_before().filter(|_| said && right_after);
        self.frame.altogether.extend(of);
    }

    /// Makes the last condition, which compares `of`, one of an aggregate of it, or of how many there are.
    pub(crate) fn aggregate_last(&mut self, function: Option<Aggregate>, of: MentionId) -> Step {
        let aggregated = |op: Comparison, right: Operand| match (function, right) {
            (Some(function), right @ (Operand::Number(_) | Operand::Overall(..))) => {
                Some(Condition::Aggregate {
                    function,
                    of,
                    op,
                    right,
                })
            }
            (None, Operand::Number(number)) => Some(Condition::Count { of, op, number }),
            _ => None,
        };
        let several = match self.frame.conditions.pop() {
            Some(Condition::Any(several)) => several,
            last => last.into_iter().collect(),
        };
        let any = several.len() > 1;
        let mut new = Vec::new();
        for condition in several {
            match condition {
                Condition::Compare {
                    left: Some(left),
                    op,
                    right,
                } if left == of => match aggregated(op, right) {
                    Some(condition) => new.push(condition),
                    None => return self.fail(),
                },
                Condition::Between {
                    left: Some(left),
                    low,
                    high,
                } if left == of && !any => {
                    new.extend(aggregated(Comparison::GreaterOrEqual, Operand::Number(low)));
                    new.extend(aggregated(Comparison::LessOrEqual, Operand::Number(high)));
                }
                other => new.push(other),
            }
        }
        if any {
            self.frame.conditions.push(Condition::Any(new));
        } else {
            self.frame.conditions.extend(new);
        }
        Ok(())
    }
}
