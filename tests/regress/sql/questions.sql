-- The ten questions of make demo, held against SQL written by hand. Readings name dates, so they are off here; what depends
-- on the calendar is compared, not printed.
SET insightflow.show_reading = off;
SELECT * FROM ask('What is the total revenue?');
SELECT * FROM ask('Show sales by region');
SELECT * FROM ask('Which product has the highest profit margin?');

-- Analyze sales trends over time: a row per month, in order of time, that adds up to all sales.
SELECT sum(total_sales) AS all_sales, count(*) = count(DISTINCT month) AS months_differ FROM ask('Analyze sales trends over time');
SELECT bool_and(month > before) AS in_order
FROM (SELECT month, lag(month) OVER (ORDER BY n) AS before
      FROM (SELECT row_number() OVER () AS n, month FROM ask('Analyze sales trends over time')) AS numbered) AS pairs;

-- Compare revenue by product and region for last quarter.
SELECT count(*) AS differing
FROM (SELECT product, region, total_revenue FROM ask('Compare revenue by product and region for last quarter')) AS answer
FULL JOIN (SELECT product, region, sum(sales) AS by_hand FROM sales_transactions
           WHERE date >= date_trunc('quarter', CURRENT_DATE) - interval '3 months' AND date < date_trunc('quarter', CURRENT_DATE)
           GROUP BY 1, 2) AS hand USING (product, region)
WHERE total_revenue IS DISTINCT FROM by_hand;

-- What is the total revenue for 2025?
SELECT total_revenue IS NOT DISTINCT FROM (SELECT sum(sales) FROM sales_transactions WHERE date >= '2025-01-01' AND date < '2026-01-01') AS right
FROM ask('What is the total revenue for 2025?');

SELECT * FROM ask('How many customers are there in each region?');

-- top 5 customers by sales this year.
SELECT count(*) AS differing
FROM (SELECT customer, total_sales FROM ask('top 5 customers by sales this year')) AS answer
FULL JOIN (SELECT c.name AS customer, sum(amount) AS by_hand FROM orders o JOIN customers c ON c.id = o.customer_id
           WHERE ordered_at >= date_trunc('year', now()) AND ordered_at < now()
           GROUP BY c.id, c.name ORDER BY 2 DESC, c.id LIMIT 5) AS hand USING (customer)
WHERE total_sales IS DISTINCT FROM by_hand;

-- average order value by month.
SELECT count(*) AS differing
FROM (SELECT month, average_order_value FROM ask('average order value by month')) AS answer
FULL JOIN (SELECT date_trunc('month', ordered_at)::date AS month, avg(amount) AS by_hand FROM orders GROUP BY 1) AS hand USING (month)
WHERE average_order_value IS DISTINCT FROM by_hand;

-- orders over 1000 from customers in the North.
SELECT count(*), sum(amount), min(amount) FROM ask('orders over 1000 from customers in the North');
SELECT count(*), sum(amount), min(amount) FROM orders o JOIN customers c ON c.id = o.customer_id JOIN regions r ON r.id = c.region_id
WHERE amount > 1000 AND r.name = 'North';

-- The reading, where it holds no date; what is not understood; what is not a question.
RESET insightflow.show_reading;
SELECT * FROM ask('units by customer segment');
SELECT * FROM ask('happy customers by region');
SELECT * FROM ask('DROP TABLE customers');
SELECT * FROM ask('');
SELECT * FROM ask('¿cuántos clientes hay por región?');
SELECT * FROM ask('🙂');
