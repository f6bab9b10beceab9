//! What the targets of keys are to the tables that hold them: the home of `home_team_id`, the seller of `slr_id`.
//!
//! Invariant: a role is said by the name of the column, or by its comment where the name is a short form of what that says, or no name at
//! all; a comment that calls the target what it is called anyway ("customer") says none.

use super::super::language::wordclass::holds_together;
use super::super::language::{ENGLISH, stems};
use super::labels::labels;
use super::names::Splitter;
use super::prefixes;
use super::undeclared::Proof;
use crate::catalog::model::Catalog;
use crate::question::tokens::{stem, tokenize};

/// What the target of a key is to the holder: the stems that say it and, where only a comment has them, the words.
pub(super) fn roles(
    splitter: &Splitter,
    catalog: &Catalog,
    from: (usize, usize),
    (target, key): (usize, usize),
    proof: Proof,
) -> (Vec<String>, Vec<String>) {
    let column = &catalog.tables[from.0].columns[from.1];
    let to = &catalog.tables[target];
    // The very name of the key says no role.
    if proof != Proof::Declared && column.name == to.columns[key].name {
        return (Vec::new(), Vec::new());
    }
    let mut things = vec![splitter.thing(&to.name)];
    let comment = to.comment.as_deref().map(labels).unwrap_or_default();
    things.extend(comment.into_iter().map(|(label, _)| label));
    // "customer", and "vessel" of what is called a fishing vessel.
    let is_thing = |words: &[String]| {
        let mut things = things.iter();
        things.any(|t| t.ends_with(words) || words.starts_with(t))
    };
    let role = role(splitter, catalog, &column.name, target);
    if things
        .iter()
        .any(|t| !role.is_empty() && t.ends_with(&role))
    {
        return (Vec::new(), Vec::new());
    }
    // `adm_pt_id` of admissions is no more than their patient.
    let holder = splitter.thing(&catalog.tables[from.0].name);
    let whole = splitter.stems(&column.name);
    if role == holder && whole.len() > role.len() && whole[role.len()..].starts_with(&things[0]) {
        return (Vec::new(), Vec::new());
    }
    let called = column.comment.as_deref().map(called_in);
    let called = called.unwrap_or_default();
    let (Some(last), Some(short)) = (called.last(), role.last()) else {
        return (role, Vec::new());
    };
    let label: Vec<String> = called.iter().map(|w| stem(w)).collect();
    if label == role {
        return (role, called);
    }
    // A name that says it in full is left as it is.
    let shortens = role.len() == 1 && last != short && prefixes::shortens(short, last);
    if !shortens && proof != Proof::Told {
        return (role, Vec::new());
    }
    if is_thing(&label) {
        return (Vec::new(), Vec::new());
    }
    // "home port" is that role of a port.
    if let Some(before) = things.iter().find_map(|t| label.strip_suffix(&t[..])) {
        return (before.to_vec(), called[..before.len()].to_vec());
    }
    (label, called)
}

/// What stands in the name of a column before the name of the table that it points at: "home" of `home_team_id`. A name
/// without the table's own, such as `prereq_id`, is a role as a whole, without the words that only say that it is a key.
pub(super) fn role(
    splitter: &Splitter,
    catalog: &Catalog,
    column: &str,
    target: usize,
) -> Vec<String> {
    let mut stems = splitter.stems(column);
    while stems.len() > 1
        && stems
            .last()
            .is_some_and(|last| ENGLISH.keys.contains(last) || ENGLISH.id_words.contains(last))
    {
        stems.pop();
    }
    // "origin" of `origin_port_key` as well where the ports are `dim_port`.
    let own = [
        splitter.stems(&catalog.tables[target].name),
        splitter.thing(&catalog.tables[target].name),
    ];
    let role = own.iter().find_map(|own| stems.strip_suffix(&own[..]));
    let role = role.map_or(stems.clone(), <[String]>::to_vec);
    // "name" and "id" say nothing of what it is.
    if role.iter().all(|stem| ENGLISH.keys.contains(stem)) {
        return Vec::new();
    }
    role
}

/// What a comment calls the thing that a key points at, in words: "seller" of "Seller, references users". None where it is a sentence.
fn called_in(comment: &str) -> Vec<String> {
    /// So many words name something.
    const MOST_WORDS: usize = 3;
    let text = comment.to_lowercase();
    let end = text.find(['(', ':', ';', ',', '.', '=', '\n', '-']);
    let head = &text[..end.unwrap_or(text.len())];
    let mut words: Vec<String> = Vec::new();
    for token in tokenize(head) {
        if words.is_empty() && ENGLISH.articles.contains(&token.lower) {
            continue;
        }
        if !token.is_word()
            || holds_together(&token)
            || ENGLISH
                .key_links
                .iter()
                .any(|l| l.split(' ').next() == Some(&token.lower))
        {
            break;
        }
        words.push(token.lower);
    }
    // "customer number"
    while words.len() > 1
        && words.last().is_some_and(|last| {
            let last = &stems(last)[0];
            ENGLISH.keys.contains(last) || ENGLISH.id_words.contains(last)
        })
    {
        words.pop();
    }
    if words.len() > MOST_WORDS {
        words.clear();
    }
    words
}
