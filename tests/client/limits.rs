//! Tiers: how many questions a role may ask, however it tries to ask more.

use crate::support::{Server, Session, describe};
use tokio_postgres::Error;

const PRELOADED: &str = "shared_preload_libraries = 'insightflow'\nmax_connections = 150";

/// A role `asker` in a tier that lets so many questions pass a day, and a group that it may become.
const ROLES: &str = "CREATE EXTENSION insightflow;
    CREATE TABLE region (id int PRIMARY KEY, name text);
    INSERT INTO region SELECT n, 'region ' || n FROM generate_series(1, 4) n;
    CREATE ROLE asker LOGIN; CREATE ROLE asking_group; GRANT asking_group TO asker;
    GRANT SELECT ON region TO asker, asking_group;
    INSERT INTO insightflow.tier (name, per_day) VALUES ('few', 5);
    SELECT insightflow.enroll('asker', 'few'); SELECT insightflow.enroll('asking_group')";

async fn prepared(server: &Server) -> Session {
    let session = server.session("postgres").await;
    session.run(ROLES).await;
    session
}

async fn asker(server: &Server) -> Session {
    Session::connect(server.config().dbname("postgres").user("asker")).await
}

const QUESTION: &str = "SELECT * FROM insightflow.run('SELECT 1')";

#[track_caller]
fn is_limit(error: &Error) -> String {
    let error = error.as_db_error().expect("an error of the server");
    assert_eq!(error.code().code(), "53400", "{error:?}");
    format!(
        "{}|{}|{}",
        error.message(),
        error.detail().unwrap_or_default(),
        error.hint().unwrap_or_default()
    )
}

/// Asks until a limit is reached; how often it was not.
async fn passed(session: &Session, statement: &str) -> usize {
    for count in 0..100 {
        if let Err(error) = session.try_rows(statement).await {
            is_limit(&error);
            return count;
        }
    }
    panic!("no limit");
}

#[tokio::test]
async fn of_a_hundred_sessions_exactly_as_many_pass_as_the_limit_says() {
    let server = Server::start(PRELOADED);
    let dba = prepared(&server).await;
    dba.run("UPDATE insightflow.tier SET per_day = 37").await;
    let mut sessions = Vec::new();
    for _ in 0..100 {
        sessions.push(asker(&server).await);
    }
    let asking: Vec<_> = sessions
        .into_iter()
        .map(|session| tokio::spawn(async move { session.try_rows(QUESTION).await.map(drop) }))
        .collect();
    let mut passed = 0;
    for answer in asking {
        match answer.await.expect("no panic") {
            Ok(()) => passed += 1,
            Err(error) => {
                is_limit(&error);
            }
        }
    }
    assert_eq!(passed, 37);
}

#[tokio::test]
async fn a_message_names_the_limit_and_when_it_opens_again() {
    let server = Server::start(PRELOADED);
    let dba = prepared(&server).await;
    let asker = asker(&server).await;
    assert_eq!(passed(&asker, QUESTION).await, 5);
    let error = asker
        .try_rows("SELECT * FROM ask('how many regions')")
        .await
        .expect_err("over the limit");
    let message = is_limit(&error);
    assert!(
        message.starts_with("the limit of 5 questions per day is reached|It is that of tier \"few\", and it is role \"asker\" that has reached it."),
        "{message}"
    );
    // A fifth of a day has 17,280 seconds.
    let seconds: u32 = message
        .split("It opens again in ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{message}"));
    assert!((17_000..=17_281).contains(&seconds), "{message}");
    // The refusal has its row, and the session goes on.
    dba.until(
        "SELECT count(*) FROM insightflow.query_log WHERE sqlstate = '53400' AND session_role = 'asker'",
        "2",
    )
    .await;
    assert_eq!(asker.value("SELECT 1").await, "1");
    // A change of the tier is seen by the next question.
    dba.run("UPDATE insightflow.tier SET per_day = 0").await;
    let error = asker.try_rows(QUESTION).await.expect_err("closed");
    assert!(is_limit(&error).contains("it never opens"));
    dba.run("UPDATE insightflow.tier SET per_day = NULL").await;
    asker.run(QUESTION).await;
}

