use super::*;
use crate::translate::llm::provider::{Message, Role};

fn prompt() -> Prompt {
    Prompt {
        system: "You write SQL.".into(),
        messages: vec![
            Message {
                role: Role::User,
                text: "how many orders?".into(),
            },
            Message {
                role: Role::Assistant,
                text: "SELECT".into(),
            },
            Message {
                role: Role::User,
                text: "syntax error".into(),
            },
        ],
        max_output_tokens: 1000,
    }
}

#[test]
fn the_request() {
    let body = Anthropic.body(&prompt(), "claude-sonnet-4-5", Dialect::default());
    assert_eq!(body["model"], "claude-sonnet-4-5");
    assert_eq!(body["max_tokens"], 1000);
    assert_eq!(body["system"][0]["text"], "You write SQL.");
    let roles: Vec<&Value> = body["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| &message["role"])
        .collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert_eq!(body["tools"][0]["input_schema"], wire::schema());
    assert_eq!(body["tool_choice"]["name"], body["tools"][0]["name"]);
    let asked_freely = |structured| {
        let dialect = Dialect {
            structured,
            ..Dialect::default()
        };
        Anthropic.body(&prompt(), "m", dialect)
    };
    assert!(asked_freely(Structured::Json).get("tool_choice").is_none());
    assert!(asked_freely(Structured::Text).get("tools").is_none());
    let endpoint = Endpoint::parse("https://api.anthropic.com", false).expect("address");
    assert_eq!(
        Anthropic.url(&endpoint).as_str(),
        "https://api.anthropic.com/v1/messages"
    );
}

fn message(content: Value, stop_reason: &str) -> Value {
    json!({
        "id": "msg_01", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "content": content, "stop_reason": stop_reason, "stop_sequence": null,
        "usage": {
            "input_tokens": 12, "output_tokens": 95, "cache_creation_input_tokens": 2051, "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 2051, "ephemeral_1h_input_tokens": 0}, "service_tier": "standard"
        }
    })
}

fn statement() -> Reply {
    Reply::Sql {
        sql: "SELECT count(*) FROM orders".into(),
        reading: "number of orders".into(),
        assumptions: vec![],
    }
}

#[test]
fn a_tool_is_used() {
    let tool = json!({"type": "tool_use", "id": "toolu_01", "name": "answer", "input": {
        "sql": "SELECT count(*) FROM orders", "reading": "number of orders", "assumptions": [], "unanswerable": ""
    }});
    let thinking = json!({"type": "thinking", "thinking": "SELECT nothing", "signature": "EqQB"});
    let text = json!({"type": "text", "text": "I count them."});
    for content in [json!([tool.clone()]), json!([thinking, text, tool.clone()])] {
        let answer = Anthropic
            .read(&message(content, "tool_use"))
            .expect("an answer");
        assert_eq!(answer.reply, statement());
        assert_eq!(answer.model.as_deref(), Some("claude-sonnet-4-5-20250929"));
        assert_eq!(
            answer.usage,
            Usage {
                input: Some(12),
                output: Some(95),
                cache_read: Some(0),
                cache_write: Some(2051)
            }
        );
    }
}

#[test]
fn text_in_place_of_the_tool() {
    let content = json!([{"type": "text", "text": "```sql\nSELECT 1\n```"}]);
    let answer = Anthropic
        .read(&message(content, "end_turn"))
        .expect("an answer");
    assert!(matches!(answer.reply, Reply::Sql { sql, .. } if sql == "SELECT 1"));
    let content = json!([{"type": "text", "text": "Which orders?"}]);
    assert_eq!(
        Anthropic.read(&message(content, "end_turn")),
        Err(Unusable::NoStatement)
    );
}

#[test]
fn ends_that_are_no_answer() {
    let content =
        json!([{"type": "tool_use", "id": "t", "name": "answer", "input": {"sql": "SELECT"}}]);
    for stopped in ["max_tokens", "model_context_window_exceeded"] {
        assert_eq!(
            Anthropic.read(&message(content.clone(), stopped)),
            Err(Unusable::CutOff)
        );
    }
    let answer = Anthropic
        .read(&message(json!([]), "refusal"))
        .expect("an answer");
    assert_eq!(
        answer.reply,
        Reply::Unanswerable {
            reason: "the model refused to answer".into()
        }
    );
}

#[test]
fn wrong_shapes() {
    for wrong in [
        json!({}),
        json!([]),
        json!(null),
        json!("text"),
        json!({"content": "text"}),
        json!({"content": [{"type": "tool_use", "input": {}}]}),
        json!({"content": [{"type": "tool_use", "input": "SELECT 1"}]}),
        json!({"content": [{"type": "tool_use"}]}),
    ] {
        assert!(
            matches!(Anthropic.read(&wrong), Err(Unusable::Shape(_))),
            "{wrong}"
        );
    }
    assert_eq!(
        Anthropic.read(&json!({"content": []})),
        Err(Unusable::NoStatement)
    );
    let error =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    assert_eq!(Anthropic.read(&error), Err(Unusable::Error));
}

#[test]
fn error_bodies() {
    for (kind, text) in [
        ("invalid_request_error", "max_tokens: Field required"),
        ("authentication_error", "invalid x-api-key"),
        ("permission_error", "not allowed"),
        ("not_found_error", "model: claude-none"),
        ("request_too_large", "Request exceeds the maximum size"),
        (
            "rate_limit_error",
            "This request would exceed your rate limit",
        ),
        ("api_error", "Internal server error"),
        ("overloaded_error", "Overloaded"),
    ] {
        let body = json!({"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_011"});
        assert_eq!(
            wire::error_message(&body),
            Some((Some(kind.to_owned()), text.to_owned()))
        );
    }
}
