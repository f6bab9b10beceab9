//! Keys are seen by nobody, and nobody but a superuser decides where they go.

use super::{Certificate, Format, Provider, Step, asker, asker_on, question};
use crate::support::{Server, Session, full_text, is_root, unique};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// Loads the library in the session of a role that may ask.
const LOAD: &str = "SELECT * FROM insightflow.run('SELECT 1')";

/// A key that occurs nowhere else.
fn new_key() -> String {
    unique("sk-live-SECRET")
}

/// A file with a key, readable for the server's user alone, removed at the end.
struct KeyFile(PathBuf);

impl KeyFile {
    fn write(key: &str) -> KeyFile {
        let path = std::env::temp_dir().join(unique("insightflow_key"));
        std::fs::write(&path, format!("{key}\n")).expect("a file");
        let file = KeyFile(path);
        file.mode(0o600);
        // When the tests run as root, the server runs as postgres.
        if is_root() {
            let owner = Command::new("chown").arg("postgres").arg(&file.0).status();
            assert!(owner.expect("chown").success());
        }
        file
    }

    fn mode(&self, mode: u32) {
        std::fs::set_permissions(&self.0, std::fs::Permissions::from_mode(mode)).expect("a mode");
    }

    fn name(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn ask(session: &Session) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
    let sql = format!("SELECT insightflow.to_sql('{}')", question());
    session.try_rows(&sql).await
}

#[tokio::test]
async fn a_key_file_is_read_at_each_call_and_must_be_private() {
    let key = new_key();
    let file = KeyFile::write(&key);
    let provider = Provider::start_tls(Certificate::Good).await;
    for (format, header, value) in [
        (Format::OpenAi, "authorization", format!("Bearer {key}")),
        (Format::Anthropic, "x-api-key", key.clone()),
    ] {
        let (database, role) = asker(&provider, format).await;
        database.set("insightflow.api_key_file", file.name()).await;
        let session = database.session(&role).await;
        ask(&session).await.expect("an answer");
        let requests = provider.requests();
        let request = requests.last().expect("a request");
        assert_eq!(request.header(header), Some(value.as_str()));
        // The address tells nothing.
        assert!(!request.path.contains(&key));
        for mode in [0o640, 0o604, 0o660, 0o644] {
            file.mode(mode);
            let (state, text) = full_text(&ask(&session).await.expect_err("a refusal"));
            assert!(["55000", "22023"].contains(&state.as_str()), "{state}");
            assert!(text.contains("api_key_file"), "{text}");
            assert!(
                !text.contains(file.name()) && !text.contains(&key),
                "{text}"
            );
        }
        file.mode(0o600);
        assert_eq!(provider.requests().len(), requests.len());
        ask(&session).await.expect("an answer");
        database.drop().await;
    }
}

#[tokio::test]
async fn a_key_comes_from_the_environment() {
    let provider = Provider::start().await;
    let (database, role) = asker(&provider, Format::Anthropic).await;
    // pg_ctl gives every server this one: the number of a process.
    database
        .set("insightflow.api_key_env", "PG_GRANDPARENT_PID")
        .await;
    let session = database.session(&role).await;
    ask(&session).await.expect("an answer");
    let requests = provider.requests();
    let key = requests[0].header("x-api-key").expect("a key");
    assert!(key.parse::<u32>().is_ok(), "{key}");
    // Ordinary roles do not learn which variable it is.
    let (state, _) = session.failure("SHOW insightflow.api_key_env").await;
    assert_eq!(state, "42501");
    let name = unique("INSIGHTFLOW_NO_SUCH");
    database.set("insightflow.api_key_env", &name).await;
    let session = database.session(&role).await;
    let (_, text) = full_text(&ask(&session).await.expect_err("no key"));
    assert!(
        text.contains("api_key_env") && !text.contains(&name),
        "{text}"
    );
    assert_eq!(provider.requests().len(), 1);
    database.drop().await;
}

#[tokio::test]
async fn azure_has_a_header_of_its_own() {
    let key = new_key();
    let file = KeyFile::write(&key);
    let provider = Provider::start().await;
    let (database, role) = asker(&provider, Format::OpenAi).await;
    database.set("insightflow.api_key_file", file.name()).await;
    let url = format!(
        "{}/openai/deployments/d?api-version=2024-10-21",
        provider.base_url(Format::Anthropic)
    );
    database.set("insightflow.base_url", &url).await;
    let session = database.session(&role).await;
    ask(&session).await.expect("an answer");
    let request = &provider.requests()[0];
    assert_eq!(
        request.path,
        "/openai/deployments/d/chat/completions?api-version=2024-10-21"
    );
    assert_eq!(request.header("api-key"), Some(key.as_str()));
    assert_eq!(request.header("authorization"), None);
    database.drop().await;
}

/// The values of every view and function through which a session might see a key.
async fn everything_shown(session: &Session) -> String {
    let mut seen = String::new();
    for sql in [
        "SHOW insightflow.api_key",
        "SHOW ALL",
        "SELECT current_setting('insightflow.api_key', true)",
        "SELECT * FROM pg_settings",
        "SELECT * FROM pg_file_settings",
        "SELECT * FROM pg_db_role_setting",
        "SELECT * FROM pg_stat_activity",
        "SELECT * FROM pg_proc WHERE proconfig IS NOT NULL",
        "SELECT * FROM insightflow.query_log",
        "SELECT insightflow.prompt('how many tables are there')",
        "SELECT set_config('insightflow.max_rows', '10', false)",
    ] {
        match session.try_rows(sql).await {
            Ok(rows) => seen.push_str(&format!("{rows:?}")),
            Err(error) => seen.push_str(&full_text(&error).1),
        }
        seen.push_str(&session.messages().concat());
    }
    seen
}

#[tokio::test]
async fn a_key_of_a_superuser_is_shown_to_nobody() {
    let key = new_key();
    let provider = Provider::start().await;
    let (database, role) = asker(&provider, Format::OpenAi).await;
    let monitor = database.role().await;
    let admin = database.superuser().await;
    admin
        .run(&format!(
            "GRANT pg_monitor, pg_read_all_settings, pg_read_all_stats TO {monitor}; SELECT insightflow.enroll('{monitor}')"
        ))
        .await;
    let session = database.superuser().await;
    // The library is there, so that the setting is ours.
    session.run("LOAD 'insightflow'").await;
    session
        .run(&format!("SET insightflow.api_key = '{key}'"))
        .await;
    assert_eq!(session.value("SHOW insightflow.api_key").await, "********");
    assert_eq!(
        session
            .value(&format!(
                "SELECT set_config('insightflow.api_key', '{key}', false)"
            ))
            .await,
        "********"
    );
    // Asked as the role, with the superuser's key.
    session.run(&format!("SET ROLE {role}")).await;
    ask(&session).await.expect("an answer");
    let bearer = format!("Bearer {key}");
    assert_eq!(
        provider.requests()[0].header("authorization"),
        Some(bearer.as_str())
    );
    let seen = everything_shown(&session).await;
    assert!(!seen.contains(&key), "{seen}");
    session.run("RESET ROLE").await;
    session
        .run(&format!("SET insightflow.api_key = '{key}'"))
        .await;
    for other in [&role, &monitor] {
        let other = database.session(other).await;
        other.run(LOAD).await;
        let seen = everything_shown(&other).await;
        assert!(!seen.contains(&key), "{seen}");
    }
    let seen = everything_shown(&database.superuser().await).await;
    assert!(!seen.contains(&key), "{seen}");
    database.drop().await;
}

#[tokio::test]
async fn a_key_in_a_place_that_all_can_read_is_not_used() {
    let key = new_key();
    let provider = Provider::start().await;
    let (database, role) = asker(&provider, Format::OpenAi).await;
    let admin = database.superuser().await;
    admin.run("LOAD 'insightflow'").await;
    let name = database.name();
    for sql in [
        format!("ALTER DATABASE {name} SET insightflow.api_key = '{key}'"),
        format!("ALTER ROLE {role} SET insightflow.api_key = '{key}'"),
        format!("ALTER ROLE {role} IN DATABASE {name} SET insightflow.api_key = '{key}'"),
        format!(
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET insightflow.api_key = '{key}' AS 'SELECT 1'"
        ),
    ] {
        admin.messages();
        admin.run(&sql).await;
        let said = admin.messages().concat();
        assert!(said.contains("will not be used"), "{sql}: {said}");
        assert!(!said.contains(&key), "{said}");
    }
    let session = database.session(&role).await;
    let (_, text) = full_text(&ask(&session).await.expect_err("no key"));
    assert!(text.contains("api_key") && !text.contains(&key), "{text}");
    assert!(!session.messages().concat().contains(&key));
    assert_eq!(provider.requests().len(), 0);
    database.drop().await;
}

#[tokio::test]
async fn nobody_else_redirects_a_call() {
    let key = new_key();
    let file = KeyFile::write(&key);
    let provider = Provider::start().await;
    let evil = Provider::start().await;
    let (database, role) = asker(&provider, Format::OpenAi).await;
    database.set("insightflow.api_key_file", file.name()).await;
    let evil_url = evil.base_url(Format::OpenAi);
    let settings = [
        ("provider", "anthropic"),
        ("base_url", evil_url.as_str()),
        ("model", "other"),
        ("api_key", "x"),
        ("api_key_file", "/etc/hostname"),
        ("api_key_env", "PATH"),
        ("ca_file", "/etc/hostname"),
        ("allow_plain_http", "on"),
        ("connect_timeout", "1"),
        ("model_timeout", "1"),
        ("idle_timeout", "1"),
        ("max_retries", "9"),
        ("max_response_bytes", "9"),
        ("breaker_failures", "1"),
        ("breaker_cooldown", "9"),
    ];
    // Before the library is loaded in the session they are names without a meaning, afterwards they are ours.
    for loaded in [false, true] {
        let session = database.session(&role).await;
        if loaded {
            session.run(LOAD).await;
        }
        for (name, value) in settings {
            for sql in [
                format!("SET insightflow.{name} = '{value}'"),
                format!("SELECT set_config('insightflow.{name}', '{value}', false)"),
                format!("ALTER ROLE {role} SET insightflow.{name} = '{value}'"),
            ] {
                let outcome = session.try_rows(&sql).await;
                if loaded {
                    let (state, _) = full_text(&outcome.expect_err("no right"));
                    assert_eq!(state, "42501", "{sql}");
                }
            }
        }
        ask(&session).await.expect("an answer");
        let fresh = database.session(&role).await;
        ask(&fresh).await.expect("an answer");
    }
    assert_eq!(evil.accepted(), 0);
    let bearer = format!("Bearer {key}");
    let requests = provider.requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert_eq!(request.header("authorization"), Some(bearer.as_str()));
        assert_eq!(request.json()["model"], "fake-model");
    }
    database.drop().await;
}

