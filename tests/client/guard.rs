//! The guard, from the client's side: the project's own corpus, the DBA's list, complexity.

use crate::support::{Database, Session, describe, state_and_message};
use std::time::{Duration, Instant};

/// The statements of a corpus file: one a line, lines that begin with two dashes are headings.
fn corpus(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with("--"))
}

const ATTACKS: &str = include_str!("../security/attacks.sql");
const BENIGN: &str = include_str!("../security/benign.sql");

/// What a PostgreSQL that was built without libxml says to every use of xml.
const WITHOUT_XML: &str = "unsupported XML feature";

/// The statement as an argument of `insightflow.run`, so that it has the columns of its result.
pub fn run(sql: &str) -> String {
    format!("SELECT * FROM insightflow.run($corpus${sql}$corpus$)")
}

/// A database with the sample data and the traps, and a role that may read both and run statements.
pub async fn trapped() -> (Database, String) {
    let database = Database::new().await;
    for file in ["sql/demo.sql", "tests/security/schema.sql"] {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let output = database.program("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", &path]);
        assert!(
            output.status.success(),
            "{file}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let role = database.role().await;
    let superuser = database.superuser().await;
    superuser
        .run(&format!(
            "GRANT USAGE ON SCHEMA shop TO {role};
             GRANT SELECT ON ALL TABLES IN SCHEMA shop, public TO {role};
             GRANT EXECUTE ON FUNCTION insightflow.run(insightflow.statement), insightflow.run(insightflow.computed_statement), insightflow.check_sql(text) TO {role}"
        ))
        .await;
    (database, role)
}

/// What an attack could have changed, in a form that can be compared.
async fn fingerprint(superuser: &Session) -> Vec<Vec<Option<String>>> {
    superuser
        .rows(
            "SELECT (SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = current_database()),
                    (SELECT string_agg(n::text, ',') FROM trap.note n),
                    (SELECT count(*) || ':' || sum(amount) FROM shop.orders),
                    (SELECT count(*) FROM shop.order_items),
                    (SELECT last_value || ':' || is_called FROM trap.tick),
                    (SELECT count(*) FROM pg_largeobject_metadata),
                    (SELECT md5(string_agg(relname || relrowsecurity || coalesce(relacl::text, ''), ',' ORDER BY oid)) FROM pg_class WHERE oid > 16383),
                    (SELECT count(*) FROM pg_proc),
                    (SELECT count(*) FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database())",
        )
        .await
}

#[tokio::test]
async fn every_attack_is_refused_and_leaves_nothing() {
    let (database, role) = trapped().await;
    let superuser = database.superuser().await;
    let reader = database.session(&role).await;
    let before = fingerprint(&superuser).await;
    let mut count = 0;
    let mut wrong = Vec::new();
    for attack in corpus(ATTACKS) {
        count += 1;
        for call in [
            run(attack),
            format!("SELECT * FROM insightflow.run($corpus${attack}$corpus$::text)"),
        ] {
            match reader.try_rows(&call).await {
                Ok(rows) => wrong.push(format!("ran: {attack}: {rows:?}")),
                Err(error) => {
                    let (state, message) = state_and_message(&error);
                    let refused = ["42501", "42601"].contains(&state.as_str());
                    if !refused && message != WITHOUT_XML {
                        wrong.push(format!("{state} {message}: {attack}"));
                    }
                }
            }
            if fingerprint(&superuser).await != before {
                wrong.push(format!("left something: {attack}"));
                break;
            }
        }
        let allowed = reader
            .value(&format!(
                "SELECT allowed FROM insightflow.check_sql($corpus${attack}$corpus$)"
            ))
            .await;
        if allowed == "t" {
            wrong.push(format!("check_sql allows {attack}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 60, "only {count} attacks");
    database.drop().await;
}

#[tokio::test]
async fn a_cast_to_json_is_a_function_too() {
    let (database, role) = trapped().await;
    let reader = database.session(&role).await;
    let statement = "SELECT id, place FROM trap.note";
    assert_eq!(reader.rows(&run(statement)).await.len(), 2);
    let (state, message) = reader
        .failure(&format!(
            "SELECT * FROM insightflow.run('{statement}'::text)"
        ))
        .await;
    assert_eq!(state, "42501", "{message}");
    let plain = "SELECT id, body FROM trap.note ORDER BY id";
    assert_eq!(
        reader
            .rows(&format!("SELECT * FROM insightflow.run('{plain}'::text)"))
            .await[0][0]
            .as_deref(),
        Some(r#"{"id":1,"body":"first"}"#)
    );
    database.drop().await;
}

#[tokio::test]
async fn every_benign_statement_runs() {
    let (database, role) = trapped().await;
    let reader = database.session(&role).await;
    let mut count = 0;
    let mut wrong = Vec::new();
    for statement in corpus(BENIGN) {
        count += 1;
        if let Err(error) = reader.try_rows(&run(statement)).await {
            if describe(&error).contains(WITHOUT_XML) {
                continue;
            }
            wrong.push(format!("{statement}: {}", describe(&error)));
        }
        let verdict = reader
            .rows(&format!(
                "SELECT allowed, reason FROM insightflow.check_sql($corpus${statement}$corpus$)"
            ))
            .await;
        if verdict[0][0].as_deref() != Some("t") {
            wrong.push(format!("check_sql: {statement}: {verdict:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 100, "only {count} statements");
    database.drop().await;
}

#[tokio::test]
async fn the_dba_allows_functions_one_by_one() {
    let (database, role) = trapped().await;
    let superuser = database.superuser().await;
    let reader = database.session(&role).await;
    superuser
        .run(
            "CREATE FUNCTION net(numeric, numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 - $2; END';
             CREATE FUNCTION net_or_zero(numeric, numeric) RETURNS numeric LANGUAGE plpgsql AS 'BEGIN RETURN coalesce(net($1, $2), 0); END'",
        )
        .await;
    let call = run("SELECT net(sum(sales), sum(cost)) > 0 FROM sales_transactions");
    let error = reader.try_rows(&call).await.expect_err("refused");
    let error = error.as_db_error().expect("an error of the server");
    assert_eq!(error.code().code(), "42501");
    let hint = error.hint().expect("a hint").to_owned();
    let allow = hint
        .split_once(": ")
        .expect("a call")
        .1
        .trim_end_matches(';')
        .to_owned();
    // Not everyone may.
    let (state, _) = reader.failure(&allow).await;
    assert_eq!(state, "42501");
    superuser
        .run(&format!(
            "GRANT EXECUTE ON FUNCTION insightflow.allow_function(regprocedure) TO {role}"
        ))
        .await;
    let (state, _) = reader.failure(&allow).await;
    assert_eq!(state, "42501");
    // The hint holds the very call.
    superuser.run(&allow).await;
    assert_eq!(reader.value(&call).await, "t");
    // What an allowed function calls must be allowed too; the function is judged, not its label.
    superuser
        .run("SELECT insightflow.allow_function('net_or_zero(numeric, numeric)')")
        .await;
    assert_eq!(reader.value(&run("SELECT net_or_zero(NULL, 1)")).await, "0");
    superuser
        .run("SELECT insightflow.disallow_function('net(numeric, numeric)')")
        .await;
    let (state, message) = reader.failure(&run("SELECT net_or_zero(NULL, 1)")).await;
    assert_eq!(state, "42501");
    assert!(message.contains("net(numeric,numeric)"), "{message}");
    // What acts is never allowed.
    for function in [
        "pg_sleep(double precision)",
        "insightflow.check_sql(text)",
        "query_to_xml(text, boolean, boolean, text)",
    ] {
        let (state, message) = superuser
            .failure(&format!("SELECT insightflow.allow_function('{function}')"))
            .await;
        assert_eq!(state, "42501", "{message}");
    }
    // Owners and extensions by setting.
    superuser
        .run("CREATE FUNCTION plus_one(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1'")
        .await;
    let owner = superuser.value("SELECT quote_ident(current_user)").await;
    assert_eq!(
        superuser.failure(&run("SELECT plus_one(1)")).await.0,
        "42501"
    );
    superuser
        .run(&format!("SET insightflow.trusted_owners = '{owner}'"))
        .await;
    assert_eq!(superuser.value(&run("SELECT plus_one(1)")).await, "2");
    // A function with its owner's rights needs the list all the same.
    superuser
        .run("ALTER FUNCTION plus_one(int) SECURITY DEFINER")
        .await;
    assert_eq!(
        superuser.failure(&run("SELECT plus_one(1)")).await.0,
        "42501"
    );
    assert_eq!(
        reader
            .failure("SET insightflow.trusted_owners = 'x'")
            .await
            .0,
        "42501"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_temporary_table_may_not_hide_a_permanent_one() {
    let (database, role) = trapped().await;
    let reader = database.session(&role).await;
    reader.run("CREATE TEMPORARY TABLE mine AS SELECT 1 AS i; CREATE TEMPORARY TABLE regions AS SELECT 1 AS i").await;
    assert_eq!(reader.value(&run("SELECT i FROM mine")).await, "1");
    let (state, message) = reader.failure(&run("SELECT * FROM regions")).await;
    assert_eq!(state, "42501");
    assert!(message.contains("temporary table"), "{message}");
    assert_eq!(
        reader
            .value(&run("SELECT count(*) > 0 FROM shop.regions"))
            .await,
        "t"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_statement_names_no_text_many_times_as_large_as_an_answer() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run("LOAD 'insightflow'; SET insightflow.max_result_bytes = '1MB'")
        .await;
    let run = |sql: &str| {
        format!(
            "SELECT * FROM insightflow.run('{}')",
            sql.replace('\'', "''")
        )
    };
    for statement in [
        "SELECT length(repeat('x', 4194305))",
        "SELECT length(repeat('four', 1048577))",
        "SELECT length(lpad('x', 4194305, 'y'))",
        "SELECT length(rpad('x', 4194305))",
        "SELECT 1 WHERE EXISTS (SELECT encode(repeat('x', 400000000)::bytea, 'hex'))",
    ] {
        let (state, message) = session.failure(&run(statement)).await;
        assert_eq!(state, "54000", "{statement} {message}");
    }
    for (statement, length) in [
        ("SELECT length(repeat('x', 4194304))", "4194304"),
        ("SELECT length(repeat('four', 1048576))", "4194304"),
        ("SELECT length(repeat('x', -1))", "0"),
        ("SELECT length(repeat('', 2000000000))", "0"),
        ("SELECT coalesce(length(lpad(NULL, 5)), 7)", "7"),
    ] {
        assert_eq!(session.value(&run(statement)).await, length);
    }
    database.drop().await;
}

#[tokio::test]
async fn complexity_is_bounded_before_anything_recurses() {
    let database = Database::new().await;
    let session = database.superuser().await;
    let started = Instant::now();
    let joins = |count: usize| {
        format!("SELECT 1 FROM pg_temp.t{}", " JOIN t".repeat(count)) + &" ON true".repeat(count)
    };
    for statement in [
        format!("SELECT 1{}", "+1".repeat(2000)),
        joins(101),
        joins(1000),
        format!("SELECT 1 FROM t{}", ", t".repeat(101)),
        format!("SELECT {}1{}", "(SELECT ".repeat(600), ")".repeat(600)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(600)),
        format!("SELECT {}true", "NOT ".repeat(600)),
        format!("SELECT {}", vec!["1"; 30_000].join(",")),
        format!("SELECT '{}'", "x".repeat(64 * 1024)),
    ] {
        let (state, message) = session
            .failure(&format!(
                "SELECT * FROM insightflow.run('{}'::text)",
                statement.replace('\'', "''")
            ))
            .await;
        // 42601 and 54001 are PostgreSQL's own: the grammar's stack, and the number of columns.
        assert!(
            ["54000", "54001", "54011", "42601"].contains(&state.as_str()),
            "{state} {message} {}",
            &statement[..60]
        );
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    let values: Vec<String> = (0..10_000).map(|i| i.to_string()).collect();
    let long = format!(
        "SELECT count(*) FROM generate_series(1, 10) g WHERE g IN ({})",
        values.join(",")
    );
    assert_eq!(session.value(&run(&long)).await, "10");
    database.drop().await;
}

#[tokio::test]
async fn the_builtin_functions_of_this_version_have_been_judged() {
    let database = Database::new().await;
    let session = database.superuser().await;
    let version = session
        .value("SELECT current_setting('server_version_num')::int / 10000")
        .await;
    let file = format!(
        "{}/tests/security/builtin_functions_{version}.txt",
        env!("CARGO_MANIFEST_DIR")
    );
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    let query = include_str!("../security/builtin_functions.sql");
    let found: Vec<String> = session
        .rows(query)
        .await
        .into_iter()
        .map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" "))
        .collect();
    assert!(
        found.len() > 1_000,
        "only {} functions may be called",
        found.len()
    );
    let known: Vec<&str> = known.lines().collect();
    let new: Vec<&String> = found
        .iter()
        .filter(|line| !known.contains(&line.as_str()))
        .collect();
    let gone: Vec<&&str> = known
        .iter()
        .filter(|line| !found.iter().any(|found| found == **line))
        .collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{file}: judge these in src/guard/builtin.rs, then note them there\nnew: {new:?}\ngone: {gone:?}"
    );
    database.drop().await;
}
