//! Governed execution, from the client's side: the same rows, limits of time, rows and bytes, cancel and terminate at any
//! moment, and a session that goes on.

use crate::guard::{run, trapped};
use crate::support::{Database, describe, state_and_message};
use std::time::{Duration, Instant};

#[tokio::test]
async fn rows_are_those_of_the_statement_itself() {
    let (database, _) = trapped().await;
    let session = database.superuser().await;
    for statement in [
        "SELECT region, sum(sales) FROM sales_transactions GROUP BY region ORDER BY region",
        "SELECT id, customer_id, amount, status, ordered_at, coupon FROM shop.orders ORDER BY id LIMIT 5000",
        "SELECT * FROM shop.customers ORDER BY id LIMIT 500",
        "SELECT repeat('x', 100000) || g, NULL::int, ARRAY[g, NULL], ROW(g, 'y') FROM generate_series(1, 50) g",
    ] {
        assert_eq!(
            session.rows(statement).await,
            session.rows(&run(statement)).await,
            "{statement}"
        );
    }
    database.drop().await;
}

#[tokio::test]
async fn a_large_answer_survives_on_disk() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session.run("SET work_mem = '64kB'; SET insightflow.max_rows = 1000000; SET insightflow.max_result_bytes = '200MB'").await;
    let rows = session
        .rows(
            "SELECT count(*), sum(g), sum(length(t)) FROM insightflow.run('SELECT g, repeat(''x'', 100) AS t FROM generate_series(1, 200000) g')",
        )
        .await;
    assert_eq!(
        rows,
        [[
            Some("200000".into()),
            Some("20000100000".into()),
            Some("20000000".into())
        ]]
    );
    database.drop().await;
}

#[tokio::test]
async fn the_transaction_goes_on_read_write_after_an_answer() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run(
            "CREATE TABLE t (i int);
             BEGIN;
             INSERT INTO t VALUES (1);
             SELECT * FROM insightflow.run('SELECT 1');
             INSERT INTO t VALUES (2);
             SAVEPOINT s",
        )
        .await;
    // What the transaction has written is seen, also by the statement inside.
    assert_eq!(
        session
            .value("SELECT n FROM insightflow.run('SELECT count(*) AS n FROM t')")
            .await,
        "2"
    );
    let (state, _) = session
        .failure("SELECT * FROM insightflow.run('SELECT pg_sleep(1)')")
        .await;
    assert_eq!(state, "42501");
    session
        .run("ROLLBACK TO s; INSERT INTO t VALUES (3); COMMIT")
        .await;
    assert_eq!(session.value("SELECT sum(i) FROM t").await, "6");
    session
        .run(
            "DO $$ BEGIN
               PERFORM * FROM insightflow.run('SELECT 1/0');
             EXCEPTION WHEN division_by_zero THEN
               INSERT INTO t VALUES (4);
             END $$",
        )
        .await;
    assert_eq!(session.value("SELECT sum(i) FROM t").await, "10");
    session.run("BEGIN READ ONLY").await;
    assert_eq!(
        session
            .value("SELECT n FROM insightflow.run('SELECT count(*) AS n FROM t')")
            .await,
        "4"
    );
    session.run("COMMIT; INSERT INTO t VALUES (5)").await;
    database.drop().await;
}

#[tokio::test]
async fn settings_of_the_cage_end_with_it() {
    let database = Database::new().await;
    let session = database.superuser().await;
    let settings = "SELECT current_setting('temp_file_limit') || current_setting('jit') || current_setting('max_parallel_workers_per_gather') || current_setting('transaction_read_only')";
    let before = session.value(settings).await;
    session
        .run("SELECT * FROM insightflow.run('SELECT 1')")
        .await;
    assert_eq!(session.value(settings).await, before);
    session
        .failure("SELECT * FROM insightflow.run('SELECT 1/0')")
        .await;
    assert_eq!(session.value(settings).await, before);
    database.drop().await;
}

