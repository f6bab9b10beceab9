//! Units of measure in a question: they say which column is meant, "length in meters" where there is one in feet as well.
//!
//! Invariant: a number is never compared with a column that is said to be in another unit. A column that does not say its unit
//! may be in any.

use super::super::language::{ENGLISH, Op, stems};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::frame::Frame;
use super::parse::Parser;

impl Parser<'_> {
    /// Reads the unit of what was said before, if one stands here.
    pub(crate) fn unit_of_measure(&mut self) -> bool {
        let Some(segment) = self.segment(0) else {
            return false;
        };
        let [unit] = &stems(&segment.text.to_lowercase())[..] else {
            return false;
        };
        let thing = |c: &Candidate| matches!(c.target, Target::Table(_)) && c.score > 0.8;
        let other = segment.names.first().is_some_and(thing) || segment.unit.is_some();
        if !ENGLISH.is_unit(unit) || other || unit.len() < 2 || self.frame.mentions.is_empty() {
            return false;
        }
        let before = self.frame.mentions.len();
        self.frame.units.push((before, unit.clone()));
        self.at += 1;
        true
    }

    /// A verb that ends a question about one thing: where the catalog has something of that name ([`Lexicon::knows`]), not all
    /// regions are meant by "how many regions are affected".
    pub(crate) fn dangling_verb(&self) -> Option<String> {
        let frame = &self.frame;
        let one = frame.mentions.len() == 1 && frame.conditions.is_empty();
        let ends = |s: &&super::super::mentions::annotate::Segment| !s.is(Op::Sentence);
        let last = self.segments.iter().rev().find(ends)?;
        let verb = last.is(Op::Link) && !last.is(Op::Filler) && !self.is_name(last);
        let bare = last.values.is_empty() && last.time.is_none();
        (one && verb && bare).then(|| last.text.clone())
    }
}

/// Takes from the meanings of what a unit is said of those that are in another unit; without any left the unit is not understood.
pub(crate) fn choose_units(frame: &mut Frame, lexicon: &Lexicon) {
    let unit_of = |c: &Candidate| {
        let Target::Column(at) = &c.target else {
            return None;
        };
        let last = lexicon.tables[at.table].columns[at.column].last()?;
        ENGLISH.is_unit(last).then_some(last)
    };
    for (before, unit) in std::mem::take(&mut frame.units) {
        let said_of = frame.mentions[..before]
            .iter()
            .rposition(|m| m.candidates.iter().any(|c| unit_of(c) == Some(&unit)));
        match said_of {
            Some(id) => frame.mentions[id]
                .candidates
                .retain(|c| unit_of(c) == Some(&unit)),
            None => {
                for mention in frame.mentions[..before].iter_mut().rev().take(1) {
                    let column = |c: &Candidate| matches!(c.target, Target::Column(_));
                    mention
                        .candidates
                        .retain(|c| column(c) && unit_of(c).is_none());
                }
            }
        }
    }
}
