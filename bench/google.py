"""Programs of Google Benchmark, as those in this directory, run from Python."""

import argparse
import json
import subprocess

from measuring import add_arguments


def read_options(description):
    """Of a benchmark that needs none of its own."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    return parser.parse_args()


def run(program, options, only="."):
    """What each benchmark whose name has `only` in it gave: its name to its figures, in one round."""
    said = subprocess.run(
        [
            options.build / "bin" / program,
            f"--benchmark_filter={only}",
            f"--benchmark_min_time={0.05 if options.rounds == 1 else 0.3}",
            "--benchmark_format=json",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = json.loads(said)["benchmarks"]
    return {benchmark["name"]: benchmark for benchmark in found if not benchmark.get("error_occurred")}


def rounds(program, options, which, figure):
    """One of the figures of all benchmarks in each round, by measure and series: `which(name)` gives these two."""
    seen = {}
    for _ in range(options.rounds):
        for name, figures in run(program, options).items():
            measure, series = which(name)
            seen.setdefault(measure, {}).setdefault(series, []).append(figures[figure])
    return seen
