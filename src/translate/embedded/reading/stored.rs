//! Stored values in a question, and lists of them.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Target};
use super::super::time::dates::Span;
use super::frame::{Also, Condition, MentionId, Role};
use super::parse::{Mode, Parser, Step};
use crate::catalog::model::{StoredValue, ValueMatch};

impl Parser<'_> {
    /// A stored value. One that is a verb says something of what is asked for, and so does what follows: "how many members *attended* a
    /// class".
    pub(crate) fn stored_state(&mut self) -> Step {
        let acts = self.is(0, Op::Link) && !self.frame.outputs.is_empty();
        self.value(None)?;
        if acts {
            self.mode = Mode::Condition;
        }
        Ok(())
    }

    /// "The nominees and what they were nominated for": a verb of what is named rather than a value of something.
    fn acts_on_named(&self, segment: &Segment) -> bool {
        let text = segment.text.trim_end_matches('.').to_lowercase();
        if text.contains(' ')
            || !ENGLISH.ends_as_verb(&text)
            || text != segment.text.trim_end_matches('.')
        {
            return false;
        }
        let root = |word: &str| {
            super::super::language::stems(word)
                .pop()
                .map(|s| super::super::schema::names::root(&s))
        };
        let verb = root(&text);
        let mentions = self.frame.mentions.iter();
        let mut named = mentions.filter(|m| m.role != Role::Value);
        let same = |a: &str, b: &str| a.len() > 4 && b.starts_with(a);
        named.any(|m| match (&verb, root(&m.text.to_lowercase())) {
            (Some(verb), Some(name)) => same(verb, &name) || same(&name, verb),
            _ => false,
        })
    }

    fn is_article(&self, segment: &Segment) -> bool {
        ENGLISH.articles.contains(&segment.text.to_lowercase())
    }

    /// A stored value that stands for the rows which have it: "the largest *withdrawal*".
    pub(crate) fn value_alone(&self) -> bool {
        let value = |s: &Segment| !self.is_name(s) && !s.values.is_empty();
        self.segment(0).is_some_and(value) && !self.noun_follows(1) && !self.list_before_noun()
    }

    /// A stored value, and more of the same kind after "or" and "and".
    pub(crate) fn value(&mut self, of: Option<MentionId>) -> Step {
        let negated = std::mem::take(&mut self.negated);
        let preposition = std::mem::take(&mut self.after_preposition);
        let by = self
            .at
            .checked_sub(1)
            .is_some_and(|i| self.segments[i].is(Op::By));
        let apart = preposition || by;
        if of.is_none() && self.is_second_number() {
            return self.fail();
        }
        let mut first = true;
        let (mut joined_by_and, mut comma) = (false, false);
        let mut values = Vec::new();
        loop {
            let Some(segment) = self.segment(0) else {
                return self.fail();
            };
            if segment.values.is_empty() {
                return self.fail();
            }
            // "a yes": of what is known only where its column is named.
            let bare = of.is_none() && segment.quoted.is_none();
            if bare && ENGLISH.truths.contains(&segment.text.to_lowercase()) {
                return self.fail();
            }
            if bare && first && self.acts_on_named(segment) {
                self.note(segment, "a verb of what is named");
                self.at += 1;
                return Ok(());
            }
            let named = candidates(&segment.values);
            if named.is_empty() {
                return self.fail();
            }
            let id = self.mention(&segment.text, Role::Value, named, of);
            (self.frame.mentions[id].apart, self.frame.mentions[id].by) = (apart, by);
            let mut before = self.segments[..self.at].iter().rev();
            if let Some(segment) = before.find(|s| !self.is_article(s)) {
                let text = segment.text.to_lowercase();
                let word = text.split_whitespace().find(|w| ENGLISH.is_direction(w));
                self.frame
                    .prepositions
                    .extend(word.map(|word| (id, word.to_owned())));
            }
            self.at += 1;
            // "Biology courses": the noun that follows is the next mention. "Biology but not History" are of one column.
            let joined =
                |s: &Segment| s.is(Op::And) || s.is(Op::Or) || s.is(Op::Not) || s.is(Op::Versus);
            let joins = |s: &&Segment| {
                !joined(s) && (s.is(Op::Filler) || s.is(Op::Preposition) || s.is(Op::Of))
            };
            let mut before = self.segments[..self.at - 1].iter().rev().skip_while(joins);
            let listed = id > 0
                && self.frame.mentions[id - 1].role == Role::Value
                && before
                    .next()
                    .is_some_and(|s| joined(s) || !s.values.is_empty());
            if !listed && self.segment(0).is_some_and(|s| self.is_name(s)) {
                self.frame.mentions[id].near = Some(id + 1);
            }
            let condition = if segment.last_names.is_empty() {
                Condition::Value { value: id, negated }
            } else {
                let names = candidates(&segment.last_names);
                let last = self.mention(&segment.text, Role::Value, names, None);
                Condition::Term {
                    value: id,
                    also: Also::Value(last),
                    negated,
                }
            };
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
            if comma {
                self.frame.commas.push(id);
            }
            first = false;
            values.push(id);
            let more = (self.is(0, Op::Or) || self.is(0, Op::And))
                && self
                    .segment(1)
                    .is_some_and(|s| !s.values.is_empty() && !self.is_name(s));
            if !more {
                // "the Art or Music department": the noun says what each of them is.
                if self.frame.mentions[id].near == Some(id + 1) {
                    for value in values {
                        self.frame.mentions[value].near = Some(id + 1);
                    }
                }
                // "for male and female students": the preposition is the students'.
                self.after_preposition =
                    preposition && self.segment(0).is_some_and(|s| self.is_name(s));
                return Ok(());
            }
            let word = self.segment(0).map(|s| s.text.to_lowercase());
            self.frame.as_well |= word.is_some_and(|word| ENGLISH.as_well.contains(&word));
            joined_by_and = self.is(0, Op::And) && self.segment(0).is_some_and(|s| s.text != ",");
            comma = self.segment(0).is_some_and(|s| s.text == ",");
            self.at += 1;
            if self.is(0, Op::Or) {
                self.at += 1;
            }
        }
    }
}

