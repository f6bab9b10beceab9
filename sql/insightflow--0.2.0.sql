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

------------------------------------------------------------------------------------------------------------------
-- History: a table for each month, so that an old month is dropped and not deleted row by row
------------------------------------------------------------------------------------------------------------------

ALTER TABLE insightflow.query_log ADD COLUMN warnings pg_catalog.text[];
COMMENT ON COLUMN insightflow.query_log.warnings IS 'what the asker was told of the answer: row security applies, rows were cut, what the translator was not sure of; null: nothing';

-- The months inherit from query_log, which keeps its identity: its grants, its policy, what reads it, its rows of release
-- 0.1.0 and those of servers where the library is not preloaded. To add or to drop a month locks nobody out of the others.
-- A member of the extension, a month is dropped with it and left to it by pg_dump. The schema of their own keeps them out of
-- GRANT … ON ALL TABLES IN SCHEMA insightflow: a dump would repeat that grant for a month which a new database does not have.
CREATE SCHEMA insightflow_history;
COMMENT ON SCHEMA insightflow_history IS 'the months of insightflow.query_log; they are read by way of it';
REVOKE ALL ON SCHEMA insightflow_history FROM PUBLIC;

-- A table with a child is marked so in its row of pg_class. With this child the mark never changes, so to add a month never
-- meets a GRANT on query_log, which changes the same row.
CREATE TABLE insightflow_history.no_month (CHECK (false) NO INHERIT) INHERITS (insightflow.query_log);
COMMENT ON TABLE insightflow_history.no_month IS 'always empty';
ALTER TABLE insightflow_history.no_month ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON insightflow_history.no_month FROM PUBLIC;

