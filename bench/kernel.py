#!/usr/bin/env python3
"""The kernel's speed by instruction set and scheme, and against one thread of Python's hashlib, all in one run.

usage: kernel.py [--samples N] [--seconds S] [--isa NAME]... [--scheme NAME]... [--contended] [--against KERNEL] [--json] KERNEL

With the bound of each, where bench/port.c measures one on this processor, and the share of it that is reached. --contended keeps
another processor busy with the same search meanwhile: the other hyper-thread of the core where there is one, else any other.
--against measures another kernel as well, alternately, and tells the ratio: the median of the pairs, for what both have.

Every sample runs the whole program on one range and takes its processor time, so that others on the machine cost
little; the clock is measured just before and after, on the same core; samples go round all kernels in turn; medians.
A nonce nominally takes three compressions (hex-chain), one (sha256) or two; what is skipped of them counts as done.
"""
import argparse
import hashlib
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

BLOCK = b"COMSM0010cloud"
HEADER = bytes(range(80))
FROM = 2_000_000_000  # ten digits, as three quarters of the default space
SCHEMES = {
    "hex-chain": (3, ["--block-hex", BLOCK.hex(), "--unit", "digits", "--difficulty", "16"]),
    "sha256d": (2, ["--block-hex", BLOCK.hex(), "--unit", "bits", "--difficulty", "64"]),
    "sha256": (1, ["--block-hex", BLOCK.hex(), "--unit", "digits", "--difficulty", "16"]),
    "bitcoin": (2, ["--header", HEADER.hex(), "--target", "0" * 64]),
}


def python_hex_chain(lo, hi):
    sha256, block = hashlib.sha256, BLOCK
    for nonce in range(lo, hi):
        if sha256(sha256(b"%d%b" % (nonce, block)).hexdigest().encode()).hexdigest()[:16] == "0" * 16:
            yield nonce


def python_sha256d(lo, hi):
    sha256, block = hashlib.sha256, BLOCK
    for nonce in range(lo, hi):
        if sha256(sha256(b"%b%d" % (block, nonce)).digest()).digest()[:8] == bytes(8):
            yield nonce


def python_sha256(lo, hi):
    sha256, block = hashlib.sha256, BLOCK
    for nonce in range(lo, hi):
        if sha256(b"%b%d" % (block, nonce)).digest()[:8] == bytes(8):
            yield nonce


def python_bitcoin(lo, hi):
    sha256, header = hashlib.sha256, HEADER[:76]
    for nonce in range(lo, hi):
        if sha256(sha256(header + nonce.to_bytes(4, "little")).digest()).digest()[-8:] == bytes(8):
            yield nonce


PYTHON = {"hex-chain": python_hex_chain, "sha256d": python_sha256d, "sha256": python_sha256, "bitcoin": python_bitcoin}


def compiled(name, directory):
    """Compiled here: Python cannot count cycles. None without a compiler; cycles are then left out."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".c")
    program = os.path.join(directory, name)
    try:
        subprocess.run([os.environ.get("CC", "cc"), "-O1", source, "-o", program], check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return program


def bounds(directory):
    """The processor's name, and cycles a compression takes at least, by scheme and instruction set."""
    program = compiled("port", directory) if os.uname().machine == "x86_64" else None
    if not program:
        return "", {}
    told = json.loads(subprocess.run([program, "--json"], capture_output=True, check=True).stdout)
    found = {}
    for one in told["measured"]:
        words = one["what"].replace(",", "").split()  # bound ISA SCHEME [SCHEME] a compression
        if words[0] == "bound":
            found.update({(scheme, words[1]): one["cycles"] for scheme in words[2:-2]})
    return told["processor"].strip("\0 "), found


def bound(known, scheme, isa):
    """A variant is bound as its instruction set is; that with the SHA unit differs."""
    return known.get((scheme, re.sub(r"-\d$", "", isa)))


