//! What a later part of a question says again of an earlier one: which of the groups are the first, and what is shown of them.
//!
//! Invariant: "top 5 stations" after "per station" limits those very groups, and only where one number decides which come first: the one
//! that is named, or the only one that is shown. What is asked for twice is shown once, where the later part has it, with all that the
//! earlier one says of it. Without this the first of the groups would be other things, and "highest first" an order of two numbers.

use super::super::language::ops::function_of_first_word;
use super::super::language::{Aggregate, ENGLISH, Op, is_plural, stems};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::time::dates::Unit;
use super::frame::{Dimension, Frame, Key, MentionId, Order, Output, Role};
use super::parse::{NotUnderstood, Parser, Step};
use crate::question::tokens::stem;

impl Parser<'_> {
    /// A word that asks for the first: of the groups that were named before, of periods, or of what follows.
    pub(crate) fn ranked(&mut self) -> Step {
        if self.first_periods() || self.extreme_again() {
            return Ok(());
        }
        match self.first_of_groups() {
            Some(read) => read,
            None => self.superlative(),
        }
    }

    /// "latest invoice date per client? Return the client and latest invoice date": in the words of the first sentence.
    fn extreme_again(&mut self) -> bool {
        let last = |s: &Segment| {
            s.text
                .to_lowercase()
                .split(' ')
                .next_back()
                .map(str::to_owned)
        };
        let same = |a: &Segment, b: &Segment| last(a) == last(b);
        let Some(word) = self.segment(0) else {
            return false;
        };
        let named = (1..).take_while(|k| self.segment(*k).is_some_and(|s| self.is_name(s)));
        let words = 1 + named.count();
        let said = &self.segments[self.at..self.at + words];
        let ends = |s: &Segment| s.is(Op::Sentence) || s.is(Op::And) && !self.is_name(s);
        if words == 1 || !self.segment(words).is_none_or(ends) {
            return false;
        }
        let mut before = self.segments[..self.at].iter();
        let first = before.position(|s| s.is(Op::Sentence)).unwrap_or(0);
        let mut runs = self.segments[..first].windows(words);
        let again = runs.any(|run| run.iter().zip(said).all(|(a, b)| same(a, b)));
        // "the highest and lowest bid? Return the highest bid"
        let function = self.extreme(word);
        let asked = &self.frame.outputs[..self.sentence_start];
        let one = asked.iter().find(|o| match o {
            Output::Aggregate { function: f, of } => {
                f.is_some()
                    && *f == function
                    && words == 2
                    && self.frame.mentions[*of].text == said[1].text
            }
            _ => false,
        });
        let one = one.cloned();
        if one.is_none() && !(self.frame.superlative && again) {
            return false;
        }
        self.frame.outputs.extend(one);
        self.at += words;
        true
    }

    /// "total amount per client? Return the client and the total": the only number of this kind is asked for already. Takes the word.
    pub(crate) fn function_again(&mut self, functions: &[Aggregate]) -> bool {
        let [function] = functions[..] else {
            return false;
        };
        let start = self.sentence_start;
        let said = |o: &&Output| matches!(o, Output::Aggregate { function: f, .. } if f.is_none() || *f == Some(function));
        let mut before = self.frame.outputs[..start].iter().filter(said);
        let (Some(one), None) = (before.next().cloned(), before.next()) else {
            return false;
        };
        let comma = self
            .at
            .checked_sub(1)
            .is_some_and(|i| self.segments[i].text == ",");
        let order = self
            .segment(0)
            .is_some_and(|s| s.is(Op::Descending) || s.is(Op::Ascending));
        if self.part_ends() || comma && order {
            self.frame.outputs.push(one);
            return true;
        }
        false
    }

    /// "top 3 months by revenue": of a unit of time each period is one.
    fn first_periods(&mut self) -> bool {
        let top = |s: &&Segment| (s.is(Op::Top) || s.is(Op::Bottom)) && !self.is_name(s);
        let Some(segment) = self.segment(0).filter(top) else {
            return false;
        };
        let number = self.segment(1).and_then(|s| s.number.as_ref());
        let limit = number.filter(|n| !n.percent).and_then(|n| n.as_whole());
        let unit = self
            .segment(2)
            .filter(|s| !self.is_name(s) && s.time.is_none());
        let asked = !self.frame.outputs.is_empty() || self.frame.head.is_some();
        let (Some(limit), Some(unit)) = (limit.filter(|n| *n > 0), unit.and_then(|s| s.unit))
        else {
            return false;
        };
        if asked || !self.frame.group.is_empty() || !self.is(3, Op::By) {
            return false;
        }
        let descending = segment.is(Op::Top);
        self.frame.limit = Some(limit);
        self.frame.superlative = true;
        self.frame.order = Some(Order {
            key: Key::Rows,
            descending,
            quantity: false,
        });
        self.frame.group.push(Dimension::Time(unit));
        self.ranking = true;
        self.at += 3;
        true
    }

    /// "… per station. Return the top 5 stations by lowest average", "…, top 3": the first of the groups that were named before.
    fn first_of_groups(&mut self) -> Option<Step> {
        let segment = self.segment(0)?;
        let (top, bottom) = (segment.is(Op::Top), segment.is(Op::Bottom));
        let frame = &self.frame;
        let free = frame.order.is_none() && frame.limit.is_none() && frame.window.is_none();
        let number = self.segment(1)?.number.as_ref()?;
        let limit = number.as_whole().filter(|n| *n > 0 && !number.percent)?;
        if !(top || bottom) || self.is_name(segment) || !free || frame.outputs.is_empty() {
            return None;
        }
        let mut k = 2;
        while self.is_filler(k) {
            k += 1;
        }
        let listed = self.segment(k).filter(|s| self.is_listed_later(s, k));
        if frame.group.is_empty() && listed.is_none() {
            return None;
        }
        let again = self.segment(k).is_some_and(|s| self.is_group(s));
        k += usize::from(again || listed.is_some());
        let by = self.is(k, Op::By) || self.is(k, Op::Order);
        let ends = self
            .segment(k)
            .is_none_or(|s| s.is(Op::Sentence) || s.is(Op::And) && !self.is_name(s));
        if !by && !ends {
            return None;
        }
        self.at += k;
        if let Some(noun) = listed.filter(|_| !again) {
            let id = self.mention(&noun.text, Role::Dimension, noun.names.clone(), None);
            self.frame.group.push(Dimension::Mention(id));
        }
        Some(self.found_by(limit, top, by))
    }

    /// "number of riders for the top 2 states? Return the state and …": what a number is asked for of each, as a later sentence lists it.
    fn is_listed_later(&self, noun: &Segment, ahead: usize) -> bool {
        let number = |o: &Output| !matches!(o, Output::Plain(_));
        let best = |s: &Segment| s.names.first().map(|c| c.target.clone());
        let later = self.segments[self.at + ahead..].iter();
        let mut later = later.skip_while(|s| !s.is(Op::Sentence));
        let free = self.frame.group.is_empty() && self.sentence_start == 0;
        free && self.after_preposition
            && self.frame.outputs.iter().all(number)
            && self.is_name(noun)
            && later.any(|s| self.is_name(s) && best(s) == best(noun))
    }

    /// "average score per brand for brands with at least 10 reviews": the groups are named again, with what they are to be like.
    pub(crate) fn groups_again(&mut self) -> bool {
        let prepositions = self.is(0, Op::Preposition);
        let mut k = usize::from(prepositions);
        while self.is_filler(k) {
            k += 1;
        }
        let with = |s: &Segment| !self.is_name(s) && (s.is(Op::With) || s.is(Op::Relative));
        let again = prepositions
            && self
                .segment(k)
                .is_some_and(|s| self.is_group(s) && s.values.is_empty())
            && self.segment(k + 1).is_some_and(with);
        if again {
            self.at += k + 1;
        }
        again
    }

    /// The number by which the first groups are found.
    fn found_by(&mut self, limit: i64, top: bool, by: bool) -> Step {
        let mut descending = None;
        let key = if by {
            self.at += 1;
            self.skip_fillers();
            let extreme = self.segment(0).filter(|s| !self.is_name(s)).and_then(|s| {
                match (s.is(Op::Most), s.is(Op::Least)) {
                    (true, _) => Some(true),
                    (false, true) => Some(false),
                    _ => None,
                }
            });
            if extreme.is_some() {
                descending = extreme;
                self.at += 1;
            }
            let key = self.key()?;
            self.at += usize::from(extreme.is_some() && self.is(0, Op::Top));
            descending = descending.or_else(|| self.direction_after());
            self.counts_things_of(key)
        } else {
            match self.numbers_shown() {
                1 => Key::Rows,
                _ => return Err(vec!["by what the first are to be found".into()]),
            }
        };
        self.frame.limit = Some(limit);
        self.frame.superlative = true;
        self.frame.combined = true;
        self.frame.each = false;
        self.frame.order = Some(Order {
            key,
            descending: descending.unwrap_or(top),
            quantity: false,
        });
        Ok(())
    }

    /// What ranks: of things it is their number.
    fn counts_things_of(&mut self, key: Key) -> Key {
        match key {
            Key::Mention(id) if self.is_table(id) => {
                self.frame.mentions[id].role = Role::Entity;
                Key::Count(id)
            }
            key => key,
        }
    }

    /// How many different numbers are asked for.
    fn numbers_shown(&self) -> usize {
        let outputs = &self.frame.outputs;
        let first = |i: usize| !outputs[..i].iter().any(|o| self.is_same(o, &outputs[i]));
        let number = |o: &Output| !matches!(o, Output::Plain(_));
        (0..outputs.len())
            .filter(|&i| number(&outputs[i]) && first(i))
            .count()
    }

    /// Whether a noun names what it is grouped by.
    fn is_group(&self, noun: &Segment) -> bool {
        let same = |id: MentionId| {
            let named = &self.frame.mentions[id].candidates;
            let among = |some: &[Candidate], best: Option<&Candidate>| {
                best.is_some_and(|best| some.iter().any(|c| c.target == best.target))
            };
            among(named, noun.names.first()) || among(&noun.names, named.first())
        };
        self.frame.group.iter().any(|d| match d {
            Dimension::Mention(id) => self.is_name(noun) && same(*id),
            Dimension::Time(unit) => noun.unit == Some(*unit) && !self.is_name(noun),
        })
    }

    /// What the last sentence asks for again is shown once, in its place.
    pub(crate) fn finish_restated(&mut self) {
        let start = self.sentence_start;
        let mut j = start;
        let mut earlier = start;
        while j < self.frame.outputs.len() {
            let outputs = &self.frame.outputs;
            let said = (0..earlier).find(|&i| self.is_same(&outputs[i], &outputs[j]));
            if let Some(said) = said {
                self.frame.outputs[j] = self.frame.outputs[said].clone();
                self.frame.outputs.remove(said);
                earlier -= 1;
            } else {
                j += 1;
            }
        }
        self.sentence_start = earlier;
    }

    /// "the most common methods and their counts": all of them, the most common first, where several are asked for and no number says how many.
    pub(crate) fn finish_counts_of_several(&mut self) {
        let frequent = |s: &Segment| (s.is(Op::Common) || s.is(Op::Uncommon)) && !self.is_name(s);
        let said = self.segments.iter().position(frequent);
        let number = |s: &Segment| s.number.is_some() || s.is(Op::Top) || s.is(Op::Bottom);
        // "Which method is most used by guests" asks for one, however many guests there are.
        let noun = said.and_then(|at| {
            let (before, after) = self.segments.split_at(at);
            let is = |s: &Segment| ENGLISH.copulas.contains(&s.text.to_lowercase());
            match before.last().is_some_and(is) {
                true => before.iter().rev().find(|s| self.is_name(s)),
                false => after.iter().find(|s| self.is_name(s)),
            }
        });
        let several = noun.is_some_and(|s| is_plural(&s.text));
        let counted = |o: &Output| matches!(o, Output::Count { .. });
        let ranked = self.frame.superlative && self.frame.limit == Some(1);
        if ranked
            && several
            && !self.segments.iter().any(number)
            && self.frame.outputs.iter().any(counted)
        {
            self.frame.limit = None;
        }
    }

    /// "top 3 days by number of rentals? Return the date and …": the day is shown.
    pub(crate) fn finish_days(&mut self) {
        let listed = self.sentence_start > 0 || self.frame.superlative;
        if listed && let [Dimension::Time(Unit::Day)] = self.frame.group[..] {
            let day = |m: MentionId| {
                let said = stems(&self.frame.mentions[m].text.to_lowercase());
                said.iter().all(|word| ENGLISH.date_words.contains(word))
            };
            let day = |o: &Output| matches!(o, Output::Plain(m) if day(*m));
            let listed = self.frame.outputs.split_off(self.sentence_start);
            self.frame
                .outputs
                .extend(listed.into_iter().filter(|o| !day(o)));
        }
    }

    /// Whether an output asks again for a number: by the same name, or by fewer of its words ("total invoice amount", "the total amount").
    fn is_same(&self, said: &Output, again: &Output) -> bool {
        let words = |function: &Option<Aggregate>, id: MentionId| {
            let mut words = stems(&self.frame.mentions[id].text.to_lowercase());
            words.extend(function.iter().map(|f| stem(f.word())));
            words
        };
        if let Output::Aggregate { function, of } = said
            && let Output::Aggregate { of: b, .. } | Output::Plain(b) = again
        {
            let g = match again {
                Output::Aggregate { function, .. } => *function,
                _ => None,
            };
            let (all, some) = (words(function, *of), words(&g, *b));
            let fewer = some.len() > 1 && some.len() < all.len();
            let functions = function.is_some_and(|f| some.contains(&stem(f.word())));
            if fewer && functions && some.iter().all(|word| all.contains(word)) {
                return true;
            }
        }
        let best = |m: MentionId| self.frame.mentions[m].candidates.first().map(|c| &c.target);
        let named = |a: MentionId, b: MentionId| best(a).is_some() && best(a) == best(b);
        match (said, again) {
            (Output::Aggregate { function, of }, Output::Aggregate { function: g, of: b }) => {
                (function == g || g.is_none()) && named(*of, *b)
            }
            (Output::Count { of, distinct }, Output::Count { of: b, distinct: d }) => {
                (*distinct || !d) && named(*of, *b)
            }
            (Output::Aggregate { of, .. }, Output::Plain(b)) => {
                !self.is_table(*b) && named(*of, *b)
            }
            _ => false,
        }
    }

    /// "by number of rentals and average fare": what ranks where the first number is equal. Both are shown, where no later sentence says
    /// what is.
    pub(crate) fn ranked_further(&mut self) -> Result<(), NotUnderstood> {
        let function = |o: &Op| matches!(o, Op::Aggregate(_));
        let measures = |s: &Segment| {
            let number = s.is(Op::Count) && !super::listed::asks_how(s);
            !self.is_name(s) && (number || s.ops.iter().any(function))
        };
        let number = |k: usize| {
            let mut noun = k;
            while self.segment(noun).is_some_and(measures) || self.is(noun, Op::Distinct) {
                noun += 1;
            }
            noun > k && self.segment(noun).is_some_and(|s| self.is_name(s))
        };
        let joins = |s: &Segment| {
            let text = s.text.to_lowercase();
            s.is(Op::And) && ENGLISH.joiners.contains(&text)
        };
        let Some(order) = self.frame.order.clone() else {
            return Ok(());
        };
        let ranks = matches!(order.key, Key::Count(_) | Key::Aggregate(..));
        if !ranks || !self.segment(0).is_some_and(joins) || !number(1) {
            return Ok(());
        }
        self.at += 1;
        let key = self.key()?;
        let key = self.counts_things_of(key);
        let later = self.segments[self.at..]
            .iter()
            .position(|s| s.is(Op::Sentence));
        let later = later.is_some_and(|at| {
            let rest = &self.segments[self.at + at..];
            rest.iter().any(|s| !s.is(Op::Sentence))
        });
        if !later {
            for key in [order.key.clone(), key.clone()] {
                let shown = match key {
                    Key::Count(of) => Output::Count {
                        of,
                        distinct: false,
                    },
                    Key::Aggregate(function, of) => Output::Aggregate { function, of },
                    _ => continue,
                };
                self.frame.outputs.push(shown);
            }
        }
        self.frame.then.push(Order {
            key,
            descending: order.descending,
            quantity: false,
        });
        Ok(())
    }
}

