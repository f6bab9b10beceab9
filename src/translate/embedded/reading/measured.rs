//! Units of measure in a question: they say which column is meant, "length in meters" where there is one in feet as well.
//!
//! Invariant: a number is never compared with a column that is said to be in another unit. A column that does not say its unit
//! may be in any.

use super::super::language::{Aggregate, Comparison, ENGLISH, Op, is_plural, stems};
use super::super::mentions::amounts::ALONE;
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::measured::is_currency;
use super::frame::{Condition, Dimension, Frame, MentionId, Operand, Output, Role};
use super::parse::{Mode, Parser, Step};
use crate::question::numbers::Number;
use std::collections::BTreeSet;

/// "Wider than *high*": the property of an adjective is compared with, and not a stored value that is called so.
pub(crate) fn name_properties(segments: &mut [Segment], lexicon: &Lexicon) {
    for at in 2..segments.len() {
        let word = segments[at].text.to_lowercase();
        let compared = segments[at - 1].is(Op::Than) && segments[at - 2].adjective.is_some();
        let mut adjectives = ENGLISH.adjectives.iter();
        let property = adjectives.find(|a| !a.positive.is_empty() && a.positive == word);
        let (true, Some(adjective)) = (compared, property) else {
            continue;
        };
        let names = adjective.greater.iter();
        let names = names.flat_map(|name| lexicon.look_up(name, true));
        let columns = names.filter(|c| matches!(c.target, Target::Column(_)));
        segments[at].names = columns.collect();
        segments[at].values.clear();
    }
}

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
        // "France" has the stem of a franc, and "in France" says where.
        let stored = |v: &crate::catalog::model::StoredValue| {
            !matches!(v.found, crate::catalog::model::ValueMatch::Near(_))
        };
        let ending = segment.text.to_lowercase();
        let ending = ending.strip_prefix(unit.as_str()).unwrap_or_default();
        let plural = ending.is_empty() || ENGLISH.plural_forms.iter().any(|form| form == ending);
        let named = segment.text.starts_with(char::is_uppercase) && !plural;
        // "length in minutes" is no length for each minute.
        let long = |word: &Vec<String>| {
            let last = self.frame.mentions.last();
            last.is_some_and(|m| stems(&m.text.to_lowercase()).ends_with(word))
        };
        let lasts = ENGLISH.units_of(unit).any(|q| q.words.iter().any(long));
        let other = segment.names.first().is_some_and(thing)
            || segment.unit.is_some() && !lasts
            || segment.values.iter().any(stored)
            || named;
        if !ENGLISH.is_unit(unit) || other || unit.len() < 2 || self.frame.mentions.is_empty() {
            return false;
        }
        let before = self.frame.mentions.len();
        self.frame.units.push((before, unit.clone()));
        self.at += 1;
        true
    }

    /// Takes the unit of a number, and an adjective after it, if they stand here: "35 km", "50 m long". Gives what the number is
    /// compared with, which may be told by nothing but them.
    pub(crate) fn unit_of_number(
        &mut self,
        left: Option<MentionId>,
        number: &mut Number,
    ) -> Option<MentionId> {
        let Some((segment, measured)) = self
            .segment(0)
            .and_then(|s| s.measured.as_ref().map(|measured| (s, measured)))
        else {
            return left.map(|left| self.counted_in(left));
        };
        let word = segment.text.to_lowercase();
        let positive = self.is_positive(1);
        if left.is_none() && self.is_name(segment) && !positive {
            return left;
        }
        let left = left.or_else(|| self.positive(1));
        let units = ENGLISH.units_after_number(&word);
        let currency = is_currency(&word);
        let money = currency && (units.len() == 1 || measured.is_empty());
        if left.is_none() && !money && (measured.is_empty() || currency) {
            return left;
        }
        self.at += 1 + usize::from(positive);
        number.unit = Some(word.clone());
        number.money |= money;
        let head = self.frame.head.or_else(|| self.first_plain());
        let id = match left {
            Some(id) => id,
            // Of what is paid the rest of the sentence tells, where no column says its currency.
            None if money && !self.names_table_of(measured) => return None,
            None => self.mention(&segment.text, Role::Any, measured.clone(), head),
        };
        self.frame.measured.push((id, word, measured.clone()));
        Some(id)
    }

    /// "Longer than 500 *pages*": the column of which an adjective speaks is named after the number.
    fn counted_in(&mut self, left: MentionId) -> MentionId {
        let adjective = self.adjectives.iter().any(|(id, _)| *id == left);
        let column = |c: &Candidate| matches!(c.target, Target::Column(_));
        let named = self.segment(0).filter(|s| {
            let best = s.names.first();
            self.is_name(s) && best.is_some_and(column) && is_plural(&s.text)
        });
        // "A capacity above 400 pallets" of `capacity_pallets`.
        let again = |s: &&Segment| {
            let own = &self.frame.mentions[left].candidates;
            let best = s.names.first().map(|c| &c.target);
            own.first().is_some_and(|c| Some(&c.target) == best)
        };
        if named.filter(again).is_some() {
            self.at += 1;
            return left;
        }
        let Some(named) = named.filter(|_| adjective) else {
            return left;
        };
        let mention = &mut self.frame.mentions[left];
        mention.text.clone_from(&named.text);
        mention.candidates.clone_from(&named.names);
        mention.candidates.retain(column);
        self.at += 1;
        left
    }

    /// A thing that was named has one of the columns.
    fn names_table_of(&self, columns: &[Candidate]) -> bool {
        let of = |table: usize| {
            let column =
                |c: &Candidate| matches!(c.target, Target::Column(at) if at.table == table);
            columns.iter().any(column)
        };
        let mut mentions = self.frame.mentions.iter();
        mentions.any(|m| matches!(m.candidates.first(), Some(Candidate { target: Target::Table(t), .. }) if of(*t)))
    }

    /// A column, which may be of something that is said to have it, is compared with what the things in question measure: "offers above
    /// *the asking price*", "above *the client's budget*".
    pub(crate) fn is_amount_of_other(&self, op: Comparison) -> bool {
        let column = |s: &Segment| {
            let best = s.names.first().map(|c| &c.target);
            self.is_name(s) && matches!(best, Some(Target::Column(_)))
        };
        let owner = |s: &Segment| s.possessive && self.is_thing(s);
        let named = self.segment(0).is_some_and(column)
            || self.segment(0).is_some_and(owner) && self.segment(1).is_some_and(column);
        matches!(op, Comparison::Greater | Comparison::Less) && named
    }

    /// The adjective of a property stands there: the "long" of "50 m long".
    fn is_positive(&self, ahead: usize) -> bool {
        self.adjective_at(ahead).is_some()
    }

    fn adjective_at(&self, ahead: usize) -> Option<usize> {
        let text = self.segment(ahead)?.text.to_lowercase();
        let mut adjectives = ENGLISH.adjectives.iter();
        adjectives.position(|a| !a.positive.is_empty() && a.positive == text)
    }

    /// What that adjective speaks of.
    fn positive(&mut self, ahead: usize) -> Option<MentionId> {
        let i = self.adjective_at(ahead)?;
        let words = ENGLISH.adjectives[i].greater.first()?;
        let head = self.frame.head.or_else(|| self.first_plain());
        let id = self.mention(&words.join(" "), Role::Any, Vec::new(), head);
        self.adjectives.push((id, i));
        Some(id)
    }

    /// "50 m long": a number, its unit and an adjective.
    pub(crate) fn is_measured_so(&self) -> bool {
        let unit = |s: &Segment| s.measured.is_some();
        self.mode == Mode::Condition && self.segment(1).is_some_and(unit) && self.is_positive(2)
    }

    /// Reads what [`Parser::is_measured_so`] has seen.
    pub(crate) fn measured_so(&mut self, number: Number) -> Step {
        self.at += 1;
        let mut number = number;
        let left = self.unit_of_number(None, &mut number);
        let op = match std::mem::take(&mut self.negated) {
            true => Comparison::NotEqual,
            false => Comparison::Equal,
        };
        let (op, number) = self.or_more(op, number);
        self.push(Condition::Compare {
            left,
            op,
            right: Operand::Number(number),
        });
        Ok(())
    }

    /// A verb that ends a question about one thing: where the catalog has something of that name ([`Lexicon::knows`]), not all
    /// regions are meant by "how many regions are affected".
    pub(crate) fn dangling_verb(&self) -> Option<String> {
        let frame = &self.frame;
        // "By month arrived" says which date the months are of.
        let timed = frame.group.iter().any(|d| matches!(d, Dimension::Time(_)));
        let one = frame.mentions.len() == 1 && frame.conditions.is_empty() && !timed;
        let ends = |s: &&super::super::mentions::annotate::Segment| !s.is(Op::Sentence);
        let last = self.segments.iter().rev().find(ends)?;
        let verb = last.is(Op::Link) && !last.is(Op::Filler) && !self.is_name(last);
        let bare = last.values.is_empty() && last.time.is_none();
        (one && verb && bare).then(|| last.text.clone())
    }
}

