//! Calculations of a question as SQL: of two columns of a row, or of two aggregates.
//!
//! Invariant: what is multiplied is multiplied row by row, where one row holds both numbers or leads to them; what is added, subtracted
//! or divided are the aggregates, so that no row is left out because its other number is missing. A divisor of 0 gives nothing rather than
//! an error. Numbers whose rows no key holds together are refused, or aggregated each by itself (`grains.rs`).

use super::super::language::{Aggregate, Arithmetic};
use super::super::reading::formulas::{in_any, of_output};
use super::super::reading::frame::{Key, MentionId, Output};
use super::super::schema::lexicon::{Formula, Target};
use super::ast::{self, Parts};
use super::build::{Builder, Measured, not_understood};
use super::windows::numeric;
use crate::error::{Error, Result};
use sqlparser::ast::{BinaryOperator, Expr};

/// A number of a calculation.
pub(crate) struct Number {
    of: MentionId,
    /// The function that was said.
    said: Option<Aggregate>,
    measure: Measured,
    name: String,
}

impl Arithmetic {
    fn operator(self) -> BinaryOperator {
        match self {
            Arithmetic::Times => BinaryOperator::Multiply,
            Arithmetic::Over => BinaryOperator::Divide,
            Arithmetic::Plus => BinaryOperator::Plus,
            Arithmetic::Minus => BinaryOperator::Minus,
        }
    }

    /// What stands between the names of two numbers in that of the result.
    fn word(self) -> &'static str {
        match self {
            Arithmetic::Times => "times",
            Arithmetic::Over => "per",
            Arithmetic::Plus => "plus",
            Arithmetic::Minus => "minus",
        }
    }

    /// Whether it is done before sums and differences.
    fn binds(self) -> bool {
        matches!(self, Arithmetic::Times | Arithmetic::Over)
    }
}

fn unclear() -> Error {
    not_understood("What is calculated with is not clear.")
}

/// The aggregates that a measure is calculated of.
pub(crate) fn parts_of(measure: &Measured) -> Vec<&Measured> {
    match measure {
        Measured::Calculated(left, _, right) => [parts_of(left), parts_of(right)].concat(),
        other => vec![other],
    }
}

