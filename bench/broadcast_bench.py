#!/usr/bin/env python3
"""A broadcast to 10,000 WebSockets: CPU time for each subscriber beyond that of the same bytes sent by send() in a loop, in
the same run over the same sockets.
"""

import signal
import sys

import google
from results import Measure, Results, at_most

BACKENDS = {"0": "weft, epoll", "1": "weft, io_uring"}
WHAT = {"0": "a broadcast of 365 bytes", "1": "a broadcast, compressed"}
GOAL = 3  # microseconds


def compressed_and_backend(name):
    backend, compressed = name.split("/")[1:3]
    return compressed, BACKENDS[backend]


def main():
    options = google.read_options(__doc__)
    handed = Results()
    seen = google.rounds("bench_broadcast", options, compressed_and_backend, "beyond_us")
    for compressed, what in WHAT.items():
        values = seen[compressed]
        handed.add(Measure(what, "us of CPU beyond send()", values, list(values), goals=[at_most(GOAL)]))
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
