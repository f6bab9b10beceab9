//! Units of measure and how they are converted.
//!
//! Invariant: a number is converted without rounding, or not at all. What a word measures is data (`units.txt`); one word may be a
//! unit of several quantities ("pounds"), so that only a column tells which.

use super::{Language, list, stem_list};
use crate::question::numbers::Number;
use crate::question::tokens::stem;

/// Something that is measured, with its units.
#[derive(Clone, Debug, Default)]
pub struct Quantity {
    /// The stems of its names: "length".
    pub words: Vec<Vec<String>>,
    pub units: Vec<Unit>,
}

/// A unit and the words for it, in lower case.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    pub words: Vec<String>,
    /// The stems of `words`.
    stems: Vec<String>,
    /// Short forms, which are units only after a number and at the end of a column's name.
    short: Vec<String>,
    /// Words that are units only after a number.
    counted: Vec<String>,
    /// How many of the smallest unit of its quantity it is; `None` where it is not converted.
    pub(crate) size: Option<i128>,
}

/// The place of a unit in [`Language::units`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitOfMeasure {
    pub quantity: usize,
    pub unit: usize,
}

/// A line of `units.txt`.
pub(super) fn quantity(line: &str) -> Option<Quantity> {
    let (what, units) = line.split_once(':')?;
    let unit = |text: &str| {
        let (forms, size) = match text.split_once('=') {
            Some((forms, size)) => (forms, size.trim().parse().ok()),
            None => (text, None),
        };
        let mut unit = Unit {
            size,
            ..Unit::default()
        };
        for form in list(forms) {
            if let Some(short) = form.strip_suffix('!') {
                unit.short.push(short.to_owned());
            } else if let Some(word) = form.strip_suffix('?') {
                unit.counted.push(word.to_owned());
            } else {
                unit.stems.push(stem(&form));
                unit.words.push(form);
            }
        }
        unit
    };
    Some(Quantity {
        words: stem_list(what),
        units: units.split(':').map(unit).collect(),
    })
}

/// The most digits after the point that a converted number has.
const MOST_DIGITS: usize = 9;

impl Language {
    /// Whether a stem is that of a unit ("meter") which names of columns end in, and which may be left out of them.
    pub fn is_unit(&self, stem: &str) -> bool {
        self.units_of(stem).next().is_some()
    }

    /// The quantities of which a stem is such a unit.
    pub fn units_of(&self, stem: &str) -> impl Iterator<Item = &Quantity> {
        let has =
            move |unit: &Unit| unit.counted.is_empty() && unit.stems.iter().any(|own| own == stem);
        self.units
            .iter()
            .filter(move |quantity| quantity.units.iter().any(has))
    }

    /// The units of which this is true, in the order of the data.
    fn units_by(&self, is: impl Fn(&Unit) -> bool) -> Vec<UnitOfMeasure> {
        let mut found = Vec::new();
        for (quantity, all) in self.units.iter().enumerate() {
            let units = all.units.iter().enumerate().filter(|(_, unit)| is(unit));
            found.extend(units.map(|(unit, _)| UnitOfMeasure { quantity, unit }));
        }
        found
    }

    /// The units that a word, in any case, may mean right after a number: "35 km", "3 hours".
    pub fn units_after_number(&self, word: &str) -> Vec<UnitOfMeasure> {
        let word = word.to_lowercase();
        self.units_by(|u| {
            u.words.contains(&word) || u.short.contains(&word) || u.counted.contains(&word)
        })
    }

    /// The units that a word means by itself: "kilos", but not "m".
    pub fn units_alone(&self, word: &str) -> Vec<UnitOfMeasure> {
        let word = word.to_lowercase();
        self.units_by(|u| u.words.contains(&word))
    }

    /// The units that a piece of a column's name means: also a short one where it is the last of several.
    pub fn units_in_name(&self, piece: &str, last: bool) -> Vec<UnitOfMeasure> {
        self.units_by(|u| {
            u.words.iter().any(|word| word == piece) || last && u.short.iter().any(|s| s == piece)
        })
    }

