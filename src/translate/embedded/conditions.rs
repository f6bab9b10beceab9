//! Conditions as SQL: on the rows themselves where keys lead to one row, by EXISTS where they lead to many.

use super::ast::{self, Parts};
use super::build::Builder;
use super::dates::{self, Moment, Span};
use super::frame::{Condition, MentionId, Operand};
use super::language::{Comparison, ENGLISH, Like};
use super::lexicon::{Formula, Target};
use super::nature;
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::{Error, Result};
use sqlparser::ast::{BinaryOperator, DataType, Expr, TimezoneInfo};

/// A comparison as SQL writes it.
pub(super) fn operator(op: Comparison) -> BinaryOperator {
    match op {
        Comparison::Equal => BinaryOperator::Eq,
        Comparison::NotEqual => BinaryOperator::NotEq,
        Comparison::Less => BinaryOperator::Lt,
        Comparison::LessOrEqual => BinaryOperator::LtEq,
        Comparison::Greater => BinaryOperator::Gt,
        Comparison::GreaterOrEqual => BinaryOperator::GtEq,
    }
}

/// A comparison in words.
pub(super) fn words(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => "=",
        Comparison::NotEqual => "≠",
        Comparison::Less => "less than",
        Comparison::LessOrEqual => "at most",
        Comparison::Greater => "more than",
        Comparison::GreaterOrEqual => "at least",
    }
}

fn not_understood(detail: impl Into<String>) -> Error {
    Error::question("the question was not understood").with_detail(detail)
}

