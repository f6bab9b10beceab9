//! Prefixes that names share and that say nothing: the system's before all names, and a table's short form before its columns
//! (`sbtxcustid` in `sbtransaction` is the customer's id).
//!
//! Invariant: a table's prefix is only left out where every name of its kind begins with it, so that it tells none of them apart, and
//! where what is left can be read; a system's where nearly all names of the catalog do, which are written without separators.

use super::super::language::ENGLISH;
use super::names::pieces;
use crate::catalog::model::{Catalog, Table};
use std::collections::BTreeMap;

/// The longest prefix of a system, and the shortest prefix of all, in letters.
const MAX_SYSTEM: usize = 4;
const MIN_PREFIX: usize = 2;
/// A prefix that has so many letters may be a word by itself: `lab` of `labtest`.
const LONG: usize = 3;
/// From so many columns on what all of them begin with is a prefix.
const MIN_COLUMNS: usize = 3;
/// … and from so many on it is one whatever the table is called.
const MANY_COLUMNS: usize = 4;

/// What the tables and the columns of a catalog begin with, in lower case, where their names have no separators: `sb`. A few that do not
/// (`migrations`, `created_at`) take nothing away from it.
pub(crate) fn of_system(catalog: &Catalog) -> String {
    let begins = |name: &str, prefix: &str| {
        let rest = joined(name).and_then(|n| n.strip_prefix(prefix).map(str::len));
        rest.is_some_and(|letters| letters >= MIN_PREFIX)
    };
    let tables = || catalog.tables.iter();
    let shared = |length: usize| {
        let mut votes: BTreeMap<String, usize> = BTreeMap::new();
        for name in tables().filter_map(|t| joined(&t.name)) {
            if let Some(prefix) = name.get(..length) {
                *votes.entry(prefix.to_owned()).or_default() += 1;
            }
        }
        let (prefix, _) = votes.into_iter().max_by_key(|(_, count)| *count)?;
        let own: Vec<&Table> = tables().filter(|t| begins(&t.name, &prefix)).collect();
        let stored = || {
            own.iter()
                .flat_map(|t| &t.columns)
                .filter(|c| c.part.is_none())
        };
        let columns = stored().filter(|c| begins(&c.name, &prefix)).count();
        let fits = own.len() > 1
            && nearly(own.len(), catalog.tables.len())
            && nearly(columns, stored().count());
        fits.then_some(prefix)
    };
    let mut lengths = (MIN_PREFIX..=MAX_SYSTEM).rev();
    lengths.find_map(shared).unwrap_or_default()
}

/// Whether so many of all are enough for a prefix.
fn nearly(some: usize, all: usize) -> bool {
    4 * some >= 3 * all
}

