//! Where the value of a piece of a question stands in the SQL.
//!
//! Invariant: a place is given only when the value stands there and nowhere else; [`depends`] finds what may be made from it.

use super::atoms::{Atom, Kind};
use super::literals::Literal;
use crate::catalog::model::ColumnRef;
use crate::question::numbers::{Number, days_in_month, iso_date};
use crate::translate::embedded::time::dates::Day;
use sqlparser::ast::Value;

/// The longest name that is taken over, in pieces of the question.
pub const LONGEST_NAME: usize = 6;

/// Where the value of a parameter stands in the SQL: indexes of its literals.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Number {
        at: usize,
        number: Number,
        /// The SQL has a hundredth of it.
        hundredth: bool,
    },
    /// The first day; the day after the last one; the last one.
    Days {
        days: (Day, Day),
        first: Option<usize>,
        after: Option<usize>,
        last: Option<usize>,
    },
    Text {
        at: usize,
        column: Option<ColumnRef>,
        quoted: bool,
    },
}

impl Place {
    /// Indexes of its literals.
    pub fn literals(&self) -> Vec<usize> {
        match self {
            Place::Number { at, .. } | Place::Text { at, .. } => vec![*at],
            Place::Days {
                first, after, last, ..
            } => [first, after, last]
                .into_iter()
                .flatten()
                .copied()
                .collect(),
        }
    }
}

/// Pieces as they were typed, without quotation marks and the possessive ending.
pub fn said(text: &str, atoms: &[Atom]) -> String {
    if let [
        Atom {
            kind: Kind::Quoted(quoted),
            ..
        },
    ] = atoms
    {
        return quoted.clone();
    }
    let (Some(first), Some(last)) = (atoms.first(), atoms.last()) else {
        return String::new();
    };
    let whole = &text[first.start..last.end];
    if !last.possessive {
        return whole.to_owned();
    }
    let owner = whole.trim_end_matches(['\'', '’']);
    let owner = owner
        .strip_suffix("'s")
        .or_else(|| owner.strip_suffix("’s"))
        .unwrap_or(owner);
    owner.to_owned()
}

/// A number without what does not count: "10.50" is 10.5.
fn canonical(number: &str) -> String {
    let number = match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    };
    let whole = number.trim_start_matches('0');
    match whole.chars().next() {
        None => "0".into(),
        Some('.') => format!("0{whole}"),
        Some(_) => whole.to_owned(),
    }
}

/// A hundredth of a number that is not negative, without rounding.
pub fn hundredth(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let padded = format!("{whole:0>3}");
    let (up, down) = padded.split_at(padded.len() - 2);
    canonical(&format!("{up}.{down}{fraction}"))
}

fn digits(literal: &Literal) -> Option<String> {
    match &literal.value {
        Value::Number(digits, _) => Some(canonical(digits)),
        _ => None,
    }
}

/// The day that a literal names, and what is written after it: nothing, or midnight.
pub fn day(literal: &Literal) -> Option<(Day, String)> {
    let Value::SingleQuotedString(text) = &literal.value else {
        return None;
    };
    let (day, length) = iso_date(text)?;
    let rest = &text[length..];
    matches!(rest, "" | " 00:00" | " 00:00:00" | "T00:00:00").then(|| (day, rest.to_owned()))
}

/// The only literal that a test holds for: `Some(None)` when there is none.
fn only(literals: &[Literal], test: impl Fn(&Literal) -> bool) -> Option<Option<usize>> {
    let mut found = (0..literals.len()).filter(|&i| test(&literals[i]));
    let first = found.next();
    found.next().is_none().then_some(first)
}

