"""How pow.py searches: nonces are walked in runs that share all but their last digits, and only candidates are looked at closely."""
from hashlib import sha256

STEP = 1000  # nonces between two looks at the clock, the parent and stdout: about half a millisecond


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
