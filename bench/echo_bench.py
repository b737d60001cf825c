#!/usr/bin/env python3
"""TCP echo by weft, by hand-written C and by weft's peers, in one run.

Each round starts every server anew, in an order of its own, on a processor of its own; the load runs on another. What is
compared is the CPU time that a server's process takes for a request, as the kernel's scheduler counts it, since requests
per second say more about the load and the machine.
"""

import argparse
import contextlib
import random
import signal
import sys

from measuring import Load, Running, Server, add_arguments, available, choose_processors, column, rounds
from results import Measure, Results, at_most, beside_floor, times_as_good

SERVERS = [
    Server("C, epoll", "peer_echo_epoll"),
    Server("C, io_uring", "peer_echo_io_uring", needs="liburing (Debian: liburing-dev)"),
    Server("weft, epoll", "peer_echo_weft", backend="epoll"),
    Server("weft, io_uring", "peer_echo_weft", backend="io_uring"),
    Server("libuv", "peer_echo_libuv", needs="libuv (Debian: libuv1-dev)"),
    Server("Boost.Asio", "peer_echo_asio", needs="Boost (Debian: libboost1.81-dev)"),
    Server("Tokio", "peer_echo_tokio", needs="cargo, and tokio (Debian: librust-tokio-dev)"),
    Server("Go", "peer_echo_go", needs="Debian: golang-go"),
]
OWN = ["weft, epoll", "weft, io_uring"]
FLOORS = ["C, epoll", "C, io_uring"]
TOGETHER, APART = "two loops of one process", "two processes"
GOAL = 1.03
LOOPS_GOAL = 1.05
MEMORY_GOAL = 1024
WHAT = ["echo", "storm", "idle", "loops"]


def echo_load(port, connections, options, cpu=None):
    return Load(options, "echo_load", port, connections, options.bytes, cpu=cpu)


# ---- what is measured -----------------------------------------------------------------------------------------------


def measure(server, options, connections, order, count):
    """CPU time per exchange in microseconds, and what part of it was in user space."""
    with Running(server, options) as running, echo_load(running.port, connections, options) as load:
        load.order("check", 20 * connections)
        if order == "storm":
            load.order("storm", count // 20)
        before = running.cpu()
        load.order(order, count)
        used = (running.cpu() - before) / count * 1e6
        share = running.user_share()
        return used, share and used * share


def compare(what, unit, goals, servers, options, handed, connections, order, count):
    seen = rounds(servers, options, lambda server: measure(server, options, connections, order, count))
    handed.add(Measure(what, f"us of CPU a {unit}", column(seen, 0), OWN, FLOORS, goals))
    in_user_space = column(seen, 1)
    if all(all(values) for values in in_user_space.values()):
        handed.add(Measure(what, "us of it in user space", in_user_space, OWN, FLOORS))


def idle(servers, options, handed, connections):
    """Memory per connection: just connected, and after each has exchanged a message."""
    seen = rounds(servers, options, lambda server: measure_idle(server, options, connections))
    for which, when in enumerate(("just connected", "after an exchange")):
        what = f"an idle TCP connection of {connections}, {when}"
        handed.add(Measure(what, "bytes of memory", column(seen, which), OWN, FLOORS, [at_most(MEMORY_GOAL)]))


def measure_idle(server, options, connections):
    with Running(server, options) as running:
        with echo_load(running.port, 1, options) as warm_up:
            warm_up.order("check", 100)
        empty = running.memory()
        with echo_load(running.port, connections, options) as load, echo_load(running.port, 1, options) as marker:
            marker.order("check", 100)  # it came last: all have been accepted
            new = running.memory()
            load.order("check", connections)
            used = running.memory()
    return (new - empty) / connections, (used - empty) / connections


def loops(options, handed):
    """CPU time per request of one process with two loops, and of two processes with one loop each that share nothing.

    Two loads, one on each processor, compete with the servers; they are the same in both cases.
    """
    cpus = (options.server_cpu, options.load_cpu)
    for backend in ("epoll", "io_uring"):
        together = [(Server(f"weft, {backend}", "peer_echo_weft_loops", "2", backend=backend), cpus)]
        apart = [(Server(f"weft, {backend}", "peer_echo_weft_loops", "1", backend=backend), (cpu,)) for cpu in cpus]
        seen = {TOGETHER: [], APART: []}
        for _ in range(options.rounds):
            for case in random.sample((together, apart), 2):
                seen[TOGETHER if case is together else APART].append(measure_many(case, options))
        what = f"echo of {options.bytes} bytes by two loops, 128 connections, {backend}"
        handed.add(Measure(what, "us of CPU a request", seen, [TOGETHER], [APART], [beside_floor(LOOPS_GOAL)]))


def measure_many(case, options):
    """CPU time per request in microseconds, of all these servers together."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Running(server, options, cpus)) for server, cpus in case]
        ports = ",".join(str(server.port) for server in servers)
        loads = [
            stack.enter_context(echo_load(ports, 64, options, cpu))
            for cpu in (options.server_cpu, options.load_cpu)
        ]
        for load in loads:
            load.order("check", 1000)
        before = sum(server.cpu() for server in servers)
        each = options.requests // len(loads)
        for load in loads:
            load.begin("run", each)
        for load in loads:
            load.end()
        return (sum(server.cpu() for server in servers) - before) / (each * len(loads)) * 1e6


# ---- the program ----------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--requests", type=int, default=100_000, help="in each measurement (100000)")
    parser.add_argument("--bytes", type=int, default=64, help="size of a message (64)")
    parser.add_argument("--connections", type=int, nargs="+", default=[64, 1000], help="(64 1000)")
    parser.add_argument("--what", nargs="+", choices=WHAT, default=WHAT)
    options = parser.parse_args()

    cpus = choose_processors(options)
    handed = Results()
    servers = available(SERVERS, options, handed)
    if not servers:
        sys.exit("nothing to measure")

    if "echo" in options.what:
        for connections in options.connections:
            what = f"echo of {options.bytes} bytes, {connections} connections"
            goals = [beside_floor(GOAL), times_as_good(1)]
            compare(what, "request", goals, servers, options, handed, connections, "run", options.requests)
    if "storm" in options.what:
        what = "accept storm: connections of one request each, 64 at a time"
        compare(what, "connection", [times_as_good(1)], servers, options, handed, 64, "storm", options.requests // 10)
    if "idle" in options.what:
        idle(servers, options, handed, 1000)
    if "loops" in options.what and len(cpus) > 1:
        loops(options, handed)
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
