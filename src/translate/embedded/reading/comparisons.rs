//! Comparisons as a question words them: with numbers, with other columns, with aggregates of other rows.
//!
//! Invariant: a number is compared with what the words beside it name, before it ("age over 20"), after it ("at least two
//! orders") or in the comparison just before ("over 8 or under 5"). One that nothing names is compared with what the head
//! measures, or is refused.

use super::super::language::{Aggregate, Comparison, ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Target};
use super::frame::{Condition, MentionId, Operand, Output, Role};
use super::parse::{Mode, Parser, Step};
use super::quantities::times;
use crate::question::numbers::Number;

impl Parser<'_> {
    /// "longer than 300 or *higher* than 100" is another property, where "taller than 200 or lower than 190" is the same.
    pub(crate) fn other_property(&mut self, segment: &Segment, of: MentionId) -> Option<MentionId> {
        let (_, before) = self.adjectives.iter().find(|(m, _)| *m == of)?;
        let text = segment.text.to_lowercase();
        let said = |word: &str| text.split_whitespace().any(|w| w == word);
        let i = ENGLISH
            .adjectives
            .iter()
            .position(|a| said(&a.comparative))?;
        if i == *before {
            return None;
        }
        let adjective = &ENGLISH.adjectives[i];
        let words = adjective.greater.first().or(adjective.smaller.first())?;
        let head = self.frame.head.or_else(|| self.first_plain());
        let id = self.mention(&words.join(" "), Role::Any, Vec::new(), head);
        self.adjectives.push((id, i));
        Some(id)
    }

    /// "and", "or" or "but" stands before this place.
    pub(crate) fn is_joined(&self) -> bool {
        let before = self.segments[..self.at].iter().rev();
        before
            .take_while(|s| {
                s.ops
                    .iter()
                    .any(|o| matches!(o, Op::Filler | Op::And | Op::Or | Op::With))
                    && s.names.is_empty()
            })
            .any(|s| s.is(Op::And) || s.is(Op::Or))
    }

    /// What the last condition compares with a number.
    pub(crate) fn compared_before(&self) -> Option<MentionId> {
        let last = match self.frame.conditions.last()? {
            Condition::Any(several) => several.last()?,
            one => one,
        };
        match last {
            Condition::Compare {
                left,
                right: Operand::Number(_),
                ..
            }
            | Condition::Between { left, .. } => *left,
            _ => None,
        }
    }

    /// "over 1000", "more than 5 orders", "older than 20", "greater than the average".
    pub(crate) fn comparison(&mut self, left: Option<MentionId>) -> Step {
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        if segment.is(Op::Always) {
            // "always below 70": never anything else.
            self.at += 1;
            self.negated = true;
            return self.denied(|parser| parser.comparison(left));
        }
        let done_for = self.after_verb_for();
        let left = left.or_else(|| self.flagged());
        let left = left.or_else(|| self.verb_column());
        let word = segment.text.to_lowercase();
        let negated = std::mem::take(&mut self.negated);
        // "except those with at least two orders": also those without any.
        if negated && left.is_none() && self.counts_things(0) {
            return self.denied(|parser| parser.comparison(None));
        }
        if segment.is(Op::Between) {
            return self.between(left);
        }
        let again = self.compared_before().filter(|_| self.is_joined());
        let op = segment.ops.iter().find_map(|o| {
            if let Op::Compare(c) = o {
                Some(*c)
            } else {
                None
            }
        });
        let mut left = left;
        let mut again = again;
        if left.is_none()
            && let Some(of) = again
            && let Some(other) = self.other_property(segment, of)
        {
            (left, again) = (Some(other), None);
        }
        // "more expensive than 50": the adjective says of what, the word before it which way.
        let more = ENGLISH.bare_comparatives.contains(&word) && left.is_none();
        let mere = op.filter(|_| more && self.segment(1).is_some_and(|s| s.adjective.is_some()));
        let less = mere == Some(Comparison::Less);
        let (op, segment) = match (mere, self.segment(1)) {
            (Some(_), Some(adjective)) if self.is(2, Op::Than) => {
                self.at += 1;
                (None, adjective)
            }
            _ => (op, segment),
        };
        let op = match (op, segment.adjective) {
            (None, Some((i, false))) if left.is_none() && self.compares_noun() => {
                if ENGLISH.adjectives[i].greater.is_empty() {
                    Comparison::Less
                } else {
                    Comparison::Greater
                }
            }
            (Some(op), _) => op,
            // "older than 20": the adjective says which column and which way.
            (None, Some((i, false))) => {
                let adjective = &ENGLISH.adjectives[i];
                let words = adjective.greater.first().or(adjective.smaller.first());
                let Some(words) = words else {
                    return self.fail();
                };
                if left.is_none() {
                    let text = words.join(" ");
                    let head = self.frame.head.or_else(|| self.first_plain());
                    let id = self.mention(&text, Role::Any, Vec::new(), head);
                    self.adjectives.push((id, i));
                    left = Some(id);
                } else if let Some(id) = left {
                    // "an age younger than the average": the column is named, the way is the adjective's.
                    self.adjectives.push((id, i));
                }
                if less {
                    Comparison::Less
                } else {
                    Comparison::Greater
                }
            }
            _ => return self.fail(),
        };
        // "a lower price than cost": what is compared stands inside.
        if left.is_none() && self.compares_noun() {
            self.at += 1;
            left = Some(self.noun(Role::Any)?);
        } else if ENGLISH
            .bare_comparatives
            .contains(&segment.text.to_lowercase())
        {
            return self.fail();
        } else {
            self.at += 1;
        }
        let mut article = false;
        let mut of_all_said = false;
        let every =
            |s: &Segment| s.is(Op::Each) && ENGLISH.all_words.contains(&s.text.to_lowercase());
        while (self.is(0, Op::Than)
            || self.is_filler(0)
            || left.is_some() && self.segment(0).is_some_and(every))
            && self.segment(0).and_then(times).is_none()
        {
            article = self
                .segment(0)
                .is_some_and(|s| ENGLISH.one_words.contains(&s.text.to_lowercase()));
            of_all_said |= self
                .segment(0)
                .is_some_and(|s| ENGLISH.all_words.contains(&s.text.to_lowercase()));
            self.at += 1;
        }
        let op = if negated { op.negated() } else { op };
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        // "above age 46"
        if left.is_none()
            && self.is_name(segment)
            && !self.is_thing(segment)
            && self
                .segment(1)
                .is_some_and(|s| s.number.is_some() && s.time.is_none())
        {
            let named = self.noun(Role::Any)?;
            let number = self.segment(0).and_then(|s| s.number.clone());
            let Some(number) = number else {
                return self.fail();
            };
            self.at += 1;
            return self.compared_number(Some(named), op, number);
        }
        // "lower than at least one song": than some of them
        if left.is_some()
            && segment.is(Op::Compare(Comparison::GreaterOrEqual))
            && self
                .segment(1)
                .is_some_and(|s| s.number.as_ref().and_then(Number::as_whole) == Some(1))
            && let Some(function) = of_all(op)
        {
            let function = if function == Aggregate::Max {
                Aggregate::Min
            } else {
                Aggregate::Max
            };
            self.at += 2;
            return self.overall(left, op, function, true);
        }
        let number = segment.number.clone().or_else(|| times(segment));
        if let Some(number) = number {
            let times = segment.number.is_none();
            self.at += 1;
            if times && left.is_none() {
                return self.occasions(op, number);
            }
            let next = usize::from(self.is(0, Op::OrMore) || self.is(0, Op::OrLess));
            let named =
                self.counted_follows(next) || self.is(next, Op::Old) || self.is(next, Op::Times(0));
            let left = left.or(again.filter(|_| !named));
            // "students over 18"
            let ends = |s: &Segment| {
                s.is(Op::Sentence)
                    || s.is(Op::Each)
                    || s.is(Op::And)
                    || s.is(Op::Or)
                    || s.is(Op::With)
            };
            let bare = number.as_whole().is_some() && !number.money && !number.percent;
            self.frame.aged |= left.is_none()
                && bare
                && ENGLISH.age_bounds.contains(&word)
                && self.segment(0).is_none_or(ends);
            return self.compared_number(left, op, number);
        }
        // "longer than an hour"
        if article && segment.measured.is_some() {
            return self.compared_number(left, op, Number::whole(1));
        }
        // "at least a member"
        if article && left.is_none() && self.counted_follows(0) {
            return self.compared_number(None, op, Number::whole(1));
        }
        if let Some(left) = left
            && self.is(0, Op::With)
            && ENGLISH.stand_ins.contains(&segment.text.to_lowercase())
        {
            self.at += 1;
            return self.than_that_of(left, op);
        }
        // "than all teachers in Physics"
        if left.is_some()
            && of_all_said
            && self.is_thing(segment)
            && let Some(function) = of_all(op)
        {
            return self.overall(left, op, function, true);
        }
        let average = segment.is(Op::AverageWord).then_some(Aggregate::Avg);
        let function = average.or_else(|| extreme(segment).filter(|_| !self.is_name(segment)));
        if let Some(function) = function {
            self.at += 1;
            // "the average", or "the average price" of the same column.
            let mut left = left;
            if self.segment(0).is_some_and(|s| self.is_name(s)) {
                let same = self.noun(Role::Any)?;
                if left.is_some_and(|left| !self.may_be_same(left, same)) {
                    self.at -= 1;
                    return self.fail();
                }
                if let Some(left) = left {
                    self.keep_alike(left, same);
                }
                if left.is_none() {
                    if done_for {
                        return self.fail();
                    }
                    self.frame.bare_averages.push(same);
                }
                left = left.or(Some(same));
            } else if left.is_none() && function != Aggregate::Avg {
                return self.fail();
            }
            return self.overall(left, op, function, false);
        }
        if (left.is_some() || self.is_amount_of_other(op)) && self.is_name(segment) {
            let again = left.is_some_and(|left| {
                let words = |text: &str| super::super::language::stems(&text.to_lowercase());
                words(&self.frame.mentions[left].text) == words(&segment.text)
            });
            // "than the salary of all instructors in Biology": than the greatest of them.
            if again && (self.is(1, Op::Of) || self.is(1, Op::Preposition)) {
                self.at += 1;
                let Some(function) = of_all(op) else {
                    return self.fail();
                };
                return self.overall(left, op, function, false);
            }
            let right = self.noun(Role::Any)?;
            self.push(Condition::Compare {
                left,
                op,
                right: Operand::Mention(right),
            });
            return Ok(());
        }
        if op == Comparison::NotEqual && (!segment.values.is_empty() || segment.quoted.is_some()) {
            self.negated = true;
            return self.value(left);
        }
        if op == Comparison::Equal && (!segment.values.is_empty() || segment.quoted.is_some()) {
            return self.value(left);
        }
        self.fail()
    }

    /// The column that was named right before: "a dew point that was *below 70*", "*shipped* after the required date".
    pub(crate) fn flagged(&mut self) -> Option<MentionId> {
        let before = &self.segments[..self.at];
        let between = before.iter().rev().take_while(|s| {
            s.names.is_empty()
                && (s.is(Op::With) || s.is(Op::Filler) || s.is(Op::Always) || s.is(Op::Relative))
                && !s.is(Op::And)
        });
        let named = before.len().checked_sub(between.count() + 1)?;
        let Some(Condition::Flag { of, negated: false }) = self.frame.conditions.last() else {
            return None;
        };
        let of = *of;
        // "active with more than 5 orders"
        if self.counts_next() {
            return None;
        }
        if self.mode != Mode::Condition || self.frame.mentions[of].text != self.segments[named].text
        {
            return None;
        }
        self.frame.conditions.pop();
        Some(of)
    }

    /// A comparison stands here.
    pub(crate) fn compares(&self, ahead: usize) -> bool {
        let compares = |o: &Op| matches!(o, Op::Compare(_) | Op::Between);
        self.segment(ahead)
            .is_some_and(|s| s.ops.iter().any(compares) && !self.is_name(s))
    }

    /// A comparative, a column and "than": "lower price than".
    pub(crate) fn compares_noun(&self) -> bool {
        let mut k = 1;
        while self.is_filler(k) {
            k += 1;
        }
        let column = |s: &Segment| {
            self.is_name(s)
                && s.names
                    .iter()
                    .any(|c| matches!(c.target, Target::Column(_) | Target::Measure(_)))
        };
        self.segment(k).is_some_and(column) && self.is(k + 1, Op::Than)
    }

    /// "than that of some teacher in Physics": than the least of them; "of any" or "of all" is the greatest.
    pub(crate) fn than_that_of(&mut self, left: MentionId, op: Comparison) -> Step {
        if !self.is(0, Op::Of) && !self.is(0, Op::Preposition) {
            return self.fail();
        }
        let mut k = 1;
        let mut some = false;
        while self.is_filler(k) {
            let Some(segment) = self.segment(k) else {
                break;
            };
            let word = segment.text.to_lowercase();
            // "that of a teacher" may be any of them.
            if ENGLISH.articles.contains(&word) && ENGLISH.one_words.contains(&word) {
                return self.fail();
            }
            some |= ENGLISH.one_words.contains(&word);
            k += 1;
        }
        let function = match (of_all(op), some) {
            (Some(Aggregate::Max), true) => Aggregate::Min,
            (Some(_), true) => Aggregate::Max,
            (Some(function), false) => function,
            (None, _) => return self.fail(),
        };
        if !self.segment(k).is_some_and(|s| self.is_thing(s)) {
            return self.fail();
        }
        self.overall(Some(left), op, function, false)
    }

    /// It names a table best.
    pub(crate) fn is_thing(&self, segment: &Segment) -> bool {
        let named = |c: &Candidate| matches!(c.target, Target::Table(_));
        self.is_name(segment) && segment.names.first().is_some_and(named)
    }

    /// A comparison with an aggregate of all rows, or of those that are named after it: "of the teachers in Physics". What
    /// follows up to the end of the sentence is said about them.
    pub(crate) fn overall(
        &mut self,
        left: Option<MentionId>,
        op: Comparison,
        function: Aggregate,
        named: bool,
    ) -> Step {
        if let Some(step) = self.within(left, op, function) {
            return step;
        }
        let of = named || self.is(0, Op::Of) || self.is(0, Op::Preposition);
        let mut k = usize::from(of && !named);
        while self.is_filler(k) {
            k += 1;
        }
        let stored = |s: &Segment| !s.values.is_empty() && s.quoted.is_none();
        let valued = self.segment(k).is_some_and(stored)
            && self.segment(k + 1).is_some_and(|s| self.is_thing(s));
        let mut among = Vec::new();
        if of && (valued || self.segment(k).is_some_and(|s| self.is_thing(s))) {
            self.at += k;
            let before = self.frame.conditions.len();
            let id = self.noun(Role::Entity)?;
            among = self.frame.conditions.split_off(before);
            if let Some(left) = left.filter(|l| self.frame.mentions[*l].of.is_none()) {
                self.frame.mentions[left].of = Some(id);
            }
            self.mode = Mode::Condition;
            self.scope = Some(self.frame.conditions.len());
        }
        if named && self.scope.is_none() {
            return self.fail();
        }
        self.push(Condition::Compare {
            left,
            op,
            right: Operand::Overall(function, among),
        });
        Ok(())
    }

    pub(crate) fn first_plain(&self) -> Option<MentionId> {
        self.frame.outputs.iter().find_map(|o| match o {
            Output::Plain(m) | Output::Count { of: m, .. } if self.is_table(*m) => Some(*m),
            _ => None,
        })
    }
}

/// Of many the one that all of them are compared by: to be more than each is to be more than the greatest.
fn of_all(op: Comparison) -> Option<Aggregate> {
    match op {
        Comparison::Greater | Comparison::GreaterOrEqual => Some(Aggregate::Max),
        Comparison::Less | Comparison::LessOrEqual => Some(Aggregate::Min),
        _ => None,
    }
}

/// "the maximum", "the largest"
fn extreme(segment: &Segment) -> Option<Aggregate> {
    let max = segment.is(Op::Most) || segment.is(Op::Aggregate(Aggregate::Max));
    let min = segment.is(Op::Least) || segment.is(Op::Aggregate(Aggregate::Min));
    match (max, min) {
        (true, false) => Some(Aggregate::Max),
        (false, true) => Some(Aggregate::Min),
        _ => None,
    }
}
