#!/usr/bin/env python3
"""How often weft and its peers allocate memory once they are warm: per echo, request, query, task, timer and so on.

Counted is every call of malloc and its like. Go, Node and Python have allocators of their own, so that they are not here.
"""

import argparse
import os
import pathlib
import signal
import subprocess
import tempfile

import http_server_bench
import postgres_bench
import websocket_bench
from echo_bench import SERVERS as ECHO_SERVERS
from measuring import Load, Running, Server, add_arguments, available, choose_processors
from results import Measure, Results, at_most

COUNTER = "count_allocations.so"
BACKENDS = ("epoll", "io_uring")
OWN = ["weft, epoll", "weft, io_uring", "weft"]
FLOORS = ["C, epoll", "C, io_uring"]

# Task of the micro benchmarks to what it is.
TASKS = {
    "await": "await of a task that returns at once",
    "create_join": "task created and joined",
    "queue": "item through a bounded queue",
    "timer": "timer armed and cancelled",
    "timeout": "operation under a timeout",
    "contended": "lock waited for, and unlocked",
}
MICRO_PROGRAMS = {"weft": "peer_micro_weft", "Tokio": "peer_micro_tokio", "Boost.Asio": "peer_micro_asio"}


class Count:
    """What a program that is started with `environment` has allocated so far."""

    def __init__(self, options):
        self.file = tempfile.NamedTemporaryFile()
        self.file.write(bytes(4096))
        self.file.flush()
        self.environment = {
            "LD_PRELOAD": str((options.build / "bin" / COUNTER).resolve()),
            "COUNT_ALLOCATIONS": self.file.name,
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def value(self):
        return int.from_bytes(pathlib.Path(self.file.name).read_bytes()[:8], "little")


def by_server(server, options, order, *load):
    """Allocations of a server per operation of a load that is warm."""
    with Count(options) as count, Running(server, options, environment=count.environment) as running:
        with Load(options, load[0], running.port, *load[1:]) as clients:
            clients.order(order, options.operations)
            before = count.value()
            clients.order(order, options.operations)
            return (count.value() - before) / options.operations


def by_program(command, options, environment=os.environ):
    """What a command with a number at its end allocates for each operation beyond the first of them."""
    counts = []
    for times in (1, 2):
        with Count(options) as count:
            subprocess.run(
                [*command, str(times * options.operations)],
                check=True,
                stdout=subprocess.DEVNULL,
                env=environment | count.environment,
            )
            counts.append(count.value())
    return (counts[1] - counts[0]) / options.operations


def servers_of(servers, options, handed):
    """Those whose allocations are malloc's."""
    others = ("Go", "Node", ".js", "Python")
    return [s for s in available(servers, options, handed) if not any(word in s.name for word in others)]


def add(handed, what, values, goals=()):
    rounded = {name: [round(value, 2)] for name, value in values.items()}  # some grow something once
    handed.add(Measure(what, "allocations", rounded, OWN, FLOORS, goals, exact=True))


def micro(options, handed):
    programs = {name: options.build / "bin" / program for name, program in MICRO_PROGRAMS.items()}
    programs = {name: program for name, program in programs.items() if program.exists()}
    for task, what in TASKS.items():
        values = {}
        for name, program in programs.items():
            if subprocess.run([program, task, "10"], capture_output=True).returncode == 0:
                values[name] = by_program([program, task], options) / 2  # it warms up with as many
        add(handed, what, values, [at_most(0)] if task == "queue" else ())


def servers(options, handed):
    connections = 64
    echo = servers_of(ECHO_SERVERS, options, handed)
    what = ["echo_load", connections, 64]
    add(handed, "TCP echo", {s.name: by_server(s, options, "run", *what) for s in echo}, [at_most(0)])
    answers = servers_of(http_server_bench.ANSWERS, options, handed)
    what = ["http_load", connections, 1, "/plaintext"]
    add(handed, "HTTP request, plaintext", {s.name: by_server(s, options, "run", *what) for s in answers}, [at_most(0)])
    sockets = filter(websocket_bench.speaks_websocket, servers_of(websocket_bench.SERVERS, options, handed))
    what = ["echo_load", connections, 64, "websocket"]
    add(handed, "WebSocket echo", {s.name: by_server(s, options, "run", *what) for s in sockets})


def clients(options, handed):
    """HTTP clients, which go once and twice through a list."""
    values = {}
    with Running(Server("C, epoll", "peer_http_epoll"), options) as running, tempfile.NamedTemporaryFile("w") as urls:
        urls.write(f"http://127.0.0.1:{running.port}/plaintext\n" * options.operations)
        urls.flush()
        for backend in BACKENDS:
            counts = []
            for times in (1, 2):
                with Count(options) as count:
                    environment = os.environ | count.environment | {"WEFT_BACKEND": backend}
                    command = [options.build / "bin" / "peer_client_weft", urls.name, "16", str(times)]
                    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
                    counts.append(count.value())
            values[f"weft, {backend}"] = (counts[1] - counts[0]) / options.operations
    add(handed, "HTTP request of a client, with its answer", values)


def queries(options, handed):
    with postgres_bench.Server() as server:
        values = {
            name: by_program([options.build / "bin" / f"peer_postgres_{name}", "by_key"], options, server.environment)
            for name in ("weft", "libpq")
        }
    add(handed, "PostgreSQL query, a row by its key", values)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--operations", type=int, default=10_000, help="in each measurement (10000)")
    options = parser.parse_args()
    options.rounds = 1  # all rounds would be the same
    choose_processors(options)
    handed = Results()
    micro(options, handed)
    servers(options, handed)
    clients(options, handed)
    queries(options, handed)
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
