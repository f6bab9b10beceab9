//! Why something changed: the segments of a dimension and what each contributed to the difference of two periods.

use crate::patterns::{answer, differing, sample};
use crate::support::Session;

/// The query of the pattern: `from` has the tables and filters, `measure` the aggregate, `now` and `before` the two periods.
fn insight(
    segment: &str,
    measure: &str,
    from: &str,
    keys: &str,
    now: &str,
    before: &str,
) -> String {
    format!(
        "WITH d AS (SELECT {segment} AS segment, coalesce({measure} FILTER (WHERE {now}), 0) AS cur, coalesce({measure} FILTER (WHERE {before}), 0) AS prev
            FROM {from} GROUP BY {keys} HAVING count(*) FILTER (WHERE ({now}) OR ({before})) > 0)
         SELECT segment, prev, cur, cur - prev AS difference, round(100.0 * (cur - prev) / nullif(prev, 0), 2) AS relative_pct,
           round(cur - prev * (sum(cur) OVER () - cur) / nullif(sum(prev) OVER () - prev, 0), 2) AS unexpected_difference,
           round(100.0 * (cur - prev) / nullif(sum(cur - prev) OVER (), 0), 2) AS contribution_pct
           FROM d ORDER BY abs(cur - prev) DESC, segment"
    )
}

/// Whole units around now: `column` is in the one that begins so many units from the current one.
fn unit(column: &str, unit: &str, from: i32) -> String {
    let months = if unit == "quarter" { 3 } else { 1 };
    let (of, name) = (
        from * months,
        if unit == "quarter" { "month" } else { unit },
    );
    let until = of + months;
    format!(
        "{column} >= date_trunc('{unit}', now()) + interval '{of} {name}' AND {column} < date_trunc('{unit}', now()) + interval '{until} {name}'"
    )
}

const SHOP: &str = "shop.orders o JOIN shop.customers c ON c.id = o.customer_id LEFT JOIN shop.regions r ON r.id = c.region_id";
const REGION: &str = "coalesce(r.name, '(none)')";

#[tokio::test]
async fn changes_are_split_by_what_contributed_to_them() {
    let (database, session) = sample().await;
    // Rows are compared here, not certainty: units, their date and their category stand in four tables.
    session.run("SET insightflow.min_confidence = 0.5").await;
    let sales = |by: &str, now: &str, before: &str| {
        insight(by, "sum(sales)", "sales_transactions", by, now, before)
    };
    let month = (unit("date", "month", -1), unit("date", "month", -2));
    let between =
        |column: &str, from: &str, to: &str| format!("{column} >= '{from}' AND {column} < '{to}'");
    let march = (
        between("date", "2026-03-01", "2026-04-01"),
        between("date", "2026-02-01", "2026-03-01"),
    );
    let orders =
        |now: &str, before: &str| insight(REGION, "count(*)", SHOP, "r.id, r.name", now, before);
    let cases = [
        (
            "why did sales change last month
             why did sales drop last month?
             why did sales fall last month by region
             why are sales down
             what drove the change in sales last month
             what explains the decline of sales last month
             explain the drop in sales last month
             reasons for the increase in sales last month by region
             why did total sales go up last month vs the month before",
            sales("region", &month.0, &month.1),
        ),
        (
            "why did sales grow last month by product
             what explains the growth of sales by product last month",
            sales("product", &month.0, &month.1),
        ),
        (
            "why did sales rise in March 2026
             why did sales change from February to March 2026
             why did sales change between February and March 2026
             why were sales higher in March 2026 than in February 2026
             what caused the increase in sales in March 2026 compared to February 2026",
            sales("region", &march.0, &march.1),
        ),
        (
            "why did sales change this quarter vs last quarter",
            sales(
                "region",
                "date >= date_trunc('quarter', now()) AND date <= current_date",
                &unit("date", "quarter", -1),
            ),
        ),
        (
            "why did sales change this month",
            sales(
                "region",
                "date >= date_trunc('month', now()) AND date <= current_date",
                "date >= date_trunc('month', now()) - interval '1 month' AND date <= (current_date - interval '1 month')::date",
            ),
        ),
        (
            "why did sales of laptops drop last month
             why did sales drop last month for laptops",
            insight(
                "region",
                "sum(sales)",
                "(SELECT * FROM sales_transactions WHERE product = 'Laptop') s",
                "region",
                &month.0,
                &month.1,
            ),
        ),
        (
            "why did orders drop last week
             why did the number of orders drop last week
             why did orders drop last week by region",
            orders(&unit("o.ordered_at", "week", -1), &unit("o.ordered_at", "week", -2)),
        ),
        (
            "why did paid orders increase in 2025",
            insight(
                REGION,
                "count(*) FILTER (WHERE o.status = 'paid')",
                SHOP,
                "r.id, r.name",
                "true",
                "true",
            )
            // A filter of a filter is not SQL: the status goes to the rows.
            .replace("count(*) FILTER (WHERE o.status = 'paid') FILTER (WHERE true), 0) AS cur", "count(*) FILTER (WHERE o.status = 'paid' AND extract(year FROM o.ordered_at) = 2025), 0) AS cur")
            .replace("count(*) FILTER (WHERE o.status = 'paid') FILTER (WHERE true), 0) AS prev", "count(*) FILTER (WHERE o.status = 'paid' AND extract(year FROM o.ordered_at) = 2024), 0) AS prev")
            .replace("(true) OR (true)", "o.status = 'paid' AND extract(year FROM o.ordered_at) IN (2024, 2025)"),
        ),
        (
            // Furniture sells only in the second year: a segment that one period alone has.
            "why did units change from 2025 to 2026 by category",
            insight(
                "coalesce(k.name, '(none)')",
                "sum(i.quantity)",
                "shop.order_items i JOIN shop.orders o ON o.id = i.order_id JOIN shop.products p ON p.id = i.product_id LEFT JOIN shop.categories k ON k.id = p.category_id",
                "k.id, k.name",
                &between("o.ordered_at", "2026-01-01", "2027-01-01"),
                &between("o.ordered_at", "2025-01-01", "2026-01-01"),
            ),
        ),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(q, sql)| (*q, sql.as_str())).collect();
    let wrong = differing(&session, &cases).await;
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    // The columns have the names of the pattern.
    let names = session
        .value("SELECT string_agg(key, ' ') FROM (SELECT json_object_keys(to_json(a)) AS key FROM (SELECT * FROM ask('why did sales change last month') LIMIT 1) a) k")
        .await;
    assert_eq!(
        names,
        "segment prev cur difference relative_pct unexpected_difference contribution_pct"
    );
    segments_of_one_period(&session).await;
    told(&session).await;
    drop(session);
    database.drop().await;
}

