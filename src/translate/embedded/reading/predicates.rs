//! What a question says about things: comparisons, negation, stored values.

use super::super::language::{Comparison, ENGLISH, Op};
use super::super::schema::lexicon::Target;
use super::frame::{Condition, MentionId, Operand};
use super::parse::{Mode, Parser, Step};
use crate::question::tokens::{TokenKind, tokenize};

impl Parser<'_> {
    /// Whether what follows a noun says something about it.
    pub(crate) fn condition_follows(&self, id: MentionId) -> bool {
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
        let number = self
            .segment(1)
            .is_some_and(|s| s.number.is_some() && s.time.is_none());
        if !table && self.mode == Mode::Condition && self.is(0, Op::Of) && (compared(1) || number) {
            return true;
        }
        while self.is_filler(k)
            || (!table && self.is(k, Op::Both))
            || ((self.is(k, Op::Always) || self.is(k, Op::Never)) && self.compares(k + 1))
            || (self.is(k, Op::With)
                && self
                    .segment(k)
                    .is_some_and(|s| ENGLISH.copulas.contains(&s.text.to_lowercase())))
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
            let verb = super::super::linking::fit::is_verb(&self.frame, id);
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
        let thing = |s: &super::super::mentions::annotate::Segment| {
            let named = |c: &super::super::schema::lexicon::Candidate| {
                matches!(c.target, Target::Table(_)) && c.score > 0.9
            };
            s.quoted.is_none() && s.names.first().is_some_and(named)
        };
        let ranked =
            |s: &super::super::mentions::annotate::Segment| self.ranks(s) && s.quoted.is_none();
        if table && like && self.segment(k + 1).is_some_and(|s| thing(s) || ranked(s)) {
            return false;
        }
        // "the majors less than three students have": the number is that of the students.
        if !table && first && self.counts_things(k) {
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
    pub(crate) fn condition_on(&mut self, id: MentionId) -> Step {
        self.skip_fillers();
        if self.is(0, Op::Both) {
            self.frame.both = true;
            self.at += 1;
            self.skip_fillers();
        }
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
        if segment.is(Op::Never) && self.compares(1) {
            self.at += 1;
            return self.denied(|parser| parser.comparison(Some(id)));
        }
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
            let called = |s: &super::super::mentions::annotate::Segment| {
                ENGLISH.text_words.contains(&s.text.to_lowercase())
            };
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
            let written = || {
                let mark = segment.mark.map(String::from).unwrap_or_default();
                mark + &segment.text
            };
            let text = segment.quoted.clone().unwrap_or_else(written);
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
        // "whose code is "600"": a number in quotation marks.
        let quoted = segment
            .quoted
            .as_deref()
            .filter(|_| segment.values.is_empty())
            .and_then(|text| match &tokenize(text)[..] {
                [token] => match &token.kind {
                    TokenKind::Number(number) => Some(number.clone()),
                    _ => None,
                },
                _ => None,
            });
        if quoted.is_none() && (!segment.values.is_empty() || segment.quoted.is_some()) {
            return self.value(Some(id));
        }
        if self.number_to_number() {
            return self.number_range(Some(id));
        }
        if let Some(number) = quoted.or_else(|| segment.number.clone()) {
            self.at += 1;
            let op = if std::mem::take(&mut self.negated) {
                Comparison::NotEqual
            } else {
                Comparison::Equal
            };
            let (op, number) = self.or_more(op, number);
            // "whose length is 3 minutes": in the unit of the column, which a text has not.
            if op == Comparison::Equal
                && self
                    .segment(0)
                    .is_some_and(|s| s.unit.is_some() && !self.is_name(s))
            {
                let mut number = number;
                self.unit_of_number(Some(id), &mut number);
                if number.unit.is_none() {
                    self.at += 1;
                }
                self.push(Condition::Between {
                    left: Some(id),
                    low: number.clone(),
                    high: number,
                });
                return Ok(());
            }
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

    /// Adds a condition, joined to the one before by "or" if that stands between them.
    pub(crate) fn push(&mut self, condition: Condition) {
        if let Condition::Related {
            to, negated: false, ..
        } = condition
            && self.implied(to)
        {
            return;
        }
        let or = std::mem::take(&mut self.or);
        if self.versus {
            return self.beside(condition);
        }
        match self.frame.conditions.pop() {
            // "made after 2000 or reviewed by Rosa": the verb only leads to who did it.
            Some(Condition::Any(mut several)) if !or && self.completes(&several, &condition) => {
                several.pop();
                several.push(condition);
                self.frame.conditions.push(Condition::Any(several));
            }
            Some(Condition::Any(mut several)) if or => {
                several.push(condition);
                self.frame.conditions.push(Condition::Any(several));
            }
            Some(last) if or => self
                .frame
                .conditions
                .push(Condition::Any(vec![last, condition])),
            last => {
                self.frame.conditions.extend(last);
                self.frame.conditions.push(condition);
            }
        }
    }

    /// Whether a value says who or what is meant by the verb right before it, which is the last of some alternatives.
    fn completes(&self, several: &[Condition], condition: &Condition) -> bool {
        let Some(Condition::Related {
            to, negated: false, ..
        }) = several.last()
        else {
            return false;
        };
        let said = &self.frame.mentions[*to].text;
        let before = self.segments[..self.at].iter().rev();
        let between = before.take_while(|s| s.text != *said);
        matches!(condition, Condition::Value { negated: false, .. })
            && super::super::linking::fit::is_verb(&self.frame, *to)
            && between
                .into_iter()
                .all(|s| !s.is(Op::And) && !s.is(Op::Or) && !s.is(Op::With))
    }

    /// A noun follows this verb, so that the verb is not what is denied: "not *participate* in any activity".
    pub(crate) fn noun_after_link(&self) -> bool {
        let mut k = 1;
        while self.is_filler(k) || self.is(k, Op::Preposition) || self.is(k, Op::Of) {
            k += 1;
        }
        self.segment(k)
            .is_some_and(|s| self.is_name(s) || !s.values.is_empty())
    }
}
