//! Keys of jsonb columns, read as columns of their tables.
//!
//! Invariant: a key is a column only when all documents that were looked at agree on what it holds: text, numbers or truth values.
//! Documents are looked at as the caller, a bounded number of each column: those that PostgreSQL's statistics keep, and the first of a
//! small table that has none. A document without the key has NULL there. A number that later is none ends the statement with
//! PostgreSQL's own error, and never gives a wrong answer.

use super::ast;
use super::language::stems;
use super::names::Splitter;
use crate::catalog::model::{Catalog, Column, ColumnRef, StoredValue, TypeClass, ValueMatch, Values};
use serde_json::Value;
use sqlparser::ast::{BinaryOperator, DataType, ExactNumberInfo, Expr};
use std::collections::{BTreeMap, BTreeSet};

/// So many jsonb columns are looked at.
const MOST_COLUMNS: usize = 16;
/// So many documents of each.
const MOST_DOCUMENTS: usize = 200;
/// So many keys of each are columns, in the order of their names.
const MOST_KEYS: usize = 50;
/// So deep may a key stand in a document.
const DEEPEST: usize = 3;
/// So many values of each key are known.
const MOST_VALUES: usize = 100;
/// A longer text is prose, not a value that a question names.
const LONGEST: usize = 120;

/// The texts that the keys of jsonb columns hold, by the column that was made of the key.
#[derive(Debug, Default)]
pub struct Members(BTreeMap<ColumnRef, BTreeSet<String>>);

/// What the documents of a column hold under one key.
#[derive(Default)]
struct Held {
    class: Option<TypeClass>,
    mixed: bool,
    texts: BTreeSet<String>,
}

/// The catalog with the keys of its jsonb columns as columns, after those that are declared; `None` where there are none.
pub(super) fn added(catalog: &Catalog, values: &dyn Values) -> (Option<Catalog>, Members) {
    let mut members = Members::default();
    let mut read = None;
    let mut looked_at = 0;
    for (t, table) in catalog.tables.iter().enumerate() {
        let mut names: Option<BTreeSet<Vec<String>>> = None;
        for (c, column) in table.columns.iter().enumerate() {
            if column.class != TypeClass::Json || looked_at == MOST_COLUMNS {
                continue;
            }
            looked_at += 1;
            let at = ColumnRef {
                table: t,
                column: c,
            };
            let documents = values.documents(at, MOST_DOCUMENTS);
            let held = held_by(&documents);
            if held.is_empty() {
                continue;
            }
            let splitter = Splitter::new(catalog);
            let names = names.get_or_insert_with(|| {
                let own = table.columns.iter();
                own.map(|c| splitter.stems(&c.name)).collect()
            });
            let read: &mut Catalog = read.get_or_insert_with(|| catalog.clone());
            for (path, held) in held.into_iter().take(MOST_KEYS) {
                let name = path.join("_");
                // A column that is declared is nearer than a key of the same name.
                if !names.insert(splitter.stems(&name)) {
                    continue;
                }
                let Some(class) = held.class.filter(|_| !held.mixed) else {
                    continue;
                };
                let place = ColumnRef {
                    table: t,
                    column: read.tables[t].columns.len(),
                };
                members.0.insert(place, held.texts);
                read.tables[t].columns.push(Column {
                    number: 0,
                    name,
                    type_name: match class {
                        TypeClass::Numeric => "numeric",
                        TypeClass::Boolean => "boolean",
                        _ => "text",
                    }
                    .to_owned(),
                    class,
                    not_null: false,
                    comment: None,
                    labels: Vec::new(),
                    distinct: None,
                    path: std::iter::once(column.name.clone()).chain(path).collect(),
                });
            }
        }
    }
    (read, members)
}

/// What documents hold, by the path of the key.
fn held_by(documents: &[String]) -> BTreeMap<Vec<String>, Held> {
    let mut held = BTreeMap::new();
    for document in documents {
        // What statistics cut off is no document.
        if let Ok(Value::Object(object)) = serde_json::from_str(document) {
            take(&object, &mut Vec::new(), &mut held);
        }
    }
    held
}

fn take(
    object: &serde_json::Map<String, Value>,
    path: &mut Vec<String>,
    held: &mut BTreeMap<Vec<String>, Held>,
) {
    for (key, value) in object {
        let is_name = key.chars().any(char::is_alphabetic) && key.len() <= 63;
        if !is_name || (held.len() > 4 * MOST_KEYS && !held.contains_key(path)) {
            continue;
        }
        path.push(key.clone());
        let class = match value {
            Value::Null => None,
            Value::Bool(_) => Some(TypeClass::Boolean),
            Value::Number(_) => Some(TypeClass::Numeric),
            Value::String(_) => Some(TypeClass::Text),
            Value::Array(_) => Some(TypeClass::Array),
            Value::Object(inner) => {
                if path.len() < DEEPEST {
                    take(inner, path, held);
                }
                Some(TypeClass::Json)
            }
        };
        if let Some(class) = class {
            let own = held.entry(path.clone()).or_default();
            own.mixed |= matches!(class, TypeClass::Json | TypeClass::Array);
            own.mixed |= own.class.is_some_and(|before| before != class);
            own.class = Some(class);
            if let Value::String(text) = value
                && text.len() <= LONGEST
                && own.texts.len() < MOST_VALUES
            {
                own.texts.insert(text.clone());
            }
        }
        path.pop();
    }
}

