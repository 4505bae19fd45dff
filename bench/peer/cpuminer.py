#!/usr/bin/env python3
"""A miner on the processor (cpuminer-opt, pooler's cpuminer) beside the kernel: bitcoin's two hashes of a header, in turns.

usage: cpuminer.py [--rounds N] [--seconds S] [--threads N]... [--isa NAME] KERNEL MINER

MINER is a build of one of them for one instruction set, installed or built apart; --isa is what it is compared with, by default the fastest.
A process of one thread for each, pinned to a processor of its own: 1 is quiet, and with 2 the hyper-threads of a core, if it has them, share it.
Nonces per second of processor time, medians, and the median of each round's ratio; others on the machine widen the spread.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from kernel import FROM, SCHEMES, child_seconds, rates_of  # noqa: E402

# "Thread 0, CPU 0: 38.40 Mh/s", "thread 0: 24117248 hashes, 12211 khash/s"
REPORT = re.compile(r"[Tt]hread 0[:,].*?([\d.]+) ?([kMG]?)(?:hash|[Hh])/s")
UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}


def processor_seconds(pid):
    with open("/proc/%d/stat" % pid) as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def start(miner, cpu):
    offered = subprocess.run([miner, "--help"], capture_output=True).stdout
    command = ["taskset", "-c", str(cpu), miner, "-a", "sha256d", "-t", "1", "--benchmark", "-s", "1"]
    command += ["--hash-meter"] if b"--hash-meter" in offered else []
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def as_others(pid):
    """Miners give way to everything (SCHED_IDLE, nice 19), which costs them a good part of their speed on a busy machine. Only root may mend that."""
    for task in map(int, os.listdir("/proc/%d/task" % pid)):
        try:
            os.sched_setscheduler(task, os.SCHED_OTHER, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, task, 0)
        except PermissionError:
            return


def follow(process, seconds, rates):
    """Adds its rate. What it reports, after about each second, is a rate by the wall clock: times the time since the report before, and
    divided by the processor time that went by."""
    first, hashes, text = None, 0.0, b""
    for line in process.stdout:
        text += line
        report = REPORT.search(line.decode(errors="replace"))
        if not report:
            continue
        if not first:
            as_others(process.pid)
        now = time.monotonic(), processor_seconds(process.pid)
        if first:
            hashes += float(report[1]) * UNITS[report[2]] * (now[0] - before[0])
        first, before = first or now, now
        if now[0] - first[0] > seconds:
            break
    process.kill()
    process.communicate()
    if not hashes:
        raise SystemExit("the miner did not search:\n%s" % text.decode(errors="replace")[-2000:])
    rates.append(hashes / (before[1] - first[1]))


def miner_rate(miner, cpus, seconds):
    rates = []
    threads = [threading.Thread(target=follow, args=(start(miner, cpu), seconds, rates)) for cpu in cpus]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(rates)


def kernel_rate(kernel, isa, cpus, count):
    command = [kernel, "--scheme", "bitcoin", "--isa", isa] + SCHEMES["bitcoin"][1]
    before = child_seconds()
    running = [subprocess.Popen(["taskset", "-c", str(cpu)] + command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) for cpu in cpus]
    for process in running:
        process.stdin.write(b"%d %d\n" % (FROM, FROM + count))
        process.stdin.close()
    for process in running:
        process.wait()
    return len(cpus) ** 2 * count / (child_seconds() - before)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kernel")
    parser.add_argument("miner")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="length of one sample")
    parser.add_argument("--threads", type=int, action="append")
    parser.add_argument("--isa")
    arguments = parser.parse_args()
    cpus = sorted(os.sched_getaffinity(0), reverse=True)
    rates = rates_of(arguments.kernel, "bitcoin")
    isa = arguments.isa or next(iter(rates))
    count = min(2**31, int(rates[isa] * arguments.seconds))
    for threads in arguments.threads or [1, 2]:
        used = cpus[:threads]
        pairs = [(kernel_rate(arguments.kernel, isa, used, count), miner_rate(arguments.miner, used, arguments.seconds))
                 for _ in range(arguments.rounds)]
        ours, theirs = (statistics.median(column) for column in zip(*pairs))
        print("%d threads: kernel (%s) %.2f MH/s, %s %.2f MH/s, ratio %.3f"
              % (len(used), isa, ours / 1e6, os.path.basename(arguments.miner), theirs / 1e6,
                 statistics.median(a / b for a, b in pairs)), flush=True)


if __name__ == "__main__":
    main()
