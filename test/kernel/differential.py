#!/usr/bin/env python3
"""Every instruction set of the given kernels against hashlib: known answers, then random puzzles and ranges.

usage: differential.py [--nonces N] [--seed S] KERNEL...     (a KERNEL may be "qemu-aarch64-static -cpu max PATH")
"""
import argparse
import random
import sys
import time

from oracle import DEFAULT_BLOCK, Header, Template, Text, compare, expected, isas

# Where a message or its padding starts to need one more block, for any place of up to 20 digits, and the limits.
EDGES = [0, 1, 2, 3, 4, 14, 35, 36, 44, 45, 46, 51, 52, 53, 54, 55, 56, 57, 60, 61, 62, 63, 64, 65, 99, 100, 108, 109,
         115, 116, 118, 119, 120, 121, 127, 128, 129, 183, 184, 191, 192, 4030, 4031, 4032, 4095, 4096]

# Blocks 0, 1, 2, 3 and 125552 of the chain; each proves itself, for its hash is below the target in its own bits 72-75.
HEADERS = [
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3"
    "888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3"
    "540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299",
    "010000004860eb18bf1b1620e37e9490fc8a427514416fd75159ab86688e9a8300000000d5fdcc541e25de1c7a5addedf24858b8bb665c9f"
    "36ef744ee42c316022c90f9bb0bc6649ffff001d08d2bd61",
    "01000000bddd99ccfda39da1b108ce1a5d70038d0a967bacb68b6b63065f626a0000000044f672226090d85db9a9f2fbfe5f0f9609b387af"
    "7be5b7fbb7a1767c831c9e995dbe6649ffff001d05e0ed6d",
    "0100000081cd02ab7e569e8bcd9317e2fe99f2de44d49ab2b8851ba4a308000000000000e320b6c2fffc8d750423db8b1eb942ae710e951e"
    "d797f7affc8892b0f1fc122bc7f5d74df2b9441a42a14695",
]


def target(header):
    bits = int.from_bytes(header[72:76], "little")
    return (bits & 0xFFFFFF) << 8 * ((bits >> 24) - 3)


def known(window):
    """Puzzle, range around the answer, and the hits in it; window bounds the nonces on either side."""
    def chain(difficulty):
        return Text("hex-chain", DEFAULT_BLOCK, "digits", difficulty)

    digest = "00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa"
    yield chain(2), (0, 117), [(116, digest)]
    for difficulty, nonce in (5, 46697), (6, 3730945):
        yield chain(difficulty), (max(0, nonce - window), nonce + 1), [(nonce, None)]
    digest = "0000608a103c8c0966b6e7cefaea4efba26ed42c9b4cadcf030e3cc3b8c44a7d"
    lsb = Text("sha256d", DEFAULT_BLOCK, "bits-lsb", 20)
    yield lsb, (max(2**30, 1074435534 - window), 1074435535), [(1074435534, digest)]
    # 33 zero bits, so that the second word matters too, and no more.
    for difficulty in 32, 33, 34, 64:
        nonce = 10710913653
        found = [(nonce, "000000005701b5522426d337be3512c9b52dca92f9c3563feb0201943a81efe3")] if difficulty < 34 else []
        yield Text("sha256d", DEFAULT_BLOCK, "bits", difficulty), (nonce - window, nonce + window), found
    for text in HEADERS:
        header = bytes.fromhex(text)
        nonce = int.from_bytes(header[76:], "little")
        yield Header(header, target(header)), (max(0, nonce - window), min(2**32, nonce + window)), [(nonce, None)]


def check_known(kernel, isa, window):
    for puzzle, (lo, hi), hits in known(window):
        lines = []
        for nonce, digest in hits:
            [(same, real)] = puzzle.hits(nonce, nonce + 1)
            assert same == nonce and digest in (None, real), "the oracle itself is wrong about %d" % nonce
            lines.append("hit %d %s" % (nonce, real))
        compare(kernel, isa, puzzle, [(lo, hi)], lines + ["done %d %d" % (lo, hi)])


