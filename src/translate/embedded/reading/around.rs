//! What stands around a noun, and what the noun names best.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::Target;
use super::frame::{Condition, MentionId};
use super::parse::{Mode, Parser};

impl Parser<'_> {
    pub(crate) fn is_table(&self, id: MentionId) -> bool {
        let candidates = &self.frame.mentions[id].candidates;
        let best = candidates.first().map_or(0.0, |c| c.score);
        candidates.iter().any(|c| {
            matches!(c.target, Target::Table(_))
                && c.score >= best - if best < 0.8 { 0.12 } else { 0.0 }
        })
    }

    /// It names a column best: a thing that is also called so is one of which there are many.
    pub(crate) fn is_amount(&self, id: MentionId) -> bool {
        let best = self.frame.mentions[id].candidates.first();
        best.is_some_and(|c| matches!(c.target, Target::Column(_)))
    }

    /// A unit of time by itself: what is asked for is grouped by it.
    pub(crate) fn by_period(
        &mut self,
        unit: super::super::time::dates::Unit,
    ) -> super::parse::Step {
        // "total volunteer hours": so many hours, and no group of each.
        let before = self.at.checked_sub(1).map(|i| &self.segments[i]);
        let noun = before.is_some_and(|s| self.is_name(s) && s.time.is_none());
        let several = self
            .segment(0)
            .is_some_and(|s| super::super::language::is_plural(&s.text));
        // "have no planting year": the words before say whose year it is.
        let adjective = self
            .segment(0)
            .is_some_and(|s| ENGLISH.unit_adjectives.contains(&s.text.to_lowercase()));
        let said = self.mode == Mode::Condition && !adjective;
        if self.after_list_word() || noun && several || said {
            return self.fail();
        }
        self.at += 1;
        let period = super::frame::Dimension::Time(unit);
        if !self.frame.group.contains(&period) {
            self.frame.group.push(period);
        }
        Ok(())
    }

    /// What stands before is "and their" or the like.
    pub(crate) fn after_possessive(&self) -> bool {
        let before = &self.segments[..self.at];
        let theirs = before.last().is_some_and(|s| {
            let text = s.text.to_lowercase();
            let last = text.split_whitespace().last().unwrap_or_default();
            ENGLISH.possessives.iter().any(|p| p == last)
        });
        let joins = |s: &Segment| s.is(Op::And) || super::beside::is_with(s);
        theirs && before.iter().rev().take(2).any(joins)
    }

    /// "paid and refunded orders": values that are joined, and then what they are said of.
    pub(crate) fn list_before_noun(&self) -> bool {
        (self.is(1, Op::And) || self.is(1, Op::Or))
            && self
                .segment(2)
                .is_some_and(|s| !s.values.is_empty() && !self.is_name(s))
            && self.noun_follows(3)
    }

    pub(crate) fn noun_follows(&self, ahead: usize) -> bool {
        (ahead..ahead + 3)
            .find(|&k| !self.is_filler(k))
            .and_then(|k| self.segment(k))
            .is_some_and(|s| self.is_name(s) || !s.values.is_empty())
    }

    /// The word before takes a noun after it: "the reviews" is no verb.
    pub(crate) fn after_determiner(&self) -> bool {
        let Some(before) = self.at.checked_sub(2).map(|i| &self.segments[i]) else {
            return false;
        };
        before.is(Op::Of)
            || before.is(Op::Each)
            || before.is(Op::Count)
            || before.is(Op::Preposition) && !before.is(Op::Filler) && self.is_bare_verb()
            || ENGLISH.determiners.contains(&before.text.to_lowercase())
    }

    /// The word before has no ending of a verb: "on hold" says what something is, where "by working" says how.
    fn is_bare_verb(&self) -> bool {
        let Some(verb) = self.at.checked_sub(1).map(|i| &self.segments[i]) else {
            return false;
        };
        let word = verb.text.to_lowercase();
        let endings = ENGLISH.verb_endings.iter().chain(&ENGLISH.going_on);
        !word.contains(' ')
            && !endings
                .into_iter()
                .any(|ending| word.ends_with(ending.as_str()))
    }

    /// "per" says that each has a number of what stands before it.
    pub(crate) fn says_per(segment: &Segment) -> bool {
        ENGLISH.per_words.contains(&segment.text.to_lowercase())
    }

    /// Consumes "each", "per", "does each": what is said with it is noted.
    pub(crate) fn hear_each(&mut self, each: &Segment) {
        let before = self.at.checked_sub(1).map(|i| &self.segments[i]);
        // "how many games has each team won"
        let aids = [&ENGLISH.auxiliaries, &ENGLISH.possession];
        let does = |word: &str| aids.iter().any(|list| list.iter().any(|a| a == word));
        let words = before
            .iter()
            .copied()
            .chain([each])
            .map(|s| s.text.to_lowercase());
        let does = words.into_iter().any(|text| text.split(' ').any(does));
        // "of each agent"
        let first = each.text.to_lowercase();
        let first = first.split(' ').next().unwrap_or_default();
        let does = does || ENGLISH.of_words.iter().any(|of| of == first);
        self.frame.each = true;
        self.frame.per |= Self::says_per(each);
        self.frame.does |= does;
        self.at += 1;
    }

    /// What stands before a segment takes a noun after it.
    pub(crate) fn takes_noun(&self, segment: &Segment) -> bool {
        let at = self.segments.partition_point(|s| s.first < segment.first);
        let Some(before) = at.checked_sub(1).map(|i| &self.segments[i]) else {
            // "Reviews that mention …": no verb begins a question.
            return true;
        };
        // "the title and director"
        let listed = self.mode == Mode::Select && (before.is(Op::And) || before.is(Op::Ask));
        listed
            || before.number.is_some()
            || before.is(Op::Of)
            || before.is(Op::Count)
            || before.is(Op::Each)
            || ENGLISH.determiners.contains(&before.text.to_lowercase())
    }

    /// "the top 3 *most expensive*", "the top 3 *expensive*": the adjective that says by what, which is consumed.
    pub(crate) fn adjective_after_top(&mut self) -> Option<usize> {
        let most = |s: &Segment| s.is(Op::Most) && !s.is(Op::Top) && !self.is_name(s);
        let said = usize::from(self.segment(0).is_some_and(most));
        let (adjective, true) = self.segment(said)?.adjective? else {
            return None;
        };
        self.at += said + 1;
        self.skip_fillers();
        Some(adjective)
    }

    /// "who made the *order* with the most items": the thing whose first is meant, where a superlative that begins here says which.
    pub(crate) fn picked_before(&self, start: usize) -> Option<MentionId> {
        match self.frame.conditions.last() {
            Some(Condition::Related { to, .. }) if self.says_which(start) => Some(*to),
            _ => None,
        }
    }

    /// "The total balance across accounts": one number, where a function is named and things follow.
    pub(crate) fn total_across(&self, after: usize) -> bool {
        let across = after.checked_sub(1).is_some_and(|i| {
            let text = self.segments[i].text.to_lowercase();
            ENGLISH
                .across
                .iter()
                .any(|word| text.split(' ').next() == Some(word))
        });
        let function = |s: &super::super::mentions::annotate::Segment| {
            let text = s.text.to_lowercase();
            let article = ENGLISH
                .articles
                .iter()
                .find_map(|a| text.strip_prefix(a.as_str())?.strip_prefix(' '));
            let words = article.unwrap_or(&text);
            let total = s.is(Op::Count)
                && super::super::language::ops::function_of_first_word(words).is_some();
            total || s.ops.iter().any(|o| matches!(o, Op::Aggregate(_)))
        };
        let things = |s: &super::super::mentions::annotate::Segment| {
            let table = s
                .names
                .first()
                .is_some_and(|c| matches!(c.target, Target::Table(_)));
            table && super::super::language::ends_as_plural(&s.text)
        };
        across
            && self.segments[..after].iter().any(function)
            && (0..2).any(|k| self.segment(k).is_some_and(things))
    }
}
