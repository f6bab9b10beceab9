//! Who answers a question, what is remembered of it, and what it costs. The provider is a fake one on this host.

use crate::provider::{self, Content, Format, Provider, Step};
use crate::support::{Database, Server, Session, state_and_message};

pub const PRELOADED: &str = "shared_preload_libraries = 'insightflow'";

const TABLES: &str =
    "CREATE TABLE sale (id int PRIMARY KEY, region text, amount numeric, secret text);
    INSERT INTO sale SELECT n, 'region ' || n % 3, n, 'secret ' || n FROM generate_series(1, 9) n;
    ANALYZE sale;";

/// The model alone understands it.
pub const ODD: &str = "SELECT * FROM ask('frobnicate the quux')";
/// The embedded translator understands it too.
const PLAIN: &str = "SELECT * FROM ask('how many sales')";

/// A database whose new sessions ask a fake provider, and a role that may read these columns of the table `sale`.
pub async fn database(on: Option<&Server>, provider: &Provider) -> Database {
    let database = match on {
        Some(server) => {
            let database = Database::on(server.config()).await;
            database
                .superuser()
                .await
                .run("CREATE EXTENSION insightflow")
                .await;
            database
        }
        None => Database::new().await,
    };
    database.superuser().await.run(TABLES).await;
    provider.configure(&database, Format::Anthropic).await;
    database
}

pub async fn asker(database: &Database, columns: &str) -> String {
    let role = database.role().await;
    database
        .superuser()
        .await
        .run(&format!(
            "GRANT SELECT ({columns}) ON sale TO {role}; SELECT insightflow.enroll('{role}')"
        ))
        .await;
    role
}

pub async fn count(session: &Session, ask: &str) -> String {
    session
        .value(&format!("SELECT count(*) FROM ({ask}) answer"))
        .await
}

pub fn body(provider: &Provider, call: usize) -> String {
    String::from_utf8(provider.requests()[call].body.clone()).expect("UTF-8")
}

#[tokio::test]
async fn a_wrong_statement_goes_back_with_the_reason() {
    let provider = Provider::start().await;
    let database = database(None, &provider).await;
    let role = asker(&database, "id, region, amount").await;
    provider.next(Step::sql("SELECT id, nosuch FROM sale"));
    provider.next(Step::sql("DELETE FROM sale"));
    provider.next(Step::sql("SELECT region FROM sale"));
    let session = database.session(&role).await;
    assert_eq!(count(&session, ODD).await, "9");
    let requests = provider.requests();
    assert_eq!(requests.len(), 3);
    let second = body(&provider, 1);
    for told in ["42703", "nosuch", "Position: 12"] {
        assert!(second.contains(told), "{told} is not in {second}");
    }
    let third = body(&provider, 2);
    for told in ["42703", "DELETE FROM sale"] {
        assert!(third.contains(told), "{told} is not in {third}");
    }
    let row = session
        .value(
            "SELECT concat_ws(' ', source, repairs, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd IS NULL)
             FROM insightflow.query_log",
        )
        .await;
    assert_eq!(row, "model 2 300 60 120 90 t");
    database.drop().await;
}

#[tokio::test]
async fn repairs_end_with_the_last_reason() {
    let provider = Provider::start().await;
    let database = database(None, &provider).await;
    let role = asker(&database, "id, region, amount").await;
    database.set("insightflow.max_repairs", "1").await;
    provider.always(Step::sql("SELECT secret FROM sale"));
    let session = database.session(&role).await;
    let error = session
        .client
        .simple_query(ODD)
        .await
        .expect_err("no right on that column");
    let detail = error
        .as_db_error()
        .and_then(|error| error.detail())
        .unwrap_or_default()
        .to_owned();
    assert_eq!(state_and_message(&error).0, "42501");
    assert!(detail.contains("after one repair"), "{detail}");
    assert_eq!(provider.requests().len(), 2);
    // A failure is not kept.
    provider.always(Step::sql("SELECT id FROM sale"));
    assert_eq!(count(&session, ODD).await, "9");
    database.drop().await;
}

