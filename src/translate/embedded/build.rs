//! A frame whose words are tied to the catalog becomes a query.
//!
//! Invariant: a measure never meets a join that would count one of its rows twice. All joins of a grouped query go to one row;
//! what lies on a "many" side is reached by EXISTS, or things are counted by their key.

use super::ast::{self, Parts};
use super::dates::{Day, Unit};
use super::frame::{Condition, Dimension, Frame, Key, MentionId, Output};
use super::joins::{Join, JoinError};
use super::language::Aggregate;
use super::lexicon::{Lexicon, Target};
use super::resolve::table_of;
use crate::catalog::model::{Catalog, ColumnRef};
use crate::error::{Error, Result};
use sqlparser::ast::{BinaryOperator, Expr, Query};
use std::collections::BTreeSet;

/// A column that the answer is grouped by or that a row shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shown {
    Column(ColumnRef),
    /// A thing: grouped by its key, shown by its name.
    Thing(usize),
    Time(Unit),
}

/// A value per group.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Measured {
    /// Rows of a table.
    Rows(usize),
    /// Different values of a column.
    Values(ColumnRef),
    Aggregate(Option<Aggregate>, Target),
}

pub(super) struct Builder<'a> {
    pub catalog: &'a Catalog,
    pub lexicon: &'a Lexicon,
    pub frame: &'a Frame,
    pub targets: &'a [Target],
    pub today: Day,
    pub root: usize,
    pub joins: Vec<Join>,
    /// Aliases by table, in the order of their appearance.
    pub aliases: Vec<(usize, String)>,
    /// Tables that a condition speaks of: their joins drop rows without a partner.
    pub strict: BTreeSet<usize>,
    pub assumptions: Vec<String>,
    pub warnings: Vec<String>,
    /// What the reading says, part by part.
    pub said: Said,
}

/// The parts of the reading.
#[derive(Default)]
pub(super) struct Said {
    pub shown: Vec<String>,
    pub grouped: Vec<String>,
    pub conditions: Vec<String>,
    pub order: Option<String>,
}

