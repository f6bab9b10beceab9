//! Persons who are called after what they did: "reviewers", "commenters per ticket".
//!
//! Invariant: a noun for persons that the catalog has only as the name of what was done means those who did it, where one key leads from
//! there to persons, and otherwise nobody. Without this the number of reviewers would be that of their reviews, for the two words have one stem.

use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::Lexicon;
use super::super::schema::names::{pieces, root};
use super::super::schema::nature::Nature;
use super::super::schema::people::are_persons;
use super::super::sql::build::not_understood;
use super::super::sql::measures::singular;
use super::newcomers::plural_of;
use crate::catalog::model::{Catalog, ColumnRef};
use crate::error::Result;
use crate::question::tokens::{Token, tokenize};

/// The fewest letters of a verb: `ord` is a short form.
const SHORTEST: usize = 4;

/// The question with such a noun in the words of the catalog: "critics with reviews".
///
/// # Errors
/// 22023 where nobody is told by it, or where it is not said by what the first of them are to be found.
pub(crate) fn of(text: &str, catalog: &Catalog, lexicon: &Lexicon) -> Option<Result<String>> {
    let tokens = tokenize(text);
    let (at, deed) = tokens
        .iter()
        .enumerate()
        .find_map(|(at, token)| Some((at, deed_of(token, catalog, lexicon)?)))?;
    let token = &tokens[at];
    let keys = lexicon.graph.of(deed).map(|(_, e)| e);
    let held = keys.filter(|e| e.holder == deed && e.target != deed);
    let persons = |t: &usize| are_persons(&catalog.tables[*t], &lexicon.tables[*t]);
    let mut persons: Vec<usize> = held.map(|e| e.target).filter(persons).collect();
    // A job has a salary as somebody has one.
    let called = |t: &usize| {
        let noun = lexicon.tables[*t].stems.last();
        noun.is_some_and(|noun| ENGLISH.people.contains(noun))
    };
    if persons.iter().any(called) {
        persons.retain(called);
    }
    let several = persons.len() > 1;
    persons.dedup();
    let [person] = persons[..] else {
        return Some(Err(unclear(&token.lower, catalog, deed)));
    };
    let ranks = |at: usize| {
        let phrases = ENGLISH.phrases_at(&tokens, at);
        let mut ops = phrases.into_iter().flat_map(|(_, ops)| ops);
        ops.any(|op| matches!(op, Op::Top | Op::Bottom | Op::Most | Op::Least))
    };
    // "Commenters per ticket", where a ticket is assigned to somebody as well: the keys would lead to that one.
    let otherwise = |t: &Token| {
        let table = lexicon.table_called(&t.lower).filter(|t| *t != deed);
        let keys = table.map(|table| (table, lexicon.graph.of(table)));
        keys.is_some_and(|(table, mut keys)| {
            keys.any(|(_, e)| e.holder == table && e.target == person)
        })
    };
    // "Companies and employees": what is said with them would be said of both.
    let joins = |at: usize| {
        let phrases = ENGLISH.phrases_at(&tokens[at..=at], 0);
        phrases.iter().any(|(_, ops)| ops.contains(&Op::And))
    };
    if several || (0..at).any(joins) || tokens.iter().any(otherwise) || (0..tokens.len()).any(ranks)
    {
        return Some(Err(unclear(&token.lower, catalog, deed)));
    }
    let (before, after) = (&text[..token.start], &text[token.end..]);
    let who = plural_of(person, catalog);
    let deeds = plural_of(deed, catalog);
    let with = ENGLISH.attaching.first()?;
    Some(Ok(format!("{before}{who} {with} {deeds}{after}")))
}

fn unclear(word: &str, catalog: &Catalog, deed: usize) -> crate::error::Error {
    not_understood(format!(
        "\"{word}\" are persons, and the rows of {} are what they did: say who is meant.",
        catalog.tables[deed].name
    ))
}

/// The table of what persons did whom a word is called after, where nothing else is called so.
fn deed_of(token: &Token, catalog: &Catalog, lexicon: &Lexicon) -> Option<usize> {
    let word = singular(&token.lower);
    let mut endings = ENGLISH.doer_endings.iter();
    let verb = endings.find_map(|ending| word.strip_suffix(ending.as_str()))?;
    if verb.len() < SHORTEST || !token.is_word() {
        return None;
    }
    let said = root(&token.stem);
    let mut deeds = (0..catalog.tables.len()).filter(|t| {
        let (table, words) = (&catalog.tables[*t], &lexicon.tables[*t]);
        let mut last = words.stems.last().into_iter();
        let called = last.any(|stem| *stem == token.stem || root(stem) == said);
        // "Supplier" is written out of `Suppl`, and no noun made of it.
        let written = || {
            let mut pieces = pieces(&table.name).into_iter();
            pieces.any(|piece| piece.starts_with(verb))
        };
        called && written() && lexicon.role(*t).is_none() && !are_persons(table, words)
    });
    let deed = deeds.next().filter(|_| deeds.next().is_none())?;
    let tables = catalog.tables.iter();
    let columns = tables
        .clone()
        .flat_map(|t| t.columns.iter().map(|c| &c.name));
    let mut names = tables.clone().map(|t| &t.name).chain(columns);
    // A number of them is kept: "attendees" of `attendance`.
    let counted = (0..catalog.tables.len()).any(|table| {
        let mut columns = catalog.tables[table].columns.iter().enumerate();
        columns.any(|(column, c)| {
            lexicon.nature(ColumnRef { table, column }) == Nature::Amount
                && pieces(&c.name).iter().any(|piece| piece.starts_with(verb))
        })
    });
    if counted {
        return None;
    }
    // Also without separators: `sbticker`.
    let named = names.any(|name| name.to_lowercase().contains(&word));
    (!named).then_some(deed)
}
