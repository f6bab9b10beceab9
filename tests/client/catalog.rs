//! What a role may see, from the client's side: other sessions change tables and rights while a session asks.

use crate::support::{Database, Server, Session};
use std::time::{Duration, Instant};

/// The SQL for a question, or the error in full: message, detail and hint.
async fn to_sql(session: &Session, question: &str) -> Result<String, String> {
    let sql = format!("SELECT insightflow.to_sql($question${question}$question$)");
    match session.try_rows(&sql).await {
        Ok(mut rows) => Ok(rows.remove(0).remove(0).expect("to_sql gives no null")),
        Err(error) => {
            let error = error.as_db_error().expect("the session goes on").clone();
            assert_eq!(error.code().code(), "22023", "{question}: {error:?}");
            Err(format!(
                "{} {} {}",
                error.message(),
                error.detail().unwrap_or_default(),
                error.hint().unwrap_or_default()
            ))
        }
    }
}

#[track_caller]
fn reads(sql: &Result<String, String>, relation: &str) {
    let sql = sql.as_ref().expect("the question is understood");
    assert!(sql.contains(relation), "{sql} does not read {relation}");
}

const PARCELS: &str = "CREATE TABLE parcels (id int PRIMARY KEY, weight numeric, carrier text);
    INSERT INTO parcels VALUES (1, 2.5, 'Swiftline'), (2, 4, 'Oxcart')";

/// A database with the table `parcels`, a superuser, an enrolled role and its session.
async fn start(setup: &str) -> (Database, Session, String, Session) {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser.run(setup).await;
    let role = database.role().await;
    superuser
        .run(&format!("SELECT insightflow.enroll('{role}')"))
        .await;
    let session = database.session(&role).await;
    (database, superuser, role, session)
}

#[tokio::test]
async fn tables_of_other_sessions_are_seen_at_once() {
    let (database, superuser, role, session) = start("").await;
    let question = "how many parcels are there";
    assert!(to_sql(&session, question).await.is_err());
    superuser
        .run(&format!("{PARCELS}; GRANT SELECT ON parcels TO {role}"))
        .await;
    reads(&to_sql(&session, question).await, "parcels");
    superuser
        .run("ALTER TABLE parcels RENAME COLUMN weight TO mass")
        .await;
    reads(&to_sql(&session, "total mass of parcels").await, "mass");
    superuser
        .run("ALTER TABLE parcels RENAME TO packages")
        .await;
    assert!(to_sql(&session, question).await.is_err());
    reads(
        &to_sql(&session, "how many packages are there").await,
        "packages",
    );
    superuser.run("DROP TABLE packages").await;
    assert!(
        to_sql(&session, "how many packages are there")
            .await
            .is_err()
    );
    database.drop().await;
}

#[tokio::test]
async fn rights_decide_what_is_there() {
    let (database, superuser, role, session) = start(&format!(
        "{PARCELS}; CREATE TABLE parcel_secrets (parcel_id int, hush_money numeric)"
    ))
    .await;
    let question = "how many parcels are there";
    for question in [
        question,
        "total hush money",
        "list the parcel secret",
        "hush_mony by parcel",
    ] {
        let error = to_sql(&session, question)
            .await
            .expect_err("nothing may be read");
        // What the question itself says is said back; nothing else is given away.
        assert!(
            !error.contains("parcel_secrets") && !error.contains("hush_money"),
            "{error}"
        );
    }
    superuser
        .run(&format!("GRANT SELECT (id, weight) ON parcels TO {role}"))
        .await;
    reads(&to_sql(&session, "total weight of parcels").await, "weight");
    let error = to_sql(&session, "parcels by carrier")
        .await
        .expect_err("the column may not be read");
    assert!(!error.contains("Swiftline"), "{error}");
    superuser
        .run(&format!(
            "REVOKE SELECT (id, weight) ON parcels FROM {role}"
        ))
        .await;
    assert!(to_sql(&session, question).await.is_err());
    // Through a group, and no more when the membership ends.
    let group = database.role().await;
    superuser
        .run(&format!(
            "GRANT SELECT ON parcels TO {group}; GRANT {group} TO {role}"
        ))
        .await;
    reads(&to_sql(&session, question).await, "parcels");
    superuser.run(&format!("REVOKE {group} FROM {role}")).await;
    assert!(to_sql(&session, question).await.is_err());
    // Without USAGE on the schema a right on the table is none.
    superuser
        .run(&format!("CREATE SCHEMA depot; ALTER TABLE parcels SET SCHEMA depot; GRANT SELECT ON depot.parcels TO {role}"))
        .await;
    assert!(to_sql(&session, question).await.is_err());
    superuser
        .run(&format!("GRANT USAGE ON SCHEMA depot TO {role}"))
        .await;
    reads(&to_sql(&session, question).await, "depot.parcels");
    superuser
        .run(&format!("REVOKE USAGE ON SCHEMA depot FROM {role}"))
        .await;
    assert!(to_sql(&session, question).await.is_err());
    database.drop().await;
}

