-- One statement a line; each must be refused, and nothing may remain of it.
-- Several statements, or none
SELECT 1; SELECT 2
SELECT count(*) FROM shop.orders; DELETE FROM shop.order_items
COMMIT; DROP TABLE shop.orders
/* only a comment */
please show me the sales by region
-- Writing
INSERT INTO trap.note (id, body) VALUES (9, 'x')
UPDATE shop.orders SET amount = 0
DELETE FROM shop.order_items WHERE quantity > 1
MERGE INTO trap.note n USING (SELECT 1 AS id) s ON n.id = s.id WHEN MATCHED THEN DELETE
WITH gone AS (DELETE FROM shop.order_items RETURNING quantity) SELECT sum(quantity) FROM gone
SELECT * FROM (WITH n AS (UPDATE trap.note SET body = '' RETURNING id) SELECT id FROM n) s
SELECT region, sales INTO copied FROM sales_transactions
TRUNCATE shop.order_items
-- Locking
SELECT id FROM shop.orders FOR UPDATE
SELECT s.id FROM (SELECT id FROM shop.customers FOR SHARE) s
WITH held AS (SELECT id FROM shop.orders FOR NO KEY UPDATE SKIP LOCKED) SELECT count(*) FROM held
LOCK TABLE shop.orders
-- Commands
CREATE TABLE mine (id int)
DROP MATERIALIZED VIEW sales_summary
ALTER TABLE trap.guarded DISABLE ROW LEVEL SECURITY
SET ROLE postgres
RESET search_path
COPY (SELECT 1) TO STDOUT
EXPLAIN ANALYZE SELECT trap.spring('explain')
DO $$ BEGIN PERFORM trap.spring('do'); END $$
DECLARE c CURSOR FOR SELECT 1
PREPARE p AS SELECT 1
CALL something()
VACUUM shop.orders
NOTIFY channel, 'text'
-- Users' functions, wherever they stand
SELECT trap.spring('list')
SELECT id FROM trap.note WHERE trap.spring(body) = body
SELECT id FROM trap.note ORDER BY trap.quiet(body)
SELECT count(*) FROM trap.note GROUP BY trap.quiet(body)
SELECT count(*) FROM trap.note HAVING trap.quiet('having') <> ''
SELECT id FROM trap.note LIMIT length(trap.quiet('limit'))
SELECT n.id FROM trap.note n JOIN trap.weekday w ON trap.quiet(w.name) = n.body
SELECT CASE WHEN id = 1 THEN trap.quiet('case') END FROM trap.note
SELECT (SELECT trap.quiet(n.body)) FROM trap.note n
SELECT * FROM trap.rows_of('from')
SELECT * FROM ROWS FROM (generate_series(1, 2), trap.rows_of('rows from')) AS r(a, b)
SELECT n.id, x FROM trap.note n, LATERAL trap.rows_of(n.body) AS x
VALUES (1, trap.quiet('values'))
SELECT 1 UNION SELECT length(trap.quiet('union'))
WITH c AS (SELECT trap.quiet('cte') AS v) SELECT v FROM c
SELECT count(*) FILTER (WHERE trap.quiet(body) <> '') FROM trap.note
SELECT sum(id) OVER (ORDER BY id ROWS length(trap.quiet('frame')) PRECEDING) FROM trap.note
SELECT * FROM sales_transactions TABLESAMPLE BERNOULLI (length(trap.quiet('sample')))
SELECT trap.with_default(1)
SELECT trap.any_sql('DELETE FROM shop.order_items')
SELECT initcap('north'::varchar)
SELECT n.summary FROM trap.note n
-- Operators, casts, aggregates, domains, operator classes
SELECT 'a' OPERATOR(trap.<=>) 'b'
SELECT id FROM trap.note WHERE body OPERATOR(trap.<=>) ANY (ARRAY['first', 'second'])
SELECT CAST(ROW(1, 2)::trap.pair AS int)
SELECT 1 + place FROM trap.note
SELECT to_json(place) FROM trap.note
SELECT json_agg(n) FROM trap.note n
SELECT trap.listed(body) FROM trap.note
SELECT trap.total(id) OVER (ORDER BY id) FROM trap.note
SELECT 'x'::trap.code
SELECT body::trap.code FROM trap.note
SELECT ARRAY['x']::trap.codes
SELECT jsonb_populate_record(NULL::trap.tagged, '{"id": 1, "tag": "x"}')
SELECT * FROM jsonb_to_recordset('[{"tag": "x"}]') AS r(tag trap.code)
SELECT * FROM xmltable('/a' PASSING xml '<a>x</a>' COLUMNS tag trap.code PATH '.')
SELECT '(1,x)'::trap.tagged
SELECT domain_in('x', 'trap.code'::regtype, -1)
SELECT place FROM trap.note ORDER BY place
SELECT DISTINCT place FROM trap.note
SELECT place, count(*) FROM trap.note GROUP BY place
SELECT max(n.id) FROM trap.note n GROUP BY ROW(n.place, 1)
SELECT GREATEST(place, ROW(5, 6)::trap.pair) FROM trap.note
SELECT ARRAY[place] < ARRAY[ROW(5, 6)::trap.pair] FROM trap.note
SELECT place FROM trap.note UNION SELECT ROW(1, 1)::trap.pair
SELECT rank() OVER (ORDER BY place) FROM trap.note
-- Views and policies
SELECT * FROM trap.watched
SELECT count(*) FROM trap.behind
SELECT * FROM trap.slow
TABLE trap.guarded
-- PostgreSQL's own functions that act
SELECT pg_sleep(60)
SELECT pg_advisory_lock(1)
SELECT set_config('search_path', 'trap', false)
SELECT nextval('trap.tick')
SELECT setval('trap.tick', 100)
SELECT pg_notify('channel', 'text')
SELECT pg_terminate_backend(1)
SELECT pg_cancel_backend(pg_backend_pid())
SELECT lo_create(4711)
SELECT pg_read_file('postgresql.conf')
SELECT pg_ls_dir('.')
SELECT pg_logical_emit_message(false, 'a', 'b')
SELECT query_to_xml('SELECT trap.spring(''xml'')', true, true, '')
SELECT table_to_xml('trap.secret', true, true, '')
SELECT * FROM ts_stat('SELECT to_tsvector(trap.spring(''stat''))')
SELECT txid_current()
SELECT setseed(0.1)
SELECT pg_stat_reset()
-- PostgreSQL's own functions and catalogs that reveal
SELECT current_setting('data_directory')
SELECT current_query()
SELECT inet_server_addr()
SELECT obj_description('trap.note'::regclass)
SELECT pg_get_viewdef('trap.watched'::regclass)
SELECT pg_backend_pid()
SELECT relname FROM pg_class
SELECT * FROM pg_settings
SELECT * FROM information_schema.columns
SELECT rolname FROM pg_roles
-- Relations that are none of its business
SELECT * FROM trap.elsewhere
SELECT sum(value) FROM trap.reading
SELECT last_value FROM trap.tick
SELECT * FROM insightflow.allowed_function
SELECT * FROM trap.secret
SELECT 1 WHERE EXISTS (SELECT FROM trap.secret WHERE word LIKE 'h%')
-- This extension inside itself
SELECT * FROM insightflow.check_sql('SELECT 1')
SELECT * FROM insightflow.run('SELECT 1')