#[tokio::test]
async fn time_is_limited_and_the_session_goes_on() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run("SET insightflow.statement_timeout = '300ms'")
        .await;
    let endless = [
        "SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000) b",
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i FROM r) SELECT count(*) FROM r",
        "SELECT count(*) FROM generate_series(1, 100000) g WHERE repeat('a', g) ~ '^((a|aa)+)\\1$'",
    ];
    for statement in endless {
        let started = Instant::now();
        let (state, message) = session.failure(&run(statement)).await;
        assert_eq!(state, "57014", "{message}");
        assert!(message.contains("300 ms"), "{message}");
        assert!(started.elapsed() < Duration::from_secs(5), "{statement}");
        assert_eq!(session.value("SELECT 1").await, "1");
    }
    // Nothing of the timer is left for statements that are not governed.
    assert_eq!(
        session
            .value("SELECT count(*) FROM generate_series(1, 3000000)")
            .await,
        "3000000"
    );
    session.run("SELECT pg_sleep(0.5)").await;
    // PostgreSQL's own limit goes on counting, and keeps its own message.
    session
        .run("SET insightflow.statement_timeout = '1min'; SET statement_timeout = '300ms'")
        .await;
    let (state, message) = session.failure(&run(endless[0])).await;
    assert_eq!(state, "57014");
    assert!(message.contains("statement timeout"), "{message}");
    database.drop().await;
}

#[tokio::test]
async fn a_swallowed_cancel_comes_again() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run(
            "CREATE FUNCTION stubborn(times int) RETURNS int LANGUAGE plpgsql AS $$
             BEGIN
               FOR i IN 1..times LOOP
                 BEGIN
                   PERFORM count(*) FROM generate_series(1, 1000000000);
                 EXCEPTION WHEN query_canceled THEN NULL;
                 END;
               END LOOP;
               RETURN times;
             END $$;
             SELECT insightflow.allow_function('stubborn(int)');
             SET insightflow.statement_timeout = '200ms'",
        )
        .await;
    let (state, message) = session.failure(&run("SELECT stubborn(3)")).await;
    assert_eq!(state, "57014", "{message}");
    assert_eq!(session.value("SELECT 1").await, "1");
    // One that never gives up loses its connection.
    let started = Instant::now();
    let error = session
        .try_rows(&run("SELECT stubborn(1000000)"))
        .await
        .expect_err("must end");
    let state = error.code().map(|code| code.code().to_owned());
    assert!(
        state.as_deref() == Some("57P01") || error.is_closed(),
        "{}",
        describe(&error)
    );
    assert!(started.elapsed() < Duration::from_secs(20));
    database.drop().await;
}

#[tokio::test]
async fn a_cancel_of_the_user_is_his_and_quick() {
    let database = Database::new().await;
    for statement in [
        "SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000) b",
        "SELECT a.g FROM generate_series(1, 100000000) a(g) ORDER BY random()",
    ] {
        let (session, other) = (database.superuser().await, database.superuser().await);
        session
            .run("SET insightflow.temp_file_limit = '100GB'")
            .await;
        let pid = session.value("SELECT pg_backend_pid()").await;
        let canceler = session.client.cancel_token();
        let call = run(statement);
        let (result, canceled) = tokio::join!(session.try_rows(&call), async {
            other.until_running(&pid, "generate_series").await;
            let at = Instant::now();
            canceler
                .cancel_query(tokio_postgres::NoTls)
                .await
                .expect("cancel");
            at
        });
        assert!(canceled.elapsed() < Duration::from_secs(2), "{statement}");
        let (state, message) = state_and_message(&result.expect_err("canceled"));
        assert_eq!(state, "57014");
        assert!(message.contains("user request"), "{message}");
        assert_eq!(session.value("SELECT 1").await, "1");
    }
    database.drop().await;
}