-- By choice: PGOPTIONS='-c insightflow.dump_history=on' pg_dump …. The rows of all months are then restored into query_log itself.
SELECT pg_catalog.pg_extension_config_dump('insightflow.query_log', 'WHERE coalesce(nullif(pg_catalog.current_setting(''insightflow.dump_history'', true), '''')::pg_catalog.bool, false)');

CREATE INDEX query_log_trouble ON insightflow.query_log (asked_at DESC) WHERE status OPERATOR(pg_catalog.<>) 'answered';
CREATE INDEX query_log_role_trouble ON insightflow.query_log (role, asked_at DESC) WHERE status OPERATOR(pg_catalog.<>) 'answered';
COMMENT ON INDEX insightflow.query_log_role_asked_at IS 'for: what did I ask';
COMMENT ON INDEX insightflow.query_log_trouble IS 'for: what went wrong lately';
COMMENT ON INDEX insightflow.query_log_role_trouble IS 'for: what of mine went wrong lately';

COMMENT ON COLUMN insightflow.query_log.translate_ms IS 'time to find the statement, in milliseconds; a literal question is translated while its statement is analyzed, once for a prepared statement';

CREATE FUNCTION insightflow.add_history_month(month pg_catalog.date) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
    name text := to_char(month, '"query_log_"YYYY_MM');
    first timestamptz := date_trunc('month', month::timestamp) AT TIME ZONE 'UTC';
    grantee text;
    after timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass('insightflow_history.' || name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE insightflow_history.%I (LIKE insightflow.query_log INCLUDING ALL, CHECK (asked_at >= %L AND asked_at < %L))
                    INHERITS (insightflow.query_log)', name, first, after);
    EXECUTE format('COMMENT ON TABLE insightflow_history.%I IS %L', name, 'one month of insightflow.query_log; months are of UTC');
    -- Read by way of query_log, whose policy holds then. Read by itself, no row is visible to anyone but the owner.
    EXECUTE format('ALTER TABLE insightflow_history.%I ENABLE ROW LEVEL SECURITY', name);
    -- Default privileges would let others TRUNCATE it.
    FOR grantee IN
        SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
        FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid = to_regclass('insightflow_history.' || name) AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE ALL ON insightflow_history.%I FROM %s', name, grantee);
    END LOOP;
    EXECUTE format('ALTER EXTENSION insightflow ADD TABLE insightflow_history.%I', name);
END
$$;
COMMENT ON FUNCTION insightflow.add_history_month(pg_catalog.date) IS 'internal: makes the table for a month of the history';
REVOKE ALL ON FUNCTION insightflow.add_history_month(pg_catalog.date) FROM PUBLIC;

CREATE FUNCTION insightflow.history_queue(OUT size pg_catalog.int8, OUT used pg_catalog.int8, OUT waiting pg_catalog.int8, OUT worker pg_catalog.int4) RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1 AS 'MODULE_PATHNAME', 'history_queue_wrapper';
COMMENT ON FUNCTION insightflow.history_queue() IS
    'the queue of the history in shared memory: bytes in all and in use, records of this database that wait for their row, its worker; no row when the library is not preloaded';
REVOKE ALL ON FUNCTION insightflow.history_queue() FROM PUBLIC;

CREATE FUNCTION insightflow.trim_history(keep pg_catalog.interval DEFAULT NULL) RETURNS pg_catalog.text[]
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    setting text := nullif(nullif(current_setting('insightflow.log_retention', true), ''), '0');
    before timestamptz := now() - coalesce(keep, setting::interval);
    name text;
    trimmed text[] := '{}';
BEGIN
    IF before IS NULL THEN
        RETURN trimmed;
    END IF;
    FOR name IN
        SELECT c.relname
        FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'insightflow.query_log'::regclass AND c.relnamespace = 'insightflow_history'::regnamespace AND c.relname ~ '^query_log_\d{4}_\d\d$'
          AND (to_date(right(c.relname, 7), 'YYYY_MM')::timestamp + interval '1 month') AT TIME ZONE 'UTC' <= before
        ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER EXTENSION insightflow DROP TABLE insightflow_history.%I', name);
        EXECUTE format('DROP TABLE insightflow_history.%I', name);
        trimmed := trimmed || name;
    END LOOP;
    -- Rows that the worker did not write. No more at a time than take a moment; the rest goes with the next call.
    DELETE FROM ONLY insightflow.query_log q
    WHERE q.ctid = ANY (ARRAY(SELECT o.ctid FROM ONLY insightflow.query_log o WHERE o.asked_at < before LIMIT 100000));
    IF FOUND THEN
        trimmed := trimmed || 'query_log'::text;
    END IF;
    RETURN trimmed;
END
$$;
COMMENT ON FUNCTION insightflow.trim_history(pg_catalog.interval) IS
    'drops the months of the history that are older than this (NULL: than insightflow.log_retention); gives the tables that lost rows';
REVOKE ALL ON FUNCTION insightflow.trim_history(pg_catalog.interval) FROM PUBLIC;

------------------------------------------------------------------------------------------------------------------
-- What a language model is told
------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION insightflow.prompt(question pg_catalog.text) RETURNS pg_catalog.text
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 10000 AS 'MODULE_PATHNAME', 'prompt_wrapper';
COMMENT ON FUNCTION insightflow.prompt(pg_catalog.text) IS 'exactly what a language model would be sent for a question; nothing is sent';
REVOKE ALL ON FUNCTION insightflow.prompt(pg_catalog.text) FROM PUBLIC;

------------------------------------------------------------------------------------------------------------------
-- Routing: who wrote the SQL of a literal question is known when it runs
------------------------------------------------------------------------------------------------------------------

-- PUBLIC may execute it because it checks by itself that the caller may execute ask() or run().
CREATE FUNCTION insightflow.answer_table(question pg_catalog.text, sql pg_catalog.text, relations pg_catalog.regclass[], source pg_catalog.text DEFAULT NULL) RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'answer_table';
COMMENT ON FUNCTION insightflow.answer_table(pg_catalog.text, pg_catalog.text, pg_catalog.regclass[], pg_catalog.text) IS 'internal: a call of ask() or run() after analysis';

------------------------------------------------------------------------------------------------------------------
-- What the language model costs
------------------------------------------------------------------------------------------------------------------

-- Prices change, and differ by contract, so none is entered here: without a row the cost of a call is not known, and is null in
-- the history.
CREATE TABLE insightflow.price (
    provider pg_catalog.text NOT NULL,
    model pg_catalog.text NOT NULL,
    valid_from pg_catalog.date NOT NULL DEFAULT '-infinity',
    input_usd pg_catalog.numeric NOT NULL CHECK (input_usd OPERATOR(pg_catalog.>=) 0),
    output_usd pg_catalog.numeric NOT NULL CHECK (output_usd OPERATOR(pg_catalog.>=) 0),
    cache_read_usd pg_catalog.numeric CHECK (cache_read_usd OPERATOR(pg_catalog.>=) 0),
    cache_write_usd pg_catalog.numeric CHECK (cache_write_usd OPERATOR(pg_catalog.>=) 0),
    PRIMARY KEY (provider, model, valid_from));
COMMENT ON TABLE insightflow.price IS 'what a million tokens of a language model cost, in US dollars; the row with the longest model that fits and the latest valid_from that has come holds';
COMMENT ON COLUMN insightflow.price.provider IS 'as in insightflow.provider';
COMMENT ON COLUMN insightflow.price.model IS 'a pattern for LIKE: the name of a model, or its beginning and %';
COMMENT ON COLUMN insightflow.price.valid_from IS 'the first day on which this price holds';
COMMENT ON COLUMN insightflow.price.input_usd IS 'for a million tokens of prompts';
COMMENT ON COLUMN insightflow.price.output_usd IS 'for a million tokens that the model writes';
COMMENT ON COLUMN insightflow.price.cache_read_usd IS 'for a million tokens that the provider had cached; null: as input_usd';
COMMENT ON COLUMN insightflow.price.cache_write_usd IS 'for a million tokens that the provider puts into its cache; null: as input_usd';
REVOKE ALL ON insightflow.price FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('insightflow.price', '');

CREATE FUNCTION insightflow.forget_translations() RETURNS pg_catalog.int8
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'forget_translations_wrapper';
COMMENT ON FUNCTION insightflow.forget_translations() IS 'has every session ask the language model anew; gives the number of translations that sessions shared';
REVOKE ALL ON FUNCTION insightflow.forget_translations() FROM PUBLIC;

COMMENT ON COLUMN insightflow.query_log.status IS 'answered, refused or failed; translated: a language model was paid for a question that was not run';
COMMENT ON COLUMN insightflow.query_log.error IS 'the error message; of an answered question: why the language model was not used';
COMMENT ON COLUMN insightflow.query_log.source IS 'who wrote the SQL: embedded (the embedded translator), model (a language model), verified (a person, who approved it) or caller (insightflow.run)';

------------------------------------------------------------------------------------------------------------------
-- Access and limits
------------------------------------------------------------------------------------------------------------------

-- Empty at first: without a tier there are no limits but the settings.
CREATE TABLE insightflow.tier (
    name pg_catalog.text PRIMARY KEY CHECK (name OPERATOR(pg_catalog.<>) ''),
    per_minute pg_catalog.int4 CHECK (per_minute OPERATOR(pg_catalog.>=) 0),
    per_hour pg_catalog.int4 CHECK (per_hour OPERATOR(pg_catalog.>=) 0),
    per_day pg_catalog.int4 CHECK (per_day OPERATOR(pg_catalog.>=) 0),
    cost_per_day pg_catalog.numeric CHECK (cost_per_day OPERATOR(pg_catalog.>=) 0 AND cost_per_day OPERATOR(pg_catalog.<) 'Infinity'),
    max_rows pg_catalog.int4 CHECK (max_rows OPERATOR(pg_catalog.>=) 1),
    statement_timeout pg_catalog.interval CHECK (statement_timeout OPERATOR(pg_catalog.>=) '1 millisecond'),
    model pg_catalog.bool NOT NULL DEFAULT true);
COMMENT ON TABLE insightflow.tier IS 'how much a role may ask; the tier named default holds for every role that no other tier holds for';
COMMENT ON COLUMN insightflow.tier.name IS 'what insightflow.enroll() calls it';
COMMENT ON COLUMN insightflow.tier.per_minute IS 'questions per minute: so many at once, then one each 60 seconds / per_minute; null is no limit, as in the other columns; a change holds at once';
COMMENT ON COLUMN insightflow.tier.per_hour IS 'questions per hour';
COMMENT ON COLUMN insightflow.tier.per_day IS 'questions per day';
COMMENT ON COLUMN insightflow.tier.cost_per_day IS 'what calls of language models may cost per day, in US dollars';
COMMENT ON COLUMN insightflow.tier.max_rows IS 'most rows of an answer; insightflow.max_rows can only lower it';
COMMENT ON COLUMN insightflow.tier.statement_timeout IS 'longest time of an answer; insightflow.statement_timeout can only lower it';
COMMENT ON COLUMN insightflow.tier.model IS 'whether a language model may be asked';
REVOKE ALL ON insightflow.tier FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('insightflow.tier', '');

-- A role of its own type: it goes with ALTER ROLE … RENAME, a dump holds its name, and pg_upgrade keeps its OID.
CREATE TABLE insightflow.enrollment (
    role pg_catalog.regrole PRIMARY KEY,
    tier pg_catalog.text REFERENCES insightflow.tier ON UPDATE CASCADE,
    enrolled_by pg_catalog.name NOT NULL DEFAULT session_user,
    enrolled_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now());
COMMENT ON TABLE insightflow.enrollment IS 'who was enrolled, filled by insightflow.enroll()';
COMMENT ON COLUMN insightflow.enrollment.role IS 'the role; its members that are not enrolled themselves have its tier';
COMMENT ON COLUMN insightflow.enrollment.tier IS 'null: the tier named default';
COMMENT ON COLUMN insightflow.enrollment.enrolled_by IS 'the login that enrolled it';
COMMENT ON COLUMN insightflow.enrollment.enrolled_at IS 'when';
REVOKE ALL ON insightflow.enrollment FROM PUBLIC;
-- A role that was dropped has no name that could be restored.
SELECT pg_catalog.pg_extension_config_dump('insightflow.enrollment', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = role)');

CREATE FUNCTION insightflow.limits_changed() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'limits_changed_trigger';
COMMENT ON FUNCTION insightflow.limits_changed() IS 'internal: has every session read tiers and enrollments anew';
REVOKE ALL ON FUNCTION insightflow.limits_changed() FROM PUBLIC;
CREATE TRIGGER limits_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insightflow.tier
    FOR EACH STATEMENT EXECUTE FUNCTION insightflow.limits_changed();
CREATE TRIGGER limits_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insightflow.enrollment
    FOR EACH STATEMENT EXECUTE FUNCTION insightflow.limits_changed();

CREATE INDEX query_log_session_role_asked_at ON insightflow.query_log (session_role, asked_at DESC);
COMMENT ON INDEX insightflow.query_log_session_role_asked_at IS 'for: what has this login asked lately';

-- What an enrolled role may execute.
CREATE FUNCTION insightflow.enrolled_functions() RETURNS SETOF pg_catalog.regprocedure
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.oid::regprocedure
    FROM pg_proc p
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
                    AND d.refclassid = 'pg_extension'::regclass
    JOIN pg_extension e ON e.oid = d.refobjid
    WHERE e.extname = 'insightflow'
      AND p.proname IN ('ask', 'run', 'to_sql', 'explain', 'check_sql', 'answer', 'prompt', 'suggest', 'clarify', 'why', 'chart', 'report',
                        'new_conversation', 'feedback')
    ORDER BY p.oid
$$;
COMMENT ON FUNCTION insightflow.enrolled_functions() IS 'internal: what insightflow.enroll() lets a role execute';
REVOKE ALL ON FUNCTION insightflow.enrolled_functions() FROM PUBLIC;

-- Administrators. The right to administer is the right to execute enroll(): a plain GRANT gives it, and
-- make_administrator() gives with it what belongs to it. enroll() and withdraw() grant as the owner of the extension,
-- so that every administrator can take back what another one has granted.
CREATE FUNCTION insightflow.enroll(role pg_catalog.regrole, tier pg_catalog.text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    granted regprocedure;
    home regnamespace := (SELECT e.extnamespace FROM pg_extension e WHERE e.extname = 'insightflow');
BEGIN
    IF role IS NULL THEN
        RAISE EXCEPTION 'the role is null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = role) THEN
        RAISE EXCEPTION 'role % does not exist', role USING ERRCODE = 'undefined_object';
    END IF;
    IF tier IS NOT NULL AND NOT EXISTS (SELECT FROM insightflow.tier t WHERE t.name = tier) THEN
        RAISE EXCEPTION 'tier "%" does not exist', tier
            USING ERRCODE = 'undefined_object', HINT = 'INSERT it INTO insightflow.tier first.';
    END IF;
    -- One after the other: two grants on the same object cannot be made at the same time.
    LOCK TABLE insightflow.enrollment IN SHARE ROW EXCLUSIVE MODE;
    -- withdraw() leaves this grant: other things may stand in the schema of ask().
    IF NOT has_schema_privilege(role, home, 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %s TO %s', home, role);
    END IF;
    FOR granted IN SELECT insightflow.enrolled_functions() LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', granted, role);
    END LOOP;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON TABLE insightflow.query_feedback TO %s', role);
    EXECUTE format('GRANT SELECT ON TABLE insightflow.query_log TO %s', role);
    INSERT INTO insightflow.enrollment AS e (role, tier) VALUES ($1, $2)
    ON CONFLICT ON CONSTRAINT enrollment_pkey
    DO UPDATE SET tier = EXCLUDED.tier, enrolled_by = EXCLUDED.enrolled_by, enrolled_at = EXCLUDED.enrolled_at;
END
$$;
COMMENT ON FUNCTION insightflow.enroll(pg_catalog.regrole, pg_catalog.text) IS 'lets a role, and with it its members, ask questions within the limits of a tier and see its own history';
REVOKE ALL ON FUNCTION insightflow.enroll(pg_catalog.regrole, pg_catalog.text) FROM PUBLIC;

CREATE FUNCTION insightflow.withdraw(role pg_catalog.regrole) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    granted regprocedure;
BEGIN
    -- One after the other: two grants on the same object cannot be made at the same time.
    LOCK TABLE insightflow.enrollment IN SHARE ROW EXCLUSIVE MODE;
    -- Also of a role that was dropped meanwhile.
    DELETE FROM insightflow.enrollment e WHERE e.role = $1;
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = $1) THEN
        IF FOUND THEN
            RETURN;
        END IF;
        RAISE EXCEPTION 'role % does not exist', $1 USING ERRCODE = 'undefined_object';
    END IF;
    FOR granted IN SELECT insightflow.enrolled_functions() LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %s', granted, $1);
    END LOOP;
    EXECUTE format('REVOKE SELECT, INSERT, UPDATE ON TABLE insightflow.query_feedback FROM %s', $1);
    EXECUTE format('REVOKE SELECT ON TABLE insightflow.query_log FROM %s', $1);
END
$$;
COMMENT ON FUNCTION insightflow.withdraw(pg_catalog.regrole) IS 'takes back what insightflow.enroll() granted';
REVOKE ALL ON FUNCTION insightflow.withdraw(pg_catalog.regrole) FROM PUBLIC;

CREATE FUNCTION insightflow.check_administrator() RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT has_function_privilege('insightflow.enroll(regrole, text)', 'EXECUTE') THEN
        RAISE EXCEPTION 'only administrators of insightflow may do this'
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'The owner of the extension makes administrators: SELECT insightflow.make_administrator(role).';
    END IF;
END
$$;
COMMENT ON FUNCTION insightflow.check_administrator() IS 'internal: raises 42501 unless the caller may administer the extension';
REVOKE ALL ON FUNCTION insightflow.check_administrator() FROM PUBLIC;

CREATE POLICY administrators ON insightflow.query_log FOR SELECT
    USING ((SELECT pg_catalog.has_function_privilege('insightflow.enroll(pg_catalog.regrole, pg_catalog.text)'::pg_catalog.regprocedure, 'EXECUTE')));
COMMENT ON POLICY administrators ON insightflow.query_log IS 'who may execute insightflow.enroll() sees all';

-- Feedback. Who may write what is said by its policy, so it holds for a plain INSERT too: everyone rates, under his current
-- role, questions that he can see, and offers only SQL that the guard lets him run. It belongs to the history, and like that
-- is carried by pg_dump by choice.
CREATE TABLE insightflow.query_feedback (
    query_id pg_catalog.uuid,
    role pg_catalog.name DEFAULT current_user,
    rating pg_catalog.int4 NOT NULL CHECK (rating OPERATOR(pg_catalog.>=) 1 AND rating OPERATOR(pg_catalog.<=) 5),
    comment pg_catalog.text CHECK (pg_catalog.length(comment) OPERATOR(pg_catalog.<=) 4000),
    corrected_sql pg_catalog.text,
    given_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (query_id, role));
ALTER TABLE insightflow.query_feedback ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON insightflow.query_feedback
    USING (role OPERATOR(pg_catalog.=) current_user)
    WITH CHECK (role OPERATOR(pg_catalog.=) current_user
                AND EXISTS (SELECT FROM insightflow.query_log q WHERE q.id OPERATOR(pg_catalog.=) query_id)
                AND (corrected_sql IS NULL OR EXISTS (SELECT FROM insightflow.check_sql(corrected_sql) c WHERE c.allowed)));
COMMENT ON POLICY own_rows ON insightflow.query_feedback IS 'everyone writes and sees his own, about questions that he can see';
CREATE POLICY administrators ON insightflow.query_feedback FOR SELECT
    USING ((SELECT pg_catalog.has_function_privilege('insightflow.enroll(pg_catalog.regrole, pg_catalog.text)'::pg_catalog.regprocedure, 'EXECUTE')));
COMMENT ON POLICY administrators ON insightflow.query_feedback IS 'who may execute insightflow.enroll() sees all';
COMMENT ON TABLE insightflow.query_feedback IS 'what people thought of answers, filled by insightflow.feedback()';
COMMENT ON COLUMN insightflow.query_feedback.query_id IS 'as in insightflow.query_log';
COMMENT ON COLUMN insightflow.query_feedback.role IS 'who thought so: the current role';
COMMENT ON COLUMN insightflow.query_feedback.rating IS '1 (wrong) to 5 (right)';
COMMENT ON COLUMN insightflow.query_feedback.comment IS 'in words';
COMMENT ON COLUMN insightflow.query_feedback.corrected_sql IS 'the SQL that should have run; the guard has let it pass for this role';
COMMENT ON COLUMN insightflow.query_feedback.given_at IS 'when';
REVOKE ALL ON insightflow.query_feedback FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('insightflow.query_feedback', 'WHERE coalesce(nullif(pg_catalog.current_setting(''insightflow.dump_history'', true), '''')::pg_catalog.bool, false)');

