//! Measures and the dimensions they are grouped by, as SQL.

use super::super::language::{Aggregate, ENGLISH};

use super::super::linking::shown::Shown;
use super::super::reading::frame::MentionId;
use super::super::schema::lexicon::{Formula, Target};
use super::super::schema::nature::{self, Nature};
use super::super::time::dates::Unit;
use super::ast::{self, Parts};
use super::build::{Builder, Measured, not_understood};
use crate::catalog::model::{ColumnRef, Table, TypeClass};
use crate::error::Result;
use crate::question::tokens::stem;
use sqlparser::ast::{BinaryOperator, DataType, DateTimeField, Expr, ExtractSyntax};

impl Builder<'_> {
    /// Each measure once, where a question names it twice.
    pub(crate) fn without_repeats(measures: Vec<(Measured, String)>) -> Vec<(Measured, String)> {
        let mut once: Vec<(Measured, String)> = Vec::new();
        for measure in measures {
            if !once.iter().any(|(m, _)| *m == measure.0) {
                once.push(measure);
            }
        }
        once
    }

    pub(crate) fn add_measure(
        &self,
        measures: &mut Vec<(Measured, String)>,
        measure: Measured,
        name: &str,
    ) -> usize {
        match measures.iter().position(|(m, _)| *m == measure) {
            Some(same) => same,
            None => {
                measures.push((measure, name.to_owned()));
                measures.len() - 1
            }
        }
    }

    pub(crate) fn counted(&self, id: MentionId, distinct: bool) -> Measured {
        match self.target(id) {
            // "different allergy types" where a column is called like its table.
            Target::Table(t) if distinct && self.namesake(*t).is_some() => {
                let column = self.namesake(*t).unwrap_or_default();
                Measured::Values(ColumnRef { table: *t, column })
            }
            Target::Table(t) => Measured::Rows(self.happened_in(id, *t)),
            // The name of a thing stands for the thing.
            Target::Column(c)
                if !distinct
                    && self.lexicon.tables[c.table].display == [c.column]
                    && self.lexicon.names_own_thing(self.catalog, *c) =>
            {
                Measured::Rows(c.table)
            }
            // "Damage reports" are no days on which there were some.
            Target::Column(c) if !distinct && self.is_event(id, *c) => Measured::Rows(c.table),
            Target::Column(c) | Target::Value(c, _) => Measured::Values(*c),
            Target::Measure(_) | Target::Segment(_) => Measured::Rows(
                super::super::linking::resolve::table_of(self.lexicon, self.target(id)),
            ),
        }
    }

    /// A column that bears the name of its table and may hold a value more than once.
    pub(crate) fn namesake(&self, table: usize) -> Option<usize> {
        // A role is called like the key that makes it.
        if self.lexicon.role(table).is_some() {
            return None;
        }
        let words = &self.lexicon.tables[table];
        let shape = &self.catalog.tables[table];
        (0..words.columns.len()).find(|&c| words.columns[c] == words.stems && !is_key(shape, c))
    }

    pub(crate) fn measured_table(&self, measure: &Measured) -> usize {
        match measure {
            Measured::Rows(t) => *t,
            Measured::Values(c) => c.table,
            Measured::Aggregate(_, target) => {
                super::super::linking::resolve::table_of(self.lexicon, target)
            }
            Measured::Between { table, .. } | Measured::OfRow { table, .. } => *table,
            Measured::Calculated(left, ..) => self.measured_table(left),
            Measured::Own(whole, _) => self.measured_table(whole),
        }
    }

    /// The name of an aggregate's column: "total_sales", "average_age".
    pub(crate) fn measure_name(&self, function: Option<Aggregate>, id: MentionId) -> String {
        let text = self.frame.mentions[id].text.to_lowercase();
        let prefix = match function.unwrap_or_else(|| self.default_aggregate(self.target(id))) {
            _ if matches!(self.target(id), Target::Measure(m) if self.lexicon.measures[*m].denominator.is_some()
                || matches!(self.lexicon.measures[*m].formula, Formula::Defined(_))) =>
            {
                return text;
            }
            function => function.word(),
        };
        if text.starts_with(prefix) {
            text
        } else {
            format!("{prefix} {text}")
        }
    }

    pub(crate) fn default_aggregate(&self, target: &Target) -> Aggregate {
        match target {
            Target::Column(c) if self.lexicon.nature(*c) == Nature::Rate => Aggregate::Avg,
            _ => Aggregate::Sum,
        }
    }

    pub(crate) fn formula(&mut self, formula: &Formula) -> Expr {
        match formula {
            Formula::Column(c) => self.column(*c),
            Formula::Number(n) => ast::number(n),
            // It is an aggregate already, and so is no part of other arithmetic.
            Formula::Defined(expr) => (**expr).clone(),
            Formula::Binary(a, op, b) => {
                let op = match op {
                    '*' => BinaryOperator::Multiply,
                    '-' => BinaryOperator::Minus,
                    _ => BinaryOperator::Plus,
                };
                let (left, right) = (self.formula(a), self.formula(b));
                let right = if matches!(**b, Formula::Binary(..)) {
                    ast::nested(right)
                } else {
                    right
                };
                ast::binary(left, op, right)
            }
        }
    }

    pub(crate) fn measure_expr(&mut self, measure: &Measured) -> Result<Expr> {
        match measure {
            Measured::Rows(t) if *t == self.root => Ok(ast::count_rows()),
            Measured::Rows(t) => match self.catalog.tables[*t].primary_key[..] {
                [column] => Ok(ast::count_distinct(
                    self.column(ColumnRef { table: *t, column }),
                )),
                _ => Err(not_understood(format!(
                    "{} has no key of one column to count it by.",
                    self.table_name(*t)
                ))),
            },
            // "the number of subscribers" where rows say whether they are one.
            Measured::Values(c) if self.catalog.column(*c).class == TypeClass::Boolean => {
                let rows = self.measure_expr(&Measured::Rows(c.table))?;
                Ok(ast::filtered(rows, self.column(*c)))
            }
            Measured::Values(c) if self.catalog.column(*c).class == TypeClass::Array => {
                Err(not_understood(format!(
                    "{} is a list: which of its elements are counted is not clear.",
                    self.catalog.column(*c).name
                )))
            }
            Measured::Between {
                function,
                from,
                to,
                unit,
                ..
            } => self.between_expr(*function, *from, *to, *unit),
            Measured::OfRow {
                function, formula, ..
            } => {
                let inner = self.formula(formula);
                Ok(aggregate(*function, inner))
            }
            Measured::Calculated(left, by, right) => {
                let (a, b) = (self.measure_expr(left)?, self.measure_expr(right)?);
                Ok(self.calculation((left, a), *by, (right, b)))
            }
            Measured::Own(whole, of) => {
                let expr = self.measure_expr(whole)?;
                self.only_own(expr, *of, self.measured_table(measure))
            }
            Measured::Values(c) => Ok(ast::count_distinct(self.stored(*c))),
            Measured::Aggregate(function, target) => {
                let ratio = match target {
                    Target::Measure(m) => self.lexicon.measures[*m]
                        .denominator
                        .clone()
                        .map(|d| (self.lexicon.measures[*m].formula.clone(), d)),
                    _ => None,
                };
                if let Some((above, below)) = ratio {
                    let above = ast::function("sum", vec![self.formula(&above)]);
                    let below = ast::function("sum", vec![self.formula(&below)]);
                    // Whole numbers would be divided without their fraction.
                    let above = ast::cast(
                        above,
                        DataType::Numeric(sqlparser::ast::ExactNumberInfo::None),
                    );
                    return Ok(ast::binary(
                        above,
                        BinaryOperator::Divide,
                        ast::function("nullif", vec![below, ast::number("0")]),
                    ));
                }
                if let Target::Measure(m) = target
                    && let Formula::Defined(expr) = &self.lexicon.measures[*m].formula
                {
                    let name = &self.lexicon.measures[*m].name;
                    if function.is_some_and(|f| f != Aggregate::Sum) {
                        return Err(not_understood(format!(
                            "{name} is a metric: it says itself how it is aggregated."
                        )));
                    }
                    return Ok(self.defined(self.lexicon.measures[*m].table, expr));
                }
                let inner = match target {
                    Target::Measure(m) => {
                        let formula = self.lexicon.measures[*m].formula.clone();
                        self.formula(&formula)
                    }
                    Target::Column(c) if self.catalog.column(*c).ones_and_zeros => self.stored(*c),
                    Target::Column(c) => self.column(*c),
                    _ => return Err(not_understood("What to measure is not clear.")),
                };
                let function = function.unwrap_or_else(|| self.default_aggregate(target));
                if let Target::Column(c) = target
                    && matches!(function, Aggregate::Sum | Aggregate::Avg)
                    && (matches!(
                        self.lexicon.nature(*c),
                        Nature::Identifier | Nature::Coordinate
                    ) || (self.lexicon.is_year(*c) && function == Aggregate::Sum))
                {
                    return Err(not_understood(format!(
                        "{} cannot be added up.",
                        self.catalog.column(*c).name
                    )));
                }
                // "The biggest donor" is no greatest key.
                if let Target::Column(c) = target
                    && matches!(function, Aggregate::Min | Aggregate::Max)
                    && self
                        .lexicon
                        .graph
                        .of(c.table)
                        .any(|(_, e)| e.holder == c.table && e.columns == [c.column])
                {
                    return Err(not_understood(format!(
                        "{} only tells things apart: say by what the first is to be found.",
                        self.catalog.column(*c).name
                    )));
                }
                // "the best product in each region": the last one of the alphabet is not meant.
                if let Target::Column(c) = target
                    && matches!(function, Aggregate::Min | Aggregate::Max)
                    && matches!(self.lexicon.nature(*c), Nature::Name | Nature::Category)
                    && self.catalog.column(*c).class == TypeClass::Text
                {
                    return Err(not_understood(format!(
                        "{} is a text: say by what the first is to be found.",
                        self.catalog.column(*c).name
                    )));
                }
                Ok(aggregate(function, inner))
            }
        }
    }

    /// A date at the start of its unit.
    pub(crate) fn truncated(&mut self, at: ColumnRef, unit: Unit) -> Expr {
        let class = self.catalog.column(at).class;
        let column = self.column(at);
        if nature::is_numeric(class) {
            return column;
        }
        let part = |field, expr| {
            ast::cast(
                Expr::Extract {
                    field,
                    syntax: ExtractSyntax::From,
                    expr: Box::new(expr),
                },
                DataType::Integer(None),
            )
        };
        let months = |count: u32| ast::interval(&Unit::Month.interval(i64::from(count)));
        match unit {
            Unit::Year | Unit::FiscalYear(1) => part(DateTimeField::Year, column),
            // It is called by the year in which it ends.
            Unit::FiscalYear(begins) => {
                let later = ast::binary(column, BinaryOperator::Plus, months(13 - begins));
                part(DateTimeField::Year, later)
            }
            Unit::FiscalQuarter(begins) if begins % 3 != 1 => {
                let shift = months((begins - 1) % 3);
                let earlier = ast::binary(column, BinaryOperator::Minus, shift.clone());
                let start =
                    ast::function("date_trunc", vec![ast::text(Unit::Quarter.name()), earlier]);
                let start = ast::binary(start, BinaryOperator::Plus, shift);
                ast::cast(ast::nested(start), DataType::Date)
            }
            Unit::FiscalQuarter(_) => self.truncated(at, Unit::Quarter),
            Unit::Weekday => part(DateTimeField::Isodow, column),
            Unit::HourOfDay => part(DateTimeField::Hour, column),
            Unit::Day => ast::cast(column, DataType::Date),
            Unit::Hour | Unit::Minute => {
                ast::function("date_trunc", vec![ast::text(unit.name()), column])
            }
            _ => ast::cast(
                ast::function("date_trunc", vec![ast::text(unit.name()), column]),
                DataType::Date,
            ),
        }
    }

    /// That a column can be put together by fiscal years, which the assumptions then tell.
    ///
    /// # Errors
    /// 22023 when the column holds whole months or years.
    fn fiscal(&mut self, at: ColumnRef, begins: u32) -> Result<()> {
        let column = self.catalog.column(at);
        if nature::is_numeric(column.class) || !super::super::schema::textdates::holds_days(column)
        {
            return Err(not_understood(format!(
                "{} holds no days, which the fiscal year is made of.",
                column.name
            )));
        }
        self.assumptions.push(format!(
            "the fiscal year begins in month {begins} and is called by the year in which it ends"
        ));
        Ok(())
    }

    /// Whether rows may have nothing there: a key on the way may be missing.
    pub(crate) fn may_lack(&self, table: usize) -> bool {
        let join = self.joins.iter().find(|j| j.child == table);
        join.is_some_and(|j| {
            self.lexicon.graph.edges[j.edge].nullable
                || j.parent != self.root && self.may_lack(j.parent)
        })
    }

    pub(crate) fn show_group(
        &mut self,
        shown: &Shown,
        bucket: bool,
        parts: &mut Parts,
        keys: &mut Vec<Expr>,
    ) -> Result<()> {
        match shown {
            Shown::Time(unit) => {
                let at = self.date_column(&[])?;
                if let Unit::FiscalYear(begins) | Unit::FiscalQuarter(begins) = *unit {
                    self.fiscal(at, begins)?;
                }
                self.refuse_finer(at, *unit)?;
                let expr = self.truncated(at, *unit);
                self.said.grouped.push(unit.name().to_owned());
                let name = self.unique_name(unit.name(), &parts.columns);
                parts.columns.push((expr.clone(), Some(name)));
                // The number of a weekday puts it in order; its name says which it is.
                if *unit == Unit::Weekday && !self.frame.zeros {
                    let of_one = ast::function("min", vec![self.column(at)]);
                    let name = self.unique_name("day", &parts.columns);
                    let day = ast::function("to_char", vec![of_one, ast::text("FMDay")]);
                    parts.columns.push((day, Some(name)));
                }
                keys.push(expr);
            }
            Shown::Column(c) => {
                let name = self.catalog.column(*c).name.clone();
                self.said.grouped.push(name.replace('_', " "));
                let table = &self.catalog.tables[c.table];
                if self.stands_for_thing(*c) {
                    for &column in &table.primary_key {
                        let key = self.column(ColumnRef {
                            table: c.table,
                            column,
                        });
                        if !keys.contains(&key) {
                            keys.push(key);
                        }
                    }
                }
                // Grouped as it is shown: a date as it is stored.
                let mut expr = self.stored(*c);
                self.push_column(*c, None, parts);
                // Of a list, each of its elements.
                if table.columns[c.column].class == TypeClass::Array {
                    expr = ast::function("unnest", vec![expr]);
                    if let Some((shown, _)) = parts.columns.last_mut() {
                        *shown = expr.clone();
                    }
                }
                if !keys.contains(&expr) {
                    keys.push(expr);
                }
            }
            Shown::Thing(t) => {
                let t = *t;
                let table = &self.catalog.tables[t];
                let display = self.lexicon.tables[t].display.clone();
                let singular = match self.lexicon.role(t) {
                    Some(role) => role.label.clone(),
                    None => singular(&table.name),
                };
                self.said.grouped.push(singular.replace('_', " "));
                for &column in &table.primary_key {
                    keys.push(self.column(ColumnRef { table: t, column }));
                }
                let columns = if display.is_empty() {
                    table.primary_key.clone()
                } else {
                    display
                };
                if columns.is_empty() {
                    return Err(not_understood(format!(
                        "{} has neither a key nor a name to group by.",
                        self.table_name(t)
                    )));
                }
                let one = columns.len() == 1;
                let may_lack = bucket && self.may_lack(t);
                for column in columns {
                    let at = ColumnRef { table: t, column };
                    let expr = self.column(at);
                    let name = if one && !table.primary_key.contains(&column) {
                        singular.clone()
                    } else {
                        self.catalog.column(at).name.clone()
                    };
                    let name = self.unique_name(&name, &parts.columns);
                    let textual = self.catalog.column(at).class == TypeClass::Text;
                    let out = if may_lack && textual && !self.strict.contains(&t) {
                        ast::function("coalesce", vec![expr.clone(), ast::text("(none)")])
                    } else {
                        expr.clone()
                    };
                    parts.columns.push((out, Some(name)));
                    if !keys.contains(&expr) {
                        keys.push(expr);
                    }
                }
            }
        }
        Ok(())
    }
}

