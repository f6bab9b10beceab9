//! Conditions on times that come again: "on Mondays", "at weekends", "sales every March", "orders between 9 am and 5 pm".
//!
//! Invariant: a word that may as well be one certain day is refused. "On Monday" is the last one or each of them; "on Mondays", "on a
//! Monday" and "on Monday in 2025" are the latter. A name or a stored value of the catalog that is called so comes first.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::reading::frame::{Condition, Dimension};
use super::super::reading::parse::{Parser, Step};
use super::super::schema::lexicon::{Candidate, Target};
use super::super::schema::nature;
use super::super::time::calendar::{next_day, weekday};
use super::super::time::dates::{Moment, Unit};
use super::super::time::recurring::{Recurring, months_of};
use super::ast;
use super::build::{Builder, not_understood};
use crate::catalog::model::{ColumnRef, StoredValue, TypeClass};
use crate::error::Result;
use crate::question::tokens::tokenize;
use sqlparser::ast::{
    BinaryOperator, DataType, DateTimeField, Expr, ExtractSyntax, TimezoneInfo, UnaryOperator,
};

impl Parser<'_> {
    /// A time that comes again; `None` where the segment is none.
    pub(crate) fn recurs(&mut self, segment: &Segment) -> Option<Step> {
        // "sales every March": of each year.
        if segment.is(Op::Each) && !self.is_name(segment) {
            let next = self.segment(1).filter(|s| s.unit.is_none())?;
            let time = next.time.as_ref()?;
            let times = match &time.each {
                // A row for each Monday, or all of them together: that is not said.
                Some(_) => return None,
                None => months_of(&time.span, &next.text)?,
            };
            let year = Dimension::Time(Unit::Year);
            if !self.frame.group.contains(&year) {
                self.frame.group.push(year);
            }
            self.at += 1;
            return Some(self.recurring(next, times));
        }
        if self.day_of_other(segment) {
            return Some(self.fail());
        }
        let each = segment.time.as_ref()?.each.as_ref()?;
        if self.is_stored_here(segment) || self.is_name(segment) {
            return None;
        }
        // "by weekday" is no day of the week by itself.
        if segment.unit.is_some() && !self.is_workdays() {
            return None;
        }
        if !each.certain && !self.comes_again() {
            return Some(self.fail());
        }
        Some(self.recurring(segment, each.times.clone()))
    }

    /// A unit of time that is the name of a column: of a table that the question names, if it names any.
    pub(crate) fn is_column_here(&self, segment: &Segment) -> bool {
        let column = |c: &&Candidate| c.score > 0.9 && matches!(c.target, Target::Column(_));
        let named: Vec<usize> = self
            .segments
            .iter()
            .filter(|s| s.first != segment.first)
            .flat_map(|s| &s.names)
            .filter_map(table_of)
            .collect();
        let here = |c: &Candidate| table_of(c).is_some_and(|table| named.contains(&table));
        segment.names.first().is_some_and(|c| column(&c))
            && (named.is_empty() || segment.names.iter().filter(column).any(here))
    }

    /// A value of a table that the question names.
    pub(crate) fn is_stored_here(&self, segment: &Segment) -> bool {
        let best = self.segments.iter().filter_map(|s| s.names.first());
        let named: Vec<usize> = best.filter_map(table_of).collect();
        let held = |v: &StoredValue| named.contains(&v.column.table);
        segment.values.iter().any(held)
    }

    /// "on weekdays", "weekdays vs weekends": not the days by which something is grouped.
    fn is_workdays(&self) -> bool {
        let each = |i: usize| {
            let segment = self.segments.get(i)?;
            segment.time.as_ref()?.each.as_ref()
        };
        let joins = |i: usize| {
            self.segments
                .get(i)
                .is_some_and(|s| s.is(Op::Versus) || s.is(Op::And) || s.is(Op::Or))
        };
        let on = |i: usize| {
            let words = tokenize(&self.segments[i].text);
            ENGLISH.time_at(&words, 0, "on days").is_some()
        };
        self.at > 0 && on(self.at - 1)
            || joins(self.at + 1) && each(self.at + 2).is_some()
            || self.at > 1 && joins(self.at - 1) && each(self.at - 2).is_some()
            || self.at > 2 && joins(self.at - 2) && on(self.at - 1) && each(self.at - 3).is_some()
    }

    /// "on a Monday", "Monday orders", "on Monday in 2025", "Monday to Friday".
    fn comes_again(&self) -> bool {
        let before = self
            .at
            .checked_sub(1)
            .map(|i| self.segments[i].text.to_lowercase());
        let article =
            |word: &String| ENGLISH.one_words.contains(word) || ENGLISH.all_words.contains(word);
        let said = |s: &Segment| s.time.as_ref().is_some_and(|t| t.each.is_none() && !t.bare);
        let range = |i: usize| {
            let weekday = |s: Option<&Segment>| {
                s.is_some_and(|s| s.time.as_ref().is_some_and(|t| t.each.is_some()))
            };
            // "from Monday to Friday" may be those of this week.
            let from = i.checked_sub(2).is_some_and(|k| {
                let words = tokenize(&self.segments[k].text);
                ENGLISH.time_at(&words, 0, "since").is_some()
            });
            !from
                && self.ranges(i)
                && weekday(self.segments.get(i + 1))
                && i > 0
                && weekday(self.segments.get(i - 1))
        };
        before.as_ref().is_some_and(article)
            || self.segment(1).is_some_and(|s| self.is_name(s))
            || self.segments.iter().any(said)
            || range(self.at + 1)
            || self.at > 0 && range(self.at - 1)
    }

    /// "to", "through" between two days.
    fn ranges(&self, at: usize) -> bool {
        self.segments.get(at).is_some_and(|s| {
            let words = tokenize(&s.text);
            !s.is(Op::And)
                && ENGLISH
                    .time_at(&words, 0, "until")
                    .is_some_and(|(n, _)| n == words.len())
        })
    }

    fn recurring(&mut self, segment: &Segment, times: Recurring) -> Step {
        let negated = std::mem::take(&mut self.negated);
        let before = |op: Op| {
            self.at > 0
                && self.segments[..self.at]
                    .iter()
                    .rev()
                    .find(|s| !s.is(Op::Preposition) && !s.is(Op::Each))
                    .is_some_and(|s| s.is(op))
        };
        let listed = before(Op::And) || before(Op::Or);
        let range = self.at > 0 && self.ranges(self.at - 1);
        if let Some(Condition::Recurring {
            times: last,
            negated: denied,
        }) = self.frame.conditions.last_mut()
            && !self.versus
        {
            let both = match (range, listed && !self.frame.compared) {
                (true, _) => last.until(&times),
                (_, true) => last.with(&times),
                _ => None,
            };
            if let Some(both) = both {
                *last = both;
                *denied |= negated;
                self.or = false;
                self.after_preposition = false;
                self.note(segment, "a time that comes again");
                self.at += 1;
                return Ok(());
            }
        }
        self.or |= listed && self.frame.compared;
        self.after_preposition = false;
        self.push(Condition::Recurring { times, negated });
        self.note(segment, "a time that comes again");
        self.at += 1;
        Ok(())
    }

    /// "sales in March by year": the March of each year.
    pub(crate) fn finish_recurring(&mut self) {
        // "by weekday and hour": each day of the week has its hours.
        if self.frame.group.contains(&Dimension::Time(Unit::Weekday)) {
            for dimension in &mut self.frame.group {
                if *dimension == Dimension::Time(Unit::Hour) {
                    *dimension = Dimension::Time(Unit::HourOfDay);
                }
            }
        }
        let by_year = self.frame.group.contains(&Dimension::Time(Unit::Year));
        let finer = |d: &Dimension| matches!(d, Dimension::Time(unit) if *unit != Unit::Year);
        if !by_year || self.frame.group.iter().any(finer) {
            return;
        }
        let spans = &self.spans;
        let months = |c: &Condition| match c {
            Condition::Time {
                column: None,
                span,
                negated: false,
            } => {
                let (_, _, text) = spans.iter().find(|(s, _, _)| s == span)?;
                months_of(span, text)
            }
            _ => None,
        };
        for condition in &mut self.frame.conditions {
            let found = match &*condition {
                Condition::Any(several) => several
                    .iter()
                    .map(months)
                    .collect::<Option<Vec<_>>>()
                    .and_then(|all| {
                        let mut all = all.into_iter();
                        let first = all.next()?;
                        all.try_fold(first, |a, b| a.with(&b))
                    }),
                one => months(one),
            };
            if let Some(times) = found {
                *condition = Condition::Recurring {
                    times,
                    negated: false,
                };
            }
        }
    }
}

