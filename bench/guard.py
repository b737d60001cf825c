#!/usr/bin/env python3
"""Counts the instructions of the operations in bench/guard/operations.cpp, by valgrind's callgrind, and compares with
the recorded ones: bench/guard/COMPILER.txt.

Instructions, not time: they are the same on a busy machine and on another one. What still differs among machines is
kept away: libc does not choose among its functions by the processor, nothing is bound late, addresses are not random.
(valgrind offers no io_uring: what meets the kernel does so by epoll. What the kernel itself does is not counted.)
"""

import argparse
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

RECORDS = pathlib.Path(__file__).with_name("guard")
TOLERANCE = 0.05
AGAIN = "record what is meant to be so: ./dev bench guard --record"

# libc would take the functions that suit the processor best, some with AVX; valgrind shows it that of this machine.
PLAIN = "AVX2 AVX AVX512F AVX512VL AVX512BW AVX_Fast_Unaligned_Load ERMS FSRM BMI1 BMI2 LZCNT MOVBE RTM SSE4_2 SSSE3 SSE4_1"
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=" + ",".join("-" + feature for feature in PLAIN.split()),
    "LD_BIND_NOW": "1",
}


def compiler_and_operations(program):
    compiler, *names = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout.splitlines()
    return compiler, names


def count(program, names):
    """Instructions for each of the operations."""
    with tempfile.TemporaryDirectory() as place:
        run = subprocess.run(
            [
                *(["setarch", platform.machine(), "-R"] if shutil.which("setarch") else []),
                *("valgrind", "--tool=callgrind", f"--callgrind-out-file={place}/%p", program, *names),
            ],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
        )
        if run.returncode != 0:
            sys.exit(f"{run.stderr}\nthe operations failed under valgrind")
        seen = {}
        for dump in pathlib.Path(place).iterdir():
            text = dump.read_text()
            if trigger := re.search(r"^desc: Trigger: Client Request: (.*): (\d+)$", text, re.MULTILINE):
                summary = re.search(r"^summary: (\d+)$", text, re.MULTILINE)
                seen.setdefault(trigger[1], {})[int(trigger[2])] = int(summary[1])
    return {name: per_operation(seen[name]) for name in names}


def per_operation(counts):
    (few, short), (many, long) = sorted(counts.items())
    return (long - short) / (many - few)


def record_of(compiler):
    return RECORDS / f"{compiler}.txt"


def read_record(compiler):
    lines = record_of(compiler).read_text().splitlines()
    pairs = (line.rsplit(None, 1) for line in lines if line and not line.startswith("#"))
    return {name: float(instructions) for name, instructions in pairs}


def write_record(compiler, counted):
    width = max(map(len, counted))
    lines = [
        f"# Instructions per operation (bench/guard/operations.cpp), compiled by {compiler} with the release preset.",
        "# Written by: ./dev bench guard --record",
        *(f"{name:{width}} {instructions:10.1f}" for name, instructions in counted.items()),
    ]
    record_of(compiler).write_text("\n".join(lines) + "\n")


def judge(name, now, before):
    """A line about the operation, and whether it may be so."""
    if before is None:
        return f"not ok {name}: {now:.1f} instructions, and none are recorded; {AGAIN}", False
    change = now / before - 1
    text = f"{name}: {now:.1f} instructions, recorded {before:.1f} ({change:+.1%})"
    if change > TOLERANCE:
        return f"not ok {text}, more than {TOLERANCE:.0%} worse; mend it, or {AGAIN}", False
    if change < -TOLERANCE:
        return f"ok {text}, better; {AGAIN}", True
    return f"ok {text}", True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?", default=pathlib.Path("build/release"), help="where bin/ is")
    parser.add_argument("--record", action="store_true", help="keep what is counted as what is right from now on")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="operations whose name has one of these words")
    options = parser.parse_args()

    program = (options.build / "bin" / "guard_operations").resolve()
    if not shutil.which("valgrind") or not program.exists():
        sys.exit("valgrind is missing: ./dev setup installs it; then build it all again")
    compiler, every = compiler_and_operations(program)
    names = [name for name in every if not options.only or any(word in name for word in options.only)]
    counted = count(program, names)

    before = read_record(compiler) if record_of(compiler).exists() else {}
    good = True
    for name in names:
        line, fine = judge(name, counted[name], before.get(name))
        if options.record:
            line = f"{name}: {counted[name]:.1f} instructions, recorded until now: {before.get(name)}"
        print(line)
        good = good and fine
    if options.record:
        # In the order of the program, without what is there no more.
        write_record(compiler, {name: value for name in every if (value := counted.get(name, before.get(name))) is not None})
        return
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
