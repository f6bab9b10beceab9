\echo Use "CREATE EXTENSION insightflow" to load this file. \quit

-- The schema of all but ask(), which stands in the schema that the extension is created in.
CREATE SCHEMA insightflow;
COMMENT ON SCHEMA insightflow IS 'InsightFlow: questions in plain words become tables';
-- USAGE shows names; every function and table below that asks, runs or shows is closed to PUBLIC.
GRANT USAGE ON SCHEMA insightflow TO PUBLIC;

------------------------------------------------------------------------------------------------------------------
-- Texts that are questions or statements. The input functions of the first two run while a statement is being
-- analyzed: there the row type of ask() and run() gets the columns of the answer.
------------------------------------------------------------------------------------------------------------------

CREATE TYPE insightflow.question;
CREATE FUNCTION insightflow.question_in(cstring) RETURNS insightflow.question
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'question_in';
CREATE FUNCTION insightflow.question_out(insightflow.question) RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE FUNCTION insightflow.question_recv(internal) RETURNS insightflow.question
    LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textrecv';
CREATE FUNCTION insightflow.question_send(insightflow.question) RETURNS bytea
    LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textsend';
CREATE TYPE insightflow.question (
    INPUT = insightflow.question_in, OUTPUT = insightflow.question_out,
    RECEIVE = insightflow.question_recv, SEND = insightflow.question_send,
    LIKE = pg_catalog.text, CATEGORY = 'S');
COMMENT ON TYPE insightflow.question IS 'a question in plain words; a literal of it gives ask() the columns of its answer';
COMMENT ON FUNCTION insightflow.question_in(cstring) IS 'input function of question';
COMMENT ON FUNCTION insightflow.question_out(insightflow.question) IS 'output function of question';
COMMENT ON FUNCTION insightflow.question_recv(internal) IS 'receive function of question';
COMMENT ON FUNCTION insightflow.question_send(insightflow.question) IS 'send function of question';

CREATE TYPE insightflow.statement;
CREATE FUNCTION insightflow.statement_in(cstring) RETURNS insightflow.statement
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'statement_in';
CREATE FUNCTION insightflow.statement_out(insightflow.statement) RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE FUNCTION insightflow.statement_recv(internal) RETURNS insightflow.statement
    LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textrecv';
CREATE FUNCTION insightflow.statement_send(insightflow.statement) RETURNS bytea
    LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textsend';
CREATE TYPE insightflow.statement (
    INPUT = insightflow.statement_in, OUTPUT = insightflow.statement_out,
    RECEIVE = insightflow.statement_recv, SEND = insightflow.statement_send,
    LIKE = pg_catalog.text, CATEGORY = 'S');
COMMENT ON TYPE insightflow.statement IS 'a SELECT; a literal of it gives insightflow.run() the columns of its result';
COMMENT ON FUNCTION insightflow.statement_in(cstring) IS 'input function of statement';
COMMENT ON FUNCTION insightflow.statement_out(insightflow.statement) IS 'output function of statement';
COMMENT ON FUNCTION insightflow.statement_recv(internal) IS 'receive function of statement';
COMMENT ON FUNCTION insightflow.statement_send(insightflow.statement) IS 'send function of statement';

-- The same for texts that are computed or bound as text: their answers are one json column. They are types of their
-- own, outside the string category, so that an unknown literal always means the types above.
CREATE TYPE insightflow.computed_question;
CREATE FUNCTION insightflow.computed_question_in(cstring) RETURNS insightflow.computed_question
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION insightflow.computed_question_out(insightflow.computed_question) RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE FUNCTION insightflow.computed_question_recv(internal) RETURNS insightflow.computed_question
    LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textrecv';
CREATE FUNCTION insightflow.computed_question_send(insightflow.computed_question) RETURNS bytea
    LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textsend';
CREATE TYPE insightflow.computed_question (
    INPUT = insightflow.computed_question_in, OUTPUT = insightflow.computed_question_out,
    RECEIVE = insightflow.computed_question_recv, SEND = insightflow.computed_question_send,
    LIKE = pg_catalog.text);
