#!/usr/bin/env python3
"""HTTP by weft's server, by hand-written C and by weft's peers, in one run: plaintext, small JSON, pipelined, files of
1 KiB, idle connections.

All get the same requests, and answer with the same body, its type and its length; what else they say of themselves shows
in the size of their answers. How it is measured: measuring.py.
"""

import argparse
import pathlib
import signal
import tempfile

import node_peers
from measuring import Load, Running, Server, add_arguments, available, choose_processors, column, rounds
from results import Measure, Results, at_most, beside_floor, times_as_good

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
OWN = ["weft, epoll", "weft, io_uring", "weft serve, epoll", "weft serve, io_uring"]
ANSWERS = [
    Server(FLOOR, "peer_http_epoll"),
    Server("weft, epoll", "peer_http_weft", backend="epoll"),
    Server("weft, io_uring", "peer_http_weft", backend="io_uring"),
    Server("hyper", "peer_http_hyper", needs="cargo, and hyper (Debian: librust-hyper-dev)"),
    nginx("nginx"),
    Server("Go net/http", "peer_http_go", needs="Debian: golang-go"),
    node_peers.UWS_CPP,
    node_peers.UWS_NODE,
]
FILE_SERVERS = [
    nginx("nginx"),
    nginx("nginx, file cache", "open_file_cache max=1000;"),
    weft_serve("epoll"),
    weft_serve("io_uring"),
]
AHEAD = [times_as_good(1, "nginx"), times_as_good(1, "hyper")]


class Case:
    def __init__(self, what, path, depth, times, servers, goals):
        self.what = what
        self.path = path
        self.depth = depth  # requests sent at once
        self.times = times  # as many requests
        self.servers = servers
        self.goals = goals


CASES = {
    "plaintext": Case("plaintext", "/plaintext", 1, 1, ANSWERS, [beside_floor(1.05), *AHEAD]),
    "json": Case("small JSON", "/json", 1, 1, ANSWERS, [beside_floor(1.05), *AHEAD]),
    "pipelined": Case("plaintext, pipelined 16 deep", "/plaintext", 16, 8, ANSWERS, [beside_floor(1 / 0.95), *AHEAD]),
    "files": Case("a file of 1 KiB", "/file.txt", 1, 1, FILE_SERVERS, [times_as_good(1, "nginx")]),
}
MEMORY_GOAL = 2048


def http_load(running, options, connections, case):
    return Load(options, "http_load", running.port, connections, case.depth, case.path)


def measure(server, options, case, count):
    """CPU time per request in microseconds, what part of it was in user space, bytes of an answer."""
    with Running(server, options) as running, http_load(running, options, options.connections, case) as load:
        load.order("run", 20 * options.connections * case.depth)
        before = running.cpu()
        load.order("run", count)
        used = (running.cpu() - before) / count * 1e6
        share = running.user_share()
        return used, share and used * share, int(load.connected[0])


def compare(options, handed, case):
    servers = available(case.servers, options, handed)
    seen = rounds(servers, options, lambda server: measure(server, options, case, options.requests * case.times))
    what = f"{case.what}, {options.connections} connections"
    handed.add(Measure(what, "us of CPU a request", column(seen, 0), OWN, [FLOOR], case.goals))
    in_user_space = column(seen, 1)
    if all(all(values) for values in in_user_space.values()):
        handed.add(Measure(what, "us of it in user space", in_user_space, OWN, [FLOOR]))
    handed.add(Measure(what, "bytes of an answer", column(seen, 2), OWN, [FLOOR]))


def idle(options, handed, connections):
    """Memory per connection that has had a request answered."""
    servers = available(ANSWERS, options, handed)
    seen = rounds(servers, options, lambda server: [measure_idle(server, options, connections)])
    what = f"a keep-alive connection of {connections} that waits for its next request"
    handed.add(Measure(what, "bytes of memory", column(seen, 0), OWN, [FLOOR], [at_most(MEMORY_GOAL)]))


def measure_idle(server, options, connections):
    case = CASES["plaintext"]
    with Running(server, options) as running:
        with http_load(running, options, 1, case) as warm_up:
            warm_up.order("run", 1000)
        empty = running.memory()
        with http_load(running, options, connections, case) as load:
            load.order("run", connections)
            return (running.memory() - empty) / connections


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--requests", type=int, default=100_000, help="in each measurement (100000)")
    parser.add_argument("--connections", type=int, default=64, help="(64)")
    parser.add_argument("--what", nargs="+", choices=[*CASES, "idle"], default=[*CASES, "idle"])
    options = parser.parse_args()

    choose_processors(options)
    handed = Results()
    handed.remark(node_peers.ABOUT_UWS)
    for name, case in CASES.items():
        if name in options.what:
            compare(options, handed, case)
    if "idle" in options.what:
        idle(options, handed, 1000)
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
