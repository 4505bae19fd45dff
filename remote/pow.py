"""The portable kernel: a filter that searches ranges of nonces (DESIGN.md, Kernel).

    pow.py --scheme hex-chain|sha256d|sha256 TEXT GOAL [--near BITS] [--isa python] [--seconds S]
    pow.py --scheme bitcoin --header HEX160 --target HEX64 [--near BITS] [--isa python] [--seconds S]
    pow.py --list [--scheme S]

TEXT: --block-hex H, or --before-hex H --after-hex H --nonce decimal|hex. GOAL: --unit digits|bits|bits-lsb --difficulty D, or
--prefix HEX, or --suffix HEX, or --digest HEX64.
"""
import os
import sys
from hashlib import sha256
from select import POLLIN, POLLOUT, poll
from time import monotonic

from puzzle import SCHEMES, Bad, HeaderPuzzle, TextPuzzle, Zeros, bad, parse_puzzle, whole

# What users call the fields of a puzzle here.
FLAGS = {
    'scheme': '--scheme',
    'block': '--block-hex',
    'before': '--before-hex',
    'after': '--after-hex',
    'nonce': '--nonce',
    'header': '--header',
    'unit': '--unit',
    'difficulty': '--difficulty',
    'prefix': '--prefix',
    'suffix': '--suffix',
    'digest': '--digest',
    'target': '--target',
    'near': '--near',
    'isa': '--isa',
    'seconds': '--seconds',
}
STEP = 1000  # nonces between two looks at the clock, the parent and stdout: about half a millisecond
NAP = 100  # the same while waiting for input, in milliseconds
PIPE_BUF = 4096  # when poll says that a pipe is writable, this much fits
LINE = 100  # bytes; two numbers take 41


class Life:
    """Ends the process, quietly, when its time is up, its parent is dead or nobody can read what it says."""

    def __init__(self, seconds):
        self.end = monotonic() + seconds
        self.parent = os.getppid()
        self.input = poll()
        self.input.register(0, POLLIN)
        self.output = poll()
        self.output.register(1, 0)  # errors and hang-ups are reported unasked
        self.room = poll()
        self.room.register(1, POLLOUT)

    def check(self):
        if monotonic() >= self.end or os.getppid() != self.parent or self.output.poll(0):
            os._exit(0)

    def await_ready(self, poller):
        while not poller.poll(min(NAP, max(0, self.end - monotonic()) * 1000)):
            self.check()

    def read(self):
        self.await_ready(self.input)
        return os.read(0, 65536)

    def write(self, text):
        # In small pieces and only when there is room: a blocked write would hold up the deadline.
        for at in range(0, len(text), PIPE_BUF):
            piece = text[at : at + PIPE_BUF]
            while piece:
                self.await_ready(self.room)
                self.check()
                piece = piece[os.write(1, piece) :]


# The hot loops: one for each shape of the hashes. Copying an empty hash is cheaper than making one (by a
# third; Python 3.8 by 80 %), and so is comparing bytes than making hex of them. Each gives (tail, digest) of the few
# candidates; Search.kind decides.


def scan_hex_chain(prefix, tails, ceiling):
    found = []
    inner, outer = prefix.copy, sha256().copy
    for tail in tails:
        a = inner()
        a.update(tail)
        b = outer()
        b.update(a.hexdigest().encode())
        if b.digest() <= ceiling:
            found.append((tail, b.digest()))
    return found


def scan_sha256d(prefix, tails, ceiling):
    found = []
    inner, outer = prefix.copy, sha256().copy
    for tail in tails:
        a = inner()
        a.update(tail)
        b = outer()
        b.update(a.digest())
        if b.digest() <= ceiling:
            found.append((tail, b.digest()))
    return found


def scan_sha256(prefix, tails, ceiling):
    found = []
    copy = prefix.copy
    for tail in tails:
        a = copy()
        a.update(tail)
        if a.digest() <= ceiling:
            found.append((tail, a.digest()))
    return found


# What follows the first hash of each scheme, where speed matters less: with patterns.
DIGESTS = {
    'hex-chain': lambda inner: sha256(inner.hexdigest().encode()).digest(),
    'sha256d': lambda inner: sha256(inner.digest()).digest(),
    'sha256': lambda inner: inner.digest(),
}


