//! What a provider may answer, well or badly, and what the asker then sees.

use super::{Act, Certificate, Format, Provider, Step, asker, question};
use crate::support::{Database, Session, full_text};
use serde_json::json;
use std::time::{Duration, Instant, SystemTime};

/// Asks for the SQL of a new question.
async fn ask(session: &Session) -> Result<String, tokio_postgres::Error> {
    let sql = format!("SELECT insightflow.to_sql('{}')", question());
    let rows = session.try_rows(&sql).await?;
    Ok(rows[0][0].clone().expect("a statement"))
}

/// The SQLSTATE and all texts of the error with which a new question must fail.
async fn refused(session: &Session) -> (String, String) {
    full_text(&ask(session).await.expect_err("an error"))
}

async fn ready(format: Format) -> (Provider, Database, Session) {
    let provider = Provider::start().await;
    let (database, role) = asker(&provider, format).await;
    database.set("insightflow.max_retries", "0").await;
    database.set("insightflow.breaker_failures", "0").await;
    let session = database.session(&role).await;
    (provider, database, session)
}

#[tokio::test]
async fn both_formats_are_spoken() {
    for format in [Format::Anthropic, Format::OpenAi] {
        let (provider, database, session) = ready(format).await;
        provider.next(Step::sql("SELECT 40 + 2 AS n"));
        assert_eq!(ask(&session).await.expect("SQL"), "SELECT 40 + 2 AS n");
        let request = &provider.requests()[0];
        assert_eq!(request.header("content-type"), Some("application/json"));
        let body = request.json();
        assert_eq!(body["model"], "fake-model");
        match format {
            Format::Anthropic => {
                assert_eq!(request.path, "/v1/messages");
                assert_eq!(request.header("anthropic-version"), Some("2023-06-01"));
                assert_eq!(body["tool_choice"]["type"], "tool");
            }
            Format::OpenAi => {
                assert_eq!(request.path, "/v1/chat/completions");
                assert_eq!(body["response_format"]["type"], "json_schema");
            }
        }
        // Without a key none is sent.
        for name in ["authorization", "x-api-key", "api-key"] {
            assert_eq!(request.header(name), None, "{name}");
        }
        database.drop().await;
    }
}

#[tokio::test]
async fn a_statement_is_found_in_any_wrapping() {
    for format in [Format::Anthropic, Format::OpenAi] {
        let (provider, database, session) = ready(format).await;
        for text in [
            "SELECT 7 AS n",
            "```sql\nSELECT 7 AS n\n```",
            "Here is the query you asked for:\n\nSELECT 7 AS n\n\nIt gives seven.",
            "<think>\nMaybe SELECT 8 AS n? No.\n</think>\n```sql\nSELECT 7 AS n\n```",
            "{\"sql\": \"SELECT 7 AS n\", \"reading\": \"seven\", \"assumptions\": [], \"unanswerable\": \"\"}",
            "As JSON: ```json\n{\"sql\": \"SELECT 7 AS n\"}\n```",
        ] {
            provider.next(Step::text(text));
            assert_eq!(ask(&session).await.expect(text), "SELECT 7 AS n", "{text}");
        }
        database.drop().await;
    }
}

#[tokio::test]
async fn several_statements_do_not_run() {
    let (provider, database, _) = ready(Format::OpenAi).await;
    let admin = database.superuser().await;
    let role = database.role().await;
    admin
        .run(&format!(
            "SELECT insightflow.enroll('{role}'); CREATE TABLE precious (i int); ALTER TABLE precious OWNER TO {role}"
        ))
        .await;
    let session = database.session(&role).await;
    for step in [
        Step::sql("SELECT 1; DROP TABLE precious"),
        Step::text("```sql\nSELECT 1;\nDROP TABLE precious;\n```"),
        Step::sql("DROP TABLE precious"),
    ] {
        provider.always(step);
        let error = session
            .try_rows(&format!("SELECT * FROM ask('{}')", question()))
            .await
            .expect_err("a refusal");
        full_text(&error);
        assert_eq!(admin.value("SELECT count(*) FROM precious").await, "0");
    }
    database.drop().await;
}

#[tokio::test]
async fn slow_bytes_arrive() {
    let (provider, database, session) = ready(Format::OpenAi).await;
    provider.next(Step::drops("SELECT 3 AS n", 7, Duration::from_millis(1)));
    assert_eq!(ask(&session).await.expect("SQL"), "SELECT 3 AS n");
    database.drop().await;
}

