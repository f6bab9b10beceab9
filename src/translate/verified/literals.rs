//! The literals of an approved statement, and the column that each is compared with.
//!
//! Invariant: every literal is listed, wherever it stands, so that a value that stands twice is seen twice; and a column is
//! named only when it can be no other.

use crate::catalog::model::{Catalog, ColumnRef};
use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Query, Statement, TableFactor, Value, ValueWithSpan, Visit,
    VisitMut, Visitor, VisitorMut,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Span;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

/// A literal of a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    pub value: Value,
    span: Span,
    /// It is one side of a comparison.
    pub compared: bool,
    /// The column that it is said to be equal to, or not.
    pub column: Option<ColumnRef>,
}

/// A statement and its literals, in the order in which they are written.
#[derive(Clone, Debug)]
pub struct Literals {
    query: Box<Query>,
    pub all: Vec<Literal>,
}

impl Literals {
    /// `None` when the text is not one query that can be taken apart.
    pub fn of(sql: &str, catalog: &Catalog) -> Option<Literals> {
        let mut statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).ok()?;
        let Some(Statement::Query(query)) = statements.pop() else {
            return None;
        };
        if !statements.is_empty() {
            return None;
        }
        let mut reader = Reader {
            catalog,
            tables: HashMap::new(),
            ambiguous: HashSet::new(),
            derived: false,
            sides: Vec::new(),
            found: Vec::new(),
        };
        let _ = query.visit(&mut reader);
        let mut all: Vec<Literal> = reader
            .found
            .iter()
            .map(|literal| {
                let side = reader.sides.iter().find(|s| s.span == literal.span);
                Literal {
                    value: literal.value.clone(),
                    span: literal.span,
                    compared: side.is_some(),
                    column: side.and_then(|s| reader.column(s.column.as_ref()?)),
                }
            })
            .collect();
        all.sort_by_key(|l| (l.span.start.line, l.span.start.column));
        // A literal without a place of its own could not be found again.
        let apart = all.windows(2).all(|pair| pair[0].span != pair[1].span);
        apart.then_some(Literals { query, all })
    }

    /// The statement with other values in the places of some literals.
    pub fn with(&self, new: &[(usize, Value)]) -> String {
        let mut query = self.query.clone();
        let places = new
            .iter()
            .map(|(place, value)| (self.all[*place].span, value));
        let _ = VisitMut::visit(&mut *query, &mut Writer(places.collect()));
        query.to_string()
    }
}

struct Writer<'a>(Vec<(Span, &'a Value)>);

impl VisitorMut for Writer<'_> {
    type Break = ();

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Some((_, new)) = self.0.iter().find(|(span, _)| *span == value.span) {
            value.value = (*new).clone();
        }
        ControlFlow::Continue(())
    }
}

/// One side of a comparison that is a literal.
struct Side {
    span: Span,
    column: Option<Expr>,
}

struct Reader<'a> {
    catalog: &'a Catalog,
    /// Tables by the name that they have in the statement.
    tables: HashMap<String, usize>,
    /// Names that stand for more than one thing.
    ambiguous: HashSet<String>,
    /// Not all columns are those of tables.
    derived: bool,
    sides: Vec<Side>,
    found: Vec<ValueWithSpan>,
}

fn folded(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_lowercase(),
    }
}

/// The literal in an expression that is one, maybe with a type said to it.
fn literal(expr: &Expr) -> Option<Span> {
    match expr {
        Expr::Value(value) => Some(value.span),
        Expr::TypedString(typed) => Some(typed.value.span),
        Expr::Cast { expr, .. } | Expr::Nested(expr) => literal(expr),
        _ => None,
    }
}

impl Reader<'_> {
    fn side(&mut self, side: &Expr, other: &Expr, equal: bool) {
        if let Some(span) = literal(side) {
            let named = matches!(other, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
            self.sides.push(Side {
                span,
                column: (equal && named).then(|| other.clone()),
            });
        }
    }

    /// The column of a table that a reference names.
    fn column(&self, expr: &Expr) -> Option<ColumnRef> {
        let in_table = |table: usize, name: &str| {
            let columns = &self.catalog.tables[table].columns;
            let column = columns.iter().position(|c| c.name == name)?;
            Some(ColumnRef { table, column })
        };
        match expr {
            Expr::Identifier(name) if !self.derived => {
                let name = folded(name);
                let mut found = self.tables.values().filter_map(|&t| in_table(t, &name));
                let column = found.next()?;
                (found.all(|other| other == column) && self.ambiguous.is_empty()).then_some(column)
            }
            Expr::CompoundIdentifier(parts) => {
                let [.., table, name] = &parts[..] else {
                    return None;
                };
                let table = folded(table);
                if self.ambiguous.contains(&table) {
                    return None;
                }
                in_table(*self.tables.get(&table)?, &folded(name))
            }
            _ => None,
        }
    }

    fn table(&self, parts: &[String]) -> Option<usize> {
        let mut fitting = self
            .catalog
            .tables
            .iter()
            .enumerate()
            .filter(|(_, t)| match parts {
                [name] => t.visible && t.name == *name,
                [schema, name] => t.schema == *schema && t.name == *name,
                _ => false,
            });
        let (place, _) = fitting.next()?;
        fitting.next().is_none().then_some(place)
    }
}

impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if let Some(with) = &query.with {
            self.derived = true;
            for named in &with.cte_tables {
                self.ambiguous.insert(folded(&named.alias.name));
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, alias, .. } = factor else {
            self.derived |= !matches!(factor, TableFactor::NestedJoin { .. });
            return ControlFlow::Continue(());
        };
        let parts: Option<Vec<String>> = name.0.iter().map(|p| p.as_ident().map(folded)).collect();
        let place = parts.as_ref().and_then(|parts| self.table(parts));
        let called = match (alias, parts) {
            (Some(alias), _) => {
                self.derived |= !alias.columns.is_empty();
                folded(&alias.name)
            }
            (None, Some(parts)) => parts.last().cloned().unwrap_or_default(),
            (None, None) => String::new(),
        };
        match place {
            Some(place) if *self.tables.entry(called.clone()).or_insert(place) == place => {}
            _ => {
                self.ambiguous.insert(called);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
        match expr {
            Expr::BinaryOp {
                left,
                op: op @ (Eq | NotEq | Lt | LtEq | Gt | GtEq),
                right,
            } => {
                let equal = matches!(op, Eq | NotEq);
                self.side(left, right, equal);
                self.side(right, left, equal);
            }
            Expr::InList { expr, list, .. } => {
                for item in list {
                    self.side(item, expr, true);
                }
            }
            Expr::Between {
                expr, low, high, ..
            } => {
                self.side(low, expr, false);
                self.side(high, expr, false);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        self.found.push(value.clone());
        ControlFlow::Continue(())
    }
}