-- With the caller's own rights and search_path: the policy above decides, and corrected_sql means what it means to him.
CREATE FUNCTION insightflow.feedback(query_id pg_catalog.uuid, rating pg_catalog.int4, comment pg_catalog.text DEFAULT NULL, corrected_sql pg_catalog.text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    why pg_catalog.text;
BEGIN
    IF rating IS NULL OR rating OPERATOR(pg_catalog.<) 1 OR rating OPERATOR(pg_catalog.>) 5 THEN
        RAISE EXCEPTION 'a rating is a number from 1 to 5' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT EXISTS (SELECT FROM insightflow.query_log q WHERE q.id OPERATOR(pg_catalog.=) $1) THEN
        RAISE EXCEPTION 'there is no question % that role % can see', $1, current_user
            USING ERRCODE = 'insufficient_privilege', HINT = 'insightflow.query_log shows yours; the row of a question comes a moment after its answer.';
    END IF;
    IF corrected_sql IS NOT NULL THEN
        SELECT c.reason INTO why FROM insightflow.check_sql($4) c WHERE NOT c.allowed;
        IF FOUND THEN
            RAISE EXCEPTION 'the guard refuses the corrected SQL' USING ERRCODE = 'insufficient_privilege', DETAIL = why;
        END IF;
    END IF;
    INSERT INTO insightflow.query_feedback (query_id, rating, comment, corrected_sql) VALUES ($1, $2, $3, $4)
    ON CONFLICT ON CONSTRAINT query_feedback_pkey DO UPDATE
    SET rating = EXCLUDED.rating, comment = EXCLUDED.comment, corrected_sql = EXCLUDED.corrected_sql, given_at = EXCLUDED.given_at;
END
$$;
COMMENT ON FUNCTION insightflow.feedback(pg_catalog.uuid, pg_catalog.int4, pg_catalog.text, pg_catalog.text) IS 'rates an answer from 1 to 5; a corrected SQL becomes a candidate for a verified query, which an administrator approves with insightflow.verify(id)';
REVOKE ALL ON FUNCTION insightflow.feedback(pg_catalog.uuid, pg_catalog.int4, pg_catalog.text, pg_catalog.text) FROM PUBLIC;

-- What an administrator may do besides asking.
CREATE FUNCTION insightflow.administrator_grants() RETURNS TABLE (privileges pg_catalog.text, object pg_catalog.text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'EXECUTE', format('FUNCTION %s', p.oid::regprocedure)
    FROM pg_proc p
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
                    AND d.refclassid = 'pg_extension'::regclass
    JOIN pg_extension e ON e.oid = d.refobjid
    WHERE e.extname = 'insightflow' AND p.proname IN ('define_synonym', 'define_term', 'define_metric', 'define_segment', 'define_note', 'find_object', 'is_expression', 'check_sql',
          'hide', 'unhide', 'undefine', 'verify', 'unverify', 'enroll', 'withdraw', 'enrolled_functions', 'check_administrator', 'health')
    UNION ALL
    SELECT t.privileges, format('TABLE insightflow.%I', t.name)
    FROM (VALUES ('tier', 'SELECT, INSERT, UPDATE, DELETE'), ('enrollment', 'SELECT'), ('query_log', 'SELECT'), ('query_feedback', 'SELECT'),
                 ('verified_query', 'SELECT, INSERT, UPDATE, DELETE'), ('vocabulary', 'SELECT, INSERT, UPDATE, DELETE'),
                 ('price', 'SELECT, INSERT, UPDATE, DELETE'), ('model_price', 'SELECT, INSERT, UPDATE, DELETE')) AS t (name, privileges)
    WHERE to_regclass('insightflow.' || t.name) IS NOT NULL
$$;
COMMENT ON FUNCTION insightflow.administrator_grants() IS 'internal: what insightflow.make_administrator() grants';
REVOKE ALL ON FUNCTION insightflow.administrator_grants() FROM PUBLIC;

-- Not SECURITY DEFINER, and not for administrators: PostgreSQL lets only the owner and superusers grant this.
CREATE FUNCTION insightflow.make_administrator(role pg_catalog.regrole) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    what record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = role) THEN
        RAISE EXCEPTION 'role % does not exist', role USING ERRCODE = 'undefined_object';
    END IF;
    LOCK TABLE insightflow.enrollment IN SHARE ROW EXCLUSIVE MODE;
    FOR what IN SELECT * FROM insightflow.administrator_grants() LOOP
        EXECUTE format('GRANT %s ON %s TO %s', what.privileges, what.object, role);
    END LOOP;
END
$$;
COMMENT ON FUNCTION insightflow.make_administrator(pg_catalog.regrole) IS 'lets a role enroll and withdraw others, set tiers and prices, see all history and feedback, and approve verified queries';
REVOKE ALL ON FUNCTION insightflow.make_administrator(pg_catalog.regrole) FROM PUBLIC;

CREATE FUNCTION insightflow.unmake_administrator(role pg_catalog.regrole) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    what record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = role) THEN
        RAISE EXCEPTION 'role % does not exist', role USING ERRCODE = 'undefined_object';
    END IF;
    LOCK TABLE insightflow.enrollment IN SHARE ROW EXCLUSIVE MODE;
    FOR what IN SELECT * FROM insightflow.administrator_grants() LOOP
        EXECUTE format('REVOKE %s ON %s FROM %s', what.privileges, what.object, role);
    END LOOP;
    -- An enrolled role goes on seeing its own history.
    IF EXISTS (SELECT FROM insightflow.enrollment e WHERE e.role = $1) THEN
        EXECUTE format('GRANT SELECT ON TABLE insightflow.query_log, insightflow.query_feedback TO %s', role);
    END IF;
