//! Columns that are listed after "with": "tickets with their subject and status", "each employee with the name of the manager".
//!
//! Invariant: they are asked for only where the list is said to be of the things ("their"), follows a comma or has several columns,
//! and nothing is said of any of them. Else "with" begins a condition: "customers with an email" have one.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::Target;
use super::frame::Output;
use super::parse::{Mode, Parser};

/// The word that such a list stands after.
pub(crate) fn is_with(segment: &Segment) -> bool {
    let text = segment.text.to_lowercase();
    let first = text.split(' ').next().unwrap_or_default();
    segment.is(Op::With) && ENGLISH.list_words.iter().any(|word| word == first)
}

impl Parser<'_> {
    /// Whether the "with" that was just read begins a list of what is asked for.
    pub(crate) fn lists_with(&self, segment: &Segment) -> bool {
        let plain = |o: &Output| matches!(o, Output::Plain(_));
        let things = |o: &Output| matches!(o, Output::Plain(m) if self.is_table(*m));
        if !is_with(segment)
            || !self.frame.outputs.iter().any(things)
            || !self.frame.outputs.iter().all(plain)
            || !self.frame.group.is_empty()
            || self.frame.window.is_some()
            || self.negated
            || self.or
        {
            return false;
        }
        let possessive = |s: &Segment| {
            let text = s.text.to_lowercase();
            let mut words = text.split(' ');
            words.any(|w| ENGLISH.possessives.iter().any(|p| p == w))
        };
        let comma = self
            .at
            .checked_sub(2)
            .is_some_and(|i| self.segments[i].is(Op::And));
        let (mut theirs, mut names, mut tables, mut k) = (false, 0, 0, 0);
        loop {
            let mut owner = false;
            loop {
                while self.is_filler(k) || k > 0 && self.is(k, Op::Of) {
                    owner |= self.is(k, Op::Of);
                    theirs |= self.segment(k).is_some_and(possessive);
                    k += 1;
                }
                let Some(noun) = self.segment(k).filter(|s| {
                    self.is_name(s) && s.time.is_none() && s.values.is_empty() && !s.possessive
                }) else {
                    return false;
                };
                let table = |c: &super::super::schema::lexicon::Candidate| {
                    matches!(c.target, Target::Table(_))
                };
                let thing = noun.names.first().is_some_and(table);
                // "the name of their manager" is one name.
                names += usize::from(!owner);
                tables += usize::from(thing && !owner);
                k += 1;
                if !self.is(k, Op::Of) {
                    break;
                }
            }
            if !self.is(k, Op::And) {
                break;
            }
            while self.is(k, Op::And) {
                k += 1;
            }
            // "…, most expensive first"
            if self.segment(k).is_some_and(|s| self.orders(s)) {
                break;
            }
        }
        let ends = self
            .segment(k)
            .is_none_or(|s| s.is(Op::Sentence) || self.orders(s));
        ends && (theirs || tables == 0 && (names > 1 || comma))
    }

    /// "with their year": the unit is no period to group by.
    pub(crate) fn after_list_word(&self) -> bool {
        let before = self.segments[..self.at].iter().rev();
        let mut before = before.skip_while(|s| s.is(Op::Filler) && !self.is_name(s));
        before.next().is_some_and(is_with)
    }

    /// What the rows are put in order by begins here.
    fn orders(&self, segment: &Segment) -> bool {
        let order =
            segment.is(Op::Order) || segment.is(Op::Descending) || segment.is(Op::Ascending);
        (order || self.ranks(segment)) && !self.is_name(segment)
    }

    /// "Every employee *and the name of the boss*": nothing but names to the end, and no number of anything.
    fn names_follow(&self, from: usize) -> bool {
        let per = |s: &Segment| {
            s.last > s.first + 1 || ENGLISH.per_words.contains(&s.text.to_lowercase())
        };
        if self.segment(0).is_some_and(per) || !self.is(from, Op::And) {
            return false;
        }
        let end = self.segments[self.at + from..]
            .iter()
            .take_while(|s| !s.is(Op::Sentence) && !self.orders(s));
        let (mut of, mut names) = (false, 0);
        for segment in end {
            of |= segment.is(Op::Of);
            let name = self.is_name(segment) && segment.time.is_none() && segment.values.is_empty();
            let small = segment.is(Op::Filler) || segment.is(Op::Of) || segment.is(Op::And);
            if !(name || small && segment.names.is_empty() && segment.values.is_empty()) {
                return false;
            }
            names += usize::from(name);
        }
        of && names > 1
    }

    /// Passes over "each" where it lists: "show each ticket with its subject" asks for all of them, and nothing is put together.
    pub(crate) fn lists_each(&mut self) -> bool {
        let asked = self
            .at
            .checked_sub(1)
            .is_none_or(|i| self.segments[i].is(Op::Ask));
        let thing = self.segment(1).is_some_and(|s| self.is_thing(s));
        let lists = self.is(0, Op::Each)
            && asked
            && thing
            && self.mode == Mode::Select
            && self.frame.outputs.is_empty()
            && self.frame.head.is_none()
            && (self.segment(2).is_some_and(is_with) || self.names_follow(2));
        self.at += usize::from(lists);
        self.frame.every |= lists;
        lists
    }
}
