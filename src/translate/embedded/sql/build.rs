//! A frame whose words are tied to the catalog becomes a query.
//!
//! Invariant: a measure never meets a join that would count one of its rows twice. All joins of a grouped query go to one row;
//! what lies on a "many" side is reached by EXISTS, or things are counted by their key.

use super::super::language::{Aggregate, Arithmetic};
use super::super::linking::resolve::table_of;
use super::super::linking::ways::said_ways;
use super::super::reading::frame::{Condition, Frame, Key, MentionId, Output};
use super::super::schema::joins::{Join, JoinError, Said as Ways};
use super::super::schema::lexicon::{Formula, Lexicon, Target};
use super::super::time::dates::{Day, Unit};
use super::ast::{self, Parts};
use super::counts::is_quantity;
use crate::catalog::model::{Catalog, ColumnRef};
use crate::error::{Error, Result};
use sqlparser::ast::{BinaryOperator, Expr, Query};
use std::cell::Cell;
use std::collections::BTreeSet;

/// A value per group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Measured {
    /// Rows of a table.
    Rows(usize),
    /// Different values of a column.
    Values(ColumnRef),
    Aggregate(Option<Aggregate>, Target),
    /// An aggregate of what is calculated of each row of a table.
    OfRow {
        function: Aggregate,
        formula: Formula,
        table: usize,
    },
    /// What is calculated of two of them.
    Calculated(Box<Measured>, Arithmetic, Box<Measured>),
    /// A number over the rows alone that its own conditions speak of, with the mention that it is of.
    Own(Box<Measured>, MentionId),
    /// The time from one date to another of the rows of a table.
    Between {
        function: Aggregate,
        from: ColumnRef,
        to: ColumnRef,
        unit: Unit,
        table: usize,
    },
}

pub(crate) struct Builder<'a> {
    pub catalog: &'a Catalog,
    pub lexicon: &'a Lexicon,
    pub frame: &'a Frame,
    pub targets: &'a [Target],
    /// What the question says about the ways between its tables.
    pub(super) ways: Ways,
    /// No way led from one table to another.
    pub(super) unconnected: Cell<bool>,
    pub today: Day,
    pub root: usize,
    pub joins: Vec<Join>,
    /// Every join of the statement, those of its subqueries too, in the order of their use; one may stand there twice.
    pub joined: Vec<Join>,
    /// Aliases by table, in the order of their appearance.
    pub aliases: Vec<(usize, String)>,
    /// Tables that a condition speaks of: their joins drop rows without a partner.
    pub strict: BTreeSet<usize>,
    /// Numbers of related things are asked of each row by itself.
    pub by_row: bool,
    /// A condition asks for two values of one column of one row.
    pub two_values: bool,
    /// The date by which the first row is found, where it is that of what is done.
    pub event: Option<ColumnRef>,
    pub assumptions: Vec<String>,
    pub warnings: Vec<String>,
    /// What the reading says, part by part.
    pub said: Said,
}

/// The parts of the reading.
#[derive(Default)]
pub(crate) struct Said {
    pub shown: Vec<String>,
    pub grouped: Vec<String>,
    pub conditions: Vec<String>,
    /// What a condition compares with, until it is said.
    pub compared: String,
    pub order: Option<String>,
    /// The order says how many are the first.
    pub limited: bool,
}

