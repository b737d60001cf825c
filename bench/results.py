"""What a benchmark has measured, its goals, and how both are shown: on the terminal, and in bench/RESULTS.md.

A benchmark makes a Measure of everything that was measured of weft and its peers in the same rounds, gives it to
Results.add, and ends with Results.hand_over. `bench/run` starts the benchmarks and writes the file.
"""

import json
import math
import pathlib
import statistics

from intervals import interval_of_median

FEWEST = 10  # paired ratios without which no goal is missed


class Interval:
    """The median of some values and what covers it with 95 %."""

    def __init__(self, values, exact=False):
        self.enough = exact or len(values) >= FEWEST
        self.median = statistics.median(values)
        self.low, self.high = interval_of_median(values)

    def __str__(self):
        if self.low == self.high:
            return number(self.median)
        return f"{number(self.median)} [{number(self.low)}, {number(self.high)}]"

    def verdict(self, limit, at_most):
        inside = self.high <= limit if at_most else self.low >= limit
        beyond = self.low > limit if at_most else self.high < limit
        if inside:
            return "reached"
        return "missed" if beyond and self.enough else "undecided"


def ratio(a, b):
    return a / b if b else math.inf if a else 1.0


class Measure:
    """One thing, measured of several in the same rounds.

    values: for each name what it took in each round; the i-th of all belong to one round.
    own: the names that are weft's. floors: those of hand-written C. All others are peers.
    goals: made by the functions below.
    more: the more the better; otherwise the less.
    exact: it is counted, not timed; one round is enough.
    """

    def __init__(self, what, unit, values, own, floors=(), goals=(), more=False, exact=False):
        self.what, self.unit, self.values, self.more, self.exact = what, unit, values, more, exact
        self.own = [name for name in own if name in values]
        self.floors = [name for name in floors if name in values]
        self.peers = [name for name in values if name not in self.own and name not in self.floors]
        self.goals = list(goals)

    def median(self, name):
        return statistics.median(self.values[name])

    def best(self, names):
        names = [name for name in names if name in self.values]
        return (max if self.more else min)(names, key=self.median) if names else None

    def times(self, own, other):
        """How many times as good `own` is as the other one."""
        pairs = zip(self.values[own], self.values[other])
        return Interval([ratio(a, b) if self.more else ratio(b, a) for a, b in pairs], self.exact)

    def beside(self, own, other):
        """The ratio of the values themselves."""
        return Interval([ratio(a, b) for a, b in zip(self.values[own], self.values[other])], self.exact)

    def shown(self, name):
        values = self.values[name]
        text, low, high = (number(value) for value in (statistics.median(values), min(values), max(values)))
        return text if low == high else f"{text} ({low} to {high})"


# ---- goals ----------------------------------------------------------------------------------------------------------
# Each is a list that JSON can carry: its kind, a limit, names where it needs some, and to which of weft's it applies, if
# not to all.


def at_most(limit):
    return ["at most", limit, []]


def at_least(limit):
    return ["at least", limit, []]


def times_as_good(factor, *peers):
    """As the best of these peers; of all if none is named."""
    return ["times", factor, list(peers)]


def beside_floor(limit, *floors, of=None):
    """The ratio to the better floor."""
    return ["floor", limit, list(floors), of]


def more_than(other, limit):
    """So much above another one's value."""
    return ["more", limit, [other]]


def judge(measure, own, goal):
    """A goal in words, what it came to in words, and the verdict."""
    kind, limit, names = goal[:3]
    if kind in ("at most", "at least"):
        found = Interval(measure.values[own], measure.exact)
        return f"{kind} {number(limit)}", str(found), found.verdict(limit, kind == "at most")
    other = measure.best(names or (measure.floors if kind == "floor" else measure.peers))
    if other is None:
        return in_words(kind, limit, ", ".join(names) or "any"), "nothing to compare with", "undecided"
    words = in_words(kind, limit, other)
    if kind == "times":
        found = measure.times(own, other)
        return words, f"{found} times", found.verdict(limit, False)
    if kind == "floor":
        found = measure.beside(own, other)
        return words, f"{found} of it", found.verdict(limit, True)
    found = Interval([a - b for a, b in zip(measure.values[own], measure.values[other])], measure.exact)
    return words, f"{found} more", found.verdict(limit, True)


