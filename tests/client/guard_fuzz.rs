//! Any text goes through raw parser, budget and sqlparser without ending the server, also where the stack is small.
//!
//! A Rust stack overflow is SIGABRT: PostgreSQL would restart every session. So the server of this test has 2 MB of stack,
//! and a lost connection, or a line about a signal in its log, is a failure.

use crate::support::{Database, Server, Session, describe};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// What nests: before and after.
const NESTING: &[(&str, &str)] = &[
    ("(", ")"),
    ("(SELECT ", ")"),
    ("SELECT * FROM (", ") q"),
    ("(SELECT * FROM (SELECT 1 WHERE ", ") q)"),
    ("NOT ", ""),
    ("- ", ""),
    ("abs(", ")"),
    ("CASE WHEN true THEN ", " END"),
    ("CAST(", " AS int)"),
    ("ARRAY[", "]"),
    ("ROW(", ", 1)"),
    ("1 IN (", ")"),
    ("EXISTS (SELECT ", ")"),
    ("coalesce(1, ", ")"),
    ("(1 + ", ")"),
    ("t JOIN ", " ON true"),
    ("(t JOIN ", " ON true)"),
    ("LATERAL (SELECT * FROM ", ") l"),
    ("WITH c AS (", ") SELECT 1"),
    ("(SELECT 1 UNION ", ")"),
    ("", "::int"),
    ("", "[1]"),
    ("", " IS NULL"),
    ("", " COLLATE \"C\""),
    ("", " AT TIME ZONE 'UTC'"),
    ("1 BETWEEN 0 AND ", ""),
    ("/*", "*/"),
    ("interval '1' * ", ""),
    ("json_build_object('a', ", ")"),
];

/// What chains.
const CHAINS: &[&str] = &[
    " + 1",
    " AND true",
    " OR false",
    " || 'x'",
    " UNION SELECT 1",
    " UNION ALL SELECT 1",
    ", 1",
    ", t",
    " JOIN t ON true",
    " NATURAL JOIN t",
    "::text",
    "[1]",
    ".a",
    " IS NOT NULL",
    " CROSS JOIN t",
    ";",
    " -- x\n",
    " 'x'\n",
];

const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "t",
    "(",
    ")",
    ",",
    "*",
    "1",
    "'x'",
    "AND",
    "OR",
    "NOT",
    "JOIN",
    "ON",
    "LEFT",
    "USING",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "WITH",
    "AS",
    "UNION",
    "EXCEPT",
    "CASE",
    "WHEN",
    "THEN",
    "END",
    "IN",
    "EXISTS",
    "VALUES",
    "TABLE",
    "INTO",
    "FOR UPDATE",
    "INSERT INTO",
    "DELETE FROM",
    "::",
    "int",
    "[",
    "]",
    "{",
    "}",
    ".",
    ";",
    "--",
    "/*",
    "*/",
    "$$",
    "$a$",
    "E'\\'",
    "U&'",
    "\"a",
    "\"b\"",
    "=",
    "<>",
    "||",
    "->",
    "@>",
    "%",
    "~",
    "?",
    ":",
    "$1",
    "0x1F",
    "1e400",
    "\u{a0}",
    "é",
    "LATERAL",
    "ROWS FROM",
    "TABLESAMPLE",
    "WINDOW",
    "OVER",
    "PARTITION BY",
    "FILTER",
    "WITHIN GROUP",
    "GROUPING SETS",
    "CAST",
    "INTERVAL",
    "NULL",
    "DISTINCT",
];

fn statement() -> impl Strategy<Value = String> {
    let nested = (
        proptest::collection::vec(proptest::sample::select(NESTING), 1..4),
        1_usize..2_500,
    )
        .prop_map(|(parts, times)| {
            let mut text = String::from("SELECT ");
            for turn in 0..times {
                text.push_str(parts[turn % parts.len()].0);
            }
            text.push('1');
            for turn in (0..times).rev() {
                text.push_str(parts[turn % parts.len()].1);
            }
            text
        });
    let from = (proptest::sample::select(NESTING), 1_usize..2_000).prop_map(|(part, times)| {
        format!(
            "SELECT * FROM {}t{}",
            part.0.repeat(times),
            part.1.repeat(times)
        )
    });
    let right_joins = (1_usize..3_000).prop_map(|count| {
        format!(
            "SELECT 1 FROM t{}{}",
            " JOIN t".repeat(count),
            " ON true".repeat(count)
        )
    });
    let chain = (proptest::sample::select(CHAINS), 1_usize..60_000).prop_map(|(link, times)| {
        let times = times.min(65_000 / link.len());
        format!(
            "SELECT 1{}{}",
            if link.contains('t') { " FROM t" } else { "" },
            link.repeat(times)
        )
    });
    let soup = proptest::collection::vec(proptest::sample::select(WORDS), 1..400)
        .prop_map(|words| words.join(" "));
    let noise = proptest::collection::vec(
        any::<char>().prop_filter("no NUL", |c| *c != '\0'),
        0..2_000,
    )
    .prop_map(|characters| characters.into_iter().collect::<String>());
    prop_oneof![4 => nested, 2 => from, 1 => right_joins, 3 => chain, 3 => soup, 1 => noise]
}

async fn feed(session: &Session, text: &str) {
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&text];
    if let Err(error) = session
        .client
        .query("SELECT allowed FROM insightflow.check_sql($1)", &parameters)
        .await
    {
        let shown: String = text.chars().take(300).collect();
        let Some(answer) = error.as_db_error() else {
            panic!("the connection was lost: {error}\n{shown}");
        };
        // Too many columns, too deep for PostgreSQL's own check, out of time: errors, and the session goes on.
        let state = answer.code().code();
        assert!(
            !state.starts_with("XX") && !state.starts_with("57P"),
            "{}\n{shown}",
            describe(&error)
        );
    }
}

async fn fuzz(stack: u32, cases: u32) {
    let server = Server::start_with_stack("", Some(stack));
    let database = Database::on(server.config()).await;
    let session = database.superuser().await;
    session.run("CREATE EXTENSION insightflow; CREATE TABLE t (a int[]); SET insightflow.statement_timeout = '5s'").await;
    let mut runner = TestRunner::deterministic();
    let strategy = statement();
    for _ in 0..cases {
        let text = strategy
            .new_tree(&mut runner)
            .expect("a statement")
            .current();
        feed(&session, &text).await;
    }
    assert_eq!(session.value("SELECT 1").await, "1");
    assert!(
        !server.log().contains("terminated by signal"),
        "{}",
        server.log()
    );
}

#[tokio::test]
async fn no_text_ends_the_server_with_a_small_stack() {
    fuzz(2_048, 1_500).await;
}

#[tokio::test]
async fn no_text_ends_the_server_with_the_usual_stack() {
    fuzz(8_192, 1_500).await;
}