/// What all columns of a table begin with after the system's prefix, where it is a short form of the table's name, in lower
/// case. `ahead` is the word that all tables begin with (`tbl`), `reads` says whether what is left of a name can be read.
pub(crate) fn of_table(
    table: &Table,
    system: &str,
    ahead: Option<&str>,
    reads: &dyn Fn(&str) -> bool,
) -> Option<String> {
    if table.columns.len() < MIN_COLUMNS {
        return None;
    }
    let own = match &pieces(&table.name)[..] {
        [kind, rest @ ..] if !rest.is_empty() && is_kind(kind, ahead) => rest.concat(),
        _ => table.name.to_lowercase(),
    };
    let own = own.strip_prefix(system).unwrap_or(&own);
    // What follows from a column is called as the translator likes: the age beside a date of birth.
    let stored = || {
        table
            .columns
            .iter()
            .enumerate()
            .filter(|(_, c)| c.part.is_none())
    };
    // `avPaxName` begins with `pax` where all tables begin with `av`.
    let own_pieces = |name: &str| {
        let mut pieces = pieces(name);
        if pieces.len() > 1 && pieces.first().map(String::as_str) == ahead {
            pieces.remove(0);
        }
        pieces
    };
    let split = || stored().map(|(at, c)| (at, own_pieces(&c.name)));
    // `l_shipdate` in `lineitem`: the first piece of each name, but for keys that are called as in the table that they point at.
    let points = |at: usize| table.foreign_keys.iter().any(|f| f.columns.contains(&at));
    let (_, key) = split().next()?;
    if let Some(first) = key.first().filter(|f| f.len() < own.len())
        && first.len() <= MAX_SYSTEM
        && split().all(|(at, p)| p.len() > 1 && (p[0] == *first || at > 0 && points(at)))
        && system.is_empty()
        && (shortens(first, own) || ahead.is_some() && table.columns.len() >= MANY_COLUMNS)
        && !ENGLISH.abbreviations.contains_key(first)
    {
        return Some(first.clone());
    }
    let names =
        stored().filter_map(|(_, c)| Some(joined(&c.name)?.strip_prefix(system)?.to_owned()));
    let names: Vec<String> = names.collect();
    let all = stored().count();
    let enough = if system.is_empty() {
        names.len() == all
    } else {
        nearly(names.len(), all)
    };
    if !enough {
        return None;
    }
    let shared = common(names.iter().cloned());
    let least = if system.is_empty() { MIN_PREFIX } else { 1 };
    // Only names behind the prefix of a system are read here: to take all names of a large catalog apart takes long.
    let joined_names = || names.iter().filter(|_| !system.is_empty());
    let whole = joined_names().filter(|name| reads(name)).count();
    let read = |length: usize| {
        let rests = names.iter().filter_map(|name| name.get(length..));
        rests.filter(|rest| reads(rest)).count()
    };
    let fits = |length: &usize| {
        let prefix = shared.get(..*length);
        let short = |prefix: &str| {
            // What so many names begin with is a prefix whatever the table is called.
            let many = !system.is_empty() && *length >= MIN_PREFIX && names.len() >= MANY_COLUMNS;
            many || shortens(prefix, own)
        };
        prefix.is_some_and(short)
            && names.iter().all(|name| name.len() > *length)
            && (system.is_empty() || read(*length) + usize::from(*length >= LONG) > whole)
    };
    let lengths = (least..=shared.len()).filter(fits);
    let length = match system.is_empty() {
        true => lengths.max(),
        false => lengths.max_by_key(|length| (read(*length), *length)),
    };
    length.map(|length| shared[..length].to_owned())
}

/// Whether the first piece of a table's name says what kind of table it is, or stands before all of them: `tbl_guest`, `dim_guest`.
fn is_kind(piece: &str, ahead: Option<&str>) -> bool {
    ahead == Some(piece) || ENGLISH.affixes.iter().any(|affix| affix == piece)
}

/// A name without separators, in lower case without the number that it ends in.
pub(crate) fn joined(name: &str) -> Option<String> {
    let pieces = pieces(name);
    let digits = |word: &String| word.starts_with(|c: char| c.is_ascii_digit());
    // A digit within a name parts nothing: `db2x`.
    let apart = pieces.windows(2).any(|w| !digits(&w[0]) && !digits(&w[1]));
    let whole = name.chars().all(char::is_alphanumeric) && name.starts_with(char::is_alphabetic);
    let word = || {
        pieces
            .concat()
            .trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    (whole && !apart).then(word)
}

/// What all texts begin with; empty where one of them is not ASCII.
fn common(mut texts: impl Iterator<Item = String>) -> String {
    let Some(mut shared) = texts.next().filter(|t| t.is_ascii()) else {
        return String::new();
    };
    for text in texts {
        let same = shared.bytes().zip(text.bytes()).take_while(|(a, b)| a == b);
        shared.truncate(same.count());
    }
    shared
}

/// Whether a text is a short form of a name: an abbreviation of it, or some of its letters in their order with the first one.
pub(crate) fn shortens(short: &str, name: &str) -> bool {
    let long = ENGLISH.abbreviations.get(short).map(|words| words.concat());
    let mut letters = name.chars();
    let in_order = short.chars().next() == name.chars().next()
        && short.chars().all(|c| letters.by_ref().any(|l| l == c));
    in_order || long.is_some_and(|long| name.starts_with(&long))
}