#[tokio::test]
async fn a_terminated_session_ends() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let session = database.superuser().await;
    let pid = session.value("SELECT pg_backend_pid()").await;
    let call =
        run("SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000) b");
    let (result, ()) = tokio::join!(session.try_rows(&call), async {
        superuser.until_running(&pid, "generate_series").await;
        superuser
            .run(&format!("SELECT pg_terminate_backend({pid}, 5000)"))
            .await;
    });
    let error = result.expect_err("terminated");
    assert!(
        error.code().map(tokio_postgres::error::SqlState::code) == Some("57P01")
            || error.is_closed()
    );
    assert_eq!(
        superuser
            .value(&format!(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}"
            ))
            .await,
        "0"
    );
    database.drop().await;
}

#[tokio::test]
async fn rows_and_bytes_are_capped() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session.run("SET insightflow.max_rows = 10").await;
    assert_eq!(
        session
            .rows(&run("SELECT generate_series(1, 1000000000)"))
            .await
            .len(),
        10
    );
    assert_eq!(
        session
            .rows(&run("SELECT g FROM generate_series(1, 10) g"))
            .await
            .len(),
        10
    );
    session
        .run("SET insightflow.max_rows = 1000; SET insightflow.max_result_bytes = '64kB'")
        .await;
    assert_eq!(
        session
            .rows(&run(
                "SELECT repeat('x', 10000) FROM generate_series(1, 100)"
            ))
            .await
            .len(),
        6
    );
    let (state, message) = session.failure(&run("SELECT repeat('x', 1000000)")).await;
    assert_eq!(state, "54000", "{message}");
    // A value that is stored compressed counts with its full size.
    session
        .run("CREATE TABLE big AS SELECT repeat('x', 1000000) AS t")
        .await;
    let (state, _) = session.failure(&run("SELECT t FROM big")).await;
    assert_eq!(state, "54000");
    session
        .run("RESET ALL; SET insightflow.temp_file_limit = '1MB'; SET work_mem = '64kB'")
        .await;
    let (state, message) = session.failure(&run("SELECT count(*) FROM (SELECT g FROM generate_series(1, 10000000) g ORDER BY g DESC OFFSET 5) s")).await;
    assert_eq!(state, "53400", "{message}");
    session
        .run("RESET ALL; SET insightflow.max_plan_cost = 1000")
        .await;
    let (state, message) = session
        .failure(&run(
            "SELECT count(*) FROM generate_series(1, 10000) a, generate_series(1, 10000) b LIMIT 1",
        ))
        .await;
    assert_eq!(state, "54000", "{message}");
    assert_eq!(session.value(&run("SELECT 1")).await, "1");
    database.drop().await;
}

#[tokio::test]
async fn a_cut_answer_says_so() {
    let database = Database::new().await;
    let output = database.program(
        "psql",
        &[
            "-X",
            "-q",
            "-At",
            "-c",
            "SET insightflow.max_rows = 2",
            "-c",
            "SELECT * FROM insightflow.run('SELECT g FROM generate_series(1, 3) g')",
        ],
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n2\n");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains("WARNING:  the answer was cut after 2 rows"),
        "{told}"
    );
    database.drop().await;
}

#[tokio::test]
async fn values_that_are_stored_elsewhere_are_fetched_before_the_lock_is_gone() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run(
            "CREATE TABLE long (id int, t text);
             ALTER TABLE long ALTER t SET STORAGE EXTERNAL;
             INSERT INTO long SELECT g, repeat(g::text, 20000) FROM generate_series(1, 20) g",
        )
        .await;
    let same = "SELECT id, t FROM long ORDER BY id";
    assert_eq!(session.rows(same).await, session.rows(&run(same)).await);
    session
        .run("BEGIN; DECLARE answer CURSOR FOR SELECT id, t FROM insightflow.run('SELECT id, t FROM long ORDER BY id'); FETCH 1 FROM answer")
        .await;
    let other = database.superuser().await;
    other
        .run("SET lock_timeout = '2s'; TRUNCATE long; DROP TABLE long")
        .await;
    let rest = session.rows("FETCH ALL FROM answer").await;
    assert_eq!(rest.len(), 19);
    assert_eq!(rest[18][1].as_deref().map(str::len), Some(40_000));
    session.run("COMMIT").await;
    database.drop().await;
}
