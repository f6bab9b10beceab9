//! In which units columns hold their numbers, as far as names and comments tell: `weight_kg`, "usage (kWh)", "in minutes".
//!
//! Invariant: a column has a unit only where its own name or comment says so. What is paid per unit is in money and not in the unit:
//! `price_per_kg` is no weight.

use super::super::language::{ENGLISH, UnitOfMeasure};
use super::lexicon::{Candidate, Lexicon, Target};
use super::names;
use super::nature::{self, Nature};
use crate::catalog::model::{Catalog, Column, ColumnRef, TypeClass};
use crate::question::tokens::stem;
use std::collections::BTreeMap;

/// What is known of the unit of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// One of these: a word may be the unit of two quantities.
    In(Vec<UnitOfMeasure>),
    /// Lengths of time of any unit.
    Interval,
}

/// The columns of which something is known.
pub type Units = BTreeMap<ColumnRef, Held>;

/// How well a column that is in the very unit, or in one that is converted to it, is named by the unit.
const SAME: f32 = 0.9;
/// How well what a short unit at the end of its name is short for names a column.
const SHORT: f32 = 0.94;
const CONVERTED: f32 = 0.85;

/// Learns what names and comments tell of the units of all columns, and the names that follow from a short unit: `walking_min` is a
/// walking time, and how many minutes that is.
pub(crate) fn learn(lexicon: &mut Lexicon, catalog: &Catalog) {
    let units = find(lexicon, catalog);
    for (at, held) in &units {
        let (Held::In(units), pieces) = (held, names::pieces(&catalog.column(*at).name)) else {
            continue;
        };
        let [rest @ .., last] = &pieces[..] else {
            continue;
        };
        let short = ENGLISH.units_in_name(last, false).is_empty();
        let by_name = !ENGLISH.units_in_name(last, true).is_empty();
        if rest.is_empty() || !short || !by_name {
            continue;
        }
        let rest: Vec<String> = rest.iter().map(|piece| stem(piece)).collect();
        if !matches!(&rest[..], [one] if names::is_grammar_word(one)) {
            lexicon.add(Target::Column(*at), rest.clone(), SHORT);
        }
        for unit in units {
            let words = ENGLISH.unit(*unit).into_iter().flat_map(|u| &u.words);
            let units = words.map(|word| vec![stem(word)]);
            let measured = ENGLISH.units[unit.quantity].words.iter().cloned();
            let measured = measured.filter(|_| is_length_of_time(*unit));
            for more in units.chain(measured) {
                let name = [&rest[..], &more[..]].concat();
                lexicon.add(Target::Column(*at), name, SHORT);
            }
        }
    }
    lexicon.units = units;
}

fn find(lexicon: &Lexicon, catalog: &Catalog) -> Units {
    let mut found = Units::new();
    for (t, table) in catalog.tables.iter().enumerate() {
        for (c, column) in table.columns.iter().enumerate() {
            let at = ColumnRef {
                table: t,
                column: c,
            };
            let number = nature::is_numeric(column.class)
                && !matches!(lexicon.nature(at), Nature::Identifier | Nature::Year);
            if column.class == TypeClass::Interval {
                found.insert(at, Held::Interval);
            } else if number {
                let mut units = by_name(column);
                if units.is_empty() {
                    units = by_comment(column);
                }
                if !units.is_empty() {
                    found.insert(at, Held::In(units));
                }
            }
        }
    }
    found
}

fn is_money(unit: &UnitOfMeasure) -> bool {
    let money = |words: &Vec<String>| ENGLISH.money_names.iter().any(|m| *words == [m.clone()]);
    ENGLISH.units[unit.quantity].words.iter().any(money)
}

/// Whether a word may be a currency after a number.
pub(crate) fn is_currency(word: &str) -> bool {
    ENGLISH.units_after_number(word).iter().any(is_money)
}

/// The unit at the end or at the start of a name.
fn by_name(column: &Column) -> Vec<UnitOfMeasure> {
    let pieces = names::pieces(&column.name);
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
        return Vec::new();
    };
    let mut units = ENGLISH.units_in_name(last, pieces.len() > 1);
    if units.is_empty() && pieces.len() > 1 {
        units = ENGLISH.units_in_name(first, false);
    }
    // What is paid, or done, per unit is not in it.
    let per = |piece: &String| ENGLISH.per_words.contains(piece);
    let rate = |piece: &String| {
        let long = ENGLISH.abbreviations.get(piece);
        let long = long.map_or(std::slice::from_ref(piece), Vec::as_slice);
        long.iter().any(|w| ENGLISH.per_unit.contains(w))
    };
    let unit = |piece: &&String| !ENGLISH.units_in_name(piece, false).is_empty();
    if pieces.iter().any(per) || pieces.iter().filter(unit).count() > 1 {
        return Vec::new();
    }
    let paid = pieces.iter().any(rate);
    units.retain(|unit| !paid || is_money(unit));
    told_by_words(units, &pieces)
}

