use super::*;
use crate::translate::llm::provider::{Message, Role};

const SCHEMA: Dialect = Dialect {
    structured: Structured::Schema,
    completion_tokens: false,
};

fn prompt() -> Prompt {
    Prompt {
        system: "You write SQL.".into(),
        messages: vec![Message {
            role: Role::User,
            text: "how many orders?".into(),
        }],
        max_output_tokens: 700,
    }
}

#[test]
fn the_request_in_each_dialect() {
    let body = OpenAi.body(&prompt(), "gpt-4o", SCHEMA);
    assert_eq!(body["messages"][0]["role"], "system");
    assert_eq!(body["messages"][1]["content"], "how many orders?");
    assert_eq!(body["max_tokens"], 700);
    assert_eq!(body["stream"], false);
    assert_eq!(body["response_format"]["type"], "json_schema");
    let schema = &body["response_format"]["json_schema"]["schema"];
    // What strict mode demands.
    assert_eq!(schema["additionalProperties"], false);
    let properties = schema["properties"].as_object().expect("properties");
    assert_eq!(
        schema["required"].as_array().map(Vec::len),
        Some(properties.len())
    );
    let body = OpenAi.body(
        &prompt(),
        "o3",
        Dialect {
            structured: Structured::Json,
            completion_tokens: true,
        },
    );
    assert_eq!(body["max_completion_tokens"], 700);
    assert!(body.get("max_tokens").is_none());
    assert_eq!(body["response_format"], json!({"type": "json_object"}));
    let body = OpenAi.body(
        &prompt(),
        "m",
        Dialect {
            structured: Structured::Text,
            ..SCHEMA
        },
    );
    assert!(body.get("response_format").is_none());
}

#[test]
fn the_header_of_the_key() {
    let header = |base| OpenAi.key_header(&Endpoint::parse(base, false).expect("address"));
    assert_eq!(
        header("https://api.openai.com/v1"),
        ("authorization", "Bearer ")
    );
    assert_eq!(
        header("https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21"),
        ("api-key", "")
    );
}

#[test]
fn what_a_server_refuses_is_left_out() {
    let steps = |status, error: &str| {
        let mut dialect = SCHEMA;
        let mut steps = Vec::new();
        while let Some(next) = dialect.without_refused(status, error) {
            dialect = next;
            steps.push((dialect.structured, dialect.completion_tokens));
            assert!(steps.len() < 10, "it never ends: {error}");
        }
        steps
    };
    let (json, text) = (Structured::Json, Structured::Text);
    assert_eq!(
        steps(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        ),
        [(Structured::Schema, true)]
    );
    for error in [
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        "failed to parse grammar",
        "[{\"loc\": [\"body\", \"response_format\"], \"msg\": \"extra fields not permitted\"}]",
    ] {
        assert_eq!(steps(400, error), [(json, false), (text, false)], "{error}");
    }
    assert_eq!(steps(400, "context length exceeded"), []);
    assert_eq!(steps(401, "response_format"), []);
    assert_eq!(steps(429, "response_format"), []);
}

fn completion(message: Value, finish_reason: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1741570283, "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason}],
        "usage": {
            "prompt_tokens": 1117, "completion_tokens": 46, "total_tokens": 1163,
            "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0}
        },
        "service_tier": "default", "system_fingerprint": "fp_1"
    })
}

const ANSWER: &str = r#"{"sql": "SELECT count(*) FROM orders", "reading": "number of orders", "assumptions": ["all states"], "unanswerable": ""}"#;

fn statement(reply: Reply) -> String {
    match reply {
        Reply::Sql { sql, .. } => sql,
        Reply::Unanswerable { reason } => panic!("{reason}"),
    }
}

#[test]
fn an_answer_of_the_schema() {
    let message =
        json!({"role": "assistant", "content": ANSWER, "refusal": null, "annotations": []});
    let answer = OpenAi
        .read(&completion(message, "stop"))
        .expect("an answer");
    assert_eq!(
        answer.reply,
        Reply::Sql {
            sql: "SELECT count(*) FROM orders".into(),
            reading: "number of orders".into(),
            assumptions: vec!["all states".into()]
        }
    );
    assert_eq!(
        answer.usage,
        Usage {
            input: Some(93),
            output: Some(46),
            cache_read: Some(1024),
            cache_write: None
        }
    );
    assert_eq!(answer.model.as_deref(), Some("gpt-4o-2024-08-06"));
}

