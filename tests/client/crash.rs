//! The history when something is in the way: a full queue, a locked table, no worker, a server that stops or dies.

use crate::history::{PRELOADED, database, rows};
use crate::support::{Server, Session, kill};

/// The records in the server log.
fn logged(server: &Server) -> usize {
    server
        .log()
        .lines()
        .filter(|line| line.starts_with("LOG:  {\"insightflow\":{\"id\":\""))
        .count()
}

async fn worker(session: &Session) -> String {
    session
        .until(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'insightflow history'",
            "1",
        )
        .await;
    session
        .value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'insightflow history'")
        .await
}

/// Waits until the server answers again.
async fn reconnect(server: &Server) -> Session {
    for _ in 0..10_000 {
        if let Ok((client, connection)) = server
            .config()
            .dbname("one")
            .connect(tokio_postgres::NoTls)
            .await
        {
            drop(client);
            drop(connection);
            return server.session("one").await;
        }
        tokio::task::yield_now().await;
    }
    panic!("the server does not answer: {}", server.log());
}

#[tokio::test]
async fn a_full_queue_makes_a_session_wait_and_loses_nothing() {
    let server = Server::start(&format!(
        "{PRELOADED}\ninsightflow.history_queue_size = 1MB"
    ));
    let session = database(&server, "one").await;
    session.run("SELECT * FROM ask('how many regions')").await;
    rows(&session, 1).await;
    let locker = server.session("one").await;
    locker
        .run("BEGIN; LOCK TABLE insightflow.query_log IN ACCESS EXCLUSIVE MODE")
        .await;
    // Each record is carried whole, and 40 of them are more than the queue holds.
    let padding = "x".repeat(60_000);
    for number in 0..40 {
        session
            .run(&format!(
                "SELECT * FROM insightflow.run('SELECT {number} /* {padding} */')"
            ))
            .await;
    }
    locker.run("COMMIT").await;
    session
        .run("SELECT * FROM insightflow.run('SELECT ''the last one''')")
        .await;
    session
        .until(
            "SELECT count(*) FROM insightflow.query_log WHERE sql = 'SELECT ''the last one'''",
            "1",
        )
        .await;
    let stored: usize = session
        .value("SELECT count(*) FROM insightflow.query_log")
        .await
        .parse()
        .expect("a count");
    let logged = logged(&server);
    assert!(logged > 0, "the worker waited for the lock for ever");
    assert_eq!(stored + logged, 42);
    assert!(server.log().contains("/* xxx"), "what is logged is whole");
}

#[tokio::test]
async fn a_session_that_waits_for_room_can_be_cancelled() {
    let Full {
        server,
        session,
        worker,
        asking,
        ended,
        ..
    } = ended_while_full("pg_cancel_backend").await;
    let error = ended.expect_err("there is no room");
    assert_eq!(
        error.code().map(tokio_postgres::error::SqlState::code),
        Some("57014")
    );
    assert_eq!(logged(&server), 1);
    let queue = session
        .value("SELECT concat_ws(' ', used > 0.9 * size, waiting > 5, worker) FROM insightflow.history_queue()")
        .await;
    assert_eq!(queue, format!("t t {worker}"));
    signal("-CONT", &worker);
    let stored: usize = {
        asking
            .run("SELECT * FROM insightflow.run('SELECT ''the last one''')")
            .await;
        asking
            .until(
                "SELECT count(*) FROM insightflow.query_log WHERE sql = 'SELECT ''the last one'''",
                "1",
            )
            .await;
        asking
            .value("SELECT count(*) FROM insightflow.query_log")
            .await
            .parse()
            .expect("a count")
    };
    assert!(stored > 5, "{stored}");
}

#[tokio::test]
async fn a_session_that_waits_for_room_is_recorded_once_when_it_is_terminated() {
    let Full {
        server,
        session,
        worker,
        pid,
        ended,
        ..
    } = ended_while_full("pg_terminate_backend").await;
    ended.expect_err("the session is gone");
    session
        .until(
            &format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}"),
            "0",
        )
        .await;
    signal("-CONT", &worker);
    assert_eq!(logged(&server), 1);
}

/// A server whose worker is stopped and whose queue is full, and a session that was ended while it waited for room.
struct Full {
    server: Server,
    session: Session,
    worker: String,
    asking: Session,
    pid: String,
    ended: Result<Vec<Vec<Option<String>>>, tokio_postgres::Error>,
}

