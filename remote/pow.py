"""The portable kernel: a filter that searches ranges of nonces (DESIGN.md, Kernel).

    pow.py --scheme hex-chain|sha256d|sha256 TEXT GOAL [--near BITS] [--isa python] [--seconds S]
    pow.py --scheme bitcoin --header HEX160 --target HEX64 [--near BITS] [--isa python] [--seconds S]
    pow.py --list [--scheme S]

TEXT: --block-hex H, or --before-hex H --after-hex H --nonce decimal|hex. GOAL: --unit digits|bits|bits-lsb --difficulty D, or
--prefix HEX, or --suffix HEX, or --digest HEX64.
"""
import os
import sys
from select import POLLIN, POLLOUT, poll
from time import monotonic

from puzzle import SCHEMES, Bad, HeaderPuzzle, TextPuzzle, Zeros, bad, parse_puzzle, whole
from search import search_for

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
NAP = 100  # milliseconds between two looks at the clock, the parent and stdout while waiting for input
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
