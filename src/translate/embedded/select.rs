//! What is selected: rows of things, or measures of groups.

use super::ast::{self, Parts};
use super::build::{Builder, Measured, Shown};
use super::dates::Unit;
use super::frame::{Condition, Key, MentionId, Operand, Output};
use super::language::{Aggregate, ENGLISH};
use super::lexicon::{Formula, Target};
use super::nature::{self, Nature};
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::{Error, Result};
use sqlparser::ast::{BinaryOperator, DataType, DateTimeField, Expr, ExtractSyntax, Query};

fn not_understood(detail: impl Into<String>) -> Error {
    Error::question("the question was not understood").with_detail(detail)
}

impl Builder<'_> {
    /// Rows of things, without aggregates.
    pub(super) fn rows(&mut self) -> Result<Query> {
        let shown = self.shown();
        let order_table = match &self.frame.order {
            Some(order) => match order.key {
                Key::Mention(id) => Some(self.table(id)),
                _ => None,
            },
            None => None,
        };
        let bare = |s: &Shown| matches!(s, Shown::Thing(t) if self.lexicon.tables[*t].display.is_empty());
        if shown.len() > 1 && shown.iter().any(bare) {
            return Err(not_understood("Which columns are to be shown is not clear."));
        }
        if matches!(self.frame.order, Some(super::frame::Order { key: Key::Date, .. })) && self.frame.conditions.iter().any(|c| matches!(c, Condition::Related { .. })) {
            return Err(not_understood("Whose date the latest is to be found by is not clear."));
        }
        let mut tables: Vec<usize> = shown.iter().filter_map(|s| self.shown_table(s)).collect();
        let first = match self.frame.head {
            Some(head) => self.table(head),
            None => *tables.first().ok_or_else(|| not_understood("Nothing was asked for."))?,
        };
        let first = if tables.contains(&first) || tables.is_empty() { first } else { tables[0] };
        tables.extend(order_table);
        let root = match self.finest(first, &tables)? {
            Some(root) => root,
            None => return Err(not_understood("The columns asked for do not belong to the same rows.")),
        };
        self.join_all(root, &tables)?;
        let mut parts = Parts { distinct: self.frame.distinct, ..Parts::default() };
        parts.condition = self.conditions(first)?;
        for s in &shown {
            self.show_row(s, &mut parts);
        }
        if let Some(order) = &self.frame.order {
            let (expr, descending) = self.row_order(&order.key, order.descending, first)?;
            if parts.distinct && !parts.columns.iter().any(|(e, _)| *e == expr) {
                return Err(not_understood("Different values cannot be put in the order of something else."));
            }
            self.said.order = Some(if descending { "largest first".into() } else { "smallest first".into() });
            parts.order_by.push((expr, descending));
            for key in &self.frame.then {
                parts.order_by.push(self.row_order(key, descending, first)?);
            }
            parts.limit = self.frame.limit;
        }
        self.from(&mut parts, true);
        Ok(parts.query())
    }

    fn show_row(&mut self, shown: &Shown, parts: &mut Parts) {
        match shown {
            Shown::Column(c) => {
                self.said.shown.push(self.catalog.column(*c).name.clone());
                self.push_column(*c, None, parts);
            }
            Shown::Thing(t) => {
                self.said.shown.push(self.table_name(*t));
                let display = self.lexicon.tables[*t].display.clone();
                let columns: Vec<usize> = if display.is_empty() { (0..self.catalog.tables[*t].columns.len()).collect() } else { display };
                for column in columns {
                    self.push_column(ColumnRef { table: *t, column }, None, parts);
                }
            }
            Shown::Time(_) => {}
        }
    }

    fn push_column(&mut self, at: ColumnRef, name: Option<String>, parts: &mut Parts) {
        let expr = self.column(at);
        let own = self.catalog.column(at).name.clone();
        let wanted = name.unwrap_or_else(|| own.clone());
        let taken = parts.columns.iter().any(|(_, n)| n.as_deref() == Some(own.as_str()));
        // A second column of the same name says whose it is.
        let wanted = if taken { format!("{}_{own}", self.catalog.tables[at.table].name) } else { wanted };
        let name = self.unique_name(&wanted, &parts.columns);
        parts.columns.push((expr, Some(name)));
    }

    /// What rows are put in order by.
    fn row_order(&mut self, key: &Key, descending: bool, head: usize) -> Result<(Expr, bool)> {
        match key {
            Key::Mention(id) => {
                let expr = match self.target(*id) {
                    Target::Column(c) => self.column(*c),
                    Target::Table(t) => {
                        let display = self.lexicon.tables[*t].display.first().copied();
                        let column = display.ok_or_else(|| not_understood(format!("What to order {} by is not clear.", self.table_name(*t))))?;
                        self.column(ColumnRef { table: *t, column })
                    }
                    _ => return Err(not_understood("What to order by is not clear.")),
                };
                Ok((expr, descending))
            }
            Key::Adjective(i) => {
                let words = &ENGLISH.adjectives[*i];
                let tables = [head];
                for (list, more) in [(&words.greater, true), (&words.smaller, false)] {
                    for stems in list {
                        let found = tables.iter().find_map(|t| {
                            let column = self.lexicon.tables[*t].columns.iter().enumerate().position(|(c, name)| {
                                let class = self.catalog.tables[*t].columns[c].class;
                                name.ends_with(stems) && (nature::is_numeric(class) || nature::is_date(class) || class == TypeClass::Interval)
                            })?;
                            Some(ColumnRef { table: *t, column })
                        });
                        if let Some(column) = found {
                            self.assumptions.push(format!("\"{}\" is read as {} {}", words.superlative, if more { "the greatest" } else { "the least" }, self.catalog.column(column).name));
                            return Ok((self.column(column), more == descending));
                        }
                    }
                }
                Err(not_understood(format!("{} has no column that \"{}\" speaks of.", self.table_name(head), words.superlative)))
            }
            Key::Date => {
                let columns = self.lexicon.date_columns(self.catalog, head);
                let column = columns.first().or(self.lexicon.year_columns(head).first().filter(|_| columns.is_empty())).copied();
                let column = column.ok_or_else(|| not_understood(format!("{} has no date.", self.table_name(head))))?;
                let at = ColumnRef { table: head, column };
                self.assumptions.push(format!("the date is {}", self.catalog.column(at).name));
                Ok((self.column(at), descending))
            }
            _ => Err(not_understood("What to order by is not clear.")),
        }
    }

    /// Measures of groups, or of all rows.
    pub(super) fn grouped(&mut self) -> Result<Query> {
        let frame = self.frame;
        let shown = self.shown();
        let mut measures: Vec<(Measured, String)> = Vec::new();
        for output in &frame.outputs {
            if let Output::Count { of, .. } = output
                && let Target::Column(c) = self.target(*of)
                && matches!(self.lexicon.nature(*c), Nature::Amount | Nature::Rate)
            {
                return Err(not_understood(format!("{} is a number: ask for its sum or its average.", self.catalog.column(*c).name)));
            }
            match output {
                Output::Count { of, distinct } => measures.push((self.counted(*of, *distinct), frame.mentions[*of].text.clone())),
                Output::Aggregate { function, of } => measures.push((Measured::Aggregate(*function, self.target(*of).clone()), self.measure_name(*function, *of))),
                Output::Plain(_) => {}
            }
        }
        let shown_measures = measures.len();
        let mut having: Vec<(usize, super::language::Comparison, Operand)> = Vec::new();
        for condition in &frame.conditions {
            match condition {
                Condition::Count { of, op, number } => {
                    let measure = self.counted(*of, false);
                    having.push((self.add_measure(&mut measures, measure, &frame.mentions[*of].text), *op, Operand::Number(number.clone())));
                }
                Condition::Aggregate { function, of, op, number } => {
                    let measure = Measured::Aggregate(Some(*function), self.target(*of).clone());
                    having.push((self.add_measure(&mut measures, measure, &frame.mentions[*of].text), *op, Operand::Number(number.clone())));
                }
                _ => {}
            }
        }
        let thing = shown.iter().find_map(|s| self.shown_table(s));
        let ordered_by = match &frame.order {
            None => None,
            Some(_) => match &self.order_key().unwrap_or(Key::Rows) {
                Key::Count(id) => {
                    let measure = self.counted(*id, false);
                    Some(self.add_measure(&mut measures, measure, &frame.mentions[*id].text))
                }
                Key::Aggregate(function, id) => {
                    let measure = Measured::Aggregate(*function, self.target(*id).clone());
                    let name = self.measure_name(*function, *id);
                    Some(self.add_measure(&mut measures, measure, &name))
                }
                Key::Rows if measures.is_empty() => {
                    let table = thing.ok_or_else(|| not_understood("What to count is not clear."))?;
                    Some(self.add_measure(&mut measures, Measured::Rows(table), "count"))
                }
                Key::Rows if frame.superlative => return Err(not_understood("By what the first are to be found is not clear.")),
                Key::Rows => Some(0),
                Key::Mention(_) | Key::Adjective(_) | Key::Date => None,
            },
        };
        if measures.is_empty() {
            return Err(not_understood("What to measure is not clear."));
        }
        if shown.is_empty() && !having.is_empty() {
            return Err(not_understood("Groups that fulfil a condition cannot be counted yet: ask for the groups themselves."));
        }
        if !frame.then.is_empty() {
            return Err(not_understood("Groups are put in the order of one thing only."));
        }
        let things: std::collections::BTreeSet<usize> = shown.iter().filter_map(|s| self.shown_table(s)).collect();
        if frame.superlative && (things.len() > 1 || (!frame.group.is_empty() && frame.outputs.iter().any(|o| matches!(o, Output::Plain(_))))) {
            return Err(not_understood("Whether the first are to be found in each group or over all is not clear."));
        }
        let mut fact = self.measured_table(&measures[0].0);
        let mut wanted: Vec<usize> = shown.iter().filter_map(|s| self.shown_table(s)).collect();
        wanted.extend(measures.iter().map(|(m, _)| self.measured_table(m)));
        // The most common value of a column that points at a thing is counted where it is stored.
        if let (Measured::Rows(t), Some(Shown::Thing(s)), true) = (&measures[0].0, shown.first(), frame.order.as_ref().is_some_and(|o| o.key == Key::Rows) && shown_measures == 0)
            && t == s
        {
            return Err(not_understood(format!("How often a row of {} occurs is not counted anywhere.", self.table_name(*t))));
        }
        match self.finest(fact, &wanted)? {
            Some(root) => fact = root,
            None => return Err(not_understood("The measures asked for do not belong to the same rows: each would be counted more than once.")),
        }
        for (measure, _) in &measures {
            if let Measured::Aggregate(function, target) = measure
                && super::resolve::table_of(self.lexicon, target) != fact
                && !matches!(function, Some(Aggregate::Min | Aggregate::Max))
            {
                return Err(not_understood(format!(
                    "Joined with what it is to be grouped by, each row of {} would be counted more than once.",
                    self.table_name(super::resolve::table_of(self.lexicon, target))
                )));
            }
        }
        self.join_all(fact, &wanted)?;
        let mut parts = Parts::default();
        parts.condition = self.conditions(thing.or(frame.head.map(|h| self.table(h))).unwrap_or(fact))?;
        let choosing = frame.superlative || !having.is_empty();
        let mut keys: Vec<Expr> = Vec::new();
        let mut series = false;
        for s in &shown {
            series |= matches!(s, Shown::Time(_));
            self.show_group(s, !choosing, &mut parts, &mut keys)?;
        }
        let mut exprs = Vec::new();
        for (measure, _) in &measures {
            exprs.push(self.measure_expr(measure)?);
        }
        // A ranking shows what it ranks by, unless the question lists what it wants to see or wants just the one.
        let listed = frame.outputs.iter().any(|o| matches!(o, Output::Plain(id) if matches!(self.target(*id), Target::Column(_)) && frame.mentions[*id].of.is_some()));
        let several = frame.limit.is_some_and(|n| n > 1);
        let show_ranking = shown_measures == 0 && frame.superlative && !listed && match ordered_by.map(|i| &measures[i].0) {
            Some(Measured::Aggregate(..)) => true,
            _ => several,
        };
        for (i, (_, name)) in measures.iter().enumerate() {
            let shown_here = i < shown_measures || (show_ranking && Some(i) == ordered_by);
            if shown_here {
                let name = self.unique_name(name, &parts.columns);
                self.said.shown.push(name.replace('_', " "));
                parts.columns.push((exprs[i].clone(), Some(name)));
            }
        }
        if parts.columns.is_empty() {
            return Err(not_understood("What is to be shown is not clear."));
        }
        parts.having = ast::all_of(having.into_iter().filter_map(|(i, op, right)| {
            let Operand::Number(n) = right else { return None };
            self.said.conditions.push(format!("{} {} {}", measures[i].1, super::conditions::words(op), n.text));
            Some(ast::binary(exprs[i].clone(), super::conditions::operator(op), ast::number(&n.text)))
        }));
        self.group_order(&mut parts, &exprs, ordered_by, series, &keys, shown_measures)?;
        parts.group_by = keys;
        parts.limit = frame.limit;
        self.from(&mut parts, !choosing);
        Ok(parts.query())
    }

    /// The order of groups: as asked, series by time, others by the first measure, largest first, then by their keys.
    fn group_order(&mut self, parts: &mut Parts, exprs: &[Expr], ordered_by: Option<usize>, series: bool, keys: &[Expr], shown_measures: usize) -> Result<()> {
        let frame = self.frame;
        let name_order = |parts: &Parts| parts.columns.iter().filter(|(e, _)| keys.contains(e)).map(|(e, _)| (e.clone(), false)).collect::<Vec<_>>();
        match (&frame.order, ordered_by) {
            (Some(order), Some(i)) => {
                parts.order_by.push((exprs[i].clone(), order.descending));
                parts.order_by.extend(keys.iter().map(|k| (k.clone(), false)));
                self.said.order = Some(if order.descending { "largest first".into() } else { "smallest first".into() });
            }
            (Some(order), None) => {
                let Key::Mention(id) = order.key else { return Err(not_understood("What to order by is not clear.")) };
                let named = match self.target(id) {
                    Target::Column(c) => Some(self.column(*c)),
                    Target::Table(t) => self.lexicon.tables[*t].display.first().map(|&column| ColumnRef { table: *t, column }).map(|c| self.column(c)),
                    _ => None,
                };
                match named {
                    Some(expr) if keys.contains(&expr) => parts.order_by.push((expr, order.descending)),
                    _ if shown_measures > 0 => parts.order_by.push((exprs[0].clone(), order.descending)),
                    _ => return Err(not_understood("What to order by is not clear.")),
                }
            }
            (None, _) if keys.is_empty() => {}
            (None, _) if series => {
                parts.order_by = keys.iter().map(|k| (k.clone(), false)).collect();
                self.said.order = Some("by time".into());
            }
            (None, _) => {
                parts.order_by.push((exprs[0].clone(), true));
                let by_name = name_order(parts);
                parts.order_by.extend(if by_name.is_empty() { keys.iter().map(|k| (k.clone(), false)).collect() } else { by_name });
                self.said.order = Some("largest first".into());
            }
        }
        Ok(())
    }

    fn add_measure(&self, measures: &mut Vec<(Measured, String)>, measure: Measured, name: &str) -> usize {
        match measures.iter().position(|(m, _)| *m == measure) {
            Some(same) => same,
            None => {
                measures.push((measure, name.to_owned()));
                measures.len() - 1
            }
        }
    }

    fn counted(&self, id: MentionId, distinct: bool) -> Measured {
        match self.target(id) {
            Target::Table(t) => Measured::Rows(*t),
            // The name of a thing stands for the thing.
            Target::Column(c) if !distinct && self.lexicon.tables[c.table].display == [c.column] => Measured::Rows(c.table),
            Target::Column(c) | Target::Value(c, _) => Measured::Values(*c),
            Target::Measure(m) => Measured::Rows(self.lexicon.measures[*m].table),
        }
    }

    fn measured_table(&self, measure: &Measured) -> usize {
        match measure {
            Measured::Rows(t) => *t,
            Measured::Values(c) => c.table,
            Measured::Aggregate(_, target) => super::resolve::table_of(self.lexicon, target),
        }
    }

    /// The name of an aggregate's column: "total_sales", "average_age".
    fn measure_name(&self, function: Option<Aggregate>, id: MentionId) -> String {
        let text = self.frame.mentions[id].text.to_lowercase();
        let prefix = match function.unwrap_or_else(|| self.default_aggregate(self.target(id))) {
            _ if matches!(self.target(id), Target::Measure(m) if self.lexicon.measures[*m].denominator.is_some()) => return text,
            Aggregate::Sum => "total",
            Aggregate::Avg => "average",
            Aggregate::Min => "minimum",
            Aggregate::Max => "maximum",
            Aggregate::Median => "median",
            Aggregate::Stddev => "stddev",
        };
        if text.starts_with(prefix) { text } else { format!("{prefix} {text}") }
    }

    fn default_aggregate(&self, target: &Target) -> Aggregate {
        match target {
            Target::Column(c) if self.lexicon.nature(*c) == Nature::Rate => Aggregate::Avg,
            _ => Aggregate::Sum,
        }
    }

    fn show_group(&mut self, shown: &Shown, bucket: bool, parts: &mut Parts, keys: &mut Vec<Expr>) -> Result<()> {
        match shown {
            Shown::Time(unit) => {
                let at = self.date_column(&[])?;
                let expr = self.truncated(at, *unit);
                self.said.grouped.push(unit.name().to_owned());
                let name = self.unique_name(unit.name(), &parts.columns);
                parts.columns.push((expr.clone(), Some(name)));
                keys.push(expr);
            }
            Shown::Column(c) => {
                let name = self.catalog.column(*c).name.clone();
                self.said.grouped.push(name.replace('_', " "));
                // A column that names its thing is grouped together with the key of the thing.
                let table = &self.catalog.tables[c.table];
                let is_name = self.lexicon.tables[c.table].display.contains(&c.column) || self.frame.outputs.iter().any(|o| matches!(o, Output::Plain(id) if self.frame.mentions[*id].of.is_some_and(|of| *self.target(of) == Target::Table(c.table))));
                if is_name && c.table != self.root {
                    for &column in &table.primary_key {
                        let key = self.column(ColumnRef { table: c.table, column });
                        if !keys.contains(&key) {
                            keys.push(key);
                        }
                    }
                }
                let expr = self.column(*c);
                self.push_column(*c, None, parts);
                if !keys.contains(&expr) {
                    keys.push(expr);
                }
            }
            Shown::Thing(t) => {
                let t = *t;
                let table = &self.catalog.tables[t];
                let display = self.lexicon.tables[t].display.clone();
                let singular = singular(&table.name);
                self.said.grouped.push(singular.replace('_', " "));
                for &column in &table.primary_key {
                    keys.push(self.column(ColumnRef { table: t, column }));
                }
                let columns = if display.is_empty() { table.primary_key.clone() } else { display };
                if columns.is_empty() {
                    return Err(not_understood(format!("{} has neither a key nor a name to group by.", self.table_name(t))));
                }
                let one = columns.len() == 1;
                let may_lack = bucket && self.joins.iter().any(|j| j.child == t && self.lexicon.graph.edges[j.edge].nullable);
                for column in columns {
                    let at = ColumnRef { table: t, column };
                    let expr = self.column(at);
                    let name = if one && !table.primary_key.contains(&column) { singular.clone() } else { self.catalog.column(at).name.clone() };
                    let name = self.unique_name(&name, &parts.columns);
                    let textual = self.catalog.column(at).class == TypeClass::Text;
                    let out = if may_lack && textual && !self.strict.contains(&t) { ast::function("coalesce", vec![expr.clone(), ast::text("(none)")]) } else { expr.clone() };
                    parts.columns.push((out, Some(name)));
                    if !keys.contains(&expr) {
                        keys.push(expr);
                    }
                }
            }
        }
        Ok(())
    }

    /// A date at the start of its unit.
    fn truncated(&mut self, at: ColumnRef, unit: Unit) -> Expr {
        let class = self.catalog.column(at).class;
        let column = self.column(at);
        if nature::is_numeric(class) {
            return column;
        }
        let part = |field, expr| ast::cast(Expr::Extract { field, syntax: ExtractSyntax::From, expr: Box::new(expr) }, DataType::Integer(None));
        match unit {
            Unit::Year => part(DateTimeField::Year, column),
            Unit::Weekday => part(DateTimeField::Isodow, column),
            Unit::Day => ast::cast(column, DataType::Date),
            Unit::Hour | Unit::Minute => ast::function("date_trunc", vec![ast::text(unit.name()), column]),
            _ => ast::cast(ast::function("date_trunc", vec![ast::text(unit.name()), column]), DataType::Date),
        }
    }

    fn formula(&mut self, formula: &Formula) -> Expr {
        match formula {
            Formula::Column(c) => self.column(*c),
            Formula::Number(n) => ast::number(n),
            Formula::Binary(a, op, b) => {
                let op = match op {
                    '*' => BinaryOperator::Multiply,
                    '-' => BinaryOperator::Minus,
                    _ => BinaryOperator::Plus,
                };
                let (left, right) = (self.formula(a), self.formula(b));
                let right = if matches!(**b, Formula::Binary(..)) { ast::nested(right) } else { right };
                ast::binary(left, op, right)
            }
        }
    }

    fn measure_expr(&mut self, measure: &Measured) -> Result<Expr> {
        match measure {
            Measured::Rows(t) if *t == self.root => Ok(ast::count_rows()),
            Measured::Rows(t) => match self.catalog.tables[*t].primary_key[..] {
                [column] => Ok(ast::count_distinct(self.column(ColumnRef { table: *t, column }))),
                _ => Err(not_understood(format!("{} has no key of one column to count it by.", self.table_name(*t)))),
            },
            Measured::Values(c) => Ok(ast::count_distinct(self.column(*c))),
            Measured::Aggregate(function, target) => {
                let ratio = match target {
                    Target::Measure(m) => self.lexicon.measures[*m].denominator.clone().map(|d| (self.lexicon.measures[*m].formula.clone(), d)),
                    _ => None,
                };
                if let Some((above, below)) = ratio {
                    let above = ast::function("sum", vec![self.formula(&above)]);
                    let below = ast::function("sum", vec![self.formula(&below)]);
                    // Whole numbers would be divided without their fraction.
                    let above = ast::cast(above, DataType::Numeric(sqlparser::ast::ExactNumberInfo::None));
                    return Ok(ast::binary(above, BinaryOperator::Divide, ast::function("nullif", vec![below, ast::number("0")])));
                }
                let inner = match target {
                    Target::Measure(m) => {
                        let formula = self.lexicon.measures[*m].formula.clone();
                        self.formula(&formula)
                    }
                    Target::Column(c) => self.column(*c),
                    _ => return Err(not_understood("What to measure is not clear.")),
                };
                let function = function.unwrap_or_else(|| self.default_aggregate(target));
                if let Target::Column(c) = target
                    && matches!(function, Aggregate::Sum | Aggregate::Avg)
                    && (matches!(self.lexicon.nature(*c), Nature::Identifier | Nature::Coordinate) || (self.lexicon.nature(*c) == Nature::Year && function == Aggregate::Sum))
                {
                    return Err(not_understood(format!("{} cannot be added up.", self.catalog.column(*c).name)));
                }
                Ok(match function {
                    Aggregate::Sum => ast::function("sum", vec![inner]),
                    Aggregate::Avg => ast::function("avg", vec![inner]),
                    Aggregate::Min => ast::function("min", vec![inner]),
                    Aggregate::Max => ast::function("max", vec![inner]),
                    Aggregate::Stddev => ast::function("stddev", vec![inner]),
                    Aggregate::Median => ast::median(inner),
                })
            }
        }
    }
}

/// The singular of a table's name, by its last word.
fn singular(name: &str) -> String {
    let lower = name.to_lowercase();
    if let Some(stem) = lower.strip_suffix("ies") {
        format!("{stem}y")
    } else if lower.ends_with("ss") || lower.ends_with("us") || !lower.ends_with('s') {
        lower
    } else if let Some(stem) = lower.strip_suffix("sses").map(|s| format!("{s}ss")) {
        stem
    } else {
        lower.trim_end_matches('s').to_owned()
    }
}
