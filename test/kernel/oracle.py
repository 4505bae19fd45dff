"""What a kernel has to answer, by hashlib, and how to ask one."""
import hashlib
import shlex
import subprocess

DEFAULT_BLOCK = b"COMSM0010cloud"
LARGEST = 2**64 - 1


def sha256(data):
    return hashlib.sha256(data).digest()


def zero_bits_lsb(digest):
    """Zero bits from the least significant of each byte, byte 0 first."""
    number = int.from_bytes(digest, "little")
    return 256 if number == 0 else (number & -number).bit_length() - 1


def zero_bits(digest):
    return 256 - int.from_bytes(digest, "big").bit_length()


class Puzzle:
    """With `near`, also the nonces with so many zero bits are told."""

    near = None

    def near_arguments(self):
        return [] if self.near is None else ["--near", str(self.near)]

    def hits(self, lo, hi):
        """(nonce, digest in hex) of every golden one."""
        return ((nonce, digest.hex()) for nonce, digest, golden, _ in self.judge(lo, hi) if golden)

    def lines(self, lo, hi):
        for nonce, digest, golden, zeros in self.judge(lo, hi):
            if golden:
                yield "hit %d %s" % (nonce, digest.hex())
            elif self.near is not None and zeros >= self.near:
                yield "near %d" % nonce


class Text(Puzzle):
    """A puzzle of a scheme whose nonces are text, around a block."""

    def __init__(self, scheme, block, unit, difficulty):
        self.scheme, self.block, self.unit, self.difficulty = scheme, block, unit, difficulty
        self.largest = LARGEST

    def arguments(self):
        return ["--scheme", self.scheme, "--block-hex", self.block.hex(), "--unit", self.unit,
                "--difficulty", str(self.difficulty)] + self.near_arguments()

    def judge(self, lo, hi):
        chain, block = self.scheme == "hex-chain", self.block
        count = zero_bits_lsb if self.unit == "bits-lsb" else zero_bits
        least = self.difficulty * (4 if self.unit == "digits" else 1)
        for nonce in range(lo, hi):
            if chain:
                digest = sha256(sha256(b"%d%b" % (nonce, block)).hex().encode())
            else:
                digest = sha256(b"%b%d" % (block, nonce))
                digest = digest if self.scheme == "sha256" else sha256(digest)
            zeros = count(digest)
            yield nonce, digest, zeros >= least, zeros


class Template(Puzzle):
    """The same with any text before and after the nonce, which may be in hexadecimal, and hex digits at one end of the digest."""

    def __init__(self, scheme, before, after, form, goal, digits):
        self.scheme, self.before, self.after, self.form = scheme, before, after, form
        self.goal, self.digits = goal, digits
        self.block = before + after  # for its length
        self.largest = LARGEST

    def arguments(self):
        return ["--scheme", self.scheme, "--before-hex", self.before.hex(), "--after-hex", self.after.hex(), "--nonce", self.form,
                "--" + self.goal, self.digits] + self.near_arguments()

    def digest(self, nonce):
        inner = sha256(self.before + (b"%d" if self.form == "decimal" else b"%x") % nonce + self.after)
        return inner if self.scheme == "sha256" else sha256(inner if self.scheme == "sha256d" else inner.hex().encode())

    def judge(self, lo, hi):
        last = self.goal == "suffix"
        wanted = int(self.digits.rjust(64, "0") if last else self.digits.ljust(64, "0"), 16)
        for nonce in range(lo, hi):
            digest = self.digest(nonce)
            difference = int.from_bytes(digest, "big") ^ wanted
            if last:
                same = 256 if difference == 0 else (difference & -difference).bit_length() - 1
            else:
                same = 256 - difference.bit_length()
            yield nonce, digest, (digest.hex().endswith if last else digest.hex().startswith)(self.digits), same


class Header(Puzzle):
    """A bitcoin puzzle."""

    def __init__(self, header, target):
        self.header, self.target = header, target
        self.largest = 2**32

    def arguments(self):
        return ["--scheme", "bitcoin", "--header", self.header.hex(), "--target", "%064x" % self.target] + self.near_arguments()

    def judge(self, lo, hi):
        for nonce in range(lo, hi):
            digest = sha256(sha256(self.header[:76] + nonce.to_bytes(4, "little")))
            yield nonce, digest, int.from_bytes(digest, "little") <= self.target, zero_bits(digest[::-1])


def expected(puzzle, ranges):
    lines = []
    for lo, hi in ranges:
        lines += puzzle.lines(lo, hi)
        lines.append("done %d %d" % (lo, hi))
    return lines


def run(kernel, arguments, text, timeout=300):
    """kernel is a command line, so that it may name an emulator."""
    return subprocess.run(shlex.split(kernel) + arguments, input=text, capture_output=True, timeout=timeout)


def answer(kernel, isa, puzzle, ranges):
    text = "".join("%d %d\n" % r for r in ranges).encode()
    done = run(kernel, puzzle.arguments() + ["--isa", isa], text)
    if done.returncode or done.stderr:
        raise AssertionError("exit %d: %s" % (done.returncode, done.stderr.decode()))
    return done.stdout.decode().splitlines()


def isas(kernel):
    done = run(kernel, ["--list"], b"")
    assert done.returncode == 0, done.stderr
    return [line.split()[0] for line in done.stdout.decode().splitlines()]


def compare(kernel, isa, puzzle, ranges, lines):
    got = answer(kernel, isa, puzzle, ranges)
    if got == lines:
        return
    for number, (a, b) in enumerate(zip(got + [None], lines + [None])):
        if a != b:
            raise AssertionError("%s %s %s\n  ranges %s\n  answer %d is  %s\n  should be    %s" % (
                kernel, isa, " ".join(puzzle.arguments()), ranges, number, a, b))
