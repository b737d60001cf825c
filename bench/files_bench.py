#!/usr/bin/env python3
"""Small reads of files by weft on both back ends, beside Node's and Python's: CPU time of all threads for each read.

200 files of 4 KiB, in turn and sixteen at a time, and places of 512 bytes in an open file. asyncio has no files of its own;
its programs read on threads.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys

import google
from measuring import add_arguments
from node_peers import HERE
from results import Measure, Results, times_as_good

WHAT = {
    "read_files_in_turn": "files of 4 KiB read in turn",
    "read_files_at_once": "files of 4 KiB read sixteen at a time",
    "read_at": "512 bytes read at a place of an open file",
}
BACKENDS = {"0": "weft, epoll", "1": "weft, io_uring"}
PEERS = {
    "Node": ["node", str(HERE / "peers" / "files_node.js")],
    "asyncio with threads": ["/usr/bin/python3", str(HERE / "peers" / "files_asyncio.py")],
}


def weft(name, options):
    seen = google.run("bench_files", options, f"^{name}/")
    return {BACKENDS[full.split("/")[1]]: figures["cpu_us"] for full, figures in seen.items()}


def peer(name, options):
    said = subprocess.run([*PEERS[name], str(options.reads)], check=True, capture_output=True, text=True).stdout
    return json.loads(said)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--reads", type=int, default=10_000, help="by a peer in each measurement (10000)")
    options = parser.parse_args()
    handed = Results()
    peers = {name for name, command in PEERS.items() if shutil.which(command[0])}
    for name in PEERS.keys() - peers:
        handed.remark(f"{name} is not here.")
    seen = {name: {} for name in WHAT}
    for _ in range(options.rounds):
        for which in random.sample([*WHAT, *sorted(peers)], len(WHAT) + len(peers)):
            if which in WHAT:
                for who, value in weft(which, options).items():
                    seen[which].setdefault(who, []).append(value)
            else:
                for name, value in peer(which, options).items():
                    seen[name].setdefault(which, []).append(value)
    for name, what in WHAT.items():
        values = {who: seen[name][who] for who in [*BACKENDS.values(), *PEERS] if who in seen[name]}
        handed.add(Measure(what, "us of CPU each", values, list(BACKENDS.values()), goals=[times_as_good(1)]))
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
