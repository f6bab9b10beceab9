//! Small makers of sqlparser's nodes, so that the rest of the translator speaks of columns and conditions.
//!
//! Invariant: text enters SQL only as an identifier ([`ident`]) or as a literal
//! ([`text`], [`number`]), both printed by sqlparser.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::*;

pub use super::identifiers::{ident, tables_named};

/// `alias.column`.
pub fn column(alias: &str, name: &str) -> Expr {
    Expr::CompoundIdentifier(vec![ident(alias), ident(name)])
}

/// A text literal.
pub fn text(value: &str) -> Expr {
    let literal = if value.contains('\\') {
        Value::EscapedStringLiteral(value.to_owned())
    } else {
        Value::SingleQuotedString(value.to_owned())
    };
    Expr::Value(literal.with_empty_span())
}

/// A number literal, as it stands.
pub fn number(digits: &str) -> Expr {
    match digits.strip_prefix('-') {
        Some(rest) => Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr: Box::new(number(rest)),
        },
        None => Expr::Value(Value::Number(digits.to_owned(), false).with_empty_span()),
    }
}

/// Whether a text is an element of a list.
pub fn is_element(text: &str, list: Expr, negated: bool) -> Expr {
    let found = Expr::AnyOp {
        left: Box::new(self::text(text)),
        compare_op: BinaryOperator::Eq,
        right: Box::new(list),
        is_some: false,
    };
    match negated {
        true => Expr::UnaryOp {
            op: UnaryOperator::Not,
            expr: Box::new(found),
        },
        false => found,
    }
}

/// `left op right`.
pub fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp {
        left: Box::new(left),
        op,
        right: Box::new(right),
    }
}

/// A value in the rows of which a condition is true, and nothing in others.
pub fn case(condition: Expr, result: Expr) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition, result }],
        else_result: None,
    }
}

/// Conditions joined by AND; `None` when there are none.
pub fn all_of(conditions: impl IntoIterator<Item = Expr>) -> Option<Expr> {
    // What is said twice is one condition.
    let mut kept: Vec<Expr> = Vec::new();
    for condition in conditions {
        if !kept.contains(&condition) {
            kept.push(condition);
        }
    }
    kept.into_iter()
        .reduce(|a, b| binary(a, BinaryOperator::And, b))
}

/// Conditions joined by OR, in parentheses.
pub fn any_of(conditions: Vec<Expr>) -> Option<Expr> {
    let one = conditions.len() == 1;
    let joined = conditions
        .into_iter()
        .reduce(|a, b| binary(a, BinaryOperator::Or, b))?;
    Some(if one { joined } else { nested(joined) })
}

/// In parentheses.
pub fn nested(inner: Expr) -> Expr {
    Expr::Nested(Box::new(inner))
}

/// A function call.
pub fn function(name: &str, args: Vec<Expr>) -> Expr {
    Expr::Function(call(name, args, None))
}

fn call(name: &str, args: Vec<Expr>, duplicates: Option<DuplicateTreatment>) -> Function {
    let args = args
        .into_iter()
        .map(|a| FunctionArg::Unnamed(FunctionArgExpr::from(a)))
        .collect();
    Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: duplicates,
            args,
            clauses: Vec::new(),
        }),
        within_group: Vec::new(),
        filter: None,
        null_treatment: None,
        over: None,
    }
}

/// `count(DISTINCT expr)`.
pub fn count_distinct(expr: Expr) -> Expr {
    Expr::Function(call(
        "count",
        vec![expr],
        Some(DuplicateTreatment::Distinct),
    ))
}

/// An aggregate over the rows of which a condition is true.
pub fn filtered(aggregate: Expr, condition: Expr) -> Expr {
    match aggregate {
        Expr::Function(mut call) => {
            call.filter = Some(Box::new(condition));
            Expr::Function(call)
        }
        other => other,
    }
}

/// `count(*)`.
pub fn count_rows() -> Expr {
    function("count", vec![Expr::Wildcard(AttachedToken::empty())])
}

/// `percentile_cont(0.5) WITHIN GROUP (ORDER BY expr)`.
pub fn median(expr: Expr) -> Expr {
    let mut call = call("percentile_cont", vec![number("0.5")], None);
    call.within_group = vec![ordered((expr, false))];
    Expr::Function(call)
}

/// One key of an ORDER BY: ascending, or descending (`true`) with NULLs last.
pub fn ordered((expr, descending): (Expr, bool)) -> OrderByExpr {
    OrderByExpr {
        expr,
        options: OrderByOptions {
            sort: descending.then_some(OrderBySort::Desc),
            nulls_first: descending.then_some(false),
        },
        with_fill: None,
    }
}

/// `function OVER (PARTITION BY within ORDER BY order frame)`; each key of the order says whether it descends.
pub fn over(
    function: Expr,
    within: Vec<Expr>,
    order: Vec<(Expr, bool)>,
    frame: Option<WindowFrame>,
) -> Expr {
    match function {
        Expr::Function(mut call) => {
            call.over = Some(WindowType::WindowSpec(WindowSpec {
                window_name: None,
                partition_by: within,
                order_by: order.into_iter().map(ordered).collect(),
                window_frame: frame,
            }));
            Expr::Function(call)
        }
        other => other,
    }
}

/// `row_number() OVER (PARTITION BY within ORDER BY order)`.
pub fn row_number(within: Vec<Expr>, order: Vec<(Expr, bool)>) -> Expr {
    over(function("row_number", Vec::new()), within, order, None)
}

/// `expr::type`.
pub fn cast(expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast {
        kind: CastKind::DoubleColon,
        expr: Box::new(expr),
        data_type,
        format: None,
    }
}

