//! Numbers in a question and what they are said of: "at least two orders", "18 years old", "50 to 100", "more than once".

use super::super::language::{Comparison, ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Target};
use super::frame::{Condition, Mention, MentionId, Operand, Role};
use super::parse::{Mode, Parser, Step};
use crate::catalog::model::ValueMatch;
use crate::question::numbers::Number;
use crate::question::tokens::{Token, tokenize};

/// A name from this score on is the whole name of a column.
const WHOLE: f32 = 0.9;

impl Parser<'_> {
    /// "5 or more"; but not "over 8 or under 5", which is another comparison.
    pub(crate) fn or_more(&mut self, op: Comparison, number: Number) -> (Comparison, Number) {
        let changed = if self.other_number().is_some() {
            return (op, number);
        } else if self.is(0, Op::OrMore) {
            Comparison::GreaterOrEqual
        } else if self.is(0, Op::OrLess) {
            Comparison::LessOrEqual
        } else {
            return (op, number);
        };
        self.at += 1;
        (changed, number)
    }

    /// The number after "or over" or "or less than", and how far ahead it stands.
    pub(crate) fn other_number(&self) -> Option<(usize, Number)> {
        if !self.is(0, Op::OrMore) && !self.is(0, Op::OrLess) {
            return None;
        }
        let ahead = 1 + usize::from(self.is(1, Op::Than));
        let number = self.segment(ahead)?.number.clone()?;
        Some((ahead, number))
    }

    /// More comparisons of the same column, or of another: "over 8 *or under 5*", "2 dogs *or more than 3 cats*".
    ///
    /// # Errors
    /// The words that are not understood.
    pub(crate) fn other_comparisons(&mut self) -> Step {
        while let Some((ahead, number)) = self.other_number() {
            let op = if self.is(0, Op::OrMore) {
                Comparison::Greater
            } else {
                Comparison::Less
            };
            let named = self.counted_follows(ahead + 1);
            let left = self.compared_before().filter(|_| !named);
            let segment = self.segment(0);
            let other = segment
                .zip(left)
                .and_then(|(s, of)| self.other_property(s, of));
            // "above 100 and below 200" holds of one number.
            self.or = !segment.is_some_and(begins_with_and);
            self.at += ahead + 1;
            self.compared_number(other.or(left), op, number)?;
        }
        Ok(())
    }

    /// A noun that a number may count comes next: "two *orders*", "ten *professors*" where a rank is called so.
    pub(crate) fn counted_follows(&self, ahead: usize) -> bool {
        let mut ahead = ahead;
        while self.is_filler(ahead) || self.is(ahead, Op::Distinct) {
            ahead += 1;
        }
        let Some(segment) = self.segment(ahead) else {
            return false;
        };
        let stored = |s: &Segment| {
            s.quoted.is_none()
                && s.values
                    .first()
                    .is_some_and(|v| !matches!(v.found, ValueMatch::Near(_)))
        };
        self.is_name(segment)
            || stored(segment)
                && (super::super::language::ends_as_plural(segment.text.trim_end_matches('.'))
                    || self.segment(ahead + 1).is_some_and(|s| self.is_name(s)))
    }

    /// A number and what it counts come after the comparison that stands here.
    pub(crate) fn counts_next(&self) -> bool {
        let k = self.after_comparison(0);
        self.segment(k).is_some_and(|s| s.number.is_some()) && self.counted_follows(k + 1)
    }

    /// Where the words that follow a comparison end.
    pub(crate) fn after_comparison(&self, ahead: usize) -> usize {
        let mut k = ahead + 1;
        while self.is_filler(k) || self.is(k, Op::Than) {
            k += 1;
        }
        k
    }

    /// A comparison stands there, and after it a number of things.
    pub(crate) fn counts_things(&self, ahead: usize) -> bool {
        let k = self.after_comparison(ahead);
        let thing = |s: &Segment| self.is_thing(s) && s.unit.is_none();
        self.compares(ahead)
            && self.segment(k).is_some_and(|s| s.number.is_some())
            && self.segment(k + 1).is_some_and(thing)
    }

    /// A comparison with a number, and what may follow it: what is counted, or a unit of measure.
    pub(crate) fn compared_number(
        &mut self,
        left: Option<MentionId>,
        op: Comparison,
        number: Number,
    ) -> Step {
        // "longer than 80 meters", "over 20 kg"
        let mut number = number;
        let left = self.unit_of_number(left, &mut number);
        let (op, mut number) = self.or_more(op, number);
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
        if left.is_none() && self.is(0, Op::Times(0)) {
            self.at += 1;
            return self.occasions(op, number);
        }
        // "parties that have at least two records": of the rows that what is shown stands in.
        let ends = |k: usize| self.segment(k).is_none_or(|s| s.is(Op::Sentence));
        if left.is_none()
            && self.is(0, Op::Rows)
            && self.segment(0).is_some_and(|s| !self.is_name(s))
            && ends(1)
        {
            self.at += 1;
            return self.occasions(op, number);
        }
        if self
            .segment(0)
            .is_some_and(|s| s.unit.is_some() && !self.is_name(s))
            && left.is_some()
        {
            // "longer than 180 minutes": the unit that the column is in.
            if self.frame.adjectives.iter().any(|(m, _)| Some(*m) == left) {
                number.unit = self.segment(0).map(|s| s.text.to_lowercase());
            }
            self.at += 1;
        }
        if left.is_none() && self.counted_follows(0) {
            return self.compared_things(op, number);
        }
        if self.follows_alternatives() {
            return self.fail();
        }
        self.push(Condition::Compare {
            left,
            op,
            right: Operand::Number(number),
        });
        Ok(())
    }

    /// "3 credits or 1 credit and 4 hours": whether "and" joins all or the last alone is not said.
    pub(crate) fn follows_alternatives(&self) -> bool {
        let compares =
            |c: &Condition| matches!(c, Condition::Compare { .. } | Condition::Count { .. });
        let joined = self.segments[..self.at]
            .iter()
            .rev()
            .take(4)
            .any(|s| s.is(Op::And));
        !self.or
            && joined
            && matches!(self.frame.conditions.last(), Some(Condition::Any(several)) if several.iter().all(compares))
    }

    /// A number and the noun after it: "at least two orders", "more than 3 credits", "at least one grade 'B'".
    pub(crate) fn compared_things(&mut self, op: Comparison, number: Number) -> Step {
        if self.follows_alternatives() {
            return self.fail();
        }
        let distinct = self.frame.distinct;
        let id = self.noun(Role::Entity)?;
        self.frame.distinct = distinct;
        self.count_opinions(id);
        let table = self.is_table(id);
        let some = matches!(
            (op, number.as_whole()),
            (Comparison::GreaterOrEqual, Some(1)) | (Comparison::Greater, Some(0))
        );
        if !table {
            self.frame.mentions[id].role = Role::Any;
            self.frame.numbered.push(id);
            let quoted = |s: &Segment| s.quoted.is_some() && !s.values.is_empty();
            if some && self.segment(0).is_some_and(quoted) {
                return self.value(Some(id));
            }
        }
        let none = matches!(
            (op, number.as_whole()),
            (Comparison::Equal | Comparison::LessOrEqual, Some(0)) | (Comparison::Less, Some(1))
        );
        self.push(if table && (some || none) {
            Condition::Related {
                to: id,
                negated: none,
                inside: Vec::new(),
            }
        } else if table {
            Condition::Count { of: id, op, number }
        } else {
            Condition::Compare {
                left: Some(id),
                op,
                right: Operand::Number(number),
            }
        });
        Ok(())
    }

    /// "freelancers with at least 3 ratings": so many rows that hold one, where these are others than what was spoken of. Without this,
    /// ratings below 3 would be left out.
    fn count_opinions(&mut self, id: MentionId) {
        let text = self.frame.mentions[id].text.to_lowercase();
        let last = super::super::language::stems(&text).pop();
        let opinion = last.is_some_and(|last| ENGLISH.single_opinions.contains(&last));
        if !opinion || self.is_table(id) || !super::super::language::ends_as_plural(&text) {
            return;
        }
        let best = |m: &Mention| m.candidates.first().map(|c| c.target.clone());
        let spoken: Vec<_> = self.frame.mentions[..id].iter().filter_map(best).collect();
        let mut tables = Vec::new();
        for candidate in &self.frame.mentions[id].candidates {
            if let Target::Column(at) = candidate.target
                && candidate.score > WHOLE
                && !spoken.contains(&Target::Table(at.table))
                && !tables.contains(&at.table)
            {
                tables.push(at.table);
            }
        }
        if let [table] = tables[..] {
            let candidates = &mut self.frame.mentions[id].candidates;
            *candidates = vec![Candidate {
                target: Target::Table(table),
                score: 1.0,
            }];
        }
    }

    /// The verb of the part of the sentence that is read, where a table is made of it: "*visited* at least twice".
    pub(crate) fn verb_before(&self) -> Option<(String, Vec<Candidate>)> {
        let before = self.segments[..self.at].iter().rev();
        let mut part =
            before.take_while(|s| !s.is(Op::And) && !s.is(Op::Or) && !s.is(Op::Sentence));
        let verb = part.find(|s| s.is(Op::Link) && !s.names.is_empty())?;
        let table = |c: &&Candidate| matches!(c.target, Target::Table(_));
        let names: Vec<Candidate> = verb.names.iter().filter(table).cloned().collect();
        (!names.is_empty()).then(|| (verb.text.clone(), names))
    }

    /// "more than once": how often there is what was just said to be related.
    pub(crate) fn occasions(&mut self, op: Comparison, number: Number) -> Step {
        let of = match self.frame.conditions.last() {
            Some(Condition::Related {
                to, negated: false, ..
            }) => {
                let of = *to;
                self.frame.conditions.pop();
                self.frame.mentions[of].role = Role::Entity;
                self.frame.occasions.push(of);
                of
            }
            _ => match self.verb_before() {
                Some((text, names)) => self.mention(&text, Role::Entity, names, None),
                None => match self.rows_of_shown() {
                    Some(rows) => rows,
                    None => {
                        self.at -= 1;
                        return self.fail();
                    }
                },
            },
        };
        self.push(Condition::Count { of, op, number });
        Ok(())
    }

    /// "ordered *only once*": of what was just said there is one and no more.
    pub(crate) fn only_once(&mut self) -> bool {
        let once = |s: &Segment| s.is(Op::Times(1)) && !s.is(Op::Filler) && !self.is_name(s);
        if !self.segment(0).is_some_and(once) {
            return false;
        }
        self.at += 1;
        self.occasions(Comparison::Equal, Number::whole(1)).is_ok()
    }

    /// A number without a comparison that says how many there are: "have two prerequisites", "are 18 years old".
    pub(crate) fn bare_quantity(&self) -> bool {
        let after = |op: Op| {
            let before = self.segments[..self.at].iter().rev();
            let mut before =
                before.skip_while(|s| s.names.is_empty() && s.ops.contains(&Op::Filler));
            before.next().is_some_and(|s| s.is(op))
        };
        // "at least two regions and 10 cities": as many, or just so many.
        let exact = match self.frame.conditions.last() {
            Some(Condition::Count { op, .. }) => *op == Comparison::Equal,
            Some(Condition::Related { negated, .. }) => !negated,
            Some(Condition::Compare { op, .. }) => *op == Comparison::Equal,
            _ => true,
        };
        let joins =
            after(Op::With) || after(Op::Link) || exact && (after(Op::And) || after(Op::Or));
        self.mode == Mode::Condition
            && !self.after_preposition
            && (self.is(1, Op::Old) || joins && self.counted_follows(1))
    }

    /// "3 or 4 stars": one of them.
    pub(crate) fn number_list(&self) -> bool {
        let number = |k: usize| self.segment(k).is_some_and(|s| s.number.is_some());
        self.mode == Mode::Condition
            && number(0)
            && self.is(1, Op::Or)
            && number(2)
            && self.counted_follows(3)
    }

    /// Reads what [`Parser::number_list`] has seen.
    pub(crate) fn numbers_of(&mut self) -> Step {
        let first = self.segment(0).and_then(|s| s.number.clone());
        let second = self.segment(2).and_then(|s| s.number.clone());
        self.at += 3;
        let id = self.noun(Role::Any)?;
        if self.is_table(id) {
            return self.fail();
        }
        let equal = |number: Number| Condition::Compare {
            left: Some(id),
            op: Comparison::Equal,
            right: Operand::Number(number),
        };
        let several = first.into_iter().chain(second).map(equal).collect();
        self.push(Condition::Any(several));
        Ok(())
    }

    pub(crate) fn between(&mut self, left: Option<MentionId>) -> Step {
        self.at += 1;
        while self.is_filler(0) {
            self.at += 1;
        }
        self.number_range(left)
    }

    /// "50 to 100"
    pub(crate) fn number_to_number(&self) -> bool {
        let number = |k: usize| self.segment(k).is_some_and(|s| s.number.is_some());
        let to = |s: &Segment| ENGLISH.range_words.contains(&s.text.to_lowercase());
        number(0) && self.segment(1).is_some_and(to) && number(2)
    }

    /// Two numbers with "to" or "and" between them, and what they may be said of after them.
    pub(crate) fn number_range(&mut self, left: Option<MentionId>) -> Step {
        let low = self.segment(0).and_then(|s| s.number.clone());
        let high = self.segment(2).and_then(|s| s.number.clone());
        let (Some(low), Some(high), true) =
            (low, high, self.is(1, Op::And) || self.number_to_number())
        else {
            return self.fail();
        };
        self.at += 3;
        let (mut low, mut high) = (low, high);
        let mut left = self.unit_of_number(left, &mut high);
        low.unit.clone_from(&high.unit);
        if left.is_none() && self.segment(0).is_some_and(|s| self.is_name(s)) {
            let of = self.noun(Role::Entity)?;
            if self.is_table(of) {
                let bounds = [
                    (Comparison::GreaterOrEqual, low),
                    (Comparison::LessOrEqual, high),
                ];
                for (op, number) in bounds {
                    self.push(Condition::Count { of, op, number });
                }
                return Ok(());
            }
            self.frame.mentions[of].role = Role::Any;
            left = Some(of);
        }
        self.push(Condition::Between { left, low, high });
        Ok(())
    }
}

/// "once", "twice"
pub(crate) fn times(segment: &Segment) -> Option<Number> {
    segment.ops.iter().find_map(|o| match o {
        Op::Times(times) if *times > 0 => Some(Number::whole(*times)),
        _ => None,
    })
}

/// "and below", where "5 and below" says it as well.
fn begins_with_and(segment: &Segment) -> bool {
    let first: Vec<Token> = tokenize(&segment.text).into_iter().take(1).collect();
    let phrases = ENGLISH.phrases_at(&first, 0);
    !first.is_empty() && phrases.iter().any(|(_, ops)| ops.contains(&Op::And))
}