END
$$;
COMMENT ON FUNCTION insightflow.unmake_administrator(pg_catalog.regrole) IS 'takes back what insightflow.make_administrator() granted';
REVOKE ALL ON FUNCTION insightflow.unmake_administrator(pg_catalog.regrole) FROM PUBLIC;

CREATE FUNCTION insightflow.health(OUT component pg_catalog.text, OUT status pg_catalog.text, OUT detail pg_catalog.text) RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'health_wrapper';
COMMENT ON FUNCTION insightflow.health() IS 'what is in order and what is not';
REVOKE ALL ON FUNCTION insightflow.health() FROM PUBLIC;

-- Roles that release 0.1.0 has enrolled: those that hold by themselves all that its enroll() granted.
DO $$
DECLARE
    enrolled pg_catalog.regrole;
BEGIN
    FOR enrolled IN
        SELECT a.grantee
        FROM pg_catalog.pg_proc p
        JOIN insightflow.enrolled_functions() f ON f OPERATOR(pg_catalog.=) p.oid
        CROSS JOIN pg_catalog.aclexplode(p.proacl) a
        WHERE p.proname OPERATOR(pg_catalog.=) ANY ('{ask,run,to_sql,explain,check_sql}'::pg_catalog.name[])
          AND a.grantee OPERATOR(pg_catalog.<>) 0 AND a.grantee OPERATOR(pg_catalog.<>) p.proowner
        GROUP BY a.grantee
        HAVING pg_catalog.count(DISTINCT p.oid) OPERATOR(pg_catalog.=) 8
           AND pg_catalog.has_table_privilege(a.grantee, 'insightflow.query_log', 'SELECT')
    LOOP
        PERFORM insightflow.enroll(enrolled);
    END LOOP;
