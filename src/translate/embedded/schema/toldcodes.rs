//! Codes that the comment of a column explains: "customer type: P private, C company" makes "company" a word for C.
//!
//! Invariant: a comment gives a code its words only where the code is stored, and where it explains at least two of those that are: a
//! sentence that happens to hold a letter explains nothing.

use super::super::language::{ENGLISH, stems};
use super::lexicon::Lexicon;
use crate::catalog::model::{Catalog, ColumnRef, StoredValue, ValueMatch, Values};
use crate::question::tokens::tokenize;
use std::collections::HashMap;

/// So many columns with comments are looked at.
const MOST_COLUMNS: usize = 256;
/// A list of codes has no more.
const MOST_CODES: usize = 12;
/// The longest explanation of a code, in words.
const MOST_WORDS: usize = 3;

/// Codes by the stems of the words that explain them.
pub(crate) type Codes = HashMap<Vec<String>, Vec<(ColumnRef, String)>>;

/// The codes that the comments of a catalog explain.
pub(crate) fn find(catalog: &Catalog, values: &dyn Values) -> Codes {
    let mut codes = Codes::new();
    let mut looked_at = 0;
    for (t, table) in catalog.tables.iter().enumerate() {
        for (c, column) in table.columns.iter().enumerate() {
            let Some(comment) = column.comment.as_deref().filter(|_| column.part.is_none()) else {
                continue;
            };
            if lists(comment).iter().all(|items| items.len() < 2) {
                continue;
            }
            if looked_at == MOST_COLUMNS {
                return codes;
            }
            looked_at += 1;
            let at = ColumnRef {
                table: t,
                column: c,
            };
            let stored = values.common(at, MOST_CODES + 1);
            if stored.len() > MOST_CODES {
                continue;
            }
            for (code, words) in explained(comment, &stored) {
                codes.entry(words).or_default().push((at, code));
            }
        }
    }
    codes
}

/// The parts of the lists that a comment may have: after its label without what stands in parentheses, "R = retail (online shop)",
/// and in its parentheses.
fn lists(comment: &str) -> Vec<Vec<String>> {
    let (mut plain, mut aside) = (String::new(), None);
    let mut rest = comment;
    while let Some((before, after)) = rest.split_once('(') {
        let (inside, after) = after.split_once(')').unwrap_or((after, ""));
        plain.push_str(before);
        aside.get_or_insert(inside);
        rest = after;
    }
    plain.push_str(rest);
    let list = plain.split_once(':').map_or(&*plain, |(_, list)| list);
    std::iter::once(list).chain(aside).map(items).collect()
}

/// The parts of a list.
fn items(list: &str) -> Vec<String> {
    let joins = |word: &str| {
        let mut words = ENGLISH.joiners.iter().chain(&ENGLISH.or_words);
        words.any(|w| w == word)
    };
    let mut items = Vec::new();
    for part in list.split([',', ';', '/', '|']) {
        let words: Vec<&str> = part.split_whitespace().collect();
        let words = words.split(|word| joins(word));
        items.extend(words.map(|w| w.join(" ")).filter(|i| !i.is_empty()));
    }
    items
}

/// The codes among `stored` that a comment explains, with the stems of the words for each.
pub(super) fn explained(comment: &str, stored: &[String]) -> Vec<(String, Vec<String>)> {
    let lists = lists(comment).into_iter();
    let mut told = lists.map(|items| listed(items, stored));
    told.find(|found| !found.is_empty()).unwrap_or_default()
}

