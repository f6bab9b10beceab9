//! Moments as SQL, and what a column can tell of them.
//!
//! Invariant: a moment that depends on today is computed by the server when the statement runs, in the session's time zone, also
//! where a column holds whole years. A column that holds whole days is never asked for hours: at midnight it would give an answer.

use super::super::language::wordclass::is_participle;
use super::super::language::{ENGLISH, stems};
use super::super::reading::frame::{Condition, MentionId, Role, mentions_of};
use super::super::reading::promises::is_promised;
use super::super::schema::lexicon::Target;
use super::super::schema::{names, nature, textdates};
use super::super::time::dates::{self, Moment, Span, Unit};
use super::ast;
use super::build::{Builder, not_understood};
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use sqlparser::ast::{BinaryOperator, DataType, DateTimeField, Expr, ExtractSyntax, TimezoneInfo};

impl Builder<'_> {
    /// Refuses periods that a column cannot tell apart.
    ///
    /// # Errors
    /// 22023, with what the column holds.
    pub(crate) fn refuse_finer(&self, at: ColumnRef, unit: Unit) -> Result<()> {
        let column = self.catalog.column(at);
        let hours = matches!(unit, Unit::Minute | Unit::Hour | Unit::HourOfDay);
        let holds = match column.class {
            class if nature::is_numeric(class) && unit != Unit::Year => "years",
            TypeClass::Date if hours => "days",
            _ if unit < Unit::Month && !textdates::holds_days(column) => "months",
            _ => return Ok(()),
        };
        Err(not_understood(format!(
            "{} holds whole {holds}.",
            column.name
        )))
    }

    /// The date, or the only year, of the thing whose time the question says it is.
    pub(super) fn date_of_named_thing(&self) -> Option<ColumnRef> {
        let Target::Table(table) = *self.target(self.frame.time_of?) else {
            return None;
        };
        let of_table = |&column: &usize| ColumnRef { table, column };
        let dates = self.lexicon.date_columns(self.catalog, table);
        if !dates.is_empty() {
            let clear = self.refuse_any_day(table, &dates).is_ok();
            return dates.first().filter(|_| clear).map(of_table);
        }
        match &self.lexicon.year_columns(table)[..] {
            [only] => Some(of_table(only)),
            _ => None,
        }
    }

    /// "Orders shipped in March": the only date of the shipments, where the orders have none that is called so.
    pub(super) fn date_of_what_is_done(&self) -> Option<ColumnRef> {
        let root = names::root;
        let states = self.states_before_nouns();
        let done = |t: usize| {
            let last = self.lexicon.tables[t].stems.last().map(|s| root(s));
            last.is_some_and(|verb| self.frame.verbs.contains(&verb) && !states.contains(&verb))
        };
        let keys = self.lexicon.graph.of(self.root).map(|(_, e)| e);
        let keys = keys.filter(|e| e.target == self.root && e.holder != self.root);
        let mut tables: Vec<usize> = keys.map(|e| e.holder).filter(|t| done(*t)).collect();
        tables.dedup();
        let [table] = tables[..] else { return None };
        match self.lexicon.date_columns(self.catalog, table)[..] {
            [column] => Some(ColumnRef { table, column }),
            _ => None,
        }
    }

    /// The roots of stored values that are said before their nouns: "paid invoices in 2025", "paid and overdue invoices" are invoices of
    /// that year, whenever they were paid.
    pub(crate) fn states_before_nouns(&self) -> Vec<String> {
        let before = |id: MentionId| {
            let mention = &self.frame.mentions[id];
            mention.role == Role::Value && mention.near.is_some_and(|noun| noun > id)
        };
        let ids = 0..self.frame.mentions.len();
        let mut states: Vec<MentionId> = ids.filter(|id| before(*id)).collect();
        for condition in &self.frame.conditions {
            if let Condition::Any(_) | Condition::All(_) = condition {
                let listed = mentions_of(condition);
                let last = listed.iter().max().map_or(0, |id| id + 1);
                let own = |id: &MentionId| {
                    let value = matches!(self.target(*id), Target::Value(..));
                    value && self.table(*id) == self.root
                };
                let noun = self
                    .frame
                    .mentions
                    .get(last)
                    .is_some_and(|m| m.role != Role::Value)
                    && matches!(self.target(last), Target::Table(t) if *t == self.root);
                if noun && listed.iter().all(own) {
                    states.extend(listed);
                }
            }
        }
        let words = states.iter().map(|id| &self.frame.mentions[*id].text);
        let words = words.flat_map(|text| stems(&text.to_lowercase()));
        words.map(|stem| names::root(&stem)).collect()
    }

    /// "Cards that expire this year" are those of the whole year: what is due or ends may lie ahead. Up to now only where it is said, or
    /// where it is over: "expired this year".
    pub(crate) fn to_its_end(&self, at: ColumnRef, span: &Span) -> Span {
        let name = &self.lexicon.tables[at.table].columns[at.column];
        let irregular = |word: &String| ENGLISH.irregular_participles.contains(word);
        let ends = name.iter().any(|stem| ENGLISH.last_days.contains(stem))
            && !names::pieces(&self.catalog.column(at).name)
                .iter()
                .any(|piece| is_participle(piece));
        let done = !self.frame.participles.is_empty() || self.frame.words.iter().any(irregular);
        match (span.from, span.to) {
            (Some(Moment::Start(unit, 0)), Some(Moment::Now))
                if (is_promised(name) || ends) && !done && !self.frame.to_date =>
            {
                dates::relative(Moment::Start(unit, 0), Moment::Start(unit, 1))
            }
            _ => span.clone(),
        }
    }
}

