//! What a question keeps in or puts together must be neither narrowed nor listed row by row.
//!
//! Invariant: "including the plants without a supplier" is no condition that they have none, "more than 80 seats altogether" is not
//! said of each row, and amounts for each thing are not listed without the things. Such a reading would run, and be another answer.

use super::super::language::{ENGLISH, stems};
use super::super::mentions::kindnouns::tells_kind;
use super::super::reading::frame::{Condition, Key, MentionId, Operand, Output};
use super::super::schema::lexicon::Target;
use super::super::schema::names::root;
use super::super::schema::nature::Nature;
use super::super::sql::build::{Builder, not_understood};
use crate::catalog::model::ColumnRef;
use crate::error::Result;

/// A smaller number is compared with no year.
const FIRST_YEAR: i64 = 1000;

impl Builder<'_> {
    /// Refuses an answer to less than what the question asks for.
    ///
    /// # Errors
    /// 22023, with what is not clear.
    pub(crate) fn refuse_narrowed(&self) -> Result<()> {
        let frame = self.frame;
        self.refuse_roles_as_one()?;
        if let Some(word) = self.read_twice() {
            return Err(not_understood(format!("\"{word}\" is read in two ways.")));
        }
        let includes = |word: &String| ENGLISH.including.contains(word);
        let missing = |c: &Condition| {
            matches!(
                c,
                Condition::Null { negated: false, .. }
                    | Condition::Related { negated: true, .. }
                    | Condition::Flag { negated: true, .. }
            )
        };
        if frame.words.iter().any(includes) && frame.conditions.iter().any(missing) {
            return Err(not_understood(
                "Whether only those are meant, or those as well, is not clear.",
            ));
        }
        // "At least six vintages" is no year.
        for condition in &frame.conditions {
            if let Condition::Compare {
                left: Some(m),
                right: Operand::Number(number),
                ..
            } = condition
                && let Target::Column(at) = self.target(*m)
                && self.lexicon.is_year(*at)
                && number.as_whole().is_some_and(|n| n < FIRST_YEAR)
            {
                return Err(not_understood(format!(
                    "{} holds years: whether so many of them are meant is not clear.",
                    self.catalog.column(*at).name
                )));
            }
        }
        let head = frame.head.or_else(|| {
            let mut shown = frame.outputs.iter().filter_map(|o| match o {
                Output::Plain(m) | Output::Count { of: m, .. } => Some(*m),
                Output::Aggregate { .. } => None,
            });
            shown.next()
        });
        if let Some(Target::Table(head)) = head.map(|m| self.target(m)) {
            let other = |m: &&MentionId| self.table(**m) != *head;
            if let Some(of) = frame.bare_averages.iter().find(other) {
                return Err(not_understood(format!(
                    "What of {} is compared with that of {} is not clear.",
                    self.table_name(*head),
                    self.table_name(self.table(*of))
                )));
            }
        }
        self.refuse_other_measure()?;
        let amount = |at: &ColumnRef| matches!(self.lexicon.nature(*at), Nature::Amount);
        let of_one_row = |c: &Condition| match c {
            Condition::Compare { left: Some(m), .. } => {
                matches!(self.target(*m), Target::Column(at) if amount(at))
            }
            _ => false,
        };
        let sum_alone = matches!(frame.outputs[..], [Output::Aggregate { .. }]);
        let said = |list: &[String]| frame.words.iter().any(|word| list.contains(word));
        let together = !frame.altogether.is_empty() || said(&ENGLISH.altogether);
        if together && !sum_alone && frame.conditions.iter().any(of_one_row) {
            return Err(not_understood(
                "Whether the number is that of each row, or of all together, is not clear.",
            ));
        }
        let number =
            |at: &ColumnRef| matches!(self.lexicon.nature(*at), Nature::Amount | Nature::Rate);
        let none = |o: &Output| match o {
            Output::Plain(m) => !matches!(self.target(*m), Target::Column(at) if number(at)),
            _ => false,
        };
        if frame.per && frame.group.is_empty() && frame.outputs.iter().all(none) {
            return Err(not_understood("What is counted or added up is not clear."));
        }
        // "The highest consumption" is no number of rows.
        let rows = matches!(&frame.order, Some(o) if matches!(o.key, Key::Count(_) | Key::Rows));
        if frame.superlative && rows && said(&ENGLISH.heights) && !said(&ENGLISH.counted) {
            return Err(not_understood(
                "By what the first are to be found is not clear.",
            ));
        }
        let listed = |o: &Output| match o {
            Output::Plain(m) => match (self.target(*m), frame.mentions[*m].of) {
                (Target::Column(at), Some(of)) => {
                    amount(at) && matches!(self.target(of), Target::Table(t) if *t != at.table)
                }
                _ => false,
            },
            _ => false,
        };
        if frame.each && frame.group.is_empty() && frame.outputs.iter().all(listed) {
            return Err(not_understood(
                "Whether the amounts are to be listed or added up is not clear.",
            )
            .with_hint("Say what is wanted of each: the total, the average, the number."));
        }
        Ok(())
    }

    /// Refuses an amount that is called after another thing done than the one which the question speaks of: "how much was approved on the
    /// claims" is no `amount_claimed` beside `amount_approved`.
    fn refuse_other_measure(&self) -> Result<()> {
        let frame = self.frame;
        let number =
            |at: &ColumnRef| matches!(self.lexicon.nature(*at), Nature::Amount | Nature::Rate);
        let name = |at: &ColumnRef| &self.lexicon.tables[at.table].columns[at.column];
        let done = |stem: &String| frame.participles.contains(&root(stem));
        let measured: Vec<ColumnRef> = frame
            .outputs
            .iter()
            .filter_map(|o| match o {
                Output::Aggregate { of, .. } => match self.target(*of) {
                    Target::Column(at) if number(at) => Some(*at),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        for at in &measured {
            if name(at).iter().any(done) {
                continue;
            }
            let columns = 0..self.catalog.tables[at.table].columns.len();
            let mut others = columns.map(|column| ColumnRef { column, ..*at });
            // The same but for what was done.
            let other = others.find(|other| {
                let shared = name(other).iter().any(|stem| name(at).contains(stem));
                number(other) && shared && name(other).iter().any(done)
            });
            let said = |other: &ColumnRef| {
                let mut targets = self.targets.iter();
                targets.any(|t| matches!(t, Target::Column(c) if c == other))
            };
            if let Some(other) = other.filter(|other| !said(other)) {
                return Err(not_understood(format!(
                    "Whether {} or {} is meant is not clear.",
                    self.catalog.column(*at).name,
                    self.catalog.column(other).name
                )));
            }
        }
        Ok(())
    }

    /// Refuses two roles of a thing that are only said to be there: "whose buyer is also the seller" compares the two.
    fn refuse_roles_as_one(&self) -> Result<()> {
        let related = self.frame.conditions.iter().filter_map(|c| match c {
            Condition::Related {
                to,
                negated: false,
                inside,
            } if inside.is_empty() => Some(*to),
            _ => None,
        });
        let related: Vec<MentionId> = related.collect();
        for (i, &one) in related.iter().enumerate() {
            for &other in &related[i + 1..] {
                let (a, b) = (self.table(one), self.table(other));
                let base = |t: usize| self.lexicon.role(t).map_or(t, |role| role.base);
                let roles = [a, b].iter().any(|t| self.lexicon.role(*t).is_some());
                if a != b && roles && base(a) == base(b) {
                    return Err(not_understood(format!(
                        "Whether \"{}\" and \"{}\" must be one is not clear.",
                        self.frame.mentions[one].text, self.frame.mentions[other].text
                    )));
                }
            }
        }
        Ok(())
    }

    /// A word that stands for a value and for what is measured as well though it is said once: "the total paid in cash". A kind of things
    /// stands for both, as "the average withdrawal" is one of withdrawals.
    fn read_twice(&self) -> Option<&str> {
        let mentions = &self.frame.mentions;
        mentions.iter().enumerate().find_map(|(value, mention)| {
            let said = stems(&mention.text.to_lowercase());
            let [stem] = &said[..] else { return None };
            let same = |m: &usize| mentions[*m].text == mention.text;
            let measured = |m: usize| matches!(self.target(m), Target::Measure(_));
            let is_value = match self.target(value) {
                Target::Value(at, _) => {
                    !tells_kind(*at, self.lexicon) || ENGLISH.ends_as_verb(&mention.text)
                }
                _ => false,
            };
            let times = (0..mentions.len()).filter(same).count();
            let written = self.frame.words.iter().filter(|word| *word == stem).count();
            let other = (0..mentions.len()).filter(same).any(measured);
            (is_value && other && written < times).then_some(mention.text.as_str())
        })
    }
}
