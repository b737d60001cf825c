#!/usr/bin/env python3
"""A broadcast to 10,000 WebSockets: CPU time for each subscriber beyond that of the same bytes sent by send() in a loop, in
the same run over the same sockets.
"""

import argparse
import signal
import sys

import google
from measuring import add_arguments
from results import Measure, Results, at_most

BACKENDS = {"0": "weft, epoll", "1": "weft, io_uring"}
WHAT = {"0": "a broadcast of 365 bytes", "1": "a broadcast, compressed"}
GOAL = 3  # microseconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    options = parser.parse_args()
    handed = Results()
    seen = {compressed: {} for compressed in WHAT}
    for _ in range(options.rounds):
        for name, figures in google.run("bench_broadcast", options).items():
            backend, compressed = name.split("/")[1:3]
            seen[compressed].setdefault(BACKENDS[backend], []).append(figures["beyond_us"])
    for compressed, what in WHAT.items():
        values = seen[compressed]
        handed.add(Measure(what, "us of CPU beyond send()", values, list(values), goals=[at_most(GOAL)]))
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
