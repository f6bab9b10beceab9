//! What stands right before a noun, or names it by a part: it is said of that noun, or the question is refused.
//!
//! Invariant: a value before a thing is not taken for one of something else that the question speaks of: "a male dormitory" has no
//! male students only. Kinds are those of what they are said of, and no noun is passed over as if it said nothing where a name of
//! the catalog has it: "catalog entries" beside `catalog_entry_name`.

use super::super::language::{ENGLISH, Op, stems};
use super::super::mentions::annotate::Segment;
use super::super::reading::frame::{Condition, Dimension, Frame, Key, MentionId, Output, Role};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::names::root;
use super::super::schema::nature::{self, Nature};
use super::super::sql::build::{Builder, not_understood};
use crate::catalog::model::ColumnRef;
use crate::error::Result;

/// A name from this score on is that of the thing itself.
const WHOLE: f32 = 0.95;

/// The roots of the words that say what was done: "billed", "placed".
pub(crate) fn participles(segments: &[Segment]) -> Vec<String> {
    let said = segments.iter().filter(|s| s.quoted.is_none());
    let words = said.filter_map(|s| s.text.split_whitespace().next().map(str::to_lowercase));
    let done = words.filter(|word| ENGLISH.ends_as_verb(word));
    done.flat_map(|word| stems(&word))
        .map(|stem| root(&stem))
        .collect()
}

/// Takes the grammar's reading from a noun that names of the catalog have together with the noun before it, so that it is refused
/// where nothing else reads it.
pub(crate) fn keep_nouns(segments: &mut [Segment], lexicon: &Lexicon) {
    for i in 1..segments.len() {
        let (before, noun) = (&segments[i - 1], &segments[i]);
        let passed = noun.is(Op::Tail) || noun.is(Op::Rows);
        let alone = noun.names.is_empty() && noun.values.is_empty() && noun.quoted.is_none();
        let thing = |c: &Candidate| matches!(c.target, Target::Table(_));
        if !passed || !alone || !before.names.first().is_some_and(thing) {
            continue;
        }
        let mut said = stems(&before.text.to_lowercase());
        said.extend(stems(&noun.text.to_lowercase()));
        let has = |name: &Vec<String>| said.iter().all(|stem| name.contains(stem));
        let named = |t: &super::super::schema::lexicon::TableWords| {
            has(&t.stems) || t.columns.iter().any(has)
        };
        if lexicon.tables.iter().any(named) {
            segments[i].ops.clear();
        }
    }
}

/// "The Claims team" where a team is called so: no claims, though there are some.
pub(crate) fn keep_names(segments: &mut [Segment]) {
    for i in 1..segments.len() {
        let (before, noun) = (&segments[i - 1], &segments[i]);
        let Some(&Target::Column(at)) = noun.names.first().map(|c| &c.target) else {
            continue;
        };
        let written = |v: &crate::catalog::model::StoredValue| {
            v.column == at && v.found == crate::catalog::model::ValueMatch::Exact
        };
        let thing = |c: &Candidate| matches!(c.target, Target::Table(_));
        let name = before.text.starts_with(char::is_uppercase) && before.first > 0;
        if name
            && before.names.first().is_some_and(thing)
            && before.ops.is_empty()
            && !before.possessive
            && before.values.iter().any(written)
        {
            segments[i - 1].names.clear();
            segments[i - 1].values.retain(written);
        }
    }
}

/// "Active permits" where a permit's status is "active", and something else has a column of that name: a permit is so. Where a permit
/// has no such status, and no key ties it to what has the column, the word is not understood.
pub(crate) fn keep_own_values(segments: &mut [Segment], lexicon: &Lexicon) {
    for i in 0..segments.len() {
        let Some((table, score)) = described(segments, i) else {
            continue;
        };
        let said = &segments[i];
        let own = |at: &ColumnRef| at.table == table;
        let flag = |c: &Candidate| match c.target {
            Target::Column(at) => (lexicon.nature(at) == Nature::Flag && !own(&at)).then_some(at),
            _ => None,
        };
        let flags: Option<Vec<ColumnRef>> = said.names.iter().map(flag).collect();
        let Some(flags) = flags.filter(|f| !f.is_empty()) else {
            continue;
        };
        if score <= WHOLE || said.possessive || !said.ops.is_empty() {
            continue;
        }
        let tied = |at: &ColumnRef| {
            let mut edges = lexicon.graph.of(table).map(|(_, edge)| edge);
            edges.any(|e| e.holder == at.table || e.target == at.table)
        };
        let stored = said.values.iter().any(|v| own(&v.column));
        if stored || !flags.iter().any(tied) {
            segments[i].names.clear();
            segments[i].values.retain(|v| own(&v.column));
        }
    }
}

