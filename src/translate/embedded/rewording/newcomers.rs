//! Who signed up: "how many users signed up", "new signups per week", of a table whose rows say when they joined. "Signups" are rows of it:
//! those who joined where a time is asked for, else all that there are.
//!
//! Invariant: it is asked only of what no name and no value of the catalog explains, and of people whom the question does not name only
//! where a single table of them tells when they joined.

use super::super::language::spelling::plural;
use super::super::language::wordclass::listed_at;
use super::super::language::{Aggregate, ENGLISH, Op};
use super::super::schema::lexicon::Lexicon;
use crate::catalog::model::Catalog;
use crate::question::tokens::{Token, tokenize};

/// The question with the verb that the grammar reads, and with who signed up; `None` where it speaks of nobody who did.
pub(crate) fn of(text: &str, catalog: &Catalog, lexicon: &Lexicon) -> Vec<String> {
    let Some(verb) = ENGLISH.joining.first() else {
        return Vec::new();
    };
    let joined = worded(text, verb, catalog, lexicon);
    // "signups by state" are all that there are.
    let all = || worded(text, "", catalog, lexicon).filter(|all| Some(all) != joined.as_ref());
    joined.clone().into_iter().chain(all()).collect()
}

/// The question with this verb; without one only where no other form of it is said.
fn worded(text: &str, verb: &str, catalog: &Catalog, lexicon: &Lexicon) -> Option<String> {
    let tokens = tokenize(text);
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
            if verb.is_empty() {
                return None;
            }
            length = words;
            put(&tokens[at], &tokens[at + length - 1], verb);
            found = true;
        } else if let Some(words) = is(&ENGLISH.sign_ups) {
            length = words;
            // "customer signups", "total signups"
            let before = at.checked_sub(1).map(|i| &tokens[i]);
            let before = before.filter(|t| t.is_word());
            let named = before.and_then(|t| lexicon.table_called(&t.lower));
            let named = named.filter(|t| joins(catalog, lexicon, *t));
            let persons = match named {
                Some(table) => plural_of(table, catalog),
                None => who(catalog, lexicon)?,
            };
            let number = ENGLISH.count_phrases.first();
            let number = number.filter(|_| before.is_some_and(is_total));
            let new = [number.map_or("", String::as_str), &persons, verb];
            let new: Vec<&str> = new.into_iter().filter(|w| !w.is_empty()).collect();
            let first = before.filter(|_| named.is_some()).unwrap_or(&tokens[at]);
            put(first, &tokens[at + length - 1], &new.join(" "));
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

/// "total"
fn is_total(token: &Token) -> bool {
    let phrases = ENGLISH.phrases_at(std::slice::from_ref(token), 0);
    phrases
        .iter()
        .any(|(_, ops)| ops.contains(&Op::Aggregate(Aggregate::Sum)))
}

/// Whether the rows of a table say when they joined.
fn joins(catalog: &Catalog, lexicon: &Lexicon, table: usize) -> bool {
    lexicon.role(table).is_none() && lexicon.beginning(catalog, table).is_some()
}

/// The plural of the only things that tell when they joined.
fn who(catalog: &Catalog, lexicon: &Lexicon) -> Option<String> {
    let tables = 0..catalog.tables.len();
    let mut joined = tables.filter(|t| joins(catalog, lexicon, *t));
    let only = joined.next().filter(|_| joined.next().is_none())?;
    Some(plural_of(only, catalog))
}

/// What the things of a table are called.
pub(super) fn plural_of(table: usize, catalog: &Catalog) -> String {
    let name = catalog.tables[table].name.replace('_', " ");
    match super::super::language::ends_as_plural(&name) {
        true => name,
        false => plural(&name),
    }
}
