"""What makes a nonce golden, said plainly: the agent checks every hit by this, pow.py recognises candidates by it."""
from hashlib import sha256

SCHEMES = ('hex-chain', 'sha256d', 'bitcoin')
MOST = {'digits': 64, 'bits': 256, 'bits-lsb': 256}  # a digest has no more of them
BLOCK_BYTES = 4096
HEADER_BYTES = 80
DIGITS = frozenset('0123456789')


class Bad(ValueError):
    """Input that cannot be understood. The message is one line: field, value, remedy."""


def bad(field, value, remedy):
    text = value if isinstance(value, str) else repr(value)
    text = text if len(text) <= 80 else text[:77] + '...'
    return Bad('%s %s: %s' % (field, ascii(text), remedy))


def whole(field, text, least, most):
    """A decimal number. int() alone would also take '_', '+', spaces and other alphabets' digits."""
    if not text or len(text) > 40 or not DIGITS.issuperset(text) or not least <= int(text) <= most:
        raise bad(field, text, 'give a whole number from %d to %d' % (least, most))
    return int(text)


def from_hex(field, text, least, most):
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = None
    # fromhex skips spaces, so the lengths are compared as well.
    if value is None or len(value) * 2 != len(text) or not least <= len(value) <= most:
        size = str(least) if least == most else '%d to %d' % (least, most)
        raise bad(field, text, 'give %s bytes in hex, two digits each' % size)
    return value


class TextPuzzle:
    """hex-chain and sha256d: leading zeros of a digest over a block and the nonce in decimal."""

    limit = 2**64 - 1

    def __init__(self, scheme, block, unit, difficulty):
        self.scheme = scheme
        self.block = block
        self.unit = unit
        self.difficulty = difficulty

    def arguments(self):
        """What a kernel has to be told."""
        unit = ['--unit', self.unit, '--difficulty', str(self.difficulty)]
        return ['--scheme', self.scheme, '--block-hex', self.block.hex()] + unit

    def digest(self, nonce):
        if self.scheme == 'hex-chain':
            inner = sha256(b'%d%b' % (nonce, self.block))
            return sha256(inner.hexdigest().encode()).digest()
        return sha256(sha256(b'%b%d' % (self.block, nonce)).digest()).digest()

    def golden(self, digest):
        if self.unit == 'digits':
            return digest.hex().startswith('0' * self.difficulty)
        return self.near(digest, self.difficulty)

    def near(self, digest, bits):
        """Whether it has at least so many leading zero bits, counted as the unit does (digits as their bits)."""
        if self.unit != 'bits-lsb':
            return int.from_bytes(digest, 'big') >> 256 - bits == 0
        # Reversed, the bits counted from the least significant of each byte are the low bits of one number.
        return int.from_bytes(digest, 'little') & (1 << bits) - 1 == 0


class HeaderPuzzle:
    """bitcoin: the digest of a header that ends in the nonce, as a little-endian number, is at most the target."""

    scheme = 'bitcoin'
    limit = 2**32

    def __init__(self, header, target):
        self.header = header
        self.target = target

    def arguments(self):
        return ['--scheme', self.scheme, '--header', self.header.hex(), '--target', self.target.hex()]

    def digest(self, nonce):
        return sha256(sha256(self.header[:-4] + nonce.to_bytes(4, 'little')).digest()).digest()

    def golden(self, digest):
        return digest[::-1] <= self.target

    def near(self, digest, bits):
        """Whether the number has at least so many leading zero bits."""
        return int.from_bytes(digest, 'little') >> 256 - bits == 0


def parse_puzzle(given, name):
    """The puzzle in `given`, whose values are all strings; `name` says what its user calls a field."""

    def need(field):
        if field not in given:
            raise Bad('%s is missing: %s needs it' % (name(field), scheme))
        return given[field]

    if 'scheme' not in given:
        raise Bad('%s is missing: give %s' % (name('scheme'), ', '.join(SCHEMES)))
    scheme = given['scheme']
    if scheme not in SCHEMES:
        raise bad(name('scheme'), scheme, 'give %s' % ', '.join(SCHEMES))
    unexpected = ('block', 'unit', 'difficulty') if scheme == 'bitcoin' else ('header', 'target')
    for field in unexpected:
        if field in given:
            raise bad(name(field), given[field], 'leave it out, %s has none' % scheme)
    if scheme == 'bitcoin':
        header = from_hex(name('header'), need('header'), HEADER_BYTES, HEADER_BYTES)
        return HeaderPuzzle(header, from_hex(name('target'), need('target'), 32, 32))
    block = from_hex(name('block'), need('block'), 0, BLOCK_BYTES)
    unit = need('unit')
    if unit not in MOST:
        raise bad(name('unit'), unit, 'give %s' % ', '.join(MOST))
    return TextPuzzle(scheme, block, unit, whole(name('difficulty'), need('difficulty'), 0, MOST[unit]))
