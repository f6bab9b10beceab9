//! Anthropic's Messages API, version 2023-06-01. The answer comes as the input of a tool, which the model is told to use.
//! Source: the provider's reference, "Messages" and "Errors".

use super::provider::{Prompt, Reply, Usage};
use super::transport::Endpoint;
use super::wire::{self, Answer, Dialect, Structured, Unusable, Wire};
use reqwest::Url;
use serde_json::{Value, json};

/// The Messages format.
pub struct Anthropic;

impl Wire for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
    }

    fn public_address(&self) -> &'static str {
        "https://api.anthropic.com"
    }

    fn url(&self, endpoint: &Endpoint) -> Url {
        endpoint.url("v1/messages")
    }

    fn key_header(&self, _endpoint: &Endpoint) -> (&'static str, &'static str) {
        ("x-api-key", "")
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn body(&self, prompt: &Prompt, model: &str, dialect: Dialect) -> Value {
        let mut body = json!({
            "model": model,
            "max_tokens": prompt.max_output_tokens,
            // The system text is the same from question to question, so the provider may keep it.
            "system": [{"type": "text", "text": prompt.system, "cache_control": {"type": "ephemeral"}}],
            "messages": wire::conversation(&prompt.messages).collect::<Vec<_>>(),
        });
        if dialect.structured != Structured::Text {
            body["tools"] = json!([{
                "name": wire::ANSWER,
                "description": "Gives the answer to the question.",
                "input_schema": wire::schema(),
            }]);
        }
        if dialect.structured == Structured::Schema {
            body["tool_choice"] = json!({
                "type": "tool", "name": wire::ANSWER, "disable_parallel_tool_use": true
            });
        }
        body
    }

    fn usage(&self, body: &Value) -> Usage {
        usage(&body["usage"])
    }

    fn read(&self, body: &Value) -> Result<Answer, Unusable> {
        if body["type"] == "error" {
            return Err(Unusable::Error);
        }
        let blocks = body["content"]
            .as_array()
            .ok_or(Unusable::Shape("it has no content"))?;
        let text = || {
            let texts: Vec<&str> = blocks
                .iter()
                .filter(|block| block["type"] == "text")
                .filter_map(|block| block["text"].as_str())
                .collect();
            texts.join("\n")
        };
        let stopped = body["stop_reason"].as_str().unwrap_or_default();
        let reply = match stopped {
            "max_tokens" | "model_context_window_exceeded" => return Err(Unusable::CutOff),
            "refusal" => Reply::Unanswerable {
                reason: refusal(&text()),
            },
            _ => match blocks.iter().find(|block| block["type"] == "tool_use") {
                Some(block) => wire::structured_reply(&block["input"])?,
                None => wire::text_reply(&text())?,
            },
        };
        Ok(Answer {
            reply,
            usage: usage(&body["usage"]),
            model: body["model"].as_str().map(str::to_owned),
        })
    }
}

fn refusal(text: &str) -> String {
    match super::extract::sentence(text) {
        text if text.is_empty() => "the model refused to answer".to_owned(),
        text => text,
    }
}

/// Anthropic counts what came from its cache apart from `input_tokens`.
fn usage(value: &Value) -> Usage {
    Usage {
        input: wire::tokens(&value["input_tokens"]),
        output: wire::tokens(&value["output_tokens"]),
        cache_read: wire::tokens(&value["cache_read_input_tokens"]),
        cache_write: wire::tokens(&value["cache_creation_input_tokens"]),
    }
}

#[cfg(test)]
mod tests;
