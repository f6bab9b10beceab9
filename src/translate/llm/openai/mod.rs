//! OpenAI's Chat Completions and the many servers that speak it: Azure, Ollama, vLLM, llama.cpp, LM Studio, Gemini's
//! compatible endpoint, LiteLLM. They differ in the header of the key, in whether they take a JSON schema, and in what they
//! count. Source: the provider's reference, "Chat Completions", and the documentation of each server.

use super::provider::{Prompt, Reply, Usage};
use super::transport::Endpoint;
use super::wire::{self, Answer, Dialect, Structured, Unusable, Wire};
use reqwest::Url;
use serde_json::{Value, json};

/// The Chat Completions format.
pub struct OpenAi;

impl Wire for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn public_address(&self) -> &'static str {
        "https://api.openai.com/v1"
    }

    fn url(&self, endpoint: &Endpoint) -> Url {
        endpoint.url("chat/completions")
    }

    fn key_header(&self, endpoint: &Endpoint) -> (&'static str, &'static str) {
        if endpoint.is_azure() {
            ("api-key", "")
        } else {
            ("authorization", "Bearer ")
        }
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    fn body(&self, prompt: &Prompt, model: &str, dialect: Dialect) -> Value {
        let mut messages = vec![json!({"role": "system", "content": prompt.system})];
        messages.extend(wire::conversation(&prompt.messages));
        let limit = if dialect.completion_tokens {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        let mut body = json!({"model": model, "messages": messages, "stream": false});
        body[limit] = json!(prompt.max_output_tokens);
        match dialect.structured {
            Structured::Schema => {
                body["response_format"] = json!({
                    "type": "json_schema",
                    "json_schema": {"name": wire::ANSWER, "strict": true, "schema": wire::schema()}
                });
            }
            Structured::Json => body["response_format"] = json!({"type": "json_object"}),
            Structured::Text => {}
        }
        body
    }

    fn usage(&self, body: &Value) -> Usage {
        usage(&body["usage"])
    }

    fn read(&self, body: &Value) -> Result<Answer, Unusable> {
        let Some(choice) = body["choices"].as_array().and_then(|list| list.first()) else {
            return Err(if body["error"].is_null() {
                Unusable::Shape("it has no choices")
            } else {
                Unusable::Error
            });
        };
        let message = &choice["message"];
        let finished = choice["finish_reason"].as_str().unwrap_or_default();
        let refusal = message["refusal"].as_str().filter(|text| !text.is_empty());
        let reply = if let Some(text) = refusal {
            Reply::Unanswerable {
                reason: super::extract::sentence(text),
            }
        } else if finished == "length" {
            return Err(Unusable::CutOff);
        } else if finished == "content_filter" {
            Reply::Unanswerable {
                reason: "the provider's content filter stopped the answer".to_owned(),
            }
        } else {
            content(message)?
        };
        Ok(Answer {
            reply,
            usage: usage(&body["usage"]),
            model: body["model"]
                .as_str()
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
        })
    }
}

/// The reply in a message: its content, a string or (in some servers) a list of parts, or the arguments of a tool call.
fn content(message: &Value) -> Result<Reply, Unusable> {
    let text = match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts
                .iter()
                .filter_map(|part| part["text"].as_str())
                .collect();
            texts.join("\n")
        }
        _ => String::new(),
    };
    if text.trim().is_empty() {
        let arguments = message["tool_calls"][0]["function"]["arguments"].as_str();
        let arguments = arguments.ok_or(Unusable::Shape("its message has no content"))?;
        return wire::text_reply(arguments);
    }
    wire::text_reply(&text)
}

/// `prompt_tokens` counts what came from the cache too; here each token is counted once. Servers of one's own may not
/// count at all.
fn usage(value: &Value) -> Usage {
    let cache_read = wire::tokens(&value["prompt_tokens_details"]["cached_tokens"]);
    let input = wire::tokens(&value["prompt_tokens"]);
    Usage {
        input: input.map(|all| all.saturating_sub(cache_read.unwrap_or(0))),
        output: wire::tokens(&value["completion_tokens"]),
        cache_read,
        cache_write: None,
    }
}

#[cfg(test)]
mod tests;
