//! Things where a measure is asked for: "total orders", "average amount per order", "latest orders".
//!
//! Invariant: what each thing has one of is neither added up for each thing nor taken for the thing itself. "Total orders" is how many
//! there are; "average amount per order" is one number, as each order has one amount.

use super::super::language::wordclass::is_participle;
use super::super::language::{Aggregate, ENGLISH, Op, is_plural, stems};
use super::super::linking::resolve::table_of;
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::nature::{Nature, is_numeric};
use super::frame::{Condition, Dimension, Frame, MentionId, Output, Role};
use super::parse::Parser;
use crate::catalog::model::{Catalog, ColumnRef};

/// A name that is written so in the catalog is that name.
const NAMED: f32 = 0.95;

/// How many the latest are where no number is said, as for "top".
const FIRST: i64 = 10;

impl Parser<'_> {
    /// "how much is the average order" asks for the average alone.
    pub(crate) fn drop_how_much(&self, start: usize, functions: &mut Vec<Aggregate>) {
        let said = &self.segments[start..self.at];
        let asks = said.first().is_some_and(super::listed::asks_how);
        if asks && functions.len() == 2 && !said.iter().any(|s| s.is(Op::And)) {
            functions.remove(0);
        }
    }

    /// How many "the latest orders" are: several, where the noun that follows is a plural of things and nothing was asked for before.
    pub(crate) fn latest_things(&self, latest: &Segment) -> Option<i64> {
        let asked = !self.frame.outputs.is_empty() || self.frame.head.is_some();
        let noun = self.segment(0).filter(|s| self.is_name(s))?;
        let thing = noun
            .names
            .first()
            .is_some_and(|c| matches!(c.target, Target::Table(_)));
        let several = latest.is(Op::Latest) && !asked && thing && is_plural(&noun.text);
        several.then_some(FIRST)
    }

    /// How many the first are where no number is said: ten "top customers", and ten "best selling products" where the question begins
    /// so; one "top customer in each region".
    pub(crate) fn first_things(&self, start: usize, ranked: bool) -> i64 {
        let noun = self.segment(0).filter(|s| self.is_name(s));
        let last = |s: &Segment| s.text.split(' ').next_back().unwrap_or_default().to_owned();
        let several = noun.is_some_and(|s| {
            is_plural(&last(s))
                || stems(&last(s))
                    .iter()
                    .all(|w| ENGLISH.mass_nouns.contains(w))
        });
        if ranked {
            return if noun.is_some() && !several { 1 } else { FIRST };
        }
        let begins = |s: &Segment| s.ops.contains(&Op::Filler) && !s.is(Op::Ask);
        let bare = self.segments[..start].iter().all(begins);
        let thing = |c: &Candidate| matches!(c.target, Target::Table(_));
        let things = noun.is_some_and(|s| s.names.first().is_some_and(thing));
        if bare && several && things { FIRST } else { 1 }
    }
}

/// "total orders": the number of them, where the word names the things and nothing that can be added up.
pub(crate) fn numbers_of_things(frame: &mut Frame, lexicon: &Lexicon) {
    // "How much" asks for no number of things, and "the sum of the fines" adds up what they are.
    let adds = |word: &String| ENGLISH.how.contains(word) || ENGLISH.adding.contains(word);
    if frame.words.iter().any(adds) {
        return;
    }
    for i in 0..frame.outputs.len() {
        let Output::Aggregate {
            function: Some(Aggregate::Sum),
            of,
        } = frame.outputs[i]
        else {
            continue;
        };
        let mention = &frame.mentions[of];
        let thing = |target: &Target| matches!(target, Target::Table(_));
        let mut named = mention.candidates.iter().filter(|c| c.score > NAMED);
        let things = named.clone().next().is_some() && named.all(|c| thing(&c.target));
        let noun = super::super::language::stems(&mention.text.to_lowercase()).pop();
        // "total ballots" where a column is called ballot_count.
        let called = |target: &Target| match (target, &noun) {
            (Target::Column(c), Some(noun)) => {
                lexicon.is_amount(target)
                    && lexicon.tables[c.table].columns[c.column].contains(noun)
            }
            _ => false,
        };
        // "The total of invoices" where each has a total.
        let has_total = |target: &Target| match target {
            Target::Table(t) => {
                let words = &lexicon.tables[*t];
                words.columns.iter().enumerate().any(|(column, stems)| {
                    let at = ColumnRef { table: *t, column };
                    matches!(&stems[..], [word] if frame.words.contains(word))
                        && lexicon.is_amount(&Target::Column(at))
                })
            }
            _ => false,
        };
        let amount = mention
            .candidates
            .iter()
            .any(|c| called(&c.target) || has_total(&c.target));
        // "total payments" are money.
        let money = noun.is_some_and(|noun| ENGLISH.sums_of_money.contains(&noun));
        // "Total invoiced" is what was invoiced, not how many times.
        let done = is_participle(&mention.text.to_lowercase());
        if things && !amount && !money && !done && mention.of.is_none() {
            frame.mentions[of].role = Role::Entity;
            frame.head = frame.head.or(Some(of));
            frame.outputs[i] = Output::Count {
                of,
                distinct: false,
            };
        }
    }
}