#[tokio::test]
async fn logs_hold_no_key_whatever_happens() {
    let key = new_key();
    for configuration in [
        format!("shared_preload_libraries = 'insightflow'\ninsightflow.api_key = '{key}'"),
        String::new(),
    ] {
        let preloaded = !configuration.is_empty();
        let server = Server::start(&format!(
            "{configuration}\nlog_min_messages = debug5\nlog_min_error_statement = debug5\nlog_statement = all\n\
             log_duration = on\nlog_error_verbosity = verbose"
        ));
        let provider = Provider::start().await;
        let file = KeyFile::write(&key);
        let (database, role) = asker_on(server.config(), &provider, Format::OpenAi).await;
        if !preloaded {
            database.set("insightflow.api_key_file", file.name()).await;
        }
        database.set("insightflow.max_retries", "0").await;
        let session = database.session(&role).await;
        session.run("SET client_min_messages = debug5").await;
        ask(&session).await.expect("an answer");
        let bearer = format!("Bearer {key}");
        assert_eq!(
            provider.requests()[0].header("authorization"),
            Some(bearer.as_str())
        );
        let mut told = String::new();
        let echo = json!({"error": {"message": format!("Incorrect API key provided: {key}"), "type": key, "code": key}});
        for status in [400, 401, 403, 404, 413, 429, 500, 529] {
            provider.next(Step::status_with(
                status,
                &[("x-request-id", "req_1")],
                &echo,
            ));
            told.push_str(&full_text(&ask(&session).await.expect_err("an error")).1);
        }
        provider.next(Step::status(200, &echo));
        told.push_str(&full_text(&ask(&session).await.expect_err("an error")).1);
        provider.next(Step::body("text/html", key.as_bytes()));
        told.push_str(&full_text(&ask(&session).await.expect_err("an error")).1);
        provider.kill();
        told.push_str(&full_text(&ask(&session).await.expect_err("an error")).1);
        told.push_str(&session.messages().concat());
        told.push_str(&everything_shown(&session).await);
        let admin = database.superuser().await;
        let history = admin.rows("SELECT * FROM insightflow.query_log").await;
        told.push_str(&format!("{history:?}"));
        assert!(!told.contains(&key), "{told}");
        let log = server.log();
        assert!(log.contains("to_sql"), "the log is not that detailed");
        assert!(!log.contains(&key), "preloaded: {preloaded}");
    }
}

#[tokio::test]
async fn a_configuration_that_any_session_could_show_is_not_used() {
    let key = new_key();
    // Not preloaded: until a session loads the library, the value is a plain placeholder that it can SHOW.
    let server = Server::start(&format!("insightflow.api_key = '{key}'"));
    let provider = Provider::start().await;
    let (database, role) = asker_on(server.config(), &provider, Format::OpenAi).await;
    let session = database.session(&role).await;
    let (_, text) = full_text(&ask(&session).await.expect_err("no key"));
    assert!(text.contains("not used"), "{text}");
    assert_eq!(provider.requests().len(), 0);
}
