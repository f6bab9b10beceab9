//! Conditions as SQL: on the rows themselves where keys lead to one row, by EXISTS where they lead to many.

use super::super::language::Like;
use super::super::reading::frame::{Also, Condition, MentionId};
use super::super::schema::lexicon::Target;
use super::super::schema::nature;
use super::ast;
use super::build::{Builder, not_understood};
use super::counts::is_quantity;
use super::denied::negated;
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use sqlparser::ast::{BinaryOperator, DataType, Expr};

impl Builder<'_> {
    /// All conditions on rows, joined by AND. Tables that they need over keys to one row are added to the tree.
    pub(crate) fn conditions(&mut self, head: usize) -> Result<Option<Expr>> {
        let frame = self.frame;
        self.refuse_contradictions()?;
        self.refuse_said_of_denied()?;
        self.refuse_another_of_its_kind(head)?;
        self.conditions_of(&frame.conditions, head)
    }

    /// These of the conditions, joined by AND.
    pub(crate) fn conditions_of(
        &mut self,
        conditions: &[Condition],
        head: usize,
    ) -> Result<Option<Expr>> {
        self.refuse_open_alternatives(conditions)?;
        self.reach_roles()?;
        let mut direct: Vec<&Condition> = Vec::new();
        // Conditions on the same "many" side speak of the same row there.
        let mut apart: Vec<(usize, Vec<&Condition>)> = Vec::new();
        let mut without: Option<usize> = None;
        for condition in conditions {
            let dates = self.says_which_date(condition) && !self.leaves_undated(condition);
            if dates || self.repeats_date(condition) {
                continue;
            }
            if is_quantity(condition) {
                if let Some(table) = self.quantity_table(condition).filter(|_| self.by_row) {
                    apart.push((table, vec![condition]));
                }
                continue;
            }
            // "ordered in 2024 but not in 2025": other rows than those that were spoken of.
            if let Some((table, said)) = self.related_at_a_time(condition) {
                apart.push((table, said));
                continue;
            }
            if matches!(condition, Condition::Not(denied) if is_quantity(denied))
                || matches!(condition, Condition::Related { inside, .. } if !inside.is_empty())
            {
                direct.push(condition);
                continue;
            }
            let table = self.condition_table(condition, head)?;
            // "advise students in the Math department": of the students, when both have one.
            if let Some(table) = table
                && let Some((_, list)) = apart.last_mut()
                && list.last() != Some(&ALONE)
                && !negated(condition)
                && !matches!(condition, Condition::All(_) | Condition::Any(_))
                && let Some(last) = list.last()
                && let Some(far) = self.condition_table(last, head)?
                && (far == table && list.len() > 1 || self.is_said_of(far, table))
            {
                list.push(condition);
                continue;
            }
            match table {
                Some(table) if self.denies_a_row(condition, table)? || !self.reach(table)? => {
                    if let Condition::Term { .. } = condition {
                        apart.push((table, vec![condition, ALONE]));
                    } else if let Condition::All(several) = condition {
                        apart.extend(several.iter().map(|c| (table, vec![c, ALONE])));
                    } else if negated(condition) {
                        without = Some(table);
                        apart.push((table, vec![condition]));
                    } else if let Some((_, list)) = apart.iter_mut().find(|(t, list)| {
                        *t == table && !negated(list[0]) && list.last() != Some(&ALONE)
                    }) {
                        list.push(condition);
                    } else {
                        apart.push((table, vec![condition]));
                    }
                }
                Some(table) => {
                    // Being related over a key to one row that may be missing is a condition, otherwise none.
                    self.strict.extend(
                        (!negated(condition) || !matches!(condition, Condition::Related { .. }))
                            .then_some(table),
                    );
                    direct.push(condition);
                }
                None => direct.push(condition),
            }
        }
        if let Some(table) = without
            && !self.tells_own_date(head)
            && direct
                .iter()
                .any(|c| matches!(c, Condition::Time { .. } | Condition::Recurring { .. }))
        {
            return Err(not_understood(format!(
                "Whether the time limits {} or {} is not clear.",
                self.table_name(head),
                self.table_name(table)
            )));
        }
        // Of one row the value that is asked for excludes any other by itself: rows of both kinds are meant.
        if let Some((_, without)) = self.excluded() {
            let conditions = &self.frame.conditions;
            self.two_values |= without.iter().any(|&i| direct.contains(&&conditions[i]));
        }
        let terms = |negated| {
            let term = move |c: &&&Condition| matches!(c, Condition::Term { negated: n, .. } if *n == negated);
            direct.iter().filter(term).count()
        };
        if terms(false) > 1 || terms(false) > 0 && terms(true) > 0 {
            self.two_values = true;
            return Err(not_understood("One row cannot be of two times at once."));
        }
        self.join_links(&mut apart)?;
        let mut all = Vec::new();
        for condition in direct {
            all.extend(self.condition(condition, head)?);
        }
        for (table, list) in apart {
            let negated = negated(list[0]);
            all.push(if is_quantity(list[0]) {
                self.quantity(table, &list, head)?
            } else {
                self.exists(table, &list, negated, head)?
            });
        }
        Ok(ast::all_of(all))
    }

    /// Whether what is said about `table` is said about the row of `far` that was spoken of just before: one key leads from
    /// there, and the tree, which could lead there as well, has not needed the table so far.
    fn is_said_of(&self, far: usize, table: usize) -> bool {
        let used = table == self.root || self.joins.iter().any(|j| j.child == table);
        let key = |e: &super::super::schema::joins::Edge| e.holder == far && e.target == table;
        !used
            && (self.lexicon.is_role_beside(table, far)
                || self.lexicon.graph.of(far).any(|(_, e)| key(e)))
    }

    /// The table that a condition speaks of; `None` for the time, which looks for its own.
    pub(crate) fn condition_table(
        &mut self,
        condition: &Condition,
        head: usize,
    ) -> Result<Option<usize>> {
        Ok(match condition {
            Condition::Time { column: None, .. } | Condition::Recurring { .. } => {
                self.far_date(condition, head)?.map(|at| at.table)
            }
            Condition::Compare { left: None, .. } | Condition::Between { left: None, .. } => {
                Some(self.compared_table(head))
            }
            Condition::Not(denied) => self.condition_table(denied, head)?,
            Condition::Any(several) => {
                let mut tables = Vec::new();
                for inner in several {
                    if let Some(table) = self.condition_table(inner, head)? {
                        if !is_quantity(inner) {
                            self.reach(table)?;
                        }
                        tables.push(table);
                    }
                }
                // Values of one table: they speak of one row there.
                let plain = |c: &Condition| {
                    matches!(
                        c,
                        Condition::Value { negated: false, .. }
                            | Condition::Term { negated: false, .. }
                    )
                };
                tables.dedup();
                match tables[..] {
                    [table] if several.iter().all(plain) => Some(table),
                    _ => None,
                }
            }
            other => super::super::reading::frame::mentions_of(other)
                .first()
                .map(|&m| self.table(m)),
        })
    }

    /// One condition on rows of the tree; `None` when it says nothing more than the joins do.
    pub(crate) fn condition(&mut self, condition: &Condition, head: usize) -> Result<Option<Expr>> {
        Ok(Some(match condition {
            Condition::Value { value, negated }
                if let Target::Segment(segment) = self.target(*value) =>
            {
                self.segment(*segment, *negated)
            }
            Condition::Value { value, negated } => {
                let Target::Value(column, stored) = self.target(*value) else {
                    return Err(not_understood("A value is not clear."));
                };
                let (column, stored) = (*column, stored.clone());
                // "with a coupon are refunded": a status is no coupon.
                if let Some(of) = self.frame.mentions[*value].of
                    && let Target::Column(named) = self.target(of)
                    && *named != column
                    && (named.table == column.table || *negated)
                {
                    return Err(not_understood(format!(
                        "What is said about {} is not clear: {stored} is a {}.",
                        self.catalog.column(*named).name,
                        self.catalog.column(column).name
                    )));
                }
                self.said.conditions.push(format!(
                    "{} {} {stored}",
                    self.catalog.column(column).name,
                    if *negated { "is not" } else { "is" }
                ));
                let expr = self.stored(column);
                if self.catalog.column(column).class == TypeClass::Array {
                    return Ok(Some(ast::is_element(&stored, expr, *negated)));
                }
                ast::binary(
                    expr,
                    if *negated {
                        BinaryOperator::NotEq
                    } else {
                        BinaryOperator::Eq
                    },
                    ast::text(&stored),
                )
            }
            Condition::Term {
                value,
                also,
                negated,
            } => {
                let start = self.said.conditions.len();
                let is = |value: &MentionId| Condition::Value {
                    value: *value,
                    negated: false,
                };
                let mut both: Vec<Expr> = self.condition(&is(value), head)?.into_iter().collect();
                let table = self.table(*value);
                match also {
                    Also::Value(other) => both.extend(self.condition(&is(other), head)?),
                    Also::Time(span) => {
                        let at = self.own_date(table)?.ok_or_else(|| {
                            not_understood(format!("{} has no date.", self.table_name(table)))
                        })?;
                        both.push(self.time(at, span, false)?);
                    }
                }
                let said: Vec<String> = self.said.conditions.drain(start..).collect();
                let said = said.join(" and ");
                let both = ast::all_of(both).map(ast::nested);
                if !*negated {
                    self.said.conditions.push(said);
                    return Ok(both);
                }
                self.said.conditions.push(format!("not ({said})"));
                return Ok(both.map(|both| Expr::UnaryOp {
                    op: sqlparser::ast::UnaryOperator::Not,
                    expr: Box::new(both),
                }));
            }
            Condition::First {
                of,
                order,
                limit,
                negated,
            } => self.is_first(*of, order, *limit, *negated)?,
            Condition::Compare { left, op, right } => self.compare(*left, *op, right, head)?,
            Condition::Between { left, low, high } => {
                let at = self.left_column(*left, head)?;
                let name = self.catalog.column(at).name.clone();
                if !nature::is_numeric(self.catalog.column(at).class) {
                    return Err(not_understood(format!("{name} is not a number.")));
                }
                self.said
                    .conditions
                    .push(format!("{name} from {} to {}", low.text, high.text));
                Expr::Between {
                    expr: Box::new(self.column(at)),
                    negated: false,
                    low: Box::new(self.number(at, &low.text)),
                    high: Box::new(self.number(at, &high.text)),
                }
            }
            Condition::Like {
                left,
                like,
                text,
                negated,
            } => {
                let column = self.condition_column(*left)?;
                let escaped = text
                    .replace('\\', "\\\\")
                    .replace('%', "\\%")
                    .replace('_', "\\_");
                let pattern = match like {
                    Like::Contains => format!("%{escaped}%"),
                    Like::Starts => format!("{escaped}%"),
                    Like::Ends => format!("%{escaped}"),
                };
                let verb = match like {
                    Like::Contains => "contains",
                    Like::Starts => "starts with",
                    Like::Ends => "ends with",
                };
                self.said.conditions.push(format!(
                    "{} {}{verb} {text}",
                    self.catalog.column(column).name,
                    if *negated { "not " } else { "" }
                ));
                let class = self.catalog.column(column).class;
                let mut expr = self.stored(column);
                if class != TypeClass::Text {
                    expr = ast::cast(expr, DataType::Text);
                }
                Expr::ILike {
                    negated: *negated,
                    any: false,
                    expr: Box::new(expr),
                    pattern: Box::new(ast::text(&pattern)),
                    escape_char: None,
                }
            }
            Condition::Null { of, negated } => {
                if !*negated {
                    self.refuse_never_missing(*of)?;
                }
                let column = self.condition_column(*of)?;
                self.said.conditions.push(format!(
                    "{} is {}missing",
                    self.catalog.column(column).name,
                    if *negated { "not " } else { "" }
                ));
                let expr = Box::new(self.stored(column));
                if *negated {
                    Expr::IsNotNull(expr)
                } else {
                    Expr::IsNull(expr)
                }
            }
            Condition::Flag { of, negated } => self.flag(*of, *negated)?,
            Condition::Time {
                span,
                negated,
                column,
            } => {
                if let Some(id) = column {
                    let at = self.condition_column(*id)?;
                    return Ok(Some(self.time(at, span, *negated)?));
                }
                let at = match self.far_date(condition, head)? {
                    Some(at) => at,
                    None => self.date_of_thing(head)?,
                };
                self.refuse_other_year(at, span)?;
                self.refuse_time_to_come(at, span)?;
                self.during(at, span, *negated)?
            }
            Condition::Recurring { times, negated } => {
                let at = match self.far_date(condition, head)? {
                    Some(at) => at,
                    None => match self.time_of_day(times, head) {
                        Some(at) => at,
                        None => self.date_column(&[head])?,
                    },
                };
                self.recurs(at, times, *negated)?
            }
            Condition::Related { inside, .. } if !inside.is_empty() => {
                self.two_values = true;
                return Err(not_understood("What is denied is not clear."));
            }
            Condition::Related { to, negated, .. } => {
                let table = self.table(*to);
                if matches!(self.target(*to), Target::Column(_)) || (*negated && table == self.root)
                {
                    return Err(not_understood(format!(
                        "What is said about \"{}\" is not clear.",
                        self.frame.mentions[*to].text
                    )));
                }
                let Some(join) = self.joins.iter().find(|j| j.child == table).copied() else {
                    return Ok(None);
                };
                let edge = &self.lexicon.graph.edges[join.edge];
                if *negated {
                    if self.strict_below(table) {
                        return Err(not_understood(format!(
                            "What is said about {} contradicts itself.",
                            self.table_name(table)
                        )));
                    }
                    let column = ColumnRef {
                        table: edge.holder,
                        column: edge.columns[0],
                    };
                    self.said
                        .conditions
                        .push(format!("without {}", self.table_name(table)));
                    Expr::IsNull(Box::new(self.stored(column)))
                } else {
                    return Ok(None);
                }
            }
            Condition::Not(denied) if is_quantity(denied) => {
                let table = self.quantity_table(denied);
                let table = table.ok_or_else(|| not_understood("What is counted is not clear."))?;
                let fulfilled = self.quantity(table, &[denied], head)?;
                self.deny(fulfilled)
            }
            // Of the groups that a column makes, no row may be so.
            Condition::Not(_) if self.shows_groups() => {
                self.two_values = true;
                return Err(not_understood("What is denied is not clear."));
            }
            Condition::Not(denied) => {
                let fulfilled = self.condition(denied, head)?;
                let fulfilled =
                    fulfilled.ok_or_else(|| not_understood("What is denied is not clear."))?;
                self.deny(fulfilled)
            }
            // One list may hold both.
            Condition::All(several) if self.frame.both && self.of_one_list(several) => {
                let mut both = Vec::new();
                for inner in several {
                    both.extend(self.condition(inner, head)?);
                }
                return Ok(ast::all_of(both));
            }
            Condition::All(_) if self.frame.both => {
                self.two_values = true;
                return Err(not_understood("One row cannot hold two values at once."));
            }
            Condition::All(several) if several.iter().any(|c| self.is_segment(c)) => {
                return Err(not_understood(
                    "Whether rows must be all of what \"and\" joins, or one of it, is not clear.",
                )
                .with_hint("Say \"or\", or \"both … and\" by two questions."));
            }
            Condition::Any(several) if self.repeats_link(several, head)? => {
                return Err(not_understood("What \"or\" joins is not clear."));
            }
            Condition::Any(several) | Condition::All(several) => {
                self.refuse_way_as_alternative(several, head)?;
                let mut alternatives = Vec::new();
                let start = self.said.conditions.len();
                for inner in several {
                    let mut tables = Vec::new();
                    if let Some(table) = self.condition_table(inner, head)? {
                        tables.push(table);
                    }
                    match tables.first() {
                        Some(&table) if is_quantity(inner) => {
                            alternatives.push(self.quantity(table, &[inner], head)?);
                        }
                        Some(&table) if !self.reach(table)? => {
                            let negated = negated(inner);
                            alternatives.push(self.exists(table, &[inner], negated, head)?);
                        }
                        _ => alternatives.extend(self.condition(inner, head)?),
                    }
                }
                let said: Vec<String> = self.said.conditions.drain(start..).collect();
                // Several values of one column are alternatives, those of different columns are not.
                let all = matches!(condition, Condition::All(_)) && self.of_columns(several) > 1;
                self.said
                    .conditions
                    .push(said.join(if all { " and " } else { " or " }));
                return Ok(if all {
                    ast::all_of(alternatives)
                } else {
                    ast::any_of(alternatives)
                });
            }
            Condition::Count { .. } | Condition::Aggregate { .. } => {
                return Err(not_understood("What is counted is not clear."));
            }
        }))
    }
}

/// Marks a list of conditions that speaks of a row of its own.
pub(crate) const ALONE: &Condition = &Condition::Any(Vec::new());
