//! What analysts ask of the sample data: the rows of the answer are those of SQL that is written by hand.
//!
//! The statements are compared by their rows, in order: how the translator spells a query is not the point here.

use crate::support::{Database, Session};

/// Runs what the translator makes of a question.
pub async fn answer(session: &Session, question: &str) -> Result<Vec<Vec<Option<String>>>, String> {
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
    (
        "how many customers ordered
         number of customers who ordered",
        "SELECT count(DISTINCT customer_id) FROM shop.orders",
    ),
    (
        "orders per day last month including empty days
         orders by day last month with empty days",
        "SELECT g::date, count(o.id) FROM generate_series(date_trunc('month', now()) - interval '1 month', date_trunc('month', now()) - interval '1 day', interval '1 day') g
           LEFT JOIN shop.orders o ON o.ordered_at >= g AND o.ordered_at < g + interval '1 day' GROUP BY g ORDER BY g",
    ),
    (
        "monthly revenue last 12 months including empty months
         revenue by month in the last 12 months with zeros",
        "SELECT g::date, coalesce(sum(s.sales), 0) FROM generate_series(date_trunc('month', now()) - interval '12 months', date_trunc('month', now()) - interval '1 month', interval '1 month') g
           LEFT JOIN sales_transactions s ON s.date >= g AND s.date < g + interval '1 month' GROUP BY g ORDER BY g",
    ),
    (
        "top 3 customers in each region
         top 3 customers by sales in each region
         show the top 3 customers by amount for each region",
        "SELECT region, customer, total FROM (SELECT r.name AS region, c.name AS customer, sum(o.amount) AS total,
            row_number() OVER (PARTITION BY r.id ORDER BY sum(o.amount) DESC, c.id) AS rn
           FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id JOIN shop.regions r ON r.id = c.region_id
          GROUP BY r.id, r.name, c.id, c.name) t WHERE rn <= 3 ORDER BY region, rn",
    ),
    (
        "top 3 products in each category
         top 3 products by revenue per category",
        "SELECT category, product, total FROM (SELECT k.name AS category, p.name AS product, sum(i.quantity * i.unit_price) AS total,
            row_number() OVER (PARTITION BY k.id ORDER BY sum(i.quantity * i.unit_price) DESC, p.id) AS rn
           FROM shop.order_items i JOIN shop.products p ON p.id = i.product_id JOIN shop.categories k ON k.id = p.category_id
          GROUP BY k.id, k.name, p.id, p.name) t WHERE rn <= 3 ORDER BY category, rn",
    ),
    (
        "which product has the highest sales in each region",
        "SELECT DISTINCT ON (region) region, product, sum(sales) FROM sales_transactions GROUP BY region, product ORDER BY region, 3 DESC, product",
    ),
    (
        "bottom 2 products by sales for each region
         worst 2 products by sales per region",
        "SELECT region, product, total FROM (SELECT region, product, sum(sales) AS total,
            row_number() OVER (PARTITION BY region ORDER BY sum(sales), product) AS rn
           FROM sales_transactions GROUP BY region, product) t WHERE rn <= 2 ORDER BY region, rn",
    ),
    (
        "sales growth last month vs previous month
         growth of sales last month compared to the previous month
         sales growth last month versus the month before",
        "WITH p AS (SELECT
            sum(sales) FILTER (WHERE date >= date_trunc('month', now()) - interval '1 month' AND date < date_trunc('month', now())) AS cur,
            sum(sales) FILTER (WHERE date >= date_trunc('month', now()) - interval '2 months' AND date < date_trunc('month', now()) - interval '1 month') AS prev
           FROM sales_transactions)
         SELECT cur, prev, cur - prev, round(100.0 * (cur - prev) / nullif(prev, 0), 2) FROM p",
    ),
    (
        "this month vs last month sales
         sales this month compared to last month
         compare sales this month and last month",
        "SELECT sum(sales) FILTER (WHERE date >= date_trunc('month', now())), sum(sales) FILTER (WHERE date < date_trunc('month', now()))
           FROM sales_transactions WHERE date >= date_trunc('month', now()) - interval '1 month' AND date <= current_date",
    ),
    (
        "sales this month vs the same month last year",
        "SELECT sum(sales) FILTER (WHERE date >= date_trunc('month', now()) AND date <= current_date),
                sum(sales) FILTER (WHERE date >= date_trunc('month', now()) - interval '1 year' AND date <= (current_date - interval '1 year')::date)
           FROM sales_transactions",
    ),
    (
        "sales year to date vs last year
         year to date sales compared to last year
         ytd sales vs last year
         sales ytd versus same period last year",
        "SELECT sum(sales) FILTER (WHERE date >= date_trunc('year', now()) AND date <= current_date),
                sum(sales) FILTER (WHERE date >= date_trunc('year', now()) - interval '1 year' AND date <= (current_date - interval '1 year')::date)
           FROM sales_transactions",
    ),
    (
        "last year vs year to date amount of orders by status",
        "SELECT status,
                sum(amount) FILTER (WHERE ordered_at >= date_trunc('year', now()) - interval '1 year' AND ordered_at < now() - interval '1 year'),
                sum(amount) FILTER (WHERE ordered_at >= date_trunc('year', now()) AND ordered_at < now())
           FROM shop.orders WHERE ordered_at >= date_trunc('year', now()) AND ordered_at < now()
              OR ordered_at >= date_trunc('year', now()) - interval '1 year' AND ordered_at < now() - interval '1 year'
          GROUP BY status ORDER BY sum(amount) DESC NULLS LAST, status",
    ),
    (
        "share of sales by category
         sales by category as a percentage of total",
        "SELECT coalesce(k.name, '(none)'), sum(i.quantity * i.unit_price), round(100.0 * sum(i.quantity * i.unit_price) / sum(sum(i.quantity * i.unit_price)) OVER (), 2)
           FROM shop.order_items i JOIN shop.products p ON p.id = i.product_id LEFT JOIN shop.categories k ON k.id = p.category_id
          GROUP BY k.id, k.name ORDER BY 2 DESC, 1",
    ),
    (
        "percentage of paid orders
         percentage of orders that are paid
         what percentage of orders are paid",
        "SELECT round(100.0 * count(*) FILTER (WHERE status = 'paid') / nullif(count(*), 0), 2) FROM shop.orders",
    ),
    (
        "what percent of orders are not paid",
        "SELECT round(100.0 * count(*) FILTER (WHERE status <> 'paid') / nullif(count(*), 0), 2) FROM shop.orders",
    ),
    (
        "customers with more than 5 orders
         which customers have more than 5 orders
         customers who have at least 6 orders",
        "SELECT c.name FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id
          GROUP BY c.id, c.name HAVING count(*) > 5 ORDER BY count(*) DESC, c.name",
    ),
    (
        "customers without an email
         customers missing an email",
        "SELECT name FROM shop.customers WHERE email IS NULL",
    ),
    (
        "customers who have both paid and refunded orders
         customers with both paid and refunded orders",
        "SELECT c.name FROM shop.customers c WHERE EXISTS (SELECT FROM shop.orders o WHERE o.customer_id = c.id AND o.status = 'paid')
            AND EXISTS (SELECT FROM shop.orders o WHERE o.customer_id = c.id AND o.status = 'refunded')",
    ),
    (
        "customers with either paid or refunded orders",
        "SELECT c.name FROM shop.customers c WHERE EXISTS (SELECT FROM shop.orders o WHERE o.customer_id = c.id AND o.status IN ('paid', 'refunded'))",
    ),
    (
        "compare sales North vs South
         sales in North vs South
         compare sales in North and South",
        "SELECT sum(sales) FILTER (WHERE region = 'North'), sum(sales) FILTER (WHERE region = 'South') FROM sales_transactions",
    ),
    (
        "paid vs refunded orders
         orders paid vs refunded",
        "SELECT count(*) FILTER (WHERE status = 'paid'), count(*) FILTER (WHERE status = 'refunded') FROM shop.orders",
    ),
    (
        "orders per region and status as columns
         orders by region and status as a pivot",
        "SELECT coalesce(r.name, '(none)'), count(*) FILTER (WHERE status = 'cancelled'), count(*) FILTER (WHERE status = 'paid'),
                count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'refunded'), count(*) FILTER (WHERE status = 'shipped')
           FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer_id LEFT JOIN shop.regions r ON r.id = c.region_id
          GROUP BY r.id, r.name ORDER BY count(*) DESC, r.id",
    ),
    (
        "sales North versus South by product",
        "SELECT product, sum(sales) FILTER (WHERE region = 'North'), sum(sales) FILTER (WHERE region = 'South')
           FROM sales_transactions WHERE region IN ('North', 'South') GROUP BY product ORDER BY sum(sales) DESC, product",
    ),
    (
        "average amount by day of week
         average order amount per weekday
         average order amount for each day of the week",
        "SELECT extract(isodow FROM ordered_at)::int, to_char(min(ordered_at), 'FMDay'), avg(amount) FROM shop.orders GROUP BY 1 ORDER BY 1",
    ),
    (
        "number of orders by hour of day
         orders per hour of the day",
        "SELECT extract(hour FROM ordered_at)::int, count(*) FROM shop.orders GROUP BY 1 ORDER BY 1",
    ),
    (
        "orders above average
         orders above the average
         orders with above average amount",
        "SELECT * FROM shop.orders WHERE amount > (SELECT avg(amount) FROM shop.orders)",
    ),
    (
        "distribution of order amount
         histogram of order amounts
         order amount distribution",
        "WITH b AS (SELECT min(amount) AS low, max(amount) AS high FROM shop.orders)
         SELECT n, round(low + (n - 1) * (high - low) / 10, 2), round(low + n * (high - low) / 10, 2), count(*)
           FROM b, LATERAL (SELECT least(floor((amount - low) * 10 / (high - low))::int, 9) + 1 AS n FROM shop.orders) v
          GROUP BY n, low, high ORDER BY n",
    ),
    (
        "distribution of orders by status
         distribution of status",
        "SELECT status, count(*) FROM shop.orders GROUP BY status ORDER BY 2 DESC, 1",
    ),
    (
        "orders and units by category
         number of orders and units by category",
        "SELECT coalesce(k.name, '(none)'), count(DISTINCT i.order_id), sum(i.quantity)
           FROM shop.order_items i JOIN shop.products p ON p.id = i.product_id LEFT JOIN shop.categories k ON k.id = p.category_id
          GROUP BY k.id, k.name ORDER BY 2 DESC, k.id",
    ),
    (
        "new customers per month
         number of new customers each month
         first time customers by month",
        "SELECT date_trunc('month', first_at)::date, count(*) FROM (SELECT customer_id, min(ordered_at) AS first_at FROM shop.orders GROUP BY 1) f GROUP BY 1 ORDER BY 1",
    ),
    (
        "new customers this year vs last year",
        "SELECT count(*) FILTER (WHERE first_at >= date_trunc('year', now()) AND first_at < now()),
                count(*) FILTER (WHERE first_at >= date_trunc('year', now()) - interval '1 year' AND first_at < date_trunc('year', now()))
           FROM (SELECT min(ordered_at) AS first_at FROM shop.orders GROUP BY customer_id) f",
    ),
    (
        "how many new customers this year",
        "SELECT count(*) FROM (SELECT min(ordered_at) AS first_at FROM shop.orders GROUP BY customer_id) f
          WHERE first_at >= date_trunc('year', now()) AND first_at < now()",
    ),
    (
        "average number of orders per customer
         average orders per customer
         how many orders does each customer have on average",
        "SELECT round(avg(n), 2) FROM (SELECT customer_id, count(*) AS n FROM shop.orders GROUP BY 1) s",
    ),
    (
        "average number of orders per customer by region",
        "SELECT coalesce(r.name, '(none)'), round(avg(n), 2) FROM (SELECT customer_id, count(*) AS n FROM shop.orders GROUP BY 1) s
           JOIN shop.customers c ON c.id = s.customer_id LEFT JOIN shop.regions r ON r.id = c.region_id GROUP BY r.id, r.name ORDER BY 2 DESC, 1",
    ),
    (
        "average monthly revenue",
        "SELECT round(avg(n), 2) FROM (SELECT sum(sales) AS n FROM sales_transactions GROUP BY date_trunc('month', date)) s",
    ),
    (
        "orders by region and status
         number of orders per region and status",
        "SELECT coalesce(r.name, '(none)'), o.status, count(*) FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id
           LEFT JOIN shop.regions r ON r.id = c.region_id GROUP BY r.id, r.name, o.status ORDER BY 3 DESC, 2",
    ),
    (
        "find duplicate customers by name
         duplicate customers
         duplicate customer names",
        "SELECT lower(name), count(*), array_agg(id ORDER BY id)::text FROM shop.customers GROUP BY lower(name) HAVING count(*) > 1 ORDER BY 2 DESC, 1",
    ),
];

