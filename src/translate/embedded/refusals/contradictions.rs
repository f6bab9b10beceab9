//! What no row can fulfil is refused: the question means something else, such as rows of two kinds, and an empty answer would hide it.

use super::super::language::Comparison;
use super::super::reading::frame::{Also, Condition, MentionId, Operand};
use super::super::schema::lexicon::Target;
use super::super::sql::build::{Builder, not_understood};
use super::super::time::dates;
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use crate::question::numbers::Number;

/// What a number is said of.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    /// The number that is meant where none is named.
    Unnamed,
    Column(ColumnRef),
    /// How many there are.
    Count(Target),
}

/// The numbers that all conditions so far allow.
struct Range {
    of: Said,
    low: f64,
    high: f64,
}

impl Builder<'_> {
    /// Refuses conditions that exclude each other.
    ///
    /// # Errors
    /// 22023, with what contradicts itself.
    pub(crate) fn refuse_contradictions(&self) -> Result<()> {
        self.refuse_numbers()?;
        self.refuse_values()?;
        self.refuse_having_and_lacking()?;
        self.refuse_self_references()?;
        self.refuse_recurring()?;
        self.refuse_times()
    }

    fn refuse_numbers(&self) -> Result<()> {
        let mut ranges: Vec<Range> = Vec::new();
        for condition in &self.frame.conditions {
            match condition {
                Condition::Compare {
                    left,
                    op,
                    right: Operand::Number(number),
                } => {
                    if let Some(of) = self.said_of(*left) {
                        self.narrow(&mut ranges, of, *op, number)?;
                    }
                }
                Condition::Between { left, low, high } => {
                    if low.value > high.value {
                        return Err(not_understood(format!(
                            "The range from {} to {} ends before it begins.",
                            low.text, high.text
                        )));
                    }
                    if let Some(of) = self.said_of(*left) {
                        self.narrow(&mut ranges, of.clone(), Comparison::GreaterOrEqual, low)?;
                        self.narrow(&mut ranges, of, Comparison::LessOrEqual, high)?;
                    }
                }
                // What is said of one time is not said of another: see `twotimes`.
                Condition::Count { of, .. } if self.frame.own.iter().any(|(m, _)| m == of) => {}
                Condition::Count { of, op, number } => {
                    let counted = Said::Count(self.target(*of).clone());
                    self.narrow(&mut ranges, counted, *op, number)?;
                    self.refuse_any_number(*of, *op, number)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn said_of(&self, left: Option<MentionId>) -> Option<Said> {
        match left.map(|left| self.target(left)) {
            None => Some(Said::Unnamed),
            Some(Target::Column(column)) => Some(Said::Column(*column)),
            Some(_) => None,
        }
    }

    fn narrow(
        &self,
        ranges: &mut Vec<Range>,
        of: Said,
        op: Comparison,
        number: &Number,
    ) -> Result<()> {
        let place = match ranges.iter().position(|r| r.of == of) {
            Some(place) => place,
            None => {
                let counts = matches!(of, Said::Count(_));
                ranges.push(Range {
                    of,
                    // There are never fewer than none.
                    low: if counts { 0.0 } else { f64::NEG_INFINITY },
                    high: f64::INFINITY,
                });
                ranges.len() - 1
            }
        };
        let Ok(number) = number.text.parse::<f64>() else {
            return Ok(());
        };
        let range = &mut ranges[place];
        match op {
            Comparison::Greater => range.low = range.low.max(number.next_up()),
            Comparison::GreaterOrEqual => range.low = range.low.max(number),
            Comparison::Less => range.high = range.high.min(number.next_down()),
            Comparison::LessOrEqual => range.high = range.high.min(number),
            Comparison::Equal => {
                (range.low, range.high) = (range.low.max(number), range.high.min(number));
            }
            Comparison::NotEqual => {}
        }
        if range.low <= range.high {
            return Ok(());
        }
        let name = match &range.of {
            Said::Column(column) => self.catalog.column(*column).name.clone(),
            Said::Count(target) => format!(
                "the number of {}",
                super::refuse::describe(target, self.catalog, self.lexicon)
            ),
            Said::Unnamed => "the number".to_owned(),
        };
        Err(not_understood(format!(
            "What is said about {name} contradicts itself."
        )))
    }

    /// "At least 0 orders" says nothing, and "2.5 orders" is no number of them: something else is meant.
    fn refuse_any_number(&self, of: MentionId, op: Comparison, number: &Number) -> Result<()> {
        let least = number.text.parse::<f64>().unwrap_or(f64::NAN);
        let thing = &self.frame.mentions[of].text;
        let says_nothing = match op {
            Comparison::GreaterOrEqual => least <= 0.0,
            Comparison::Greater => least < 0.0,
            _ => false,
        };
        if says_nothing {
            return Err(not_understood(format!(
                "Any number of \"{thing}\" is that many."
            )));
        }
        if least.fract() != 0.0 && matches!(op, Comparison::Equal | Comparison::NotEqual) {
            return Err(not_understood(format!(
                "The number of \"{thing}\" is a whole one, never {}.",
                number.text
            )));
        }
        Ok(())
    }

    /// "Customers with orders and without orders": nothing has what it lacks. What is said further of that which is lacked makes it
    /// another thing: "who ordered but placed no order in May".
    fn refuse_having_and_lacking(&self) -> Result<()> {
        let plain = |c: &Condition| match c {
            Condition::Related {
                to,
                negated,
                inside,
            } if inside.is_empty() => Some((*to, *negated)),
            Condition::Flag { of, negated } if matches!(self.target(*of), Target::Table(_)) => {
                Some((*of, *negated))
            }
            _ => None,
        };
        let links: Vec<(MentionId, bool)> =
            self.frame.conditions.iter().filter_map(plain).collect();
        let Some((last, negated)) = self.frame.conditions.last().and_then(plain) else {
            return Ok(());
        };
        let opposite = |(to, denied): &(MentionId, bool)| {
            *denied != negated && self.target(*to) == self.target(last)
        };
        if links.iter().any(opposite) {
            return Err(not_understood(format!(
                "What is said about \"{}\" contradicts itself.",
                self.frame.mentions[last].text
            )));
        }
        Ok(())
    }

    /// "Employees who report to Rosa": whose name that is a row of the same table says, which a key of its own leads to. The rows
    /// called so are not meant.
    fn refuse_self_references(&self) -> Result<()> {
        for condition in &self.frame.conditions {
            let Condition::Value { value, .. } = condition else {
                continue;
            };
            let Target::Value(column, _) = self.target(*value) else {
                continue;
            };
            let table = column.table;
            let mut keys = self.lexicon.graph.edges.iter();
            let refers_to_itself = keys.any(|e| e.holder == table && e.target == table);
            let to = self.frame.prepositions.iter().any(|(id, _)| id == value);
            if refers_to_itself && to && self.lexicon.tables[table].display.contains(&column.column)
            {
                return Err(not_understood(format!(
                    "\"{}\" may be a row of {} itself, or one that others point at.",
                    self.frame.mentions[*value].text,
                    self.table_name(table)
                )));
            }
        }
        Ok(())
    }

    /// One column of one row holds one value, and not one that it must not hold.
    fn refuse_values(&self) -> Result<()> {
        let mut known: Vec<(ColumnRef, &str, bool)> = Vec::new();
        let values = self.frame.conditions.iter().filter_map(|c| match c {
            // A time beside the value makes it another row: "Fall 2009 and Spring 2010".
            Condition::Value { value, negated }
            | Condition::Term {
                value,
                also: Also::Value(_),
                negated,
            } => Some((value, negated)),
            _ => None,
        });
        for (value, negated) in values {
            let Target::Value(column, text) = self.target(*value) else {
                continue;
            };
            let excludes = |(c, t, n): &(ColumnRef, &str, bool)| {
                c == column
                    && match (n, negated) {
                        (false, false) => t != text,
                        (true, true) => false,
                        _ => t == text,
                    }
            };
            if known.iter().any(excludes) {
                return Err(not_understood(format!(
                    "What is said about {} contradicts itself.",
                    self.catalog.column(*column).name
                )));
            }
            known.push((*column, text, *negated));
        }
        Ok(())
    }

    /// Two spans of time that have no day in common.
    fn refuse_times(&self) -> Result<()> {
        let (mut first, mut last) = (None, None);
        for condition in &self.frame.conditions {
            let Condition::Time {
                column: None,
                span,
                negated: false,
            } = condition
            else {
                continue;
            };
            let (from, to) = dates::days_of(span, self.today);
            // One that ends before it begins is refused where it is read.
            if from.zip(to).is_some_and(|(from, to)| from > to) {
                continue;
            }
            first = first.max(from);
            last = match (last, to) {
                (Some(a), Some(b)) => Some(if b < a { b } else { a }),
                (a, b) => a.or(b),
            };
            if let (Some(first), Some(last)) = (first, last)
                && first > last
            {
                return Err(not_understood(format!(
                    "The times have no day in common: from {} and up to {}.",
                    dates::iso(first),
                    dates::iso(last)
                )));
            }
        }
        Ok(())
    }
}
