//! One call to the provider that the settings name, with everything that makes a network call dependable: the breaker before
//! it, attempts with pauses, what a server refuses left out, and an error that says what happened.
//!
//! Invariant: it ends by `insightflow.model_timeout`, and it begins no pause that the caller's `statement_timeout` would
//! interrupt: the reason of the last attempt is worth more than a bare timeout.

use super::anthropic::Anthropic;
use super::openai::OpenAi;
use super::provider::{Completion, Prompt, Reply, Usage};
use super::transport::{self, Bounds, Endpoint, Options, Policy, Received, Request};
use super::wire::{self, Dialect, Unusable, Wire};
use super::{fault, secret};
use crate::error::{Error, Result, SqlState};
use crate::postgres::{breaker, interrupts};
use crate::settings::llm::{self as settings, ProviderName};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Servers whose dialect a session remembers.
const MAX_DIALECTS: usize = 16;

thread_local! {
    static DIALECTS: RefCell<Vec<(u64, Dialect)>> = const { RefCell::new(Vec::new()) };
}

/// A provider as it is set up now.
struct Target {
    wire: &'static dyn Wire,
    endpoint: Endpoint,
    model: String,
    key: Option<SecretString>,
    options: Options,
    /// Stands for the provider and its address.
    identity: u64,
}

impl Target {
    fn from_settings() -> Result<Target> {
        let wire = wire()?;
        let model = settings::model().ok_or_else(|| {
            not_configured("insightflow.model is not set")
                .with_hint("A superuser names the model that translates questions.")
        })?;
        let address = settings::base_url().unwrap_or_else(|| wire.public_address().to_owned());
        let endpoint = Endpoint::parse(&address, settings::allow_plain_http())?;
        let mut hasher = DefaultHasher::new();
        (wire.name(), endpoint.as_str()).hash(&mut hasher);
        Ok(Target {
            wire,
            identity: hasher.finish(),
            endpoint,
            model,
            key: secret::key()?,
            options: Options {
                ca_file: settings::ca_file(),
                connect_timeout: settings::connect_timeout(),
            },
        })
    }

    fn request(&self, prompt: &Prompt, dialect: Dialect) -> Result<Request> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for &(name, value) in self.wire.headers() {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        if let Some(key) = &self.key {
            let (name, prefix) = self.wire.key_header(&self.endpoint);
            let value = wire::key_value(prefix, key)
                .ok_or_else(|| not_configured("the language model's key is not usable"))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        let body = self.wire.body(prompt, &self.model, dialect);
        Ok(Request {
            url: self.wire.url(&self.endpoint),
            headers,
            body: body.to_string().into_bytes(),
        })
    }
}

fn wire() -> Result<&'static dyn Wire> {
    match settings::provider() {
        ProviderName::Anthropic => Ok(&Anthropic),
        ProviderName::Openai => Ok(&OpenAi),
        ProviderName::None => Err(not_configured("no language model is configured")
            .with_hint("A superuser sets insightflow.provider and insightflow.model.")),
    }
}

fn not_configured(message: &str) -> Error {
    Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message)
}

/// As `provider::complete`.
pub fn complete(prompt: &Prompt) -> Result<Completion> {
    let target = Target::from_settings()?;
    let policy = Policy {
        failures: settings::breaker_failures(),
        cooldown_ms: milliseconds(settings::breaker_cooldown()),
        call_ms: milliseconds(settings::model_timeout()),
    };
    breaker::admit(target.identity, policy, now_ms()).map_err(fault::resting)?;
    let mut call = Call {
        target: &target,
        dialect: known_dialect(target.identity, &target.model),
        started: Instant::now(),
        retries: 0,
    };
    match call.attempts(prompt) {
        Ok(completion) => {
            breaker::answered(target.identity, now_ms());
            remember_dialect(target.identity, &target.model, call.dialect);
            Ok(completion)
        }
        Err(Fault { error, outage }) => {
            match outage {
                Some(true) => breaker::failed(target.identity, policy, now_ms()),
                Some(false) => breaker::answered(target.identity, now_ms()),
                None => {}
            }
            Err(error)
        }
    }
}

/// Why a call failed, and what that says of the provider: in trouble, at work, or nothing.
struct Fault {
    error: Error,
    outage: Option<bool>,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault {
            error,
            outage: None,
        }
    }
}

/// A call under way.
struct Call<'a> {
    target: &'a Target,
    dialect: Dialect,
    started: Instant,
    retries: u32,
}

/// What to do after an attempt.
enum Step {
    Done(Completion),
    /// At once, in another dialect.
    Again(Dialect),
    /// After a pause, which the provider may have asked for.
    Retry {
        asked: Option<Duration>,
        fault: Fault,
    },
}