/// `DATE '2025-01-31'`.
pub fn date(iso: &str) -> Expr {
    Expr::TypedString(TypedString {
        data_type: DataType::Date,
        value: Value::SingleQuotedString(iso.to_owned()).with_empty_span(),
        uses_odbc_syntax: false,
    })
}

/// `INTERVAL '3 months'`.
pub fn interval(value: &str) -> Expr {
    Expr::Interval(Interval {
        value: Box::new(text(value)),
        leading_field: None,
        leading_precision: None,
        last_field: None,
        fractional_seconds_precision: None,
    })
}

/// `[NOT] EXISTS (query)`.
pub fn exists(query: Query, negated: bool) -> Expr {
    Expr::Exists {
        subquery: Box::new(query),
        negated,
    }
}

/// A relation with its alias.
pub fn relation(schema: &str, name: &str, alias: &str) -> TableFactor {
    factor(vec![ident(schema), ident(name)], Some(alias), None)
}

/// A query of the WITH clause.
pub fn named(name: &str) -> TableFactor {
    factor(vec![ident(name)], None, None)
}

/// The rows of a function.
pub fn rows_of(function: &str, arguments: Vec<Expr>, alias: &str) -> TableFactor {
    let arguments = TableFunctionArgs {
        args: arguments
            .into_iter()
            .map(|a| FunctionArg::Unnamed(FunctionArgExpr::Expr(a)))
            .collect(),
        settings: None,
    };
    factor(vec![ident(function)], Some(alias), Some(arguments))
}

fn factor(name: Vec<Ident>, alias: Option<&str>, args: Option<TableFunctionArgs>) -> TableFactor {
    TableFactor::Table {
        name: ObjectName::from(name),
        alias: alias.map(table_alias),
        args,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}

/// A query that stands where a relation does.
pub fn derived(query: Query, alias: &str) -> TableFactor {
    TableFactor::Derived {
        lateral: false,
        subquery: Box::new(query),
        alias: Some(table_alias(alias)),
        sample: None,
    }
}

fn table_alias(alias: &str) -> TableAlias {
    TableAlias {
        explicit: true,
        name: ident(alias),
        columns: Vec::new(),
        at: None,
    }
}

/// An inner or left join.
pub fn join(relation: TableFactor, on: Expr, left: bool) -> Join {
    let on = JoinConstraint::On(on);
    Join {
        relation,
        global: false,
        join_operator: if left {
            JoinOperator::Left(on)
        } else {
            JoinOperator::Join(on)
        },
    }
}

/// What a SELECT is made of.
#[derive(Default)]
pub struct Parts {
    pub distinct: bool,
    /// Expressions with the names of their columns.
    pub columns: Vec<(Expr, Option<String>)>,
    pub from: Option<TableFactor>,
    pub joins: Vec<Join>,
    pub condition: Option<Expr>,
    pub group_by: Vec<Expr>,
    pub having: Option<Expr>,
    /// Expression, descending.
    pub order_by: Vec<(Expr, bool)>,
    pub limit: Option<i64>,
}

impl Parts {
    /// The query of these parts.
    pub fn query(self) -> Query {
        let projection = self
            .columns
            .into_iter()
            .map(|(expr, alias)| match alias {
                Some(alias) => SelectItem::ExprWithAlias {
                    expr,
                    alias: ident(&alias),
                },
                None => SelectItem::UnnamedExpr(expr),
            })
            .collect();
        let select = Select {
            select_token: AttachedToken::empty(),
            optimizer_hints: Vec::new(),
            distinct: self.distinct.then_some(Distinct::Distinct),
            select_modifiers: None,
            top: None,
            top_before_distinct: false,
            projection,
            exclude: None,
            into: None,
            from: self
                .from
                .map(|relation| TableWithJoins {
                    relation,
                    joins: self.joins,
                })
                .into_iter()
                .collect(),
            lateral_views: Vec::new(),
            prewhere: None,
            selection: self.condition,
            connect_by: Vec::new(),
            group_by: GroupByExpr::Expressions(self.group_by, Vec::new()),
            cluster_by: Vec::new(),
            distribute_by: Vec::new(),
            sort_by: Vec::new(),
            having: self.having,
            named_window: Vec::new(),
            qualify: None,
            window_before_qualify: false,
            value_table_mode: None,
            flavor: SelectFlavor::Standard,
        };
        let order: Vec<OrderByExpr> = self.order_by.into_iter().map(ordered).collect();
        Query {
            with: None,
            body: Box::new(SetExpr::Select(Box::new(select))),
            order_by: (!order.is_empty()).then_some(OrderBy {
                kind: OrderByKind::Expressions(order),
                interpolate: None,
            }),
            limit_clause: self.limit.map(|n| LimitClause::LimitOffset {
                limit: Some(number(&n.to_string())),
                offset: None,
                limit_by: Vec::new(),
            }),
            fetch: None,
            locks: Vec::new(),
            for_clause: None,
            settings: None,
            format_clause: None,
            pipe_operators: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_when_they_need_it() {
        for (name, printed) in [
            ("region", "region"),
            ("Region", "\"Region\""),
            ("order", "\"order\""),
            ("a b", "\"a b\""),
            ("x\"y", "\"x\"\"y\""),
            ("1st", "\"1st\""),
        ] {
            assert_eq!(ident(name).to_string(), printed);
        }
    }

    #[test]
    fn literals_cannot_be_left() {
        assert_eq!(text("O'Brien").to_string(), "'O''Brien'");
        // In E'…' sqlparser doubles the backslash and escapes the quotation mark.
        assert_eq!(text("a\\'b").to_string(), r"E'a\\\'b'");
    }
}
