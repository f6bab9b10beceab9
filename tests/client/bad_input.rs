//! Questions that are none, or that nobody could answer: each ends in the right rows or in a clear refusal, in a time that does
//! not depend on how much there is of it, and the session answers the next question as ever.

use crate::patterns::{answer, sample};
use crate::support::{Database, Session, full_text};
use std::time::{Duration, Instant};

/// No question takes longer, on a slow machine and in a debug build. What grows out of hand takes minutes.
const BOUND: Duration = Duration::from_secs(30);
/// The most characters of a refusal that a person reads.
pub const READABLE: usize = 2_000;

/// The SQLSTATE and the full text of the refusal of a question, or its SQL.
pub async fn ask(session: &Session, question: &str) -> Result<String, (String, String)> {
    let question = question.replace('\'', "''");
    let started = Instant::now();
    let answer = session
        .try_rows(&format!("SELECT insightflow.to_sql('{question}')"))
        .await;
    assert!(
        started.elapsed() < BOUND,
        "{question:.60} took {:?}",
        started.elapsed()
    );
    match answer {
        Ok(mut rows) => Ok(rows.remove(0).remove(0).expect("a statement")),
        Err(error) => Err(full_text(&error)),
    }
}

/// A question must be refused as not understood, in a text that a person can read and that says why.
async fn refused(session: &Session, question: &str, why: &str) {
    match ask(session, question).await {
        Err((state, text)) => {
            assert_eq!(state, "22023", "{question:.80}: {text}");
            assert!(text.contains(why), "{question:.80}: {text}");
            assert!(
                text.chars().count() < READABLE,
                "{question:.80}: {} characters",
                text.chars().count()
            );
        }
        Ok(sql) => panic!("{question:.80} gave {sql:.300}"),
    }
}

#[tokio::test]
async fn what_contradicts_itself_or_counts_nothing_is_refused() {
    let (database, session) = sample().await;
    for (question, why) in [
        (
            "orders with amount between 10 and 5",
            "ends before it begins",
        ),
        (
            "orders with an amount from 10 to 5",
            "ends before it begins",
        ),
        (
            "orders with amount > 10 and amount < 5",
            "contradicts itself",
        ),
        ("orders with amount 5 and amount 6", "contradicts itself"),
        ("sales after 2024 and before 2020", "no day in common"),
        ("sales before 2020 and after 2024", "no day in common"),
        ("sales from May 2024 to March 2024", "ends before it begins"),
        ("sales since 2025 until 2023", "ends before it begins"),
        ("sales last month this month", "no day in common"),
        (
            "customers with orders and without orders",
            "contradicts itself",
        ),
        (
            "customers who ordered and never ordered",
            "contradicts itself",
        ),
        (
            "customers who ordered and did not order",
            "contradicts itself",
        ),
        ("customers in North but not in North", "contradicts itself"),
        (
            "customers with at least 0 orders",
            "Any number of \"orders\" is that many",
        ),
        (
            "customers with more than -1 orders",
            "Any number of \"orders\" is that many",
        ),
        ("customers with 2.5 orders", "a whole one, never 2.5"),
        ("customers with -1 orders", "contradicts itself"),
        ("top 0 customers by amount", "\"0\""),
        ("top -3 customers by amount", "\"-3\""),
        ("top zero customers by amount", "\"zero\""),
        (
            "top 99999999999999999999 customers by amount",
            "\"99999999999999999999\"",
        ),
        ("top 1e400 customers by amount", "\"1e400\""),
        ("top 0.5 customers by amount", "\"0.5\""),
        ("sales last 99999 years", "\"99999\""),
        ("orders last 20000 days", "\"20000\""),
        ("not without no orders", "\"without\""),
        ("customers not without no orders", "\"without\""),
        ("customers who do not have no orders", "\"no\""),
        ("no no no customers", "\"no\""),
        ("not all customers", "what is asked for"),
    ] {
        refused(&session, question, why).await;
    }
    // What is said twice is said once.
    for (twice, once) in [
        ("sales in 2025 in 2025", "sales in 2025"),
        ("paid paid orders", "paid orders"),
    ] {
        let once = ask(&session, once).await;
        assert!(once.is_ok(), "{once:?}");
        assert_eq!(ask(&session, twice).await, once);
    }
    // The largest number that a limit takes is one.
    let all = answer(&session, "top 9223372036854775807 customers by amount").await;
    let some = answer(&session, "top 100000 customers by amount").await;
    assert!(all.is_ok(), "{all:?}");
    assert_eq!(all, some);
    drop(session);
    database.drop().await;
}

/// So many characters of a text over and over.
fn filled(with: &str, characters: usize) -> String {
    with.chars().cycle().take(characters).collect()
}

