//! The life of the extension in a database: updated, dumped, dropped.

use crate::support::{Database, Session};

/// Everything that an upgrade could forget: functions with bodies, rights and comments, tables, columns, constraints, indexes,
/// policies, triggers, types, casts, and what pg_dump carries.
const CATALOG: &[&str] = &[
    "SELECT pg_describe_object(classid, objid, 0) FROM pg_depend WHERE refclassid = 'pg_extension'::regclass
       AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'insightflow') AND deptype = 'e'",
    "SELECT concat_ws('|', pg_get_functiondef(p.oid), p.proacl, p.procost, p.prorows, p.proparallel, obj_description(p.oid, 'pg_proc'))
     FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
     JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'insightflow'",
    "SELECT concat_ws('|', c.oid::regclass, c.relkind, c.relrowsecurity, c.relacl, obj_description(c.oid, 'pg_class'))
     FROM pg_class c WHERE c.relnamespace = 'insightflow'::regnamespace",
    "SELECT concat_ws('|', a.attrelid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attacl,
                       pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum))
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'insightflow'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped",
    "SELECT concat_ws('|', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'insightflow'::regnamespace",
    "SELECT concat_ws('|', indexdef, obj_description(format('insightflow.%I', indexname)::regclass, 'pg_class')) FROM pg_indexes WHERE schemaname = 'insightflow'",
    "SELECT concat_ws('|', polrelid::regclass, polname, polcmd, polroles, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid),
                       obj_description(oid, 'pg_policy')) FROM pg_policy",
    "SELECT concat_ws('|', tgrelid::regclass, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT concat_ws('|', oid::regtype, typacl, typcategory, obj_description(oid, 'pg_type')) FROM pg_type WHERE typnamespace = 'insightflow'::regnamespace",
    "SELECT concat_ws('|', castsource::regtype, casttarget::regtype, castcontext, castmethod) FROM pg_cast WHERE casttarget::regtype::text LIKE 'insightflow.%'
       OR castsource::regtype::text LIKE 'insightflow.%'",
    "SELECT concat_ws('|', c.oid::regclass, t.condition) FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS t (id, condition) JOIN pg_class c ON c.oid = t.id
     WHERE e.extname = 'insightflow'",
];

async fn catalog(session: &Session) -> Vec<String> {
    let mut lines = Vec::new();
    for query in CATALOG {
        let ordered =
            format!("SELECT line FROM ({query}) AS of (line) ORDER BY line COLLATE \"C\"");
        for mut row in session.rows(&ordered).await {
            lines.push(row.remove(0).unwrap_or_default());
        }
    }
    lines
}

#[tokio::test]
async fn an_upgraded_catalog_equals_a_fresh_one_and_keeps_what_was_there() {
    let old = Database::empty().await;
    let new = Database::new().await;
    let role = old.role().await;
    let session = old.superuser().await;
    session
        .run(&format!(
            "CREATE EXTENSION insightflow VERSION '0.1.0'; CREATE FUNCTION net(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN $1 / 2;
             SELECT insightflow.enroll('{role}')"
        ))
        .await;
    session
        .run(
            "SELECT insightflow.allow_function('net(numeric)'); ALTER EXTENSION insightflow UPDATE",
        )
        .await;
    // Enrolled before, enrolled after, in what is new too.
    assert_eq!(
        session
            .value("SELECT role FROM insightflow.enrollment")
            .await,
        role
    );
    assert_eq!(
        session
            .value("SELECT signature FROM insightflow.allowed_function")
            .await,
        "public.net(numeric)"
    );
    session
        .run(&format!("SELECT insightflow.withdraw('{role}')"))
        .await;
    let fresh = new.superuser().await;
    assert_eq!(catalog(&session).await, catalog(&fresh).await);
    drop((session, fresh));
    old.drop().await;
    new.drop().await;
}