def random_puzzle(rng):
    puzzle = puzzle_without_near(rng)
    if rng.random() < 0.5:
        puzzle.near = rng.choice([0, 1, 4, 6, 8, 9, 12, 16, 31, 32, 33, 256])
    return puzzle


def puzzle_without_near(rng):
    scheme = rng.choice(["hex-chain", "hex-chain", "sha256d", "sha256d", "sha256", "sha256", "bitcoin"])
    if scheme == "bitcoin":
        return Header(rng.randbytes(80), rng.getrandbits(256) >> rng.choice([0, 0, 1, 2, 3, 5, 8, 9, 12]))
    length = rng.choice([14, rng.choice(EDGES), rng.randrange(130), rng.randrange(4097) if rng.random() < 0.2 else 7])
    if rng.random() < 0.5:
        return random_template(rng, scheme, length)
    unit = rng.choice(["digits", "bits", "bits-lsb"])
    difficulty = rng.choice([0, 1, 2, 3]) if unit == "digits" else rng.choice([0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12])
    return Text(scheme, rng.randbytes(length), unit, difficulty)


def random_template(rng, scheme, length):
    """Text on both sides of the nonce, at any place; now and then a digest that really is one of a nonce."""
    text = rng.randbytes(length)
    at = rng.choice([0, length, rng.randrange(length + 1), min(length, rng.choice(EDGES))])
    form = rng.choice(["decimal", "hex"])
    goal = rng.choice(["prefix", "suffix", "digest"])
    puzzle = Template(scheme, text[:at], text[at:], form, goal, "")
    if goal == "digest":
        puzzle.digits = puzzle.digest(rng.choice([0, 9, 10, 15, 16, 99, 100, 255, 256, 999, 1000, 4095, 4096])).hex()
    else:
        puzzle.digits = "%0*x" % (rng.choice([1, 1, 2, 2, 3, 9]), 0)
        puzzle.digits = "".join(rng.choice("0123456789abcdef") for _ in puzzle.digits)
    return puzzle


def random_range(rng, largest, mean, base=10):
    """Ranges of all sizes at all lengths of nonces, many around powers of the base and at the ends."""
    size = rng.choice([0, 1, 2, 3, rng.randrange(20), rng.randrange(200), int(rng.expovariate(1 / mean))])
    digits = rng.randrange(1, len(str(largest) if base == 10 else "%x" % largest) + 1)
    kind = rng.random()
    if kind < 0.4:
        middle = rng.randrange(base**digits)
    elif kind < 0.75:
        middle = base**digits
    elif kind < 0.9:
        middle = largest
    else:
        middle = 0
    lo = max(0, min(middle, largest) - rng.randrange(size + 1))
    return lo, min(largest, lo + size)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kernels", nargs="+")
    parser.add_argument("--nonces", type=int, default=1_050_000)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**9)
    rng = random.Random(seed)
    started = time.time()
    pairs = [(kernel, isa) for kernel in arguments.kernels for isa in isas(kernel)]
    print("seed %d, %d nonces, %s" % (seed, arguments.nonces, ", ".join(isa for _, isa in pairs)))
    for kernel, isa in pairs:
        check_known(kernel, isa, min(50_000, arguments.nonces // 20))
    tested = hits = puzzles = 0
    while tested < arguments.nonces:
        puzzle = random_puzzle(rng)
        mean = min(5000, arguments.nonces / 50)
        if len(getattr(puzzle, "block", b"")) > 200:
            mean /= 10
        base = 16 if getattr(puzzle, "form", "") == "hex" else 10
        ranges = [random_range(rng, puzzle.largest, mean, base) for _ in range(8)]
        lines = expected(puzzle, ranges)
        for kernel, isa in pairs:
            compare(kernel, isa, puzzle, ranges, lines)
        tested += sum(hi - lo for lo, hi in ranges)
        hits += len(lines) - len(ranges)
        puzzles += 1
    assert hits > tested / 200, "too few hits to prove anything"
    print("ok: %d nonces, %d hits, %d puzzles, each by %d instruction sets, %.0f s" % (
        tested, hits, puzzles, len(pairs), time.time() - started))


if __name__ == "__main__":
    try:
        main()
    except AssertionError as failure:
        sys.exit("differential: " + str(failure))