def neighbour(cpu):
    """Another processor to keep busy: one of the same core if there is one."""
    others = sorted(os.sched_getaffinity(0) - {cpu})
    try:
        with open("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list" % cpu) as file:
            siblings = {int(word) for word in file.read().replace("-", ",").split(",")}
    except (OSError, ValueError):
        siblings = set()
    return next((other for other in others if other in siblings), others[0] if others else None)


class Neighbour:
    """A search on another processor for as long as it is entered."""

    def __init__(self, kernel, scheme, isa, cpu):
        self.command = [kernel, "--scheme", scheme, "--isa", isa, "--seconds", "60"] + SCHEMES[scheme][1]
        self.cpu = cpu

    def __enter__(self):
        if self.cpu is not None:
            self.process = subprocess.Popen(["taskset", "-c", str(self.cpu)] + self.command, stdin=subprocess.PIPE,
                                            stdout=subprocess.DEVNULL)
            self.process.stdin.write(b"%d %d\n" % (FROM, 2**32 - 1))
            self.process.stdin.flush()

    def __exit__(self, *_):
        if self.cpu is not None:
            self.process.kill()
            self.process.communicate()


def clock(program):
    return float(subprocess.run([program], capture_output=True, check=True).stdout) if program else float("nan")


def child_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def kernel_seconds(kernel, scheme, isa, count):
    command = [kernel, "--scheme", scheme, "--isa", isa] + SCHEMES[scheme][1]
    before = child_seconds()
    subprocess.run(command, input=b"%d %d\n" % (FROM, FROM + count), stdout=subprocess.DEVNULL, check=True)
    return child_seconds() - before


def sample(kernel, scheme, isa, count, program):
    hertz = [clock(program)]
    idle = kernel_seconds(kernel, scheme, isa, 0)
    seconds = kernel_seconds(kernel, scheme, isa, count) - idle
    hertz.append(clock(program))
    return count / seconds, statistics.mean(hertz) * seconds / count / SCHEMES[scheme][0]


def python_rate(scheme, count):
    before = time.process_time()
    assert not list(PYTHON[scheme](FROM, FROM + count))
    return count / (time.process_time() - before)


