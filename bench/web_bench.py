#!/usr/bin/env python3
"""A typed JSON route: weft's web framework beside its HTTP server's plaintext, and beside FastAPI on uvicorn, in one run.

All but the plaintext get the same POST with a path parameter and a body that is validated, and answer with it. How it
is measured: measuring.py.
"""

import argparse
import pathlib
import signal
import statistics

from measuring import Load, Ratio, Running, Server, add_arguments, available, choose_processors, rounds, verdict

BODY = '{"name":"copper nail","count":250,"price":0.125,"tags":["metal","small","workshop"],"note":null}'
PLAIN = ("/plaintext",)
TYPED = ("/items/7", BODY)
SCRIPT = pathlib.Path(__file__).resolve().parent / "peers" / "web_fastapi.py"
FASTAPI = Server(
    "FastAPI on uvicorn",
    "python3",
    str(SCRIPT),
    "@port",
    needs="Debian: python3-fastapi, uvicorn, python3-uvloop and python3-httptools",
)
# Each with what it is asked, and with how many requests for one of weft's.
ASKED = {}
for backend in ("epoll", "io_uring"):
    ASKED[Server(f"plaintext, {backend}", "peer_http_weft", backend=backend)] = (PLAIN, 1)
    ASKED[Server(f"typed, {backend}", "peer_web_weft", backend=backend)] = (TYPED, 1)
ASKED[FASTAPI] = (TYPED, 1 / 50)

CPU_GOAL = 1.4  # CPU time per request, to the plaintext
FASTAPI_GOAL = 1 / 4  # time per request, to FastAPI's


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
    servers = available(list(ASKED), options)
    seen = rounds(servers, options, lambda server: measure(server, options))
    cpu = {name: [m[0] for m in measured] for name, measured in seen.items()}
    time = {name: [m[1] for m in measured] for name, measured in seen.items()}
    print(f"{options.connections} connections, {options.rounds} rounds of {options.requests} requests")
    print(f"  {'':20} CPU us/request   requests/s")
    for server in servers:
        line = f"  {server.name:20} {statistics.median(cpu[server.name]):14.3f} {1e6 / statistics.median(time[server.name]):12.0f}"
        if server.name.startswith("typed"):
            plain = server.name.replace("typed", "plaintext")
            if plain in cpu:
                ratio = Ratio(cpu[server.name], cpu[plain])
                line += f"   CPU to plaintext {ratio}; the goal of {CPU_GOAL} is {verdict(ratio, CPU_GOAL)}"
            if FASTAPI.name in time:
                ratio = Ratio(time[server.name], time[FASTAPI.name])
                line += f"   time to FastAPI {ratio}; the goal of {FASTAPI_GOAL} is {verdict(ratio, FASTAPI_GOAL)}"
        print(line)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
