//! `ask()` among its neighbours: roles without rights, functions of the same name, schemas, the life of the extension while
//! sessions live, and other extensions with hooks of their own.

use crate::columns::{BY_REGION, TABLE, database};
use crate::support::{Database, Server};
use std::path::Path;

#[tokio::test]
async fn who_may_not_ask_is_refused_before_anything_is_translated() {
    let (database, _session) = database().await;
    let role = database.role().await;
    let stranger = database.session(&role).await;
    for (statement, function) in [
        ("SELECT * FROM ask('total amount by region')", "ask"),
        ("SELECT * FROM ask('total amount by region'::text)", "ask"),
        ("SELECT * FROM ask('gibberish of no meaning')", "ask"),
        ("SELECT * FROM insightflow.run('SELECT 1')", "run"),
        ("SELECT * FROM insightflow.run('not sql at all')", "run"),
        (
            "SELECT * FROM insightflow.answer_table('total amount', 'SELECT 1', '{}') AS t(x int)",
            "ask",
        ),
        (
            "SELECT * FROM insightflow.answer_table(NULL, 'SELECT 1', '{}') AS t(x int)",
            "run",
        ),
    ] {
        let (state, message) = stranger.failure(statement).await;
        assert_eq!(
            (state.as_str(), message.as_str()),
            (
                "42501",
                format!("permission denied for function {function}").as_str()
            ),
            "{statement}"
        );
    }
    // Plain GRANT is enough.
    database
        .superuser()
        .await
        .run(&format!(
            "GRANT EXECUTE ON FUNCTION insightflow.run(insightflow.statement) TO {role}"
        ))
        .await;
    assert_eq!(
        stranger
            .value("SELECT one FROM insightflow.run('SELECT 1 AS one')")
            .await,
        "1"
    );
    assert_eq!(
        stranger
            .failure("SELECT * FROM insightflow.run('SELECT * FROM sales')")
            .await
            .0,
        "42501"
    );
    database.drop().await;
}

#[tokio::test]
async fn another_function_of_the_same_name_is_left_alone() {
    let (database, session) = database().await;
    session
        .run("CREATE SCHEMA other; CREATE FUNCTION other.ask(text) RETURNS TABLE (echo text) LANGUAGE sql AS 'SELECT $1'; SET search_path = other, public")
        .await;
    assert_eq!(
        session
            .value("SELECT echo FROM other.ask('total amount')")
            .await,
        "total amount"
    );
    // And ours with the other on the path, in one statement.
    let rows = session
        .rows(&format!(
            "SELECT e.echo, r.region FROM other.ask('x') e, {} r ORDER BY 2 LIMIT 1",
            BY_REGION.replace("FROM sales", "FROM public.sales")
        ))
        .await;
    assert_eq!(rows, [[Some("x".to_owned()), Some("East".to_owned())]]);
    database.drop().await;
}

#[tokio::test]
async fn the_extension_stands_in_a_schema_of_the_dbas_choice() {
    let database = Database::empty().await;
    let session = database.superuser().await;
    session
        .run("CREATE SCHEMA tools; CREATE EXTENSION insightflow SCHEMA tools")
        .await;
    session.run(TABLE).await;
    assert_eq!(
        session.failure("SELECT * FROM ask('total amount')").await.0,
        "42883"
    );
    assert_eq!(
        session
            .value("SELECT total_amount FROM tools.ask('total amount')")
            .await,
        "120300.00"
    );
    session.run("SET search_path = public, tools").await;
    assert_eq!(
        session
            .value("SELECT total_amount FROM ask('total amount')")
            .await,
        "120300.00"
    );
    database.drop().await;
}

#[tokio::test]
async fn the_extension_comes_and_goes_while_a_session_lives() {
    let database = Database::empty().await;
    let (session, other) = (database.superuser().await, database.superuser().await);
    // The library is there, the extension is not.
    session.run("LOAD 'insightflow'").await;
    assert_eq!(
        session
            .failure("SELECT * FROM insightflow.run('SELECT 1')")
            .await
            .0,
        "3F000"
    );
    other.run("CREATE EXTENSION insightflow").await;
    session
        .run("PREPARE p AS SELECT one FROM insightflow.run('SELECT 1 AS one')")
        .await;
    assert_eq!(session.value("EXECUTE p").await, "1");
    other.run("DROP EXTENSION insightflow").await;
    assert_eq!(
        session
            .failure("SELECT * FROM insightflow.run('SELECT 1')")
            .await
            .0,
        "3F000"
    );
    assert_eq!(session.failure("EXECUTE p").await.0, "3F000");
    assert_eq!(session.value("SELECT 1").await, "1");
    other.run("CREATE EXTENSION insightflow").await;
    assert_eq!(
        session
            .value("SELECT one FROM insightflow.run('SELECT 1 AS one')")
            .await,
        "1"
    );
    database.drop().await;
}

#[tokio::test]
async fn it_stands_beside_other_hooks_in_any_order() {
    let database = Database::empty().await;
    let folder = database
        .superuser()
        .await
        .value("SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR'")
        .await;
    database.drop().await;
    // Not every distribution of PostgreSQL carries all of them.
    let mut libraries: Vec<&str> = ["pg_stat_statements", "auto_explain", "pgaudit"]
        .into_iter()
        .filter(|library| Path::new(&folder).join(format!("{library}.so")).exists())
        .collect();
    libraries.push("insightflow");
    for _ in 0..libraries.len() {
        libraries.rotate_left(1);
        beside(&libraries).await;
    }
}

/// Starts a server with these libraries in this order and asks.
async fn beside(libraries: &[&str]) {
    let order = libraries.join(", ");
    let server = Server::start(&format!(
        "shared_preload_libraries = '{order}'\ncompute_query_id = on\nauto_explain.log_min_duration = 0\n\
         auto_explain.log_nested_statements = on\npg_stat_statements.track = all\npgaudit.log = 'all'"
    ));
    let database = Database::on(server.config()).await;
    let session = database.superuser().await;
    session.run("CREATE EXTENSION insightflow").await;
    session.run(TABLE).await;
    let statistics = libraries.contains(&"pg_stat_statements");
    if statistics {
        session.run("CREATE EXTENSION pg_stat_statements").await;
    }
    for _ in 0..3 {
        let rows = session.rows(&format!("SELECT * FROM {BY_REGION}")).await;
        assert_eq!(rows.len(), 4, "{order}");
    }
    if statistics {
        let calls = session
            .value("SELECT sum(calls) FROM pg_stat_statements WHERE toplevel AND query LIKE 'SELECT * FROM insightflow.run(%'")
            .await;
        assert_eq!(calls, "3", "{order}");
    }
    if libraries.contains(&"auto_explain") {
        assert!(
            server.log().contains("Function Scan on answer_table run"),
            "{order}"
        );
    }
    if libraries.contains(&"pgaudit") {
        assert!(server.log().contains("AUDIT: SESSION"), "{order}");
    }
    database.drop().await;
}
