//! The first row of each: "the latest order of each customer", "the oldest employee in every department", "customers and their last order".
//!
//! Invariant: the rows are those of one thing, each of which belongs to one group, so that each group has its own first; they are put in order
//! by a column of the thing itself. A group without any row is not among them, and where the question does not say how many of each are
//! meant it is refused. Without this, "customers with their last order" would be the one customer who ordered last.

use super::super::language::{ENGLISH, is_plural, stems};
use super::super::linking::shown::Shown;
use super::super::reading::frame::{Condition, Dimension, Frame, Key, MentionId, Output};
use super::super::schema::lexicon::Target;
use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use super::nested::named;
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use crate::question::tokens::{TokenKind, tokenize};
use sqlparser::ast::{BinaryOperator, Expr, Query};

/// Whose first rows are asked for.
struct Firsts {
    /// What each of them is of.
    of: MentionId,
    /// The table of the rows.
    thing: usize,
}

/// Whether one of these words is said.
fn says(words: &[String], frame: &Frame) -> bool {
    let said = |word: &String| stems(word).first().is_some_and(|s| frame.words.contains(s));
    words.iter().any(said)
}

/// Whether a number was said.
fn says_number(frame: &Frame) -> bool {
    let number = |word: &String| {
        let digits = |t: &crate::question::tokens::Token| matches!(t.kind, TokenKind::Number(_));
        ENGLISH.numbers.contains_key(word) || tokenize(word).iter().any(digits)
    };
    frame.words.iter().any(number)
}

