"""What makes a nonce golden, said plainly: the agent checks every hit by this, pow.py recognises candidates by it."""
try:
    from _sha256 import sha256  # hashlib loads all of OpenSSL, which takes 4 ms
except ImportError:
    try:
        from _sha2 import sha256  # its name in Python 3.12
    except ImportError:
        from hashlib import sha256

SCHEMES = ('hex-chain', 'sha256d', 'sha256', 'bitcoin')
TEXT = ('before', 'after', 'nonce')  # what a template came to, instead of a block
FORMS = ('decimal', 'hex')  # how a nonce is written
GOALS = ('difficulty', 'prefix', 'suffix', 'digest')
MOST = {'digits': 64, 'bits': 256, 'bits-lsb': 256}  # a digest has no more of them
BLOCK_BYTES = 4096
HEADER_BYTES = 80
DIGITS = frozenset('0123456789')
HEX = frozenset('0123456789abcdefABCDEF')


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


class Zeros:
    """A goal: so many leading zeros of a unit."""

    def __init__(self, unit, difficulty):
        self.order = 'bits-lsb' if unit == 'bits-lsb' else 'bits'
        self.unit = unit
        self.difficulty = difficulty
        self.bits = 4 * difficulty if unit == 'digits' else difficulty
        self.wanted = bytes(32)

    def arguments(self):
        return ['--unit', self.unit, '--difficulty', str(self.difficulty)]

    def golden(self, digest):
        if self.unit == 'digits':
            return digest.hex().startswith('0' * self.difficulty)
        return self.near(digest, self.bits)

    def near(self, digest, bits):
        """Whether it has at least so many leading zero bits, counted as the unit does (digits as their bits)."""
        if self.unit != 'bits-lsb':
            return int.from_bytes(digest, 'big') >> 256 - bits == 0
        # Reversed, the bits counted from the least significant of each byte are the low bits of one number.
        return int.from_bytes(digest, 'little') & (1 << bits) - 1 == 0


class Pattern:
    """A goal: the hex digits that a digest begins with (`prefix`), ends with (`suffix`) or is (`digest`)."""

    def __init__(self, field, digits):
        self.field = field
        self.digits = digits
        self.order = 'last' if field == 'suffix' else 'bits'
        self.bits = 4 * len(digits)
        self.wanted = bytes.fromhex(digits.rjust(64, '0') if field == 'suffix' else digits.ljust(64, '0'))
        self.number = int.from_bytes(self.wanted, 'big')

    def arguments(self):
        return ['--' + self.field, self.digits]

    def golden(self, digest):
        text = digest.hex()
        return text.endswith(self.digits) if self.field == 'suffix' else text.startswith(self.digits)

    def near(self, digest, bits):
        """Whether so many bits, from the pattern's end of the digest, are the pattern's, and zero beyond it."""
        difference = int.from_bytes(digest, 'big') ^ self.number
        if self.field == 'suffix':
            return difference & (1 << bits) - 1 == 0
        return difference >> 256 - bits == 0


class TextPuzzle:
    """hex-chain, sha256d and sha256: a digest over a text with the nonce in it, in decimal or hexadecimal (`form`)."""

    limit = 2**64 - 1

    def __init__(self, scheme, before, after, form, goal):
        self.scheme = scheme
        self.before = before
        self.after = after
        self.form = form
        self.goal = goal
        self.golden = goal.golden
        self.near = goal.near

    def arguments(self):
        """What a kernel has to be told."""
        text = ['--before-hex', self.before.hex(), '--after-hex', self.after.hex(), '--nonce', self.form]
        if self.form == 'decimal' and self.scheme == 'hex-chain' and not self.before:
            text = ['--block-hex', self.after.hex()]
        elif self.form == 'decimal' and self.scheme != 'hex-chain' and not self.after:
            text = ['--block-hex', self.before.hex()]
        return ['--scheme', self.scheme] + text + self.goal.arguments()

    def digest(self, nonce):
        number = b'%d' % nonce if self.form == 'decimal' else b'%x' % nonce
        inner = sha256(self.before + number + self.after)
        if self.scheme == 'sha256':
            return inner.digest()
        return sha256(inner.hexdigest().encode() if self.scheme == 'hex-chain' else inner.digest()).digest()


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


def parse_pattern(field, name, text):
    least = 64 if field == 'digest' else 1
    if not least <= len(text) <= 64 or not HEX.issuperset(text):
        raise bad(name, text, 'give %s hex digits' % ('64' if least == 64 else '1 to 64'))
    return Pattern(field, text.lower())


def parse_goal(given, name, need):
    """Exactly one of difficulty (with its unit) and the patterns."""
    goals = [field for field in GOALS if field in given]
    if len(goals) > 1:
        raise bad(name(goals[1]), given[goals[1]], 'give it or %s' % name(goals[0]))
    if goals and goals[0] != 'difficulty':
        if 'unit' in given:
            raise bad(name('unit'), given['unit'], 'leave it out, %s has none' % name(goals[0]))
        return parse_pattern(goals[0], name(goals[0]), given[goals[0]])
    unit = need('unit')
    if unit not in MOST:
        raise bad(name('unit'), unit, 'give %s' % ', '.join(MOST))
    return Zeros(unit, whole(name('difficulty'), need('difficulty'), 0, MOST[unit]))


def parse_text(given, name, need):
    """(text before the nonce, after it, how it is written): of a block, by the scheme, or as given."""
    if not any(field in given for field in TEXT):
        block = from_hex(name('block'), need('block'), 0, BLOCK_BYTES)
        return (b'', block, 'decimal') if given['scheme'] == 'hex-chain' else (block, b'', 'decimal')
    if 'block' in given:
        raise bad(name('block'), given['block'], 'leave it out, or leave out %s' % ', '.join(map(name, TEXT)))
    before = from_hex(name('before'), need('before'), 0, BLOCK_BYTES)
    after = from_hex(name('after'), need('after'), 0, BLOCK_BYTES - len(before))
    form = need('nonce')
    if form not in FORMS:
        raise bad(name('nonce'), form, 'give %s' % ' or '.join(FORMS))
    return before, after, form


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
    unexpected = ('block', 'unit') + TEXT + GOALS if scheme == 'bitcoin' else ('header', 'target')
    for field in unexpected:
        if field in given:
            raise bad(name(field), given[field], 'leave it out, %s has none' % scheme)
    if scheme == 'bitcoin':
        header = from_hex(name('header'), need('header'), HEADER_BYTES, HEADER_BYTES)
        return HeaderPuzzle(header, from_hex(name('target'), need('target'), 32, 32))
    return TextPuzzle(scheme, *parse_text(given, name, need), parse_goal(given, name, need))
