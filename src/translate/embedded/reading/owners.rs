//! Whose a column is that a question names: of the thing that the question says it is of; and what things are called.
//!
//! Invariant: a thing owns a column only where the words say so and the thing may have it.

use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::nature::Nature;
use super::frame::{Condition, Dimension, Frame, MentionId, Output, Role};
use super::parse::{NotUnderstood, Parser};
use crate::catalog::model::{Catalog, ColumnRef};

/// How well the word before the "id" of a table's key names the table's things.
const TOLD_BY: f32 = 0.86;
/// From this score on a table is what a word names.
const THING: f32 = 0.8;
/// How well the column that tells things apart stands for their name where it is called otherwise.
const CALLED: f32 = 0.85;

impl Lexicon {
    /// What the things of a table are called besides the table's name: with a `school_id` they are schools, unless another table
    /// is called so; what tells them apart is their name, whatever it is called.
    pub(crate) fn add_things(&mut self, catalog: &Catalog) {
        let led_to = catalog.tables.iter().any(|table| table.visible);
        for (t, table) in catalog.tables.iter().enumerate() {
            let visible = if table.visible || !led_to { 1.0 } else { 0.97 };
            let own = self.tables[t].stems.clone();
            if let [column] = table.primary_key[..]
                && let Some((last, thing)) = self.tables[t].columns[column].split_last()
                && ENGLISH.keys.contains(last)
                && !thing.is_empty()
                && thing != own
                && !self.tables.iter().any(|other| other.stems.ends_with(thing))
                && !self
                    .graph
                    .of(t)
                    .any(|(_, e)| e.holder == t && e.columns.contains(&column))
            {
                let thing = thing.to_vec();
                let target = Target::Table(t);
                self.add(
                    target.clone(),
                    [&own[..], &thing].concat(),
                    TOLD_BY * visible,
                );
                self.add(target, thing, TOLD_BY * visible);
            }
            if let [column] = self.tables[t].display[..]
                && let Some(last) = self.tables[t].columns[column].last()
                && !super::super::linking::shown::WHOLE_NAMES
                    .iter()
                    .any(|name| name.last() == Some(last))
                // The number of a thing is not its name, though it is shown by it.
                && !ENGLISH.number_names.contains(last)
            {
                let target = Target::Column(ColumnRef { table: t, column });
                let name = vec!["name".to_owned()];
                self.add(target.clone(), [&own[..], &name].concat(), CALLED * visible);
                self.add(target, name, CALLED * visible);
            }
        }
    }
}

/// "Gymnast names", where gymnasts are called by the names of persons: the answer is about the gymnasts, and not about all persons.
pub(crate) fn name_owner(frame: &mut Frame, targets: &[Target], lexicon: &Lexicon) {
    let Some(Output::Plain(shown) | Output::Aggregate { of: shown, .. }) = frame.outputs.first()
    else {
        return;
    };
    let Some(owner) = frame.mentions[*shown].of else {
        return;
    };
    if let (Target::Table(table), Target::Column(at)) = (&targets[owner], &targets[*shown])
        && frame
            .head
            .is_none_or(|head| targets[head] == Target::Table(at.table))
        && let mut keys = lexicon.graph.of(*table)
        && keys.any(|(_, e)| e.holder == *table && e.target == at.table && e.target != e.holder)
    {
        frame.head = Some(owner);
    }
}

