//! The errors of a call, in words of our own. Pure.
//!
//! Invariant: a message holds no key, no address, no page of the provider. Of the provider's own words only the `message` of
//! a well-formed error is shown, cut to one sentence, and never for 401 and 403, where providers quote the key.

use super::extract::sentence;
use super::transport::{Failure, Received};
use super::wire::{self, Unusable};
use crate::error::{Error, SqlState};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;

/// Characters of the provider's own message that are shown.
const MAX_MESSAGE: usize = 300;

/// The breaker is open: 08001.
pub fn resting(wait_ms: i64) -> Error {
    Error::new(
        SqlState::UNABLE_TO_CONNECT,
        "the language model is not being called, because the last calls failed",
    )
    .with_hint(format!(
        "It is tried again in {} s at the earliest.",
        (wait_ms.max(0) + 999) / 1000
    ))
}

/// There was no answer: 08001 without a connection, 08006 after it.
pub fn unreachable(provider: &str, failure: &Failure) -> Error {
    let (state, message) = if failure.is_before_connection() {
        (
            SqlState::UNABLE_TO_CONNECT,
            format!("the language model's provider ({provider}) cannot be reached"),
        )
    } else {
        (
            SqlState::CONNECTION_FAILURE,
            format!("the call to the language model's provider ({provider}) failed"),
        )
    };
    let error = Error::new(state, message).with_detail(failure.sentence());
    match failure {
        Failure::Tls(_) => {
            error.with_hint("For a private authority a superuser sets insightflow.ca_file.")
        }
        Failure::TooLarge(_) => {
            error.with_hint("A superuser may raise insightflow.max_response_bytes.")
        }
        _ => error,
    }
}

/// The provider refused: 08006, with the status and the request's id.
pub fn status(provider: &str, received: &Received, key: Option<&SecretString>) -> Error {
    let status = received.status;
    let message = if (200..300).contains(&status) {
        format!("the language model's provider ({provider}) answered with an error")
    } else {
        format!("the language model's provider ({provider}) answered with HTTP status {status}")
    };
    let mut detail = Vec::new();
    if !matches!(status, 401 | 403)
        && let Some((_, text)) = serde_json::from_slice(&received.body)
            .ok()
            .and_then(|body| wire::error_message(&body))
    {
        let text = without_key(&text, key);
        let text: String = sentence(&text).chars().take(MAX_MESSAGE).collect();
        if !text.is_empty() {
            detail.push(format!("It says: \"{text}\"."));
        }
    }
    detail.extend(id_sentence(received));
    let error = with_detail(Error::new(SqlState::CONNECTION_FAILURE, message), detail);
    match hint(status, is_out_of_credit(received)) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn hint(status: u16, out_of_credit: bool) -> Option<&'static str> {
    Some(match status {
        300..=399 => {
            "Redirects are not followed: a superuser sets insightflow.base_url to the address itself."
        }
        401 | 403 => {
            "The provider does not accept the key: a superuser checks insightflow.api_key_file, api_key_env or api_key."
        }
        404 => "A superuser checks insightflow.base_url and insightflow.model.",
        413 => {
            "The prompt is too long: ask about fewer things, or let insightflow.context_tokens be lowered."
        }
        429 if out_of_credit => "The account has no credit left.",
        429 => "Too many calls: ask again later.",
        500..=599 => "The provider is in trouble: ask again later.",
        _ => return None,
    })
}

/// The answer is not JSON: 08006.
pub fn not_json(provider: &str, received: &Received) -> Error {
    let kind = received
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .map(|value| value.split(';').next().unwrap_or_default().trim())
        .filter(|value| value.len() <= 80 && !value.is_empty());
    let mut detail = vec![match kind {
        Some("application/json") | None => "It is not valid JSON.".to_owned(),
        Some(kind) => format!("It is not JSON but {kind}."),
    }];
    detail.extend(id_sentence(received));
    with_detail(no_use(provider), detail)
        .with_hint("A superuser checks insightflow.base_url and insightflow.provider.")
}

