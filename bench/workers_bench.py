#!/usr/bin/env python3
"""Whether work inside a process scales with its loops: tasks, queues and timers on one loop and on two.

Compared is CPU time: work that does not get in its own way costs the same on both, and two loops on two processors do it
twice as fast.
"""

import os
import signal
import sys

import google
from results import Measure, Results, at_least

WHAT = ["tasks", "queues", "timers"]


def speed_up(name, options):
    seen = google.run("bench_workers", options, f"^{name}_on_loops/")
    one, two = (next(f for full, f in seen.items() if f"/{loops}/" in full) for loops in (1, 2))
    return two["items_per_second"] / one["items_per_second"] * 2


def main():
    options = google.read_options(__doc__)
    handed = Results()
    if len(os.sched_getaffinity(0)) < 2:
        handed.remark("One processor only: nothing to compare.")
    else:
        for name in WHAT:
            values = {"weft": [speed_up(name, options) for _ in range(options.rounds)]}
            handed.add(Measure(f"{name} by two loops", "times as fast", values, ["weft"], goals=[at_least(1.9)], more=True))
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