impl Parser<'_> {
    /// "… of the singers": whose the outputs are that were listed before.
    pub(crate) fn qualify(&mut self, id: MentionId) {
        self.frame.mentions[id].role = Role::Entity;
        let attached = self.own_outputs(id, true);
        if !attached || self.frame.head.is_some() {
            self.push(Condition::Related {
                to: id,
                negated: false,
                inside: Vec::new(),
            });
        } else {
            self.frame.head = Some(id);
        }
    }

    /// "In the North or have paid *orders*": the alternative says already that there is one.
    pub(crate) fn implied(&self, id: MentionId) -> bool {
        let tables = |id: MentionId| {
            let candidates = self.frame.mentions[id].candidates.iter();
            candidates.filter_map(|c| match c.target {
                Target::Table(table) => Some(table),
                Target::Value(at, _) => Some(at.table),
                _ => None,
            })
        };
        let Some(Condition::Any(several)) = self.frame.conditions.last() else {
            return false;
        };
        match several.last() {
            Some(Condition::Value {
                value,
                negated: false,
            }) => *value + 1 == id && tables(*value).any(|t| tables(id).any(|of| of == t)),
            _ => false,
        }
    }

    /// "The enrollment of all schools" where `school` is a column that tells the rows of a table apart: the rows are meant. False
    /// where it is no more than a column.
    pub(crate) fn as_thing(&mut self, id: MentionId) -> bool {
        let candidates = &self.frame.mentions[id].candidates;
        let best = candidates.first().map_or(0.0, |c| c.score);
        let named = |table: usize| {
            candidates
                .iter()
                .take_while(|c| c.score >= best)
                .any(|c| matches!(c.target, Target::Column(at) if at.table == table))
        };
        let thing = |c: &&Candidate| match c.target {
            Target::Table(table) => c.score >= THING && named(table),
            _ => false,
        };
        let things: Vec<Candidate> = candidates.iter().filter(thing).cloned().collect();
        if things.is_empty() {
            return false;
        }
        self.frame.mentions[id].candidates = things;
        true
    }

    /// Gives the outputs of the list before to the thing that they are said to be of, if it has something of that name itself or
    /// may be joined with what has; false when there are none.
    pub(crate) fn own_outputs(&mut self, id: MentionId, far: bool) -> bool {
        let start = self.list_start.min(self.frame.outputs.len());
        let mut attached = false;
        for i in start..self.frame.outputs.len() {
            let (Output::Plain(m) | Output::Aggregate { of: m, .. }) = self.frame.outputs[i] else {
                continue;
            };
            if self.frame.mentions[m].of.is_none()
                && !self.is_table(m)
                && (far || self.may_own(id, m))
            {
                self.frame.mentions[m].of = Some(id);
                attached = true;
            }
        }
        self.list_start = self.frame.outputs.len();
        attached
    }

    /// Whether a table that a mention names has a column that another names, and names no less well than any.
    pub(crate) fn owns_namesake(&self, owner: MentionId, owned: MentionId) -> bool {
        let tables = &self.frame.mentions[owner].candidates;
        let named = &self.frame.mentions[owned].candidates;
        let best = named.first().map_or(1.0, |c| c.score);
        named.iter().any(|c| match &c.target {
            Target::Column(at) => {
                c.score >= best && tables.iter().any(|t| t.target == Target::Table(at.table))
            }
            _ => false,
        })
    }

    /// The noun after "each": "the id and type *of each thing*" are its own.
    pub(crate) fn grouped_noun(&mut self) -> Result<MentionId, NotUnderstood> {
        let of = |s: &super::super::mentions::annotate::Segment| {
            let text = s.text.to_lowercase();
            s.is(Op::Each)
                && text
                    .split(' ')
                    .next()
                    .is_some_and(|w| ENGLISH.of_words.iter().any(|o| o == w))
        };
        let of = self
            .at
            .checked_sub(1)
            .is_some_and(|i| of(&self.segments[i]));
        let id = self.noun(Role::Dimension)?;
        let plain = self
            .frame
            .outputs
            .iter()
            .all(|o| matches!(o, Output::Plain(_)));
        if of && plain && self.is_table(id) {
            self.own_outputs(id, false);
        }
        Ok(id)
    }

    /// "Publishers whose *name* contains X" where a publisher is no more than a text.
    pub(crate) fn is_name_of(&self, owner: MentionId, name: MentionId) -> bool {
        let said = super::super::language::stems(&self.frame.mentions[name].text.to_lowercase());
        let column = |c: &Candidate| matches!(c.target, Target::Column(_)) && c.score > 0.9;
        !self.is_table(owner)
            && self.frame.mentions[owner]
                .candidates
                .first()
                .is_some_and(column)
            && super::super::linking::shown::WHOLE_NAMES.contains(&said)
    }

    /// Whether a table that a mention names has a column that another names.
    pub(crate) fn may_own(&self, owner: MentionId, owned: MentionId) -> bool {
        let tables = &self.frame.mentions[owner].candidates;
        self.frame.mentions[owned].candidates.iter().any(|c| {
            let Target::Column(at) = &c.target else {
                return false;
            };
            tables.iter().any(|t| t.target == Target::Table(at.table))
        })
    }
}

