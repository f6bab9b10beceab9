//! An answer is a table, seen by real clients: typed columns, the extended protocol, parameters, plan caches, other
//! sessions and other extensions.

use crate::support::{Database, Session, describe, state_and_message};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut};

/// A table with what a guard must let through and a role may be kept from.
pub const TABLE: &str = "CREATE TABLE sales (id int PRIMARY KEY, region text, amount numeric(12,2), day date);
    INSERT INTO sales SELECT i, (ARRAY['North','South','East','West'])[1 + i % 4], i * 1.5, DATE '2024-01-01' + i % 365 FROM generate_series(1, 400) i;
    ANALYZE sales";

/// Rows by region, in a fixed order.
pub const BY_REGION: &str = "insightflow.run('SELECT region, sum(amount) AS total, count(*) AS n FROM sales GROUP BY region ORDER BY region')";

pub async fn database() -> (Database, Session) {
    let database = Database::new().await;
    let session = database.superuser().await;
    session.run(TABLE).await;
    (database, session)
}

/// A text that is sent as a parameter of whatever type the server chose.
#[derive(Debug)]
struct Anything(&'static str);

impl ToSql for Anything {
    fn to_sql(
        &self,
        _type: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_type: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

#[tokio::test]
async fn a_literal_has_typed_columns_in_the_extended_protocol() {
    let (database, session) = database().await;
    let statement = session
        .client
        .prepare(&format!("SELECT * FROM {BY_REGION}"))
        .await
        .expect("prepare");
    let columns: Vec<(&str, Type)> = statement
        .columns()
        .iter()
        .map(|column| (column.name(), column.type_().clone()))
        .collect();
    assert_eq!(
        columns,
        [
            ("region", Type::TEXT),
            ("total", Type::NUMERIC),
            ("n", Type::INT8)
        ]
    );
    let rows = session.client.query(&statement, &[]).await.expect("query");
    let found: Vec<(String, i64)> = rows
        .iter()
        .map(|row| (row.get("region"), row.get("n")))
        .collect();
    assert_eq!(
        found,
        [("East", 100), ("North", 100), ("South", 100), ("West", 100)]
            .map(|(region, n)| (region.to_owned(), n))
    );
    database.drop().await;
}

#[tokio::test]
async fn parameters_stand_beside_a_literal() {
    let (database, session) = database().await;
    let statement = session
        .client
        .prepare(&format!(
            "SELECT n + $2 AS n FROM {BY_REGION} WHERE region = $1"
        ))
        .await
        .expect("prepare");
    for _ in 0..8 {
        // Past the fifth execution the plan cache may choose a generic plan.
        let row = session
            .client
            .query_one(&statement, &[&"North", &1_i64])
            .await
            .expect("query");
        assert_eq!(row.get::<_, i64>(0), 101);
    }
    database.drop().await;
}

#[tokio::test]
async fn a_bound_text_gives_json_whatever_its_type() {
    let (database, session) = database().await;
    let sql = "SELECT 7 AS seven, 'x' AS letter";
    for call in [
        "insightflow.run($1)",
        "insightflow.run($1::text)",
        "insightflow.run($1::varchar)",
        "insightflow.run($1::bpchar)",
        "insightflow.run($1::name)",
    ] {
        let statement = session
            .client
            .prepare(&format!("SELECT answer::text FROM {call}"))
            .await
            .unwrap_or_else(|error| panic!("{call}: {}", describe(&error)));
        let row = session
            .client
            .query_one(&statement, &[&Anything(sql)])
            .await
            .unwrap_or_else(|error| panic!("{call}: {}", describe(&error)));
        assert_eq!(
            row.get::<_, String>(0),
            r#"{"seven":7,"letter":"x"}"#,
            "{call}"
        );
    }
    database.drop().await;
}

#[tokio::test]
async fn the_columns_of_a_literal_do_not_reach_another_call() {
    let (database, session) = database().await;
    let rows = session
        .rows(&format!("SELECT a.region, b.answer FROM {BY_REGION} a, insightflow.run('SELECT 1 AS one'::text) b ORDER BY 1 LIMIT 1"))
        .await;
    assert_eq!(
        rows,
        [[Some("East".to_owned()), Some(r#"{"one":1}"#.to_owned())]]
    );
    // The same statement with a bound question, and the literal after it.
    let statement = session
        .client
        .prepare(&format!(
            "SELECT b.answer::text FROM insightflow.run($1) b, {BY_REGION} a LIMIT 1"
        ))
        .await
        .expect("prepare");
    let row = session
        .client
        .query_one(&statement, &[&Anything("SELECT 2 AS two")])
        .await
        .expect("query");
    assert_eq!(row.get::<_, String>(0), r#"{"two":2}"#);
    database.drop().await;
}

#[tokio::test]
async fn a_changed_table_never_gives_a_wrong_row_of_a_prepared_statement() {
    let (database, session) = database().await;
    let other = database.superuser().await;
    let select = "SELECT amount FROM insightflow.run('SELECT amount FROM sales WHERE id = 2')";
    let binary = session.client.prepare(select).await.expect("prepare");
    session
        .client
        .query_one(&binary, &[])
        .await
        .expect("before the change");
    session.run(&format!("PREPARE p AS {select}")).await;
    assert_eq!(session.value("EXECUTE p").await, "3.00");

    // A change that keeps the columns: the plan is made anew.
    other.run("ALTER TABLE sales ADD note text").await;
    assert_eq!(session.value("EXECUTE p").await, "3.00");

    // A change of the type: the plan cache's own error, in text and in binary.
    other
        .run("ALTER TABLE sales ALTER amount TYPE float8")
        .await;
    assert_eq!(
        session.failure("EXECUTE p").await,
        (
            "0A000".to_owned(),
            "cached plan must not change result type".to_owned()
        )
    );
    let error = session
        .client
        .query_one(&binary, &[])
        .await
        .expect_err("the old type is gone");
    assert_eq!(
        state_and_message(&error),
        (
            "0A000".to_owned(),
            "cached plan must not change result type".to_owned()
        )
    );
    let row = session
        .client
        .query_one(select, &[])
        .await
        .expect("a fresh statement");
    assert!((row.get::<_, f64>(0) - 3.0).abs() < 1e-9);

    // A dropped table: an error, and the session goes on.
    other.run("DROP TABLE sales").await;
    assert_eq!(session.failure("EXECUTE p").await.0, "42P01");
    assert_eq!(session.value("SELECT 1").await, "1");
    database.drop().await;
}

#[tokio::test]
async fn an_open_cursor_goes_on_after_the_table_changed() {
    let (database, session) = database().await;
    session
        .run(&format!(
            "BEGIN; DECLARE c CURSOR FOR SELECT region, n FROM {BY_REGION}"
        ))
        .await;
    assert_eq!(session.value("FETCH 1 FROM c").await, "East");
    assert_eq!(session.value("FETCH 1 FROM c").await, "North");
    assert_eq!(session.rows("FETCH ALL FROM c").await.len(), 2);
    session.run("COMMIT").await;
    database.drop().await;
}

#[tokio::test]
async fn views_are_plain_sql_and_outlive_the_extension() {
    let (database, session) = database().await;
    session
        .run(&format!(
            "CREATE VIEW v AS SELECT * FROM {BY_REGION};
             CREATE MATERIALIZED VIEW m AS SELECT * FROM {BY_REGION} WITH ORDINALITY;
             CREATE SCHEMA s CREATE VIEW v AS SELECT region FROM {BY_REGION} WHERE n > 1;
             CREATE TABLE t AS SELECT * FROM {BY_REGION};
             CREATE TEMPORARY VIEW tv AS SELECT * FROM insightflow.run('SELECT 1, 2');
             DO $$ BEGIN EXECUTE 'CREATE VIEW d AS SELECT * FROM insightflow.run(''SELECT 1 AS one'')'; END $$"
        ))
        .await;
    assert_eq!(session.value("SELECT count(*) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'insightflow' WHERE d.deptype = 'n'").await, "0");
    let definition = session.value("SELECT pg_get_viewdef('v'::regclass)").await;
    assert!(
        definition.contains("FROM sales") && !definition.contains("insightflow"),
        "{definition}"
    );
    session.run("DROP EXTENSION insightflow").await;
    for (relation, rows) in [
        ("v", "4"),
        ("m", "4"),
        ("s.v", "4"),
        ("t", "4"),
        ("tv", "1"),
        ("d", "1"),
    ] {
        assert_eq!(
            session
                .value(&format!("SELECT count(*) FROM {relation}"))
                .await,
            rows,
            "{relation}"
        );
    }
    session.run("REFRESH MATERIALIZED VIEW m").await;
    assert_eq!(
        session
            .value("SELECT ordinality FROM m WHERE region = 'West'")
            .await,
        "4"
    );
    // What is stored can be written out and read again, also where duplicate names were made distinct.
    let definition = session.value("SELECT pg_get_viewdef('tv'::regclass)").await;
    session
        .run(&format!("CREATE TEMPORARY VIEW again AS {definition}"))
        .await;
    database.drop().await;
}

#[tokio::test]
async fn an_error_anywhere_leaves_the_next_statement_whole() {
    let (database, session) = database().await;
    let bound = session
        .client
        .prepare("SELECT answer::text FROM insightflow.run($1)")
        .await
        .expect("prepare");
    for broken in [
        format!("SELECT nosuch FROM {BY_REGION}"),
        format!("SELECT * FROM {BY_REGION} WHERE n"),
        format!("SELECT 1 / 0 FROM {BY_REGION}"),
        "SELECT * FROM insightflow.run('SELECT 1 / 0 AS x')".to_owned(),
        "SELECT * FROM insightflow.run('SELECT * FROM nosuch')".to_owned(),
        "SELECT * FROM insightflow.run('SELECT 1') a JOIN nosuch b ON true".to_owned(),
        "SELECT * FROM ask('')".to_owned(),
        format!("SELECT array_agg(t) FROM {BY_REGION} t"),
        "SELECT (insightflow.run('SELECT 1 AS one')).one".to_owned(),
        "CREATE FUNCTION f() RETURNS SETOF int BEGIN ATOMIC SELECT one FROM insightflow.run('SELECT 1 AS one'); END".to_owned(),
        "CREATE RULE r AS ON INSERT TO sales DO ALSO SELECT * FROM insightflow.run('SELECT 1 AS one')".to_owned(),
        "CREATE POLICY p ON sales USING (EXISTS (SELECT FROM insightflow.run('SELECT 1 AS one')))".to_owned(),
    ] {
        for (before, after) in [("", ""), ("BEGIN; SAVEPOINT s", "ROLLBACK TO s"), ("BEGIN", "ROLLBACK")] {
            session.run(before).await;
            let (state, message) = session.failure(&broken).await;
            assert_ne!(state, "XX000", "{broken}: {message}");
            assert!(!message.contains("wrong type"), "{broken}: {message}");
            session.run(after).await;
            let row = session.client.query_one(&bound, &[&Anything("SELECT 3 AS three")]).await.unwrap_or_else(|error| panic!("after {broken}: {}", describe(&error)));
            assert_eq!(row.get::<_, String>(0), r#"{"three":3}"#, "after {broken}");
            assert_eq!(session.value(&format!("SELECT region FROM {BY_REGION} LIMIT 1")).await, "East", "after {broken}");
            session.run("ROLLBACK").await;
        }
    }
    database.drop().await;
}

#[tokio::test]
async fn invalidations_at_any_point_are_survived() {
    let (database, session) = database().await;
    let other = database.superuser().await;
    for round in 0..20 {
        // Changes of the row type's own catalog rows drop the type cache's entry.
        other
            .run(&format!(
                "COMMENT ON TYPE insightflow.answer_row IS 'round {round}'; ALTER TABLE sales SET (fillfactor = {}); GRANT SELECT ON sales TO PUBLIC; ANALYZE sales",
                50 + round
            ))
            .await;
        assert_eq!(
            session
                .rows(&format!(
                    "SELECT * FROM {BY_REGION} a JOIN {BY_REGION} b USING (region)"
                ))
                .await
                .len(),
            4
        );
    }
    database.drop().await;
}

#[tokio::test]
async fn every_mode_of_pgbench_runs_it() {
    let (database, _session) = database().await;
    let script = std::env::temp_dir().join(crate::support::unique("pgbench"));
    std::fs::write(
        &script,
        format!("SELECT region, total FROM {BY_REGION} WHERE n > 1;\n"),
    )
    .expect("script");
    let file = script.display().to_string();
    for mode in ["simple", "extended", "prepared"] {
        let output = database.program(
            "pgbench",
            &["-n", "-M", mode, "-c", "4", "-t", "25", "-f", &file],
        );
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{mode}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            text.contains("number of transactions actually processed: 100/100"),
            "{mode}: {text}"
        );
    }
    std::fs::remove_file(script).expect("script");
    database.drop().await;
}