COMMENT ON TYPE insightflow.computed_question IS 'a question that is computed or bound as text';
COMMENT ON FUNCTION insightflow.computed_question_in(cstring) IS 'input function of computed_question';
COMMENT ON FUNCTION insightflow.computed_question_out(insightflow.computed_question) IS 'output function of computed_question';
COMMENT ON FUNCTION insightflow.computed_question_recv(internal) IS 'receive function of computed_question';
COMMENT ON FUNCTION insightflow.computed_question_send(insightflow.computed_question) IS 'send function of computed_question';

CREATE TYPE insightflow.computed_statement;
CREATE FUNCTION insightflow.computed_statement_in(cstring) RETURNS insightflow.computed_statement
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION insightflow.computed_statement_out(insightflow.computed_statement) RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE FUNCTION insightflow.computed_statement_recv(internal) RETURNS insightflow.computed_statement
    LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textrecv';
CREATE FUNCTION insightflow.computed_statement_send(insightflow.computed_statement) RETURNS bytea
    LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textsend';
CREATE TYPE insightflow.computed_statement (
    INPUT = insightflow.computed_statement_in, OUTPUT = insightflow.computed_statement_out,
    RECEIVE = insightflow.computed_statement_recv, SEND = insightflow.computed_statement_send,
    LIKE = pg_catalog.text);
COMMENT ON TYPE insightflow.computed_statement IS 'a SELECT that is computed or bound as text';
COMMENT ON FUNCTION insightflow.computed_statement_in(cstring) IS 'input function of computed_statement';
COMMENT ON FUNCTION insightflow.computed_statement_out(insightflow.computed_statement) IS 'output function of computed_statement';
COMMENT ON FUNCTION insightflow.computed_statement_recv(internal) IS 'receive function of computed_statement';
COMMENT ON FUNCTION insightflow.computed_statement_send(insightflow.computed_statement) IS 'send function of computed_statement';

CREATE CAST (pg_catalog.text AS insightflow.computed_question) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_catalog.varchar AS insightflow.computed_question) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_catalog.bpchar AS insightflow.computed_question) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_catalog.name AS insightflow.computed_question) WITH INOUT AS IMPLICIT;
CREATE CAST (pg_catalog.text AS insightflow.computed_statement) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_catalog.varchar AS insightflow.computed_statement) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_catalog.bpchar AS insightflow.computed_statement) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_catalog.name AS insightflow.computed_statement) WITH INOUT AS IMPLICIT;
CREATE CAST (insightflow.question AS pg_catalog.text) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (insightflow.statement AS pg_catalog.text) WITHOUT FUNCTION AS ASSIGNMENT;

-- The row of a literal question. Its one column is what a bound question gives; during the analysis of a literal it
-- has the columns of the answer.
CREATE TYPE insightflow.answer_row AS (answer pg_catalog.json);
COMMENT ON TYPE insightflow.answer_row IS 'a row of an answer; for a literal question it has the columns of the answer';
-- The row of a computed question: always json.
CREATE TYPE insightflow.json_row AS (answer pg_catalog.json);
COMMENT ON TYPE insightflow.json_row IS 'a row of the answer to a computed question, with keys in the order of the columns';

------------------------------------------------------------------------------------------------------------------
-- Asking
------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.ask(question insightflow.question) RETURNS SETOF insightflow.answer_row
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'ask_rows';
COMMENT ON FUNCTION @extschema@.ask(insightflow.question) IS 'the answer to a question as a table: SELECT * FROM ask(''total sales by region'')';
REVOKE ALL ON FUNCTION @extschema@.ask(insightflow.question) FROM PUBLIC;

CREATE FUNCTION @extschema@.ask(question insightflow.computed_question) RETURNS SETOF insightflow.json_row
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'ask_rows';
COMMENT ON FUNCTION @extschema@.ask(insightflow.computed_question) IS 'the answer to a question that is computed or bound, one json value per row';
REVOKE ALL ON FUNCTION @extschema@.ask(insightflow.computed_question) FROM PUBLIC;

CREATE FUNCTION @extschema@.ask(question pg_catalog.text, row_type anyelement) RETURNS SETOF anyelement
    LANGUAGE c VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'ask_typed';
COMMENT ON FUNCTION @extschema@.ask(pg_catalog.text, anyelement) IS 'the answer to a question as rows of a type: SELECT * FROM ask($1, NULL::my_type)';
REVOKE ALL ON FUNCTION @extschema@.ask(pg_catalog.text, anyelement) FROM PUBLIC;

