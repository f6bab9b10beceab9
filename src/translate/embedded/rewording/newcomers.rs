//! Who signed up: "how many users signed up", "new signups per week", of a table whose rows say when they joined.
//!
//! Invariant: it is asked only of what no name and no value of the catalog explains, and of people whom the question does not name only where
//! a single table of them tells when they joined.

use super::super::language::ENGLISH;
use super::super::language::spelling::plural;
use super::super::language::wordclass::listed_at;
use super::super::schema::lexicon::Lexicon;
use crate::catalog::model::Catalog;
use crate::question::tokens::{Token, tokenize};

/// The question with the verb that the grammar reads, and with who signed up; `None` where it speaks of nobody who did.
pub(crate) fn of(text: &str, catalog: &Catalog, lexicon: &Lexicon) -> Option<String> {
    let tokens = tokenize(text);
    let verb = ENGLISH.joining.first()?;
    let mut said = String::new();
    let mut copied = 0;
    let mut at = 0;
    let mut put = |from: &Token, to: &Token, words: &str| {
        said.push_str(&text[copied..from.start]);
        said.push_str(words);
        copied = to.end;
    };
    let mut found = false;
    while at < tokens.len() {
        let is = |list: &[String]| listed_at(list, &tokens, at);
        let mut length = 1;
        if let Some(words) = is(&ENGLISH.signing_up) {
            length = words;
            put(&tokens[at], &tokens[at + length - 1], verb);
            found = true;
        } else if let Some(words) = is(&ENGLISH.sign_ups) {
            length = words;
            let new = format!("{} {verb}", who(catalog, lexicon)?);
            put(&tokens[at], &tokens[at + length - 1], &new);
            found = true;
        } else if is(&ENGLISH.anybody_words).is_some()
            && listed_at(&ENGLISH.signing_up, &tokens, at + 1).is_some()
            && !lexicon.names(&tokens[at].stem)
        {
            put(&tokens[at], &tokens[at], &who(catalog, lexicon)?);
        }
        at += length;
    }
    said.push_str(&text[copied..]);
    found.then_some(said)
}

/// The plural of the only things that tell when they joined.
fn who(catalog: &Catalog, lexicon: &Lexicon) -> Option<String> {
    let tables = (0..catalog.tables.len()).filter(|t| lexicon.role(*t).is_none());
    let mut joined = tables.filter(|t| lexicon.beginning(catalog, *t).is_some());
    let only = joined.next().filter(|_| joined.next().is_none())?;
    let name = catalog.tables[only].name.replace('_', " ");
    match super::super::language::ends_as_plural(&name) {
        true => Some(name),
        false => Some(plural(&name)),
    }
}
