//! A grouped query inside another one: the first of each group, an aggregate of groups, a series without gaps.
//!
//! The inner query is the one that the question would give without these words; the outer one speaks of its columns by their names.

use super::super::language::{Aggregate, ENGLISH, is_plural};
use super::super::linking::resolve::table_of;
use super::super::linking::shown::Shown;
use super::super::reading::frame::{Condition, Key, MentionId, Rollup};
use super::super::schema::lexicon::Target;
use super::super::time::dates::{Moment, Unit};
use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use super::moments;
use super::windows;
use crate::catalog::model::TypeClass;
use crate::error::Result;
use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    BinaryOperator, Cte, DataType, Expr, Join, JoinConstraint, JoinOperator, Query, TableAlias,
    TimezoneInfo, With,
};
use std::ops::Range;

/// A dimension of a grouped query: its columns in the answer and its keys.
pub(crate) struct Group {
    pub shown: Shown,
    pub columns: Range<usize>,
    pub keys: Range<usize>,
}

/// The name of a column of the inner query, as the outer one says it.
pub(crate) fn named(parts: &Parts, column: usize) -> Result<Expr> {
    parts
        .columns
        .get(column)
        .and_then(|(_, name)| name.as_deref())
        .map(|name| Expr::Identifier(ast::ident(name)))
        .ok_or_else(|| not_understood("What is to be shown is not clear."))
}

