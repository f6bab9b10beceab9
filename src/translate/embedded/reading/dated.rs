//! Dates that are compared with dates of the same rows: "paid after their due date", "past the promised date".
//!
//! Invariant: the first date is named by the verb right before, or is today; where neither is said the question is refused.

use super::super::language::{Comparison, ENGLISH, Op, stems};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Target};
use super::super::schema::names::root;
use super::super::time::dates::{Moment, Span, Unit};
use super::frame::{Condition, MentionId, Operand, Role};
use super::parse::{Mode, Parser, Step};
use crate::question::numbers::Number;

impl Parser<'_> {
    /// "after the due date": a comparison with a date that is named, if one stands here.
    pub(crate) fn dates_compared(&mut self) -> Option<Step> {
        let segment = self.segment(0)?;
        let later = segment.is(Op::Later);
        // "who have never ordered before"
        if segment.is(Op::Earlier) && self.ends_part(1) && self.denies() {
            self.at += 1;
            return Some(Ok(()));
        }
        if !later && !segment.is(Op::Earlier) || segment.time.is_some() || self.is_name(segment) {
            return None;
        }
        let mut k = 1;
        while self.is_filler(k) {
            k += 1;
        }
        let named = self
            .segment(k)
            .filter(|s| self.is_name(s) && s.time.is_none())?;
        let column = |c: &Candidate| matches!(c.target, Target::Column(_));
        if !named.names.first().is_some_and(column) || self.frame.outputs.is_empty() {
            return None;
        }
        let number = self.segment(k + 1).and_then(|s| s.number.clone());
        if let Some(number) = number.filter(|n| !n.percent && !n.money && !self.negated) {
            return Some(self.after_number(later, k, number));
        }
        let past = ENGLISH.past_words.contains(&segment.text.to_lowercase());
        let left = self.flagged().or_else(|| self.date_of_verb());
        let left = left.or_else(|| self.date_of_thing());
        if left.is_none() && !past {
            return None;
        }
        self.at += 1;
        self.mode = Mode::Condition;
        Some(self.compared_dates(left, later))
    }

    /// What was read last denies that something was done.
    fn denies(&self) -> bool {
        matches!(
            self.frame.conditions.last(),
            Some(Condition::Related { negated: true, .. } | Condition::Flag { negated: true, .. })
        )
    }

    /// "after season 2007", "before grade 3": more or less than that.
    fn after_number(&mut self, later: bool, noun: usize, number: Number) -> Step {
        self.at += noun;
        self.mode = Mode::Condition;
        let left = self.noun(Role::Any)?;
        self.at += 1;
        self.push(Condition::Compare {
            left: Some(left),
            op: if later {
                Comparison::Greater
            } else {
                Comparison::Less
            },
            right: Operand::Number(number),
        });
        Ok(())
    }

    fn compared_dates(&mut self, left: Option<MentionId>, later: bool) -> Step {
        let negated = std::mem::take(&mut self.negated);
        // "the percentage of orders shipped after the required date": that is the part.
        self.part_begins_once();
        let right = self.noun(Role::Any)?;
        let condition = match left {
            Some(left) => Condition::Compare {
                left: Some(left),
                op: if later {
                    Comparison::Greater
                } else {
                    Comparison::Less
                },
                right: Operand::Mention(right),
            },
            // "past their promised date": that day is over.
            None => Condition::Time {
                column: Some(right),
                span: Span {
                    from: None,
                    to: Some(Moment::Start(Unit::Day, 0)),
                },
                negated: false,
            },
        };
        self.push(if negated {
            Condition::Not(Box::new(condition))
        } else {
            condition
        });
        Ok(())
    }

    /// The columns that the verb right before is a part of: "*paid* after". A condition that it was read as is taken back.
    pub(crate) fn date_of_verb(&mut self) -> Option<MentionId> {
        let verb: &Segment = self.at.checked_sub(1).map(|i| &self.segments[i])?;
        let column = |c: &&Candidate| matches!(c.target, Target::Column(_));
        let names: Vec<Candidate> = verb.names.iter().filter(column).cloned().collect();
        let inflected = ENGLISH.ends_as_verb(&verb.text.to_lowercase());
        if names.is_empty() || !(verb.is(Op::Link) || inflected || !verb.values.is_empty()) {
            return None;
        }
        if let Some(Condition::Value { value, .. }) = self.frame.conditions.last()
            && self.frame.mentions[*value].text == verb.text
        {
            // The mention stays the first of the comparison.
            let value = *value;
            self.frame.conditions.pop();
            self.frame.mentions[value].role = Role::Any;
            self.frame.mentions[value].candidates = names;
            return Some(value);
        }
        Some(self.mention(&verb.text, Role::Any, names, None))
    }

    /// "payments *arrived* after": a verb that names no date speaks of the one that its thing has.
    fn date_of_thing(&mut self) -> Option<MentionId> {
        let verb: &Segment = self.at.checked_sub(1).map(|i| &self.segments[i])?;
        let thing = self.frame.head.or_else(|| self.first_plain());
        let thing = thing.filter(|id| self.is_table(*id))?;
        if verb.ops != [Op::Link] || !verb.names.is_empty() {
            return None;
        }
        let names = self.frame.mentions[thing].candidates.clone();
        Some(self.mention(&verb.text, Role::Entity, names, None))
    }

    /// Right before the time here stands a noun with a verb of coming to be that names nothing: "films *released* after 2020".
    pub(crate) fn comes_to_be(&self) -> bool {
        let Some([noun, verb]) = self.at.checked_sub(2).map(|at| &self.segments[at..self.at])
        else {
            return false;
        };
        let word = stems(&verb.text.to_lowercase());
        let comes = matches!(&word[..], [stem] if ENGLISH.coming_to_be.contains(stem));
        // "Resorts built in 2005" where only lifts have a year in which they were built.
        let table = |id: usize| match self.frame.mentions[id].candidates.first()?.target {
            Target::Table(table) => Some(table),
            _ => None,
        };
        let spoken: Vec<usize> = (0..self.frame.mentions.len()).filter_map(table).collect();
        let elsewhere =
            |c: &Candidate| matches!(c.target, Target::Column(at) if !spoken.contains(&at.table));
        self.is_name(noun) && verb.is(Op::Link) && verb.names.iter().all(elsewhere) && comes
    }

    /// "in each of the last 3 years": by the unit of the time that follows.
    pub(crate) fn each_of_time(&mut self) -> Option<Step> {
        let time = self.segment(0).and_then(|s| s.time.as_ref())?;
        let (Some(Moment::Start(unit, first)), Some(Moment::Start(other, last))) =
            (time.span.from, time.span.to)
        else {
            return None;
        };
        if unit != other || last - first < 2 || !self.frame.each {
            return None;
        }
        self.frame.group.push(super::frame::Dimension::Time(unit));
        Some(self.time(time))
    }
}

/// "So far this year".
pub(crate) fn is_to_date(segment: &Segment) -> bool {
    segment.time.as_ref().is_some_and(|time| time.to_date)
}

/// The root of the first word of a verb.
pub(crate) fn root_of_verb(verb: &Segment) -> Option<String> {
    let first = stems(&verb.text.to_lowercase()).into_iter().next();
    first.map(|stem| root(&stem))
}

/// The root of the verb right before the first time of a question, in a form that only verbs have: "*placed* in 2025 that were shipped".
pub(crate) fn timed_verb(segments: &[Segment]) -> Option<String> {
    let time = segments.iter().position(|s| s.time.is_some())?;
    let mut before = segments[..time].iter().rev();
    let verb = before.find(|s| !s.is(Op::Filler))?;
    let inflected = ENGLISH.ends_as_verb(&verb.text.to_lowercase());
    (verb.is(Op::Link) && verb.quoted.is_none() && inflected)
        .then(|| root_of_verb(verb))
        .flatten()
}