CREATE FUNCTION insightflow.run(sql insightflow.statement) RETURNS SETOF insightflow.answer_row
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'run_rows';
COMMENT ON FUNCTION insightflow.run(insightflow.statement) IS 'runs a SELECT of the caller under the guard, the limits and the history of ask()';
REVOKE ALL ON FUNCTION insightflow.run(insightflow.statement) FROM PUBLIC;

CREATE FUNCTION insightflow.run(sql insightflow.computed_statement) RETURNS SETOF insightflow.json_row
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'run_rows';
COMMENT ON FUNCTION insightflow.run(insightflow.computed_statement) IS 'runs a SELECT that is computed or bound, one json value per row';
REVOKE ALL ON FUNCTION insightflow.run(insightflow.computed_statement) FROM PUBLIC;

-- What a literal call becomes once it has been analyzed. PUBLIC may execute it because it checks by itself that the
-- caller may execute ask() or run(). The relations make a cached plan depend on what the answer reads.
CREATE FUNCTION insightflow.answer_table(question pg_catalog.text, sql pg_catalog.text, relations pg_catalog.regclass[]) RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'answer_table';
COMMENT ON FUNCTION insightflow.answer_table(pg_catalog.text, pg_catalog.text, pg_catalog.regclass[]) IS 'internal: a call of ask() or run() after analysis';

CREATE FUNCTION insightflow.to_sql(question pg_catalog.text) RETURNS pg_catalog.text
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 10000 AS 'MODULE_PATHNAME', 'to_sql_wrapper';
COMMENT ON FUNCTION insightflow.to_sql(pg_catalog.text) IS 'the SELECT that ask() would run';
REVOKE ALL ON FUNCTION insightflow.to_sql(pg_catalog.text) FROM PUBLIC;

CREATE FUNCTION insightflow.explain(question pg_catalog.text, OUT step pg_catalog.int4, OUT part pg_catalog.text, OUT reading pg_catalog.text) RETURNS SETOF record
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 10000 ROWS 10 AS 'MODULE_PATHNAME', 'explain_wrapper';
COMMENT ON FUNCTION insightflow.explain(pg_catalog.text) IS 'how each part of a question was read';
REVOKE ALL ON FUNCTION insightflow.explain(pg_catalog.text) FROM PUBLIC;

------------------------------------------------------------------------------------------------------------------
-- The guard
------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION insightflow.check_sql(sql pg_catalog.text, OUT allowed pg_catalog.bool, OUT reason pg_catalog.text, OUT relations pg_catalog.text[], OUT functions pg_catalog.text[]) RETURNS SETOF record
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 10000 ROWS 1 AS 'MODULE_PATHNAME', 'check_sql_wrapper';
COMMENT ON FUNCTION insightflow.check_sql(pg_catalog.text) IS 'what the guard thinks of a statement, without running it';
REVOKE ALL ON FUNCTION insightflow.check_sql(pg_catalog.text) FROM PUBLIC;

-- Signatures, not OIDs: they mean the same after dump and restore.
CREATE TABLE insightflow.allowed_function (
    signature pg_catalog.text PRIMARY KEY,
    allowed_by pg_catalog.name NOT NULL DEFAULT session_user,
    allowed_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now());
COMMENT ON TABLE insightflow.allowed_function IS 'functions of users that answers may call, filled by insightflow.allow_function()';
COMMENT ON COLUMN insightflow.allowed_function.signature IS 'schema-qualified name and argument types';
COMMENT ON COLUMN insightflow.allowed_function.allowed_by IS 'the login that allowed it';
COMMENT ON COLUMN insightflow.allowed_function.allowed_at IS 'when';
SELECT pg_catalog.pg_extension_config_dump('insightflow.allowed_function', '');

CREATE FUNCTION insightflow.allow_function(function pg_catalog.regprocedure) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'allow_function_wrapper';
COMMENT ON FUNCTION insightflow.allow_function(pg_catalog.regprocedure) IS 'lets answers call a function that a user has written';
REVOKE ALL ON FUNCTION insightflow.allow_function(pg_catalog.regprocedure) FROM PUBLIC;

