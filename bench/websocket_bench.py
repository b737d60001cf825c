#!/usr/bin/env python3
"""WebSocket echo by weft and by its peers, beside TCP echo by hand-written C, in one run.

How it is measured: measuring.py. The goal is a difference: a WebSocket message may cost a microsecond more than an
exchange over TCP alone. None of them compresses.
"""

import argparse
import signal
import statistics
import sys

import node_peers
from intervals import interval_of_median
from measuring import Load, Running, Server, add_arguments, available, choose_processors, rounds, verdict_on_memory

RAW = "TCP echo: C, epoll"
GOAL = 1.0  # microseconds
MEMORY_GOAL = 2048

SERVERS = [
    Server(RAW, "peer_echo_epoll"),
    Server("weft, epoll", "peer_websocket_weft", backend="epoll"),
    Server("weft, io_uring", "peer_websocket_weft", backend="io_uring"),
    Server("Boost.Beast", "peer_websocket_beast", needs="Boost (Debian: libboost1.81-dev)"),
    node_peers.UWS_CPP,
    node_peers.UWS_NODE,
    node_peers.NODE_WS,
]


def speaks_websocket(server):
    return server.name != RAW


def echo_load(server, running, options, connections):
    more = ["websocket"] if speaks_websocket(server) else []
    return Load(options, "echo_load", running.port, connections, options.bytes, *more)


def measure(server, options):
    """CPU time per message in microseconds, messages per second."""
    with Running(server, options) as running, echo_load(server, running, options, options.connections) as load:
        load.order("check", 20 * options.connections)
        before = running.cpu()
        seconds = load.order("run", options.messages)
        return (running.cpu() - before) / options.messages * 1e6, options.messages / seconds


def compare(servers, options):
    seen = rounds(servers, options, lambda server: measure(server, options))
    raw = [cpu for cpu, _ in seen.get(RAW, [])]
    print(f"  {'':20} {'us/message':>10} {'messages/s':>11}   beside TCP echo")
    for server in servers:
        cpu = [m[0] for m in seen[server.name]]
        beside = ""
        if raw and speaks_websocket(server):
            more = [a - b for a, b in zip(cpu, raw)]
            low, high = interval_of_median(more)
            beside = f"{statistics.median(more):+.2f} [{low:+.2f}, {high:+.2f}] us"
            if server.backend:
                verdict = "missed" if low > GOAL else "met" if statistics.median(more) <= GOAL else "not missed"
                beside += f"; the goal of +{GOAL} is {verdict}"
        rate = statistics.median(m[1] for m in seen[server.name])
        print(f"  {server.name:20} {statistics.median(cpu):10.2f} {rate:11.0f}   {beside}")


def idle(servers, options, connections=1000):
    print(f"\nmemory of {connections} idle WebSockets (private and written to), bytes each")
    for server in filter(speaks_websocket, servers):
        with Running(server, options) as running:
            with echo_load(server, running, options, 8) as load:
                load.order("check", 100)
            empty = running.memory()
            with echo_load(server, running, options, connections) as load:
                load.order("check", connections)
                each = (running.memory() - empty) / connections
        print(f"  {server.name:20} {each:8.0f}{verdict_on_memory(each, MEMORY_GOAL) if server.backend else ''}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--messages", type=int, default=100_000, help="in each measurement (100000)")
    parser.add_argument("--bytes", type=int, default=64, help="size of a message (64)")
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()

    choose_processors(options)
    print(node_peers.ABOUT_UWS)
    servers = available(SERVERS, options)
    if not servers:
        sys.exit("nothing to measure")
    print(
        f"\necho of {options.bytes} bytes, {options.connections} connections, {options.rounds} rounds of "
        f"{options.messages} messages; server on processor {options.server_cpu}, load on {options.load_cpu}"
    )
    compare(servers, options)
    idle(servers, options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
