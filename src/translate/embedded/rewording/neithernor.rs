//! Two things that are denied at once: "members with neither an email nor a phone" have no email and no phone.
//!
//! Invariant: each of the two is denied by itself, word for word; what is then not understood is refused as ever.

use super::super::language::ENGLISH;
use super::super::language::wordclass::inflected;
use crate::question::tokens::{Token, tokenize};

/// A question in which both are denied one after the other.
pub(crate) fn denied(text: &str) -> String {
    both(text).unwrap_or_else(|| text.to_owned())
}

fn both(text: &str) -> Option<String> {
    let tokens = tokenize(text);
    let only = |list: &[String]| {
        let mut found = (0..tokens.len()).filter(|&i| list.contains(&tokens[i].lower));
        match (found.next(), found.next()) {
            (Some(at), None) => Some(at),
            _ => None,
        }
    };
    let neither = only(&ENGLISH.neither_words)?;
    let nor = only(&ENGLISH.nor_words)?;
    let before = tokens.get(neither.checked_sub(1)?)?;
    let (one, other) = (tokens.get(neither + 1)?, tokens.get(nor + 1)?);
    if nor < neither + 2 {
        return None;
    }
    let (verb, and) = (&before.lower, ENGLISH.joiners.first()?);
    let been = ENGLISH.perfect_words.contains(&one.lower);
    let has = ENGLISH.possession.contains(verb) || ENGLISH.attaching.contains(verb);
    let said = |from: &Token, to: &Token| &text[from.start..to.end];
    let (head, end) = (&text[..before.start], tokens.last()?);
    let (first, last) = (&tokens[nor - 1], end);
    if has && !been && !inflected(one) {
        let no = ENGLISH.no_words.first()?;
        let noun = |at: usize| {
            let article = ENGLISH.articles.contains(&tokens[at].lower)
                || ENGLISH.all_words.contains(&tokens[at].lower);
            tokens.get(at + usize::from(article))
        };
        let (one, other) = (noun(neither + 1)?, noun(nor + 1)?);
        return Some(format!(
            "{head}{verb} {no} {} {and} {no} {}{}",
            said(one, first),
            said(other, last),
            &text[end.end..]
        ));
    }
    if !has && !ENGLISH.copulas.contains(verb) {
        return None;
    }
    let not = ENGLISH.not_words.first()?;
    let again = match been && !ENGLISH.perfect_words.contains(&other.lower) {
        true => format!("{} ", one.lower),
        false => String::new(),
    };
    Some(format!(
        "{head}{verb} {not} {} {and} {verb} {not} {again}{}{}",
        said(one, first),
        said(other, last),
        &text[end.end..]
    ))
}

#[cfg(test)]
mod tests {
    use super::denied;

    #[test]
    fn each_of_the_two_is_denied() {
        for (text, wanted) in [
            (
                "Which pilots have neither an email nor a phone number?",
                "Which pilots have no email and no phone number?",
            ),
            (
                "gliders that are neither insured nor paid",
                "gliders that are not insured and are not paid",
            ),
            (
                "gliders that have neither been flown nor rented",
                "gliders that have not been flown and have not been rented",
            ),
            ("neither nor", "neither nor"),
            ("Neither of the two gliders", "Neither of the two gliders"),
        ] {
            assert_eq!(denied(text), wanted, "{text}");
        }
    }
}
