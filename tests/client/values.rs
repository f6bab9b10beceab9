//! Stored values in questions: those that are nearly spelt so, and those that several columns hold.

use crate::support::{Database, full_text};

const TABLES: &str = "
    CREATE TABLE bands (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE pieces (id int PRIMARY KEY, title text NOT NULL, composer text, band_id int REFERENCES bands);
    INSERT INTO bands VALUES (1, 'Thunderbolt'), (2, 'Riverside'), (3, 'Northwind');
    INSERT INTO pieces VALUES (1, 'Dawn', 'Thunderbolt', 1), (2, 'Dusk', 'Someone', 1), (3, 'Rain', NULL, 2);
    ANALYZE";

#[tokio::test]
async fn a_value_nearly_spelt_so_is_used_with_a_warning() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session.rows(TABLES).await;
    let question = "pieces of the band Riversde";
    let warned = session
        .value(&format!(
            "SELECT reading FROM insightflow.explain('{question}') WHERE part = 'warning'"
        ))
        .await;
    assert!(
        warned.contains("Riversde") && warned.contains("Riverside"),
        "{warned}"
    );
    let sql = session
        .value(&format!("SELECT insightflow.to_sql('{question}')"))
        .await;
    assert!(sql.contains("'Riverside'"), "{sql}");
    // A word in quotation marks is meant letter for letter: no rows in silence, but what is near.
    let quoted = "SELECT insightflow.to_sql('pieces of the band \"Riversde\"')";
    let refusal = session.try_rows(quoted).await.expect_err("no such band");
    let (state, text) = full_text(&refusal);
    assert_eq!(state, "22023");
    assert!(text.contains("\"Riverside\" (bands.name)"), "{text}");
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn what_holds_a_value_does_not_depend_on_what_was_asked_before() {
    let database = Database::new().await;
    let first = database.superuser().await;
    first.rows(TABLES).await;
    let question = "SELECT insightflow.to_sql('pieces by Thunderbolt')";
    let fresh = first.try_rows(question).await.map_err(|e| e.to_string());
    let second = database.superuser().await;
    second
        .rows("SELECT insightflow.to_sql('bands'), insightflow.to_sql('pieces of the band Riverside')")
        .await;
    let later = second.try_rows(question).await.map_err(|e| e.to_string());
    assert_eq!(fresh, later);
    drop((first, second));
    database.drop().await;
}
