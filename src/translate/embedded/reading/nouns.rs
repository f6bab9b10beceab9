//! Nouns with what stands around them, and what is asked of them: names, counts, aggregates.

use super::super::language::{self, Aggregate, ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::mentions::rates::is_rate;
use super::super::schema::lexicon::{Candidate, Target};
use super::frame::{Condition, Key, MentionId, Order, Output, Role};
use super::parse::{Mode, NotUnderstood, Parser, Step};
use super::shapes::Shape;

impl Parser<'_> {
    /// A noun with what stands before it: "different", values ("female students") and owners ("customer's name").
    pub(crate) fn noun(&mut self, role: Role) -> Result<MentionId, NotUnderstood> {
        let mut owner = None;
        loop {
            self.skip_fillers();
            let Some(segment) = self.segment(0) else {
                return self.fail();
            };
            if self.is_name(segment) {
                let mut names = segment.names.clone();
                if owner.is_none() && self.after_possessive() {
                    // "allergies and their types"
                    owner = self.frame.outputs.iter().find_map(|o| match o {
                        Output::Plain(m) => Some(*m),
                        _ => None,
                    });
                    let column = |c: &Candidate| matches!(c.target, Target::Column(_));
                    if owner.is_some() && names.iter().any(column) {
                        names.retain(column);
                    }
                }
                let id = self.mention(&segment.text, role, names, owner);
                self.at += 1;
                if let Some(thing) = self.whose.take()
                    && owner.is_none()
                    && (self.owns_namesake(thing, id) || self.is_name_of(thing, id))
                {
                    self.frame.mentions[id].of = Some(thing);
                }
                if std::mem::take(&mut self.new) {
                    self.frame.new = Some(id);
                }
                // "faculty members", and "snatch score" where the column is "snatch": the second word says nothing more.
                let (thing, amount) = (self.is_table(id), self.is_amount(id));
                let tail = self.segment(0).is_some_and(|s| {
                    // A rate of things is no thing.
                    let whole = thing && s.is(Op::Tail) && !is_rate(s);
                    (whole || amount && s.is(Op::AmountTail)) && !self.is_name(s)
                });
                if tail {
                    self.at += 1;
                }
                // "the customer information"
                let whole = self
                    .segment(0)
                    .is_some_and(|s| s.is(Op::Whole) && s.last == s.first + 1 && !self.is_name(s));
                if self.is_table(id) && whole && role == Role::Any && self.mode == Mode::Select {
                    self.frame.whole = true;
                    self.at += 1;
                }
                // An owner: "customer's name"; "customer name" where the two are not one name.
                // "customers ordered": a verb after a plural says what they did.
                let verb = self
                    .segment(0)
                    .is_some_and(|s| s.is(Op::Link) && self.is_name(s));
                if verb
                    && self.is_table(id)
                    && (tail || super::super::language::ends_as_plural(&segment.text))
                    && !segment.possessive
                {
                    self.mode = Mode::Condition;
                    return Ok(id);
                }
                // "product categories": the first noun only says more about the second.
                if self.is_table(id)
                    && !segment.possessive
                    && self.segment(0).is_some_and(|s| {
                        self.is_name(s)
                            && s.names
                                .first()
                                .is_some_and(|c| matches!(c.target, Target::Table(_)))
                    })
                {
                    self.frame.mentions[id].role = Role::Entity;
                    continue;
                }
                // "active customers": a column before a thing says which of them, if it can.
                if !self.is_table(id)
                    && !segment.possessive
                    && self.segment(0).is_some_and(|s| {
                        self.is_name(s)
                            && s.names
                                .first()
                                .is_some_and(|c| matches!(c.target, Target::Table(_)))
                    })
                {
                    if language::is_plural(&segment.text) || owner.is_some() {
                        self.at -= 1;
                        return self.fail();
                    }
                    self.frame.mentions[id].role = Role::Any;
                    let negated = std::mem::take(&mut self.negated);
                    self.push(Condition::Flag { of: id, negated });
                    continue;
                }
                if !self.is_table(id)
                    && !segment.possessive
                    && self
                        .segment(0)
                        .is_some_and(|s| self.is_name(s) && s.time.is_none())
                {
                    self.at -= 1;
                    return self.fail();
                }
                let next_is_column = self.segment(0).is_some_and(|s| {
                    self.is_name(s)
                        && s.names.first().is_some_and(|c| {
                            matches!(c.target, Target::Column(_) | Target::Measure(_))
                        })
                });
                if self.is_table(id) && next_is_column && self.is_predicate(segment) {
                    self.mode = Mode::Condition;
                    return Ok(id);
                }
                if (segment.possessive || (self.is_table(id) && next_is_column))
                    && self.segment(0).is_some_and(|s| self.is_name(s))
                {
                    self.frame.mentions[id].role = Role::Entity;
                    owner = Some(id);
                    continue;
                }
                return Ok(id);
            }
            if segment.is(Op::Distinct) {
                self.frame.distinct = true;
                self.at += 1;
            } else if segment.is(Op::Shape(Shape::New)) && self.frame.new.is_none() && !self.new {
                self.new = true;
                self.at += 1;
            } else if !segment.values.is_empty()
                && (self.noun_follows(1) || self.list_before_noun())
            {
                self.value(None)?;
            } else if !segment.values.is_empty() && matches!(role, Role::Entity | Role::Measure) {
                // The things that a value names: "movies" where a type is called so.
                let tables = segment
                    .values
                    .iter()
                    .map(|v| Candidate {
                        target: Target::Table(v.column.table),
                        score: 0.9,
                    })
                    .collect();
                self.value(None)?;
                return Ok(self.mention(&segment.text, role, tables, None));
            } else {
                return self.fail();
            }
        }
    }

    /// A name where it stands by itself.
    pub(crate) fn name(&mut self) -> Step {
        let preposition = std::mem::take(&mut self.after_preposition);
        let start = self.at;
        let role = if self.mode == Mode::Select && !preposition {
            Role::Any
        } else {
            Role::Dimension
        };
        let conditions = self.frame.conditions.len();
        let asked_for = self.mode == Mode::Select && !preposition;
        let id = self.noun(role)?;
        let table = self.is_table(id);
        if table && self.counts_itself(id) {
            return Ok(());
        }
        // "… whose name starts with D": the name of who does it.
        if let Some(subject) = self.subject
            && !table
            && self.mode == Mode::Condition
            && self.frame.mentions[id].of.is_none()
            && (subject + 1..id).all(|between| !self.is_table(between))
        {
            self.frame.mentions[id].of = Some(subject);
        }
        // "voyages inspected in 2020": the verb begins what is said about them.
        if asked_for && self.mode == Mode::Condition && self.frame.outputs.is_empty() {
            self.frame.outputs.push(Output::Plain(id));
            return Ok(());
        }
        // "in the Jazz genre", "in mp3 format": the noun says what the value is.
        let counted = matches!(self.frame.outputs.last(), Some(Output::Count { .. }));
        if !table
            && (preposition || counted || self.mode == Mode::Condition)
            && let Some(Condition::Value { value, .. }) = self.frame.conditions.get(conditions)
        {
            self.frame.mentions[*value].of = Some(id);
            return Ok(());
        }
        if !table && (preposition || self.mode == Mode::Condition) && self.names_values(id) {
            return Ok(());
        }
        // "from Texas state or Indiana state"
        let before = id.checked_sub(1).map(|i| &self.frame.mentions[i]);
        let column = |value: &Candidate| {
            let Target::Value(at, _) = &value.target else {
                return false;
            };
            let names = &self.frame.mentions[id].candidates;
            names.iter().any(|c| c.target == Target::Column(*at))
        };
        if !table
            && before.is_some_and(|value| {
                value.role == Role::Value
                    && value.near == Some(id)
                    && value.candidates.iter().any(column)
            })
        {
            self.frame.mentions[id - 1].of = Some(id);
            return Ok(());
        }
        // What is said about it at once: "age over 20", "region North".
        if (self.mode == Mode::Condition || !table || preposition || !self.frame.outputs.is_empty())
            && self.condition_follows(id)
        {
            if table && preposition && self.mode == Mode::Select {
                self.own_outputs(id, false);
            }
            return self.condition_on(id);
        }
        if self.mode == Mode::Select {
            if preposition && table {
                // "the most common building across all patients" counts patients; "of the patients" says whose it is.
                let by_rows = |o: &Order| o.key == Key::Rows;
                let counted =
                    self.frame.superlative && self.frame.order.as_ref().is_some_and(by_rows);
                let whose = start
                    .checked_sub(1)
                    .is_some_and(|i| self.segments[i].is(Op::Of));
                if counted && !whose {
                    self.push(Condition::Related {
                        to: id,
                        negated: false,
                        inside: Vec::new(),
                    });
                } else {
                    self.qualify(id);
                }
                return Ok(());
            }
            if preposition && !self.frame.outputs.is_empty() {
                if self.as_thing(id) {
                    self.qualify(id);
                    return Ok(());
                }
                self.at = start;
                return self.fail();
            }
            let plural = super::super::language::ends_as_plural(&self.segments[start].text);
            if table && self.does_it(start, plural) {
                self.frame.mentions[id].role = Role::Entity;
                self.mode = Mode::Condition;
                self.push(Condition::Related {
                    to: id,
                    negated: false,
                    inside: Vec::new(),
                });
                if matches!(self.frame.outputs[..], [Output::Plain(m)] if !self.is_table(m)) {
                    self.frame.head = self.frame.head.or(Some(id));
                    self.subject = Some(id);
                }
                return Ok(());
            }
            if table && self.owned_by_both(start, id) {
                self.at = start;
                return self.fail();
            }
            self.note_listed(start, id);
            self.frame.outputs.push(Output::Plain(id));
            return Ok(());
        }
        if self.ranking {
            self.ranking = false;
            self.frame.order = Some(Order {
                key: Key::Aggregate(None, id),
                descending: self.frame.order.as_ref().is_none_or(|o| o.descending),
                quantity: false,
            });
            return Ok(());
        }
        if table {
            self.push(Condition::Related {
                to: id,
                negated: false,
                inside: Vec::new(),
            });
            return Ok(());
        }
        // "who took a course, and the grade": a column that is listed late.
        let mut before = self.segments[..start].iter().rev();
        let listed = before
            .find(|s| !s.is(Op::Filler))
            .is_some_and(|s| s.is(Op::And));
        let article = |s: &Segment| {
            let words = s.text.to_lowercase();
            words.split(' ').any(|w| {
                ENGLISH
                    .articles
                    .iter()
                    .chain(&ENGLISH.possessives)
                    .any(|a| a == w)
            })
        };
        let listed = listed
            && self.segments[..start]
                .iter()
                .rev()
                .take_while(|s| s.is(Op::Filler) || s.is(Op::And))
                .any(article);
        let ends = self.segment(0).is_none_or(|s| s.is(Op::Sentence));
        let plain = matches!(self.frame.outputs.last(), Some(Output::Plain(_)));
        if listed && ends && plain && !self.negated {
            self.frame.mentions[id].role = Role::Any;
            self.frame.outputs.push(Output::Plain(id));
            return Ok(());
        }
        self.note_had(start, id);
        // A flag ("active"), decided when the column is known.
        let negated = std::mem::take(&mut self.negated);
        self.push(Condition::Flag { of: id, negated });
        Ok(())
    }

    /// "how many X", "number of X".
    pub(crate) fn count(&mut self) -> Step {
        // "the staff number of the shops" names a number; it counts nothing.
        let before = self.at.checked_sub(1).map(|i| &self.segments[i]);
        let asks = self.segment(0).is_some_and(super::listed::asks_how);
        if !asks && before.is_some_and(|s| self.is_name(s)) {
            return self.fail();
        }
        self.refuse_own_numbers()?;
        if self.headcount() {
            return Ok(());
        }
        self.at += 1;
        // "count the total number of clubs"
        while self.is(0, Op::Count) {
            self.at += 1;
        }
        if self.part_ends() {
            return self.bare_count();
        }
        let before = std::mem::take(&mut self.frame.distinct);
        let of = self.number_of(Role::Entity)?;
        let distinct = std::mem::replace(&mut self.frame.distinct, before);
        self.frame.outputs.push(Output::Count { of, distinct });
        if self.frame.head.is_none() {
            self.frame.head = Some(of);
        }
        self.counts_go_on(distinct)
    }

    /// "average age", "maximum and minimum price", "total sales".
    pub(crate) fn aggregate(&mut self) -> Step {
        let start = self.at;
        let mut functions = Vec::new();
        let mut listed = true;
        while let Some(segment) = self.segment(0) {
            let found = segment.ops.iter().find_map(|o| {
                if let Op::Aggregate(f) = o {
                    Some(*f)
                } else {
                    None
                }
            });
            let found = found.or_else(|| self.extreme(segment).filter(|_| listed));
            listed = found.is_none() && (listed || segment.is(Op::And));
            // "the average, maximum, and total revenue" where "total revenue" is a name as well.
            if found.is_none() && listed && !functions.is_empty() {
                functions.extend(self.function_in_name(segment));
            }
            match found {
                Some(function) => functions.push(function),
                None if (segment.is(Op::And) || self.is_filler(0) || segment.is(Op::Of))
                    && !functions.is_empty() => {}
                None => break,
            }
            self.at += 1;
        }
        self.drop_how_much(start, &mut functions);
        if let Some(read) = self.time_between(&functions) {
            return read;
        }
        if self.is(0, Op::Count) {
            // "total number of": the sum of a count is the count.
            if functions == [Aggregate::Sum] {
                // "the total amount of the settlements" is no number of them.
                let said = language::stems(&self.segments[self.at].text.to_lowercase());
                if !said.iter().any(|s| ENGLISH.counts.contains(s)) {
                    return self.fail();
                }
                return self.count();
            }
            // "average number of passengers" where the number is stored; of things, it is the average of groups.
            let count = self.at;
            self.at += 1;
            let of = self.noun(Role::Measure)?;
            if self.is_table(of) {
                let [function] = functions[..] else {
                    self.at = count;
                    return self.fail();
                };
                self.frame.mentions[of].role = Role::Entity;
                let distinct = std::mem::take(&mut self.frame.distinct);
                self.frame.outputs.push(Output::Count { of, distinct });
                self.frame.head = self.frame.head.or(Some(of));
                return self.roll_up(function);
            }
            self.frame
                .outputs
                .extend(functions.iter().map(|&f| Output::Aggregate {
                    function: Some(f),
                    of,
                }));
            return Ok(());
        }
        if let Some(read) = self.rolled_up(&functions) {
            return read;
        }
        if self.function_again(&functions) {
            return Ok(());
        }
        loop {
            let of = self.number_of(Role::Measure)?;
            // "total repair count": the number of repairs.
            if functions == [Aggregate::Sum] && self.is_table(of) && self.counts_itself(of) {
                return Ok(());
            }
            self.skip_own_rows_beside(&functions, of);
            self.frame
                .outputs
                .extend(functions.iter().map(|&f| Output::Aggregate {
                    function: Some(f),
                    of,
                }));
            // "average age and weight": the function goes on over plain columns.
            let more = self.lists_on()
                && self.segment(1).is_some_and(|s| {
                    self.is_name(s)
                        && s.names
                            .first()
                            .is_some_and(|c| matches!(c.target, Target::Column(_)))
                });
            if !more || self.mode != Mode::Select {
                return Ok(());
            }
            self.at += 1;
        }
    }

    /// A bare number: "5 customers", "district 1" was read by its noun already.
    pub(crate) fn number(&mut self) -> Step {
        let Some(number) = self.segment(0).and_then(|s| s.number.clone()) else {
            return self.fail();
        };
        if self.is(1, Op::OrMore) || self.is(1, Op::OrLess) {
            self.at += 1;
            return self.compared_number(None, super::super::language::Comparison::Equal, number);
        }
        if self.mode == Mode::Condition && self.number_to_number() {
            return self.number_range(None);
        }
        if self.number_list() {
            return self.numbers_of();
        }
        if self.is_measured_so() {
            return self.measured_so(number);
        }
        if self.bare_quantity() {
            self.at += 1;
            return self.compared_number(None, super::super::language::Comparison::Equal, number);
        }
        let limit = number
            .as_whole()
            .filter(|_| !number.percent && !number.money);
        let ranked = (1..4).any(|k| self.segment(k).is_some_and(|s| self.ranks(s)));
        let select = self.mode == Mode::Select && self.noun_follows(1);
        match limit {
            Some(n) if n > 0 && (ranked || select) && self.frame.limit.is_none() => {
                self.frame.limit = Some(n);
                self.at += 1;
                Ok(())
            }
            _ => self.fail(),
        }
    }
}