CREATE FUNCTION insightflow.disallow_function(function pg_catalog.regprocedure) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'disallow_function_wrapper';
COMMENT ON FUNCTION insightflow.disallow_function(pg_catalog.regprocedure) IS 'takes back allow_function()';
REVOKE ALL ON FUNCTION insightflow.disallow_function(pg_catalog.regprocedure) FROM PUBLIC;

------------------------------------------------------------------------------------------------------------------
-- History
------------------------------------------------------------------------------------------------------------------

-- Only the extension writes here, as the owner of the table. pg_dump leaves the rows out: they belong to the server
-- on which they happened.
CREATE TABLE insightflow.query_log (
    id pg_catalog.uuid PRIMARY KEY,
    asked_at pg_catalog.timestamptz NOT NULL,
    session_role pg_catalog.name NOT NULL,
    role pg_catalog.name NOT NULL,
    question pg_catalog.text,
    sql pg_catalog.text,
    status pg_catalog.text NOT NULL,
    error pg_catalog.text,
    sqlstate pg_catalog.text,
    row_count pg_catalog.int8,
    truncated pg_catalog.bool,
    translate_ms pg_catalog.float8,
    prepare_ms pg_catalog.float8,
    execute_ms pg_catalog.float8,
    total_ms pg_catalog.float8 NOT NULL,
    source pg_catalog.text,
    provider pg_catalog.text,
    model pg_catalog.text,
    input_tokens pg_catalog.int4,
    output_tokens pg_catalog.int4,
    cache_read_tokens pg_catalog.int4,
    cache_write_tokens pg_catalog.int4,
    cost_usd pg_catalog.numeric,
    retries pg_catalog.int4 NOT NULL DEFAULT 0,
    repairs pg_catalog.int4 NOT NULL DEFAULT 0,
    application_name pg_catalog.text,
    client_address pg_catalog.inet,
    conversation pg_catalog.uuid);
CREATE INDEX query_log_role_asked_at ON insightflow.query_log (role, asked_at DESC);
ALTER TABLE insightflow.query_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON insightflow.query_log FOR SELECT USING (role OPERATOR(pg_catalog.=) current_user);
COMMENT ON POLICY own_rows ON insightflow.query_log IS 'everyone sees what was asked under his current role; the owner of the table sees all';
COMMENT ON TABLE insightflow.query_log IS 'one row per question and what became of it';
COMMENT ON COLUMN insightflow.query_log.id IS 'UUID version 7: in order of time';
COMMENT ON COLUMN insightflow.query_log.asked_at IS 'when the question arrived';
COMMENT ON COLUMN insightflow.query_log.session_role IS 'the role that logged in';
COMMENT ON COLUMN insightflow.query_log.role IS 'the role whose rights the answer had: the current role';
COMMENT ON COLUMN insightflow.query_log.question IS 'as it was asked; null for insightflow.run()';
COMMENT ON COLUMN insightflow.query_log.sql IS 'the SELECT that ran';
COMMENT ON COLUMN insightflow.query_log.status IS 'answered, refused or failed';
COMMENT ON COLUMN insightflow.query_log.error IS 'the error message';
COMMENT ON COLUMN insightflow.query_log.sqlstate IS 'SQLSTATE of the error';
COMMENT ON COLUMN insightflow.query_log.row_count IS 'rows of the answer';
COMMENT ON COLUMN insightflow.query_log.truncated IS 'a limit cut the answer';
COMMENT ON COLUMN insightflow.query_log.translate_ms IS 'time to find the statement, in milliseconds; a literal question was translated while its statement was analyzed';
COMMENT ON COLUMN insightflow.query_log.prepare_ms IS 'time of checking and planning, in milliseconds';
COMMENT ON COLUMN insightflow.query_log.execute_ms IS 'time of the execution, in milliseconds';
COMMENT ON COLUMN insightflow.query_log.total_ms IS 'time of all stages, in milliseconds';
COMMENT ON COLUMN insightflow.query_log.source IS 'who wrote the SQL: embedded (the embedded translator) or caller (insightflow.run)';
COMMENT ON COLUMN insightflow.query_log.provider IS 'provider of the language model, when one was asked';
COMMENT ON COLUMN insightflow.query_log.model IS 'name of the language model';
COMMENT ON COLUMN insightflow.query_log.input_tokens IS 'tokens sent to the model';
COMMENT ON COLUMN insightflow.query_log.output_tokens IS 'tokens that the model wrote';
COMMENT ON COLUMN insightflow.query_log.cache_read_tokens IS 'tokens that the provider had cached';
COMMENT ON COLUMN insightflow.query_log.cache_write_tokens IS 'tokens that the provider has put into its cache';
COMMENT ON COLUMN insightflow.query_log.cost_usd IS 'price of the model calls, in US dollars';
COMMENT ON COLUMN insightflow.query_log.retries IS 'model calls that were sent again';
COMMENT ON COLUMN insightflow.query_log.repairs IS 'times that the model was asked to repair its SQL';
COMMENT ON COLUMN insightflow.query_log.application_name IS 'application_name of the session';
COMMENT ON COLUMN insightflow.query_log.client_address IS 'address of the client; null for a Unix-domain socket';
COMMENT ON COLUMN insightflow.query_log.conversation IS 'the conversation that the question belongs to';
REVOKE ALL ON insightflow.query_log FROM PUBLIC;

