\set SHOW_CONTEXT never
\a
-- What words mean: defined, replaced, dropped; what is refused, with the reason and what to do.
SET insightflow.show_reading = off;
SET client_min_messages = warning;
CREATE SCHEMA golden;
CREATE TABLE golden.buyers (id int PRIMARY KEY, name text, status text, age int);
CREATE TABLE golden.sold (id int PRIMARY KEY, buyer_id int REFERENCES golden.buyers, price numeric, cost numeric, day date);
INSERT INTO golden.buyers VALUES (1, 'Ann', 'active', 30), (2, 'Bob', 'gone', 50), (3, 'Cy', NULL, 20);
INSERT INTO golden.sold VALUES (1, 1, 10, 4, '2024-01-05'), (2, 2, 20, 5, '2025-02-02'), (3, 3, 30, 6, '2025-02-03');
SET search_path = golden, public;
SELECT insightflow.define_metric('gain', 'sum(price - cost)', 'sold', 'before tax', '{profitability}') IS NOT NULL AS defined;
SELECT insightflow.define_metric('gain rate', 'sum(price - cost) / nullif(sum(price), 0)', 'golden.sold') IS NOT NULL AS defined;
SELECT insightflow.define_segment('loyal buyer', 'status = ''active'' AND age BETWEEN 18 AND 40', 'buyers') IS NOT NULL AS defined;
SELECT insightflow.define_synonym('buyers', 'patron', 'shopper') IS NOT NULL AS defined;
SELECT insightflow.define_note('Prices hold no tax.') IS NOT NULL AS defined;
SELECT kind, schema_name, table_name, column_name, words, definition, description, defined_by FROM insightflow.vocabulary
ORDER BY kind, words COLLATE "C";
SELECT insightflow.to_sql('gain of loyal buyers');
SELECT insightflow.to_sql('profitability by patron');
SELECT insightflow.to_sql('how many buyers are not loyal');
SELECT * FROM ask('gain rate');
SELECT part, reading FROM insightflow.explain('gain of loyal patrons') ORDER BY step;
-- One of the same name and table is replaced.
SELECT insightflow.define_metric('Gain', 'sum(price - 2 * cost)', 'sold') IS NOT NULL AS defined;
SELECT words, definition FROM insightflow.vocabulary WHERE kind = 'metric' ORDER BY words COLLATE "C";
SELECT * FROM ask('gain');
-- What is no definition.
SELECT insightflow.define_metric('m', 'price', 'sold');
SELECT insightflow.define_metric('m', 'sum(nothing)', 'sold');
SELECT insightflow.define_metric('m', '1) FROM golden.sold WHERE (true', 'sold');
SELECT insightflow.define_metric('m', '(SELECT 1)', 'sold');
SELECT insightflow.define_metric('m', 'sum(price) -- all', 'sold');
SELECT insightflow.define_metric('m', 'sum(price)', 'nowhere');
SELECT insightflow.define_metric('m', 'sum(price)', 'sold.price');
SELECT insightflow.define_metric('', 'sum(price)', 'sold');
SELECT insightflow.define_metric('m', NULL, 'sold');
SELECT insightflow.define_segment('s', 'price', 'sold');
SELECT insightflow.define_segment('s', 'pg_sleep(1) IS NULL', 'sold');
SELECT insightflow.define_synonym('buyers.nothing', 'x');
SELECT insightflow.hide('nowhere');
-- What is hidden is in no question, and no privilege of it changes.
SELECT insightflow.hide('sold.cost');
SELECT * FROM ask('gain');
SELECT insightflow.to_sql('total cost by buyer');
SELECT insightflow.unhide('golden.sold.cost');
SELECT * FROM ask('gain');
-- Verified queries.
SELECT insightflow.verify('takings of Ann in 2024', $$SELECT sum(s.price) AS takings FROM golden.sold AS s
    JOIN golden.buyers AS b ON b.id = s.buyer_id
    WHERE b.name = 'Ann' AND s.day >= DATE '2024-01-01' AND s.day < DATE '2025-01-01'$$) IS NOT NULL AS verified;
SELECT * FROM ask('Takings of Ann in 2024?');
SELECT * FROM ask('takings of bob in 2025');
SELECT part, reading FROM insightflow.explain('takings of bob in 2025') ORDER BY step;
SELECT * FROM ask('takings of Zoe in 2025');
SELECT question, status, schemas, tables, created_by, approved_by FROM insightflow.verified_query;
SELECT insightflow.verify('takings of Ann in 2024', 'SELECT 7 AS takings') IS NOT NULL AS replaced;
SELECT count(*) FROM insightflow.verified_query;
SELECT * FROM ask('takings of Ann in 2024');
SELECT insightflow.verify('q', 'DELETE FROM golden.sold');
SELECT insightflow.verify('q', 'SELECT nothing FROM golden.sold');
SELECT insightflow.verify('00000000-0000-0000-0000-000000000000'::uuid);
SELECT insightflow.unverify('00000000-0000-0000-0000-000000000000');
SELECT insightflow.undefine('00000000-0000-0000-0000-000000000000');
-- Who is no administrator decides nothing for others.
CREATE ROLE golden_reader;
GRANT USAGE ON SCHEMA golden TO golden_reader;
GRANT SELECT ON golden.buyers TO golden_reader;
SELECT insightflow.enroll('golden_reader');
SET ROLE golden_reader;
SELECT insightflow.define_metric('m', 'count(*)', 'buyers');
SELECT insightflow.define_segment('s', 'age > 1', 'buyers');
SELECT insightflow.define_synonym('buyers', 'x');
SELECT insightflow.define_note('x');
SELECT insightflow.hide('buyers');
SELECT insightflow.verify('q', 'SELECT 1');
INSERT INTO insightflow.vocabulary (kind, definition) VALUES ('note', 'x');
DELETE FROM insightflow.verified_query;
-- He sees what is about tables that he may read.
SELECT kind, table_name, words FROM insightflow.vocabulary ORDER BY kind, words COLLATE "C";
RESET ROLE;
-- What was renamed or dropped is told, with what to do.
SELECT component, status, detail FROM insightflow.health() WHERE component IN ('vocabulary', 'verified queries');
SELECT insightflow.verify('how much', 'SELECT sum(price) FROM golden.sold') IS NOT NULL AS verified;
SELECT insightflow.hide('sold.day');
ALTER TABLE golden.sold RENAME price TO amount;
ALTER TABLE golden.sold RENAME day TO sold_on;
ALTER TABLE golden.buyers RENAME TO customers;
SELECT component, status, regexp_replace(detail, '[0-9a-f]{8}-[-0-9a-f]{27}', 'ID', 'g') AS detail
FROM insightflow.health() WHERE component IN ('vocabulary', 'verified queries');
DELETE FROM insightflow.vocabulary;
DELETE FROM insightflow.verified_query;
SELECT component, status, detail FROM insightflow.health() WHERE component IN ('vocabulary', 'verified queries');
SELECT insightflow.withdraw('golden_reader');
DROP SCHEMA golden CASCADE;
DROP ROLE golden_reader;
