#!/usr/bin/env python3
"""WebSocket echo by weft and by Node's ws, beside TCP echo by hand-written C, in one run.

What is compared is the CPU time that a server's process takes for a message; see echo_bench.py. The goal is a
difference: a WebSocket message may cost a microsecond more than an exchange over TCP alone.
"""

import argparse
import os
import pathlib
import random
import shutil
import signal
import statistics
import sys

import echo_bench
from echo_bench import Load, Running, Server

HERE = pathlib.Path(__file__).resolve().parent
RAW = "TCP echo: C, epoll"
GOAL = 1.0  # microseconds
MEMORY_GOAL = 2048

SERVERS = [
    Server(RAW, "peer_echo_epoll"),
    Server("weft, epoll", "peer_websocket_weft", "epoll"),
    Server("weft, io_uring", "peer_websocket_weft", "io_uring"),
    Server("Node ws", "peer_websocket_node"),
]


def speaks_websocket(server):
    return server.name != RAW


def measure(server, options):
    """CPU time per message in microseconds, messages per second."""
    with Running(server, options) as running, Load(
        running.port, options.connections, options.bytes, options, websocket=speaks_websocket(server)
    ) as load:
        load.order("check", 20 * options.connections)
        before = running.cpu()
        seconds = load.order("run", options.messages)
        return (running.cpu() - before) / options.messages * 1e6, options.messages / seconds


def compare(servers, options):
    seen = {server.name: [] for server in servers}
    for _ in range(options.rounds):
        for server in random.sample(servers, len(servers)):
            seen[server.name].append(measure(server, options))
    raw = [cpu for cpu, _ in seen.get(RAW, [])]
    print(f"  {'':20} {'us/message':>10} {'messages/s':>11}   beside TCP echo")
    for name, measured in seen.items():
        cpu = [m[0] for m in measured]
        beside = ""
        if raw and name != RAW:
            more = [a - b for a, b in zip(cpu, raw)]
            low, high = echo_bench.interval_of_median(more)
            verdict = "missed" if low > GOAL else "met" if statistics.median(more) <= GOAL else "not missed"
            beside = f"{statistics.median(more):+.2f} [{low:+.2f}, {high:+.2f}] us"
            if name.startswith("weft"):
                beside += f"; the goal of +{GOAL} is {verdict}"
        rate = statistics.median(m[1] for m in measured)
        print(f"  {name:20} {statistics.median(cpu):10.2f} {rate:11.0f}   {beside}")


def idle(servers, options, connections=1000):
    print(f"\nmemory of {connections} idle WebSockets (private and written to), bytes each")
    for server in filter(speaks_websocket, servers):
        with Running(server, options) as running:
            with Load(running.port, 8, options.bytes, options, websocket=True) as load:
                load.order("check", 100)
            empty = running.memory()
            with Load(running.port, connections, options.bytes, options, websocket=True) as load:
                load.order("check", connections)
                each = (running.memory() - empty) / connections
        goal = f"   the goal of {MEMORY_GOAL} is {'met' if each <= MEMORY_GOAL else 'missed'}"
        print(f"  {server.name:20} {each:8.0f}{goal if server.backend else ''}")


def add_node(build):
    """Node's ws as a program of the build's, if both are there."""
    program = build / "bin" / "peer_websocket_node"
    if shutil.which("node"):
        script = HERE / "peers" / "websocket_node.js"
        program.write_text(f'#!/bin/sh\nNODE_PATH=/usr/share/nodejs exec node "{script}"\n')
        program.chmod(0o755)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?", default=pathlib.Path("build/release"))
    parser.add_argument("--rounds", type=int, default=10, help="how often each is measured (10)")
    parser.add_argument("--messages", type=int, default=100_000, help="in each measurement (100000)")
    parser.add_argument("--bytes", type=int, default=64, help="size of a message (64)")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", nargs="+", metavar="WORD", help="servers whose name has one of these words")
    options = parser.parse_args()

    cpus = sorted(os.sched_getaffinity(0))
    options.server_cpu, options.load_cpu = cpus[-1], cpus[0]
    add_node(options.build)
    echo_bench.SERVERS = SERVERS
    servers = echo_bench.available(options)
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