impl Builder<'_> {
    /// Puts the numbers that the question calculates with together.
    ///
    /// # Errors
    /// 22023 where two of them are not aggregated alike, or do not belong to one row.
    pub(crate) fn calculated(
        &mut self,
        numbers: Vec<(MentionId, Measured, String)>,
    ) -> Result<Vec<(Measured, String)>> {
        let frame = self.frame;
        let numbers = numbers.into_iter().map(|(of, measure, name)| {
            let output = frame.outputs.iter().find(|o| of_output(o) == of);
            let said = match output {
                Some(Output::Aggregate { function, .. }) => *function,
                _ => None,
            };
            Number {
                of,
                said,
                measure,
                name,
            }
        });
        let joins = |left: MentionId, right: MentionId| {
            let same = |c: &&super::super::reading::formulas::Calculation| {
                c.left == left && c.right == right
            };
            frame.calculations.iter().find(same).map(|c| c.by)
        };
        let mut left = frame.calculations.len();
        let mut done = Vec::new();
        let mut chain: Vec<Number> = Vec::new();
        let mut by = Vec::new();
        for number in numbers {
            if let Some(op) = chain.last().and_then(|last| joins(last.of, number.of)) {
                by.push(op);
                left -= 1;
            } else if !chain.is_empty() {
                done.push(self.chained(std::mem::take(&mut chain), std::mem::take(&mut by))?);
            }
            chain.push(number);
        }
        if !chain.is_empty() {
            done.push(self.chained(chain, by)?);
        }
        match left {
            0 => Ok(done),
            _ => Err(unclear()),
        }
    }

    /// A calculation of several numbers: products and quotients first, the rest from left to right.
    fn chained(&mut self, numbers: Vec<Number>, by: Vec<Arithmetic>) -> Result<(Measured, String)> {
        let mut rest = numbers.into_iter();
        let Some(mut last) = rest.next() else {
            return Err(unclear());
        };
        let mut sums: Vec<(Number, Arithmetic)> = Vec::new();
        for (number, by) in rest.zip(by) {
            if by.binds() {
                last = self.joined(last, by, number)?;
            } else {
                sums.push((std::mem::replace(&mut last, number), by));
            }
        }
        let mut sums = sums.into_iter();
        let Some((mut total, mut by)) = sums.next() else {
            return Ok((last.measure, last.name));
        };
        for (number, next) in sums {
            total = self.joined(total, by, number)?;
            by = next;
        }
        let number = self.joined(total, by, last)?;
        Ok((number.measure, number.name))
    }

    /// Two numbers as one.
    fn joined(&mut self, left: Number, by: Arithmetic, right: Number) -> Result<Number> {
        let name = format!("{} {} {}", left.name, by.word(), right.name);
        let of = right.of;
        let counts = |m: &Measured| {
            matches!(
                m,
                Measured::Rows(_) | Measured::Values(_) | Measured::Own(..)
            )
        };
        if by == Arithmetic::Times && right.said.is_none() && !counts(&right.measure) {
            let (a, b) = (self.of_row(&left.measure)?, self.of_row(&right.measure)?);
            let function = left.said.unwrap_or(Aggregate::Sum);
            let formula = Formula::Binary(Box::new(a), '*', Box::new(b));
            let table = self.row_of(&formula)?;
            let name = format!(
                "{} {} times {}",
                function.word(),
                self.bare(left.of),
                self.bare(right.of)
            );
            let measure = Measured::OfRow {
                function,
                formula,
                table,
            };
            return Ok(Number {
                of,
                said: None,
                measure,
                name,
            });
        }
        // "Amount minus discount rate": a sum and an average have no difference.
        let alike = self.adds_up(&left.measure) == self.adds_up(&right.measure);
        let both_said = left.said.is_some() && right.said.is_some();
        let whole = |m: &Measured| self.adds_up(m) || counts(m);
        let single = |m: &Measured| {
            whole(m) && !matches!(m, Measured::Calculated(..) | Measured::OfRow { .. })
        };
        let fits = match by {
            Arithmetic::Over => both_said || whole(&left.measure) && whole(&right.measure),
            _ => both_said || alike,
        };
        if !fits {
            return Err(not_understood(
                "How the numbers are put together before they are calculated with is not clear: say their totals or their averages.",
            ));
        }
        // "revenue per ticket" says that it is of sums.
        let name = match by {
            Arithmetic::Over if single(&left.measure) && single(&right.measure) => {
                format!("{} per {}", self.bare(left.of), self.bare(right.of))
            }
            _ => name,
        };
        let measure = Measured::Calculated(Box::new(left.measure), by, Box::new(right.measure));
        Ok(Number {
            of,
            said: None,
            measure,
            name,
        })
    }

    /// What rows are put in order by, where it is calculated of two numbers.
    ///
    /// # Errors
    /// 22023 where these cannot be calculated with.
    pub(crate) fn ranked_by(
        &mut self,
        left: &Key,
        by: Arithmetic,
        right: &Key,
    ) -> Result<(Measured, String)> {
        let (left, right) = (self.number_of_key(left)?, self.number_of_key(right)?);
        let number = self.joined(left, by, right)?;
        Ok((number.measure, number.name))
    }

    fn number_of_key(&self, key: &Key) -> Result<Number> {
        let (of, said, counted) = match *key {
            Key::Count(of) => (of, None, true),
            Key::Mention(of) => (of, None, false),
            Key::Aggregate(function, of) => (of, function, false),
            _ => return Err(unclear()),
        };
        let target = self.target(of);
        if counted || matches!(target, Target::Table(_)) {
            return Ok(Number {
                of,
                said: None,
                measure: self.counted(of, false),
                name: self.bare(of).to_owned(),
            });
        }
        let named = said.unwrap_or_else(|| self.default_aggregate(target));
        Ok(Number {
            of,
            said,
            measure: Measured::Aggregate(Some(named), target.clone()),
            name: self.measure_name(said, of),
        })
    }

    fn bare(&self, id: MentionId) -> &str {
        &self.frame.mentions[id].text
    }

    /// A measure as arithmetic over the columns of a row.
    fn of_row(&self, measure: &Measured) -> Result<Formula> {
        match measure {
            Measured::Aggregate(_, target) => self.of_target(target),
            Measured::OfRow { formula, .. } => Ok(formula.clone()),
            _ => Err(unclear()),
        }
    }

    fn of_target(&self, target: &Target) -> Result<Formula> {
        match target {
            Target::Column(at) => Ok(Formula::Column(*at)),
            Target::Measure(m) => {
                let measure = &self.lexicon.measures[*m];
                let plain = measure.denominator.is_none()
                    && !matches!(measure.formula, Formula::Defined(_));
                plain.then(|| measure.formula.clone()).ok_or_else(unclear)
            }
            _ => Err(unclear()),
        }
    }

    /// The table of whose rows each holds all columns of a formula, or leads to them.
    fn row_of(&self, formula: &Formula) -> Result<usize> {
        let mut tables = Vec::new();
        tables_of(formula, &mut tables);
        let first = *tables.first().ok_or_else(unclear)?;
        match self.finest(first, &tables)? {
            Some(root) if tables.contains(&root) => Ok(root),
            _ => Err(not_understood(
                "The numbers that are multiplied do not belong to the same rows.",
            )),
        }
    }

    /// The aggregates of a calculation, put together.
    pub(crate) fn calculation(
        &self,
        left: (&Measured, Expr),
        by: Arithmetic,
        right: (&Measured, Expr),
    ) -> Expr {
        let nested = |(measure, expr): (&Measured, Expr), binds: bool| match measure {
            Measured::Calculated(..) if binds => ast::nested(expr),
            _ => expr,
        };
        match by {
            // Whole numbers would be divided without their fraction.
            Arithmetic::Over => {
                let below = ast::function("nullif", vec![right.1, ast::number("0")]);
                ast::binary(numeric(nested(left, true)), BinaryOperator::Divide, below)
            }
            Arithmetic::Times => ast::binary(
                nested(left, true),
                BinaryOperator::Multiply,
                nested(right, true),
            ),
            by => {
                let (a, b) = (self.or_nothing(left), self.or_nothing(right));
                ast::binary(nested(a, false), by.operator(), nested(b, true))
            }
        }
    }

    /// A sum of which there may be none is 0 beside another one.
    fn or_nothing<'m>(&self, (measure, expr): (&'m Measured, Expr)) -> (&'m Measured, Expr) {
        let missing = match measure {
            Measured::Aggregate(_, Target::Column(at)) => !self.catalog.column(*at).not_null,
            Measured::Aggregate(..) | Measured::OfRow { .. } => true,
            _ => false,
        };
        let counted = matches!(measure, Measured::Rows(_) | Measured::Values(_));
        let subquery = matches!(expr, Expr::Subquery(_)) && !counted;
        match (missing || subquery) && self.adds_up(measure) && !is_or_zero(&expr) {
            true => (measure, or_zero(expr)),
            false => (measure, expr),
        }
    }

    /// The tables of the columns that the rows which are listed are calculated of.
    pub(crate) fn calculated_tables(&self) -> Vec<usize> {
        let mentions = self
            .frame
            .calculations
            .iter()
            .flat_map(|c| [c.left, c.right]);
        mentions.map(|id| self.table(id)).collect()
    }

    /// Whether an output is shown only as a part of a calculation.
    pub(crate) fn is_calculated_with(&self, id: MentionId) -> bool {
        in_any(&self.frame.calculations, id)
    }

    /// Shows what is calculated of each row.
    ///
    /// # Errors
    /// 22023 where these are no numbers of a row.
    pub(crate) fn show_calculated(&mut self, parts: &mut Parts) -> Result<()> {
        let frame = self.frame;
        if frame.calculations.is_empty() {
            return Ok(());
        }
        let mut calculated: Vec<(MentionId, Expr, String)> = Vec::new();
        for c in &frame.calculations {
            let before = calculated.iter().position(|(last, ..)| *last == c.left);
            let (left, name) = match before {
                Some(at) => {
                    let (_, expr, name) = calculated.remove(at);
                    // "a plus b times c" of a row: not one after the other.
                    if c.by.binds()
                        && !matches!(
                            &expr,
                            Expr::BinaryOp {
                                op: BinaryOperator::Multiply | BinaryOperator::Divide,
                                ..
                            }
                        )
                    {
                        return Err(unclear());
                    }
                    (expr, name)
                }
                None => (
                    self.row_number(c.left)?,
                    frame.mentions[c.left].text.clone(),
                ),
            };
            let right = self.row_number(c.right)?;
            let name = format!("{name} {} {}", c.by.word(), frame.mentions[c.right].text);
            let expr = match c.by {
                Arithmetic::Over => {
                    let below = ast::function("nullif", vec![right, ast::number("0")]);
                    ast::binary(numeric(left), BinaryOperator::Divide, below)
                }
                by => ast::binary(left, by.operator(), right),
            };
            calculated.push((c.right, expr, name));
        }
        for (_, expr, name) in calculated {
            let name = self.unique_name(&name, &parts.columns);
            self.said.shown.push(name.replace('_', " "));
            parts.columns.push((expr, Some(name)));
        }
        Ok(())
    }

    /// A number of a row.
    fn row_number(&mut self, id: MentionId) -> Result<Expr> {
        let formula = self.of_target(self.target(id))?;
        let expr = self.formula(&formula);
        Ok(match formula {
            Formula::Binary(..) => ast::nested(expr),
            _ => expr,
        })
    }
}

/// Something that stands for nothing as well.
pub(crate) fn or_zero(expr: Expr) -> Expr {
    ast::function("coalesce", vec![expr, ast::number("0")])
}

fn is_or_zero(expr: &Expr) -> bool {
    match (expr, &or_zero(ast::number("0"))) {
        (Expr::Function(this), Expr::Function(other)) => this.name == other.name,
        _ => false,
    }
}

/// The tables whose columns a formula is made of.
pub(crate) fn tables_of(formula: &Formula, tables: &mut Vec<usize>) {
    match formula {
        Formula::Column(at) if !tables.contains(&at.table) => tables.push(at.table),
        Formula::Binary(a, _, b) => {
            tables_of(a, tables);
            tables_of(b, tables);
        }
        _ => {}
    }
}
