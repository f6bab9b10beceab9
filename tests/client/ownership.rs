//! Who owns the extension, what its schemas are called, and grants that others make meanwhile.

use crate::history::{PRELOADED, database, rows};
use crate::support::{Database, Server, Session};

#[tokio::test]
async fn the_owner_can_be_replaced_and_dropped() {
    let server = Server::start(PRELOADED);
    let maintenance = server.session("postgres").await;
    maintenance
        .run("CREATE ROLE first SUPERUSER LOGIN; CREATE ROLE second; CREATE ROLE ann LOGIN; CREATE ROLE bob LOGIN")
        .await;
    maintenance.run("CREATE DATABASE one").await;
    let first = Session::connect(server.config().dbname("one").user("first")).await;
    first
        .run("CREATE EXTENSION insightflow; CREATE TABLE region (id int PRIMARY KEY, name text); GRANT SELECT ON region TO ann")
        .await;
    first.run("SELECT insightflow.enroll('ann')").await;
    let ann = Session::connect(server.config().dbname("one").user("ann")).await;
    ann.run("SELECT * FROM ask('how many regions')").await;
    let session = server.session("one").await;
    rows(&session, 1).await;
    first.disconnect();
    session
        .run("REASSIGN OWNED BY first TO second; DROP OWNED BY first; DROP ROLE first")
        .await;
    // The history, the months too, goes on under the new owner, who is no superuser; so do grants.
    ann.run("SELECT * FROM ask('list regions')").await;
    rows(&session, 2).await;
    let others = "SELECT count(*) FROM pg_class WHERE relnamespace::regnamespace::text LIKE 'insightflow%' AND relowner <> 'second'::regrole";
    assert_eq!(session.value(others).await, "0");
    session
        .run("SET ROLE second; SELECT insightflow.enroll('bob'); SELECT insightflow.withdraw('ann'); SELECT insightflow.add_history_month('2020-01-01'); RESET ROLE")
        .await;
    assert_eq!(session.value(others).await, "0");
    assert_eq!(
        ann.failure("SELECT * FROM ask('list regions')").await.0,
        "42501"
    );
    let bob = Session::connect(server.config().dbname("one").user("bob")).await;
    bob.run("SELECT * FROM insightflow.run('SELECT 1')").await;
    rows(&session, 3).await;
}

