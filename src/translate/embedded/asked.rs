//! What a question asks for where it says so in more than one sentence, by a pronoun, or with no noun of its own.
//!
//! Invariant: what an earlier sentence asks for is left out of the answer only where a later one lists columns instead; nothing
//! is asked for that no word names.

use super::annotate::Segment;
use super::frame::{Condition, Key, MentionId, Output, Role};
use super::language::{Aggregate, ENGLISH, Op};
use super::lexicon::{Candidate, Target};
use super::parse::{Mode, Parser, Step};
use crate::question::tokens::stem;

impl Parser<'_> {
    /// A sentence ends: what comes after it asks anew.
    pub(super) fn sentence_ends(&mut self) {
        self.end_scope();
        self.mode = Mode::Select;
        self.after_preposition = false;
        self.at += 1;
        let more = self.segments[self.at..].iter().any(|s| !s.is(Op::Sentence));
        if more && self.sentence_start == 0 {
            self.sentence_start = self.frame.outputs.len();
        }
        self.list_start = self.frame.outputs.len();
    }

    /// Puts what is asked for together, once the whole question is read.
    pub(super) fn finish_asked(&mut self) {
        self.finish_sentences();
        self.finish_each();
        self.finish_order();
        self.finish_places();
    }

    /// "Who are the members of the club? Show their last names": the things of the first sentence are what the answer is about,
    /// the columns of the second are what it shows.
    fn finish_sentences(&mut self) {
        let start = self.sentence_start;
        let (before, after) = self.frame.outputs.split_at(start);
        let [Output::Plain(thing)] = *before else {
            return;
        };
        let columns = |o: &Output| matches!(o, Output::Plain(m) if !self.is_table(*m));
        if !self.is_table(thing) || !after.iter().any(columns) {
            return;
        }
        let named = |m: MentionId| self.frame.mentions[m].candidates.first().map(|c| &c.target);
        let same = |o: &Output| matches!(o, Output::Plain(m) if named(*m) == named(thing));
        if after.iter().any(same) {
            return;
        }
        let other = self.frame.head.filter(|head| named(*head) != named(thing));
        self.frame.outputs.remove(0);
        self.frame.mentions[thing].role = Role::Entity;
        if let Some(other) = other {
            // "the members of the club? Show the names of the students": of those who are such.
            let related = Condition::Related {
                to: thing,
                negated: false,
                inside: Vec::new(),
            };
            self.frame.conditions.insert(0, related);
            self.frame.head = Some(other);
            return;
        }
        self.frame.head = Some(thing);
        // What the first sentence speaks of has the columns that are asked for, unless they are said to be another's.
        for i in 0..self.frame.outputs.len() {
            if let Output::Plain(m) = self.frame.outputs[i]
                && self.frame.mentions[m].of.is_none()
                && !self.is_table(m)
                && self.owns(thing, m)
            {
                self.frame.mentions[m].of = Some(thing);
            }
        }
    }

    /// A meaning of the second mention is a column of a meaning of the first.
    fn owns(&self, thing: MentionId, column: MentionId) -> bool {
        let of = |t: usize| {
            self.frame.mentions[column]
                .candidates
                .iter()
                .any(|c| matches!(&c.target, Target::Column(at) if at.table == t))
        };
        self.frame.mentions[thing]
            .candidates
            .iter()
            .any(|c| matches!(c.target, Target::Table(t) if of(t)))
    }

    /// "each student's first name", "the name of every city": what is asked for stands where else the groups do.
    fn finish_each(&mut self) {
        // "who does each employee report to" asks for somebody else.
        let verb = |s: &Segment| {
            let text = s.text.to_lowercase();
            let first = crate::question::tokens::tokenize(text.split(' ').next().unwrap_or(""));
            let phrases = ENGLISH.phrases_at(&first, 0);
            s.is(Op::Each)
                && phrases
                    .iter()
                    .any(|(_, ops)| ops.contains(&Op::Filler) || ops.contains(&Op::With))
        };
        let verb = self.segments.iter().any(verb);
        let frame = &mut self.frame;
        let related = |c: &Condition| matches!(c, Condition::Related { .. });
        if verb
            || !frame.outputs.is_empty()
            || frame.head.is_some()
            || !frame.each
            || frame.superlative
            || frame.conditions.iter().any(related)
        {
            return;
        }
        let mentions: Vec<MentionId> = frame
            .group
            .iter()
            .filter_map(super::frame::mention_of_dimension)
            .collect();
        if mentions.len() != frame.group.len() {
            return;
        }
        frame.group.clear();
        for id in mentions {
            frame.mentions[id].role = Role::Any;
            frame.outputs.push(Output::Plain(id));
        }
    }

    /// "in alphabetical order, the names of …": the order is that of what is listed, once it is known.
    fn finish_order(&mut self) {
        let plain = |o: &Output| match o {
            Output::Plain(m) => Some(*m),
            _ => None,
        };
        let first = self.frame.outputs.first().and_then(plain);
        let all = self.frame.outputs.iter().all(|o| plain(o).is_some());
        if let (Some(order), Some(first), true, false, true) = (
            self.frame.order.as_mut(),
            first,
            all,
            self.frame.superlative,
            self.frame.group.is_empty(),
        ) && order.key == Key::Rows
        {
            order.key = Key::Mention(first);
        }
    }

    /// "the country and state of …": in a list of names a word is one, though it could ask for something as well.
    pub(super) fn is_listed_request(&self, segment: &Segment) -> bool {
        let name = |i: usize| self.segments.get(i).is_some_and(|s| self.is_name(s));
        let goes_on = |s: &Segment| {
            let verb = matches!(
                s.text.to_lowercase().as_str(),
                "do" | "does" | "did" | "is" | "are" | "was" | "were"
            );
            verb || s.is(Op::Of) || s.is(Op::Preposition) || s.is(Op::Sentence)
        };
        segment.is(Op::Ask)
            && !segment.is(Op::With)
            && self.at >= 2
            && self.segments[self.at - 1].is(Op::And)
            && name(self.at - 2)
            && self.segment(1).is_none_or(goes_on)
    }

    /// "In which countries do the suppliers work": each country once.
    fn finish_places(&mut self) {
        let opens = self.segments.first().is_some_and(|s| {
            let text = s.text.to_lowercase();
            s.is(Op::Ask) && matches!(text.split_once(' '), Some((_, "which" | "what")))
        });
        let column = |o: &Output| matches!(o, Output::Plain(m) if !self.is_table(*m));
        if opens
            && self.frame.outputs.first().is_some_and(column)
            && self.frame.order.is_none()
            && self.frame.group.is_empty()
        {
            self.frame.distinct = true;
        }
    }

    /// "On which day was the order placed" asks for a date of one thing, not for its days.
    pub(super) fn asks_for_one_date(&self) -> bool {
        let opens = self.at == 1
            && self.segments[0].is(Op::Ask)
            && (self.segments[0].is(Op::With) || self.segments[0].text.contains(' '))
            && self.segment(0).is_some_and(|s| s.unit.is_some());
        let ranks = |s: &Segment| {
            self.ranks(s) || s.is(Op::Count) || s.ops.iter().any(|o| matches!(o, Op::Aggregate(_)))
        };
        opens && !self.segments[1..].iter().any(ranks)
    }

    /// No noun follows: the part of the sentence ends here.
    pub(super) fn part_ends(&self) -> bool {
        let mut k = 0;
        while self.is_filler(k) {
            k += 1;
        }
        self.segment(k)
            .is_none_or(|s| s.is(Op::Sentence) || (s.is(Op::And) && !self.is_name(s)))
    }

    /// "…, and how many are there?", "both the codes and the counts": the number of what was spoken of, or of the rows that
    /// what is listed stands in.
    pub(super) fn bare_count(&mut self) -> Step {
        while self.is_filler(0) {
            self.at += 1;
        }
        let counted = |o: &Output| matches!(o, Output::Count { .. });
        if self.frame.outputs.iter().any(counted) {
            // "How many pupils does each school have? List the number and the school": it is asked for already.
            return Ok(());
        }
        let number = self.at.checked_sub(1).is_some_and(|i| {
            ENGLISH
                .counts
                .contains(&stem(&self.segments[i].text.to_lowercase()))
        });
        if let Some(Key::Count(of)) = self.frame.order.as_ref().map(|o| o.key.clone()) {
            let distinct = false;
            self.frame.outputs.push(Output::Count { of, distinct });
            return Ok(());
        }
        let Some(Output::Plain(listed)) = self.frame.outputs.last().cloned() else {
            return self.fail();
        };
        if number || self.is_table(listed) {
            return self.fail();
        }
        let mut tables: Vec<Candidate> = Vec::new();
        for candidate in &self.frame.mentions[listed].candidates {
            if let Target::Column(c) = candidate.target
                && !tables.iter().any(|t| t.target == Target::Table(c.table))
            {
                tables.push(Candidate {
                    target: Target::Table(c.table),
                    score: candidate.score,
                });
            }
        }
        let of = self.mention("rows", Role::Entity, tables, None);
        let distinct = false;
        self.frame.outputs.push(Output::Count { of, distinct });
        Ok(())
    }

    /// "how many different majors and cities", "the number of students and teachers": the count goes on over the nouns.
    pub(super) fn counts_go_on(&mut self, distinct: bool) -> Step {
        let noun = |s: &Segment| {
            let table = s
                .names
                .first()
                .is_some_and(|c| matches!(c.target, Target::Table(_)) && c.score > 0.9);
            self.is_name(s)
                && !s.possessive
                && s.text.to_lowercase().ends_with('s')
                && (table || distinct)
        };
        let ends = |s: &Segment| !self.is_name(s) && s.values.is_empty();
        if self.mode == Mode::Select
            && self.is(0, Op::And)
            && self.segment(0).is_some_and(|s| !s.text.contains(' '))
            && self.segment(1).is_some_and(noun)
            && self.segment(2).is_none_or(ends)
        {
            self.at += 1;
            let of = self.noun(Role::Entity)?;
            self.frame.outputs.push(Output::Count { of, distinct });
            return self.counts_go_on(distinct);
        }
        Ok(())
    }

    /// "for each of them": what is listed is what it is grouped by.
    pub(super) fn each_of_them(&self) -> bool {
        let listed = |o: &Output| matches!(o, Output::Plain(_));
        self.frame.outputs.iter().any(listed)
            && self
                .segment(0)
                .is_none_or(|s| s.is(Op::Sentence) || s.is(Op::And) && !self.is_name(s))
    }

    /// The function of a word that asks for the greatest or least, where such words and others stand in a list before one noun:
    /// "the highest, lowest and average score"; and where groups follow: "the title and highest price for each film".
    pub(super) fn extreme(&self, segment: &Segment) -> Option<Aggregate> {
        let function = if segment.is(Op::Most) {
            Aggregate::Max
        } else if segment.is(Op::Least) {
            Aggregate::Min
        } else {
            return None;
        };
        let quantity = super::language::stems(&segment.text.to_lowercase())
            .last()
            .is_some_and(|word| ENGLISH.quantities.contains(word));
        (!quantity).then_some(function)
    }

    /// See [`Parser::extreme`].
    pub(super) fn lists_functions(&self, segment: &Segment) -> bool {
        if self.extreme(segment).is_none() || self.mode != Mode::Select {
            return false;
        }
        let function = |s: &Segment| {
            s.ops.iter().any(|o| matches!(o, Op::Aggregate(_))) || self.extreme(s).is_some()
        };
        let mut k = 1;
        while self.is(k, Op::And) || self.is_filler(k) {
            k += 1;
        }
        if k > 1 && self.is(1, Op::And) && self.segment(k).is_some_and(function) {
            return true;
        }
        let listed = self
            .at
            .checked_sub(1)
            .is_some_and(|i| self.segments[i].is(Op::And));
        let each = |s: &Segment| s.is(Op::Each);
        let column = |s: &Segment| {
            self.is_name(s)
                && s.names
                    .first()
                    .is_some_and(|c| matches!(c.target, Target::Column(_) | Target::Measure(_)))
        };
        let named = (1..3).find(|k| !self.is_filler(*k));
        listed
            && !self.frame.outputs.is_empty()
            && !self.frame.superlative
            && named.and_then(|k| self.segment(k)).is_some_and(column)
            && (self.frame.each || self.segments[self.at..].iter().any(each))
    }

    /// What has so much of a property: "products cost more than 50", where the second word could be a part of the first.
    pub(super) fn is_predicate(&self, noun: &Segment) -> bool {
        let compares = |s: &Segment| {
            !self.is_name(s)
                && s.ops
                    .iter()
                    .any(|o| matches!(o, Op::Compare(_) | Op::Between))
        };
        self.mode == Mode::Select
            && self.frame.outputs.is_empty()
            && !noun.possessive
            && noun.text.to_lowercase().ends_with('s')
            && self.segment(1).is_some_and(compares)
    }
}
