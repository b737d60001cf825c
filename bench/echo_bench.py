#!/usr/bin/env python3
"""TCP echo by weft, by hand-written C and by weft's peers, in one run.

Each round starts every server anew, in an order of its own, on a processor of its own; the load runs on another. What is
compared is the CPU time that a server's process takes for a request, as the kernel's scheduler counts it, since requests
per second say more about the load and the machine. Ratios are formed within a round.
"""

import argparse
import contextlib
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys

from intervals import interval_of_median


class Server:
    def __init__(self, name, program, backend=None, loops=None):
        self.name = name
        self.program = program
        self.backend = backend  # weft's; None for all others
        self.loops = loops  # its argument; None for those that have one loop


SERVERS = [
    Server("C, epoll", "peer_echo_epoll"),
    Server("C, io_uring", "peer_echo_io_uring"),
    Server("weft, epoll", "peer_echo_weft", "epoll"),
    Server("weft, io_uring", "peer_echo_weft", "io_uring"),
    Server("libuv", "peer_echo_libuv"),
    Server("Boost.Asio", "peer_echo_asio"),
    Server("Tokio", "peer_echo_tokio"),
]
FLOORS = {"epoll": "C, epoll", "io_uring": "C, io_uring"}
GOAL = 1.03
LOOPS_GOAL = 1.05
MEMORY_GOAL = 1024
WHAT = ["echo", "storm", "idle", "loops"]


class Running:
    """A server's process, tied to a processor."""

    def __init__(self, server, options, cpus=None):
        environment = dict(os.environ)
        if server.backend:
            environment["WEFT_BACKEND"] = server.backend
        command = [options.build / "bin" / server.program]
        cpus = cpus or (options.server_cpu,)
        if server.loops:
            command.append(str(server.loops))
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),
        )
        words = self.process.stdout.readline().split()
        if len(words) != 2 or words[0] != "listening":
            self.end()
            raise RuntimeError(f"{server.name} does not listen")
        self.port = int(words[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def cpu(self):
        """CPU time so far of all its threads, in seconds."""
        place = pathlib.Path(f"/proc/{self.process.pid}/task")
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in place.iterdir()) / 1e9

    def user_share(self):
        """What part of its CPU time was spent in user space; None if it is too short to tell."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        user, system = int(fields[11]), int(fields[12])
        return user / (user + system) if user + system > 20 else None

    def uses_io_uring(self):
        place = pathlib.Path(f"/proc/{self.process.pid}/fd")
        return any("io_uring" in os.readlink(entry) for entry in place.iterdir())

    def memory(self):
        """Bytes of memory that are its own."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Private_Dirty:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no Private_Dirty in smaps_rollup")


class Load:
    """The clients of one server."""

    def __init__(self, port, connections, size, options, cpu=None, websocket=False):
        cpu = options.load_cpu if cpu is None else cpu
        command = [options.build / "bin" / "echo_load", str(port), str(connections), str(size)]
        self.process = subprocess.Popen(
            command + (["websocket"] if websocket else []),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
        )
        self.expect("connected")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()

    def expect(self, word):
        words = self.process.stdout.readline().split()
        if not words or words[0] != word:
            raise RuntimeError("the load has failed")
        return words[1:]

    def order(self, what, count):
        """Gives the seconds it took."""
        self.begin(what, count)
        return self.end()

    def begin(self, what, count):
        print(what, count, file=self.process.stdin, flush=True)

    def end(self):
        return float(self.expect("ran")[0])


# ---- statistics -----------------------------------------------------------------------------------------------------


class Ratio:
    def __init__(self, values, base):
        ratios = [a / b for a, b in zip(values, base)]
        self.median = statistics.median(ratios)
        self.low, self.high = interval_of_median(ratios)

    def __str__(self):
        return f"{self.median:5.3f} [{self.low:.3f}, {self.high:.3f}]"


def verdict(ratio, goal):
    if ratio.low > goal:
        return "missed"
    return "met" if ratio.median <= goal else "not missed: the interval reaches it"


# ---- what is measured -----------------------------------------------------------------------------------------------


def measure(server, options, connections, order, count):
    """CPU time per exchange in microseconds, exchanges per second, share of user space."""
    with Running(server, options) as running, Load(running.port, connections, options.bytes, options) as load:
        load.order("check", 20 * connections)
        if order == "storm":
            load.order("storm", count // 20)
        before = running.cpu()
        seconds = load.order(order, count)
        used = running.cpu() - before
        return used / count * 1e6, count / seconds, running.user_share()


def compare(servers, options, connections, order, count):
    seen = {server.name: [] for server in servers}
    for _ in range(options.rounds):
        for server in random.sample(servers, len(servers)):
            seen[server.name].append(measure(server, options, connections, order, count))
    show(seen, order)


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
            with Load(running.port, 1, options.bytes, options) as warm_up:
                warm_up.order("check", 100)
            empty = running.memory()
            with Load(running.port, connections, options.bytes, options) as load, Load(
                running.port, 1, options.bytes, options
            ) as marker:
                marker.order("check", 100)  # it came last: all have been accepted
                new = running.memory()
                load.order("check", connections)
                used = running.memory()
        each = (new - empty) / connections, (used - empty) / connections
        goal = "" if not server.backend else f"   the goal of {MEMORY_GOAL} is {'met' if max(each) <= MEMORY_GOAL else 'missed'}"
        print(f"  {server.name:15} {each[0]:21.0f} {each[1]:19.0f}{goal}")


def loops(options):
    """CPU time per request of one process with two loops, and of two processes with one loop each that share nothing.

    Two loads, one on each processor, compete with the servers; they are the same in both cases.
    """
    cpus = (options.server_cpu, options.load_cpu)
    for backend in FLOORS:
        together = [(Server(f"weft, {backend}", "peer_echo_weft_loops", backend, 2), cpus)]
        apart = [(Server(f"weft, {backend}", "peer_echo_weft_loops", backend, 1), (cpu,)) for cpu in cpus]
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
            stack.enter_context(Load(ports, 64, options.bytes, options, cpu))
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


def available(options):
    """The servers that are built and do what their name says; says why others are left out."""
    found = []
    for server in SERVERS:
        if options.only and not any(word in server.name for word in options.only):
            continue
        if not (options.build / "bin" / server.program).exists():
            print(f"{server.name} is left out: {server.program} is not built")
            continue
        try:
            with Running(server, options) as running:
                on_io_uring = running.uses_io_uring()
        except RuntimeError as error:
            print(f"{server.name} is left out: {error}")
            continue
        if server.backend and on_io_uring != (server.backend == "io_uring"):
            print(f"{server.name} is left out: it runs on the other back end")
            continue
        found.append(server)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?", default="build/release", help="where bin/ is")
    parser.add_argument("--rounds", type=int, default=10, help="how often each is measured (10)")
    parser.add_argument("--requests", type=int, default=100_000, help="in each measurement (100000)")
    parser.add_argument("--bytes", type=int, default=64, help="size of a message (64)")
    parser.add_argument("--connections", type=int, nargs="+", default=[64, 1000], help="(64 1000)")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="servers whose name has one of these words")
    parser.add_argument("--what", nargs="+", choices=WHAT, default=WHAT)
    options = parser.parse_args()

    cpus = sorted(os.sched_getaffinity(0))
    options.server_cpu, options.load_cpu = cpus[-1], cpus[0]
    if len(cpus) < 2:
        print("One processor only: server and load share it.")
    if options.rounds < 6:
        print("Less than six rounds: the intervals in brackets are less sure than 95 %.")
    servers = available(options)
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
