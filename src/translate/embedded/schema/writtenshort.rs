//! Names that are written short throughout, and that nothing writes out: `SupplNm`, `Categ`, `RstLvl`.
//!
//! A word of a question is read as such a piece of a name where the piece is what it begins with, or its first letter with the consonants
//! after it.
//!
//! Invariant: only the names of tables of which several are written short are read so, only where nothing else in the catalog is called by
//! the word, and only where it can be one piece alone. Without this a word that has a name of its own in the schema would be taken for what
//! means nearly the same elsewhere: the category of a product for the type of a customer.

use super::super::language::{ENGLISH, Op};
use super::lexicon::Lexicon;
use super::names::{is_grammar_word, is_part, pieces};
use crate::catalog::model::Catalog;
use crate::question::tokens::{Token, stem};
use std::collections::BTreeSet;

/// From so many short pieces on the names of a table are written short.
const SEVERAL: usize = 2;
/// The least letters of a beginning, and of a word without its vowels.
const BEGINNING: usize = 4;
const CONSONANTS: usize = 3;

impl Lexicon {
    /// Learns the pieces of names that are written short.
    pub(crate) fn add_written_short(&mut self, catalog: &Catalog) {
        for table in &catalog.tables {
            let columns = table.columns.iter().filter(|c| c.part.is_none());
            let names = columns.map(|c| &c.name).chain([&table.name]);
            let own: BTreeSet<String> = names.flat_map(|name| pieces(name)).collect();
            let known = |piece: &str| ENGLISH.abbreviations.contains_key(piece);
            let short = |piece: &&String| known(piece) || has_no_vowel(piece);
            if own.iter().filter(short).count() < SEVERAL {
                continue;
            }
            let unread = own.into_iter().filter(|piece| {
                let long = piece.len() >= BEGINNING || has_no_vowel(piece);
                long && !known(piece) && !is_part(piece) && !is_grammar_word(piece)
            });
            self.written_short.extend(unread);
        }
    }

    /// Gives the words of a question that nothing is called by the stems of the pieces that are short for them.
    pub(crate) fn read_short_forms(&self, tokens: &mut [Token]) {
        if self.written_short.is_empty() {
            return;
        }
        for token in tokens.iter_mut().filter(|t| t.is_word()) {
            // A verb may be the name of what it makes: "review".
            let grammar = ENGLISH.phrases_at(std::slice::from_ref(token), 0);
            let works = |ops: &[Op]| ops.iter().any(|op| *op != Op::Link);
            if grammar.iter().any(|(_, ops)| works(ops)) || self.names(&token.stem) {
                continue;
            }
            let said = || forms(&token.lower).chain(forms(&token.stem));
            let found = said().filter_map(|f| self.written_short.get(&f));
            let mut found: BTreeSet<&String> = found.collect();
            if found.is_empty() {
                let some = |piece: &&String| {
                    holds_consonants(&token.lower, piece) || holds_consonants(&token.stem, piece)
                };
                found = self.written_short.iter().filter(some).collect();
            }
            if let (1, Some(piece)) = (found.len(), found.first()) {
                token.stem = stem(piece);
            }
        }
    }
}

/// Whether it is at least three consonants.
fn has_no_vowel(piece: &str) -> bool {
    piece.len() >= CONSONANTS
        && piece.bytes().all(|b| b.is_ascii_lowercase())
        && !piece.contains(vowel)
}

/// Whether a piece without vowels is some of the consonants of a word in their order, the first and the last of them among them: `trtmt`.
fn holds_consonants(word: &str, piece: &str) -> bool {
    let ends = |text: &str| (text.chars().next(), text.chars().next_back());
    let mut letters = word.chars();
    piece.len() >= BEGINNING
        && has_no_vowel(piece)
        && ends(piece) == ends(word)
        && piece.chars().all(|c| letters.by_ref().any(|l| l == c))
}

fn vowel(letter: char) -> bool {
    "aeiou".contains(letter)
}

/// The pieces that a word may be written short by: what it begins with, and its first letter with the consonants after it, double ones
/// written once or twice.
fn forms(word: &str) -> impl Iterator<Item = String> {
    let ends = word.char_indices().map(|(end, _)| end);
    let beginnings = ends
        .filter(|end| *end >= BEGINNING)
        .map(|end| word[..end].to_owned());
    let mut letters = word.chars();
    let consonants = letters
        .next()
        .into_iter()
        .chain(letters.filter(|c| !vowel(*c)));
    let twice: Vec<char> = consonants.collect();
    let mut once = twice.clone();
    once.dedup();
    let short = [twice, once]
        .into_iter()
        .map(|letters| letters.into_iter().collect::<String>());
    let short = short.filter(|form| (CONSONANTS..word.len()).contains(&form.len()));
    beginnings.chain(short)
}

#[cfg(test)]
mod tests {
    use super::forms;

    #[test]
    fn beginnings_and_consonants_are_short_forms() {
        let short = |piece: &str, word: &str| forms(word).any(|form| form == piece);
        for (piece, word) in [
            ("suppl", "suppliers"),
            ("categ", "category"),
            ("rst", "roast"),
            ("unt", "unit"),
            ("cmmnt", "comment"),
            ("cmnt", "comment"),
            ("größ", "größe"),
        ] {
            assert!(short(piece, word), "{piece} {word}");
        }
        for (piece, word) in [
            ("sup", "supplier"),
            ("rst", "result"),
            ("unt", "unity"),
            ("categ", "categ"),
        ] {
            assert!(!short(piece, word), "{piece} {word}");
        }
    }
}
