#!/usr/bin/env python3
"""Runs the SQL that the documentation shows.

usage: docs_test.py COUNT_FILE FILE.md...     (scripts/test calls it, with a cluster that psql reaches)

Every ```sql block of a file runs in psql, in order, all in one fresh database with the extension and the sample data. A block
must end without an error. Where a ```text block follows it directly (blank lines apart), what psql prints must be that text;
then the text may show errors. Each sql block counts as one test.
"""
import difflib
import re
import subprocess
import sys

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ \t]*$", re.M | re.S)


def psql(database, sql, *options):
    process = subprocess.run(["psql", "-X", "-d", database, *options], input=sql, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=300)
    return process.returncode, process.stdout


def blocks(text):
    """Yields (line, sql, expected output or None) for each sql block."""
    fences = list(FENCE.finditer(text))
    for fence, follower in zip(fences, fences[1:] + [None]):
        if fence[1] != "sql":
            continue
        follows = follower is not None and follower[1] == "text" and not text[fence.end():follower.start()].strip()
        yield text.count("\n", 0, fence.start()) + 1, fence[2], follower[2] if follows else None


# The id of a question is another one each time.
QUERY_ID = re.compile(r"^(DETAIL:  )?query_id: [0-9a-f-]{36}$")


def normal(text):
    """Without trailing blanks and blank lines, neither of which shows on a page, and without ids of questions."""
    return [line.rstrip() for line in text.splitlines() if line.strip() and not QUERY_ID.match(line)]


def main():
    count_file, files = sys.argv[1], sys.argv[2:]
    passed = failed = 0
    for number, file in enumerate(files):
        try:
            with open(file, encoding="utf-8") as source:
                text = source.read()
        except FileNotFoundError:
            continue  # an empty docs/ leaves the shell's pattern as it is
        database = f"docs_{number}"
        code, output = psql("postgres", f"CREATE DATABASE {database} TEMPLATE insightflow_template;\n"
                            f"ALTER DATABASE {database} SET search_path = public, shop;\n", "-q", "-v", "ON_ERROR_STOP=1")
        if code:
            sys.exit(output)
        for line, sql, expected in blocks(text):
            code, output = psql(database, sql, "-q", *([] if expected is not None else ["-v", "ON_ERROR_STOP=1"]))
            if expected is None:
                wrong = output if code else None
            else:
                difference = list(difflib.unified_diff(normal(expected), normal(output), "as documented", "as printed", lineterm=""))
                wrong = "\n".join(difference) or None
            if wrong is None:
                passed += 1
                print(f"ok        {file}:{line}")
            else:
                failed += 1
                print(f"FAILED    {file}:{line}\n{wrong}")
        psql("postgres", f"DROP DATABASE {database} WITH (FORCE)", "-q")
    with open(count_file, "w", encoding="utf-8") as out:
        out.write(f"{passed} {failed}\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