impl Parser<'_> {
    /// "Fall 2009", "the fall semester of 2010": the time right after a value is said of it. Tells whether it was.
    pub(crate) fn term(&mut self, span: &Span) -> bool {
        let mut before = self.segments[..self.at].iter().rev();
        let between = |s: &&Segment| {
            s.values.is_empty()
                && (s.is(Op::Of) || s.is(Op::Filler) || s.is(Op::Preposition) || self.is_name(s))
        };
        let value = before
            .find(|s| !between(s))
            .filter(|s| !s.values.is_empty());
        let last = match self.frame.conditions.last_mut() {
            Some(Condition::Any(several)) => several.last_mut(),
            last => last,
        };
        if let (Some(segment), Some(last)) = (value, last)
            && let Condition::Value { value, negated } = *last
            && self.frame.mentions[value].text == segment.text
        {
            let span = span.clone();
            *last = Condition::Term {
                value,
                also: Also::Time(span),
                negated,
            };
            return true;
        }
        false
    }

    /// A value with what else is said of its row is no more than both, unless there is another such pair.
    pub(crate) fn finish_terms(&mut self) {
        let term = |c: &Condition| matches!(c, Condition::Term { .. });
        let count = |c: &Condition| match c {
            Condition::Any(several) | Condition::All(several) => {
                several.iter().filter(|c| term(c)).count()
            }
            c => usize::from(term(c)),
        };
        if self.frame.conditions.iter().map(count).sum::<usize>() > 1 {
            return;
        }
        for i in 0..self.frame.conditions.len() {
            let alone = term(&self.frame.conditions[i]);
            let found = match &mut self.frame.conditions[i] {
                Condition::Any(several) => several.iter_mut().find(|c| term(c)),
                c if alone => Some(c),
                _ => None,
            };
            let Some(found) = found else { continue };
            let Condition::Term {
                value,
                also,
                negated,
            } = found.clone()
            else {
                continue;
            };
            let rest = match also {
                Also::Time(span) => Condition::Time {
                    column: None,
                    span,
                    negated: false,
                },
                Also::Value(value) if alone && !negated => Condition::Value { value, negated },
                Also::Value(_) => return,
            };
            *found = Condition::Value { value, negated };
            self.frame.conditions.insert(i + 1, rest);
            return;
        }
    }
}

impl Parser<'_> {
    /// "either king or queen *beds*", "not in the Banking *industry*": the noun says what the values are that stand before it.
    pub(crate) fn names_values(&mut self, id: MentionId) -> bool {
        let value = |c: &Condition| match c {
            Condition::Value { value, .. } => Some(*value),
            _ => None,
        };
        let mut values = Vec::new();
        for condition in self.frame.conditions.iter().rev() {
            let said: Option<Vec<MentionId>> = match condition {
                Condition::Any(several) | Condition::All(several) => {
                    several.iter().map(value).collect()
                }
                one => value(one).map(|v| vec![v]),
            };
            let Some(mut said) = said else { break };
            // The mentions right before the noun, and nothing else.
            if said
                .iter()
                .max()
                .is_none_or(|last| last + 1 + values.len() != id)
            {
                break;
            }
            values.append(&mut said);
        }
        let column = |t: &Target| {
            let names = &self.frame.mentions[id].candidates;
            matches!(t, Target::Value(c, _) if names.iter().any(|n| n.target == Target::Column(*c)))
        };
        let fits = |v: &MentionId| {
            self.frame.mentions[*v].of.is_none()
                && self.frame.mentions[*v]
                    .candidates
                    .iter()
                    .any(|c| column(&c.target))
        };
        if values.is_empty() || !values.iter().all(fits) || self.condition_follows(id) {
            return false;
        }
        for value in values {
            self.frame.mentions[value].of = Some(id);
        }
        true
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
