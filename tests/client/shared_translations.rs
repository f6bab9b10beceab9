//! What the sessions of a role share of a model's translations, and what nobody else gets of them.

use crate::provider::{Provider, Step};
use crate::routing::{ODD, PRELOADED, asker, body, count, database};
use crate::support::{Server, Session, kill, state_and_message};
use std::time::Duration;

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
    // Since PostgreSQL 16 the membership itself says at GRANT whether it inherits: the role must be NOINHERIT before.
    admin.run(&format!("ALTER ROLE {narrow} NOINHERIT")).await;
    admin.run(&format!("GRANT {wide} TO {narrow}")).await;
    let session = database.session(&narrow).await;
    assert_eq!(count(&session, ODD).await, "2");
    session.run(&format!("SET ROLE {wide}")).await;
    assert_eq!(count(&session, ODD).await, "9");
    assert_eq!(provider.requests().len(), 3);
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

#[tokio::test]
async fn a_standby_asks_and_remembers_too() {
    let server = Server::start(PRELOADED);
    let provider = Provider::start().await;
    let database = database(Some(&server), &provider).await;
    let role = asker(&database, "id, region, amount").await;
    provider.always(Step::sql("SELECT region FROM sale"));
    let standby = server.standby();
    let mut config = standby.config();
    config.dbname(database.name()).user(&role);
    for _ in 0..2 {
        let session = Session::connect(&config).await;
        assert_eq!(count(&session, ODD).await, "9");
    }
    assert_eq!(provider.requests().len(), 1);
}