#[tokio::test]
async fn explain_says_what_the_model_was_told() {
    let provider = Provider::start().await;
    let database = database(None, &provider).await;
    let role = asker(&database, "id").await;
    database
        .superuser()
        .await
        .run("SELECT insightflow.define_note('The quux is big.')")
        .await;
    provider.always(Step::sql("SELECT id FROM sale"));
    let session = database.session(&role).await;
    // The second time from the cache.
    for _ in 0..2 {
        let told = session
            .value("SELECT reading FROM insightflow.explain('frobnicate the quux') WHERE part = 'vocabulary'")
            .await;
        assert_eq!(told, "the model was told: The quux is big.");
    }
    assert_eq!(provider.requests().len(), 1);
    database.drop().await;
}

#[tokio::test]
async fn the_embedded_translator_stands_in_and_says_so() {
    let provider = Provider::start().await;
    let database = database(None, &provider).await;
    let role = asker(&database, "id, region, amount").await;
    database.set("insightflow.max_retries", "0").await;
    let session = database.session(&role).await;
    provider.kill();
    let told = |session: &Session| {
        session
            .messages()
            .iter()
            .any(|message| message.contains("the language model was not used"))
    };
    assert_eq!(session.value(PLAIN).await, "9");
    assert!(told(&session));
    let row = session
        .value("SELECT concat_ws(' ', status, source, sqlstate, error IS NOT NULL) FROM insightflow.query_log")
        .await;
    assert!(
        row.starts_with("answered embedded 08") && row.ends_with('t'),
        "{row}"
    );
    // Where neither can, the error tells both reasons.
    let error = session.client.simple_query(ODD).await.expect_err("nobody");
    let error = error.as_db_error().expect("of the server");
    assert!(error.code().code().starts_with("08"), "{error:?}");
    let detail = error.detail().unwrap_or_default();
    assert!(
        detail.contains("Language model:") && detail.contains("Embedded translator:"),
        "{detail}"
    );
    // Nothing is told when nothing is missing.
    session.run("SET insightflow.routing = embedded").await;
    session.messages();
    assert_eq!(session.value(PLAIN).await, "9");
    assert!(!told(&session));
    database.drop().await;
}

#[tokio::test]
async fn auto_asks_the_model_only_where_the_embedded_translator_is_not_sure() {
    let provider = Provider::start().await;
    let database = database(None, &provider).await;
    let role = asker(&database, "id, region, amount").await;
    database.set("insightflow.routing", "auto").await;
    provider.always(Step::sql("SELECT id FROM sale WHERE id = 1"));
    let session = database.session(&role).await;
    assert_eq!(session.value(PLAIN).await, "9");
    assert_eq!(provider.requests().len(), 0);
    assert_eq!(session.value(ODD).await, "1");
    assert_eq!(provider.requests().len(), 1);
    session.run("SET insightflow.routing = embedded").await;
    let (state, _) = session.failure(ODD).await;
    assert_eq!(state, "22023");
    assert_eq!(provider.requests().len(), 1);
    database.drop().await;
}

#[tokio::test]
async fn a_statement_that_is_analyzed_often_pays_once() {
    let provider = Provider::start().await;
    let database = database(None, &provider).await;
    let role = asker(&database, "id, region, amount").await;
    provider.always(Step::sql("SELECT region FROM sale;"));
    let session = database.session(&role).await;
    let statement = session.client.prepare(ODD).await.expect("prepare");
    for _ in 0..3 {
        let rows = session.client.query(&statement, &[]).await.expect("rows");
        assert_eq!(rows.len(), 9);
    }
    session
        .run(&format!(
            "PREPARE p AS {ODD}; EXECUTE p; EXPLAIN {ODD}; EXPLAIN {ODD} WITH ORDINALITY"
        ))
        .await;
    assert_eq!(provider.requests().len(), 1);
    // The plan outlives what the session remembers; it is run as it is.
    session
        .run("SET insightflow.translation_cache_size = 0")
        .await;
    session.run("EXECUTE p").await;
    assert_eq!(provider.requests().len(), 1);
    database.drop().await;
}

