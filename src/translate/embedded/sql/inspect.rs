//! Questions about the data itself: what stands there more than once, how often which values occur, what is new.

use super::super::language::Aggregate;
use super::super::linking::shown::Shown;
use super::super::reading::frame::{Condition, Dimension, MentionId, Output};
use super::super::schema::lexicon::Target;
use super::super::schema::nature::{self, Nature};
use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use super::windows;
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArgumentClause, FunctionArguments, OrderByExpr, OrderByOptions,
    Query,
};

/// Into how many ranges of equal width a distribution of numbers is divided.
const BUCKETS: u32 = 10;

impl Builder<'_> {
    /// "duplicate customers by name": the values that more than one row has, with the keys of the rows.
    pub(crate) fn duplicates(&mut self) -> Result<Query> {
        let unclear = || not_understood("What stands there more than once is not clear.");
        let [Output::Plain(of)] = self.frame.outputs[..] else {
            return Err(unclear());
        };
        if self.frame.order.is_some() || self.frame.whole || self.frame.distinct {
            return Err(unclear());
        }
        let table = self.table(of);
        let mut columns = Vec::new();
        for dimension in &self.frame.group {
            match dimension {
                Dimension::Mention(id) if *id != of => columns.push(self.condition_column(*id)?),
                _ => return Err(unclear()),
            }
        }
        match self.target(of) {
            Target::Column(c) => columns.push(*c),
            Target::Table(t) if columns.is_empty() => {
                let named = &self.lexicon.tables[*t].display;
                columns.extend(named.iter().map(|&column| ColumnRef { table: *t, column }));
                self.assumptions.push("the same means the same name".into());
            }
            Target::Table(_) => {}
            _ => return Err(unclear()),
        }
        if columns.is_empty() {
            return Err(not_understood(format!(
                "{} has no name to compare by: say by which column.",
                self.table_name(table)
            )));
        }
        if columns.iter().any(|c| c.table != table) {
            return Err(not_understood(format!(
                "Rows of {} are compared by its own columns only.",
                self.table_name(table)
            )));
        }
        self.join_all(table, &[table])?;
        let mut parts = Parts {
            condition: self.conditions(table)?,
            ..Parts::default()
        };
        for at in columns {
            let column = self.catalog.column(at);
            let (name, class, not_null) = (column.name.clone(), column.class, column.not_null);
            self.said.grouped.push(name.replace('_', " "));
            let expr = self.column(at);
            if !not_null {
                let known = Expr::IsNotNull(Box::new(expr.clone()));
                parts.condition = ast::all_of(parts.condition.take().into_iter().chain([known]));
            }
            let expr = if class == TypeClass::Text {
                ast::function("lower", vec![expr])
            } else {
                expr
            };
            let name = self.unique_name(&name, &parts.columns);
            parts.columns.push((expr.clone(), Some(name)));
            parts.group_by.push(expr);
        }
        let same = std::mem::take(&mut self.said.grouped).join(" and ");
        self.said
            .shown
            .push(format!("{} with the same {same}", self.table_name(table)));
        let copies = self.unique_name("copies", &parts.columns);
        parts.columns.push((ast::count_rows(), Some(copies)));
        if let [column] = self.catalog.tables[table].primary_key[..] {
            let key = self.column(ColumnRef { table, column });
            let name = format!("{}s", self.catalog.tables[table].columns[column].name);
            let name = self.unique_name(&name, &parts.columns);
            parts.columns.push((array_of(key), Some(name)));
        }
        parts.having = Some(ast::binary(
            ast::count_rows(),
            BinaryOperator::Gt,
            ast::number("1"),
        ));
        parts.order_by = std::iter::once((ast::count_rows(), true))
            .chain(parts.group_by.iter().map(|k| (k.clone(), false)))
            .collect();
        self.assumptions.push("letter case does not count".into());
        self.from(&mut parts, false);
        Ok(parts.query())
    }

    /// The number whose distribution is asked for; `None` when it is one of categories.
    pub(crate) fn distributed(&self) -> Result<Option<ColumnRef>> {
        let of = match self.frame.outputs[..] {
            [Output::Plain(of)] => of,
            // "distribution of sales by region" divides the sales; of a price there is nothing to divide.
            [Output::Aggregate { function: None, of }]
                if self.default_aggregate(self.target(of)) != Aggregate::Sum =>
            {
                of
            }
            _ => return Ok(None),
        };
        let Target::Column(at) = self.target(of) else {
            return Ok(None);
        };
        if !matches!(self.lexicon.nature(*at), Nature::Amount | Nature::Rate)
            || !nature::is_numeric(self.catalog.column(*at).class)
        {
            return Ok(None);
        }
        if self.frame.group.is_empty() && !self.frame.trend {
            return Ok(Some(*at));
        }
        Err(not_understood(
            "Whether the numbers or their sums are to be distributed is not clear.",
        ))
    }

    /// How many rows have a number in each of some ranges of equal width, from the least to the greatest.
    pub(crate) fn histogram(&mut self, at: ColumnRef) -> Result<Query> {
        if self.frame.order.is_some() || self.frame.limit.is_some() || self.frame.distinct {
            return Err(not_understood("A distribution has its own order."));
        }
        self.join_all(at.table, &[at.table])?;
        let condition = self.conditions(at.table)?;
        let column = self.column(at);
        let value = windows::numeric(column.clone());
        let end = |function: &str| {
            ast::over(
                ast::function(function, vec![value.clone()]),
                Vec::new(),
                Vec::new(),
                None,
            )
        };
        let known = Expr::IsNotNull(Box::new(column));
        let mut values = Parts {
            columns: vec![
                (value.clone(), Some("value".into())),
                (end("min"), Some("low".into())),
                (end("max"), Some("high".into())),
            ],
            condition: ast::all_of(condition.into_iter().chain([known])),
            ..Parts::default()
        };
        self.from(&mut values, true);
        let named = |name: &str| Expr::Identifier(ast::ident(name));
        let buckets = || ast::number(&BUCKETS.to_string());
        // One value alone has no range to divide; the greatest value belongs to the last range.
        let high = ast::function("nullif", vec![named("high"), named("low")]);
        let bucket = ast::function(
            "width_bucket",
            vec![named("value"), named("low"), high, buckets()],
        );
        let bucket = ast::function("coalesce", vec![bucket, ast::number("1")]);
        let bucket = ast::function("least", vec![bucket, buckets()]);
        let ranges = Parts {
            columns: vec![
                (bucket, Some("bucket".into())),
                (named("low"), None),
                (named("high"), None),
            ],
            from: Some(ast::derived(values.query(), "numbers")),
            ..Parts::default()
        };
        let bound = |passed: Expr| {
            let width = ast::nested(ast::binary(
                named("high"),
                BinaryOperator::Minus,
                named("low"),
            ));
            let part = ast::binary(
                ast::binary(width, BinaryOperator::Multiply, passed),
                BinaryOperator::Divide,
                buckets(),
            );
            ast::function(
                "round",
                vec![
                    ast::binary(named("low"), BinaryOperator::Plus, part),
                    ast::number("2"),
                ],
            )
        };
        let before = ast::nested(ast::binary(
            named("bucket"),
            BinaryOperator::Minus,
            ast::number("1"),
        ));
        let name = self.catalog.column(at).name.clone();
        self.said
            .shown
            .push(format!("distribution of {}", name.replace('_', " ")));
        self.assumptions.push(format!(
            "{BUCKETS} ranges of equal width from the least {name} to the greatest; a range holds its lower bound"
        ));
        let rows = self.catalog.tables[at.table].name.clone();
        let taken = ["bucket", "low", "high", "range_from", "range_to"];
        let rows = if taken.contains(&rows.as_str()) {
            "count".to_owned()
        } else {
            rows
        };
        let rows = self.unique_name(&rows, &[]);
        Ok(Parts {
            columns: vec![
                (named("bucket"), None),
                (bound(before), Some("range_from".into())),
                (bound(named("bucket")), Some("range_to".into())),
                (ast::count_rows(), Some(rows)),
            ],
            from: Some(ast::derived(ranges.query(), "ranges")),
            group_by: vec![named("bucket"), named("low"), named("high")],
            order_by: vec![(named("bucket"), false)],
            ..Parts::default()
        }
        .query())
    }

    /// Where things of a table first occur: the table that refers to them and has a date. `None` when they have a date of their own.
    pub(crate) fn first_seen_in(&mut self, id: MentionId) -> Result<Option<usize>> {
        let Target::Table(table) = *self.target(id) else {
            return Err(not_understood(format!(
                "What makes \"{}\" new is not recorded.",
                self.frame.mentions[id].text
            )));
        };
        let counted = self.frame.outputs.iter().any(
            |o| matches!(o, Output::Count { of, .. } if *self.target(*of) == Target::Table(table)),
        );
        if !counted {
            return Err(not_understood("Ask how many of them are new."));
        }
        let time = |c: &Condition| matches!(c, Condition::Time { .. });
        let timed = |c: &Condition| match c {
            Condition::Any(several) => several.iter().all(time),
            one => time(one),
        };
        if !self.frame.conditions.iter().any(timed)
            && !self
                .frame
                .group
                .iter()
                .any(|d| matches!(d, Dimension::Time(_)))
            && !self.frame.trend
        {
            return Err(not_understood("New since when is not said.").with_hint(
                "Name a time, such as \"this year\", or a series, such as \"per month\".",
            ));
        }
        if self.own_date(table)?.is_some() {
            return Ok(None);
        }
        let mut places = Vec::new();
        let edges = self.lexicon.graph.edges.clone();
        for edge in edges
            .iter()
            .filter(|e| e.target == table && e.holder != table)
        {
            if !self
                .lexicon
                .date_columns(self.catalog, edge.holder)
                .is_empty()
            {
                places.push(edge.holder);
            }
        }
        match places[..] {
            [place] => Ok(Some(place)),
            [] => Err(not_understood(format!(
                "When rows of {} first occur is not recorded.",
                self.table_name(table)
            ))),
            _ => {
                let names: Vec<String> = places.iter().map(|&t| self.table_name(t)).collect();
                Err(not_understood(format!(
                    "New by their first row in {} is not clear.",
                    names.join(" or in ")
                )))
            }
        }
    }

    /// No row of the same thing is earlier.
    pub(crate) fn first_of_its_thing(&mut self, place: usize, thing: usize) -> Result<Expr> {
        let of_thing = |c: &Condition| match c {
            Condition::Time { .. } | Condition::Recurring { .. } => true,
            other => super::super::reading::frame::mentions_of(other)
                .iter()
                .all(|&m| {
                    let wanted = [self.table(m)];
                    self.table(m) == thing
                        || self
                            .tree(thing, &wanted)
                            .is_ok_and(|joins| joins.iter().all(|j| j.to_one))
                }),
        };
        if !self.frame.conditions.iter().all(of_thing) {
            return Err(not_understood(format!(
                "Whether the first row of {} or any of them is limited is not clear.",
                self.table_name(place)
            )));
        }
        let edge = self
            .lexicon
            .graph
            .edges
            .iter()
            .find(|e| e.target == thing && e.holder == place)
            .cloned()
            .ok_or_else(|| not_understood("What is new is not clear."))?;
        let date = self.date_column(&[])?;
        if date.table != place {
            return Err(not_understood("By which date it is new is not clear."));
        }
        const EARLIER: &str = "earlier";
        let day = self.catalog.column(date).name.clone();
        let own = self.column(date);
        let mut same = Vec::new();
        for &column in &edge.columns {
            let name = self.catalog.tables[place].columns[column].name.clone();
            let here = self.column(ColumnRef {
                table: place,
                column,
            });
            same.push(ast::binary(
                ast::column(EARLIER, &name),
                BinaryOperator::Eq,
                here,
            ));
        }
        same.push(ast::binary(
            ast::column(EARLIER, &day),
            BinaryOperator::Lt,
            own.clone(),
        ));
        let shape = &self.catalog.tables[place];
        let earlier = Parts {
            columns: vec![(ast::number("1"), None)],
            from: Some(ast::relation(&shape.schema, &shape.name, EARLIER)),
            condition: ast::all_of(same),
            ..Parts::default()
        };
        let line = format!("new by the first {day} in {}", self.table_name(place));
        self.said.conditions.push(line.clone());
        self.assumptions.push(line);
        let first = ast::exists(earlier.query(), true);
        Ok(if self.catalog.column(date).not_null {
            first
        } else {
            ast::binary(Expr::IsNotNull(Box::new(own)), BinaryOperator::And, first)
        })
    }

    /// What the rows of a distribution are counted by, where it is one of categories.
    pub(crate) fn counted_rows(&self, shown: &[Shown]) -> Option<usize> {
        match shown {
            [Shown::Column(c)] if self.frame.distribution => Some(c.table),
            _ => None,
        }
    }
}

/// `array_agg(expr ORDER BY expr)`.
fn array_of(expr: Expr) -> Expr {
    let mut call = ast::function("array_agg", vec![expr.clone()]);
    if let Expr::Function(function) = &mut call
        && let FunctionArguments::List(list) = &mut function.args
    {
        list.clauses
            .push(FunctionArgumentClause::OrderBy(vec![OrderByExpr {
                expr,
                options: OrderByOptions::default(),
                with_fill: None,
            }]));
    }
    call
}