#[tokio::test]
async fn a_limit_that_is_changed_holds_at_once() {
    for configuration in [PRELOADED, ""] {
        let server = Server::start(configuration);
        let dba = prepared(&server).await;
        let asker = asker(&server).await;
        assert_eq!(passed(&asker, QUESTION).await, 5);
        // Five of what is added are gone, and not all of them.
        dba.run("UPDATE insightflow.tier SET per_day = 12").await;
        assert_eq!(passed(&asker, QUESTION).await, 7);
        dba.run("UPDATE insightflow.tier SET per_day = 7").await;
        assert_eq!(passed(&asker, QUESTION).await, 0);
        dba.run("INSERT INTO insightflow.tier (name, per_day) VALUES ('many', 20); SELECT insightflow.enroll('asker', 'many')")
            .await;
        assert_eq!(passed(&asker, QUESTION).await, 8);
    }
}

#[tokio::test]
async fn a_limit_is_not_dodged() {
    let server = Server::start(PRELOADED);
    let dba = prepared(&server).await;
    dba.run(
        "CREATE FUNCTION wrapped() RETURNS SETOF json LANGUAGE sql SECURITY DEFINER AS $$ SELECT answer FROM insightflow.run('SELECT 1'::text) $$",
    )
    .await;
    let one = asker(&server).await;
    one.run(&format!("BEGIN; {QUESTION}; ROLLBACK")).await;
    one.run(&format!(
        "BEGIN; SAVEPOINT s; {QUESTION}; ROLLBACK TO s; COMMIT"
    ))
    .await;
    one.run("DO $$ BEGIN PERFORM * FROM insightflow.run('SELECT 1'); RAISE 'x'; EXCEPTION WHEN OTHERS THEN END $$")
        .await;
    // A question that fails is one too.
    one.try_rows("SELECT * FROM insightflow.run('SELECT 1 / 0')")
        .await
        .expect_err("division by zero");
    one.run(&format!("BEGIN READ ONLY; {QUESTION}; COMMIT"))
        .await;
    // Five of five.
    for statement in [
        QUESTION,
        "SET ROLE asking_group; SELECT * FROM insightflow.run('SELECT 1')",
        "DISCARD ALL",
        "SELECT * FROM wrapped()",
        "SELECT insightflow.to_sql('how many regions')",
        "SELECT * FROM ask('how many regions')",
        "EXPLAIN SELECT * FROM ask('how many regions')",
    ] {
        if statement == "DISCARD ALL" {
            one.run(statement).await;
            continue;
        }
        match one.try_rows(statement).await {
            Ok(_) => panic!("{statement} passed"),
            Err(error) => is_limit(&error),
        };
    }
    let other = asker(&server).await;
    assert_eq!(passed(&other, QUESTION).await, 0);
}

#[tokio::test]
async fn a_role_that_one_becomes_has_its_limits_too() {
    let server = Server::start(PRELOADED);
    let dba = prepared(&server).await;
    dba.run(
        "CREATE ROLE pool LOGIN NOINHERIT; GRANT asker TO pool; INSERT INTO insightflow.tier (name) VALUES ('unlimited');
         SELECT insightflow.enroll('pool', 'unlimited')",
    )
    .await;
    let pool = Session::connect(server.config().dbname("postgres").user("pool")).await;
    pool.run("SET ROLE asker").await;
    assert_eq!(passed(&pool, QUESTION).await, 5);
    // A pooler resets its sessions; as itself it has no limit.
    pool.run("DISCARD ALL").await;
    for _ in 0..10 {
        pool.run(QUESTION).await;
    }
    pool.run("SET ROLE asker").await;
    assert_eq!(passed(&pool, QUESTION).await, 0);
    // A member of several groups has the strictest limits of them, and a role of its own its own.
    dba.run(
        "CREATE ROLE member LOGIN IN ROLE asker, asking_group, pool; INSERT INTO insightflow.tier (name, per_day) VALUES ('default', 2)",
    )
    .await;
    let member = Session::connect(server.config().dbname("postgres").user("member")).await;
    assert_eq!(passed(&member, QUESTION).await, 2);
    dba.run("SELECT insightflow.enroll('member', 'unlimited')")
        .await;
    for _ in 0..5 {
        member.run(QUESTION).await;
    }
}

#[tokio::test]
async fn counts_survive_a_restart_and_a_crash() {
    let server = Server::start(PRELOADED);
    let dba = prepared(&server).await;
    let one = asker(&server).await;
    for _ in 0..3 {
        one.run(QUESTION).await;
    }
    dba.until("SELECT count(*) FROM insightflow.query_log", "3")
        .await;
    drop((one, dba));
    server.stop("fast");
    server.start_again();
    let one = asker(&server).await;
    one.run(QUESTION).await;
    let dba = server.session("postgres").await;
    dba.until("SELECT count(*) FROM insightflow.query_log", "4")
        .await;
    // What was committed is known to the history; asynchronous commits are flushed.
    dba.run("CHECKPOINT").await;
    drop((one, dba));
    server.stop("immediate");
    server.start_again();
    let one = asker(&server).await;
    assert_eq!(passed(&one, QUESTION).await, 1);
}

