//! One column that a comparison speaks of twice: "with a price below the average *asking price*".
//!
//! Invariant: what is compared with an aggregate of a column is that column. Of the two mentions the one that says more decides for both;
//! where their meanings have nothing in common, they are not alike and nothing is read. This prevents that "asking" is dropped and
//! another price is compared.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::frame::MentionId;
use super::parse::Parser;

impl Parser<'_> {
    /// "*Sold for* less than the average asking price": it is not the asking price for which something was sold. Tells whether a verb and a
    /// preposition stand right before this place.
    pub(crate) fn after_verb_for(&self) -> bool {
        let mut before = self.segments[..self.at].iter().rev();
        let preposition = before.next().is_some_and(|s| s.is(Op::Preposition));
        let verb = |s: &Segment| s.is(Op::Link) || ENGLISH.ends_as_verb(&s.text.to_lowercase());
        preposition && before.next().is_some_and(verb)
    }

    /// Whether two mentions may name the same column.
    pub(crate) fn may_be_same(&self, a: MentionId, b: MentionId) -> bool {
        let of = |id: MentionId| &self.frame.mentions[id].candidates;
        of(a).is_empty()
            || of(a)
                .iter()
                .any(|c| of(b).iter().any(|d| c.target == d.target))
    }

    /// Leaves both mentions of one column the meanings that both may have, and of these the best of the one that says more.
    pub(crate) fn keep_alike(&mut self, a: MentionId, b: MentionId) {
        let count = |id: MentionId| self.frame.mentions[id].text.split_whitespace().count();
        let (more, less) = if count(a) > count(b) { (a, b) } else { (b, a) };
        if self.frame.mentions[less].candidates.is_empty() {
            return;
        }
        let best = self.frame.mentions[more].candidates.iter();
        let best = best.map(|c| c.score).fold(0.0, f32::max);
        let whole: Vec<_> = self.frame.mentions[more]
            .candidates
            .iter()
            .filter(|c| c.score >= best)
            .map(|c| c.target.clone())
            .collect();
        let shared = |id: MentionId| {
            let all = &self.frame.mentions[id].candidates;
            let kept = all.iter().filter(|c| whole.contains(&c.target));
            kept.cloned().collect::<Vec<_>>()
        };
        let (more_kept, less_kept) = (shared(more), shared(less));
        if !less_kept.is_empty() {
            self.frame.mentions[more].candidates = more_kept;
            self.frame.mentions[less].candidates = less_kept;
        }
    }
}