def scan_pattern(prefix, tails, digest_of, part, wanted):
    found = []
    for tail in tails:
        inner = prefix.copy()
        inner.update(tail)
        digest = digest_of(inner)
        if digest[part] == wanted:
            found.append((tail, digest))
    return found


def scan_bitcoin(prefix, tails, top):
    found = []
    inner, outer = prefix.copy, sha256().copy
    for tail in tails:
        a = inner()
        a.update(tail)
        b = outer()
        b.update(a.digest())
        if b.digest()[31] <= top:
            found.append((tail, b.digest()))
    return found


def ceiling(order, bits):
    """No golden digest is above it. Zeros from the least significant bit make only whole zero bytes certain."""
    zeros = bits // 8 * 8 if order == 'bits-lsb' else bits
    return ((1 << 256 - zeros) - 1).to_bytes(32, 'big')


def scan_for(puzzle, bits):
    """The loop that finds every digest whose first `bits` bits are as the goal wants them: called with a prefix and tails."""
    goal = puzzle.goal
    if any(goal.wanted) or goal.order == 'last':
        whole_bytes = bits // 8
        part = slice(32 - whole_bytes, 32) if goal.order == 'last' else slice(0, whole_bytes)
        digest_of, wanted = DIGESTS[puzzle.scheme], goal.wanted[part]
        return lambda prefix, tails: scan_pattern(prefix, tails, digest_of, part, wanted)
    scan = {'hex-chain': scan_hex_chain, 'sha256d': scan_sha256d, 'sha256': scan_sha256}[puzzle.scheme]
    most = ceiling(goal.order, bits)
    return lambda prefix, tails: scan(prefix, tails, most)


class Search:
    """`step` gives candidates; they are golden, or with `near` a near-hit, or nothing."""

    def __init__(self, puzzle, near):
        self.puzzle = puzzle
        self.near = near

    def told(self, candidates):
        """What is said of them."""
        text = b''
        for nonce, digest in candidates:
            if self.puzzle.golden(digest):
                text += b'hit %d %b\n' % (nonce, digest.hex().encode())
            elif self.near is not None and self.puzzle.near(digest, self.near):
                text += b'near %d\n' % nonce
        return text


class TextSearch(Search):
    """Nonces are walked in runs that share all digits but the last three; the tails of a run come from a table."""

    def __init__(self, puzzle, near=None):
        super().__init__(puzzle, near)
        bits = puzzle.goal.bits
        self.scan = scan_for(puzzle, bits if near is None else min(bits, near))
        self.base = 10 if puzzle.form == 'decimal' else 16
        self.forms = (b'%03d', b'%d') if puzzle.form == 'decimal' else (b'%03x', b'%x')
        self.count = self.base**3
        self.before_hash = sha256(puzzle.before)
        self.padded = self.table(self.forms[0])
        self.short = None  # where the whole nonce is a tail there are no leading zeros; most searches never get there

    def table(self, form):
        tails = [form % low + self.puzzle.after for low in range(self.count)]
        return tails, {tail: low for low, tail in enumerate(tails)}

    def tails(self, head):
        if head:
            return self.padded
        if self.short is None:
            self.short = self.table(self.forms[1])
        return self.short

    def prefix(self, head):
        prefix = self.before_hash.copy()
        if head:
            prefix.update(self.forms[1] % head)
        return prefix

    def step(self, nonce, hi):
        """Where the run that starts at `nonce` ends, at most STEP further, and the candidates in it."""
        head, low = divmod(nonce, self.count)
        end = min(hi, nonce - low + self.count, nonce + STEP)
        tails, lows = self.tails(head)
        found = self.scan(self.prefix(head), tails[low : low + end - nonce])
        return end, [(head * self.count + lows[tail], digest) for tail, digest in found]


class HeaderSearch(Search):
    """Runs share all but the nonce's lowest byte, which is the first of the four."""

    def __init__(self, puzzle, near=None):
        super().__init__(puzzle, near)
        self.top = puzzle.target[0]
        if near is not None:
            self.top = max(self.top, 0xff >> min(near, 8))
        self.prefix = sha256(puzzle.header[:64])
        self.firsts = [puzzle.header[64:76] + bytes([low]) for low in range(256)]

    def step(self, nonce, hi):
        head, low = divmod(nonce, 256)
        end = min(hi, nonce - low + 256)
        after = head.to_bytes(3, 'little')
        tails = [first + after for first in self.firsts[low : low + end - nonce]]
        found = scan_bitcoin(self.prefix, tails, self.top)
        return end, [(head * 256 + tail[12], digest) for tail, digest in found]


