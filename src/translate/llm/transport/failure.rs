//! Why an exchange brought no answer, in words of our own.

use std::error::Error as StdError;
use std::io;

/// Why an exchange brought no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The name of the host could not be resolved.
    Name,
    /// No connection within `insightflow.connect_timeout`.
    ConnectTimeout,
    /// No connection; the reason of the operating system.
    Connect(String),
    /// The other side did not prove who it is, or TLS could not be spoken; rustls' reason.
    Tls(String),
    /// The connection ended before the answer did.
    Broken,
    /// The answer is not HTTP.
    Protocol,
    /// The time for the whole call is over.
    Timeout,
    /// Silence in the middle of the answer.
    Silence,
    /// More bytes than the given number.
    TooLarge(usize),
}

impl Failure {
    /// Why a request got no answer.
    pub fn of_sending(error: &reqwest::Error) -> Failure {
        if let Some(reason) = find::<rustls::Error>(error) {
            return Failure::Tls(reason.to_string());
        }
        if error.is_connect() {
            if error.is_timeout() {
                return Failure::ConnectTimeout;
            }
            if error.is_dns() {
                return Failure::Name;
            }
            let reason = find::<io::Error>(error).map_or_else(
                || "no reason was given".to_owned(),
                |error| error.kind().to_string(),
            );
            return Failure::Connect(reason);
        }
        Failure::of_reading(error)
    }

    /// Why an answer broke off.
    pub fn of_reading(error: &reqwest::Error) -> Failure {
        if let Some(error) = find::<hyper::Error>(error)
            && error.is_parse()
        {
            return Failure::Protocol;
        }
        Failure::Broken
    }

    /// Whether the same call may succeed in a moment.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Failure::Name
                | Failure::ConnectTimeout
                | Failure::Connect(_)
                | Failure::Broken
                | Failure::Silence
        )
    }

    /// Whether there was no connection.
    pub fn is_before_connection(&self) -> bool {
        matches!(
            self,
            Failure::Name | Failure::ConnectTimeout | Failure::Connect(_) | Failure::Tls(_)
        )
    }

    /// The reason as a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Failure::Name => "The name of its host cannot be resolved.".to_owned(),
            Failure::ConnectTimeout => {
                "No connection was made within insightflow.connect_timeout.".to_owned()
            }
            Failure::Connect(reason) => format!("No connection was made: {reason}."),
            Failure::Tls(reason) => format!("TLS failed: {reason}."),
            Failure::Broken => "The connection ended before the answer was complete.".to_owned(),
            Failure::Protocol => "The answer is not HTTP.".to_owned(),
            Failure::Timeout => {
                "The answer was not complete within insightflow.model_timeout.".to_owned()
            }
            Failure::Silence => {
                "The answer broke off: silence for longer than insightflow.idle_timeout.".to_owned()
            }
            Failure::TooLarge(bytes) => format!(
                "The answer is longer than {} kB (insightflow.max_response_bytes).",
                bytes / 1024
            ),
        }
    }
}

/// The first error of a type in a chain of causes. An `io::Error` that only wraps another error does not list it as its
/// cause, so it is opened.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut current = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        if let Some(inner) = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            && let Some(found) = find::<E>(inner)
        {
            return Some(found);
        }
        current = error.source();
    }
    None
}