END
$$;

-- Vocabulary: what words of the business mean; questions whose SQL a person has approved
------------------------------------------------------------------------------------------------------------------

-- Objects are kept by name, so that pg_dump carries them. Whoever may INSERT here (the owner of the extension and whom he
-- grants it) decides what words mean for everyone: anybody else could change the answers of others.
CREATE TABLE insightflow.vocabulary (
    id pg_catalog.uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    kind pg_catalog.text NOT NULL CHECK (kind OPERATOR(pg_catalog.=) ANY ('{synonym,metric,segment,note,hidden}'::pg_catalog.text[])),
    schema_name pg_catalog.name,
    table_name pg_catalog.name,
    column_name pg_catalog.name,
    words pg_catalog.text[] NOT NULL DEFAULT '{}',
    definition pg_catalog.text,
    description pg_catalog.text,
    defined_by pg_catalog.name NOT NULL DEFAULT session_user,
    defined_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CHECK (kind OPERATOR(pg_catalog.=) 'note' OR schema_name IS NOT NULL AND table_name IS NOT NULL));
COMMENT ON TABLE insightflow.vocabulary IS 'what words of the business mean: synonyms, metrics, segments, notes, and what is hidden from questions';
COMMENT ON COLUMN insightflow.vocabulary.kind IS 'synonym, metric, segment, note or hidden';
COMMENT ON COLUMN insightflow.vocabulary.schema_name IS 'the schema of the table that it is about';
COMMENT ON COLUMN insightflow.vocabulary.table_name IS 'the table that it is about';
COMMENT ON COLUMN insightflow.vocabulary.column_name IS 'the column; null: the whole table';
COMMENT ON COLUMN insightflow.vocabulary.words IS 'the words of a synonym; the name of a metric or a segment, and its synonyms';
COMMENT ON COLUMN insightflow.vocabulary.definition IS 'the expression of a metric, the predicate of a segment, the text of a note';
COMMENT ON COLUMN insightflow.vocabulary.description IS 'for people and for the language model';
COMMENT ON COLUMN insightflow.vocabulary.defined_by IS 'the login that defined it';
COMMENT ON COLUMN insightflow.vocabulary.defined_at IS 'when';
REVOKE ALL ON insightflow.vocabulary FROM PUBLIC;
-- A question is read with the vocabulary as its asker; row security shows no object that he cannot see.
GRANT SELECT ON insightflow.vocabulary TO PUBLIC;
ALTER TABLE insightflow.vocabulary ENABLE ROW LEVEL SECURITY;
CREATE POLICY administrators ON insightflow.vocabulary
    USING ((SELECT pg_catalog.has_table_privilege('insightflow.vocabulary', 'INSERT')));
CREATE POLICY visible_objects ON insightflow.vocabulary FOR SELECT
    USING (table_name IS NULL OR EXISTS (
        SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE n.nspname OPERATOR(pg_catalog.=) schema_name AND c.relname OPERATOR(pg_catalog.=) table_name
          AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
          AND (pg_catalog.has_table_privilege(c.oid, 'SELECT')
               OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT') AND NOT EXISTS (
                   -- A column of the table that he may not read, and that the row is about or names as a word.
                   SELECT FROM pg_catalog.pg_attribute a
                   WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
                     AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
                     AND (a.attname OPERATOR(pg_catalog.=) column_name
                          OR definition OPERATOR(pg_catalog.~*) pg_catalog.concat('(^|\W)', pg_catalog.regexp_replace(a.attname::pg_catalog.text, '(\W)', '\\\1', 'g'), '($|\W)'))))));
COMMENT ON POLICY administrators ON insightflow.vocabulary IS 'who may insert sees and changes all';
COMMENT ON POLICY visible_objects ON insightflow.vocabulary IS 'what is about a table is seen by those who may read it, and all columns that are named';
SELECT pg_catalog.pg_extension_config_dump('insightflow.vocabulary', '');

CREATE TABLE insightflow.verified_query (
    id pg_catalog.uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    question pg_catalog.text NOT NULL,
    sql pg_catalog.text NOT NULL,
    status pg_catalog.text NOT NULL DEFAULT 'candidate' CHECK (status OPERATOR(pg_catalog.=) ANY ('{candidate,approved}'::pg_catalog.text[])),
    schemas pg_catalog.name[],
    tables pg_catalog.name[],
    created_by pg_catalog.name NOT NULL DEFAULT session_user,
    created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
    approved_by pg_catalog.name,
    approved_at pg_catalog.timestamptz,
    query_id pg_catalog.uuid);
