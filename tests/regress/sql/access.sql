\set SHOW_CONTEXT never
-- enroll() and withdraw() are plain grants: for roles whose names must be quoted, for groups, and for nobody else.
CREATE ROLE "Golden Analyst";
CREATE ROLE "group";
CREATE ROLE golden_member;
GRANT "group" TO golden_member;
SELECT insightflow.enroll('"Golden Analyst"'), insightflow.enroll('"group"'::regrole);
SELECT p.oid::regprocedure AS may_execute,
       has_function_privilege('Golden Analyst', p.oid, 'EXECUTE') AS analyst,
       has_function_privilege('golden_member', p.oid, 'EXECUTE') AS member
FROM insightflow.enrolled_functions() AS f JOIN pg_proc p ON p.oid = f
ORDER BY p.oid::regprocedure::text COLLATE "C";
-- Enrolled is not administrator.
SET ROLE "Golden Analyst";
SELECT count(*) FROM insightflow.query_log;
SELECT insightflow.enroll('golden_member');
SELECT insightflow.withdraw('golden_member');
SELECT insightflow.allow_function('pg_catalog.now()');
RESET ROLE;
-- A DBA may hand enroll() on: who may execute it is an administrator.
GRANT EXECUTE ON FUNCTION insightflow.enroll(regrole, text) TO "Golden Analyst";
SET ROLE "Golden Analyst";
SELECT insightflow.enroll('golden_member');
SELECT insightflow.enroll('golden_member', 'no such tier');
SELECT insightflow.make_administrator('golden_member');
RESET ROLE;
SELECT insightflow.withdraw('golden_member');
-- What is not a role is an error.
SELECT insightflow.enroll('golden_nobody');
SELECT insightflow.enroll('-');
-- Twice is once; what was granted is taken back, and a second time does no harm.
SELECT insightflow.enroll('"Golden Analyst"');
SELECT insightflow.withdraw('"Golden Analyst"');
SELECT insightflow.withdraw('"Golden Analyst"');
SELECT count(*) AS left_over FROM insightflow.enrolled_functions() AS f
WHERE has_function_privilege('Golden Analyst', f::oid, 'EXECUTE');
SELECT has_table_privilege('Golden Analyst', 'insightflow.query_log', 'SELECT') AS history;
SELECT insightflow.withdraw('"group"');
REVOKE ALL ON FUNCTION insightflow.enroll(regrole, text) FROM "Golden Analyst";
DROP ROLE "Golden Analyst", "group", golden_member;
