//! One HTTP exchange on the backend's own thread, which the session's interrupts can end at every moment.
//!
//! Invariant: no thread is ever started. A current-thread runtime is driven in short steps ([`TICK`]), and PostgreSQL's
//! interrupts are answered between them, never inside, because answering one may end the process or unwind the stack.
//! The runtime and the client are made at the first call of a backend and kept for the next one, so that the connection is
//! used again. Who makes a call takes them away and puts them back only when the exchange is complete: after a failure,
//! and when an ERROR unwinds, they are dropped, and with them every socket. They are never dropped at the end of the
//! process, whose exit may run in the middle of a call.

mod breaker;
mod dns;
mod endpoint;
mod failure;
mod retry;
mod tls;

pub use breaker::{Board, Key, Policy};
pub use endpoint::Endpoint;
pub use failure::Failure;
pub use retry::{is_outage, is_passing, pauses, retry_after};

use crate::error::{Error, Result, SqlState};
use crate::postgres::interrupts::{self, Waiting};
use crate::settings::llm as settings;
use reqwest::header::HeaderMap;
use reqwest::{Client, Response, Url};
use rustls::ClientConfig;
use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::time::{timeout, timeout_at};

/// The longest time for which an interrupt is not noticed.
const TICK: Duration = Duration::from_millis(20);

/// So many ticks between two looks at whether the client is still there.
const TICKS_PER_LOOK: u32 = 10;

/// Turns of the runtime in which what came on a kept connection is seen: one reads the system's events, one wakes the connection,
/// one more lets the pool know.
const TURNS: u32 = 4;

/// A POST of JSON.
#[derive(Debug)]
pub struct Request {
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// What a session's client is made for. Another value makes another client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub ca_file: Option<String>,
    pub connect_timeout: Duration,
}

/// Bounds of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// When it ends, whatever has come by then.
    pub deadline: Instant,
    /// Longest silence within the body.
    pub idle: Duration,
    /// Most bytes of the body.
    pub bytes: usize,
}

/// What came back.
#[derive(Debug)]
pub struct Received {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// From the start of the attempt to the last byte.
    pub elapsed: Duration,
}

/// A session's runtime and client.
struct Kept {
    client: Client,
    runtime: Runtime,
    options: Options,
    /// When the last exchange ended.
    used: Instant,
}

/// A TLS configuration, and the CA file that it is made of.
struct KeptTls {
    ca_file: Option<String>,
    config: ClientConfig,
}

thread_local! {
    /// Without a destructor: see the module's invariant.
    static KEPT: ManuallyDrop<RefCell<Option<Kept>>> = const { ManuallyDrop::new(RefCell::new(None)) };
    static TLS: ManuallyDrop<RefCell<Option<KeptTls>>> = const { ManuallyDrop::new(RefCell::new(None)) };
}

/// Sends a request and reads the whole answer. A status that is not a success is an answer too.
///
/// # Errors
/// The outer `Err` when no client can be made: 22023, 55000. Interrupts raise PostgreSQL's own ERROR.
pub fn exchange(
    request: &Request,
    options: &Options,
    bounds: Bounds,
) -> Result<std::result::Result<Received, Failure>> {
    let kept = take(options)?;
    let outcome = drive(&kept.runtime, attempt(&kept.client, request, bounds));
    if outcome.is_ok() {
        keep(kept);
    }
    Ok(outcome)
}

fn keep(mut kept: Kept) {
    kept.used = Instant::now();
    KEPT.with(|place| place.replace(Some(kept)));
}

/// Ends a connection that was not used for `insightflow.connection_max_idle`. Nothing of a session runs between its statements,
/// so this is called at the start of each: a connection that the provider has ended meanwhile takes no place for ever.
pub fn rest() {
    let idle = KEPT.with(|place| place.borrow().as_ref().map(|kept| kept.used.elapsed()));
    if idle.is_some_and(|idle| idle >= settings::connection_max_idle()) {
        let old = KEPT.with(|place| place.take());
        drop(old);
    }
}

