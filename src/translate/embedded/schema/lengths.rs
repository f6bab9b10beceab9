//! How long it was from one date to another, as a column of their table: what is averaged, compared and ordered like any number.
//!
//! No catalog declares such a column. A question that speaks of a length of time is read over a copy of the catalog and of its words that has
//! it ([`with`]), under a name that no question has by chance.
//!
//! Invariant: both dates are of one row, or of what keys tie to that row one to one, so that a row is measured once. A row without one of them
//! has no length, and the reading says so. The length of a range of days is the number of its days. A part of a day is counted only between two moments; days between a day and a moment are whole.

use super::super::language::ENGLISH;
use super::super::mentions::annotate::Segment;
use super::super::sql::ast;
use super::lexicon::{Lexicon, Target};
use super::measured::{Held, is_length_of_time};
use super::nature::Nature;
use crate::catalog::model::{
    Catalog, Column, ColumnRef, Dated, LengthUnit, Over, Part, TypeClass, Until,
};
use crate::question::tokens::stem;
use sqlparser::ast::{BinaryOperator, DataType, DateTimeField, Expr, ExtractSyntax};

/// The longest name of a column of PostgreSQL.
const LONGEST: usize = 63;

/// How the words begin that stand for lengths.
const STAND_IN: &str = "lengthq";

/// A length of time that a question asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Length {
    /// The table whose rows have it.
    pub table: usize,
    pub from: At,
    pub to: At,
    pub unit: LengthUnit,
    /// What is not over yet is measured up to now; what has no end at all ends where it begins, and now is meant.
    pub until: Until,
}

/// A date of the measured rows, or of those that a key ties to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub column: ColumnRef,
    /// The key, where it is a date of another table, as an index into the edges of the graph.
    pub over: Option<usize>,
    /// There may be many such rows: the first of their dates is meant.
    pub first: bool,
}

impl LengthUnit {
    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            LengthUnit::Minute => "minutes",
            LengthUnit::Hour => "hours",
            LengthUnit::Day => "days",
            LengthUnit::Week => "weeks",
            LengthUnit::Year => "years",
        }
    }

    /// So many seconds.
    fn seconds(self) -> &'static str {
        match self {
            LengthUnit::Minute => "60",
            LengthUnit::Hour => "3600",
            LengthUnit::Day => "86400",
            LengthUnit::Week => "604800",
            LengthUnit::Year => "31557600",
        }
    }
}

/// A length of time as a column.
pub(crate) struct Named {
    /// The one word that stands for it in a question.
    pub word: String,
    /// The name of the column.
    pub name: String,
}

