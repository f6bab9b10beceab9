//! The statements that look values up, as the current user.
//!
//! Invariant: a look-up never waits for a lock, never reads more than [`MOST_ROWS`] rows of a table, and reads only
//! relations whose reading runs no function that a user wrote: no views, no tables under row security, no foreign
//! tables. Names are quoted, values are parameters.

use super::model::{Catalog, ColumnRef, TableKind, TypeClass};
use super::relations::Storage;
use crate::postgres::relation::Counters;
use crate::postgres::spi::{Argument, Moment, Path, read};
use crate::postgres::{relation, report};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

/// Rows of one table that is read from its start: about a millisecond. It bounds what was never analyzed.
const MOST_ROWS: u32 = 5_000;

/// A table of more pages, half a megabyte, is looked into through an index only.
const MOST_PAGES: i32 = 64;

/// A schema of no more tables is read with the first question, in as many statements, so that what is found does not depend on what
/// was asked before.
const SMALL_SCHEMA: usize = 64;

/// Statements of one look-up in a larger schema: each new question reads some more tables, those that it names first.
const MOST_STATEMENTS: usize = 16;

/// Results of one statement.
const MOST_RESULTS: u32 = 64;

/// Time of one look-up; looked at between statements. What is left is read with a later question.
const BUDGET: Duration = Duration::from_millis(20);

/// … of a small schema. The small tables are read with the first question of a session and again when they have changed; large ones
/// are looked into through their indexes for each phrase that is not known.
const BUDGET_OF_SMALL: Duration = Duration::from_millis(100);

/// A longer text is prose; it is not kept.
const MOST_VALUE_BYTES: usize = 480;

/// A document that takes more bytes, as it is stored, is not looked into: it is not even read.
const MOST_DOCUMENT_BYTES: usize = 8192;

/// Values that one column's statistics may bring, of those most common and of the others.
const MOST_STATISTICS: u32 = 200;

/// What `pg_stats` knows of a column.
#[derive(Default)]
pub struct Statistics {
    /// Most common first; of lists their most common elements.
    pub common: Vec<String>,
    /// A sample of the others; all of them when there are few.
    pub others: Vec<String>,
}

/// True when a phrase can be a value: it has a letter or a digit, and no more characters than a value has.
pub fn is_worth(phrase: &str) -> bool {
    phrase.chars().any(char::is_alphanumeric) && phrase.chars().count() <= 120
}

/// The statistics of columns.
pub fn statistics(catalog: &Catalog, columns: &[ColumnRef]) -> BTreeMap<ColumnRef, Statistics> {
    let mut places: HashMap<(&str, &str, &str), ColumnRef> = HashMap::new();
    for &at in columns {
        let table = catalog.table(at);
        if table.kind != TableKind::View && catalog.column(at).labels.is_empty() {
            places.insert((&table.schema, &table.name, &catalog.column(at).name), at);
        }
    }
    let mut found = BTreeMap::new();
    if places.is_empty() {
        return found;
    }
    // The planner is not shown the names: it would look for each of them among the most common ones.
    let sql = format!(
        "SELECT s.schemaname::text, s.tablename::text, s.attname::text,
                (s.most_common_vals::text::text[])[1:{MOST_STATISTICS}],
                (s.histogram_bounds::text::text[])[1:{MOST_STATISTICS}],
                (s.most_common_elems::text::text[])[1:{MOST_STATISTICS}]
         FROM pg_stats s
         WHERE s.schemaname = ANY ((SELECT $1)::text[]) AND s.tablename = ANY ((SELECT $2)::text[])
               AND s.attname = ANY ((SELECT $3)::text[])
         ORDER BY s.inherited"
    );
    let owned = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (schemas, tables, names) = (
        owned(places.keys().map(|key| key.0).collect()),
        owned(places.keys().map(|key| key.1).collect()),
        owned(places.keys().map(|key| key.2).collect()),
    );
    let arguments = [&schemas, &tables, &names].map(|texts| Argument::Texts(texts));
    read(Moment::Newest, Path::Pinned, |reader| {
        reader.query(&sql, &arguments, |row| {
            let (Some(schema), Some(table), Some(name)) = (row.text(0), row.text(1), row.text(2))
            else {
                return;
            };
            let place = places.get(&(schema.as_str(), table.as_str(), name.as_str()));
            if let Some(&at) = place {
                let statistics = match catalog.column(at).class {
                    TypeClass::Array => Statistics {
                        common: row.texts(5),
                        others: Vec::new(),
                    },
                    _ => Statistics {
                        common: row.texts(3),
                        others: row.texts(4),
                    },
                };
                found.insert(at, statistics);
            }
        });
    });
    found
}

/// Values found, the statements they took, and the small tables that were read.
#[derive(Default)]
pub struct Found {
    pub values: Vec<(ColumnRef, String)>,
    /// Indexes of tables, and what PostgreSQL had counted before they were read.
    pub read: Vec<(usize, Counters)>,
}