/// A database with the sample data, and a session that has its search_path.
pub async fn sample() -> (Database, Session) {
    let database = Database::new().await;
    let demo = format!("{}/sql/demo.sql", env!("CARGO_MANIFEST_DIR"));
    let loaded = database.program("psql", &["-q", "-v", "ON_ERROR_STOP=1", "-f", &demo]);
    assert!(loaded.status.success(), "{loaded:?}");
    let session = database.superuser().await;
    (database, session)
}

/// Questions that do not give the rows of the SQL that stands beside them.
pub async fn differing(session: &Session, patterns: &[(&str, &str)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (questions, sql) in patterns {
        let expected = session.rows(sql).await;
        for question in questions.lines().map(str::trim) {
            match answer(session, question).await {
                Ok(rows) if rows == expected => {}
                other => wrong.push(format!(
                    "{question}\n  wanted {:.300}\n  got    {:.600}",
                    format!("{expected:?}"),
                    format!("{other:?}")
                )),
            }
        }
    }
    wrong
}

#[tokio::test]
async fn answers_have_the_rows_of_sql_written_by_hand() {
    let (database, session) = sample().await;
    let wrong = differing(&session, PATTERNS).await;
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    drop(session);
    database.drop().await;
}

/// Questions with what their reading must say. `{…}` holds SQL that gives a part of it.
const READINGS: &[(&str, &[&str])] = &[
    (
        "total sales by region last quarter",
        &[
            "total sales by region",
            "{date_trunc('quarter', now())::date - interval '3 months'}",
            "largest first",
        ],
    ),
    (
        "monthly revenue last 12 months including empty months",
        &[
            "total revenue by month",
            "also without rows",
            "{date_trunc('month', now()) - interval '12 months'}",
        ],
    ),
    (
        "top 3 customers in each region",
        &[
            "total revenue by region and customer",
            "the largest 3 in each group",
        ],
    ),
    (
        "sales growth last month vs previous month",
        &["last month, previous month", "change pct"],
    ),
    (
        "sales ytd vs last year",
        &[
            "total sales: ytd, last year",
            "{date_trunc('year', now()) - interval '1 year'}",
            "{current_date - interval '1 year'}",
        ],
    ),
    (
        "what percent of orders are not paid",
        &["the percentage of orders with", "status is not paid"],
    ),
    (
        "compare sales North vs South",
        &["total sales: North, South"],
    ),
    (
        "average order amount per weekday",
        &["average order amount by weekday"],
    ),
    ("distribution of order amount", &["distribution of amount"]),
    (
        "new customers per month",
        &[
            "customers by month",
            "new by the first ordered_at in orders",
        ],
    ),
    (
        "average number of orders per customer",
        &["average orders per customer"],
    ),
    (
        "find duplicate customers by name",
        &["customers with the same name"],
    ),
];

#[tokio::test]
async fn readings_say_what_was_understood() {
    let (database, session) = sample().await;
    let mut wrong = Vec::new();
    for (question, parts) in READINGS {
        let sql =
            format!("SELECT string_agg(reading, E'\\n') FROM insightflow.explain('{question}')");
        let reading = session.value(&sql).await;
        for part in *parts {
            let part = match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
                Some(day) => session.value(&format!("SELECT ({day})::date::text")).await,
                None => (*part).to_owned(),
            };
            if !reading.contains(&part) {
                wrong.push(format!("{question}: no {part} in\n{reading}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    drop(session);
    database.drop().await;
}
