#!/usr/bin/env python3
"""What it takes to find a request's route among 10, 1,000 and 10,000 routes, each asked for in turn."""

import argparse
import signal
import sys

import google
from measuring import add_arguments
from results import Measure, Results

WHAT = {"static_routes": "a path without parameters", "routes_with_parameters": "a path with two parameters"}
COUNTS = {"10": "10 routes", "1000": "1,000 routes", "10000": "10,000 routes"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    options = parser.parse_args()
    handed = Results()
    seen = {name: {} for name in WHAT}
    for _ in range(options.rounds):
        for full, figures in google.run("bench_routes", options).items():
            name, count = full.split("/")
            seen[name].setdefault(COUNTS[count], []).append(figures["cpu_time"])
    for name, what in WHAT.items():
        handed.add(Measure(what, "ns", seen[name], list(COUNTS.values())))
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
