//! A fake provider: a real HTTP or HTTPS server on this host that speaks both wire formats and does with each request what a
//! test has scripted, down to the bytes. The tests of everything that calls a model use it.
//!
//! ```text
//! let provider = Provider::start().await;
//! provider.configure(&database, Format::OpenAi).await;
//! provider.next(Step::sql("SELECT 1"));                  // one request; then `provider.always(…)` holds
//! …
//! provider.until_called(1).await;
//! let sent = provider.requests();
//! ```

mod answers;
mod interrupts;
mod load;
mod names;
mod phases;
mod script;
mod secrets;
mod tls;

pub use script::{Act, Content, Step, anthropic};
pub use tls::Certificate;

use crate::support::{Database, unique};
use serde_json::Value;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A wire format, as `insightflow.provider` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Anthropic,
    OpenAi,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Which connection it came on, counted from 0.
    pub connection: usize,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a request holds JSON")
    }
}

/// What the server and the test share.
struct State {
    /// What is done with the next requests.
    script: Mutex<VecDeque<Step>>,
    /// What is done with a request when the script is over.
    always: Mutex<Step>,
    requests: Mutex<Vec<Request>>,
    /// How many requests have arrived whole.
    called: watch::Sender<usize>,
    /// How many connections are open, and how many there have been.
    open: watch::Sender<usize>,
    accepted: watch::Sender<usize>,
}

/// A running server. It ends, with its connections, when this is dropped.
pub struct Provider {
    address: SocketAddr,
    state: Arc<State>,
    server: tokio::task::AbortHandle,
    certificate: Option<tls::Files>,
}

impl Provider {
    /// Listens with http. Until it is told otherwise it answers `SELECT 1 AS one`.
    pub async fn start() -> Provider {
        Provider::listen(None).await
    }

    /// Listens with https.
    pub async fn start_tls(certificate: Certificate) -> Provider {
        Provider::listen(Some(certificate)).await
    }

    async fn listen(certificate: Option<Certificate>) -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            script: Mutex::default(),
            always: Mutex::new(Step::sql("SELECT 1 AS one")),
            requests: Mutex::default(),
            called: watch::Sender::new(0),
            open: watch::Sender::new(0),
            accepted: watch::Sender::new(0),
        });
        let certificate = certificate.map(tls::Files::make);
        let acceptor = certificate.as_ref().map(tls::Files::acceptor);
        let shared = Arc::clone(&state);
        let server = tokio::spawn(async move {
            // Dropping the set ends the connections.
            let mut connections = JoinSet::new();
            let mut count = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                let acceptor = acceptor.clone();
                state.accepted.send_modify(|count| *count += 1);
                connections.spawn(async move {
                    let _open = Open::count(&state.open);
                    match acceptor {
                        None => serve(stream, &state, count).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, &state, count).await;
                            }
                        }
                    }
                });
                count += 1;
            }
        });
        Provider {
            address,
            state,
            server: server.abort_handle(),
            certificate,
        }
    }

    /// What `insightflow.base_url` must be.
    pub fn base_url(&self, format: Format) -> String {
        let scheme = if self.certificate.is_some() {
            "https"
        } else {
            "http"
        };
        // A certificate is for a name.
        let path = match format {
            Format::Anthropic => "",
            Format::OpenAi => "/v1",
        };
        format!("{scheme}://localhost:{}{path}", self.address.port())
    }

    /// The file for `insightflow.ca_file`, when TLS is spoken: the authority that signed, or should have signed, the
    /// certificate.
    pub fn ca_file_name(&self) -> Option<String> {
        let files = self.certificate.as_ref()?;
        files.ca_file.to_str().map(str::to_owned)
    }

    /// Has a database's new sessions ask this provider for every question.
    pub async fn configure(&self, database: &Database, format: Format) {
        let name = match format {
            Format::Anthropic => "anthropic",
            Format::OpenAi => "openai",
        };
        for (setting, value) in [
            ("provider", name),
            ("base_url", &self.base_url(format)),
            ("model", "fake-model"),
            ("routing", "llm"),
        ] {
            database.set(&format!("insightflow.{setting}"), value).await;
        }
        if let Some(file) = self.ca_file_name() {
            database.set("insightflow.ca_file", &file).await;
        }
    }

    /// What to do with one more request.
    pub fn next(&self, step: Step) {
        self.state.script.lock().expect("script").push_back(step);
    }

    /// What to do with requests beyond the script.
    pub fn always(&self, step: Step) {
        *self.state.always.lock().expect("step") = step;
    }

    /// The requests that have arrived whole, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().expect("requests").clone()
    }

    /// Waits until so many requests have arrived.
    pub async fn until_called(&self, times: usize) {
        until(&self.state.called, times, |now| now >= times).await;
    }

    /// Waits until so many connections have been made.
    pub async fn until_accepted(&self, times: usize) {
        until(&self.state.accepted, times, |now| now >= times).await;
    }

    /// How many connections have been made.
    pub fn accepted(&self) -> usize {
        *self.state.accepted.borrow()
    }

    /// Waits until so many connections are open.
    pub async fn until_open(&self, connections: usize) {
        until(&self.state.open, connections, |now| now == connections).await;
    }

    /// Ends the server and its connections, as `kill -9` would.
    pub fn kill(&self) {
        self.server.abort();
    }
}

