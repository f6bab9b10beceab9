//! Parts of columns, read as columns of their tables: the keys of documents, where a range of time begins and ends, and the age of who was born
//! on a day.
//!
//! Invariant: a key is a column only when all documents that were looked at agree on what it holds: text, numbers or truth values.
//! Documents are looked at as the caller, a bounded number of each column: those that PostgreSQL's statistics keep, and the first of a
//! small table that has none. A document without the key has NULL there. A number that later is none ends the statement with
//! PostgreSQL's own error, and never gives a wrong answer. Lengths of time are added by questions, see [`super::lengths`].

use super::super::language::{ENGLISH, stems};
use super::super::sql::ast;
use super::names::Splitter;
use super::nature::is_date;
use crate::catalog::model::{
    Catalog, Column, ColumnRef, Part, StoredValue, Table, TypeClass, ValueMatch, Values,
};
use serde_json::Value;
use sqlparser::ast::{BinaryOperator, DataType, ExactNumberInfo, Expr};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// So many jsonb columns are looked at.
const MOST_COLUMNS: usize = 16;
/// So many documents of each.
const MOST_DOCUMENTS: usize = 200;
/// So many keys of each are columns, in the order of their names.
const MOST_KEYS: usize = 50;
/// So deep may a key stand in a document.
const DEEPEST: usize = 3;
/// So many values of each key are known, and of all keys together.
const MOST_VALUES: usize = 100;
const MOST_TEXTS: usize = 4_096;
/// A longer text is prose, not a value that a question names.
const LONGEST: usize = 120;

/// The texts that the keys of jsonb columns hold.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// By the column that was made of the key.
    texts: BTreeMap<ColumnRef, BTreeSet<String>>,
    /// Where a text stands, by its lower case and by its stems: a question looks up dozens of phrases.
    folded: HashMap<String, Vec<(ColumnRef, String)>>,
    stemmed: HashMap<Vec<String>, Vec<(ColumnRef, String)>>,
    count: usize,
}

impl Members {
    fn add(&mut self, at: ColumnRef, mut texts: BTreeSet<String>) {
        if self.count + texts.len() > MOST_TEXTS {
            texts.clear();
        }
        self.count += texts.len();
        for text in &texts {
            let place = (at, text.clone());
            let folded = self.folded.entry(text.to_lowercase()).or_default();
            folded.push(place.clone());
            self.stemmed.entry(stems(text)).or_default().push(place);
        }
        self.texts.insert(at, texts);
    }

    /// Of a column that is not stored there are no values to look up.
    pub(super) fn add_none(&mut self, at: ColumnRef) {
        self.texts.insert(at, BTreeSet::new());
    }

    /// The texts that a phrase may mean.
    fn find(&self, phrase: &str) -> Vec<StoredValue> {
        let mut found = Vec::new();
        for (column, text) in self
            .folded
            .get(&phrase.to_lowercase())
            .into_iter()
            .flatten()
        {
            let quality = match text == phrase {
                true => ValueMatch::Exact,
                false => ValueMatch::Folded,
            };
            found.push((column, text, quality));
        }
        let stemmed = stems(phrase);
        for (column, text) in self.stemmed.get(&stemmed).into_iter().flatten() {
            let there = found.iter().any(|(c, t, _)| *c == column && *t == text);
            if !stemmed.is_empty() && !there {
                found.push((column, text, ValueMatch::Stemmed));
            }
        }
        let value = |(column, text, found): (&ColumnRef, &String, ValueMatch)| StoredValue {
            column: *column,
            text: text.clone(),
            found,
        };
        found.into_iter().map(value).collect()
    }
}

/// What the documents of a column hold under one key.
#[derive(Default)]
struct Held {
    class: Option<TypeClass>,
    mixed: bool,
    texts: BTreeSet<String>,
}