/// Of several quantities that a unit may be of, those that the name speaks of.
fn told_by_words(units: Vec<UnitOfMeasure>, pieces: &[String]) -> Vec<UnitOfMeasure> {
    let stems: Vec<String> = pieces.iter().map(|p| stem(p)).collect();
    let named = |unit: &&UnitOfMeasure| {
        let mut words = ENGLISH.units[unit.quantity].words.iter();
        words.any(|words| words.iter().all(|w| stems.contains(w)))
    };
    let told: Vec<UnitOfMeasure> = units.iter().filter(named).copied().collect();
    if told.is_empty() { units } else { told }
}

/// The unit that a comment tells: "usage (kWh)", "in minutes"; none where it tells two.
fn by_comment(column: &Column) -> Vec<UnitOfMeasure> {
    let Some(comment) = &column.comment else {
        return Vec::new();
    };
    let mut found: Vec<Vec<UnitOfMeasure>> = Vec::new();
    let mut before: Option<&str> = None;
    for word in comment.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let alone = word.starts_with('(') && word.trim_end_matches(['.', ',', ';']).ends_with(')');
        let after = before.is_some_and(|w| {
            let word = w.trim_start_matches('(').to_lowercase();
            ENGLISH.in_words.contains(&word)
        });
        if alone || after {
            let units = ENGLISH.units_after_number(bare);
            if !units.is_empty() && !found.contains(&units) {
                found.push(units);
            }
        }
        if ENGLISH.per_words.contains(&bare.to_lowercase()) {
            return Vec::new();
        }
        before = Some(word);
    }
    match <[Vec<UnitOfMeasure>; 1]>::try_from(found) {
        Ok([units]) => units,
        Err(_) => Vec::new(),
    }
}

impl Lexicon {
    /// Whether a column holds what such units measure; `None` where its unit is not known.
    pub(crate) fn measures(&self, at: ColumnRef, units: &[UnitOfMeasure]) -> Option<bool> {
        Some(match self.units.get(&at)? {
            Held::In(own) => {
                let same = |u: &UnitOfMeasure| own.iter().any(|o| u == o || convertible(*o, *u));
                units.iter().any(same)
            }
            Held::Interval => units.iter().any(|u| is_length_of_time(*u)),
        })
    }

    /// Whether a column is in one of these very units.
    pub(crate) fn is_in(&self, at: ColumnRef, units: &[UnitOfMeasure]) -> bool {
        match self.units.get(&at) {
            Some(Held::In(own)) => own.iter().any(|o| units.contains(o)),
            _ => false,
        }
    }

    /// The columns that are measured in what a word means after a number, those in the same unit first.
    pub(crate) fn measured_in(&self, word: &str) -> Vec<Candidate> {
        let units = ENGLISH.units_after_number(word);
        let candidate = |at: &ColumnRef| {
            let same = self.is_in(*at, &units);
            let fits = same || self.measures(*at, &units) == Some(true);
            fits.then_some(Candidate {
                target: Target::Column(*at),
                score: if same { SAME } else { CONVERTED },
            })
        };
        self.units.keys().filter_map(candidate).collect()
    }
}

fn convertible(from: UnitOfMeasure, to: UnitOfMeasure) -> bool {
    let sized = |unit| ENGLISH.unit(unit).is_some_and(|u| u.size.is_some());
    from.quantity == to.quantity && sized(from) && sized(to)
}

/// Whether a unit is one of time.
pub(crate) fn is_length_of_time(unit: UnitOfMeasure) -> bool {
    let quantity = &ENGLISH.units[unit.quantity];
    let time = |words: &Vec<String>| words.iter().any(|w| ENGLISH.lasting.contains(w));
    quantity.words.iter().any(time)
}

/// The words of a name without the unit that it ends in, or what it is for one of: "height cm", "price per day".
pub(crate) fn without_unit(name: &[String]) -> &[String] {
    let is_per = |word: &String| ENGLISH.per_words.contains(word);
    if let Some(per) = name.iter().position(is_per).filter(|at| *at > 0) {
        return &name[..per];
    }
    // Also a short one: "length m".
    let is_unit = |last: &String| {
        ENGLISH.is_unit(last) || name.len() > 1 && !ENGLISH.units_in_name(last, true).is_empty()
    };
    match name.split_last() {
        Some((last, words)) if is_unit(last) => words,
        _ => name,
    }
}
