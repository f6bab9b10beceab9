//! The resolution of the provider's name: by the configuration of the system, without a thread, and it can be interrupted.
//!
//! The server under test has a name server of its own, by a mount that it alone sees. Only root may make one, so these tests
//! say that they were left out when somebody else runs them.

use super::{Format, Provider, asker_on, question};
use crate::support::{Database, Server, Session, full_text, is_root, state_and_message};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::sync::watch;

/// An address of this host that nothing else listens on.
const NAME_SERVER: &str = "127.0.0.77";

/// A name server, and how many queries it has heard.
struct Names {
    heard: watch::Receiver<usize>,
    answering: watch::Sender<bool>,
    server: tokio::task::AbortHandle,
}

impl Names {
    /// Answers every query for an IPv4 address with this host's, until it is told to answer nothing at all.
    async fn start() -> Names {
        let socket = UdpSocket::bind((NAME_SERVER, 53)).await.expect("port 53");
        let (count, heard) = watch::channel(0);
        let (answering, answers) = watch::channel(true);
        let server = tokio::spawn(async move {
            let mut query = [0; 1024];
            while let Ok((size, from)) = socket.recv_from(&mut query).await {
                count.send_modify(|count| *count += 1);
                if *answers.borrow() {
                    let answer = answer(&query[..size]);
                    socket.send_to(&answer, from).await.expect("an answer");
                }
            }
        });
        Names {
            heard,
            answering,
            server: server.abort_handle(),
        }
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The answer to a query (RFC 1035, section 4): its header and its question, and for type A the address 127.0.0.1.
fn answer(query: &[u8]) -> Vec<u8> {
    const HEADER: usize = 12;
    let name = query[HEADER..]
        .iter()
        .position(|&byte| byte == 0)
        .expect("a name");
    let end = HEADER + name + 5;
    let of_type_a = query[HEADER + name + 1..HEADER + name + 3] == [0, 1];
    let mut answer = query[..end].to_vec();
    // A response, recursion available, no error; one question, and an answer or none.
    answer[2..HEADER].copy_from_slice(&[0x81, 0x80, 0, 1, 0, u8::from(of_type_a), 0, 0, 0, 0]);
    if of_type_a {
        // The name by its place in the question, type A, class IN, 60 seconds, 4 bytes.
        answer.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    answer
}

/// A server whose sessions ask the name server, and a session that asks a provider by name.
async fn ready(provider: &Provider) -> (Server, Database, String) {
    let server = Server::start("");
    server.stop("fast");
    server.start_with_name_server(NAME_SERVER);
    let (database, role) = asker_on(server.config(), provider, Format::OpenAi).await;
    let url = provider
        .base_url(Format::OpenAi)
        .replace("localhost", "provider.example");
    database.set("insightflow.base_url", &url).await;
    database.set("insightflow.allow_plain_http", "on").await;
    database.set("insightflow.connect_timeout", "60s").await;
    (server, database, role)
}

async fn ask(session: &Session) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
    let sql = format!("SELECT insightflow.to_sql('{}')", question());
    session.try_rows(&sql).await
}

#[tokio::test]
async fn names_are_resolved_as_the_system_says_and_resolution_ends_at_once() {
    if !is_root() {
        println!("left out: only root may give a server a name server of its own");
        return;
    }
    let provider = Provider::start().await;
    let (_server, database, role) = ready(&provider).await;
    let admin = database.superuser().await;
    let names = Names::start().await;
    {
        let session = database.session(&role).await;
        ask(&session).await.expect("an answer");
        let pid = session.value("SELECT pg_backend_pid()").await;
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("a process");
        assert_eq!(threads.count(), 1);
    }
    names.answering.send_replace(false);
    for (end, state) in [
        ("pg_cancel_backend", "57014"),
        ("pg_terminate_backend", "57P01"),
    ] {
        let session = database.session(&role).await;
        let pid = session.value("SELECT pg_backend_pid()").await;
        let mut heard = names.heard.clone();
        let before = *heard.borrow();
        let ((outcome, ended), reached) =
            tokio::join!(async { (ask(&session).await, Instant::now()) }, async {
                heard.wait_for(|now| *now > before).await.expect("a query");
                let reached = Instant::now();
                admin.value(&format!("SELECT {end}({pid})")).await;
                reached
            });
        let (found, message) = state_and_message(&outcome.expect_err("an interrupt"));
        assert_eq!(found, state, "{message}");
        let time = ended.saturating_duration_since(reached);
        println!(
            "{end} while a name is resolved: {:.1} ms",
            time.as_secs_f64() * 1e3
        );
        assert!(time < Duration::from_secs(10));
    }
    let session = database.session(&role).await;
    session.run("SET statement_timeout = '500ms'").await;
    let (state, _) = full_text(&ask(&session).await.expect_err("a timeout"));
    assert_eq!(state, "57014");
    database.set("insightflow.connect_timeout", "300ms").await;
    database.set("insightflow.max_retries", "0").await;
    let session = database.session(&role).await;
    let (state, text) = full_text(&ask(&session).await.expect_err("no name"));
    assert_eq!(state, "08001", "{text}");
}