#[tokio::test]
async fn a_broken_answer_is_asked_for_again() {
    let (provider, database, session) = ready(Format::OpenAi).await;
    let admin = database.superuser().await;
    for broken in [
        Step::half(Act::Reset),
        Step::half(Act::Close),
        Step::Acts(vec![Act::Reset]),
        Step::Acts(vec![Act::Close]),
        Step::status(500, &json!({"error": {"message": "trouble"}})),
        Step::status(
            529,
            &json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
        ),
    ] {
        provider.next(broken.clone());
        let (state, _) = refused(&session).await;
        assert_eq!(state, "08006", "{broken:?}");
    }
    let before = provider.requests().len();
    admin
        .run(&format!(
            "ALTER DATABASE {} SET insightflow.max_retries = 3",
            database.name()
        ))
        .await;
    let role = session.value("SELECT current_user").await;
    let session = database.session(&role).await;
    provider.next(Step::half(Act::Reset));
    provider.next(Step::status(503, &json!({})));
    provider.next(Step::half(Act::Close));
    assert_eq!(ask(&session).await.expect("SQL"), "SELECT 1 AS one");
    assert_eq!(provider.requests().len() - before, 4);
    database.drop().await;
}

#[tokio::test]
async fn silence_in_the_middle_ends() {
    let (provider, database, session) = ready(Format::OpenAi).await;
    let role = session.value("SELECT current_user").await;
    database.set("insightflow.idle_timeout", "200ms").await;
    let session = database.session(&role).await;
    provider.next(Step::half(Act::Hold));
    let (state, text) = refused(&session).await;
    assert_eq!(state, "08006");
    assert!(text.contains("idle_timeout"), "{text}");
    database.set("insightflow.idle_timeout", "60s").await;
    database.set("insightflow.model_timeout", "300ms").await;
    let session = database.session(&role).await;
    for step in [Step::half(Act::Hold), Step::hold()] {
        provider.next(step);
        let (state, text) = refused(&session).await;
        assert_eq!(state, "08006");
        assert!(text.contains("model_timeout"), "{text}");
    }
    database.drop().await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (provider, database, session) = ready(Format::OpenAi).await;
    let elsewhere = Provider::start().await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/chat/completions", elsewhere.base_url(Format::OpenAi));
        provider.next(Step::redirect(status, &to));
        let (state, text) = refused(&session).await;
        assert_eq!(state, "08006");
        assert!(text.contains(&status.to_string()), "{text}");
    }
    assert_eq!(elsewhere.accepted(), 0);
    database.drop().await;
}

