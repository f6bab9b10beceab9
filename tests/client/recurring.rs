//! Times that come again, as conditions: weekdays, months of each year, times of the day, in the session's time zone.

use crate::patterns::{answer, differing, sample};
use crate::support::Database;

const TIMES: &[(&str, &str)] = &[
    (
        "how many orders on Mondays
         number of orders placed on a Monday
         how many orders were placed on Mondays",
        "SELECT count(*) FROM shop.orders WHERE extract(isodow FROM ordered_at) = 1",
    ),
    (
        "how many orders on a Friday in 2025
         how many orders on Friday in 2025
         how many orders on Fridays in 2025",
        "SELECT count(*) FROM shop.orders WHERE to_char(ordered_at, 'FMDay') = 'Friday' AND extract(year FROM ordered_at) = 2025",
    ),
    (
        "number of orders on weekends
         number of orders on Saturdays and Sundays
         number of orders on a Saturday or a Sunday
         number of orders not on weekdays
         number of orders except on workdays",
        "SELECT count(*) FROM shop.orders WHERE extract(isodow FROM ordered_at) > 5",
    ),
    (
        "sales on weekdays by region
         sales Monday to Friday by region
         sales excluding weekends by region
         sales on working days by region",
        "SELECT region, sum(sales) FROM sales_transactions WHERE extract(isodow FROM date) < 6 GROUP BY 1 ORDER BY 2 DESC, 1",
    ),
    (
        "sales on weekends vs weekdays
         compare sales on weekends and weekdays",
        "SELECT sum(sales) FILTER (WHERE extract(isodow FROM date) > 5), sum(sales) FILTER (WHERE extract(isodow FROM date) < 6) FROM sales_transactions",
    ),
    (
        "what percentage of orders are on weekends
         what percentage of orders were placed on weekends",
        "SELECT round(100.0 * count(*) FILTER (WHERE extract(isodow FROM ordered_at) > 5) / count(*), 2) FROM shop.orders",
    ),
    (
        "which customers ordered on a Sunday",
        "SELECT name FROM shop.customers c WHERE EXISTS (SELECT FROM shop.orders o WHERE o.customer_id = c.id AND extract(isodow FROM ordered_at) = 7)",
    ),
    (
        "sales every March
         sales in March by year
         sales in March of every year",
        "SELECT extract(year FROM date)::int, sum(sales) FROM sales_transactions WHERE extract(month FROM date) = 3 GROUP BY 1 ORDER BY 1",
    ),
    (
        "sales in Q4 by year",
        "SELECT extract(year FROM date)::int, sum(sales) FROM sales_transactions WHERE extract(month FROM date) >= 10 GROUP BY 1 ORDER BY 1",
    ),
    (
        "sales in Decembers",
        "SELECT sum(sales) FROM sales_transactions WHERE extract(month FROM date) = 12",
    ),
    (
        "how many orders between 9 am and 5 pm
         how many orders between 9:00 and 17:00
         how many orders from 9am to 5pm
         number of orders placed between 09:00 and 17:00",
        "SELECT count(*) FROM shop.orders WHERE ordered_at::time >= '09:00' AND ordered_at::time < '17:00'",
    ),
    (
        "how many orders after 18:00
         how many orders after 6 pm",
        "SELECT count(*) FROM shop.orders WHERE ordered_at::time > '18:00'",
    ),
    (
        "how many orders between 10 pm and 2 am",
        "SELECT count(*) FROM shop.orders WHERE ordered_at::time >= '22:00' OR ordered_at::time < '02:00'",
    ),
    (
        "number of orders on Mondays before noon",
        "SELECT count(*) FROM shop.orders WHERE extract(isodow FROM ordered_at) = 1 AND ordered_at::time < '12:00'",
    ),
];

#[tokio::test]
async fn times_that_come_again_have_their_rows() {
    let (database, session) = sample().await;
    let wrong = differing(&session, TIMES).await;
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    for (question, why) in [
        // The last one, or each of them.
        ("how many orders on Monday", "\"Monday\""),
        ("how many orders every Monday", "\"Monday\""),
        ("how many orders last Monday", "\"Monday\""),
        ("how many orders in the morning", "\"morning\""),
        (
            "how many orders on Mondays on Tuesdays",
            "contradicts itself",
        ),
        ("how many orders after 25:00", "\"after\""),
        ("sales after 18:00", "holds whole days"),
    ] {
        match answer(&session, question).await {
            Err(error) => {
                let error = error.replace("\\\"", "\"");
                assert!(
                    error.contains("E22023") && error.contains(why),
                    "{question}: {error}"
                );
            }
            Ok(rows) => panic!("{question} gave {rows:.200?}"),
        }
    }
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn weekdays_and_hours_are_those_of_the_session() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session
        .run(
            "SET timezone = 'UTC';
             CREATE TABLE visits (id int PRIMARY KEY, started_at timestamptz NOT NULL);
             -- Every half hour around the nights in which the clocks of Berlin change in 2025.
             INSERT INTO visits SELECT row_number() OVER (), t FROM (
                 SELECT generate_series(timestamptz '2025-03-28 00:00Z', '2025-04-02 00:00Z', '30 minutes') AS t
                 UNION ALL SELECT generate_series(timestamptz '2025-10-24 00:00Z', '2025-11-02 00:00Z', '30 minutes')) s;
             -- A column that holds weekdays is asked for them itself.
             CREATE TABLE shifts (id int PRIMARY KEY, weekday text NOT NULL, opened date NOT NULL);
             INSERT INTO shifts SELECT i, (ARRAY['Monday', 'Tuesday', 'Sunday'])[i % 3 + 1], date '2025-01-01' + i FROM generate_series(1, 60) i;
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
        let local = format!("(started_at AT TIME ZONE '{zone}')");
        let cases = [
            (
                "how many visits on Sundays",
                format!("SELECT count(*) FROM visits WHERE extract(isodow FROM {local}) = 7"),
            ),
            (
                "how many visits between 2:00 and 3:00 on Sundays",
                format!(
                    "SELECT count(*) FROM visits WHERE extract(isodow FROM {local}) = 7 AND {local}::time >= '02:00' AND {local}::time < '03:00'"
                ),
            ),
            (
                "visits per day in October 2025 before 6 am",
                format!(
                    "SELECT {local}::date, count(*) FROM visits WHERE {local}::date >= '2025-10-01' AND {local}::date < '2025-11-01' AND {local}::time < '06:00' GROUP BY 1 ORDER BY 1"
                ),
            ),
            (
                "how many shifts on Monday",
                "SELECT count(*) FROM shifts WHERE weekday = 'Monday'".to_owned(),
            ),
        ];
        let cases: Vec<(&str, &str)> = cases.iter().map(|(q, sql)| (*q, sql.as_str())).collect();
        let wrong = differing(&session, &cases).await;
        assert!(wrong.is_empty(), "{zone}:\n{}", wrong.join("\n"));
    }
    drop(session);
    database.drop().await;
}
