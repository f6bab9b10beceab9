//! With what most is done: "top 5 most borrowed books", "which product was ordered the most".
//!
//! `english/most.txt` holds the forms. Invariant: what is done is a table that the verb is the name of, and keys lead from it to the thing; of
//! several none is taken; where its rows, or those that tie it to the thing, hold a quantity, that is added up. A verb that the thing itself has
//! a number of ("most viewed" beside `views`) is none of these. Without this the most ordered product would be the one with the most
//! revenue.

use super::super::language::wordclass::is_participle;
use super::super::language::{ENGLISH, Op, stems};
use super::super::schema::lexicon::Lexicon;
use super::super::schema::names::root;
use super::super::schema::nature::Nature;
use super::super::sql::build::not_understood;
use super::paraphrases::{EVENTS, ROWS, laid_out};
use crate::catalog::model::{Catalog, ColumnRef};
use crate::error::Result;
use crate::question::tokens::tokenize;

/// So many keys lead from what is done to the thing at most.
const NEAR: u8 = 3;
/// The slots whose noun is the thing, and that of the verb.
const THINGS: [&str; 2] = ["noun", "plural"];
const DEED: &str = "deed";
/// The slot of what else is said.
const REST: &str = "rest";

/// The question in words that name what is counted or added up.
///
/// # Errors
/// 22023 when the verb is the name of several tables.
pub(crate) fn of(text: &str, catalog: &Catalog, lexicon: &Lexicon) -> Option<Result<String>> {
    let label = |table: usize| catalog.tables[table].name.replace('_', " ");
    let mut forms = laid_out(text, ENGLISH.most_forms.iter()).into_iter();
    forms.find_map(|form| {
        // "Most ordered products by units" says itself what is added up.
        if form.slot(REST).is_some_and(says_by) {
            return None;
        }
        let noun = THINGS.iter().find_map(|slot| form.slot(slot))?;
        let thing = lexicon.table_called(noun)?;
        let deed = form.slot(DEED)?;
        let events = match done(deed, thing, lexicon)[..] {
            [] => return None,
            [only] => only,
            [first, second, ..] => {
                return Some(Err(not_understood(format!(
                    "Whether \"{deed}\" speaks of {} or of {} is not clear.",
                    catalog.tables[first].name, catalog.tables[second].name
                ))));
            }
        };
        if !form.text.contains(ROWS) {
            return Some(Ok(form.text.replace(EVENTS, &label(events))));
        }
        let rows = rows_with_quantity(events, thing, lexicon)?;
        Some(Ok(form.text.replace(ROWS, &label(rows))))
    })
}

fn says_by(rest: &str) -> bool {
    let tokens = tokenize(rest);
    let by = |at: usize| {
        let phrases = ENGLISH.phrases_at(&tokens, at);
        let mut ops = phrases.into_iter().flat_map(|(_, ops)| ops);
        ops.any(|op| matches!(op, Op::By | Op::Each))
    };
    (0..tokens.len()).any(by)
}

/// The tables that a verb is the name of from which keys lead to the thing.
fn done(deed: &str, thing: usize, lexicon: &Lexicon) -> Vec<usize> {
    let deed = deed.to_lowercase();
    let said = stems(&deed);
    let ([verb], true) = (&said[..], is_participle(&deed)) else {
        return Vec::new();
    };
    let verb = root(verb);
    let of_verb = |stem: &String| root(stem) == verb;
    // `views`, `times_borrowed`
    let counts = |name: &Vec<String>| {
        let mut others = name.iter().filter(|stem| !of_verb(stem));
        name.iter().any(of_verb) && others.all(|stem| ENGLISH.tallies.contains(stem))
    };
    if lexicon.tables[thing].columns.iter().any(counts) {
        return Vec::new();
    }
    let away = lexicon.graph.distances(thing);
    let tables = (0..lexicon.tables.len()).filter(|&t| {
        let own = lexicon.tables[t].stems.last();
        let near = t != thing && away.get(t).is_some_and(|steps| *steps <= NEAR);
        near && lexicon.role(t).is_none() && own.is_some_and(of_verb)
    });
    tables.collect()
}

/// The rows that point at the thing and hold a quantity, of what is done itself or of what it consists of.
fn rows_with_quantity(events: usize, thing: usize, lexicon: &Lexicon) -> Option<usize> {
    let points = |from: usize, to: usize| {
        let mut keys = lexicon.graph.of(from);
        keys.any(|(_, e)| e.holder == from && e.target == to)
    };
    let quantity = |t: &usize| {
        let mut columns = lexicon.tables[*t].columns.iter().enumerate();
        columns.any(|(column, name)| {
            let amount = lexicon.nature(ColumnRef { table: *t, column }) == Nature::Amount;
            amount && name.iter().any(|stem| ENGLISH.amounts_of.contains(stem))
        })
    };
    let rows = |t: &usize| points(*t, thing) && (*t == events || points(*t, events));
    let mut tables = (0..lexicon.tables.len()).filter(|t| rows(t) && quantity(t));
    tables.next().filter(|_| tables.next().is_none())
}
