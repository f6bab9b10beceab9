//! Fifty sessions ask, fail, cancel, disconnect, roll back and exceed their limits, while the provider of the language model misbehaves, sessions and
//! the worker are terminated, the worker is killed and the server restarted. Afterwards every question whose end its client has seen is recorded exactly once, in the
//! table or, where the server stopped, in its log; and nothing is left behind.
//!
//! `INSIGHTFLOW_SOAK_SECONDS` says how long; `make soak` takes 20 minutes.

use crate::history::{PRELOADED, database};
use crate::provider::{Act, Format, Provider, Step};
use crate::support::{Server, Session, kill};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::RwLock;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

const SESSIONS: usize = 50;
const WORKER: &str = "backend_type = 'insightflow history'";
const HEAVY: &str = "SELECT count(*) FROM region a, region b, region c, region d, region e, region f, region g, region h, region i, region j, region k";

/// What the clients know of their questions.
#[derive(Default)]
struct Seen {
    /// By marker: how it ended, if that was seen. A question without an end may be recorded, or not.
    questions: Mutex<HashMap<String, Option<String>>>,
    finished: AtomicUsize,
    stop: AtomicBool,
    /// Held for writing while nobody may ask.
    gate: RwLock<()>,
}

/// Numbers that look random and are the same each time (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

async fn connect(config: &Config) -> Option<Client> {
    let (client, connection) = config.connect(NoTls).await.ok()?;
    tokio::spawn(connection);
    Some(client)
}

/// One session after another asks one question after another.
async fn ask(number: u64, config: Config, seen: Arc<Seen>) {
    let mut dice = Dice(number);
    let mut client = None;
    for count in 0.. {
        if seen.stop.load(Ordering::Relaxed) {
            return;
        }
        let _open = seen.gate.read().await;
        let Some(session) = client.take() else {
            client = connect(&config).await;
            tokio::task::yield_now().await;
            continue;
        };
        let marker = format!("m{number}x{count}m");
        seen.questions
            .lock()
            .expect("no panic")
            .insert(marker.clone(), None);
        let (end, usable) = question(&session, &marker, &mut dice).await;
        if end.is_some() {
            seen.questions.lock().expect("no panic").insert(marker, end);
            seen.finished.fetch_add(1, Ordering::Relaxed);
        }
        if usable {
            client = Some(session);
        }
    }
}

/// Asks one question in one of many ways. How it ended, if that was seen, and whether the session lives on.
async fn question(session: &Client, marker: &str, dice: &mut Dice) -> (Option<String>, bool) {
    let run = |sql: &str| format!("SELECT * FROM insightflow.run('{sql} /* {marker} */')");
    let statement = match dice.below(25) {
        0 | 1 => format!("BEGIN; {}; ROLLBACK", run("SELECT 1")),
        2 => format!(
            "BEGIN; SAVEPOINT a; {}; ROLLBACK TO a; COMMIT",
            run("SELECT 1")
        ),
        3 => format!("BEGIN READ ONLY; {}; COMMIT", run("SELECT 1")),
        4 => run("SELECT 1 / 0"),
        5 => run("SELECT nothing FROM region"),
        6 => run("DELETE FROM region"),
        7 => format!("SET insightflow.statement_timeout = 20; {}", run(HEAVY)),
        8 => format!(
            "SET insightflow.max_rows = 2; {}",
            run("SELECT * FROM region")
        ),
        9 => run(&format!("SELECT 1 -- {}\n", "long ".repeat(5_000))),
        10 => return cancelled(session, &run(HEAVY), Duration::from_millis(10)).await,
        // Only a model can know this one; what it says is never the same.
        20.. => {
            let statement = format!("SELECT * FROM ask('what became of the matter {marker}')");
            return cancelled(session, &statement, Duration::from_millis(300)).await;
        }
        // Few of them are within the limit of this role.
        12 => format!("SET ROLE soak_few; {}", run("SELECT 1")),
        11 if dice.below(4) == 0 => {
            // The client goes away in the middle.
            let asking = session.simple_query("SET statement_timeout = 0");
            let _ = asking.await;
            let _ =
                tokio::time::timeout(Duration::from_millis(5), session.simple_query(&run(HEAVY)))
                    .await;
            return (None, false);
        }
        _ => run("SELECT * FROM region"),
    };
    let ended = session.simple_query(&statement).await;
    let (end, alive) = seen_end(&statement, ended);
    let usable = alive
        && session
            .simple_query("ROLLBACK; RESET ROLE; RESET ALL")
            .await
            .is_ok();
    (end, usable)
}

