-- One statement a line; each must run.
-- Plain questions
SELECT sum(sales) FROM sales_transactions
SELECT region, sum(sales) AS total_sales FROM sales_transactions GROUP BY region ORDER BY total_sales DESC
SELECT product, (sum(sales) - sum(cost)) / nullif(sum(sales), 0) AS margin FROM sales_transactions GROUP BY product ORDER BY 2 DESC LIMIT 1
SELECT date_trunc('month', date)::date AS month, sum(sales) FROM sales_transactions GROUP BY 1 ORDER BY 1
SELECT region, product, sum(sales) FROM sales_transactions WHERE date >= date_trunc('quarter', CURRENT_DATE) - interval '3 months' AND date < date_trunc('quarter', CURRENT_DATE) GROUP BY region, product
SELECT r.name, count(*) FROM shop.customers c JOIN shop.regions r ON r.id = c.region_id GROUP BY r.name ORDER BY 2 DESC
SELECT c.name, sum(o.amount) AS total FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id WHERE o.ordered_at >= date_trunc('year', now()) GROUP BY c.id, c.name ORDER BY total DESC LIMIT 5
SELECT o.id, o.amount FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id JOIN shop.regions r ON r.id = c.region_id WHERE o.amount > 1000 AND r.name = 'North'
SELECT date_trunc('month', ordered_at) AS month, avg(amount) FROM shop.orders GROUP BY month ORDER BY month
TABLE shop.regions
VALUES (1, 'one'), (2, 'two')
SELECT 1 AS one, 'x' AS text, NULL AS nothing, true AS yes;
SELECT * FROM sales_summary ORDER BY 1, 2, 3 LIMIT 3
SELECT DISTINCT status FROM shop.orders ORDER BY status
SELECT count(*), count(coupon), count(DISTINCT customer_id) FROM shop.orders
SELECT ALL region FROM sales_transactions OFFSET 2 ROWS FETCH NEXT 2 ROWS ONLY
SELECT id, amount FROM shop.orders ORDER BY amount DESC FETCH FIRST 3 ROWS WITH TIES
SELECT FROM shop.regions
-- Conditions
SELECT CASE status WHEN 'paid' THEN 1 ELSE 0 END FROM shop.orders LIMIT 2
SELECT coalesce(coupon, '-'), nullif(status, 'paid'), greatest(amount, 10), least(amount, 10) FROM shop.orders LIMIT 2
SELECT id FROM shop.orders WHERE amount BETWEEN SYMMETRIC 200 AND 100 LIMIT 1
SELECT id FROM shop.orders WHERE coupon IS NOT DISTINCT FROM NULL LIMIT 1
SELECT id FROM shop.orders WHERE (amount, status) > (100, 'paid') LIMIT 1
SELECT name FROM shop.customers WHERE name ILIKE '%a%' AND email !~* 'x' LIMIT 2
SELECT name FROM shop.customers WHERE name SIMILAR TO '(A|B)%' LIMIT 2
SELECT name FROM shop.customers WHERE name LIKE ANY (ARRAY['A%', 'B%']) LIMIT 2
SELECT id FROM shop.orders WHERE status IN ('paid', 'shipped') AND NOT (amount < 5 OR amount > 500) LIMIT 2
SELECT id FROM shop.orders WHERE status = ANY ('{paid,shipped}'::text[]) LIMIT 2
-- Grouping and aggregates
SELECT region, product, sum(units), grouping(region, product) FROM sales_transactions GROUP BY ROLLUP (region, product)
SELECT region, customer_segment, sum(units) FROM sales_transactions GROUP BY CUBE (region, customer_segment)
SELECT region, sum(sales) FROM sales_transactions GROUP BY GROUPING SETS ((region), ())
SELECT count(*) FROM sales_transactions GROUP BY ()
SELECT region, count(*) FILTER (WHERE units > 3) FROM sales_transactions GROUP BY region HAVING sum(units) > 10
SELECT percentile_cont(ARRAY[0.25, 0.5]) WITHIN GROUP (ORDER BY sales), mode() WITHIN GROUP (ORDER BY product) FROM sales_transactions
SELECT string_agg(name, ', ' ORDER BY name) FROM shop.regions
SELECT array_agg(DISTINCT region ORDER BY region) FROM sales_transactions
SELECT jsonb_object_agg(name, id) FROM shop.regions
SELECT json_agg(r ORDER BY r.id) FROM shop.regions r
SELECT corr(sales, cost), regr_slope(sales, cost), stddev_samp(units), var_pop(units) FROM sales_transactions
SELECT bool_and(units > 0), bit_or(units), every(sales > 0) FROM sales_transactions
SELECT range_agg(daterange(date, date + 1)) FROM sales_transactions WHERE region = 'North' AND units = 1
SELECT min(name), max(name) FROM shop.customers
-- Windows
SELECT region, sum(sales), rank() OVER (ORDER BY sum(sales) DESC) FROM sales_transactions GROUP BY region
SELECT date, sum(sum(sales)) OVER (ORDER BY date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM sales_transactions GROUP BY date ORDER BY date LIMIT 5
SELECT date, sum(sales) OVER (ORDER BY date RANGE BETWEEN interval '7 days' PRECEDING AND CURRENT ROW) FROM sales_transactions LIMIT 5
SELECT id, amount - lag(amount) OVER w, lead(amount, 1, 0) OVER w FROM shop.orders WINDOW w AS (PARTITION BY customer_id ORDER BY ordered_at) LIMIT 5
SELECT id, sum(amount) OVER (ORDER BY status GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM shop.orders LIMIT 5
SELECT ntile(4) OVER (ORDER BY amount), cume_dist() OVER (ORDER BY amount), first_value(id) OVER (ORDER BY amount) FROM shop.orders LIMIT 5
SELECT region, sum(sales) / sum(sum(sales)) OVER () FROM sales_transactions GROUP BY region
-- Subqueries, joins, sets, CTEs
SELECT name FROM shop.customers c WHERE EXISTS (SELECT 1 FROM shop.orders o WHERE o.customer_id = c.id AND o.amount > 500) LIMIT 3
SELECT name FROM shop.customers WHERE id NOT IN (SELECT customer_id FROM shop.orders)
SELECT id FROM shop.orders WHERE amount > ALL (SELECT avg(amount) FROM shop.orders GROUP BY status) LIMIT 3
SELECT c.name, latest.id FROM shop.customers c CROSS JOIN LATERAL (SELECT id FROM shop.orders o WHERE o.customer_id = c.id ORDER BY ordered_at DESC LIMIT 1) latest LIMIT 3
SELECT p.name FROM shop.products p LEFT JOIN shop.order_items i ON i.product_id = p.id WHERE i.order_id IS NULL
SELECT * FROM shop.products NATURAL JOIN shop.categories LIMIT 1
SELECT c.name, g.name FROM shop.categories c FULL JOIN shop.regions g USING (id)
SELECT id FROM shop.customers EXCEPT ALL SELECT customer_id FROM shop.orders
(SELECT region FROM sales_transactions WHERE units > 5 LIMIT 1) UNION ALL (SELECT name FROM shop.regions LIMIT 1)
SELECT ARRAY(SELECT name FROM shop.regions ORDER BY id)
SELECT (SELECT row_to_json(s) FROM (SELECT count(*) AS n FROM shop.orders) s)
WITH m AS MATERIALIZED (SELECT date_trunc('month', date) AS month, sum(sales) AS s FROM sales_transactions GROUP BY 1) SELECT month, s / lag(s) OVER (ORDER BY month) - 1 FROM m ORDER BY month
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT sum(i) FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i % 5 + 1 FROM n) CYCLE i SET looped USING path SELECT count(*) FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SEARCH DEPTH FIRST BY i SET place SELECT i FROM n ORDER BY place
WITH a AS (WITH b AS (SELECT 1 AS v) SELECT v FROM b) SELECT v FROM a
SELECT DISTINCT ON (region) region, date, sales FROM sales_transactions ORDER BY region, sales DESC
SELECT v.n, r.name FROM (VALUES (1, 'a'), (2, 'b')) v(n, t) JOIN shop.regions r ON r.id = v.n
-- Dates
SELECT CURRENT_DATE, CURRENT_TIMESTAMP, LOCALTIME, now(), clock_timestamp(), statement_timestamp(), timeofday()
SELECT extract(isodow FROM ordered_at), date_part('hour', ordered_at), to_char(ordered_at, 'YYYY-"Q"Q') FROM shop.orders LIMIT 1
SELECT age(now(), max(ordered_at)), justify_days(now() - min(ordered_at)) FROM shop.orders
SELECT d::date, coalesce(sum(t.sales), 0) FROM generate_series(CURRENT_DATE - 6, CURRENT_DATE, interval '1 day') d LEFT JOIN sales_transactions t ON t.date = d GROUP BY d ORDER BY d
SELECT ordered_at AT TIME ZONE 'Europe/Berlin', date_trunc('day', ordered_at, 'Asia/Tokyo') FROM shop.orders LIMIT 1
SELECT (date '2026-01-01', date '2026-02-01') OVERLAPS (date '2026-01-15', date '2026-03-01'), make_date(2026, 2, 28) + 1, to_date('01.02.2026', 'DD.MM.YYYY')
SELECT 'tomorrow'::date, 'infinity'::timestamp, interval '1 year 2 mons' / 2, extract(epoch FROM interval '1 hour')
SELECT date_bin('15 minutes', ordered_at, timestamptz '2020-01-01') FROM shop.orders LIMIT 1
-- Text, numbers, arrays, json, ranges
SELECT upper(name), initcap(name), length(name), left(name, 3), split_part(name, ' ', 1), md5(name) FROM shop.customers LIMIT 1
SELECT regexp_replace(email, '@.*', ''), regexp_match(email, '@(.*)'), strpos(email, '@'), lpad('7', 3, '0') FROM shop.customers LIMIT 1
SELECT format('%s: %s', name, id), concat_ws('-', name, id), quote_literal(name), trim(both ' ' FROM name) FROM shop.regions LIMIT 1
SELECT 'a' || 1, name || ' ' || id FROM shop.regions LIMIT 1
SELECT round(amount, 1), ceil(amount), trunc(amount), mod(id, 7), power(2, 10), amount::int, width_bucket(amount, 0, 1000, 10) FROM shop.orders LIMIT 1
SELECT random() < 2, gen_random_uuid() IS NOT NULL, to_char(1234.5, 'FM9,999.00'), 7 / 2.0, 1e3
SELECT unnest(ARRAY[1, 2]), generate_series(1, 2), (ARRAY['a', 'b'])[2], ARRAY[1] || 2, cardinality(ARRAY[1, 2])
SELECT word, place FROM unnest(string_to_array('a,b', ',')) WITH ORDINALITY AS u(word, place)
SELECT ('{"a": {"b": [1, 2]}}'::jsonb #>> '{a,b,1}')::int, '{"a": 1}'::jsonb @> '{"a": 1}', jsonb_path_query_first('{"a": 1}', '$.a')
SELECT key, value FROM jsonb_each_text('{"a": 1, "b": 2}')
SELECT e.id FROM jsonb_to_recordset('[{"id": 1}]') AS e(id int)
SELECT int4range(1, 5) * int4range(3, 9), upper(daterange('2026-01-01', '2026-02-01')), '{[1,3)}'::int4multirange
SELECT to_tsvector('english', name) @@ plainto_tsquery('english', 'laptop'), ts_headline(name, to_tsquery('laptop')) FROM shop.products LIMIT 1
SELECT xmlelement(name r, name), xmlforest(id, name) FROM shop.regions LIMIT 1
SELECT * FROM xmltable('/r/i' PASSING xml '<r><i id="1">a</i></r>' COLUMNS id int PATH '@id', v text PATH '.')
SELECT '10.0.0.1'::inet << '10.0.0.0/8'::inet, B'101' & B'100', '\xff'::bytea, point(1, 2) <-> point(3, 4)
SELECT 'x' IS NFC NORMALIZED, U&'\00e4', E'a\tb', $q$it's$q$
-- Rows, names, samples, partitions, types
SELECT r, (r).name, r.* FROM shop.regions r LIMIT 1
SELECT count(r) FROM shop.regions r
SELECT ROW(1, 'x') = ROW(1, 'x'), ROW(1, NULL) IS NULL, (1, 2) < (1, 3)
SELECT amount AS "select", id AS "From", status AS "größe" FROM shop.orders LIMIT 1
SELECT 'DROP TABLE users; --' AS text, 'pg_sleep(1)' AS call, name AS delete FROM shop.regions LIMIT 1
SELECT count(*) FROM shop.orders TABLESAMPLE SYSTEM (50) REPEATABLE (1)
SELECT tableoid::regclass, count(*) FROM shop.orders GROUP BY 1
SELECT value FROM trap.reading_near
SELECT pg_typeof(amount), pg_size_pretty(1024::bigint), num_nulls(coupon) FROM shop.orders LIMIT 1
SELECT 12.5::trap.percent, CAST(amount / 100000 AS trap.percent) FROM shop.orders LIMIT 1
SELECT id, place FROM trap.note
SELECT current_user, session_user, current_database(), current_schema, version() <> ''
SELECT has_table_privilege('shop.orders', 'SELECT'), to_regclass('shop.orders') IS NOT NULL
-- What views and policies of the DBA may use
SELECT client FROM trap.settings_seen
SELECT sum(amount) FROM trap.tenant_row
SELECT * FROM ROWS FROM (generate_series(1, 2), unnest(ARRAY['a', 'b'])) AS t(n, s)
SELECT regexp_split_to_table('a b', ' '), string_to_table('a,b', ',')
SELECT sum(i.quantity * i.unit_price) FROM shop.order_items i JOIN shop.orders o ON o.id = i.order_id JOIN shop.customers c ON c.id = o.customer_id JOIN shop.regions r ON r.id = c.region_id JOIN shop.products p ON p.id = i.product_id LEFT JOIN shop.categories k ON k.id = p.category_id WHERE o.status NOT IN ('cancelled', 'refunded')
SELECT /* inside */ 1 -- behind
