#!/usr/bin/env python3
"""WebSocket echo by weft and by its peers, beside TCP echo by hand-written C, in one run.

How it is measured: measuring.py. The goal is a difference: a WebSocket message may cost a microsecond more than an
exchange over TCP alone. None of them compresses.
"""

import argparse
import signal
import sys

import node_peers
from measuring import Load, Running, Server, add_arguments, available, choose_processors, column, rounds
from results import Measure, Results, at_most, more_than, times_as_good

RAW = "TCP echo: C, epoll"
OWN = ["weft, epoll", "weft, io_uring"]
# Microseconds a message, and how many more than an exchange over TCP takes.
GOALS = [at_most(8), more_than(RAW, 1), times_as_good(1, "Boost.Beast"), times_as_good(1, "Node ws")]
MEMORY_GOAL = 2048
WHAT = ["echo", "idle"]

SERVERS = [
    Server(RAW, "peer_echo_epoll"),
    Server("weft, epoll", "peer_websocket_weft", backend="epoll"),
    Server("weft, io_uring", "peer_websocket_weft", backend="io_uring"),
    Server("Boost.Beast", "peer_websocket_beast", needs="Boost (Debian: libboost1.81-dev)"),
    node_peers.UWS_CPP,
    node_peers.UWS_NODE,
    node_peers.NODE_WS,
    Server(
        "Python websockets",
        "/usr/bin/python3",
        str(node_peers.HERE / "peers" / "websocket_python.py"),
        "@port",
        needs="Debian: python3-websockets and python3-uvloop",
    ),
]


def speaks_websocket(server):
    return server.name != RAW


def echo_load(server, running, options, connections):
    more = ["websocket"] if speaks_websocket(server) else []
    return Load(options, "echo_load", running.port, connections, options.bytes, *more)


def measure(server, options):
    """CPU time per message in microseconds."""
    with Running(server, options) as running, echo_load(server, running, options, options.connections) as load:
        load.order("check", 20 * options.connections)
        before = running.cpu()
        load.order("run", options.messages)
        return [(running.cpu() - before) / options.messages * 1e6]


def compare(servers, options, handed):
    seen = rounds(servers, options, lambda server: measure(server, options))
    what = f"WebSocket echo of {options.bytes} bytes, {options.connections} connections"
    handed.add(Measure(what, "us of CPU a message", column(seen, 0), OWN, [RAW], GOALS))


def idle(servers, options, handed, connections=1000):
    servers = list(filter(speaks_websocket, servers))
    seen = rounds(servers, options, lambda server: [measure_idle(server, options, connections)])
    what = f"an idle WebSocket of {connections}"
    handed.add(Measure(what, "bytes of memory", column(seen, 0), OWN, goals=[at_most(MEMORY_GOAL)]))


def measure_idle(server, options, connections):
    with Running(server, options) as running:
        with echo_load(server, running, options, 8) as load:
            load.order("check", 100)
        empty = running.memory()
        with echo_load(server, running, options, connections) as load:
            load.order("check", connections)
            return (running.memory() - empty) / connections


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--messages", type=int, default=100_000, help="in each measurement (100000)")
    parser.add_argument("--bytes", type=int, default=64, help="size of a message (64)")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--what", nargs="+", choices=WHAT, default=WHAT)
    options = parser.parse_args()

    choose_processors(options)
    handed = Results()
    handed.remark(node_peers.ABOUT_UWS)
    servers = available(SERVERS, options, handed)
    if not servers:
        sys.exit("nothing to measure")
    if "echo" in options.what:
        compare(servers, options, handed)
    if "idle" in options.what:
        idle(servers, options, handed)
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