COMMENT ON TABLE insightflow.verified_query IS 'questions with the SQL that answers them; only what is approved answers';
COMMENT ON COLUMN insightflow.verified_query.question IS 'in plain words';
COMMENT ON COLUMN insightflow.verified_query.sql IS 'one SELECT';
COMMENT ON COLUMN insightflow.verified_query.status IS 'candidate (waits for insightflow.verify(id)) or approved';
COMMENT ON COLUMN insightflow.verified_query.schemas IS 'the schemas of the tables it reads, in the order of tables; null before it is approved';
COMMENT ON COLUMN insightflow.verified_query.tables IS 'the tables it reads: only who may read them all sees the row';
COMMENT ON COLUMN insightflow.verified_query.created_by IS 'who proposed it: the login, or the current role of who gave feedback';
COMMENT ON COLUMN insightflow.verified_query.created_at IS 'when';
COMMENT ON COLUMN insightflow.verified_query.approved_by IS 'the login that approved it';
COMMENT ON COLUMN insightflow.verified_query.approved_at IS 'when';
COMMENT ON COLUMN insightflow.verified_query.query_id IS 'the question of insightflow.query_log that it corrects; null: insightflow.verify() made it';
CREATE INDEX verified_query_approved ON insightflow.verified_query (approved_at DESC) WHERE status OPERATOR(pg_catalog.=) 'approved';
COMMENT ON INDEX insightflow.verified_query_approved IS 'for: the latest approved';
CREATE INDEX verified_query_candidate ON insightflow.verified_query (query_id, created_by) WHERE status OPERATOR(pg_catalog.=) 'candidate';
COMMENT ON INDEX insightflow.verified_query_candidate IS 'for: the candidate of a feedback';
REVOKE ALL ON insightflow.verified_query FROM PUBLIC;
GRANT SELECT ON insightflow.verified_query TO PUBLIC;
ALTER TABLE insightflow.verified_query ENABLE ROW LEVEL SECURITY;
CREATE POLICY administrators ON insightflow.verified_query
    USING ((SELECT pg_catalog.has_table_privilege('insightflow.verified_query', 'INSERT')));
CREATE POLICY readable_tables ON insightflow.verified_query FOR SELECT
    USING (status OPERATOR(pg_catalog.=) 'approved' AND tables IS NOT NULL AND NOT EXISTS (
        SELECT FROM ROWS FROM (pg_catalog.unnest(schemas), pg_catalog.unnest(tables)) AS u (s, t)
        WHERE NOT EXISTS (
            SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            WHERE n.nspname OPERATOR(pg_catalog.=) u.s AND c.relname OPERATOR(pg_catalog.=) u.t
              AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'))));
COMMENT ON POLICY administrators ON insightflow.verified_query IS 'who may insert sees and changes all';
COMMENT ON POLICY readable_tables ON insightflow.verified_query IS 'what is approved is seen by those who may read all its tables';
CREATE POLICY own_candidates ON insightflow.verified_query FOR SELECT
    USING (status OPERATOR(pg_catalog.=) 'candidate' AND created_by OPERATOR(pg_catalog.=) current_user);
COMMENT ON POLICY own_candidates ON insightflow.verified_query IS 'everyone sees what he has proposed until it is approved or removed';
SELECT pg_catalog.pg_extension_config_dump('insightflow.verified_query', '');

CREATE FUNCTION insightflow.announce_change(relation pg_catalog.oid) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'announce_change_wrapper';
COMMENT ON FUNCTION insightflow.announce_change(pg_catalog.oid) IS 'internal: has every session read a table of ours anew';
REVOKE ALL ON FUNCTION insightflow.announce_change(pg_catalog.oid) FROM PUBLIC;

CREATE FUNCTION insightflow.vocabulary_changed() RETURNS trigger
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM insightflow.announce_change(TG_RELID);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION insightflow.vocabulary_changed() IS 'internal: has every session read the vocabulary anew';
REVOKE ALL ON FUNCTION insightflow.vocabulary_changed() FROM PUBLIC;
CREATE TRIGGER vocabulary_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insightflow.vocabulary
    FOR EACH STATEMENT EXECUTE FUNCTION insightflow.vocabulary_changed();
-- Only what is approved means anything to sessions: feedback, which everyone may give, does not have them read their catalogs anew.
CREATE TRIGGER vocabulary_truncated AFTER TRUNCATE ON insightflow.verified_query
    FOR EACH STATEMENT EXECUTE FUNCTION insightflow.vocabulary_changed();
CREATE TRIGGER vocabulary_added AFTER INSERT ON insightflow.verified_query
    FOR EACH ROW WHEN (NEW.status OPERATOR(pg_catalog.=) 'approved') EXECUTE FUNCTION insightflow.vocabulary_changed();
CREATE TRIGGER vocabulary_changed AFTER UPDATE ON insightflow.verified_query
    FOR EACH ROW WHEN (OLD.status OPERATOR(pg_catalog.=) 'approved' OR NEW.status OPERATOR(pg_catalog.=) 'approved')
    EXECUTE FUNCTION insightflow.vocabulary_changed();
CREATE TRIGGER vocabulary_removed AFTER DELETE ON insightflow.verified_query
    FOR EACH ROW WHEN (OLD.status OPERATOR(pg_catalog.=) 'approved') EXECUTE FUNCTION insightflow.vocabulary_changed();

-- A corrected SQL has passed the guard when it stands in query_feedback: its policy says so. Candidates are written by the owner
-- of the extension because only administrators may write the table.
CREATE FUNCTION insightflow.feedback_given() RETURNS trigger
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM insightflow.verified_query v
        WHERE v.status = 'candidate' AND v.query_id = OLD.query_id AND v.created_by = OLD.role
          AND (v.query_id, v.created_by, v.sql) IS DISTINCT FROM (NEW.query_id, NEW.role, NEW.corrected_sql);
    END IF;
    -- A dump that is restored brings its candidates along, before or after its feedback.
    IF NEW.corrected_sql IS NOT NULL AND (TG_OP = 'UPDATE' OR NEW.given_at = now()) THEN
        -- A statement of the caller himself (insightflow.run) has no question that it could answer.
        INSERT INTO insightflow.verified_query (question, sql, created_by, query_id)
        SELECT q.question, NEW.corrected_sql, NEW.role, NEW.query_id
        FROM insightflow.query_log q
        WHERE q.id = NEW.query_id AND q.question IS NOT NULL
          AND NOT EXISTS (SELECT FROM insightflow.verified_query v
                          WHERE v.sql = NEW.corrected_sql
                            AND (v.query_id = NEW.query_id AND v.created_by = NEW.role OR v.question = q.question AND v.status = 'approved'));
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION insightflow.feedback_given() IS 'internal: a corrected SQL becomes a candidate for a verified query, and is none any more when it is taken back';
REVOKE ALL ON FUNCTION insightflow.feedback_given() FROM PUBLIC;
CREATE TRIGGER feedback_given AFTER INSERT OR UPDATE ON insightflow.query_feedback
    FOR EACH ROW EXECUTE FUNCTION insightflow.feedback_given();

CREATE FUNCTION insightflow.is_expression(expression pg_catalog.text) RETURNS pg_catalog.bool
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'is_expression_wrapper';
COMMENT ON FUNCTION insightflow.is_expression(pg_catalog.text) IS 'internal: whether a text is one SQL expression without a subquery';
REVOKE ALL ON FUNCTION insightflow.is_expression(pg_catalog.text) FROM PUBLIC;

-- The caller's search_path holds in these functions, because it says which table a bare name means.
CREATE FUNCTION insightflow.find_object(object pg_catalog.text, OUT schema_name pg_catalog.name, OUT table_name pg_catalog.name, OUT column_name pg_catalog.name)
    LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    parts pg_catalog.text[] := pg_catalog.parse_ident(object);
    many pg_catalog.int8;
BEGIN
    SELECT pg_catalog.count(*) OVER (), f.s, f.t, f.a INTO many, schema_name, table_name, column_name
    FROM (
        SELECT n.nspname AS s, c.relname AS t, a.attname AS a
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0
             AND NOT a.attisdropped AND a.attname OPERATOR(pg_catalog.=) parts[pg_catalog.cardinality(parts)]::pg_catalog.name
        WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog."char"[])
          AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
          AND (pg_catalog.has_table_privilege(c.oid, 'SELECT') OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))
          AND CASE
              WHEN pg_catalog.cardinality(parts) OPERATOR(pg_catalog.=) 2 THEN c.relname OPERATOR(pg_catalog.=) parts[1]::pg_catalog.name AND pg_catalog.pg_table_is_visible(c.oid)
              WHEN pg_catalog.cardinality(parts) OPERATOR(pg_catalog.=) 3 THEN n.nspname OPERATOR(pg_catalog.=) parts[1]::pg_catalog.name AND c.relname OPERATOR(pg_catalog.=) parts[2]::pg_catalog.name
              ELSE false END
          AND a.attname IS NOT NULL
        UNION ALL
        SELECT n.nspname, c.relname, NULL
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog."char"[])
          AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
          AND (pg_catalog.has_table_privilege(c.oid, 'SELECT') OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))
          AND CASE
              WHEN pg_catalog.cardinality(parts) OPERATOR(pg_catalog.=) 1 THEN c.relname OPERATOR(pg_catalog.=) parts[1]::pg_catalog.name AND pg_catalog.pg_table_is_visible(c.oid)
              WHEN pg_catalog.cardinality(parts) OPERATOR(pg_catalog.=) 2 THEN n.nspname OPERATOR(pg_catalog.=) parts[1]::pg_catalog.name AND c.relname OPERATOR(pg_catalog.=) parts[2]::pg_catalog.name
              ELSE false END) AS f;
    IF many IS NULL THEN
        RAISE EXCEPTION 'there is no table or column % that you may read', object USING ERRCODE = 'undefined_object',
            HINT = 'Write table, table.column, schema.table or schema.table.column; a name with capital letters stands in double quotes.';
    ELSIF many OPERATOR(pg_catalog.>) 1 THEN
        RAISE EXCEPTION '% is a table and a column', object USING ERRCODE = 'ambiguous_alias', HINT = 'Write schema.table.column.';
    END IF;
