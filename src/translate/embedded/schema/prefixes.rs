//! Prefixes that names share and that say nothing: the system's before all names, and a table's short form before its columns
//! (`sbtxcustid` in `sbtransaction` is the customer's id).
//!
//! Invariant: a prefix is only left out where every name of its kind begins with it, so that it tells none of them apart, and
//! where what is left can be read.

use super::super::language::ENGLISH;
use super::names::pieces;
use crate::catalog::model::{Catalog, Table};

/// The longest prefix of a system, and the shortest prefix of all, in letters.
const MAX_SYSTEM: usize = 4;
const MIN_PREFIX: usize = 2;
/// From so many columns on what all of them begin with is a prefix.
const MIN_COLUMNS: usize = 3;

/// What all tables and all columns of a catalog begin with, in lower case, where their names have no separators: `sb`.
pub(crate) fn of_system(catalog: &Catalog) -> String {
    let columns = catalog.tables.iter().flat_map(|t| &t.columns);
    let names = catalog.tables.iter().map(|t| &t.name);
    let all = || names.clone().chain(columns.clone().map(|c| &c.name));
    if catalog.tables.len() < 2 || all().any(|name| joined(name).is_none()) {
        return String::new();
    }
    let shared = common(all().map(|name| name.to_lowercase()));
    let fits = (MIN_PREFIX..=MAX_SYSTEM).contains(&shared.len());
    let rest = all().all(|name| name.len() >= shared.len() + MIN_PREFIX);
    if fits && rest { shared } else { String::new() }
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
    let split = || stored().map(|(at, c)| (at, pieces(&c.name)));
    // `l_shipdate` in `lineitem`: the first piece of each name, but for keys that are called as in the table that they point at.
    let points = |at: usize| table.foreign_keys.iter().any(|f| f.columns.contains(&at));
    let (_, key) = split().next()?;
    if let Some(first) = key.first().filter(|f| f.len() < own.len())
        && first.len() <= MAX_SYSTEM
        && split().all(|(at, p)| p.len() > 1 && (p[0] == *first || at > 0 && points(at)))
        && system.is_empty()
        && shortens(first, own)
        && !ENGLISH.abbreviations.contains_key(first)
    {
        return Some(first.clone());
    }
    let names = table
        .columns
        .iter()
        .map(|c| joined(&c.name)?.strip_prefix(system).map(str::to_owned));
    let names: Vec<String> = names.collect::<Option<_>>()?;
    let shared = common(names.iter().cloned());
    let least = if system.is_empty() { MIN_PREFIX } else { 1 };
    (least..=shared.len()).rev().find_map(|length| {
        let prefix = shared.get(..length)?;
        let rest = |name: &&String| name.get(length..).is_some_and(reads);
        let read = names.iter().filter(rest).count();
        let whole = names.iter().any(|name| reads(name));
        let fits = shortens(prefix, own)
            && names.iter().all(|name| name.len() > length)
            && (!system.is_empty() || !whole && 2 * read > names.len());
        fits.then(|| prefix.to_owned())
    })
}

/// Whether the first piece of a table's name says what kind of table it is, or stands before all of them: `tbl_guest`, `dim_guest`.
fn is_kind(piece: &str, ahead: Option<&str>) -> bool {
    ahead == Some(piece) || ENGLISH.affixes.iter().any(|affix| affix == piece)
}

/// A name without separators, in lower case without the number that it ends in.
pub(crate) fn joined(name: &str) -> Option<String> {
    let mut words = pieces(name);
    if words.len() == 2 && words[1].chars().all(|c| c.is_ascii_digit()) {
        words.pop();
    }
    match &words[..] {
        [one] if name.starts_with(|c: char| c.is_alphabetic()) => Some(one.clone()),
        _ => None,
    }
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
