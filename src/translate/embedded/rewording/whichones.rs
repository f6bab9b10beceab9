//! A question whether there is something, and which: "Is there a shop without a sale? Which one?", "Has any pilot never flown? Tell me who."
//!
//! Invariant: only where the last part asks for them are the things themselves asked for; a question whether there is one is left as it
//! is.

use super::super::language::ENGLISH;
use super::super::language::wordclass::listed_at;
use crate::question::tokens::tokenize;

/// Such a question as one for the things: "which shop without a sale".
pub(crate) fn asked(text: &str) -> String {
    which(text).unwrap_or_else(|| text.to_owned())
}

fn which(text: &str) -> Option<String> {
    let tokens = tokenize(text);
    let opening = listed_at(&ENGLISH.existence_openings, &tokens, 0)?;
    let said = super::without_end(&tokens);
    // The last part, after a comma or the end of a sentence.
    let mark = said.iter().rposition(super::separates)?;
    let part = &said[mark + 1..];
    let asks = listed_at(&ENGLISH.which_ones, part, 0)? == part.len();
    let which = ENGLISH.choices.first()?;
    let (first, last) = (tokens.get(opening)?, &tokens[mark.checked_sub(1)?]);
    (asks && first.start < last.end).then(|| format!("{which} {}", &text[first.start..last.end]))
}

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn the_things_are_asked_for_where_they_are() {
        for (text, wanted) in [
            (
                "Has any pilot never flown a glider? Tell me who.",
                "which pilot never flown a glider",
            ),
            (
                "Are there any hangars without a glider, and which ones?",
                "which hangars without a glider",
            ),
            (
                "Is there a hangar without a glider?",
                "Is there a hangar without a glider?",
            ),
            ("Which one?", "Which one?"),
        ] {
            assert_eq!(asked(text), wanted, "{text}");
        }
    }
}
