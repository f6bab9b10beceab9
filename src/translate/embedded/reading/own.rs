//! Numbers with conditions of their own: "the number of orders and the number of cancelled orders", "total deposits and total
//! withdrawals".
//!
//! Invariant: what is said of one number is said of that one alone only where the same is measured more than once, so that the numbers
//! would be equal without it. It is a value of the measured rows themselves. Elsewhere a condition holds of all that is asked for.

use super::super::language::{Aggregate, Op};
use super::super::linking::resolve::table_of;
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::nature::Nature;
use super::super::sql::build::{Builder, Measured, not_understood};
use super::frame::{Condition, Frame, MentionId, Output, Role, mentions_of};
use super::parse::{Mode, NotUnderstood, Parser};
use crate::catalog::model::{StoredValue, ValueMatch};
use crate::error::Result;
use sqlparser::ast::Expr;

/// What a number is of: two outputs with the same are equal.
fn measured(output: &Output, targets: &[Target]) -> Option<(MentionId, String)> {
    match output {
        Output::Count { of, distinct } => Some((*of, format!("{distinct} {:?}", targets[*of]))),
        Output::Aggregate { function, of } => {
            Some((*of, format!("{function:?} {:?}", targets[*of])))
        }
        Output::Plain(_) => None,
    }
}

/// Takes what is said of one number out of the conditions of all rows.
pub(crate) fn take(frame: &mut Frame, targets: &[Target], lexicon: &Lexicon) {
    let numbers: Vec<(MentionId, String)> = frame
        .outputs
        .iter()
        .filter_map(|o| measured(o, targets))
        .collect();
    let again = |key: &String| numbers.iter().filter(|(_, other)| other == key).count() > 1;
    let apart = frame.window.is_some()
        || frame.versus.is_some()
        || frame.rollup.is_some()
        || frame.superlative
        || frame.order.is_some()
        || frame.new.is_some();
    if apart || !numbers.iter().any(|(_, key)| again(key)) {
        return;
    }
    let mut own: Vec<(MentionId, Vec<Condition>)> = Vec::new();
    for (of, key) in numbers.iter().filter(|(_, key)| again(key)) {
        let Some((_, first)) = frame.modifiers.iter().find(|(m, _)| m == of) else {
            continue;
        };
        let table = table_of(lexicon, &targets[*of]);
        let said = |c: &&Condition| {
            let mentions = mentions_of(c);
            let plain = matches!(
                c,
                Condition::Value { .. } | Condition::Flag { .. } | Condition::Compare { .. }
            );
            plain
                && !mentions.is_empty()
                && mentions
                    .iter()
                    .all(|m| (*first..=*of).contains(m) && table_of(lexicon, &targets[*m]) == table)
        };
        let conditions: Vec<Condition> = frame.conditions.iter().filter(said).cloned().collect();
        let same = |(m, c): &(MentionId, Vec<Condition>)| {
            *c == conditions && numbers.iter().any(|(n, k)| n == m && k == key)
        };
        if own.iter().any(same) {
            return;
        }
        own.push((*of, conditions));
    }
    // Where two have nothing of their own, they are the same number.
    let of_all = numbers
        .iter()
        .filter(|(of, key)| again(key) && own.iter().all(|(m, c)| m != of || c.is_empty()));
    if own.iter().all(|(_, c)| c.is_empty()) || of_all.count() > 1 {
        return;
    }
    own.retain(|(_, c)| !c.is_empty());
    take_first(frame, targets, &numbers, &mut own);
    frame
        .conditions
        .retain(|c| !own.iter().any(|(_, conditions)| conditions.contains(c)));
    frame.own.extend(own);
}

/// "How many artists are male and how many are female": what is said after the first number of the column that the second has a value
/// of is the first one's own, for no row has two values there.
fn take_first(
    frame: &Frame,
    targets: &[Target],
    numbers: &[(MentionId, String)],
    own: &mut Vec<(MentionId, Vec<Condition>)>,
) {
    let ([(first, _), (second, _)], [(of, conditions)]) = (numbers, &own[..]) else {
        return;
    };
    let column = |c: &Condition| match c {
        Condition::Value {
            value,
            negated: false,
        } => match &targets[*value] {
            Target::Value(at, _) => Some((*value, *at)),
            _ => None,
        },
        _ => None,
    };
    let [Some((_, at))] = conditions.iter().map(column).collect::<Vec<_>>()[..] else {
        return;
    };
    let between = |c: &&Condition| {
        let said = column(c).filter(|(_, other)| *other == at);
        let between = |value: MentionId| *first < value && value < *second;
        said.is_some_and(|(value, _)| between(value)) && !conditions.contains(c)
    };
    let said: Vec<Condition> = frame.conditions.iter().filter(between).cloned().collect();
    if of == second && !said.is_empty() {
        own.insert(0, (*first, said));
    }
}

/// "Points held by Norwegian guests *in total*": one sum, and not the points of each.
pub(super) fn sum_in_total(frame: &mut Frame, lexicon: &Lexicon) {
    let [Output::Plain(of)] = frame.outputs[..] else {
        return;
    };
    let alone = frame.group.is_empty() && !frame.each && frame.order.is_none();
    if !frame.in_total || !alone || !frame.altogether.is_empty() {
        return;
    }
    let best = frame.mentions[of].candidates.first().map(|c| &c.target);
    frame.outputs = match best {
        Some(Target::Column(at)) if lexicon.nature(*at) == Nature::Amount => {
            vec![Output::Aggregate {
                function: Some(Aggregate::Sum),
                of,
            }]
        }
        Some(Target::Table(_)) => vec![Output::Count {
            of,
            distinct: false,
        }],
        _ => return,
    };
}

