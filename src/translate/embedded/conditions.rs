//! Conditions as SQL: on the rows themselves where keys lead to one row, by EXISTS where they lead to many.

use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use super::frame::Condition;
use super::language::{Comparison, Like};
use super::lexicon::Target;
use super::nature;
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use sqlparser::ast::{BinaryOperator, DataType, Expr};

/// A comparison as SQL writes it.
pub(super) fn operator(op: Comparison) -> BinaryOperator {
    match op {
        Comparison::Equal => BinaryOperator::Eq,
        Comparison::NotEqual => BinaryOperator::NotEq,
        Comparison::Less => BinaryOperator::Lt,
        Comparison::LessOrEqual => BinaryOperator::LtEq,
        Comparison::Greater => BinaryOperator::Gt,
        Comparison::GreaterOrEqual => BinaryOperator::GtEq,
    }
}

/// A comparison in words.
pub(super) fn words(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => "=",
        Comparison::NotEqual => "≠",
        Comparison::Less => "less than",
        Comparison::LessOrEqual => "at most",
        Comparison::Greater => "more than",
        Comparison::GreaterOrEqual => "at least",
    }
}

impl Builder<'_> {
    /// All conditions on rows, joined by AND. Tables that they need over keys to one row are added to the tree.
    pub(super) fn conditions(&mut self, head: usize) -> Result<Option<Expr>> {
        let frame = self.frame;
        self.refuse_contradictions()?;
        self.conditions_of(&frame.conditions, head)
    }

    /// These of the conditions, joined by AND.
    pub(super) fn conditions_of(
        &mut self,
        conditions: &[Condition],
        head: usize,
    ) -> Result<Option<Expr>> {
        let mut direct: Vec<&Condition> = Vec::new();
        // Conditions on the same "many" side speak of the same row there.
        let mut apart: Vec<(usize, Vec<&Condition>)> = Vec::new();
        let mut without: Option<usize> = None;
        for condition in conditions {
            if matches!(
                condition,
                Condition::Count { .. } | Condition::Aggregate { .. }
            ) || self.says_which_date(condition)
            {
                continue;
            }
            let table = self.condition_table(condition, head)?;
            match table {
                Some(table) if !self.reach(table)? => {
                    if let Condition::All(several) = condition {
                        apart.extend(several.iter().map(|c| (table, vec![c, ALONE])));
                    } else if negated(condition) {
                        without = Some(table);
                        apart.push((table, vec![condition]));
                    } else if let Some((_, list)) = apart.iter_mut().find(|(t, list)| {
                        *t == table && !negated(list[0]) && list.last() != Some(&ALONE)
                    }) {
                        list.push(condition);
                    } else {
                        apart.push((table, vec![condition]));
                    }
                }
                Some(table) => {
                    // Being related over a key to one row that may be missing is a condition, otherwise none.
                    self.strict.extend(
                        (!negated(condition) || !matches!(condition, Condition::Related { .. }))
                            .then_some(table),
                    );
                    direct.push(condition);
                }
                None => direct.push(condition),
            }
        }
        if let Some(table) = without
            && direct.iter().any(|c| matches!(c, Condition::Time { .. }))
        {
            return Err(not_understood(format!(
                "Whether the time limits {} or {} is not clear.",
                self.table_name(head),
                self.table_name(table)
            )));
        }
        self.join_links(&mut apart)?;
        let mut all = Vec::new();
        for condition in direct {
            all.extend(self.condition(condition, head)?);
        }
        for (table, list) in apart {
            let negated = negated(list[0]);
            all.push(self.exists(table, &list, negated, head)?);
        }
        Ok(ast::all_of(all))
    }

    /// Links that lie on the way to another condition say no more than it does: "students who live in Fawlty
    /// Towers". What is denied of a link is denied of all that is said about it: "never ordered a Latte".
    fn join_links(&self, apart: &mut Vec<(usize, Vec<&Condition>)>) -> Result<()> {
        let mut ways: Vec<Vec<usize>> = Vec::new();
        for (table, _) in apart.iter() {
            let mut wanted: Vec<usize> = self.joins.iter().map(|j| j.child).collect();
            wanted.push(*table);
            ways.push(
                self.tree(self.root, &wanted)?
                    .iter()
                    .map(|j| j.child)
                    .collect(),
            );
        }
        let link = |list: &[&Condition]| match list {
            [Condition::Related { negated, .. }] => Some(*negated),
            _ => None,
        };
        let denied = (0..apart.len()).find(|&i| link(&apart[i].1) == Some(true));
        if let Some(d) = denied {
            let through: Vec<usize> = (0..apart.len())
                .filter(|&i| i != d && !negated(apart[i].1[0]) && ways[i].contains(&apart[d].0))
                .collect();
            for &i in through.iter().rev() {
                let (table, list) = apart[i].clone();
                apart[d].1.extend(list);
                if link(&apart[i].1).is_none() || ways[i].len() > ways[d].len() {
                    apart[d].0 = table;
                }
            }
            let mut index = 0;
            apart.retain(|_| {
                index += 1;
                !through.contains(&(index - 1))
            });
            return Ok(());
        }
        let drop: Vec<bool> = (0..apart.len())
            .map(|i| {
                link(&apart[i].1) == Some(false)
                    && (0..apart.len()).any(|j| {
                        j != i
                            && ways[j].contains(&apart[i].0)
                            && (ways[j].len() > ways[i].len() || link(&apart[j].1).is_none())
                    })
            })
            .collect();
        let mut index = 0;
        apart.retain(|_| {
            index += 1;
            !drop[index - 1]
        });
        Ok(())
    }

    /// The table that a condition speaks of; `None` for the time, which looks for its own.
    fn condition_table(&mut self, condition: &Condition, head: usize) -> Result<Option<usize>> {
        Ok(match condition {
            Condition::Time { column: None, .. } => None,
            Condition::Compare { left: None, .. } | Condition::Between { left: None, .. } => {
                Some(head)
            }
            Condition::Any(several) => {
                let mut tables = Vec::new();
                for inner in several {
                    if let Some(table) = self.condition_table(inner, head)? {
                        self.reach(table)?;
                        tables.push(table);
                    }
                }
                // Values of one table: they speak of one row there.
                let plain = |c: &Condition| matches!(c, Condition::Value { negated: false, .. });
                tables.dedup();
                match tables[..] {
                    [table] if several.iter().all(plain) => Some(table),
                    _ => None,
                }
            }
            other => super::resolve::mentions_of(other)
                .first()
                .map(|&m| self.table(m)),
        })
    }

    /// EXISTS over the way from the tree to a table, with all that is said about its row.
    fn exists(
        &mut self,
        table: usize,
        list: &[&Condition],
        negated: bool,
        head: usize,
    ) -> Result<Expr> {
        let inside: Vec<usize> = std::iter::once(self.root)
            .chain(self.joins.iter().map(|j| j.child))
            .collect();
        let mut wanted: Vec<usize> = self.joins.iter().map(|j| j.child).collect();
        wanted.push(table);
        let path: Vec<_> = self
            .tree(self.root, &wanted)?
            .into_iter()
            .filter(|j| !inside.contains(&j.child))
            .collect();
        let Some(first) = path.first().copied() else {
            return Err(not_understood("A condition is not clear."));
        };
        let mut parts = Parts {
            columns: vec![(ast::number("1"), None)],
            ..Parts::default()
        };
        // The aliases of the subquery are its own.
        let outside = self.aliases.clone();
        let alias = self.alias(first.child);
        let t = &self.catalog.tables[first.child];
        parts.from = Some(ast::relation(&t.schema, &t.name, &alias));
        let mut conditions = vec![self.on(&first)];
        for join in &path[1..] {
            let alias = self.alias(join.child);
            let on = self.on(join);
            let t = &self.catalog.tables[join.child];
            parts.joins.push(ast::join(
                ast::relation(&t.schema, &t.name, &alias),
                on,
                false,
            ));
        }
        for condition in list {
            if *condition == ALONE {
                continue;
            }
            // "has no allergies" where allergies are rows of another table.
            if matches!(
                condition,
                Condition::Related { .. } | Condition::Null { .. } | Condition::Flag { .. }
            ) {
                self.said.conditions.push(format!(
                    "{} {}",
                    if negated { "without" } else { "with" },
                    self.table_name(table)
                ));
                continue;
            }
            if let Condition::Any(several) = condition {
                let start = self.said.conditions.len();
                let mut alternatives = Vec::new();
                for inner in several {
                    alternatives.extend(self.condition(inner, head)?);
                }
                let said: Vec<String> = self.said.conditions.drain(start..).collect();
                self.said.conditions.push(said.join(" or "));
                conditions.extend(ast::any_of(alternatives));
            } else {
                let positive = positive((*condition).clone());
                conditions.extend(self.condition(&positive, head)?);
            }
            if negated && let Some(said) = self.said.conditions.last_mut() {
                *said = format!("not {said}");
            }
        }
        parts.condition = ast::all_of(conditions);
        let aliases: Vec<(usize, String)> = self
            .aliases
            .iter()
            .filter(|a| outside.contains(a) || !path.iter().any(|j| j.child == a.0))
            .cloned()
            .collect();
        self.aliases = aliases;
        Ok(ast::exists(parts.query(), negated))
    }

    /// One condition on rows of the tree; `None` when it says nothing more than the joins do.
    fn condition(&mut self, condition: &Condition, head: usize) -> Result<Option<Expr>> {
        Ok(Some(match condition {
            Condition::Value { value, negated }
                if let Target::Segment(segment) = self.target(*value) =>
            {
                self.segment(*segment, *negated)
            }
            Condition::Value { value, negated } => {
                let Target::Value(column, stored) = self.target(*value) else {
                    return Err(not_understood("A value is not clear."));
                };
                let (column, stored) = (*column, stored.clone());
                self.said.conditions.push(format!(
                    "{} {} {stored}",
                    self.catalog.column(column).name,
                    if *negated { "is not" } else { "is" }
                ));
                let expr = self.column(column);
                ast::binary(
                    expr,
                    if *negated {
                        BinaryOperator::NotEq
                    } else {
                        BinaryOperator::Eq
                    },
                    ast::text(&stored),
                )
            }
            Condition::Compare { left, op, right } => self.compare(*left, *op, right, head)?,
            Condition::Between { left, low, high } => {
                let (expr, name, class) = self.left(*left, head)?;
                if !nature::is_numeric(class) {
                    return Err(not_understood(format!("{name} is not a number.")));
                }
                self.said
                    .conditions
                    .push(format!("{name} from {} to {}", low.text, high.text));
                Expr::Between {
                    expr: Box::new(expr),
                    negated: false,
                    low: Box::new(ast::number(&low.text)),
                    high: Box::new(ast::number(&high.text)),
                }
            }
            Condition::Like {
                left,
                like,
                text,
                negated,
            } => {
                let column = self.condition_column(*left)?;
                let escaped = text
                    .replace('\\', "\\\\")
                    .replace('%', "\\%")
                    .replace('_', "\\_");
                let pattern = match like {
                    Like::Contains => format!("%{escaped}%"),
                    Like::Starts => format!("{escaped}%"),
                    Like::Ends => format!("%{escaped}"),
                };
                let verb = match like {
                    Like::Contains => "contains",
                    Like::Starts => "starts with",
                    Like::Ends => "ends with",
                };
                self.said.conditions.push(format!(
                    "{} {}{verb} {text}",
                    self.catalog.column(column).name,
                    if *negated { "not " } else { "" }
                ));
                let class = self.catalog.column(column).class;
                let mut expr = self.column(column);
                if class != TypeClass::Text {
                    expr = ast::cast(expr, DataType::Text);
                }
                Expr::ILike {
                    negated: *negated,
                    any: false,
                    expr: Box::new(expr),
                    pattern: Box::new(ast::text(&pattern)),
                    escape_char: None,
                }
            }
            Condition::Null { of, negated } => {
                let column = self.condition_column(*of)?;
                self.said.conditions.push(format!(
                    "{} is {}missing",
                    self.catalog.column(column).name,
                    if *negated { "not " } else { "" }
                ));
                let expr = Box::new(self.column(column));
                if *negated {
                    Expr::IsNotNull(expr)
                } else {
                    Expr::IsNull(expr)
                }
            }
            Condition::Flag { of, negated } => self.flag(*of, *negated)?,
            Condition::Time {
                span,
                negated,
                column,
            } => {
                let at = match column {
                    Some(id) => self.condition_column(*id)?,
                    None => self.date_column(&[head])?,
                };
                self.time(at, span, *negated)?
            }
            Condition::Related { to, negated, .. } => {
                let table = self.table(*to);
                if matches!(self.target(*to), Target::Column(_)) || (*negated && table == self.root)
                {
                    return Err(not_understood(format!(
                        "What is said about \"{}\" is not clear.",
                        self.frame.mentions[*to].text
                    )));
                }
                let Some(join) = self.joins.iter().find(|j| j.child == table).copied() else {
                    return Ok(None);
                };
                let edge = &self.lexicon.graph.edges[join.edge];
                if *negated {
                    let column = ColumnRef {
                        table: edge.holder,
                        column: edge.columns[0],
                    };
                    self.said
                        .conditions
                        .push(format!("without {}", self.table_name(table)));
                    Expr::IsNull(Box::new(self.column(column)))
                } else {
                    return Ok(None);
                }
            }
            Condition::All(_) if self.frame.both => {
                return Err(not_understood("One row cannot hold two values at once."));
            }
            Condition::All(several) if several.iter().any(|c| self.is_segment(c)) => {
                return Err(not_understood(
                    "Whether rows must be all of what \"and\" joins, or one of it, is not clear.",
                )
                .with_hint("Say \"or\", or \"both … and\" by two questions."));
            }
            Condition::Any(several) | Condition::All(several) => {
                let mut alternatives = Vec::new();
                let start = self.said.conditions.len();
                for inner in several {
                    let mut tables = Vec::new();
                    if let Some(table) = self.condition_table(inner, head)? {
                        tables.push(table);
                    }
                    match tables.first() {
                        Some(&table) if !self.reach(table)? => {
                            let negated = negated(inner);
                            alternatives.push(self.exists(table, &[inner], negated, head)?);
                        }
                        _ => alternatives.extend(self.condition(inner, head)?),
                    }
                }
                let said: Vec<String> = self.said.conditions.drain(start..).collect();
                self.said.conditions.push(said.join(" or "));
                return Ok(ast::any_of(alternatives));
            }
            Condition::Count { .. } | Condition::Aggregate { .. } => return Ok(None),
        }))
    }
}

/// Marks a list of conditions that speaks of a row of its own.
const ALONE: &Condition = &Condition::Any(Vec::new());

fn negated(condition: &Condition) -> bool {
    match condition {
        Condition::Null { negated, .. } => !*negated,
        Condition::Flag { negated, .. } => *negated,
        Condition::All(several) => several.iter().any(negated),
        Condition::Value { negated, .. }
        | Condition::Like { negated, .. }
        | Condition::Related { negated, .. } => *negated,
        _ => false,
    }
}

fn positive(condition: Condition) -> Condition {
    match condition {
        Condition::Value { value, .. } => Condition::Value {
            value,
            negated: false,
        },
        Condition::Like {
            left, like, text, ..
        } => Condition::Like {
            left,
            like,
            text,
            negated: false,
        },
        other => other,
    }
}