/// Waits. Interrupts raise PostgreSQL's own ERROR.
///
/// # Errors
/// As [`exchange`].
pub fn pause(time: Duration, options: &Options) -> Result<()> {
    let kept = take(options)?;
    drive(&kept.runtime, async { tokio::time::sleep(time).await });
    keep(kept);
    Ok(())
}

/// The session's runtime and client, taken away, or new ones.
fn take(options: &Options) -> Result<Kept> {
    let kept = KEPT.with(|place| place.take());
    if let Some(kept) = kept
        && kept.options == *options
    {
        // What came while nothing ran: the provider may have ended the connection. Its task must see that before a request is
        // given to it, or the request fails.
        kept.runtime.block_on(async {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        });
        return Ok(kept);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| cannot_start(&error))?;
    let client = Client::builder()
        .tls_backend_preconfigured(tls_config(options)?)
        .dns_resolver(dns::SystemResolver::default())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent(concat!("insightflow/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(options.connect_timeout)
        .pool_max_idle_per_host(1)
        .build()
        .map_err(|error| cannot_start(&error))?;
    Ok(Kept {
        client,
        runtime,
        options: options.clone(),
        used: Instant::now(),
    })
}

/// Made once per session and file: reading the system's certificates takes longer than all else.
fn tls_config(options: &Options) -> Result<ClientConfig> {
    if let Some(known) = TLS.with(|place| {
        let place = place.borrow();
        let known = place
            .as_ref()
            .filter(|kept| kept.ca_file == options.ca_file);
        known.map(|kept| kept.config.clone())
    }) {
        return Ok(known);
    }
    let config = tls::config(options.ca_file.as_deref())?;
    let kept = KeptTls {
        ca_file: options.ca_file.clone(),
        config: config.clone(),
    };
    TLS.with(|place| place.replace(Some(kept)));
    Ok(config)
}

fn cannot_start(error: &dyn std::error::Error) -> Error {
    Error::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        "no connection to the language model can be prepared",
    )
    .with_detail(format!("{error}."))
}

/// Runs a future to its end, and answers interrupts between the steps. When one unwinds, the future is dropped inside the
/// context of its runtime, and the runtime after it.
fn drive<T>(runtime: &Runtime, future: impl Future<Output = T>) -> T {
    let _context = runtime.enter();
    let mut future = pin!(future);
    let mut ticks = 0_u32;
    interrupts::check();
    let waiting = Waiting::begin();
    loop {
        if let Ok(output) = runtime.block_on(async { timeout(TICK, future.as_mut()).await }) {
            return output;
        }
        ticks = ticks.wrapping_add(1);
        if ticks.is_multiple_of(TICKS_PER_LOOK) {
            interrupts::check_client();
        } else {
            interrupts::check();
        }
        waiting.again();
    }
}

async fn attempt(
    client: &Client,
    request: &Request,
    bounds: Bounds,
) -> std::result::Result<Received, Failure> {
    let started = Instant::now();
    let whole = async {
        let response = client
            .post(request.url.clone())
            .headers(request.headers.clone())
            .body(request.body.clone())
            .send()
            .await
            .map_err(|error| Failure::of_sending(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = read(response, bounds).await?;
        Ok(Received {
            status,
            headers,
            body,
            elapsed: started.elapsed(),
        })
    };
    match timeout_at(bounds.deadline.into(), whole).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::Timeout),
    }
}

async fn read(mut response: Response, bounds: Bounds) -> std::result::Result<Vec<u8>, Failure> {
    let announced = response.content_length().unwrap_or(0);
    if announced > bounds.bytes as u64 {
        return Err(Failure::TooLarge(bounds.bytes));
    }
    let mut body = Vec::new();
    loop {
        match timeout(bounds.idle, response.chunk()).await {
            Err(_) => return Err(Failure::Silence),
            Ok(Err(error)) => return Err(Failure::of_reading(&error)),
            Ok(Ok(None)) => return Ok(body),
            Ok(Ok(Some(chunk))) => {
                if body.len() + chunk.len() > bounds.bytes {
                    return Err(Failure::TooLarge(bounds.bytes));
                }
                body.extend_from_slice(&chunk);
            }
        }
    }
}