/// Where the value of one piece stands in the SQL.
pub fn place(atom: &Atom, literals: &[Literal]) -> Option<Place> {
    match &atom.kind {
        Kind::Word => None,
        Kind::Quoted(text) => {
            let is = |l: &Literal| l.value == Value::SingleQuotedString(text.clone());
            let at = only(literals, is)??;
            Some(Place::Text {
                at,
                column: literals[at].column,
                quoted: true,
            })
        }
        Kind::Days(from, to) => day_place((*from, *to), literals),
        Kind::Number(number) if number.text.starts_with('-') => None,
        Kind::Number(number) => {
            let (whole, part) = (canonical(&number.text), hundredth(&number.text));
            let part = number.percent.then_some(part);
            let is =
                |l: &Literal| digits(l).is_some_and(|d| d == whole || Some(&d) == part.as_ref());
            match only(literals, is)? {
                Some(at) => Some(Place::Number {
                    at,
                    hundredth: digits(&literals[at]) != Some(whole),
                    number: number.clone(),
                }),
                None => {
                    let year = number.as_year()?;
                    day_place(((year, 1, 1), (year + 1, 1, 1)), literals)
                }
            }
        }
    }
}

fn day_place(days: (Day, Day), literals: &[Literal]) -> Option<Place> {
    let find = |wanted: Day| only(literals, |l| day(l).is_some_and(|(d, _)| d == wanted));
    let (first, after) = (find(days.0)?, find(days.1)?);
    let last = match days.0 == before(days.1) {
        true => None,
        false => find(before(days.1))?,
    };
    let one_day = days.0 == before(days.1);
    let right = match (first, after, last) {
        (Some(_), None, None) | (None, Some(_), None) => one_day,
        (Some(_), Some(_), None) | (Some(_), None, Some(_)) => true,
        _ => false,
    };
    right.then_some(Place::Days {
        days,
        first,
        after,
        last,
    })
}

/// The day before.
pub fn before((y, m, d): Day) -> Day {
    match (m, d) {
        (1, 1) => (y - 1, 12, 31),
        (_, 1) => (y, m - 1, days_in_month(y, m - 1)),
        _ => (y, m, d - 1),
    }
}

/// A name that stands in the SQL as the text of a known column, the longest first.
pub fn name(text: &str, atoms: &[Atom], at: usize, literals: &[Literal]) -> Option<(usize, Place)> {
    let most = LONGEST_NAME.min(atoms.len() - at);
    (1..=most).rev().find_map(|length| {
        let run = &atoms[at..at + length];
        if run.iter().any(|a| matches!(a.kind, Kind::Quoted(_))) {
            return None;
        }
        let said = said(text, run).to_lowercase();
        let is = |l: &Literal| matches!(&l.value, Value::SingleQuotedString(t) if t.to_lowercase() == said);
        let place = only(literals, is)??;
        let column = literals[place].column?;
        let place = Place::Text {
            at: place,
            column: Some(column),
            quoted: false,
        };
        Some((length, place))
    })
}

/// Whether a literal that is no parameter may be made from the value of one: it holds it, or it is the year beside it.
pub fn depends(literal: &Literal, place: &Place, said: &str) -> bool {
    let text = literal.value.clone().into_string();
    let numbers = |wanted: &str| match (&text, digits(literal)) {
        (Some(text), _) => text
            .split(|c: char| !c.is_ascii_digit())
            .any(|run| !run.is_empty() && run.trim_start_matches('0') == wanted),
        (None, Some(digits)) => digits == wanted,
        (None, None) => false,
    };
    let near_year = |year: i32| (year - 1..=year + 1).any(|y| numbers(&y.to_string()));
    match place {
        Place::Number { number, .. } => match number.as_year() {
            Some(year) => near_year(year),
            None => numbers(&canonical(&number.text)),
        },
        Place::Days { days, .. } => near_year(days.0.0) || near_year(days.1.0),
        Place::Text { .. } => {
            let said = said.trim_matches(['\'', '"', '`', '“', '”', '‘', '’', '«', '»']);
            text.is_some_and(|t| t.to_lowercase().contains(&said.to_lowercase()))
        }
    }
}
