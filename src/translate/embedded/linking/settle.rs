//! What conditions mean once their words are tied to the catalog.
//!
//! "Two allergies" are so many rows where an allergy is a text, and "2 credits" a number where credits are one; "active" is 1
//! where a column holds nothing but 0 and 1.

use super::super::language::{Aggregate, Comparison, ENGLISH};
use super::super::reading::adjectives::is_turned;
use super::super::reading::frame::{Also, Condition, Dimension, Frame, MentionId, Operand, Output};
use super::super::schema::lexicon::{Lexicon, Target};
use super::super::schema::nature::{self, Nature};
use super::super::time::calendar::Day;
use super::resolve::table_of;
use crate::catalog::model::{Catalog, ColumnRef, TypeClass, ValueMatch, Values};
use crate::question::numbers::Number;

/// Rewrites the conditions of a frame for the meanings that were chosen.
pub fn settle(
    frame: &mut Frame,
    targets: &[Target],
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
    today: Day,
) {
    let settling = Settling {
        targets,
        catalog,
        lexicon,
        values,
        today,
        numbered: std::mem::take(&mut frame.numbered),
        things: things(frame, targets, lexicon),
        asked: asked_of(frame, targets),
        adjectives: std::mem::take(&mut frame.adjectives),
        altogether: frame.altogether.clone(),
        commas: std::mem::take(&mut frame.commas),
        had: std::mem::take(&mut frame.had),
        lacking: std::mem::take(&mut frame.lacking),
    };
    // "approved by the bureau": who it was is part of the column's name, and no group.
    let flags: Vec<&Target> = frame
        .conditions
        .iter()
        .filter_map(|c| match c {
            // "by reason, those that have a reason" are groups still.
            Condition::Flag { of, .. } if !settling.had.contains(of) => Some(&targets[*of]),
            _ => None,
        })
        .collect();
    frame
        .group
        .retain(|d| !matches!(d, Dimension::Mention(m) if flags.contains(&&targets[*m])));
    let conditions = std::mem::take(&mut frame.conditions);
    frame.conditions = conditions
        .into_iter()
        .map(|c| settling.condition(c))
        .collect();
    let groups = shows_groups(frame, targets, catalog, lexicon);
    let shared =
        groups && (frame.as_well || ENGLISH.shared.iter().any(|word| frame.words.contains(word)));
    // "publications above 100 and publications below 50" are some of each; one publication cannot be both.
    let table = |m: &MentionId| matches!(targets[*m], Target::Table(_));
    let named: Vec<MentionId> = (0..frame.mentions.len()).filter(table).collect();
    let twice = |m: &MentionId| {
        let same = |n: &&MentionId| {
            *n != m
                && frame.mentions[**n]
                    .text
                    .eq_ignore_ascii_case(&frame.mentions[*m].text)
        };
        named.iter().any(|n| same(&n))
    };
    // "studios that made films with the director A and the director B": films of both kinds.
    let made = groups && settling.rows_of_named(&frame.conditions);
    if frame.both || groups && (shared || made || named.iter().any(twice)) {
        let said = frame.both || shared || made;
        frame.both |= settling.rows_of_both(&mut frame.conditions, said);
    }
    // "cities without a shop of that size": what follows is said of the shops.
    if let Some(at) = frame.denied.filter(|_| groups)
        && let Some(Condition::Related {
            negated: true,
            inside,
            ..
        }) = frame.conditions.get_mut(at)
        && inside.is_empty()
    {
        let end = frame.denied_until.unwrap_or(usize::MAX);
        let end = end.min(frame.conditions.len());
        if end > at + 1 {
            let said: Vec<Condition> = frame.conditions.drain(at + 1..end).collect();
            if let Some(Condition::Related { inside, .. }) = frame.conditions.get_mut(at) {
                *inside = said;
            }
        }
    }
}

