//! Numbers in the unit of the column that they are compared with: "longer than 2 hours" of a column in minutes.
//!
//! Invariant: no number is compared with a column that is known to be in another unit. A column whose unit is not known is taken to be
//! in the unit that is said, and that is told. What is said in per cent is compared with parts of 1 as such a part.

use super::super::language::ENGLISH;
use super::super::reading::frame::{Condition, Frame, MentionId, Operand, mention_of_dimension};
use super::super::schema::lexicon::{Lexicon, Target};
use super::super::schema::measured::{Held, is_currency};
use super::super::sql::build::not_understood;
use crate::catalog::model::{Catalog, ColumnRef, TypeClass, Values};
use crate::error::Result;
use crate::question::numbers::Number;

/// So many stored values are looked at to see whether they are parts of 1.
const LOOKED_AT: usize = 30;

/// Converts the numbers that are said with a unit; gives what is assumed.
///
/// # Errors
/// 22023 where a column does not measure that, or where the number cannot be told exactly in its unit.
pub(crate) fn numbers(
    frame: &mut Frame,
    targets: &[Target],
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
) -> Result<Vec<String>> {
    let mut converter = Converter {
        targets,
        catalog,
        lexicon,
        values,
        assumed: Vec::new(),
    };
    converter.refuse_rates(frame)?;
    for condition in &mut frame.conditions {
        converter.condition(condition)?;
    }
    for (_, said) in &mut frame.own {
        for condition in said {
            converter.condition(condition)?;
        }
    }
    Ok(converter.assumed)
}

struct Converter<'a> {
    targets: &'a [Target],
    catalog: &'a Catalog,
    lexicon: &'a Lexicon,
    values: &'a dyn Values,
    assumed: Vec<String>,
}

