//! Spans of time, or values of one column, side by side: "sales 2024 vs 2025", "compare sales in North and South".
//!
//! Each has a column of its own, the same measure over the rows that it names. The rows of all of them together are the condition
//! of the query, so that a group which none of them has is not shown.

use super::super::language::{ENGLISH, Op};
use super::super::reading::frame::{Condition, Dimension, Versus, Window};
use super::super::reading::parse::{Parser, Step};
use super::super::schema::lexicon::Target;
use super::super::time::dates::{self, Moment, Span, Unit};
use super::super::time::namedspans::year_number;
use super::super::time::timewords::TimePhrase;
use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use super::windows;
use crate::error::Result;
use crate::question::tokens::{TokenKind, tokenize};
use sqlparser::ast::{BinaryOperator, Expr};

/// The most that stand side by side.
const MOST: usize = 12;

/// A column of the comparison: its name, its measure, and its span where it is one.
struct Side {
    name: String,
    expr: Expr,
    span: Option<Span>,
}

impl Parser<'_> {
    /// "vs": what was said last is compared with what comes next.
    pub(crate) fn versus(&mut self) -> Step {
        let comparable = |c: &Condition| match c {
            Condition::Time { negated, .. }
            | Condition::Value { negated, .. }
            | Condition::Recurring { negated, .. } => !negated,
            Condition::Any(_) => true,
            _ => false,
        };
        if self.versus || !self.frame.conditions.last().is_some_and(comparable) {
            return self.fail();
        }
        self.versus = true;
        self.at += 1;
        Ok(())
    }

    /// Puts a condition beside the last one, after "vs".
    pub(crate) fn beside(&mut self, condition: Condition) {
        let mut sides = match self.frame.conditions.pop() {
            Some(Condition::Any(several)) if self.frame.versus.is_some() => several,
            last => last.into_iter().collect(),
        };
        sides.push(condition);
        self.frame.conditions.push(Condition::Any(sides));
        self.frame.versus = Some(Versus {
            condition: self.frame.conditions.len() - 1,
            labels: Vec::new(),
        });
        self.versus = false;
    }

    /// A span of time; beside another it may be one that lies before that.
    pub(crate) fn time(&mut self, time: &TimePhrase) -> Step {
        let Some(segment) = self.segment(0) else {
            return self.fail();
        };
        // "in 2024 and 2025": no row is in both.
        let before = self.at.checked_sub(1).map(|i| &self.segments[i]);
        let or = before.is_some_and(|s| s.is(Op::Or));
        let joined = or || before.is_some_and(|s| s.is(Op::And));
        let times = |c: &Condition| match c {
            Condition::Any(several) => several.iter().all(|c| matches!(c, Condition::Time { .. })),
            c => matches!(c, Condition::Time { .. }),
        };
        let after_time = self.frame.conditions.last().is_some_and(times);
        let beside = self.versus || (joined && self.frame.compared);
        let span = match self.spans.last() {
            Some((first, of, _)) if beside && after_time => compared_with(time, first, of),
            _ if time.dependent => None,
            _ => Some(time.span.clone()),
        };
        let Some(span) = span else {
            return self.fail();
        };
        // "in March or May 2025": both are of that year.
        if let Some((first, _, text)) = self.spans.last().cloned()
            && joined
            && after_time
            && let Some(year) = year_of(&segment.text)
            && year_of(&text).is_none()
            && let Some(Moment::Day((other, ..))) = first.from
            && let Some(moved) = first.moved_back(Unit::Year, i64::from(other - year))
        {
            self.replace_last_time(&first, moved);
        }
        // "year to date vs last year": the part of last year that is as long.
        if let Some((first, of, _)) = self.spans.last().cloned()
            && beside
            && time.to_date
            && !of.to_date
            && let Some(shorter) = same_part(&first, &span)
        {
            self.replace_last_time(&first, shorter);
        }
        // "charges for admissions of last month": the date of the admissions.
        let first = segment
            .text
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let last = self.frame.mentions.len().checked_sub(1);
        let named = before.is_some_and(|s| self.is_name(s) && s.unit.is_none());
        if let Some(thing) = last.filter(|id| named && self.is_table(*id))
            && ENGLISH.of_words.contains(&first)
        {
            self.frame.time_of = Some(thing);
        }
        // "reviews of films released after 2020": of the films, whatever the verb that nothing is called by.
        if let Some(thing) = last.filter(|id| self.is_table(*id))
            && self.comes_to_be()
        {
            self.frame.time_of = Some(thing);
        }
        let (span, ahead) = self.open_ended(span);
        let text = segment.text.clone();
        self.spans.push((span.clone(), time.clone(), text));
        // "after 2023 and before 2025" is one span with two ends.
        let open = |span: &Span| span.from.is_none() || span.to.is_none();
        let ends = !or
            && open(&span)
            && matches!(self.frame.conditions.last(), Some(Condition::Time { span, .. }) if open(span));
        self.or |= joined && after_time && !ends;
        if !self.or && !ends && !beside && self.term(&span) {
            self.note(segment, "a span of time");
            self.at += 1;
            return Ok(());
        }
        self.push(Condition::Time {
            column: None,
            span,
            negated: false,
        });
        self.keep_own_time();
        self.note(segment, "a span of time");
        self.at += 1 + ahead;
        Ok(())
    }

    /// "2010 or later", "2001 or before": from its start or up to its end, and how many segments say so.
    fn open_ended(&self, span: Span) -> (Span, usize) {
        let whole = span.from.is_some() && span.to.is_some();
        if whole && self.is(1, Op::OrMore) {
            (Span { to: None, ..span }, 1)
        } else if whole && self.is(1, Op::OrLess) {
            (Span { from: None, ..span }, 1)
        } else {
            (span, 0)
        }
    }

    fn replace_last_time(&mut self, old: &Span, new: Span) {
        let replace = |c: &mut Condition| {
            if let Condition::Time { span, .. } = c
                && span == old
            {
                *span = new.clone();
            }
        };
        match self.frame.conditions.last_mut() {
            Some(Condition::Any(several)) => several.iter_mut().for_each(replace),
            Some(last) => replace(last),
            None => {}
        }
        if let Some(last) = self.spans.last_mut() {
            last.0 = new;
        }
    }

    /// "compare sales in 2024 and 2025", "compare sales in North and South": the list is compared.
    pub(crate) fn finish_versus(&mut self) -> Step {
        if self.versus {
            return Err(vec!["what is compared".into()]);
        }
        let alike = |several: &[Condition]| {
            several
                .iter()
                .all(|c| matches!(c, Condition::Time { negated: false, .. }))
                || several
                    .iter()
                    .all(|c| matches!(c, Condition::Value { negated: false, .. }))
                || several
                    .iter()
                    .all(|c| matches!(c, Condition::Recurring { negated: false, .. }))
        };
        // "sales by region for 2024 and 2025 side by side"
        let spans = |c: &Condition| {
            let time = |c: &Condition| matches!(c, Condition::Time { .. });
            matches!(c, Condition::Any(several) if several.iter().all(time))
        };
        let by_period = matches!(self.frame.group.last(), Some(Dimension::Time(_)));
        let beside = self.frame.pivot && !by_period && self.frame.conditions.iter().any(spans);
        self.frame.pivot &= !beside;
        if (self.frame.compared || beside) && self.frame.versus.is_none() {
            let lists: Vec<usize> = (0..self.frame.conditions.len())
                .filter(|&i| {
                    matches!(&self.frame.conditions[i], Condition::Any(s) | Condition::All(s) if alike(s))
                })
                .collect();
            if let [condition] = lists[..] {
                if let Condition::All(several) = &mut self.frame.conditions[condition] {
                    let several = std::mem::take(several);
                    self.frame.conditions[condition] = Condition::Any(several);
                }
                let labels = Vec::new();
                self.frame.versus = Some(Versus { condition, labels });
            }
        }
        // "compare sales" says not with what.
        let alone =
            self.frame.group.is_empty() && !self.frame.trend && self.frame.outputs.len() < 2;
        if self.frame.compared && self.frame.versus.is_none() && alone {
            return Err(vec!["with what to compare".into()]);
        }
        let Some(versus) = &self.frame.versus else {
            return Ok(());
        };
        let Some(Condition::Any(sides)) = self.frame.conditions.get(versus.condition) else {
            return Err(vec!["what is compared".into()]);
        };
        if !alike(sides) || sides.len() > MOST {
            return Err(vec!["what is compared".into()]);
        }
        let label = |side: &Condition| match side {
            Condition::Time { span, .. } => self
                .spans
                .iter()
                .find(|(s, _, _)| s == span)
                .map(|(_, _, text)| without_preposition(text)),
            _ => None,
        };
        let labels: Vec<Option<String>> = sides.iter().map(label).collect();
        let same = (1..sides.len()).any(|i| sides[..i].contains(&sides[i]));
        if same || self.frame.superlative || self.frame.limit.is_some() {
            return Err(vec!["what is compared".into()]);
        }
        if let Some(versus) = &mut self.frame.versus {
            versus.labels = labels;
        }
        Ok(())
    }
}

