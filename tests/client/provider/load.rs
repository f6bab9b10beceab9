//! Many sessions, kept connections, a provider that fails.

use super::interrupts::join_all;
use super::{Act, Certificate, Format, Provider, Step, asker, asker_on, question};
use crate::support::{Database, Server, Session, full_text, state_and_message};
use serde_json::json;
use std::time::{Duration, Instant};

async fn ask(session: &Session) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
    let sql = format!("SELECT insightflow.to_sql('{}')", question());
    session.try_rows(&sql).await
}

async fn sessions(database: &Database, role: &str, count: usize) -> Vec<Session> {
    let mut sessions = Vec::new();
    for _ in 0..count {
        sessions.push(database.session(role).await);
    }
    sessions
}

#[tokio::test]
async fn fifty_sessions_ask_at_once() {
    let provider = Provider::start().await;
    let latency = Duration::from_millis(200);
    provider.always(Step::slow_sql("SELECT 1 AS one", latency));
    let (database, role) = asker(&provider, Format::OpenAi).await;
    let sessions = sessions(&database, &role, 50).await;
    let admin = database.superuser().await;
    let asking: Vec<_> = sessions.iter().map(ask).collect();
    let (answers, slowest) = tokio::join!(join_all(asking), async {
        // Another session works on meanwhile.
        let mut slowest = Duration::ZERO;
        while provider.requests().len() < 50 {
            let began = Instant::now();
            assert_eq!(admin.value("SELECT 2 + 2").await, "4");
            slowest = slowest.max(began.elapsed());
        }
        slowest
    });
    for answer in answers {
        answer.expect("an answer");
    }
    println!("slowest other statement: {slowest:?}");
    assert!(slowest < Duration::from_secs(10));
    // All of them can be cancelled, too.
    provider.always(Step::hold());
    let asking: Vec<_> = sessions.iter().map(ask).collect();
    let (outcomes, ()) = tokio::join!(join_all(asking), async {
        provider.until_called(100).await;
        admin
            .run(&format!(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"
            ))
            .await;
    });
    for outcome in outcomes {
        let (state, message) = state_and_message(&outcome.expect_err("a cancel"));
        assert_eq!(state, "57014", "{message}");
    }
    provider.until_open(0).await;
    database.drop().await;
}

#[tokio::test]
async fn a_session_keeps_its_connection() {
    let provider = Provider::start().await;
    let (database, role) = asker(&provider, Format::Anthropic).await;
    let session = database.session(&role).await;
    for _ in 0..3 {
        ask(&session).await.expect("an answer");
    }
    assert_eq!(provider.accepted(), 1);
    // A refusal does not end it either.
    provider.next(Step::status(400, &json!({"error": {"message": "no"}})));
    ask(&session).await.expect_err("an error");
    ask(&session).await.expect("an answer");
    assert_eq!(provider.accepted(), 1);
    // The provider ends it between two questions, and the next one does not notice.
    let body = super::script::openai(&super::Content::Text("x".into()));
    let last = super::script::response(500, &[], body.to_string().as_bytes());
    provider.next(Step::Acts(vec![Act::Send(last), Act::Close]));
    ask(&session).await.expect("an answer after a retry");
    provider.until_open(1).await;
    ask(&session).await.expect("an answer");
    assert_eq!(provider.accepted(), 2);
    database.drop().await;
}

#[tokio::test]
async fn a_connection_that_the_provider_has_ended_is_no_failure() {
    for certificate in [None, Some(Certificate::Good)] {
        let provider = match certificate {
            None => Provider::start().await,
            Some(certificate) => Provider::start_tls(certificate).await,
        };
        let (database, role) = asker(&provider, Format::OpenAi).await;
        // Neither is a retry needed, nor does the breaker hear of anything.
        database.set("insightflow.max_retries", "0").await;
        database.set("insightflow.breaker_failures", "1").await;
        let session = database.session(&role).await;
        let fields =
            json!({"sql": "SELECT 1 AS one", "reading": "", "assumptions": [], "unanswerable": ""});
        let body = super::script::openai(&super::Content::Fields(fields)).to_string();
        let last = super::script::response(200, &[], body.as_bytes());
        for round in 1..=3 {
            provider.next(Step::Acts(vec![Act::Send(last.clone()), Act::Close]));
            ask(&session).await.expect("an answer");
            assert_eq!(provider.accepted(), round);
            provider.until_open(0).await;
        }
        let retries = database.superuser().await;
        assert_eq!(
            retries
                .value("SELECT coalesce(sum(retries), 0) FROM insightflow.query_log")
                .await,
            "0"
        );
        database.drop().await;
    }
}

