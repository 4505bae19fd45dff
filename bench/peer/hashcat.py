#!/usr/bin/env python3
"""hashcat on the processor (PoCL) beside the kernel: one SHA-256 of a fixed text and ten digits, in turns.

usage: hashcat.py [--rounds N] [--seconds S] [--mode 1420|1410]... KERNEL      (Debian: apt install hashcat pocl-opencl-icd ocl-icd-libopencl1)

Mode 1420 hashes the salt and then the candidate, as `--scheme sha256` hashes block and nonce; 1410 the other way round, as a template
`{nonce}text`. hashcat uses all processors, so as many kernels run. It compiles its own kernel at the first start (minutes, kept in its cache).
Medians of nonces per second by the wall clock, and of the ratio of each round: the machine should be quiet.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

TEXT = "COMSM0010cloud"
FROM = 2_000_000_000
UNREACHED = "0123456789abcdef" * 4  # a digest that none of them has


def hashcat_rate(mode, seconds, directory):
    command = ["hashcat", "-m", str(mode), "-a", "3", "-O", "-w", "3", "--force", "--potfile-disable", "--self-test-disable",
               "--logfile-disable", "--restore-disable", "--session", os.path.basename(directory), "--runtime", str(seconds),
               "--status", "--status-json", "--status-timer", "1", "%s:%s" % (UNREACHED, TEXT), "?d" * 10]
    text = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, cwd=directory).stdout.decode(errors="replace")
    rates = []
    for line in text.splitlines():
        at = line.find("{")
        if at >= 0 and '"devices"' in line:
            rates.append(sum(device["speed"] for device in json.loads(line[at:])["devices"]))
    rates = [rate for rate in rates if rate > 0]
    if not rates:
        raise SystemExit("hashcat did not search:\n%s" % text[-2000:])
    return statistics.median(rates)


def kernel_rate(kernel, isa, mode, threads, seconds, rate):
    before, after = (TEXT, "") if mode == 1420 else ("", TEXT)
    command = [kernel, "--scheme", "sha256", "--before-hex", before.encode().hex(), "--after-hex", after.encode().hex(), "--nonce",
               "decimal", "--digest", UNREACHED, "--isa", isa]
    size = min(int(rate * seconds), 8_000_000_000 // threads)
    started = time.monotonic()
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) for _ in range(threads)]
    for i, process in enumerate(running):
        process.stdin.write(b"%d %d\n" % (FROM + i * size, FROM + (i + 1) * size))
        process.stdin.close()
    for process in running:
        process.wait()
    return threads * size / (time.monotonic() - started)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kernel")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--mode", type=int, action="append", choices=(1420, 1410))
    arguments = parser.parse_args()
    kernel = os.path.abspath(arguments.kernel)
    threads = len(os.sched_getaffinity(0))
    listed = subprocess.run([kernel, "--list", "--scheme", "sha256", "--threads", str(threads)], capture_output=True, check=True)
    isa, rate = listed.stdout.decode().splitlines()[0].split()
    with tempfile.TemporaryDirectory(prefix="cnd-hashcat-") as directory:
        for mode in arguments.mode or (1420, 1410):
            hashcat_rate(mode, 1 + arguments.seconds, directory)  # compiles
            pairs = [(kernel_rate(kernel, isa, mode, threads, arguments.seconds, int(rate)),
                      hashcat_rate(mode, arguments.seconds, directory)) for _ in range(arguments.rounds)]
            ours, theirs = (statistics.median(column) for column in zip(*pairs))
            ratio = statistics.median(a / b for a, b in pairs)
            print("mode %d, %d threads: kernel (%s) %.1f MH/s, hashcat %.1f MH/s, ratio %.2f"
                  % (mode, threads, isa, ours / 1e6, theirs / 1e6, ratio), flush=True)


if __name__ == "__main__":
    main()
