//! Lists of what is asked for: functions before one noun, numbers of several things, columns beside things, and words that point
//! back at what is listed.

use super::super::language::wordclass::is_same_word;
use super::super::language::{Aggregate, ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Target};
use super::frame::{Condition, Key, MentionId, Output, Role};
use super::parse::{Mode, Parser, Step};

/// "The fewest number of" says that things are counted.
pub(crate) fn names_number(text: &str) -> bool {
    let mut words = text.split(' ');
    words.any(|w| {
        [&ENGLISH.counts, &ENGLISH.money_words]
            .iter()
            .any(|list| list.iter().any(|n| n == w))
    })
}

impl Parser<'_> {
    /// "the country and state of …": in a list of names a word is one, though it could ask for something as well.
    pub(crate) fn is_listed_request(&self, segment: &Segment) -> bool {
        let name = |i: usize| self.segments.get(i).is_some_and(|s| self.is_name(s));
        let goes_on = |s: &Segment| {
            let text = s.text.to_lowercase();
            let verb = ENGLISH.auxiliaries.contains(&text) || ENGLISH.copulas.contains(&text);
            verb || s.is(Op::Of) || s.is(Op::Preposition) || s.is(Op::Sentence)
        };
        segment.is(Op::Ask)
            && !segment.is(Op::With)
            && self.at >= 2
            && self.segments[self.at - 1].is(Op::And)
            && name(self.at - 2)
            && self.segment(1).is_none_or(goes_on)
    }

    /// No noun follows: the part of the sentence ends here.
    pub(crate) fn part_ends(&self) -> bool {
        let mut k = 0;
        while self.is_filler(k) {
            k += 1;
        }
        let ends = |k: usize| {
            self.segment(k)
                .is_none_or(|s| s.is(Op::Sentence) || (s.is(Op::And) && !self.is_name(s)))
        };
        // "and how many does he have"
        let rows = (0..k).any(|i| self.is(i, Op::Rows));
        let has = k > 0
            && !rows
            && self
                .segment(k)
                .is_some_and(|s| s.is(Op::With) && !self.is_name(s));
        ends(k) || has && ends(k + 1)
    }

    /// "…, and how many are there?", "both the codes and the counts": the number of what was spoken of, or of the rows that
    /// what is listed stands in.
    pub(crate) fn bare_count(&mut self) -> Step {
        while self.is_filler(0) {
            self.at += 1;
        }
        let counted = |o: &Output| matches!(o, Output::Count { .. });
        if self.frame.outputs.iter().any(counted) {
            // "How many pupils does each school have? List the number and the school": it is asked for already.
            return Ok(());
        }
        let number = self.at.checked_sub(1).is_some_and(|i| {
            let text = self.segments[i].text.to_lowercase();
            text.split(' ')
                .next_back()
                .is_some_and(|last| ENGLISH.number_nouns.iter().any(|noun| noun == last))
        });
        if let Some(Key::Count(of)) = self.frame.order.as_ref().map(|o| o.key.clone()) {
            let distinct = false;
            self.frame.outputs.push(Output::Count { of, distinct });
            return Ok(());
        }
        // "Hotels with at least 4 pools. Name and how many": of what a number was said.
        let numbers = self.frame.conditions.iter().filter_map(|c| match c {
            Condition::Count { of, .. } => Some(*of),
            _ => None,
        });
        let numbers: Vec<MentionId> = numbers.collect();
        if let [of] = numbers[..]
            && self.sentence_start > 0
        {
            let distinct = false;
            self.frame.outputs.push(Output::Count { of, distinct });
            return Ok(());
        }
        let Some(Output::Plain(listed)) = self.frame.outputs.last().cloned() else {
            return self.fail();
        };
        // "cards over 5000, how many are there": the number instead of the list, where "and" does not ask for both.
        let asked = self.at.checked_sub(1).and_then(|mut i| {
            while i > 0 && !self.segments[i].is(Op::Count) {
                i -= 1;
            }
            self.segments.get(i.checked_sub(1)?)
        });
        let and = |s: &Segment| s.is(Op::And) && s.text.chars().any(char::is_alphabetic);
        if !number
            && self.frame.outputs.len() == 1
            && self.is_table(listed)
            && asked.is_some_and(|s| !and(s))
        {
            self.frame.mentions[listed].role = Role::Entity;
            self.frame.head = self.frame.head.or(Some(listed));
            self.frame.outputs[0] = Output::Count {
                of: listed,
                distinct: false,
            };
            return Ok(());
        }
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

    /// "headcount by department": the number of those who work there.
    pub(crate) fn headcount(&mut self) -> bool {
        let says = |s: &&Segment| ENGLISH.headcounts.contains(&s.text.to_lowercase());
        let Some(segment) = self.segment(0).filter(says) else {
            return false;
        };
        let of = self.mention(&segment.text, Role::Entity, segment.names.clone(), None);
        self.at += 1;
        self.frame.head = self.frame.head.or(Some(of));
        let distinct = false;
        self.frame.outputs.push(Output::Count { of, distinct });
        true
    }

    /// "order count": the number of what was just named.
    pub(crate) fn counts_itself(&mut self, of: MentionId) -> bool {
        let counts =
            |s: &Segment| s.is(Op::Count) && ENGLISH.count_nouns.contains(&s.text.to_lowercase());
        if !self.segment(0).is_some_and(counts) || self.noun_follows(1) || self.is(1, Op::Of) {
            return false;
        }
        self.at += 1;
        self.frame.mentions[of].role = Role::Entity;
        let distinct = false;
        self.frame.outputs.push(Output::Count { of, distinct });
        true
    }

    /// "how many different majors and cities", "the number of students and teachers": the count goes on over the nouns.
    pub(crate) fn counts_go_on(&mut self, distinct: bool) -> Step {
        let noun = |s: &Segment| {
            let table = s
                .names
                .first()
                .is_some_and(|c| matches!(c.target, Target::Table(_)) && c.score > 0.9);
            self.is_name(s)
                && !s.possessive
                && super::super::language::ends_as_plural(&s.text)
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

    /// "for each of them", "how many does each one have": what is listed is what it is grouped by. A word that says no more is
    /// taken.
    pub(crate) fn each_of_them(&mut self) -> bool {
        let listed = |o: &Output| matches!(o, Output::Plain(_));
        if !self.frame.outputs.iter().any(listed) {
            return false;
        }
        let ends = |k: usize| {
            self.segment(k)
                .is_none_or(|s| s.is(Op::Sentence) || s.is(Op::And) && !self.is_name(s))
        };
        let verb = |k: usize| {
            self.segment(k)
                .is_some_and(|s| !self.is_name(s) && (s.is(Op::With) || s.is(Op::Link)))
        };
        let one = self
            .segment(0)
            .is_some_and(|s| s.number.is_some() && s.text.chars().all(char::is_alphabetic));
        let k = usize::from(one);
        if !(ends(k) || verb(k) && ends(k + 1)) {
            return false;
        }
        let taken = k + usize::from(verb(k));
        self.at += taken;
        true
    }

    /// "the type codes and the number of cards in each type": by what is listed.
    pub(crate) fn names_listed(&self) -> bool {
        let Some(segment) = self.segment(0).filter(|s| self.is_name(s)) else {
            return false;
        };
        // "the amount approved by each approver": the stem alone does not name it.
        let words = |text: &str| -> Vec<String> {
            let text = text.to_lowercase();
            text.split_whitespace().map(str::to_owned).collect()
        };
        let said = words(&segment.text);
        let column = |c: &Candidate| matches!(c.target, Target::Column(_));
        let listed = |o: &Output| match o {
            Output::Plain(m) => {
                let mention = &self.frame.mentions[*m];
                let words = words(&mention.text);
                mention.candidates.first().is_some_and(column)
                    && words.len() > said.len()
                    && said
                        .iter()
                        .all(|w| words.iter().any(|o| is_same_word(w, o)))
            }
            _ => false,
        };
        segment.names.first().is_some_and(column)
            && self.frame.outputs.iter().filter(|o| listed(o)).count() == 1
    }

    /// "the phone numbers of customers and staff": of both, which are no rows of one table.
    pub(crate) fn owned_by_both(&self, start: usize, id: MentionId) -> bool {
        // "of all customers and all staff members"
        let noun = self.segments[..start].iter().rev();
        let mut noun = noun.skip_while(|s| s.is(Op::Filler) && s.names.is_empty());
        let joined = noun.next().is_some_and(|s| s.is(Op::And))
            && noun
                .next()
                .is_some_and(|s| self.is_name(s) || s.is(Op::Tail));
        let ends = |s: &Segment| s.is(Op::Sentence) || !s.text.chars().any(char::is_alphanumeric);
        let last = self.segments[start + 1..self.at].iter();
        let bare = joined
            && last.clone().all(|s| s.is(Op::Tail))
            && (last.len() == 0 || self.segment(0).is_none_or(ends));
        let same = |o: &Output| matches!(o, Output::Plain(m) if self.may_own(id, *m));
        bare && self.frame.head.is_some()
            && self.list_start == self.frame.outputs.len()
            && !self.frame.outputs.is_empty()
            && self.frame.outputs.iter().all(same)
    }

    /// "the order with the most items" where the order is related to what is asked for: the superlative says which order.
    pub(crate) fn says_which(&self, start: usize) -> bool {
        let Some(Condition::Related {
            to,
            negated: false,
            inside,
        }) = self.frame.conditions.last()
        else {
            return false;
        };
        // "the departments that have the most pupils" where the departments are asked for.
        let shown =
            |o: &Output| matches!(o, Output::Plain(m) if self.frame.mentions[*m].of == Some(*to));
        if self.frame.outputs.iter().any(shown) {
            return false;
        }
        let binds = |s: &&Segment| {
            s.is(Op::With) || s.is(Op::Of) || s.is(Op::Preposition) || s.is(Op::Filler)
        };
        let between: Vec<&Segment> = self.segments[..start]
            .iter()
            .rev()
            .take_while(|s| binds(s) && !self.is_name(s))
            .collect();
        // "whose pupils have the most points": that is said of whose they are.
        let relative = |s: &&Segment| {
            let has = ENGLISH.possession.contains(&s.text.to_lowercase());
            !has && !s.is(Op::Filler)
        };
        let noun = start
            .checked_sub(between.len() + 1)
            .map(|i| &self.segments[i]);
        let bound = between.iter().any(relative)
            && noun.is_some_and(|noun| noun.text == self.frame.mentions[*to].text);
        bound && inside.is_empty()
    }

    /// "the players and the years", "the city and club": a thing and a column listed one after the other are both asked for.
    pub(crate) fn note_listed(&mut self, start: usize, id: MentionId) {
        // "… and what are the companies"
        let mut first = start;
        while first > 0
            && self.segments[first - 1].is(Op::Filler)
            && !self.segments[first - 1].is(Op::Ask)
        {
            first -= 1;
        }
        let asked = first > 0 && self.segments[first - 1].is(Op::Ask);
        let beside = !self.frame.outputs.is_empty() || !self.frame.group.is_empty();
        if asked && beside && self.sentence_start == 0 && self.is_table(id) {
            self.frame.listed.push(id);
            return;
        }
        let Some(Output::Plain(thing)) = self.frame.outputs.last() else {
            return;
        };
        let thing = *thing;
        let mut k = start;
        while k > 0 && self.segments[k - 1].is(Op::Filler) {
            k -= 1;
        }
        let after = k >= 2
            && self.segments[k - 1].is(Op::And)
            && self.is_name(&self.segments[k - 2])
            && self.segments[k - 2].text == self.frame.mentions[thing].text;
        if !after || self.frame.mentions[id].of.is_some() {
            return;
        }
        match (self.is_table(thing), self.is_table(id)) {
            (true, false) => self.frame.listed.push(thing),
            (false, true) => self.frame.listed.push(id),
            _ => {}
        }
    }

    /// The function of a word that asks for the greatest or least, where such words and others stand in a list before one noun:
    /// "the highest, lowest and average score"; and where groups follow: "the title and highest price for each film".
    pub(crate) fn extreme(&self, segment: &Segment) -> Option<Aggregate> {
        if let Some(function) = self.extreme_of_property(segment) {
            return Some(function);
        }
        let one = segment.last == segment.first + 1 || segment.last == segment.first + 2;
        let function = if segment.is(Op::Most) || one && segment.is(Op::Latest) {
            Aggregate::Max
        } else if segment.is(Op::Least) || one && segment.is(Op::Earliest) {
            Aggregate::Min
        } else {
            return None;
        };
        let quantity = super::super::language::stems(&segment.text.to_lowercase())
            .last()
            .is_some_and(|word| ENGLISH.quantities.contains(word));
        (!quantity).then_some(function)
    }

    /// Refuses "the country with the highest tower", which is not the one with the most: only "most" asks for a number of things.
    ///
    /// # Errors
    /// The things.
    pub(crate) fn refuse_extreme_of_things(&self, id: MentionId, quantity: bool) -> Step {
        let mention = &self.frame.mentions[id];
        let table = |c: &Candidate| matches!(c.target, Target::Table(_));
        let whole = |c: &Candidate| table(c) && c.score > 0.95;
        let thing = mention.candidates.iter().all(table) || mention.candidates.iter().any(whole);
        match !quantity && thing {
            true => Err(vec![mention.text.clone()]),
            false => Ok(()),
        }
    }

    /// Whether the first by the column that follows is the greatest: "the shortest duration" is not, "the latest year" is.
    pub(crate) fn extreme_of_named(
        &self,
        segment: &Segment,
        adjective: Option<usize>,
    ) -> Option<bool> {
        let noun = self.segment(0)?;
        let Some(adjective) = adjective else {
            // "the latest transaction" is one that is dated, and no text of that name.
            let dated = super::super::language::stems(&noun.text.to_lowercase());
            let dated = dated
                .last()
                .is_some_and(|last| ENGLISH.date_words.contains(last));
            return (segment.is(Op::Latest) && dated).then_some(true);
        };
        let name = super::super::language::stems(&noun.text.to_lowercase());
        let called = |names: &[Vec<String>]| names.iter().any(|n| name.ends_with(n));
        let words = &ENGLISH.adjectives[adjective];
        match (called(&words.greater), called(&words.smaller)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }

    /// "The oldest age" is the greatest, while the oldest birth date is the first.
    fn extreme_of_property(&self, segment: &Segment) -> Option<Aggregate> {
        if !segment.is(Op::Earliest) && !segment.is(Op::Latest) {
            return None;
        }
        let text = segment.text.to_lowercase();
        let word = text.split(' ').next_back()?;
        let adjective = ENGLISH.adjectives.iter().find(|a| a.superlative == word)?;
        let after = self.segments.partition_point(|s| s.first <= segment.first);
        let noun = self.segments[after..].iter().find(|s| self.is_name(s))?;
        if !matches!(noun.names.first()?.target, Target::Column(_)) {
            return None;
        }
        let name = super::super::language::stems(&noun.text.to_lowercase());
        let called = |names: &[Vec<String>]| names.iter().any(|n| name.ends_with(n));
        if called(&adjective.greater) {
            Some(Aggregate::Max)
        } else if called(&adjective.smaller) {
            Some(Aggregate::Min)
        } else {
            None
        }
    }

    /// The function that the first word of a measure's name is: "total revenue".
    pub(crate) fn function_in_name(&self, segment: &Segment) -> Option<Aggregate> {
        let measure = segment
            .names
            .first()
            .is_some_and(|c| matches!(c.target, Target::Measure(_)));
        super::super::language::ops::function_of_first_word(&segment.text).filter(|_| measure)
    }

    /// See [`Parser::extreme`].
    pub(crate) fn lists_functions(&self, segment: &Segment) -> bool {
        // "with more than 3 bids, along with the number of bids and the lowest amount"
        let number = match self.frame.outputs.last() {
            Some(Output::Count { of, .. } | Output::Aggregate { of, .. }) => {
                let before = self.at.checked_sub(2).map(|i| &self.segments[i].text);
                before == Some(&self.frame.mentions[*of].text)
            }
            _ => false,
        };
        if self.extreme(segment).is_none() || self.mode != Mode::Select && !number {
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
            // "The first and the last order" are orders, and no amounts of them.
            let by_time = |k: usize| self.is(k, Op::Latest) || self.is(k, Op::Earliest);
            let table = |s: &Segment| {
                let best = s.names.first();
                best.is_some_and(|c| matches!(c.target, Target::Table(_)))
            };
            return !(by_time(0) && by_time(k) && self.segment(k + 1).is_some_and(table));
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
            && (self.frame.each
                || self.segments[self.at..].iter().any(each)
                || self
                    .frame
                    .outputs
                    .iter()
                    .any(|o| !matches!(o, Output::Plain(_))))
    }
}

/// "how many": no noun before it has it for a part of its name.
pub(crate) fn asks_how(segment: &Segment) -> bool {
    let text = segment.text.to_lowercase();
    let first = text.split(' ').next();
    first.is_some_and(|first| ENGLISH.how.iter().any(|how| how == first))
}
