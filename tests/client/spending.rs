//! What tiers say of language models: whether one may be asked, and for how much money a day.

use crate::provider::{Format, Provider, Step, asker_on, question};
use crate::support::{Database, Server, Session, full_text};
use std::time::Duration;

/// The fake provider counts 100 tokens of a prompt, so a call costs a dollar.
const PRICE: &str = "INSERT INTO insightflow.price (provider, model, input_usd, output_usd, cache_read_usd, cache_write_usd) \
     VALUES ('anthropic', 'fake-model%', 10000, 0, 0, 0)";

/// A server whose databases ask a fake provider, and a role in a tier of its own.
struct Spenders {
    server: Server,
    provider: Provider,
    database: Database,
    dba: Session,
    role: String,
}

impl Spenders {
    async fn new(tier: &str) -> Spenders {
        let server =
            Server::start("shared_preload_libraries = 'insightflow'\nmax_connections = 50");
        let provider = Provider::start().await;
        let (database, role) = asker_on(server.config(), &provider, Format::Anthropic).await;
        let dba = database.superuser().await;
        dba.run(&format!(
            "{PRICE}; INSERT INTO insightflow.tier SELECT (jsonb_populate_record(NULL::insightflow.tier, '{{\"name\": \"t\", \"model\": true}}'::jsonb || '{tier}')).*;
             CREATE TABLE sale (id int PRIMARY KEY); INSERT INTO sale VALUES (1), (2); GRANT SELECT ON sale TO {role};
             SELECT insightflow.enroll('{role}', 't')"
        ))
        .await;
        provider.always(Step::sql("SELECT id FROM public.sale"));
        Spenders {
            server,
            provider,
            database,
            dba,
            role,
        }
    }

    async fn session(&self) -> Session {
        self.database.session(&self.role).await
    }

    fn calls(&self) -> usize {
        self.provider.requests().len()
    }
}

/// A question that only a model understands.
fn odd() -> String {
    format!("SELECT * FROM ask('{}')", question())
}

/// Asks until the money is spent: how often it was not, and what the error said then.
async fn passed(session: &Session) -> (usize, String) {
    for count in 0..50 {
        if let Err(error) = session.try_rows(&odd()).await {
            let (state, text) = full_text(&error);
            assert_eq!(state, "53400", "{text}");
            return (count, text);
        }
    }
    panic!("no limit");
}

#[tokio::test]
async fn a_days_money_is_spent_once_however_one_asks() {
    let spenders = Spenders::new("{\"cost_per_day\": 2.5}").await;
    let (dba, role) = (&spenders.dba, &spenders.role);
    let one = spenders.session().await;
    // Two dollars leave something, so a third is spent.
    one.run(&format!("BEGIN; {}; ROLLBACK", odd())).await;
    let (count, text) = passed(&one).await;
    assert_eq!((count, spenders.calls()), (2, 3), "{text}");
    for told in [
        "the limit of 2.5 US dollars per day",
        "tier \"t\"",
        role,
        "opens again in ",
    ] {
        assert!(text.contains(told), "{told} is not in {text}");
    }
    // Not by another connection, by another role that becomes this one, or by this one becoming another.
    let (pool, group) = (
        spenders.database.role().await,
        spenders.database.role().await,
    );
    dba.run(&format!(
        "INSERT INTO insightflow.tier (name) VALUES ('rich'); SELECT insightflow.enroll('{pool}', 'rich'), insightflow.enroll('{group}', 'rich'); GRANT {role} TO {pool}; GRANT {group} TO {role}"
    ))
    .await;
    let other = spenders.session().await;
    let pool_session = spenders.database.session(&pool).await;
    pool_session.run(&format!("SET ROLE {role}")).await;
    one.run(&format!("SET ROLE {group}")).await;
    for session in [&one, &other, &pool_session] {
        assert_eq!(passed(session).await.0, 0);
    }
    assert_eq!(spenders.calls(), 3);
    // What needs no model is answered still.
    assert_eq!(
        other.value("SELECT * FROM ask('how many sales')").await,
        "2"
    );
    // More money is there at once: three dollars are spent, and after five nothing is left.
    dba.run("UPDATE insightflow.tier SET cost_per_day = 4.9 WHERE name = 't'")
        .await;
    assert_eq!(passed(&other).await.0, 2);
    dba.run("UPDATE insightflow.tier SET cost_per_day = 1 WHERE name = 't'")
        .await;
    assert_eq!(passed(&other).await.0, 0);
    assert_eq!(spenders.calls(), 5);
    // It stays spent over a restart.
    drop((one, other, pool_session));
    spenders.server.stop("fast");
    spenders.server.start_again();
    assert_eq!(passed(&spenders.session().await).await.0, 0);
    // A price that is not known keeps no limit.
    let dba = spenders.database.superuser().await;
    dba.run("DELETE FROM insightflow.price; UPDATE insightflow.tier SET cost_per_day = 1000 WHERE name = 't'").await;
    let (count, text) = passed(&spenders.session().await).await;
    assert!(
        count == 0 && text.contains("insightflow.price has no row"),
        "{text}"
    );
    assert_eq!(spenders.calls(), 5);
}

