#!/usr/bin/env python3
"""Libraries of SHA-256 beside the kernel, in turns: hashes of one block by OpenSSL, and blocks by ISA-L's multi-buffer code.

usage: library.py [--rounds N] [--isa NAME] KERNEL [PERF]

OpenSSL's `openssl speed` hashes 24 bytes, one message after the other, as any program does that calls a library for each nonce. PERF
is sha256_mb_vs_ossl_perf of an ISA-L (isa-l_crypto) that was built apart, which hashes 32 messages of 4 kB at once: that is 65 blocks each,
and nothing is hoisted. The kernel's figure is of `--scheme sha256`, one block a nonce. Millions of blocks a second, one thread, medians.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from kernel import child_seconds, kernel_seconds, rates_of  # noqa: E402


def openssl_rate():
    command = ["openssl", "speed", "-mr", "-seconds", "1", "-bytes", "24", "-evp", "sha256"]
    text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return float(re.search(r"^\+F:\d+:[^:]+:([\d.]+)", text, re.M)[1]) / 24


def isal_rate(program):
    """What it tells is by the wall clock: divided by the share of that in which it ran."""
    started, before = time.monotonic(), child_seconds()
    text = subprocess.run([program], capture_output=True, check=True).stdout.decode()
    share = (child_seconds() - before) / (time.monotonic() - started)
    return float(re.search(r"multibinary_sha256_warm:.*?([\d.]+) MB/s", text, re.S)[1]) * 1e6 / 4096 * 65 / share


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kernel")
    parser.add_argument("perf", nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--isa")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rates = rates_of(arguments.kernel, "sha256")
    isa = arguments.isa or next(iter(rates))
    peers = {"openssl": openssl_rate}
    if arguments.perf:
        peers["isa-l_crypto"] = lambda: isal_rate(arguments.perf)
    ours, theirs = [], {peer: [] for peer in peers}
    for _ in range(arguments.rounds):
        ours.append(rates[isa] / kernel_seconds(arguments.kernel, "sha256", isa, rates[isa]))
        for peer, rate in peers.items():
            theirs[peer].append(rate())
    for peer, some in theirs.items():
        print("kernel (%s) %.2f M/s, %s %.2f M/s, ratio %.2f" % (isa, statistics.median(ours) / 1e6, peer, statistics.median(some) / 1e6,
                                                               statistics.median(a / b for a, b in zip(ours, some))), flush=True)


if __name__ == "__main__":
    main()
