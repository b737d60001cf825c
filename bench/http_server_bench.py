#!/usr/bin/env python3
"""HTTP by weft's server, by hand-written C and by weft's peers, in one run: plaintext, small JSON, pipelined, files of
1 KiB, idle connections.

All get the same requests, and answer with the same body, its type and its length; what else they say of themselves shows
in the size of their answers. How it is measured: measuring.py.
"""

import argparse
import pathlib
import signal
import statistics
import tempfile

import node_peers
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

NGINX = """
daemon off;
master_process off;
pid @dir/pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path @dir/body;
  proxy_temp_path @dir/proxy;
  fastcgi_temp_path @dir/fastcgi;
  uwsgi_temp_path @dir/uwsgi;
  scgi_temp_path @dir/scgi;
  types { text/plain txt; }
  charset utf-8;
  %s
  server {
    listen 127.0.0.1:@port backlog=4096;
    location = /plaintext { default_type text/plain; return 200 "Hello, World!"; }
    location = /json { default_type application/json; return 200 '{"message":"Hello, World!"}'; }
    location / { root %s; }
  }
}
"""


def nginx(name, *more):
    text = NGINX % ("\n".join(more), FILES.name)
    return Server(
        name, "nginx", "-p", "@dir", "-c", "@dir/conf", "-e", "stderr", files={"conf": text}, needs="Debian: nginx-light"
    )


def weft_serve(backend):
    command = ["weft", "serve", "-q", "-p", "@port", FILES.name]
    return Server(f"weft serve, {backend}", *command, backend=backend)


FILES = tempfile.TemporaryDirectory()
(pathlib.Path(FILES.name) / "file.txt").write_text(("0123456789abcde\n") * 64)

FLOOR = "C, epoll"
ANSWERS = [
    Server(FLOOR, "peer_http_epoll"),
    Server("weft, epoll", "peer_http_weft", backend="epoll"),
    Server("weft, io_uring", "peer_http_weft", backend="io_uring"),
    Server("hyper", "peer_http_hyper", needs="cargo, and hyper (Debian: librust-hyper-dev)"),
    nginx("nginx"),
    node_peers.UWS_CPP,
    node_peers.UWS_NODE,
]
FILE_FLOOR = "nginx"
FILE_SERVERS = [
    nginx(FILE_FLOOR),
    nginx("nginx, file cache", "open_file_cache max=1000;"),
    weft_serve("epoll"),
    weft_serve("io_uring"),
]


class Case:
    def __init__(self, path, depth, goal, times, servers, floor):
        self.path = path
        self.depth = depth  # requests sent at once
        self.goal = goal  # CPU time per request relative to the floor
        self.times = times  # as many requests
        self.servers = servers
        self.floor = floor


CASES = {
    "plaintext": Case("/plaintext", 1, 1.05, 1, ANSWERS, FLOOR),
    "json": Case("/json", 1, 1.05, 1, ANSWERS, FLOOR),
    "pipelined": Case("/plaintext", 16, 1 / 0.95, 8, ANSWERS, FLOOR),
    "files": Case("/file.txt", 1, 1.0, 1, FILE_SERVERS, FILE_FLOOR),
}
MEMORY_GOAL = 2048


def http_load(running, options, connections, case):
    return Load(options, "http_load", running.port, connections, case.depth, case.path)


def measure(server, options, case, count):
    """CPU time per request in microseconds, requests per second, share of user space, bytes of an answer."""
    with Running(server, options) as running, http_load(running, options, options.connections, case) as load:
        load.order("run", 20 * options.connections * case.depth)
        before = running.cpu()
        seconds = load.order("run", count)
        used = running.cpu() - before
        return used / count * 1e6, count / seconds, running.user_share(), int(load.connected[0])


def compare(options, name, case):
    count = options.requests * case.times
    print(f"\n{name}: {options.connections} connections, {case.depth} at once, {options.rounds} rounds of {count} requests")
    servers = available(case.servers, options)
    seen = rounds(servers, options, lambda server: measure(server, options, case, count))
    cpu = {name: [m[0] for m in measured] for name, measured in seen.items()}
    print(f"  {'':20} CPU us/request, lowest to highest   in user space   requests/s   bytes")
    for server in servers:
        measured = seen[server.name]
        times = cpu[server.name]
        median = statistics.median(times)
        shares = [m[2] for m in measured if m[2] is not None]
        user = f"{statistics.median(shares) * median:6.2f}" if shares else "     -"
        rate = statistics.median(m[1] for m in measured)
        size = measured[0][3]
        line = f"  {server.name:20} {median:8.3f} ({min(times):7.3f} to {max(times):7.3f}) {user:>17} {rate:12.0f} {size:7}"
        if server.name != case.floor and case.floor in cpu:
            ratio = Ratio(times, cpu[case.floor])
            line += f"   to {case.floor} {ratio}"
            if server.backend:
                line += f"; the goal of {case.goal:.3f} is {verdict(ratio, case.goal)}"
        print(line)


def idle(options, connections):
    """Memory per connection that has had a request answered."""
    print(f"\nmemory of {connections} connections that wait for their next request (private and written to)")
    case = CASES["plaintext"]
    for server in available(case.servers, options):
        with Running(server, options) as running:
            with http_load(running, options, 1, case) as warm_up:
                warm_up.order("run", 1000)
            empty = running.memory()
            with http_load(running, options, connections, case) as load:
                load.order("run", connections)
                each = (running.memory() - empty) / connections
        goal = verdict_on_memory(each, MEMORY_GOAL) if server.backend else ""
        print(f"  {server.name:20} {each:6.0f} bytes{goal}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--requests", type=int, default=100_000, help="in each measurement (100000)")
    parser.add_argument("--connections", type=int, default=64, help="(64)")
    parser.add_argument("--what", nargs="+", choices=[*CASES, "idle"], default=[*CASES, "idle"])
    options = parser.parse_args()

    choose_processors(options)
    print(node_peers.ABOUT_UWS)
    for name, case in CASES.items():
        if name in options.what:
            compare(options, name, case)
    if "idle" in options.what:
        idle(options, 1000)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