#[tokio::test]
async fn noise_is_refused_and_harms_nothing() {
    let (database, session) = sample().await;
    let plain = ask(&session, "how many orders").await;
    assert!(plain.is_ok(), "{plain:?}");
    // More words, numbers or marks than anybody asks with, before and after a question.
    for noise in [
        "zorblax ",
        "the ",
        "not ",
        "and ",
        "or ",
        ", ",
        ",",
        "(",
        ") ",
        "()",
        "1 ",
        "1,",
        "12345 ",
        "½ ",
        "? ",
        "! ",
        "% ",
        "of the ",
        "sales by region ",
        "orders and ",
        "without orders ",
        "who never ordered ",
        "customers with orders of ",
        "between 1 and 2 ",
        "in the North ",
        "2024 ",
        "last month ",
        "e\u{301} ",
        "'x' ",
    ] {
        let noise = filled(noise, 3_900);
        for question in [
            format!("{noise} how many orders"),
            format!("how many orders {noise}"),
            format!("how many {noise} orders"),
        ] {
            // What stands at the end and separates nothing does not count.
            match ask(&session, &question).await {
                Ok(sql) => assert_eq!(Ok(sql), plain, "{question:.60}"),
                Err((state, text)) => {
                    assert_eq!(state, "22023", "{text}");
                    assert!(text.contains("too many words"), "{question:.60}: {text}");
                }
            }
        }
    }
    // One word, however long, and marks that begin what never ends.
    for noise in [
        "a", "ab", "é", "e\u{301}", "x9", "日", "ß", "_", "a-", "a.b.",
    ] {
        let noise = filled(noise, 3_900);
        for question in [
            format!("{noise} how many orders"),
            format!("orders with status {noise}"),
        ] {
            if let Err((state, text)) = ask(&session, &question).await {
                assert_eq!(state, "22023", "{text}");
                assert!(text.chars().count() < READABLE, "{question:.60}: {text}");
            }
        }
    }
    for noise in [
        "\"", "“", "«", "`", "'", "[", "{", "\u{202e}", "🙂", "\u{200b}", "\u{1}", "\\0",
    ] {
        let question = format!("how many orders {}", filled(noise, 3_900));
        match ask(&session, &question).await {
            Ok(sql) => assert_eq!(Ok(sql), plain, "{noise}"),
            Err((state, text)) => {
                assert_eq!(state, "22023", "{text}");
                assert!(text.chars().count() < READABLE, "{noise}: {text}");
            }
        }
    }
    // Longer than a question may be, empty, no words, and small words alone.
    refused(&session, &filled("how many orders ", 4_001), "too long").await;
    refused(&session, &filled("x ", 2_000_000), "too long").await;
    refused(&session, " \t\n ", "empty").await;
    refused(&session, "🙂🙂🙂", "not a question").await;
    for small in [
        "the of and to a",
        "is it the",
        "what of which",
        "and and or",
    ] {
        refused(&session, small, "not understood").await;
    }
    // A refusal does not name a word a hundred times.
    refused(&session, &filled("zorblax ", 1_000), "\"zorblax\"").await;
    assert_eq!(ask(&session, "how many orders").await, plain);
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn names_that_are_words_of_the_grammar_and_values_that_look_like_sql() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run(
            r#"CREATE TABLE "order" (id int PRIMARY KEY, "all" int, "not" text, top int, "select" numeric, "from" date, "group" text, "limit" int, "null" text);
            INSERT INTO "order" VALUES (1, 10, 'x', 3, 5, '2025-01-01', 'g1', 4, 'n1'), (2, 20, 'y', 4, 7, '2025-02-01', 'g2', 5, 'n2');
            CREATE TABLE color (id int PRIMARY KEY, color text NOT NULL);
            INSERT INTO color VALUES (1, 'color'), (2, 'red');
            CREATE TABLE paint (id int PRIMARY KEY, name text NOT NULL, color text NOT NULL, color_id int REFERENCES color, price numeric);
            INSERT INTO paint VALUES (1, 'Sky', 'color', 1, 10), (2, 'Brick', 'red', 2, 20), (3, 'color', 'red', 2, 30);
            CREATE TABLE notes (id int PRIMARY KEY, body text NOT NULL, stars int);
            INSERT INTO notes VALUES (1, '''; DROP TABLE notes; --', 1), (2, 'SELECT 1', 2), (3, '$$', 3), (4, 'null', 4), (5, '1=1 OR true', 5), (6, '%', 6), (7, E'back\\slash', 7);
            CREATE TABLE "Ünï ""quoted"".table with spaces and dots, sixty-three bytes lo" (id int PRIMARY KEY, "Größe in m²" numeric, "a.b" int, "x y" int, "日本語" text);
            INSERT INTO "Ünï ""quoted"".table with spaces and dots, sixty-three bytes lo" VALUES (1, 1.5, 3, 4, '値'), (2, 2.5, 5, 6, '他');
            ANALYZE"#,
        )
        .await;
    for (question, sql) in [
        ("how many orders", r#"SELECT count(*) FROM "order""#),
        ("sum of top", r#"SELECT sum(top) FROM "order""#),
        (
            "average select of orders",
            r#"SELECT avg("select") FROM "order""#,
        ),
        (
            "how many orders per group",
            r#"SELECT "group", count(*) FROM "order" GROUP BY 1 ORDER BY 2 DESC, 1"#,
        ),
        (
            "orders with null n1",
            r#"SELECT * FROM "order" WHERE "null" = 'n1'"#,
        ),
        (
            "orders with from after 2025-01-15",
            r#"SELECT * FROM "order" WHERE "from" > '2025-01-15'"#,
        ),
        ("how many colors", "SELECT count(*) FROM color"),
        (
            "paints that are red",
            "SELECT name FROM paint WHERE color = 'red'",
        ),
        (
            "average price by color",
            "SELECT color, avg(price) FROM paint GROUP BY 1 ORDER BY 2 DESC",
        ),
        (
            r#"notes with body "'; DROP TABLE notes; --""#,
            "SELECT * FROM notes WHERE id = 1",
        ),
        (
            "notes with body 'SELECT 1'",
            "SELECT * FROM notes WHERE id = 2",
        ),
        (
            r#"stars of notes with body "$$""#,
            "SELECT stars FROM notes WHERE id = 3",
        ),
        (
            r#"stars of note "1=1 OR true""#,
            "SELECT stars FROM notes WHERE id = 5",
        ),
        (
            "notes whose body contains '%'",
            "SELECT * FROM notes WHERE id = 6",
        ),
        (
            r"notes whose body contains 'k\s'",
            "SELECT * FROM notes WHERE id = 7",
        ),
        (
            "average Größe in m²",
            r#"SELECT avg("Größe in m²") FROM "Ünï ""quoted"".table with spaces and dots, sixty-three bytes lo""#,
        ),
        (
            "total x y",
            r#"SELECT sum("x y") FROM "Ünï ""quoted"".table with spaces and dots, sixty-three bytes lo""#,
        ),
        (
            "日本語",
            r#"SELECT "日本語" FROM "Ünï ""quoted"".table with spaces and dots, sixty-three bytes lo""#,
        ),
    ] {
        let rows = answer(&session, question).await;
        assert_eq!(rows, Ok(session.rows(sql).await), "{question}");
    }
    // A table, a column of it, a column of another and a value of both.
    refused(&session, "color", "ambiguous").await;
    refused(&session, "paints with color color", "ambiguous").await;
    assert_eq!(session.value("SELECT count(*) FROM notes").await, "7");
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn a_thousand_tables_that_are_alike_and_sixteen_hundred_columns() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run(
            "DO $$ BEGIN
                FOR i IN 1 .. 1000 LOOP
                    EXECUTE format('CREATE TABLE ledger_%s (id int PRIMARY KEY, name text NOT NULL, amount numeric NOT NULL, status text NOT NULL, created_at date NOT NULL)', i);
                END LOOP;
                EXECUTE 'CREATE TABLE wide (' || (SELECT string_agg(format('measure_%s numeric', i), ', ') FROM generate_series(1, 1600) i) || ')';
            END $$;
            INSERT INTO ledger_7 VALUES (1, 'one', 3, 'open', '2025-01-01'), (2, 'two', 4, 'closed', '2025-01-02');
            INSERT INTO ledger_777 SELECT i, 'n' || i, i, 's' || i % 3, '2025-01-01' FROM generate_series(1, 10) i;
            INSERT INTO ledger_1000 VALUES (1, 'low', 5, 'open', '2025-01-01'), (2, 'high', 6, 'open', '2025-01-02');
            INSERT INTO wide (measure_1, measure_1599) VALUES (1, 10), (2, 20);
            ANALYZE wide",
        )
        .await;
    // The first question reads the catalog: what ends a statement ends it there too, and nothing is left half done.
    let state = {
        session.run("SET statement_timeout = 1").await;
        let ended = ask(&session, "total amount").await;
        session.run("RESET statement_timeout").await;
        ended.map_err(|(state, _)| state)
    };
    assert_eq!(state, Err("57014".to_owned()));
    refused(&session, "total amount", "ambiguous").await;
    refused(&session, "total amount", "ledger_1.amount").await;
    refused(&session, "how many ledgers", "ambiguous").await;
    for question in [
        "total amount by status and name",
        "names with amount over 5 and status open",
        "name name name amount amount status status created at",
        "ledger 7 with ledger 8",
        "ledger 1001",
        "measure",
        "total measure by measure",
    ] {
        refused(&session, question, "").await;
    }
    for (question, sql) in [
        ("show ledger 7", "SELECT name FROM ledger_7 ORDER BY id"),
        (
            "total amount of ledger 7",
            "SELECT sum(amount) FROM ledger_7",
        ),
        (
            "total amount of ledger 777 by status",
            "SELECT status, sum(amount) FROM ledger_777 GROUP BY 1 ORDER BY 2 DESC",
        ),
        (
            "names of ledger 1000 with amount over 5",
            "SELECT name FROM ledger_1000 WHERE amount > 5 ORDER BY id",
        ),
        ("how many wide", "SELECT count(*) FROM wide"),
        ("average measure 1599", "SELECT avg(measure_1599) FROM wide"),
        (
            "wide with measure 1 over 1",
            "SELECT * FROM wide WHERE measure_1 > 1",
        ),
    ] {
        let rows = answer(&session, question).await;
        assert_eq!(rows, Ok(session.rows(sql).await), "{question}");
    }
    drop(session);
    database.drop().await;
}