#[tokio::test]
async fn dropped_it_leaves_only_views_made_from_answers() {
    let database = Database::empty().await;
    let session = database.superuser().await;
    let everything = "SELECT count(*) FROM (SELECT oid FROM pg_class UNION ALL SELECT oid FROM pg_proc UNION ALL SELECT oid FROM pg_type
        UNION ALL SELECT oid FROM pg_namespace UNION ALL SELECT oid FROM pg_cast UNION ALL SELECT oid FROM pg_policy) AS objects";
    session
        .run("CREATE TABLE region (id int PRIMARY KEY, name text); INSERT INTO region VALUES (1, 'North'); ANALYZE region")
        .await;
    let before = session.value(everything).await;
    session.run("CREATE EXTENSION insightflow").await;
    session
        .run("INSERT INTO insightflow.tier (name, per_day) VALUES ('few', 5); CREATE VIEW regions AS SELECT * FROM ask('how many regions')")
        .await;
    session.run("DROP EXTENSION insightflow").await;
    assert_eq!(
        session.rows("SELECT * FROM regions").await,
        [[Some("1".to_owned())]]
    );
    session.run("DROP VIEW regions").await;
    assert_eq!(session.value(everything).await, before);
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn a_dump_carries_tiers_enrollments_and_their_grants() {
    let old = Database::new().await;
    let role = old.role().await;
    let session = old.superuser().await;
    session
        .run(&format!(
            "INSERT INTO insightflow.tier (name, per_day, cost_per_day) VALUES ('few', 5, 1.5);
             INSERT INTO insightflow.price (provider, model, input_usd, output_usd) VALUES ('openai', 'm', 1, 2);
             SELECT insightflow.enroll('{role}', 'few');
             SELECT insightflow.add_history_month('2020-01-01');
             GRANT SELECT ON ALL TABLES IN SCHEMA insightflow TO {role}"
        ))
        .await;
    session
        .run("SELECT * FROM insightflow.run('SELECT 1')")
        .await;
    let dump = old.program("pg_dump", &[]);
    assert!(
        dump.status.success(),
        "{}",
        String::from_utf8_lossy(&dump.stderr)
    );
    let file = std::env::temp_dir().join(crate::support::unique("insightflow_dump"));
    std::fs::write(&file, &dump.stdout).expect("the dump");
    let new = Database::empty().await;
    let restored = new.program(
        "psql",
        &[
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-f",
            &file.display().to_string(),
        ],
    );
    std::fs::remove_file(&file).expect("the dump");
    assert!(
        restored.status.success(),
        "{}",
        String::from_utf8_lossy(&restored.stderr)
    );
    let again = new.superuser().await;
    for query in [
        "SELECT t::text FROM insightflow.tier t",
        "SELECT e::text FROM insightflow.enrollment e",
        "SELECT p::text FROM insightflow.price p",
    ] {
        assert_eq!(again.value(query).await, session.value(query).await);
    }
    assert_eq!(
        again
            .value("SELECT count(*) FROM insightflow.query_log")
            .await,
        "0"
    );
    // Feedback of a dump makes no second candidate, also when the history is restored before it.
    let candidates = "SELECT count(*) FROM insightflow.verified_query";
    for (given_at, expected) in [("timestamptz '2020-01-01'", "0"), ("now()", "1")] {
        again
            .run(&format!(
                "WITH q AS (INSERT INTO insightflow.query_log (id, asked_at, session_role, role, question, status, total_ms)
                            VALUES (gen_random_uuid(), now(), 'x', 'x', 'how many', 'answered', 1) RETURNING id)
                 INSERT INTO insightflow.query_feedback (query_id, rating, corrected_sql, given_at) SELECT id, 2, 'SELECT 1', {given_at} FROM q"
            ))
            .await;
        assert_eq!(again.value(candidates).await, expected);
    }
    let asking = new.session(&role).await;
    asking
        .run("SELECT * FROM insightflow.run('SELECT 1')")
        .await;
    drop((asking, again, session));
    old.drop().await;
    new.drop().await;
}
