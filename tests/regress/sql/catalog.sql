\set SHOW_CONTEXT never
-- What a role may not read is not there: the question is not understood, and no answer names it.
CREATE SCHEMA golden_catalog;
SET search_path = golden_catalog;
CREATE TABLE golden_catalog.parcels (id int PRIMARY KEY, weight numeric, carrier text);
INSERT INTO golden_catalog.parcels VALUES (1, 2.5, 'Swiftline'), (2, 4, 'Oxcart');
CREATE ROLE golden_reader;
GRANT USAGE ON SCHEMA golden_catalog TO golden_reader;
SELECT insightflow.enroll('golden_reader');
SET ROLE golden_reader;
SELECT insightflow.to_sql('total weight of parcels');
RESET ROLE;
GRANT SELECT (id, weight) ON golden_catalog.parcels TO golden_reader;
SET ROLE golden_reader;
SELECT insightflow.to_sql('total weight of parcels');
SELECT insightflow.to_sql('parcels by carrier');
RESET ROLE;
GRANT SELECT ON golden_catalog.parcels TO golden_reader;
SET ROLE golden_reader;
SELECT insightflow.to_sql('how many parcels with carrier oxcart');
RESET ROLE;
REVOKE SELECT ON golden_catalog.parcels FROM golden_reader;
SET ROLE golden_reader;
SELECT insightflow.to_sql('total weight of parcels');
RESET ROLE;
-- Texts that are no question.
SELECT insightflow.to_sql('');
SELECT insightflow.to_sql('  ');
SELECT insightflow.to_sql(repeat('parcels ', 1000));
SELECT insightflow.to_sql('12345 !!');
SELECT insightflow.to_sql(NULL) IS NULL AS null_in_null_out;
DROP OWNED BY golden_reader;
DROP ROLE golden_reader;
DROP SCHEMA golden_catalog CASCADE;
