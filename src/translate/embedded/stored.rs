//! Stored values in a question, and lists of them.

use super::frame::{Condition, MentionId, Role};
use super::language::Op;
use super::lexicon::{Candidate, Target};
use super::parse::{Parser, Step};
use crate::catalog::model::{StoredValue, ValueMatch};

impl Parser<'_> {
    /// A stored value, and more of the same kind after "or" and "and".
    pub(super) fn value(&mut self, of: Option<MentionId>) -> Step {
        let negated = std::mem::take(&mut self.negated);
        let preposition = std::mem::take(&mut self.after_preposition);
        let apart = preposition
            || self
                .at
                .checked_sub(1)
                .is_some_and(|i| self.segments[i].is(Op::By));
        let mut first = true;
        let mut joined_by_and = false;
        loop {
            let Some(segment) = self.segment(0) else {
                return self.fail();
            };
            if segment.values.is_empty() {
                return self.fail();
            }
            let named = candidates(&segment.values);
            if named.is_empty() {
                return self.fail();
            }
            let id = self.mention(&segment.text, Role::Value, named, of);
            self.frame.mentions[id].apart = apart;
            self.at += 1;
            // "Biology courses": the noun that follows is the next mention. "Biology but not History" are of one column.
            let listed = id > 0 && self.frame.mentions[id - 1].role == Role::Value;
            if !listed && self.segment(0).is_some_and(|s| self.is_name(s)) {
                self.frame.mentions[id].near = Some(id + 1);
            }
            let condition = Condition::Value { value: id, negated };
            if joined_by_and && !negated {
                match self.frame.conditions.pop() {
                    Some(Condition::All(mut several)) => {
                        several.push(condition);
                        self.frame.conditions.push(Condition::All(several));
                    }
                    last => self.frame.conditions.push(Condition::All(
                        last.into_iter().chain([condition]).collect(),
                    )),
                }
            } else {
                if !first {
                    self.or = !negated;
                }
                self.push(condition);
            }
            if !segment.last_names.is_empty() {
                // One of several whole names would need both of its parts in its alternative.
                if !first || self.is(0, Op::Or) || self.is(0, Op::And) {
                    self.at -= 1;
                    return self.fail();
                }
                let names = candidates(&segment.last_names);
                let value = self.mention(&segment.text, Role::Value, names, None);
                self.push(Condition::Value { value, negated });
            }
            first = false;
            let more = (self.is(0, Op::Or) || self.is(0, Op::And))
                && self
                    .segment(1)
                    .is_some_and(|s| !s.values.is_empty() && !self.is_name(s));
            if !more {
                // "for male and female students": the preposition is the students'.
                self.after_preposition =
                    preposition && self.segment(0).is_some_and(|s| self.is_name(s));
                return Ok(());
            }
            joined_by_and = self.is(0, Op::And) && self.segment(0).is_some_and(|s| s.text != ",");
            self.at += 1;
            if self.is(0, Op::Or) {
                self.at += 1;
            }
        }
    }
}

/// Stored values as meanings; one that is only near is none.
fn candidates(values: &[StoredValue]) -> Vec<Candidate> {
    values
        .iter()
        .filter_map(|v| {
            let score = match v.found {
                ValueMatch::Segment(segment) => {
                    return Some(Candidate {
                        target: Target::Segment(segment),
                        score: 1.0,
                    });
                }
                ValueMatch::Exact => 1.0,
                ValueMatch::Folded => 0.97,
                ValueMatch::Stemmed => 0.9,
                ValueMatch::Near(_) => return None,
            };
            Some(Candidate {
                target: Target::Value(v.column, v.text.clone()),
                score,
            })
        })
        .collect()
}