END
$$;
COMMENT ON FUNCTION insightflow.find_object(pg_catalog.text) IS 'internal: the table or column that a name means to the caller';
REVOKE ALL ON FUNCTION insightflow.find_object(pg_catalog.text) FROM PUBLIC;

CREATE FUNCTION insightflow.define_synonym(object pg_catalog.text, VARIADIC words pg_catalog.text[]) RETURNS pg_catalog.uuid
    LANGUAGE sql VOLATILE STRICT AS $$
    INSERT INTO insightflow.vocabulary (kind, schema_name, table_name, column_name, words)
    SELECT 'synonym', f.schema_name, f.table_name, f.column_name, words FROM insightflow.find_object(object) AS f
    RETURNING id
$$;
COMMENT ON FUNCTION insightflow.define_synonym(pg_catalog.text, pg_catalog.text[]) IS 'other words for a table or a column, for everyone';
REVOKE ALL ON FUNCTION insightflow.define_synonym(pg_catalog.text, pg_catalog.text[]) FROM PUBLIC;

CREATE FUNCTION insightflow.define_term(kind pg_catalog.text, name pg_catalog.text, definition pg_catalog.text, on_table pg_catalog.text, description pg_catalog.text, synonyms pg_catalog.text[]) RETURNS pg_catalog.uuid
    LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    place record;
    verdict record;
    new_id pg_catalog.uuid;
    form pg_catalog.text := CASE WHEN kind OPERATOR(pg_catalog.=) 'metric' THEN 'SELECT %3$s FROM %1$I.%2$I HAVING true'
                                 ELSE 'SELECT 1 FROM %1$I.%2$I WHERE (%3$s)' END;
BEGIN
    IF name IS NULL OR definition IS NULL OR on_table IS NULL OR pg_catalog.btrim(name) OPERATOR(pg_catalog.=) '' THEN
        RAISE EXCEPTION 'a % needs a name, a definition and a table', kind USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO place FROM insightflow.find_object(on_table);
    IF place.column_name IS NOT NULL THEN
        RAISE EXCEPTION '% is a column, not a table', on_table USING ERRCODE = 'wrong_object_type',
            HINT = 'Name its table: the definition names the columns.';
    END IF;
    IF NOT insightflow.is_expression(definition) THEN
        RAISE EXCEPTION 'the definition of % is not one SQL expression without a subquery', name USING ERRCODE = 'syntax_error',
            DETAIL = pg_catalog.format('It is: %s', definition),
            HINT = 'Write one expression to its end, without a comment and without a semicolon. What needs a subquery can be a view.';
    END IF;
    SELECT * INTO verdict FROM insightflow.check_sql(pg_catalog.format(form, place.schema_name, place.table_name, definition));
    IF NOT verdict.allowed THEN
        RAISE EXCEPTION 'the definition of % does not hold', name USING ERRCODE = 'invalid_parameter_value', DETAIL = verdict.reason,
            HINT = CASE WHEN kind OPERATOR(pg_catalog.=) 'metric' THEN 'A metric is an aggregate over the table, such as sum(price * quantity).'
                        ELSE 'A segment is a condition on the rows of the table, such as status = ''active''.' END;
    END IF;
    DELETE FROM insightflow.vocabulary v
    WHERE v.kind OPERATOR(pg_catalog.=) $1 AND pg_catalog.lower(v.words[1]) OPERATOR(pg_catalog.=) pg_catalog.lower($2)
      AND v.schema_name OPERATOR(pg_catalog.=) place.schema_name AND v.table_name OPERATOR(pg_catalog.=) place.table_name;
    INSERT INTO insightflow.vocabulary (kind, schema_name, table_name, words, definition, description)
    VALUES ($1, place.schema_name, place.table_name, ARRAY[$2] OPERATOR(pg_catalog.||) coalesce(synonyms, '{}'), $3, $5)
    RETURNING id INTO new_id;
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION insightflow.define_term(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[]) IS 'internal: checks and stores a metric or a segment';
REVOKE ALL ON FUNCTION insightflow.define_term(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[]) FROM PUBLIC;

