#!/usr/bin/env python3
"""What scripts/eval found, in tables.

usage: eval_report.py sets DIRECTORY DATABASES      the sets of DIRECTORY whose databases are in the file DATABASES
       eval_report.py report DIRECTORY OUT          latency, confidence and the misses of the answers in OUT
"""
import collections
import json
import pathlib
import sys


def questions(directory):
    found = {}
    for path in sorted(pathlib.Path(directory).glob("*/questions.jsonl")):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                question = json.loads(line)
                question["set"] = path.parent.name
                found[question["id"]] = question
    return found


def sets(directory, databases):
    with open(databases, encoding="utf-8") as lines:
        there = {line.strip() for line in lines}
    needed = collections.defaultdict(set)
    for question in questions(directory).values():
        needed[question["set"]].add(question["db"])
    ready = [name for name, wanted in needed.items() if wanted <= there]
    for name in needed.keys() - set(ready):
        print(f"{name} is left out: its databases are not there", file=sys.stderr)
    print(",".join(ready))


def answers(path):
    with open(path, encoding="utf-8") as lines:
        return {line["id"]: line for line in map(json.loads, lines)}


def report(directory, out):
    out = pathlib.Path(out)
    asked = questions(directory)
    final = answers(out / "answers.jsonl")
    # The first question of a session reads the catalog: it is counted apart. A session ends where another database begins.
    print(f"\n{'latency':18}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}{'first of a session, p50 ms':>28}")
    times, firsts, before = collections.defaultdict(list), collections.defaultdict(list), None
    for name, answer in final.items():
        database = asked[name]["db"]
        (times if database == before else firsts)[answer["set"]].append(answer["ms"])
        before = database
    for name in firsts:
        values, first = sorted(times[name]), sorted(firsts[name])
        at = lambda share: f"{values[min(len(values) - 1, int(len(values) * share))]:8.1f}" if values else f"{'-':>8}"
        print(f"{name:18}{at(.5)}{at(.95)}{at(.99)}{first[len(first) // 2]:28.1f}")

    # An answer's confidence lies between the last threshold at which it was given and the next.
    steps = sorted((float(path.stem[3:]), answers(path)) for path in out.glob("at-*.jsonl"))
    print(f"\n{'confidence':18}{'answers':>8}{'right':>8}{'precision':>11}")
    for number, (low, here) in enumerate(steps):
        above = steps[number + 1][1] if number + 1 < len(steps) else {}
        band = [a for i, a in here.items()
                if a["answered"] and a["set"] != "unanswerable" and not above.get(i, {}).get("answered")]
        right = sum(a["strict"] for a in band)
        high = steps[number + 1][0] if number + 1 < len(steps) else 1
        precision = f"{100 * right / len(band):10.1f}%" if band else f"{'-':>11}"
        print(f"{low:.2f} to {high:.2f}      {len(band):8d}{right:8d}{precision}")

    misses = 0
    with open(out / "misses.txt", "w", encoding="utf-8") as file:
        for wanted in (True, False):
            for answer in final.values():
                question = asked.get(answer["id"])
                if question is None or answer["strict"] or answer["answered"] != wanted:
                    continue
                misses += 1
                print(f"{answer['id']}  {question['db']}  {question.get('shape')}\n  question {question['question']}"
                      f"\n  gold     {question.get('gold_sql')}\n  ours     {answer.get('sql') or answer.get('err')}\n", file=file)
    print(f"\n{misses} misses (wrong ones first): {out / 'misses.txt'}")


if __name__ == "__main__":
    {"sets": sets, "report": report}[sys.argv[1]](*sys.argv[2:])