/// The tables whose rows are asked for one by one.
fn things(frame: &Frame, targets: &[Target], lexicon: &Lexicon) -> Vec<usize> {
    let shown = frame.outputs.iter().filter_map(|o| match o {
        Output::Plain(m) => Some(*m),
        _ => None,
    });
    shown
        .chain(frame.head)
        .filter_map(|m| match &targets[m] {
            Target::Table(t) => Some(*t),
            Target::Column(c) if lexicon.tables[c.table].display.contains(&c.column) => {
                Some(c.table)
            }
            _ => None,
        })
        .collect()
}

/// The tables of the columns that are asked for as they are.
fn asked_of(frame: &Frame, targets: &[Target]) -> Vec<usize> {
    let table = |o: &Output| match o {
        Output::Plain(m) => match targets[*m] {
            Target::Column(at) => Some(at.table),
            _ => None,
        },
        _ => None,
    };
    frame.outputs.iter().filter_map(table).collect()
}

pub(crate) struct Settling<'a> {
    pub(crate) targets: &'a [Target],
    catalog: &'a Catalog,
    lexicon: &'a Lexicon,
    values: &'a dyn Values,
    pub(crate) today: Day,
    numbered: Vec<MentionId>,
    things: Vec<usize>,
    /// The tables of the columns that are asked for.
    asked: Vec<usize>,
    adjectives: Vec<(MentionId, usize)>,
    altogether: Vec<MentionId>,
    commas: Vec<MentionId>,
    had: Vec<MentionId>,
    lacking: Vec<MentionId>,
}