/// A new database whose sessions ask this provider for everything, and a role that may ask.
pub async fn asker(provider: &Provider, format: Format) -> (Database, String) {
    prepare(Database::new().await, provider, format).await
}

/// The same on a server of the test's own.
pub async fn asker_on(
    server: tokio_postgres::Config,
    provider: &Provider,
    format: Format,
) -> (Database, String) {
    let database = Database::on(server).await;
    let admin = database.superuser().await;
    admin.run("CREATE EXTENSION insightflow").await;
    prepare(database, provider, format).await
}

async fn prepare(database: Database, provider: &Provider, format: Format) -> (Database, String) {
    provider.configure(&database, format).await;
    let role = database.role().await;
    let admin = database.superuser().await;
    admin
        .run(&format!("SELECT insightflow.enroll('{role}')"))
        .await;
    (database, role)
}

/// A question that was never asked before, so that no cache knows it.
pub fn question() -> String {
    format!("what became of the {}", unique("matter"))
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Waits for a count. The bound is for a test that would otherwise hang for ever.
async fn until(count: &watch::Sender<usize>, wanted: usize, reached: impl Fn(usize) -> bool) {
    let mut watched = count.subscribe();
    let waited = tokio::time::timeout(
        Duration::from_secs(60),
        watched.wait_for(|now| reached(*now)),
    );
    match waited.await {
        Ok(Ok(_)) => {}
        _ => panic!("waited for {wanted}, at the end it was {}", *count.borrow()),
    }
}

/// Counts a connection as long as it lives.
struct Open<'a>(&'a watch::Sender<usize>);

impl Open<'_> {
    fn count(open: &watch::Sender<usize>) -> Open<'_> {
        open.send_modify(|count| *count += 1);
        Open(open)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// A stream on which the peer's system can be told to reset the connection.
trait Connection: AsyncRead + AsyncWrite + Unpin {
    fn socket(&self) -> &TcpStream;
}

impl Connection for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Connection for tokio_rustls::server::TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// How the acts for a request ended.
enum End {
    /// The connection waits for the next request.
    Open,
    Close,
    Reset,
}

async fn serve(stream: impl Connection, state: &State, connection: usize) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut pending = Vec::new();
    while let Some(request) = receive(&mut reader, &mut pending, connection).await {
        let step = {
            let next = state.script.lock().expect("script").pop_front();
            next.unwrap_or_else(|| state.always.lock().expect("step").clone())
        };
        let acts = step.acts(&request);
        state.requests.lock().expect("requests").push(request);
        state.called.send_modify(|count| *count += 1);
        let end = tokio::select! {
            end = play(&acts, &mut writer) => end,
            () = until_gone(&mut reader, &mut pending) => End::Close,
        };
        match end {
            End::Open => {}
            End::Close => {
                let _ = writer.shutdown().await;
                return;
            }
            End::Reset => {
                let stream = reader.unsplit(writer);
                stream.socket().set_zero_linger().expect("a socket");
                return;
            }
        }
    }
}

/// Waits until the client ends the connection. What it sends meanwhile is kept.
async fn until_gone(reader: &mut (impl AsyncRead + Unpin), pending: &mut Vec<u8>) {
    while let Ok(1..) = reader.read_buf(pending).await {}
}

async fn play(acts: &[Act], writer: &mut (impl AsyncWrite + Unpin)) -> End {
    for act in acts {
        let sent = match act {
            Act::Send(bytes) => write(writer, bytes).await,
            Act::Fill(bytes) => fill(writer, *bytes).await,
            Act::Wait(time) => {
                tokio::time::sleep(*time).await;
                Ok(())
            }
            Act::Hold => std::future::pending().await,
            Act::Close => return End::Close,
            Act::Reset => return End::Reset,
        };
        if sent.is_err() {
            return End::Close;
        }
    }
    End::Open
}

async fn write(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await
}

async fn fill(writer: &mut (impl AsyncWrite + Unpin), mut bytes: usize) -> std::io::Result<()> {
    let block = vec![b' '; 64 * 1024];
    while bytes > 0 {
        let size = bytes.min(block.len());
        writer.write_all(&block[..size]).await?;
        bytes -= size;
    }
    writer.flush().await
}

/// The next request, whole; `None` when the client ends the connection.
async fn receive(
    reader: &mut (impl AsyncRead + Unpin),
    pending: &mut Vec<u8>,
    connection: usize,
) -> Option<Request> {
    let head_end = loop {
        if let Some(end) = pending.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if reader.read_buf(pending).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(pending.drain(..head_end).collect()).expect("a head is text");
    let mut lines = head.split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().expect("a length"));
    while pending.len() < length {
        if reader.read_buf(pending).await.ok()? == 0 {
            return None;
        }
    }
    let body = pending.drain(..length).collect();
    Some(Request {
        path,
        headers,
        body,
        connection,
    })
}