/// Adds the parts of columns to the catalog, as columns after those that are declared. Gives what documents hold under the keys among them.
pub(crate) fn add(catalog: &mut Cow<Catalog>, values: &dyn Values) -> Members {
    let mut members = Members::default();
    let mut parts: Vec<(ColumnRef, Column, BTreeSet<String>)> = Vec::new();
    let mut looked_at = 0;
    for (t, table) in catalog.tables.iter().enumerate() {
        for (c, column) in table.columns.iter().enumerate() {
            let at = ColumnRef {
                table: t,
                column: c,
            };
            match column.class {
                TypeClass::Range => parts.extend(ends(column).map(|c| (at, c, BTreeSet::new()))),
                TypeClass::Json if looked_at < MOST_COLUMNS => {
                    looked_at += 1;
                    let held = held_by(&values.documents(at, MOST_DOCUMENTS));
                    let keys = held.into_iter().filter_map(|(keys, held)| {
                        let class = held.class.filter(|_| !held.mixed)?;
                        Some((at, key(column, keys, class), held.texts))
                    });
                    parts.extend(keys.take(MOST_KEYS));
                }
                _ => {}
            }
        }
    }
    let splitter = Splitter::new(catalog);
    let ages = ages(catalog, &splitter);
    parts.extend(ages.into_iter().map(|(at, age)| (at, age, BTreeSet::new())));
    if parts.is_empty() {
        return members;
    }
    let read = catalog.to_mut();
    let mut names: BTreeMap<usize, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (at, part, texts) in parts {
        let columns = &mut read.tables[at.table].columns;
        let names = names
            .entry(at.table)
            .or_insert_with(|| columns.iter().map(|c| splitter.stems(&c.name)).collect());
        // A column that is declared is nearer than a part of the same name.
        if !names.insert(splitter.stems(&part.name)) {
            continue;
        }
        let place = ColumnRef {
            column: columns.len(),
            ..at
        };
        // Of no part are values known but of keys: nobody may look for them in a column that is not declared.
        match part.part {
            Some(Part::Key { .. }) => members.add(place, texts),
            _ => members.add_none(place),
        }
        columns.push(part);
    }
    members
}

/// Where a range of time begins and where it ends.
fn ends(column: &Column) -> impl Iterator<Item = Column> {
    let (class, type_name) = match column.type_name.as_str() {
        "daterange" => (Some(TypeClass::Date), "date"),
        "tsrange" => (Some(TypeClass::Timestamp), "timestamp without time zone"),
        "tstzrange" => (Some(TypeClass::TimestampTz), "timestamp with time zone"),
        _ => (None, ""),
    };
    let of = column.name.clone();
    let start = (format!("{of}_start"), Part::Start { of: of.clone() });
    let end = (format!("{of}_end"), Part::End { of });
    let both = class.map(|class| {
        [start, end].map(|(name, part)| Column {
            type_name: type_name.to_owned(),
            ..undeclared(name, class, part)
        })
    });
    both.into_iter().flatten()
}

/// The ages of those who have one date of birth, where the table tells no age itself.
fn ages(catalog: &Catalog, splitter: &Splitter) -> Vec<(ColumnRef, Column)> {
    let named = |column: &Column, list: &[String]| {
        let said = splitter.stems(&column.name);
        said.iter().any(|stem| list.contains(stem))
    };
    let of_table = |(t, table): (usize, &Table)| {
        let born = |c: &&(usize, &Column)| is_date(c.1.class) && named(c.1, &ENGLISH.birth_words);
        let columns: Vec<(usize, &Column)> = table.columns.iter().enumerate().collect();
        let mut births = columns.iter().filter(born);
        let (column, only) = *births.next().filter(|_| births.next().is_none())?;
        // The dead grow no older.
        let known = [&ENGLISH.age_words, &ENGLISH.death_words];
        let told = |c: &Column| known.iter().any(|list| named(c, list));
        let told = table.columns.iter().any(told);
        let name = ENGLISH.age_words.first().filter(|_| !told)?;
        let of = only.name.clone();
        let age = undeclared(name.clone(), TypeClass::Numeric, Part::Age { of });
        Some((ColumnRef { table: t, column }, age))
    };
    let tables = catalog.tables.iter().enumerate();
    tables.filter_map(of_table).collect()
}

/// A key of a document.
fn key(column: &Column, keys: Vec<String>, class: TypeClass) -> Column {
    let of = column.name.clone();
    undeclared(keys.join("_"), class, Part::Key { of, keys })
}

