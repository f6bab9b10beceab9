//! A question as the pieces of which each may be a parameter: words, numbers, dates and quoted texts.

use crate::question::numbers::Number;
use crate::question::tokens::{Token, TokenKind};
use crate::translate::embedded::mentions::annotate;
use crate::translate::embedded::time::dates::{Day, Moment};
use crate::translate::embedded::time::namedspans::Clock;
use crate::translate::embedded::time::timewords;

/// What a piece of a question is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A word, or a mark.
    Word,
    /// In digits or in words.
    Number(Number),
    /// The days from the first up to, not including, the second, named with their year.
    Days(Day, Day),
    Quoted(String),
}

/// A piece of a question.
#[derive(Clone, Debug)]
pub struct Atom {
    pub kind: Kind,
    lower: String,
    /// It ends in a possessive `'s`.
    pub possessive: bool,
    /// Byte offsets into the question.
    pub start: usize,
    pub end: usize,
}

impl Atom {
    /// Whether both mean the same, so that nothing is taken over.
    pub fn same(&self, other: &Atom) -> bool {
        let kinds = match (&self.kind, &other.kind) {
            (Kind::Word, Kind::Word) => self.lower == other.lower,
            (Kind::Number(a), Kind::Number(b)) => a.text == b.text && alike(a, b),
            (a, b) => a == b,
        };
        kinds && self.possessive == other.possessive
    }
}

/// Numbers of one sort: both per cent, both money, both ordinals, or none.
pub fn alike(a: &Number, b: &Number) -> bool {
    (a.percent, a.money, a.ordinal) == (b.percent, b.money, b.ordinal)
}

/// The pieces of a question, without the marks that end it.
pub fn atoms(tokens: &[Token]) -> Vec<Atom> {
    let mut atoms = Vec::new();
    let ends = |t: &Token| t.is_mark('?') || t.is_mark('.') || t.is_mark('!');
    let many = tokens.iter().rposition(|t| !ends(t)).map_or(0, |i| i + 1);
    let mut at = 0;
    while at < many {
        let (length, kind) = dated(&tokens[..many], at)
            .or_else(|| numbered(&tokens[..many], at))
            .unwrap_or_else(|| {
                let kind = match &tokens[at].kind {
                    TokenKind::Quoted(text) => Kind::Quoted(text.clone()),
                    _ => Kind::Word,
                };
                (1, kind)
            });
        let last = &tokens[at + length - 1];
        atoms.push(Atom {
            kind,
            lower: tokens[at].lower.clone(),
            possessive: last.possessive,
            start: tokens[at].start,
            end: last.end,
        });
        at += length;
    }
    atoms
}

/// Days that are named with their year. What depends on today or on the fiscal year is not: it stays as the approved statement has it.
fn dated(tokens: &[Token], at: usize) -> Option<(usize, Kind)> {
    // A year alone may be another number; what opens a phrase ("since", "between") is a word by itself.
    let clock = |today, fiscal_year_start| Clock {
        today,
        fiscal_year_start,
    };
    let (length, span) = timewords::whole(tokens, at, clock((2001, 1, 1), 1))?;
    if timewords::whole(tokens, at, clock((2102, 7, 15), 4))? != (length, span.clone()) {
        return None;
    }
    match (span.from, span.to) {
        (Some(Moment::Day(from)), Some(Moment::Day(to))) => Some((length, Kind::Days(from, to))),
        _ => None,
    }
}

fn numbered(tokens: &[Token], at: usize) -> Option<(usize, Kind)> {
    let (mut length, mut number) = annotate::number_at(tokens, at).or_else(|| {
        let TokenKind::Number(number) = &tokens[at].kind else {
            return None;
        };
        Some((1, number.clone()))
    })?;
    if let Some(next) = tokens.get(at + length)
        && matches!(next.lower.as_str(), "percent" | "%")
    {
        number.percent = true;
        length += 1;
    }
    Some((length, Kind::Number(number)))
}