/// The thing that a word is said of, and how well it is named: the noun after it, also behind other values of that thing ("active home
/// policies"), or the noun before a copula ("policies that are active").
fn described(segments: &[Segment], at: usize) -> Option<(usize, f32)> {
    let thing = |s: &Segment| match s.names.first()? {
        Candidate {
            target: Target::Table(table),
            score,
        } => Some((*table, *score)),
        _ => None,
    };
    let after = &segments[at + 1..];
    let values = after
        .iter()
        .take_while(|s| s.names.is_empty() && !s.values.is_empty());
    let values: Vec<&Segment> = values.collect();
    if let Some((table, score)) = after.get(values.len()).and_then(thing) {
        let own = |s: &&Segment| s.values.iter().any(|v| v.column.table == table);
        return values.iter().all(own).then_some((table, score));
    }
    let copula = |s: &Segment| {
        let text = s.text.to_lowercase();
        text.split(' ')
            .any(|w| ENGLISH.copulas.iter().any(|c| c == w))
    };
    let helps = |s: &Segment| {
        s.names.is_empty() && (s.is(Op::Filler) || s.is(Op::Relative) || s.is(Op::Link))
    };
    let between = segments[..at].iter().rev().take_while(|s| helps(s)).count();
    let noun = at.checked_sub(between + 1)?;
    let said = segments[noun + 1..at].iter().any(copula);
    thing(&segments[noun]).filter(|_| said)
}

/// "How many students live in each city" where a city is a column of the students: the verb has that for its object, and asks for no
/// rows of a table that is called after it.
pub(crate) fn drop_verbs_of_columns(frame: &mut Frame, targets: &[Target]) {
    let grouped: Vec<MentionId> = frame
        .group
        .iter()
        .filter_map(|d| match d {
            Dimension::Mention(m) => Some(*m),
            Dimension::Time(_) => None,
        })
        .collect();
    let Some(head) = frame.head else { return };
    let Target::Table(head) = targets[head] else {
        return;
    };
    let object = |verb: MentionId| {
        grouped.contains(&(verb + 1))
            && matches!(&targets[verb + 1], Target::Column(at) if at.table == head)
    };
    let verbs: Vec<MentionId> = (0..frame.mentions.len())
        .filter(|m| super::super::linking::fit::is_verb(frame, *m) && object(*m))
        .collect();
    frame.conditions.retain(|c| {
        !matches!(c, Condition::Related { to, negated: false, inside }
            if inside.is_empty() && verbs.contains(to) && targets[*to] != Target::Table(head))
    });
}

/// "The titles of the productions" beside `director_name`: the name of somebody whom the question does not speak of.
pub(crate) fn is_name_of_person(
    frame: &Frame,
    said: &[String],
    candidate: &Candidate,
    lexicon: &Lexicon,
) -> bool {
    let Target::Column(at) = &candidate.target else {
        return false;
    };
    let words = &lexicon.tables[at.table];
    let (Some((last, before)), [word]) = (words.columns[at.column].split_last(), said) else {
        return false;
    };
    let name = |stem: &String| ENGLISH.names.contains(stem) || ENGLISH.titles.contains(stem);
    let person = |stem: &String| ENGLISH.names_person(stem);
    let known = |stem: &String| words.stems.contains(stem) || frame.words.contains(stem);
    name(word) && name(last) && before.last().is_some_and(person) && !before.iter().any(known)
}

