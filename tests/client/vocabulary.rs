//! The vocabulary and verified queries between sessions and roles.

use crate::support::Database;

const TABLES: &str = "
    CREATE TABLE public.buyers (id int PRIMARY KEY, name text, status text);
    CREATE TABLE public.sold (id int PRIMARY KEY, buyer_id int REFERENCES public.buyers, price numeric, cost numeric, day date);
    INSERT INTO public.buyers VALUES (1, 'Ann', 'active'), (2, 'Bob', 'gone');
    INSERT INTO public.sold VALUES (1, 1, 10, 4, '2024-01-05'), (2, 2, 20, 5, '2025-02-02')";

#[tokio::test]
async fn what_one_session_defines_another_uses_at_once() {
    let database = Database::new().await;
    let (one, other) = (database.superuser().await, database.superuser().await);
    one.run(TABLES).await;
    let question = "SELECT gain FROM ask('gain')";
    assert_eq!(other.failure(question).await.0, "22023");
    one.run("SELECT insightflow.define_metric('gain', 'sum(price - cost)', 'sold')")
        .await;
    assert_eq!(other.value(question).await, "21");
    one.run("SELECT insightflow.define_metric('gain', 'sum(price - 2 * cost)', 'sold')")
        .await;
    assert_eq!(other.value(question).await, "12");
    one.run("SELECT insightflow.define_segment('loyal buyer', 'status = ''active''', 'buyers')")
        .await;
    assert_eq!(
        other
            .value("SELECT * FROM ask('how many loyal buyers')")
            .await,
        "1"
    );
    one.run("SELECT insightflow.hide('sold.cost')").await;
    assert_eq!(other.failure(question).await.0, "22023");
    let told = "SELECT insightflow.prompt('gain') LIKE '%cost%'";
    assert_eq!(other.value(told).await, "f");
    one.run("SELECT insightflow.unhide('sold.cost')").await;
    assert_eq!(other.value(told).await, "t");
    assert_eq!(other.value(question).await, "12");
    one.run("DELETE FROM insightflow.vocabulary").await;
    assert_eq!(other.failure(question).await.0, "22023");
    database.drop().await;
}

#[tokio::test]
async fn a_verified_query_answers_with_other_parameters_for_those_who_may_read_its_tables() {
    let database = Database::new().await;
    let admin = database.superuser().await;
    admin.run(TABLES).await;
    let role = database.role().await;
    admin
        .run(&format!(
            "GRANT SELECT ON public.buyers TO {role}; SELECT insightflow.enroll('{role}')"
        ))
        .await;
    let analyst = database.session(&role).await;
    admin
        .run("SELECT insightflow.verify('takings of year 2024', 'SELECT sum(price) AS takings FROM public.sold WHERE extract(year FROM day) = 2024')")
        .await;
    assert_eq!(
        admin
            .value("SELECT takings FROM ask('Takings of year 2024?')")
            .await,
        "10"
    );
    let changed = "SELECT takings FROM ask('takings of year 2025')";
    assert_eq!(admin.value(changed).await, "20");
    assert_eq!(
        admin
            .value("SELECT reading FROM insightflow.explain('takings of year 2025') WHERE part = '2025'")
            .await,
        "in the place of 2024"
    );
    // Not even its text is known to who may not read its tables.
    assert_eq!(analyst.failure(changed).await.0, "22023");
    assert_eq!(
        analyst
            .value("SELECT count(*) FROM insightflow.verified_query")
            .await,
        "0"
    );
    assert_eq!(
        analyst
            .value("SELECT insightflow.prompt('takings of year 2025') LIKE '%public.sold%'")
            .await,
        "f"
    );
    admin
        .run(&format!("GRANT SELECT ON public.sold TO {role}"))
        .await;
    assert_eq!(analyst.value(changed).await, "20");
    // A name is a parameter when it is stored in the same column, and nothing else is.
    admin
        .run("SELECT insightflow.verify('spending of Ann since 1 January 2024', $$SELECT sum(s.price) AS spent FROM public.sold AS s JOIN public.buyers AS b ON b.id = s.buyer_id WHERE b.name = 'Ann' AND s.day >= '2024-01-01'$$)")
        .await;
    for (asked, spent) in [
        ("spending of Bob since 1 January 2024", "20"),
        ("spending of bob since 2 February 2025", "20"),
        ("spending of Ann since 5 January 2024", "10"),
    ] {
        let sql = format!("SELECT spent FROM ask('{asked}')");
        assert_eq!(admin.value(&sql).await, spent, "{asked}");
    }
    assert_eq!(
        admin
            .value("SELECT reading FROM insightflow.explain('spending of bob since 2 February 2025') ORDER BY step DESC LIMIT 1")
            .await,
        "verified query \"spending of Ann since 1 January 2024\" with bob for Ann and 2 February 2025 for 1 January 2024"
    );
    for asked in [
        "spending of Zoe since 1 January 2024",
        "spending of active since 1 January 2024",
        "spending of Ann before 1 January 2024",
        "spending of Ann and Bob since 1 January 2024",
    ] {
        let sql = format!("SELECT spent FROM ask('{asked}')");
        // Whoever understands it without the verified query calls the column otherwise.
        let (state, message) = admin.failure(&sql).await;
        assert!(
            ["22023", "42703"].contains(&state.as_str()),
            "{asked}: {message}"
        );
    }
    // A candidate answers nothing until it is approved.
    admin
        .run("INSERT INTO insightflow.verified_query (question, sql) VALUES ('count of takings', 'SELECT count(*) AS n FROM public.sold')")
        .await;
    let candidate = "SELECT n FROM ask('count of takings')";
    assert_eq!(admin.failure(candidate).await.0, "22023");
    admin
        .run("SELECT insightflow.verify(id) FROM insightflow.verified_query WHERE status = 'candidate'")
        .await;
    assert_eq!(admin.value(candidate).await, "2");
    database.drop().await;
}

