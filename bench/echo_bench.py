#!/usr/bin/env python3
"""TCP echo by weft, by hand-written C and by weft's peers, in one run.

Each round starts every server anew, in an order of its own, on a processor of its own; the load runs on another. What is
compared is the CPU time that a server's process takes for a request, as the kernel's scheduler counts it, since requests
per second say more about the load and the machine. Ratios are formed within a round.
"""

import argparse
import contextlib
import random
import signal
import statistics
import sys

from measuring import (
    Load,
    Ratio,
    Running,
    Server,
    add_arguments,
    available,
    choose_processors,
    rounds,
    verdict,
    verdict_on_memory,
)

SERVERS = [
    Server("C, epoll", "peer_echo_epoll"),
    Server("C, io_uring", "peer_echo_io_uring", needs="liburing (Debian: liburing-dev)"),
    Server("weft, epoll", "peer_echo_weft", backend="epoll"),
    Server("weft, io_uring", "peer_echo_weft", backend="io_uring"),
    Server("libuv", "peer_echo_libuv", needs="libuv (Debian: libuv1-dev)"),
    Server("Boost.Asio", "peer_echo_asio", needs="Boost (Debian: libboost1.81-dev)"),
    Server("Tokio", "peer_echo_tokio", needs="cargo, and tokio (Debian: librust-tokio-dev)"),
]
FLOORS = {"epoll": "C, epoll", "io_uring": "C, io_uring"}
GOAL = 1.03
LOOPS_GOAL = 1.05
MEMORY_GOAL = 1024
WHAT = ["echo", "storm", "idle", "loops"]


def echo_load(port, connections, options, cpu=None):
    return Load(options, "echo_load", port, connections, options.bytes, cpu=cpu)


# ---- what is measured -----------------------------------------------------------------------------------------------


def measure(server, options, connections, order, count):
    """CPU time per exchange in microseconds, exchanges per second, share of user space."""
    with Running(server, options) as running, echo_load(running.port, connections, options) as load:
        load.order("check", 20 * connections)
        if order == "storm":
            load.order("storm", count // 20)
        before = running.cpu()
        seconds = load.order(order, count)
        used = running.cpu() - before
        return used / count * 1e6, count / seconds, running.user_share()


def compare(servers, options, connections, order, count):
    show(rounds(servers, options, lambda server: measure(server, options, connections, order, count)), order)


def show(seen, order):
    cpu = {name: [m[0] for m in measured] for name, measured in seen.items()}
    floors = [name for name in FLOORS.values() if name in cpu]
    better = min(floors, key=lambda name: statistics.median(cpu[name])) if floors else None
    what = "connection" if order == "storm" else "request"
    print(f"  {'':15} CPU us/{what}, lowest to highest   in user space   {what}s/s" + (f"   to {better}" if better else ""))
    for name, measured in seen.items():
        times = cpu[name]
        rate = statistics.median(m[1] for m in measured)
        shares = [m[2] for m in measured if m[2] is not None]
        user = f"{statistics.median(shares) * statistics.median(times):8.2f}" if shares else "       -"
        ratio = Ratio(times, cpu[better]) if better else ""
        print(
            f"  {name:15} {statistics.median(times):8.2f} ({min(times):6.2f} to {max(times):6.2f})"
            f"{'':10} {user} {'':5} {rate:9.0f}   {ratio}"
        )
    for backend, floor in FLOORS.items():
        weft = f"weft, {backend}"
        if weft not in cpu or floor not in cpu:
            continue
        ratio = Ratio(cpu[weft], cpu[floor])
        print(f"  {weft} to {floor}: {ratio}; the goal of {GOAL} is {verdict(ratio, GOAL)}")
        for peer in ("libuv", "Boost.Asio", "Tokio"):
            if peer in cpu:
                print(f"  {weft} to {peer}: {Ratio(cpu[weft], cpu[peer])}")


def idle(servers, options, connections):
    """Memory per connection: just connected, and after each has exchanged a message."""
    print(f"  {'':15} bytes/connection: new   after an exchange")
    for server in servers:
        with Running(server, options) as running:
            with echo_load(running.port, 1, options) as warm_up:
                warm_up.order("check", 100)
            empty = running.memory()
            with echo_load(running.port, connections, options) as load, echo_load(running.port, 1, options) as marker:
                marker.order("check", 100)  # it came last: all have been accepted
                new = running.memory()
                load.order("check", connections)
                used = running.memory()
        each = (new - empty) / connections, (used - empty) / connections
        goal = verdict_on_memory(max(each), MEMORY_GOAL) if server.backend else ""
        print(f"  {server.name:15} {each[0]:21.0f} {each[1]:19.0f}{goal}")


def loops(options):
    """CPU time per request of one process with two loops, and of two processes with one loop each that share nothing.

    Two loads, one on each processor, compete with the servers; they are the same in both cases.
    """
    cpus = (options.server_cpu, options.load_cpu)
    for backend in FLOORS:
        together = [(Server(f"weft, {backend}", "peer_echo_weft_loops", "2", backend=backend), cpus)]
        apart = [(Server(f"weft, {backend}", "peer_echo_weft_loops", "1", backend=backend), (cpu,)) for cpu in cpus]
        seen = {2: [], 1: []}
        for _ in range(options.rounds):
            for case in random.sample((together, apart), 2):
                seen[2 if case is together else 1].append(measure_many(case, options))
        for name, times in (("two loops of one process", seen[2]), ("two processes", seen[1])):
            print(
                f"  weft, {backend}, {name:25} {statistics.median(times):6.2f} us/request "
                f"({min(times):.2f} to {max(times):.2f})"
            )
        ratio = Ratio(seen[2], seen[1])
        print(f"  weft, {backend}: {ratio}; the goal of {LOOPS_GOAL} is {verdict(ratio, LOOPS_GOAL)}")


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
    servers = available(SERVERS, options)
    if not servers:
        sys.exit("nothing to measure")

    if "echo" in options.what:
        for connections in options.connections:
            print(
                f"\necho of {options.bytes} bytes, {connections} connections, {options.rounds} rounds of "
                f"{options.requests} requests; server on processor {options.server_cpu}, load on {options.load_cpu}"
            )
            compare(servers, options, connections, "run", options.requests)
    if "storm" in options.what:
        count = options.requests // 10
        print(f"\naccept storm: {count} connections of one request each, 64 at a time, {options.rounds} rounds")
        compare(servers, options, 64, "storm", count)
    if "idle" in options.what:
        print("\nmemory of 1000 idle connections (private and written to)")
        idle(servers, options, 1000)
    if "loops" in options.what and len(cpus) > 1 and (options.build / "bin" / "peer_echo_weft_loops").exists():
        print(f"\nmany loops, {options.rounds} rounds of {options.requests} requests, 128 connections")
        loops(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
