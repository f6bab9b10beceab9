//! What is said after "by": the column, the number of things or the aggregate that rows are ranked or put in order by.

use super::super::language::{Aggregate, ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Target};
use super::frame::{Key, MentionId, Output, Role};
use super::parse::{NotUnderstood, Parser};

/// From this score on a column of the very things is meant.
const OWN: f32 = 0.6;

impl Parser<'_> {
    /// What rows are ranked or ordered by: a number, or what is calculated of two.
    pub(crate) fn key(&mut self) -> Result<Key, NotUnderstood> {
        let key = self.single_key()?;
        self.calculated_key(key)
    }

    /// One thing that rows are ranked or ordered by.
    pub(crate) fn single_key(&mut self) -> Result<Key, NotUnderstood> {
        self.skip_fillers();
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        if segment.is(Op::Frequency) && !self.is_name(segment) {
            return self.frequency();
        }
        if segment.is(Op::Count) {
            let ends = |s: &Segment| {
                let direction = s.is(Op::Descending) || s.is(Op::Ascending);
                direction || s.is(Op::Sentence) || s.is(Op::And) || s.text == "("
            };
            if self.segment(1).is_none_or(ends) {
                // "sorted by the count": by the one that is shown.
                return self.frequency();
            }
            self.at += 1;
            if !self.noun_follows(0) {
                let counted = self.frame.outputs.iter().find_map(|o| match o {
                    Output::Count { of, .. } => Some(*of),
                    _ => None,
                });
                return counted.map(Key::Count).map_or_else(|| self.fail(), Ok);
            }
            let of = self.noun(Role::Entity)?;
            return Ok(Key::Count(self.clause_of_key(of)?));
        }
        let function = segment.ops.iter().find_map(|o| {
            if let Op::Aggregate(f) = o {
                Some(*f)
            } else {
                None
            }
        });
        if let Some(function) = function
            && !self.is_name(segment)
        {
            self.at += 1;
            if self.is(0, Op::Count) {
                // "by the total number of orders" is by their number; "by the average number of rooms" is by no number of them.
                let key = self.key()?;
                return match key {
                    key if function == Aggregate::Sum => Ok(key),
                    Key::Count(of) if !self.is_table(of) => {
                        self.frame.mentions[of].role = Role::Measure;
                        Ok(Key::Aggregate(Some(function), of))
                    }
                    _ => self.fail(),
                };
            }
            let of = self.noun(Role::Measure)?;
            self.skip_own_rows(function, of);
            return Ok(Key::Aggregate(Some(function), of));
        }
        if segment.is(Op::Aggregate(Aggregate::Sum))
            && self.segment(1).is_some_and(|s| self.is_name(s))
        {
            self.at += 1;
            return Ok(Key::Aggregate(
                Some(Aggregate::Sum),
                self.noun(Role::Measure)?,
            ));
        }
        // "by the year they were built"
        let pronoun = |s: &Segment| ENGLISH.pronouns.contains(&s.text.to_lowercase());
        if segment.unit.is_some() && !self.is_name(segment) && self.segment(1).is_some_and(pronoun)
        {
            self.at += 1;
            let id = self.mention(&segment.text, Role::Any, Vec::new(), None);
            let id = self.clause_of_key(id)?;
            if self.frame.mentions[id].candidates.is_empty() {
                return self.fail();
            }
            return Ok(Key::Mention(id));
        }
        let id = self.noun(Role::Any)?;
        // "by the opening year": the unit says what the column holds.
        if self
            .segment(0)
            .is_some_and(|s| s.unit.is_some() && !self.is_name(s))
            && !self.is_table(id)
        {
            self.at += 1;
        }
        Ok(Key::Mention(self.clause_of_key(id)?))
    }

    /// "average amount per treatment", of a column that each treatment has once: that is what the average is of anyway. Takes the words.
    pub(crate) fn skip_own_rows(&mut self, function: Aggregate, of: MentionId) {
        let noun = self.segment(1).filter(|s| self.is_name(s));
        let table = match noun.and_then(|s| s.names.first()).map(|c| &c.target) {
            Some(Target::Table(table)) => *table,
            _ => return,
        };
        let own = |c: &Candidate| {
            let column = matches!(c.target, Target::Column(at) if at.table == table);
            column && c.score > OWN
        };
        let per = self.segment(0).is_some_and(Self::says_per);
        let candidates = &mut self.frame.mentions[of].candidates;
        if function == Aggregate::Avg && per && candidates.iter().any(own) {
            candidates.retain(own);
            self.at += 2;
        }
    }

    /// The same of a number that is asked for, where what it is of each is said already.
    pub(crate) fn skip_own_rows_beside(&mut self, functions: &[Aggregate], of: MentionId) {
        let more = self.is(2, Op::By) || self.is(2, Op::Each);
        if self.frame.superlative || more || !self.frame.group.is_empty() {
            functions.iter().for_each(|f| self.skip_own_rows(*f, of));
        }
    }

    /// A number of things, or what is added up.
    pub(crate) fn is_quantity(&self, key: &Key) -> bool {
        match key {
            Key::Count(_) | Key::Aggregate(..) => true,
            Key::Mention(id) => matches!(
                self.frame.mentions[*id].candidates.first(),
                Some(c) if matches!(c.target, Target::Measure(_) | Target::Table(_))
            ),
            _ => false,
        }
    }

    /// "by the date they were formed", "of the number of people they injured": what is said after the noun names the column.
    fn clause_of_key(&mut self, id: MentionId) -> Result<MentionId, NotUnderstood> {
        let pronoun = |s: &Segment| ENGLISH.pronouns.contains(&s.text.to_lowercase());
        if !self.segment(0).is_some_and(pronoun) {
            return Ok(id);
        }
        let mut k = 1;
        while self.is_filler(k) {
            k += 1;
        }
        if self.segment(k).is_none_or(|s| s.is(Op::Sentence)) {
            // "the most students in it"
            return Ok(id);
        }
        let column = |c: &Candidate| matches!(c.target, Target::Column(_));
        let names: Vec<Candidate> = match self.segment(k) {
            Some(verb) => verb.names.iter().filter(|c| column(c)).cloned().collect(),
            None => Vec::new(),
        };
        if names.is_empty() {
            self.at += 1;
            return self.fail();
        }
        self.at += k + 1;
        // "the year they are nominated in" where there is a year: the verb says whose it is, and is no name of the column.
        let own = &self.frame.mentions[id].candidates;
        let both = |c: &Candidate| own.iter().any(|o| o.target == c.target);
        let whole = own.first().is_some_and(|c| column(c) && c.score > 0.95);
        if whole && !names.iter().any(both) {
            return Ok(id);
        }
        self.frame.mentions[id].candidates = names;
        self.frame.mentions[id].role = Role::Any;
        Ok(id)
    }
}
