//! A call can be ended at every moment, leaves nothing behind, and the session goes on.

use super::phases::{Phase, Stuck};
use super::{Format, Provider, Step, asker, question};
use crate::support::{Server, Session, describe, state_and_message};
use std::time::{Duration, Instant};

/// Far below every time limit of the call, far above what a loaded machine needs.
const SOON: Duration = Duration::from_secs(10);

/// The threads of a process.
fn threads(pid: &str) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/task"))
        .expect("a process")
        .count()
}

/// Lets a session ask a stuck provider, and does something as soon as the call has got there. Gives the outcome and the time
/// from then on.
async fn interrupted<T>(
    session: &Session,
    stuck: &Stuck,
    question: &str,
    interrupt: impl Future<Output = T>,
) -> (
    Result<Vec<Vec<Option<String>>>, tokio_postgres::Error>,
    Duration,
) {
    let sql = format!("SELECT insightflow.to_sql('{question}')");
    let (outcome, reached) = tokio::join!(
        async { (session.try_rows(&sql).await, Instant::now()) },
        async {
            stuck.until_reached().await;
            let reached = Instant::now();
            interrupt.await;
            reached
        }
    );
    (outcome.0, outcome.1.saturating_duration_since(reached))
}

async fn point_at(database: &crate::support::Database, stuck: &Stuck) {
    database
        .set("insightflow.base_url", &stuck.base_url())
        .await;
    if let Some(file) = stuck.ca_file() {
        database.set("insightflow.ca_file", &file).await;
    }
    database.set("insightflow.connect_timeout", "60s").await;
}

#[tokio::test]
async fn a_cancel_ends_a_call_in_every_phase() {
    for phase in Phase::ALL {
        let stuck = Stuck::at(phase).await;
        let healthy = Provider::start().await;
        let (database, role) = asker(&healthy, Format::OpenAi).await;
        point_at(&database, &stuck).await;
        let admin = database.superuser().await;
        let session = database.session(&role).await;
        let pid = session.value("SELECT pg_backend_pid()").await;
        let before = threads(&pid);
        let (outcome, time) = interrupted(&session, &stuck, &question(), async {
            assert_eq!(threads(&pid), before, "{phase:?}: threads during the call");
            let waits = format!("SELECT wait_event_type FROM pg_stat_activity WHERE pid = {pid}");
            assert_eq!(admin.value(&waits).await, "Extension", "{phase:?}");
            admin
                .value(&format!("SELECT pg_cancel_backend({pid})"))
                .await
        })
        .await;
        let (state, message) = state_and_message(&outcome.expect_err("a cancel"));
        assert_eq!(state, "57014", "{phase:?}: {message}");
        assert!(time < SOON, "{phase:?}: {time:?}");
        println!("cancel {phase:?}: {:.1} ms", time.as_secs_f64() * 1e3);
        stuck.until_left().await;
        assert_eq!(threads(&pid), before, "{phase:?}: threads after the call");
        // The session is as good as new, also for the next call.
        admin
            .run(&format!(
                "ALTER DATABASE {} SET insightflow.base_url = '{}'",
                database.name(),
                healthy.base_url(Format::OpenAi)
            ))
            .await;
        assert_eq!(session.value("SELECT 2 + 2").await, "4");
        let fresh = database.session(&role).await;
        let sql = format!("SELECT insightflow.to_sql('{}')", question());
        assert_eq!(fresh.value(&sql).await, "SELECT 1 AS one");
        database.drop().await;
    }
}

#[tokio::test]
async fn a_session_asks_again_after_a_cancel() {
    let provider = Provider::start().await;
    let (database, role) = asker(&provider, Format::Anthropic).await;
    let admin = database.superuser().await;
    let session = database.session(&role).await;
    let pid = session.value("SELECT pg_backend_pid()").await;
    let before = threads(&pid);
    for round in 1..=5 {
        provider.next(Step::hold());
        let sql = format!("SELECT insightflow.to_sql('{}')", question());
        let (outcome, ()) = tokio::join!(session.try_rows(&sql), async {
            provider.until_called(2 * round - 1).await;
            admin
                .value(&format!("SELECT pg_cancel_backend({pid})"))
                .await;
        });
        let (state, _) = state_and_message(&outcome.expect_err("a cancel"));
        assert_eq!(state, "57014");
        let sql = format!("SELECT insightflow.to_sql('{}')", question());
        assert_eq!(session.value(&sql).await, "SELECT 1 AS one");
        assert_eq!(threads(&pid), before);
        // Only the connection of the call that was answered is kept.
        provider.until_open(1).await;
    }
    database.drop().await;
}

