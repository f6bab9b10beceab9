//! What kind of word a token is, by itself and by the word before it; phrases of a list at a token.

use super::super::sql::measures::singular;
use super::{ENGLISH, Op};
use crate::question::tokens::Token;

/// A word with the ending of a verb.
pub(crate) fn inflected(token: &Token) -> bool {
    token.stem != token.lower && ENGLISH.ends_as_verb(&token.lower)
}

/// A word in lower case that says what was done: "billed", "sold".
pub(crate) fn is_participle(word: &str) -> bool {
    ENGLISH.ends_as_verb(word) || ENGLISH.irregular_participles.iter().any(|p| p == word)
}

/// A word that says what is done, was done or is to be: "trips arriving", "clubs located", "payments due".
pub(crate) fn says_what(token: &Token) -> bool {
    let mut endings = ENGLISH.going_on.iter();
    inflected(token)
        || endings.any(|end| token.lower.ends_with(end))
        || ENGLISH.due.contains(&token.stem)
}

/// "the state", "each report", "in California state?": a request by its word, but a noun where it stands.
pub(crate) fn asked_for(tokens: &[Token], at: usize) -> bool {
    let ops = |at: usize| ENGLISH.phrases_at(&tokens[at..=at], 0);
    let ask = ops(at).iter().any(|(_, ops)| *ops == [Op::Ask]);
    let ends = |token: &Token| {
        let phrases = ENGLISH.phrases_at(std::slice::from_ref(token), 0);
        phrases.iter().any(|(_, ops)| ops.contains(&Op::Sentence))
    };
    ask && at.checked_sub(1).is_some_and(|before| {
        let word = &tokens[before].lower;
        let last = tokens[before].is_word() && tokens.get(at + 1).is_none_or(ends);
        // "on display" is no request; "to display" may be one.
        let placed = ops(before)
            .iter()
            .any(|(_, ops)| ops.contains(&Op::Preposition))
            && !ENGLISH.is_direction(word);
        last || placed
            || ENGLISH.articles.contains(word)
            || ENGLISH.choices.contains(word)
            || ops(before).iter().any(|(_, ops)| ops.contains(&Op::Each))
    })
}

/// A verb that only says that two things belong together.
pub(crate) fn links(token: &Token) -> bool {
    let phrases = ENGLISH.phrases_at(std::slice::from_ref(token), 0);
    phrases.iter().any(|(_, ops)| ops.contains(&Op::Link))
}

/// Words such as "the", "of" and "is", which are no value by themselves.
pub(crate) fn is_functional(token: &Token) -> bool {
    let phrases = ENGLISH.phrases_at(std::slice::from_ref(token), 0);
    phrases.iter().any(|(_, ops)| ops.contains(&Op::Ask)) || holds_together(token)
}

/// As [`is_functional`], without what asks for something in a question: a comment may speak of a state or a list.
pub(crate) fn holds_together(token: &Token) -> bool {
    ENGLISH
        .phrases_at(std::slice::from_ref(token), 0)
        .iter()
        .any(|(_, ops)| {
            ops.iter().any(|o| {
                matches!(
                    o,
                    Op::Filler
                        | Op::Of
                        | Op::Preposition
                        | Op::And
                        | Op::Or
                        | Op::With
                        | Op::By
                        | Op::Each
                        | Op::Not
                )
            })
        })
}

/// The tokens of the longest phrase of a list at a token.
pub(crate) fn listed_at(list: &[String], tokens: &[Token], at: usize) -> Option<usize> {
    let fits = |phrase: &String| {
        let words: Vec<&str> = phrase.split(' ').collect();
        let here = tokens.get(at..at + words.len())?;
        let same = here
            .iter()
            .zip(&words)
            .all(|(token, word)| token.lower == *word);
        same.then_some(words.len())
    };
    list.iter().filter_map(fits).max()
}

/// Whether two words in small letters are one, each in the singular or the plural: "approver" and "approvers", but not "approved", which has
/// the same stem.
pub fn is_same_word(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let plural = long.strip_prefix(short);
    let plural = plural.is_some_and(|rest| ENGLISH.plural_forms.iter().any(|form| form == rest));
    a == b || plural || singular(a) == singular(b)
}