impl<'a> Builder<'a> {
    pub fn new(
        catalog: &'a Catalog,
        lexicon: &'a Lexicon,
        frame: &'a Frame,
        targets: &'a [Target],
        today: Day,
    ) -> Builder<'a> {
        Builder {
            catalog,
            lexicon,
            frame,
            targets,
            ways: said_ways(lexicon, frame, targets),
            unconnected: Cell::new(false),
            today,
            root: 0,
            joins: Vec::new(),
            joined: Vec::new(),
            aliases: Vec::new(),
            strict: BTreeSet::new(),
            by_row: false,
            two_values: false,
            event: None,
            assumptions: Vec::new(),
            warnings: Vec::new(),
            said: Said::default(),
        }
    }

    pub fn target(&self, id: MentionId) -> &'a Target {
        &self.targets[id]
    }

    pub fn table(&self, id: MentionId) -> usize {
        table_of(self.lexicon, self.target(id))
    }

    /// The query of the frame.
    ///
    /// # Errors
    /// 22023 when what is asked for cannot be proved right over the keys of the catalog.
    pub fn build(&mut self) -> Result<Query> {
        let assumed = self.assumptions.clone();
        let query = match self.any_query() {
            Err(refusal) => self.build_over_pairs(assumed).ok_or(refusal)?,
            Ok(query) => query,
        };
        self.refuse_loose_roles()?;
        self.refuse_unheld_names()?;
        Ok(query)
    }

    pub(super) fn any_query(&mut self) -> Result<Query> {
        let frame = self.frame;
        if frame.both
            && !frame
                .conditions
                .iter()
                .any(|c| matches!(c, Condition::All(_) | Condition::Term { .. }))
        {
            return Err(Error::question("the question was not understood")
                .with_detail("What \"both\" joins is not clear."));
        }
        let aggregated = frame.outputs.iter().any(|o| !matches!(o, Output::Plain(_)));
        self.by_row = self.counts_by_row();
        let counting = !self.by_row && frame.conditions.iter().any(is_quantity);
        let by_count = self.order_key().is_some_and(|key| {
            matches!(key, Key::Count(_) | Key::Aggregate(..))
                || (key == Key::Rows && frame.superlative)
        });
        if !frame.calculations.is_empty() && (frame.why || frame.duplicates || frame.distribution) {
            return Err(not_understood("What is calculated with is not clear."));
        }
        if frame.why {
            return self.why();
        }
        if frame.duplicates {
            return self.duplicates();
        }
        if frame.distribution
            && let Some(at) = self.distributed()?
        {
            return self.histogram(at);
        }
        if let Some(query) = self.first_rows_of_each()? {
            return Ok(query);
        }
        if frame.ranked.is_some() {
            return self.grouped();
        }
        let grouped = frame.distribution || !frame.group.is_empty() || frame.trend;
        if counting && aggregated && !grouped && frame.outputs.len() == 1 {
            return self.count_groups();
        }
        let picked = self.picked_by_count().is_some();
        if aggregated || counting || by_count && !picked || grouped {
            return self.grouped();
        }
        let rows = self.rows();
        if rows.is_err() && self.two_values && frame.calculations.is_empty() {
            return self.set_operation();
        }
        rows
    }

    /// Joins `wanted` to the root.
    pub fn join_all(&mut self, root: usize, wanted: &[usize]) -> Result<()> {
        self.root = root;
        self.joins = self.tree(root, wanted)?;
        Ok(())
    }

    /// Joins `wanted` to the tree of the query and what is joined to it already.
    pub fn grow(&self, joins: Vec<Join>, wanted: &[usize]) -> Result<Vec<Join>> {
        self.lexicon
            .graph
            .grow(self.root, joins, wanted, &self.ways)
            .map_err(|e| self.join_error(&e))
    }

    pub fn tree(&self, root: usize, wanted: &[usize]) -> Result<Vec<Join>> {
        self.lexicon
            .graph
            .tree(root, wanted, &self.ways)
            .map_err(|e| self.join_error(&e))
    }

    fn join_error(&self, error: &JoinError) -> Error {
        self.unconnected.set(true);
        match error {
            JoinError::Unconnected(a, b) => Error::question("the question was not understood")
                .with_detail(format!(
                    "No key leads from {} to {}.",
                    self.table_name(*a),
                    self.table_name(*b)
                ))
                .with_hint("Where both point at a third table, name that as well."),
            JoinError::Ambiguous(edges) => {
                let ways: Vec<String> = edges
                    .iter()
                    .map(|&e| {
                        let edge = &self.lexicon.graph.edges[e];
                        let columns: Vec<&str> = edge
                            .columns
                            .iter()
                            .map(|&c| self.catalog.tables[edge.holder].columns[c].name.as_str())
                            .collect();
                        format!("{}.{}", self.table_name(edge.holder), columns.join(", "))
                    })
                    .collect();
                Error::ambiguous()
                    .with_detail(format!(
                        "The tables can be joined over {}.",
                        ways.join(" or over ")
                    ))
                    .with_hint("Name the column that is meant.")
            }
        }
    }

    pub fn table_name(&self, table: usize) -> String {
        if let Some(role) = self.lexicon.role(table) {
            return role.label.clone();
        }
        let t = &self.catalog.tables[table];
        if t.visible {
            t.name.clone()
        } else {
            format!("{}.{}", t.schema, t.name)
        }
    }

    /// The root from which every wanted table is reached over joins to one row, if there is one; `first` is tried first.
    pub fn finest(&self, first: usize, wanted: &[usize]) -> Result<Option<usize>> {
        let all = self.tree(first, wanted)?;
        if all.iter().all(|j| j.to_one) {
            return Ok(Some(first));
        }
        let tables: BTreeSet<usize> = all.iter().map(|j| j.child).collect();
        for root in tables {
            let mut rest = wanted.to_vec();
            rest.push(first);
            if let Ok(joins) = self.tree(root, &rest)
                && joins.iter().all(|j| j.to_one)
            {
                return Ok(Some(root));
            }
        }
        Ok(None)
    }

    /// The alias of a table, made at its first use: the first letters of its words.
    pub fn alias(&mut self, table: usize) -> String {
        if let Some((_, alias)) = self.aliases.iter().find(|(t, _)| *t == table) {
            return alias.clone();
        }
        let role = self.lexicon.role(table).map(|role| role.label.as_str());
        let words =
            super::super::schema::names::pieces(role.unwrap_or(&self.catalog.tables[table].name));
        let letters: String = words
            .iter()
            .filter_map(|w| w.chars().next())
            .filter(|c| c.is_ascii_lowercase())
            .collect();
        let base = if letters.is_empty() {
            "t".to_owned()
        } else {
            letters
        };
        let free = |name: &str| {
            !self.aliases.iter().any(|(_, a)| a == name) && ast::ident(name).quote_style.is_none()
        };
        let alias = std::iter::once(base.clone())
            .chain((2..).map(|i| format!("{base}{i}")))
            .find(|a| free(a))
            .unwrap_or(base);
        self.aliases.push((table, alias.clone()));
        alias
    }

    /// A column of a row of its table, as the number or the date that it is read as; what was assumed for that is noted.
    pub fn column(&mut self, at: ColumnRef) -> Expr {
        let alias = self.alias(at.table);
        let column = self.catalog.column(at);
        let (expr, part) = match super::super::schema::members::expression(&alias, column) {
            Some((expr, line)) => (expr, Some(line)),
            None => (ast::column(&alias, &column.name), None),
        };
        let form = match column.stored_date {
            Some(form) => Some(format!(
                "{} holds dates as {}; what is none does not count",
                column.name,
                super::super::schema::textdates::called(form)
            )),
            None => super::super::schema::textnumbers::is_cast(column)
                .then(|| format!("{} holds numbers as text", column.name)),
        };
        for line in part.into_iter().chain(form) {
            if !self.assumptions.contains(&line) {
                self.assumptions.push(line);
            }
        }
        super::super::schema::textdates::as_read(column, expr)
    }

    /// A column as it is stored where it holds dates as text, or 1 and 0: a value of it is compared with what stands there.
    pub(crate) fn stored(&mut self, at: ColumnRef) -> Expr {
        let column = self.catalog.column(at);
        if column.stored_date.is_none() && !column.ones_and_zeros {
            return self.column(at);
        }
        super::super::schema::members::stored(&self.alias(at.table), column)
    }

    /// A key that points at a table in rows of one kind, and the condition that a row is of it.
    fn key_of_kind(&mut self, holder: usize, column: usize) -> Option<(Expr, Expr)> {
        let alias = self.alias(holder);
        let column = &self.catalog.tables[holder].columns[column];
        super::super::schema::kindkeys::expression(&alias, column)
    }

    /// The condition of a join.
    pub fn on(&mut self, join: &Join) -> Expr {
        self.joined.push(*join);
        let edge = self.lexicon.graph.edges[join.edge].clone();
        let pairs: Vec<Expr> = edge
            .columns
            .iter()
            .zip(&edge.target_columns)
            .flat_map(|(&a, &b)| {
                let of_kind = self.key_of_kind(edge.holder, a);
                let (holder, is) = match of_kind {
                    Some((key, is)) => (key, Some(is)),
                    None => (
                        self.column(ColumnRef {
                            table: edge.holder,
                            column: a,
                        }),
                        None,
                    ),
                };
                let target = self.column(ColumnRef {
                    table: edge.target,
                    column: b,
                });
                let same = if join.child == edge.target {
                    ast::binary(target, BinaryOperator::Eq, holder)
                } else {
                    ast::binary(holder, BinaryOperator::Eq, target)
                };
                std::iter::once(same).chain(is)
            })
            .collect();
        ast::all_of(pairs).unwrap_or_else(|| ast::number("1"))
    }

    /// FROM and the joins of the tree. With `keep`, rows without a partner stay where a key may be null.
    pub fn from(&mut self, parts: &mut Parts, keep: bool) {
        let root = self.root;
        let alias = self.alias(root);
        let t = &self.catalog.tables[root];
        parts.from = Some(ast::relation(&t.schema, &t.name, &alias));
        let mut outer: BTreeSet<usize> = BTreeSet::new();
        for join in self.joins.clone() {
            let below = self.strict_below(join.child);
            let nullable =
                self.lexicon.graph.edges[join.edge].nullable || outer.contains(&join.parent);
            let left = keep && join.to_one && nullable && !below;
            if left {
                outer.insert(join.child);
            }
            let alias = self.alias(join.child);
            let on = self.on(&join);
            let t = &self.catalog.tables[join.child];
            parts.joins.push(ast::join(
                ast::relation(&t.schema, &t.name, &alias),
                on,
                left,
            ));
        }
    }

    /// A condition speaks of this table or of one that is joined through it.
    pub(crate) fn strict_below(&self, table: usize) -> bool {
        self.strict.contains(&table)
            || self
                .joins
                .iter()
                .any(|j| j.parent == table && self.strict_below(j.child))
    }

    /// Adds a table over joins to one row, if there is such a way; tells whether it is in the tree now.
    pub fn reach(&mut self, table: usize) -> Result<bool> {
        if table == self.root || self.joins.iter().any(|j| j.child == table) {
            return Ok(true);
        }
        let mut wanted: Vec<usize> = self.joins.iter().map(|j| j.child).collect();
        wanted.push(table);
        let joins = self.tree(self.root, &wanted)?;
        let new_to_one = joins
            .iter()
            .filter(|j| !self.joins.iter().any(|o| o.child == j.child))
            .all(|j| j.to_one);
        if new_to_one {
            self.joins = joins;
        }
        Ok(new_to_one)
    }

    /// A name for a column of the answer that no other has.
    pub fn unique_name(&self, wanted: &str, taken: &[(Expr, Option<String>)]) -> String {
        let base: String = wanted
            .to_lowercase()
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        let base = base
            .split('_')
            .filter(|w| {
                !w.is_empty()
                    && !super::super::language::ENGLISH
                        .light
                        .iter()
                        .any(|light| light == w)
            })
            .collect::<Vec<_>>()
            .join("_");
        let base = if base.is_empty() {
            "value".to_owned()
        } else {
            base.chars().take(60).collect()
        };
        let free = |name: &String| !taken.iter().any(|(_, n)| n.as_ref() == Some(name));
        std::iter::once(base.clone())
            .chain((2..).map(|i| format!("{base}_{i}")))
            .find(|n| free(n))
            .unwrap_or(base)
    }
}

/// A refusal with its reason.
pub(crate) fn not_understood(detail: impl Into<String>) -> Error {
    Error::question("the question was not understood").with_detail(detail)
}
