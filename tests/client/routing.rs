//! Who answers a question, what is remembered of it, and what it costs. The provider is a fake one on this host.

use crate::provider::{Format, Provider, Step};
use crate::support::{Database, Server, Session, kill, state_and_message};
use std::time::Duration;

const PRELOADED: &str = "shared_preload_libraries = 'insightflow'";

const TABLES: &str =
    "CREATE TABLE sale (id int PRIMARY KEY, region text, amount numeric, secret text);
    INSERT INTO sale SELECT n, 'region ' || n % 3, n, 'secret ' || n FROM generate_series(1, 9) n;
    ANALYZE sale;";

/// The model alone understands it.
const ODD: &str = "SELECT * FROM ask('frobnicate the quux')";
/// The embedded translator understands it too.
const PLAIN: &str = "SELECT * FROM ask('how many sales')";

/// A database whose new sessions ask a fake provider, and a role that may read these columns of the table `sale`.
async fn database(on: Option<&Server>, provider: &Provider) -> Database {
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

async fn asker(database: &Database, columns: &str) -> String {
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

async fn count(session: &Session, ask: &str) -> String {
    session
        .value(&format!("SELECT count(*) FROM ({ask}) answer"))
        .await
}

fn body(provider: &Provider, call: usize) -> String {
    String::from_utf8(provider.requests()[call].body.clone()).expect("UTF-8")
}

#[tokio::test]
async fn sessions_that_ask_the_same_at_once_make_one_call() {
    let server = Server::start(PRELOADED);
    let provider = Provider::start().await;
    let database = database(Some(&server), &provider).await;
    let role = asker(&database, "id, region, amount").await;
    provider.always(Step::slow_sql(
        "SELECT region FROM sale",
        Duration::from_millis(300),
    ));
    let mut askers = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let session = database.session(&role).await;
        askers.spawn(async move { count(&session, ODD).await });
    }
    assert_eq!(askers.join_all().await, ["9"; 5]);
    assert_eq!(provider.requests().len(), 1);
    database.drop().await;
}

#[tokio::test]
async fn a_translation_outlives_its_session_a_rollback_and_the_server_but_no_crash() {
    let server = Server::start(PRELOADED);
    let provider = Provider::start().await;
    let database = database(Some(&server), &provider).await;
    let role = asker(&database, "id, region, amount").await;
    provider.always(Step::sql("SELECT region FROM sale"));
    for _ in 0..3 {
        let session = database.session(&role).await;
        session.run(&format!("BEGIN; {ODD}; ROLLBACK")).await;
    }
    assert_eq!(provider.requests().len(), 1);
    server.stop("fast");
    server.start_again();
    assert_eq!(count(&database.session(&role).await, ODD).await, "9");
    assert_eq!(provider.requests().len(), 1);
    // What the crash leaves is not trusted.
    kill(&server.postmaster());
    server.revive();
    assert_eq!(count(&database.session(&role).await, ODD).await, "9");
    assert_eq!(provider.requests().len(), 2);
    // What is forgotten is forgotten by every session, also by those that have asked before.
    let earlier = database.session(&role).await;
    assert_eq!(count(&earlier, ODD).await, "9");
    let (state, _) = earlier
        .failure("SELECT insightflow.forget_translations()")
        .await;
    assert_eq!(state, "42501");
    let admin = database.superuser().await;
    assert_eq!(
        admin
            .value("SELECT insightflow.forget_translations()")
            .await,
        "1"
    );
    assert_eq!(count(&earlier, ODD).await, "9");
    assert_eq!(provider.requests().len(), 3);
    // Another state of the catalog is another question.
    database
        .superuser()
        .await
        .run(&format!("GRANT SELECT (secret) ON sale TO {role}"))
        .await;
    assert_eq!(count(&database.session(&role).await, ODD).await, "9");
    assert_eq!(provider.requests().len(), 4);
    database.drop().await;
}

#[tokio::test]
async fn no_role_is_served_what_was_made_for_another() {
    let server = Server::start(PRELOADED);
    let provider = Provider::start().await;
    let database = database(Some(&server), &provider).await;
    let wide = asker(&database, "id, region, amount, secret").await;
    let narrow = asker(&database, "id, region, amount").await;
    let twin = asker(&database, "id, region, amount").await;
    provider.next(Step::sql("SELECT secret FROM sale"));
    provider.next(Step::sql("SELECT id FROM sale WHERE id < 3"));
    provider.next(Step::sql("SELECT id FROM sale WHERE id < 5"));
    assert_eq!(count(&database.session(&wide).await, ODD).await, "9");
    assert_eq!(count(&database.session(&narrow).await, ODD).await, "2");
    // It sees the same, and even so nobody else has written what it runs.
    assert_eq!(count(&database.session(&twin).await, ODD).await, "4");
    assert_eq!(provider.requests().len(), 3);
    assert!(body(&provider, 0).contains("secret"));
    assert!(!body(&provider, 1).contains("secret"));
    // A role that may become another finds that one's translations only as that one.
    let admin = database.superuser().await;
    admin.run(&format!("GRANT {wide} TO {narrow}")).await;
    admin.run(&format!("ALTER ROLE {narrow} NOINHERIT")).await;
    let session = database.session(&narrow).await;
    assert_eq!(count(&session, ODD).await, "2");
    session.run(&format!("SET ROLE {wide}")).await;
    assert_eq!(count(&session, ODD).await, "9");
    assert_eq!(provider.requests().len(), 3);
    database.drop().await;
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

#[tokio::test]
async fn nobody_else_can_hold_the_lock_of_a_question() {
    let server = Server::start(PRELOADED);
    let provider = Provider::start().await;
    let database = database(Some(&server), &provider).await;
    let role = asker(&database, "id").await;
    provider.always(Step::hold());
    let first = database.session(&role).await;
    let pid = first.value("SELECT pg_backend_pid()").await;
    let watcher = database.superuser().await;
    let asked = first.try_rows(ODD);
    let watched = async {
        provider.until_called(1).await;
        let held = watcher
            .rows("SELECT classid::int8, objid::int8, objsubid FROM pg_locks WHERE locktype = 'advisory' AND granted")
            .await;
        assert_eq!(held.len(), 1, "{held:?}");
        let number = |column: usize| held[0][column].clone().unwrap_or_default();
        assert_eq!(number(2), "7743");
        // The same numbers, by PostgreSQL's own functions, are other locks.
        let both = format!(
            "SELECT pg_try_advisory_lock(({0}::int8 << 32) | {1}) AND
                    pg_try_advisory_lock(({0}::int8 << 32 >> 32)::bit(64)::bit(32)::int4, ({1}::int8)::bit(64)::bit(32)::int4)",
            number(0),
            number(1)
        );
        assert_eq!(watcher.value(&both).await, "t");
        // Who waits for the same question can be cancelled, and so can who asks.
        let second = database.session(&role).await;
        let second_pid = second.value("SELECT pg_backend_pid()").await;
        let waiting = second.try_rows(ODD);
        let cancel = async {
            watcher
                .until(
                    &format!(
                        "SELECT count(*) FROM pg_locks WHERE pid = {second_pid} AND NOT granted"
                    ),
                    "1",
                )
                .await;
            watcher
                .run(&format!("SELECT pg_cancel_backend({second_pid})"))
                .await;
        };
        let (waited, ()) = tokio::join!(waiting, cancel);
        assert_eq!(
            state_and_message(&waited.expect_err("cancelled")).0,
            "57014"
        );
        watcher
            .run(&format!("SELECT pg_cancel_backend({pid})"))
            .await;
    };
    let (asked, ()) = tokio::join!(asked, watched);
    assert_eq!(state_and_message(&asked.expect_err("cancelled")).0, "57014");
    // Both sessions go on, and the lock is free.
    provider.always(Step::sql("SELECT id FROM sale"));
    assert_eq!(count(&first, ODD).await, "9");
    database.drop().await;
}