#[tokio::test]
async fn drop_owned_takes_rights_and_leaves_what_an_administrator_has_done() {
    let database = Database::new().await;
    let (role, other, steward) = (
        database.role().await,
        database.role().await,
        database.role().await,
    );
    let session = database.superuser().await;
    session
        .run(&format!(
            "SELECT insightflow.enroll('{role}'); SELECT insightflow.make_administrator('{steward}')"
        ))
        .await;
    let administrator = database.session(&steward).await;
    administrator
        .run(&format!(
            "INSERT INTO insightflow.tier (name, per_day) VALUES ('few', 5); SELECT insightflow.enroll('{other}', 'few'); SELECT insightflow.define_note('x')"
        ))
        .await;
    let asking = database.session(&role).await;
    let question = "SELECT * FROM insightflow.run('SELECT 1')";
    asking.run(question).await;
    drop(administrator);
    session
        .run(&format!(
            "DROP OWNED BY {role}, {steward}; DROP ROLE {steward}"
        ))
        .await;
    assert_eq!(asking.failure(question).await.0, "42501");
    drop(asking);
    session.run(&format!("DROP ROLE {role}")).await;
    // What the administrator did for others stays; the enrollment of a role that is gone is withdrawn by its number.
    database.session(&other).await.run(question).await;
    assert_eq!(
        session
            .value("SELECT count(*) FROM insightflow.vocabulary")
            .await,
        "1"
    );
    session
        .run("SELECT insightflow.withdraw(role) FROM insightflow.enrollment WHERE role NOT IN (SELECT oid FROM pg_roles)")
        .await;
    assert_eq!(
        session
            .value("SELECT string_agg(role::text, ',') FROM insightflow.enrollment")
            .await,
        other
    );
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn a_grant_and_a_new_month_do_not_wait_for_each_other() {
    let database = Database::new().await;
    let role = database.role().await;
    let (one, other) = (database.superuser().await, database.superuser().await);
    for session in [&one, &other] {
        session.run("SET lock_timeout = '10s'").await;
    }
    let grants = [
        format!("GRANT SELECT ON insightflow.query_log TO {role}"),
        format!("GRANT SELECT ON ALL TABLES IN SCHEMA insightflow TO {role}"),
        format!("SELECT insightflow.enroll('{role}')"),
        format!("SELECT insightflow.withdraw('{role}')"),
    ];
    let mut month = 0;
    for grant in &grants {
        for month_first in [true, false] {
            month += 1;
            let add = format!("SELECT insightflow.add_history_month('2020-{month:02}-01')");
            let (before, after) = if month_first {
                (&add, grant)
            } else {
                (grant, &add)
            };
            one.run(&format!("BEGIN; {before}")).await;
            other.run(after).await;
            one.run("COMMIT").await;
        }
    }
    // Dropped while somebody grants.
    one.run("BEGIN; SELECT insightflow.trim_history('1 year')")
        .await;
    other.run(&grants[1]).await;
    one.run("COMMIT").await;
    // Whatever default privileges say, a month is its owner's alone.
    one.run(&format!(
        "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {role}, PUBLIC; SELECT insightflow.add_history_month('2021-01-01')"
    ))
    .await;
    assert_eq!(
        one.value("SELECT count(*) FROM pg_class c, aclexplode(c.relacl) a WHERE c.relname = 'query_log_2021_01' AND a.grantee <> c.relowner")
            .await,
        "0"
    );
    one.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .await;
    drop((one, other));
    database.drop().await;
}

#[tokio::test]
async fn the_schema_of_ask_may_be_renamed_and_ours_may_not() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run("CREATE SCHEMA data; CREATE TABLE data.region (id int PRIMARY KEY, name text); INSERT INTO data.region VALUES (1, 'North'); SET search_path = data, asking")
        .await;
    // Before the library is loaded nobody can refuse.
    session
        .run("ALTER SCHEMA insightflow RENAME TO something")
        .await;
    let (state, message) = session
        .failure("SELECT * FROM public.ask('how many regions')")
        .await;
    assert_eq!(state, "55000", "{message}");
    assert!(message.contains("was renamed"), "{message}");
    session
        .run("ALTER SCHEMA something RENAME TO insightflow; ALTER SCHEMA public RENAME TO asking")
        .await;
    assert_eq!(
        session
            .value("SELECT regions FROM ask('how many regions')")
            .await,
        "1"
    );
    for schema in ["insightflow", "insightflow_history"] {
        let (state, message) = session
            .failure(&format!("ALTER SCHEMA {schema} RENAME TO something"))
            .await;
        assert_eq!(state, "0A000");
        assert!(message.contains("keeps its name"), "{message}");
    }
    // Refused by PostgreSQL itself.
    assert_eq!(
        session
            .failure("ALTER EXTENSION insightflow SET SCHEMA data")
            .await
            .0,
        "0A000"
    );
    // The data's own schema is looked up anew.
    session
        .run("ALTER SCHEMA data RENAME TO facts; SET search_path = facts, asking")
        .await;
    assert_eq!(
        session
            .value("SELECT regions FROM ask('how many regions')")
            .await,
        "1"
    );
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn two_databases_have_each_their_own_history_limits_and_worker() {
    let server = Server::start(PRELOADED);
    let (one, two) = (
        database(&server, "one").await,
        database(&server, "two").await,
    );
    one.run("CREATE ROLE ann LOGIN").await;
    for (session, per_day) in [(&one, 2), (&two, 1)] {
        session
            .run(&format!(
                "GRANT SELECT ON region TO ann; INSERT INTO insightflow.tier (name, per_day) VALUES ('few', {per_day}); SELECT insightflow.enroll('ann', 'few')"
            ))
            .await;
    }
    let question = "SELECT * FROM ask('how many regions')";
    for (name, asked) in [("one", 2), ("two", 1)] {
        let ann = Session::connect(server.config().dbname(name).user("ann")).await;
        for _ in 0..asked {
            ann.run(question).await;
        }
        assert_eq!(ann.failure(question).await.0, "53400");
    }
    rows(&one, 3).await;
    rows(&two, 2).await;
    assert_eq!(
        one.value("SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_stat_activity WHERE backend_type = 'insightflow history'")
            .await,
        "one,two"
    );
    // What becomes of one does not touch the other.
    two.run("DROP EXTENSION insightflow").await;
    one.run(question).await;
    rows(&one, 4).await;
    drop(two);
    one.run("DROP DATABASE two WITH (FORCE)").await;
    one.run(question).await;
    rows(&one, 5).await;
}
