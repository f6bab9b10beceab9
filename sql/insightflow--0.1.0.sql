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
