#!/usr/bin/env python3
"""A typed JSON route: weft's web framework beside its HTTP server's plaintext, and beside FastAPI on uvicorn, in one run.

All but the plaintext get the same POST with a path parameter and a body that is validated, and answer with it. How it
is measured: measuring.py.
"""

import argparse
import pathlib
import signal

from measuring import Load, Running, Server, add_arguments, available, choose_processors, column, rounds
from results import Measure, Results, beside_floor, times_as_good

BODY = '{"name":"copper nail","count":250,"price":0.125,"tags":["metal","small","workshop"],"note":null}'
PLAIN = ("/plaintext",)
TYPED = ("/items/7", BODY)
SCRIPT = pathlib.Path(__file__).resolve().parent / "peers" / "web_fastapi.py"
FASTAPI = Server(
    "FastAPI on uvicorn",
    "/usr/bin/python3",
    str(SCRIPT),
    "@port",
    needs="Debian: python3-fastapi, uvicorn, python3-uvloop and python3-httptools",
)
OWN = ["typed, epoll", "typed, io_uring"]
FLOORS = ["plaintext, epoll", "plaintext, io_uring"]
# Each with what it is asked, and with how many requests for one of weft's.
ASKED = {}
for backend in ("epoll", "io_uring"):
    ASKED[Server(f"plaintext, {backend}", "peer_http_weft", backend=backend)] = (PLAIN, 1)
    ASKED[Server(f"typed, {backend}", "peer_web_weft", backend=backend)] = (TYPED, 1)
ASKED[FASTAPI] = (TYPED, 1 / 50)

CPU_GOAL = 1.4  # CPU time per request, to the plaintext
FASTAPI_GOAL = 4.5  # times its throughput


def measure(server, options):
    """CPU time per request, and time per request, in microseconds."""
    what, share = ASKED[server]
    count = max(int(options.requests * share), 10 * options.connections)
    with Running(server, options) as running, Load(
        options, "http_load", running.port, options.connections, 1, *what
    ) as load:
        load.order("run", max(count // 10, options.connections))
        before = running.cpu()
        seconds = load.order("run", count)
        return (running.cpu() - before) / count * 1e6, seconds / count * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--requests", type=int, default=100_000, help="in each measurement (100000)")
    parser.add_argument("--connections", type=int, default=64, help="(64)")
    options = parser.parse_args()

    choose_processors(options)
    handed = Results()
    servers = available(list(ASKED), options, handed)
    seen = rounds(servers, options, lambda server: measure(server, options))
    cpu, time = column(seen, 0), column(seen, 1)
    what = f"typed route with a validated body, {options.connections} connections"
    goals = [beside_floor(CPU_GOAL, floor, of=own) for own, floor in zip(OWN, FLOORS)]
    handed.add(Measure(what, "us of CPU a request", cpu, OWN, FLOORS, goals))
    handed.add(Measure(what, "us a request", time, OWN, FLOORS, [times_as_good(FASTAPI_GOAL, FASTAPI.name)]))
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
