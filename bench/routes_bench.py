#!/usr/bin/env python3
"""What it takes to find a request's route among 10, 1,000 and 10,000 routes, each asked for in turn."""

import signal
import sys

import google
from results import Measure, Results

WHAT = {"static_routes": "a path without parameters", "routes_with_parameters": "a path with two parameters"}
COUNTS = {"10": "10 routes", "1000": "1,000 routes", "10000": "10,000 routes"}


def what_and_count(name):
    what, count = name.split("/")
    return what, COUNTS[count]


def main():
    options = google.read_options(__doc__)
    handed = Results()
    seen = google.rounds("bench_routes", options, what_and_count, "cpu_time")
    for name, what in WHAT.items():
        handed.add(Measure(what, "ns", seen[name], list(COUNTS.values())))
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