/// What is told by nothing but its unit adds up: "how many *kilos*" are the sum of the weights.
pub(crate) fn sum_units(frame: &mut Frame, lexicon: &Lexicon) {
    let grouped = !frame.group.is_empty() && frame.outputs.len() == 1;
    for output in &mut frame.outputs {
        let (of, named) = match *output {
            Output::Count {
                of,
                distinct: false,
            }
            | Output::Aggregate { function: None, of } => (of, true),
            // "kilos of rope per hut", where nothing is called kilos.
            Output::Plain(of) if grouped => (of, false),
            _ => continue,
        };
        let mention = &frame.mentions[of];
        if !named && mention.candidates.iter().any(|c| c.score > ALONE) {
            continue;
        }
        // "litres of water"
        let mut words = mention.text.split_whitespace();
        let (first, next) = (words.next().unwrap_or_default(), words.next());
        let units = ENGLISH.units_alone(first);
        let of_unit = next.is_none_or(|w| ENGLISH.of_words.contains(&w.to_lowercase()));
        let column = |c: &Candidate| match c.target {
            Target::Column(at) => lexicon.measures(at, &units) == Some(true),
            _ => false,
        };
        if of_unit && !units.is_empty() && mention.candidates.iter().any(column) {
            frame.mentions[of].candidates.retain(column);
            frame.mentions[of].role = Role::Measure;
            *output = Output::Aggregate {
                function: Some(Aggregate::Sum),
                of,
            };
        }
    }
}