impl Builder<'_> {
    /// The first rows of each, where the question asks for such; `None` for any other.
    ///
    /// # Errors
    /// 22023 where it is not clear how many, or of which.
    pub(crate) fn first_rows_of_each(&mut self) -> Result<Option<Query>> {
        let Some(firsts) = self.whose_first()? else {
            return Ok(None);
        };
        let frame = self.frame;
        let Some(order) = &frame.order else {
            return Ok(None);
        };
        let limit = frame.limit.unwrap_or(1);
        if limit < 1 || limit > 1 && !says_number(frame) {
            return Err(not_understood("How many of each are meant is not clear."));
        }
        let group = self.shown_mention(firsts.of);
        let mut shown = vec![group.clone()];
        for output in &frame.outputs {
            let (Output::Plain(id) | Output::Aggregate { of: id, .. }) = output else {
                return Ok(None);
            };
            for one in self.shown_output(*id) {
                let itself =
                    matches!((&one, &group), (Shown::Column(c), Shown::Thing(t)) if c.table == *t);
                if itself && shown[0] == group && *id == firsts.of {
                    shown[0] = one;
                } else if !shown.contains(&one) {
                    shown.push(one);
                }
            }
        }
        let tables: Vec<usize> = shown.iter().filter_map(|s| self.shown_table(s)).collect();
        if self.finest(firsts.thing, &tables)? != Some(firsts.thing) {
            return Err(not_understood("Whose first rows are meant is not clear."));
        }
        self.join_all(firsts.thing, &tables)?;
        let condition = self.conditions(firsts.thing)?;
        let named_only = self.without_nameless(std::slice::from_ref(&group));
        let done = self.done();
        let mut parts = Parts {
            condition: ast::all_of(condition.into_iter().chain(done).chain(named_only)),
            ..Parts::default()
        };
        let (expr, descending) = self.row_order(&order.key, order.descending, firsts.thing)?;
        let things = shown
            .iter()
            .any(|s| self.shown_table(s) == Some(firsts.thing) && *s != group);
        // "latest date per client? Return the client name and the date": the name is shown once.
        let told_by_name = |t: usize| {
            let display = &self.lexicon.tables[t].display;
            let told = |c: &usize| {
                shown.contains(&Shown::Column(ColumnRef {
                    table: t,
                    column: *c,
                }))
            };
            !display.is_empty() && display.iter().all(told)
        };
        let once = match group {
            Shown::Thing(t) if told_by_name(t) => 1,
            _ => 0,
        };
        for one in &shown[once..] {
            self.show_first(one, firsts.thing, &expr, &mut parts);
        }
        if !things {
            self.show_first(&Shown::Thing(firsts.thing), firsts.thing, &expr, &mut parts);
        }
        let within = self.keys_of(&group)?;
        // Rows that belong to none are the first of none.
        self.strict.extend(self.shown_table(&group));
        self.from(&mut parts, true);
        let columns = 0..parts.columns.len();
        let grouped = self.group_columns(&group, &parts)?;
        let rank = self.ranked(&mut parts, within, (expr, descending), firsts.thing)?;
        let columns = columns
            .map(|i| Ok((named(&parts, i)?, None)))
            .collect::<Result<Vec<_>>>()?;
        let mut order_by: Vec<(Expr, bool)> = grouped.into_iter().map(|e| (e, false)).collect();
        order_by.push((rank.clone(), false));
        self.said.limited = true;
        let which = self.said_order(&order.key, descending);
        self.said.order = Some(format!("{which}, the first {limit} of each"));
        self.assumptions
            .push("equal ones are cut off in the order of their keys".into());
        let first = ast::number(&limit.to_string());
        Ok(Some(
            Parts {
                columns,
                from: Some(ast::derived(parts.query(), "ranked")),
                condition: Some(ast::binary(rank, BinaryOperator::LtEq, first)),
                order_by,
                ..Parts::default()
            }
            .query(),
        ))
    }

    /// What the rows are of, and whose they are.
    fn whose_first(&self) -> Result<Option<Firsts>> {
        let frame = self.frame;
        let by_row = |key: &Key| matches!(key, Key::Date | Key::Adjective(_));
        let plain = |o: &Output| {
            matches!(
                o,
                Output::Plain(_) | Output::Aggregate { function: None, .. }
            )
        };
        let other = frame.window.is_some()
            || frame.versus.is_some()
            || frame.rollup.is_some()
            || frame.picks.is_some()
            || frame.new.is_some()
            || !frame.then.is_empty()
            || !frame.calculations.is_empty()
            || frame.trend
            || frame.pivot
            || frame.zeros
            || frame.distinct
            || frame.whole;
        if other
            || !frame.superlative
            || !frame.order.as_ref().is_some_and(|o| by_row(&o.key))
            || !frame.outputs.iter().all(plain)
        {
            return Ok(None);
        }
        let (of, theirs) = match (&frame.group[..], &frame.outputs[..]) {
            ([Dimension::Mention(of)], _) if frame.each => (*of, false),
            ([], [Output::Plain(of), ..])
                if !frame.each
                    && (says(&ENGLISH.possessives, frame)
                        || says(&ENGLISH.genitives, frame) && frame.dated.is_some()) =>
            {
                let several = is_plural(&frame.mentions[*of].text) || frame.every;
                match self.target(*of) {
                    Target::Table(_) if several => (*of, true),
                    _ => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        let outputs = frame.outputs.iter().filter_map(|o| match o {
            Output::Plain(m) | Output::Aggregate { of: m, .. } => Some(*m),
            Output::Count { .. } => None,
        });
        let asked = frame.dated.into_iter().chain(frame.head).chain(outputs);
        let mut tables = asked.filter(|m| *m != of).map(|m| self.table(m));
        let own = matches!(self.target(of), Target::Table(_)).then(|| self.table(of));
        let Some(thing) = tables.find(|t| Some(*t) != own) else {
            return Ok(None);
        };
        // "customers whose last order was in May": the last of all, or of those in May?
        let mut among_all = true;
        for condition in frame.conditions.iter().filter(|_| theirs) {
            among_all &= match (condition, own) {
                (Condition::Value { value, .. }, Some(own)) => {
                    self.finest(own, &[self.table(*value)])? == Some(own)
                }
                _ => false,
            };
        }
        if !among_all {
            return Err(not_understood(
                "Among which rows the first of each is to be found is not clear.",
            ));
        }
        Ok(Some(Firsts { of, thing }))
    }

    /// Shows a thing by its name, or by its key where it has none; and a row of what is put in order by what it is put in order by.
    fn show_first(&mut self, shown: &Shown, thing: usize, by: &Expr, parts: &mut Parts) {
        let nameless = match shown {
            Shown::Thing(table) if self.lexicon.tables[*table].display.is_empty() => Some(*table),
            _ => None,
        };
        let key = nameless.and_then(|table| match self.catalog.tables[table].primary_key[..] {
            [column] => Some(ColumnRef { table, column }),
            _ => None,
        });
        let (Some(key), Expr::CompoundIdentifier(name)) = (key, by) else {
            return self.show_row(shown, parts);
        };
        self.said.shown.push(self.table_name(key.table));
        self.push_column(key, None, parts);
        if key.table == thing
            && let Some(last) = name.last()
            && !parts.columns.iter().any(|(e, _)| e == by)
        {
            let name = self.unique_name(&last.value, &parts.columns);
            parts.columns.push((by.clone(), Some(name)));
        }
    }

    /// What tells the groups apart.
    fn keys_of(&mut self, group: &Shown) -> Result<Vec<Expr>> {
        let columns: Vec<ColumnRef> = match *group {
            Shown::Column(at) => vec![at],
            Shown::Thing(table) => {
                let keys = self.catalog.tables[table].primary_key.iter();
                keys.map(|&column| ColumnRef { table, column }).collect()
            }
            Shown::Time(_) => Vec::new(),
        };
        if columns.is_empty() {
            return Err(not_understood("The first of which groups is not clear."));
        }
        Ok(columns.into_iter().map(|at| self.column(at)).collect())
    }

    /// The columns by which the groups are shown, as the outer query calls them.
    fn group_columns(&mut self, group: &Shown, parts: &Parts) -> Result<Vec<Expr>> {
        let table = self.shown_table(group);
        let column = match group {
            Shown::Column(at) => Some(self.column(*at)),
            _ => None,
        };
        let alias = table.map(|t| self.alias(t));
        let of_group = |expr: &Expr| match (expr, &column) {
            (expr, Some(column)) => expr == column,
            (Expr::CompoundIdentifier(name), None) => {
                name.first().map(|n| &n.value) == alias.as_ref()
            }
            _ => false,
        };
        let found = parts.columns.iter().enumerate();
        let found = found.filter(|(_, (expr, _))| of_group(expr));
        found.map(|(i, _)| named(parts, i)).collect()
    }

    /// Adds the place of each row among those of its group, and gives its name in the outer query.
    fn ranked(
        &mut self,
        parts: &mut Parts,
        within: Vec<Expr>,
        by: (Expr, bool),
        thing: usize,
    ) -> Result<Expr> {
        let keys = self.catalog.tables[thing].primary_key.clone();
        let mut order = vec![by];
        for column in keys {
            let key = self.column(ColumnRef {
                table: thing,
                column,
            });
            order.push((key, false));
        }
        let name = self.unique_name("rank", &parts.columns);
        parts
            .columns
            .push((ast::row_number(within, order), Some(name)));
        named(parts, parts.columns.len() - 1)
    }
}