/// Whether a span begins or ends within a day.
pub(crate) fn within_days(span: &Span) -> bool {
    let within = |moment: &Moment| match moment {
        Moment::Start(unit, _) | Moment::Ago(unit, _) => {
            matches!(unit, Unit::Minute | Unit::Hour | Unit::HourOfDay)
        }
        Moment::Day(_) | Moment::Now | Moment::Fiscal(..) => false,
    };
    span.from.iter().chain(&span.to).any(within)
}

/// The first and the last year of a span that is one of whole years; this year up to now is one.
pub(crate) fn years(span: &Span) -> Option<(Option<Expr>, Option<Expr>)> {
    let year = |moment: Moment, less: i64| match moment {
        Moment::Day((y, 1, 1)) => Some(ast::number(&(i64::from(y) - less).to_string())),
        Moment::Start(Unit::Year, count) => Some(this_year(count - less)),
        _ => None,
    };
    let first = match span.from {
        Some(from) => Some(year(from, 0)?),
        None => None,
    };
    let last = match (span.from, span.to) {
        (_, None) => None,
        (Some(Moment::Start(Unit::Year, _)), Some(Moment::Now)) => Some(this_year(0)),
        (_, Some(to)) => Some(year(to, 1)?),
    };
    Some((first, last))
}

/// The current year, or the one so many after it.
fn this_year(after: i64) -> Expr {
    let year = ast::cast(
        Expr::Extract {
            field: DateTimeField::Year,
            syntax: ExtractSyntax::From,
            expr: Box::new(today()),
        },
        DataType::Integer(None),
    );
    let (op, count) = match after {
        0 => return year,
        n if n < 0 => (BinaryOperator::Minus, -n),
        n => (BinaryOperator::Plus, n),
    };
    ast::binary(year, op, ast::number(&count.to_string()))
}

fn today() -> Expr {
    Expr::Identifier(sqlparser::ast::Ident::new("CURRENT_DATE"))
}

/// A moment as SQL, of the class of the column that it is compared with.
pub(crate) fn moment(moment: Moment, class: TypeClass) -> Expr {
    let minus = |expr: Expr, unit: dates::Unit, count: i64| match count {
        0 => expr,
        n if n < 0 => ast::binary(
            expr,
            BinaryOperator::Minus,
            ast::interval(&unit.interval(-n)),
        ),
        n => ast::binary(expr, BinaryOperator::Plus, ast::interval(&unit.interval(n))),
    };
    let typed = |expr: Expr| match class {
        TypeClass::Date => ast::cast(ast::nested(expr), DataType::Date),
        TypeClass::Timestamp => ast::cast(
            ast::nested(expr),
            DataType::Timestamp(None, TimezoneInfo::None),
        ),
        _ => expr,
    };
    match moment {
        Moment::Day(day) => ast::date(&dates::iso(day)),
        Moment::Now if class == TypeClass::Date => today(),
        Moment::Now => typed(ast::function("now", Vec::new())),
        Moment::Start(unit, count) => typed(minus(
            ast::function(
                "date_trunc",
                vec![ast::text(unit.name()), ast::function("now", Vec::new())],
            ),
            unit,
            count,
        )),
        Moment::Fiscal(unit, count, begins) => {
            // The fiscal year is the calendar year of some months ago, as many months later.
            let shift = i64::from(begins) - 1;
            let shifted = minus(ast::function("now", Vec::new()), dates::Unit::Month, -shift);
            let start = ast::function("date_trunc", vec![ast::text(unit.name()), shifted]);
            typed(minus(minus(start, dates::Unit::Month, shift), unit, count))
        }
        Moment::Ago(unit, count) => match class {
            TypeClass::Date => typed(minus(today(), unit, count)),
            _ => typed(minus(ast::function("now", Vec::new()), unit, count)),
        },
    }
}
