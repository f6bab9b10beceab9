//! Comparisons of columns with numbers, texts, other columns and averages, as SQL.

use super::super::language::{Comparison, ENGLISH};
use super::super::reading::frame::{MentionId, Operand, Output};
use super::super::schema::lexicon::{Formula, Lexicon, Measure, Target};
use super::super::schema::nature;
use super::super::time::dates::{Moment, Span};
use super::ast;
use super::build::{Builder, not_understood};
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;
use sqlparser::ast::{BinaryOperator, DataType, Expr};

/// A comparison as SQL writes it.
pub(crate) fn operator(op: Comparison) -> BinaryOperator {
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
pub(crate) fn words(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => "=",
        Comparison::NotEqual => "≠",
        Comparison::Less => "less than",
        Comparison::LessOrEqual => "at most",
        Comparison::Greater => "more than",
        Comparison::GreaterOrEqual => "at least",
    }
}

impl Builder<'_> {
    pub(crate) fn condition_column(&self, id: MentionId) -> Result<ColumnRef> {
        match self.target(id) {
            Target::Column(c) | Target::Value(c, _) => Ok(*c),
            Target::Table(t) => match self.lexicon.tables[*t].display.first() {
                Some(&column) => Ok(ColumnRef { table: *t, column }),
                None => Err(not_understood(format!(
                    "Which column of {} is meant is not clear.",
                    self.table_name(*t)
                ))),
            },
            Target::Measure(_) | Target::Segment(_) => Err(not_understood(format!(
                "\"{}\" is not a column.",
                self.frame.mentions[id].text
            ))),
        }
    }

    /// The table that a bare number is compared in: of the head, or of what is counted where the head has no amount.
    pub(crate) fn compared_table(&self, head: usize) -> usize {
        let mut measures = self.lexicon.measures.iter();
        let measured = measures.any(|m| m.table == head && m.name == "value");
        match self.frame.outputs[..] {
            [Output::Count { of, .. }] if !measured && !self.frame.aged => self.table(of),
            _ => head,
        }
    }

    /// The left side of a comparison; without one, what the head measures, or what is counted.
    pub(crate) fn left_column(
        &mut self,
        left: Option<MentionId>,
        head: usize,
    ) -> Result<ColumnRef> {
        if let Some(id) = left {
            return self.condition_column(id);
        }
        let measures: Vec<ColumnRef> = self
            .lexicon
            .measures
            .iter()
            .filter(|m| m.table == head && m.name == "value")
            .filter_map(|m| {
                if let Formula::Column(c) = m.formula {
                    Some(c)
                } else {
                    None
                }
            })
            .collect();
        let ages: Vec<ColumnRef> = if measures.is_empty() && self.frame.aged {
            self.ages(head)
        } else {
            Vec::new()
        };
        match [measures, ages].concat()[..] {
            [at] => {
                let name = &self.catalog.column(at).name;
                let line = format!("the number is compared with {name}");
                if !self.assumptions.contains(&line) {
                    self.assumptions.push(line);
                }
                Ok(at)
            }
            // "Orders above 1000 by region": of what is counted.
            [] if self.compared_table(head) != head => {
                self.left_column(None, self.compared_table(head))
            }
            _ => Err(not_understood(format!(
                "Which number of {} is compared is not clear.",
                self.table_name(head)
            ))
            .with_hint("Name the column that is meant.")),
        }
    }

    /// The only amount of money of a thing, which no other is measured by: "parcels over 20 euros".
    fn paid(&mut self, table: usize, currency: Option<&str>) -> Option<ColumnRef> {
        let names = self.lexicon.tables[table].columns.iter().enumerate();
        let paid = |word: &String| ENGLISH.money_columns.contains(word);
        let mut columns = names.filter(|(column, name)| {
            let class = self.catalog.tables[table].columns[*column].class;
            nature::is_numeric(class) && name.iter().any(paid)
        });
        let (column, _) = columns.next()?;
        let valued = |m: &Measure| m.table == table && m.name == "value";
        if columns.next().is_some() || self.lexicon.measures.iter().any(valued) {
            return None;
        }
        let at = ColumnRef { table, column };
        let units = currency.map(|word| ENGLISH.units_after_number(word));
        if units.is_some_and(|units| self.lexicon.measures(at, &units) == Some(false)) {
            return None;
        }
        let line = format!(
            "the amount is compared with {}",
            self.catalog.column(at).name
        );
        if !self.assumptions.contains(&line) {
            self.assumptions.push(line);
        }
        Some(at)
    }

    /// The amount of a thing that is compared with another column, which is money as well: "offers above the asking price".
    fn amount_beside(&mut self, right: MentionId, head: usize) -> Result<ColumnRef> {
        let left = self.left_column(None, head)?;
        let other = self.condition_column(right)?;
        let paid = |at: ColumnRef| {
            let name = &self.lexicon.tables[at.table].columns[at.column];
            name.iter().any(|word| ENGLISH.money_columns.contains(word))
        };
        if left == other || !paid(left) || !paid(other) {
            return Err(not_understood(format!(
                "What is compared with {} is not clear.",
                self.catalog.column(other).name
            )));
        }
        Ok(left)
    }

    /// The column of an age: "students over 18".
    fn ages(&self, table: usize) -> Vec<ColumnRef> {
        // The first adjective of the language is the one of age.
        let Some(older) = ENGLISH.adjectives.first() else {
            return Vec::new();
        };
        let names = self.lexicon.tables[table].columns.iter().enumerate();
        names
            .filter(|(column, name)| {
                let class = self.catalog.tables[table].columns[*column].class;
                older.greater.contains(name) && nature::is_numeric(class)
            })
            .map(|(column, _)| ColumnRef { table, column })
            .collect()
    }

    /// A number that a column is compared with, as the column would hold it: of type real, a tenth is not quite 0.1.
    pub(crate) fn number(&self, at: ColumnRef, text: &str) -> Expr {
        match self.catalog.column(at).is_single_precision() && text.contains('.') {
            true => ast::cast(ast::number(text), DataType::Real),
            false => ast::number(text),
        }
    }

    /// The only date of a thing that is compared with a date: "payments that arrived after the due date".
    fn only_date(
        &mut self,
        left: Option<MentionId>,
        right: MentionId,
    ) -> Result<Option<ColumnRef>> {
        let date = |at: ColumnRef| nature::is_date(self.catalog.column(at).class);
        let (Some(Target::Table(table)), Target::Column(other)) =
            (left.map(|id| self.target(id)), self.target(right))
        else {
            return Ok(None);
        };
        if !date(*other) {
            return Ok(None);
        }
        match self.lexicon.date_columns(self.catalog, *table)[..] {
            [column] => Ok(Some(ColumnRef {
                table: *table,
                column,
            })),
            _ => Err(not_understood(format!(
                "Which date of {} is compared is not clear.",
                self.table_name(*table)
            ))),
        }
    }

    pub(crate) fn compare(
        &mut self,
        left: Option<MentionId>,
        op: Comparison,
        right: &Operand,
        head: usize,
    ) -> Result<Expr> {
        let dated = match right {
            Operand::Mention(id) => match self.only_date(left, *id)? {
                None if left.is_none() => Some(self.amount_beside(*id, head)?),
                date => date,
            },
            _ => None,
        };
        let at = match (dated, right) {
            (Some(at), _) => Some(at),
            (None, Operand::Number(number)) if left.is_none() && number.money => {
                self.paid(head, number.unit.as_deref())
            }
            _ => None,
        };
        let at = match at {
            Some(at) => at,
            None => self.left_column(left, head)?,
        };
        let column = self.catalog.column(at);
        let (name, class, code) = (column.name.clone(), column.class, column.ones_and_zeros);
        let expr = self.column(at);
        match right {
            Operand::Number(n) => {
                let expr = if code { self.stored(at) } else { expr };
                let value = if nature::is_numeric(class) || code {
                    self.number(at, &n.text)
                } else if class == TypeClass::Text
                    && matches!(op, Comparison::Equal | Comparison::NotEqual)
                {
                    ast::text(&n.text)
                } else if nature::is_date(class)
                    && let Some(year) = n.as_year()
                    && let Some(Target::Column(at)) = left.map(|id| self.target(id))
                {
                    let first = Moment::Day((year, 1, 1));
                    let next = Moment::Day((year + 1, 1, 1));
                    let span = match op {
                        Comparison::Equal => Span {
                            from: Some(first),
                            to: Some(next),
                        },
                        Comparison::Less => Span {
                            from: None,
                            to: Some(first),
                        },
                        Comparison::LessOrEqual => Span {
                            from: None,
                            to: Some(next),
                        },
                        Comparison::Greater => Span {
                            from: Some(next),
                            to: None,
                        },
                        Comparison::GreaterOrEqual => Span {
                            from: Some(first),
                            to: None,
                        },
                        Comparison::NotEqual => {
                            return Err(not_understood(format!("{name} is a date.")));
                        }
                    };
                    return self.time(*at, &span, false);
                } else {
                    return Err(not_understood(format!("{name} is not a number.")));
                };
                self.said
                    .conditions
                    .push(format!("{name} {} {}", words(op), n.text));
                Ok(ast::binary(expr, operator(op), value))
            }
            Operand::Text(text) => {
                let expr = match left.map(|id| self.target(id)) {
                    Some(Target::Column(at)) if self.catalog.column(*at).stored_date.is_some() => {
                        self.stored(*at)
                    }
                    _ => expr,
                };
                self.said
                    .conditions
                    .push(format!("{name} {} {text}", words(op)));
                Ok(ast::binary(expr, operator(op), ast::text(text)))
            }
            Operand::Mention(id) => {
                // "more than their manager": than the same of his.
                let of_role = match (self.target(*id), left.map(|l| self.target(l))) {
                    (Target::Table(t), Some(Target::Column(c)))
                        if self.lexicon.role(*t).is_some_and(|r| r.base == c.table) =>
                    {
                        Some(ColumnRef { table: *t, ..*c })
                    }
                    _ => None,
                };
                let at = match of_role {
                    Some(at) => at,
                    None => self.condition_column(*id)?,
                };
                if left.map(|l| self.target(l)) == Some(&Target::Column(at)) {
                    let texts =
                        [left, Some(*id)].map(|id| id.map(|id| &self.frame.mentions[id].text));
                    let name = &self.catalog.column(at).name;
                    return Err(not_understood(match texts {
                        [Some(one), Some(other)] if one != other => {
                            format!("\"{one}\" and \"{other}\" are both read as {name}.")
                        }
                        _ => format!("{name} cannot be compared with itself."),
                    }));
                }
                let other = self.catalog.column(at);
                let role = self.lexicon.role(at.table);
                self.strict.extend(role.map(|role| role.table));
                let whose = role.map_or(String::new(), |role| format!("{} ", role.label));
                let comparable = (nature::is_numeric(class) && nature::is_numeric(other.class))
                    || (nature::is_date(class) && nature::is_date(other.class))
                    || class == other.class;
                if !comparable || !self.reach(at.table)? {
                    return Err(not_understood(format!(
                        "{name} and {} cannot be compared.",
                        other.name
                    )));
                }
                self.said
                    .conditions
                    .push(format!("{name} {} {whose}{}", words(op), other.name));
                let mut right = self.column(at);
                let mut expr = expr;
                // A moment of a day is not after that day.
                if nature::is_date(class) && nature::is_date(other.class) && class != other.class {
                    if class == TypeClass::Date {
                        right = ast::cast(right, DataType::Date);
                    } else if other.class == TypeClass::Date {
                        expr = ast::cast(expr, DataType::Date);
                    }
                }
                Ok(ast::binary(expr, operator(op), right))
            }
            Operand::Overall(function, _) | Operand::Within(function, _) => {
                let at = match left.map(|id| self.target(id)) {
                    Some(Target::Column(at)) => *at,
                    None => self.left_column(None, head)?,
                    Some(_) => {
                        return Err(not_understood(
                            "What is compared with the average is not clear.",
                        ));
                    }
                };
                if !nature::is_numeric(class) {
                    return Err(not_understood(format!("{name} has no average.")));
                }
                let aggregate = match right {
                    Operand::Within(_, whose) => self.aggregate_within(at, *function, *whose)?,
                    Operand::Overall(_, among) => {
                        self.aggregate_among(at, left, *function, among)?
                    }
                    _ => self.aggregate_among(at, left, *function, &[])?,
                };
                let compared = std::mem::take(&mut self.said.compared);
                self.said
                    .conditions
                    .push(format!("{name} {} {compared}", words(op)));
                Ok(ast::binary(expr, operator(op), aggregate))
            }
        }
    }

    /// A column whose every row is a thing of that name: "have an *allergy*", where it is told by no more than its text.
    pub(crate) fn names_rows(&self, id: MentionId) -> bool {
        match self.target(id) {
            // "have published"
            _ if super::super::linking::fit::is_verb(self.frame, id) => true,
            Target::Column(c) => {
                let words = &self.lexicon.tables[c.table];
                let name = &words.columns[c.column];
                Lexicon::is_textual(self.catalog.column(*c).class)
                    && (words.display.contains(&c.column) || words.stems.ends_with(name))
            }
            _ => true,
        }
    }

    /// A column that is true or false by itself: a boolean, or a date that is there once it has happened.
    pub(crate) fn flag(&mut self, id: MentionId, negated: bool) -> Result<Expr> {
        let at = self.condition_column(id)?;
        let column = self.catalog.column(at);
        let name = column.name.clone();
        self.said
            .conditions
            .push(format!("{}{name}", if negated { "not " } else { "" }));
        let expr = self.column(at);
        if column.ones_and_zeros && negated {
            return Ok(ast::binary(
                self.stored(at),
                BinaryOperator::Eq,
                ast::number("0"),
            ));
        }
        if column.class == TypeClass::Boolean {
            return Ok(if negated {
                Expr::UnaryOp {
                    op: sqlparser::ast::UnaryOperator::Not,
                    expr: Box::new(expr),
                }
            } else {
                expr
            });
        }
        if nature::is_date(column.class) && !column.not_null {
            return Ok(if negated {
                Expr::IsNull(Box::new(expr))
            } else {
                Expr::IsNotNull(Box::new(expr))
            });
        }
        Err(not_understood(format!(
            "What is said about {name} is not clear."
        )))
    }
}