/// The answer says nothing that can be used: 08006.
pub fn unusable(provider: &str, received: &Received, unusable: &Unusable) -> Error {
    let (why, hint) = match unusable {
        Unusable::CutOff => (
            "It was cut off at the most tokens that it was allowed.".to_owned(),
            "Ask a simpler question, or use a model that writes less.",
        ),
        Unusable::Shape(what) => (
            format!("It is not of the expected shape: {what}."),
            "A superuser checks insightflow.base_url and insightflow.provider.",
        ),
        Unusable::NoStatement | Unusable::Error => (
            "It holds no statement.".to_owned(),
            "Ask again in other words.",
        ),
    };
    let mut detail = vec![why];
    detail.extend(id_sentence(received));
    with_detail(no_use(provider), detail).with_hint(hint)
}

fn no_use(provider: &str) -> Error {
    Error::new(
        SqlState::CONNECTION_FAILURE,
        format!("the answer of the language model's provider ({provider}) cannot be used"),
    )
}

/// Adds when the provider's own limit opens again.
pub fn with_opening(error: Error, asked: Duration) -> Error {
    error.with_hint(format!(
        "The provider asks to wait for {} s, which is longer than this call may take.",
        asked.as_secs().max(1)
    ))
}

/// Whether a 429 means that the account is empty: waiting does not help.
pub fn is_out_of_credit(received: &Received) -> bool {
    received.status == 429
        && serde_json::from_slice::<Value>(&received.body)
            .ok()
            .and_then(|body| wire::error_message(&body))
            .is_some_and(|(kind, _)| kind.as_deref() == Some("insufficient_quota"))
}

/// The provider's id of the call: visible ASCII of bounded length.
pub fn request_id(received: &Received) -> Option<String> {
    ["request-id", "x-request-id", "apim-request-id"]
        .into_iter()
        .find_map(|name| received.headers.get(name))
        .and_then(|value| value.to_str().ok())
        .map(str::trim)
        .filter(|id| !id.is_empty() && id.len() <= 128)
        .map(str::to_owned)
}

fn id_sentence(received: &Received) -> Option<String> {
    request_id(received).map(|id| format!("Request id: {id}."))
}

fn with_detail(error: Error, sentences: Vec<String>) -> Error {
    if sentences.is_empty() {
        error
    } else {
        error.with_detail(sentences.join(" "))
    }
}

/// A server may quote what it was sent.
fn without_key(text: &str, key: Option<&SecretString>) -> String {
    match key {
        Some(key) => text.replace(key.expose_secret(), "********"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderMap, HeaderValue};

    fn received(status: u16, body: &str) -> Received {
        let mut headers = HeaderMap::new();
        headers.insert("request-id", HeaderValue::from_static("req_1"));
        headers.insert(
            "content-type",
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        Received {
            status,
            headers,
            body: body.as_bytes().to_vec(),
            elapsed: Duration::ZERO,
        }
    }

    fn text(error: &Error) -> String {
        format!("{error:?}")
    }

    #[test]
    fn an_error_says_the_status_and_the_id_and_no_page() {
        for status in [
            300, 302, 307, 400, 401, 403, 404, 413, 418, 429, 500, 503, 529,
        ] {
            let error = super::status(
                "openai",
                &received(status, "<html>secret page</html>"),
                None,
            );
            assert_eq!(error.state.0, "08006");
            assert!(error.message.contains(&status.to_string()), "{error}");
            assert!(text(&error).contains("req_1"), "{error:?}");
            assert!(!text(&error).contains("page"), "{error:?}");
        }
    }

    #[test]
    fn the_key_is_never_quoted() {
        let key = SecretString::from("sk-abcdef");
        let body = r#"{"error": {"message": "Incorrect API key provided: sk-abcdef"}}"#;
        for status in [400, 401, 403, 500] {
            let error = super::status("openai", &received(status, body), Some(&key));
            assert!(!text(&error).contains("sk-abcdef"), "{error:?}");
        }
        let masked = r#"{"error": {"message": "Incorrect API key provided: sk-ab**ef"}}"#;
        assert!(
            !text(&super::status("openai", &received(401, masked), Some(&key))).contains("sk-")
        );
    }

    #[test]
    fn long_messages_are_cut() {
        let body = format!(
            r#"{{"error": {{"message": "{}"}}}}"#,
            "word ".repeat(10_000)
        );
        let error = super::status("openai", &received(400, &body), None);
        assert!(text(&error).len() < 1_000);
    }

    #[test]
    fn what_is_not_json_is_named() {
        assert!(text(&not_json("openai", &received(200, "<html>"))).contains("text/html"));
    }
}
