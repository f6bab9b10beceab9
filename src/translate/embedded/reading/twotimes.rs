//! Numbers of the same things at two times: "customers with more than 3 orders in 2025 and none in 2026", "sellers with more sales in 2026
//! than in 2025".
//!
//! Invariant: each number is of the rows of its own time alone, which limits nothing else. Without this no row would lie in both times.

use super::super::language::{Aggregate, Comparison, Op};
use super::super::mentions::annotate::Segment;
use super::frame::{Condition, MentionId, Operand, Role};
use super::parse::{Parser, Step};
use crate::question::numbers::Number;

impl Parser<'_> {
    /// Reads such a number, if one stands here.
    pub(crate) fn number_at_time(&mut self) -> Option<Step> {
        self.more_than_at_other_time()
            .or_else(|| self.again_at_other_time())
    }

    /// A span of time that stands there.
    fn span_at(&self, ahead: usize) -> Option<Condition> {
        let time = self.segment(ahead)?.time.as_ref()?;
        (time.each.is_none() && !time.dependent).then(|| Condition::Time {
            column: None,
            span: time.span.clone(),
            negated: false,
        })
    }

    /// How a word compares that does no more than that.
    fn compares_as(&self, segment: &Segment) -> Option<Comparison> {
        segment.ops.iter().find_map(|op| match op {
            Op::Compare(op) if !self.is_name(segment) => Some(*op),
            _ => None,
        })
    }

    /// "more orders in 2026 than in 2025"
    fn more_than_at_other_time(&mut self) -> Option<Step> {
        let op = self.compares_as(self.segment(0)?)?;
        let both = matches!(op, Comparison::Greater | Comparison::Less);
        let noun = self.segment(1).filter(|s| self.is_name(s))?;
        let (first, than, second) = (self.span_at(2)?, self.is(3, Op::Than), self.span_at(4)?);
        if !both
            || !than
            || self.negated
            || self.or
            || self.segment(5).is_some_and(|s| !s.is(Op::Sentence))
        {
            return None;
        }
        let names = noun.names.clone();
        let text = noun.text.clone();
        let of = self.mention(&text, Role::Measure, names.clone(), None);
        let than = self.mention(&text, Role::Measure, names, None);
        for (id, span) in [(of, first), (than, second)] {
            if self.is_table(id) {
                self.frame.mentions[id].role = Role::Entity;
            }
            self.frame.own.push((id, vec![span]));
        }
        self.at += 5;
        self.push(Condition::Aggregate {
            function: Aggregate::Sum,
            of,
            op,
            right: Operand::Mention(than),
        });
        Some(Ok(()))
    }

    /// "… and none in 2026", "… and fewer than 2 in 2026", after a number of things at another time.
    fn again_at_other_time(&mut self) -> Option<Step> {
        let segment = self.segment(0)?;
        let none = segment.is(Op::NoneOfThem) && !self.is_name(segment);
        let (op, number, after) = match self.compares_as(segment) {
            _ if none => (Comparison::Equal, Number::whole(0), 1),
            Some(op) => {
                let k = self.after_comparison(0);
                (op, self.segment(k)?.number.clone()?, k + 1)
            }
            None => return None,
        };
        let other = self.span_at(after)?;
        if !self.is_joined() || self.or || self.negated {
            return None;
        }
        let (of, some) = match self.frame.conditions[..] {
            [
                ..,
                Condition::Count { of, .. },
                Condition::Time {
                    column: None,
                    negated: false,
                    ..
                },
            ] => (of, false),
            // "customers with orders in 2025 and none in 2026"
            [
                ..,
                Condition::Related {
                    to,
                    negated: false,
                    ref inside,
                },
                Condition::Time {
                    column: None,
                    negated: false,
                    ..
                },
            ] if inside.is_empty() => (to, true),
            _ => return None,
        };
        let first = self.frame.conditions.pop()?;
        if some {
            self.frame.conditions.pop();
            self.frame.mentions[of].role = Role::Entity;
            let (op, number) = (Comparison::GreaterOrEqual, Number::whole(1));
            self.frame
                .conditions
                .push(Condition::Count { of, op, number });
        }
        let again = self.same_again(of);
        self.frame.own.push((of, vec![first]));
        self.frame.own.push((again, vec![other]));
        self.at += after + 1;
        self.push(Condition::Count {
            of: again,
            op,
            number,
        });
        Some(Ok(()))
    }

    /// "… orders in 2025 but no invoices in 2025", "… and payments in 2026": the time that was read last is that of the rows right before it
    /// alone, where what is joined to them had a time of its own.
    pub(crate) fn keep_own_time(&mut self) {
        let [
            ref before @ ..,
            Condition::Related {
                to,
                negated,
                ref inside,
            },
            Condition::Time {
                column: None,
                negated: false,
                ..
            },
        ] = self.frame.conditions[..]
        else {
            return;
        };
        let time = |c: &Condition| matches!(c, Condition::Time { column: None, .. });
        let other = match before {
            [.., Condition::Related { to, .. }, last] if time(last) => Some(*to),
            [.., Condition::Related { to, inside, .. }] if inside.iter().any(time) => Some(*to),
            _ => None,
        };
        // "founded before 1890 and schools founded after 1900": rows of both kinds, which are read as such.
        let said = |id: MentionId| &self.frame.mentions[id].text;
        let timed =
            other.is_some_and(|other| negated || !said(other).eq_ignore_ascii_case(said(to)));
        let since = self.segments[..self.at].iter().rev();
        let mut since = since.take_while(|s| s.time.is_none());
        let joins = |s: &Segment| s.is(Op::And) && s.names.is_empty();
        if !timed || !inside.is_empty() || !self.is_table(to) || !since.any(joins) {
            return;
        }
        let own = self.frame.conditions.pop();
        if let Some(Condition::Related { inside, .. }) = self.frame.conditions.last_mut() {
            inside.extend(own);
        }
    }

    /// A mention of what was mentioned before.
    fn same_again(&mut self, of: MentionId) -> MentionId {
        let mention = self.frame.mentions[of].clone();
        self.mention(&mention.text, mention.role, mention.candidates, mention.of)
    }
}
