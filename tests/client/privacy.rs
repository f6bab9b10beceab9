//! What leaves the server for a language model: every byte that a fake provider received.

use crate::provider::{Format, Provider, Step};
use crate::support::{Database, Session};

/// The model alone understands it.
const QUESTION: &str = "frobnicate the quux of the clients";

/// Everything that stands in a row, or says what may or does stand in one, begins with `canary`.
const TABLES: &str = "
    CREATE TYPE stage AS ENUM ('fresh', 'closed');
    CREATE DOMAIN code AS text CHECK (VALUE <> 'canary domain');
    CREATE TABLE client (
        id int PRIMARY KEY,
        name text NOT NULL DEFAULT 'canary default',
        city text CHECK (city <> 'canary check'),
        branch code,
        stage stage,
        loud text GENERATED ALWAYS AS (name || 'canary generated') STORED);
    CREATE FUNCTION own_words() RETURNS int IMMUTABLE LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'a client is %', (SELECT name FROM public.client LIMIT 1); END $$;
    CREATE FUNCTION quoting() RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT name::int FROM public.client LIMIT 1 $$;
    COMMENT ON TABLE client IS 'people who pay us';
    COMMENT ON COLUMN client.city IS 'where they live';
    CREATE INDEX ON client (name) WHERE city <> 'canary predicate';
    CREATE VIEW paying AS SELECT id, name FROM client WHERE name <> 'canary view';
    CREATE TABLE canary_of_others (id int);
    ALTER TABLE client ADD COLUMN canary_not_granted text;
    INSERT INTO client (id, name, city, branch, stage)
        SELECT n, 'canary name ' || n % 3, 'canary city ' || n % 2, 'canary branch', 'fresh' FROM generate_series(1, 300) n;
    CREATE STATISTICS together (mcv) ON name, city FROM client;
    ANALYZE client;";

async fn database(provider: &Provider, format: Format) -> (Database, String) {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser.run(TABLES).await;
    let role = database.role().await;
    superuser
        .run(&format!(
            "GRANT SELECT (id, name, city, branch, stage, loud) ON client TO {role}; GRANT SELECT ON paying TO {role};
             SELECT insightflow.enroll('{role}');
             GRANT EXECUTE ON FUNCTION insightflow.prompt(text) TO {role}"
        ))
        .await;
    provider.configure(&database, format).await;
    (database, role)
}

fn ask(question: &str) -> String {
    format!("SELECT * FROM ask('{question}')")
}

/// All that arrived: paths, headers and bodies.
fn everything(provider: &Provider) -> String {
    provider
        .requests()
        .iter()
        .map(|request| {
            format!(
                "{} {:?} {}\n",
                request.path,
                request.headers,
                String::from_utf8_lossy(&request.body)
            )
        })
        .collect()
}

#[tokio::test]
async fn with_both_switches_off_no_value_leaves() {
    for format in [Format::Anthropic, Format::OpenAi] {
        let provider = Provider::start().await;
        let (database, role) = database(&provider, format).await;
        database.set("insightflow.max_repairs", "5").await;
        let session = database.session(&role).await;
        // Errors of all kinds: of names, of literals, and those that come from rows, if they come at all.
        provider.next(Step::sql("SELECT nosuch FROM public.client"));
        provider.next(Step::sql("SELECT 'abc'::int FROM public.client"));
        provider.next(Step::sql("SELECT public.own_words()"));
        provider.next(Step::sql("SELECT public.quoting()"));
        provider.always(Step::sql("SELECT name FROM public.client WHERE id < 4"));
        let outcome = session.try_rows(&ask(QUESTION)).await;
        // The first two are mended; what the server said to the last ones is for the asker alone.
        assert!(provider.requests().len() >= 3, "{outcome:?}");
        let sent = everything(&provider);
        assert!(!sent.contains("canary"), "{sent}");
        for told in [
            "people who pay us",
            "where they live",
            "fresh",
            "closed",
            "42703",
            "22P02",
            "abc",
        ] {
            assert!(sent.contains(told), "{told} is not in {sent}");
        }
        database.drop().await;
    }
}

#[tokio::test]
async fn an_error_over_rows_ends_the_question() {
    let provider = Provider::start().await;
    let (database, role) = database(&provider, Format::Anthropic).await;
    provider.always(Step::sql("SELECT name::int AS number FROM public.client"));
    let session = database.session(&role).await;
    let (state, message) = session.failure(&ask(QUESTION)).await;
    // The asker may read the value; the model gets no second call.
    assert_eq!(state, "22P02");
    assert!(message.contains("canary name"), "{message}");
    assert_eq!(provider.requests().len(), 1);
    // Rows that were answered do not go out with the next question.
    provider.always(Step::sql(
        "SELECT name, city FROM public.client WHERE id = 1",
    ));
    assert_eq!(session.rows(&ask("frobnicate the flurb")).await.len(), 1);
    assert_eq!(session.rows(&ask("frobnicate the glorp")).await.len(), 1);
    assert!(!everything(&provider).contains("canary"));
    database.drop().await;
}

