//! A question that differs from an approved one in its parameters only.
//!
//! Invariant: a parameter is taken over only when its old value stands exactly once among the literals of the approved SQL, when
//! no other literal may depend on it, and when its new value can stand there: a name must be a value that is stored in the very
//! column that the old one is compared with. All else is refused, because a wrong answer under the name of an approved one is
//! the worst of all.

use super::atoms::{Atom, Kind, alike, atoms};
use super::literals::{Literal, Literals};
use super::places::{LONGEST_NAME, Place, before, day, depends, hundredth, name, place, said};
use crate::catalog::model::{Catalog, ColumnRef, ValueMatch, Values};
use crate::question::tokens::Token;
use crate::translate::embedded::time::calendar::next_day;
use crate::translate::embedded::time::dates::{Day, iso};
use sqlparser::ast::Value;

/// So many ways to lay one question over another are tried; more means that it is not clear.
const MOST_WAYS: usize = 16;
/// Longer numbers do not fit the types that hold numbers of questions.
const MOST_DIGITS: usize = 15;
/// Most parameters of one question.
const MOST_SLOTS: usize = 16;

/// One parameter: as it was and as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub old: String,
    pub new: String,
}

/// A parameter of an approved question: its pieces and its place in the SQL.
#[derive(Clone, Debug)]
struct Slot {
    /// Pieces `first..last` of the question.
    first: usize,
    last: usize,
    place: Place,
}

/// An approved question whose parameters are known.
#[derive(Debug)]
pub struct Template {
    text: String,
    atoms: Vec<Atom>,
    slots: Vec<Slot>,
    literals: Literals,
}

impl Template {
    /// `None` when its SQL cannot be taken apart or it has no parameter.
    pub fn of(text: &str, tokens: &[Token], sql: &str, catalog: &Catalog) -> Option<Template> {
        let literals = Literals::of(sql, catalog)?;
        let atoms = atoms(tokens);
        let mut slots: Vec<Slot> = Vec::new();
        let mut at = 0;
        while at < atoms.len() {
            let found = place(&atoms[at], &literals.all)
                .map(|place| (1, place))
                .or_else(|| name(text, &atoms, at, &literals.all));
            let length = found.as_ref().map_or(1, |(length, _)| *length);
            slots.extend(found.map(|(length, place)| Slot {
                first: at,
                last: at + length,
                place,
            }));
            at += length;
        }
        // A literal that stands for two parameters is neither's.
        let all = slots.clone();
        let taken = |slot: &Slot, place: usize| {
            all.iter()
                .any(|s| s.first != slot.first && s.place.literals().contains(&place))
        };
        slots.retain(|slot| !slot.place.literals().iter().any(|&l| taken(slot, l)));
        // What is no parameter any more may be a value that another one depends on, and so on.
        loop {
            let claimed: Vec<usize> = slots.iter().flat_map(|s| s.place.literals()).collect();
            let before = slots.len();
            slots.retain(|slot| {
                let said = &text[atoms[slot.first].start..atoms[slot.last - 1].end];
                let others = literals.all.iter().enumerate();
                !others
                    .filter(|(i, _)| !claimed.contains(i))
                    .any(|(_, literal)| depends(literal, &slot.place, said))
            });
            if slots.len() == before {
                break;
            }
        }
        (!slots.is_empty() && slots.len() <= MOST_SLOTS).then(|| Template {
            text: text.to_owned(),
            atoms,
            slots,
            literals,
        })
    }

    /// The SQL for a question that differs from this one in parameters only, with what was taken over; `None` when it differs
    /// in anything else, or when it is not clear in what. `asked` are the pieces of the question `text`.
    pub fn fill(
        &self,
        text: &str,
        asked: &[Atom],
        values: &dyn Values,
    ) -> Option<(String, Vec<Change>)> {
        let mut ways = Vec::new();
        self.lay(asked, (0, 0), &mut Vec::new(), &mut ways);
        if ways.len() >= MOST_WAYS {
            return None;
        }
        let mut filled = ways
            .iter()
            .filter_map(|way| self.filled(text, asked, way, values));
        let one = filled.next()?;
        // Two ways that both hold are two meanings.
        filled.all(|other| other.0 == one.0).then_some(one)
    }

    /// All ways to lay a question over this one: for each slot, the pieces that stand in it.
    fn lay(
        &self,
        asked: &[Atom],
        (at, new): (usize, usize),
        way: &mut Vec<(usize, usize)>,
        ways: &mut Vec<Vec<(usize, usize)>>,
    ) {
        if ways.len() >= MOST_WAYS {
            return;
        }
        let (Some(old), Some(atom)) = (self.atoms.get(at), asked.get(new)) else {
            if at == self.atoms.len() && new == asked.len() {
                ways.push(way.clone());
            }
            return;
        };
        let Some(slot) = self.slots.iter().find(|s| s.first == at) else {
            if old.same(atom) {
                self.lay(asked, (at + 1, new + 1), way, ways);
            }
            return;
        };
        let most = match slot.place {
            Place::Text { .. } => LONGEST_NAME.min(asked.len() - new),
            _ => 1,
        };
        for length in 1..=most {
            way.push((new, new + length));
            self.lay(asked, (slot.last, new + length), way, ways);
            way.pop();
        }
    }