/// The spellings that a question has looked for through indexes: it is read in several ways, which share most of their words.
pub type Asked = HashMap<ColumnRef, HashSet<String>>;

/// What the statistics cannot tell: all values of the small tables among `columns` unless they are `current`, and
/// those of `spellings` that indexes find in the others, where they have not been `asked` for.
pub fn look_up(
    catalog: &Catalog,
    storage: &[Storage],
    columns: &[ColumnRef],
    current: impl Fn(usize, &Counters) -> bool,
    spellings: &[String],
    asked: &mut Asked,
) -> Found {
    let started = Instant::now();
    let tables: BTreeSet<usize> = columns.iter().map(|at| at.table).collect();
    let (most, budget) = if tables.len() <= SMALL_SCHEMA {
        (SMALL_SCHEMA, BUDGET_OF_SMALL)
    } else {
        (MOST_STATEMENTS, BUDGET)
    };
    let mut left = most;
    let mut found = Found::default();
    let mut seen = BTreeSet::new();
    let typed = in_usual_case(spellings);
    for at in columns {
        if left == 0 || started.elapsed() > budget {
            break;
        }
        let place = at.table;
        let Some(way) = way(catalog, storage, *at) else {
            continue;
        };
        let oid = catalog.tables[place].oid;
        if way == Way::Scan {
            if !seen.insert(place) {
                continue;
            }
            let counters = relation::counters(oid);
            if counters
                .as_ref()
                .is_some_and(|counters| current(place, counters))
            {
                continue;
            }
            if relation::try_share(oid) {
                left -= 1;
                let of_table: Vec<_> = columns
                    .iter()
                    .copied()
                    .filter(|c| c.table == place)
                    .collect();
                read_table(catalog, &of_table, &mut found.values);
                found
                    .read
                    .extend(counters.map(|counters| (place, counters)));
            }
        } else {
            let asked = asked.entry(*at).or_default();
            let new = typed.iter().filter(|text| !asked.contains(*text));
            let new: Vec<String> = new.cloned().collect();
            if !new.is_empty() && relation::try_share(oid) {
                left -= 1;
                through_index(catalog, *at, &new, &mut found.values);
                asked.extend(new);
            }
        }
    }
    let (statements, time) = (most - left, started.elapsed().as_micros());
    report::debug(format!("values: {statements} statements in {time} µs"));
    found
}

/// The most common values of a column that has no statistics, most common first; empty when reading it could take long.
pub fn common(catalog: &Catalog, storage: &[Storage], at: ColumnRef) -> Vec<String> {
    let mut common = Vec::new();
    if way(catalog, storage, at) != Some(Way::Scan) || !relation::try_share(catalog.table(at).oid) {
        return common;
    }
    // Of values that are equally common a mixture: the first ones of the alphabet are alike.
    let sql = format!(
        "SELECT r.v FROM (SELECT {}::text AS v FROM {} LIMIT {MOST_ROWS}) r
         WHERE length(r.v) BETWEEN 1 AND 120 GROUP BY r.v ORDER BY count(*) DESC, pg_catalog.hashtext(r.v), r.v LIMIT {MOST_RESULTS}",
        quoted(&catalog.column(at).name),
        qualified(catalog, at.table),
    );
    read(Moment::Statement, Path::Pinned, |reader| {
        reader.query(&sql, &[], |row| common.extend(row.text(0)));
    });
    common
}

/// The first documents of a jsonb column that has no statistics; none when reading it could take long.
pub fn documents(
    catalog: &Catalog,
    storage: &[Storage],
    at: ColumnRef,
    limit: usize,
) -> Vec<String> {
    let mut documents = Vec::new();
    if way(catalog, storage, at) != Some(Way::Scan) || !relation::try_share(catalog.table(at).oid) {
        return documents;
    }
    let sql = format!(
        "SELECT r.v::text FROM (SELECT {} AS v FROM {} LIMIT {limit}) r
         WHERE pg_catalog.pg_column_size(r.v) <= {MOST_DOCUMENT_BYTES}",
        quoted(&catalog.column(at).name),
        qualified(catalog, at.table),
    );
    read(Moment::Statement, Path::Pinned, |reader| {
        reader.query(&sql, &[], |row| documents.extend(row.text(0)));
    });
    documents
}

