//! Stored values that are spelt nearly like a word of the question: used with a warning, or offered in the refusal.
//!
//! Invariant: a word is read as a slip only when it means nothing else and stands in no quotation marks, when no name of the catalog and no word of the language
//! is as near, and when exactly one stored value is near in the columns that the words beside it name, or, where these name none, in all. This
//! prevents that a value which nobody has asked for picks the rows, and that a slip gives none in silence.

use super::super::language::Op;
use super::super::language::spelling::{self, Mended};
use super::super::language::wordclass::is_functional;
use super::super::schema::lexicon::{Lexicon, Target};
use super::annotate::Segment;
use crate::catalog::model::{Catalog, ColumnRef, StoredValue, ValueMatch};
use crate::question::tokens::Token;

/// So many segments away stands the noun that says what a value is.
const REACH: usize = 3;
/// A name that fits a span less well does not say it.
const SURE: f32 = 0.8;
/// So many values are offered for a word.
const OFFERED: usize = 3;
/// So many values are offered for all words together.
const OFFERED_IN_ALL: usize = 8;

/// Gives words that mean nothing else the stored value that they are near to. Gives the words with the values.
pub(crate) fn take_near(
    segments: &mut [Segment],
    tokens: &[Token],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Vec<Mended> {
    let mut taken = Vec::new();
    for at in 0..segments.len() {
        let Some(values) = meant(segments, at, tokens, catalog, lexicon) else {
            continue;
        };
        let segment = &mut segments[at];
        taken.extend(values.first().map(|value| {
            Mended {
                typed: segment
                    .quoted
                    .clone()
                    .unwrap_or_else(|| segment.text.clone()),
                read: value.text.clone(),
            }
        }));
        segment.values = values;
    }
    taken
}

/// The stored value that a segment stands for, in each column that it may be meant in.
fn meant(
    segments: &[Segment],
    at: usize,
    tokens: &[Token],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Option<Vec<StoredValue>> {
    let segment = &segments[at];
    let words = &tokens[segment.first..segment.last];
    let near = near(segment)?;
    let text_follows = at > 0
        && segments[at - 1]
            .ops
            .iter()
            .any(|o| matches!(o, Op::Like(_)));
    if text_follows || !is_unknown(segment) {
        return None;
    }
    // A single word in quotation marks is meant letter for letter; in a longer text a slip is likelier than another text.
    if segment
        .quoted
        .as_ref()
        .is_some_and(|text| !text.contains(' '))
    {
        return None;
    }
    if segment.quoted.is_none() {
        let unknown = |t: &Token| !is_functional(t) && !lexicon.knows(&t.lower);
        if !words.iter().any(unknown) {
            return None;
        }
    }
    if let [word] = words
        && segment.quoted.is_none()
    {
        let slip = |v: &&StoredValue| spelling::is_slip(&word.lower, &v.text.to_lowercase());
        if !near.iter().any(slip) || spelling::is_word(&word.lower, &lexicon.spelling) {
            return None;
        }
    }
    let named = named_columns(segments, at, catalog);
    let there = |v: &&&StoredValue| named.contains(&v.column);
    let pool: Vec<&StoredValue> = match near.iter().any(|v| there(&v)) {
        true => near.iter().filter(there).copied().collect(),
        false => near,
    };
    let first = pool.first()?.text.to_lowercase();
    let alone = pool.iter().all(|v| v.text.to_lowercase() == first);
    alone.then(|| {
        let found = ValueMatch::Folded;
        pool.into_iter()
            .map(|v| StoredValue { found, ..v.clone() })
            .collect()
    })
}

/// The values of a segment, if all of them are but near.
fn near(segment: &Segment) -> Option<Vec<&StoredValue>> {
    let is_near = |v: &&StoredValue| matches!(v.found, ValueMatch::Near(_));
    let near: Vec<&StoredValue> = segment.values.iter().filter(is_near).collect();
    (!near.is_empty() && near.len() == segment.values.len()).then_some(near)
}

/// Nothing else is known of it.
fn is_unknown(segment: &Segment) -> bool {
    let rest = Segment {
        values: Vec::new(),
        quoted: None,
        ..segment.clone()
    };
    rest.is_unknown()
}

/// The columns that the nouns beside a place name, themselves or by the table of their things.
fn named_columns(segments: &[Segment], at: usize, catalog: &Catalog) -> Vec<ColumnRef> {
    let leads = |s: &&Segment| {
        s.names.is_empty()
            && s.values.is_empty()
            && (s.is(Op::Filler)
                || s.is(Op::Of)
                || s.is(Op::Preposition)
                || s.is(Op::With)
                || s.is(Op::Link))
    };
    let before = segments[..at].iter().rev().take(REACH).find(|s| !leads(s));
    let after = segments.get(at + 1);
    let mut columns = Vec::new();
    for name in before.into_iter().chain(after).flat_map(|s| &s.names) {
        match name.target {
            Target::Column(c) if name.score > SURE => columns.push(c),
            Target::Table(table) if name.score > SURE => {
                let all = 0..catalog.tables[table].columns.len();
                columns.extend(all.map(|column| ColumnRef { table, column }));
            }
            _ => {}
        }
    }
    columns
}

/// The stored values that come nearest to words that were not understood, with their columns: for hints.
pub(crate) fn nearest(words: &[String], segments: &[Segment], catalog: &Catalog) -> Vec<String> {
    let mut offered = Vec::new();
    for word in words {
        let said = |s: &&Segment| s.text == *word || s.text.split(' ').any(|w| w == word);
        let of_word = segments.iter().filter(said).filter_map(near);
        for value in of_word.flatten().take(OFFERED) {
            let at = value.column;
            let text = format!(
                "\"{}\" ({}.{})",
                value.text,
                catalog.table(at).name,
                catalog.column(at).name
            );
            if !offered.contains(&text) {
                offered.push(text);
            }
            if offered.len() == OFFERED_IN_ALL {
                return offered;
            }
        }
    }
    offered
}
