#!/usr/bin/env python3
"""Generates programs, runs them by weft and compares with what CPython's asyncio makes of them.

    WEFT_ORACLE=DIRECTORY fresh.py OPS [--count N] [--required N] [--seed N] [--level 1|2] [--keep DIRECTORY]

DIRECTORY holds the generator and the judge (gen.py, run_oracle.py); OPS is this project's program `ops`. Without a
seed it takes one from the clock, and says which. Fails if less than `--required` programs in 1,000 agree, instant by
instant. Programs that differ are kept in `--keep`.
"""
import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import time

OLDEST = (3, 11, 7)  # earlier asyncios lead nested timeouts astray


def by_instant(lines):
    """What compare.py --relaxed compares."""
    instants = itertools.groupby(lines, key=lambda line: line.split(" ", 1)[0])
    return [line for _, same in instants for line in sorted(same)]


def run(ops, program):
    done = subprocess.run([ops, "-"], input=json.dumps(program), capture_output=True, text=True, timeout=60)
    lines = done.stdout.splitlines()
    return lines if done.returncode == 0 else lines + [f"status {done.returncode}: {done.stderr}"]


def first_difference(expected, got):
    for n, (a, b) in enumerate(itertools.zip_longest(expected, got, fillvalue="(the end)"), 1):
        if a != b:
            return f"line {n}:\n- {a}\n+ {b}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ops")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--required", type=int, default=995, help="of 1,000")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--level", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path)
    args = parser.parse_args()

    if sys.version_info < OLDEST:
        sys.exit(f"fresh.py: needs Python {'.'.join(map(str, OLDEST))} or later, this is {sys.version.split()[0]}")
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.environ["WEFT_ORACLE"])
    import gen

    agree = same_order = 0
    for seed in range(args.seed, args.seed + args.count):
        program, expected = gen.program(seed, level=args.level, weft=True)
        got = run(args.ops, program)
        same_order += got == expected
        difference = first_difference(by_instant(expected), by_instant(got))
        if difference is None:
            agree += 1
            continue
        print(f"seed {seed}: {difference}")
        if args.keep:
            args.keep.mkdir(parents=True, exist_ok=True)
            (args.keep / f"p{seed}.json").write_text(json.dumps(program) + "\n")
            (args.keep / f"p{seed}.trace").write_text("\n".join(expected) + "\n")
    print(f"fresh programs, level {args.level}, from seed {args.seed}: {agree} of {args.count} agree, "
          f"{same_order} also in the order within each instant")
    sys.exit(agree * 1000 < args.required * args.count)


if __name__ == "__main__":
    main()