/// PostgreSQL proposes the nearest name in a HINT, also one that the asker has no right to.
#[tokio::test]
async fn a_hint_names_nothing_that_the_asker_may_not_read() {
    let provider = Provider::start().await;
    let (database, role) = database(&provider, Format::Anthropic).await;
    database
        .superuser()
        .await
        .run("ALTER TABLE client ADD COLUMN salary_of_others numeric")
        .await;
    provider.next(Step::sql("SELECT salary_of_other FROM public.client"));
    provider.always(Step::sql("SELECT id FROM public.client"));
    let session = database.session(&role).await;
    assert_eq!(session.rows(&ask(QUESTION)).await.len(), 300);
    let sent = everything(&provider);
    assert!(sent.contains("Perhaps you meant"), "{sent}");
    assert!(!sent.contains("salary_of_others"), "{sent}");
    database.drop().await;
}

/// A stored value finds its table, and even so it does not leave unless the asker wrote it himself.
#[tokio::test]
async fn values_that_find_a_table_stay() {
    let provider = Provider::start().await;
    let (database, role) = database(&provider, Format::Anthropic).await;
    database.set("insightflow.context_tokens", "500").await;
    let superuser = database.superuser().await;
    superuser
        .run(&format!(
            "DO $$ BEGIN FOR n IN 1..60 LOOP EXECUTE format('CREATE TABLE filler_%s (filler_%s_id int, one int, two text, three date)', n, n); END LOOP; END $$;
             GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; REVOKE SELECT ON canary_of_others FROM {role}"
        ))
        .await;
    let session = database.session(&role).await;
    let shown = session
        .value("SELECT insightflow.prompt('how about ''canary city 1''')")
        .await;
    assert!(shown.contains("TABLE public.client ("), "{shown}");
    assert_eq!(
        shown.matches("canary").count(),
        1 + shown.matches("canary_not_granted").count(),
        "{shown}"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_superuser_may_open_it_and_nobody_else() {
    let provider = Provider::start().await;
    let (database, role) = database(&provider, Format::Anthropic).await;
    let session = database.session(&role).await;
    // The library is loaded by the first call.
    session.value("SELECT insightflow.prompt('clients')").await;
    for setting in [
        "share_values = on",
        "share_results = on",
        "context_tokens = 100000",
    ] {
        let (state, _) = session.failure(&format!("SET insightflow.{setting}")).await;
        assert_eq!(state, "42501", "{setting}");
    }
    database.set("insightflow.share_values", "on").await;
    let open = database.session(&role).await;
    provider.always(Step::sql("SELECT id FROM public.client"));
    open.rows(&ask(QUESTION)).await;
    let sent = everything(&provider);
    assert!(sent.contains("canary city 1"), "{sent}");
    for never in [
        "canary default",
        "canary check",
        "canary domain",
        "canary predicate",
        "canary view",
        "canary_of_others",
        "canary_not_granted",
    ] {
        assert!(!sent.contains(never), "{never} is in {sent}");
    }
    database.drop().await;
}

/// The texts of a request, in the order in which a model reads them.
fn texts(session_format: Format, body: &serde_json::Value) -> String {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect::<Vec<_>>()
            .join(""),
        _ => String::new(),
    };
    let mut all = Vec::new();
    if session_format == Format::Anthropic {
        all.push(text(&body["system"]));
    }
    for message in body["messages"].as_array().into_iter().flatten() {
        all.push(text(&message["content"]));
    }
    all.join("\n\n")
}

#[tokio::test]
async fn prompt_shows_what_is_sent_byte_for_byte() {
    for format in [Format::Anthropic, Format::OpenAi] {
        for share in ["off", "on"] {
            let provider = Provider::start().await;
            let (database, role) = database(&provider, format).await;
            database.set("insightflow.share_values", share).await;
            let session: Session = database.session(&role).await;
            provider.always(Step::sql("SELECT id FROM public.client"));
            let shown = session
                .value(&format!("SELECT insightflow.prompt('{QUESTION}')"))
                .await;
            // To look costs nothing.
            assert_eq!(provider.requests().len(), 0);
            session.rows(&ask(QUESTION)).await;
            assert_eq!(texts(format, &provider.requests()[0].json()), shown);
            database.drop().await;
        }
    }
}
