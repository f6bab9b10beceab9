//! A catalog and its stored values from the text form that tests/questions/README.md describes.

use crate::catalog::model::*;
use std::collections::HashMap;

pub struct Fixture {
    pub catalog: Catalog,
    pub values: Stored,
}

/// From this likeness on two texts are near.
const NEAR: f64 = 0.85;

/// Values in memory, found by exact or case-folded text, otherwise by one that is near.
#[derive(Default)]
pub struct Stored(HashMap<String, Vec<(ColumnRef, String)>>);

impl Values for Stored {
    fn look_up(&self, phrases: &[String], within: Option<&[ColumnRef]>) -> Vec<Vec<StoredValue>> {
        let found = |phrase: &String| {
            let folded = phrase.to_lowercase();
            let whole = self.0.get(&folded);
            let stored = whole.or_else(|| self.0.get(folded.strip_suffix('s')?));
            stored
                .into_iter()
                .flatten()
                .filter(|(column, _)| within.is_none_or(|w| w.contains(column)))
                .map(|(column, text)| StoredValue {
                    column: *column,
                    text: text.clone(),
                    found: match whole {
                        None => ValueMatch::Stemmed,
                        Some(_) if text == phrase => ValueMatch::Exact,
                        Some(_) => ValueMatch::Folded,
                    },
                })
                .collect()
        };
        let near = |phrase: &String| {
            let folded = phrase.to_lowercase();
            let likeness = |text: &String| strsim::normalized_damerau_levenshtein(&folded, text);
            let mut near: Vec<(f64, &String)> =
                self.0.keys().map(|text| (likeness(text), text)).collect();
            near.retain(|(likeness, _)| (NEAR..1.0).contains(likeness));
            near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
            let places = near.into_iter().flat_map(|(l, text)| {
                let places = self.0[text].iter();
                places.map(move |(column, text)| StoredValue {
                    column: *column,
                    text: text.clone(),
                    found: ValueMatch::Near(l as f32),
                })
            });
            places.collect::<Vec<_>>()
        };
        let any = |phrase: &String| {
            let sure: Vec<StoredValue> = found(phrase);
            if sure.is_empty() { near(phrase) } else { sure }
        };
        phrases.iter().map(any).collect()
    }

    fn common(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        let mut all: Vec<String> = self
            .0
            .values()
            .flatten()
            .filter(|(c, _)| *c == column)
            .map(|(_, t)| t.clone())
            .collect();
        all.sort();
        all.truncate(limit);
        all
    }

    fn documents(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        self.common(column, limit)
    }
}

fn class(name: &str) -> TypeClass {
    match name {
        "integer" | "bigint" => TypeClass::Integer,
        "numeric" => TypeClass::Numeric,
        "boolean" => TypeClass::Boolean,
        "array" => TypeClass::Array,
        "date" => TypeClass::Date,
        "jsonb" => TypeClass::Json,
        "daterange" | "tsrange" | "tstzrange" => TypeClass::Range,
        "interval" => TypeClass::Interval,
        "time" => TypeClass::Time,
        "timestamp" => TypeClass::Timestamp,
        "timestamptz" => TypeClass::TimestampTz,
        _ => TypeClass::Text,
    }
}

impl Fixture {
    /// Reads the text form. Panics on what it does not know: it is part of a test.
    pub fn read(text: &str) -> Fixture {
        let mut tables: Vec<Table> = Vec::new();
        let mut keys: Vec<(usize, usize, String)> = Vec::new();
        let mut reads: Vec<(usize, String)> = Vec::new();
        let mut values: HashMap<String, Vec<(ColumnRef, String)>> = HashMap::new();
        for line in text.lines().filter(|l| !l.trim().is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let Some(comment) = line.trim().strip_prefix("-- ") {
                let table = tables.last_mut().expect("a comment follows what it is of");
                match table.columns.last_mut() {
                    Some(column) => column.comment = Some(comment.to_owned()),
                    None => table.comment = Some(comment.to_owned()),
                }
            } else if let Some(list) = line.trim().strip_prefix("= ") {
                let table = tables.len() - 1;
                let at = ColumnRef {
                    table,
                    column: tables[table].columns.len() - 1,
                };
                for value in list.split(" | ") {
                    values
                        .entry(value.to_lowercase())
                        .or_default()
                        .push((at, value.to_owned()));
                }
            } else if line.starts_with(' ') {
                let at = tables.len() - 1;
                let table = &mut tables[at];
                let column = table.columns.len();
                if words.contains(&"key") {
                    table.primary_key.push(column);
                }
                if words.contains(&"unique") {
                    table.unique_keys.push(vec![column]);
                }
                if let Some(arrow) = words.iter().position(|w| *w == "->") {
                    keys.push((at, column, words[arrow + 1].to_owned()));
                }
                table.columns.push(Column {
                    number: column as i16 + 1,
                    type_name: words[1].to_owned(),
                    not_null: line.contains("not null"),
                    distinct: words.contains(&"different").then_some(-1.0),
                    ..plain(words[0], class(words[1]))
                });
            } else {
                let (schema, name) = words[1]
                    .split_once('.')
                    .expect("a table is named schema.table");
                reads.extend((words.len() > 3).then(|| (tables.len(), words[3].to_owned())));
                tables.push(Table {
                    oid: 16_384 + tables.len() as u32,
                    schema: schema.to_owned(),
                    name: name.to_owned(),
                    kind: if words[0] == "materialized" {
                        TableKind::MaterializedView
                    } else {
                        TableKind::Table
                    },
                    comment: None,
                    columns: Vec::new(),
                    primary_key: Vec::new(),
                    key_is_taken: false,
                    unique_keys: Vec::new(),
                    foreign_keys: Vec::new(),
                    estimated_rows: None,
                    visible: true,
                    row_security: false,
                    reads: Vec::new(),
                });
            }
        }
        for (at, _) in values.values().flatten() {
            let distinct = &mut tables[at.table].columns[at.column].distinct;
            if distinct.is_none_or(|distinct| distinct >= 0.0) {
                *distinct = Some(distinct.unwrap_or(0.0) + 1.0);
            }
        }
        let find = |tables: &[Table], name: &str| {
            tables
                .iter()
                .position(|t| format!("{}.{}", t.schema, t.name) == name)
                .expect("the table is there")
        };
        for (holder, column, target) in keys {
            let (table, key) = target
                .rsplit_once('.')
                .expect("a key points at table.column");
            let target = find(&tables, table);
            let target_column = tables[target]
                .columns
                .iter()
                .position(|c| c.name == key)
                .expect("the column is there");
            tables[holder].foreign_keys.push(ForeignKey {
                columns: vec![column],
                target,
                target_columns: vec![target_column],
            });
        }
        for (view, table) in reads {
            let oid = tables[find(&tables, &table)].oid;
            tables[view].reads.push(oid);
        }
        Fixture {
            catalog: Catalog {
                tables,
                search_path: vec!["public".into()],
                fingerprint: 1,
                ..Catalog::default()
            },
            values: Stored(values),
        }
    }
}

/// A column of which nothing but its name and its class is known.
fn plain(name: &str, class: TypeClass) -> Column {
    Column {
        number: 1,
        name: name.to_owned(),
        type_name: String::new(),
        class,
        not_null: false,
        comment: None,
        labels: Vec::new(),
        stored_date: None,
        ones_and_zeros: false,
        distinct: None,
        part: None,
    }
}

/// A column whose name tells nothing, with a comment.
pub fn described(comment: &str, class: TypeClass) -> Column {
    Column {
        comment: Some(comment.to_owned()),
        ..plain("c", class)
    }
}