impl Builder<'_> {
    /// All conditions on rows, joined by AND. Tables that they need over keys to one row are added to the tree.
    pub(super) fn conditions(&mut self, head: usize) -> Result<Option<Expr>> {
        let frame = self.frame;
        let mut direct: Vec<&Condition> = Vec::new();
        // Conditions on the same "many" side speak of the same row there.
        let mut apart: Vec<(usize, Vec<&Condition>)> = Vec::new();
        let mut without: Option<usize> = None;
        for condition in &frame.conditions {
            if matches!(condition, Condition::Count { .. } | Condition::Aggregate { .. }) || self.says_which_date(condition) {
                continue;
            }
            let table = self.condition_table(condition, head)?;
            match table {
                Some(table) if !matches!(condition, Condition::Any(_)) && !self.reach(table)? => {
                    if let Condition::All(several) = condition {
                        apart.extend(several.iter().map(|c| (table, vec![c, ALONE])));
                    } else if negated(condition) {
                        without = Some(table);
                        apart.push((table, vec![condition]));
                    } else if let Some((_, list)) = apart.iter_mut().find(|(t, list)| *t == table && !negated(list[0]) && list.last() != Some(&ALONE)) {
                        list.push(condition);
                    } else {
                        apart.push((table, vec![condition]));
                    }
                }
                Some(table) => {
                    // Being related over a key to one row that may be missing is a condition, otherwise none.
                    self.strict.extend((!negated(condition) || !matches!(condition, Condition::Related { .. })).then_some(table));
                    direct.push(condition);
                }
                None => direct.push(condition),
            }
        }
        if let Some(table) = without
            && direct.iter().any(|c| matches!(c, Condition::Time { .. }))
        {
            return Err(not_understood(format!("Whether the time limits {} or {} is not clear.", self.table_name(head), self.table_name(table))));
        }
        // "students who live in Fawlty Towers": the link is on the way to the value.
        let mut ways: Vec<Vec<usize>> = Vec::new();
        for (table, list) in &apart {
            let mut wanted: Vec<usize> = self.joins.iter().map(|j| j.child).collect();
            wanted.push(*table);
            let positive = !negated(list[0]);
            ways.push(if positive { self.tree(self.root, &wanted)?.iter().map(|j| j.child).filter(|c| c != table).collect() } else { Vec::new() });
        }
        apart.retain(|(table, list)| !(list.len() == 1 && matches!(list[0], Condition::Related { negated: false, .. }) && ways.iter().any(|w| w.contains(table))));
        let mut all = Vec::new();
        for condition in direct {
            all.extend(self.condition(condition, head)?);
        }
        for (table, list) in apart {
            let negated = negated(list[0]);
            all.push(self.exists(table, &list, negated, head)?);
        }
        Ok(ast::all_of(all))
    }

    /// The table that a condition speaks of; `None` for the time, which looks for its own.
    fn condition_table(&mut self, condition: &Condition, head: usize) -> Result<Option<usize>> {
        Ok(match condition {
            Condition::Time { column: None, .. } => None,
            Condition::Compare { left: None, .. } | Condition::Between { left: None, .. } => Some(head),
            Condition::Any(several) => {
                for inner in several {
                    if let Some(table) = self.condition_table(inner, head)? {
                        self.reach(table)?;
                    }
                }
                None
            }
            other => super::resolve::mentions_of(other).first().map(|&m| self.table(m)),
        })
    }

    /// EXISTS over the way from the tree to a table, with all that is said about its row.
    fn exists(&mut self, table: usize, list: &[&Condition], negated: bool, head: usize) -> Result<Expr> {
        let inside: Vec<usize> = std::iter::once(self.root).chain(self.joins.iter().map(|j| j.child)).collect();
        let mut wanted: Vec<usize> = self.joins.iter().map(|j| j.child).collect();
        wanted.push(table);
        let path: Vec<_> = self.tree(self.root, &wanted)?.into_iter().filter(|j| !inside.contains(&j.child)).collect();
        let Some(first) = path.first().copied() else { return Err(not_understood("A condition is not clear.")) };
        let mut parts = Parts { columns: vec![(ast::number("1"), None)], ..Parts::default() };
        // The aliases of the subquery are its own.
        let outside = self.aliases.clone();
        let alias = self.alias(first.child);
        let t = &self.catalog.tables[first.child];
        parts.from = Some(ast::relation(&t.schema, &t.name, &alias));
        let mut conditions = vec![self.on(&first)];
        for join in &path[1..] {
            let alias = self.alias(join.child);
            let on = self.on(join);
            let t = &self.catalog.tables[join.child];
            parts.joins.push(ast::join(ast::relation(&t.schema, &t.name, &alias), on, false));
        }
        for condition in list {
            if *condition == ALONE {
                continue;
            }
            // "has no allergies" where allergies are rows of another table.
            if matches!(condition, Condition::Related { .. } | Condition::Null { .. } | Condition::Flag { .. }) {
                self.said.conditions.push(format!("{} {}", if negated { "without" } else { "with" }, self.table_name(table)));
                continue;
            }
            let positive = positive((*condition).clone());
            conditions.extend(self.condition(&positive, head)?);
            if negated && let Some(said) = self.said.conditions.last_mut() {
                *said = format!("not {said}");
            }
        }
        parts.condition = ast::all_of(conditions);
        let aliases: Vec<(usize, String)> = self.aliases.iter().filter(|a| outside.contains(a) || !path.iter().any(|j| j.child == a.0)).cloned().collect();
        self.aliases = aliases;
        Ok(ast::exists(parts.query(), negated))
    }

    /// One condition on rows of the tree; `None` when it says nothing more than the joins do.
    fn condition(&mut self, condition: &Condition, head: usize) -> Result<Option<Expr>> {
        Ok(Some(match condition {
            Condition::Value { value, negated } => {
                let Target::Value(column, stored) = self.target(*value) else { return Err(not_understood("A value is not clear.")) };
                let (column, stored) = (*column, stored.clone());
                self.said.conditions.push(format!("{} {} {stored}", self.catalog.column(column).name, if *negated { "is not" } else { "is" }));
                let expr = self.column(column);
                ast::binary(expr, if *negated { BinaryOperator::NotEq } else { BinaryOperator::Eq }, ast::text(&stored))
            }
            Condition::Compare { left, op, right } => self.compare(*left, *op, right, head)?,
            Condition::Between { left, low, high } => {
                let (expr, name, class) = self.left(*left, head)?;
                if !nature::is_numeric(class) {
                    return Err(not_understood(format!("{name} is not a number.")));
                }
                self.said.conditions.push(format!("{name} from {} to {}", low.text, high.text));
                Expr::Between { expr: Box::new(expr), negated: false, low: Box::new(ast::number(&low.text)), high: Box::new(ast::number(&high.text)) }
            }
            Condition::Like { left, like, text, negated } => {
                let column = self.condition_column(*left)?;
                let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
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
                self.said.conditions.push(format!("{} {}{verb} {text}", self.catalog.column(column).name, if *negated { "not " } else { "" }));
                let class = self.catalog.column(column).class;
                let mut expr = self.column(column);
                if class != TypeClass::Text {
                    expr = ast::cast(expr, DataType::Text);
                }
                Expr::ILike { negated: *negated, any: false, expr: Box::new(expr), pattern: Box::new(ast::text(&pattern)), escape_char: None }
            }
            Condition::Null { of, negated } => {
                let column = self.condition_column(*of)?;
                self.said.conditions.push(format!("{} is {}missing", self.catalog.column(column).name, if *negated { "not " } else { "" }));
                let expr = Box::new(self.column(column));
                if *negated { Expr::IsNotNull(expr) } else { Expr::IsNull(expr) }
            }
            Condition::Flag { of, negated } => self.flag(*of, *negated)?,
            Condition::Time { span, negated, column } => {
                let at = match column {
                    Some(id) => self.condition_column(*id)?,
                    None => self.date_column(&[head])?,
                };
                self.time(at, span, *negated)?
            }
            Condition::Related { to, negated, .. } => {
                let table = self.table(*to);
                if matches!(self.target(*to), Target::Column(_)) || (*negated && table == self.root) {
                    return Err(not_understood(format!("What is said about \"{}\" is not clear.", self.frame.mentions[*to].text)));
                }
                let Some(join) = self.joins.iter().find(|j| j.child == table).copied() else { return Ok(None) };
                let edge = &self.lexicon.graph.edges[join.edge];
                if *negated {
                    let column = ColumnRef { table: edge.holder, column: edge.columns[0] };
                    self.said.conditions.push(format!("without {}", self.table_name(table)));
                    Expr::IsNull(Box::new(self.column(column)))
                } else {
                    return Ok(None);
                }
            }
            Condition::All(_) if self.frame.both => return Err(not_understood("One row cannot hold two values at once.")),
            Condition::Any(several) | Condition::All(several) => {
                let mut alternatives = Vec::new();
                let start = self.said.conditions.len();
                for inner in several {
                    let mut tables = Vec::new();
                    if let Some(table) = self.condition_table(inner, head)? {
                        tables.push(table);
                    }
                    match tables.first() {
                        Some(&table) if !self.reach(table)? => {
                            let negated = negated(inner);
                            alternatives.push(self.exists(table, &[inner], negated, head)?);
                        }
                        _ => alternatives.extend(self.condition(inner, head)?),
                    }
                }
                let said: Vec<String> = self.said.conditions.drain(start..).collect();
                self.said.conditions.push(said.join(" or "));
                return Ok(ast::any_of(alternatives));
            }
            Condition::Count { .. } | Condition::Aggregate { .. } => return Ok(None),
        }))
    }

    fn condition_column(&self, id: MentionId) -> Result<ColumnRef> {
        match self.target(id) {
            Target::Column(c) | Target::Value(c, _) => Ok(*c),
            Target::Table(t) => match self.lexicon.tables[*t].display.first() {
                Some(&column) => Ok(ColumnRef { table: *t, column }),
                None => Err(not_understood(format!("Which column of {} is meant is not clear.", self.table_name(*t)))),
            },
            Target::Measure(_) => Err(not_understood(format!("\"{}\" is not a column.", self.frame.mentions[id].text))),
        }
    }

    /// The left side of a comparison; without one, what the head measures.
    fn left(&mut self, left: Option<MentionId>, head: usize) -> Result<(Expr, String, TypeClass)> {
        if let Some(id) = left {
            let at = self.condition_column(id)?;
            return Ok((self.column(at), self.catalog.column(at).name.clone(), self.catalog.column(at).class));
        }
        let measures: Vec<ColumnRef> = self
            .lexicon
            .measures
            .iter()
            .filter(|m| m.table == head && m.name == "value")
            .filter_map(|m| if let Formula::Column(c) = m.formula { Some(c) } else { None })
            .collect();
        match measures[..] {
            [at] => {
                self.assumptions.push(format!("the number is compared with {}", self.catalog.column(at).name));
                Ok((self.column(at), self.catalog.column(at).name.clone(), self.catalog.column(at).class))
            }
            _ => Err(not_understood(format!("Which number of {} is compared is not clear.", self.table_name(head))).with_hint("Name the column that is meant.")),
        }
    }

    fn compare(&mut self, left: Option<MentionId>, op: Comparison, right: &Operand, head: usize) -> Result<Expr> {
        let adjective = left.and_then(|id| self.frame.adjectives.iter().find(|(m, _)| *m == id)).map(|(_, a)| *a);
        let (expr, name, class) = self.left(left, head)?;
        // "older" is a greater age but an earlier date of birth.
        let op = match (adjective, left.map(|id| self.target(id))) {
            (Some(a), Some(Target::Column(c))) => {
                let stems = &self.lexicon.tables[c.table].columns[c.column];
                let less = !ENGLISH.adjectives[a].greater.iter().any(|g| stems.ends_with(g)) && ENGLISH.adjectives[a].smaller.iter().any(|s| stems.ends_with(s));
                if less { op.mirrored() } else { op }
            }
            _ => op,
        };
        match right {
            Operand::Number(n) => {
                let value = if nature::is_numeric(class) {
                    ast::number(&n.text)
                } else if class == TypeClass::Text && matches!(op, Comparison::Equal | Comparison::NotEqual) {
                    ast::text(&n.text)
                } else if nature::is_date(class)
                    && let Some(year) = n.as_year()
                    && let Some(Target::Column(at)) = left.map(|id| self.target(id))
                {
                    let first = Moment::Day((year, 1, 1));
                    let next = Moment::Day((year + 1, 1, 1));
                    let span = match op {
                        Comparison::Equal => Span { from: Some(first), to: Some(next) },
                        Comparison::Less => Span { from: None, to: Some(first) },
                        Comparison::LessOrEqual => Span { from: None, to: Some(next) },
                        Comparison::Greater => Span { from: Some(next), to: None },
                        Comparison::GreaterOrEqual => Span { from: Some(first), to: None },
                        Comparison::NotEqual => return Err(not_understood(format!("{name} is a date."))),
                    };
                    return self.time(*at, &span, false);
                } else {
                    return Err(not_understood(format!("{name} is not a number.")));
                };
                self.said.conditions.push(format!("{name} {} {}", words(op), n.text));
                Ok(ast::binary(expr, operator(op), value))
            }
            Operand::Text(text) => {
                self.said.conditions.push(format!("{name} {} {text}", words(op)));
                Ok(ast::binary(expr, operator(op), ast::text(text)))
            }
            Operand::Mention(id) => {
                let at = self.condition_column(*id)?;
                if left.map(|l| self.target(l)) == Some(&Target::Column(at)) {
                    return Err(not_understood(format!("{} cannot be compared with itself.", self.catalog.column(at).name)));
                }
                let other = self.catalog.column(at);
                let comparable = (nature::is_numeric(class) && nature::is_numeric(other.class)) || (nature::is_date(class) && nature::is_date(other.class)) || class == other.class;
                if !comparable || !self.reach(at.table)? {
                    return Err(not_understood(format!("{name} and {} cannot be compared.", other.name)));
                }
                self.said.conditions.push(format!("{name} {} {}", words(op), other.name));
                let right = self.column(at);
                Ok(ast::binary(expr, operator(op), right))
            }
            Operand::Overall(_) => {
                let Some(Target::Column(at)) = left.map(|id| self.target(id)) else { return Err(not_understood("What is compared with the average is not clear.")) };
                if !nature::is_numeric(class) {
                    return Err(not_understood(format!("{name} has no average.")));
                }
                let table = &self.catalog.tables[at.table];
                let inner = Parts {
                    columns: vec![(ast::function("avg", vec![ast::column("every", &self.catalog.column(*at).name)]), None)],
                    from: Some(ast::relation(&table.schema, &table.name, "every")),
                    ..Parts::default()
                };
                self.said.conditions.push(format!("{name} {} its average over all rows", words(op)));
                Ok(ast::binary(expr, operator(op), Expr::Subquery(Box::new(inner.query()))))
            }
        }
    }

    /// A column that is true or false by itself: a boolean, or a date that is there once it has happened.
    fn flag(&mut self, id: MentionId, negated: bool) -> Result<Expr> {
        let at = self.condition_column(id)?;
        let column = self.catalog.column(at);
        let name = column.name.clone();
        self.said.conditions.push(format!("{}{name}", if negated { "not " } else { "" }));
        let expr = self.column(at);
        if column.class == TypeClass::Boolean {
            return Ok(if negated { Expr::UnaryOp { op: sqlparser::ast::UnaryOperator::Not, expr: Box::new(expr) } } else { expr });
        }
        if nature::is_date(column.class) && !column.not_null {
            return Ok(if negated { Expr::IsNull(Box::new(expr)) } else { Expr::IsNotNull(Box::new(expr)) });
        }
        Err(not_understood(format!("What is said about {name} is not clear.")))
    }

    /// The date that the question means: of the rows themselves, or of the nearest thing that they belong to.
    pub(super) fn date_column(&mut self, also: &[usize]) -> Result<ColumnRef> {
        let said = self.frame.conditions.iter().find(|c| self.says_which_date(c)).cloned();
        if let Some(Condition::Flag { of, .. }) = said
            && let Target::Column(at) = self.target(of)
            && self.reach(at.table)?
        {
            return Ok(*at);
        }
        let mut tables = vec![self.root];
        tables.extend(also.iter().copied().filter(|t| self.joins.iter().any(|j| j.child == *t)));
        tables.extend(self.joins.iter().map(|j| j.child));
        for table in tables.clone() {
            if let Some(at) = self.own_date(table)? {
                return Ok(at);
            }
        }
        let neighbours: Vec<usize> = self.lexicon.graph.of(self.root).filter(|(_, e)| e.holder == self.root).map(|(_, e)| e.target).collect();
        for table in neighbours {
            if let Some(at) = self.own_date(table)?
                && self.reach(table)?
            {
                self.strict.insert(table);
                return Ok(at);
            }
        }
        Err(not_understood(format!("{} has no date.", self.table_name(self.root))))
    }

    /// "shipped in 1997", "added each year": a date that is named as a verb says which date the time is about.
    fn says_which_date(&self, condition: &Condition) -> bool {
        let timed = self.frame.group.iter().any(|d| matches!(d, super::frame::Dimension::Time(_))) || self.frame.conditions.iter().any(|c| matches!(c, Condition::Time { .. }));
        match condition {
            Condition::Flag { of, negated: false } => {
                timed && matches!(self.target(*of), Target::Column(c) if nature::is_date(self.catalog.column(*c).class) || self.lexicon.nature(*c) == nature::Nature::Year)
            }
            _ => false,
        }
    }

    fn own_date(&mut self, table: usize) -> Result<Option<ColumnRef>> {
        let columns = self.lexicon.date_columns(self.catalog, table);
        if let Some(&column) = columns.first() {
            let at = ColumnRef { table, column };
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

    /// A column within a span.
    fn time(&mut self, at: ColumnRef, span: &Span, negated: bool) -> Result<Expr> {
        let class = self.catalog.column(at).class;
        let (first, last) = dates::days_of(span, self.today);
        let name = self.catalog.column(at).name.clone();
        self.said.conditions.push(match (first, last) {
            (Some(a), Some(b)) if a == b => dates::iso(a),
            (Some(a), Some(b)) => format!("{} to {}", dates::iso(a), dates::iso(b)),
            (Some(a), None) => format!("{name} from {}", dates::iso(a)),
            (None, Some(b)) => format!("{name} up to {}", dates::iso(b)),
            (None, None) => name.clone(),
        });
        let expr = self.column(at);
        let bounds = if nature::is_numeric(class) {
            let year = |moment: Moment, upper: bool| match moment {
                Moment::Day((y, 1, 1)) => Some(ast::number(&(y - i32::from(upper)).to_string())),
                _ => None,
            };
            let lower = span.from.map(|m| year(m, false).ok_or_else(|| not_understood(format!("{name} holds whole years.")))).transpose()?;
            let upper = span.to.map(|m| year(m, true).ok_or_else(|| not_understood(format!("{name} holds whole years.")))).transpose()?;
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
                bounds.push(ast::binary(expr.clone(), BinaryOperator::GtEq, moment(from, class)));
            }
            if let Some(to) = span.to {
                // On a date "until now" includes today.
                let op = if to == Moment::Now && class == TypeClass::Date { BinaryOperator::LtEq } else { BinaryOperator::Lt };
                bounds.push(ast::binary(expr, op, moment(to, class)));
            }
            bounds
        } else {
            return Err(not_understood(format!("{name} is not a date.")));
        };
        let both = ast::all_of(bounds).ok_or_else(|| not_understood("The time is not clear."))?;
        Ok(if negated { Expr::UnaryOp { op: sqlparser::ast::UnaryOperator::Not, expr: Box::new(ast::nested(both)) } } else { both })
    }
}