/// What names a thing by all of its names; see `Lexicon::new`.
pub(super) const WHOLE_NAMES: [&[&str]; 2] = [&["name"], &["full", "name"]];

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
            today,
            root: 0,
            joins: Vec::new(),
            aliases: Vec::new(),
            strict: BTreeSet::new(),
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
        let frame = self.frame;
        let counted_inside = |c: &Condition| matches!(c, Condition::Any(inner) | Condition::All(inner) if inner.iter().any(|i| matches!(i, Condition::Count { .. } | Condition::Aggregate { .. })));
        if frame.conditions.iter().any(counted_inside) {
            return Err(
                Error::question("the question was not understood").with_detail(
                    "Counts cannot be alternatives of each other yet: ask for one at a time.",
                ),
            );
        }
        if frame.both
            && !frame
                .conditions
                .iter()
                .any(|c| matches!(c, Condition::All(_)))
        {
            return Err(Error::question("the question was not understood")
                .with_detail("What \"both\" joins is not clear."));
        }
        let aggregated = frame.outputs.iter().any(|o| !matches!(o, Output::Plain(_)));
        let counting = frame
            .conditions
            .iter()
            .any(|c| matches!(c, Condition::Count { .. } | Condition::Aggregate { .. }));
        let by_count = self.order_key().is_some_and(|key| {
            matches!(key, Key::Count(_) | Key::Aggregate(..))
                || (key == Key::Rows && frame.superlative)
        });
        if frame.duplicates {
            return self.duplicates();
        }
        if frame.distribution
            && let Some(at) = self.distributed()?
        {
            return self.histogram(at);
        }
        let grouped = frame.distribution || !frame.group.is_empty() || frame.trend;
        if aggregated || counting || by_count || grouped {
            self.grouped()
        } else {
            self.rows()
        }
    }

    /// What is ordered by: "the most titles" counts titles, which have no order of their own.
    pub fn order_key(&self) -> Option<Key> {
        let order = self.frame.order.as_ref()?;
        match order.key {
            Key::Mention(id) if self.frame.superlative => match self.target(id) {
                Target::Column(c) => {
                    let class = self.catalog.column(*c).class;
                    let ordered = super::nature::is_numeric(class)
                        || super::nature::is_date(class)
                        || class == crate::catalog::model::TypeClass::Interval;
                    Some(if ordered {
                        Key::Mention(id)
                    } else {
                        Key::Count(id)
                    })
                }
                _ => Some(Key::Count(id)),
            },
            ref key => Some(key.clone()),
        }
    }

    /// What is shown or grouped by, from the outputs and the grouping.
    pub fn shown(&self) -> Vec<Shown> {
        let mut shown: Vec<Shown> = Vec::new();
        let mut push = |s: Shown| {
            if !shown.contains(&s) {
                shown.push(s);
            }
        };
        for dimension in &self.frame.group {
            match dimension {
                Dimension::Time(unit) => push(Shown::Time(*unit)),
                Dimension::Mention(id) => push(self.shown_mention(*id)),
            }
        }
        if self.frame.trend
            && !self
                .frame
                .group
                .iter()
                .any(|d| matches!(d, Dimension::Time(_)))
        {
            push(Shown::Time(Unit::Month));
        }
        for output in &self.frame.outputs {
            if let Output::Plain(id) = output {
                push(match self.target(*id) {
                    Target::Column(c) if self.is_whole_name(*id, *c) => {
                        for &column in &self.lexicon.tables[c.table].display {
                            push(Shown::Column(ColumnRef {
                                table: c.table,
                                column,
                            }));
                        }
                        continue;
                    }
                    Target::Column(c) => Shown::Column(*c),
                    _ => self.shown_mention(*id),
                });
            }
        }
        // A thing whose own columns are listed is grouped by its key, but shown by those.
        let columns: Vec<usize> = shown
            .iter()
            .filter_map(|s| {
                if let Shown::Column(c) = s {
                    Some(c.table)
                } else {
                    None
                }
            })
            .collect();
        if shown.len() > 1 {
            shown.retain(|s| !matches!(s, Shown::Thing(t) if columns.contains(t)));
        }
        shown
    }

    /// "name" of a thing that has a first and a last name.
    fn is_whole_name(&self, id: MentionId, at: ColumnRef) -> bool {
        let words = &self.lexicon.tables[at.table];
        let [first, _] = words.display[..] else {
            return false;
        };
        let said = super::language::stems(&self.frame.mentions[id].text.to_lowercase());
        let said = said.strip_prefix(&words.stems[..]).unwrap_or(&said);
        first == at.column && WHOLE_NAMES.iter().any(|name| said == *name)
    }

    fn shown_mention(&self, id: MentionId) -> Shown {
        match self.target(id) {
            Target::Table(t) => Shown::Thing(*t),
            Target::Segment(s) => Shown::Thing(self.lexicon.segments[*s].table),
            Target::Column(c) | Target::Value(c, _) => {
                // The key that points at a thing with a name stands for that thing.
                let key = self
                    .lexicon
                    .graph
                    .edges
                    .iter()
                    .find(|e| e.holder == c.table && e.columns == [c.column]);
                let named = key.is_some_and(|e| !self.lexicon.tables[e.target].display.is_empty());
                let says_id = self.frame.mentions[id]
                    .text
                    .to_lowercase()
                    .split_whitespace()
                    .any(|w| matches!(w, "id" | "ids" | "code" | "codes" | "number"));
                match key {
                    Some(edge) if named && !says_id && edge.target != c.table => {
                        Shown::Thing(edge.target)
                    }
                    _ => Shown::Column(*c),
                }
            }
            Target::Measure(m) => Shown::Thing(self.lexicon.measures[*m].table),
        }
    }

    pub fn shown_table(&self, shown: &Shown) -> Option<usize> {
        match shown {
            Shown::Column(c) => Some(c.table),
            Shown::Thing(t) => Some(*t),
            Shown::Time(_) => None,
        }
    }

    /// Joins `wanted` to the root.
    pub fn join_all(&mut self, root: usize, wanted: &[usize]) -> Result<()> {
        self.root = root;
        self.joins = self.tree(root, wanted)?;
        Ok(())
    }

    pub fn tree(&self, root: usize, wanted: &[usize]) -> Result<Vec<Join>> {
        self.lexicon
            .graph
            .tree(root, wanted, &self.named_keys())
            .map_err(|e| self.join_error(&e))
    }

    /// Keys whose column the question names.
    fn named_keys(&self) -> Vec<usize> {
        let named = |edge: &super::joins::Edge| {
            self.targets.iter().any(|t| match t {
                Target::Column(c) => c.table == edge.holder && edge.columns.contains(&c.column),
                Target::Table(t) => *t == edge.holder,
                _ => false,
            })
        };
        (0..self.lexicon.graph.edges.len())
            .filter(|&i| named(&self.lexicon.graph.edges[i]))
            .collect()
    }

    fn join_error(&self, error: &JoinError) -> Error {
        match error {
            JoinError::Unconnected(a, b) => Error::question("the question was not understood")
                .with_detail(format!(
                    "No key leads from {} to {}.",
                    self.table_name(*a),
                    self.table_name(*b)
                )),
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
                Error::question("the question is ambiguous")
                    .with_detail(format!(
                        "The tables can be joined over {}.",
                        ways.join(" or over ")
                    ))
                    .with_hint("Name the column that is meant.")
            }
        }
    }

    pub fn table_name(&self, table: usize) -> String {
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
        let words = super::names::pieces(&self.catalog.tables[table].name);
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

    pub fn column(&mut self, at: ColumnRef) -> Expr {
        let alias = self.alias(at.table);
        ast::column(&alias, &self.catalog.column(at).name)
    }

    /// The condition of a join.
    pub fn on(&mut self, join: &Join) -> Expr {
        let edge = self.lexicon.graph.edges[join.edge].clone();
        let pairs: Vec<Expr> = edge
            .columns
            .iter()
            .zip(&edge.target_columns)
            .map(|(&a, &b)| {
                let holder = self.column(ColumnRef {
                    table: edge.holder,
                    column: a,
                });
                let target = self.column(ColumnRef {
                    table: edge.target,
                    column: b,
                });
                if join.child == edge.target {
                    ast::binary(target, BinaryOperator::Eq, holder)
                } else {
                    ast::binary(holder, BinaryOperator::Eq, target)
                }
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
    fn strict_below(&self, table: usize) -> bool {
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
            .filter(|w| !w.is_empty() && !matches!(*w, "the" | "of"))
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
pub(super) fn not_understood(detail: impl Into<String>) -> Error {
    Error::question("the question was not understood").with_detail(detail)
}
