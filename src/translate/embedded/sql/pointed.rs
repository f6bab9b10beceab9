//! The joins of columns that keys tell: what stands as a column of a shipment is one of the port that its key points at.
//!
//! Invariant: a row is joined once for each key and each use of the table that holds it, by the key alone, and to one row at most; where
//! the key may be empty, the row of the holder stays. So a statement says of such a column what it would say of one of the table itself.

use super::super::schema::names::pieces;
use super::ast;
use crate::catalog::model::{Catalog, Column, Over, Part};
use sqlparser::ast::{
    BinaryOperator, Expr, Join, OrderBy, Query, Select, SelectItem, SetExpr, TableFactor, VisitMut,
    VisitorMut,
};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Joins what the columns of a query that keys tell are columns of.
pub(crate) fn join(query: &mut Query, catalog: &Catalog) {
    let mut aliases = Aliases::default();
    let _ = query.visit(&mut aliases);
    let mut joiner = Joiner {
        catalog,
        taken: aliases.0,
    };
    let _ = query.visit(&mut joiner);
}

/// The aliases of a statement.
#[derive(Default)]
struct Aliases(HashSet<String>);

impl VisitorMut for Aliases {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table {
            alias: Some(alias), ..
        }
        | TableFactor::Derived {
            alias: Some(alias), ..
        } = factor
        {
            self.0.insert(alias.name.value.clone());
        }
        ControlFlow::Continue(())
    }
}

/// Joins the rows that keys point at, the innermost queries first: what a query refers to without having it stands in one around it.
struct Joiner<'a> {
    catalog: &'a Catalog,
    taken: HashSet<String>,
}

impl VisitorMut for Joiner<'_> {
    type Break = ();

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.sides(&mut query.body, &mut query.order_by);
        ControlFlow::Continue(())
    }
}

impl Joiner<'_> {
    /// The selects of a query; its order is of the only one.
    fn sides(&mut self, body: &mut SetExpr, order: &mut Option<OrderBy>) {
        match body {
            SetExpr::Select(select) => self.select(select, order),
            SetExpr::SetOperation { left, right, .. } => {
                self.sides(left, order);
                self.sides(right, order);
            }
            _ => {}
        }
    }

    fn select(&mut self, select: &mut Select, order: &mut Option<OrderBy>) {
        for at in 0..select.from.len() {
            let from = &select.from[at];
            let relations =
                std::iter::once(&from.relation).chain(from.joins.iter().map(|j| &j.relation));
            let used: Vec<(String, usize)> =
                relations.filter_map(|factor| self.table(factor)).collect();
            for (alias, table) in used {
                let columns = &self.catalog.tables[table].columns;
                name_shown(select, &alias, columns);
                let mut uses = Uses {
                    alias: &alias,
                    columns,
                    found: Vec::new(),
                    taken: &mut self.taken,
                };
                let _ = select.visit(&mut uses);
                let _ = order.visit(&mut uses);
                let new: Vec<Join> = uses
                    .found
                    .into_iter()
                    .map(|(over, to, always)| joined(&alias, over, &to, always))
                    .collect();
                place(&mut select.from[at].joins, &alias, new);
            }
        }
    }

    /// A table of the catalog, with its alias.
    fn table(&self, factor: &TableFactor) -> Option<(String, usize)> {
        let TableFactor::Table {
            name,
            alias: Some(alias),
            ..
        } = factor
        else {
            return None;
        };
        let table = ast::tables_named(self.catalog, name).next()?;
        Some((alias.name.value.clone(), table))
    }
}

/// A column that is shown keeps its name.
fn name_shown(select: &mut Select, alias: &str, columns: &[Column]) {
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) = item
            && told(expr, alias, columns).is_some()
            && let Expr::CompoundIdentifier(parts) = expr
            && let Some(name) = parts.last().cloned()
        {
            *item = SelectItem::ExprWithAlias {
                expr: expr.clone(),
                alias: name,
            };
        }
    }
}

/// What an expression stands for that is a column of this use of a table and told by a key.
fn told<'a>(expr: &Expr, alias: &str, columns: &'a [Column]) -> Option<(&'a Over, &'a str, bool)> {
    let Expr::CompoundIdentifier(parts) = expr else {
        return None;
    };
    let [of, name] = &parts[..] else { return None };
    let named = columns.iter().find(|column| column.name == name.value);
    match named?.part.as_ref()? {
        Part::Pointed {
            over,
            column,
            always,
        } if of.value == alias => Some((over, column, *always)),
        _ => None,
    }
}

/// Puts joins right behind the relation that they start from.
fn place(joins: &mut Vec<Join>, alias: &str, new: Vec<Join>) {
    let is_it = |join: &Join| matches!(&join.relation, TableFactor::Table { alias: Some(a), .. } if a.name.value == alias);
    let at = joins.iter().position(is_it).map_or(0, |at| at + 1);
    joins.splice(at..at, new);
}

fn joined(alias: &str, over: Over, to: &str, always: bool) -> Join {
    let same = |(theirs, own): &(String, String)| {
        ast::binary(
            ast::column(to, theirs),
            BinaryOperator::Eq,
            ast::column(alias, own),
        )
    };
    let on = ast::all_of(over.on.iter().map(same)).unwrap_or_else(|| ast::number("1"));
    ast::join(ast::relation(&over.schema, &over.table, to), on, !always)
}

/// The columns of one use of a table that keys tell.
struct Uses<'a> {
    alias: &'a str,
    columns: &'a [Column],
    /// What is joined for them: over which key, under which alias, and whether it is always there.
    found: Vec<(Over, String, bool)>,
    taken: &'a mut HashSet<String>,
}

impl VisitorMut for Uses<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some((over, column, always)) = told(expr, self.alias, self.columns) {
            let to = self.alias_of(over, always);
            *expr = ast::column(&to, column);
        }
        ControlFlow::Continue(())
    }
}

impl Uses<'_> {
    /// The alias of what a key points at: the first letters of the words of the key and of the table.
    fn alias_of(&mut self, over: &Over, always: bool) -> String {
        if let Some((_, to, _)) = self.found.iter().find(|(o, ..)| o == over) {
            return to.clone();
        }
        let key = over.on.first().map_or("", |(_, own)| own.as_str());
        let words = pieces(key);
        let letters = words.iter().filter_map(|w| w.chars().next());
        let letters: String = letters.filter(char::is_ascii_lowercase).collect();
        let base = if letters.is_empty() {
            "t".to_owned()
        } else {
            letters
        };
        let free =
            |name: &String| !self.taken.contains(name) && ast::ident(name).quote_style.is_none();
        let mut names = std::iter::once(base.clone()).chain((2..).map(|i| format!("{base}{i}")));
        let to = names.find(free).unwrap_or(base);
        self.taken.insert(to.clone());
        self.found.push((over.clone(), to.clone(), always));
        to
    }
}