impl Converter<'_> {
    fn condition(&mut self, condition: &mut Condition) -> Result<()> {
        match condition {
            Condition::Compare { left, right, .. } => self.operand(*left, right),
            Condition::Aggregate { of, right, .. } => self.operand(Some(*of), right),
            Condition::Between { left, low, high } => {
                for number in [low, high] {
                    if self.number(*left, number)?.is_some() {
                        return Err(not_understood(
                            "A range of lengths of time is not compared.",
                        ));
                    }
                }
                Ok(())
            }
            Condition::Count { number, .. } if number.unit.is_some() => {
                Err(not_understood("What is measured is not clear."))
            }
            Condition::Related { inside, .. } => self.all(inside),
            Condition::Any(several) | Condition::All(several) => self.all(several),
            Condition::Not(denied) => self.condition(denied),
            _ => Ok(()),
        }
    }

    /// "Inhabitants per hectare" divides, and is not grouped by the number of hectares.
    fn refuse_rates(&self, frame: &Frame) -> Result<()> {
        let groups = frame.group.iter().filter_map(mention_of_dimension);
        for id in groups {
            let word = &frame.mentions[id].text;
            let units = ENGLISH.units_alone(word);
            // A column that is called so may be one of numbers of hours as any other.
            if let Target::Column(at) = self.targets[id]
                && self.lexicon.is_in(at, &units)
                && self.lexicon.tables[at.table].columns[at.column].len() > 1
            {
                return Err(
                    not_understood(format!("A rate per {word} is not calculated."))
                        .with_hint("Ask for both numbers."),
                );
            }
        }
        Ok(())
    }

    fn all(&mut self, conditions: &mut [Condition]) -> Result<()> {
        conditions.iter_mut().try_for_each(|c| self.condition(c))
    }

    fn operand(&mut self, left: Option<MentionId>, right: &mut Operand) -> Result<()> {
        match right {
            Operand::Number(number) => {
                if let Some(length) = self.number(left, number)? {
                    *right = Operand::Text(length);
                }
                Ok(())
            }
            Operand::Overall(_, among) => self.all(among),
            _ => Ok(()),
        }
    }

    /// Puts a number in the unit of the column; gives it as a length of time where the column holds such.
    fn number(&mut self, left: Option<MentionId>, number: &mut Number) -> Result<Option<String>> {
        if let Some(Target::Column(at)) = left.map(|id| &self.targets[id])
            && number.percent
            && self.holds_parts_of_one(*at)
        {
            let part = number.hundredth();
            let name = &self.catalog.column(*at).name;
            self.assume(format!(
                "{}% is {} of {name}, which holds parts of 1",
                number.text, part.text
            ));
            *number = part;
        }
        let Some(word) = number.unit.clone() else {
            return Ok(None);
        };
        let at = match left.map(|id| &self.targets[id]) {
            Some(Target::Column(at)) => *at,
            // Which amount is meant is told by the thing.
            _ if is_currency(&word) => return Ok(None),
            _ => {
                return Err(not_understood(format!(
                    "What \"{word}\" measures is not clear."
                )));
            }
        };
        let name = &self.catalog.column(at).name;
        let units = ENGLISH.units_after_number(&word);
        match self.lexicon.units.get(&at) {
            None => {
                if !is_currency(&word) {
                    self.refuse_other_size(at, number, &word)?;
                    self.assume(format!("{name} is taken to be in {word}"));
                }
                Ok(None)
            }
            Some(Held::Interval) => match self.lexicon.measures(at, &units) {
                Some(true) => Ok(Some(format!("{} {word}", number.text))),
                _ => Err(measures_not(name, &word)),
            },
            Some(Held::In(own)) => {
                let own = own.clone();
                self.convert(at, number, &word, &own)?;
                Ok(None)
            }
        }
    }

    /// Refuses a unit in which the number would be smaller or greater than all that a column holds: films longer than 2 hours, where
    /// lengths are 46 to 185.
    fn refuse_other_size(&self, at: ColumnRef, number: &Number, word: &str) -> Result<()> {
        let stored = self.values.common(at, LOOKED_AT);
        let stored: Vec<f64> = stored.iter().filter_map(|text| text.parse().ok()).collect();
        let within =
            stored.iter().any(|n| *n <= number.value) && stored.iter().any(|n| *n >= number.value);
        match stored.is_empty() || within {
            true => Ok(()),
            false => Err(not_understood(format!(
                "Whether {} is measured in {word} is not known.",
                self.catalog.column(at).name
            ))
            .with_hint("Give the number in the unit of the column, without the unit.")),
        }
    }

    /// Whether all stored numbers that are looked at are parts of 1: of "more than 10%" one tenth is meant.
    fn holds_parts_of_one(&self, at: ColumnRef) -> bool {
        let stored = self.values.common(at, LOOKED_AT);
        let numbers: Option<Vec<f64>> = stored.iter().map(|text| text.parse().ok()).collect();
        let class = self.catalog.column(at).class;
        matches!(class, TypeClass::Numeric | TypeClass::Float)
            && numbers.is_some_and(|all| {
                all.iter().all(|n| (0.0..=1.0).contains(n)) && all.iter().any(|n| n.fract() != 0.0)
            })
    }

    fn convert(
        &mut self,
        at: ColumnRef,
        number: &mut Number,
        word: &str,
        own: &[super::super::language::UnitOfMeasure],
    ) -> Result<()> {
        let name = &self.catalog.column(at).name;
        let units = ENGLISH.units_after_number(word);
        if own.iter().any(|o| units.contains(o)) {
            return Ok(());
        }
        if self.lexicon.measures(at, &units) != Some(true) {
            return Err(measures_not(name, word));
        }
        let pairs = units.iter().flat_map(|u| own.iter().map(move |o| (*u, *o)));
        let mut converted = pairs.filter_map(|(from, to)| ENGLISH.converted(number, from, to));
        let Some(new) = converted.next() else {
            return Err(not_understood(format!(
                "{} {word} is no exact number of the unit of {name}.",
                number.text
            ))
            .with_hint("Give the number in the unit of the column."));
        };
        self.assume(format!(
            "{} {word} is {} in the unit of {name}",
            number.text, new.text
        ));
        *number = Number { unit: None, ..new };
        Ok(())
    }

    fn assume(&mut self, line: String) {
        if !self.assumed.contains(&line) {
            self.assumed.push(line);
        }
    }
}

fn measures_not(name: &str, word: &str) -> crate::error::Error {
    not_understood(format!("{name} is not measured in {word}."))
}
