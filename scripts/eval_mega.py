#!/usr/bin/env python3
"""Questions asked of one large database that holds every benchmark database as a schema: are the right tables still found, and how fast?

usage: eval_mega.py DIRECTORY OUT LIMIT      the questions of DIRECTORY/spider_train of the database eval_mega; answers to OUT/mega.jsonl

At most LIMIT questions, spread evenly over the set. A statement is right when its rows are those of the gold statement in the schema of
its database, compared as the benchmark's own score.py compares them. PGHOST, PGPORT and PGUSER name the server.
"""
import json
import pathlib
import re
import sys
import time

import psycopg


def rows(connection, sql, schema, score):
    """The rows of a statement with `schema` in front, normalised; None where it fails."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SET TRANSACTION READ ONLY")
            connection.execute("SET LOCAL statement_timeout = '30s'")
            connection.execute("SELECT set_config('search_path', quote_ident(%s), true)", (schema,))
            return [tuple(map(score.norm, row)) for row in connection.execute(sql).fetchall()]
    except psycopg.Error:
        return None


def tables(sql):
    """The tables that stand in a statement of ours, each as schema and name."""
    name = r'(?:"((?:[^"]|"")+)"|(\w+))'
    return {(m[1] or m[2], m[3] or m[4]) for m in re.finditer(rf"(?:FROM|JOIN) {name}\.{name}", sql)}


def main(directory, out, limit):
    sys.path.insert(0, directory)
    import score

    with open(pathlib.Path(directory) / "spider_train" / "questions.jsonl", encoding="utf-8") as lines:
        asked = [question for question in map(json.loads, lines) if question["exec"]]
    asked = asked[:: max(1, -(-len(asked) // limit))]
    ours = psycopg.connect(dbname="eval_mega", autocommit=True)
    golds = psycopg.connect(dbname="eval_mega", autocommit=True)
    times, answered, of_schema, all_tables, right = [], 0, 0, 0, 0
    with open(pathlib.Path(out) / "mega.jsonl", "w", encoding="utf-8") as file:
        for question in asked:
            schema = question["db"].removeprefix("eval_sp_")
            begin = time.monotonic()
            try:
                sql = ours.execute("SELECT insightflow.to_sql(%s)", (question["question"],)).fetchone()[0]
            except psycopg.Error:
                sql = None
            milliseconds = (time.monotonic() - begin) * 1000
            times.append(milliseconds)
            same = False
            if sql:
                used = tables(sql)
                gold = rows(golds, question["gold_sql"], schema, score)
                got = rows(golds, sql, schema, score)
                same = gold is not None and got is not None and score.match(gold, got, question["ordered"], 1e-6)
                answered += 1
                of_schema += all(of == schema for of, _ in used)
                all_tables += {(schema, table) for table in question["gold_tables"]} <= used
                right += same
            line = {"id": question["id"], "sql": sql, "ms": milliseconds, "strict": same}
            print(json.dumps(line), file=file)
    first, *warm = times
    warm.sort()
    at = lambda share: warm[min(len(warm) - 1, int(len(warm) * share))]
    share = lambda part, whole: 100 * part / max(1, whole)
    print(f"eval_mega: {len(asked)} questions, {share(answered, len(asked)):.1f} % answered; of these {share(of_schema, answered):.1f} % from the right"
          f" schema alone, {share(all_tables, answered):.1f} % with all tables of the gold statement, {share(right, answered):.1f} % right")
    print(f"  p50 {at(.5):.1f} ms, p95 {at(.95):.1f} ms, p99 {at(.99):.1f} ms; the first question, which reads the catalog, {first:.0f} ms")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