fn undeclared(name: String, class: TypeClass, part: Part) -> Column {
    Column {
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
        stored_date: None,
        ones_and_zeros: false,
        part: Some(part),
    }
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
        if !key.chars().any(char::is_alphabetic) || key.len() > 63 {
            continue;
        }
        path.push(key.clone());
        // A key that is known is looked at in every document: they must agree.
        if held.len() > 4 * MOST_KEYS && !held.contains_key(path) {
            path.pop();
            continue;
        }
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

/// A part of a column of a row whose table is called `alias`, and what it is; `None` when the column is declared.
pub(crate) fn expression(alias: &str, column: &Column) -> Option<(Expr, String)> {
    let name = &column.name;
    match column.part.as_ref()? {
        Part::Key { of, keys } => {
            let (last, before) = keys.split_last()?;
            let mut expr = ast::column(alias, of);
            for key in before {
                expr = ast::binary(expr, BinaryOperator::Arrow, ast::text(key));
            }
            let expr = ast::binary(expr, BinaryOperator::LongArrow, ast::text(last));
            let text = Expr::Nested(Box::new(expr));
            // By its own type: a text that is read as a number or a date is cast where it is used.
            let expr = match column.type_name.as_str() {
                "numeric" => ast::cast(text, DataType::Numeric(ExactNumberInfo::None)),
                "boolean" => ast::cast(text, DataType::Boolean),
                _ => text,
            };
            Some((expr, format!("{} is a key of {of}", keys.join("."))))
        }
        Part::Age { of } => {
            let years = [
                ast::text("year"),
                ast::function("age", vec![ast::column(alias, of)]),
            ];
            let years = ast::function("date_part", years.to_vec());
            let whole = ast::cast(years, DataType::Integer(None));
            Some((whole, format!("{name} is the years since {of}")))
        }
        Part::Start { of } => {
            let expr = ast::function("lower", vec![ast::column(alias, of)]);
            Some((expr, format!("{name} is where {of} begins")))
        }
        Part::End { of } => {
            let end = ast::function("upper", vec![ast::column(alias, of)]);
            // PostgreSQL writes a range of days with the day after it as its end.
            let expr = match column.class {
                TypeClass::Date => {
                    let last = ast::binary(end, BinaryOperator::Minus, ast::number("1"));
                    Expr::Nested(Box::new(last))
                }
                _ => end,
            };
            Some((expr, format!("{name} is where {of} ends")))
        }
        // It stands as a column of the row until its row is joined, see `sql::pointed`.
        Part::Pointed { over, column, .. } => {
            let told = format!(
                "{name} is {column} of {} by {}",
                over.table,
                over.on.first()?.1
            );
            Some((ast::column(alias, name), told))
        }
        Part::Length { from, to, unit } => Some(super::lengths::expression(alias, from, to, *unit)),
        Part::Kind { .. } => {
            let (key, is) = super::kindkeys::expression(alias, column)?;
            let told = format!("{name} is {key} where {is}");
            Some((ast::case(is, key), told))
        }
    }
}

/// A column of a row whose table is called `alias`, as it is stored.
pub(crate) fn stored(alias: &str, column: &Column) -> Expr {
    match expression(alias, column) {
        Some((expr, _)) => expr,
        None => ast::column(alias, &column.name),
    }
}

/// Stored values, with those of the keys of jsonb columns among them.
pub(crate) struct WithMembers<'a> {
    pub values: &'a dyn Values,
    pub members: &'a Members,
}

impl Values for WithMembers<'_> {
    fn look_up(&self, phrases: &[String], within: Option<&[ColumnRef]>) -> Vec<Vec<StoredValue>> {
        if self.members.texts.is_empty() {
            return self.values.look_up(phrases, within);
        }
        let declared = |at: &&ColumnRef| !self.members.texts.contains_key(at);
        let declared: Option<Vec<ColumnRef>> =
            within.map(|within| within.iter().filter(declared).copied().collect());
        let mut found = self.values.look_up(phrases, declared.as_deref());
        for (phrase, found) in phrases.iter().zip(&mut found) {
            let own = self.members.find(phrase).into_iter();
            found.extend(own.filter(|v| within.is_none_or(|within| within.contains(&v.column))));
        }
        found
    }

    fn common(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        match self.members.texts.get(&column) {
            Some(texts) => texts.iter().take(limit).cloned().collect(),
            None => self.values.common(column, limit),
        }
    }

    fn documents(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        self.values.documents(column, limit)
    }

    fn is_closed(&self, column: ColumnRef) -> bool {
        !self.members.texts.contains_key(&column) && self.values.is_closed(column)
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
    fn texts_are_found_in_any_case_and_form() {
        let at = |column| ColumnRef { table: 0, column };
        let mut members = Members::default();
        let texts = |all: &[&str]| all.iter().map(|t| (*t).to_owned()).collect();
        members.add(at(3), texts(&["mobile", "Tablet"]));
        members.add(at(4), texts(&["tablets"]));
        let found = |phrase: &str| -> Vec<(usize, String, ValueMatch)> {
            let all = members.find(phrase).into_iter();
            all.map(|v| (v.column.column, v.text, v.found)).collect()
        };
        assert_eq!(found("mobile"), [(3, "mobile".into(), ValueMatch::Exact)]);
        assert_eq!(
            found("tablet"),
            [
                (3, "Tablet".into(), ValueMatch::Folded),
                (4, "tablets".into(), ValueMatch::Stemmed)
            ]
        );
        assert!(found("desktop").is_empty());
        let many = (0..2 * MOST_TEXTS).map(|i| format!("text {i}")).collect();
        members.add(at(5), many);
        assert!(members.count <= MOST_TEXTS && members.texts[&at(5)].is_empty());
    }

    #[test]
    fn a_known_key_is_looked_at_in_every_document() {
        let many: Vec<String> = (0..5_000).map(|i| format!(r#""k{i}": 1"#)).collect();
        let many = format!(r#"{{"a": 1, {}}}"#, many.join(", "));
        let found = keys(&[&many, r#"{"a": "one"}"#]);
        assert!(found.iter().all(|(key, _)| key != "a"));
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
