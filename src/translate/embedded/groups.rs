//! Measures of groups, or of all rows.

use super::ast::{self, Parts};
use super::build::{Builder, Measured, not_understood};
use super::frame::{Condition, Key, Operand, Output, Window};
use super::language::Aggregate;
use super::lexicon::Target;
use super::nature::Nature;
use super::nested::Group;
use super::shown::Shown;
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use sqlparser::ast::{Expr, Query};

impl Builder<'_> {
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
            // "different types of beds" is no number of different numbers of beds.
            let kinds = frame
                .words
                .iter()
                .any(|w| super::language::ENGLISH.kinds.contains(w));
            if let Output::Count { of, distinct } = output
                && (!distinct || kinds)
                && let Target::Column(c) = self.target(*of)
                && matches!(self.lexicon.nature(*c), Nature::Amount | Nature::Rate)
            {
                return Err(not_understood(format!(
                    "{} is a number: ask for its sum or its average.",
                    self.catalog.column(*c).name
                )));
            }
            if let Output::Count { of, .. } = output
                && let Target::Column(c) = self.target(*of)
                && frame.conditions.iter().any(|condition| matches!(condition, Condition::Value { value, negated: false } if matches!(self.target(*value), Target::Value(v, _) if v == c)))
            {
                return Err(not_understood(format!(
                    "Of what the different {} are counted is not clear.",
                    self.catalog.column(*c).name
                )));
            }
            match output {
                Output::Count { of, distinct } => measures.push((
                    self.counted(*of, *distinct),
                    frame.mentions[*of].text.clone(),
                )),
                Output::Aggregate { function, of } => {
                    let target = self.target(*of);
                    // The average of what it is grouped by is that.
                    let itself = match target {
                        Target::Column(c) => shown.contains(&Shown::Column(*c)),
                        _ => false,
                    };
                    if function.is_none() && itself {
                        continue;
                    }
                    let plain = matches!(target, Target::Column(_));
                    let named = function.or(plain.then(|| self.default_aggregate(target)));
                    measures.push((
                        Measured::Aggregate(named, target.clone()),
                        self.measure_name(*function, *of),
                    ));
                }
                Output::Plain(_) => {}
            }
        }
        measures = Self::without_repeats(measures);
        if let (true, Some(table)) = (measures.is_empty(), self.counted_rows(&shown)) {
            measures.push((
                Measured::Rows(table),
                self.catalog.tables[table].name.clone(),
            ));
        }
        let shown_measures = measures.len();
        let mut having: Vec<(usize, super::language::Comparison, Operand)> = Vec::new();
        if !self.by_row {
            for condition in &frame.conditions {
                if let Some((of, measure, op, right)) = self.quantified(condition) {
                    let name = &frame.mentions[of].text;
                    having.push((self.add_measure(&mut measures, measure, name), op, right));
                }
            }
            self.refuse_own_counts(&shown)?;
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
                    let thing =
                        thing.ok_or_else(|| not_understood("What to count is not clear."))?;
                    let table = match self.occurs_in(thing)? {
                        Some(table) => table,
                        None => self.counted_where(&shown, thing)?,
                    };
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
        if frame.picks && ordered_by.is_some() {
            return Err(not_understood(
                "The first of which rows is meant is not clear.",
            ));
        }
        if measures.is_empty() {
            return Err(not_understood("What to measure is not clear."));
        }
        self.drop_groups_of_one(&mut shown, &measures);
        self.refuse_senseless(&shown, &measures)?;
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
        let of_each = frame.superlative && frame.each && !frame.group.is_empty();
        if frame.superlative
            && !of_each
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
        let first_seen = match frame.new {
            Some(id) => self.first_seen_in(id)?,
            None => None,
        };
        wanted.extend(first_seen);
        // "the average age of gymnasts" where the age is that of the people that they are: of those alone.
        for output in &frame.outputs {
            if let Output::Aggregate { of, .. } = output
                && let Some(owner) = frame.mentions[*of].of
                && let Target::Table(owner) = *self.target(owner)
                && owner != self.table(*of)
                && self
                    .tree(self.table(*of), &[owner])
                    .is_ok_and(|joins| joins.iter().all(|j| j.to_one))
            {
                wanted.push(owner);
                self.strict.insert(owner);
            }
        }
        let root = self.finest(fact, &wanted)?;
        // A row that a join repeats would be counted more than once; the least and the greatest stay what they are.
        let repeated = measures.iter().find_map(|(measure, _)| match measure {
            Measured::Aggregate(function, _)
                if Some(self.measured_table(measure)) != root
                    && (frame.superlative || !self.once_per_group(measure, root, &shown))
                    && !matches!(function, Some(Aggregate::Min | Aggregate::Max)) =>
            {
                Some(self.measured_table(measure))
            }
            _ => None,
        });
        if (root.is_none() || repeated.is_some())
            && let Some(query) = self.at_own_grain(&shown, &measures, shown_measures)?
        {
            return Ok(query);
        }
        match (root, repeated) {
            (None, _) => {
                return Err(not_understood(
                    "The measures asked for do not belong to the same rows: each would be counted more than once.",
                ));
            }
            (_, Some(table)) => {
                return Err(not_understood(format!(
                    "Joined with what it is to be grouped by, each row of {} would be counted more than once.",
                    self.table_name(table)
                )));
            }
            (Some(root), None) => fact = root,
        }
        if frame.unranked {
            self.ranked_by_default(fact, &shown)?;
        }
        self.join_all(fact, &wanted)?;
        let head = thing.or(frame.head.map(|h| self.table(h))).unwrap_or(fact);
        let window = frame.window.filter(|_| frame.versus.is_none());
        if let Some(window) = window {
            self.may_be_set_apart(window, &measures[..shown_measures])?;
        }
        let (mut condition, part) = match window {
            Some(Window::Part(from)) => self.whole_and_part(from, head)?,
            Some(Window::Growth(_)) => (self.until(head)?, None),
            _ => (self.conditions(head)?, None),
        };
        condition = ast::all_of(condition.into_iter().chain(self.owners()?));
        if let (Some(place), Some(id)) = (first_seen, frame.new) {
            let first = self.first_of_its_thing(place, self.table(id))?;
            condition = ast::all_of(condition.into_iter().chain([first]));
        }
        let mut parts = Parts {
            condition: ast::all_of(condition.into_iter().chain(self.without_nameless(&shown))),
            ..Parts::default()
        };
        let having_is_empty = having.is_empty();
        let choosing = frame.superlative || !having_is_empty;
        let mut keys: Vec<Expr> = Vec::new();
        let mut series = false;
        let mut time = None;
        let mut groups: Vec<Group> = Vec::new();
        for s in &shown {
            series |= matches!(s, Shown::Time(_));
            let (columns, before) = (parts.columns.len(), keys.len());
            self.show_group(s, !choosing, &mut parts, &mut keys)?;
            groups.push(Group {
                shown: s.clone(),
                columns: columns..parts.columns.len(),
                keys: before..keys.len(),
            });
            if let Shown::Time(unit) = s {
                time = keys.last().cloned().zip(Some(*unit));
            }
        }
        let mut exprs = Vec::new();
        for (measure, _) in &measures {
            exprs.push(self.measure_expr(measure)?);
        }
        if let (Some(part), Some(first)) = (part, exprs.first_mut()) {
            *first = super::windows::percent_within(first.clone(), part)?;
            measures[0].1.push_str(" pct");
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
            let shown_here = (i < shown_measures && frame.versus.is_none())
                || (show_ranking && Some(i) == ordered_by);
            if shown_here {
                let name = self.unique_name(name, &parts.columns);
                self.said.shown.push(name.replace('_', " "));
                parts.columns.push((exprs[i].clone(), Some(name)));
            }
        }
        if let Some(versus) = &frame.versus {
            let sides: Vec<(Expr, String)> = exprs[..shown_measures]
                .iter()
                .zip(&measures)
                .map(|(expr, (_, name))| (expr.clone(), name.clone()))
                .collect();
            self.side_by_side(versus, &sides, head, &mut parts)?;
        }
        if parts.columns.is_empty() {
            return Err(not_understood("What is to be shown is not clear."));
        }
        let mut fulfilled = Vec::new();
        for (i, op, right) in having {
            let (measure, name) = &measures[i];
            fulfilled.push(self.fulfilled(measure, name, exprs[i].clone(), op, &right)?);
        }
        parts.having = ast::all_of(fulfilled);
        self.group_order(
            &mut parts,
            &exprs,
            ordered_by,
            series,
            &keys,
            shown_measures,
        )?;
        if let Some(window) = window {
            if choosing && !having_is_empty {
                return Err(not_understood(
                    "Whether the other groups are those that fulfil the condition is not clear.",
                ));
            }
            if let (Window::Growth(_), Some((_, unit))) = (window, &time) {
                let complete = self.complete_periods(*unit)?;
                parts.condition = ast::all_of(parts.condition.take().into_iter().chain([complete]));
            }
            let groups = super::windows::Groups {
                measure: exprs.first().filter(|_| shown_measures == 1),
                time: time.clone(),
                keys: &keys,
            };
            self.window(window, &groups, &mut parts)?;
        }
        parts.group_by = keys;
        parts.limit = frame.limit;
        self.from(&mut parts, !choosing);
        if of_each && let Some(by) = ordered_by {
            let descending = frame.order.as_ref().is_none_or(|o| o.descending);
            let limit = frame.limit.unwrap_or(1);
            return self.first_of_each(parts, &groups, &exprs[by], descending, limit);
        }
        if let Some(rollup) = frame.rollup {
            if shown_measures != 1 || choosing {
                return Err(not_understood(
                    "The average is of one measure of all groups.",
                ));
            }
            return self.rolled_up(parts, &groups, rollup);
        }
        if frame.zeros {
            if choosing || frame.limit.is_some() {
                return Err(not_understood("A series without gaps has all its periods."));
            }
            let zero: Vec<bool> = measures.iter().map(|(m, _)| self.adds_up(m)).collect();
            return self.without_gaps(parts, &groups, &zero);
        }
        match (window, time) {
            (Some(Window::Growth(_)), Some((time, unit))) => self.asked_for(parts, &time, unit),
            _ => Ok(parts.query()),
        }
    }

    /// "Which country has the most" asks for a country: rows that name none are no answer.
    fn without_nameless(&mut self, shown: &[Shown]) -> Vec<Expr> {
        let columns: Vec<ColumnRef> = shown
            .iter()
            .filter_map(|s| match s {
                Shown::Column(c) if self.frame.superlative => Some(*c),
                _ => None,
            })
            .filter(|c| !self.catalog.column(*c).not_null)
            .collect();
        columns
            .into_iter()
            .map(|c| Expr::IsNotNull(Box::new(self.column(c))))
            .collect()
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