/// An aggregate as PostgreSQL writes it.
pub(crate) fn aggregate(function: Aggregate, inner: Expr) -> Expr {
    let inner = match inner {
        Expr::Nested(inner) => *inner,
        bare => bare,
    };
    let name = match function {
        Aggregate::Sum => "sum",
        Aggregate::Avg => "avg",
        Aggregate::Min => "min",
        Aggregate::Max => "max",
        Aggregate::Stddev => "stddev",
        Aggregate::Median => return ast::median(inner),
    };
    ast::function(name, vec![inner])
}

/// The singular of a table's name, by its last word, without what only says what kind of table it is: "store" of `dim_stores`.
pub(crate) fn singular(name: &str) -> String {
    let lower = name.to_lowercase();
    let kind = |piece: &str| ENGLISH.affixes.iter().any(|affix| affix == piece);
    let often = |piece: &str| ENGLISH.kept_often.contains(&stem(piece));
    let lower = match (lower.split_once('_'), lower.rsplit_once('_')) {
        (Some((first, rest)), _) if kind(first) => rest.to_owned(),
        (_, Some((rest, last))) if kind(last) || often(last) => rest.to_owned(),
        _ => lower,
    };
    if let Some(stem) = lower.strip_suffix("ies") {
        format!("{stem}y")
    } else if lower.ends_with("ss") || lower.ends_with("us") || !lower.ends_with('s') {
        lower
    } else if let Some(stem) = ENGLISH.stem_of_hissing(&lower) {
        stem.to_owned()
    } else {
        lower.trim_end_matches('s').to_owned()
    }
}

/// Whether a column by itself tells the rows of its table apart.
pub(crate) fn is_key(table: &Table, column: usize) -> bool {
    table.primary_key == [column]
        || table.unique_keys.iter().any(|key| *key == [column])
        || table.columns[column].distinct == Some(-1.0)
}
