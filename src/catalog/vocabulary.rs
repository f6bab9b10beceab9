//! `insightflow.vocabulary` and `insightflow.verified_query`, read as the current user.
//!
//! Invariant: row-level security on both tables shows a role only what is about tables that it may read, so nothing else comes
//! into its catalog. A row about something that is gone, or that was renamed, has no effect.

use super::model::{Catalog, Column, Synonym, Table, Term, Vocabulary};
use crate::postgres::spi::{Argument, Moment, Path, read};

/// Rows of each table that are read, the latest first: it bounds the memory of a session.
const MOST: i64 = 5_000;

/// What is defined, by the names of its tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defined {
    rows: Vec<Definition>,
    /// Approved questions with their SQL, the latest first.
    pub verified: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Definition {
    kind: String,
    schema: String,
    table: String,
    column: Option<String>,
    words: Vec<String>,
    text: Option<String>,
    description: Option<String>,
}

impl Defined {
    /// Nothing where the tables are not there yet (release 0.1.0).
    pub fn read() -> Defined {
        let mut defined = Defined::default();
        read(Moment::Newest, Path::Pinned, |reader| {
            let mut there = false;
            let sql = "SELECT coalesce(bool_and(has_table_privilege(c.oid, 'SELECT')), false) AND count(*) = 2
                       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                       WHERE n.nspname = 'insightflow' AND c.relname IN ('vocabulary', 'verified_query')
                         AND has_schema_privilege(n.oid, 'USAGE')";
            reader.query(sql, &[], |row| there = row.flag(0));
            if !there {
                return;
            }
            let sql = "SELECT kind, schema_name::text, table_name::text, column_name::text, words, definition, description
                       FROM insightflow.vocabulary ORDER BY defined_at DESC, id LIMIT $1";
            reader.query(sql, &[Argument::Integer(MOST)], |row| {
                defined.rows.push(Definition {
                    kind: row.text(0).unwrap_or_default(),
                    schema: row.text(1).unwrap_or_default(),
                    table: row.text(2).unwrap_or_default(),
                    column: row.text(3),
                    words: row.texts(4),
                    text: row.text(5),
                    description: row.text(6),
                });
            });
            // An administrator sees candidates too: they answer nothing.
            let sql = "SELECT question, sql FROM insightflow.verified_query
                       WHERE status = 'approved' ORDER BY approved_at DESC, id LIMIT $1";
            reader.query(sql, &[Argument::Integer(MOST)], |row| {
                if let (Some(question), Some(sql)) = (row.text(0), row.text(1)) {
                    defined.verified.push((question, sql));
                }
            });
        });
        defined
    }

    fn hidden<'a>(&'a self, table: &'a Table) -> impl Iterator<Item = Option<&'a str>> {
        self.rows
            .iter()
            .filter(|row| row.kind == "hidden" && row.is_about(table))
            .map(|row| row.column.as_deref())
    }

    /// True when the whole table is hidden.
    pub fn hides(&self, table: &Table) -> bool {
        self.hidden(table).any(|column| column.is_none())
    }

    /// True when a definition over a table has the name of a hidden column in it.
    fn speaks_of_hidden(&self, table: &Table, definition: &str) -> bool {
        let of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        self.hidden(table).flatten().any(|column| {
            let column = column.to_lowercase();
            let definition = definition.to_lowercase();
            if column.chars().all(of_word) {
                definition.split(|c| !of_word(c)).any(|word| word == column)
            } else {
                definition.contains(&column)
            }
        })
    }

    /// Takes the hidden columns out of a catalog, and puts in what words mean.
    pub fn apply(&self, catalog: &mut Catalog) {
        self.hide_columns(catalog);
        let mut vocabulary = Vocabulary::default();
        for row in &self.rows {
            if row.kind == "note" {
                vocabulary.notes.extend(row.text.clone());
                continue;
            }
            if row.kind == "hidden" {
                let column = row.column.iter().map(|column| format!(".{column}"));
                vocabulary
                    .hidden
                    .push(std::iter::once(row.table.clone()).chain(column).collect());
                continue;
            }
            let Some(place) = catalog.tables.iter().position(|table| row.is_about(table)) else {
                continue;
            };
            let definition = row.text.as_deref().unwrap_or_default();
            if self.speaks_of_hidden(&catalog.tables[place], definition) {
                continue;
            }
            match (row.kind.as_str(), &row.text) {
                ("synonym", _) => {
                    let columns = &catalog.tables[place].columns;
                    let column = row
                        .column
                        .as_ref()
                        .map(|name| columns.iter().position(|column| column.name == *name));
                    if column != Some(None) {
                        vocabulary.synonyms.push(Synonym {
                            table: place,
                            column: column.flatten(),
                            words: row.words.clone(),
                        });
                    }
                }
                ("metric", Some(definition)) => {
                    vocabulary.metrics.push(row.term(place, definition))
                }
                ("segment", Some(definition)) => {
                    vocabulary.segments.push(row.term(place, definition))
                }
                _ => {}
            }
        }
        catalog.vocabulary = vocabulary;
    }

    /// A key with a hidden column is no key any more.
    fn hide_columns(&self, catalog: &mut Catalog) {
        let maps: Vec<Option<Vec<Option<usize>>>> =
            catalog.tables.iter().map(|t| self.places(t)).collect();
        if maps.iter().all(Option::is_none) {
            return;
        }
        let moved = |table: usize, columns: &[usize]| match &maps[table] {
            None => Some(columns.to_vec()),
            Some(map) => columns.iter().map(|&c| map[c]).collect(),
        };
        for (place, table) in catalog.tables.iter_mut().enumerate() {
            table.primary_key = moved(place, &table.primary_key).unwrap_or_default();
            table.unique_keys = table
                .unique_keys
                .iter()
                .filter_map(|key| moved(place, key))
                .collect();
            table.foreign_keys.retain_mut(|key| {
                match (
                    moved(place, &key.columns),
                    moved(key.target, &key.target_columns),
                ) {
                    (Some(columns), Some(target_columns)) => {
                        (key.columns, key.target_columns) = (columns, target_columns);
                        true
                    }
                    _ => false,
                }
            });
            if let Some(map) = &maps[place] {
                let mut kept = map.iter().map(Option::is_some);
                table.columns.retain(|_: &Column| kept.next() == Some(true));
            }
        }
    }

    /// The new place of each column; `None` when none is hidden.
    fn places(&self, table: &Table) -> Option<Vec<Option<usize>>> {
        let hidden: Vec<&str> = self.hidden(table).flatten().collect();
        let is_hidden = |column: &Column| hidden.contains(&column.name.as_str());
        if !table.columns.iter().any(is_hidden) {
            return None;
        }
        let mut next = 0;
        let places = table.columns.iter().map(|column| {
            (!is_hidden(column)).then(|| {
                next += 1;
                next - 1
            })
        });
        Some(places.collect())
    }
}

impl Definition {
    fn is_about(&self, table: &Table) -> bool {
        self.table == table.name && self.schema == table.schema
    }

    fn term(&self, table: usize, definition: &str) -> Term {
        Term {
            words: self.words.clone(),
            table,
            definition: definition.to_owned(),
            description: self.description.clone(),
        }
    }
}
