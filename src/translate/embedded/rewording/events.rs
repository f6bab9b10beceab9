//! Questions that speak of what happens without naming it: "busiest month", "repeat customers", "customers who bought in 2025".
//!
//! `english/events.txt` holds the forms. Invariant: what happens is a table of rows that have a date, and it must be the only one that the
//! question can mean: of what points at the noun that the question names, or else of all; where several are dated, the only one that
//! money is made with. Of two that can be meant none is taken: the question is refused, and the hint names them.

use super::super::language::{ENGLISH, stems};
use super::super::schema::lexicon::Lexicon;
use super::super::schema::nature::Nature;
use super::paraphrases::{EVENTS, laid_out};
use crate::catalog::model::{Catalog, TableKind};

/// The slot whose noun is of what happened.
const NOUN: &str = "noun";
/// The most tables that a hint names.
const MOST: usize = 4;

/// What a question may mean by what happens.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The question with the only table that it can mean.
    pub certain: Vec<String>,
    /// The question with each table that it may mean, where there are several.
    pub possible: Vec<String>,
}

/// The question in words that name what happens.
pub(crate) fn of(text: &str, catalog: &Catalog, lexicon: &Lexicon) -> Events {
    let mut events = Events::default();
    for form in laid_out(text, ENGLISH.event_forms.iter()) {
        let happened = match form.slot(NOUN) {
            Some(noun) => of_thing(noun, catalog, lexicon),
            None => dated(catalog, lexicon).collect(),
        };
        let with = |table: usize| {
            let name = catalog.tables[table].name.replace('_', " ");
            form.text.replace(EVENTS, &name)
        };
        match only(&happened, lexicon) {
            Some(table) => events.certain.push(with(table)),
            None => events
                .possible
                .extend(happened.into_iter().take(MOST).map(with)),
        }
    }
    events
}

/// The only table; of several the only one that money is made with.
fn only(tables: &[usize], lexicon: &Lexicon) -> Option<usize> {
    let money = |table: &&usize| {
        lexicon.measures.iter().any(|m| {
            let part = || {
                let mut edges = lexicon.graph.of(m.table);
                edges.any(|(_, e)| e.holder == m.table && e.target == **table)
            };
            ENGLISH.money_measures.contains(&m.name) && (m.table == **table || part())
        })
    };
    match tables {
        [only] => Some(*only),
        several => {
            let mut earning = several.iter().filter(money);
            earning.next().filter(|_| earning.next().is_none()).copied()
        }
    }
}

/// The dated tables whose rows point at a thing.
fn of_thing(noun: &str, catalog: &Catalog, lexicon: &Lexicon) -> Vec<usize> {
    // "customer IDs" are those of customers.
    let bare = noun.rsplit_once(' ').filter(|(_, last)| {
        let key = stems(&last.to_lowercase()).pop();
        key.is_some_and(|key| ENGLISH.keys.contains(&key))
    });
    let called = lexicon.table_called(noun);
    let called = called.or_else(|| lexicon.table_called(bare?.0));
    let Some(thing) = called else {
        return Vec::new();
    };
    let points = |table: &usize| {
        let mut edges = lexicon.graph.of(*table);
        edges.any(|(_, e)| e.holder == *table && e.target == thing)
    };
    dated(catalog, lexicon)
        .filter(|table| *table != thing)
        .filter(points)
        .collect()
}

/// The tables of what happens: rows with a date that are no persons. What a view shows happens in a table.
fn dated<'a>(catalog: &'a Catalog, lexicon: &'a Lexicon) -> impl Iterator<Item = usize> + 'a {
    let tables = catalog.tables.iter().zip(&lexicon.tables).enumerate();
    tables.filter_map(|(table, (relation, words))| {
        let view = matches!(relation.kind, TableKind::View | TableKind::MaterializedView);
        let date = |(nature, name): (&Nature, &Vec<String>)| {
            *nature == Nature::Date && !name.iter().any(|w| ENGLISH.other_dates.contains(w))
        };
        let happens = words.natures.iter().zip(&words.columns).any(date);
        let told = |name: &Vec<String>| ENGLISH.person_columns.contains(name);
        (happens && !view && !words.columns.iter().any(told)).then_some(table)
    })
}
