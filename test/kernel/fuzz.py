#!/usr/bin/env python3
"""Throws nonsense at the parsers, and long ranges at every instruction set, compared with the portable one.

usage: fuzz.py [--seconds S] [--seed S] KERNEL...        best with the sanitizer build
"""
import argparse
import random
import re
import sys
import time

from differential import random_puzzle, random_range
from oracle import DEFAULT_BLOCK, Text, answer, compare, isas, run

OPTIONS = ["--scheme", "--block-hex", "--before-hex", "--after-hex", "--nonce", "--header", "--unit", "--difficulty", "--prefix", "--suffix", "--digest", "--target", "--near", "--isa", "--seconds", "--list",
           "--version", "--help", "", "-", "--", "--Scheme", "scheme"]
VALUES = ["hex-chain", "sha256d", "sha256", "bitcoin", "decimal", "hex", "digits", "bits", "bits-lsb", "portable", "", "0", "1", "64", "65", "256",
          "-1", "0.05", "1e9", "00" * 80, "ff" * 32, "00", "0", "g", "00" * 4096, "00" * 4097, "x" * 9000, "\n", "\x7f\x80"]
LINE = b"0123456789 0123456789 0123456789 \n\n\n\r\t+-.x\0\xff"


def judge(done, what):
    """Either it worked, or one clear line says why not."""
    error = done.stderr.decode(errors="replace")
    if done.returncode == 0:
        assert error == "", what + error
    else:
        assert done.returncode == 2 and re.fullmatch(r"kernel: [ -~]{10,400}\n", error), "%s: exit %d, %s" % (
            what, done.returncode, error)


def fuzz_arguments(kernel, rng):
    arguments = [rng.choice(OPTIONS if rng.random() < 0.5 else VALUES) for _ in range(rng.randrange(12))]
    if rng.random() < 0.5:
        puzzle = random_puzzle(rng).arguments()
        for _ in range(rng.randrange(3)):
            puzzle[rng.randrange(len(puzzle))] = rng.choice(VALUES)
        arguments = puzzle + arguments[:2]
    arguments = [a.replace("\0", "") for a in arguments]
    judge(run(kernel, arguments, b"0 5\n"), repr(arguments))


def fuzz_lines(kernel, rng):
    if rng.random() < 0.5:
        text = bytes(rng.choice(LINE) for _ in range(rng.randrange(200)))
        text = re.sub(rb"\d{6,19}", b"77", text)  # keep ranges short enough to be searched
    else:
        lines = []
        for _ in range(rng.randrange(1, 5)):
            line = bytearray(b"%d %d" % random_range(rng, 2**64 - 1, 50))
            for _ in range(rng.choice([0, 0, 1, 2])):
                place = rng.randrange(len(line) + 1)
                line[place:place] = rng.choice([b"", b" ", b"\0", b"9", b"-", b"\xff", rng.randbytes(70)])
            lines.append(bytes(line))
        text = b"\n".join(lines)
    arguments = Text("sha256d", DEFAULT_BLOCK, "bits", 200).arguments() + ["--isa", "portable", "--seconds", "0.2"]
    judge(run(kernel, arguments, text), repr(text))


def fuzz_ranges(kernel, rng, names):
    puzzle = random_puzzle(rng)
    ranges = [random_range(rng, puzzle.largest, 20000 if len(getattr(puzzle, "block", b"")) < 200 else 1000)
              for _ in range(4)]
    lines = answer(kernel, "portable", puzzle, ranges)
    for isa in names:
        if isa != "portable":
            compare(kernel, isa, puzzle, ranges, lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kernels", nargs="+")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**9)
    rng = random.Random(seed)
    print("seed %d" % seed)
    for kernel in arguments.kernels:
        names, rounds, until = isas(kernel), 0, time.monotonic() + arguments.seconds / len(arguments.kernels)
        while time.monotonic() < until:
            fuzz_arguments(kernel, rng)
            fuzz_arguments(kernel, rng)
            fuzz_lines(kernel, rng)
            fuzz_lines(kernel, rng)
            fuzz_ranges(kernel, rng, names)
            rounds += 1
        assert rounds >= 10, "too slow to prove anything"
        print("ok: %d rounds of %s" % (rounds, kernel))


if __name__ == "__main__":
    try:
        main()
    except AssertionError as failure:
        sys.exit("fuzz: " + str(failure))