def in_words(kind, limit, other):
    if kind == "times":
        return f"ahead of {other}" if limit == 1 else f"at least {number(limit)} times as good as {other}"
    if kind == "floor":
        return f"at most {number(limit)} of {other}"
    return f"at most {number(limit)} more than {other}"


def number(value):
    """With three digits, or all before the point."""
    for limit, digits in ((100, 0), (10, 1), (1, 2)):
        if abs(value) >= limit:
            return f"{value:,.{digits}f}"
    return f"{value:.3g}"


# ---- collecting -----------------------------------------------------------------------------------------------------


class Results:
    """What one benchmark hands over."""

    def __init__(self):
        self.measures = []
        self.remarks = []  # sentences for the file: what is left out, and why

    def add(self, measure):
        """Shows it on the terminal as well."""
        self.measures.append(measure)
        print(f"\n{measure.what}, {measure.unit}", flush=True)
        for name in measure.values:
            print(f"  {name:20} {measure.shown(name)}")
        for own, words, found, verdict in judged(measure):
            print(f"  {own}: {found}; the goal, {words}, is {verdict}", flush=True)

    def remark(self, text):
        if text not in self.remarks:
            self.remarks.append(text)
            print(text, flush=True)

    def hand_over(self, options):
        """To `bench/run`, if that has started it."""
        if options.results:
            data = {"measures": [vars(m) for m in self.measures], "remarks": self.remarks, "rounds": options.rounds}
            options.results.write_text(json.dumps(data))


def judged(measure):
    for own in measure.own:
        for goal in measure.goals:
            if goal[3:] in ([], [None], [own]):
                yield own, *judge(measure, own, goal)


def add_argument(parser):
    parser.add_argument("--results", type=pathlib.Path, metavar="FILE", help="where what was measured goes, as JSON")


def read(path):
    """Measures, remarks and the number of rounds that a benchmark has handed over."""
    data = json.loads(path.read_text())
    for measure in data["measures"]:
        del measure["peers"]
    return [Measure(**measure) for measure in data["measures"]], data["remarks"], data["rounds"]


# ---- Markdown -------------------------------------------------------------------------------------------------------


def tables(measures):
    """Lines: the goals, if there are any, then all figures."""
    rows = [line for measure in measures if measure.goals for own in measure.own for line in rows_of(measure, own)]
    if not rows:
        return list(figures(measures))
    head = ["| what | | median (lowest to highest) | best peer | ratio to it | ratio to the floor | goal | |", "| --- " * 8 + "|"]
    return [*head, *rows, "", *figures(measures)]


def rows_of(measure, own):
    peer, floor = measure.best(measure.peers), measure.best(measure.floors)
    cells = [
        f"{measure.what}, {measure.unit}" if own == measure.own[0] else "",
        own,
        measure.shown(own),
        f"{peer}: {number(measure.median(peer))}" if peer else "",
        str(measure.beside(own, peer)) if peer else "",
        str(measure.beside(own, floor)) if floor else "",
    ]
    rows = [[words, verdict] for name, words, _, verdict in judged(measure) if name == own] or [["", ""]]
    yield row(cells + rows[0])
    for more in rows[1:]:
        yield row([""] * len(cells) + more)


def figures(measures):
    """A table for each set of names that was measured."""
    sets = []
    for measure in measures:
        names = list(measure.values)
        for known, members in sets:
            if set(names) <= set(known):
                members.append(measure)
                break
        else:
            sets.append((names, [measure]))
    for names, members in sets:
        yield row(["", *names])
        yield "| --- " * (len(names) + 1) + "|"
        for measure in members:
            yield row(
                [
                    f"{measure.what}, {measure.unit}",
                    *(measure.shown(name) if name in measure.values else "-" for name in names),
                ]
            )
        yield ""


def row(cells):
    return "| " + " | ".join(cells) + " |"