def search_for(puzzle, near=None):
    return HeaderSearch(puzzle, near) if puzzle.scheme == 'bitcoin' else TextSearch(puzzle, near)


def asked(given):
    """The search that the flags `given` ask for."""
    near = whole(FLAGS['near'], given['near'], 0, 256) if 'near' in given else None
    return search_for(parse_puzzle(given, FLAGS.__getitem__), near)


def parse_arguments(arguments):
    """The flags given, by field. A flag without a value, twice, or unknown is an error."""
    fields = {flag: field for field, flag in FLAGS.items()}
    given = {}
    rest = iter(arguments)
    for flag in rest:
        if flag == '--list' and 'list' not in given:
            given['list'] = ''
            continue
        field = 'list' if flag == '--list' else fields.get(flag)
        if field is None:
            raise bad('argument', flag, 'unknown, give %s or --list' % ', '.join(fields))
        if field in given:
            raise Bad('%s is given twice: give it once' % flag)
        value = next(rest, None)
        if value is None:
            raise Bad('%s has no value: give one after it' % flag)
        given[field] = value
    return given


def parse_seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 1e9:  # also refuses NaN
        raise bad(FLAGS['seconds'], text, 'give a number of seconds, 0 or more')
    return seconds


def parse_isa(text):
    if text != 'python':
        raise bad(FLAGS['isa'], text, 'this kernel has only python')


def parse_range(line, count, limit):
    where = 'line %d:' % count
    parts = line.split(b' ')
    if len(parts) != 2 or not parts[0].isdigit() or not parts[1].isdigit():
        raise bad(where, line.decode('ascii', 'replace'), 'give <lo> <hi>, two decimal numbers')
    lo = whole(where + ' lo', parts[0].decode(), 0, limit)
    hi = whole(where + ' hi', parts[1].decode(), 0, limit)
    if lo > hi:
        raise bad(where + ' lo', str(lo), 'is above hi %d, give the lower one first' % hi)
    return lo, hi


def lines(life):
    pending = b''
    while True:
        data = life.read()
        if not data:
            if pending:
                yield pending
            return
        *whole_lines, pending = (pending + data).split(b'\n')
        yield from whole_lines
        if len(pending) > LINE:
            yield pending


def run(search, life):
    for count, line in enumerate(lines(life), 1):
        lo, hi = parse_range(line, count, search.puzzle.limit)
        nonce = lo
        while nonce < hi:
            life.check()
            nonce, candidates = search.step(nonce, hi)
            if candidates:
                life.write(search.told(candidates))
        life.write(b'done %d %d\n' % (lo, hi))


def rate(scheme):
    """Nonces a second, from the best of a few short runs: a busy machine makes runs longer, never shorter."""
    if scheme not in SCHEMES:
        raise bad(FLAGS['scheme'], scheme, 'give %s' % ', '.join(SCHEMES))
    easy = HeaderPuzzle(bytes(80), bytes(32)) if scheme == 'bitcoin' else TextPuzzle(scheme, b'', b'', 'decimal', Zeros('bits', 256))
    search = search_for(easy)
    best = 0.0
    for _ in range(20):
        start = monotonic()
        end, _candidates = search.step(10**6, 10**9)
        best = max(best, (end - 10**6) / (monotonic() - start))
    return int(best)


def main(arguments):
    given = parse_arguments(arguments)
    parse_isa(given.get('isa', 'python'))
    life = Life(parse_seconds(given.get('seconds', '1e9')))
    if 'list' in given:
        life.write(b'python %d\n' % rate(given.get('scheme', 'hex-chain')))
        return
    run(asked(given), life)


if __name__ == '__main__':
    status = 0
    try:
        main(sys.argv[1:])
    except Bad as error:
        os.write(2, b'pow.py: %b\n' % str(error).encode())
        status = 2
    except OSError:
        pass  # stdin or stdout went away: nobody is left to tell
    except KeyboardInterrupt:
        status = 130
    os._exit(status)  # nothing is buffered, and tearing the interpreter down takes as long as starting it
