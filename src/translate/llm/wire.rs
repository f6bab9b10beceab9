//! What the providers' folders have in common: the parts of a call that differ between services. Pure.

use super::extract;
use super::provider::{Message, Prompt, Reply, Role, Usage};
use super::transport::Endpoint;
use reqwest::Url;
use secrecy::SecretString;
use serde_json::{Value, json};

/// A service's wire format. It makes requests and reads answers; it sends nothing itself.
pub trait Wire: Sync {
    /// As `insightflow.provider` names it.
    fn name(&self) -> &'static str;

    /// The public address that is called when `insightflow.base_url` is empty.
    fn public_address(&self) -> &'static str;

    /// The address of a call.
    fn url(&self, endpoint: &Endpoint) -> Url;

    /// The header that carries the key, and the text before it.
    fn key_header(&self, endpoint: &Endpoint) -> (&'static str, &'static str);

    /// Headers that every call has, and that hold no secret.
    fn headers(&self) -> &'static [(&'static str, &'static str)];

    /// The body of a call.
    fn body(&self, prompt: &Prompt, model: &str, dialect: Dialect) -> Value;

    /// What an answer with a status of success says.
    fn read(&self, body: &Value) -> Result<Answer, Unusable>;
    /// The tokens that a body of success counts, also one that cannot be used.
    fn usage(&self, body: &Value) -> Usage;
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub reply: Reply,
    pub usage: Usage,
    /// The model, where the answer names it.
    pub model: Option<String>,
}

/// Why an answer that arrived cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It was cut off at the most tokens that it was allowed.
    CutOff,
    /// It has not the shape that the format prescribes.
    Shape(&'static str),
    /// It holds no statement.
    NoStatement,
    /// The provider reports an error, although the status was one of success.
    Error,
}

/// Which parts of the format a server takes: many servers speak a format in part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    pub structured: Structured,
    /// Whether the number of tokens is bounded by `max_completion_tokens` (OpenAI's reasoning models) and not `max_tokens`.
    pub completion_tokens: bool,
}

/// How an answer of a fixed shape is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Structured {
    /// By a JSON schema or a tool.
    #[default]
    Schema,
    /// By a promise of JSON alone.
    Json,
    /// Not at all: the prompt says it, and [`extract`] finds it.
    Text,
}

impl Dialect {
    /// What to leave out after a server has refused a request, judging by what its error names; `None` when that is nothing
    /// of what is left to leave out.
    pub fn without_refused(self, status: u16, error: &str) -> Option<Dialect> {
        if !matches!(status, 400 | 404 | 415 | 422 | 500 | 501) {
            return None;
        }
        let error = error.to_ascii_lowercase();
        let names = |words: &[&str]| words.iter().any(|word| error.contains(word));
        if !self.completion_tokens && names(&["max_completion_tokens"]) {
            return Some(Dialect {
                completion_tokens: true,
                ..self
            });
        }
        if !names(&[
            "response_format",
            "response format",
            "json_schema",
            "json schema",
            "json_object",
            "grammar",
            "guided",
            "structured output",
            "tool",
        ]) {
            return None;
        }
        let structured = match self.structured {
            Structured::Schema => Structured::Json,
            Structured::Json => Structured::Text,
            Structured::Text => return None,
        };
        Some(Dialect { structured, ..self })
    }
}

/// The name of the tool, or of the schema, by which an answer of a fixed shape is asked for.
pub const ANSWER: &str = "answer";

/// The JSON schema of an answer. Every property is required, as strict modes demand.
pub fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "sql": {
                "type": "string",
                "description": "One PostgreSQL SELECT statement that answers the question. Empty when it cannot be answered."
            },
            "reading": {
                "type": "string",
                "description": "The question said back in one plain sentence, as the statement answers it, with actual dates."
            },
            "assumptions": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Each choice that the question left open, in one sentence."
            },
            "unanswerable": {
                "type": "string",
                "description": "Why the question cannot be answered from these tables. Empty when it can."
            }
        },
        "required": ["sql", "reading", "assumptions", "unanswerable"],
        "additionalProperties": false
    })
}

/// The conversation in the form that both formats share.
pub fn conversation(messages: &[Message]) -> impl Iterator<Item = Value> {
    messages.iter().map(|message| {
        let role = match message.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        json!({"role": role, "content": message.text})
    })
}

/// A number of tokens.
pub fn tokens(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|count| u32::try_from(count).ok())
}

/// What is left of a body that is no JSON, because its end is missing or its text is broken, and that still tells the tokens: an
/// object whose only field is the last `usage` of the body.
pub fn salvaged_usage(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body);
    let (_, after) = text.rsplit_once("\"usage\"")?;
    let after = after.trim_start().strip_prefix(':')?;
    let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
    let usage = values.next()?.ok().filter(Value::is_object)?;
    Some(json!({ "usage": usage }))
}

/// The reply in an object of [`schema`]'s shape.
pub fn structured_reply(value: &Value) -> Result<Reply, Unusable> {
    extract::from_object(value).ok_or(Unusable::Shape(
        "its answer has not the fields it should have",
    ))
}

/// The reply in free text.
pub fn text_reply(text: &str) -> Result<Reply, Unusable> {
    extract::from_text(text).ok_or(Unusable::NoStatement)
}

/// What an error body says: its kind and its message, wherever the server puts them.
pub fn error_message(body: &Value) -> Option<(Option<String>, String)> {
    let body = match body {
        // Gemini's compatible endpoint wraps it in an array.
        Value::Array(items) => items.first()?,
        other => other,
    };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let error = match &body["error"] {
        Value::Null => body,
        // Ollama's own form.
        Value::String(message) => return Some((None, message.clone())),
        other => other,
    };
    let message = text(&error["message"]).or_else(|| match &error["detail"] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    })?;
    let kind = [&error["code"], &error["type"], &error["status"]]
        .into_iter()
        .find_map(Value::as_str)
        .map(str::to_owned);
    Some((kind, message))
}

/// The header's value for a key.
pub fn key_value(prefix: &str, key: &SecretString) -> Option<reqwest::header::HeaderValue> {
    use secrecy::ExposeSecret;
    let text = SecretString::from(format!("{prefix}{}", key.expose_secret()));
    let mut value = reqwest::header::HeaderValue::from_str(text.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_in_what_is_left_of_a_body() {
        let found = |text: &str| salvaged_usage(text.as_bytes()).map(|v| v["usage"].clone());
        assert_eq!(
            found(
                r#"{"choices": [{"x": 1}], "usage" : {"prompt_tokens": 7, "a": {"b": 1}}, "rest": "#
            ),
            Some(json!({"prompt_tokens": 7, "a": {"b": 1}}))
        );
        // What the model wrote about itself comes before what the provider counts.
        assert_eq!(
            found(r#"{"text": "\"usage\": {}", "usage": {"input_tokens": 1}"#),
            Some(json!({"input_tokens": 1}))
        );
        for nothing in [
            "",
            "<html>usage</html>",
            r#"{"usage": 5"#,
            r#"{"usage": {"a": 1"#,
            r#""usage""#,
        ] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
    }
}