#[test]
fn other_places_of_an_answer() {
    let parts = json!({"content": [{"type": "text", "text": ANSWER}]});
    let tool = json!({"content": null, "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "answer", "arguments": ANSWER}}]});
    let reasoning = json!({"reasoning_content": "SELECT nothing", "content": ANSWER});
    let thinking =
        json!({"content": format!("<think>\nSELECT nothing FROM x\n</think>\n\n{ANSWER}")});
    let fenced = json!({"content": "Here:\n```sql\nSELECT count(*) FROM orders\n```"});
    for message in [parts, tool, reasoning, thinking, fenced] {
        let answer = OpenAi
            .read(&completion(message.clone(), "stop"))
            .unwrap_or_else(|error| panic!("{message}: {error:?}"));
        assert_eq!(statement(answer.reply), "SELECT count(*) FROM orders");
    }
}

#[test]
fn missing_figures() {
    let body = json!({"choices": [{"message": {"content": "SELECT 1"}}]});
    let answer = OpenAi.read(&body).expect("an answer");
    assert_eq!(answer.usage, Usage::default());
    assert_eq!(answer.model, None);
    // Ollama counts, but does not know of a cache.
    let body = json!({"model": "", "choices": [{"message": {"content": "SELECT 1"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 26, "completion_tokens": 298, "total_tokens": 324}});
    let answer = OpenAi.read(&body).expect("an answer");
    assert_eq!(answer.usage.input, Some(26));
    assert_eq!(answer.usage.cache_read, None);
    let body = json!({"choices": [{"message": {"content": "SELECT 1"}}], "usage": {"prompt_tokens": -1, "completion_tokens": 1e30}});
    assert_eq!(
        OpenAi.read(&body).expect("an answer").usage,
        Usage::default()
    );
}

#[test]
fn ends_that_are_no_answer() {
    let message = json!({"content": ANSWER});
    assert_eq!(
        OpenAi.read(&completion(message.clone(), "length")),
        Err(Unusable::CutOff)
    );
    for (message, finished) in [
        (message, "content_filter"),
        (
            json!({"content": null, "refusal": "I cannot help with that."}),
            "stop",
        ),
    ] {
        let answer = OpenAi
            .read(&completion(message, finished))
            .expect("a reply");
        assert!(matches!(answer.reply, Reply::Unanswerable { .. }));
    }
}

#[test]
fn wrong_shapes() {
    for wrong in [
        json!({}),
        json!([]),
        json!(null),
        json!({"choices": []}),
        json!({"choices": {}}),
        json!({"choices": [{}]}),
        json!({"choices": [{"message": {"content": null}}]}),
        json!({"choices": [{"message": {"content": 7}}]}),
        json!({"choices": [{"text": "SELECT 1"}]}),
    ] {
        assert!(
            matches!(OpenAi.read(&wrong), Err(Unusable::Shape(_))),
            "{wrong}"
        );
    }
    assert_eq!(
        OpenAi.read(&json!({"error": {"message": "no credit", "code": 402}})),
        Err(Unusable::Error)
    );
    assert_eq!(
        OpenAi.read(&completion(json!({"content": "{\"sql\": 5}"}), "stop")),
        Err(Unusable::NoStatement)
    );
}

#[test]
fn error_bodies_of_many_servers() {
    let cases = [
        (
            json!({"error": {"message": "Invalid model", "type": "invalid_request_error", "param": "model", "code": "model_not_found"}}),
            Some("model_not_found"),
            "Invalid model",
        ),
        // OpenAI, 429 without credit: the kind decides whether it is worth another attempt.
        (
            json!({"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "param": null, "code": "insufficient_quota"}}),
            Some("insufficient_quota"),
            "You exceeded your current quota",
        ),
        (
            json!({"error": {"code": "401", "message": "Access denied due to invalid subscription key"}}),
            Some("401"),
            "Access denied due to invalid subscription key",
        ),
        (
            json!({"error": "model 'x' not found"}),
            None,
            "model 'x' not found",
        ),
        (
            json!({"object": "error", "message": "The model does not exist.", "type": "NotFoundError", "param": null, "code": 404}),
            Some("NotFoundError"),
            "The model does not exist.",
        ),
        (
            json!([{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}]),
            Some("INVALID_ARGUMENT"),
            "API key not valid.",
        ),
        (json!({"detail": "Not Found"}), None, "Not Found"),
        (
            json!({"detail": [{"loc": ["body", "x"], "msg": "bad"}]}),
            None,
            r#"[{"loc":["body","x"],"msg":"bad"}]"#,
        ),
    ];
    for (body, kind, message) in cases {
        assert_eq!(
            wire::error_message(&body),
            Some((kind.map(str::to_owned), message.to_owned())),
            "{body}"
        );
    }
    for body in [
        json!(null),
        json!([]),
        json!({}),
        json!({"error": {}}),
        json!("x"),
    ] {
        assert_eq!(wire::error_message(&body), None, "{body}");
    }
}