/// Fills the queue from a session until it waits, and ends its wait with a function of PostgreSQL.
async fn ended_while_full(function: &str) -> Full {
    let server = Server::start(&format!(
        "{PRELOADED}\ninsightflow.history_queue_size = 1MB"
    ));
    let session = database(&server, "one").await;
    session.run("SELECT * FROM ask('how many regions')").await;
    rows(&session, 1).await;
    // A worker that does not move at all: nothing makes room.
    let worker = worker(&session).await;
    signal("-STOP", &worker);
    let asking = server.session("one").await;
    let pid = asking.value("SELECT pg_backend_pid()").await;
    let padding = "x".repeat(60_000);
    let statement = format!(
        "DO $$ BEGIN FOR i IN 1 .. 40 LOOP PERFORM * FROM insightflow.run('SELECT 1 /* {padding} */'::text); END LOOP; END $$"
    );
    let (ended, ()) = tokio::join!(asking.try_rows(&statement), async {
        session
            .until(&format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND wait_event_type = 'Extension'"), "1")
            .await;
        session.run(&format!("SELECT {function}({pid})")).await;
    });
    Full {
        server,
        session,
        worker,
        asking,
        pid,
        ended,
    }
}

fn signal(signal: &str, pid: &str) {
    let sent = std::process::Command::new("kill")
        .args([signal, pid])
        .status()
        .expect("kill");
    assert!(sent.success(), "kill {signal} {pid}");
}

#[tokio::test]
async fn an_orderly_stop_keeps_every_record() {
    let server = Server::start(PRELOADED);
    let session = database(&server, "one").await;
    for _ in 0..20 {
        session.run("SELECT * FROM ask('how many regions')").await;
    }
    server.stop("fast");
    server.start_again();
    let session = server.session("one").await;
    let count = "SELECT count(*) FROM insightflow.query_log";
    let stored: usize = session.value(count).await.parse().expect("a count");
    assert_eq!(stored + logged(&server), 20);

    // A worker that cannot write, and a question that the stop itself ends.
    let before = logged(&server);
    let pid = session.value("SELECT pg_backend_pid()").await;
    let watcher = server.session("one").await;
    let statement = "SELECT * FROM insightflow.run('SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000000000) b')";
    let (ended, ()) = tokio::join!(session.try_rows(statement), async {
        watcher
            .until(
                &format!(
                    "SELECT count(*) > 0 FROM pg_ls_tmpdir() WHERE name LIKE 'pgsql_tmp{pid}.%'"
                ),
                "t",
            )
            .await;
        server.stop("fast");
    });
    assert!(ended.is_err());
    server.start_again();
    let session = server.session("one").await;
    let now: usize = session.value(count).await.parse().expect("a count");
    assert_eq!(now + logged(&server), stored + before + 1);
}

#[tokio::test]
async fn without_a_free_worker_answers_are_recorded_in_their_transaction() {
    let server = Server::start(&format!("{PRELOADED}\nmax_worker_processes = 0"));
    let session = database(&server, "one").await;
    for _ in 0..3 {
        session.run("SELECT * FROM ask('how many regions')").await;
    }
    session
        .run("BEGIN; SELECT * FROM ask('list regions'); ROLLBACK")
        .await;
    session
        .failure("SELECT * FROM ask('blorp the fnord')")
        .await;
    assert_eq!(rows(&session, 3).await, ["how many regions | answered"; 3]);
    assert_eq!(logged(&server), 1);
    let complaints = server
        .log()
        .lines()
        .filter(|line| line.contains("no background worker is free"))
        .count();
    assert_eq!(complaints, 1);
}

#[tokio::test]
async fn after_a_crash_the_history_goes_on() {
    let server = Server::start(PRELOADED);
    let session = database(&server, "one").await;
    session.run("SELECT * FROM ask('how many regions')").await;
    rows(&session, 1).await;
    // The worker dies: PostgreSQL restarts every process.
    kill(&worker(&session).await);
    while session.client.simple_query("SELECT 1").await.is_ok() {}
    let session = reconnect(&server).await;
    session.run("SELECT * FROM ask('list regions')").await;
    rows(&session, 2).await;
    // The postmaster dies, and every process with it.
    kill(&server.postmaster());
    while session.client.simple_query("SELECT 1").await.is_ok() {}
    server.revive();
    let session = reconnect(&server).await;
    session.run("SELECT * FROM ask('how many regions')").await;
    assert_eq!(
        rows(&session, 3).await,
        [
            "how many regions | answered",
            "list regions | answered",
            "how many regions | answered"
        ]
    );
}
