//! Short forms that comments write out: `lstg` where the comment says "Listings", `auctr_nm` where it says "Name of the auctioneer".
//!
//! Invariant: a piece of a name is read as a word only where that word stands at the beginning of the comment, holds the letters of the
//! piece in their order with the same first one, and where the comments of the catalog agree about it.

use super::super::language::ENGLISH;
use super::super::language::wordclass::holds_together;
use super::names::{is_grammar_word, is_part, pieces};
use super::prefixes::shortens;
use crate::catalog::model::Catalog;
use crate::question::tokens::{stem, tokenize};
use std::collections::{BTreeMap, HashMap};

/// A piece that is a word by itself is a short form only when it has no more letters.
const SHORT: usize = 3;
/// The least letters of a short form.
const LEAST: usize = 2;
/// More words of a comment are not looked at.
const MOST_WORDS: usize = 8;

/// The words that pieces of names are short forms of.
pub(super) fn told(catalog: &Catalog) -> HashMap<String, String> {
    // By piece, then by stem: how often, and the shortest form of the word.
    let mut votes: BTreeMap<String, BTreeMap<String, (usize, String)>> = BTreeMap::new();
    let columns = |t: &'_ crate::catalog::model::Table| -> Vec<(String, Option<String>)> {
        let columns = t.columns.iter().filter(|c| c.part.is_none());
        columns
            .map(|c| (c.name.clone(), c.comment.clone()))
            .collect()
    };
    for table in &catalog.tables {
        let own = std::iter::once((table.name.clone(), table.comment.clone()));
        for (name, comment) in own.chain(columns(table)) {
            let Some(comment) = comment else {
                continue;
            };
            let words = words(&comment);
            let mut found: Vec<(String, &str)> = Vec::new();
            for piece in pieces(&name) {
                let Some(word) = long(&piece, &words) else {
                    continue;
                };
                // Of two pieces the longer one is short for it: `cnd_cd` is the condition's code.
                match found.iter_mut().find(|(_, w)| *w == word) {
                    Some(same) if same.0.len() < piece.len() => same.0 = piece,
                    Some(_) => {}
                    None => found.push((piece, word)),
                }
            }
            for (piece, word) in found {
                let of_stem = votes.entry(piece).or_default();
                let (count, shortest) = of_stem.entry(stem(word)).or_insert((0, word.to_owned()));
                *count += 1;
                if word.len() < shortest.len() {
                    *shortest = word.to_owned();
                }
            }
        }
    }
    let mut told = HashMap::new();
    for (piece, of_stem) in votes {
        let all: usize = of_stem.values().map(|(count, _)| count).sum();
        let best = of_stem.into_values().max_by_key(|(count, _)| *count);
        if let Some((_, word)) = best.filter(|(count, _)| 2 * count > all) {
            told.insert(piece, word);
        }
    }
    told
}

/// The first words of a comment, in lower case.
fn words(comment: &str) -> Vec<String> {
    let end = comment.find([':', ';', '.', '=', '\n']);
    let tokens = tokenize(&comment[..end.unwrap_or(comment.len())]);
    let words = tokens.into_iter().filter(|t| t.is_word()).take(MOST_WORDS);
    words.map(|t| t.lower).collect()
}

/// The only word that a piece of a name is a short form of.
fn long<'a>(piece: &str, words: &'a [String]) -> Option<&'a str> {
    let letters = piece.chars().count();
    let is_word = is_part(piece) || is_grammar_word(piece);
    let first = tokenize(piece);
    // "on" of `left_on` is no owner, whoever left then.
    let small = first.first().is_some_and(holds_together);
    if small
        || letters < LEAST
        || !piece.chars().all(char::is_alphabetic)
        || is_word && letters > SHORT
        || words.iter().any(|w| w == piece || stem(w) == stem(piece))
    {
        return None;
    }
    // What the short form usually means stands there, or it says that the name is that of a key or of a day.
    let usual = ENGLISH.abbreviations.get(piece);
    let says = |w: &String| {
        let stem = stem(w);
        ENGLISH.keys.contains(&stem) || ENGLISH.date_words.contains(&stem)
    };
    if usual.is_some_and(|long| long.iter().all(says)) {
        return None;
    }
    if usual.is_some_and(|long| {
        long.iter()
            .all(|w| words.iter().any(|said| stem(said) == stem(w)))
    }) {
        return None;
    }
    let mut long = words.iter().filter(|w| {
        let grammar = tokenize(w).first().is_some_and(holds_together);
        !grammar && w.len() > piece.len() && shortens(piece, w)
    });
    let only = long.next()?;
    let same = long.all(|w| stem(w) == stem(only));
    same.then_some(only.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_writes_a_short_form_out() {
        let read = |piece: &str, comment: &str| long(piece, &words(comment)).map(str::to_owned);
        assert_eq!(
            read("skp", "Name of the skipper").as_deref(),
            Some("skipper")
        );
        assert_eq!(
            read("brth", "Berths of the harbour").as_deref(),
            Some("berths")
        );
        assert_eq!(read("mrg", "mooring (boats)").as_deref(), Some("mooring"));
        // A word by itself, one that stands there, and two that it may be.
        assert_eq!(read("list", "price of the listing"), None);
        assert_eq!(read("boat", "boat owners"), None);
        assert_eq!(read("st", "state of the storm"), None);
        assert_eq!(read("dt", "date of arrival"), None);
        // A preposition.
        assert_eq!(read("on", "day on which the owner left"), None);
        assert_eq!(read("at", "time of the attempt"), None);
    }
}