/// Limits what numbers with a unit are compared with to columns that are measured in it, where there are any: those of the things
/// that the question names.
fn choose_measured(frame: &mut Frame, lexicon: &Lexicon) {
    /// So well must a column be named that others are left for it.
    const NAMED: f32 = 0.85;
    for (id, word, measured) in std::mem::take(&mut frame.measured) {
        let others = frame.mentions.iter().enumerate().filter(|(i, _)| *i != id);
        let best = others.filter_map(|(_, m)| m.candidates.first());
        let tables: BTreeSet<usize> = best
            .map(|c| super::super::linking::resolve::table_of(lexicon, &c.target))
            .collect();
        let units = ENGLISH.units_after_number(&word);
        let known = |c: &Candidate| match c.target {
            Target::Column(at) => lexicon.measures(at, &units),
            _ => None,
        };
        let near = |c: &&Candidate| match c.target {
            Target::Column(at) => tables.contains(&at.table),
            _ => false,
        };
        let by_adjective = frame.adjectives.iter().any(|(m, _)| *m == id);
        let mention = &mut frame.mentions[id];
        let own = mention.candidates == measured;
        // What is paid may add up of many columns, few of which say their currency: it only tells price_usd and price_eur apart.
        if !own && is_currency(&word) {
            if mention.candidates.iter().any(|c| known(c) == Some(false)) {
                mention.candidates.retain(|c| known(c) != Some(false));
            }
            continue;
        }
        if !own && mention.candidates.iter().any(|c| known(c) == Some(true)) {
            mention.candidates.retain(|c| known(c) == Some(true));
            if mention.candidates.iter().any(|c| near(&c)) {
                mention.candidates.retain(|c| near(&c));
            }
            let best = mention.candidates.iter().map(|c| c.score);
            if best.fold(0.0, f32::max) >= NAMED {
                mention.candidates.retain(|c| c.score >= NAMED);
            }
            let same = |c: &Candidate| match c.target {
                Target::Column(at) => lexicon.is_in(at, &units),
                _ => false,
            };
            if mention.candidates.iter().any(same) {
                mention.candidates.retain(same);
            }
            continue;
        }
        if by_adjective || own {
            let near: Vec<Candidate> = measured.iter().filter(near).cloned().collect();
            if own || !near.is_empty() {
                mention.candidates = near;
                continue;
            }
        }
        mention.candidates.retain(|c| known(c).is_none());
        if mention.candidates.is_empty() {
            mention.text = word;
        }
    }
}

/// Takes from the meanings of what a unit is said of those that are in another unit; without any left the unit is not understood.
pub(crate) fn choose_units(frame: &mut Frame, lexicon: &Lexicon) {
    choose_measured(frame, lexicon);
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