    fn filled(
        &self,
        text: &str,
        asked: &[Atom],
        way: &[(usize, usize)],
        values: &dyn Values,
    ) -> Option<(String, Vec<Change>)> {
        let mut replaced: Vec<(usize, Value)> = Vec::new();
        let mut changes = Vec::new();
        for (slot, &(first, last)) in self.slots.iter().zip(way) {
            let (old, new) = (&self.atoms[slot.first..slot.last], &asked[first..last]);
            if old[old.len() - 1].possessive != new[new.len() - 1].possessive {
                return None;
            }
            let was = said(&self.text, old);
            let is = said(text, new);
            if old.len() == new.len() && old.iter().zip(new).all(|(a, b)| a.same(b)) {
                continue;
            }
            let here = match &slot.place {
                Place::Text { at, column, quoted } => {
                    vec![(*at, name_for(new, &is, *column, *quoted, values)?)]
                }
                place => moved(place, &new[0], &self.literals.all)?,
            };
            replaced.extend(here);
            changes.push(Change { old: was, new: is });
        }
        (!changes.is_empty()).then(|| (self.literals.with(&replaced), changes))
    }
}

/// The new literals of a number or of days; `None` when the new value cannot stand there.
fn moved(place: &Place, atom: &Atom, literals: &[Literal]) -> Option<Vec<(usize, Value)>> {
    match (place, &atom.kind) {
        (
            Place::Number {
                at,
                number: old,
                hundredth: part,
            },
            Kind::Number(new),
        ) => {
            let whole = !new.text.contains('.');
            // A limit, or the argument of a function, may take whole numbers only.
            let fits = whole || *part || old.text.contains('.') || literals[*at].compared;
            let year = old.as_year().is_none() || new.as_year().is_some();
            let sane = !new.text.starts_with('-') && new.text.len() <= MOST_DIGITS;
            if !fits || !year || !sane || !alike(old, new) {
                return None;
            }
            let digits = match part {
                true => hundredth(&new.text),
                false => new.text.clone(),
            };
            Some(vec![(*at, Value::Number(digits, false))])
        }
        (
            Place::Days {
                days: old,
                first,
                after,
                last,
            },
            kind,
        ) => {
            let new = match kind {
                Kind::Days(from, to) => (*from, *to),
                Kind::Number(number) => {
                    let year = number.as_year()?;
                    ((year, 1, 1), (year + 1, 1, 1))
                }
                _ => return None,
            };
            if grain(*old) != grain(new) {
                return None;
            }
            let ends = [(first, new.0), (after, new.1), (last, before(new.1))];
            let literal = |at: usize, new: Day| {
                let (_, rest) = day(&literals[at])?;
                let value = Value::SingleQuotedString(format!("{}{rest}", iso(new)));
                Some((at, value))
            };
            ends.into_iter()
                .filter_map(|(place, new)| place.map(|at| literal(at, new)))
                .collect()
        }
        _ => None,
    }
}

/// Whether days are one day, one month, a quarter or a year; `None` for other spans.
fn grain((from, to): (Day, Day)) -> Option<i32> {
    if next_day(from) == to {
        return Some(0);
    }
    let months = (to.0 - from.0) * 12 + to.1 as i32 - from.1 as i32;
    (from.2 == 1 && to.2 == 1 && [1, 3, 12].contains(&months)).then_some(months)
}

/// The text that a new name stands for: in quotation marks it is taken as it is where the old one was so too, otherwise it must
/// be stored in the column.
fn name_for(
    new: &[Atom],
    said: &str,
    column: Option<ColumnRef>,
    quoted: bool,
    values: &dyn Values,
) -> Option<Value> {
    if let [
        Atom {
            kind: Kind::Quoted(text),
            ..
        },
    ] = new
        && quoted
    {
        return Some(Value::SingleQuotedString(text.clone()));
    }
    let column = column?;
    let found = values.look_up(&[said.to_owned()], Some(&[column]));
    let stored = found.first()?.iter().filter(|v| v.column == column);
    let mut exact = stored.clone().filter(|v| v.found == ValueMatch::Exact);
    if let Some(one) = exact.next() {
        return Some(Value::SingleQuotedString(one.text.clone()));
    }
    let mut folded = stored.filter(|v| v.found == ValueMatch::Folded);
    let one = folded.next()?;
    folded
        .all(|other| other.text == one.text)
        .then(|| Value::SingleQuotedString(one.text.clone()))
}

#[cfg(test)]
mod tests;
