//! What administrators have defined, as names of the lexicon.

use super::super::language::stems;
use super::super::reading::frame::Condition;
use super::super::sql::build::Builder;
use super::lexicon::{Formula, Lexicon, Measure, Segment, Target};
use crate::catalog::model::{Catalog, ColumnRef, StoredValue, Table, ValueMatch};
use sqlparser::ast::{
    Expr, FunctionArg, FunctionArguments, Ident, visit_expressions, visit_expressions_mut,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Longest definition that is parsed, in bytes.
const MOST_BYTES: usize = 4_000;

/// How deep an expression may nest.
const MOST_LEVELS: usize = 25;

impl Lexicon {
    /// Synonyms, metrics and segments. A definition about what this role cannot see has
    /// no effect.
    pub(crate) fn add_vocabulary(&mut self, catalog: &Catalog) {
        for synonym in &catalog.vocabulary.synonyms {
            let target = match synonym.column {
                Some(column) => Target::Column(ColumnRef {
                    table: synonym.table,
                    column,
                }),
                None => Target::Table(synonym.table),
            };
            for words in &synonym.words {
                let words = stems(&words.to_lowercase());
                self.synonyms.push((words.join(" "), target.clone()));
                self.add(target.clone(), words, 1.0);
            }
        }
        for metric in &catalog.vocabulary.metrics {
            let table = &catalog.tables[metric.table];
            let Some(parsed) = expression(&metric.definition).filter(|e| knows(table, e)) else {
                continue;
            };
            let id = self.measures.len();
            self.measures.push(Measure {
                name: metric.words.first().cloned().unwrap_or_default(),
                table: metric.table,
                formula: Formula::Defined(Box::new(parsed)),
                denominator: None,
            });
            for words in &metric.words {
                // A person's own definition comes before what its words mean in general.
                self.add(Target::Measure(id), stems(&words.to_lowercase()), 1.2);
            }
        }
        for segment in &catalog.vocabulary.segments {
            let table = &catalog.tables[segment.table];
            let Some(predicate) = expression(&segment.definition).filter(|e| knows(table, e))
            else {
                continue;
            };
            let place = self.segments.len();
            self.segments.push(Segment {
                name: segment.words.first().cloned().unwrap_or_default(),
                table: segment.table,
                columns: columns(table, &predicate),
                predicate,
                told: None,
            });
            for words in &segment.words {
                let words = stems(&words.to_lowercase());
                // "active customer" says "active" of customers.
                let own = words.strip_suffix(&self.tables[segment.table].stems[..]);
                let words = own.filter(|rest| !rest.is_empty()).unwrap_or(&words);
                let meanings = self.by_segment.entry(words.join(" ")).or_default();
                meanings.push(place);
            }
        }
        for hidden in &catalog.vocabulary.hidden {
            let name = hidden.rsplit('.').next().unwrap_or(hidden);
            self.hidden.push((
                stems(&name.replace('_', " ").to_lowercase()),
                hidden.clone(),
            ));
        }
    }

    /// The segments of a phrase, given by its stems, in the form in which stored values stand.
    pub(crate) fn defined_segments(&self, phrase: &str) -> Vec<StoredValue> {
        let places = self.by_segment.get(phrase).map_or(&[][..], Vec::as_slice);
        places.iter().map(|&place| self.as_value(place)).collect()
    }

    /// A segment in the form of a stored value.
    pub(crate) fn as_value(&self, place: usize) -> StoredValue {
        let segment = &self.segments[place];
        StoredValue {
            column: ColumnRef {
                table: segment.table,
                column: segment.columns.first().copied().unwrap_or_default(),
            },
            text: segment.name.clone(),
            found: ValueMatch::Segment(place),
        }
    }

    /// Whether something that is hidden from questions is called so.
    pub(crate) fn is_hidden(&self, stems: &[String]) -> bool {
        self.hidden.iter().any(|(words, _)| words == stems)
    }

    /// What the definitions of administrators have to do with a mention that was read so: a clause for `explain`.
    pub(crate) fn by_definition(&self, text: &str, target: &Target) -> Option<String> {
        let said = stems(&text.to_lowercase());
        let phrase = said.join(" ");
        if self
            .synonyms
            .iter()
            .any(|(words, of)| *words == phrase && of == target)
        {
            return Some("by a synonym of the vocabulary".into());
        }
        let defined = match target {
            Target::Segment(place) => match self.segments[*place].told {
                Some(true) => return Some("by the comment of its column".into()),
                Some(false) => return Some("by the name of its column".into()),
                None => true,
            },
            Target::Measure(m) => matches!(self.measures[*m].formula, Formula::Defined(_)),
            _ => false,
        };
        if defined {
            return Some("defined in the vocabulary".into());
        }
        let (_, name) = self.hidden.iter().find(|(words, _)| *words == said)?;
        Some(format!("{name} is hidden from questions"))
    }
}

/// The place of the column that a reference names.
fn column_of(table: &Table, expr: &Expr) -> Option<Option<usize>> {
    let name: &Ident = match expr {
        Expr::Identifier(name) => name,
        Expr::CompoundIdentifier(parts) => parts.last()?,
        _ => return None,
    };
    let folded = match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_lowercase(),
    };
    Some(table.columns.iter().position(|c| c.name == folded))
}

