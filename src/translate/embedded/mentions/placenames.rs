//! Places that are stored under another of their names: "customers in the US" where the country is USA, "Italian airports".
//!
//! Invariant: another name is tried only where the words themselves are no stored value, only in columns that are called after such
//! places, and only as it stands. So a place that a table stores in two ways keeps the meaning that was typed.

use super::super::language::ENGLISH;
use super::super::schema::lexicon::Lexicon;
use super::super::schema::nature::Nature;
use super::annotate::{Segment, merge, weigh};
use crate::catalog::model::{ColumnRef, StoredValue, ValueMatch, Values};
use crate::question::tokens::{Token, stem};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The most tokens of a name: "United States of America", "U.S.".
const MOST_TOKENS: usize = 4;
/// The most columns that are looked at.
const MOST_COLUMNS: usize = 16;
/// Up to so many letters a name is a code, and is one only in capitals.
const CODE: usize = 3;

/// The names of one place.
struct Place {
    /// The stems of the words of which a column that holds such places has one.
    columns: Vec<String>,
    names: Vec<String>,
    adjectives: Vec<String>,
    /// Codes by which it is stored, and that nobody calls it by.
    codes: Vec<String>,
}

static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| read(include_str!("../english/places.txt")));

/// The places by their names and adjectives in lower case: a question asks for each run of its words.
static BY_NAME: LazyLock<HashMap<String, Vec<&Place>>> = LazyLock::new(|| {
    let mut by_name: HashMap<String, Vec<&Place>> = HashMap::new();
    for place in PLACES.iter() {
        for name in place.names.iter().chain(&place.adjectives) {
            by_name.entry(name.to_lowercase()).or_default().push(place);
        }
    }
    by_name
});

fn read(file: &str) -> Vec<Place> {
    let list = |text: &str| -> Vec<String> {
        let parts = text.split('|').map(str::trim);
        parts.filter(|p| !p.is_empty()).map(str::to_owned).collect()
    };
    let mut columns: Vec<String> = Vec::new();
    let mut places = Vec::new();
    let lines = file.lines().map(str::trim);
    for line in lines.filter(|l| !l.is_empty() && !l.starts_with('#')) {
        if let Some(words) = line.strip_suffix(':') {
            columns = list(words).iter().map(|word| stem(word)).collect();
            continue;
        }
        let mut lists = line.split(';').map(list);
        let mut next = || lists.next().unwrap_or_default();
        places.push(Place {
            columns: columns.clone(),
            names: next(),
            adjectives: next(),
            codes: next(),
        });
    }
    places
}

impl Place {
    /// The place is called so: in any case, but by a code in its own.
    fn is_called(&self, written: &str) -> bool {
        let mut said = self.names.iter().chain(&self.adjectives);
        said.any(|name| match name.len() <= CODE {
            true => name == written,
            false => name.to_lowercase() == written.to_lowercase(),
        })
    }

    /// The first place that is called so.
    fn called(written: &str) -> Option<&'static Place> {
        let places = BY_NAME.get(&written.to_lowercase())?;
        places.iter().copied().find(|p| p.is_called(written))
    }
}

/// The columns that such a place may stand in.
fn columns_of(place: &Place, lexicon: &Lexicon) -> Vec<ColumnRef> {
    let mut found = Vec::new();
    for (table, words) in lexicon.tables.iter().enumerate() {
        for (column, stems) in words.columns.iter().enumerate() {
            let at = ColumnRef { table, column };
            // The key of a country is a number, its code may be "DE".
            let key = stems.last().is_some_and(|s| ENGLISH.id_words.contains(s));
            let number = match lexicon.nature(at) {
                Nature::Identifier => key,
                nature => matches!(nature, Nature::Amount | Nature::Rate),
            };
            if stems.iter().any(|s| place.columns.contains(s)) && !number {
                found.push(at);
            }
            if found.len() == MOST_COLUMNS {
                return found;
            }
        }
    }
    found
}

/// Gives the words from `at` on what they are stored as, where they are a place that is stored under another of its names.
pub(crate) fn stored_otherwise(
    here: &mut Vec<(f32, Segment)>,
    text: &str,
    tokens: &[Token],
    at: usize,
    lexicon: &Lexicon,
    values: &dyn Values,
) {
    for length in (1..=MOST_TOKENS.min(tokens.len() - at)).rev() {
        let span = &tokens[at..at + length];
        if !span[0].is_word() || !span.iter().all(|t| t.is_word() || t.is_mark('.')) {
            continue;
        }
        let written = text[span[0].start..span[length - 1].end].replace('.', "");
        let Some(place) = Place::called(&written) else {
            continue;
        };
        let near = |v: &StoredValue| matches!(v.found, ValueMatch::Near(_));
        let known = |(_, s): &(f32, Segment)| s.last >= at + length && !s.values.iter().all(near);
        if here.iter().any(known) {
            return;
        }
        let stored = names_stored(place, lexicon, values);
        if !stored.is_empty() {
            merge(here, text, tokens, at, length, weigh(length, 1.0), |s| {
                s.values = stored;
            });
        }
        return;
    }
}

/// The values by which a place is stored, none where one column has several.
fn names_stored(place: &Place, lexicon: &Lexicon, values: &dyn Values) -> Vec<StoredValue> {
    let columns = columns_of(place, lexicon);
    if columns.is_empty() {
        return Vec::new();
    }
    let mut stored: Vec<StoredValue> = Vec::new();
    let names = [&place.names[..], &place.codes].concat();
    for value in values.look_up(&names, Some(&columns)).into_iter().flatten() {
        let code = place
            .codes
            .iter()
            .any(|code| code.eq_ignore_ascii_case(&value.text));
        // A code is stored in capitals.
        let as_it_stands = match value.found {
            ValueMatch::Exact => true,
            ValueMatch::Folded => !code,
            _ => false,
        };
        let again = |s: &StoredValue| s.column == value.column && s.text == value.text;
        if as_it_stands && !stored.iter().any(again) {
            stored.push(StoredValue {
                found: ValueMatch::Folded,
                ..value
            });
        }
    }
    // One column that stores it in two ways has two meanings of the words.
    let twice = |v: &StoredValue| stored.iter().filter(|s| s.column == v.column).count() > 1;
    match stored.iter().any(twice) {
        true => Vec::new(),
        false => stored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_called_by_their_names_and_adjectives() {
        let called = |written: &str| PLACES.iter().filter(|p| p.is_called(written)).count();
        for written in [
            "USA",
            "US",
            "united states",
            "American",
            "Italian",
            "California",
            "CA",
        ] {
            assert_eq!(called(written), 1, "{written}");
            assert!(Place::called(written).is_some(), "{written}");
        }
        for written in ["us", "in", "or", "Atlantis", "can"] {
            assert_eq!(called(written), 0, "{written}");
            assert!(Place::called(written).is_none(), "{written}");
        }
    }

    #[test]
    fn no_name_is_that_of_two_places_of_one_kind() {
        for (i, place) in PLACES.iter().enumerate() {
            for name in place.names.iter().chain(&place.adjectives) {
                let other = PLACES[i + 1..]
                    .iter()
                    .find(|p| p.columns == place.columns && p.is_called(name));
                assert!(other.is_none(), "{name}");
            }
        }
    }
}