/// What the provider does from now on; every third time it does as it should.
fn misbehaviour(dice: &mut Dice) -> Step {
    let message = |text: &str| serde_json::json!({"error": {"message": text}});
    match dice.below(15) {
        0 => Step::status(500, &message("out of order")),
        1 => Step::status_with(429, &[("retry-after", "1")], &message("too many")),
        2 => Step::hold(),
        3 => Step::text("I would rather not say."),
        4 => Step::half(Act::Close),
        5 => Step::half(Act::Reset),
        6 => Step::drops("SELECT 1", 7, Duration::from_millis(5)),
        7 => Step::body("application/json", b"{\"choices\": [{"),
        8 => Step::huge(64 * 1024 * 1024, false),
        9 => Step::sql("SELECT nothing FROM nowhere"),
        _ => Step::sql("SELECT count(*) FROM region"),
    }
}

/// How a question ended, if it had begun for certain, and whether its session lives on.
///
/// FATAL: the session was terminated, perhaps before the question began. A cancel without a `query_id` came before the question
/// began: it may be the one that was sent after the question before, since nobody tells a client when its cancel has arrived.
fn seen_end<T>(statement: &str, ended: Result<T, tokio_postgres::Error>) -> (Option<String>, bool) {
    let statement: String = statement.chars().take(90).collect();
    let Err(error) = ended else {
        return (Some(format!("{statement}: answered")), true);
    };
    let Some(error) = error
        .as_db_error()
        .filter(|error| error.severity() == "ERROR")
    else {
        return (None, false);
    };
    let named = error
        .detail()
        .is_some_and(|detail| detail.contains("query_id: "));
    let begun = named || *error.code() != SqlState::QUERY_CANCELED;
    (begun.then(|| format!("{statement}: {error}")), true)
}

/// A question that its client cancels.
async fn cancelled(session: &Client, statement: &str, after: Duration) -> (Option<String>, bool) {
    let token = session.cancel_token();
    let mut asking = std::pin::pin!(session.simple_query(statement));
    let ended = match tokio::time::timeout(after, &mut asking).await {
        Ok(ended) => ended,
        Err(_) => tokio::join!(asking, token.cancel_query(NoTls)).0,
    };
    let (end, alive) = seen_end(statement, ended);
    let usable = alive && session.simple_query("ROLLBACK").await.is_ok();
    (end, usable)
}

/// `m<session>x<count>m`
fn is_marker(word: &str) -> bool {
    let numbers = word
        .strip_prefix('m')
        .and_then(|rest| rest.strip_suffix('m'))
        .and_then(|rest| rest.split_once('x'));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    numbers.is_some_and(|(session, count)| digits(session) && digits(count))
}

/// How often each marker is recorded, in the table and in the log.
async fn recorded(server: &Server, session: &Session) -> HashMap<String, usize> {
    let mut found: HashMap<String, usize> = HashMap::new();
    let counts = session
        .rows(
            "SELECT marker, count(*) FROM (SELECT substring(coalesce(question, sql) FROM 'm\\d+x\\d+m') AS marker FROM insightflow.query_log) q
             WHERE marker IS NOT NULL GROUP BY marker",
        )
        .await;
    for count in counts {
        if let [Some(marker), Some(times)] = &count[..] {
            found.insert(marker.clone(), times.parse().expect("a count"));
        }
    }
    for line in server
        .log()
        .lines()
        .filter(|line| line.contains("{\"insightflow\":{\"id\""))
    {
        let marker = line
            .split(|c: char| !c.is_ascii_alphanumeric())
            .find(|word| is_marker(word))
            .map(str::to_owned);
        if let Some(marker) = marker {
            *found.entry(marker).or_default() += 1;
        }
    }
    found
}

/// Waits until every question whose end was seen is recorded.
async fn until_recorded(server: &Server, session: &Session, seen: &Seen) {
    let mut missing = Vec::new();
    for _ in 0..200 {
        let found = recorded(server, session).await;
        missing = seen
            .questions
            .lock()
            .expect("no panic")
            .iter()
            .filter(|(marker, end)| end.is_some() && !found.contains_key(*marker))
            .map(|(marker, end)| format!("{marker}: {}", end.as_deref().unwrap_or_default()))
            .collect();
        if missing.is_empty() {
            return;
        }
    }
    panic!(
        "{} questions were lost: {:?}",
        missing.len(),
        &missing[..missing.len().min(9)]
    );
}

/// Private memory of a process, in kilobytes.
fn memory(pid: &str) -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid).join("status"))
        .expect("the process lives");
    status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .expect("a number of kB")
}