/// Keeps of the meanings of a sum those that add up: "the total discount" is no sum of `discount_pct` where there is a
/// `discount_amount`.
pub(crate) fn keep_amounts(
    frame: &Frame,
    id: MentionId,
    lexicon: &Lexicon,
    meanings: &mut Vec<Candidate>,
) {
    let nature = |c: &Candidate| match c.target {
        Target::Column(at) => Some(lexicon.nature(at)),
        _ => None,
    };
    let best = |wanted: Nature| {
        let of = meanings.iter().filter(|c| nature(c) == Some(wanted));
        of.map(|c| c.score).fold(0.0, f32::max)
    };
    let summed = |o: &Output| matches!(o, Output::Aggregate { function: Some(Aggregate::Sum), of } if *of == id);
    let amounts = best(Nature::Amount);
    if frame.outputs.iter().any(summed) && amounts > 0.0 && amounts >= best(Nature::Rate) {
        meanings.retain(|c| nature(c) != Some(Nature::Rate));
    }
}

impl Parser<'_> {
    /// "orders *and refunds* per customer": a state as a noun beside things is no condition on them, but a second number.
    pub(crate) fn is_second_number(&self) -> bool {
        let Some(segment) = self.segment(0).filter(|s| s.quoted.is_none()) else {
            return false;
        };
        let stemmed = |v: &StoredValue| matches!(v.found, ValueMatch::Stemmed);
        let plural = super::super::language::is_plural(&segment.text);
        let written = segment.text.starts_with(char::is_lowercase);
        let table = |s: &Segment| {
            let best = s.names.first();
            self.is_name(s) && best.is_some_and(|c| matches!(c.target, Target::Table(_)))
        };
        let [.., thing, and] = &self.segments[..self.at] else {
            return false;
        };
        self.mode == Mode::Select
            && and.is(Op::And)
            && table(thing)
            && plural
            && written
            && segment.values.iter().all(stemmed)
            && !self.noun_follows(1)
    }

    /// A noun of which a number is asked for, with where what is said before it begins.
    pub(crate) fn number_of(
        &mut self,
        role: Role,
    ) -> std::result::Result<MentionId, NotUnderstood> {
        let first = self.frame.mentions.len();
        let of = self.noun(role)?;
        self.frame.modifiers.push((of, first));
        Ok(of)
    }
}

impl Builder<'_> {
    /// Refuses "who has the highest fee? Name and fee": the fee that is named again is no sum of fees.
    pub(crate) fn refuse_repeated_extremes(&self) -> Result<()> {
        let of = |wanted: fn(Option<Aggregate>) -> bool| {
            let outputs = self.frame.outputs.iter();
            outputs.filter_map(move |o| match o {
                Output::Aggregate { function, of } if wanted(*function) => Some(self.target(*of)),
                _ => None,
            })
        };
        let extreme = |f: Option<Aggregate>| matches!(f, Some(Aggregate::Max | Aggregate::Min));
        let mut again = of(|f| f.is_none());
        match again.any(|target| of(extreme).any(|other| other == target)) {
            true => Err(not_understood(
                "Whether the greatest or the sum is asked for is not clear.",
            )),
            false => Ok(()),
        }
    }

    /// The number of a mention, over the rows alone that its own conditions speak of.
    pub(crate) fn only_own(&mut self, whole: Expr, of: MentionId, table: usize) -> Result<Expr> {
        let frame = self.frame;
        let Some((_, conditions)) = frame.own.iter().find(|(m, _)| *m == of) else {
            return Ok(whole);
        };
        let said = self.said.conditions.len();
        let strict = self.strict.clone();
        let only = self.conditions_of(conditions, table)?;
        self.strict = strict;
        self.said.conditions.truncate(said);
        match only {
            Some(only) => super::super::sql::windows::only(whole, only),
            None => Err(not_understood("What is said of a number is not clear.")),
        }
    }

    /// What is said of a number alone, in words.
    ///
    /// # Errors
    /// 22023 where a condition of it is not clear.
    pub(crate) fn said_own(&mut self, of: MentionId) -> Result<String> {
        let frame = self.frame;
        let own = frame.own.iter().filter(|(m, _)| *m == of);
        let conditions: Vec<Condition> = own.flat_map(|(_, said)| said.clone()).collect();
        let (said, strict) = (self.said.conditions.len(), self.strict.clone());
        self.conditions_of(&conditions, self.root)?;
        self.strict = strict;
        Ok(self.said.conditions.split_off(said).join(" and "))
    }

    /// A number and its name, with what is said of it alone.
    pub(crate) fn with_own(
        &self,
        measure: Measured,
        of: MentionId,
        name: String,
    ) -> (Measured, String) {
        match self.frame.own.iter().any(|(m, _)| *m == of) {
            true => (
                Measured::Own(Box::new(measure), of),
                self.own_name(of, &name),
            ),
            false => (measure, name),
        }
    }

    /// The name of a number with what is said of it: "cancelled orders".
    fn own_name(&self, of: MentionId, name: &str) -> String {
        let own = self.frame.own.iter().filter(|(m, _)| *m == of);
        let conditions = own.flat_map(|(_, conditions)| conditions);
        let mut words: Vec<&str> = Vec::new();
        for mention in conditions.flat_map(mentions_of) {
            let text = self.frame.mentions[mention].text.as_str();
            if !name.contains(text) && !words.contains(&text) {
                words.push(text);
            }
        }
        words.push(name);
        words.join(" ")
    }
}
