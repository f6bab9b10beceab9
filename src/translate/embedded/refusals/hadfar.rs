//! What somebody is said to have: "which country do the researchers have?"; and what something is said to have that only others have:
//! "the average length of the outages".
//!
//! Invariant: that is a column of their own, of what they belong to, or of what a single link ties to them. Further away it is what
//! something else has, and the question is refused.

use super::super::language::{ENGLISH, stems};
use super::super::linking::certainty::distinct;
use super::super::reading::frame::{Condition, Output};
use super::super::schema::lexicon::Target;
use super::super::sql::build::{Builder, not_understood};
use crate::error::Result;

/// A link between two things has two keys.
const LINK: usize = 2;

impl Builder<'_> {
    /// Refuses a column that is said to be had by things which more than a link lies between.
    ///
    /// # Errors
    /// 22023, with what is not clear.
    pub(crate) fn refuse_had_far_away(&self) -> Result<()> {
        let word = |w: &&String| w.chars().any(char::is_alphabetic);
        let last = self.frame.words.iter().rfind(word);
        let has = |w: &String| {
            ENGLISH
                .possession
                .iter()
                .any(|p| stems(p).first() == Some(w))
        };
        if !last.is_some_and(has) || distinct(&self.joined).len() <= LINK {
            return Ok(());
        }
        let [Output::Plain(shown)] = self.frame.outputs[..] else {
            return Ok(());
        };
        let by_things = |c: &Condition| match c {
            Condition::Related { to, .. } => matches!(self.target(*to), Target::Table(_)),
            _ => false,
        };
        match self.target(shown) {
            Target::Column(_) if self.frame.conditions.iter().any(by_things) => {
                Err(not_understood(format!(
                    "Whose {} is meant is not clear.",
                    self.frame.mentions[shown].text
                )))
            }
            _ => Ok(()),
        }
    }

    /// Refuses the length of something else where that of what lasts may be meant: "the average length of the outages" is no length of the
    /// lines that were out, where an outage has a start and an end.
    ///
    /// # Errors
    /// 22023, with what is not clear.
    pub(crate) fn refuse_length_of_others(&self) -> Result<()> {
        for output in &self.frame.outputs {
            let Output::Aggregate { of, .. } = *output else {
                continue;
            };
            let Target::Column(at) = self.target(of) else {
                continue;
            };
            let said = stems(&self.frame.mentions[of].text.to_lowercase());
            if !said.iter().any(|w| ENGLISH.lengths_of_time.contains(w)) {
                continue;
            }
            let related = self.frame.conditions.iter().filter_map(|c| match c {
                Condition::Related { to, .. } => Some(*to),
                _ => None,
            });
            let owner = self.frame.mentions[of].of;
            for to in related.chain(self.frame.head).chain(owner) {
                let table = self.table(to);
                if table != at.table && self.lexicon.date_columns(self.catalog, table).len() > 1 {
                    return Err(not_understood(format!(
                        "Whether how long {} took is meant is not clear.",
                        self.frame.mentions[to].text
                    )));
                }
            }
        }
        Ok(())
    }
}