#[tokio::test]
async fn fifty_sessions_lose_nothing_and_leave_nothing_behind() {
    let seconds = std::env::var("INSIGHTFLOW_SOAK_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(60);
    let server = Arc::new(Server::start(&format!(
        "{PRELOADED}\ninsightflow.history_queue_size = 1MB\ninsightflow.history_worker_idle = 30\nclient_connection_check_interval = 100"
    )));
    let session = database(&server, "one").await;
    session
        .run("ALTER DATABASE one SET insightflow.show_reading = off")
        .await;
    let provider = Provider::start().await;
    let base_url = provider.base_url(Format::OpenAi);
    for (setting, value) in [
        ("provider", "openai"),
        ("base_url", &base_url),
        ("model", "fake-model"),
        ("routing", "auto"),
        ("allow_superuser", "on"),
    ] {
        session
            .run(&format!(
                "ALTER DATABASE one SET insightflow.{setting} = '{value}'"
            ))
            .await;
    }
    session
        .run("CREATE ROLE soak_few; INSERT INTO insightflow.tier (name, per_minute) VALUES ('few', 60); SELECT insightflow.enroll('soak_few', 'few')")
        .await;
    drop(session);
    let seen = Arc::new(Seen::default());
    let mut config = server.config();
    config.dbname("one");
    let asking: Vec<_> = (0..SESSIONS as u64)
        .map(|number| tokio::spawn(ask(number, config.clone(), Arc::clone(&seen))))
        .collect();

    let started = Instant::now();
    let (mut dice, mut restarts, mut kills) = (Dice(7), 0, 0);
    while started.elapsed() < Duration::from_secs(seconds) {
        tokio::time::sleep(Duration::from_millis(500)).await;
        provider.always(misbehaviour(&mut dice));
        let session = server.session("one").await;
        session
            .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND datname = 'one' ORDER BY random() LIMIT 2")
            .await;
        match dice.below(12) {
            0 | 1 => {
                session
                    .run(&format!(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {WORKER}"
                    ))
                    .await;
            }
            2 => {
                drop(session);
                let server = Arc::clone(&server);
                tokio::task::spawn_blocking(move || {
                    server.stop("fast");
                    server.start_again();
                })
                .await
                .expect("a restart");
                restarts += 1;
            }
            3 => {
                // What is in the queue when a process dies is lost: nobody asks, and everything is written.
                let _closed = seen.gate.write().await;
                until_recorded(&server, &session, &seen).await;
                let pids = session
                    .rows(&format!("SELECT pid FROM pg_stat_activity WHERE {WORKER}"))
                    .await;
                for pid in pids.into_iter().flatten().flatten() {
                    kill(&pid);
                    kills += 1;
                    while session.client.simple_query("SELECT 1").await.is_ok() {}
                    while connect(&config).await.is_none() {
                        tokio::task::yield_now().await;
                    }
                }
            }
            _ => {}
        }
    }
    seen.stop.store(true, Ordering::Relaxed);
    for task in asking {
        task.await.expect("no session panics");
    }

    let session = server.session("one").await;
    until_recorded(&server, &session, &seen).await;
    let found = recorded(&server, &session).await;
    let doubled: Vec<_> = found.iter().filter(|(_, times)| **times > 1).collect();
    assert!(doubled.is_empty(), "recorded twice: {doubled:?}");
    let finished = seen.finished.load(Ordering::Relaxed);
    println!(
        "{finished} questions were finished, {} recorded, {restarts} restarts, {kills} crashes",
        found.len()
    );
    assert!(finished > 0 && found.len() >= finished);
    println!(
        "the provider was called {} times",
        provider.requests().len()
    );
    assert!(!provider.requests().is_empty());
    leaves_nothing(&session).await;
}

/// No process, lock, slot or file is left, and the memory of a session and of the worker stays as it is.
async fn leaves_nothing(session: &Session) {
    session
        .until("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()", "0")
        .await;
    for (what, sql) in [
        (
            "locks",
            "SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid()",
        ),
        (
            "prepared transactions",
            "SELECT count(*) FROM pg_prepared_xacts",
        ),
        ("slots", "SELECT count(*) FROM pg_replication_slots"),
        ("temporary files", "SELECT count(*) FROM pg_ls_tmpdir()"),
    ] {
        session.until(sql, "0").await;
        println!("no {what} left");
    }
    let asked = "DO $$ BEGIN FOR i IN 1 .. 1000 LOOP PERFORM * FROM insightflow.run(format('SELECT %s', i)::text); END LOOP; END $$";
    let pids = format!(
        "SELECT pg_backend_pid() UNION ALL SELECT pid FROM pg_stat_activity WHERE {WORKER}"
    );
    let mut before = Vec::new();
    for round in 0..4 {
        let count: u64 = session
            .value("SELECT count(*) FROM insightflow.query_log")
            .await
            .parse()
            .expect("a count");
        session.run(asked).await;
        session
            .until(
                "SELECT count(*) FROM insightflow.query_log",
                &(count + 1_000).to_string(),
            )
            .await;
        let now: Vec<u64> = session
            .rows(&pids)
            .await
            .into_iter()
            .flatten()
            .flatten()
            .map(|pid| memory(&pid))
            .collect();
        println!("after {} questions, kB: {now:?}", (round + 1) * 1_000);
        if round == 0 {
            before = now;
        } else if round == 3 {
            assert_eq!(now.len(), before.len());
            for (now, before) in now.iter().zip(&before) {
                assert!(
                    now.saturating_sub(*before) < 2_048,
                    "memory grew from {before} kB to {now} kB"
                );
            }
        }
    }
}
