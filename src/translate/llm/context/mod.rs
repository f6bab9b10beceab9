//! What a model is told about the database: the tables that a question may need, as DDL.
//!
//! Invariant: only names, types, keys, comments and enum labels of what the caller may SELECT, because nothing else is in a
//! [`Catalog`]; stored values only when the caller of [`schema`] hands them over. Stored values help to *find* the tables
//! in any case: that happens in the server.
//!
//! * [`linking`]: which tables a question is about (schema linking), best first.
//! * [`render`]: a table as a line of DDL; texts that people wrote cannot leave their place in it.
//! * [`tokens`]: how much a text costs.

pub mod linking;
pub mod render;
pub mod tokens;

pub use linking::Index;

use crate::catalog::model::{Catalog, Values};
use crate::translate::embedded::Lexicon;
use std::collections::BTreeSet;

/// The part of a budget that goes to the tables in short form before any is written in full.
const SHORT_FORMS: f32 = 0.85;

/// What is shown of the stored values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Samples {
    None,
    /// This many of the most common values of each text column.
    Some(usize),
}

/// The tables that a question may need, one line of DDL each. A schema that fits is there whole, in the order of the catalog;
/// of a larger one the tables that linking ranks highest, the best first: their keys, names and mentioned columns at
/// least, and whole as long as `budget` (in [`tokens`]) lasts. Never more than the budget.
pub fn schema(
    question: &str,
    catalog: &Catalog,
    lexicon: &Lexicon,
    index: &Index,
    values: &dyn Values,
    samples: Samples,
    budget: usize,
) -> String {
    let whole = Whole {
        catalog,
        lexicon,
        values,
        samples,
    };
    if let Some(text) = whole.everything(budget) {
        return text;
    }
    let ranking = index.rank(question, catalog, lexicon, values);
    let mut left = budget;
    let mut chosen: Vec<(usize, String)> = Vec::new();
    // Breadth first: a table that is missing cannot be used, a column that is missing may not be needed.
    let reserve = budget - (budget as f32 * SHORT_FORMS) as usize;
    for ranked in &ranking {
        let line = whole.line(ranked.table, Some(&ranked.columns));
        let cost = tokens::count(&line);
        if cost + reserve > left {
            // A smaller one may still fit.
            if left <= reserve + 16 {
                break;
            }
            continue;
        }
        left -= cost;
        chosen.push((ranked.table, line));
    }
    for (table, line) in &mut chosen {
        let full = whole.line(*table, None);
        let more = tokens::count(&full).saturating_sub(tokens::count(line));
        if more <= left {
            left -= more;
            *line = full;
        }
    }
    join(chosen.into_iter().map(|(_, line)| line))
}

fn join(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}

struct Whole<'a> {
    catalog: &'a Catalog,
    lexicon: &'a Lexicon,
    values: &'a dyn Values,
    samples: Samples,
}

impl Whole<'_> {
    /// The whole schema, when it fits.
    fn everything(&self, budget: usize) -> Option<String> {
        let mut spent = 0;
        let mut lines = Vec::new();
        for table in 0..self.catalog.tables.len() {
            let line = self.line(table, None);
            spent += tokens::count(&line);
            if spent > budget {
                return None;
            }
            lines.push(line);
        }
        Some(join(lines.into_iter()))
    }

    /// `mentioned`: only these columns, the keys, and those by which a row is shown.
    fn line(&self, table: usize, mentioned: Option<&BTreeSet<usize>>) -> String {
        let columns = mentioned.map(|mentioned| {
            let shape = &self.catalog.tables[table];
            let keys = shape.foreign_keys.iter().flat_map(|key| &key.columns);
            let display = self.lexicon.tables.get(table).map(|words| &words.display);
            let mut columns: BTreeSet<usize> = mentioned.clone();
            columns.extend(&shape.primary_key);
            columns.extend(keys);
            columns.extend(display.into_iter().flatten());
            columns
        });
        render::table(
            self.catalog,
            table,
            columns.as_ref(),
            self.values,
            self.samples,
        )
    }
}

#[cfg(test)]
mod tests;
