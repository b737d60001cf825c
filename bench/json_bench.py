#!/usr/bin/env python3
"""JSON read into structs and written out of them, beside Boost.JSON's parse and value_to, value_from and serialize.

Documents of several shapes: an order with its parts, a small body, folders in folders, numbers with fractions, texts with
escapes, a long array of integers. "Boost.JSON, monotonic" parses into memory that is given back all at once.
"""

import random
import signal
import sys

import google
from results import Measure, Results, times_as_good

SHAPES = {
    "order": "an order of 870 bytes",
    "small": "a body of 90 bytes",
    "nested": "folders in folders",
    "reals": "numbers with fractions",
    "escapes": "texts with escapes",
    "integers": "10,000 integers",
}
OWN = "weft"
PEERS = {"weft": OWN, "boost": "Boost.JSON", "boost_monotonic": "Boost.JSON, monotonic"}
GOALS = {"read": 2, "write": 3}


def main():
    options = google.read_options(__doc__)
    handed = Results()
    seen = {(how, shape): {} for how in GOALS for shape in SHAPES}
    for _ in range(options.rounds):
        for how, shape in random.sample(list(seen), len(seen)):
            for name, figures in google.run("bench_describe", options, f"^{how}_.*/{shape}$").items():
                who = PEERS[name.split("/")[0].removeprefix(how + "_")]
                seen[how, shape].setdefault(who, []).append(figures["cpu_time"])
    for (how, shape), values in seen.items():
        what = f"{SHAPES[shape]}, {'read' if how == 'read' else 'written'}"
        handed.add(Measure(what, "ns", values, [OWN], goals=[times_as_good(GOALS[how], "Boost.JSON")]))
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