#[tokio::test]
async fn a_model_does_not_write_for_an_all_powerful_role() {
    let provider = Provider::start().await;
    let database = database(None, &provider).await;
    provider.always(Step::sql("SELECT secret FROM sale"));
    let reader = asker(&database, "id").await;
    let admin = database.superuser().await;
    admin
        .run(&format!("GRANT pg_read_all_data TO {reader}"))
        .await;
    for session in [&admin, &database.session(&reader).await] {
        // What the embedded translator writes has the rights of the role.
        assert_eq!(session.value(PLAIN).await, "9");
        let (state, _) = session.failure(ODD).await;
        assert_eq!(state, "42501");
    }
    assert_eq!(provider.requests().len(), 0);
    // Nor by a detour over the rights of a function's owner.
    let role = asker(&database, "id, secret").await;
    admin
        .run(&format!(
            "CREATE FUNCTION detour() RETURNS SETOF json LANGUAGE sql SECURITY DEFINER
                 AS $$ SELECT answer FROM ask('frobnicate the quux'::text) $$;
             ALTER FUNCTION detour() OWNER TO {role}; GRANT EXECUTE ON FUNCTION detour() TO {role}"
        ))
        .await;
    let session = database.session(&role).await;
    let (state, _) = session.failure("SELECT * FROM detour()").await;
    assert_eq!(state, "42501");
    assert_eq!(provider.requests().len(), 0);
    // A superuser may take the risk; the roles that the setting is kept from may not.
    let (state, _) = session
        .failure("SET insightflow.allow_superuser = on")
        .await;
    assert_eq!(state, "42501");
    admin.run("SET insightflow.allow_superuser = on").await;
    assert_eq!(count(&admin, ODD).await, "9");
    // What was translated then does not run when the setting is off again.
    admin.run(&format!("PREPARE p AS {ODD}; EXECUTE p")).await;
    admin.run("SET insightflow.allow_superuser = off").await;
    let (state, _) = admin.failure("EXECUTE p").await;
    assert_eq!(state, "42501");
    assert_eq!(provider.requests().len(), 1);
    database.drop().await;
}

#[tokio::test]
async fn what_a_question_costs_is_recorded_and_bounded() {
    let provider = Provider::start().await;
    let database = database(None, &provider).await;
    let role = asker(&database, "id, region, amount").await;
    let admin = database.superuser().await;
    admin
        .run(
            "INSERT INTO insightflow.price (provider, model, valid_from, input_usd, output_usd, cache_read_usd, cache_write_usd) VALUES
                 ('anthropic', '%', '2000-01-01', 99, 99, NULL, NULL),
                 ('anthropic', 'fake-model%', '2000-01-01', 10, 10, 10, 10),
                 ('anthropic', 'fake-model%', '2001-01-01', 3, 15, 0.3, 3.75),
                 ('anthropic', 'fake-model%', '9999-01-01', 7, 7, 7, 7)",
        )
        .await;
    provider.next(Step::sql("SELECT nosuch FROM sale"));
    provider.always(Step::sql("SELECT region FROM sale"));
    let session = database.session(&role).await;
    assert_eq!(count(&session, ODD).await, "9");
    let cost = "SELECT trim_scale(sum(cost_usd)) FROM insightflow.query_log";
    // Two calls of 100, 20, 40 and 30 tokens.
    assert_eq!(session.value(cost).await, "0.001449");
    // From the cache it costs nothing.
    assert_eq!(count(&session, ODD).await, "9");
    assert_eq!(session.value(cost).await, "0.001449");
    assert_eq!(provider.requests().len(), 2);

    // The role itself may neither see nor change the prices, nor lift the limit.
    for sql in [
        "SELECT * FROM insightflow.price",
        "SET insightflow.max_cost_per_question = 0",
    ] {
        assert_eq!(session.failure(sql).await.0, "42501");
    }
    database
        .set("insightflow.max_cost_per_question", "0.000001")
        .await;
    let poor = database.session(&role).await;
    let (state, _) = poor
        .failure("SELECT * FROM ask('frobnicate the flurb')")
        .await;
    assert_eq!(state, "53400");
    assert_eq!(provider.requests().len(), 2);
    // A limit without a price lets nothing pass.
    admin.run("DELETE FROM insightflow.price").await;
    database.set("insightflow.max_cost_per_question", "9").await;
    let poor = database.session(&role).await;
    let (state, _) = poor
        .failure("SELECT * FROM ask('frobnicate the flurb')")
        .await;
    assert_eq!(state, "53400");
    assert_eq!(provider.requests().len(), 2);
    database.drop().await;
}

