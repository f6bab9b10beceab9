//! A table as one line of DDL for a model to read.
//!
//! Invariant: a comment or a value is data. It stands in a comment of SQL, on one line, of bounded length, and it can hold
//! neither the end of that comment nor an angle bracket, of which the sections of a prompt are made. So nobody who may write
//! a comment can write the prompt.

use super::Samples;
use crate::catalog::model::{Catalog, Column, ColumnRef, Table, TableKind, TypeClass, Values};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A longer comment is cut: one table must not use the room of ten.
const LONGEST_COMMENT: usize = 200;
/// A longer value is prose.
const LONGEST_VALUE: usize = 40;
/// More labels of an enum are not shown.
const MOST_LABELS: usize = 30;

/// A table with all its columns, or only those in `columns`.
pub fn table(
    catalog: &Catalog,
    at: usize,
    columns: Option<&BTreeSet<usize>>,
    values: &dyn Values,
    samples: Samples,
) -> String {
    let table = &catalog.tables[at];
    let shown = |column: &usize| columns.is_none_or(|columns| columns.contains(column));
    let mut line = format!("CREATE {} {} (", kind(table.kind), full_name(table));
    let mut parts: Vec<String> = Vec::new();
    for (number, column) in table.columns.iter().enumerate().filter(|(n, _)| shown(n)) {
        let mut part = format!("{} {}", name(&column.name), short_type(&column.type_name));
        if table.primary_key == [number] {
            part.push_str(" PRIMARY KEY");
        }
        for key in &table.foreign_keys {
            if key.columns == [number] {
                let _ = write!(
                    part,
                    " REFERENCES {}",
                    target(catalog, key.target, &key.target_columns)
                );
            }
        }
        let at = ColumnRef {
            table: at,
            column: number,
        };
        let notes: Vec<String> = [
            column.comment.as_deref().map(comment),
            labels(column),
            common(column, at, values, samples),
        ]
        .into_iter()
        .flatten()
        .filter(|note| !note.is_empty())
        .collect();
        if !notes.is_empty() {
            let _ = write!(part, " /* {} */", notes.join("; "));
        }
        parts.push(part);
    }
    if table.primary_key.len() > 1 {
        parts.push(format!(
            "PRIMARY KEY ({})",
            names(table, &table.primary_key)
        ));
    }
    for key in table
        .foreign_keys
        .iter()
        .filter(|key| key.columns.len() > 1)
    {
        parts.push(format!(
            "FOREIGN KEY ({}) REFERENCES {}",
            names(table, &key.columns),
            target(catalog, key.target, &key.target_columns)
        ));
    }
    line.push_str(&parts.join(", "));
    line.push_str(");");
    let mut notes: Vec<String> = table
        .comment
        .as_deref()
        .map(comment)
        .into_iter()
        .filter(|c| !c.is_empty())
        .collect();
    let hidden = table.columns.len()
        - table
            .columns
            .iter()
            .enumerate()
            .filter(|(n, _)| shown(n))
            .count();
    if hidden > 0 {
        notes.push(format!("{hidden} more columns"));
    }
    if !notes.is_empty() {
        let _ = write!(line, " /* {} */", notes.join("; "));
    }
    line
}

fn kind(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Table | TableKind::Partitioned => "TABLE",
        TableKind::View => "VIEW",
        TableKind::MaterializedView => "MATERIALIZED VIEW",
        TableKind::Foreign => "FOREIGN TABLE",
    }
}

fn full_name(table: &Table) -> String {
    format!("{}.{}", name(&table.schema), name(&table.name))
}

fn target(catalog: &Catalog, at: usize, columns: &[usize]) -> String {
    let table = &catalog.tables[at];
    if columns == table.primary_key {
        return full_name(table);
    }
    format!("{} ({})", full_name(table), names(table, columns))
}

fn names(table: &Table, columns: &[usize]) -> String {
    columns
        .iter()
        .map(|&c| name(&table.columns[c].name))
        .collect::<Vec<_>>()
        .join(", ")
}

/// An identifier as SQL needs it written: in quotation marks unless it is plain lower case. Words that SQL reserves are
/// rare as names, and quoting them is the model's to know.
fn name(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain {
        text.to_owned()
    } else {
        format!("\"{}\"", one_line(text).replace('"', "\"\""))
    }
}

/// The usual short spelling of a type.
fn short_type(name: &str) -> String {
    let (base, rest) = match name.find(['(', '[']) {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    let array = if rest.ends_with("[]") { "[]" } else { "" };
    // Precision in the middle: "timestamp(3) with time zone".
    let zone = rest
        .split_once(')')
        .map_or("", |(_, zone)| zone.trim_end_matches("[]"));
    let short = match format!("{}{zone}", base.trim_end()).as_str() {
        "integer" => "int".to_owned(),
        "character varying" | "character" => "text".to_owned(),
        "timestamp without time zone" => "timestamp".to_owned(),
        "timestamp with time zone" => "timestamptz".to_owned(),
        "time without time zone" => "time".to_owned(),
        "double precision" => "float8".to_owned(),
        other => one_line(other),
    };
    format!("{short}{array}")
}

/// A text that a person wrote, made safe to stand in a comment of SQL inside a section of a prompt.
pub fn comment(text: &str) -> String {
    cut(&one_line(text), LONGEST_COMMENT)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// One line without control characters, the marks of comments, and angle brackets.
fn one_line(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
    {
        if !clean.is_empty() {
            clean.push(' ');
        }
        clean.extend(word.chars().map(|c| match c {
            '<' => '‹',
            '>' => '›',
            '*' => '∗',
            other => other,
        }));
    }
    clean
}

/// Labels are part of the definition of a type, as names are.
fn labels(column: &Column) -> Option<String> {
    (!column.labels.is_empty()).then(|| {
        let shown: Vec<String> = column
            .labels
            .iter()
            .take(MOST_LABELS)
            .map(|l| literal(l))
            .collect();
        format!("one of {}", shown.join(", "))
    })
}

fn common(column: &Column, at: ColumnRef, values: &dyn Values, samples: Samples) -> Option<String> {
    let Samples::Some(most) = samples else {
        return None;
    };
    if column.class != TypeClass::Text || !column.labels.is_empty() {
        return None;
    }
    let found = values.common(at, most);
    let shown: Vec<String> = found.iter().map(|v| literal(v)).collect();
    (!shown.is_empty()).then(|| format!("such as {}", shown.join(", ")))
}

fn literal(text: &str) -> String {
    format!(
        "'{}'",
        cut(&one_line(text), LONGEST_VALUE).replace('\'', "''")
    )
}
