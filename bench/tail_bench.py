#!/usr/bin/env python3
"""How long clients wait for TCP echo and HTTP at half load: the median, and the longest waits of one request in a
hundred and in a thousand.

All servers get the same load: half of what the C program on epoll can answer in the same run, over 64 connections.
Requests begin at times that no answer shifts, with exponentially distributed gaps, and what a request waits for a free
connection is part of what it takes: a server that stops for a moment pays for all that were to begin meanwhile. These
are times of the wall's clock, so what disturbs the machine is in them; the lowest of some rounds tells more than the
median does.
"""

import argparse
import signal
import statistics

from echo_bench import SERVERS as ECHO_SERVERS
from http_server_bench import ANSWERS as HTTP_SERVERS
from measuring import Load, Running, add_arguments, available, choose_processors, column, rounds
from results import Measure, Results, times_as_good

FLOOR = "C, epoll"
CASES = {"echo": (ECHO_SERVERS, "64"), "http": (HTTP_SERVERS, "/plaintext")}
WHAT = {"echo": "echo of 64 bytes", "http": "HTTP plaintext"}
PARTS = ["half of the requests", "99 %", "99.9 %"]
OWN = ["weft, epoll", "weft, io_uring"]


def measure(server, options, content, rate):
    """p50, p99 and p99.9 in microseconds, the longest, and how late the load itself was."""
    with Running(server, options) as running:
        with Load(options, "paced_load", running.port, options.connections, content) as load:
            load.order("run", 20 * options.connections)
            load.ask("pace", rate, int(rate * 0.2))
            return load.ask("pace", rate, int(rate * options.seconds))


def most_that(server, options, content):
    """Requests a second if there are always some to answer."""
    with Running(server, options) as running:
        with Load(options, "paced_load", running.port, options.connections, content) as load:
            load.order("run", 20 * options.connections)
            return options.requests / load.order("run", options.requests)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--what", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement (2)")
    parser.add_argument("--connections", type=int, default=64, help="(64)")
    parser.add_argument("--requests", type=int, default=100_000, help="with which full load is measured (100000)")
    options = parser.parse_args()

    choose_processors(options)
    handed = Results()
    for name in options.what:
        servers, content = CASES[name]
        floor = next(server for server in servers if server.name == FLOOR)
        rate = int(statistics.median(most_that(floor, options, content) for _ in range(3)) / 2)
        here = available(servers, options, handed)
        seen = rounds(here, options, lambda server: measure(server, options, content, rate))
        for which, part in enumerate(PARTS):
            what = f"{WHAT[name]} at half load, {part} take at most"
            handed.add(Measure(what, "us", column(seen, which), OWN, [FLOOR, "C, io_uring"], [times_as_good(1)]))
        late = statistics.median(row[4] for rows in seen.values() for row in rows)
        handed.remark(f"{WHAT[name]}: half load was {rate:,} requests a second, and the load began 99.9 % of its requests at most {late:.0f} us late.")
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