/// True when every column that an expression names is one that the role sees.
fn knows(table: &Table, expr: &Expr) -> bool {
    visit_expressions(expr, |e| match column_of(table, e) {
        Some(None) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_continue()
}

/// The columns that an expression names, each once.
fn columns(table: &Table, expr: &Expr) -> Vec<usize> {
    let mut columns = BTreeSet::new();
    let _ = visit_expressions(expr, |e| {
        columns.extend(column_of(table, e).flatten());
        ControlFlow::<()>::Continue(())
    });
    columns.into_iter().collect()
}

impl Builder<'_> {
    /// A metric in the place where the query needs it.
    pub(crate) fn defined(&mut self, table: usize, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        let _ = visit_expressions_mut(&mut expr, |e: &mut Expr| {
            if let Some(Some(column)) = column_of(&self.catalog.tables[table], e) {
                *e = self.column(ColumnRef { table, column });
            }
            ControlFlow::<()>::Continue(())
        });
        match expr {
            // Nothing around it can take a part of it away.
            Expr::Nested(_) | Expr::Function(_) => expr,
            expr => super::super::sql::ast::nested(expr),
        }
    }

    /// The rows of a segment, or all others: those too for which its condition is not known.
    pub(crate) fn segment(&mut self, place: usize, negated: bool) -> Expr {
        let segment = &self.lexicon.segments[place];
        let not = if negated { "not " } else { "" };
        self.said.conditions.push(match segment.told {
            Some(_) => format!("{not}({})", segment.predicate),
            None => format!("{not}{} ({})", segment.name, segment.predicate),
        });
        if segment.told == Some(false) {
            let line = format!(
                "the rows that are meant are those of which {}",
                segment.predicate
            );
            if !self.assumptions.contains(&line) {
                self.assumptions.push(line);
            }
        }
        let expr = self.defined(segment.table, &segment.predicate);
        if negated {
            Expr::IsNotTrue(Box::new(expr))
        } else {
            expr
        }
    }

    /// Whether a condition is a segment.
    pub(crate) fn is_segment(&self, condition: &Condition) -> bool {
        matches!(condition, Condition::Value { value, .. } if matches!(self.target(*value), Target::Segment(_)))
    }
}

/// Parses a text that is one SQL expression, to its end, without a subquery.
pub fn expression(text: &str) -> Option<Expr> {
    // A comment is no part of an expression, and would hide what it is put into.
    if text.len() > MOST_BYTES || text.contains("--") || text.contains("/*") {
        return None;
    }
    let mut parser = Parser::new(&PostgreSqlDialect {})
        .with_recursion_limit(MOST_LEVELS)
        .try_with_sql(text)
        .ok()?;
    let mut parsed = parser.parse_expr().ok()?;
    if parser.peek_token().token != Token::EOF {
        return None;
    }
    let subquery = visit_expressions(&parsed, |e| match e {
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    if subquery.is_break() {
        return None;
    }
    // The name of an argument ("days => 3") is no column.
    let _ = visit_expressions_mut(&mut parsed, |e: &mut Expr| {
        if let Expr::Function(function) = e
            && let FunctionArguments::List(list) = &mut function.args
        {
            for argument in &mut list.args {
                if let FunctionArg::ExprNamed {
                    name: Expr::Identifier(name),
                    arg,
                    operator,
                } = argument
                {
                    *argument = FunctionArg::Named {
                        name: name.clone(),
                        arg: arg.clone(),
                        operator: operator.clone(),
                    };
                }
            }
        }
        ControlFlow::<()>::Continue(())
    });
    Some(parsed)
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn a_definition_is_one_expression() {
        for good in [
            "sum(a - b)",
            "status = 'active'",
            "count(*) FILTER (WHERE x > 1)",
        ] {
            assert!(expression(good).is_some(), "{good}");
        }
        for bad in [
            "1) FROM t WHERE (true",
            "a, b",
            "a; DELETE FROM t",
            "(SELECT 1)",
            "a IN (SELECT 1)",
            "true -- ",
            "",
        ] {
            assert!(expression(bad).is_none(), "{bad}");
        }
    }
}
