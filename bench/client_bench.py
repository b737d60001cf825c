#!/usr/bin/env python3
"""HTTP clients in one run: weft's, `weft fetch`, and its peers Boost.Beast, libcurl, curl and aiohttp.

An nginx of its own serves files on one processor; the client runs on another. Each round runs every client, in an order
of its own, and ratios are formed within a round. What is compared:

  get       1 KiB bodies over 64 keep-alive connections, dropped: CPU time of the client's process per request, requests/s
  fetch     the same with a record of each: `weft fetch` and `curl --parallel`
  download  one body of 1 GiB into a file: time, and the most memory that the client has held
"""

import argparse
import contextlib
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import results
from node_peers import MODULES
from results import Measure, Results, at_most, beside_floor, times_as_good

HERE = pathlib.Path(__file__).parent
BACKENDS = ["epoll", "io_uring"]
WHAT = ["get", "fetch", "download"]
HTTPX = "httpx"
FEW = 10  # it does a part of the requests
PYTHON = "/usr/bin/python3"  # Debian's, for which there are aiohttp and uvloop


def tied_to(cpu):
    return lambda: os.sched_setaffinity(0, {cpu})


# ---- the server -----------------------------------------------------------------------------------------------------


def unused_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    def __init__(self, place, cpu):
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        if program is None:
            sys.exit("client_bench: nginx is missing: ./dev setup installs it")
        self.port = unused_port()
        paths = "".join(
            f"{what}_temp_path {place}/{what};\n" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        configuration = place / "nginx.conf"
        configuration.write_text(
            f"daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;\n"
            "events { worker_connections 1024; }\n"
            "http { access_log off; default_type text/plain; keepalive_requests 100000000;\n"
            f"{paths} server {{ listen 127.0.0.1:{self.port}; root {place}/www;\n"
            "location /large { sendfile on; } } }\n"
        )
        self.process = subprocess.Popen(
            [program, "-p", place, "-c", configuration, "-e", "stderr"], preexec_fn=tied_to(cpu)
        )
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.02)
        sys.exit("client_bench: nginx did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def make_files(place, count, size):
    place.chmod(0o755)
    for i in range(count):
        directory = place / "www" / str(i // 1000)
        if i % 1000 == 0:
            directory.mkdir(parents=True)
        (directory / f"{i}.txt").write_bytes(f"file {i:05}\n".encode().ljust(1024, b"."))
    with open(place / "www" / "large", "wb") as large:
        large.truncate(size)


def make_lists(place, count, port):
    urls = [f"http://127.0.0.1:{port}/{i // 1000}/{i}.txt" for i in range(count)]
    (place / "urls").write_text("".join(url + "\n" for url in urls))
    (place / "few_urls").write_text("".join(url + "\n" for url in urls[: count // FEW]))
    (place / "curl.txt").write_text("".join(f'url = "{url}"\noutput = "/dev/null"\n' for url in urls))


# ---- a client -------------------------------------------------------------------------------------------------------


class Client:
    def __init__(self, name, command, backend=None, environment=None):
        self.name = name
        self.command = [str(word) for word in command]
        self.environment = environment or {}
        if backend:  # weft's
            self.environment["WEFT_BACKEND"] = backend


class Usage:
    def __init__(self, seconds, usage, memory):
        self.seconds = seconds
        self.cpu = usage.ru_utime + usage.ru_stime
        self.user = usage.ru_utime
        self.memory = memory


def most_memory(pid):
    """What a process has held so far at most; None once it is gone. (Its usage counts this program's before the exec.)"""
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


def wait(pid, looks_at_memory):
    memory = 0
    while looks_at_memory:
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if found:
            return status, usage, memory
        memory = most_memory(pid) or memory
        time.sleep(0.01)
    return *os.wait4(pid, 0)[1:], memory


def run(client, options, looks_at_memory=False):
    begin = time.monotonic()
    process = subprocess.Popen(
        client.command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | client.environment,
        preexec_fn=tied_to(options.client_cpu),
    )
    status, usage, memory = wait(process.pid, looks_at_memory)
    seconds = time.monotonic() - begin
    errors = process.stderr.read().decode(errors="replace")
    process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"client_bench: {client.name} has failed: {errors[-500:]}")
    return Usage(seconds, usage, memory)


def run_by_turns(clients, options, looks_at_memory=False):
    for client in clients:  # warms up the server's caches
        run(client, options)
    seen = {client.name: [] for client in clients}
    for _ in range(options.rounds):
        for client in random.sample(clients, len(clients)):
            seen[client.name].append(run(client, options, looks_at_memory))
    return seen


# ---- what is measured -----------------------------------------------------------------------------------------------


def available(clients, handed):
    found = []
    for client in clients:
        if shutil.which(client.command[0]) is None:
            handed.remark(f"{client.name} is left out: {pathlib.Path(client.command[0]).name} is not here.")
        else:
            found.append(client)
    return found


def in_python(module, name, script, arguments, handed):
    """A client in a list, or none if it cannot be run."""
    if subprocess.run([PYTHON, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode != 0:
        handed.remark(f"{name} is left out: it needs Debian's python3-{module}.")
        return []
    return [Client(name, [PYTHON, HERE / "peers" / script, *arguments])]


def bare_clients(place, options, handed):
    peers = options.build / "bin"
    list_and_number = [place / "urls", options.connections]
    clients = [Client(f"weft, {b}", [peers / "peer_client_weft", *list_and_number], b) for b in BACKENDS]
    clients.append(Client("Boost.Beast", [peers / "peer_beast_fetch", *list_and_number]))
    clients.append(Client("libcurl multi", [peers / "peer_curl_fetch", *list_and_number]))
    if (MODULES / "undici").exists():
        command = ["node", HERE / "peers" / "undici_fetch.js", *list_and_number]
        clients.append(Client("undici", command, environment={"NODE_PATH": str(MODULES)}))
    else:
        handed.remark("undici is left out: it needs Node, and npm's undici.")
    if options.python:
        clients += in_python("aiohttp", "aiohttp, uvloop", "aiohttp_fetch.py", list_and_number, handed)
        few = [place / "few_urls", options.connections]
        clients += in_python("httpx", HTTPX, "httpx_fetch.py", few, handed)
        handed.remark("httpx does a tenth of the requests, since it takes so long.")
    return available(clients, handed)


def each(seen, count, of):
    """Microseconds of each request, by the clients' names."""
    counts = {name: count // FEW if name == HTTPX else count for name in seen}
    return {name: [of(usage) / counts[name] * 1e6 for usage in usages] for name, usages in seen.items()}


def add(handed, what, own, floors, seen, count, cpu_goals, time_goals):
    handed.add(Measure(what, "us of CPU a request", each(seen, count, lambda u: u.cpu), own, floors, cpu_goals))
    if all(usage.cpu > 0.2 for usages in seen.values() for usage in usages):  # else it is too short to tell
        handed.add(Measure(what, "us of it in user space", each(seen, count, lambda u: u.user), own, floors))
    handed.add(Measure(what, "us a request", each(seen, count, lambda u: u.seconds), own, floors, time_goals))


def get(place, options, handed):
    seen = run_by_turns(bare_clients(place, options, handed), options)
    what = f"bodies of 1 KiB over {options.connections} connections"
    ahead = [times_as_good(1, "Boost.Beast"), times_as_good(1, "libcurl multi"), times_as_good(7, "aiohttp, uvloop")]
    own = [f"weft, {backend}" for backend in BACKENDS]
    add(handed, what, own, [], seen, options.files, [at_most(14), *ahead], [at_most(20)])


def fetch(place, options, handed):
    weft = options.build / "bin" / "weft"
    connections = options.connections
    command = [weft, "fetch", "-q", "-c", connections, "-i", place / "urls", "-o", place / "records"]
    own, bare = ([f"{name}, {backend}" for backend in BACKENDS] for name in ("weft fetch", "weft"))
    clients = [Client(name, command, backend) for name, backend in zip(own, BACKENDS)]
    command = [options.build / "bin" / "peer_client_weft", place / "urls", connections]
    clients += [Client(name, command, backend) for name, backend in zip(bare, BACKENDS)]
    clients.append(Client("curl --parallel", ["curl", "-sZ", "--parallel-max", connections, "-K", place / "curl.txt"]))
    seen = run_by_turns(available(clients, handed), options)
    what = "the same by programs; weft fetch writes records, curl drops the bodies"
    beside_bare = [beside_floor(1.25, floor, of=name) for name, floor in zip(own, bare)]
    ahead = [times_as_good(2.2, "curl --parallel")]
    add(handed, what, own, bare, seen, options.files, [*beside_bare, *ahead], ahead)


def download(place, options, handed, port):
    url = f"http://127.0.0.1:{port}/large"
    target = place / "downloaded"
    command = [options.build / "bin" / "weft", "fetch", "-q", url, "--save", target, "-o", place / "records"]
    own = [f"weft fetch, {backend}" for backend in BACKENDS]
    clients = [Client(name, command, backend) for name, backend in zip(own, BACKENDS)]
    clients.append(Client("curl", ["curl", "-s", url, "-o", target]))
    seen = run_by_turns(available(clients, handed), options, looks_at_memory=True)
    if target.stat().st_size != options.bytes:
        sys.exit("client_bench: what was downloaded is not complete")
    target.unlink()

    def of_each(number):
        return {name: [number(usage) for usage in usages] for name, usages in seen.items()}

    what = f"one body of {options.bytes >> 20} MiB into a file"
    speed = of_each(lambda usage: options.bytes / usage.seconds / 1e9)
    handed.add(Measure(what, "GB/s", speed, own, goals=[times_as_good(0.9, "curl")], more=True))
    handed.add(Measure(what, "s of CPU", of_each(lambda usage: usage.cpu), own))
    handed.add(Measure(what, "MiB of memory", of_each(lambda usage: usage.memory / 2**20), own, goals=[at_most(20)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cpus = sorted(os.sched_getaffinity(0))
    parser.add_argument("build", nargs="?", default="build/release", type=pathlib.Path)
    parser.add_argument("--what", nargs="+", choices=WHAT, default=WHAT)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--files", type=int, default=50000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--bytes", type=int, default=1 << 30, help="of the download")
    parser.add_argument("--no-python", dest="python", action="store_false", help="without the slow ones")
    parser.add_argument("--place", help="the directory for files, such as /dev/shm; the system's for temporary ones")
    parser.add_argument("--server-cpu", type=int, default=cpus[-1])
    parser.add_argument("--client-cpu", type=int, default=cpus[0])
    results.add_argument(parser)
    options = parser.parse_args()
    handed = Results()
    with tempfile.TemporaryDirectory(dir=options.place) as name:
        place = pathlib.Path(name)
        make_files(place, options.files, options.bytes)
        with Nginx(place, options.server_cpu) as server:
            make_lists(place, options.files, server.port)
            if "get" in options.what:
                get(place, options, handed)
            if "fetch" in options.what:
                fetch(place, options, handed)
            if "download" in options.what:
                download(place, options, handed, server.port)
    handed.hand_over(options)


if __name__ == "__main__":
    main()
