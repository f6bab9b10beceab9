//! Words that are misspelt: read as the one word nearest to them, with a warning.
//!
//! Invariant: only a word that has no meaning at all is taken for a misspelling: no name, no word of the language, no stored
//! value and no word that is known to look like another (`lookalikes.txt`). It is read otherwise when exactly one word of the
//! grammar or of the catalog's names comes near. A question in which one such word stays unknown is left as it was typed, so
//! that the refusal names its words. This prevents that a word of a condition is turned into a name that it is not.

use super::super::mentions::annotate::Segment;
use super::{ENGLISH, Op};
use crate::question::tokens::{Token, stem};
use std::collections::HashSet;
use std::sync::LazyLock;

/// A shorter word has too many words near it.
const SHORTEST: usize = 5;
/// From this length on one letter may stand for another, and two letters may be wrong or missing.
const LONG: usize = 7;
/// From this length of what is meant two letters may be missing.
const LONGER: usize = 8;
/// What shorter words of the grammar have: letters in another order ("taht").
const SHORTEST_OF_GRAMMAR: usize = 4;
/// The most words of one question that are read otherwise: a text with more is no question with slips.
const MOST: usize = 3;
/// How sure a question is for each word of it that is read otherwise.
pub(crate) const SURE: f32 = 0.97;

static LOOKALIKES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("../english/lookalikes.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .collect()
});

static GRAMMAR: LazyLock<Spelling> = LazyLock::new(|| Spelling::new(ENGLISH.words()));

/// Words that are spelt right, each with the set of its letters.
#[derive(Clone, Debug, Default)]
pub struct Spelling {
    words: Vec<(u32, String)>,
}

impl Spelling {
    /// Of these words and their plurals.
    pub fn new<'a>(words: impl Iterator<Item = &'a str>) -> Spelling {
        let mut all: Vec<String> = words
            .filter(|w| w.len() >= SHORTEST_OF_GRAMMAR && w.bytes().all(|b| b.is_ascii_lowercase()))
            .flat_map(|w| [w.to_owned(), plural(w)])
            .collect();
        all.sort_unstable();
        all.dedup();
        Spelling {
            words: all.into_iter().map(|w| (letters(&w), w)).collect(),
        }
    }

    /// The words at the least distance from a word, and the distance, not above what the lengths allow.
    fn nearest(&self, word: &str, best: &mut (usize, Vec<String>), shortest: usize) {
        let own = letters(word);
        for (set, other) in &self.words {
            let apart = word.len().abs_diff(other.len());
            if apart > 2 || (set ^ own).count_ones() > 4 || other.len() < shortest {
                continue;
            }
            let Some(distance) = slips(word, other) else {
                continue;
            };
            if distance < best.0 {
                *best = (distance, Vec::new());
            }
            if distance == best.0 && !best.1.contains(other) {
                best.1.push(other.clone());
            }
        }
    }
}

/// A bit for each letter that a word has.
fn letters(word: &str) -> u32 {
    let bit = |b: u8| 1 << (b.wrapping_sub(b'a') & 31);
    word.bytes().fold(0, |set, b| set | bit(b))
}

/// The plural of a noun, as it is spelt.
pub(crate) fn plural(word: &str) -> String {
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if word.ends_with(['s', 'x']) || word.ends_with("ch") => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// How many slips lie between a word and the one that is meant; `None` when it is more likely another word.
///
/// Slips are inside a word: its beginning and its end say which word it is ("director" and "directory").
fn slips(word: &str, meant: &str) -> Option<usize> {
    let same = |(a, b): &(u8, u8)| a == b;
    let first = word.bytes().zip(meant.bytes()).take_while(same).count();
    let last = word
        .bytes()
        .rev()
        .zip(meant.bytes().rev())
        .take_while(same)
        .count();
    let distance = strsim::osa_distance(word, meant);
    let swapped = word.len() == meant.len() && letters(word) == letters(meant);
    match distance {
        1 if swapped => Some(1),
        // Another letter instead of one makes another word more easily than one too few or too many.
        1 if word.len() == meant.len() => {
            (word.len() >= LONG && last > 0 && (first > 0 || last >= LONG)).then_some(1)
        }
        1 => (word.len() >= SHORTEST && first > 0 && last > 0).then_some(1),
        2 => (word.len() != meant.len()
            && meant.len() >= LONGER
            && word.len() >= LONG - 1
            && first > 1
            && last > 1)
            .then_some(2),
        _ => None,
    }
}

/// A word of the question, and the word that is read for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mended {
    pub typed: String,
    pub read: String,
}