------------------------------------------------------------------------------------------------------------------
-- Access: nobody may ask until he is enrolled, or granted the same by hand
------------------------------------------------------------------------------------------------------------------

-- What an enrolled role may execute.
CREATE FUNCTION insightflow.enrolled_functions() RETURNS SETOF pg_catalog.regprocedure
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.oid::regprocedure
    FROM pg_proc p
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
                    AND d.refclassid = 'pg_extension'::regclass
    JOIN pg_extension e ON e.oid = d.refobjid
    WHERE e.extname = 'insightflow' AND p.proname IN ('ask', 'run', 'to_sql', 'explain', 'check_sql')
    ORDER BY p.oid
$$;
COMMENT ON FUNCTION insightflow.enrolled_functions() IS 'internal: what insightflow.enroll() lets a role execute';
REVOKE ALL ON FUNCTION insightflow.enrolled_functions() FROM PUBLIC;

CREATE FUNCTION insightflow.enroll(role pg_catalog.regrole) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    granted regprocedure;
    home regnamespace := (SELECT e.extnamespace FROM pg_extension e WHERE e.extname = 'insightflow');
BEGIN
    PERFORM insightflow.check_administrator();
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = role) THEN
        RAISE EXCEPTION 'role % does not exist', role USING ERRCODE = 'undefined_object';
    END IF;
    -- withdraw() leaves this grant: other things may stand in the schema of ask().
    IF NOT has_schema_privilege(role, home, 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %s TO %s', home, role);
    END IF;
    FOR granted IN SELECT insightflow.enrolled_functions() LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', granted, role);
    END LOOP;
    EXECUTE format('GRANT SELECT ON TABLE insightflow.query_log TO %s', role);
END
$$;
COMMENT ON FUNCTION insightflow.enroll(pg_catalog.regrole) IS 'lets a role, and with it its members, ask questions and see its own history';
REVOKE ALL ON FUNCTION insightflow.enroll(pg_catalog.regrole) FROM PUBLIC;

CREATE FUNCTION insightflow.withdraw(role pg_catalog.regrole) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    granted regprocedure;
BEGIN
    PERFORM insightflow.check_administrator();
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = role) THEN
        RAISE EXCEPTION 'role % does not exist', role USING ERRCODE = 'undefined_object';
    END IF;
    FOR granted IN SELECT insightflow.enrolled_functions() LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %s', granted, role);
    END LOOP;
    EXECUTE format('REVOKE SELECT ON TABLE insightflow.query_log FROM %s', role);
END
$$;
COMMENT ON FUNCTION insightflow.withdraw(pg_catalog.regrole) IS 'takes back what insightflow.enroll() granted';
REVOKE ALL ON FUNCTION insightflow.withdraw(pg_catalog.regrole) FROM PUBLIC;

CREATE FUNCTION insightflow.check_administrator() RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension e
                   WHERE e.extname = 'insightflow' AND pg_has_role(current_user, e.extowner, 'USAGE')) THEN
        RAISE EXCEPTION 'only the owner of extension insightflow and superusers decide who may ask'
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Ask the administrator of this database to call insightflow.enroll() or insightflow.withdraw().';
    END IF;
END
$$;
COMMENT ON FUNCTION insightflow.check_administrator() IS 'internal: raises 42501 unless the caller may administer the extension';
REVOKE ALL ON FUNCTION insightflow.check_administrator() FROM PUBLIC;