impl Builder<'_> {
    /// Days that no week has twice: "on Mondays" and "on Fridays" of one row.
    pub(crate) fn refuse_recurring(&self) -> Result<()> {
        let mut days: Option<Vec<u32>> = None;
        for condition in &self.frame.conditions {
            if let Condition::Recurring {
                times: Recurring::Weekdays(these),
                negated: false,
            } = condition
            {
                let both =
                    |known: Vec<u32>| known.into_iter().filter(|d| these.contains(d)).collect();
                days = Some(days.map_or_else(|| these.clone(), both));
            }
        }
        // "Friday, 5 March 2020", which was a Thursday.
        for condition in &self.frame.conditions {
            if let Condition::Time {
                span,
                negated: false,
                ..
            } = condition
                && let (Some(Moment::Day(first)), Some(Moment::Day(after))) = (span.from, span.to)
                && next_day(first) == after
            {
                days = days.map(|days| days.into_iter().filter(|d| *d == weekday(first)).collect());
            }
        }
        match days.as_deref() {
            Some([]) => Err(not_understood(
                "What is said about the weekday contradicts itself.",
            )),
            _ => Ok(()),
        }
    }

    /// The column that tells the time of the day of a thing, where a time of the day is asked for: the only one that the verb names, or
    /// the only time that it has.
    pub(crate) fn time_of_day(&self, times: &Recurring, thing: usize) -> Option<ColumnRef> {
        if !matches!(times, Recurring::Hours { .. }) {
            return None;
        }
        let columns = &self.catalog.tables[thing].columns;
        let timed = |c: &usize| {
            let class = columns[*c].class;
            class == TypeClass::Time || nature::is_date(class) && class != TypeClass::Date
        };
        let said = |c: &usize| {
            let name = &self.lexicon.tables[thing].columns[*c];
            let root = super::super::schema::names::root;
            name.iter()
                .any(|stem| self.frame.verbs.contains(&root(stem)))
        };
        let time = |c: &usize| columns[*c].class == TypeClass::Time;
        let only = |found: Vec<usize>| match found[..] {
            [column] => Some(ColumnRef {
                table: thing,
                column,
            }),
            _ => None,
        };
        let all: Vec<usize> = (0..columns.len()).filter(timed).collect();
        only(all.iter().copied().filter(said).collect())
            .or_else(|| only(all).filter(|at| time(&at.column)))
    }

    /// A date in a time that comes again.
    pub(crate) fn recurs(
        &mut self,
        at: ColumnRef,
        times: &Recurring,
        negated: bool,
    ) -> Result<Expr> {
        let class = self.catalog.column(at).class;
        let name = self.catalog.column(at).name.clone();
        let days = super::super::schema::textdates::holds_days(self.catalog.column(at));
        if !days && !matches!(times, Recurring::Months(_)) {
            return Err(not_understood(format!("{name} holds whole months.")));
        }
        let hours = matches!(times, Recurring::Hours { .. });
        let told = nature::is_date(class) || hours && class == TypeClass::Time;
        if !told {
            return Err(not_understood(format!("{name} is not a date.")));
        }
        let said = times.said();
        self.said.conditions.push(match times {
            _ if negated => format!("not {said}"),
            Recurring::Hours { .. } => said,
            _ => format!("on {said}").replace("on January", "in January"),
        });
        let column = self.column(at);
        let condition = match times {
            Recurring::Weekdays(days) => one_of(part(DateTimeField::Isodow, column), days),
            Recurring::Months(months) => one_of(part(DateTimeField::Month, column), months),
            Recurring::MonthDay(Some(day)) => one_of(part(DateTimeField::Day, column), &[*day]),
            // The day after the last one is the first.
            Recurring::MonthDay(None) => {
                let next = ast::binary(column, BinaryOperator::Plus, ast::interval("1 day"));
                one_of(part(DateTimeField::Day, next), &[1])
            }
            Recurring::Hours { from, after, to } => {
                if class == TypeClass::Date {
                    return Err(not_understood(format!("{name} holds whole days.")));
                }
                let time = match class {
                    TypeClass::Time => column,
                    _ => ast::cast(column, DataType::Time(None, TimezoneInfo::None)),
                };
                let clock = |minute: u32| {
                    ast::cast(
                        ast::text(&format!("{:02}:{:02}", minute / 60, minute % 60)),
                        DataType::Time(None, TimezoneInfo::None),
                    )
                };
                let lower = if *after {
                    BinaryOperator::Gt
                } else {
                    BinaryOperator::GtEq
                };
                let from_on = from.map(|m| ast::binary(time.clone(), lower, clock(m)));
                let up_to = to.map(|m| ast::binary(time.clone(), BinaryOperator::Lt, clock(m)));
                // "from 22:00 to 2:00" goes over midnight.
                let over = from.zip(*to).is_some_and(|(from, to)| to < from);
                let both: Vec<Expr> = from_on.into_iter().chain(up_to).collect();
                let joined = if over {
                    ast::any_of(both)
                } else {
                    ast::all_of(both)
                };
                joined.ok_or_else(|| not_understood("The time is not clear."))?
            }
        };
        Ok(if negated {
            Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr: Box::new(ast::nested(condition)),
            }
        } else {
            condition
        })
    }
}

fn table_of(candidate: &Candidate) -> Option<usize> {
    match candidate.target {
        Target::Table(table) => Some(table),
        Target::Column(at) => Some(at.table),
        _ => None,
    }
}

pub(super) fn part(field: DateTimeField, column: Expr) -> Expr {
    Expr::Extract {
        field,
        syntax: ExtractSyntax::From,
        expr: Box::new(column),
    }
}

fn one_of(expr: Expr, numbers: &[u32]) -> Expr {
    let number = |n: &u32| ast::number(&n.to_string());
    match numbers {
        [one] => ast::binary(expr, BinaryOperator::Eq, number(one)),
        several => Expr::InList {
            expr: Box::new(expr),
            list: several.iter().map(number).collect(),
            negated: false,
        },
    }
}