CREATE FUNCTION insightflow.define_metric(name pg_catalog.text, expression pg_catalog.text, on_table pg_catalog.text, description pg_catalog.text DEFAULT NULL, synonyms pg_catalog.text[] DEFAULT '{}') RETURNS pg_catalog.uuid
    LANGUAGE sql VOLATILE AS 'SELECT insightflow.define_term(''metric'', name, expression, on_table, description, synonyms)';
COMMENT ON FUNCTION insightflow.define_metric(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[]) IS 'a named aggregate over a table, for everyone; one of the same name and table is replaced';
REVOKE ALL ON FUNCTION insightflow.define_metric(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[]) FROM PUBLIC;

CREATE FUNCTION insightflow.define_segment(name pg_catalog.text, predicate pg_catalog.text, on_table pg_catalog.text, description pg_catalog.text DEFAULT NULL, synonyms pg_catalog.text[] DEFAULT '{}') RETURNS pg_catalog.uuid
    LANGUAGE sql VOLATILE AS 'SELECT insightflow.define_term(''segment'', name, predicate, on_table, description, synonyms)';
COMMENT ON FUNCTION insightflow.define_segment(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[]) IS 'a named part of the rows of a table, for everyone; one of the same name and table is replaced';
REVOKE ALL ON FUNCTION insightflow.define_segment(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[]) FROM PUBLIC;

CREATE FUNCTION insightflow.define_note(text pg_catalog.text) RETURNS pg_catalog.uuid
    LANGUAGE sql VOLATILE STRICT AS 'INSERT INTO insightflow.vocabulary (kind, definition) VALUES (''note'', text) RETURNING id';
COMMENT ON FUNCTION insightflow.define_note(pg_catalog.text) IS 'a fact about the business that the language model is told with every question';
REVOKE ALL ON FUNCTION insightflow.define_note(pg_catalog.text) FROM PUBLIC;

CREATE FUNCTION insightflow.hide(object pg_catalog.text) RETURNS void
    LANGUAGE sql VOLATILE STRICT AS $$
    INSERT INTO insightflow.vocabulary (kind, schema_name, table_name, column_name)
    SELECT 'hidden', f.schema_name, f.table_name, f.column_name FROM insightflow.find_object(object) AS f
$$;
COMMENT ON FUNCTION insightflow.hide(pg_catalog.text) IS 'takes a table or a column out of all questions; it does not protect data: privileges do';
REVOKE ALL ON FUNCTION insightflow.hide(pg_catalog.text) FROM PUBLIC;

CREATE FUNCTION insightflow.unhide(object pg_catalog.text) RETURNS void
    LANGUAGE sql VOLATILE STRICT AS $$
    DELETE FROM insightflow.vocabulary v USING insightflow.find_object(object) AS f
    WHERE v.kind OPERATOR(pg_catalog.=) 'hidden' AND v.schema_name OPERATOR(pg_catalog.=) f.schema_name
      AND v.table_name OPERATOR(pg_catalog.=) f.table_name AND coalesce(v.column_name OPERATOR(pg_catalog.=) f.column_name, v.column_name IS NULL AND f.column_name IS NULL)
$$;
COMMENT ON FUNCTION insightflow.unhide(pg_catalog.text) IS 'takes insightflow.hide() back';
REVOKE ALL ON FUNCTION insightflow.unhide(pg_catalog.text) FROM PUBLIC;

CREATE FUNCTION insightflow.undefine(id pg_catalog.uuid) RETURNS pg_catalog.bool
    LANGUAGE sql VOLATILE STRICT AS $$
    WITH gone AS (DELETE FROM insightflow.vocabulary v WHERE v.id OPERATOR(pg_catalog.=) $1 RETURNING 1)
    SELECT EXISTS (SELECT FROM gone)
$$;
COMMENT ON FUNCTION insightflow.undefine(pg_catalog.uuid) IS 'removes a row of insightflow.vocabulary; false when there is none';
REVOKE ALL ON FUNCTION insightflow.undefine(pg_catalog.uuid) FROM PUBLIC;

CREATE FUNCTION insightflow.verify(id pg_catalog.uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT AS $$
DECLARE
    verdict record;
BEGIN
    SELECT c.* INTO verdict FROM insightflow.verified_query v, insightflow.check_sql(v.sql) AS c WHERE v.id OPERATOR(pg_catalog.=) $1;
    IF verdict IS NULL OR verdict.allowed IS NULL THEN
        RAISE EXCEPTION 'there is no verified query %', id USING ERRCODE = 'undefined_object';
    ELSIF NOT verdict.allowed THEN
        RAISE EXCEPTION 'the SQL of a verified query must be one that the guard lets through' USING ERRCODE = 'invalid_parameter_value', DETAIL = verdict.reason,
            HINT = 'insightflow.check_sql(sql) says what the guard thinks of a statement, without running it.';
    END IF;
    UPDATE insightflow.verified_query v SET status = 'approved', approved_by = session_user, approved_at = pg_catalog.now(),
        schemas = ARRAY(SELECT (pg_catalog.parse_ident(r))[1]::pg_catalog.name FROM pg_catalog.unnest(verdict.relations) AS r),
        tables = ARRAY(SELECT (pg_catalog.parse_ident(r))[2]::pg_catalog.name FROM pg_catalog.unnest(verdict.relations) AS r)
    WHERE v.id OPERATOR(pg_catalog.=) $1;
END
$$;
COMMENT ON FUNCTION insightflow.verify(pg_catalog.uuid) IS 'approves a candidate: from now on it answers its question for everyone who may read its tables';
REVOKE ALL ON FUNCTION insightflow.verify(pg_catalog.uuid) FROM PUBLIC;

CREATE FUNCTION insightflow.verify(question pg_catalog.text, sql pg_catalog.text) RETURNS pg_catalog.uuid
    LANGUAGE plpgsql VOLATILE STRICT AS $$
DECLARE
    new_id pg_catalog.uuid;
BEGIN
    DELETE FROM insightflow.verified_query v WHERE v.question OPERATOR(pg_catalog.=) $1;
    INSERT INTO insightflow.verified_query (question, sql) VALUES ($1, $2) RETURNING verified_query.id INTO new_id;
    PERFORM insightflow.verify(new_id);
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION insightflow.verify(pg_catalog.text, pg_catalog.text) IS 'this SQL answers this question, for everyone who may read its tables; takes the place of one for the same question';
REVOKE ALL ON FUNCTION insightflow.verify(pg_catalog.text, pg_catalog.text) FROM PUBLIC;

CREATE FUNCTION insightflow.unverify(id pg_catalog.uuid) RETURNS pg_catalog.bool
    LANGUAGE sql VOLATILE STRICT AS $$
    WITH gone AS (DELETE FROM insightflow.verified_query v WHERE v.id OPERATOR(pg_catalog.=) $1 RETURNING 1)
    SELECT EXISTS (SELECT FROM gone)
$$;
COMMENT ON FUNCTION insightflow.unverify(pg_catalog.uuid) IS 'removes a verified query or a candidate; false when there is none';
REVOKE ALL ON FUNCTION insightflow.unverify(pg_catalog.uuid) FROM PUBLIC;