/// The year that a span of time names.
fn year_of(text: &str) -> Option<i32> {
    let tokens = tokenize(text);
    (0..tokens.len()).find_map(|i| match tokens[i].kind {
        TokenKind::Date(year, ..) => Some(year),
        _ => year_number(&tokens, i),
    })
}

/// "in 2024" is called 2024.
fn without_preposition(text: &str) -> String {
    let tokens = tokenize(text);
    match ENGLISH.time_at(&tokens, 0, "in") {
        Some((length, _)) if length < tokens.len() => text[tokens[length].start..].to_owned(),
        _ => text.to_owned(),
    }
}

/// The span that a phrase means beside another one; `None` when it means none there.
fn compared_with(time: &TimePhrase, first: &Span, of: &TimePhrase) -> Option<Span> {
    if let Some(unit) = time.before {
        return first.moved_back(unit, 1);
    }
    match of.to_date.then(|| same_part(&time.span, first)).flatten() {
        Some(part) => Some(part),
        None => Some(time.span.clone()),
    }
}

/// The part of a whole earlier period that is as long as the one to date has been.
fn same_part(whole: &Span, to_date: &Span) -> Option<Span> {
    let (Some(Moment::Start(unit, from)), Some(Moment::Start(until, to))) = (whole.from, whole.to)
    else {
        return None;
    };
    let so_far = to_date.from == Some(Moment::Start(unit, 0)) && to_date.to == Some(Moment::Now);
    (so_far && until == unit && to == from + 1 && from < 0)
        .then(|| to_date.moved_back(unit, -from))
        .flatten()
}

