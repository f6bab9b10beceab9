//! What a question asks for where it says so in more than one sentence, by a pronoun, or with no noun of its own.
//!
//! Invariant: what an earlier sentence asks for is left out of the answer only where a later one lists columns instead; nothing
//! is asked for that no word names.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Target};
use super::frame::{Condition, Dimension, Key, MentionId, Output, Role, mentions_of};
use super::parse::{Mode, Parser, Step};

impl Parser<'_> {
    /// A sentence ends: what comes after it asks anew.
    pub(crate) fn sentence_ends(&mut self) {
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

    /// "Which cars were never fined? Just the plates, alphabetically": what the last sentence lists, or all where it lists nothing.
    pub(crate) fn last_list(&self) -> &[Output] {
        let later = self.frame.outputs.get(self.sentence_start..);
        let later = later.filter(|list| !list.is_empty());
        later.unwrap_or(&self.frame.outputs)
    }

    /// Puts what is asked for together, once the whole question is read.
    pub(crate) fn finish_asked(&mut self) {
        self.finish_sentences();
        self.finish_attached();
        self.finish_repeated();
        self.finish_each();
        self.finish_texts();
        self.finish_order();
        self.finish_places();
    }

    /// "Who are the members of the club? Show their last names": the things of the first sentence are what the answer is about,
    /// the columns of the second are what it shows.
    fn finish_sentences(&mut self) {
        self.finish_days();
        self.finish_counts_of_several();
        let start = self.sentence_start;
        if start == 0 {
            return;
        }
        // "How many accounts does each customer have? List the number and id": the id of the customer.
        if let [Dimension::Mention(group)] = self.frame.group[..]
            && self.is_table(group)
        {
            self.give_to(group, start);
        }
        let (before, after) = self.frame.outputs.split_at(start);
        let [Output::Plain(thing)] = *before else {
            self.finish_restated();
            return;
        };
        // "Which programs' origins are not Rome? Give me the names": what is said of it picks the rows.
        let best = |m: MentionId| self.frame.mentions[m].candidates.first().map(|c| &c.target);
        let of_thing = |m: &MentionId| {
            let value = match (best(*m), best(thing)) {
                (Some(Target::Value(a, _)), Some(Target::Column(b))) => a == b,
                _ => false,
            };
            value || *m == thing || self.frame.mentions[*m].of == Some(thing)
        };
        let picks = |c: &Condition| mentions_of(c).iter().any(of_thing);
        if !self.is_table(thing)
            && self.frame.conditions.iter().any(picks)
            && after
                .iter()
                .any(|o| matches!(o, Output::Plain(m) if !self.is_table(*m)))
        {
            self.frame.outputs.remove(0);
            return;
        }
        let columns = |o: &Output| matches!(o, Output::Plain(m) if !self.is_table(*m));
        if !self.is_table(thing) || !after.iter().any(columns) {
            return;
        }
        let named = |m: MentionId| self.frame.mentions[m].candidates.first().map(|c| &c.target);
        let same = |o: &Output| matches!(o, Output::Plain(m) if named(*m) == named(thing));
        if after.iter().any(same) {
            // "Who runs which site? Give the site and its manager": the second sentence says all that is shown.
            if after.len() > 1 {
                self.frame.outputs.remove(0);
                self.frame.mentions[thing].role = Role::Entity;
            }
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
            // The places of the conditions count where a part or two sides are told apart.
            if self.frame.window.is_some() || self.versus {
                self.frame.conditions.push(related);
            } else {
                self.frame.conditions.insert(0, related);
            }
            self.frame.head = Some(other);
            return;
        }
        self.frame.head = Some(thing);
        self.give_to(thing, 0);
    }

    /// "Orders by region, paid orders only": what is counted is named again, with what it is to be like.
    fn finish_repeated(&mut self) {
        let only = |s: &Segment| ENGLISH.only_words.contains(&s.text.to_lowercase());
        let [before @ .., Output::Plain(last)] = &self.frame.outputs[..] else {
            return;
        };
        let best = |m: MentionId| self.frame.mentions[m].candidates.first().map(|c| &c.target);
        let spoken_of = |o: &Output| match o {
            Output::Count { of, .. } | Output::Plain(of) => best(*of) == best(*last),
            // "average fee per tier, only plans that are on sale": the fee of the plans.
            Output::Aggregate { of, .. } => match (best(*of), best(*last)) {
                (Some(Target::Column(at)), Some(Target::Table(table))) => at.table == *table,
                _ => false,
            },
        };
        if self.is_table(*last)
            && !self.frame.group.is_empty()
            && before.iter().any(spoken_of)
            && self.segments.iter().any(only)
        {
            self.frame.outputs.pop();
        }
    }

    /// What an earlier sentence speaks of has the columns that are asked for, unless they are said to be another's.
    pub(crate) fn give_to(&mut self, thing: MentionId, from: usize) {
        for i in from..self.frame.outputs.len() {
            if let Output::Plain(m) = self.frame.outputs[i]
                && self.frame.mentions[m].of.is_none()
                && !self.is_table(m)
                && self.may_own(thing, m)
            {
                self.frame.mentions[m].of = Some(thing);
            }
        }
    }

    /// "Which titles contain the word sea": what is said about a text is said about what is asked for.
    fn finish_texts(&mut self) {
        let frame = &mut self.frame;
        let Some(Condition::Like { left, .. }) = frame.conditions.first() else {
            return;
        };
        let left = *left;
        // "names that start with A, and their number of bikes"
        let after = |o: &Output| match o {
            Output::Plain(m) | Output::Count { of: m, .. } | Output::Aggregate { of: m, .. } => {
                *m > left
            }
        };
        let none = frame
            .head
            .is_none_or(|head| head > left && !frame.outputs.is_empty());
        if !frame.outputs.iter().all(after) || !none || !frame.group.is_empty() {
            return;
        }
        let asked = self
            .segments
            .iter()
            .find(|s| self.is_name(s))
            .is_some_and(|s| {
                self.frame.mentions[left].text == s.text
                    || self.frame.mentions[left]
                        .of
                        .is_some_and(|of| self.frame.mentions[of].text == s.text)
            });
        if asked {
            self.frame.outputs.insert(0, Output::Plain(left));
        }
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
        // "the top 5 states …, with the total for each state": the states are listed already, and the first of all are meant.
        let best = |m: MentionId| self.frame.mentions[m].candidates.first().map(|c| &c.target);
        let listed = |g: MentionId| {
            let same = |o: &Output| matches!(o, Output::Plain(m) if *m < g && best(*m) == best(g));
            self.frame.outputs.iter().any(same)
        };
        if self.frame.superlative
            && self.frame.each
            && let [Dimension::Mention(group)] = self.frame.group[..]
            && listed(group)
        {
            self.frame.group.clear();
            self.frame.each = false;
            return;
        }
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

    /// "In which countries do the suppliers work": each country once.
    fn finish_places(&mut self) {
        let opens = self.segments.first().is_some_and(|s| {
            let text = s.text.to_lowercase();
            let last = text.split_once(' ').map(|(_, last)| last);
            s.is(Op::Ask) && last.is_some_and(|last| ENGLISH.choices.iter().any(|c| c == last))
        });
        // "which grades are taught": the grades, not one for each row.
        let which = self
            .segments
            .first()
            .is_some_and(|s| s.is(Op::Ask) && ENGLISH.choices.contains(&s.text.to_lowercase()))
            && self
                .segments
                .get(1)
                .is_some_and(|s| self.is_name(s) && !s.possessive);
        self.frame.which = which && self.sentence_start == 0;
        let column = |o: &Output| matches!(o, Output::Plain(m) if !self.is_table(*m));
        if opens
            && self.frame.outputs.first().is_some_and(column)
            && self.frame.order.is_none()
            && self.frame.group.is_empty()
        {
            self.frame.distinct = true;
        }
    }

    /// "performances they attended": what follows a pronoun is a verb.
    pub(crate) fn after_pronoun(&self, segment: &Segment) -> bool {
        let at = self.segments.partition_point(|s| s.first < segment.first);
        at.checked_sub(1).is_some_and(|i| {
            ENGLISH
                .pronouns
                .contains(&self.segments[i].text.to_lowercase())
                || self.asks_who_did(i, segment)
        })
    }

    /// "who *paid*", "what was *sold*": what somebody did, and no column that holds what is paid.
    fn asks_who_did(&self, asked: usize, verb: &Segment) -> bool {
        let column = |c: &Candidate| matches!(c.target, Target::Column(_));
        let column = verb.names.first().is_some_and(column);
        let verb = verb.text.to_lowercase();
        let said = self.segments[asked].text.to_lowercase();
        let mut words = said.split(' ');
        let is =
            |word: Option<&str>, list: &[String]| word.is_some_and(|w| list.iter().any(|l| l == w));
        let first = words.next();
        let who = is(first, &ENGLISH.persons_asked)
            || is(first, &ENGLISH.things_asked) && is(words.next(), &ENGLISH.copulas);
        let stems = super::super::language::stems(&verb);
        let irregular = stems
            .first()
            .is_some_and(|stem| !verb.starts_with(stem.as_str()));
        asked == 0 && who && column && (irregular || ENGLISH.ends_as_verb(&verb))
    }

    /// "On which day was the order placed" asks for a date of one thing, not for its days.
    pub(crate) fn asks_for_one_date(&self) -> bool {
        let opens = self.at == 1
            && self.segments[0].is(Op::Ask)
            && (self.segments[0].is(Op::With) || self.segments[0].text.contains(' '))
            && self.segment(0).is_some_and(|s| s.unit.is_some());
        let ranks = |s: &Segment| {
            self.ranks(s) || s.is(Op::Count) || s.ops.iter().any(|o| matches!(o, Op::Aggregate(_)))
        };
        opens && !self.segments[1..].iter().any(ranks)
    }

    /// "How many rooms does the Lamberton building have", "which city does the customer live in": the thing is who does it, and
    /// is not asked for.
    pub(crate) fn does_it(&self, start: usize, plural: bool) -> bool {
        let verb =
            |s: &Segment| ENGLISH.auxiliaries.contains(&s.text.to_lowercase()) && s.is(Op::Filler);
        let counted = |o: &Output| matches!(o, Output::Count { .. });
        let asked = match &self.frame.outputs[..] {
            [one] if counted(one) => {
                !plural && !self.segments[self.at..].iter().any(|s| self.ranks(s))
            }
            [Output::Plain(_)] => true,
            _ => false,
        };
        asked
            && self.frame.group.is_empty()
            && self.segments[..start]
                .iter()
                .rev()
                .take_while(|s| s.is(Op::Filler) && s.names.is_empty() || !s.values.is_empty())
                .any(verb)
    }

    /// "What did the customer buy" asks for something that it does not name: it is not the customer.
    ///
    /// # Errors
    /// The words that ask for it.
    pub(crate) fn refuse_unnamed_object(&self) -> Step {
        let is = |s: &Segment, list: &[String]| list.contains(&s.text.to_lowercase());
        let thing = |o: &Output| matches!(o, Output::Plain(m) if self.is_table(*m));
        match self.segments {
            [what, did, ..]
                if is(what, &ENGLISH.things_asked)
                    && is(did, &ENGLISH.auxiliaries)
                    && self.frame.outputs.iter().all(thing) =>
            {
                Err(vec![format!("{} {}", what.text, did.text)])
            }
            _ => Ok(()),
        }
    }

    /// What has so much of a property: "products cost more than 50", where the second word could be a part of the first.
    pub(crate) fn is_predicate(&self, noun: &Segment) -> bool {
        let compares = |s: &Segment| {
            !self.is_name(s)
                && s.ops
                    .iter()
                    .any(|o| matches!(o, Op::Compare(_) | Op::Between))
        };
        let several = super::super::language::ends_as_plural(&noun.text);
        self.mode == Mode::Select
            && self.frame.outputs.is_empty()
            && !noun.possessive
            // "Which employee earns the most".
            && (several && (self.segment(1).is_some_and(compares) || self.says_when())
                || self.ends_as_extreme(1))
    }

    /// A request stands at the start of a sentence or of a part of it; elsewhere "report" or "state" says something else.
    pub(crate) fn may_ask(&self) -> bool {
        let Some(before) = self.at.checked_sub(2).map(|i| &self.segments[i]) else {
            return true;
        };
        // "workers who report to her": the pronoun begins no request.
        let relative = before.is(Op::With) && !self.frame.outputs.is_empty();
        before.is(Op::Ask) && !relative
            || before.text == ":"
            || before.is(Op::Filler) && self.mode == Mode::Select
            || before.is(Op::Sentence)
            || before.is(Op::And)
            || before.is(Op::Preposition) && self.frame.outputs.is_empty()
    }

    /// "clubs *founded* before 1925", "shifts *starting* before 8 am": a verb, and when.
    fn says_when(&self) -> bool {
        let verb = self.segment(0).is_some_and(|s| {
            let text = s.text.to_lowercase();
            let ends = |ending: &String| text.ends_with(ending.as_str());
            ENGLISH.ends_as_verb(&text) || ENGLISH.going_on.iter().any(ends)
        });
        let time = |k: usize| self.segment(k).is_some_and(|s| s.time.is_some());
        verb && (time(1) || self.is(1, Op::Preposition) && time(2))
    }
}
