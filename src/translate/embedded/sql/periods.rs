//! The date that a question means, and spans of time as half-open conditions on it.

use super::super::language::{ENGLISH, stems};
use super::super::reading::frame::{Condition, Dimension, MentionId};
use super::super::schema::lexicon::Target;
use super::super::schema::nature::{self, Nature};
use super::super::time::dates::{self, Moment, Span};
use super::ast;
use super::build::{Builder, not_understood};
use super::moments::{self, moment};
use crate::catalog::model::{ColumnRef, Part, TypeClass};
use crate::error::{Error, Result};
use sqlparser::ast::{BinaryOperator, Expr, Value};
use std::collections::BTreeSet;

impl Builder<'_> {
    /// Whether a date is named by what was done then, as in `reported_on`, and not as a date.
    pub(super) fn is_event(&self, id: MentionId, at: ColumnRef) -> bool {
        let said = stems(&self.frame.mentions[id].text.to_lowercase());
        let dated = |stem: &String| {
            ENGLISH.date_nouns.contains(stem) || ENGLISH.calendar_words.contains(stem)
        };
        self.lexicon.nature(at) == Nature::Date && !said.iter().any(dated)
    }

    /// The date that the question means: of the rows themselves, or of the nearest thing that they belong to.
    pub(crate) fn date_column(&mut self, also: &[usize]) -> Result<ColumnRef> {
        let said = self
            .frame
            .conditions
            .iter()
            .find(|c| self.says_which_date(c))
            .cloned();
        if let Some(Condition::Flag { of, .. }) = said
            && let Target::Column(at) = self.target(of)
            && self.reach(at.table)?
        {
            return Ok(*at);
        }
        if let Some(at) = self.date_by_verb()
            && self.reach(at.table)?
        {
            self.strict.insert(at.table);
            return Ok(at);
        }
        if let Some(at) = self.date_of_end()
            && self.reach(at.table)?
        {
            return Ok(at);
        }
        // Sales of a store happen on their own day, whenever the store was opened and the rows were loaded.
        let words = &self.lexicon.tables[self.root].columns;
        let loaded = |c: usize| words[c].iter().any(|s| ENGLISH.other_dates.contains(s));
        let mut own = self
            .lexicon
            .date_columns(self.catalog, self.root)
            .into_iter();
        let calendar = self.calendar_date().filter(|_| own.all(loaded));
        if let Some(at) = calendar
            && self.reach(at.table)?
        {
            self.strict.insert(at.table);
            return Ok(at);
        }
        if let Some(whole) = self.whole_that_tells()
            && let Some(at) = self.own_date(whole)?
            && self.reach(whole)?
        {
            self.strict.insert(whole);
            return Ok(at);
        }
        if let Some(at) = self.own_date(self.root)? {
            return Ok(at);
        }
        // The line of an order is of the day of the order, whenever its product was introduced.
        if let Some(whole) = self.whole_with_date()
            && let Some(at) = self.own_date(whole)?
            && self.reach(whole)?
        {
            self.strict.insert(whole);
            return Ok(at);
        }
        let mut tables = Vec::new();
        tables.extend(
            also.iter()
                .copied()
                .filter(|t| self.joins.iter().any(|j| j.child == *t)),
        );
        tables.extend(self.joins.iter().map(|j| j.child));
        // "Sales by employee in 1997": of the orders that the lines belong to, not the day on which somebody was hired.
        tables.sort_by_key(|t| self.steps_to(*t));
        for table in tables.clone() {
            if let Some(at) = self.own_date(table)? {
                return Ok(at);
            }
        }
        let neighbours: Vec<usize> = self
            .lexicon
            .graph
            .of(self.root)
            .filter(|(_, e)| e.holder == self.root)
            .map(|(_, e)| e.target)
            .collect();
        for table in neighbours {
            if let Some(at) = self.own_date(table)?
                && self.reach(table)?
            {
                self.strict.insert(table);
                return Ok(at);
            }
        }
        Err(not_understood(format!(
            "{} has no date.",
            self.table_name(self.root)
        )))
    }

    /// The date in the only table of days that the rows point at, as those of a star schema do.
    fn calendar_date(&self) -> Option<ColumnRef> {
        let held = self.lexicon.graph.of(self.root);
        let mut days = held.filter(|(_, e)| {
            e.holder == self.root
                && super::super::linking::ways::is_calendar(self.lexicon, e.target)
        });
        let (only, None) = (days.next()?.1.target, days.next()) else {
            return None;
        };
        match self.lexicon.date_columns(self.catalog, only)[..] {
            [column] => Some(ColumnRef {
                table: only,
                column,
            }),
            _ => None,
        }
    }

    /// Refuses a year that may be that of a date or of a column that holds years, where the question names neither: "applications
    /// for 2026" with the day on which they were sent and the year in which studies begin. A mere "year" is that of the date.
    pub(crate) fn refuse_other_year(&self, at: ColumnRef, span: &Span) -> Result<()> {
        let first = |moment: Option<Moment>| matches!(moment, None | Some(Moment::Day((_, 1, 1))));
        let words = &self.lexicon.tables[at.table];
        // That a listing has a listing date is not said by its own noun.
        let says = |s: &String| !ENGLISH.year_words.contains(s) && !words.stems.contains(s);
        let named = |column: usize| {
            let mut name = words.columns[column].iter();
            name.any(|s| self.frame.words.contains(s) && says(s))
        };
        let years = (0..words.columns.len()).find(|&column| {
            column != at.column
                && (words.natures[column] == Nature::Year && words.columns[column].len() > 1
                    || self.lexicon.years.contains(&ColumnRef { column, ..at }))
        });
        match years {
            Some(year)
                if first(span.from)
                    && first(span.to)
                    && words.natures[at.column] == Nature::Date
                    && self.date_by_verb().is_none()
                    && !named(at.column)
                    && !named(year) =>
            {
                let table = &self.catalog.tables[at.table];
                Err(not_understood(format!(
                    "Whether the year is that of {} or {} is not clear.",
                    table.columns[at.column].name, table.columns[year].name
                )))
            }
            _ => Ok(()),
        }
    }

    /// "registered in 2016", where one date of the tables that the question speaks of is called so.
    pub(super) fn date_by_verb(&self) -> Option<ColumnRef> {
        if let Some(at) = self.date_of_named_thing() {
            return Some(at);
        }
        // "orders shipped in March": an order is a thing here, and nothing that was done.
        let things = self.targets.iter().filter_map(|t| match t {
            Target::Table(t) => self.lexicon.tables[*t].stems.last(),
            _ => None,
        });
        let things: Vec<String> = things
            .map(|stem| super::super::schema::names::root(stem))
            .collect();
        let part = self.verbs_of_part();
        let joined = self.joins.iter().map(|j| j.child);
        let spoken_of = (0..self.frame.mentions.len()).map(|id| self.table(id));
        let tables: BTreeSet<usize> = joined.chain(spoken_of).chain([self.root]).collect();
        let mut found: Vec<ColumnRef> = Vec::new();
        for table in tables {
            let dates = self.lexicon.date_columns(self.catalog, table);
            for column in dates.into_iter().chain(self.lexicon.year_columns(table)) {
                let stems = &self.lexicon.tables[table].columns[column];
                let said = |stem: &String| {
                    let root = super::super::schema::names::root(stem);
                    let other = self.frame.timed_verb.as_ref();
                    self.frame.verbs.contains(&root)
                        && !things.contains(&root)
                        && !part.contains(&root)
                        && other.is_none_or(|verb| *verb == root)
                };
                if stems.iter().any(said) {
                    found.push(ColumnRef { table, column });
                }
            }
        }
        if found.len() > 1 {
            // "Closed in 2025" is when it was, and not when it was expected to be, unless that is said.
            found.retain(|at| {
                let name = &self.lexicon.tables[at.table].columns[at.column];
                let promised = |stem: &&String| ENGLISH.promised.contains(stem);
                let mut promises = name.iter().filter(promised).peekable();
                promises.peek().is_none() || promises.any(|stem| self.frame.words.contains(stem))
            });
        }
        match found[..] {
            [] => self
                .date_by_comment()
                .or_else(|| self.date_of_what_is_done()),
            [only] => Some(only),
            _ => None,
        }
    }

    /// The only date of the tables that the question speaks of on which, as its comment says, what a verb says was done: "jobs *promised*
    /// for Friday".
    fn date_by_comment(&self) -> Option<ColumnRef> {
        let joined = self.joins.iter().map(|j| j.child);
        let spoken_of = (0..self.frame.mentions.len()).map(|id| self.table(id));
        let tables: BTreeSet<usize> = joined.chain(spoken_of).chain([self.root]).collect();
        let dates = |verb: &String| self.lexicon.dates_by_root.get(verb).into_iter().flatten();
        let mut found = self.frame.verbs.iter().flat_map(dates);
        let mut found = found.by_ref().filter(|at| tables.contains(&at.table));
        let first = *found.next()?;
        found.all(|at| *at == first).then_some(first)
    }

    /// "tickets solved this year" where a status is solved and a date says when: they were solved then, whatever they are now.
    pub(crate) fn repeats_date(&self, condition: &Condition) -> bool {
        let time = |c: &Condition| match c {
            Condition::Time { negated: false, .. } | Condition::Recurring { .. } => true,
            // "Booked on a weekend", which a table of days tells.
            Condition::Flag { of, .. } => {
                super::super::linking::ways::is_calendar(self.lexicon, self.table(*of))
            }
            _ => false,
        };
        let Condition::Value {
            value,
            negated: false,
        } = condition
        else {
            return false;
        };
        let said = super::super::language::stems(&self.frame.mentions[*value].text.to_lowercase());
        let [said] = &said[..] else { return false };
        let root = super::super::schema::names::root(said);
        self.frame.conditions.iter().any(time)
            && self.frame.verbs.contains(&root)
            && self.date_by_verb().is_some_and(|at| {
                let name = &self.lexicon.tables[at.table].columns[at.column];
                at.table == self.table(*value)
                    && name
                        .iter()
                        .any(|stem| super::super::schema::names::root(stem) == root)
            })
    }

    /// "shipped in 1997", "added each year": a date that is named as a verb says which date the time is about.
    pub(crate) fn says_which_date(&self, condition: &Condition) -> bool {
        let mut groups = self.frame.group.iter();
        let timed = groups.any(|d| matches!(d, Dimension::Time(_))) || self.has_time();
        match condition {
            _ if self.of_part(condition) => false,
            Condition::Flag { of, negated: false } => {
                timed
                    && matches!(self.target(*of), Target::Column(c) if nature::is_date(self.catalog.column(*c).class) || self.lexicon.is_year(*c))
            }
            _ => false,
        }
    }

    /// Whether rows are limited to some span of time, which those without the date are not in.
    pub(super) fn has_time(&self) -> bool {
        let time =
            |c: &Condition| matches!(c, Condition::Time { .. } | Condition::Recurring { .. });
        self.frame.conditions.iter().any(time)
    }

    /// "Shipped each month", "with a closing date, per year": rows without that date are none of them, and no span of time leaves them out.
    pub(crate) fn leaves_undated(&self, condition: &Condition) -> bool {
        let Condition::Flag { of, .. } = condition else {
            return false;
        };
        let own = |at: &ColumnRef| at.table == self.root && !self.catalog.column(*at).not_null;
        !self.has_time() && matches!(self.target(*of), Target::Column(at) if own(at))
    }

    pub(crate) fn own_date(&mut self, table: usize) -> Result<Option<ColumnRef>> {
        let mut columns = self.lexicon.date_columns(self.catalog, table);
        // "New students per year" are not those who were born in it.
        let names = &self.lexicon.tables[table].columns;
        let born = |words: &[String]| words.iter().any(|w| ENGLISH.birth_words.contains(w));
        if !born(&self.frame.words) {
            columns.retain(|column| !born(&names[*column]));
        }
        if let Some(&column) = columns.first() {
            let at = ColumnRef { table, column };
            self.refuse_any_day(table, &columns)?;
            if columns.len() > 1 {
                let line = format!("the date is {}", self.catalog.column(at).name);
                if !self.assumptions.contains(&line) {
                    self.assumptions.push(line);
                }
            }
            return Ok(Some(at));
        }
        Ok(match self.lexicon.year_columns(table)[..] {
            [column] => Some(ColumnRef { table, column }),
            _ => None,
        })
    }

    /// Refuses a time of rows that have several keys to days, where the question says none of them and none is that of the rows themselves.
    pub(super) fn refuse_any_day(&self, table: usize, columns: &[usize]) -> Result<()> {
        let days = columns.iter().map(|&column| ColumnRef { table, column });
        let days: Vec<&str> = days
            .filter(|at| self.lexicon.is_pointed(*at))
            .map(|at| self.catalog.column(at).name.as_str())
            .collect();
        if days.len() < 2 || self.lexicon.is_own_date(table, columns[0]) {
            return Ok(());
        }
        Err(Error::ambiguous()
            .with_detail(format!(
                "The time of {} may be its {}.",
                self.table_name(table),
                days.join(" or its ").replace('_', " ")
            ))
            .with_hint("Say which date is meant."))
    }

    /// A date within a span; of a range of time that no word of the question says the start or the end of, any part of the range.
    pub(crate) fn during(&mut self, at: ColumnRef, span: &Span, negated: bool) -> Result<Expr> {
        let column = self.catalog.column(at);
        let Some(Part::Start { of }) = &column.part else {
            let day = self.on_a_day(at, span, negated)?;
            return day.map_or_else(|| self.time(at, span, negated), Ok);
        };
        let named = self.targets.iter().filter_map(|target| match target {
            Target::Column(c) if c.table == at.table => Some(*c),
            _ => None,
        });
        let ends = named.filter(|c| match &self.catalog.column(*c).part {
            Some(Part::Start { of: own } | Part::End { of: own }) => own == of,
            _ => false,
        });
        let ends: Vec<ColumnRef> = ends.collect();
        if ends.contains(&at) || self.date_by_verb() == Some(at) {
            return self.time(at, span, negated);
        }
        if !ends.is_empty() {
            return Err(not_understood(format!(
                "Whether the time is that of all of {of} or of its end is not clear."
            )));
        }
        let (of, class) = (of.clone(), column.class);
        let function = match class {
            TypeClass::Date => "daterange",
            TypeClass::Timestamp => "tsrange",
            _ => "tstzrange",
        };
        // What is said of the span, and its refusals, are those of any date.
        self.time(at, span, negated)?;
        let end = |end: Option<Moment>| {
            end.map_or_else(|| Expr::value(Value::Null), |m| moment(m, class))
        };
        let mut span_of = vec![end(span.from), end(span.to)];
        // As in `time`: "until now" includes today.
        if class == TypeClass::Date && matches!(span.to, Some(Moment::Now | Moment::Ago(..))) {
            span_of.push(ast::text("[]"));
        }
        let range = ast::column(&self.alias(at.table), &of);
        let overlaps = ast::binary(
            range,
            BinaryOperator::PGOverlap,
            ast::function(function, span_of),
        );
        Ok(match negated {
            true => Expr::UnaryOp {
                op: sqlparser::ast::UnaryOperator::Not,
                expr: Box::new(ast::nested(overlaps)),
            },
            false => overlaps,
        })
    }

    /// A column within a span.
    pub(crate) fn time(&mut self, at: ColumnRef, span: &Span, negated: bool) -> Result<Expr> {
        if let Some(each_year) = self.birthday(at, span, negated)? {
            return Ok(each_year);
        }
        let class = self.catalog.column(at).class;
        let span = &self.to_its_end(at, span);
        let (first, last) = dates::days_of(span, self.today);
        let name = self.catalog.column(at).name.clone();
        if let (Some(first), Some(last)) = (first, last)
            && first > last
        {
            return Err(not_understood(format!(
                "The time ends before it begins: {} to {}.",
                dates::iso(first),
                dates::iso(last)
            )));
        }
        self.said.conditions.push(match (first, last) {
            (Some(a), Some(b)) if a == b => dates::iso(a),
            (Some(a), Some(b)) => format!("{} to {}", dates::iso(a), dates::iso(b)),
            (Some(a), None) => format!("{name} from {}", dates::iso(a)),
            (None, Some(b)) => format!("{name} up to {}", dates::iso(b)),
            (None, None) => name.clone(),
        });
        if !super::super::schema::textdates::holds(self.catalog.column(at), span) {
            return Err(not_understood(format!("{name} holds whole months.")));
        }
        if class == TypeClass::Date && moments::within_days(span) {
            return Err(not_understood(format!("{name} holds whole days.")));
        }
        let expr = self.column(at);
        let bounds = if nature::is_numeric(class) {
            let (lower, upper) = moments::years(span)
                .ok_or_else(|| not_understood(format!("{name} holds whole years.")))?;
            match (lower, upper) {
                (Some(a), Some(b)) if a == b => vec![ast::binary(expr, BinaryOperator::Eq, a)],
                (a, b) => a
                    .map(|a| ast::binary(expr.clone(), BinaryOperator::GtEq, a))
                    .into_iter()
                    .chain(b.map(|b| ast::binary(expr.clone(), BinaryOperator::LtEq, b)))
                    .collect(),
            }
        } else if nature::is_date(class) {
            let mut bounds = Vec::new();
            if let Some(from) = span.from {
                bounds.push(ast::binary(
                    expr.clone(),
                    BinaryOperator::GtEq,
                    moment(from, class),
                ));
            }
            if let Some(to) = span.to {
                // On a date "until now" includes today, and "until now a year ago" that day.
                let op = if matches!(to, Moment::Now | Moment::Ago(..)) && class == TypeClass::Date
                {
                    BinaryOperator::LtEq
                } else {
                    BinaryOperator::Lt
                };
                bounds.push(ast::binary(expr, op, moment(to, class)));
            }
            bounds
        } else {
            return Err(not_understood(format!("{name} is not a date.")));
        };
        let both = ast::all_of(bounds).ok_or_else(|| not_understood("The time is not clear."))?;
        Ok(if negated {
            Expr::UnaryOp {
                op: sqlparser::ast::UnaryOperator::Not,
                expr: Box::new(ast::nested(both)),
            }
        } else {
            both
        })
    }
}
