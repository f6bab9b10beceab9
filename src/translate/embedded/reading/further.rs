//! Orders by more than one key, by how often something occurs, and what is said twice: the first of an order, and the order.
//!
//! Invariant: a direction is that of the key that it stands beside; one before all keys is that of all of them. Where it stands after
//! the last of several keys only, whether it is that of all is open, and the question is refused.

use super::super::language::Op;
use super::frame::{Key, MentionId, Order, Output};
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
            let before = self.direction(k);
            let named = k + usize::from(before.is_some());
            if !joined || !self.segment(named).is_some_and(|s| self.is_name(s)) {
                return Ok(());
            }
            self.at += named;
            let key = self.key()?;
            let after = match self.direction_in_brackets() {
                Some(descending) => Some(descending),
                None => {
                    let after = self.direction(0);
                    self.at += usize::from(after.is_some());
                    after
                }
            };
            let said = before.or(after);
            if first.is_none() && said == Some(true) {
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
            _ => false,
        };
        match same && descending == Some(order.descending) {
            true => Ok(()),
            false => other(),
        }
    }
}
