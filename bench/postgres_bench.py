#!/usr/bin/env python3
"""PostgreSQL by weft, by libpq in C, and by asyncpg and psycopg, in one run against a server of its own.

Each does the same work against the same tables; what is compared is the time it takes, in rounds in which each has its
turn in random order. CPU is what the client itself takes, which tells what the time does not where the server is what
everybody waits for.
"""

import argparse
import os
import pathlib
import random
import resource
import signal
import socket
import statistics
import subprocess
import sys

from intervals import interval_of_median

HERE = pathlib.Path(__file__).resolve().parent
TABLES = """
create table bench_rows (id int primary key, name text not null, score float8 not null, at timestamptz not null);
insert into bench_rows select i, 'row ' || i, i * 0.5, to_timestamp(i) from generate_series(0, 999999) i;
create unlogged table bench_copy (id int, name text, score float8, at timestamptz);
vacuum analyze bench_rows;
"""


class Work:
    def __init__(self, title, name, count, peers, goals):
        self.title, self.name, self.count, self.peers, self.goals = title, name, count, peers, goals


# A goal: weft's speed as a part of the peer's.
WORK = [
    Work("a row by its key, one after the other", "by_key", 10_000, ["libpq", "asyncpg", "psycopg"], {"libpq": 0.9}),
    Work("1,000 rows by key at once, one connection", "pipeline", 100_000, ["libpq", "psycopg"], {"libpq": 0.9}),
    Work(
        "a million rows, one at a time",
        "rows",
        1_000_000,
        ["libpq", "asyncpg"],
        {"libpq": 0.9, "asyncpg": 3.0},
    ),
    Work("a million rows by COPY", "copy", 1_000_000, ["libpq", "asyncpg"], {}),
]


class Server:
    """A private cluster, as the tests have it."""

    def __enter__(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        script = HERE.parent / "tests" / "support" / "postgres_cluster.sh"
        self.process = subprocess.Popen(
            [script, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        ready = self.process.stdout.readline().split()
        if not ready:
            sys.exit("PostgreSQL did not start")
        self.environment = os.environ | {
            "PGHOST": ready[1],
            "PGPORT": str(port),
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
        }
        subprocess.run(["psql", "-qX"], input=TABLES, text=True, check=True, env=self.environment)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def programs(build):
    """What there is to run, by name; a list of words each."""
    found = {"weft": [build / "bin" / "peer_postgres_weft"], "libpq": [build / "bin" / "peer_postgres_libpq"]}
    for name in ("asyncpg", "psycopg"):
        if subprocess.run(["/usr/bin/python3", "-c", f"import {name}"], capture_output=True).returncode == 0:
            found[name] = ["/usr/bin/python3", HERE / "peers" / f"postgres_{name}.py"]
        else:
            print(f"no {name}: python3-{name} is not installed")
    return found


def measure(command, work, count, environment):
    """Seconds that the work took, and seconds of CPU that the client did."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(
        [*command, work.name, str(count)], env=environment, check=True, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return float(said.stdout), cpu


def compare(work, found, options, environment):
    count = max(1000, int(work.count * options.scale) // 1000 * 1000)
    names = ["weft", *(name for name in work.peers if name in found)]
    seen = {name: [] for name in names}
    for _ in range(options.rounds):
        for name in random.sample(names, len(names)):
            seen[name].append(measure(found[name], work, count, environment))
    print(f"\n{work.title}: {count}\n  {'':8} {'each second':>12} {'us each':>9} {'CPU us':>8}   weft's speed beside it")
    for name in names:
        took = [seconds for seconds, _ in seen[name]]
        cpu = statistics.median(c for _, c in seen[name])
        beside = ""
        if name != "weft":
            ratios = [peer / weft for peer, (weft, _) in zip(took, seen["weft"])]
            low, high = interval_of_median(ratios)
            beside = f"{statistics.median(ratios):.2f} [{low:.2f}, {high:.2f}]"
            if name in work.goals:
                goal = work.goals[name]
                met = "missed" if high < goal else "met" if statistics.median(ratios) >= goal else "not missed"
                beside += f"; the goal of {goal} is {met}"
        median = statistics.median(took)
        print(f"  {name:8} {count / median:12.0f} {median / count * 1e6:9.2f} {cpu / count * 1e6:8.2f}   {beside}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?", default=pathlib.Path("build/release"))
    parser.add_argument("--rounds", type=int, default=10, help="how often each is measured (10)")
    parser.add_argument("--scale", type=float, default=1.0, help="how much of the work is done (1)")
    parser.add_argument("--only", nargs="+", metavar="WORK", help="by_key, pipeline, rows, copy")
    options = parser.parse_args()
    found = programs(options.build.resolve())
    with Server() as server:
        for work in WORK:
            if not options.only or work.name in options.only:
                compare(work, found, options, server.environment)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