#[tokio::test]
async fn an_idle_connection_is_ended_at_its_age() {
    let provider = Provider::start().await;
    let (database, role) = asker(&provider, Format::OpenAi).await;
    let session = database.session(&role).await;
    ask(&session).await.expect("an answer");
    // Young enough.
    session.run("SELECT 1").await;
    ask(&session).await.expect("an answer");
    assert_eq!(provider.accepted(), 1);
    database.set("insightflow.connection_max_idle", "0").await;
    let session = database.session(&role).await;
    ask(&session).await.expect("an answer");
    provider.until_open(2).await;
    session.run("SELECT 1").await;
    provider.until_open(1).await;
    ask(&session).await.expect("an answer");
    assert_eq!(provider.accepted(), 3);
    database.drop().await;
}

#[tokio::test]
async fn a_session_that_never_asks_has_nothing_of_it() {
    let provider = Provider::start().await;
    let (database, role) = asker(&provider, Format::OpenAi).await;
    let session = database.session(&role).await;
    let pid = session.value("SELECT pg_backend_pid()").await;
    let held = || {
        let count = |what: &str| {
            std::fs::read_dir(format!("/proc/{pid}/{what}"))
                .expect("a process")
                .count()
        };
        (count("task"), count("fd"))
    };
    session
        .run("SELECT * FROM insightflow.run('SELECT 1')")
        .await;
    let before = held();
    session.run("SELECT 1").await;
    assert_eq!(held(), before);
    assert_eq!(before.0, 1, "one thread");
    ask(&session).await.expect("an answer");
    assert_eq!(held().0, 1, "one thread after a call");
    println!(
        "threads {} descriptors {} -> {}",
        held().0,
        before.1,
        held().1
    );
    assert_eq!(provider.accepted(), 1);
    database.drop().await;
}

/// A failing provider is left alone after two calls, and asked again after the cool-down.
async fn breaker(database: &Database, role: &str, provider: &Provider, shared: bool) {
    for (name, value) in [
        ("max_retries", "0"),
        ("breaker_failures", "2"),
        ("breaker_cooldown", "2s"),
    ] {
        database.set(&format!("insightflow.{name}"), value).await;
    }
    let first = database.session(role).await;
    let second = database.session(role).await;
    provider.always(Step::status(500, &json!({"error": {"message": "trouble"}})));
    for _ in 0..2 {
        let (state, _) = full_text(&ask(&first).await.expect_err("an error"));
        assert_eq!(state, "08006");
    }
    let called = provider.requests().len();
    let (state, text) = full_text(&ask(&first).await.expect_err("left alone"));
    assert_eq!(state, "08001", "{text}");
    assert!(text.contains("the last calls failed"), "{text}");
    assert_eq!(provider.requests().len(), called);
    let (state, _) = full_text(&ask(&second).await.expect_err("an error"));
    assert_eq!(state == "08001", shared, "{state}");
    provider.always(Step::sql("SELECT 1 AS one"));
    let mut answered = false;
    let began = Instant::now();
    while !answered && began.elapsed() < Duration::from_secs(60) {
        answered = ask(&first).await.is_ok();
    }
    assert!(answered, "it is never asked again");
    ask(&second).await.expect("an answer");
}

#[tokio::test]
async fn a_failing_provider_is_left_alone_by_its_session() {
    let provider = Provider::start().await;
    let server = Server::start("");
    let (database, role) = asker_on(server.config(), &provider, Format::OpenAi).await;
    breaker(&database, &role, &provider, false).await;
}

#[tokio::test]
async fn a_failing_provider_is_left_alone_by_all_sessions() {
    let provider = Provider::start().await;
    let server = Server::start("shared_preload_libraries = 'insightflow'");
    let (database, role) = asker_on(server.config(), &provider, Format::OpenAi).await;
    breaker(&database, &role, &provider, true).await;
}
