//! Dates that are stored as texts and as whole numbers: asked for as dates, with values among them that are none.

use crate::patterns::{answer, differing};
use crate::support::Database;

#[tokio::test]
async fn texts_and_numbers_that_are_dates_are_asked_for_as_dates() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run(
            "CREATE TABLE shipments (id int PRIMARY KEY, weight numeric NOT NULL, shipped_date text);
             INSERT INTO shipments SELECT i, i, to_char(date '2023-11-01' + i, 'YYYY-MM-DD') FROM generate_series(1, 500) i;
             CREATE TABLE readings (id int PRIMARY KEY, level numeric NOT NULL, reading_date integer NOT NULL);
             INSERT INTO readings SELECT i, i % 7, to_char(date '2023-11-01' + i, 'YYYYMMDD')::int FROM generate_series(1, 500) i;
             CREATE TABLE closings (id int PRIMARY KEY, profit numeric NOT NULL, closing_month integer NOT NULL);
             INSERT INTO closings SELECT i, i, to_char(date '2022-01-01' + i * interval '1 month', 'YYYYMM')::int FROM generate_series(1, 40) i;
             CREATE TABLE invoices (id int PRIMARY KEY, total numeric NOT NULL, posted_date text NOT NULL);
             INSERT INTO invoices SELECT i, i, to_char(date '2023-11-01' + i, 'DD/MM/YYYY') FROM generate_series(1, 500) i;
             CREATE TABLE notes (id int PRIMARY KEY, note_date text NOT NULL);
             INSERT INTO notes VALUES (1, '03/04/2024'), (2, '05/06/2024');
             CREATE TABLE mixed (id int PRIMARY KEY, mixed_date text NOT NULL);
             INSERT INTO mixed VALUES (1, '2024-03-04'), (2, 'some day');
             ANALYZE;",
        )
        .await;
    let d = |column: &str| match column {
        "posted_date" => "to_date(posted_date, 'DD/MM/YYYY')".to_owned(),
        "closing_month" => "to_date(closing_month::text, 'YYYYMM')".to_owned(),
        other => format!("{other}::text::date"),
    };
    let cases = [
        (
            "how many shipments in March 2024
             how many shipments were shipped in March 2024",
            format!(
                "SELECT count(*) FROM shipments WHERE date_trunc('month', {}) = '2024-03-01'",
                d("shipped_date")
            ),
        ),
        (
            "total weight of shipments by year",
            format!(
                "SELECT extract(year FROM {})::int, sum(weight) FROM shipments GROUP BY 1 ORDER BY 1",
                d("shipped_date")
            ),
        ),
        (
            "total weight of shipments since 2025",
            format!(
                "SELECT sum(weight) FROM shipments WHERE {} >= '2025-01-01'",
                d("shipped_date")
            ),
        ),
        (
            "how many shipments on Mondays",
            format!(
                "SELECT count(*) FROM shipments WHERE extract(isodow FROM {}) = 1",
                d("shipped_date")
            ),
        ),
        (
            "latest 3 shipments",
            "SELECT * FROM shipments ORDER BY shipped_date DESC LIMIT 3".to_owned(),
        ),
        (
            "how many readings in March 2024",
            format!(
                "SELECT count(*) FROM readings WHERE date_trunc('month', {}) = '2024-03-01'",
                d("reading_date")
            ),
        ),
        (
            "average level of readings by month",
            format!(
                "SELECT date_trunc('month', {})::date, avg(level) FROM readings GROUP BY 1 ORDER BY 1",
                d("reading_date")
            ),
        ),
        (
            "total profit of closings in Q1 2024",
            "SELECT sum(profit) FROM closings WHERE closing_month IN (202401, 202402, 202403)"
                .to_owned(),
        ),
        (
            "total profit of closings by year",
            "SELECT closing_month / 100, sum(profit) FROM closings GROUP BY 1 ORDER BY 1"
                .to_owned(),
        ),
        (
            "total of invoices in March 2024",
            format!(
                "SELECT sum(total) FROM invoices WHERE date_trunc('month', {}) = '2024-03-01'",
                d("posted_date")
            ),
        ),
        (
            "latest 3 invoices",
            format!(
                "SELECT * FROM invoices ORDER BY {} DESC LIMIT 3",
                d("posted_date")
            ),
        ),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(q, sql)| (*q, sql.as_str())).collect();
    let wrong = differing(&session, &cases).await;
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    // A form that nothing proves, and months that are asked for days.
    for (question, why) in [
        ("how many notes in 2024", "has no date"),
        ("how many mixed in 2024", "has no date"),
        ("how many closings on 2024-03-05", "holds whole months"),
        ("closings in the week of 4 June 2024", "holds whole months"),
    ] {
        match answer(&session, question).await {
            Err(error) => assert!(
                error.contains("E22023") && error.contains(why),
                "{question}: {error}"
            ),
            Ok(rows) => panic!("{question} gave {rows:.200?}"),
        }
    }
    // What came later and is no date fulfils no condition, and ends nothing with an error.
    session
        .run("INSERT INTO shipments VALUES (901, 1000, 'unknown'), (902, 1000, ''), (903, 1000, '2024-13-45'), (904, 1000, NULL)")
        .await;
    let rows = answer(&session, "total weight of shipments in 2024").await;
    let wanted = session
        .rows("SELECT sum(weight) FROM shipments WHERE shipped_date BETWEEN '2024-01-01' AND '2024-12-31' AND id < 900")
        .await;
    assert_eq!(rows, Ok(wanted));
    let told = session
        .value("SELECT string_agg(reading, E'\\n') FROM insightflow.explain('total weight of shipments in 2024')")
        .await;
    assert!(
        told.contains("shipped_date holds dates as YYYY-MM-DD"),
        "{told}"
    );
    drop(session);
    database.drop().await;
}
