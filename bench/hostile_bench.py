#!/usr/bin/env python3
"""How long clients of `weft serve` wait for a small file, alone and beside a hundred connections that do harm.

Requests come at a fixed rate over a few connections that stay. What is compared, within a round, is the 99th percentile
of the time to an answer. Those that do harm are slow with their heads, with their bodies or with reading, never end,
send what is no HTTP, or send requests at once and take no answers; who is cut off comes again.
"""

import argparse
import asyncio
import multiprocessing
import os
import pathlib
import signal
import socket
import statistics
import tempfile
import time

from measuring import Running, Server, add_arguments, available, choose_processors, column, rounds
from results import Measure, Results, beside_floor

GOAL = 2.0
ALONE, BESIDE = "alone", "beside those that do harm"
GET_SMALL = b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n"
GET_LARGE = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"


# ---- harm -----------------------------------------------------------------------------------------------------------


async def slow_head(reader, writer):
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: ")
    await drip(reader, writer)


async def slow_body(reader, writer):
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
    await drip(reader, writer)


async def drip(reader, writer):
    while not reader.at_eof():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)


async def slow_reader(reader, writer):
    writer.write(GET_LARGE)
    while await reader.read(1000):
        await asyncio.sleep(0.1)


async def endless_head(_, writer):
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n")
    while True:
        writer.write(b"X: " + b"x" * 1000 + b"\r\n")
        await writer.drain()


async def endless_body(_, writer):
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


async def garbage(reader, writer):
    writer.write(os.urandom(10_000))
    await reader.read()


async def flood(_, writer):
    while True:
        writer.write(GET_LARGE * 100)
        await writer.drain()


async def idle(reader, _):
    await reader.read()


WAYS = [slow_head, slow_body, slow_reader, endless_head, endless_body, garbage, flood, idle]


async def do_harm(port, way):
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2000)
            try:
                await way(reader, writer)
            finally:
                writer.close()
        except OSError:
            pass
        await asyncio.sleep(0.1)


async def do_all_harm(port, connections):
    await asyncio.gather(*(do_harm(port, WAYS[i % len(WAYS)]) for i in range(connections)))


class Enemies:
    """A process of its own; on the load's processor, behind the load."""

    def __init__(self, port, options):
        self.process = multiprocessing.Process(target=self.run, args=(port, options), daemon=True)

    @staticmethod
    def run(port, options):
        os.sched_setaffinity(0, {options.load_cpu})
        os.nice(19)
        asyncio.run(do_all_harm(port, options.hostile))

    def __enter__(self):
        self.process.start()

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()


# ---- the load -------------------------------------------------------------------------------------------------------


def answer(connection):
    """Reads one answer, whose body ends it."""
    text = b""
    while not text.endswith(b"the end"):
        more = connection.recv(65536)
        if not more:
            raise RuntimeError("a normal connection was closed")
        text += more
    if not text.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"a normal request was refused: {text[:100]}")


def percentile_of_waiting(port, options):
    """The 99th percentile of the time to an answer, in microseconds."""
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(16)]
    times = []
    due = time.perf_counter()
    for i in range(options.requests):
        due += 1 / options.rate
        time.sleep(max(0.0, due - time.perf_counter()))
        connection = connections[i % len(connections)]
        begin = time.perf_counter()
        connection.sendall(GET_SMALL)
        answer(connection)
        times.append(time.perf_counter() - begin)
    for connection in connections:
        connection.close()
    return statistics.quantiles(times, n=100)[98] * 1e6


def measure(server, options):
    with Running(server, options) as running:
        percentile_of_waiting(running.port, argparse.Namespace(requests=200, rate=options.rate))
        alone = percentile_of_waiting(running.port, options)
        with Enemies(running.port, options):
            time.sleep(0.5)
            beside = percentile_of_waiting(running.port, options)
        return alone, beside, running.memory()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--requests", type=int, default=5000, help="in each measurement (5000)")
    parser.add_argument("--rate", type=float, default=1000, help="requests a second (1000)")
    parser.add_argument("--hostile", type=int, default=100, help="connections that do harm (100)")
    options = parser.parse_args()
    choose_processors(options)
    os.sched_setaffinity(0, {options.load_cpu})

    with tempfile.TemporaryDirectory() as site:
        (pathlib.Path(site) / "small").write_bytes(b"x" * 1000 + b"the end")
        (pathlib.Path(site) / "large").write_bytes(b"x" * 10_000_000)
        servers = [
            Server(f"weft serve, {backend}", "weft", "serve", "-q", "-p", "@port", site, backend=backend)
            for backend in ("epoll", "io_uring")
        ]
        handed = Results()
        seen = rounds(available(servers, options, handed), options, lambda server: measure(server, options))
    alone, beside, memory = (column(seen, which) for which in range(3))
    for name in seen:
        waits = {BESIDE: beside[name], ALONE: alone[name]}
        handed.add(Measure(f"{name}, 99th percentile of the wait", "us", waits, [BESIDE], [ALONE], [beside_floor(GOAL)]))
    handed.add(Measure(f"memory beside {options.hostile} that do harm", "bytes", memory, list(memory)))
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