    /// The unit itself.
    pub fn unit(&self, at: UnitOfMeasure) -> Option<&Unit> {
        self.units.get(at.quantity)?.units.get(at.unit)
    }

    /// A number of one unit in another; `None` where they measure something else, or where it cannot be told exactly.
    pub fn converted(
        &self,
        number: &Number,
        from: UnitOfMeasure,
        to: UnitOfMeasure,
    ) -> Option<Number> {
        if from == to {
            return Some(number.clone());
        }
        if from.quantity != to.quantity {
            return None;
        }
        let (mut below, size) = (self.unit(to)?.size?, self.unit(from)?.size?);
        let (digits, fraction) = match number.text.split_once('.') {
            Some((whole, fraction)) => (format!("{whole}{fraction}"), fraction.len()),
            None => (number.text.clone(), 0),
        };
        let above = digits.parse::<i128>().ok()?.checked_mul(size)?;
        below = below.checked_mul(10_i128.checked_pow(u32::try_from(fraction).ok()?)?)?;
        let places = (0..=MOST_DIGITS).find_map(|places| {
            let power = 10_i128.pow(places as u32);
            let scaled = above.checked_mul(power)?;
            (scaled % below == 0).then_some((scaled / below, places))
        });
        let (scaled, places) = places?;
        let sign = if scaled < 0 { "-" } else { "" };
        let digits = scaled.unsigned_abs().to_string();
        let digits = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let text = match fraction {
            "" => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{fraction}"),
        };
        Some(Number {
            value: text.parse().ok()?,
            text,
            ..number.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ENGLISH;
    use super::*;

    fn convert(text: &str, from: &str, to: &str) -> Option<String> {
        let number = Number {
            text: text.to_owned(),
            value: text.parse().ok()?,
            ..Number::whole(0)
        };
        let from = ENGLISH.units_after_number(from);
        let to = ENGLISH.units_after_number(to);
        let pairs = from.iter().flat_map(|f| to.iter().map(move |t| (*f, *t)));
        let mut found = pairs.filter_map(|(f, t)| ENGLISH.converted(&number, f, t));
        found.next().map(|n| n.text)
    }

    #[test]
    fn numbers_are_converted_exactly() {
        let cases = [
            ("2", "hours", "minutes", Some("120")),
            ("90", "min", "hours", Some("1.5")),
            ("-1.5", "km", "m", Some("-1500")),
            ("250", "g", "kg", Some("0.25")),
            ("10", "feet", "cm", Some("304.8")),
            ("2", "years", "months", Some("24")),
            ("7", "kg", "kilos", Some("7")),
            // No exact number of miles, no calendar months in days, no weight in a length.
            ("1", "km", "miles", None),
            ("2", "months", "days", None),
            ("2", "kg", "m", None),
            ("3", "tons", "kg", None),
        ];
        for (text, from, to, wanted) in cases {
            assert_eq!(
                convert(text, from, to).as_deref(),
                wanted,
                "{text} {from} {to}"
            );
        }
    }

    #[test]
    fn huge_numbers_are_no_panic() {
        let huge = "9".repeat(30);
        assert_eq!(convert(&huge, "km", "m"), Some(format!("{huge}000")));
        assert_eq!(convert(&"9".repeat(39), "km", "mm"), None);
        assert_eq!(convert(&format!("0.{}1", "0".repeat(28)), "km", "mm"), None);
    }

    #[test]
    fn short_forms_are_units_only_in_their_places() {
        assert!(ENGLISH.units_alone("m").is_empty() && !ENGLISH.units_alone("Kilos").is_empty());
        assert!(ENGLISH.units_in_name("day", true).is_empty());
        assert!(!ENGLISH.units_in_name("m", true).is_empty());
        assert!(ENGLISH.units_in_name("m", false).is_empty());
        assert_eq!(ENGLISH.units_after_number("pounds").len(), 2);
    }
}