/// "the total revenue of each maker" adds up, and so do "number of cars and total revenue" and "top 5 models by total revenue. Return the
/// model and total revenue".
pub(crate) fn add_up(frame: &mut Frame, lexicon: &Lexicon) {
    let beside = frame.outputs.iter().any(|o| !matches!(o, Output::Plain(_)));
    let best = |frame: &Frame, id: MentionId| {
        let best = frame.mentions[id].candidates.first();
        best.map(|c| c.target.clone())
    };
    let ranked = match frame.order.as_ref().map(|o| &o.key) {
        Some(Key::Mention(by) | Key::Aggregate(_, by)) if frame.superlative => best(frame, *by),
        _ => None,
    };
    for i in 0..frame.outputs.len() {
        let Output::Plain(id) = frame.outputs[i] else {
            continue;
        };
        let again = ranked.is_some() && ranked == best(frame, id);
        let alone = frame.outputs.len() == 1 && !frame.superlative;
        let said = function_of_first_word(&frame.mentions[id].text);
        let function = match best(frame, id) {
            Some(Target::Measure(_)) if frame.each || beside || again || alone => said,
            // "top 3 types by total amount. Return the type, number of rows and total amount" of a column that is called so.
            Some(target) if again && lexicon.is_amount(&target) => match said {
                None if beside => Some(Aggregate::Sum),
                said => said,
            },
            _ => None,
        };
        if function.is_some() {
            frame.outputs[i] = Output::Aggregate { function, of: id };
            frame.mentions[id].role = Role::Measure;
        }
    }
}
