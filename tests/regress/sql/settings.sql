-- Every setting: its default, its limits, and who may change it. They exist once the library is loaded.
LOAD 'insightflow';
SELECT name, boot_val, unit, min_val, max_val, context FROM pg_settings WHERE name LIKE 'insightflow.%' ORDER BY name;
SELECT name AS undescribed FROM pg_settings WHERE name LIKE 'insightflow.%' AND (short_desc = '' OR extra_desc IS NULL);
SET insightflow.max_rows = 0;
SET insightflow.min_confidence = 1.5;
-- What protects the server is for superusers.
CREATE ROLE golden_setter;
SET ROLE golden_setter;
SET insightflow.temp_file_limit = '100GB';
SET insightflow.trusted_owners = 'golden_setter';
SET insightflow.max_rows = 5;
RESET ROLE;
DROP ROLE golden_setter;
-- A limit that cuts says so.
SELECT count(*) FROM insightflow.run('SELECT * FROM shop.orders');
-- A refusal names the rule and, where there is one, the call that would allow it.
SELECT * FROM insightflow.run('SELECT pg_terminate_backend(1)');
SELECT * FROM insightflow.run('DELETE FROM shop.orders');
SELECT * FROM insightflow.run('SELECT 1; SELECT 2');
CREATE FUNCTION public.twice(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
SELECT * FROM insightflow.run('SELECT public.twice(21)');
SELECT insightflow.allow_function('public.twice(numeric)');
SELECT * FROM insightflow.run('SELECT public.twice(21)');
SELECT insightflow.disallow_function('public.twice(numeric)');
SELECT * FROM insightflow.run('SELECT public.twice(21)');