impl Builder<'_> {
    /// Refuses what stands before a noun and is not read as said of it.
    ///
    /// # Errors
    /// 22023, with the word.
    pub(crate) fn refuse_far_modifiers(&self) -> Result<()> {
        for id in 0..self.frame.mentions.len() {
            self.refuse_value_of_other(id)?;
            self.refuse_kinds_of_other(id)?;
            self.refuse_name_of_link(id)?;
        }
        for output in &self.frame.outputs {
            if let Output::Count { of, distinct: true } = output
                && let Target::Table(table) = *self.target(*of)
                && self.is_link(table)
            {
                return Err(not_understood(format!(
                    "What tells {} apart is not clear.",
                    self.frame.mentions[*of].text
                )));
            }
        }
        self.refuse_pairs_as_things()?;
        self.refuse_measure_of_other()?;
        self.refuse_counted_verb()?;
        if let Some(Key::Count(id)) = self.frame.order.as_ref().map(|o| &o.key)
            && let Target::Column(at) = self.target(*id)
            && nature::is_numeric(self.catalog.column(*at).class)
            && matches!(self.lexicon.nature(*at), Nature::Amount | Nature::Rate)
        {
            return Err(not_understood(format!(
                "Whether the number of {} is counted or stored is not clear.",
                self.frame.mentions[*id].text
            )));
        }
        Ok(())
    }

    /// "The equipment value by branch" is no value of payments in branches that have equipment: a thing right before what is measured is
    /// what it is of.
    fn refuse_measure_of_other(&self) -> Result<()> {
        for output in &self.frame.outputs {
            let Output::Aggregate { of, .. } = output else {
                continue;
            };
            let Some(before) = of.checked_sub(1) else {
                continue;
            };
            let related = |c: &Condition| matches!(c, Condition::Related { to, negated: false, .. } if *to == before);
            let Target::Table(thing) = *self.target(before) else {
                continue;
            };
            let measured = self.table(*of);
            let leads = |from: usize, to: usize| {
                let joins = self.tree(from, &[to]);
                joins.is_ok_and(|joins| joins.iter().all(|j| j.to_one))
            };
            // "The steward height" is that of the person whom the steward is.
            let belongs = || leads(measured, thing) || leads(thing, measured);
            let own = self.frame.mentions[*of].of == Some(before);
            let said = own || self.frame.conditions.iter().any(related);
            if said && measured != thing && !belongs() {
                let mentions = &self.frame.mentions;
                return Err(not_understood(format!(
                    "What the {} of {} is, is not clear.",
                    mentions[*of].text, mentions[before].text
                )));
            }
        }
        Ok(())
    }

    /// "How many people donated" are no donations: somebody may have made several.
    fn refuse_counted_verb(&self) -> Result<()> {
        for output in &self.frame.outputs {
            let Output::Count {
                of,
                distinct: false,
            } = output
            else {
                continue;
            };
            let word = self.frame.mentions[*of].text.to_lowercase();
            let done =
                ENGLISH.ends_as_verb(&word) && super::super::linking::fit::is_verb(self.frame, *of);
            let before = of.checked_sub(1).map(|id| self.target(id));
            let other = |t: &usize| *self.target(*of) != Target::Table(*t);
            if done && matches!(before, Some(Target::Table(t)) if other(t)) {
                return Err(not_understood(format!(
                    "Whether {} are counted or who did it is not clear.",
                    self.table_name(self.table(*of))
                )));
            }
        }
        Ok(())
    }

    /// "How many train stations" where `train_station` has a row for each train of a station.
    fn refuse_pairs_as_things(&self) -> Result<()> {
        for output in &self.frame.outputs {
            let Output::Count { of, .. } = output else {
                continue;
            };
            let Target::Table(table) = *self.target(*of) else {
                continue;
            };
            let name = &self.lexicon.tables[table].stems;
            let keys = &self.catalog.tables[table].foreign_keys;
            let part = |f: &crate::catalog::model::ForeignKey| {
                let own = &self.lexicon.tables[f.target].stems;
                name.starts_with(own) || name.ends_with(own)
            };
            let whole: usize = keys
                .iter()
                .map(|f| self.lexicon.tables[f.target].stems.len())
                .sum();
            if self.is_link(table)
                && keys.len() == 2
                && keys.iter().all(part)
                && whole == name.len()
            {
                return Err(not_understood(format!(
                    "Which of the two \"{}\" are is not clear.",
                    self.frame.mentions[*of].text
                )));
            }
        }
        Ok(())
    }

    /// A table that only ties others together, and whose rows have no name.
    fn is_link(&self, table: usize) -> bool {
        let shape = &self.catalog.tables[table];
        let key = |column: usize| {
            let keys = &shape.foreign_keys;
            keys.iter().any(|f| f.columns.contains(&column))
        };
        let ends = shape.foreign_keys.len();
        ends > 1
            && self.lexicon.tables[table].display.is_empty()
            && (0..shape.columns.len()).all(key)
    }

    /// "The names of the train stations" where `train_station` only ties trains to stations: both have names.
    fn refuse_name_of_link(&self, id: MentionId) -> Result<()> {
        let mention = &self.frame.mentions[id];
        let said = stems(&mention.text.to_lowercase());
        let Some(Target::Table(link)) = mention.of.map(|of| self.target(of)) else {
            return Ok(());
        };
        let named = |f: &crate::catalog::model::ForeignKey| {
            !self.lexicon.tables[f.target].display.is_empty()
        };
        let keys = &self.catalog.tables[*link].foreign_keys;
        if super::super::linking::shown::WHOLE_NAMES.contains(&said)
            && self.is_link(*link)
            && keys.iter().filter(|f| named(f)).count() > 1
        {
            return Err(not_understood(format!(
                "Whose \"{}\" is meant is not clear.",
                mention.text
            )));
        }
        Ok(())
    }

    /// "A male dormitory" where students are male and a dormitory is not.
    fn refuse_value_of_other(&self, id: MentionId) -> Result<()> {
        let mention = &self.frame.mentions[id];
        let Target::Value(at, _) = self.target(id) else {
            return Ok(());
        };
        let noun = id + 1;
        if mention.role != Role::Value || mention.near != Some(noun) || mention.of.is_some() {
            return Ok(());
        }
        let Some(thing) = self.frame.mentions.get(noun) else {
            return Ok(());
        };
        // "Phone number" where a ticket is bought by phone and a seat has a number.
        if let Target::Column(noun) = self.target(noun)
            && noun.table != at.table
        {
            return Err(not_understood(format!(
                "\"{} {}\" is not clear.",
                mention.text, thing.text
            )));
        }
        let whole = |c: &&Candidate| matches!(c.target, Target::Table(_)) && c.score > WHOLE;
        let Some(Target::Table(table)) = thing.candidates.iter().find(whole).map(|c| &c.target)
        else {
            return Ok(());
        };
        let named = |m: MentionId| m != noun && *self.target(m) == Target::Table(at.table);
        if *table != at.table && (0..self.frame.mentions.len()).any(named) {
            return Err(not_understood(format!(
                "Whether \"{}\" is said of {} is not clear.",
                mention.text, thing.text
            )));
        }
        Ok(())
    }

    /// "Kinds of enzymes" where what has a kind is something else that points at them.
    fn refuse_kinds_of_other(&self, id: MentionId) -> Result<()> {
        let mention = &self.frame.mentions[id];
        let said = stems(&mention.text.to_lowercase());
        let [word] = &said[..] else { return Ok(()) };
        if !ENGLISH.kinds.contains(word) {
            return Ok(());
        }
        let table = match self.target(id) {
            Target::Table(table) => *table,
            Target::Column(at) => at.table,
            _ => return Ok(()),
        };
        let whole = |c: &Candidate| c.target == *self.target(id) && c.score > WHOLE;
        let counted = |o: &Output| matches!(o, Output::Count { of, .. } if *of == id);
        let next = self.frame.outputs.iter().any(counted).then_some(id + 1);
        let next = next.filter(|n| *n < self.frame.mentions.len());
        let Some(of) = mention.of.or(id.checked_sub(1)).or(next) else {
            return Ok(());
        };
        let Target::Table(owner) = *self.target(of) else {
            return Ok(());
        };
        if owner == table || mention.candidates.iter().any(whole) {
            return Ok(());
        }
        let own = self
            .tree(owner, &[table])
            .is_ok_and(|way| way.iter().all(|join| join.to_one));
        match own {
            true => Ok(()),
            false => Err(not_understood("What the kinds are is not clear.")),
        }
    }
}