/// The catalog and its words with these lengths of time.
pub(crate) fn with(
    lengths: &[Length],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> (Catalog, Lexicon, Vec<Named>) {
    let (mut catalog, mut lexicon) = (catalog.clone(), lexicon.clone());
    let named = lengths.iter().zip('a'..).map(|(length, letter)| {
        let word = format!("{STAND_IN}{letter}");
        let name = add(length, &word, &mut catalog, &mut lexicon);
        Named { word, name }
    });
    let named = named.collect();
    (catalog, lexicon, named)
}

/// Whether a column is such a length.
pub(crate) fn is_length(column: &Column) -> bool {
    matches!(column.part, Some(Part::Length { .. }))
}

/// Calls the lengths of a question by their names: their words are none of a question.
pub(crate) fn call_by_name(segments: &mut [Segment], catalog: &Catalog) {
    for segment in segments {
        if let Some(Target::Column(at)) = segment.names.first().map(|c| &c.target)
            && let column = catalog.column(*at)
            && is_length(column)
        {
            segment.text = column.name.replace('_', " ");
        }
    }
}

fn add(length: &Length, word: &str, catalog: &mut Catalog, lexicon: &mut Lexicon) -> String {
    let dated = |at: &At| {
        let column = catalog.column(at.column);
        Dated {
            name: column.name.clone(),
            class: column.class,
            part: column.part.clone(),
            over: at
                .over
                .map(|edge| over(length.table, edge, at.first, catalog, lexicon)),
            until: Until::Date,
        }
    };
    let (from, mut to) = (Box::new(dated(&length.from)), Box::new(dated(&length.to)));
    to.until = length.until;
    let name = name(length, catalog);
    let column = Column {
        number: 0,
        name: name.clone(),
        type_name: "numeric".to_owned(),
        class: TypeClass::Numeric,
        not_null: false,
        comment: None,
        labels: Vec::new(),
        distinct: None,
        stored_date: None,
        ones_and_zeros: false,
        part: Some(Part::Length {
            from,
            to,
            unit: length.unit,
        }),
    };
    let place = ColumnRef {
        table: length.table,
        column: catalog.tables[length.table].columns.len(),
    };
    // What stands for the table in a role has all of its columns.
    let copies = lexicon.roles.iter().filter(|r| r.base == length.table);
    let tables: Vec<usize> = copies.map(|r| r.table).chain([length.table]).collect();
    let word = stem(word);
    for table in tables {
        catalog.tables[table].columns.push(column.clone());
        lexicon.tables[table].columns.push(vec![word.clone()]);
        lexicon.tables[table].natures.push(Nature::Rate);
    }
    let units = ENGLISH.units_after_number(length.unit.name());
    let of_time = units.into_iter().filter(|u| is_length_of_time(*u));
    lexicon.units.insert(place, Held::In(of_time.collect()));
    lexicon.members.add_none(place);
    lexicon.add_whole(Target::Column(place), vec![word], 1.0);
    name
}

/// A name that says what it is.
fn name(length: &Length, catalog: &Catalog) -> String {
    let called = |at: &At| {
        let column = &catalog.column(at.column).name;
        match at.over {
            Some(_) => format!("{}_{column}", catalog.table(at.column).name),
            None => column.clone(),
        }
    };
    let (from, mut to) = (called(&length.from), called(&length.to));
    match length.until {
        Until::Date => {}
        Until::DateOrNow => to.push_str("_or_now"),
        Until::Now => to = "now".to_owned(),
    }
    let name = format!("{}_from_{from}_to_{to}", length.unit.name()).to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(plain).take(LONGEST).collect()
}

/// The rows of another table that a key ties to those of `table`.
fn over(table: usize, edge: usize, first: bool, catalog: &Catalog, lexicon: &Lexicon) -> Over {
    let edge = &lexicon.graph.edges[edge];
    let name = |table: usize, column: &usize| catalog.tables[table].columns[*column].name.clone();
    let pairs = edge.columns.iter().zip(&edge.target_columns);
    let pairs = pairs.map(|(own, theirs)| (name(edge.holder, own), name(edge.target, theirs)));
    let (other, on) = match edge.holder == table {
        true => (
            edge.target,
            pairs.map(|(own, theirs)| (theirs, own)).collect(),
        ),
        false => (edge.holder, pairs.collect()),
    };
    Over {
        schema: catalog.tables[other].schema.clone(),
        table: catalog.tables[other].name.clone(),
        on,
        first,
    }
}

/// The length of time of a row whose table is called `alias`, and what it is.
pub(super) fn expression(
    alias: &str,
    from: &Dated,
    to: &Dated,
    unit: LengthUnit,
) -> (Expr, String) {
    let start = date(alias, from);
    let now = || match to.class {
        TypeClass::Date => Expr::Identifier(sqlparser::ast::Ident::new("CURRENT_DATE")),
        _ => ast::function("now", Vec::new()),
    };
    // Where the end is yet to come, it goes on up to now.
    let end = match to.until {
        Until::Date => date(alias, to),
        Until::DateOrNow => ast::function("least", vec![date(alias, to), now()]),
        Until::Now => now(),
    };
    let length = between(start, end, [from.class, to.class], unit);
    let called = |dated: &Dated| match &dated.over {
        Some(over) if over.first => format!("the first {} of {}", dated.name, over.table),
        Some(over) => format!("{} of {}", dated.name, over.table),
        None => dated.name.clone(),
    };
    let end = match to.until {
        Until::Date => format!("{}; rows without one of them are left out", called(to)),
        Until::DateOrNow => format!("{}, or up to now where that is not over", called(to)),
        Until::Now => "now".to_owned(),
    };
    let told = format!(
        "the length is in {} from {} to {end}",
        unit.name(),
        called(from)
    );
    (ast::nested(length), told)
}

/// A date of that row.
fn date(alias: &str, dated: &Dated) -> Expr {
    let of = |alias: &str| {
        // The last day of a range is a part of it: its length goes on to the day after.
        if let Some(Part::End { of }) = &dated.part {
            return ast::function("upper", vec![ast::column(alias, of)]);
        }
        let column = Column {
            number: 0,
            name: dated.name.clone(),
            type_name: String::new(),
            class: dated.class,
            not_null: false,
            comment: None,
            labels: Vec::new(),
            distinct: None,
            stored_date: None,
            ones_and_zeros: false,
            part: dated.part.clone(),
        };
        super::members::stored(alias, &column)
    };
    let Some(over) = &dated.over else {
        return of(alias);
    };
    let other = format!("{alias}_other");
    let same = |(theirs, own): &(String, String)| {
        let theirs = ast::column(&other, theirs);
        ast::binary(theirs, BinaryOperator::Eq, ast::column(alias, own))
    };
    let date = match over.first {
        true => ast::function("min", vec![of(&other)]),
        false => of(&other),
    };
    let parts = ast::Parts {
        columns: vec![(date, None)],
        from: Some(ast::relation(&over.schema, &over.table, &other)),
        condition: ast::all_of(over.on.iter().map(same)),
        ..ast::Parts::default()
    };
    Expr::Subquery(Box::new(parts.query()))
}

/// How long it was from one date to another, of these types, in a unit: days and weeks where one of them is a day.
pub(crate) fn between(start: Expr, end: Expr, classes: [TypeClass; 2], unit: LengthUnit) -> Expr {
    if !classes.contains(&TypeClass::Date) {
        let seconds = Expr::Extract {
            field: DateTimeField::Epoch,
            syntax: ExtractSyntax::From,
            expr: Box::new(ast::nested(ast::binary(end, BinaryOperator::Minus, start))),
        };
        return ast::binary(seconds, BinaryOperator::Divide, ast::number(unit.seconds()));
    }
    let day = |expr: Expr, class: TypeClass| match class {
        TypeClass::Date => expr,
        _ => ast::cast(expr, DataType::Date),
    };
    let days = ast::binary(
        day(end, classes[1]),
        BinaryOperator::Minus,
        day(start, classes[0]),
    );
    match unit {
        LengthUnit::Week => ast::binary(
            ast::nested(days),
            BinaryOperator::Divide,
            ast::number("7.0"),
        ),
        LengthUnit::Year => ast::binary(
            ast::nested(days),
            BinaryOperator::Divide,
            ast::number("365.25"),
        ),
        _ => days,
    }
}
