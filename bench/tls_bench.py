#!/usr/bin/env python3
"""Bulk transfer over TLS by weft and by OpenSSL's own programs, in one run.

One process sends, another one receives, each on a processor of its own: `openssl s_server` to `openssl s_client`, weft to
weft, and one of each. Each round runs all of them, in an order of its own. Compared are the throughput and the CPU time
of each process, as the kernel counts it; ratios are formed within a round.
"""

import argparse
import os
import pathlib
import random
import subprocess
import tempfile
import threading
import time

import results
from results import Measure, Results, times_as_good

CIPHER = "TLS_AES_128_GCM_SHA256"
GOAL = 0.95


def tied_to(cpu):
    return lambda: os.sched_setaffinity(0, {cpu})


def make_certificate(place):
    """One that vouches for itself: a sender's, and what a receiver trusts."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", place / "key.pem", "-out", place / "certificate.pem"],
        check=True, stderr=subprocess.DEVNULL)
    (place / "both.pem").write_text((place / "certificate.pem").read_text() + (place / "key.pem").read_text())


def sender(who, place, options):
    environment = dict(os.environ)
    if who == "openssl":
        command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-tls1_3", "-ciphersuites", CIPHER,
                   "-cert", place / "both.pem"]
        source = open(place / "zeros", "rb")
    else:
        command = [options.build / "bin" / "peer_tls_weft", "send", place / "both.pem", str(options.bytes)]
        environment["WEFT_BACKEND"] = options.backend
        source = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
                               text=True, preexec_fn=tied_to(options.sender_cpu))
    for line in process.stdout:
        if line.startswith(("ACCEPT", "listening")):
            return process, int(line.replace(":", " ").split()[-1])
    raise RuntimeError(f"{who} does not listen")


def receiver(who, port, place, options):
    environment = dict(os.environ)
    if who == "openssl":
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-quiet",
                   "-verify_return_error", "-CAfile", place / "certificate.pem", "-ciphersuites", CIPHER]
    else:
        command = [options.build / "bin" / "peer_tls_weft", "receive", str(port), place / "certificate.pem",
                   str(options.bytes)]
        environment["WEFT_BACKEND"] = options.backend
    # The receiver begins with a word of its own: s_server may wait for one in the middle of its handshake.
    return subprocess.Popen(command, stdin=open(place / "word", "rb"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env=environment, preexec_fn=tied_to(options.receiver_cpu))


def cpu_at_end(process, good=(0,)):
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in good:
        raise RuntimeError(f"{process.args[0]} has failed")
    return usage.ru_utime + usage.ru_stime


def transfer(sends, receives, place, options):
    """Gives bytes per second, and each side's CPU time in nanoseconds per byte."""
    first, port = sender(sends, place, options)
    begin = time.monotonic()
    second = receiver(receives, port, place, options)
    watchdog = threading.Timer(options.limit, lambda: (first.kill(), second.kill()))
    watchdog.start()
    received = cpu_at_end(second, (0, 1) if sends == receives == "openssl" else (0,))  # s_server says no goodbye
    seconds = time.monotonic() - begin
    first.stdout.read()
    sent = cpu_at_end(first)
    first.stdout.close()
    watchdog.cancel()
    return options.bytes / seconds, sent / options.bytes * 1e9, received / options.bytes * 1e9


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default="build/release", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--bytes", type=int, default=2 << 30, help="of each transfer")
    parser.add_argument("--limit", type=float, default=60, help="seconds that a transfer may take")
    parser.add_argument("--backend", default="epoll", help="weft's: epoll or io_uring")
    parser.add_argument("--sender-cpu", type=int, default=0)
    parser.add_argument("--receiver-cpu", type=int, default=1)
    results.add_argument(parser)
    options = parser.parse_args()

    pairs = [("openssl", "openssl"), ("weft", "weft"), ("weft", "openssl"), ("openssl", "weft")]
    seen = {pair: [] for pair in pairs}
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        make_certificate(place)
        (place / "word").write_text("begin\n")
        with open(place / "zeros", "wb") as zeros:
            zeros.truncate(options.bytes)
        for pair in pairs:
            transfer(*pair, place, options)
        for _ in range(options.rounds):
            for pair in random.sample(pairs, len(pairs)):
                seen[pair].append(transfer(*pair, place, options))

    handed = Results()
    what = f"{options.bytes >> 20} MiB over TLS, {CIPHER}, weft on {options.backend}"

    def add(text, unit, which, pairs, factor, goals=(), more=False):
        values = {name: [result[which] * factor for result in seen[pair]] for name, pair in pairs.items()}
        handed.add(Measure(f"{what}, {text}", unit, values, ["weft"], goals=goals, more=more))

    both = {"weft": ("weft", "weft"), "OpenSSL": ("openssl", "openssl")}
    sending = {"weft": ("weft", "openssl"), "OpenSSL": ("openssl", "openssl")}
    receiving = {"weft": ("openssl", "weft"), "OpenSSL": ("openssl", "openssl")}
    add("both ends", "MiB/s", 0, both, 1 / 2**20, [times_as_good(GOAL)], more=True)
    add("sending to openssl", "ns of CPU a KiB", 1, sending, 1024)
    add("receiving from openssl", "ns of CPU a KiB", 2, receiving, 1024)
    handed.hand_over(options)


if __name__ == "__main__":
    main()