def scaling(kernel, scheme, isa, seconds, rate):
    """Two processes, each on a core of its own, against one: by the wall clock, so only worth something when it is quiet."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        return float("nan")

    def wall(used):
        line = b"%d %d\n" % (FROM, FROM + int(rate * seconds))
        command = [kernel, "--scheme", scheme, "--isa", isa] + SCHEMES[scheme][1]
        before = time.monotonic()
        running = [subprocess.Popen(["taskset", "-c", str(core)] + command, stdin=subprocess.PIPE,
                                    stdout=subprocess.DEVNULL) for core in used]
        for process in running:
            process.stdin.write(line)
            process.stdin.close()
        for process in running:
            process.wait()
        return time.monotonic() - before

    return statistics.median(2 * wall(cores[:1]) / wall(cores) for _ in range(3))


def rates_of(kernel, scheme):
    """Nonces per second by instruction set, as the kernel itself lists them; empty where it does not know the scheme."""
    listed = subprocess.run([kernel, "--list", "--scheme", scheme], capture_output=True)
    return {isa: int(rate) for isa, rate in (line.split() for line in listed.stdout.decode().splitlines())}


def counts_of(arguments):
    """How many nonces make a sample of each scheme and instruction set."""
    return {(scheme, isa): max(1000, int(rate * arguments.seconds))
            for scheme in arguments.scheme or SCHEMES
            for isa, rate in rates_of(arguments.kernel, scheme).items()
            if not arguments.isa or isa in arguments.isa}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kernel")
    parser.add_argument("--samples", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.12, help="length of one sample")
    parser.add_argument("--isa", action="append")
    parser.add_argument("--scheme", action="append", choices=list(SCHEMES))
    parser.add_argument("--contended", action="store_true")
    parser.add_argument("--against", metavar="KERNEL")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    everywhere = os.sched_getaffinity(0)
    cpu = max(everywhere)
    other = neighbour(cpu) if arguments.contended else None
    if arguments.contended and other is None:
        parser.error("--contended: there is no other processor")
    os.sched_setaffinity(0, {cpu})
    schemes = arguments.scheme or list(SCHEMES)
    results, against, python = {}, {}, {scheme: [] for scheme in schemes}
    with tempfile.TemporaryDirectory() as directory:
        program = compiled("clock", directory)
        processor, known = bounds(directory)
        counts = counts_of(arguments)
        both = {(scheme, isa) for scheme in schemes if arguments.against for isa in rates_of(arguments.against, scheme)}
        for _ in range(arguments.samples):
            for scheme in schemes:
                python[scheme].append(python_rate(scheme, int(1_000_000 * arguments.seconds)))
            for (scheme, isa), count in counts.items():
                with Neighbour(arguments.kernel, scheme, isa, other):
                    results.setdefault((scheme, isa), []).append(sample(arguments.kernel, scheme, isa, count, program))
                    if (scheme, isa) in both:
                        one = sample(arguments.against, scheme, isa, count, program)
                        against.setdefault((scheme, isa), []).append(one)
        hertz = clock(program)
    os.sched_setaffinity(0, everywhere)
    rows = []
    for (scheme, isa), samples in results.items():
        rate, cycles = (statistics.median(column) for column in zip(*samples))
        ratio = statistics.median(a / b for (a, _), b in zip(samples, python[scheme]))
        least = bound(known, scheme, isa)
        row = {"scheme": scheme, "isa": isa, "noncesPerSecond": round(rate), "cyclesPerCompression": round(cycles, 1),
               "boundCycles": least, "shareOfBound": least and round(least / cycles, 3), "timesHashlib": round(ratio, 1)}
        if (scheme, isa) in both:
            row["timesOther"] = round(statistics.median(a / b for (a, _), (b, _) in zip(samples, against[scheme, isa])), 3)
        rows.append(row)
    for scheme in schemes:
        rows.append({"scheme": scheme, "isa": "hashlib", "noncesPerSecond": round(statistics.median(python[scheme])),
                     "cyclesPerCompression": None, "boundCycles": None, "shareOfBound": None, "timesHashlib": 1.0})
    two = None
    if not (arguments.isa or arguments.scheme or arguments.contended or arguments.against):
        best = max((row for row in rows if row["scheme"] == "hex-chain"), key=lambda row: row["noncesPerSecond"])
        two = scaling(arguments.kernel, "hex-chain", best["isa"], 4 * arguments.seconds, best["noncesPerSecond"])
    if arguments.json:
        json.dump({"processor": processor, "contended": arguments.contended, "rows": rows,
                   "twoProcesses": two and round(two, 3), "hertz": round(hertz)}, sys.stdout, indent=2)
        print()
        return
    print("%s, %.2f GHz, %s" % (processor or "processor", hertz / 1e9, "contended" if arguments.contended else "one process"))
    print("%-10s %-11s %9s %19s %6s %6s %10s %8s" % ("scheme", "isa", "MH/s", "cycles/compression", "bound", "share",
                                                     "× hashlib", "× other"))
    text = lambda form, value: "" if value is None else form % value
    for row in rows:
        print("%-10s %-11s %9.2f %19s %6s %6s %10.1f %8s" % (
            row["scheme"], row["isa"], row["noncesPerSecond"] / 1e6, text("%.1f", row["cyclesPerCompression"]),
            text("%.1f", row["boundCycles"]), text("%.2f", row["shareOfBound"]), row["timesHashlib"],
            text("%.3f", row.get("timesOther"))))
    if two is not None:
        print("two processes: %.2f × one" % two)


if __name__ == "__main__":
    main()