impl Builder<'_> {
    /// "top 3 customers": the revenue that rows of theirs have, not that of something further away.
    pub(crate) fn ranked_by_default(&mut self, fact: usize, shown: &[Shown]) -> Result<()> {
        let of = shown.last().and_then(|s| self.shown_table(s));
        let near = of.is_some_and(|of| {
            of == fact
                || self
                    .lexicon
                    .graph
                    .of(fact)
                    .any(|(_, e)| e.holder == fact && e.target == of)
        });
        if !near {
            return Err(not_understood(
                "By what the first are to be found is not clear.",
            ));
        }
        self.assumptions.push(format!(
            "the first are those with the most revenue in {}",
            self.table_name(fact)
        ));
        Ok(())
    }

    /// Whether an amount, and no plural of it, is added up over rows that are not those of the thing which is shown.
    fn is_sum_of_others(&self, id: MentionId, shown: &Shown) -> bool {
        let target = self.target(id);
        let thing = match shown {
            Shown::Thing(t) => Some(*t),
            Shown::Column(at) => Some(at.table),
            Shown::Time(_) => None,
        };
        self.default_aggregate(target) == Aggregate::Sum
            && !is_plural(&self.frame.mentions[id].text)
            && thing.is_some_and(|thing| table_of(self.lexicon, target) != thing)
    }

    /// The first `limit` of each group: "top 3 customers in each region".
    pub(crate) fn first_of_each(
        &mut self,
        mut parts: Parts,
        groups: &[Group],
        descending: bool,
        limit: i64,
    ) -> Result<Query> {
        let of = self.frame.group.len();
        if groups.len() != of + 1 {
            return Err(not_understood("The first of which groups is not clear."));
        }
        // "the first products by the number of products"
        let itself = match (self.order_key(), &groups[of].shown) {
            (Some(Key::Count(id)), shown) => match (self.target(id), shown) {
                (Target::Table(a), Shown::Thing(b)) => a == b,
                (Target::Column(a), Shown::Column(b)) => a == b,
                _ => false,
            },
            _ => false,
        };
        // "The highest fee in each group" is no sum of fees; "the highest sales" are one.
        let summed = matches!(self.order_key(), Some(Key::Aggregate(None, id)) if self.is_sum_of_others(id, &groups[of].shown));
        let high = self.frame.words.iter().any(|w| ENGLISH.heights.contains(w));
        if itself || summed && high {
            return Err(not_understood(
                "By what the first are to be found is not clear.",
            ));
        }
        let keys = parts.group_by.clone();
        let within: Vec<Expr> = groups[..of]
            .iter()
            .flat_map(|g| keys[g.keys.clone()].to_vec())
            .collect();
        let asked = parts.order_by.iter().take(1 + self.frame.then.len());
        if asked.clone().any(|(expr, _)| within.contains(expr)) {
            return Err(not_understood(
                "All of a group are equal by what they are to be put in the order of.",
            ));
        }
        // By what was asked for, and then as equal ones are put in order: within a group, its own keys say nothing.
        let order = std::mem::take(&mut parts.order_by)
            .into_iter()
            .filter(|(expr, _)| !within.contains(expr))
            .collect();
        let rank = ast::row_number(within, order);
        let rank_name = self.unique_name("rank", &parts.columns);
        let shown = parts.columns.len();
        parts.columns.push((rank, Some(rank_name)));
        parts.limit = None;
        let rank = named(&parts, shown)?;
        let columns = (0..shown)
            .map(|i| Ok((named(&parts, i)?, None)))
            .collect::<Result<Vec<_>>>()?;
        let mut order_by = Vec::new();
        for column in groups[..of].iter().flat_map(|g| g.columns.clone()) {
            order_by.push((named(&parts, column)?, false));
        }
        order_by.push((rank.clone(), false));
        self.said.limited = true;
        self.said.order = Some(format!(
            "the {} {limit} in each group",
            if descending { "largest" } else { "smallest" }
        ));
        self.assumptions
            .push("equal ones are cut off in the order of their keys".into());
        Ok(Parts {
            columns,
            from: Some(ast::derived(parts.query(), "ranked")),
            condition: Some(ast::binary(
                rank,
                BinaryOperator::LtEq,
                ast::number(&limit.to_string()),
            )),
            order_by,
            ..Parts::default()
        }
        .query())
    }

    /// An aggregate of groups: "average number of orders per customer".
    pub(crate) fn rolled_up(
        &mut self,
        mut parts: Parts,
        groups: &[Group],
        rollup: Rollup,
    ) -> Result<Query> {
        if groups.len() != self.frame.group.len() || parts.having.is_some() {
            return Err(not_understood(
                "Of which groups the average is asked for is not clear.",
            ));
        }
        let of = parts.columns.len() - 1;
        let measure = named(&parts, of)?;
        let thing = &groups[rollup.over];
        let name = parts.columns[of].1.clone().unwrap_or_default();
        let per = self
            .said
            .grouped
            .remove(rollup.over.min(self.said.grouped.len() - 1));
        let (word, aggregate) = match rollup.function {
            Aggregate::Sum => ("total", ast::function("sum", vec![measure])),
            Aggregate::Min => ("minimum", ast::function("min", vec![measure])),
            Aggregate::Max => ("maximum", ast::function("max", vec![measure])),
            other => {
                let (word, aggregate) = match other {
                    Aggregate::Median => ("median", ast::median(measure)),
                    Aggregate::Stddev => ("stddev", ast::function("stddev", vec![measure])),
                    _ => ("average", ast::function("avg", vec![measure])),
                };
                let rounded = vec![windows::numeric(aggregate), ast::number("2")];
                (word, ast::function("round", rounded))
            }
        };
        let mut columns = Vec::new();
        let mut group_by = Vec::new();
        let mut by_time = Vec::new();
        let mut by_name = Vec::new();
        let keys = parts.group_by.clone();
        for (i, group) in groups.iter().enumerate().filter(|(i, _)| *i != rollup.over) {
            for column in group.columns.clone() {
                let expr = named(&parts, column)?;
                let order = if matches!(group.shown, Shown::Time(_)) {
                    &mut by_time
                } else {
                    &mut by_name
                };
                order.push((expr.clone(), false));
                columns.push((expr.clone(), None));
                group_by.push(expr);
            }
            // Things are told apart by their keys, which are not shown.
            for (k, key) in keys[group.keys.clone()].iter().enumerate() {
                if !parts.columns.iter().any(|(e, _)| e == key) {
                    let name = self.unique_name(&format!("key_{i}_{k}"), &parts.columns);
                    parts.columns.push((key.clone(), Some(name)));
                    group_by.push(named(&parts, parts.columns.len() - 1)?);
                }
            }
        }
        let label = self.unique_name(&format!("{word} {name} per {per}"), &columns);
        self.said.shown = vec![label.replace('_', " ")];
        if matches!(thing.shown, Shown::Thing(_)) {
            self.assumptions
                .push(format!("each {per} that has any counts once"));
        } else {
            self.assumptions
                .push(format!("each {per} that has rows counts once"));
        }
        columns.push((aggregate.clone(), Some(label)));
        self.said.order = None;
        let order_by = match (by_time.is_empty(), by_name.is_empty()) {
            (true, true) => Vec::new(),
            (true, false) => std::iter::once((aggregate, true)).chain(by_name).collect(),
            _ => by_time.into_iter().chain(by_name).collect(),
        };
        parts.order_by.clear();
        Ok(Parts {
            columns,
            from: Some(ast::derived(parts.query(), "groups")),
            group_by,
            order_by,
            ..Parts::default()
        }
        .query())
    }

    /// A series in which no period is missing; `zero` says of each measure whether none of it is 0.
    pub(crate) fn without_gaps(
        &mut self,
        mut parts: Parts,
        groups: &[Group],
        zero: &[bool],
    ) -> Result<Query> {
        let [
            Group {
                shown: Shown::Time(unit),
                ..
            },
        ] = groups
        else {
            return Err(not_understood(
                "Periods without rows are shown for one series: group by time alone.",
            ));
        };
        let unit = *unit;
        let found = |name: &Expr| match name {
            Expr::Identifier(name) => {
                Expr::CompoundIdentifier(vec![ast::ident("found"), name.clone()])
            }
            other => other.clone(),
        };
        let period = named(&parts, 0)?;
        let end_of_found = |function: &str| {
            let inner = Parts {
                columns: vec![(ast::function(function, vec![period.clone()]), None)],
                from: Some(ast::named("found")),
                ..Parts::default()
            };
            Expr::Subquery(Box::new(inner.query()))
        };
        let (from, to) = self.bounds()?;
        let whole = |expr: Expr| {
            ast::cast(
                ast::nested(expr),
                DataType::Timestamp(None, TimezoneInfo::None),
            )
        };
        let start =
            |expr: Expr| ast::function("date_trunc", vec![ast::text(unit.name()), whole(expr)]);
        let year = |expr: Expr| {
            let year = ast::function("date_part", vec![ast::text("year"), whole(expr)]);
            ast::cast(year, DataType::Integer(None))
        };
        let at = ast::column("period", "period");
        let (args, at) = match unit {
            Unit::Weekday => (vec![ast::number("1"), ast::number("7")], at),
            Unit::HourOfDay => (vec![ast::number("0"), ast::number("23")], at),
            Unit::Year => (
                vec![
                    from.map_or_else(|| end_of_found("min"), year),
                    to.map_or_else(|| end_of_found("max"), year),
                ],
                at,
            ),
            Unit::Day | Unit::Week | Unit::Month | Unit::Quarter => (
                vec![
                    from.map_or_else(|| whole(end_of_found("min")), start),
                    to.map_or_else(|| whole(end_of_found("max")), whole),
                    ast::interval(&unit.interval(1)),
                ],
                ast::cast(at, DataType::Date),
            ),
            Unit::Hour | Unit::Minute | Unit::FiscalYear(_) | Unit::FiscalQuarter(_) => {
                return Err(not_understood(
                    "Empty periods are shown for days, weeks, months, quarters and years.",
                ));
            }
        };
        let mut columns = vec![(at.clone(), parts.columns[0].1.clone())];
        for i in 1..parts.columns.len() {
            let value = found(&named(&parts, i)?);
            let value = if zero.get(i - 1).copied().unwrap_or(false) {
                ast::function("coalesce", vec![value, ast::number("0")])
            } else {
                value
            };
            columns.push((value, parts.columns[i].1.clone()));
        }
        let series = ast::rows_of("generate_series", args, "period");
        let on = ast::binary(found(&period), BinaryOperator::Eq, at.clone());
        parts.order_by.clear();
        let mut query = Parts {
            columns,
            from: Some(series),
            joins: vec![Join {
                relation: ast::named("found"),
                global: false,
                join_operator: JoinOperator::Left(JoinConstraint::On(on)),
            }],
            order_by: vec![(at, false)],
            ..Parts::default()
        }
        .query();
        query.with = Some(With {
            with_token: AttachedToken::empty(),
            recursive: false,
            cte_tables: vec![Cte {
                alias: TableAlias {
                    explicit: false,
                    name: ast::ident("found"),
                    columns: Vec::new(),
                    at: None,
                },
                query: Box::new(parts.query()),
                from: None,
                materialized: None,
                closing_paren_token: AttachedToken::empty(),
            }],
        });
        self.said
            .grouped
            .push(format!("every {}, also without rows", unit.name()));
        Ok(query)
    }

    /// The first and the last day of the one span of time that limits the question.
    fn bounds(&self) -> Result<(Option<Expr>, Option<Expr>)> {
        let mut spans = Vec::new();
        for condition in &self.frame.conditions {
            match condition {
                Condition::Time {
                    span,
                    negated: false,
                    ..
                } => spans.push(span),
                Condition::Any(several) | Condition::All(several)
                    if several.iter().any(|c| matches!(c, Condition::Time { .. })) =>
                {
                    return Err(not_understood(
                        "From when to when the series goes is not clear.",
                    ));
                }
                Condition::Time { .. } | Condition::Recurring { .. } => {
                    return Err(not_understood(
                        "From when to when the series goes is not clear.",
                    ));
                }
                _ => {}
            }
        }
        let span = match spans[..] {
            [] => return Ok((None, None)),
            [span] => span,
            _ => {
                return Err(not_understood(
                    "From when to when the series goes is not clear.",
                ));
            }
        };
        let from = span.from.map(|m| moments::moment(m, TypeClass::Date));
        let to = span.to.map(|m| {
            let end = moments::moment(m, TypeClass::Date);
            match m {
                Moment::Now | Moment::Ago(..) => end,
                _ => ast::binary(end, BinaryOperator::Minus, ast::number("1")),
            }
        });
        Ok((from, to))
    }
}