#[tokio::test]
async fn the_current_role_counts_not_the_login() {
    let (database, superuser, role, _) = start(PARCELS).await;
    let other = database.role().await;
    superuser
        .run(&format!(
            "GRANT SELECT ON parcels TO {role}; SELECT insightflow.enroll('{other}')"
        ))
        .await;
    let question = "how many parcels are there";
    for _ in 0..3 {
        superuser.run(&format!("SET ROLE {role}")).await;
        reads(&to_sql(&superuser, question).await, "parcels");
        superuser.run(&format!("SET ROLE {other}")).await;
        assert!(to_sql(&superuser, question).await.is_err());
        superuser.run("RESET ROLE").await;
    }
    database.drop().await;
}

#[tokio::test]
async fn what_is_rolled_back_was_never_there() {
    let (database, superuser, ..) = start("").await;
    let question = "how many parcels are there";
    superuser.run("BEGIN").await;
    superuser.run(PARCELS).await;
    reads(&to_sql(&superuser, question).await, "parcels");
    superuser
        .run("SAVEPOINT one; DROP TABLE parcels; SAVEPOINT two")
        .await;
    assert!(to_sql(&superuser, question).await.is_err());
    superuser.run("ROLLBACK TO one").await;
    reads(&to_sql(&superuser, question).await, "parcels");
    superuser.run("ROLLBACK").await;
    assert!(to_sql(&superuser, question).await.is_err());
    database.drop().await;
}

#[tokio::test]
async fn an_old_snapshot_does_not_outlive_its_transaction() {
    let (database, superuser, role, session) = start("CREATE TABLE other (id int)").await;
    let question = "how many parcels are there";
    session
        .run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        .await;
    superuser
        .run(&format!(
            "{PARCELS}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
        ))
        .await;
    reads(&to_sql(&session, question).await, "parcels");
    session.run("COMMIT").await;
    reads(&to_sql(&session, question).await, "parcels");
    database.drop().await;
}

#[tokio::test]
async fn asking_for_sql_writes_nothing() {
    let (database, superuser, ..) = start(PARCELS).await;
    for begin in ["BEGIN READ ONLY", "BEGIN"] {
        superuser.run(begin).await;
        reads(
            &to_sql(&superuser, "how many parcels with carrier Oxcart").await,
            "Oxcart",
        );
        let assigned = superuser
            .value("SELECT pg_current_xact_id_if_assigned() IS NULL")
            .await;
        assert_eq!(assigned, "t", "{begin}");
        superuser.run("COMMIT").await;
    }
    database.drop().await;
}

#[tokio::test]
async fn the_search_path_decides_between_equal_names() {
    let (database, superuser, ..) = start(
        "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.parcels (id int); CREATE TABLE b.parcels (id int)",
    )
    .await;
    let question = "how many parcels are there";
    for _ in 0..2 {
        superuser.run("SET search_path = a, b").await;
        reads(&to_sql(&superuser, question).await, "a.parcels");
        superuser.run("SET search_path = b, a").await;
        reads(&to_sql(&superuser, question).await, "b.parcels");
    }
    database.drop().await;
}

/// How often a word stands in the messages of a session.
fn count(messages: &[String], word: &str) -> usize {
    messages
        .iter()
        .filter(|message| message.contains(word))
        .count()
}

