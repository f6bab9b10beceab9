//! From one major version of PostgreSQL to the next: what `pg_upgrade` and a dump carry.
//!
//! `INSIGHTFLOW_OLDER_BINDIR` names the programs of an older PostgreSQL that has the extension too. `make test` sets it where it
//! has one, and else counts these tests as skipped.

use crate::history::{PRELOADED, database, rows};
use crate::support::{Server, Session, bindir, older_bindir};

/// What the database has afterwards as it had it before.
const KEPT: &[&str] = &[
    "SELECT * FROM insightflow.tier ORDER BY name",
    "SELECT * FROM insightflow.enrollment ORDER BY role::text",
    "SELECT * FROM insightflow.price",
    "SELECT * FROM insightflow.allowed_function",
    "SELECT * FROM insightflow.vocabulary ORDER BY id",
    "SELECT * FROM insightflow.verified_query ORDER BY id",
    "SELECT * FROM insightflow.query_log ORDER BY id",
    "SELECT * FROM insightflow.query_feedback ORDER BY query_id",
    "SELECT extversion, extnamespace::regnamespace FROM pg_extension WHERE extname = 'insightflow'",
    "SELECT p.oid::regprocedure, p.proacl FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
     WHERE d.classid = 'pg_proc'::regclass AND p.proname IN ('ask', 'run', 'enroll', 'health') ORDER BY p.oid::regprocedure::text COLLATE \"C\"",
    "SELECT * FROM regions",
];

/// Two versions have the same columns, and every value reads the same.
async fn kept(session: &Session) -> Vec<Vec<Vec<Option<String>>>> {
    let mut all = Vec::new();
    for query in KEPT {
        all.push(session.rows(query).await);
    }
    all
}

/// A server of the older version with something of everything in database `one`.
async fn older() -> (Server, Vec<Vec<Vec<Option<String>>>>) {
    let server = Server::of(older_bindir(), PRELOADED);
    server.start_again();
    let session = database(&server, "one").await;
    session
        .run(
            "CREATE ROLE ann LOGIN; CREATE ROLE steward LOGIN; GRANT SELECT ON region TO ann;
             CREATE FUNCTION net(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 / 2;
             INSERT INTO insightflow.tier (name, per_day, cost_per_day, statement_timeout) VALUES ('few', 3, 1.5, '20 s');
             INSERT INTO insightflow.price (provider, model, input_usd, output_usd) VALUES ('openai', 'm%', 1, 2)",
        )
        .await;
    for statement in [
        "SELECT insightflow.enroll('ann', 'few')",
        "SELECT insightflow.make_administrator('steward')",
        "SELECT insightflow.allow_function('net(int)')",
        "SELECT insightflow.define_synonym('region', 'district')",
        "SELECT insightflow.verify('the favourite', 'SELECT name AS favourite FROM public.region WHERE id = 2')",
        "GRANT SELECT ON ALL TABLES IN SCHEMA insightflow TO steward",
        "CREATE VIEW regions AS SELECT * FROM ask('how many districts')",
    ] {
        session.run(statement).await;
    }
    let ann = Session::connect(server.config().dbname("one").user("ann")).await;
    ann.run("SELECT * FROM ask('how many regions')").await;
    rows(&session, 1).await;
    ann.run("SELECT insightflow.feedback(id, 2, NULL, 'SELECT count(*) FROM public.region') FROM insightflow.query_log")
        .await;
    let before = kept(&session).await;
    drop((ann, session));
    (server, before)
}

/// The enrolled role asks, by the vocabulary and by a verified query, and is recorded and limited as before.
async fn works(server: &Server, recorded: usize) {
    let session = server.session("one").await;
    let ann = Session::connect(server.config().dbname("one").user("ann")).await;
    assert_eq!(
        ann.value("SELECT * FROM ask('how many districts')").await,
        "4"
    );
    assert_eq!(
        ann.value("SELECT favourite FROM ask('the favourite')")
            .await,
        "region 2"
    );
    // Three a day, of which she has asked one on the old server: the history counts.
    assert_eq!(
        ann.failure("SELECT * FROM ask('the favourite')").await.0,
        "53400"
    );
    rows(&session, recorded + 3).await;
    let steward = Session::connect(server.config().dbname("one").user("steward")).await;
    steward.run("SELECT insightflow.withdraw('ann')").await;
    assert_eq!(
        ann.failure("SELECT * FROM ask('the favourite')").await.0,
        "42501"
    );
    session
        .run("DROP VIEW regions; DROP EXTENSION insightflow")
        .await;
    assert_eq!(
        session
            .value("SELECT count(*) FROM pg_class WHERE relname LIKE 'query_log%'")
            .await,
        "0"
    );
}

/// Not every two minor releases go together: a cluster of 15.20 is refused by the `pg_upgrade` of 16.14, with any table in it. `make
/// test` tries that out first, without the extension.
#[tokio::test]
#[ignore = "needs an older PostgreSQL with the extension: INSIGHTFLOW_OLDER_BINDIR"]
async fn pg_upgrade_carries_everything_and_the_history_too() {
    let (old, before) = older().await;
    old.stop("fast");
    let new = Server::of(bindir(), PRELOADED);
    new.upgrade_from(&old);
    new.start_again();
    let session = new.session("one").await;
    assert_eq!(kept(&session).await, before);
    drop(session);
    works(&new, 1).await;
}

#[tokio::test]
#[ignore = "needs an older PostgreSQL with the extension: INSIGHTFLOW_OLDER_BINDIR"]
async fn a_dump_of_the_older_version_is_restored_into_this_one() {
    let (old, before) = older().await;
    let new = Server::of(bindir(), PRELOADED);
    new.start_again();
    let folder = std::env::temp_dir().join(crate::support::unique("insightflow_dump"));
    std::fs::create_dir(&folder).expect("a folder");
    let [globals, dump] = ["globals", "dump"].map(|name| folder.join(name).display().to_string());
    let connected = [
        (
            "pg_dumpall",
            "",
            vec!["--globals-only", "--no-role-passwords", "-f", &globals],
        ),
        (
            "pg_dump",
            "-c insightflow.dump_history=on",
            vec!["-Fc", "-f", &dump, "one"],
        ),
    ];
    for (program, settings, arguments) in connected {
        old.program(program, settings, &arguments);
    }
    // The superuser of the new server is there already.
    new.program("psql", "", &["-X", "-q", "-f", &globals, "postgres"]);
    new.program(
        "pg_restore",
        "",
        &["--create", "--exit-on-error", "-d", "postgres", &dump],
    );
    std::fs::remove_dir_all(&folder).expect("the dump");
    let session = new.session("one").await;
    assert_eq!(kept(&session).await, before);
    drop(session);
    works(&new, 1).await;
}