#[tokio::test]
async fn only_administrators_decide_what_words_mean_for_others() {
    let database = Database::new().await;
    let admin = database.superuser().await;
    admin.run(TABLES).await;
    let role = database.role().await;
    admin
        .run(&format!(
            "GRANT SELECT ON public.sold, public.buyers TO {role}; SELECT insightflow.enroll('{role}')"
        ))
        .await;
    let analyst = database.session(&role).await;
    for statement in [
        "SELECT insightflow.define_metric('sales', 'sum(price) * 0.9', 'sold')",
        "SELECT insightflow.define_synonym('buyers', 'x')",
        "SELECT insightflow.verify('sales', 'SELECT 1')",
        "SELECT insightflow.hide('sold')",
        "INSERT INTO insightflow.vocabulary (kind, definition) VALUES ('note', 'x')",
        "INSERT INTO insightflow.verified_query (question, sql, status) VALUES ('sales', 'SELECT 1', 'approved')",
        "DELETE FROM insightflow.vocabulary",
    ] {
        assert_eq!(analyst.failure(statement).await.0, "42501", "{statement}");
    }
    for (statement, state) in [
        (
            "SELECT insightflow.define_metric('m', 'price', 'sold')",
            "22023",
        ),
        (
            "SELECT insightflow.define_metric('m', '1) FROM public.sold WHERE (true', 'sold')",
            "42601",
        ),
        (
            "SELECT insightflow.define_metric('m', 'sum(pg_catalog.pg_sleep(1)::text::int)', 'sold')",
            "22023",
        ),
        (
            "SELECT insightflow.define_segment('s', 'price', 'sold')",
            "22023",
        ),
        ("SELECT insightflow.define_synonym('nowhere', 'x')", "42704"),
        (
            "SELECT insightflow.verify('q', 'DELETE FROM public.sold')",
            "22023",
        ),
    ] {
        assert_eq!(admin.failure(statement).await.0, state, "{statement}");
    }
    assert_eq!(
        admin
            .value("SELECT (SELECT count(*) FROM insightflow.vocabulary) + (SELECT count(*) FROM insightflow.verified_query)")
            .await,
        "0"
    );
    database.drop().await;
}
