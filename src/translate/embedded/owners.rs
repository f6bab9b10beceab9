//! Whose a column is that a question names: of the thing that the question says it is of.
//!
//! Invariant: a thing owns a column only where the words say so and the thing may have it.

use super::frame::{MentionId, Output};
use super::lexicon::Target;
use super::parse::Parser;

impl Parser<'_> {
    /// Gives the outputs of the list before to the thing that they are said to be of, if it has something of that name itself or
    /// may be joined with what has; false when there are none.
    pub(super) fn own_outputs(&mut self, id: MentionId, far: bool) -> bool {
        let start = self.list_start.min(self.frame.outputs.len());
        let mut attached = false;
        for i in start..self.frame.outputs.len() {
            let (Output::Plain(m) | Output::Aggregate { of: m, .. }) = self.frame.outputs[i] else {
                continue;
            };
            if self.frame.mentions[m].of.is_none()
                && !self.is_table(m)
                && (far || self.may_own(id, m))
            {
                self.frame.mentions[m].of = Some(id);
                attached = true;
            }
        }
        self.list_start = self.frame.outputs.len();
        attached
    }

    /// Whether a table that a mention names has a column that another names, and names no less well than any.
    pub(super) fn owns_namesake(&self, owner: MentionId, owned: MentionId) -> bool {
        let tables = &self.frame.mentions[owner].candidates;
        let named = &self.frame.mentions[owned].candidates;
        let best = named.first().map_or(1.0, |c| c.score);
        named.iter().any(|c| match &c.target {
            Target::Column(at) => {
                c.score >= best && tables.iter().any(|t| t.target == Target::Table(at.table))
            }
            _ => false,
        })
    }

    /// Whether a table that a mention names has a column that another names.
    pub(super) fn may_own(&self, owner: MentionId, owned: MentionId) -> bool {
        let tables = &self.frame.mentions[owner].candidates;
        self.frame.mentions[owned].candidates.iter().any(|c| {
            let Target::Column(at) = &c.target else {
                return false;
            };
            tables.iter().any(|t| t.target == Target::Table(at.table))
        })
    }
}