#[tokio::test]
async fn answers_that_are_none() {
    let (provider, database, session) = ready(Format::OpenAi).await;
    let shapes: Vec<(Step, &str)> = vec![
        (Step::body("text/html", b"<html><body>Sign in to the secret portal</body></html>"), "text/html"),
        (Step::body("application/json", b"{\"choices\": [{\"message\": {\"content\": \"SELECT \xff\xfe\"}}]}"), "not valid JSON"),
        (Step::body("application/json", b"{\"choices\": ["), "not valid JSON"),
        (Step::body("application/json", b""), "not valid JSON"),
        (Step::body("application/json", b"[1, 2]"), "shape"),
        (Step::body("application/json", b"{\"choices\": []}"), "shape"),
        (Step::body("application/json", b"{\"choices\": [{\"message\": {\"content\": 5}}]}"), "shape"),
        (Step::text("I would rather not."), "no statement"),
        (Step::Acts(vec![Act::Send(b"\x00\x01\x02 this is not HTTP\r\n\r\n".to_vec()), Act::Close]), "not HTTP"),
        (Step::body("application/json", br#"{"choices": [{"message": {"content": "SELECT 1"}, "finish_reason": "length"}]}"#), "cut off"),
        (Step::body("application/json", br#"{"error": {"message": "no credit left", "code": 402}}"#), "no credit left"),
    ];
    for (step, expected) in shapes {
        provider.always(step.clone());
        let (state, text) = refused(&session).await;
        assert_eq!(state, "08006", "{step:?}: {text}");
        assert!(text.contains(expected), "{step:?}: {text}");
        assert!(!text.contains("portal"), "{text}");
    }
    provider.always(Step::body(
        "text/plain",
        br#"{"choices": [{"message": {"content": "SELECT 9 AS n"}}]}"#,
    ));
    assert_eq!(ask(&session).await.expect("SQL"), "SELECT 9 AS n");
    database.drop().await;
}

#[tokio::test]
async fn a_huge_answer_is_not_read() {
    let (provider, database, session) = ready(Format::OpenAi).await;
    let pid = session.value("SELECT pg_backend_pid()").await;
    for announced in [true, false] {
        provider.next(Step::huge(100_000_000, announced));
        let (state, text) = refused(&session).await;
        assert_eq!(state, "08006");
        assert!(text.contains("max_response_bytes"), "{text}");
        // What the process has ever used, in kB.
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
        let peak = status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .expect("a peak");
        let kilobytes: u64 = peak
            .split_whitespace()
            .nth(1)
            .expect("a number")
            .parse()
            .expect("a number");
        assert!(kilobytes < 100_000, "{peak}");
    }
    database.drop().await;
}

#[tokio::test]
async fn retry_after_is_honoured_in_both_forms() {
    let (provider, database, session) = ready(Format::Anthropic).await;
    let role = session.value("SELECT current_user").await;
    database.set("insightflow.max_retries", "1").await;
    let session = database.session(&role).await;
    let error =
        json!({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}});
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3));
    for (value, least) in [("1", 1.0), (date.as_str(), 0.9)] {
        provider.next(Step::status_with(429, &[("retry-after", value)], &error));
        let began = Instant::now();
        assert_eq!(ask(&session).await.expect("SQL"), "SELECT 1 AS one");
        assert!(
            began.elapsed().as_secs_f64() >= least,
            "{value}: {:?}",
            began.elapsed()
        );
    }
    // Longer than the call may take: told at once, with the time.
    provider.next(Step::status_with(
        429,
        &[("retry-after", "3600"), ("request-id", "req_77")],
        &error,
    ));
    let (state, text) = refused(&session).await;
    assert_eq!(state, "08006");
    for part in ["429", "slow down", "req_77"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // An account without credit is not asked again.
    let before = provider.requests().len();
    let empty =
        json!({"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}});
    provider.next(Step::status(429, &empty));
    refused(&session).await;
    assert_eq!(provider.requests().len(), before + 1);
    database.drop().await;
}

#[tokio::test]
async fn what_a_server_does_not_know_is_left_out() {
    let (provider, database, session) = ready(Format::OpenAi).await;
    let refusal = |text: &str| Step::status(400, &json!({"error": {"message": text}}));
    provider.next(refusal(
        "Use 'max_completion_tokens' instead of 'max_tokens'.",
    ));
    provider.next(refusal("response_format json_schema is not supported"));
    provider.next(refusal("response_format is not supported"));
    provider.next(Step::text("SELECT 5 AS n"));
    assert_eq!(ask(&session).await.expect("SQL"), "SELECT 5 AS n");
    // The next question is asked in that way at once.
    ask(&session).await.expect("SQL");
    let requests = provider.requests();
    assert_eq!(requests.len(), 5);
    for request in &requests[3..] {
        let body = request.json();
        assert!(body.get("response_format").is_none());
        assert!(body["max_completion_tokens"].is_number());
    }
    database.drop().await;
}

#[tokio::test]
async fn only_a_provider_that_proves_itself_is_told_anything() {
    for certificate in [
        Certificate::SelfSigned,
        Certificate::WrongName,
        Certificate::Expired,
    ] {
        let provider = Provider::start_tls(certificate).await;
        let (database, role) = asker(&provider, Format::OpenAi).await;
        let session = database.session(&role).await;
        let (state, text) = refused(&session).await;
        assert_eq!(state, "08001", "{certificate:?}: {text}");
        assert!(text.contains("certificate"), "{certificate:?}: {text}");
        assert_eq!(provider.requests().len(), 0, "{certificate:?}");
        database.drop().await;
    }
    let provider = Provider::start_tls(Certificate::Good).await;
    let (database, role) = asker(&provider, Format::OpenAi).await;
    let session = database.session(&role).await;
    assert_eq!(ask(&session).await.expect("SQL"), "SELECT 1 AS one");
    // Without the file, the authorities of the system decide.
    database.set("insightflow.ca_file", "").await;
    let session = database.session(&role).await;
    assert!(ask(&session).await.is_err());
    for bad in ["/nowhere", "/etc/passwd", "/dev/zero"] {
        database.set("insightflow.ca_file", bad).await;
        let session = database.session(&role).await;
        let (state, text) = refused(&session).await;
        assert_eq!(state, "22023", "{text}");
        assert!(text.contains("ca_file") && !text.contains(bad), "{text}");
    }
    assert_eq!(provider.requests().len(), 1);
    database.drop().await;
}
