//! The clauses of a question: grouping, order, rankings, comparisons, negation, values.

use super::super::language::{self, Aggregate, ENGLISH, Op};
use super::super::schema::lexicon::Target;
use super::frame::{Condition, Dimension, Key, Order, Output, Role};
use super::listed::names_number;
use super::parse::{Mode, Parser, Step};

impl Parser<'_> {
    /// After "per", "for each" or "by": one or more dimensions.
    pub(crate) fn group(&mut self) -> Step {
        loop {
            self.skip_fillers();
            if self.each_of_them() {
                // "… and the number of members from each": by what is listed.
                return Ok(());
            }
            let Some(segment) = self.segment(0) else {
                return self.fail();
            };
            if self.frame.each && self.frame.group.is_empty() && self.names_listed() {
                self.frame.each = !self.frame.superlative;
                self.at += 1;
                return Ok(());
            }
            if let Some(read) = self.each_of_time() {
                return read;
            }
            let exact = self.is_column_here(segment);
            match segment.unit {
                Some(unit) if !exact => {
                    self.frame.group.push(Dimension::Time(unit));
                    self.at += 1;
                }
                _ => {
                    let owned = segment.possessive;
                    let id = self.grouped_noun()?;
                    self.frame.group.push(Dimension::Mention(id));
                    self.frame.owned.extend(owned.then_some(id));
                }
            }
            let next = self.segment(1);
            let named = next.is_some_and(|s| self.is_name(s) || s.unit.is_some());
            if !(self.is(0, Op::And) && named) {
                self.after_preposition = false;
                return Ok(());
            }
            // "for each region, show the number of …" goes on with the outputs.
            if self.frame.outputs.is_empty() && self.segment(0).is_some_and(|s| s.text == ",") {
                return Ok(());
            }
            self.at += 1;
        }
    }

    /// "by" groups, ranks, or says who ("tracks by Iron Maiden").
    pub(crate) fn by(&mut self) -> Step {
        if self.orders_list() {
            return self.order();
        }
        let start = self.at;
        self.skip_fillers();
        // "requested by all founders", "across all shops": over all of them together, not for each.
        let all = |s: &super::super::mentions::annotate::Segment| {
            let mut words = s.text.split_whitespace();
            words.any(|w| ENGLISH.totals.contains(&w.to_lowercase()))
        };
        let named = self.segment(0).is_some_and(|s| self.is_name(s));
        let over_all = self.segments[start..self.at].iter().any(all) || self.total_across(start);
        if named && !self.ranking && over_all {
            self.after_preposition = true;
            return self.name();
        }
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        if self.is(0, Op::Both) {
            self.frame.both = true;
            self.at += 1;
            return self.by();
        }
        // "shared by at least two people"
        let number = self.segment(0).is_some_and(|s| s.number.is_some()) && self.counted_follows(1);
        if !self.ranking && (self.compares(0) || number) && !self.frame.outputs.is_empty() {
            self.mode = Mode::Condition;
            return if number {
                self.number()
            } else {
                self.comparison(None)
            };
        }
        if self.ranking {
            self.ranking = false;
            let key = self.key()?;
            let descending = self.frame.order.as_ref().is_none_or(|o| o.descending);
            self.frame.order = Some(Order {
                key,
                descending,
                quantity: false,
            });
            return self.ranked_further();
        }
        // "shared by the most companies": those of which most do it.
        let quantity = |s: &super::super::mentions::annotate::Segment| {
            let counted = self.is(1, Op::Count) && self.noun_follows(2);
            !self.is_name(s)
                && (s.adjective.is_none() || counted)
                && (s.is(Op::Most) || s.is(Op::Least))
                && (counted || self.noun_follows(1))
        };
        if quantity(segment) && !self.frame.outputs.is_empty() && self.frame.order.is_none() {
            self.mode = Mode::Condition;
            return self.superlative();
        }
        let value_follows = self
            .segment(1)
            .is_some_and(|s| s.quoted.is_some() || (!s.values.is_empty() && !self.is_name(s)));
        let lists = !self.frame.outputs.is_empty()
            && self
                .frame
                .outputs
                .iter()
                .all(|o| matches!(o, Output::Plain(m) if !self.is_table(*m)));
        // "supported by the browsers", "made by guests": who did it, unless columns are what it is grouped by.
        let done = self.done_by(start) && !self.each_did(start);
        let thing = segment
            .names
            .first()
            .is_some_and(|c| matches!(c.target, Target::Table(_)));
        // "volumes by artists that are at most 25": who did it, when more is said of them.
        let told = thing
            && super::super::language::ends_as_plural(&segment.text)
            && self.segment(1).is_some_and(|s| {
                s.is(Op::With)
                    && s.text
                        .to_lowercase()
                        .split(' ')
                        .next()
                        .is_some_and(|word| ENGLISH.relatives.iter().any(|r| r == word))
            });
        if (done || told) && thing && self.is_name(segment) && !self.frame.outputs.is_empty() {
            self.mode = Mode::Condition;
            return self.name();
        }
        // "provided by bank branches": what is done by many is not for each of them.
        let many = super::super::language::ends_as_plural(&segment.text);
        if done && many && !thing && self.is_name(segment) && !value_follows {
            return self.fail();
        }
        let of_rows = self.mode == Mode::Condition && lists && !(thing && self.each_did(start));
        if self.is_name(segment) && (value_follows || of_rows) {
            self.after_preposition = true;
            return self.name();
        }
        // "last year (by start date)": which date the time is about.
        let bracket = start
            .checked_sub(2)
            .is_some_and(|i| self.segments[i].text == "(");
        if bracket && self.is_name(segment) && !self.spans.is_empty() {
            let of = self.noun(Role::Any)?;
            self.push(Condition::Flag { of, negated: false });
            return Ok(());
        }
        if self.is_name(segment) || segment.unit.is_some() {
            return self.group();
        }
        if !segment.values.is_empty() {
            if self.some_did(start) {
                self.mode = Mode::Condition;
            }
            return self.value(None);
        }
        self.fail()
    }

    /// "top 5", "the most", "the oldest", "the latest".
    pub(crate) fn superlative(&mut self) -> Step {
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        if self.frame.superlative && self.frame.order.is_some() && !self.ranking {
            return self.fail();
        }
        // "not working on the project with the most hours": the first of what is denied.
        let denied = self.frame.denied.is_some() && self.frame.denied_until.is_none();
        if denied || self.is_last_of_unknown(segment) {
            return self.fail();
        }
        let start = self.at;
        let quantity = language::stems(&segment.text.to_lowercase())
            .last()
            .is_some_and(|word| ENGLISH.quantities.contains(word));
        let mut descending = !segment.ops.iter().any(|o| {
            matches!(
                o,
                Op::Least
                    | Op::Uncommon
                    | Op::Bottom
                    | Op::Earliest
                    | Op::Aggregate(Aggregate::Min)
            )
        });
        let mut adjective = segment
            .adjective
            .filter(|(_, superlative)| *superlative)
            .map(|(i, _)| i);
        // "the oldest" is the greatest age; only "the least" turns it round.
        descending |= adjective.is_some();
        self.at += 1;
        // "the most expensive"
        if adjective.is_none()
            && (segment.is(Op::Most) || segment.is(Op::Least))
            && let Some((i, _)) = self.segment(0).and_then(|s| s.adjective)
        {
            adjective = Some(i);
            self.at += 1;
        }
        let count = self
            .segment(0)
            .and_then(|s| s.number.clone())
            .filter(|n| !n.percent)
            .and_then(|n| n.as_whole());
        if count.is_some_and(|n| n < 1) {
            return self.fail();
        }
        if count.is_some() {
            self.at += 1;
        }
        self.skip_fillers();
        // "the top 3 highest rates": said twice.
        let mut common = segment.is(Op::Common) || segment.is(Op::Uncommon);
        // "top 3 most common": by how often they occur.
        if count.is_some()
            && self.segment(0).is_some_and(|s| {
                s.is(Op::Common) && descending || s.is(Op::Uncommon) && !descending
            })
        {
            common = true;
            self.at += 1;
            self.skip_fillers();
        }
        let again = |s: &super::super::mentions::annotate::Segment| {
            if descending {
                s.is(Op::Most) && s.is(Op::Top)
            } else {
                s.is(Op::Least) && s.is(Op::Bottom)
            }
        };
        if count.is_some()
            && let Some(twice) = self.segment(0).filter(|s| again(s))
            && self.segment(1).is_some()
        {
            self.at += 1;
            self.skip_fillers();
            let thing =
                |c: &super::super::schema::lexicon::Candidate| matches!(c.target, Target::Table(_));
            let of_thing = self
                .segment(0)
                .is_some_and(|s| s.names.first().is_some_and(thing));
            if of_thing && adjective.is_none() {
                adjective = twice.adjective.map(|(i, _)| i);
            }
        }
        if count.is_some() && adjective.is_none() && segment.is(Op::Top) {
            adjective = self.adjective_after_top();
        }
        let several = segment.is(Op::Top) || segment.is(Op::Bottom);
        let text = segment.text.to_lowercase();
        let explicit_top = ENGLISH.ends.iter().any(|word| text.contains(word));
        let limit = count
            .or(self.frame.limit)
            .or_else(|| self.latest_things(segment))
            .unwrap_or_else(|| self.first_things(start, several && explicit_top));
        // "the highest salary" with nothing before it is the greatest value itself.
        let next = self.segment(0);
        let next_name = next.filter(|s| self.is_name(s));
        let next_column = next_name.is_some_and(|s| {
            s.names
                .first()
                .is_some_and(|c| !matches!(c.target, Target::Table(_)))
        });
        // "the largest capacity": the noun says what is large.
        let measured = next.is_some_and(|s| {
            s.is(Op::Count) || s.ops.iter().any(|o| matches!(o, Op::Aggregate(_)))
        });
        if (next_column || measured && next_name.is_none())
            && segment.adjective.is_some()
            && (segment.is(Op::Most) || segment.is(Op::Least))
        {
            adjective = None;
            descending = segment.is(Op::Most);
        }
        let asked_before = !self.frame.outputs.is_empty() || self.frame.head.is_some();
        // "has the shortest duration", "with the latest opening year": by the column that is named.
        let named = next_column && asked_before && self.mode == Mode::Condition && !common;
        let by_named = named
            .then(|| self.extreme_of_named(segment, adjective))
            .flatten();
        if let Some(greatest) = by_named {
            adjective = None;
            descending = greatest;
        }
        let extreme = segment.is(Op::Most)
            || segment.is(Op::Least)
            || segment.ops.iter().any(|o| matches!(o, Op::Aggregate(_)));
        // "the largest withdrawal": of the rows that are one, by what they come to.
        let stated = self.value_alone();
        if extreme
            && !asked_before
            && self.mode == Mode::Select
            && (next_column || stated)
            && count.is_none()
            && !common
            && !explicit_top
        {
            let of = self.noun(Role::Measure)?;
            let function = if descending {
                Aggregate::Max
            } else {
                Aggregate::Min
            };
            self.frame.outputs.push(Output::Aggregate {
                function: Some(function),
                of,
            });
            return Ok(());
        }
        // "customers who use the most popular payment method": a condition on them.
        if common && asked_before && next_column && self.mode == Mode::Condition {
            let of = self.noun(Role::Any)?;
            let negated = std::mem::take(&mut self.negated);
            let order = Order {
                key: Key::Rows,
                descending,
                quantity: false,
            };
            self.push(Condition::First {
                of,
                order,
                limit: count.unwrap_or(1),
                negated,
            });
            return Ok(());
        }
        self.frame.limit = Some(limit);
        self.frame.superlative = true;
        self.frame.order = Some(Order {
            key: Key::Rows,
            descending,
            quantity: false,
        });
        if common {
            if next_name.is_some() && asked_before {
                // "the name of the most common genre"
                let id = self.noun(Role::Entity)?;
                if !self.is_table(id) || self.frame.head.is_some() {
                    self.at -= 1;
                    return self.fail();
                }
                self.qualify(id);
                return Ok(());
            }
            if next_name.is_some() {
                let id = self.noun(Role::Dimension)?;
                self.frame.outputs.push(Output::Plain(id));
            }
            return Ok(());
        }
        let key = if let Some(i) = adjective {
            Some(Key::Adjective(i))
        } else if by_named.is_none()
            && (segment.is(Op::Latest) || segment.is(Op::Earliest) && !next_column)
        {
            Some(Key::Date)
        } else {
            None
        };
        // "the release date of the oldest artist"
        let of = self.after_preposition && asked_before && key.is_some();
        if of
            && (next_name.is_some() || stated)
            && !next_column
            && self.mode == Mode::Select
            && let Some(key) = key.clone()
        {
            self.after_preposition = false;
            let id = self.noun(Role::Entity)?;
            self.qualify(id);
            self.frame.order = Some(Order {
                key,
                descending,
                quantity: false,
            });
            return Ok(());
        }
        // "the most recent year": of the dates that a thing has.
        // "The last 99999 years" are so many years and no rows: more than a time is counted in.
        if key == Some(Key::Date) && next_name.is_none() && next.is_some_and(|s| s.unit.is_some()) {
            if count.is_some() {
                return self.fail();
            }
            self.at += 1;
        }
        // "who ordered most recently": when that was done.
        self.frame.by_event |=
            key == Some(Key::Date) && next_name.is_none() && ENGLISH.event_adverbs.contains(&text);
        // "who made the most recent order": the order's date; "who made the cheapest offer".
        if key.is_some()
            && next_name.is_some()
            && !next_column
            && asked_before
            && self.mode == Mode::Condition
            && self.segments[..self.at]
                .iter()
                .any(|s| s.is(Op::With) || s.is(Op::Link))
        {
            let id = self.noun(Role::Entity)?;
            self.frame.dated = Some(id);
            self.frame.picks = Some(id).filter(|_| key != Some(Key::Date));
        }
        if let Some(key) = key {
            let next_name = next_name.filter(|_| self.frame.dated.is_none());
            // "the tallest goalkeeper": what is of that kind.
            let named = next_name.is_some() || stated && !asked_before;
            if named && (self.mode == Mode::Select || !asked_before) {
                let role = if stated { Role::Entity } else { Role::Any };
                let id = self.noun(role)?;
                self.frame.outputs.push(Output::Plain(id));
            }
            self.frame.order = Some(Order {
                key,
                descending,
                quantity: false,
            });
            return Ok(());
        }
        // "the grades of the top 5 students with the highest grade"
        let later = self.segments[self.at..]
            .iter()
            .any(|s| self.ranks(s) || s.is(Op::By));
        if asked_before
            && count.is_some()
            && next_name.is_some()
            && !next_column
            && later
            && self.frame.head.is_none()
        {
            let id = self.noun(Role::Entity)?;
            self.qualify(id);
            self.ranking = true;
            return Ok(());
        }
        if asked_before || (self.mode == Mode::Condition && extreme) {
            self.ranking = false;
            if next.is_none()
                || !(next_name.is_some()
                    || next.is_some_and(|s| !s.values.is_empty()) && self.noun_follows(1)
                    || next.is_some_and(|s| {
                        s.is(Op::Count) || s.ops.iter().any(|o| matches!(o, Op::Aggregate(_)))
                    }))
            {
                return self.fail();
            }
            let nested = self.picked_before(start);
            let key = match self.key()? {
                Key::Mention(id) if self.is_table(id) => {
                    self.refuse_extreme_of_things(id, quantity || names_number(&text))?;
                    self.frame.mentions[id].role = Role::Entity;
                    Key::Count(id)
                }
                key => key,
            };
            // "who made the order with the most items": of that order, not of all that he made.
            self.frame.picks = nested;
            if nested.is_some() && matches!(key, Key::Aggregate(..)) {
                return Err(vec!["the first of which rows is meant".into()]);
            }
            self.frame.order = Some(Order {
                key,
                descending,
                quantity,
            });
            return Ok(());
        }
        // "top 5 customers", to be followed by what they are ranked by.
        let id = self.noun(Role::Any)?;
        self.frame.outputs.push(Output::Plain(id));
        self.frame.topped = Some(id);
        // "the earliest date" is ranked by itself.
        self.ranking = self.is_table(id) || !segment.is(Op::Latest) && !segment.is(Op::Earliest);
        if !self.is_table(id) {
            self.frame.order = Some(Order {
                key: Key::Mention(id),
                descending,
                quantity: false,
            });
        }
        Ok(())
    }
}
