//! Orders by more than one key, by how often something occurs, and what is said twice: the first of an order, and the order.
//!
//! Invariant: a direction is that of the key that it stands beside; one before all keys is that of all of them. Where it stands after
//! the last of several keys only, whether it is that of all is open, and the question is refused.

use super::super::language::Op;
use super::super::mentions::annotate::Segment;
use super::frame::{Dimension, Key, MentionId, Order, Output};
use super::parse::{NotUnderstood, Parser, Step};

impl Parser<'_> {
    /// "by frequency", "in descending order of the count": by the number that is shown, or by how often what is listed occurs.
    pub(crate) fn frequency(&mut self) -> Result<Key, NotUnderstood> {
        let counted = self.frame.outputs.iter().find_map(|o| match o {
            Output::Count { of, .. } => Some(*of),
            _ => None,
        });
        let column = |o: &Output| matches!(o, Output::Plain(m) if !self.is_table(*m));
        let listed = matches!(&self.frame.outputs[..], [one] if column(one));
        let of = match (counted, self.frame.head) {
            (Some(of), _) => of,
            (None, Some(head)) if listed && self.is_table(head) => head,
            (None, None) if listed => match self.rows_of_shown() {
                Some(rows) => rows,
                None => return self.fail(),
            },
            _ => return self.fail(),
        };
        self.at += 1;
        Ok(Key::Count(of))
    }

    /// "price (in descending order)".
    pub(crate) fn direction_in_brackets(&mut self) -> Option<bool> {
        let mark = |k: usize, mark: &str| self.segment(k).is_some_and(|s| s.text == mark);
        let descending = self.direction(1)?;
        if !mark(0, "(") || !mark(2, ")") {
            return None;
        }
        self.at += 3;
        Some(descending)
    }

    /// Which direction a word says.
    fn direction(&self, ahead: usize) -> Option<bool> {
        let segment = self.segment(ahead).filter(|s| !self.is_name(s))?;
        match (segment.is(Op::Descending), segment.is(Op::Ascending)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }

    /// "by date descending", "by date, latest first": the direction right after a key.
    pub(crate) fn direction_after(&mut self) -> Option<bool> {
        let comma = usize::from(self.segment(0).is_some_and(|s| s.text == ","));
        let after = self.direction(comma)?;
        self.at += comma + 1;
        Some(after)
    }

    /// "ties by name", "then by city": what the first are ordered by where they are equal, after what they are found by.
    pub(crate) fn tie_breaker(&mut self) -> Option<Step> {
        let tie = self.is(0, Op::Tie);
        let then = self.is(0, Op::Than) && (self.is(1, Op::By) || self.is(1, Op::Order));
        let named = self.segment(0).is_some_and(|s| self.is_name(s));
        if named || !tie && !then || self.frame.order.is_none() {
            return None;
        }
        Some(self.break_ties(if tie { 1 } else { 2 }))
    }

    fn break_ties(&mut self, words: usize) -> Step {
        self.at += words;
        // "ties alphabetically": by what is shown.
        let letters = self.segment(0).is_none_or(|s| !self.is_name(s));
        let owner = self.first_plain().or(self.frame.head);
        let key = match self.direction(0) {
            Some(false) if letters => Key::Mention(owner.map_or_else(|| self.fail(), Ok)?),
            _ => self.key()?,
        };
        if let Key::Mention(id) = key
            && Some(id) != owner
            && !self.is_table(id)
            && (self.frame.superlative || self.frame.group.is_empty())
        {
            let whose = &mut self.frame.mentions[id].of;
            *whose = whose.or(owner);
        }
        let descending = self.direction_after().unwrap_or(false);
        self.frame.then.push(Order {
            key,
            descending,
            quantity: false,
        });
        Ok(())
    }

    /// "and class", "then by name ascending": what rows that are equal by the first key are ordered by.
    ///
    /// # Errors
    /// A second order, where a direction is said of the last of several keys only.
    pub(crate) fn further_keys(&mut self, first: Option<bool>, own: bool) -> Step {
        loop {
            let (mut k, mut joined) = (0, false);
            while self.is(k, Op::And)
                || self.is(k, Op::Than)
                || joined && (self.is_filler(k) || self.is(k, Op::By))
                || joined
                    && self
                        .segment(k)
                        .is_some_and(|s| s.is(Op::Sentence) && s.text == ";")
            {
                joined = true;
                k += 1;
            }
            let then = (0..k).any(|j| self.is(j, Op::Than));
            let before = self.direction(k);
            let named = k + usize::from(before.is_some());
            if !joined || !self.is_key(named) {
                return Ok(());
            }
            self.at += named;
            let period = self.is_period_of_series(0);
            self.at += usize::from(period);
            let key = match period {
                true => Key::Date,
                false => self.key()?,
            };
            let after = match self.direction_in_brackets() {
                Some(descending) => Some(descending),
                None => self.direction_after(),
            };
            let said = before.or(after);
            // "by city and then by date, latest first": what is said of a key that comes after another one is said of it alone.
            if first.is_none() && said == Some(true) && !then {
                return Err(vec!["a second order".into()]);
            }
            let inherited = first.unwrap_or(false) && !own;
            self.frame.then.push(Order {
                key,
                descending: said.unwrap_or(inherited),
                quantity: false,
            });
        }
    }

    /// What may order rows stands there: a name, a number of something, a period that the groups are of.
    fn is_key(&self, ahead: usize) -> bool {
        let number = |s: &Segment| {
            let function = |o: &Op| matches!(o, Op::Aggregate(_));
            s.is(Op::Count) || s.ops.iter().any(function)
        };
        let noun = self.segment(ahead + 1).is_some_and(|s| self.is_name(s));
        self.segment(ahead)
            .is_some_and(|s| self.is_name(s) || number(s) && noun)
            || self.is_period_of_series(ahead)
    }

    /// "month", where the groups are months.
    pub(crate) fn is_period_of_series(&self, ahead: usize) -> bool {
        let series = |unit| self.frame.group.contains(&Dimension::Time(unit));
        self.segment(ahead)
            .is_some_and(|s| s.time.is_none() && !self.is_name(s) && s.unit.is_some_and(series))
    }

    /// "the top 3 rooms sorted by price in descending order", "the 3 rooms with the highest price, sorted by price in descending
    /// order": the order says what the first are found by, or says it again.
    ///
    /// # Errors
    /// A second order, where it is another one.
    pub(crate) fn order_of_first(&mut self, key: Key, descending: Option<bool>) -> Step {
        let other = || Err(vec!["a second order".into()]);
        let Some(order) = self.frame.order.clone() else {
            return other();
        };
        if self.ranking && order.descending && descending == Some(true) {
            self.ranking = false;
            self.frame.order = Some(Order { key, ..order });
            return Ok(());
        }
        let best = |m: MentionId| self.frame.mentions[m].candidates.first().map(|c| &c.target);
        let same = match (&order.key, &key) {
            (Key::Mention(a), Key::Mention(b)) | (Key::Count(a), Key::Count(b)) => {
                best(*a).is_some() && best(*a) == best(*b)
            }
            (Key::Aggregate(f, a), Key::Aggregate(g, b)) => f == g && best(*a) == best(*b),
            // "the three members with the most loans, most first"
            (found, Key::Size) => *found != Key::Date,
            _ => false,
        };
        match same && descending == Some(order.descending) {
            true => Ok(()),
            false => other(),
        }
    }
}