#[tokio::test]
async fn many_sessions_at_once_spend_no_more_than_one_after_the_other() {
    let spenders = Spenders::new("{\"cost_per_day\": 2.5}").await;
    spenders.provider.always(Step::slow_sql(
        "SELECT id FROM public.sale",
        Duration::from_millis(200),
    ));
    let mut asking = Vec::new();
    for _ in 0..30 {
        let session = spenders.session().await;
        asking.push(tokio::spawn(async move {
            let answer = session.try_rows(&odd()).await;
            answer.map(drop).map_err(|error| full_text(&error))
        }));
    }
    let mut answered = 0;
    for answer in asking {
        match answer.await.expect("no panic") {
            Ok(()) => answered += 1,
            Err((state, text)) => assert_eq!(state, "53400", "{text}"),
        }
    }
    assert!((1..=3).contains(&answered), "{answered}");
    assert_eq!(spenders.calls(), answered);
    // What the calls under way could have cost has come back: in the end it is three.
    let (more, text) = passed(&spenders.session().await).await;
    assert_eq!(answered + more, 3, "{text}");
}

#[tokio::test]
async fn a_call_that_failed_costs_nothing_and_one_that_was_cancelled_what_it_could() {
    let spenders = Spenders::new("{\"cost_per_day\": 3.5}").await;
    let session = spenders.session().await;
    for _ in 0..5 {
        spenders
            .provider
            .next(Step::status(400, &serde_json::json!({})));
        let (state, text) = full_text(&session.try_rows(&odd()).await.expect_err("refused"));
        assert_ne!(state, "53400", "{text}");
    }
    session.run(&odd()).await;
    spenders.provider.next(Step::hold());
    let pid = session.value("SELECT pg_backend_pid()").await;
    let ask = odd();
    let (outcome, ()) = tokio::join!(session.try_rows(&ask), async {
        spenders.provider.until_called(7).await;
        spenders
            .dba
            .run(&format!("SELECT pg_cancel_backend({pid})"))
            .await;
    });
    assert_eq!(full_text(&outcome.expect_err("a cancel")).0, "57014");
    // The provider may have done its work: more than the 2.5 dollars that were left.
    assert_eq!(passed(&session).await.0, 0);
    assert_eq!(spenders.calls(), 7);
}

#[tokio::test]
async fn without_a_model_in_the_tier_nothing_is_sent() {
    let spenders = Spenders::new("{\"model\": false}").await;
    let (dba, role) = (&spenders.dba, &spenders.role);
    let session = spenders.session().await;
    session.run("SET insightflow.routing = 'llm'").await;
    assert_eq!(
        session.value("SELECT * FROM ask('how many sales')").await,
        "2"
    );
    assert!(
        session
            .messages()
            .iter()
            .any(|message| message.contains("the language model was not used"))
    );
    let barred = async |session: &Session| {
        let (state, text) = full_text(&session.try_rows(&odd()).await.expect_err("no model"));
        assert_eq!(state, "42501", "{text}");
        assert!(
            text.contains("Tier \"t\"") && text.contains(role.as_str()),
            "{text}"
        );
    };
    barred(&session).await;
    // A role without a tier, in both directions.
    let free = spenders.database.role().await;
    dba.run(&format!("SELECT insightflow.enroll('{free}'); GRANT SELECT ON sale TO {free}; GRANT {free} TO {role}"))
        .await;
    session.run(&format!("SET ROLE {free}")).await;
    barred(&session).await;
    dba.run(&format!(
        "REVOKE {free} FROM {role}; GRANT {role} TO {free}"
    ))
    .await;
    let other = spenders.database.session(&free).await;
    // Its own enrolment says what holds for it: nothing.
    assert_eq!(other.rows(&odd()).await.len(), 2);
    other.run(&format!("SET ROLE {role}")).await;
    barred(&other).await;
    assert_eq!(spenders.calls(), 1);
    // It may be asked as soon as the tier says so.
    dba.run("UPDATE insightflow.tier SET model = true").await;
    let session = spenders.session().await;
    assert_eq!(session.rows(&odd()).await.len(), 2);
}