/// What sold in one of the months alone stands there with 0 for the other.
async fn segments_of_one_period(session: &Session) {
    session
        .run(
            "CREATE TABLE parcels (id int PRIMARY KEY, depot text NOT NULL, posted date NOT NULL, weight numeric NOT NULL);
             INSERT INTO parcels VALUES (1, 'Alpha', '2025-02-03', 10), (2, 'Beta', '2025-02-28', 4), (3, 'Beta', '2025-03-01', 6),
               (4, 'Gamma', '2025-03-31', 1), (5, 'Delta', '2025-04-01', 99);
             ANALYZE parcels;",
        )
        .await;
    let expected = session
        .rows("VALUES ('Alpha', 1, 0, -1, -100.00, -2.00, NULL), ('Gamma', 0, 1, 1, NULL, 1.00, NULL), ('Beta', 1, 1, 0, 0.00, 0.00, NULL)")
        .await;
    let rows = answer(
        session,
        "why did the number of parcels change in March 2025 by depot",
    )
    .await;
    assert_eq!(rows, Ok(expected));
}

/// The reading and the assumptions say which periods and which dimension, and how to choose another.
async fn told(session: &Session) {
    let told = session
        .value("SELECT string_agg(reading, E'\\n') FROM insightflow.explain('why did orders drop in March 2026')")
        .await;
    for part in [
        "the change of orders by region, 2026-03-01 to 2026-03-31 against 2026-02-01 to 2026-02-28, largest change first",
        "cur is 2026-03-01 to 2026-03-31, prev is 2026-02-01 to 2026-02-28",
        "the change is split by region, the coarsest dimension: say \"by ",
    ] {
        assert!(told.contains(part), "no {part} in\n{told}");
    }
    let month = session
        .value("SELECT string_agg(reading, E'\\n') FROM insightflow.explain('why are sales down')")
        .await;
    assert!(month.contains("no time is named"), "{month}");
    for (question, why) in [
        (
            "why did average order amount drop last month",
            "does not add up",
        ),
        (
            "why did sales drop last month by month",
            "By what a change is to be split",
        ),
        (
            "why did sales drop last month by region and product",
            "By what a change is to be split",
        ),
        (
            "why did orders drop last month by product",
            "more than once",
        ),
        ("why did sales change since March 2025", "Which two periods"),
        ("why did sales drop by 10 last month", "\"10\""),
        ("why did the top 3 products drop last month", "superlative"),
        ("sales drop last month", "\"drop\""),
        ("why", "\"why\""),
    ] {
        match answer(session, question).await {
            Err(error) if why == "superlative" => {
                assert!(error.contains("E22023"), "{question}: {error}")
            }
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
}
