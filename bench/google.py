"""Programs of Google Benchmark, as those in this directory, run from Python."""

import json
import subprocess


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
