-- The sample data is the same at every load, on every version and on every day; only its dates move.
SELECT count(*), sum(sales) AS sales, sum(cost) AS cost, sum(units) AS units FROM sales_transactions;
SELECT max(date) BETWEEN CURRENT_DATE - 2 AND CURRENT_DATE - 1 AS ended_yesterday, count(DISTINCT date) = max(date) - min(date) + 1 AS every_day,
       min(date) = max(date) + 1 - interval '24 months' AS spans_24_months
FROM sales_transactions;
SELECT region, product, customer_segment, count(*), sum(sales) AS sales FROM sales_transactions GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT product, round(100 * sum(sales - cost) / sum(sales), 2) AS margin FROM sales_transactions GROUP BY 1 ORDER BY 2 DESC;
SELECT sum(total_sales) = (SELECT sum(sales) FROM sales_transactions) AS summary_agrees FROM sales_summary;
SELECT r.name AS region, count(*) FROM customers c LEFT JOIN regions r ON r.id = c.region_id GROUP BY 1 ORDER BY 1;
SELECT count(*) AS orders, sum(amount) AS amount, count(coupon) AS with_coupon FROM orders;
SELECT status, count(*), sum(amount) FROM orders GROUP BY 1 ORDER BY 1;
SELECT count(*) AS orders_whose_items_differ FROM orders o
WHERE amount IS DISTINCT FROM (SELECT sum(quantity * unit_price) FROM order_items WHERE order_id = o.id);
SELECT k.name AS category, count(DISTINCT p.id) AS products, sum(i.quantity) AS units, sum(i.quantity * i.unit_price) AS sales
FROM order_items i JOIN products p ON p.id = i.product_id LEFT JOIN categories k ON k.id = p.category_id GROUP BY 1 ORDER BY 4 DESC;
SELECT count(*) AS customers_without_orders FROM customers c WHERE NOT EXISTS (SELECT FROM orders WHERE customer_id = c.id);
SELECT count(*) AS names_that_stand_twice FROM (SELECT FROM customers GROUP BY lower(name) HAVING count(*) > 1) AS d;
SELECT c.name, count(*) AS orders, sum(o.amount) AS amount FROM orders o JOIN customers c ON c.id = o.customer_id
GROUP BY c.id, c.name ORDER BY 3 DESC LIMIT 5;
-- Everything is described, and the statistics are there from the start.
SELECT c.oid::regclass AS undescribed FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (n.nspname = 'shop' OR c.relname LIKE 'sales\_%') AND c.relkind IN ('r', 'm') AND obj_description(c.oid, 'pg_class') IS NULL;
SELECT count(*) > 0 AS analyzed FROM pg_stats WHERE schemaname = 'shop' AND tablename = 'orders';
