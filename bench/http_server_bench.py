#!/usr/bin/env python3
"""HTTP by weft's server and by hand-written C, in one run: plaintext, small JSON, pipelined, idle connections.

Measured as echo_bench.py does it: each round starts every server anew, in an order of its own, on a processor of its
own; the load runs on another; what is compared is the CPU time that a server's process takes for a request.
"""

import argparse
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys

from echo_bench import Ratio, Running, Server, verdict

FLOOR = "C, epoll"
SERVERS = [
    Server(FLOOR, "peer_http_epoll"),
    Server("weft, epoll", "peer_http_weft", "epoll"),
    Server("weft, io_uring", "peer_http_weft", "io_uring"),
]
# What is measured: path, requests sent at once, goal of CPU time per request relative to the floor, requests.
CASES = {
    "plaintext": ("/plaintext", 1, 1.05, 1),
    "json": ("/json", 1, 1.05, 1),
    "pipelined": ("/plaintext", 16, 1 / 0.95, 8),
}
MEMORY_GOAL = 2048


class Load:
    """The clients of one server."""

    def __init__(self, port, connections, depth, path, options):
        self.process = subprocess.Popen(
            [options.build / "bin" / "http_load", str(port), str(connections), str(depth), path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {options.load_cpu}),
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

    def run(self, count):
        """Gives the seconds it took."""
        print("run", count, file=self.process.stdin, flush=True)
        return float(self.expect("ran")[0])


def measure(server, options, path, depth, count):
    """CPU time per request in microseconds, requests per second, share of user space."""
    with Running(server, options) as running, Load(running.port, options.connections, depth, path, options) as load:
        load.run(20 * options.connections * depth)
        before = running.cpu()
        seconds = load.run(count)
        return (running.cpu() - before) / count * 1e6, count / seconds, running.user_share()


def compare(servers, options, case):
    path, depth, goal, times = CASES[case]
    count = options.requests * times
    print(f"\n{case}: {options.connections} connections, {depth} at once, {options.rounds} rounds of {count} requests")
    seen = {server.name: [] for server in servers}
    for _ in range(options.rounds):
        for server in random.sample(servers, len(servers)):
            seen[server.name].append(measure(server, options, path, depth, count))
    cpu = {name: [m[0] for m in measured] for name, measured in seen.items()}
    print(f"  {'':15} CPU us/request, lowest to highest   in user space   requests/s")
    for name, measured in seen.items():
        median = statistics.median(cpu[name])
        shares = [m[2] for m in measured if m[2] is not None]
        user = f"{statistics.median(shares) * median:6.2f}" if shares else "     -"
        rate = statistics.median(m[1] for m in measured)
        line = f"  {name:15} {median:8.3f} ({min(cpu[name]):7.3f} to {max(cpu[name]):7.3f}) {user:>17} {rate:16.0f}"
        if name != FLOOR and FLOOR in cpu:
            ratio = Ratio(cpu[name], cpu[FLOOR])
            line += f"   to the floor {ratio}; the goal of {goal:.3f} is {verdict(ratio, goal)}"
        print(line)


def idle(servers, options, count):
    """Memory per connection that has had a request answered."""
    print("\nmemory of 1000 connections that wait for their next request (private and written to)")
    for server in servers:
        with Running(server, options) as running:
            with Load(running.port, 1, 1, "/plaintext", options) as warm_up:
                warm_up.run(1000)
            empty = running.memory()
            with Load(running.port, count, 1, "/plaintext", options) as load:
                load.run(count)
                each = (running.memory() - empty) / count
        goal = "" if not server.backend else f"; the goal of {MEMORY_GOAL} is {'met' if each <= MEMORY_GOAL else 'missed'}"
        print(f"  {server.name:15} {each:6.0f} bytes{goal}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?", default="build/release", help="where bin/ is")
    parser.add_argument("--rounds", type=int, default=10, help="how often each is measured (10)")
    parser.add_argument("--requests", type=int, default=100_000, help="in each measurement (100000)")
    parser.add_argument("--connections", type=int, default=64, help="(64)")
    parser.add_argument("--what", nargs="+", choices=[*CASES, "idle"], default=[*CASES, "idle"])
    options = parser.parse_args()

    cpus = sorted(os.sched_getaffinity(0))
    options.server_cpu, options.load_cpu = cpus[-1], cpus[0]
    servers = [server for server in SERVERS if (options.build / "bin" / server.program).exists()]
    if not servers:
        sys.exit("nothing to measure")
    for case in CASES:
        if case in options.what:
            compare(servers, options, case)
    if "idle" in options.what:
        idle(servers, options, 1000)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