#[tokio::test]
async fn a_failed_question_keeps_its_cost() {
    let server = Server::start(PRELOADED);
    let provider = Provider::start().await;
    let database = database(Some(&server), &provider).await;
    let role = asker(&database, "id").await;
    database
        .superuser()
        .await
        .run("INSERT INTO insightflow.price (provider, model, input_usd, output_usd, cache_read_usd, cache_write_usd) VALUES ('anthropic', 'fake-model%', 1, 2, 1, 1)")
        .await;
    provider.always(Step::unanswerable("there is no quux"));
    let session = database.session(&role).await;
    let error = session.client.simple_query(ODD).await.expect_err("no quux");
    let error = error.as_db_error().expect("of the server");
    assert_eq!(error.code().code(), "22023");
    assert!(
        error
            .detail()
            .unwrap_or_default()
            .contains("there is no quux")
    );
    session
        .until(
            "SELECT count(*) FROM insightflow.query_log WHERE status = 'failed' AND input_tokens = 100 AND provider = 'anthropic'",
            "1",
        )
        .await;
    // So does an answer that is of no use.
    provider.next(Step::text("I would rather talk about the weather."));
    session
        .failure("SELECT * FROM ask('frobnicate the weather')")
        .await;
    session
        .until(
            "SELECT count(*) FROM insightflow.query_log WHERE status = 'failed' AND input_tokens = 100 AND question ~ 'weather'",
            "1",
        )
        .await;
    // So does one that was cut off at its most tokens, and one whose JSON has no end.
    let said = provider::anthropic(&Content::Text("SELECT".into()));
    let mut cut = said.clone();
    cut["stop_reason"] = "max_tokens".into();
    let whole = said.to_string();
    let torn = whole.strip_suffix('}').expect("an object").to_owned();
    for (word, body) in [("cut", cut.to_string()), ("torn", torn)] {
        provider.next(Step::body("application/json", body.as_bytes()));
        let question = format!("SELECT * FROM ask('frobnicate the {word} quux')");
        assert_eq!(session.failure(&question).await.0, "08006", "{word}");
        session
            .until(
                &format!("SELECT coalesce(max(concat_ws(' ', input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd > 0)), '') FROM insightflow.query_log WHERE status = 'failed' AND question ~ '{word}'"),
                "100 20 40 30 t",
            )
            .await;
    }
    // What was paid for a question that is never run has a row too.
    provider.always(Step::sql("SELECT id FROM sale"));
    session.run("SELECT insightflow.to_sql('flurb')").await;
    drop(session);
    let again = database.session(&role).await;
    again
        .until(
            "SELECT count(*) FROM insightflow.query_log WHERE status = 'translated' AND input_tokens = 100 AND question = 'flurb'",
            "1",
        )
        .await;
    database.drop().await;
}