#[tokio::test]
async fn statement_timeout_ends_a_call_in_every_phase() {
    for phase in Phase::ALL {
        let stuck = Stuck::at(phase).await;
        let healthy = Provider::start().await;
        let (database, role) = asker(&healthy, Format::OpenAi).await;
        point_at(&database, &stuck).await;
        let session = database.session(&role).await;
        session.run("SET statement_timeout = '1500ms'").await;
        let began = Instant::now();
        let (outcome, _) = interrupted(&session, &stuck, &question(), async {}).await;
        let (state, message) = state_and_message(&outcome.expect_err("a timeout"));
        if phase == Phase::Pausing {
            // The pause would go past the caller's time, so the reason is told at once.
            assert_ne!(state, "57014", "{message}");
        } else {
            assert_eq!(state, "57014", "{phase:?}: {message}");
            assert!(message.contains("statement timeout"), "{message}");
            stuck.until_left().await;
        }
        assert!(began.elapsed() < SOON, "{phase:?}");
        assert_eq!(session.value("SELECT 2 + 2").await, "4");
        database.drop().await;
    }
}

#[tokio::test]
async fn a_session_is_terminated_in_every_phase() {
    for phase in Phase::ALL {
        let stuck = Stuck::at(phase).await;
        let healthy = Provider::start().await;
        let (database, role) = asker(&healthy, Format::OpenAi).await;
        point_at(&database, &stuck).await;
        let admin = database.superuser().await;
        let session = database.session(&role).await;
        let pid = session.value("SELECT pg_backend_pid()").await;
        let (outcome, time) = interrupted(&session, &stuck, &question(), async {
            admin
                .value(&format!("SELECT pg_terminate_backend({pid})"))
                .await
        })
        .await;
        let error = outcome.expect_err("a termination");
        let (state, _) = state_and_message(&error);
        assert_eq!(state, "57P01", "{phase:?}: {}", describe(&error));
        assert!(time < SOON, "{phase:?}: {time:?}");
        println!("terminate {phase:?}: {:.1} ms", time.as_secs_f64() * 1e3);
        stuck.until_left().await;
        // A crash of one backend would have taken this one along.
        assert_eq!(admin.value("SELECT 2 + 2").await, "4");
        database.drop().await;
    }
}

#[tokio::test]
async fn a_client_that_goes_away_is_not_worked_for() {
    let provider = Provider::start().await;
    provider.always(Step::hold());
    let (database, role) = asker(&provider, Format::OpenAi).await;
    let admin = database.superuser().await;
    let session = database.session(&role).await;
    let pid = session.value("SELECT pg_backend_pid()").await;
    {
        let sql = format!("SELECT insightflow.to_sql('{}')", question());
        let asking = session.try_rows(&sql);
        tokio::select! {
            outcome = asking => panic!("it ended: {outcome:?}"),
            () = provider.until_called(1) => {}
        }
    }
    session.disconnect();
    provider.until_open(0).await;
    let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
    let mut left = false;
    for _ in 0..100_000 {
        left = admin.value(&sql).await == "0";
        if left {
            break;
        }
    }
    assert!(left, "the backend is still there");
    database.drop().await;
}

#[tokio::test]
async fn a_fast_shutdown_waits_for_no_call() {
    for preload in ["", "shared_preload_libraries = 'insightflow'"] {
        let server = Server::start(preload);
        let stuck = [
            Stuck::at(Phase::Waiting).await,
            Stuck::at(Phase::Handshake).await,
            Stuck::at(Phase::HalfAnswer).await,
        ];
        let healthy = Provider::start().await;
        let (database, role) = super::asker_on(server.config(), &healthy, Format::OpenAi).await;
        let mut sessions = Vec::new();
        for stuck in &stuck {
            point_at(&database, stuck).await;
            sessions.push(database.session(&role).await);
        }
        let asking = sessions.iter().map(|session| {
            let sql = format!("SELECT insightflow.to_sql('{}')", question());
            async move { session.try_rows(&sql).await }
        });
        let began = Instant::now();
        let (outcomes, ()) = tokio::join!(join_all(asking.collect()), async {
            for stuck in &stuck {
                stuck.until_reached().await;
            }
            server.stop("fast");
        });
        for outcome in outcomes {
            let (state, _) = state_and_message(&outcome.expect_err("a shutdown"));
            assert_eq!(state, "57P01");
        }
        assert!(began.elapsed() < 3 * SOON);
        assert!(
            !server.log().contains("terminated by signal"),
            "{}",
            server.log()
        );
    }
}

/// Runs futures side by side to their ends.
pub async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *output = Some(value);
            }
        }
        if outputs.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_provider_that_is_killed_is_reported() {
    let provider = Provider::start().await;
    provider.always(Step::hold());
    let (database, role) = asker(&provider, Format::OpenAi).await;
    database.set("insightflow.max_retries", "1").await;
    let session = database.session(&role).await;
    let sql = format!("SELECT insightflow.to_sql('{}')", question());
    let (outcome, ()) = tokio::join!(session.try_rows(&sql), async {
        provider.until_called(1).await;
        provider.kill();
    });
    let error = outcome.expect_err("no provider");
    let (state, message) = state_and_message(&error);
    assert!(
        ["08001", "08006", "22023"].contains(&state.as_str()),
        "{state} {message}"
    );
    assert_eq!(session.value("SELECT 2 + 2").await, "4");
    database.drop().await;
}