/// The question with its misspelt words written right, and which they are; `None` when there is none, or when one of the
/// words that are not understood comes near to no single word.
pub(crate) fn mend(
    text: &str,
    tokens: &[Token],
    segments: &[Segment],
    names: &Spelling,
) -> Option<(String, Vec<Mended>)> {
    let mut right = String::with_capacity(text.len());
    let mut copied = 0;
    let mut mended = Vec::new();
    for (i, segment) in segments.iter().enumerate() {
        let token = &tokens[segment.first];
        let text_follows = i > 0 && segments[i - 1].ops.iter().any(|o| matches!(o, Op::Like(_)));
        if !is_unknown(segment) || text_follows || !segment.text.chars().any(char::is_alphanumeric)
        {
            continue;
        }
        let begins = i == 0 || segments[i - 1].is(Op::Sentence);
        let named = !begins && segment.text.starts_with(char::is_uppercase);
        if !token.is_word() || token.joined || named || mended.len() == MOST {
            return None;
        }
        let read = meant(&token.lower, segment, names)?;
        right.push_str(&text[copied..token.start]);
        right.push_str(&read);
        copied = token.start + token.lower.len();
        mended.push(Mended {
            typed: token.lower.clone(),
            read,
        });
    }
    right.push_str(text.get(copied..)?);
    (!mended.is_empty()).then_some((right, mended))
}

/// Nothing is known of it but stored values that are spelt otherwise.
fn is_unknown(segment: &Segment) -> bool {
    use crate::catalog::model::ValueMatch::Near;
    let mut rest = segment.clone();
    rest.values.retain(|v| !matches!(v.found, Near(_)));
    segment.last == segment.first + 1 && rest.is_unknown()
}

/// Whether a word is likelier a slip for a text than a word of its own.
pub(crate) fn is_slip(word: &str, text: &str) -> bool {
    let ascii = word.is_ascii() && text.is_ascii();
    // Letters with accents have no slips of their own: the likeness of the look-up decides.
    !ascii || slips(word, text).is_some()
}

/// Whether a word is one that only looks like others, or comes near to a word of the language or to a name.
pub(crate) fn is_word(word: &str, names: &Spelling) -> bool {
    let mut near = (usize::MAX, Vec::new());
    GRAMMAR.nearest(word, &mut near, SHORTEST_OF_GRAMMAR);
    names.nearest(word, &mut near, SHORTEST);
    LOOKALIKES.contains(word) || LOOKALIKES.contains(stem(word).as_str()) || !near.1.is_empty()
}

/// The one word that a misspelt one stands for.
fn meant(word: &str, segment: &Segment, names: &Spelling) -> Option<String> {
    let plain = word.len() >= SHORTEST_OF_GRAMMAR && word.bytes().all(|b| b.is_ascii_lowercase());
    let stemmed = stem(word);
    let known = |word: &str| LOOKALIKES.contains(word);
    if !plain || known(word) || known(&stemmed) {
        return None;
    }
    let mut best = (usize::MAX, Vec::new());
    GRAMMAR.nearest(word, &mut best, SHORTEST_OF_GRAMMAR);
    if word.len() >= SHORTEST {
        names.nearest(word, &mut best, SHORTEST);
    }
    // A stored value that is as near may be meant as well.
    let value = segment.values.iter().any(|value| {
        let text = value.text.to_lowercase();
        strsim::osa_distance(word, &text) <= best.0
    });
    let (first, rest) = best.1.split_first()?;
    let same = rest.iter().all(|other| stem(other) == stem(first));
    (same && !value).then(|| {
        let near = best.1.iter().min_by_key(|w| w.len().abs_diff(word.len()));
        near.unwrap_or(first).clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: &str) -> Option<String> {
        let names = ["mountain", "contract", "country", "visibility", "director"];
        let names = Spelling::new(names.into_iter());
        meant(word, &Segment::default(), &names)
    }

    #[test]
    fn a_slip_inside_a_word_is_mended() {
        let pairs = [
            ("mountian", "mountain"),
            ("mounatins", "mountains"),
            ("contarcts", "contracts"),
            ("visiblity", "visibility"),
            ("visibilty", "visibility"),
            ("minumum", "minimum"),
            ("htat", "that"),
        ];
        for (typed, right) in pairs {
            assert_eq!(read(typed).as_deref(), Some(right), "{typed}");
        }
    }

    #[test]
    fn another_word_is_left_alone() {
        // "countain" may be "contain" or "mountain".
        for word in [
            "countain",
            "contact",
            "county",
            "directory",
            "tory",
            "dat",
            "vision",
            "failed",
        ] {
            assert_eq!(read(word), None, "{word}");
        }
    }
}