/// "Revenue per product", "the revenue of each product": of many rows that point at it, so that it is summed.
pub(crate) fn sums_for_each(frame: &Frame, lexicon: &Lexicon) -> bool {
    let best = |id: MentionId| frame.mentions[id].candidates.first().map(|c| &c.target);
    let [Dimension::Mention(owner)] = frame.group[..] else {
        return false;
    };
    let Some(Target::Table(owner)) = best(owner) else {
        return false;
    };
    let summed = |o: &Output| {
        let Output::Plain(id) = o else { return false };
        let of = frame.mentions[*id].of;
        // "Fuel cost per vehicle": a cost of the fuel, whatever has a cost besides.
        let own = |t: &&Target| match (of.and_then(best), t) {
            (Some(Target::Table(table)), Target::Column(at)) => at.table == *table,
            _ => false,
        };
        let mut named = frame.mentions[*id].candidates.iter().map(|c| &c.target);
        let table = match named.find(own).or(best(*id)) {
            Some(Target::Measure(m)) => lexicon.measures[*m].table,
            Some(Target::Column(at)) if lexicon.nature(*at) == Nature::Amount => at.table,
            _ => return false,
        };
        let many = |(_, e): (usize, &super::super::schema::joins::Edge)| {
            e.holder == table && e.target == *owner && !e.one_to_one
        };
        // "Maintenance cost per machine": that of the maintenance, which the column stands in.
        of.is_none_or(|of| best(of) == Some(&Target::Table(table)))
            && lexicon.graph.of(table).any(many)
    };
    !frame.outputs.is_empty() && frame.outputs.iter().all(summed)
}

/// "Revenue of cancelled orders", where nothing is called revenue: what they come to together, and no list of what each of them brought in.
pub(crate) fn comes_to(frame: &Frame, lexicon: &Lexicon, id: MentionId) -> bool {
    let mut names = frame.mentions[id].candidates.iter();
    let flow = |t: &Target| matches!(t, Target::Measure(m) if ENGLISH.flows.contains(&lexicon.measures[*m].name));
    let owner = frame.mentions[id].of;
    let things = |at: &ColumnRef| {
        let owner = owner.and_then(|of| frame.mentions[of].candidates.first());
        owner.is_some_and(|c| c.target == Target::Table(at.table))
    };
    let called = |c: &Candidate| matches!(&c.target, Target::Column(at) if things(at));
    let listed = frame.every || frame.each || frame.superlative || frame.distinct;
    names.next().is_some_and(|best| flow(&best.target))
        && !names.any(called)
        && frame.outputs.len() == 1
        && owner.is_some()
        && !(listed || frame.order.is_some() || frame.limit.is_some())
}

/// "The reviews of each studio's films" are those of each studio; of the films is said that they are reviewed. "Each clerk's manager" is
/// another clerk, and what is asked for.
pub(crate) fn group_by_owners(frame: &mut Frame, lexicon: &Lexicon) {
    let table = |frame: &Frame, id: MentionId| match frame.mentions[id].candidates.first()?.target {
        Target::Table(table) => Some(table),
        _ => None,
    };
    for id in std::mem::take(&mut frame.owned) {
        let owner = frame.mentions[id].of;
        let owner = owner.filter(|owner| table(frame, *owner).is_some());
        let thing = table(frame, id).filter(|table| lexicon.role(*table).is_none());
        let group = Dimension::Mention(id);
        let place = frame.group.iter().position(|d| *d == group);
        if let (Some(owner), Some(_), Some(place)) = (owner, thing, place) {
            frame.group[place] = Dimension::Mention(owner);
            frame.mentions[id].of = None;
            frame.mentions[id].role = Role::Entity;
            frame.conditions.push(Condition::Related {
                to: id,
                negated: false,
                inside: Vec::new(),
            });
        }
    }
}
