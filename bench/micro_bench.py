#!/usr/bin/env python3
"""Tasks, timers, queues and locks of weft and of its peers, in one process each and in one run.

Each program is called as PROGRAM TASK N, does N operations and prints the CPU time of one in nanoseconds, and the bytes
of one where memory counts. Each round runs all of them, in an order of its own, tied to one processor.
"""

import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys

from measuring import add_arguments, choose_processors
from results import Measure, Results, at_most, times_as_good

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"  # Debian's, for which there is uvloop


class Task:
    """memory_goals: for the bytes of each, where these count; such a task is begun and not ended."""

    def __init__(self, name, what, count, goals, memory_goals=None):
        self.name, self.what, self.count, self.goals, self.memory_goals = name, what, count, goals, memory_goals


CLOCK = Task("clock", "one look at the clock", 2_000_000, [])
SLEEPING = Task("sleeping", "a million tasks that sleep", 1_000_000, [times_as_good(1)], [at_most(260), times_as_good(1)])
ARMED = Task("armed_timers", "a million timers armed", 1_000_000, [], [])
TASKS = [
    Task("spawn", "a million tasks at once, one yield each, joined", 1_000_000, [times_as_good(1.8)]),
    Task("create_join", "create and join, one at a time", 1_000_000, [at_most(30), times_as_good(4)]),
    Task("yield", "yield between two tasks", 2_000_000, [at_most(5), times_as_good(1)]),
    Task("await", "await of a task that returns at once", 5_000_000, [at_most(8)]),
    Task("queue", "bounded queue, one producer, one consumer, an item", 2_000_000, [at_most(8), times_as_good(1)]),
    CLOCK,
    Task("timer", "timer armed and cancelled", 1_000_000, [times_as_good(1)]),
    Task("rearm", "timer that is there armed again and cancelled", 1_000_000, [times_as_good(1)]),
    Task("timers", "a million timers armed at once, then cancelled", 1_000_000, [times_as_good(4)]),
    ARMED,
    Task("timeout", "an operation under a timeout that waits once", 500_000, [at_most(45), times_as_good(1)]),
    Task("timeout_ready", "an operation under a timeout that need not wait", 500_000, [at_most(45), times_as_good(1)]),
    Task("cancel", "cancel of a sleeping task and join, 100,000 of them", 100_000, [at_most(60), times_as_good(3)]),
    SLEEPING,
    Task("lock", "lock and unlock", 5_000_000, [at_most(2.5), times_as_good(1)]),
    Task("contended", "lock, yield and unlock of ten tasks in turn", 1_000_000, [times_as_good(5)]),
]
# What the clock costs does not count.
TIMER_ALONE = "timer armed and cancelled, over a look at the clock"


class Program:
    """
    share: how much of a task's count it does, so that slow ones end: what is left out changes no figure by much.
    lacks: the tasks that it has nothing for.
    """

    def __init__(self, name, *command, share=1.0, lacks=(), needs=""):
        self.name, self.command, self.share, self.lacks, self.needs = name, command, share, lacks, needs

    def found(self, options):
        """The command, or nothing if it cannot be run."""
        built = options.build / "bin" / self.command[0]
        program = built if built.exists() else shutil.which(self.command[0])
        if program is None:
            return None
        command = [str(program), *self.command[1:]]
        tried = subprocess.run([*command, "create_join", "10"], capture_output=True)
        return command if tried.returncode == 0 else None


PROGRAMS = [
    Program("weft", "peer_micro_weft"),
    Program("Tokio", "peer_micro_tokio", lacks=("rearm",), needs="cargo, and tokio (Debian: librust-tokio-dev)"),
    Program("Boost.Asio", "peer_micro_asio", lacks=("rearm", "lock", "contended"), needs="Boost (Debian: libboost1.81-dev)"),
    Program("Go", "peer_micro_go", lacks=("await",), needs="Debian: golang-go"),
    Program(
        "Node",
        "node",
        str(HERE / "peers" / "micro_node.js"),
        share=0.2,
        lacks=("rearm", "queue", "lock", "contended"),
        needs="Debian: nodejs",
    ),
    Program("asyncio", PYTHON, str(HERE / "peers" / "micro_asyncio.py"), share=0.05, needs="Debian: python3"),
    Program("uvloop", PYTHON, str(HERE / "peers" / "micro_uvloop.py"), share=0.05, needs="Debian: python3-uvloop"),
]
REMARKS = [
    "Node has no queues and locks of its own, Go's calls are no coroutines that could be awaited, and Boost.Asio has no "
    "locks for coroutines. Boost.Asio's timers are always armed again; Tokio's and Node's cannot be cancelled and kept.",
    "rustc builds an awaited function into its caller where it can, as it does here: Tokio's await is a function call, "
    "or nothing. Tokio arms no timer for an operation that need not wait.",
]


def measure(command, task, count, options):
    """Nanoseconds each, and bytes or nothing."""
    said = subprocess.run(
        [*command, task.name, str(count)],
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {options.server_cpu}),
    ).stdout.split()
    return float(said[0]), float(said[1]) if len(said) > 1 else None


def count_for(program, task, options):
    """Where memory counts, enough of them that what a process has once does not."""
    scale = options.scale if task.memory_goals is None else max(options.scale, 0.2)
    return max(1000, int(task.count * program.share * scale))


def compare(task, found, options):
    """What each gave in each round, by name."""
    seen = {program.name: [] for program in found if task.name not in program.lacks}
    for _ in range(options.rounds):
        for program in random.sample(list(found), len(found)):
            if program.name in seen:
                seen[program.name].append(measure(found[program], task, count_for(program, task, options), options))
    return seen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--scale", type=float, default=1.0, help="how much of the work is done (1)")
    parser.add_argument("--tasks", nargs="+", choices=[task.name for task in TASKS], metavar="TASK", help="only these")
    options = parser.parse_args()
    choose_processors(options)

    handed = Results()
    found = {}
    for program in PROGRAMS:
        if options.only and program.name != "weft" and not any(word in program.name for word in options.only):
            continue
        command = program.found(options)
        if command:
            found[program] = command
        else:
            handed.remark(f"{program.name} is not here: it needs {program.needs}.")
    for text in REMARKS:
        handed.remark(text)
    if options.scale != 1:
        handed.remark(
            f"All do {options.scale:.0%} of the operations, or 20 % where memory counts: there are fewer than a million."
        )
    for program in found:
        if program.share != 1:
            handed.remark(f"{program.name} does {program.share:.0%} of the operations, since it takes so long.")

    clock = {}
    for task in TASKS:
        if options.tasks and task.name not in options.tasks:
            continue
        seen = compare(task, found, options)
        times = {name: [m[0] for m in measured] for name, measured in seen.items()}
        handed.add(Measure(task.what, "ns", times, ["weft"], goals=task.goals))
        if task is CLOCK:
            clock = times
        if task.name == "timer" and clock:
            over = {name: [a - b for a, b in zip(times[name], clock[name])] for name in times if name in clock}
            handed.add(Measure(TIMER_ALONE, "ns", over, ["weft"], goals=[at_most(6)]))
        if task.memory_goals is not None:
            memory = {name: [m[1] for m in measured] for name, measured in seen.items()}
            handed.add(Measure(task.what, "bytes each", memory, ["weft"], goals=task.memory_goals, exact=True))
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
