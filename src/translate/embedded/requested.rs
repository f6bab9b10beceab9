//! What the question's own words ask for must be among what the answer shows: kinds, and when.
//!
//! Invariant: "the types of rooms" is not answered by the rooms, nor "when did Ann join" by Ann. Such a word is read with the column
//! that it asks for, or the question is refused.

use super::build::{Builder, not_understood};
use super::frame::{Dimension, Output};
use super::language::ENGLISH;
use super::lexicon::Target;
use super::nature::{self, Nature};
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;

impl Builder<'_> {
    /// Refuses an answer without what the question's words ask for.
    ///
    /// # Errors
    /// 22023, with what is asked for.
    pub(super) fn refuse_unrequested(&self) -> Result<()> {
        if self.asks_for_kinds() && !self.knows_kinds() {
            return Err(not_understood("What the kinds are is not clear."));
        }
        if self.asks_when() && !self.shows_time() {
            return Err(not_understood("When something was is not shown."));
        }
        Ok(())
    }

    /// "Sort" is a verb as well where the answer is put in an order.
    fn asks_for_kinds(&self) -> bool {
        let mut words = self.frame.words.iter();
        self.frame.order.is_none() && words.any(|word| ENGLISH.kinds.contains(word))
    }

    /// Whether a word of the question is a column that says a kind, or the name of something has that word in it.
    fn knows_kinds(&self) -> bool {
        // `roomtype` may be one word.
        let is_kind = |stem: &String| ENGLISH.kinds.iter().any(|kind| stem.ends_with(kind));
        let kind = |stems: &[String]| stems.iter().any(is_kind);
        let mut mentions = self.frame.mentions.iter();
        if mentions.any(|m| kind(&super::language::stems(&m.text.to_lowercase()))) {
            return true;
        }
        let says = |at: &ColumnRef| {
            self.lexicon.nature(*at) == Nature::Category
                || kind(&self.lexicon.tables[at.table].columns[at.column])
                || kind(&self.lexicon.tables[at.table].stems)
        };
        self.targets.iter().any(|target| match target {
            Target::Column(at) | Target::Value(at, _) => says(at),
            Target::Table(t) => {
                let words = &self.lexicon.tables[*t];
                kind(&words.stems)
                    || words
                        .display
                        .iter()
                        .any(|&column| says(&ColumnRef { table: *t, column }))
            }
            _ => true,
        })
    }

    fn asks_when(&self) -> bool {
        let first = self.frame.words.first();
        first.is_some_and(|word| ENGLISH.when.contains(word))
    }

    fn shows_time(&self) -> bool {
        let is_time = |at: &ColumnRef| {
            let class = self.catalog.column(*at).class;
            nature::is_date(class)
                || matches!(class, TypeClass::Time | TypeClass::Range)
                || self.lexicon.nature(*at) == Nature::Date
                || self.lexicon.is_year(*at)
                // A text that is called a time may hold one.
                || {
                    let stems = &self.lexicon.tables[at.table].columns[at.column];
                    stems.iter().any(|stem| ENGLISH.time_words.contains(stem))
                }
        };
        let shown = self.frame.outputs.iter().any(|output| match output {
            Output::Plain(id) | Output::Aggregate { of: id, .. } | Output::Count { of: id, .. } => {
                match self.target(*id) {
                    Target::Column(at) => is_time(at),
                    _ => false,
                }
            }
        });
        let time = |d: &Dimension| matches!(d, Dimension::Time(_));
        shown || self.frame.group.iter().any(time)
    }
}