/// "sales per region": a measure of rows that are not the thing's own is put together for each, never listed.
pub(crate) fn measured_elsewhere(frame: &Frame, lexicon: &Lexicon) -> bool {
    let [Dimension::Mention(owner)] = frame.group[..] else {
        return false;
    };
    let owners = &frame.mentions[owner].candidates;
    let Some(Target::Table(owner)) = owners.first().map(|c| &c.target) else {
        return false;
    };
    frame.outputs.iter().any(|o| match o {
        Output::Plain(id) => measured_by(frame, lexicon, *id, &[*owner]),
        _ => false,
    })
}

/// "region sales": the measure of a thing beside it.
pub(crate) fn measured_beside(frame: &Frame, lexicon: &Lexicon) -> bool {
    let mut things = Vec::new();
    let mut measures = Vec::new();
    for output in &frame.outputs {
        let Output::Plain(id) = *output else {
            return false;
        };
        match frame.mentions[id].candidates.first().map(|c| &c.target) {
            Some(Target::Table(table)) => things.push(*table),
            Some(Target::Measure(_)) => measures.push(id),
            _ => return false,
        }
    }
    let mut measures = measures.into_iter();
    let plain = frame.group.is_empty() && frame.order.is_none() && !frame.distinct;
    let [measure] = [measures.next()];
    let one = measures.next().is_none() && !things.is_empty() && plain;
    one && measure.is_some_and(|id| measured_by(frame, lexicon, id, &things))
}

/// A measure that none of these tables has itself.
fn measured_by(frame: &Frame, lexicon: &Lexicon, id: MentionId, tables: &[usize]) -> bool {
    let mention = &frame.mentions[id];
    let measure = mention
        .candidates
        .first()
        .is_some_and(|c| matches!(c.target, Target::Measure(_)));
    measure
        && mention
            .candidates
            .iter()
            .all(|c| !tables.contains(&table_of(lexicon, &c.target)))
}

/// "average amount per order": one number, where each row of what is measured is such a thing; "average amount per order for each clerk":
/// one for each clerk. Gives what is assumed by it.
pub(crate) fn of_all(frame: &mut Frame, targets: &[Target], lexicon: &Lexicon) -> Option<String> {
    let thing = |d: &Dimension| match d {
        Dimension::Mention(id) => match targets[*id] {
            Target::Table(table) => Some((*id, table)),
            _ => None,
        },
        Dimension::Time(_) => None,
    };
    // "per order and clerk" names the orders with what they are listed by.
    let listed = |word: &String| ENGLISH.joiners.contains(word);
    if frame.group.len() > 1 && frame.words.iter().any(listed) {
        return None;
    }
    let (group, table) = thing(frame.group.first()?)?;
    let middle = |o: &Output| {
        let function = |f: &Option<Aggregate>| {
            matches!(
                f,
                Some(Aggregate::Avg | Aggregate::Median | Aggregate::Stddev)
            )
        };
        matches!(o, Output::Aggregate { function: f, of } if function(f) && table_of(lexicon, &targets[*of]) == table)
    };
    let plain = frame.per
        && frame.order.is_none()
        && frame.window.is_none()
        && frame.rollup.is_none()
        && frame.versus.is_none();
    if !plain || !frame.outputs.iter().all(middle) {
        return None;
    }
    frame.group.remove(0);
    frame.each = !frame.group.is_empty();
    let thing = &frame.mentions[group].text;
    Some(format!(
        "each {thing} has one value: the result is over all"
    ))
}

/// "Hours worked by Ada": several amounts of what is not named, of somebody who is, are those together. Gives what is assumed by it.
pub(crate) fn add_up(
    frame: &mut Frame,
    targets: &[Target],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Option<String> {
    let [Output::Plain(of)] = frame.outputs[..] else {
        return None;
    };
    let Target::Column(at) = targets[of] else {
        return None;
    };
    let text = &frame.mentions[of].text;
    let several = text.split(' ').next().is_some_and(is_plural);
    let points_at = |table: usize| {
        let mut keys = lexicon.graph.of(at.table).map(|(_, edge)| edge);
        keys.any(|e| e.holder == at.table && e.target == table)
    };
    let above = |target: &Target| matches!(target, Target::Table(table) if points_at(*table));
    let summed = lexicon.nature(at) == Nature::Amount && is_numeric(catalog.column(at).class);
    let plain = frame.group.is_empty()
        && frame.order.is_none()
        && frame.window.is_none()
        && frame.versus.is_none()
        && !frame.distinct
        && !frame.which
        && frame
            .head
            .iter()
            .chain(&frame.mentions[of].of)
            .all(|m| above(&targets[*m]));
    // A row of it is named nowhere, so that nobody asks for them one by one.
    let named = targets.contains(&Target::Table(at.table));
    let mut whose = false;
    for condition in &frame.conditions {
        match condition {
            Condition::Value {
                value,
                negated: false,
            } => {
                if let Target::Value(other, _) = &targets[*value] {
                    let name = lexicon.tables[other.table].display.contains(&other.column);
                    whose |= name && points_at(other.table);
                }
            }
            Condition::Time { negated: false, .. } | Condition::Related { negated: false, .. } => {}
            _ => return None,
        }
    }
    if !several || !summed || !plain || named || !whose {
        return None;
    }
    let said = format!("{} are added up", frame.mentions[of].text.to_lowercase());
    frame.outputs = vec![Output::Aggregate {
        function: Some(Aggregate::Sum),
        of,
    }];
    Some(said)
}
