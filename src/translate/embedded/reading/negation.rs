//! What a question denies.

use super::super::language::{Comparison, ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Target};
use super::frame::{Condition, MentionId, Operand, Role};
use super::parse::{Mode, Parser, Step};
use crate::catalog::model::{StoredValue, ValueMatch};
use crate::question::numbers::Number;

impl Parser<'_> {
    /// A segment of the vocabulary.
    fn is_defined(&self, ahead: usize) -> bool {
        let defined = |v: &StoredValue| matches!(v.found, ValueMatch::Segment(_));
        self.segment(ahead)
            .is_some_and(|s| s.values.first().is_some_and(defined))
    }

    /// "without large sales": the noun is the table of the segment, and no other.
    fn without_segment(&mut self) -> Step {
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        let of: Vec<usize> = segment.values.iter().map(|v| v.column.table).collect();
        let before = self.frame.conditions.len();
        self.negated = true;
        let id = self.noun(Role::Dimension)?;
        let tables = &mut self.frame.mentions[id].candidates;
        tables.retain(|c| matches!(c.target, Target::Table(t) if of.contains(&t)));
        let known = !tables.is_empty();
        let added = self.frame.conditions.get(before..).unwrap_or_default();
        match added {
            [
                Condition::Value {
                    value,
                    negated: true,
                },
            ] if known => {
                let value = *value;
                self.frame.mentions[value].of = Some(id);
                Ok(())
            }
            _ => self.fail(),
        }
    }

    /// A stored value of what was just named follows.
    fn value_follows(&self) -> bool {
        let mut ahead = 0;
        while self.is_filler(ahead) {
            ahead += 1;
        }
        self.segment(ahead)
            .is_some_and(|s| !self.is_name(s) && !s.values.is_empty())
    }

    /// "without orders", "not shipped", "never ordered".
    pub(crate) fn negation(&mut self) -> Step {
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        self.at += 1;
        if self.mode == Mode::Select {
            self.part_begins();
        }
        let mode = std::mem::replace(&mut self.mode, Mode::Condition);
        if segment.is(Op::Without) || segment.is(Op::Never) {
            while (!self.segment(0).is_some_and(|s| self.is_name(s))
                || (self.is(0, Op::Link) && self.noun_after_link()))
                && !self.is_act(0)
                && (self.is_filler(0)
                    || self.is(0, Op::Link)
                    || self.is(0, Op::Preposition)
                    || self.denied_by())
            {
                self.at += 1;
            }
            // "have never been shipped", "nobody ever subscribed to"
            if let Some(verb) = self.segment(0).filter(|_| self.is_act(0)) {
                let id = self.mention(&verb.text, Role::Dimension, verb.names.clone(), None);
                self.at += 1;
                self.push(self.had(id, true));
                return Ok(());
            }
            if self.is_defined(0) && self.segment(1).is_some_and(|s| self.is_name(s)) {
                return self.without_segment();
            }
            if self.segment(0).is_some_and(|s| self.is_name(s)) {
                let id = self.noun(Role::Dimension)?;
                // "do not have the ward Surgery"
                if self.is_table(id) && self.value_follows() {
                    return self.denied(|parser| parser.condition_on(id));
                }
                if self.is_table(id) {
                    self.deny_rows();
                    self.push(Condition::Related {
                        to: id,
                        negated: true,
                        inside: Vec::new(),
                    });
                } else if self.condition_follows(id) {
                    // "do not have the status 'open'"
                    return self.denied(|parser| parser.condition_on(id));
                } else if self.is_amount(id) && ENGLISH.says_zero(&segment.text) {
                    // A balance of zero is no missing one.
                    self.push(Condition::Compare {
                        left: Some(id),
                        op: Comparison::Equal,
                        right: Operand::Number(Number::whole(0)),
                    });
                } else {
                    if segment.is(Op::Without) {
                        self.frame.lacking.push(id);
                    }
                    self.push(Condition::Null {
                        of: id,
                        negated: false,
                    });
                }
                return Ok(());
            }
            // "no longer than 3 km"
            if self.is_comparative(0) {
                self.negated = true;
                return self.comparison(None);
            }
            if self.compares(0) {
                return self.denied(|parser| parser.comparison(None));
            }
            // "never paid" where a row tells whether it was.
            if self.is_defined(0) {
                self.negated = true;
                return self.value(None);
            }
            return self.fail();
        }
        self.negated = true;
        while self.is_filler(0)
            || self.is(0, Op::Preposition)
            || self.is(0, Op::With)
            || self.denied_by()
            || (self.is(0, Op::Link)
                && !self.is_state(0)
                && self.segment(0).is_some_and(|s| s.values.is_empty())
                && (!self.segment(0).is_some_and(|s| self.is_name(s)) || self.noun_after_link()))
        {
            self.at += 1;
        }
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        // "not on weekends": the day is denied as it is read.
        if segment.time.as_ref().is_some_and(|t| t.each.is_some()) && !self.is_stored_here(segment)
        {
            self.mode = mode;
            return Ok(());
        }
        if self.is_state(0) {
            let id = self.mention(&segment.text, Role::Any, segment.names.clone(), None);
            self.at += 1;
            self.negated = false;
            self.push(Condition::Flag {
                of: id,
                negated: true,
            });
            return Ok(());
        }
        if self.is_name(segment) {
            let id = self.noun(Role::Dimension)?;
            if self.condition_follows(id) {
                return self.condition_on(id);
            }
            self.negated = false;
            if self.is_table(id) {
                self.deny_rows();
            }
            self.push(self.had(id, true));
            return Ok(());
        }
        if !segment.values.is_empty() || segment.quoted.is_some() {
            return self.value(None);
        }
        if segment.ops.iter().any(|o| matches!(o, Op::Compare(_))) || self.is_comparative(0) {
            return self.comparison(None);
        }
        if let Some(time) = &segment.time
            && time.each.is_none()
        {
            return self.denied_again(time);
        }
        // "not 20 years old"
        if let Some(number) = segment.number.clone()
            && self.is(1, Op::Old)
        {
            self.at += 1;
            self.negated = false;
            return self.compared_number(None, Comparison::NotEqual, number);
        }
        self.fail()
    }

    /// Notes that the next condition denies rows, and whether of the time that follows alone.
    fn deny_rows(&mut self) {
        let at = self.frame.conditions.len();
        self.frame.denied.get_or_insert(at);
        let mut ahead = 0;
        while self.is_filler(ahead) {
            ahead += 1;
        }
        let span = |s: &Segment| s.time.as_ref().is_some_and(|t| t.each.is_none());
        if self.segment(ahead).is_some_and(span) {
            self.frame.denied_then.push(at);
        }
    }

    /// "ordered in 2024 but not in 2025": what was done at one time was not done at the other.
    fn denied_again(&mut self, time: &super::super::time::timewords::TimePhrase) -> Step {
        let [
            ..,
            Condition::Related {
                to, negated: false, ..
            },
            Condition::Time {
                column: None,
                negated: false,
                ..
            },
        ] = self.frame.conditions[..]
        else {
            return self.fail();
        };
        self.negated = false;
        self.time(time)?;
        match self.frame.conditions.pop() {
            Some(span @ Condition::Time { .. }) => {
                self.push(Condition::Related {
                    to,
                    negated: true,
                    inside: vec![span],
                });
                Ok(())
            }
            _ => self.fail(),
        }
    }

    /// Denies what is read: no row of which it is true.
    ///
    /// # Errors
    /// The words that are not understood.
    pub(crate) fn denied(&mut self, read: impl FnOnce(&mut Self) -> Step) -> Step {
        let alternative = self.or;
        read(self)?;
        if !alternative && let Some(Condition::Any(several)) = self.frame.conditions.last().cloned()
        {
            // Neither the one nor the other.
            self.frame.conditions.pop();
            for condition in several {
                self.frame.conditions.push(condition);
                self.deny_last()?;
            }
            return Ok(());
        }
        self.deny_last()
    }

    fn deny_last(&mut self) -> Step {
        let last = match self.frame.conditions.last_mut() {
            Some(Condition::Any(several)) => several.last_mut(),
            last => last,
        };
        let Some(last) = last else { return self.fail() };
        match last {
            Condition::Value { negated, .. }
            | Condition::Like { negated, .. }
            | Condition::Flag { negated, .. }
            | Condition::Null { negated, .. }
            | Condition::Related { negated, .. } => *negated = !*negated,
            other => {
                let denied = std::mem::replace(other, Condition::Any(Vec::new()));
                *other = Condition::Not(Box::new(denied));
            }
        }
        Ok(())
    }

    /// "never used *by* any product", "not made *by* Acme": the word after a verb that says who does it.
    fn denied_by(&self) -> bool {
        let verb = self.at.checked_sub(1).map(|i| &self.segments[i]);
        self.is(0, Op::By)
            && !self.is(0, Op::Each)
            && verb.is_some_and(|s| s.is(Op::Link))
            && (1..3).any(|k| {
                let said = |s: &Segment| self.is_name(s) || !s.values.is_empty();
                self.segment(k).is_some_and(said) && (1..k).all(|j| self.is_filler(j))
            })
    }

    /// A verb that nothing follows, of which a column tells whether it happened: "not *shipped* yet".
    fn is_state(&self, ahead: usize) -> bool {
        self.is(ahead, Op::Link)
            && self.segment(ahead).is_some_and(|s| {
                s.names
                    .iter()
                    .any(|c| matches!(c.target, Target::Column(_)))
            })
            && self.ends_part(ahead + 1)
    }

    /// A verb that nothing follows, and that something is called after: "never *shipped*".
    fn is_act(&self, ahead: usize) -> bool {
        let mut next = ahead + 1;
        while self.is(next, Op::Preposition) {
            next += 1;
        }
        self.is(ahead, Op::Link)
            && self
                .segment(ahead)
                .is_some_and(|s| !s.names.is_empty() && s.values.is_empty())
            && (self.ends_part(next) || self.is(next, Op::And))
    }

    /// Nothing but words of the grammar comes before the end of the sentence.
    pub(crate) fn ends_part(&self, mut next: usize) -> bool {
        let ends = |s: &Segment| s.is(Op::Sentence) || !s.text.chars().any(char::is_alphanumeric);
        while self.is_filler(next) {
            next += 1;
        }
        self.segment(next).is_none_or(ends)
    }

    /// An adjective that compares: "longer than".
    fn is_comparative(&self, ahead: usize) -> bool {
        let segment = self.segment(ahead);
        segment.is_some_and(|s| matches!(s.adjective, Some((_, false))))
            && self.is(ahead + 1, Op::Than)
    }

    /// "sold *but never returned*": what was done stands beside what was not.
    pub(crate) fn denial_follows(&self) -> bool {
        let denies = |s: &Segment| s.is(Op::Never) || s.is(Op::Not) || s.is(Op::Without);
        self.is(1, Op::And) && self.segment(2).is_some_and(denies)
    }

    /// The same, where the verb has been passed.
    pub(crate) fn denied_beside(&self) -> bool {
        let denies = |s: &Segment| s.is(Op::Never) || s.is(Op::Not) || s.is(Op::Without);
        self.segment(1).is_some_and(denies)
    }

    /// "regions that are *affected*": a verb that nothing follows says that there is something that is called after it.
    pub(crate) fn happened(&mut self) -> bool {
        let Some(segment) = self.segment(0) else {
            return false;
        };
        let verb = segment.ops == [Op::Link]
            && !segment.names.is_empty()
            && ENGLISH.ends_as_verb(&segment.text.to_lowercase());
        let table = |c: &Candidate| matches!(c.target, Target::Table(_));
        let timed = self.segment(1).is_some_and(|s| s.time.is_some())
            && segment.names.first().is_some_and(table);
        if !verb
            || self.frame.outputs.is_empty()
            || !(timed || self.ends_part(1) || self.denial_follows())
        {
            return false;
        }
        let id = self.mention(&segment.text, Role::Dimension, segment.names.clone(), None);
        self.at += 1;
        self.mode = Mode::Condition;
        self.push(self.had(id, false));
        true
    }

    /// That things are related to others of a table, or that a column is set; or that it is not so.
    fn had(&self, id: MentionId, negated: bool) -> Condition {
        if self.is_table(id) {
            Condition::Related {
                to: id,
                negated,
                inside: Vec::new(),
            }
        } else {
            Condition::Flag { of: id, negated }
        }
    }
}