/// A moment as SQL, of the class of the column that it is compared with.
fn moment(moment: Moment, class: TypeClass) -> Expr {
    let today = || Expr::Identifier(sqlparser::ast::Ident::new("CURRENT_DATE"));
    let minus = |expr: Expr, unit: dates::Unit, count: i64| match count {
        0 => expr,
        n if n < 0 => ast::binary(expr, BinaryOperator::Minus, ast::interval(&unit.interval(-n))),
        n => ast::binary(expr, BinaryOperator::Plus, ast::interval(&unit.interval(n))),
    };
    let typed = |expr: Expr| match class {
        TypeClass::Date => ast::cast(ast::nested(expr), DataType::Date),
        TypeClass::Timestamp => ast::cast(ast::nested(expr), DataType::Timestamp(None, TimezoneInfo::None)),
        _ => expr,
    };
    match moment {
        Moment::Day(day) => ast::date(&dates::iso(day)),
        Moment::Now if class == TypeClass::Date => today(),
        Moment::Now => typed(ast::function("now", Vec::new())),
        Moment::Start(unit, count) => typed(minus(ast::function("date_trunc", vec![ast::text(unit.name()), ast::function("now", Vec::new())]), unit, count)),
        Moment::Ago(unit, count) => match class {
            TypeClass::Date => typed(minus(today(), unit, count)),
            _ => typed(minus(ast::function("now", Vec::new()), unit, count)),
        },
    }
}

/// Marks a list of conditions that speaks of a row of its own.
const ALONE: &Condition = &Condition::Any(Vec::new());

fn negated(condition: &Condition) -> bool {
    match condition {
        Condition::Null { negated, .. } => !*negated,
        Condition::Flag { negated, .. } => *negated,
        Condition::All(several) => several.iter().any(negated),
        Condition::Value { negated, .. } | Condition::Like { negated, .. } | Condition::Related { negated, .. } => *negated,
        _ => false,
    }
}

fn positive(condition: Condition) -> Condition {
    match condition {
        Condition::Value { value, .. } => Condition::Value { value, negated: false },
        Condition::Like { left, like, text, .. } => Condition::Like { left, like, text, negated: false },
        other => other,
    }
}