/// The value of a key in the document of a row whose table is called `alias`; `None` when the column is declared.
pub(super) fn expression(alias: &str, column: &Column) -> Option<Expr> {
    let (document, keys) = column.path.split_first()?;
    let (last, before) = keys.split_last()?;
    let mut expr = ast::column(alias, document);
    for key in before {
        expr = ast::binary(expr, BinaryOperator::Arrow, ast::text(key));
    }
    let text = Expr::Nested(Box::new(ast::binary(
        expr,
        BinaryOperator::LongArrow,
        ast::text(last),
    )));
    Some(match column.class {
        TypeClass::Numeric => ast::cast(text, DataType::Numeric(ExactNumberInfo::None)),
        TypeClass::Boolean => ast::cast(text, DataType::Boolean),
        _ => text,
    })
}

/// Stored values, with those of the keys of jsonb columns among them.
pub(super) struct WithMembers<'a> {
    pub values: &'a dyn Values,
    pub members: &'a Members,
}

impl Values for WithMembers<'_> {
    fn look_up(&self, phrases: &[String], within: Option<&[ColumnRef]>) -> Vec<Vec<StoredValue>> {
        if self.members.0.is_empty() {
            return self.values.look_up(phrases, within);
        }
        let declared = |at: &&ColumnRef| !self.members.0.contains_key(at);
        let declared: Option<Vec<ColumnRef>> =
            within.map(|within| within.iter().filter(declared).copied().collect());
        let mut found = self.values.look_up(phrases, declared.as_deref());
        for (phrase, found) in phrases.iter().zip(&mut found) {
            let folded = phrase.to_lowercase();
            let stemmed = stems(phrase);
            for (at, texts) in &self.members.0 {
                if within.is_some_and(|within| !within.contains(at)) {
                    continue;
                }
                for text in texts {
                    let own = text.to_lowercase();
                    let quality = if text == phrase {
                        ValueMatch::Exact
                    } else if own == folded {
                        ValueMatch::Folded
                    } else if !stemmed.is_empty() && stems(&own) == stemmed {
                        ValueMatch::Stemmed
                    } else {
                        continue;
                    };
                    found.push(StoredValue {
                        column: *at,
                        text: text.clone(),
                        found: quality,
                    });
                }
            }
        }
        found
    }

    fn common(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        match self.members.0.get(&column) {
            Some(texts) => texts.iter().take(limit).cloned().collect(),
            None => self.values.common(column, limit),
        }
    }

    fn documents(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        self.values.documents(column, limit)
    }

    fn is_closed(&self, column: ColumnRef) -> bool {
        !self.members.0.contains_key(&column) && self.values.is_closed(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(documents: &[&str]) -> Vec<(String, TypeClass)> {
        let documents: Vec<String> = documents.iter().map(|d| (*d).to_owned()).collect();
        let held = held_by(&documents).into_iter();
        held.filter_map(|(path, held)| Some((path.join("."), held.class.filter(|_| !held.mixed)?)))
            .collect()
    }

    #[test]
    fn keys_that_documents_agree_on() {
        let found = keys(&[
            r#"{"device": "mobile", "load": 1.5, "returning": true, "geo": {"city": "Oslo", "at": [1, 2]}}"#,
            r#"{"device": null, "load": 2, "mixed": 1, "": 3, "7": 1}"#,
            r#"{"mixed": "one"}"#,
            r#"{"cut off": "#,
            "[1, 2]",
        ]);
        let text = |key: &str| (key.to_owned(), TypeClass::Text);
        assert_eq!(
            found,
            [
                text("device"),
                text("geo.city"),
                ("load".to_owned(), TypeClass::Numeric),
                ("returning".to_owned(), TypeClass::Boolean),
            ]
        );
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let deep = r#"{"a": {"b": {"c": {"d": 1}}}}"#;
        assert!(keys(&[deep]).is_empty());
        let many: Vec<String> = (0..5_000).map(|i| format!(r#""k{i}": 1"#)).collect();
        let many = format!("{{{}}}", many.join(", "));
        assert!(keys(&[&many]).len() <= 4 * MOST_KEYS + 1);
    }
}
