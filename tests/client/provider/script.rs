//! What the fake provider does with a request: a list of acts on its connection.

use super::Request;
use serde_json::{Value, json};
use std::time::Duration;

/// One thing done on the connection, in order. After the last one the connection waits for the next request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends these bytes as they are.
    Send(Vec<u8>),
    /// Sends so many bytes of filling.
    Fill(usize),
    Wait(Duration),
    /// Does nothing for ever.
    Hold,
    /// Ends the connection in order.
    Close,
    /// Ends the connection with a reset.
    Reset,
}

/// How a request is answered.
#[derive(Clone, Debug)]
pub enum Step {
    /// What the model says, in the format of the address that was called.
    Says(Content),
    /// The same after a time.
    Later(Duration, Content),
    /// These acts, whatever was called.
    Acts(Vec<Act>),
}

/// What the model says.
#[derive(Clone, Debug)]
pub enum Content {
    /// In the fields that were asked for.
    Fields(Value),
    /// As free text.
    Text(String),
}

impl Step {
    /// The model answers with a statement.
    pub fn sql(sql: &str) -> Step {
        Step::Says(Content::Fields(fields(sql)))
    }

    /// The model answers with a statement after a time.
    pub fn slow_sql(sql: &str, latency: Duration) -> Step {
        Step::Later(latency, Content::Fields(fields(sql)))
    }

    /// The model says that it cannot.
    pub fn unanswerable(reason: &str) -> Step {
        Step::Says(Content::Fields(
            json!({"sql": "", "reading": "", "assumptions": [], "unanswerable": reason}),
        ))
    }

    /// The model answers in free text, whatever was asked of it.
    pub fn text(text: &str) -> Step {
        Step::Says(Content::Text(text.to_owned()))
    }

    /// A status with a body of JSON.
    pub fn status(status: u16, body: &Value) -> Step {
        Step::status_with(status, &[], body)
    }

    /// A status with headers and a body of JSON.
    pub fn status_with(status: u16, headers: &[(&str, &str)], body: &Value) -> Step {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        Step::Acts(vec![Act::Send(response(
            status,
            &all,
            body.to_string().as_bytes(),
        ))])
    }

    /// A success with any body.
    pub fn body(content_type: &str, body: &[u8]) -> Step {
        Step::Acts(vec![Act::Send(response(
            200,
            &[("content-type", content_type)],
            body,
        ))])
    }

    /// A redirect.
    pub fn redirect(status: u16, to: &str) -> Step {
        Step::Acts(vec![Act::Send(response(status, &[("location", to)], b""))])
    }

    /// No answer at all.
    pub fn hold() -> Step {
        Step::Acts(vec![Act::Hold])
    }

    /// Half of an answer with a statement, and then this.
    pub fn half(then: Act) -> Step {
        let body = openai(&Content::Fields(fields("SELECT 1"))).to_string();
        let whole = response(
            200,
            &[("content-type", "application/json")],
            body.as_bytes(),
        );
        Step::Acts(vec![Act::Send(whole[..whole.len() / 2].to_vec()), then])
    }

    /// An answer in pieces of so many bytes with a pause between them.
    pub fn drops(sql: &str, size: usize, pause: Duration) -> Step {
        let body = openai(&Content::Fields(fields(sql))).to_string();
        let whole = response(
            200,
            &[("content-type", "application/json")],
            body.as_bytes(),
        );
        let acts = whole
            .chunks(size)
            .flat_map(|chunk| [Act::Send(chunk.to_vec()), Act::Wait(pause)])
            .collect();
        Step::Acts(acts)
    }

    /// An answer of so many bytes; its length is announced or not.
    pub fn huge(bytes: usize, announced: bool) -> Step {
        let length = if announced {
            format!("content-length: {bytes}\r\n")
        } else {
            String::new()
        };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{length}\r\n");
        Step::Acts(vec![
            Act::Send(head.into_bytes()),
            Act::Fill(bytes),
            Act::Close,
        ])
    }

    /// The acts for a request.
    pub(super) fn acts(&self, request: &Request) -> Vec<Act> {
        let said = |content: &Content| {
            let body = if request.path.ends_with("/v1/messages") {
                anthropic(content)
            } else {
                openai(content)
            };
            let headers = [
                ("content-type", "application/json"),
                ("request-id", "req_fake"),
                ("x-request-id", "req_fake"),
            ];
            Act::Send(response(200, &headers, body.to_string().as_bytes()))
        };
        match self {
            Step::Says(content) => vec![said(content)],
            Step::Later(time, content) => vec![Act::Wait(*time), said(content)],
            Step::Acts(acts) => acts.clone(),
        }
    }
}

fn fields(sql: &str) -> Value {
    json!({"sql": sql, "reading": "what the fake model read", "assumptions": [], "unanswerable": ""})
}

/// A response in HTTP/1.1.
pub fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// An answer as the Messages API gives it.
pub fn anthropic(content: &Content) -> Value {
    let (block, stop) = match content {
        Content::Fields(fields) => (
            json!({"type": "tool_use", "id": "toolu_1", "name": "answer", "input": fields}),
            "tool_use",
        ),
        Content::Text(text) => (json!({"type": "text", "text": text}), "end_turn"),
    };
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "fake-model-1",
        "content": [block], "stop_reason": stop, "stop_sequence": null,
        "usage": {"input_tokens": 100, "output_tokens": 20, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 40}
    })
}

/// An answer as the Chat Completions API gives it.
pub fn openai(content: &Content) -> Value {
    let text = match content {
        Content::Fields(fields) => fields.to_string(),
        Content::Text(text) => text.clone(),
    };
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "fake-model-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": null}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 140, "completion_tokens": 20, "total_tokens": 160, "prompt_tokens_details": {"cached_tokens": 40}}
    })
}