/// Whether the rows of a table, two at least, all have another value in a column; false when reading them all could take long.
pub fn all_different(catalog: &Catalog, storage: &[Storage], at: ColumnRef) -> bool {
    let mut different = false;
    if way(catalog, storage, at) != Some(Way::Scan) || !relation::try_share(catalog.table(at).oid) {
        return different;
    }
    let more = MOST_ROWS + 1;
    let sql = format!(
        "SELECT count(*) BETWEEN 2 AND {MOST_ROWS} AND count(DISTINCT r.v) = count(*)
         FROM (SELECT {}::text AS v FROM {} LIMIT {more}) r",
        quoted(&catalog.column(at).name),
        qualified(catalog, at.table),
    );
    read(Moment::Statement, Path::Pinned, |reader| {
        reader.query(&sql, &[], |row| different = row.flag(0));
    });
    different
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Scan,
    Index,
}

/// How a column can be looked into at a bounded price; `None` when it cannot.
fn way(catalog: &Catalog, storage: &[Storage], at: ColumnRef) -> Option<Way> {
    let (table, storage) = (catalog.table(at), storage.get(at.table)?);
    if storage.runs_code {
        return None;
    }
    // Of a table that was never analyzed nothing is known, but the number of rows that are read is bounded.
    if storage.pages <= MOST_PAGES {
        return Some(Way::Scan);
    }
    // What an index of a list finds is the whole list.
    if catalog.column(at).class == TypeClass::Array {
        return None;
    }
    // An index of a partitioned table is one index per partition: as many look-ups.
    let indexed = storage.indexed.contains(&catalog.column(at).number);
    (indexed && table.kind != TableKind::Partitioned).then_some(Way::Index)
}

/// The values of these columns, all of one table.
fn read_table(catalog: &Catalog, columns: &[ColumnRef], found: &mut Vec<(ColumnRef, String)>) {
    let Some(first) = columns.first() else { return };
    let is_list = |at: &ColumnRef| catalog.column(*at).class == TypeClass::Array;
    let list = columns.iter().map(|at| {
        let name = quoted(&catalog.column(*at).name);
        if is_list(at) {
            format!("pg_catalog.to_json({name})::text")
        } else {
            format!("{name}::text")
        }
    });
    let sql = format!(
        "SELECT {} FROM {} LIMIT {MOST_ROWS}",
        list.collect::<Vec<_>>().join(", "),
        qualified(catalog, first.table),
    );
    // Few values stand in many rows.
    let mut distinct = BTreeSet::new();
    read(Moment::Statement, Path::Pinned, |reader| {
        reader.query(&sql, &[], |row| {
            for (place, at) in columns.iter().enumerate() {
                let Some(value) = row
                    .text(place)
                    .filter(|value| value.len() <= MOST_VALUE_BYTES)
                else {
                    continue;
                };
                if is_list(at) {
                    let elements = serde_json::from_str::<Vec<Option<String>>>(&value);
                    let elements = elements.into_iter().flatten().flatten();
                    distinct.extend(elements.map(|element| (*at, element)));
                } else {
                    distinct.insert((*at, value));
                }
            }
        });
    });
    found.extend(distinct);
}

fn through_index(
    catalog: &Catalog,
    at: ColumnRef,
    typed: &[String],
    found: &mut Vec<(ColumnRef, String)>,
) {
    let column = quoted(&catalog.column(at).name);
    // Were the planner shown the texts, it would compare each with each of the most common values: that takes longer than the look-up.
    let sql = format!(
        "SELECT DISTINCT {column}::text FROM {} WHERE {column} = ANY ((SELECT $1)::text[]) LIMIT {MOST_RESULTS}",
        qualified(catalog, at.table),
    );
    read(Moment::Statement, Path::Pinned, |reader| {
        reader.prefer_indexes();
        reader.query(&sql, &[Argument::Texts(typed)], |row| {
            found.extend(row.text(0).map(|value| (at, value)));
        });
    });
}

/// Spellings in lower case, in upper case, and with each word's first letter in upper case: an index knows no case.
fn in_usual_case(spellings: &[String]) -> Vec<String> {
    let title = |text: &str| {
        let mut start = true;
        text.chars()
            .flat_map(|c| {
                let upper = std::mem::replace(&mut start, !c.is_alphanumeric());
                if upper {
                    c.to_uppercase().collect::<Vec<_>>()
                } else {
                    vec![c]
                }
            })
            .collect::<String>()
    };
    let first = |text: &str| {
        let mut rest = text.chars();
        rest.next()
            .map(|c| c.to_uppercase().chain(rest).collect())
            .unwrap_or_default()
    };
    let mut all: Vec<String> = spellings
        .iter()
        .flat_map(|text| [text.clone(), text.to_uppercase(), title(text), first(text)])
        .collect();
    all.sort();
    all.dedup();
    all
}

fn qualified(catalog: &Catalog, table: usize) -> String {
    let table = &catalog.tables[table];
    format!("{}.{}", quoted(&table.schema), quoted(&table.name))
}

/// An identifier between double quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_cases() {
        let all = in_usual_case(&["new york".to_owned()]);
        assert_eq!(all, ["NEW YORK", "New York", "New york", "new york"]);
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
