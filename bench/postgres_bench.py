#!/usr/bin/env python3
"""PostgreSQL by weft, by hand-written C, by libpq in C, and by asyncpg and psycopg, in one run against its own server.

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
import subprocess
import sys

import results
from results import Measure, Results, times_as_good

HERE = pathlib.Path(__file__).resolve().parent
TABLES = """
create table bench_rows (id int primary key, name text not null, score float8 not null, at timestamptz not null);
insert into bench_rows select i, 'row ' || i, i * 0.5, to_timestamp(i) from generate_series(0, 999999) i;
create unlogged table bench_copy (id int, name text, score float8, at timestamptz);
vacuum analyze bench_rows;
"""


FLOOR = "C, by hand"


class Work:
    def __init__(self, title, name, count, peers, goals):
        self.title, self.name, self.count, self.peers, self.goals = title, name, count, peers, goals


# A goal: weft's speed as a part of the peer's.
WORK = [
    Work(
        "a row by its key, one after the other",
        "by_key",
        10_000,
        ["libpq", "asyncpg", "psycopg"],
        {"libpq": 0.9, "asyncpg": 1.0},
    ),
    Work("1,000 rows by key at once, one connection", "pipeline", 100_000, ["libpq", "psycopg"], {"libpq": 0.9}),
    Work(
        "a million rows, one at a time",
        "rows",
        1_000_000,
        ["libpq", "asyncpg"],
        {"libpq": 0.9, "asyncpg": 3.0},
    ),
    Work("a million rows by COPY", "copy", 1_000_000, ["libpq", "asyncpg"], {"libpq": 0.9, "asyncpg": 1.0}),
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


def programs(build, handed):
    """What there is to run, by name; a list of words each."""
    found = {
        "weft": [build / "bin" / "peer_postgres_weft"],
        FLOOR: [build / "bin" / "peer_postgres_wire"],
        "libpq": [build / "bin" / "peer_postgres_libpq"],
    }
    for name in ("asyncpg", "psycopg"):
        if subprocess.run(["/usr/bin/python3", "-c", f"import {name}"], capture_output=True).returncode == 0:
            found[name] = ["/usr/bin/python3", HERE / "peers" / f"postgres_{name}.py"]
        else:
            handed.remark(f"{name} is not here: it needs Debian's python3-{name}.")
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


def compare(work, found, options, handed, environment):
    count = max(1000, int(work.count * options.scale) // 1000 * 1000)
    names = ["weft", FLOOR, *(name for name in work.peers if name in found)]
    seen = {name: [] for name in names}
    for _ in range(options.rounds):
        for name in random.sample(names, len(names)):
            seen[name].append(measure(found[name], work, count, environment))
    time, cpu = ({name: [took[i] / count * 1e6 for took in rows] for name, rows in seen.items()} for i in range(2))
    goals = [times_as_good(factor, peer) for peer, factor in work.goals.items()]
    handed.add(Measure(work.title, "us each", time, ["weft"], [FLOOR], goals))
    handed.add(Measure(work.title, "us of the client's CPU each", cpu, ["weft"], [FLOOR]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?", default=pathlib.Path("build/release"))
    parser.add_argument("--rounds", type=int, default=10, help="how often each is measured (10)")
    parser.add_argument("--scale", type=float, default=1.0, help="how much of the work is done (1)")
    parser.add_argument("--only", nargs="+", metavar="WORK", help="by_key, pipeline, rows, copy")
    results.add_argument(parser)
    options = parser.parse_args()
    handed = Results()
    found = programs(options.build.resolve(), handed)
    with Server() as server:
        for work in WORK:
            if not options.only or work.name in options.only:
                compare(work, found, options, handed, server.environment)
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
