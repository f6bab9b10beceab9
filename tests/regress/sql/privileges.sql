-- Nobody has access by default: what PUBLIC may call is the input and output of our types, and
-- answer_table, which checks by itself that the caller may ask.
SELECT p.oid::regprocedure AS open_to_public
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'insightflow'
WHERE has_function_privilege('public', p.oid, 'EXECUTE')
ORDER BY 1::text COLLATE "C";
SELECT c.oid::regclass AS relation_open_to_public, privilege_type
FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'insightflow'
CROSS JOIN LATERAL aclexplode(c.relacl) AS a
WHERE a.grantee = 0
ORDER BY 1::text COLLATE "C", 2;
-- Nothing of ours runs with the rights of its owner unless it fixes its search_path.
SELECT p.oid::regprocedure AS security_definer, p.proconfig
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'insightflow'
WHERE p.prosecdef
ORDER BY 1::text COLLATE "C";
-- Every function, type, table and view of ours says what it is for.
SELECT pg_describe_object(d.classid, d.objid, 0) COLLATE "C" AS undescribed
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'insightflow'
WHERE d.deptype = 'e' AND d.classid IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_type'::regclass, 'pg_namespace'::regclass)
  AND obj_description(d.objid, (SELECT relname FROM pg_class WHERE oid = d.classid)) IS NULL
  AND NOT EXISTS (SELECT FROM pg_type t WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid AND (t.typelem <> 0 OR t.typrelid <> 0))
ORDER BY 1;
-- A role that was granted nothing is refused, whatever it asks.
CREATE ROLE golden_stranger;
SET ROLE golden_stranger;
SELECT * FROM ask('total sales');
SELECT * FROM insightflow.run('SELECT 1');
SELECT insightflow.to_sql('total sales');
SELECT * FROM insightflow.query_log;
SELECT insightflow.enroll('golden_stranger');
RESET ROLE;
DROP ROLE golden_stranger;
