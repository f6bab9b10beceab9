//! Verbs that no name and no list explains, where what they say is no more than that something took place: at a time, or so often.
//!
//! Invariant: such a verb is passed over only where the thing has a single date, which is called nothing but a date or a year: then
//! there is nothing else that the time could be of. The assumptions say so.

use super::super::language::{ENGLISH, Op, stems};
use super::super::mentions::annotate::Segment;
use super::super::reading::frame::{Condition, Dimension, MentionId, Output, Role};
use super::super::reading::parse::{Mode, Parser};
use super::super::schema::lexicon::{Candidate, Target};
use super::super::sql::build::{Builder, not_understood};
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use std::collections::BTreeSet;

/// A verb that nothing is known of, and a time after it: "opened in 1958", "that were founded before 1900".
pub(crate) fn happens(segments: &[Segment], at: usize) -> bool {
    let Some(verb) = segments.get(at).filter(|s| s.is_unknown()) else {
        return false;
    };
    let text = verb.text.to_lowercase();
    let ends = |ending: &String| text.ends_with(ending.as_str()) && text.len() > ending.len() + 2;
    let timed = segments.get(at + 1).is_some_and(|s| s.time.is_some());
    at > 0
        && verb.text == text
        && !text.contains(' ')
        && timed
        && ENGLISH.verb_endings.iter().any(ends)
}

impl Parser<'_> {
    /// Passes over a verb that says what happened at the time after it, and keeps it.
    pub(crate) fn opaque_verb(&mut self) -> bool {
        if !happens(self.segments, self.at) {
            return false;
        }
        let Some(segment) = self.segment(0) else {
            return false;
        };
        self.note(segment, "what happened at the time");
        self.frame.opaque.push(segment.text.clone());
        if !self.frame.outputs.is_empty() {
            self.mode = Mode::Condition;
        }
        self.at += 1;
        true
    }

    /// "Each type and the number of cards of that type": the noun points back at what it is grouped by.
    pub(crate) fn points_back(&mut self) -> bool {
        let Some(segment) = self.segment(0) else {
            return false;
        };
        let that = ENGLISH
            .demonstratives
            .contains(&segment.text.to_lowercase());
        let counted = |o: &Output| matches!(o, Output::Count { .. } | Output::Aggregate { .. });
        if !that || !self.frame.outputs.iter().any(counted) || !self.pointed_at(1) {
            return false;
        }
        let after = |s: &Segment| {
            s.is(Op::Sentence)
                || s.is(Op::And)
                || s.is(Op::Order)
                || s.is(Op::Descending)
                || s.is(Op::Ascending)
        };
        if !self.segment(2).is_none_or(after) {
            return false;
        }
        self.note(segment, "what is listed before");
        self.after_preposition = false;
        self.frame.each = true;
        self.at += 2;
        true
    }

    /// The noun there is that of the only thing that is listed or grouped by.
    fn pointed_at(&self, ahead: usize) -> bool {
        let Some(noun) = self.segment(ahead).filter(|s| self.is_name(s)) else {
            return false;
        };
        let said = stems(&noun.text.to_lowercase());
        let listed = self.frame.outputs.iter().filter_map(|o| match o {
            Output::Plain(m) => Some(*m),
            _ => None,
        });
        let grouped = self.frame.group.iter().filter_map(|d| match d {
            Dimension::Mention(m) => Some(*m),
            Dimension::Time(_) => None,
        });
        let all: Vec<MentionId> = grouped.chain(listed).collect();
        let same = |m: &&MentionId| {
            let words = stems(&self.frame.mentions[**m].text.to_lowercase());
            words.ends_with(&said)
        };
        !said.is_empty() && all.iter().filter(same).count() == 1
    }

    /// What is counted by "so many times": what the verb names, or the rows of what is shown.
    pub(crate) fn rows_of_shown(&mut self) -> Option<MentionId> {
        let [Output::Plain(shown)] = self.frame.outputs[..] else {
            return None;
        };
        if self.is_table(shown) {
            return None;
        }
        let mut tables: Vec<Candidate> = Vec::new();
        for candidate in &self.frame.mentions[shown].candidates {
            if let Target::Column(c) = candidate.target
                && !tables.iter().any(|t| t.target == Target::Table(c.table))
            {
                tables.push(Candidate {
                    target: Target::Table(c.table),
                    score: candidate.score,
                });
            }
        }
        (!tables.is_empty()).then(|| self.mention("rows", Role::Entity, tables, None))
    }
}

impl Parser<'_> {
    /// The column that the verb right before is made of: "*priced* between 10 and 20".
    pub(crate) fn verb_column(&mut self) -> Option<MentionId> {
        let verb = self.at.checked_sub(1).map(|i| &self.segments[i])?;
        let number = self.segment(1).is_some_and(|s| s.number.is_some());
        // "paid after the due date"
        let column = |s: &Segment| self.is_name(s) && !self.is_thing(s);
        let other = self.segment(self.after_comparison(0)).is_some_and(column);
        if !verb.is(Op::Link) || self.is_name(verb) || !(number || other) || self.counts_next() {
            return None;
        }
        let column = |c: &&Candidate| matches!(c.target, Target::Column(_));
        let names: Vec<Candidate> = verb.names.iter().filter(column).cloned().collect();
        if names.is_empty() {
            return None;
        }
        // "solved after the due date": the date, and not a state that is called so as well.
        if let Some(Condition::Value {
            value,
            negated: false,
        }) = self.frame.conditions.last()
            && self.frame.mentions[*value].text == verb.text
        {
            self.frame.conditions.pop();
        }
        let head = self.frame.head.or_else(|| self.first_plain());
        Some(self.mention(&verb.text, Role::Any, names, head))
    }

    /// "Employees who have a manager": notes a column that is said to be had.
    pub(crate) fn note_had(&mut self, start: usize, id: MentionId) {
        let before = self.segments[..start].iter().rev();
        let mut before = before.skip_while(|s| s.is(Op::Filler) && s.names.is_empty());
        let has = before.next().is_some_and(|s| {
            let text = s.text.to_lowercase();
            let had = |word: &str| ENGLISH.possession.iter().any(|p| p == word);
            s.is(Op::With) && text.split(' ').any(had)
        });
        if has && !self.negated {
            self.frame.had.push(id);
        }
    }
}

impl Builder<'_> {
    /// Refuses a verb that could be of another date than the one that is asked about.
    ///
    /// # Errors
    /// 22023, with the verb.
    pub(crate) fn refuse_opaque(&mut self, looked_at: &BTreeSet<usize>) -> Result<()> {
        let frame = self.frame;
        let Some(verb) = frame.opaque.first() else {
            return Ok(());
        };
        let mut dates = Vec::new();
        for &table in looked_at {
            let own = self.lexicon.date_columns(self.catalog, table);
            let columns = own.into_iter().chain(self.lexicon.year_columns(table));
            dates.extend(columns.map(|column| ColumnRef { table, column }));
        }
        let plain = |at: &ColumnRef| {
            let words = &self.lexicon.tables[at.table];
            let name = &words.columns[at.column];
            name.iter()
                .all(|s| ENGLISH.date_words.contains(s) || words.stems.contains(s))
        };
        match dates[..] {
            [at] if plain(&at) => {
                let name = self.catalog.column(at).name.clone();
                self.assumptions
                    .push(format!("\"{verb}\" is said of the {name}"));
                Ok(())
            }
            _ => Err(not_understood(format!(
                "Which date \"{verb}\" speaks of is not clear."
            ))),
        }
    }
}
