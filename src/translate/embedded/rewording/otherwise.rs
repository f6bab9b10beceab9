//! Other words for what the grammar reads, at the end of a question: "…, understudies excluded" is "… excluding understudies".
//!
//! Invariant: nothing is left out. What stands for the star is kept word for word, and the rest is put in words that say the same; what
//! is then not understood is refused as ever.

use crate::question::tokens::{Token, TokenKind, tokenize};
use std::sync::LazyLock;

/// The most words that stand for a star.
const MOST_WORDS: usize = 5;

/// A part of an ending.
enum Piece {
    /// A mark that separates parts.
    Mark,
    Word(String),
    Star,
}

struct Wording {
    ending: Vec<Piece>,
    /// What stands for it, before and after the words of the star.
    before: String,
    after: String,
}

static WORDINGS: LazyLock<Vec<Wording>> =
    LazyLock::new(|| read(include_str!("../english/wordings.txt")));

fn read(file: &str) -> Vec<Wording> {
    let lines = file.lines().map(str::trim);
    let lines = lines.filter(|l| !l.is_empty() && !l.starts_with('#'));
    let wording = |line: &str| {
        let (ending, words) = line.split_once('=')?;
        let (before, after) = words.split_once('*')?;
        let piece = |word: &str| match word {
            "," => Piece::Mark,
            "*" => Piece::Star,
            word => Piece::Word(word.to_owned()),
        };
        Some(Wording {
            ending: ending.split_whitespace().map(piece).collect(),
            before: before.trim().to_owned(),
            after: after.trim().to_owned(),
        })
    };
    lines.filter_map(wording).collect()
}

/// A question with such endings in the words of the grammar.
pub(crate) fn worded(text: &str) -> String {
    let tokens = tokenize(text);
    let tokens = super::without_end(&tokens);
    let found = WORDINGS.iter().find_map(|wording| {
        let (start, star) = wording.matches(tokens)?;
        Some((wording, start, star))
    });
    let Some((wording, start, (first, last))) = found else {
        return text.to_owned();
    };
    let kept = &text[tokens[first].start..tokens[last - 1].end];
    let head = &text[..tokens[start - 1].end];
    let said = [head, &wording.before, kept, &wording.after];
    let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
    said.join(" ")
}

impl Wording {
    /// Where such an ending begins, and the words of its star.
    fn matches(&self, tokens: &[Token]) -> Option<(usize, (usize, usize))> {
        let star = self.ending.iter().position(|p| matches!(p, Piece::Star))?;
        let after = self.ending.len() - star - 1;
        let last = tokens.len().checked_sub(after)?;
        (1..=MOST_WORDS).find_map(|words| {
            let first = last.checked_sub(words)?;
            let start = first.checked_sub(star)?;
            // Something is asked for before it.
            let pieces = self.ending.iter().enumerate().filter(|(i, _)| *i != star);
            let fits = |(i, piece): (usize, &Piece)| {
                let at = if i < star {
                    start + i
                } else {
                    last + i - star - 1
                };
                match piece {
                    Piece::Mark => super::separates(&tokens[at]),
                    Piece::Word(word) => tokens[at].is_word() && tokens[at].lower == *word,
                    Piece::Star => false,
                }
            };
            let plain = |t: &Token| !matches!(t.kind, TokenKind::Mark(_));
            let fitting =
                start > 0 && pieces.into_iter().all(fits) && tokens[first..last].iter().all(plain);
            fitting.then_some((start, (first, last)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::worded;

    #[test]
    fn endings_are_put_in_the_words_of_the_grammar() {
        let cases = [
            (
                "Fees by voice, understudies excluded",
                "Fees by voice excluding understudies",
            ),
            (
                "Sales by shop. Leave out returned orders.",
                "Sales by shop excluding returned orders",
            ),
            (
                "Who sang? No stand-ins please",
                "Who sang excluding stand-ins",
            ),
            (
                "Goals by player, own goals not counted",
                "Goals by player excluding own goals",
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(worded(text), wanted, "{text}");
        }
        for text in [
            "leave out returned orders",
            "orders excluded",
            "orders that are not counted",
            "names, ages and the rooms that are excluded from sale",
        ] {
            assert_eq!(worded(text), text);
        }
    }
}