impl Call<'_> {
    fn attempts(&mut self, prompt: &Prompt) -> std::result::Result<Completion, Fault> {
        let mut pauses = transport::pauses(settings::max_retries());
        loop {
            match self.attempt(prompt)? {
                Step::Done(completion) => return Ok(completion),
                Step::Again(dialect) => self.dialect = dialect,
                Step::Retry { asked, fault } => {
                    let Some(pause) = pauses.next() else {
                        return Err(fault);
                    };
                    let pause = asked.map_or(pause, |asked| asked.max(pause));
                    if pause >= self.time_left() {
                        return Err(Fault {
                            error: match asked {
                                Some(asked) => fault::with_opening(fault.error, asked),
                                None => fault.error,
                            },
                            ..fault
                        });
                    }
                    transport::pause(pause, &self.target.options)?;
                    self.retries += 1;
                }
            }
        }
    }

    fn time_left(&self) -> Duration {
        let own = settings::model_timeout().saturating_sub(self.started.elapsed());
        interrupts::statement_time_left().map_or(own, |callers| callers.min(own))
    }

    fn attempt(&self, prompt: &Prompt) -> std::result::Result<Step, Fault> {
        let target = self.target;
        let bounds = Bounds {
            deadline: self.started + settings::model_timeout(),
            idle: settings::idle_timeout(),
            bytes: settings::max_response_bytes(),
        };
        let request = target.request(prompt, self.dialect)?;
        match transport::exchange(&request, &target.options, bounds)? {
            Ok(received) if (200..300).contains(&received.status) => {
                self.answer(&received).map(Step::Done)
            }
            Ok(received) => self.refusal(&received),
            Err(failure) => {
                let fault = Fault {
                    error: fault::unreachable(target.wire.name(), &failure),
                    outage: Some(true),
                };
                if failure.is_passing() {
                    Ok(Step::Retry { asked: None, fault })
                } else {
                    Err(fault)
                }
            }
        }
    }

    fn answer(&self, received: &Received) -> std::result::Result<Completion, Fault> {
        let at_work = |error| Fault {
            error,
            outage: Some(false),
        };
        let name = self.target.wire.name();
        let wire = self.target.wire;
        let Ok(body) = serde_json::from_slice::<serde_json::Value>(&received.body) else {
            let error = fault::not_json(name, received);
            // It was paid for when it still tells its tokens; otherwise it may be the page of a proxy.
            let Some(counted) = wire::salvaged_usage(&received.body) else {
                return Err(at_work(error));
            };
            return Ok(self.completion(received, Err(error), wire.usage(&counted), None));
        };
        let (reply, usage, model) = match wire.read(&body) {
            Ok(answer) => (Ok(answer.reply), answer.usage, answer.model),
            Err(Unusable::Error) => {
                let error = fault::status(name, received, self.target.key.as_ref());
                return Err(at_work(error));
            }
            Err(unusable) => (
                Err(fault::unusable(name, received, &unusable)),
                wire.usage(&body),
                body["model"].as_str().map(str::to_owned),
            ),
        };
        Ok(self.completion(received, reply, usage, model))
    }

    fn completion(
        &self,
        received: &Received,
        reply: Result<Reply>,
        usage: Usage,
        model: Option<String>,
    ) -> Completion {
        Completion {
            reply,
            usage,
            provider: self.target.wire.name(),
            model: model.unwrap_or_else(|| self.target.model.clone()),
            request_id: fault::request_id(received),
            retries: self.retries,
            provider_ms: received.elapsed.as_secs_f64() * 1000.0,
        }
    }

    /// What to do about a status that is not a success.
    fn refusal(&self, received: &Received) -> std::result::Result<Step, Fault> {
        let text = String::from_utf8_lossy(&received.body);
        if let Some(dialect) = self.dialect.without_refused(received.status, &text) {
            return Ok(Step::Again(dialect));
        }
        let fault = Fault {
            error: fault::status(self.target.wire.name(), received, self.target.key.as_ref()),
            outage: Some(transport::is_outage(received.status)),
        };
        if transport::is_passing(received.status) && !fault::is_out_of_credit(received) {
            let asked = received
                .headers
                .get("retry-after")
                .and_then(|value| value.to_str().ok())
                .and_then(|value| transport::retry_after(value, SystemTime::now()));
            Ok(Step::Retry { asked, fault })
        } else {
            Err(fault)
        }
    }
}

fn dialect_key(identity: u64, model: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (identity, model).hash(&mut hasher);
    hasher.finish()
}

fn known_dialect(identity: u64, model: &str) -> Dialect {
    let key = dialect_key(identity, model);
    DIALECTS.with_borrow(|known| {
        known
            .iter()
            .find(|(other, _)| *other == key)
            .map(|(_, dialect)| *dialect)
            .unwrap_or_default()
    })
}

fn remember_dialect(identity: u64, model: &str, dialect: Dialect) {
    let key = dialect_key(identity, model);
    DIALECTS.with_borrow_mut(|known| {
        known.retain(|(other, _)| *other != key);
        if dialect != Dialect::default() {
            if known.len() >= MAX_DIALECTS {
                known.remove(0);
            }
            known.push((key, dialect));
        }
    });
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds since 1970: a clock that all sessions share.
fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, milliseconds)
}
