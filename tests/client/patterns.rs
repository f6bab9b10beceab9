//! What analysts ask of the sample data: the rows of the answer are those of SQL that is written by hand.
//!
//! The statements are compared by their rows, in order: how the translator spells a query is not the point here.

use crate::support::{Database, Session};

/// Runs what the translator makes of a question.
async fn answer(session: &Session, question: &str) -> Result<Vec<Vec<Option<String>>>, String> {
    let translation = format!("SELECT insightflow.to_sql($question${question}$question$)");
    let sql = match session.try_rows(&translation).await {
        Ok(mut rows) => rows.remove(0).remove(0).unwrap_or_default(),
        Err(error) => return Err(format!("{:?}", error.as_db_error())),
    };
    session
        .try_rows(&sql)
        .await
        .map_err(|error| format!("{sql}\n{:?}", error.as_db_error()))
}

/// Questions, each form of one on a line of its own, with the SQL whose rows they must give.
const PATTERNS: &[(&str, &str)] = &[
    (
        "what is the total amount of orders
         total amount of orders",
        "SELECT sum(amount) FROM shop.orders",
    ),
    (
        "total sales by region last quarter
         show total sales per region last quarter
         sales for each region in the last quarter",
        "SELECT region, sum(sales) FROM sales_transactions
          WHERE date >= date_trunc('quarter', now())::date - interval '3 months' AND date < date_trunc('quarter', now())::date
          GROUP BY region ORDER BY 2 DESC NULLS LAST, 1",
    ),
    (
        "how many orders
         count the orders
         number of orders",
        "SELECT count(*) FROM shop.orders",
    ),
    (
        "median order amount
         what is the median amount of orders",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) FROM shop.orders",
    ),
    (
        "revenue by month this year
         monthly revenue this year",
        "SELECT date_trunc('month', date)::date, sum(sales) FROM sales_transactions
          WHERE date >= date_trunc('year', now())::date AND date <= current_date GROUP BY 1 ORDER BY 1",
    ),
    (
        "top 10 customers by amount
         show the top 10 customers by amount",
        "SELECT c.name, sum(o.amount) FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id
          GROUP BY c.id, c.name ORDER BY 2 DESC NULLS LAST, c.id LIMIT 10",
    ),
    (
        "sales growth last month
         growth of sales last month
         month over month growth of sales last month",
        "WITH p AS (SELECT
            sum(sales) FILTER (WHERE date >= date_trunc('month', now()) - interval '1 month' AND date < date_trunc('month', now())) AS cur,
            sum(sales) FILTER (WHERE date >= date_trunc('month', now()) - interval '2 months' AND date < date_trunc('month', now()) - interval '1 month') AS prev
           FROM sales_transactions)
         SELECT (date_trunc('month', now()) - interval '1 month')::date, cur, prev, round(100.0 * (cur - prev) / nullif(prev, 0), 2)
           FROM p WHERE cur IS NOT NULL",
    ),
    (
        "month over month growth of revenue
         revenue growth by month
         monthly revenue growth",
        "SELECT month, revenue, lag(revenue) OVER w, round(100.0 * (revenue - lag(revenue) OVER w) / nullif(lag(revenue) OVER w, 0), 2)
           FROM (SELECT date_trunc('month', date)::date AS month, sum(sales) AS revenue FROM sales_transactions
                  WHERE date < date_trunc('month', now()) GROUP BY 1) s
         WINDOW w AS (ORDER BY month) ORDER BY month",
    ),
    (
        "growth of revenue by year
         yearly revenue growth",
        "SELECT year, revenue, lag(revenue) OVER w, round(100.0 * (revenue - lag(revenue) OVER w) / nullif(lag(revenue) OVER w, 0), 2)
           FROM (SELECT extract(year FROM date)::int AS year, sum(sales) AS revenue FROM sales_transactions
                  WHERE date < date_trunc('year', now()) GROUP BY 1) s
         WINDOW w AS (ORDER BY year) ORDER BY year",
    ),
    (
        "share of sales by product
         what percentage of sales by product",
        "SELECT product, sum(sales), round(100.0 * sum(sales) / sum(sum(sales)) OVER (), 2)
           FROM sales_transactions GROUP BY product ORDER BY 2 DESC, 1",
    ),
    (
        "what percentage of orders are refunded
         percentage of orders that are refunded
         what percent of the orders were refunded",
        "SELECT round(100.0 * count(*) FILTER (WHERE status = 'refunded') / nullif(count(*), 0), 2) FROM shop.orders",
    ),
    (
        // Customers without a region belong to the whole.
        "what percentage of customers are from the North",
        "SELECT round(100.0 * (SELECT count(*) FROM shop.customers c JOIN shop.regions r ON r.id = c.region_id WHERE r.name = 'North')
                / count(*), 2) FROM shop.customers",
    ),
    (
        "customers without orders
         customers who never ordered
         which customers have no orders",
        "SELECT name FROM shop.customers c WHERE NOT EXISTS (SELECT FROM shop.orders o WHERE o.customer_id = c.id)",
    ),
    (
        "running total of sales this month
         cumulative sales this month",
        "SELECT date, sum(sales), sum(sum(sales)) OVER (ORDER BY date) FROM sales_transactions
          WHERE date >= date_trunc('month', now())::date AND date <= current_date GROUP BY 1 ORDER BY 1",
    ),
    (
        "7-day moving average of sales
         7 day moving average of sales",
        "SELECT date, sum(sales), round(avg(sum(sales)) OVER (ORDER BY date ROWS 6 PRECEDING), 2)
           FROM sales_transactions GROUP BY 1 ORDER BY 1",
    ),
    (
        "orders with amount above the average",
        "SELECT * FROM shop.orders WHERE amount > (SELECT avg(amount) FROM shop.orders)",
    ),
    (
        "latest 10 orders
         the 10 most recent orders",
        "SELECT * FROM shop.orders ORDER BY ordered_at DESC NULLS LAST LIMIT 10",
    ),
    (
        "which month had the highest revenue",
        "SELECT date_trunc('month', date)::date, sum(sales) FROM sales_transactions GROUP BY 1 ORDER BY 2 DESC LIMIT 1",
    ),
];

#[tokio::test]
async fn answers_have_the_rows_of_sql_written_by_hand() {
    let database = Database::new().await;
    let session = database.superuser().await;
    let demo = format!("{}/sql/demo.sql", env!("CARGO_MANIFEST_DIR"));
    let loaded = database.program("psql", &["-q", "-v", "ON_ERROR_STOP=1", "-f", &demo]);
    assert!(loaded.status.success(), "{loaded:?}");
    let mut wrong = Vec::new();
    for (questions, sql) in PATTERNS {
        let expected = session.rows(sql).await;
        for question in questions.lines().map(str::trim) {
            match answer(&session, question).await {
                Ok(rows) if rows == expected => {}
                other => wrong.push(format!(
                    "{question}\n  wanted {:.300}\n  got    {:.600}",
                    format!("{expected:?}"),
                    format!("{other:?}")
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn what_does_not_add_up_is_refused() {
    let database = Database::new().await;
    let session = database.superuser().await;
    let demo = format!("{}/sql/demo.sql", env!("CARGO_MANIFEST_DIR"));
    let loaded = database.program("psql", &["-q", "-v", "ON_ERROR_STOP=1", "-f", &demo]);
    assert!(loaded.status.success(), "{loaded:?}");
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
    ] {
        let sql = format!("SELECT insightflow.to_sql('{question}')");
        let (state, message) = session.failure(&sql).await;
        assert_eq!(state, "22023", "{question}: {message}");
    }
    drop(session);
    database.drop().await;
}