impl Settling<'_> {
    fn condition(&self, condition: Condition) -> Condition {
        match condition {
            Condition::Any(several) => self.alternatives(several),
            Condition::Not(denied) => Condition::Not(Box::new(self.condition(*denied))),
            Condition::All(several) => {
                Condition::All(several.into_iter().map(|c| self.condition(c)).collect())
            }
            Condition::Compare {
                left: Some(left),
                op,
                right,
            } if self.is_turned(left) => Condition::Compare {
                left: Some(left),
                op: op.mirrored(),
                right: self.operand(right),
            },
            Condition::Compare {
                left,
                op,
                right: right @ Operand::Overall(..),
            } => Condition::Compare {
                left,
                op,
                right: self.operand(right),
            },
            Condition::Compare {
                left: Some(of),
                op,
                right: Operand::Number(number),
            } if self.numbered.contains(&of)
                && !self.holds_number(of)
                && !self.is_stored(of, &number) =>
            {
                rows_of(of, op, number)
            }
            // "halls with more than 80 seats in total": of all their rooms together.
            Condition::Compare {
                left: Some(of),
                op,
                right: right @ Operand::Number(_),
            } if self.altogether.contains(&of) && self.adds_up(of) => Condition::Aggregate {
                function: Aggregate::Sum,
                of,
                op,
                right,
            },
            Condition::Count { of, op, number } if self.holds_number(of) => Condition::Compare {
                left: Some(of),
                op,
                right: Operand::Number(number),
            },
            // A station has one capacity: its average is itself.
            Condition::Aggregate { of, op, right, .. }
                if self
                    .things
                    .contains(&table_of(self.lexicon, &self.targets[of])) =>
            {
                Condition::Compare {
                    left: Some(of),
                    op,
                    right,
                }
            }
            // "players without a club", where the club is no more than a key that may be missing.
            Condition::Related {
                to,
                negated,
                ref inside,
            } if inside.is_empty() && self.is_missing_key(to) => Condition::Null {
                of: to,
                negated: !negated,
            },
            // "without understudies" where each row tells whether it is one.
            Condition::Null { of, negated: false }
                if self.lacking.contains(&of) && self.is_flag(of) =>
            {
                self.condition(Condition::Flag { of, negated: true })
            }
            Condition::Flag { of, negated: false } if self.may_lack(of) => {
                Condition::Null { of, negated: true }
            }
            Condition::Flag { of, negated } => match self.code(of, !negated) {
                Some(right) => Condition::Compare {
                    left: Some(of),
                    op: Comparison::Equal,
                    right,
                },
                None => Condition::Flag { of, negated },
            },
            other => other,
        }
    }

    /// A column that says whether something is so.
    fn is_flag(&self, of: MentionId) -> bool {
        let boolean = matches!(self.targets[of], Target::Column(at) if self.catalog.column(at).class == TypeClass::Boolean);
        boolean || self.code(of, true).is_some()
    }

    /// A key of the very thing that is asked for, which it may be without.
    fn is_missing_key(&self, of: MentionId) -> bool {
        let Target::Column(at) = self.targets[of] else {
            return false;
        };
        self.things.contains(&at.table)
            && !self.catalog.column(at).not_null
            && self.lexicon.nature(at) == Nature::Identifier
    }

    /// A column of the very thing that is asked for, which it is said to have and may be without: a key or a text, for a number
    /// may be 0.
    fn may_lack(&self, of: MentionId) -> bool {
        let Target::Column(at) = self.targets[of] else {
            return false;
        };
        let column = self.catalog.column(at);
        let key = self
            .lexicon
            .graph
            .of(at.table)
            .any(|(_, e)| e.holder == at.table && e.columns == [at.column]);
        // "committees that have delegates" where a row is that of a delegate.
        let told = self.asked.contains(&at.table)
            && self.lexicon.tables[at.table].display.contains(&at.column);
        self.had.contains(&of)
            && (self.things.contains(&at.table) || told)
            && !column.not_null
            && (key || Lexicon::is_textual(column.class))
    }

    /// Alternatives; a value after a mere comma says more of the one before, if it is of another column: "in Paris, Texas or in
    /// Rome, Georgia".
    fn alternatives(&self, several: Vec<Condition>) -> Condition {
        let mut together: Vec<Condition> = Vec::new();
        for condition in several {
            let condition = self.condition(condition);
            if let Condition::Value {
                value,
                negated: false,
            } = condition
                && self.commas.contains(&value)
                && let Some(Condition::Value {
                    value: before,
                    negated: false,
                }) = together.last()
                && let (Target::Value(a, _), Target::Value(b, _)) =
                    (&self.targets[*before], &self.targets[value])
                && a.table == b.table
                && a.column != b.column
            {
                let before = *before;
                together.pop();
                together.push(Condition::Term {
                    value: before,
                    also: Also::Value(value),
                    negated: false,
                });
                continue;
            }
            together.push(condition);
        }
        match together.len() {
            1 => together.remove(0),
            _ => Condition::Any(together),
        }
    }

    fn operand(&self, operand: Operand) -> Operand {
        match operand {
            Operand::Overall(function, among) => Operand::Overall(
                function,
                among.into_iter().map(|c| self.condition(c)).collect(),
            ),
            other => other,
        }
    }

    /// "older" is a greater age but an earlier date of birth.
    fn is_turned(&self, left: MentionId) -> bool {
        let Some((_, adjective)) = self.adjectives.iter().find(|(m, _)| *m == left) else {
            return false;
        };
        let Target::Column(c) = self.targets[left] else {
            return false;
        };
        is_turned(*adjective, c, self.lexicon)
    }

    /// A text of the very row that is asked for which is a number: "4 hours" where hours are texts.
    fn is_stored(&self, of: MentionId, number: &Number) -> bool {
        let Target::Column(c) = self.targets[of] else {
            return false;
        };
        let found = || {
            self.values
                .look_up(std::slice::from_ref(&number.text), Some(&[c]))
        };
        self.things.contains(&c.table)
            && found()
                .iter()
                .flatten()
                .any(|v| v.found == ValueMatch::Exact)
    }

    /// A column whose values are numbers that are compared themselves.
    fn holds_number(&self, of: MentionId) -> bool {
        match self.targets[of] {
            Target::Column(c) => {
                self.lexicon.nature(c) != Nature::Identifier
                    && nature::is_numeric(self.catalog.column(c).class)
            }
            Target::Measure(_) => true,
            _ => false,
        }
    }

    /// An amount of rows that are not those which are asked for.
    fn adds_up(&self, of: MentionId) -> bool {
        match self.targets[of] {
            Target::Column(at) => {
                self.lexicon.nature(at) == Nature::Amount && !self.things.contains(&at.table)
            }
            _ => false,
        }
    }

    /// What a column holds that says no more than yes and no, for the one or the other.
    fn code(&self, of: MentionId, yes: bool) -> Option<Operand> {
        let Target::Column(at) = self.targets[of] else {
            return None;
        };
        let column = self.catalog.column(at);
        let textual = Lexicon::is_textual(column.class);
        if !textual && column.class != TypeClass::Integer && column.class != TypeClass::Numeric {
            return None;
        }
        self.yes_and_no(at).map(|(y, n)| {
            let code = if yes { y } else { n };
            match code.parse::<i64>() {
                Ok(number) if !textual => Operand::Number(Number::whole(number)),
                _ => Operand::Text(code),
            }
        })
    }

    fn yes_and_no(&self, at: ColumnRef) -> Option<(String, String)> {
        let [a, b] = &self.values.common(at, 3)[..] else {
            return None;
        };
        let pair = |y: &String, n: &String| {
            ENGLISH
                .yes_and_no
                .iter()
                .any(|(yes, no)| y.to_lowercase() == *yes && n.to_lowercase() == *no)
        };
        if pair(a, b) {
            Some((a.clone(), b.clone()))
        } else {
            pair(b, a).then(|| (b.clone(), a.clone()))
        }
    }

    /// Two values of one column are listed of the rows of a thing that the question names besides what is shown.
    fn rows_of_named(&self, conditions: &[Condition]) -> bool {
        let linked = |table: usize| {
            conditions.iter().any(|c| match c {
                Condition::Related {
                    to, negated: false, ..
                } => self.targets[*to] == Target::Table(table),
                _ => false,
            })
        };
        conditions.iter().any(|c| match c {
            Condition::All(several) => several.iter().all(|c| match c {
                Condition::Value {
                    value,
                    negated: false,
                } => {
                    matches!(&self.targets[*value], Target::Value(at, _) if linked(at.table))
                }
                _ => false,
            }),
            _ => false,
        })
    }

    /// "Both members younger than 30 and members older than 40": two conditions on one column, which one row cannot fulfil. Tells
    /// whether there are any; where `both` was not said they must exclude each other.
    fn rows_of_both(&self, conditions: &mut Vec<Condition>, said: bool) -> bool {
        if conditions.iter().any(|c| matches!(c, Condition::All(_))) {
            return said;
        }
        // "in both 2010 and 2011", "both below 100 and above 500"
        let time = |c: &Condition| matches!(c, Condition::Time { negated: false, .. });
        let times = |c: &&mut Condition| match c {
            Condition::Any(several) => {
                let excluding = matches!(&several[..], [a, b] if self.exclude(a, b, false));
                several.iter().all(time) || excluding
            }
            _ => false,
        };
        if said && let Some(list) = conditions.iter_mut().find(times) {
            if let Condition::Any(several) = list {
                *list = Condition::All(std::mem::take(several));
            }
            return true;
        }
        let pair = (1..conditions.len()).find_map(|second| {
            let first = (0..second)
                .find(|&first| self.exclude(&conditions[first], &conditions[second], said))?;
            Some((first, second))
        });
        let Some((first, second)) = pair else {
            return false;
        };
        let b = conditions.remove(second);
        let a = conditions.remove(first);
        conditions.insert(first, Condition::All(vec![a, b]));
        true
    }
}

/// Whether what is shown may stand in many rows, which are spoken of together.
fn shows_groups(frame: &Frame, targets: &[Target], catalog: &Catalog, lexicon: &Lexicon) -> bool {
    let many = |o: &Output| match o {
        Output::Plain(m) => match &targets[*m] {
            Target::Column(c) => {
                !super::super::sql::measures::is_key(catalog.table(*c), c.column)
                    && !lexicon.tables[c.table].display.contains(&c.column)
            }
            _ => false,
        },
        _ => false,
    };
    !frame.outputs.is_empty() && frame.outputs.iter().all(many)
}

/// So many rows that have something; at least one of them is no more than having it.
fn rows_of(of: MentionId, op: Comparison, number: Number) -> Condition {
    match (op, number.as_whole()) {
        (Comparison::GreaterOrEqual, Some(1)) | (Comparison::Greater, Some(0)) => {
            Condition::Flag { of, negated: false }
        }
        _ => Condition::Count { of, op, number },
    }
}