#[tokio::test]
async fn a_question_is_translated_once_per_state_of_the_catalog() {
    // On a server of its own: enough messages of other databases make PostgreSQL forget what has changed, and all is read again.
    let server = Server::start("");
    let superuser = server.session("postgres").await;
    superuser
        .run(&format!("CREATE EXTENSION insightflow; {PARCELS}"))
        .await;
    let session = server.session("postgres").await;
    session.run("SET client_min_messages = debug1").await;
    for question in ["how many parcels are there", "How many  parcels are there?"] {
        for _ in 0..5 {
            reads(&to_sql(&session, question).await, "parcels");
        }
    }
    let messages = session.messages();
    assert_eq!(count(&messages, "question translated"), 1, "{messages:?}");
    assert_eq!(count(&messages, "found in the cache"), 9, "{messages:?}");
    assert_eq!(count(&messages, "relations read in"), 1, "{messages:?}");
    // A table elsewhere is read alone, and what it changes is translated anew.
    superuser.run("CREATE TABLE unrelated (id int)").await;
    reads(
        &to_sql(&session, "how many parcels are there").await,
        "parcels",
    );
    let messages = session.messages();
    assert_eq!(count(&messages, "relations read in"), 0, "{messages:?}");
    assert_eq!(
        count(&messages, "changed relations read again"),
        1,
        "{messages:?}"
    );
    assert_eq!(count(&messages, "question translated"), 1, "{messages:?}");
    // An ANALYZE that finds nothing new changes nothing.
    superuser.run("ANALYZE parcels; ANALYZE unrelated").await;
    reads(
        &to_sql(&session, "how many parcels are there").await,
        "parcels",
    );
    session.messages();
    superuser.run("ANALYZE parcels; ANALYZE unrelated").await;
    reads(
        &to_sql(&session, "how many parcels are there").await,
        "parcels",
    );
    let messages = session.messages();
    assert_eq!(count(&messages, "question translated"), 0, "{messages:?}");
    // Other words, numbers and settings are other questions.
    reads(
        &to_sql(&session, "how many parcels with weight over 3").await,
        "3",
    );
    reads(
        &to_sql(&session, "how many parcels with weight over 4").await,
        "4",
    );
    session.run("SET insightflow.min_confidence = 0.5").await;
    reads(
        &to_sql(&session, "how many parcels are there").await,
        "parcels",
    );
    let messages = session.messages();
    assert_eq!(count(&messages, "question translated"), 3, "{messages:?}");
    drop(server);
}

#[tokio::test]
async fn odd_tables_are_read_as_they_are() {
    let columns: Vec<String> = (1..=1600).map(|n| format!("measure_{n} int")).collect();
    let (database, superuser, ..) = start(&format!(
        "CREATE TABLE wide ({}); CREATE SCHEMA empty_schema; CREATE TABLE no_columns ();
         CREATE TABLE \"Odd \"\"Parcels\"\" select\" (id int, \"Net Weight\" numeric, \"order\" text);
         INSERT INTO \"Odd \"\"Parcels\"\" select\" VALUES (1, 2, 'It''s \"late\"'), (2, 3, NULL);
         CREATE TABLE \"user\" (id int PRIMARY KEY, \"group\" text)",
        columns.join(", ")
    ))
    .await;
    let session = database.superuser().await;
    let started = Instant::now();
    let odd = to_sql(&session, "total net weight of odd parcels").await;
    assert!(started.elapsed() < Duration::from_secs(5));
    if let Ok(sql) = &odd {
        assert_eq!(session.value(sql).await, "5");
    }
    reads(
        &to_sql(&session, "total measure_1234").await,
        "measure_1234",
    );
    // The session goes on whatever the tables are like.
    superuser
        .run("DROP SCHEMA empty_schema; DROP TABLE wide")
        .await;
    assert_eq!(session.value("SELECT 1").await, "1");
    if let Ok(sql) = to_sql(&session, "how many users are there").await {
        assert_eq!(session.value(&sql).await, "0");
    }
    database.drop().await;
}

#[tokio::test]
async fn temporary_tables_are_seen_by_their_session_alone() {
    let (database, superuser, ..) = start("").await;
    let session = database.superuser().await;
    let question = "how many parcels are there";
    superuser
        .run(&PARCELS.replace("CREATE TABLE", "CREATE TEMP TABLE"))
        .await;
    reads(&to_sql(&superuser, question).await, "parcels");
    assert!(to_sql(&session, question).await.is_err());
    superuser.run("DROP TABLE parcels").await;
    assert!(to_sql(&superuser, question).await.is_err());
    database.drop().await;
}

