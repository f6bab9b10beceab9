//! Aggregates over the rows that share something with the row that is compared: "above the average of their own department".
//!
//! Invariant: a possessive before the noun says that each row is compared with those of its own group, and the noun is kept as that group;
//! whether the rows have such a group is seen where the query is made ([`super::super::sql::within`]). Without this, everybody was compared with
//! the average of all, and the department was joined for nothing.

use super::super::language::{Aggregate, Comparison, ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::frame::{Condition, MentionId, Operand, Role};
use super::parse::{Mode, Parser, Step};

impl Parser<'_> {
    /// "*of their own department*" after the aggregate of a comparison, if that stands here.
    pub(super) fn within(
        &mut self,
        left: Option<MentionId>,
        op: Comparison,
        function: Aggregate,
    ) -> Option<Step> {
        let mut ahead = usize::from(self.is(0, Op::Of) || self.is(0, Op::Preposition));
        let mut theirs = false;
        while let Some(segment) = self.segment(ahead) {
            let word = segment.text.to_lowercase();
            let own = theirs && ENGLISH.own_adjectives.contains(&word);
            theirs |= ENGLISH.possessives.contains(&word);
            if !own && !self.is_filler(ahead) {
                break;
            }
            ahead += 1;
        }
        let named = self.segment(ahead).is_some_and(|s| self.is_name(s));
        if ahead == 0 || !theirs || !named {
            return None;
        }
        self.at += ahead;
        let whose = match self.noun(Role::Entity) {
            Ok(whose) => whose,
            Err(not_understood) => return Some(Err(not_understood)),
        };
        self.push(Condition::Compare {
            left,
            op,
            right: Operand::Within(function, whose),
        });
        self.mode = Mode::Condition;
        Some(Ok(()))
    }

    /// "In *their last* review", where nothing that is understood as a thing follows: of what it is the last is not said.
    pub(super) fn is_last_of_unknown(&self, superlative: &Segment) -> bool {
        let before = self.at.checked_sub(1).map(|at| &self.segments[at]);
        let theirs = before.is_some_and(|s| {
            let word = s.text.to_lowercase();
            ENGLISH.possessives.contains(&word) || s.is(Op::Whose)
        });
        let by_time = superlative.is(Op::Latest) || superlative.is(Op::Earliest);
        let asked = !self.frame.outputs.is_empty() || self.frame.head.is_some();
        let mut next = self.segments[self.at + 1..].iter();
        let next = next.find(|s| !s.is(Op::Filler));
        let thing = next.is_some_and(|s| self.is_thing(s));
        theirs && by_time && asked && !thing && self.mode == Mode::Condition
    }

    /// Ends what is said about the rows that a comparison aggregates, and about what is denied.
    pub(crate) fn end_scope(&mut self) {
        if self.frame.denied.is_some() {
            let end = self.frame.conditions.len();
            self.frame.denied_until.get_or_insert(end);
        }
        let Some(at) = self.scope.take() else { return };
        let inside = self
            .frame
            .conditions
            .split_off((at + 1).min(self.frame.conditions.len()));
        if let Some(
            Condition::Compare {
                right: Operand::Overall(_, among),
                ..
            }
            | Condition::Aggregate {
                right: Operand::Overall(_, among),
                ..
            },
        ) = self.frame.conditions.last_mut()
        {
            among.extend(inside);
        }
    }
}
