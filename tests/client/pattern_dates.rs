//! Dates in questions, in every form and type of column, and questions that no rows can answer.

use crate::patterns::{answer, differing, sample};
use crate::support::Database;

/// Questions, each form of one on a line of its own, with the SQL whose rows they must give.
const DATES: &[(&str, &str)] = &[
    (
        "sales from March to May 2025
         sales between March and May 2025
         sales in March to May 2025
         sales from 2025-03-01 to 2025-05-31
         sales between 1 March 2025 and 31 May 2025
         sales from March 1, 2025 until May 31, 2025",
        "SELECT sum(sales) FROM sales_transactions WHERE date >= '2025-03-01' AND date < '2025-06-01'",
    ),
    (
        "how many orders between 2024 and 2025
         how many orders from 2024 to 2025
         number of orders 2024-2025
         how many orders after 2023 and before 2026",
        "SELECT count(*) FROM shop.orders WHERE ordered_at >= '2024-01-01' AND ordered_at < '2026-01-01'",
    ),
    (
        "how many orders in Q3 2025
         how many orders in the third quarter of 2025
         number of orders from July to September 2025",
        "SELECT count(*) FROM shop.orders WHERE ordered_at >= '2025-07-01' AND ordered_at < '2025-10-01'",
    ),
    (
        "sales in the first half of 2025
         sales in H1 2025",
        "SELECT sum(sales) FROM sales_transactions WHERE date >= '2025-01-01' AND date < '2025-07-01'",
    ),
    (
        "sales in the week of 4 June 2025
         sales in the week of 2025-06-04
         sales in the week of June 4, 2025",
        "SELECT sum(sales) FROM sales_transactions WHERE date >= '2025-06-02' AND date < '2025-06-09'",
    ),
    (
        "how many orders in the 90s
         how many orders in the 1990s",
        "SELECT count(*) FROM shop.orders WHERE ordered_at >= '1990-01-01' AND ordered_at < '2000-01-01'",
    ),
    (
        "how many orders 3 days ago
         how many orders three days ago",
        "SELECT count(*) FROM shop.orders WHERE ordered_at >= date_trunc('day', now()) - interval '3 days' AND ordered_at < date_trunc('day', now()) - interval '2 days'",
    ),
    (
        "sales since 2 months ago",
        "SELECT sum(sales) FROM sales_transactions WHERE date >= date_trunc('month', now()) - interval '2 months'",
    ),
    (
        "how many orders yesterday",
        "SELECT count(*) FROM shop.orders WHERE ordered_at >= date_trunc('day', now()) - interval '1 day' AND ordered_at < date_trunc('day', now())",
    ),
    (
        "how many orders past 7 days",
        "SELECT count(*) FROM shop.orders WHERE ordered_at >= now() - interval '7 days' AND ordered_at < now()",
    ),
    (
        "how many orders last 2 weeks",
        "SELECT count(*) FROM shop.orders WHERE ordered_at >= date_trunc('week', now()) - interval '14 days' AND ordered_at < date_trunc('week', now())",
    ),
    (
        "number of orders in March or May 2025
         number of orders in March and May 2025",
        "SELECT count(*) FROM shop.orders WHERE date_trunc('month', ordered_at) IN ('2025-03-01', '2025-05-01')",
    ),
    (
        "how many orders on 25.3.2025
         how many orders on 03/25/2025
         how many orders on 25 March 2025
         how many orders on March 25th, 2025",
        "SELECT count(*) FROM shop.orders WHERE ordered_at >= '2025-03-25' AND ordered_at < '2025-03-26'",
    ),
    (
        "orders per weekday in 2025",
        "SELECT extract(isodow FROM ordered_at)::int, to_char(min(ordered_at), 'FMDay'), count(*) FROM shop.orders
          WHERE ordered_at >= '2025-01-01' AND ordered_at < '2026-01-01' GROUP BY 1 ORDER BY 1",
    ),
];

