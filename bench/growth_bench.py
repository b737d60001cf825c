#!/usr/bin/env python3
"""What an operation costs among few of its kind and among many: TCP echo and HTTP by the number of connections, timers,
tasks, routes. The curves are plotted.

A curve that is flat does not rise with the number but for the caches of the processor, which hold some thousands of
timers or tasks and not millions. What the kernel's sockets take of them shows in the programs in C, which have next to
nothing of their own for each connection.
"""

import argparse
import os
import pathlib
import random
import resource
import signal
import statistics
import subprocess
import sys

from measuring import Load, Running, Server, add_arguments, choose_processors
from results import Measure, Results

sys.path.insert(0, str(pathlib.Path(__file__).with_name("growth")))
from plot import plot  # noqa: E402

ECHO = [
    Server("C, epoll", "peer_echo_epoll"),
    Server("weft, epoll", "peer_echo_weft", backend="epoll"),
    Server("weft, io_uring", "peer_echo_weft", backend="io_uring"),
]
HTTP = [
    Server("C, epoll", "peer_http_epoll"),
    Server("weft, epoll", "peer_http_weft", backend="epoll"),
    Server("weft, io_uring", "peer_http_weft", backend="io_uring"),
]
WHAT = ["echo", "http", "timers", "tasks", "routes"]


def powers_of_ten(most):
    """1, 10, ... and `most` itself."""
    counts = [1]
    while counts[-1] * 10 <= most:
        counts.append(counts[-1] * 10)
    return counts if counts[-1] * 3 > 2 * most else [*counts, most]


def most_connections():
    """That a process may have open, with some descriptors for other things."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ports = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    return min(hard - 64, (int(ports[1]) - int(ports[0])) * 9 // 10, 1_000_000)


def echo(server, options, connections):
    with Running(server, options) as running:
        with Load(options, "echo_load", running.port, connections, 64) as load:
            return per_request(running, load, options, connections)


def http(server, options, connections):
    with Running(server, options) as running:
        with Load(options, "http_load", running.port, connections, 1, "/plaintext") as load:
            return per_request(running, load, options, connections)


def per_request(running, load, options, connections):
    """Microseconds of CPU."""
    load.order("run", 3 * connections + 1000)
    count = max(options.requests, 3 * connections)
    before = running.cpu()
    load.order("run", count)
    return (running.cpu() - before) / count * 1e6


def inside(what, options, count):
    """Nanoseconds of CPU of an operation in a process."""
    program = options.build / "bin" / "growth"
    said = subprocess.run(
        [program, what, str(count)],
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {options.server_cpu}),
    ).stdout
    return float(said)


class Curves:
    """Of several series, by one number."""

    def __init__(self, name, title, horizontal, vertical, unit, counts, series):
        self.name, self.title, self.horizontal, self.vertical, self.unit = name, title, horizontal, vertical, unit
        self.counts = counts
        self.series = series  # name to a function of the count

    def measure(self, options, handed):
        values = {name: [] for name in self.series}
        for _ in range(options.rounds):
            for name in random.sample(list(self.series), len(self.series)):
                values[name].append([self.series[name](n) for n in self.counts])
        floors = [name for name in values if name.startswith("C, ")]
        own = [name for name in values if name not in floors]
        for i, count in enumerate(self.counts):
            seen = {name: [row[i] for row in rows] for name, rows in values.items()}
            handed.add(Measure(f"{self.title}, {count:,} {self.horizontal}", self.unit, seen, own, floors))
        points = {
            name: [(count, statistics.median(row[i] for row in rows)) for i, count in enumerate(self.counts)]
            for name, rows in values.items()
        }
        for name, curve in points.items():
            least = min(value for _, value in curve)
            count, last = curve[-1]
            handed.remark(f"{self.title}, {name}: {last / least:.2f} times the least with {count:,} {self.horizontal}.")
        options.plots.mkdir(parents=True, exist_ok=True)
        path = options.plots / f"{self.name}.svg"
        path.write_text(plot(self.title, self.horizontal, self.vertical, points))
        handed.remark(f"![{self.title}]({options.plots.name}/{path.name})")


def curves(options):
    connections = powers_of_ten(min(most_connections(), options.most))
    for name, title, measure, servers in (
        ("echo", "TCP echo of 64 bytes", echo, ECHO),
        ("http", "HTTP plaintext, keep-alive", http, HTTP),
    ):
        series = {
            server.name: (lambda n, server=server, measure=measure: measure(server, options, n)) for server in servers
        }
        yield Curves(name, title, "connections", "µs of CPU a request", "us of CPU a request", connections, series)
    for name, title, most in (
        ("timers", "A timer armed and cancelled, in random order", 10_000_000),
        ("tasks", "A task made, yielding once, joined", 1_000_000),
        ("routes", "A request to one of many routes, client included", 10_000),
    ):
        series = {"weft": lambda n, name=name: inside(name, options, n)}
        counts = powers_of_ten(min(most, options.most))
        yield Curves(name, title, name, "ns of CPU", "ns of CPU", counts, series)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--what", nargs="+", choices=WHAT, default=WHAT)
    parser.add_argument("--requests", type=int, default=30_000, help="in each measurement, at least (30000)")
    parser.add_argument("--most", type=int, default=10_000_000, help="of anything (10000000)")
    plots = pathlib.Path(__file__).with_name("growth")
    parser.add_argument("--plots", type=pathlib.Path, default=plots, help="where the curves go (bench/growth)")
    parser.set_defaults(rounds=3)
    options = parser.parse_args()

    choose_processors(options)
    handed = Results()
    for each in curves(options):
        if each.name in options.what:
            each.measure(options, handed)
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
