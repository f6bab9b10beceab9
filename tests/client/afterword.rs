//! What is said of an answer besides its rows: which times the data covers when none is in the time that was asked for, and that a
//! cut parts equal rows.

use crate::patterns::sample;
use crate::support::{Database, Session};

/// The messages of a question.
async fn told(session: &Session, question: &str) -> String {
    session.messages();
    session
        .rows(&format!("SELECT * FROM ask('{question}')"))
        .await;
    session.messages().join("\n")
}

#[tokio::test]
async fn an_answer_without_rows_tells_which_times_the_data_covers() {
    let (database, session) = sample().await;
    let range = |table: &str, column: &str| {
        format!("SELECT min({column})::date || ' to ' || max({column})::date FROM {table}")
    };
    let sales = session.value(&range("sales_transactions", "date")).await;
    let orders = session.value(&range("shop.orders", "ordered_at")).await;
    for (question, covered) in [
        (
            "total sales in 1990",
            format!("sales_transactions.date goes from {sales}"),
        ),
        (
            "sales by month in 2035",
            format!("sales_transactions.date goes from {sales}"),
        ),
        (
            "orders in 1990",
            format!("orders.ordered_at goes from {orders}"),
        ),
        (
            "how many orders before 1990",
            format!("orders.ordered_at goes from {orders}"),
        ),
        (
            "how many paid orders from the North in 1990",
            format!("orders.ordered_at goes from {orders}"),
        ),
    ] {
        let told = told(&session, question).await;
        let wanted = format!("no row lies in the time that is asked for: {covered}");
        assert!(told.contains(&wanted), "{question}: no {wanted} in {told}");
    }
    // Where the time has rows, another condition has taken them; and an answer that has rows needs no word.
    for question in [
        "orders over 9999999 this year",
        "how many orders over 9999999 this year",
        "total sales this year",
        "orders over 9999999",
    ] {
        let told = told(&session, question).await;
        assert!(!told.contains("no row lies"), "{question}: {told}");
    }
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn a_cut_among_equal_rows_is_told() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run(
            "CREATE TABLE players (id int PRIMARY KEY, name text NOT NULL, points int NOT NULL);
             INSERT INTO players VALUES (1, 'Ann', 90), (2, 'Bo', 80), (3, 'Cy', 80), (4, 'Di', 70);
             ANALYZE players;",
        )
        .await;
    let cut = |n: i32| format!("more rows are equal to the last of the first {n}");
    for (question, splits) in [
        ("top 2 players by points", Some(2)),
        ("top 1 players by points", None),
        ("top 3 players by points", None),
        ("top 10 players by points", None),
        ("bottom 2 players by points", Some(2)),
        ("players by points", None),
    ] {
        let told = told(&session, question).await;
        match splits {
            Some(n) => assert!(told.contains(&cut(n)), "{question}: {told}"),
            None => assert!(!told.contains("more rows are equal"), "{question}: {told}"),
        }
    }
    drop(session);
    database.drop().await;
}

/// A role is told of the rows that it may see, and of no others.
#[tokio::test]
async fn the_times_are_those_of_the_rows_that_the_role_may_see() {
    let database = Database::new().await;
    let owner = database.superuser().await;
    let role = database.role().await;
    owner
        .run(&format!(
            "CREATE TABLE visits (id int PRIMARY KEY, owner text NOT NULL, visited_on date NOT NULL);
             INSERT INTO visits SELECT i, CASE WHEN i <= 10 THEN '{role}' ELSE 'other' END, date '2024-01-01' + i FROM generate_series(1, 100) i;
             ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
             CREATE POLICY own ON visits FOR SELECT USING (owner = current_user);
             GRANT SELECT ON visits TO {role};
             ANALYZE visits;"
        ))
        .await;
    owner
        .rows(&format!("SELECT insightflow.enroll('{role}')"))
        .await;
    let session = database.session(&role).await;
    let told = told(&session, "how many visits in 2023").await;
    let own = "visits.visited_on goes from 2024-01-02 to 2024-01-11";
    assert!(told.contains(own), "{told}");
    drop((session, owner));
    database.drop().await;
}
