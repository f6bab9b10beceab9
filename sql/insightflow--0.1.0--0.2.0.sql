\echo Use "ALTER EXTENSION insightflow UPDATE TO '0.2.0'" to load this file. \quit

------------------------------------------------------------------------------------------------------------------
-- History: a table for each month, so that an old month is dropped and not deleted row by row
------------------------------------------------------------------------------------------------------------------

-- The months inherit from query_log, which keeps its identity: its grants, its policy, what reads it, its rows of release
-- 0.1.0 and those of servers where the library is not preloaded. To add or to drop a month locks nobody out of the others.
-- A member of the extension, a month is dropped with it and left to it by pg_dump.
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
    after timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass('insightflow.' || name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE insightflow.%I (LIKE insightflow.query_log INCLUDING ALL, CHECK (asked_at >= %L AND asked_at < %L))
                    INHERITS (insightflow.query_log)', name, first, after);
    EXECUTE format('COMMENT ON TABLE insightflow.%I IS %L', name, 'one month of insightflow.query_log; months are of UTC');
    -- Read by way of query_log, whose policy holds then. Read by itself, no row is visible to anyone but the owner.
    EXECUTE format('ALTER TABLE insightflow.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('REVOKE ALL ON insightflow.%I FROM PUBLIC', name);
    EXECUTE format('ALTER EXTENSION insightflow ADD TABLE insightflow.%I', name);
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
        WHERE i.inhparent = 'insightflow.query_log'::regclass AND c.relname ~ '^query_log_\d{4}_\d\d$'
          AND (to_date(right(c.relname, 7), 'YYYY_MM')::timestamp + interval '1 month') AT TIME ZONE 'UTC' <= before
        ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER EXTENSION insightflow DROP TABLE insightflow.%I', name);
        EXECUTE format('DROP TABLE insightflow.%I', name);
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

-- Routing: who wrote the SQL of a literal question is known when it runs
------------------------------------------------------------------------------------------------------------------

-- PUBLIC may execute it because it checks by itself that the caller may execute ask() or run().
DROP FUNCTION insightflow.answer_table(pg_catalog.text, pg_catalog.text, pg_catalog.regclass[]);
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
