//! What is selected: rows of things, or measures of groups.

use super::ast::{self, Parts};
use super::build::{Builder, Measured, Shown, not_understood};
use super::frame::{Condition, Key, Operand, Output};
use super::language::{Aggregate, ENGLISH};
use super::lexicon::Target;
use super::nature::{self, Nature};
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use sqlparser::ast::{Expr, Query};

/// `n_distinct` of a column in which most rows have a value of their own: a text, not a category.
const MOSTLY_DIFFERENT: f32 = -0.5;

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
        let bare =
            |s: &Shown| matches!(s, Shown::Thing(t) if self.lexicon.tables[*t].display.is_empty());
        if shown.len() > 1 && shown.iter().any(bare) {
            return Err(not_understood(
                "Which columns are to be shown is not clear.",
            ));
        }
        if matches!(
            self.frame.order,
            Some(super::frame::Order { key: Key::Date, .. })
        ) && self
            .frame
            .conditions
            .iter()
            .any(|c| matches!(c, Condition::Related { .. }))
        {
            return Err(not_understood(
                "Whose date the latest is to be found by is not clear.",
            ));
        }
        let mut tables: Vec<usize> = shown.iter().filter_map(|s| self.shown_table(s)).collect();
        let first = match self.frame.head {
            Some(head) => self.table(head),
            None => *tables
                .first()
                .ok_or_else(|| not_understood("Nothing was asked for."))?,
        };
        let first = if tables.contains(&first) || tables.is_empty() {
            first
        } else {
            tables[0]
        };
        tables.extend(order_table);
        let root = match self.finest(first, &tables)? {
            Some(root) => root,
            None => {
                return Err(not_understood(
                    "The columns asked for do not belong to the same rows.",
                ));
            }
        };
        self.join_all(root, &tables)?;
        let mut parts = Parts {
            distinct: self.frame.distinct || self.lists_values(&shown),
            ..Parts::default()
        };
        parts.condition = self.conditions(first)?;
        for s in &shown {
            self.show_row(s, &mut parts);
        }
        if let Some(order) = &self.frame.order {
            let (expr, descending) = self.row_order(&order.key, order.descending, first)?;
            if parts.distinct && !parts.columns.iter().any(|(e, _)| *e == expr) {
                return Err(not_understood(
                    "Different values cannot be put in the order of something else.",
                ));
            }
            self.said.order = Some(if descending {
                "largest first".into()
            } else {
                "smallest first".into()
            });
            parts.order_by.push((expr, descending));
            for key in &self.frame.then {
                parts.order_by.push(self.row_order(key, descending, first)?);
            }
            parts.limit = self.frame.limit;
        }
        self.from(&mut parts, true);
        Ok(parts.query())
    }

    /// "Which ranks are there?" asks for the values of a column, each once; "the rank of the teachers" for one per row.
    fn lists_values(&self, shown: &[Shown]) -> bool {
        let frame = self.frame;
        let ([Shown::Column(c)], [Output::Plain(m)]) = (shown, &frame.outputs[..]) else {
            return false;
        };
        let table = self.catalog.table(*c);
        frame.mentions[*m].of.is_none()
            && frame.order.is_none()
            && frame.limit.is_none()
            && !super::measures::is_key(table, c.column)
            && table.columns[c.column]
                .distinct
                .is_none_or(|distinct| distinct > MOSTLY_DIFFERENT)
            && !self.lexicon.tables[c.table].display.contains(&c.column)
            && !matches!(self.lexicon.nature(*c), Nature::Amount | Nature::Rate)
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
                let columns: Vec<usize> = if display.is_empty() || self.frame.whole {
                    (0..self.catalog.tables[*t].columns.len()).collect()
                } else {
                    display
                };
                for column in columns {
                    self.push_column(ColumnRef { table: *t, column }, None, parts);
                }
            }
            Shown::Time(_) => {}
        }
    }

    pub(super) fn push_column(&mut self, at: ColumnRef, name: Option<String>, parts: &mut Parts) {
        let expr = self.column(at);
        let own = self.catalog.column(at).name.clone();
        let wanted = name.unwrap_or_else(|| own.clone());
        let taken = parts
            .columns
            .iter()
            .any(|(_, n)| n.as_deref() == Some(own.as_str()));
        // A second column of the same name says whose it is.
        let wanted = if taken {
            format!("{}_{own}", self.catalog.tables[at.table].name)
        } else {
            wanted
        };
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
                        let column = display.ok_or_else(|| {
                            not_understood(format!(
                                "What to order {} by is not clear.",
                                self.table_name(*t)
                            ))
                        })?;
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
                            let column = self.lexicon.tables[*t]
                                .columns
                                .iter()
                                .enumerate()
                                .position(|(c, name)| {
                                    let class = self.catalog.tables[*t].columns[c].class;
                                    name.ends_with(stems)
                                        && (nature::is_numeric(class)
                                            || nature::is_date(class)
                                            || class == TypeClass::Interval)
                                })?;
                            Some(ColumnRef { table: *t, column })
                        });
                        if let Some(column) = found {
                            self.assumptions.push(format!(
                                "\"{}\" is read as {} {}",
                                words.superlative,
                                if more { "the greatest" } else { "the least" },
                                self.catalog.column(column).name
                            ));
                            return Ok((self.column(column), more == descending));
                        }
                    }
                }
                Err(not_understood(format!(
                    "{} has no column that \"{}\" speaks of.",
                    self.table_name(head),
                    words.superlative
                )))
            }
            Key::Date => {
                let columns = self.lexicon.date_columns(self.catalog, head);
                let column = columns
                    .first()
                    .or(self
                        .lexicon
                        .year_columns(head)
                        .first()
                        .filter(|_| columns.is_empty()))
                    .copied();
                let column = column.ok_or_else(|| {
                    not_understood(format!("{} has no date.", self.table_name(head)))
                })?;
                let at = ColumnRef {
                    table: head,
                    column,
                };
                self.assumptions
                    .push(format!("the date is {}", self.catalog.column(at).name));
                Ok((self.column(at), descending))
            }
            _ => Err(not_understood("What to order by is not clear.")),
        }
    }

    /// Measures of groups, or of all rows.
    pub(super) fn grouped(&mut self) -> Result<Query> {
        let frame = self.frame;
        if frame.whole {
            return Err(not_understood("All columns of a group cannot be shown."));
        }
        let mut shown = self.shown();
        // "the average age of male and female students": a number for each.
        if let Some(column) = self.listed_values()
            && !shown.contains(&Shown::Column(column))
        {
            shown.push(Shown::Column(column));
        }
        let mut measures: Vec<(Measured, String)> = Vec::new();
        for output in &frame.outputs {
            if let Output::Count { of, .. } = output
                && let Target::Column(c) = self.target(*of)
                && matches!(self.lexicon.nature(*c), Nature::Amount | Nature::Rate)
            {
                return Err(not_understood(format!(
                    "{} is a number: ask for its sum or its average.",
                    self.catalog.column(*c).name
                )));
            }
            match output {
                Output::Count { of, distinct } => measures.push((
                    self.counted(*of, *distinct),
                    frame.mentions[*of].text.clone(),
                )),
                Output::Aggregate { function, of } => measures.push((
                    Measured::Aggregate(*function, self.target(*of).clone()),
                    self.measure_name(*function, *of),
                )),
                Output::Plain(_) => {}
            }
        }
        measures = Self::without_repeats(measures);
        let shown_measures = measures.len();
        let mut having: Vec<(usize, super::language::Comparison, Operand)> = Vec::new();
        for condition in &frame.conditions {
            match condition {
                Condition::Count { of, op, number } => {
                    let measure = self.counted(*of, false);
                    having.push((
                        self.add_measure(&mut measures, measure, &frame.mentions[*of].text),
                        *op,
                        Operand::Number(number.clone()),
                    ));
                }
                Condition::Aggregate {
                    function,
                    of,
                    op,
                    number,
                } => {
                    let measure = Measured::Aggregate(Some(*function), self.target(*of).clone());
                    having.push((
                        self.add_measure(&mut measures, measure, &frame.mentions[*of].text),
                        *op,
                        Operand::Number(number.clone()),
                    ));
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
                    let table =
                        thing.ok_or_else(|| not_understood("What to count is not clear."))?;
                    Some(self.add_measure(&mut measures, Measured::Rows(table), "count"))
                }
                Key::Rows if frame.superlative => {
                    return Err(not_understood(
                        "By what the first are to be found is not clear.",
                    ));
                }
                Key::Rows => Some(0),
                Key::Mention(_) | Key::Adjective(_) | Key::Date => None,
            },
        };
        if measures.is_empty() {
            return Err(not_understood("What to measure is not clear."));
        }
        if shown.is_empty() && !having.is_empty() {
            return Err(not_understood(
                "Groups that fulfil a condition cannot be counted yet: ask for the groups themselves.",
            ));
        }
        if !frame.then.is_empty() {
            return Err(not_understood(
                "Groups are put in the order of one thing only.",
            ));
        }
        let things: std::collections::BTreeSet<usize> =
            shown.iter().filter_map(|s| self.shown_table(s)).collect();
        if frame.superlative
            && (things.len() > 1
                || (!frame.group.is_empty()
                    && frame.outputs.iter().any(|o| matches!(o, Output::Plain(_)))))
        {
            return Err(not_understood(
                "Whether the first are to be found in each group or over all is not clear.",
            ));
        }
        let mut fact = self.measured_table(&measures[0].0);
        let mut wanted: Vec<usize> = shown.iter().filter_map(|s| self.shown_table(s)).collect();
        wanted.extend(measures.iter().map(|(m, _)| self.measured_table(m)));
        // The most common value of a column that points at a thing is counted where it is stored.
        if let (Measured::Rows(t), Some(Shown::Thing(s)), true) = (
            &measures[0].0,
            shown.first(),
            frame.order.as_ref().is_some_and(|o| o.key == Key::Rows) && shown_measures == 0,
        ) && t == s
        {
            return Err(not_understood(format!(
                "How often a row of {} occurs is not counted anywhere.",
                self.table_name(*t)
            )));
        }
        match self.finest(fact, &wanted)? {
            Some(root) => fact = root,
            None => {
                return Err(not_understood(
                    "The measures asked for do not belong to the same rows: each would be counted more than once.",
                ));
            }
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
        let condition =
            self.conditions(thing.or(frame.head.map(|h| self.table(h))).unwrap_or(fact))?;
        let mut parts = Parts {
            condition,
            ..Parts::default()
        };
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
        let show_ranking = shown_measures == 0
            && frame.superlative
            && !listed
            && match ordered_by.map(|i| &measures[i].0) {
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
            let Operand::Number(n) = right else {
                return None;
            };
            self.said.conditions.push(format!(
                "{} {} {}",
                measures[i].1,
                super::conditions::words(op),
                n.text
            ));
            Some(ast::binary(
                exprs[i].clone(),
                super::conditions::operator(op),
                ast::number(&n.text),
            ))
        }));
        self.group_order(
            &mut parts,
            &exprs,
            ordered_by,
            series,
            &keys,
            shown_measures,
        )?;
        parts.group_by = keys;
        parts.limit = frame.limit;
        self.from(&mut parts, !choosing);
        Ok(parts.query())
    }

    /// The column whose values a question lists with "and", when its rows hold one of them each.
    fn listed_values(&mut self) -> Option<ColumnRef> {
        let frame = self.frame;
        let of = |c: &Condition| match c {
            Condition::Value {
                value,
                negated: false,
            } => match self.target(*value) {
                Target::Value(column, _) => Some(*column),
                _ => None,
            },
            _ => None,
        };
        let listed = frame.conditions.iter().find_map(|c| match c {
            Condition::All(several) if !frame.both => {
                let first = of(several.first()?)?;
                several
                    .iter()
                    .all(|c| of(c) == Some(first))
                    .then_some(first)
            }
            _ => None,
        })?;
        let subject = frame.head.map(|head| self.table(head)).or_else(|| {
            frame.outputs.iter().find_map(|o| match o {
                Output::Aggregate { of, .. } | Output::Count { of, .. } => {
                    Some(super::resolve::table_of(self.lexicon, self.target(*of)))
                }
                Output::Plain(_) => None,
            })
        })?;
        (subject == listed.table).then_some(listed)
    }

    /// The order of groups: as asked, series by time, others by the first measure, largest first, then by their keys.
    fn group_order(
        &mut self,
        parts: &mut Parts,
        exprs: &[Expr],
        ordered_by: Option<usize>,
        series: bool,
        keys: &[Expr],
        shown_measures: usize,
    ) -> Result<()> {
        let frame = self.frame;
        let name_order = |parts: &Parts| {
            parts
                .columns
                .iter()
                .filter(|(e, _)| keys.contains(e))
                .map(|(e, _)| (e.clone(), false))
                .collect::<Vec<_>>()
        };
        match (&frame.order, ordered_by) {
            (Some(order), Some(i)) => {
                parts.order_by.push((exprs[i].clone(), order.descending));
                parts
                    .order_by
                    .extend(keys.iter().map(|k| (k.clone(), false)));
                self.said.order = Some(if order.descending {
                    "largest first".into()
                } else {
                    "smallest first".into()
                });
            }
            (Some(order), None) => {
                let Key::Mention(id) = order.key else {
                    return Err(not_understood("What to order by is not clear."));
                };
                let named = match self.target(id) {
                    Target::Column(c) => Some(self.column(*c)),
                    Target::Table(t) => self.lexicon.tables[*t]
                        .display
                        .first()
                        .map(|&column| ColumnRef { table: *t, column })
                        .map(|c| self.column(c)),
                    _ => None,
                };
                match named {
                    Some(expr) if keys.contains(&expr) => {
                        parts.order_by.push((expr, order.descending))
                    }
                    _ if shown_measures > 0 => {
                        parts.order_by.push((exprs[0].clone(), order.descending))
                    }
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
                parts.order_by.extend(if by_name.is_empty() {
                    keys.iter().map(|k| (k.clone(), false)).collect()
                } else {
                    by_name
                });
                self.said.order = Some("largest first".into());
            }
        }
        Ok(())
    }
}