/// The codes that the parts of one list explain, where they are several.
fn listed(items: Vec<String>, stored: &[String]) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for item in items {
        let mark = |c: char| "'\"=.:-–".contains(c);
        let words: Vec<&str> = item
            .split_whitespace()
            .map(|w| w.trim_matches(mark))
            .filter(|w| !w.is_empty() && !ENGLISH.state_links.iter().any(|l| l == w))
            .collect();
        let code = |word: &str| stored.iter().find(|s| *s == word);
        let (code, words) = match (&words[..], item.split_once('=')) {
            ([first, rest @ ..], _) if code(first).is_some() => (code(first), rest),
            ([rest @ .., last], Some(_)) if code(last).is_some() => (code(last), rest),
            _ => continue,
        };
        let Some(code) = code.filter(|_| (1..=MOST_WORDS).contains(&words.len())) else {
            continue;
        };
        let words = words.join(" ").to_lowercase();
        let plain = tokenize(&words).iter().all(|t| t.is_word());
        if plain && words != code.to_lowercase() && found.iter().all(|(c, _)| c != code) {
            found.push((code.clone(), stems(&words)));
        }
    }
    if found.len() < 2 {
        found.clear();
    }
    found
}

/// Stored values, with those whose codes are explained under the words for them.
pub(crate) struct WithCodes<'a> {
    pub values: &'a dyn Values,
    pub lexicon: &'a Lexicon,
}

impl Values for WithCodes<'_> {
    fn look_up(&self, phrases: &[String], within: Option<&[ColumnRef]>) -> Vec<Vec<StoredValue>> {
        let mut found = self.values.look_up(phrases, within);
        if self.lexicon.codes.is_empty() {
            return found;
        }
        for (phrase, found) in phrases.iter().zip(&mut found) {
            let said = stems(&phrase.to_lowercase());
            let codes = self.lexicon.codes.get(&said).into_iter().flatten();
            let codes: Vec<StoredValue> = codes
                .filter(|(at, _)| within.is_none_or(|within| within.contains(at)))
                .map(|(at, code)| StoredValue {
                    column: *at,
                    text: code.clone(),
                    // A comment says so: as good as if it were written there.
                    found: ValueMatch::Exact,
                })
                .collect();
            if codes.is_empty() {
                continue;
            }
            // What is only near is not meant where the word itself is explained.
            found.retain(|v| !matches!(v.found, ValueMatch::Near(_)));
            let exact = found.iter().take_while(|v| v.found <= ValueMatch::Exact);
            let at = exact.count();
            found.splice(at..at, codes);
        }
        found
    }

    fn common(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        self.values.common(column, limit)
    }

    fn documents(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        self.values.documents(column, limit)
    }

    fn is_closed(&self, column: ColumnRef) -> bool {
        self.values.is_closed(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_explains_codes_that_are_stored() {
        let read = |comment: &str, stored: &[&str]| -> Vec<String> {
            let stored: Vec<String> = stored.iter().map(|s| (*s).to_owned()).collect();
            explained(comment, &stored)
                .into_iter()
                .map(|(code, words)| format!("{code} {}", words.join(" ")))
                .collect()
        };
        assert_eq!(
            read("kind: S sloop, K ketch or Y yawl", &["S", "K", "Y"]),
            ["S sloop", "K ketch", "Y yawl"]
        );
        assert_eq!(
            read("kind: S sloop, K ketch", &["S", "K"]),
            ["S sloop", "K ketch"]
        );
        assert_eq!(
            read("1 = moored, 2 = at sea", &["1", "2"]),
            ["1 moor", "2 at sea"]
        );
        assert_eq!(
            read("sloop = S; ketch = K", &["S", "K"]),
            ["S sloop", "K ketch"]
        );
        assert_eq!(
            read("S = sloop (one mast), K = ketch (two)", &["S", "K"]),
            ["S sloop", "K ketch"]
        );
        assert_eq!(
            read("rig (S sloop, K ketch)", &["S", "K"]),
            ["S sloop", "K ketch"]
        );
        // Not stored, or only one of them.
        assert!(read("kind: S sloop, K ketch", &["X", "Y"]).is_empty());
        assert!(read("kind: S sloop, K ketch", &["S"]).is_empty());
        assert!(read("a boat, a ship", &["S"]).is_empty());
    }
}
