//! Keys that point at rows of one table or of another, as the kind beside them says: `sender_id`, a user where `sender_type` is 0 and a
//! merchant where it is 1; `owner_id` beside `owner_type`, 'Person' or 'Company'.
//!
//! Invariant: such a key is read as one key to each of the tables, with a value only in the rows whose kind is that table's. Joined by the
//! number alone, a user would be taken for the merchant who happens to have the same one. Which kind is which table must be told, by the
//! stored kinds themselves or by a comment that explains them.

use super::super::language::{ENGLISH, stems};
use super::super::sql::ast;
use super::members::Members;
use super::names::{Splitter, pieces};
use super::toldcodes;
use super::undeclared::key_of;
use crate::catalog::model::{
    Catalog, Column, ColumnRef, ForeignKey, Part, Table, TypeClass, Values,
};
use sqlparser::ast::{BinaryOperator, Expr};
use std::borrow::Cow;

/// Rows of more kinds belong to nothing that is known.
const MOST_KINDS: usize = 12;

/// Adds a key for each table that one of several kinds points at, after the columns that are declared.
pub(crate) fn add(catalog: &mut Cow<Catalog>, values: &dyn Values, members: &mut Members) {
    let paired = |table: &Table| table.columns.iter().any(|c| is_kind(&c.name));
    if !catalog.tables.iter().any(paired) {
        return;
    }
    let splitter = Splitter::new(catalog);
    let mut found: Vec<(usize, Column, usize, usize)> = Vec::new();
    for (holder, table) in catalog.tables.iter().enumerate() {
        for kind in 0..table.columns.len() {
            let Some(key) = key_beside(table, kind) else {
                continue;
            };
            let at = ColumnRef {
                table: holder,
                column: kind,
            };
            let kinds = kinds(at, catalog, values, &splitter);
            let class = table.columns[key].class;
            let fits = |(_, t): &(String, usize)| {
                let to = &catalog.tables[*t];
                key_of(to).is_some_and(|k| to.columns[k].class == class)
            };
            for (value, target) in kinds.into_iter().filter(fits) {
                let to = key_of(&catalog.tables[target]).unwrap_or_default();
                let column = column(table, (key, kind), value, &catalog.tables[target]);
                found.push((holder, column, target, to));
            }
        }
    }
    for (holder, column, target, to) in found {
        let table = &mut catalog.to_mut().tables[holder];
        if table.columns.iter().any(|c| c.name == column.name) {
            continue;
        }
        let at = ColumnRef {
            table: holder,
            column: table.columns.len(),
        };
        table.foreign_keys.push(ForeignKey {
            columns: vec![at.column],
            target,
            target_columns: vec![to],
        });
        table.columns.push(column);
        members.add_none(at);
    }
}

/// Whether a column is the kind beside such a key.
pub(crate) fn tells_target(table: &Table, kind: usize) -> bool {
    let own = &table.columns[kind].name;
    let part =
        |column: &Column| matches!(&column.part, Some(Part::Kind { kind, .. }) if kind == own);
    table.columns.iter().any(part)
}

/// The words of a name before "type" and the like; `None` where it does not end so.
fn is_of(name: &str) -> Option<Vec<String>> {
    let mut words = pieces(name);
    let last = words.pop()?;
    let long = ENGLISH.abbreviations.get(&last);
    let last = long.and_then(|long| long.last()).unwrap_or(&last);
    let kind = stems(last)
        .iter()
        .all(|stem| ENGLISH.kind_columns.contains(stem));
    (kind && !words.is_empty()).then_some(words)
}

fn is_kind(name: &str) -> bool {
    is_of(name).is_some()
}

/// The key that a column tells the kind of: called like it, and declared to point at nothing.
fn key_beside(table: &Table, kind: usize) -> Option<usize> {
    let of = is_of(&table.columns[kind].name)?;
    let of_key = |c: &usize| {
        let mut words = pieces(&table.columns[*c].name);
        let last = words.pop();
        let key = last.is_some_and(|last| ENGLISH.id_words.contains(&last));
        key && words == of
    };
    let key = (0..table.columns.len()).find(of_key)?;
    let declared = table.foreign_keys.iter().any(|k| k.columns.contains(&key));
    (!declared && !table.primary_key.contains(&key)).then_some(key)
}

/// The kinds that are stored in a column, with the only table that each is called after.
fn kinds(
    at: ColumnRef,
    catalog: &Catalog,
    values: &dyn Values,
    splitter: &Splitter,
) -> Vec<(String, usize)> {
    let column = catalog.column(at);
    let stored = match column.labels.is_empty() {
        true => values.common(at, MOST_KINDS + 1),
        false => column.labels.clone(),
    };
    if stored.len() > MOST_KINDS {
        return Vec::new();
    }
    let comment = column.comment.as_deref();
    let told = comment.map(|text| toldcodes::explained(text, &stored));
    let told = told.filter(|told| !told.is_empty());
    let named = || {
        // `App\Models\Post` is a post.
        let last = |kind: &String| kind.rsplit(['\\', ':', '.']).next().map(pieces);
        let words = |kind: &String| last(kind).map(|words| stems(&words.join(" ")));
        let kinds = stored.iter();
        kinds
            .filter_map(|kind| Some((kind.clone(), words(kind)?)))
            .collect()
    };
    let called = |words: &[String]| {
        let tables = catalog.tables.iter().enumerate();
        let own = |(_, table): &(usize, &Table)| {
            let schema = &catalog.tables[at.table].schema;
            table.schema == *schema && splitter.thing(&table.name) == words
        };
        let mut tables = tables.filter(own);
        let only = tables.next().map(|(t, _)| t);
        only.filter(|_| tables.next().is_none())
    };
    let kinds: Vec<(String, Vec<String>)> = told.unwrap_or_else(named);
    let kinds = kinds.into_iter();
    kinds
        .filter_map(|(kind, words)| Some((kind, called(&words)?)))
        .collect()
}

/// The key to one of the tables: "sender user id".
fn column(table: &Table, (key, kind): (usize, usize), value: String, to: &Table) -> Column {
    let (own, kind) = (&table.columns[key], &table.columns[kind]);
    let mut words = pieces(&own.name);
    let id = words.pop().unwrap_or_default();
    words.extend(pieces(&super::super::sql::measures::singular(&to.name)));
    words.push(id);
    Column {
        number: 0,
        name: words.join("_"),
        not_null: false,
        comment: None,
        distinct: None,
        part: Some(Part::Kind {
            of: own.name.clone(),
            kind: kind.name.clone(),
            value,
            number: matches!(kind.class, TypeClass::Integer | TypeClass::Numeric),
        }),
        ..own.clone()
    }
}

/// The number of such a key in a row whose table is called `alias`, and the condition that it is of its kind; `None` for other columns.
pub(crate) fn expression(alias: &str, column: &Column) -> Option<(Expr, Expr)> {
    let Part::Kind {
        of,
        kind,
        value,
        number,
    } = column.part.as_ref()?
    else {
        return None;
    };
    let value = match number {
        true => ast::number(value),
        false => ast::text(value),
    };
    let is = ast::binary(ast::column(alias, kind), BinaryOperator::Eq, value);
    Some((ast::column(alias, of), is))
}