#[tokio::test]
async fn spans_of_time_have_their_rows() {
    let (database, session) = sample().await;
    let wrong = differing(&session, DATES).await;
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    // The fiscal year is one of the session: the cache does not answer for another.
    for (start, from) in [(1, "2025-01-01"), (10, "2024-10-01"), (4, "2024-04-01")] {
        session
            .run(&format!("SET insightflow.fiscal_year_start = {start}"))
            .await;
        let year = format!(
            "SELECT sum(sales) FROM sales_transactions WHERE date >= '{from}' AND date < date '{from}' + interval '1 year'"
        );
        let quarter = format!(
            "SELECT sum(sales) FROM sales_transactions WHERE date >= date '{from}' + interval '6 months' AND date < date '{from}' + interval '9 months'"
        );
        // The last fiscal year that is over, counted by hand.
        let ends = "(SELECT max(d) FROM generate_series(date_trunc('month', now()) - interval '11 months', date_trunc('month', now()), interval '1 month') d WHERE extract(month FROM d) = START)".replace("START", &start.to_string());
        let last = format!(
            "SELECT sum(sales) FROM sales_transactions WHERE date >= {ends} - interval '1 year' AND date < {ends}"
        );
        let cases = [
            ("sales in FY25\nsales in fiscal year 2025", year.as_str()),
            (
                "sales in Q3 FY25\nsales in the third quarter of FY 2025",
                quarter.as_str(),
            ),
            ("sales last fiscal year", last.as_str()),
        ];
        let wrong = differing(&session, &cases).await;
        assert!(
            wrong.is_empty(),
            "from month {start}:\n{}",
            wrong.join("\n")
        );
    }
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn days_are_those_of_the_session_also_when_the_clocks_change() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run(
            "SET timezone = 'UTC';
             CREATE TABLE visits (id int PRIMARY KEY, started_at timestamptz NOT NULL);
             CREATE TABLE calls (id int PRIMARY KEY, started_at timestamp NOT NULL);
             CREATE TABLE trips (id int PRIMARY KEY, trip_date date NOT NULL);
             CREATE TABLE films (id int PRIMARY KEY, title text NOT NULL, release_year int NOT NULL);
             -- Every half hour around the nights in which the clocks of Berlin change in 2025.
             INSERT INTO visits SELECT row_number() OVER (), t FROM (
                 SELECT generate_series(timestamptz '2025-03-28 00:00Z', '2025-04-02 00:00Z', '30 minutes') AS t
                 UNION ALL SELECT generate_series(timestamptz '2025-10-24 00:00Z', '2025-11-02 00:00Z', '30 minutes')) s;
             INSERT INTO calls SELECT id, started_at AT TIME ZONE 'UTC' FROM visits;
             INSERT INTO trips SELECT id, (started_at AT TIME ZONE 'UTC')::date FROM visits;
             INSERT INTO films SELECT i, 'film ' || i, 1980 + i FROM generate_series(1, 45) i;
             ANALYZE;",
        )
        .await;
    for zone in [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Pacific/Auckland",
    ] {
        session.run(&format!("SET timezone = '{zone}'")).await;
        let visits = |from: &str, to: &str| {
            format!(
                "SELECT count(*) FROM visits WHERE started_at >= timestamptz '{from} 00:00 {zone}' AND started_at < timestamptz '{to} 00:00 {zone}'"
            )
        };
        let plain = |table: &str, column: &str, from: &str, to: &str| {
            format!("SELECT count(*) FROM {table} WHERE {column} >= '{from}' AND {column} < '{to}'")
        };
        let cases = [
            (
                "how many visits on 2025-03-30",
                visits("2025-03-30", "2025-03-31"),
            ),
            (
                "how many visits on 26 October 2025",
                visits("2025-10-26", "2025-10-27"),
            ),
            (
                "how many visits in October 2025",
                visits("2025-10-01", "2025-11-01"),
            ),
            (
                "how many calls on 2025-03-30",
                plain("calls", "started_at", "2025-03-30", "2025-03-31"),
            ),
            (
                "how many trips on 2025-03-30",
                plain("trips", "trip_date", "2025-03-30", "2025-03-31"),
            ),
            (
                "how many trips before April 2025",
                plain("trips", "trip_date", "2025-01-01", "2025-04-01"),
            ),
            (
                "visits per day in October 2025",
                format!(
                    "SELECT (started_at AT TIME ZONE '{zone}')::date, count(*) FROM visits WHERE started_at >= timestamptz '2025-10-01 00:00 {zone}' AND started_at < timestamptz '2025-11-01 00:00 {zone}' GROUP BY 1 ORDER BY 1"
                ),
            ),
            (
                "number of visits by hour of day",
                format!(
                    "SELECT extract(hour FROM started_at AT TIME ZONE '{zone}')::int, count(*) FROM visits GROUP BY 1 ORDER BY 1"
                ),
            ),
            (
                "visits by day in October 2025 including empty days",
                format!(
                    "SELECT d::date, (SELECT count(*) FROM visits WHERE (started_at AT TIME ZONE '{zone}')::date = d::date) FROM generate_series(timestamp '2025-10-01', '2025-10-31', '1 day') d ORDER BY 1"
                ),
            ),
            (
                "how many films in the 90s",
                "SELECT count(*) FROM films WHERE release_year BETWEEN 1990 AND 1999".to_owned(),
            ),
            (
                "how many films between 2000 and 2005",
                "SELECT count(*) FROM films WHERE release_year BETWEEN 2000 AND 2005".to_owned(),
            ),
            (
                "number of films per year",
                "SELECT release_year, count(*) FROM films GROUP BY 1 ORDER BY 1".to_owned(),
            ),
        ];
        let cases: Vec<(&str, &str)> = cases.iter().map(|(q, sql)| (*q, sql.as_str())).collect();
        let wrong = differing(&session, &cases).await;
        assert!(wrong.is_empty(), "{zone}:\n{}", wrong.join("\n"));
    }
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn what_no_row_can_answer_is_refused() {
    let (database, session) = sample().await;
    for (question, why) in [
        // N = 0, negative, huge, broken.
        ("top 0 products by sales", "\"0\""),
        ("top -1 products by sales", "\"-1\""),
        (
            "top 99999999999999999999 customers by sales",
            "\"99999999999999999999\"",
        ),
        ("the 2.5 largest orders", "2.5"),
        ("how many orders last 0 days", "\"0\""),
        ("how many orders last -3 months", "\"-3\""),
        (
            "how many orders last 99999999999999999999 days",
            "99999999999999999999",
        ),
        // Ranges that contain nothing.
        ("orders over 100 and under 50", "contradicts itself"),
        ("orders between 200 and 100", "ends before it begins"),
        (
            "customers with more than 5 orders and less than 3 orders",
            "contradicts itself",
        ),
        ("customers with less than 0 orders", "contradicts itself"),
        ("sales between 2025 and 2024", "ends before it begins"),
        ("sales from May 2025 to March 2025", "ends before it begins"),
        ("sales in 2024 in March 2025", "no day in common"),
        ("sales after 2025 and before 2024", "no day in common"),
        ("paid orders that are not paid", "contradicts itself"),
        (
            "orders with status paid and status refunded",
            "contradicts itself",
        ),
        // Negations of negations.
        ("customers who are not not in the North", "\"not\""),
        ("customers without no orders", "\"no\""),
        ("customers who did not never order", "\"never\""),
        ("orders that are not not paid", "\"not\""),
        // Words that repeat themselves, and dates that are none or two.
        ("duplicate duplicate customers", "\"duplicate\""),
        ("growth of growth of sales", "\"growth of\""),
        ("orders on 30 February 2025", "February 2025 has 28 days"),
        ("orders on 03/04/2025", "may be 2025-03-04 or 2025-04-03"),
        ("compare sales", "with what to compare"),
    ] {
        match answer(&session, question).await {
            Err(error) => {
                assert!(error.contains("E22023"), "{question}: {error}");
                assert!(
                    error.replace("\\\"", "\"").contains(why),
                    "{question}: {error}"
                );
            }
            Ok(rows) => panic!("{question} gave {rows:.200?}"),
        }
    }
    // Noise around a question, up to the longest that is taken: a refusal, and the session goes on.
    for noise in [
        "zorblax ", "not ", "the ", "sales ", "last ", "vs ", "2024 ", "'x' ", "? ",
    ] {
        let question = format!("{}how many orders", noise.repeat(3_900 / noise.len()));
        let started = std::time::Instant::now();
        let _ = answer(&session, &question).await;
        // A generous bound: what matters is that the time does not grow out of hand.
        assert!(
            started.elapsed().as_secs() < 60,
            "{noise} took {:?}",
            started.elapsed()
        );
    }
    let rows = answer(&session, "how many orders").await;
    assert!(rows.is_ok_and(|rows| rows.len() == 1));
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn what_does_not_add_up_is_refused() {
    let (database, session) = sample().await;
    for question in [
        "share of average amount by status",
        "share of profit margin by region",
        "running total of average sales by month",
        "growth of sales this month",
        "top 3 month over month growth of revenue",
        "what percentage of orders with a coupon are refunded",
        "percentage of orders that are refunded and are from the North",
        "1-day moving average of sales",
        "100000-day moving average of sales",
        "sales vs 2024",
        "compare sales of North vs 2024",
        "sales 2024 vs 2024",
        "top 3 sales 2024 vs 2025",
        "the best product in each region",
        "new customers",
        "new products per month",
        "new customers with refunded orders per month",
        "average number of orders",
        "distribution of unit prices by category",
        "duplicate customers by status",
        "top 5 duplicate customers",
        "sales by region including empty months",
        "share of sales by month including empty months",
        "sales the same month last year",
    ] {
        let sql = format!("SELECT insightflow.to_sql('{question}')");
        let (state, message) = session.failure(&sql).await;
        assert_eq!(state, "22023", "{question}: {message}");
    }
    drop(session);
    database.drop().await;
}
