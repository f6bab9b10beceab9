//! What a question says about things: comparisons, negation, stored values.

use super::frame::{Condition, MentionId, Operand, Output, Role};
use super::language::{Aggregate, Comparison, ENGLISH, Op};
use super::lexicon::Target;
use super::parse::{Mode, Parser, Step};
use crate::question::numbers::Number;

impl Parser<'_> {
    /// Whether what follows a noun says something about it.
    pub(super) fn condition_follows(&self, id: MentionId) -> bool {
        let table = self.is_table(id);
        // "the last name of the president": the president is no last name.
        let of_column = |v: &crate::catalog::model::StoredValue| {
            self.frame.mentions[id]
                .candidates
                .iter()
                .any(|c| c.target == Target::Column(v.column))
        };
        let candidates = &self.frame.mentions[id].candidates;
        let best = candidates.first().map_or(0.0, |c| c.score);
        let of_named = |v: &crate::catalog::model::StoredValue| {
            candidates
                .iter()
                .any(|c| c.target == Target::Column(v.column) && c.score > best - 0.1)
        };
        let mut k = 0;
        // "located at 'Cytosol'", "the format of mp4"
        let value = |k: usize| {
            self.segment(k).is_some_and(|s| {
                s.values.iter().any(of_column) && (s.quoted.is_some() || !self.is_name(s))
            })
        };
        let said_of = self.mode == Mode::Condition || !self.frame.outputs.is_empty();
        if !table
            && said_of
            && (self.is(0, Op::Preposition) || self.is(0, Op::Of))
            && (value(1) || (self.is_filler(1) && value(2)))
        {
            return true;
        }
        let compared = |k: usize| {
            let compares = |o: &Op| matches!(o, Op::Compare(_) | Op::Between);
            self.segment(k).is_some_and(|s| s.ops.iter().any(compares))
        };
        // "a capacity of over 50"
        if !table && self.mode == Mode::Condition && self.is(0, Op::Of) && compared(1) {
            return true;
        }
        while self.is_filler(k)
            || (self.is(k, Op::With)
                && self
                    .segment(k)
                    .is_some_and(|s| s.text.to_lowercase() == "is"))
        {
            k += 1;
        }
        let Some(segment) = self.segment(k) else {
            return false;
        };
        let direct = k == 0
            || self.mode == Mode::Condition
            || !table && !self.frame.outputs.is_empty() && segment.values.iter().any(of_column);
        if segment.time.as_ref().is_some_and(|t| !t.bare) {
            return false;
        }
        // "have taken Statistics courses": the value says which courses.
        let next = self.segment(k + 1).is_some_and(|s| self.is_name(s));
        if table && next && !segment.values.is_empty() && segment.quoted.is_none() {
            let verb = super::fit::is_verb(&self.frame, id);
            return direct && !verb;
        }
        // "sales North", "sales 2024": with nothing asked for yet, these are the sales of that region and that year.
        let first = self.frame.outputs.is_empty() && self.mode == Mode::Select && !table;
        if !segment.values.is_empty() && !self.is_name(segment) || segment.quoted.is_some() {
            let other = segment.quoted.is_none() && !segment.values.iter().any(of_named);
            return direct && !(first && other);
        }
        let year = segment.time.is_some() && first;
        if segment.number.is_some() {
            return direct && !table && !year;
        }
        if segment.is(Op::Not) || segment.is(Op::Null) {
            return !table && self.mode == Mode::Condition;
        }
        let like = segment.ops.iter().any(|o| matches!(o, Op::Like(_)));
        // "albums containing tracks" have them.
        let thing = |s: &super::annotate::Segment| {
            let named = |c: &super::lexicon::Candidate| {
                matches!(c.target, Target::Table(_)) && c.score > 0.9
            };
            s.quoted.is_none() && s.names.first().is_some_and(named)
        };
        let ranked = |s: &super::annotate::Segment| self.ranks(s) && s.quoted.is_none();
        if table && like && self.segment(k + 1).is_some_and(|s| thing(s) || ranked(s)) {
            return false;
        }
        let compares = like
            || segment
                .ops
                .iter()
                .any(|o| matches!(o, Op::Compare(_) | Op::Between))
            || segment.adjective.is_some_and(|(_, s)| !s);
        compares && (!table || like)
    }

    /// What is said about a noun.
    pub(super) fn condition_on(&mut self, id: MentionId) -> Step {
        self.skip_fillers();
        if self.is(0, Op::Preposition)
            && self
                .segment(1)
                .is_some_and(|s| !s.values.is_empty() || s.quoted.is_some())
        {
            self.at += 1;
        }
        self.skip_fillers();
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        if segment.is(Op::Not) {
            self.negated = true;
            self.at += 1;
            self.skip_fillers();
        }
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        if segment.is(Op::Null) {
            let negated = std::mem::take(&mut self.negated);
            self.at += 1;
            self.push(Condition::Null { of: id, negated });
            return Ok(());
        }
        if let Some(like) = segment
            .ops
            .iter()
            .find_map(|o| if let Op::Like(l) = o { Some(*l) } else { None })
        {
            self.at += 1;
            self.skip_fillers();
            let called =
                |s: &super::annotate::Segment| ENGLISH.text_words.contains(&s.text.to_lowercase());
            while self.segment(0).is_some_and(called) && self.segment(1).is_some() {
                self.at += 1;
                self.skip_fillers();
            }
            let Some(segment) = self.segment(0) else {
                return self.fail();
            };
            if segment.quoted.is_none()
                && (segment.adjective.is_some()
                    || segment.ops.iter().any(|o| !matches!(o, Op::Filler)))
            {
                return self.fail();
            }
            let text = segment
                .quoted
                .clone()
                .unwrap_or_else(|| segment.text.clone());
            let negated = std::mem::take(&mut self.negated);
            self.at += 1;
            self.push(Condition::Like {
                left: id,
                like,
                text,
                negated,
            });
            return Ok(());
        }
        if !segment.values.is_empty() || segment.quoted.is_some() {
            return self.value(Some(id));
        }
        if let Some(number) = segment.number.clone() {
            self.at += 1;
            let op = if std::mem::take(&mut self.negated) {
                Comparison::NotEqual
            } else {
                Comparison::Equal
            };
            let (op, number) = self.or_more(op, number);
            self.push(Condition::Compare {
                left: Some(id),
                op,
                right: Operand::Number(number),
            });
            // "id 3 or 5"
            while (self.is(0, Op::Or) || self.is(0, Op::And))
                && self.segment(1).is_some_and(|s| s.number.is_some())
                && !self.segment(2).is_some_and(|s| self.is_name(s))
            {
                let Some(number) = self.segment(1).and_then(|s| s.number.clone()) else {
                    break;
                };
                self.at += 2;
                self.or = true;
                self.push(Condition::Compare {
                    left: Some(id),
                    op: Comparison::Equal,
                    right: Operand::Number(number),
                });
            }
            return Ok(());
        }
        self.comparison(Some(id))
    }

    pub(super) fn or_more(&mut self, op: Comparison, number: Number) -> (Comparison, Number) {
        let changed = if self.is(0, Op::OrMore) {
            Comparison::GreaterOrEqual
        } else if self.is(0, Op::OrLess) {
            Comparison::LessOrEqual
        } else {
            return (op, number);
        };
        self.at += 1;
        (changed, number)
    }

    /// "over 1000", "more than 5 orders", "older than 20", "greater than the average".
    pub(super) fn comparison(&mut self, left: Option<MentionId>) -> Step {
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        let negated = std::mem::take(&mut self.negated);
        if segment.is(Op::Between) {
            return self.between(left);
        }
        let op = segment.ops.iter().find_map(|o| {
            if let Op::Compare(c) = o {
                Some(*c)
            } else {
                None
            }
        });
        let mut left = left;
        let op = match (op, segment.adjective) {
            (Some(op), _) => op,
            // "older than 20": the adjective says which column and which way.
            (None, Some((i, false))) => {
                let adjective = &ENGLISH.adjectives[i];
                if adjective.greater.is_empty() {
                    return self.fail();
                }
                if left.is_none() {
                    let text = adjective.greater[0].join(" ");
                    let head = self.frame.head.or_else(|| self.first_plain());
                    let id = self.mention(&text, Role::Any, Vec::new(), head);
                    self.adjectives.push((id, i));
                    left = Some(id);
                }
                Comparison::Greater
            }
            _ => return self.fail(),
        };
        self.at += 1;
        while self.is(0, Op::Than) || self.is_filler(0) {
            self.at += 1;
        }
        let op = if negated { op.negated() } else { op };
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        if let Some(number) = segment.number.clone() {
            self.at += 1;
            return self.compared_number(left, op, number);
        }
        if segment.is(Op::AverageWord) {
            self.at += 1;
            // "the average", or "the average price" of the same column.
            let mut left = left;
            if self.segment(0).is_some_and(|s| self.is_name(s)) {
                let same = self.noun(Role::Any)?;
                left = left.or(Some(same));
            }
            return self.overall(left, op, Aggregate::Avg);
        }
        if left.is_some() && self.is_name(segment) {
            let again = left.is_some_and(|left| {
                let words = |text: &str| super::language::stems(&text.to_lowercase());
                words(&self.frame.mentions[left].text) == words(&segment.text)
            });
            // "than the salary of all instructors in Biology": than the greatest of them.
            if again && (self.is(1, Op::Of) || self.is(1, Op::Preposition)) {
                self.at += 1;
                let function = match op {
                    Comparison::Greater | Comparison::GreaterOrEqual => Aggregate::Max,
                    Comparison::Less | Comparison::LessOrEqual => Aggregate::Min,
                    _ => return self.fail(),
                };
                return self.overall(left, op, function);
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

    /// A comparison with an aggregate of all rows, or of those that are named after it: "of the teachers in Physics". What
    /// follows up to the end of the sentence is said about them.
    fn overall(&mut self, left: Option<MentionId>, op: Comparison, function: Aggregate) -> Step {
        let of = self.is(0, Op::Of) || self.is(0, Op::Preposition);
        let mut k = usize::from(of);
        while self.is_filler(k) {
            k += 1;
        }
        let thing = |s: &super::annotate::Segment| {
            let named = |c: &super::lexicon::Candidate| matches!(c.target, Target::Table(_));
            self.is_name(s) && s.names.first().is_some_and(named)
        };
        if of && self.segment(k).is_some_and(thing) {
            self.at += k;
            let id = self.noun(Role::Entity)?;
            if let Some(left) = left.filter(|l| self.frame.mentions[*l].of.is_none()) {
                self.frame.mentions[left].of = Some(id);
            }
            self.mode = Mode::Condition;
            self.scope = Some(self.frame.conditions.len());
        }
        self.push(Condition::Compare {
            left,
            op,
            right: Operand::Overall(function, Vec::new()),
        });
        Ok(())
    }

    /// Ends what is said about the rows that a comparison aggregates.
    pub(super) fn end_scope(&mut self) {
        let Some(at) = self.scope.take() else { return };
        let inside = self
            .frame
            .conditions
            .split_off((at + 1).min(self.frame.conditions.len()));
        if let Some(Condition::Compare {
            right: Operand::Overall(_, among),
            ..
        }) = self.frame.conditions.last_mut()
        {
            among.extend(inside);
        }
    }

    pub(super) fn first_plain(&self) -> Option<MentionId> {
        self.frame.outputs.iter().find_map(|o| match o {
            Output::Plain(m) | Output::Count { of: m, .. } if self.is_table(*m) => Some(*m),
            _ => None,
        })
    }

    /// A comparison with a number, and what may follow it: what is counted, or a unit of measure.
    pub(super) fn compared_number(
        &mut self,
        left: Option<MentionId>,
        op: Comparison,
        number: Number,
    ) -> Step {
        // "longer than 80 meters"
        if left.is_some() {
            self.unit_of_measure();
        }
        let (op, number) = self.or_more(op, number);
        // "at least 25 years old"
        if left.is_none() && self.is(0, Op::Old) {
            // The first adjective of the language is the one of age.
            let i = 0;
            self.at += 1;
            let (op, number) = self.or_more(op, number);
            let head = self.frame.head.or_else(|| self.first_plain());
            let id = self.mention("age", Role::Any, Vec::new(), head);
            self.adjectives.push((id, i));
            return self.compared_number(Some(id), op, number);
        }
        if self
            .segment(0)
            .is_some_and(|s| s.unit.is_some() && !self.is_name(s))
            && left.is_some()
        {
            // "longer than 180 minutes": the unit that the column is in.
            self.at += 1;
        }
        if left.is_some() {
            self.push(Condition::Compare {
                left,
                op,
                right: Operand::Number(number),
            });
            return Ok(());
        }
        if self.segment(0).is_some_and(|s| self.is_name(s)) {
            let id = self.noun(Role::Entity)?;
            if self.is_table(id) {
                self.push(Condition::Count { of: id, op, number });
            } else {
                self.frame.mentions[id].role = Role::Any;
                self.push(Condition::Compare {
                    left: Some(id),
                    op,
                    right: Operand::Number(number),
                });
            }
            return Ok(());
        }
        self.push(Condition::Compare {
            left: None,
            op,
            right: Operand::Number(number),
        });
        Ok(())
    }

    pub(super) fn between(&mut self, left: Option<MentionId>) -> Step {
        self.at += 1;
        let low = self.segment(0).and_then(|s| s.number.clone());
        let high = self.segment(2).and_then(|s| s.number.clone());
        match (low, high) {
            (Some(low), Some(high))
                if self.is(1, Op::And) || self.segment(1).is_some_and(|s| s.text == "to") =>
            {
                self.at += 3;
                self.push(Condition::Between { left, low, high });
                Ok(())
            }
            _ => self.fail(),
        }
    }

    /// A noun follows this verb, so that the verb is not what is denied: "not *participate* in any activity".
    pub(super) fn noun_after_link(&self) -> bool {
        let mut k = 1;
        while self.is_filler(k) || self.is(k, Op::Preposition) || self.is(k, Op::Of) {
            k += 1;
        }
        self.segment(k)
            .is_some_and(|s| self.is_name(s) || !s.values.is_empty())
    }
}