#[tokio::test]
async fn without_preload_the_history_counts() {
    let server = Server::start("");
    let dba = prepared(&server).await;
    let one = asker(&server).await;
    for _ in 0..2 {
        one.run(QUESTION).await;
    }
    // In one session a ROLLBACK undoes nothing.
    one.run(&format!("BEGIN; {QUESTION}; ROLLBACK")).await;
    let other = asker(&server).await;
    assert_eq!(passed(&other, QUESTION).await, 3);
    assert_eq!(passed(&one, QUESTION).await, 0);
    let detail = dba
        .value("SELECT detail FROM insightflow.health() WHERE component = 'limits'")
        .await;
    assert!(detail.contains("not preloaded"), "{detail}");
}

#[tokio::test]
async fn settings_lower_limits_and_never_raise_them() {
    let server = Server::start(PRELOADED);
    let dba = prepared(&server).await;
    dba.run(
        "UPDATE insightflow.tier SET per_day = NULL, max_rows = 3, statement_timeout = '100 ms'",
    )
    .await;
    let asker = asker(&server).await;
    let rows = "SELECT count(*) FROM insightflow.run('SELECT n FROM generate_series(1, 9) n')";
    asker
        .run("SET insightflow.max_rows = 100; SET insightflow.statement_timeout = '1h'")
        .await;
    assert_eq!(asker.value(rows).await, "3");
    let error = asker
        .try_rows(
            "SELECT * FROM insightflow.run('SELECT count(*) FROM generate_series(1, 1000000000)')",
        )
        .await
        .expect_err("too long");
    assert!(describe(&error).contains("57014"), "{}", describe(&error));
    asker.run("SET insightflow.max_rows = 2").await;
    assert_eq!(asker.value(rows).await, "2");
}

#[tokio::test]
async fn an_administrator_is_made_by_the_dba_and_is_no_superuser() {
    let server = Server::start(PRELOADED);
    let dba = prepared(&server).await;
    dba.run("CREATE ROLE steward; CREATE ROLE steward_login LOGIN IN ROLE steward; CREATE ROLE analyst LOGIN; SELECT insightflow.make_administrator('steward')")
        .await;
    let asker = asker(&server).await;
    asker.run(QUESTION).await;
    for statement in [
        "SELECT insightflow.enroll('analyst')",
        "SELECT insightflow.withdraw('asker')",
        "SELECT insightflow.make_administrator('asker')",
        "UPDATE insightflow.tier SET per_day = 1000",
        "DELETE FROM insightflow.enrollment",
        "SELECT * FROM insightflow.health()",
    ] {
        assert_eq!(asker.failure(statement).await.0, "42501", "{statement}");
    }
    let steward = Session::connect(server.config().dbname("postgres").user("steward_login")).await;
    steward
        .run("INSERT INTO insightflow.tier (name, per_minute) VALUES ('slow', 1); SELECT insightflow.enroll('analyst', 'slow')")
        .await;
    let analyst = Session::connect(server.config().dbname("postgres").user("analyst")).await;
    assert_eq!(passed(&analyst, QUESTION).await, 1);
    // Under SET ROLE and after DISCARD ALL too.
    steward
        .run("SET ROLE steward; SELECT insightflow.withdraw('analyst')")
        .await;
    steward.run("DISCARD ALL").await;
    assert_eq!(analyst.failure(QUESTION).await.0, "42501");
    steward
        .until(
            "SELECT count(DISTINCT session_role) FROM insightflow.query_log",
            "2",
        )
        .await;
    assert_eq!(
        asker
            .value("SELECT count(DISTINCT session_role) FROM insightflow.query_log")
            .await,
        "1"
    );
    // What the DBA has enrolled an administrator takes back, and the other way round.
    steward
        .run("SELECT insightflow.withdraw('asker'), insightflow.withdraw('asking_group')")
        .await;
    assert_eq!(asker.failure(QUESTION).await.0, "42501");
    assert_eq!(
        steward
            .failure("SELECT insightflow.make_administrator('analyst')")
            .await
            .0,
        "42501"
    );
    dba.run("SELECT insightflow.unmake_administrator('steward')")
        .await;
    assert_eq!(
        steward
            .failure("SELECT insightflow.enroll('analyst')")
            .await
            .0,
        "42501"
    );
}
