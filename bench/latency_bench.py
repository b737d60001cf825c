#!/usr/bin/env python3
"""The round trip of a single connection, by weft's servers asleep and looking for news before they sleep
(run_options::spin), by hand-written C and by weft's peers; and what a server takes that nobody asks anything.

These are times of the wall's clock: on a machine that does other things too, the medians of many round trips say
something, single ones do not. The client sleeps until the answer comes, as most do, or it never sleeps, so that only the
server's waking is measured.
"""

import argparse
import os
import signal
import time

from echo_bench import SERVERS as ECHO_SERVERS
from measuring import Load, Running, Server, add_arguments, available, choose_processors, column, rounds
from results import Measure, Results, at_most, times_as_good

SPIN = "50"  # microseconds
LIMIT = 10  # milliseconds of CPU a second, of a server that nobody asks anything


class Awake(Server):
    """weft's, with a limit on how long it looks for news."""

    def __init__(self, backend):
        super().__init__(f"weft, {backend}, spinning", "peer_echo_weft", backend=backend)


SERVERS = [*ECHO_SERVERS, Awake("epoll"), Awake("io_uring")]
OWN = [server.name for server in SERVERS if server.backend]
FLOORS = ["C, epoll", "C, io_uring"]


class Spinning:
    """The environment in which a server is to be started."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        if isinstance(self.server, Awake):
            os.environ["WEFT_SPIN"] = SPIN

    def __exit__(self, *_):
        os.environ.pop("WEFT_SPIN", None)


def measure(server, options):
    """Round trips in microseconds, the client asleep and awake; CPU in ms a second while nothing comes."""
    with Spinning(server), Running(server, options) as running:
        with Load(options, "paced_load", running.port, 1, 64) as load:
            trips = []
            for how in ("sleep", "spin"):
                load.ask("trips", options.trips // 10, how)
                trips.append(load.ask("trips", options.trips, how)[0])
            before, begin = running.cpu(), time.monotonic()
            time.sleep(0.5)
            idle = (running.cpu() - before) / (time.monotonic() - begin) * 1e3
            return *trips, idle


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--trips", type=int, default=5000, help="round trips in each measurement (5000)")
    options = parser.parse_args()

    choose_processors(options)
    handed = Results()
    servers = available(SERVERS, options, handed)
    seen = rounds(servers, options, lambda server: measure(server, options))
    what = "round trip of 64 bytes at one connection"
    handed.add(Measure(f"{what}, the client sleeps", "us", column(seen, 0), OWN, FLOORS, [times_as_good(1)]))
    handed.add(Measure(f"{what}, the client is awake", "us", column(seen, 1), OWN, FLOORS, [times_as_good(1)]))
    idle = column(seen, 2)
    handed.add(Measure("a connection on which nothing comes", "ms of CPU a second", idle, OWN, FLOORS, [at_most(LIMIT)]))
    handed.remark(f'"Spinning": WEFT_SPIN={SPIN}, see docs/backends.md.')
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