impl Builder<'_> {
    /// Puts one column for each side in the place of the measures, and their change where growth is asked for.
    pub(crate) fn side_by_side(
        &mut self,
        versus: &Versus,
        measures: &[(Expr, String, String)],
        head: usize,
        parts: &mut Parts,
    ) -> Result<()> {
        let Some(Condition::Any(conditions)) = self.frame.conditions.get(versus.condition) else {
            return Err(not_understood("What is compared is not clear."));
        };
        let several = measures.len() > 1;
        for (measure, of, said_of) in measures {
            let mut sides = Vec::new();
            for (i, condition) in conditions.iter().enumerate() {
                let said = self.said.conditions.len();
                let strict = self.strict.clone();
                let only = self.conditions_of(std::slice::from_ref(condition), head)?;
                self.strict = strict;
                self.said.conditions.truncate(said);
                let only = only.ok_or_else(|| not_understood("What is compared is not clear."))?;
                let label = match (condition, versus.labels.get(i).cloned().flatten()) {
                    (_, Some(text)) => text,
                    (Condition::Recurring { times, .. }, _) => times.said(),
                    (Condition::Value { value, .. }, _) => match self.target(*value) {
                        Target::Value(_, stored) => stored.clone(),
                        _ => self.frame.mentions[*value].text.clone(),
                    },
                    _ => format!("side {}", i + 1),
                };
                let span = match condition {
                    Condition::Time { span, .. } => Some(span.clone()),
                    _ => None,
                };
                let plain = label.starts_with(char::is_alphabetic);
                let name = if several || !plain {
                    format!("{of} {label}")
                } else {
                    label.clone()
                };
                sides.push(Side {
                    name,
                    expr: windows::only(measure.clone(), only)?,
                    span,
                });
            }
            self.show_sides(said_of, sides, parts)?;
        }
        Ok(())
    }

    fn show_sides(&mut self, of: &str, mut sides: Vec<Side>, parts: &mut Parts) -> Result<()> {
        let days: Vec<_> = sides
            .iter()
            .map(|s| s.span.as_ref().map(|span| dates::days_of(span, self.today)))
            .collect();
        let running = sides.iter().any(|s| {
            s.span
                .as_ref()
                .is_some_and(|span| matches!(span.to, Some(Moment::Now)))
        });
        let whole = sides.iter().any(|s| {
            s.span
                .as_ref()
                .is_some_and(|span| matches!(span.to, Some(Moment::Start(..) | Moment::Day(_))))
        });
        if running && whole {
            self.warnings
                .push("one of the periods is not over yet".into());
        }
        let growth = matches!(self.frame.window, Some(Window::Growth(_)));
        let known = |i: usize| days.get(i).cloned().flatten().and_then(|(from, _)| from);
        if growth {
            match (known(0), known(1)) {
                // The later one has grown from the earlier one.
                (Some(first), Some(second)) if sides.len() == 2 && first != second => {
                    if first < second {
                        sides.swap(0, 1);
                    }
                }
                _ => return Err(not_understood("Growth is from one period to a later one.")),
            }
        }
        let names: Vec<String> = sides.iter().map(|s| s.name.clone()).collect();
        self.said.shown.push(format!("{of}: {}", names.join(", ")));
        for side in &sides {
            let name = self.unique_name(&side.name, &parts.columns);
            parts.columns.push((side.expr.clone(), Some(name)));
        }
        if let ([now, before], true) = (&sides[..], growth) {
            let change = ast::binary(now.expr.clone(), BinaryOperator::Minus, before.expr.clone());
            let percent = windows::percent(ast::nested(change.clone()), before.expr.clone());
            for (name, expr) in [("change", change), ("change_pct", percent)] {
                let name = self.unique_name(name, &parts.columns);
                self.said.shown.push(name.replace('_', " "));
                parts.columns.push((expr, Some(name)));
            }
        }
        for (side, days) in sides.iter().zip(&days) {
            if let (Some(span), true) = (&side.span, days.is_some()) {
                let (from, to) = dates::days_of(span, self.today);
                let day = |d: Option<dates::Day>| d.map_or_else(|| "…".to_owned(), dates::iso);
                self.assumptions
                    .push(format!("\"{}\" is {} to {}", side.name, day(from), day(to)));
            }
        }
        Ok(())
    }
}
