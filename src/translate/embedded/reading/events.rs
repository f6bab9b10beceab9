//! What was done last or first: "the customer who ordered *most recently*", and superlatives after what they are of: "which costs *the
//! most*".
//!
//! Invariant: such an adverb speaks of what is done, never of who does it: the date is that of the one table that has one on the way to
//! what the condition speaks of. Where several have one, the verb decides, or the question is refused. Without this the customer who
//! was entered last would be taken for the one who ordered last.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::Target;
use super::super::sql::build::{Builder, not_understood};
use super::frame::{Condition, Key, Order, Role};
use super::parse::{Mode, Parser, Step};
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use std::collections::BTreeSet;

impl Parser<'_> {
    /// "that costs the most", "who earns the least": a column of numbers, and the first by it.
    pub(crate) fn extreme_after(&mut self) -> Option<Step> {
        let column = self.segment(0)?;
        let extreme = self.segment(1)?;
        let most = extreme.is(Op::Most);
        let number =
            |c: &super::super::schema::lexicon::Candidate| matches!(c.target, Target::Column(_));
        let asked = !self.frame.outputs.is_empty() || self.frame.head.is_some();
        if !asked
            || !self.ends_as_extreme(1)
            || self.frame.order.is_some()
            || self.frame.denied.is_some()
            || self.negated
            || !column.names.first().is_some_and(number)
            || !self.is_said_of_things()
        {
            return None;
        }
        let of = self.mention(&column.text, Role::Measure, column.names.clone(), None);
        let candidates = &mut self.frame.mentions[of].candidates;
        candidates.retain(|c| matches!(c.target, Target::Column(_)));
        self.at += 2;
        self.mode = Mode::Condition;
        self.frame.picks = self.picked_before(self.at - 2);
        self.frame.superlative = true;
        self.frame.limit = self.frame.limit.or(Some(1));
        self.frame.order = Some(Order {
            key: Key::Mention(of),
            descending: most,
            quantity: self.frame.picks.is_none(),
        });
        Some(Ok(()))
    }

    /// "The most" so far ahead, at the end of what is said: what it is of stands before it.
    pub(crate) fn ends_as_extreme(&self, ahead: usize) -> bool {
        let quantity = |s: &Segment| {
            let said = super::super::language::stems(&s.text.to_lowercase());
            said.last()
                .is_some_and(|word| ENGLISH.quantities.contains(word))
        };
        let extreme = |s: &Segment| {
            !self.is_name(s) && s.adjective.is_none() && (s.is(Op::Most) || s.is(Op::Least))
        };
        self.segment(ahead)
            .is_some_and(|s| extreme(s) && quantity(s))
            && self.ends_part(ahead + 1)
    }

    /// "the names of tracks *that contain the word* you": the one column that is asked for.
    pub(crate) fn contained_in(&self, segment: &Segment) -> Option<super::frame::MentionId> {
        let like = segment.ops.iter().any(|o| matches!(o, Op::Like(_)));
        let says_text = |s: &Segment| {
            let text = s.text.to_lowercase();
            s.quoted.is_some()
                || text
                    .split(' ')
                    .any(|w| ENGLISH.text_words.iter().any(|t| t == w))
        };
        let mut next = 1;
        while self.is_filler(next) {
            next += 1;
        }
        let said = says_text(segment) || self.segment(next).is_some_and(says_text);
        let of = match self.frame.outputs[..] {
            [super::frame::Output::Plain(of)] => of,
            _ => return None,
        };
        (like && said && !self.is_name(segment) && !self.is_table(of)).then_some(of)
    }

    /// The word here is a verb of a clause: "the trips that *cost*", "who *earns*".
    fn is_said_of_things(&self) -> bool {
        let mut before = self.segments[..self.at].iter().rev();
        let verb = before.find(|s| {
            !(s.is(Op::Link) && s.names.is_empty() || s.is(Op::Filler) && s.names.is_empty())
        });
        verb.is_some_and(|s| s.is(Op::With) || s.is(Op::Ask) || self.is_name(s))
    }
}

impl Builder<'_> {
    /// The date by which "most recently" finds the first row, where it is that of what is done; `None` where the order is by no such.
    ///
    /// # Errors
    /// 22023 when the date is that of one of several things, or of none.
    pub(crate) fn date_of_event(&mut self, head: usize) -> Result<Option<ColumnRef>> {
        let dated = matches!(self.order_key(), Some(Key::Date));
        let related = |c: &Condition| matches!(c, Condition::Related { .. });
        if !dated || !self.frame.conditions.iter().any(related) {
            return Ok(None);
        }
        let unclear = || not_understood("Whose date the latest is to be found by is not clear.");
        let denied = |c: &Condition| match c {
            Condition::Related {
                negated, inside, ..
            } => *negated || !inside.is_empty(),
            Condition::Not(_) | Condition::Any(_) | Condition::Count { .. } => true,
            _ => false,
        };
        if !self.frame.by_event || self.frame.conditions.iter().any(denied) {
            return Err(unclear());
        }
        let mut on_the_way: BTreeSet<usize> = BTreeSet::new();
        for condition in &self.frame.conditions {
            if let Condition::Related { to, .. } = condition {
                let way = self.tree(head, &[self.table(*to)])?;
                on_the_way.extend(way.iter().map(|j| j.child));
            }
        }
        on_the_way.remove(&head);
        let root = super::super::schema::names::root;
        let of_verb = |stem: &String| self.frame.verbs.contains(&root(stem));
        // "who was hired most recently and has orders": what the head tells by itself.
        let own = self.dates_of(head);
        let words = &self.lexicon.tables[head].columns;
        if own.iter().any(|c| words[*c].iter().any(of_verb)) {
            return Err(unclear());
        }
        let dated: Vec<usize> = on_the_way
            .into_iter()
            .filter(|t| !self.dates_of(*t).is_empty())
            .collect();
        let done: Vec<usize> = dated
            .iter()
            .copied()
            .filter(|t| {
                let words = &self.lexicon.tables[*t];
                words.stems.iter().any(of_verb)
                    || self
                        .dates_of(*t)
                        .iter()
                        .any(|c| words.columns[*c].iter().any(of_verb))
            })
            .collect();
        let table = match (&dated[..], &done[..]) {
            ([only], _) | (_, [only]) => *only,
            _ => return Err(unclear()),
        };
        let columns = self.dates_of(table);
        let words = &self.lexicon.tables[table].columns;
        let mut said = columns.iter().filter(|c| words[**c].iter().any(of_verb));
        let column = match (&columns[..], said.next(), said.next()) {
            ([only], _, _) => *only,
            (_, Some(said), None) => *said,
            // Of a start and an end, what was done is told by the first.
            ([first, ..], None, _) => *first,
            _ => return Err(unclear()),
        };
        let at = ColumnRef { table, column };
        self.assumptions
            .push(format!("the date is {}", self.catalog.column(at).name));
        Ok(Some(at))
    }

    /// The dates of a table, or its years where it has none.
    fn dates_of(&self, table: usize) -> Vec<usize> {
        let dates = self.lexicon.date_columns(self.catalog, table);
        if dates.is_empty() {
            return self.lexicon.year_columns(table);
        }
        dates
    }
}
