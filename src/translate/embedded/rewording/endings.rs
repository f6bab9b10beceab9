//! What is said after what is asked for: "…, each once", "…, busiest clinic on top", "…, makes in alphabetical order".
//!
//! `english/endings.txt` holds the forms of such a part of a question, from one mark to the next, and the words for it that the grammar
//! reads. Invariant: the part becomes what it means and nothing else is touched; what repeats a noun must repeat one that was said before,
//! so that a column which is asked for is never taken for the column of an order.

use super::super::language::ENGLISH;
use super::paraphrases::{Paraphrase, in_words};
use crate::question::tokens::{Token, tokenize};

/// Longer parts of a question have no form.
const MOST_TOKENS: usize = 8;

/// A question whose parts are put as the grammar reads them.
pub(crate) fn put(text: &str) -> String {
    let tokens = tokenize(text);
    let mut put = text.to_owned();
    let mut end = tokens.len();
    // From the last part to the second, so that what stands before keeps its place.
    for at in (0..tokens.len()).rev() {
        if !super::separates(&tokens[at]) {
            continue;
        }
        let part = &tokens[at + 1..end];
        end = at;
        let (Some(first), Some(last)) = (part.first(), part.last()) else {
            continue;
        };
        if part.len() <= MOST_TOKENS
            && let Some(said) = meaning(text, &tokens[..at], part)
        {
            put.replace_range(first.start..last.end, &said);
        }
    }
    put
}

/// What a part of a question means, after what is said before it.
fn meaning(text: &str, before: &[Token], part: &[Token]) -> Option<String> {
    let again = |slot: &[Token]| {
        let said = |t: &Token| before.iter().any(|b| b.stem == t.stem);
        slot.iter().all(said)
    };
    let of = |form: &Paraphrase| in_words(form, text, part, &again);
    ENGLISH.afterwords.iter().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::put;

    #[test]
    fn endings_are_put_in_the_words_of_the_grammar() {
        for (text, wanted) in [
            (
                "All colours we sell, each once, alphabetically",
                "All colours we sell, distinct, alphabetically",
            ),
            (
                "Berths per harbour, harbours in alphabetical order",
                "Berths per harbour, in alphabetical order of harbours",
            ),
            (
                "Sails by loft, busiest loft on top",
                "Sails by loft, busiest first",
            ),
            (
                "Which loft has the most sails, and how many of each?",
                "Which loft has the most sails, how many?",
            ),
            (
                "Names of the lofts, city in alphabetical order",
                "Names of the lofts, city in alphabetical order",
            ),
            ("each once", "each once"),
            ("", ""),
        ] {
            assert_eq!(put(text), wanted, "{text}");
        }
    }
}
