#!/usr/bin/env python3
"""The table of asyncio's behaviours, behaviours.tsv: what weft makes of each, and which tests prove it.

    behaviours.py check            is docs/asyncio.md up to date, and does the table agree with the tests that exist?
    behaviours.py write            writes docs/asyncio.md
    behaviours.py count XML...     tells how many scenarios pass in all of these results of ctest (JUnit)

A line of the table: id, title, verdict (same, different, not applicable), why or how, and tests: sNNN is the scenario
of that number, others have the names that ctest gives them.
"""
import csv
import pathlib
import re
import sys
import xml.etree.ElementTree

TESTS = pathlib.Path(__file__).resolve().parent.parent
TABLE = TESTS / "scenarios" / "behaviours.tsv"
PAGE = TESTS.parent / "docs" / "asyncio.md"
VERDICTS = ("same", "different", "not applicable")

AREAS = {
    "LOOP": "The loop, callbacks and timers",
    "RUN": "Running",
    "TASK": "Tasks and futures",
    "CANCEL": "Cancellation",
    "GATHER": "gather",
    "TG": "task_group",
    "TMO": "timeout",
    "WF": "wait_for",
    "SHIELD": "shield",
    "WAIT": "wait and as_completed",
    "LOCK": "lock",
    "SEM": "semaphore",
    "EVENT": "event",
    "COND": "condition",
    "BAR": "barrier",
    "QUEUE": "queue",
    "IO": "Threads, signals, streams and subprocesses",
    "CTX": "Context variables",
    "AGEN": "Asynchronous generators",
    "ACM": "Asynchronous context managers",
    "DEBUG": "Debugging",
}

INTRODUCTION = """\
# asyncio's behaviour, and weft's

<!-- Made by tests/scenarios/behaviours.py from behaviours.tsv beside it; a test fails if they differ. -->

What weft does in {all} situations whose outcome programs for Python's asyncio can see. Where versions of CPython
differ, the newest counts. {same} are the same, {different} are different on purpose, and {not_applicable} cannot come up
in C++.

Most differences have one cause. In asyncio a cancellation is an exception that code may catch, count and swallow. In
weft it is a *stop*: a third way to end, beside value and exception. It cannot be caught. It destroys the frames from
the inside out, stays until the scope that it belongs to has ended, and leaves clean-up alone.

The last column says which tests prove it: sNNN is a scenario, a small program whose trace is compared line by line with
one that CPython gave (in `tests/scenarios/`; where the trace must differ, the test says why beside it); other names
are those that ctest gives. Besides, randomly made programs are compared with CPython's traces (`tests/ops/`).
"""


def read_table():
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        row["tests"] = row["tests"].split()
    return rows


def existing_tests():
    """The names of all tests in the sources, as ctest has them."""
    names = set()
    for source in TESTS.glob("*/*.cpp"):
        for suite, name in re.findall(r"^TEST(?:_F)?\((\w+),\s*(\w+)\)", source.read_text(encoding="utf-8"), re.M):
            names.add(f"{source.parent.name}.{suite}.{name}")
    return names


def scenario_number(test):
    """s001 of scenarios.Loop.s001_loop_call_soon_fifo, None of others."""
    match = re.match(r"scenarios\.\w+\.(s\d+)_", test)
    return match and match[1]


def is_scenario(name):
    return re.fullmatch(r"s\d+", name) is not None


def page(rows):
    count = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in VERDICTS}
    text = INTRODUCTION.format(all=len(rows), same=count["same"], different=count["different"],
                               not_applicable=count["not applicable"])
    for area, heading in AREAS.items():
        text += f"\n## {heading}\n\n| | | weft | tests |\n| --- | --- | --- | --- |\n"
        for row in rows:
            if row["id"].split("-")[0] != area:
                continue
            verdict = row["verdict"] if row["verdict"] == "same" else f"**{row['verdict']}**"
            if row["reason"]:
                verdict += f": {row['reason']}"
            tests = ", ".join(name if is_scenario(name) else f"`{name}`" for name in row["tests"])
            if not tests and row["verdict"] == "same":
                tests = "not tested yet"
            text += f"| {row['id']} | {row['title']} | {verdict} | {tests} |\n"
    return text


def faults(rows):
    existing = existing_tests()
    scenarios = {number for number in map(scenario_number, existing) if number}
    named = {name for row in rows for name in row["tests"]}
    for row in rows:
        if row["verdict"] not in VERDICTS:
            yield f"{row['id']}: no such verdict as '{row['verdict']}'"
        if row["verdict"] != "same" and not row["reason"]:
            yield f"{row['id']} is {row['verdict']}, but does not say why"
        if row["id"].split("-")[0] not in AREAS:
            yield f"{row['id']} belongs to no area"
        for name in row["tests"]:
            if name not in (scenarios if is_scenario(name) else existing):
                yield f"{row['id']}: there is no test {name}"
    for number in sorted(scenarios - named):
        yield f"no behaviour names the scenario {number}"
    if len({row["id"] for row in rows}) != len(rows):
        yield "an id stands twice in the table"
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page(rows):
        yield f"{PAGE.name} is not what the table says: run tests/scenarios/behaviours.py write"


def passed(results):
    """The scenarios that passed in a file of results."""
    if not results.exists():
        return set()
    cases = xml.etree.ElementTree.parse(results).iter("testcase")
    return {scenario_number(case.get("name")) for case in cases if case.get("status") == "run"
            and case.find("failure") is None}


def main(arguments):
    rows = read_table()
    if arguments == ["check"]:
        found = list(faults(rows))
        print("\n".join(found) or f"{len(rows)} behaviours")
        return 1 if found else 0
    if arguments == ["write"]:
        PAGE.write_text(page(rows), encoding="utf-8")
        return 0
    if len(arguments) > 1 and arguments[0] == "count":
        wanted = {name for row in rows for name in row["tests"] if is_scenario(name)}
        good = wanted.intersection(*(passed(pathlib.Path(file)) for file in arguments[1:]))
        print(f"scenarios: {len(good)} of {len(wanted)} ported and passing")
        return 0
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
