//! Names as SQL writes them.
//!
//! Invariant: PostgreSQL and sqlparser read back the very name that was written, whatever it is made of.

use crate::catalog::model::Catalog;
use sqlparser::ast::{Ident, ObjectName};
use sqlparser::keywords::{ALL_KEYWORDS, RESERVED_FOR_COLUMN_ALIAS};

/// Words that PostgreSQL does not take as a bare name of a column or table (appendix C of its documentation: those that are
/// reserved, also where only for functions or types).
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

/// The tables of a catalog that a statement names so: more than one where the catalog has copies of a table for its roles.
pub fn tables_named<'a>(
    catalog: &'a Catalog,
    name: &ObjectName,
) -> impl Iterator<Item = usize> + use<'a> {
    // As [`ident`] writes it: a quotation mark is doubled.
    let read = |ident: &Ident| ident.value.replace("\"\"", "\"");
    let parts: Vec<String> = name
        .0
        .iter()
        .filter_map(|p| p.as_ident())
        .map(read)
        .collect();
    let tables = catalog.tables.iter().enumerate();
    tables.filter_map(move |(at, table)| match &parts[..] {
        [.., schema, own] => (table.schema == *schema && table.name == *own).then_some(at),
        _ => None,
    })
}

/// A name, in quotation marks when PostgreSQL or sqlparser would read it differently without.
pub fn ident(name: &str) -> Ident {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let upper = name.to_ascii_uppercase();
    let keyword = RESERVED.contains(&name)
        || ALL_KEYWORDS.binary_search(&upper.as_str()).is_ok_and(|i| {
            RESERVED_FOR_COLUMN_ALIAS
                .iter()
                .any(|k| k.to_string() == ALL_KEYWORDS[i])
        });
    if plain && !keyword {
        Ident::new(name)
    } else {
        Ident::with_quote('"', name.replace('"', "\"\""))
    }
}
