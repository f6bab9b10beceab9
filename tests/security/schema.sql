-- Traps for the guard's own corpus, beside the sample data. A trap that goes off takes a session-level advisory lock, which
-- no rollback gives back: that is how the tests see it. Every object belongs to the superuser who loads this.
CREATE SCHEMA trap;
GRANT USAGE ON SCHEMA trap TO PUBLIC;

CREATE FUNCTION trap.spring(label text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN PERFORM pg_advisory_lock(hashtext(label)); RETURN label; END $$;
CREATE FUNCTION trap.quiet(label text) RETURNS text LANGUAGE plpgsql IMMUTABLE LEAKPROOF COST 0.0001 AS
    $$ BEGIN RETURN trap.spring('quiet ' || label); END $$;
CREATE FUNCTION trap.rows_of(label text) RETURNS SETOF int LANGUAGE plpgsql STABLE AS
    $$ BEGIN PERFORM trap.spring('rows ' || label); RETURN NEXT 1; END $$;
CREATE FUNCTION trap.with_default(a int, b text DEFAULT trap.spring('default')) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE FUNCTION trap.any_sql(command text) RETURNS void LANGUAGE plpgsql STABLE AS $$ BEGIN EXECUTE command; END $$;

-- Captures a built-in by an exact match of the argument types.
CREATE FUNCTION public.initcap(varchar) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT trap.spring('initcap') $$;

CREATE FUNCTION trap.text_matches(text, text) RETURNS boolean LANGUAGE sql VOLATILE AS $$ SELECT trap.spring('operator') IS NOT NULL $$;
CREATE OPERATOR trap.<=> (FUNCTION = trap.text_matches, LEFTARG = text, RIGHTARG = text);

CREATE FUNCTION trap.keep(state text, value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(state, '') || value $$;
CREATE FUNCTION trap.finish(state text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT trap.spring('final') $$;
CREATE AGGREGATE trap.listed(text) (SFUNC = trap.keep, STYPE = text, FINALFUNC = trap.finish);
CREATE FUNCTION trap.step(state bigint, value int) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT length(trap.spring('step'))::bigint $$;
CREATE AGGREGATE trap.total(int) (SFUNC = trap.step, STYPE = bigint, INITCOND = '0');

CREATE FUNCTION trap.is_code(text) RETURNS boolean LANGUAGE sql VOLATILE AS $$ SELECT trap.spring('check') IS NOT NULL $$;
CREATE DOMAIN trap.code AS text CHECK (trap.is_code(VALUE));
CREATE DOMAIN trap.codes AS text[] CHECK (trap.is_code(VALUE[1]));
CREATE TYPE trap.tagged AS (id int, tag trap.code);
-- A domain whose check only computes.
CREATE DOMAIN trap.percent AS numeric CHECK (VALUE BETWEEN 0 AND 100);

CREATE TYPE trap.pair AS (left_part int, right_part int);
CREATE FUNCTION trap.pair_compare(trap.pair, trap.pair) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM trap.spring('compare'); RETURN $1.left_part - $2.left_part; END $$;
CREATE FUNCTION trap.pair_less(trap.pair, trap.pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.left_part < $2.left_part';
CREATE FUNCTION trap.pair_same(trap.pair, trap.pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.left_part = $2.left_part';
CREATE OPERATOR trap.<<< (FUNCTION = trap.pair_less, LEFTARG = trap.pair, RIGHTARG = trap.pair);
CREATE OPERATOR trap.=== (FUNCTION = trap.pair_same, LEFTARG = trap.pair, RIGHTARG = trap.pair);
CREATE OPERATOR CLASS trap.pair_ops DEFAULT FOR TYPE trap.pair USING btree AS
    OPERATOR 1 trap.<<<, OPERATOR 3 trap.===, FUNCTION 1 trap.pair_compare(trap.pair, trap.pair);
CREATE FUNCTION trap.pair_to_json(trap.pair) RETURNS json LANGUAGE sql VOLATILE AS $$ SELECT to_json(trap.spring('cast to json')) $$;
CREATE CAST (trap.pair AS json) WITH FUNCTION trap.pair_to_json(trap.pair);
CREATE FUNCTION trap.pair_to_int(trap.pair) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT length(trap.spring('cast')) $$;
CREATE CAST (trap.pair AS int) WITH FUNCTION trap.pair_to_int(trap.pair) AS IMPLICIT;

CREATE TABLE trap.note (id int PRIMARY KEY, owner name NOT NULL DEFAULT current_user, body text NOT NULL, place trap.pair);
INSERT INTO trap.note VALUES (1, 'postgres', 'first', ROW(1, 2)), (2, 'postgres', 'second', ROW(3, 4));
CREATE FUNCTION public.summary(trap.note) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT trap.spring('attribute') $$;

CREATE VIEW trap.watched AS SELECT id, trap.spring('view') AS seen FROM trap.note;
CREATE VIEW trap.behind AS SELECT id FROM trap.watched WHERE seen <> '';
CREATE VIEW trap.slow AS SELECT id, pg_sleep(60) IS NULL AS done FROM trap.note;
CREATE VIEW trap.settings_seen AS SELECT id, current_setting('application_name') AS client FROM trap.note;
CREATE TABLE trap.guarded (id int, body text);
INSERT INTO trap.guarded VALUES (1, 'x');
ALTER TABLE trap.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY guarded_rows ON trap.guarded USING (trap.spring('policy') <> '');
CREATE TABLE trap.tenant_row (id int, tenant text, amount numeric);
INSERT INTO trap.tenant_row VALUES (1, 'red', 10), (2, 'blue', 20);
ALTER TABLE trap.tenant_row ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON trap.tenant_row USING (tenant = coalesce(current_setting('app.tenant', true), 'red'));
CREATE TABLE trap.secret (id int, word text);
INSERT INTO trap.secret VALUES (1, 'hush');
CREATE SEQUENCE trap.tick;
CREATE FOREIGN DATA WRAPPER trap_wrapper;
CREATE SERVER trap_server FOREIGN DATA WRAPPER trap_wrapper;
CREATE FOREIGN TABLE trap.elsewhere (id int) SERVER trap_server;
CREATE TABLE trap.reading (taken_on date NOT NULL, value numeric) PARTITION BY RANGE (taken_on);
CREATE TABLE trap.reading_near PARTITION OF trap.reading FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE FOREIGN TABLE trap.reading_far PARTITION OF trap.reading FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') SERVER trap_server;
CREATE TABLE trap.weekday (id int, name text);
INSERT INTO trap.weekday VALUES (1, 'Monday'), (2, 'Tuesday');

GRANT SELECT ON ALL TABLES IN SCHEMA trap TO PUBLIC;
REVOKE ALL ON trap.secret FROM PUBLIC;
GRANT USAGE ON SEQUENCE trap.tick TO PUBLIC;