#[tokio::test]
async fn values_are_found_with_and_without_statistics() {
    let (database, superuser, role, session) = start(PARCELS).await;
    superuser
        .run(&format!("GRANT SELECT ON parcels TO {role}"))
        .await;
    reads(
        &to_sql(&session, "how many parcels by swiftline").await,
        "Swiftline",
    );
    // What the session itself has changed is found at once, also before it commits; a new session sees everything.
    let tallship = "how many parcels by Tallship";
    assert!(to_sql(&superuser, tallship).await.is_err());
    superuser
        .run("BEGIN; INSERT INTO parcels VALUES (3, 1, 'Tallship')")
        .await;
    reads(&to_sql(&superuser, tallship).await, "Tallship");
    superuser.run("COMMIT; ANALYZE parcels").await;
    let later = database.session(&role).await;
    reads(&to_sql(&later, tallship).await, "Tallship");
    reads(
        &to_sql(&later, "how many parcels by oxcart").await,
        "Oxcart",
    );
    database.drop().await;
}

#[tokio::test]
async fn row_security_hides_values() {
    let (database, superuser, role, session) = start(PARCELS).await;
    superuser
        .run(&format!(
            "GRANT SELECT ON parcels TO {role}; ANALYZE parcels;
             ALTER TABLE parcels ENABLE ROW LEVEL SECURITY;
             CREATE POLICY light ON parcels USING (weight < 3)"
        ))
        .await;
    // The value stands in a row that the role may not see.
    for question in ["how many parcels by oxcart", "how many parcels by oxcrat"] {
        let answer = to_sql(&session, question)
            .await
            .unwrap_or_else(|error| error);
        assert!(!answer.contains("Oxcart"), "{answer}");
    }
    reads(
        &to_sql(&session, "how many parcels are there").await,
        "parcels",
    );
    database.drop().await;
}

#[tokio::test]
async fn a_locked_table_keeps_nobody_waiting() {
    let (database, superuser, ..) = start(PARCELS).await;
    let session = database.superuser().await;
    superuser
        .run("CREATE TABLE crates (id int, label text); BEGIN; LOCK TABLE crates")
        .await;
    session.run("SET statement_timeout = '5s'").await;
    reads(
        &to_sql(&session, "how many parcels by swiftline").await,
        "Swiftline",
    );
    superuser.run("ROLLBACK").await;
    database.drop().await;
}

#[tokio::test]
async fn everyone_sees_his_own_history() {
    let (database, superuser, role, session) = start(PARCELS).await;
    let other = database.role().await;
    superuser
        .run(&format!(
            "SELECT insightflow.enroll('{other}'); GRANT SELECT ON parcels TO {role}, {other};
             INSERT INTO insightflow.query_log (id, asked_at, session_role, role, question, status, total_ms)
             SELECT gen_random_uuid(), now(), r, r, 'asked by ' || r, 'answered', 1 FROM unnest(ARRAY['{role}', '{other}']) r"
        ))
        .await;
    let seen = session
        .rows("SELECT DISTINCT role FROM insightflow.query_log")
        .await;
    assert_eq!(seen, [[Some(role.clone())]]);
    assert_eq!(
        superuser
            .value("SELECT count(DISTINCT role) FROM insightflow.query_log")
            .await,
        "2"
    );
    for write in [
        "INSERT INTO insightflow.query_log (id, asked_at, session_role, role, status, total_ms) VALUES (gen_random_uuid(), now(), 'x', 'x', 'answered', 1)",
        "UPDATE insightflow.query_log SET question = 'another'",
        "DELETE FROM insightflow.query_log",
        "TRUNCATE insightflow.query_log",
    ] {
        assert_eq!(session.failure(write).await.0, "42501", "{write}");
    }
    superuser
        .run(&format!("SELECT insightflow.withdraw('{role}')"))
        .await;
    assert_eq!(
        session.failure("SELECT FROM insightflow.query_log").await.0,
        "42501"
    );
    let refused = session
        .failure("SELECT insightflow.to_sql('how many parcels are there')")
        .await;
    assert_eq!(refused.0, "42501");
    database.drop().await;
}
