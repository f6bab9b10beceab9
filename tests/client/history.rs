//! The history survives what becomes of the question: every test has a server with the library preloaded.

use crate::support::{Server, Session, describe, state_and_message};
use tokio_postgres::error::SqlState;

pub const PRELOADED: &str = "shared_preload_libraries = 'insightflow'\nlog_line_prefix = ''";

const TABLES: &str = "CREATE TABLE region (id int PRIMARY KEY, name text);
    INSERT INTO region SELECT n, 'region ' || n FROM generate_series(1, 4) n;
    ANALYZE region";

/// Runs for a long time, and fills a temporary file, where a cancel or a terminate finds it.
const ENDLESS: &str =
    "SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000000000) b";

/// A database with the extension and a session in it.
pub async fn database(server: &Server, name: &str) -> Session {
    let maintenance = server.session("postgres").await;
    maintenance.run(&format!("CREATE DATABASE {name}")).await;
    let session = server.session(name).await;
    session.run("CREATE EXTENSION insightflow").await;
    session.run(TABLES).await;
    session
}

/// Waits until the history has so many rows, and gives them: question or statement, status, SQLSTATE.
pub async fn rows(session: &Session, count: usize) -> Vec<String> {
    session
        .until(
            "SELECT count(*) FROM insightflow.query_log",
            &count.to_string(),
        )
        .await;
    session
        .rows("SELECT concat_ws(' | ', coalesce(question, sql), status, sqlstate) FROM insightflow.query_log ORDER BY id")
        .await
        .into_iter()
        .map(|mut row| row.remove(0).unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn a_row_survives_whatever_becomes_of_the_transaction() {
    let server = Server::start(PRELOADED);
    let session = database(&server, "one").await;

    session
        .run("BEGIN; SELECT * FROM ask('how many regions'); ROLLBACK")
        .await;
    session
        .run("BEGIN READ ONLY; SELECT * FROM ask('list regions'); COMMIT")
        .await;
    session
        .run("BEGIN; SAVEPOINT a; SELECT * FROM insightflow.run('SELECT 1'); ROLLBACK TO a; COMMIT")
        .await;
    let (state, _) = session
        .failure(
            "SELECT 1 / (r.count - r.count) FROM insightflow.run('SELECT count(*) FROM region') r",
        )
        .await;
    assert_eq!(state, "22012");
    session
        .run("DO $$ BEGIN PERFORM * FROM insightflow.run('SELECT 2'); RAISE 'x'; EXCEPTION WHEN OTHERS THEN END $$")
        .await;
    let kept = rows(&session, 5).await;
    assert_eq!(
        kept,
        [
            "how many regions | answered",
            "list regions | answered",
            "SELECT 1 | answered",
            "SELECT count(*) FROM region | answered",
            "SELECT 2 | answered",
        ]
    );
}

#[tokio::test]
async fn a_failure_leaves_a_row_that_its_message_names() {
    let server = Server::start(PRELOADED);
    let session = database(&server, "one").await;
    let statements = [
        ("SELECT * FROM ask('blorp the fnord')", "22023"),
        ("SELECT * FROM insightflow.run('SELECT 1 / 0')", "22012"),
        (
            "SELECT * FROM insightflow.run('SELECT nothing FROM region')",
            "42703",
        ),
        (
            "SELECT * FROM insightflow.run('DELETE FROM region')",
            "42501",
        ),
        (
            "SELECT * FROM insightflow.run('SELECT pg_read_file(''x'')' || '')",
            "42501",
        ),
        (
            "SET insightflow.statement_timeout = 100; SELECT * FROM insightflow.run('SELECT pg_catalog.count(*) FROM generate_series(1, 1000000000)')",
            "57014",
        ),
    ];
    for (number, (statement, state)) in statements.into_iter().enumerate() {
        let error = session.try_rows(statement).await.expect_err(statement);
        assert_eq!(state_and_message(&error).0, state, "{statement}");
        let detail = error
            .as_db_error()
            .and_then(|error| error.detail())
            .unwrap_or_else(|| panic!("{statement}: {}", describe(&error)));
        let id = detail
            .lines()
            .find_map(|line| line.strip_prefix("query_id: "))
            .unwrap_or_else(|| panic!("{statement}: {detail}"));
        rows(&session, number + 1).await;
        let row = session
            .value(&format!(
                "SELECT concat_ws(' ', sqlstate, status, error IS NOT NULL) FROM insightflow.query_log WHERE id = '{id}'"
            ))
            .await;
        let status = if state == "42501" {
            "refused"
        } else {
            "failed"
        };
        assert_eq!(row, format!("{state} {status} t"), "{statement}");
    }
}

#[tokio::test]
async fn a_question_that_is_cancelled_or_whose_session_is_terminated_leaves_its_row() {
    let server = Server::start(PRELOADED);
    let session = database(&server, "one").await;
    for (function, state) in [
        ("pg_cancel_backend", "57014"),
        ("pg_terminate_backend", "57P01"),
    ] {
        let asking = server.session("one").await;
        let pid = asking.value("SELECT pg_backend_pid()").await;
        let statement = format!("SELECT * FROM insightflow.run('{ENDLESS}')");
        let (ended, ()) = tokio::join!(asking.try_rows(&statement), async {
            // Its first temporary file says that it executes.
            session
                .until(
                    &format!(
                        "SELECT count(*) > 0 FROM pg_ls_tmpdir() WHERE name LIKE 'pgsql_tmp{pid}.%'"
                    ),
                    "t",
                )
                .await;
            session.run(&format!("SELECT {function}({pid})")).await;
        });
        let error = ended.expect_err("the statement never ends by itself");
        assert_eq!(error.code().map(SqlState::code), Some(state));
    }
    let kept = rows(&session, 2).await;
    assert_eq!(
        kept,
        [
            format!("{ENDLESS} | failed | 57014"),
            format!("{ENDLESS} | failed | 57P01"),
        ]
    );
}

#[tokio::test]
async fn each_database_has_its_history_and_can_be_dropped() {
    let server = Server::start(PRELOADED);
    let one = database(&server, "one").await;
    let two = database(&server, "two").await;
    for session in [&one, &two] {
        session.run("SELECT * FROM ask('how many regions')").await;
    }
    assert_eq!(rows(&one, 1).await, ["how many regions | answered"]);
    assert_eq!(rows(&two, 1).await, ["how many regions | answered"]);
    assert_eq!(
        one.value(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'insightflow history'"
        )
        .await,
        "2"
    );
    drop(two);
    let maintenance = server.session("postgres").await;
    maintenance
        .until("SELECT count(*) FROM pg_stat_activity WHERE datname = 'two' AND backend_type = 'client backend'", "0")
        .await;
    // Its worker is still there: PostgreSQL itself would wait for it in vain.
    maintenance.run("DROP DATABASE two").await;
    one.run("SELECT * FROM ask('how many regions')").await;
    rows(&one, 2).await;
    one.run("DROP EXTENSION insightflow; CREATE EXTENSION insightflow")
        .await;
    one.run("SELECT * FROM ask('list regions')").await;
    assert_eq!(rows(&one, 1).await, ["list regions | answered"]);
}

#[tokio::test]
async fn months_are_tables_and_old_ones_are_dropped() {
    let server = Server::start(PRELOADED);
    let session = database(&server, "one").await;
    session.run("SELECT * FROM ask('how many regions')").await;
    rows(&session, 1).await;
    assert_eq!(
        session
            .value("SELECT count(*) FROM ONLY insightflow.query_log")
            .await,
        "0"
    );
    assert_eq!(
        session
            .value("SELECT DISTINCT tableoid::regclass::text = 'insightflow_history.query_log_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM') FROM insightflow.query_log")
            .await,
        "t"
    );
    // Two old months, one row of release 0.1.0, and one month that is not over long enough.
    session
        .run(
            "SELECT insightflow.add_history_month(date) FROM unnest(ARRAY[date '2020-01-31', '2020-02-01', now()::date - 35]) date;
             INSERT INTO insightflow_history.query_log_2020_01 (id, asked_at, session_role, role, status, total_ms)
             VALUES (gen_random_uuid(), '2020-01-31 23:59:59.999999+00', 'x', 'x', 'answered', 1);
             INSERT INTO insightflow.query_log (id, asked_at, session_role, role, status, total_ms)
             VALUES (gen_random_uuid(), '2020-01-31 23:59:59.999999+00', 'x', 'x', 'answered', 1)",
        )
        .await;
    assert_eq!(
        session
            .failure("INSERT INTO insightflow_history.query_log_2020_01 (id, asked_at, session_role, role, status, total_ms)
                      VALUES (gen_random_uuid(), '2020-02-01 00:00+00', 'x', 'x', 'answered', 1)")
            .await
            .0,
        "23514"
    );
    let months = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'insightflow.query_log'::regclass AND inhrelid <> 'insightflow_history.no_month'::regclass";
    assert_eq!(session.value(months).await, "4");
    // The worker reads the settings of its database when it starts.
    session
        .run("ALTER DATABASE one SET insightflow.log_retention = '90d'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'insightflow history'")
        .await;
    session
        .until(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'insightflow history'",
            "0",
        )
        .await;
    session.run("SELECT * FROM ask('list regions')").await;
    session.until(months, "2").await;
    assert_eq!(
        rows(&session, 2).await,
        ["how many regions | answered", "list regions | answered"]
    );
    // Nothing of it stays behind.
    session.run("DROP EXTENSION insightflow").await;
    assert_eq!(
        session
            .value("SELECT count(*) FROM pg_class WHERE relname LIKE 'query_log%'")
            .await,
        "0"
    );
}

#[tokio::test]
async fn nobody_forges_reads_or_erases_a_trail() {
    let server = Server::start(PRELOADED);
    let session = database(&server, "one").await;
    session
        .run(
            "CREATE ROLE ann LOGIN; CREATE ROLE bob LOGIN; GRANT SELECT ON region TO ann, bob;
              SELECT insightflow.enroll('ann'); SELECT insightflow.enroll('bob');
              ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO ann",
        )
        .await;
    let ann = Session::connect(server.config().dbname("one").user("ann")).await;
    let bob = Session::connect(server.config().dbname("one").user("bob")).await;
    ann.run("SELECT * FROM ask('how many regions')").await;
    bob.run("SELECT * FROM ask('list regions')").await;
    rows(&session, 2).await;
    let month = session
        .value("SELECT DISTINCT tableoid::regclass::text FROM insightflow.query_log")
        .await;
    assert_eq!(
        ann.value("SELECT string_agg(question, ', ') FROM insightflow.query_log")
            .await,
        "how many regions"
    );
    // Default privileges have not opened the table of the month; a grant on it does, but its row security does not.
    assert_eq!(
        ann.failure(&format!("SELECT FROM {month}")).await.0,
        "42501"
    );
    session
        .run(&format!(
            "GRANT USAGE ON SCHEMA insightflow_history TO ann; GRANT SELECT, INSERT, UPDATE, DELETE ON {month} TO ann"
        ))
        .await;
    assert_eq!(
        ann.value(&format!("SELECT count(*) FROM {month}")).await,
        "0"
    );
    assert_eq!(
        bob.failure(&format!("SELECT FROM {month}")).await.0,
        "42501"
    );
    let worker = session
        .value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'insightflow history'")
        .await;
    let values = "(id, asked_at, session_role, role, status, total_ms) VALUES (gen_random_uuid(), now(), 'bob', 'bob', 'answered', 1)";
    for statement in [
        format!("INSERT INTO insightflow.query_log {values}"),
        format!("INSERT INTO {month} {values}"),
        "UPDATE insightflow.query_log SET question = 'another'".to_owned(),
        "DELETE FROM insightflow.query_log".to_owned(),
        "TRUNCATE insightflow.query_log".to_owned(),
        "DROP TABLE insightflow.query_log".to_owned(),
        format!("DROP TABLE {month}"),
        "SELECT insightflow.trim_history('1 second')".to_owned(),
        "SELECT insightflow.add_history_month('2020-01-01')".to_owned(),
        "SET insightflow.log_retention = 1".to_owned(),
        "CREATE TABLE insightflow_history.query_log_2099_01 ()".to_owned(),
        format!("TRUNCATE {month}"),
        format!("SELECT pg_terminate_backend({worker})"),
    ] {
        assert_eq!(ann.failure(&statement).await.0, "42501", "{statement}");
    }
    // Under another role's name only what was asked with its rights.
    session.run("GRANT bob TO ann").await;
    ann.run("SET ROLE bob; SELECT * FROM ask('how many regions'); RESET ROLE")
        .await;
    rows(&session, 3).await;
    assert_eq!(
        session
            .value("SELECT string_agg(session_role || ' ' || role, ', ' ORDER BY id) FROM insightflow.query_log")
            .await,
        "ann ann, bob bob, ann bob"
    );
    assert_eq!(
        session
            .value(&format!("SELECT count(*) FROM {month}"))
            .await,
        "3"
    );
}

#[tokio::test]
async fn a_row_tells_the_time_of_every_stage_and_who_asked() {
    let server = Server::start(PRELOADED);
    let session = database(&server, "one").await;
    session
        .run("SET application_name = 'a dashboard'; SELECT * FROM ask('how many regions'); SELECT * FROM ask('how many regions')")
        .await;
    rows(&session, 2).await;
    let told = session
        .rows(
            "SELECT translate_ms > 0 AND prepare_ms > 0 AND execute_ms > 0
                    AND total_ms >= translate_ms + prepare_ms + execute_ms AND total_ms < 60000,
                    concat_ws(' | ', application_name, session_role, role, source, row_count, truncated, client_address, asked_at <= now())
             FROM insightflow.query_log ORDER BY id",
        )
        .await;
    let who = Some("a dashboard | postgres | postgres | embedded | 1 | f | t".to_owned());
    let yes = Some("t".to_owned());
    assert_eq!(told, [vec![yes.clone(), who.clone()], vec![yes, who]]);
}

#[tokio::test]
async fn the_history_of_release_0_1_0_goes_on() {
    let server = Server::start(PRELOADED);
    server
        .session("postgres")
        .await
        .run("CREATE DATABASE one")
        .await;
    let session = server.session("one").await;
    session
        .run("CREATE EXTENSION insightflow VERSION '0.1.0'")
        .await;
    session
        .run(&format!("{TABLES}; CREATE ROLE ann LOGIN; GRANT SELECT ON region TO ann; SELECT insightflow.enroll('ann'); SET ROLE ann"))
        .await;
    // The new library with the old tables.
    session
        .run("BEGIN; SELECT * FROM ask('how many regions'); ROLLBACK")
        .await;
    assert_eq!(rows(&session, 1).await, ["how many regions | answered"]);
    session
        .run("RESET ROLE; ALTER EXTENSION insightflow UPDATE; SET ROLE ann")
        .await;
    session.run("SELECT * FROM ask('list regions')").await;
    // The same table, with its grants and its rows.
    assert_eq!(
        rows(&session, 2).await,
        ["how many regions | answered", "list regions | answered"]
    );
    session.run("RESET ROLE").await;
    assert_eq!(
        session
            .value("SELECT count(*) FROM ONLY insightflow.query_log")
            .await,
        "1"
    );
}

#[tokio::test]
async fn a_month_that_cannot_be_made_costs_no_row() {
    let server = Server::start(PRELOADED);
    let session = database(&server, "one").await;
    session
        .run("CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no tables today'; END $$;
              CREATE EVENT TRIGGER forbid ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION forbid()")
        .await;
    session.run("SELECT * FROM ask('how many regions')").await;
    rows(&session, 1).await;
    session.run("SELECT * FROM ask('list regions')").await;
    rows(&session, 2).await;
    assert_eq!(
        session
            .value("SELECT count(*) FROM ONLY insightflow.query_log")
            .await,
        "2"
    );
    assert_eq!(server.log().matches("no tables today").count(), 1);
}
