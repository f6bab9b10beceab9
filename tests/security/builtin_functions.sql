-- PostgreSQL's own functions that a governed statement may call: each name with the number of its signatures that the guard
-- accepts. tests/security/builtin_functions_<version>.txt holds the result for every supported version.
WITH builtin AS (
    SELECT proname, prokind,
           (SELECT string_agg('NULL::' || CASE t::regtype::text
                       WHEN 'anyarray' THEN 'int[]' WHEN 'anycompatiblearray' THEN 'int[]'
                       WHEN 'anyrange' THEN 'int4range' WHEN 'anycompatiblerange' THEN 'int4range'
                       WHEN 'anymultirange' THEN 'int4multirange' WHEN 'anycompatiblemultirange' THEN 'int4multirange'
                       WHEN 'record' THEN 'pg_class' WHEN 'record[]' THEN 'pg_class[]'
                       WHEN 'anyelement' THEN 'int' WHEN 'anynonarray' THEN 'int' WHEN 'anycompatible' THEN 'int'
                       WHEN 'anycompatiblenonarray' THEN 'int' WHEN '"any"' THEN 'int'
                       ELSE t::regtype::text END, ', ' ORDER BY place)
              FROM unnest(proargtypes) WITH ORDINALITY AS u(t, place)) AS arguments
      FROM pg_proc
     WHERE oid < 16384 AND pronamespace = 'pg_catalog'::regnamespace AND prokind IN ('f', 'a', 'w')
       AND prorettype <> 'internal'::regtype AND NOT 'internal'::regtype = ANY (proargtypes))
SELECT proname, count(*)
  FROM builtin, LATERAL insightflow.check_sql(
           format('SELECT pg_catalog.%I(%s)%s', proname, arguments, CASE prokind WHEN 'w' THEN ' OVER ()' ELSE '' END))
 WHERE allowed
 GROUP BY proname
 ORDER BY proname COLLATE "C"
