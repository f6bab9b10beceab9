//! The guard and governed execution, from the client's side: the project's own corpus, limits, cancel, the DBA's list.

use crate::support::{Database, Session, describe, state_and_message};
use std::time::{Duration, Instant};

/// The statements of a corpus file: one a line, lines that begin with two dashes are headings.
fn corpus(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with("--"))
}

const ATTACKS: &str = include_str!("../security/attacks.sql");
const BENIGN: &str = include_str!("../security/benign.sql");

/// The statement as an argument of `insightflow.run`, so that it has the columns of its result.
fn run(sql: &str) -> String {
    format!("SELECT * FROM insightflow.run($corpus${sql}$corpus$)")
}

/// A database with the sample data and the traps, and a role that may read both and run statements.
async fn trapped() -> (Database, String) {
    let database = Database::new().await;
    for file in ["sql/demo.sql", "tests/security/schema.sql"] {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let output = database.program("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", &path]);
        assert!(
            output.status.success(),
            "{file}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let role = database.role().await;
    let superuser = database.superuser().await;
    superuser
        .run(&format!(
            "GRANT USAGE ON SCHEMA shop TO {role};
             GRANT SELECT ON ALL TABLES IN SCHEMA shop, public TO {role};
             GRANT EXECUTE ON FUNCTION insightflow.run(insightflow.statement), insightflow.run(insightflow.computed_statement), insightflow.check_sql(text) TO {role}"
        ))
        .await;
    (database, role)
}

/// What an attack could have changed, in a form that can be compared.
async fn fingerprint(superuser: &Session) -> Vec<Vec<Option<String>>> {
    superuser
        .rows(
            "SELECT (SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = current_database()),
                    (SELECT string_agg(n::text, ',') FROM trap.note n),
                    (SELECT count(*) || ':' || sum(amount) FROM shop.orders),
                    (SELECT count(*) FROM shop.order_items),
                    (SELECT last_value || ':' || is_called FROM trap.tick),
                    (SELECT count(*) FROM pg_largeobject_metadata),
                    (SELECT md5(string_agg(relname || relrowsecurity || coalesce(relacl::text, ''), ',' ORDER BY oid)) FROM pg_class WHERE oid > 16383),
                    (SELECT count(*) FROM pg_proc),
                    (SELECT count(*) FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database())",
        )
        .await
}

#[tokio::test]
async fn every_attack_is_refused_and_leaves_nothing() {
    let (database, role) = trapped().await;
    let superuser = database.superuser().await;
    let reader = database.session(&role).await;
    let before = fingerprint(&superuser).await;
    let mut count = 0;
    let mut wrong = Vec::new();
    for attack in corpus(ATTACKS) {
        count += 1;
        for call in [
            run(attack),
            format!("SELECT * FROM insightflow.run($corpus${attack}$corpus$::text)"),
        ] {
            match reader.try_rows(&call).await {
                Ok(rows) => wrong.push(format!("ran: {attack}: {rows:?}")),
                Err(error) => {
                    let (state, message) = state_and_message(&error);
                    if !["42501", "42601"].contains(&state.as_str()) {
                        wrong.push(format!("{state} {message}: {attack}"));
                    }
                }
            }
            if fingerprint(&superuser).await != before {
                wrong.push(format!("left something: {attack}"));
                break;
            }
        }
        let allowed = reader
            .value(&format!(
                "SELECT allowed FROM insightflow.check_sql($corpus${attack}$corpus$)"
            ))
            .await;
        // A privilege is checked when the statement runs.
        if allowed == "t" && !attack.contains("trap.secret") {
            wrong.push(format!("check_sql allows {attack}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 60, "only {count} attacks");
    database.drop().await;
}

#[tokio::test]
async fn every_benign_statement_runs() {
    let (database, role) = trapped().await;
    let reader = database.session(&role).await;
    let mut count = 0;
    let mut wrong = Vec::new();
    for statement in corpus(BENIGN) {
        count += 1;
        if let Err(error) = reader.try_rows(&run(statement)).await {
            wrong.push(format!("{statement}: {}", describe(&error)));
        }
        let verdict = reader
            .rows(&format!(
                "SELECT allowed, reason FROM insightflow.check_sql($corpus${statement}$corpus$)"
            ))
            .await;
        if verdict[0][0].as_deref() != Some("t") {
            wrong.push(format!("check_sql: {statement}: {verdict:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 100, "only {count} statements");
    database.drop().await;
}

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
        let session = database.superuser().await;
        session
            .run("SET insightflow.temp_file_limit = '100GB'")
            .await;
        let canceler = session.client.cancel_token();
        let call = run(statement);
        let (result, canceled) = tokio::join!(session.try_rows(&call), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
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
        tokio::time::sleep(Duration::from_millis(300)).await;
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
async fn the_dba_allows_functions_one_by_one() {
    let (database, role) = trapped().await;
    let superuser = database.superuser().await;
    let reader = database.session(&role).await;
    superuser
        .run(
            "CREATE FUNCTION net(numeric, numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 - $2; END';
             CREATE FUNCTION net_or_zero(numeric, numeric) RETURNS numeric LANGUAGE plpgsql AS 'BEGIN RETURN coalesce(net($1, $2), 0); END'",
        )
        .await;
    let call = run("SELECT net(sum(sales), sum(cost)) > 0 FROM sales_transactions");
    let error = reader.try_rows(&call).await.expect_err("refused");
    let error = error.as_db_error().expect("an error of the server");
    assert_eq!(error.code().code(), "42501");
    let hint = error.hint().expect("a hint").to_owned();
    let allow = hint
        .split_once(": ")
        .expect("a call")
        .1
        .trim_end_matches(';')
        .to_owned();
    // Not everyone may.
    let (state, _) = reader.failure(&allow).await;
    assert_eq!(state, "42501");
    superuser
        .run(&format!(
            "GRANT EXECUTE ON FUNCTION insightflow.allow_function(regprocedure) TO {role}"
        ))
        .await;
    let (state, _) = reader.failure(&allow).await;
    assert_eq!(state, "42501");
    // The hint holds the very call.
    superuser.run(&allow).await;
    assert_eq!(reader.value(&call).await, "t");
    // What an allowed function calls must be allowed too; the function is judged, not its label.
    superuser
        .run("SELECT insightflow.allow_function('net_or_zero(numeric, numeric)')")
        .await;
    assert_eq!(reader.value(&run("SELECT net_or_zero(NULL, 1)")).await, "0");
    superuser
        .run("SELECT insightflow.disallow_function('net(numeric, numeric)')")
        .await;
    let (state, message) = reader.failure(&run("SELECT net_or_zero(NULL, 1)")).await;
    assert_eq!(state, "42501");
    assert!(message.contains("net(numeric,numeric)"), "{message}");
    // What acts is never allowed.
    for function in [
        "pg_sleep(double precision)",
        "insightflow.check_sql(text)",
        "query_to_xml(text, boolean, boolean, text)",
    ] {
        let (state, message) = superuser
            .failure(&format!("SELECT insightflow.allow_function('{function}')"))
            .await;
        assert_eq!(state, "42501", "{message}");
    }
    // Owners and extensions by setting.
    superuser
        .run("CREATE FUNCTION plus_one(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1'")
        .await;
    let owner = superuser.value("SELECT quote_ident(current_user)").await;
    assert_eq!(
        superuser.failure(&run("SELECT plus_one(1)")).await.0,
        "42501"
    );
    superuser
        .run(&format!("SET insightflow.trusted_owners = '{owner}'"))
        .await;
    assert_eq!(superuser.value(&run("SELECT plus_one(1)")).await, "2");
    // A function with its owner's rights needs the list all the same.
    superuser
        .run("ALTER FUNCTION plus_one(int) SECURITY DEFINER")
        .await;
    assert_eq!(
        superuser.failure(&run("SELECT plus_one(1)")).await.0,
        "42501"
    );
    assert_eq!(
        reader
            .failure("SET insightflow.trusted_owners = 'x'")
            .await
            .0,
        "42501"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_temporary_table_may_not_hide_a_permanent_one() {
    let (database, role) = trapped().await;
    let reader = database.session(&role).await;
    reader.run("CREATE TEMPORARY TABLE mine AS SELECT 1 AS i; CREATE TEMPORARY TABLE regions AS SELECT 1 AS i").await;
    assert_eq!(reader.value(&run("SELECT i FROM mine")).await, "1");
    let (state, message) = reader.failure(&run("SELECT * FROM regions")).await;
    assert_eq!(state, "42501");
    assert!(message.contains("temporary table"), "{message}");
    assert_eq!(
        reader
            .value(&run("SELECT count(*) > 0 FROM shop.regions"))
            .await,
        "t"
    );
    database.drop().await;
}

#[tokio::test]
async fn complexity_is_bounded_before_anything_recurses() {
    let database = Database::new().await;
    let session = database.superuser().await;
    let started = Instant::now();
    let joins = |count: usize| {
        format!("SELECT 1 FROM pg_temp.t{}", " JOIN t".repeat(count)) + &" ON true".repeat(count)
    };
    for statement in [
        format!("SELECT 1{}", "+1".repeat(2000)),
        joins(101),
        joins(1000),
        format!("SELECT 1 FROM t{}", ", t".repeat(101)),
        format!("SELECT {}1{}", "(SELECT ".repeat(600), ")".repeat(600)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(600)),
        format!("SELECT {}true", "NOT ".repeat(600)),
        format!("SELECT {}", vec!["1"; 30_000].join(",")),
        format!("SELECT '{}'", "x".repeat(64 * 1024)),
    ] {
        let (state, message) = session
            .failure(&format!(
                "SELECT * FROM insightflow.run('{}'::text)",
                statement.replace('\'', "''")
            ))
            .await;
        // 42601 and 54001 are PostgreSQL's own: the grammar's stack, and the number of columns.
        assert!(
            ["54000", "54001", "54011", "42601"].contains(&state.as_str()),
            "{state} {message} {}",
            &statement[..60]
        );
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    let values: Vec<String> = (0..10_000).map(|i| i.to_string()).collect();
    let long = format!(
        "SELECT count(*) FROM generate_series(1, 10) g WHERE g IN ({})",
        values.join(",")
    );
    assert_eq!(session.value(&run(&long)).await, "10");
    database.drop().await;
}

#[tokio::test]
async fn the_builtin_functions_of_this_version_have_been_judged() {
    let database = Database::new().await;
    let session = database.superuser().await;
    let version = session
        .value("SELECT current_setting('server_version_num')::int / 10000")
        .await;
    let file = format!(
        "{}/tests/security/builtin_functions_{version}.txt",
        env!("CARGO_MANIFEST_DIR")
    );
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    let query = include_str!("../security/builtin_functions.sql");
    let found: Vec<String> = session
        .rows(query)
        .await
        .into_iter()
        .map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" "))
        .collect();
    assert!(
        found.len() > 1_000,
        "only {} functions may be called",
        found.len()
    );
    let known: Vec<&str> = known.lines().collect();
    let new: Vec<&String> = found
        .iter()
        .filter(|line| !known.contains(&line.as_str()))
        .collect();
    let gone: Vec<&&str> = known
        .iter()
        .filter(|line| !found.iter().any(|found| found == **line))
        .collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{file}: judge these in src/guard/builtin.rs, then note them there\nnew: {new:?}\ngone: {gone:?}"
    );
    database.drop().await;
}
