"""One thread's kernel: fed so that it never idles, believed only as far as it can be checked, replaced when it fails."""
from collections import deque
from time import monotonic

from dealer import Slice
from loop import READ, Feed, read_some
from pace import Pace
from process import Process
from redo import Redo

QUEUE_SECONDS = 0.1
MOST_QUEUED = 1000  # slices; their lines fit into a pipe
LONGEST_LINE = 200
MOST_FAILURES = 3
START_SECONDS = 10  # in which a kernel that has not answered yet is still taken to be starting
HUNG_SECONDS = 30
HUNG_FACTOR = 20


class Program:
    """How to start a kernel: its argv without the puzzle and the time."""

    def __init__(self, name, isa, argv):
        self.name = name
        self.isa = isa
        self.argv = argv


class Driver:
    """`host` is the agent: it has loop, dealer, redos, job, log, portable (the program to fall back on) and arguments(), and
    is told by hit(nonce, digest), withdrew(message), when coverage was taken back, and report_error(message)."""

    def __init__(self, host, program):
        self.host = host
        self.program = program
        self.failures = 0  # in a row, without a completed slice between them
        self.lies = 0  # a kernel that lies now and then would never fail often enough in a row
        self.answered = False  # some kernel of this thread has run
        self.note = None  # why it fell back
        self.process = None
        self.closing = False
        self.given_up = False
        self.start()

    # Its life

    def start(self):
        self.pace = Pace()
        self.assigned = deque()
        self.queued = 0  # nonces in them
        self.buffer = b''
        self.words = b''  # the end of what it wrote to stderr
        self.last_hit = -1
        self.near = []  # near-hits of the slice in work, also golden ones
        self.redone = set()  # what this process did something of for an audit
        self.searched = 0  # nonces that it has completed
        self.touched = {}  # residue: the lowest chunk of it that this process did something of
        self.condemned = None
        self.running = False  # this process has answered
        self.gave_way = False
        self.begun = self.heard = monotonic()
        while not self.given_up:
            try:
                self.process = Process(self.program.argv + self.host.arguments(), own_session=True)
                break
            except OSError as error:
                self.count_failure('cannot be started: %s' % error)
        else:
            return
        self.ranges = Feed(self.host.loop, self.process.stdin)
        self.host.loop.watch(self.process.stdout, READ, self.read)
        self.host.loop.watch(self.process.stderr, READ, self.read_words)
        # An empty range tells when it runs, before any work is timed.
        nowhere = self.host.job.start
        self.assign(Slice(nowhere, nowhere, None))

    def alive(self):
        return self.process is not None

    def speed(self):
        """Nonces per second while it has something to do; 0 before that is known."""
        return self.pace.rate or 0 if self.process else 0

    def kill(self):
        """For good: what it has said until now still counts once it is dead."""
        self.closing = True
        if self.process:
            self.process.kill()

    def condemn(self, reason, lied):
        """Kills it to be replaced. Its unfinished slices go back at once. When something it said was wrong, nothing
        that this process has said is believed any more: the coverage from its first chunk on is withdrawn."""
        if self.condemned:
            return
        self.condemned = reason
        self.lies += lied
        self.process.kill()
        self.host.loop.forget(self.process.stdout)
        for piece in self.assigned:
            if isinstance(piece.residue, Redo):
                piece.residue.give_back(piece)
            elif piece.residue is not None:
                self.host.dealer.give_back(piece)
        self.assigned.clear()
        self.queued = 0
        if lied:
            for redo in self.redone:
                redo.fail()
            for residue, chunk in self.touched.items():
                self.host.dealer.withdraw(residue, chunk)
            self.host.withdrew('%s %s; all of its results are discarded' % (self.program.name, reason))

    def died(self, how):
        """Its process was seen dead."""
        if not self.condemned:
            self.drain()
        self.read_words(self.process.stderr)
        reason = self.condemned or how
        words = self.words.decode('ascii', 'replace').strip().splitlines()
        if words:
            reason += ': ' + words[-1]
        if not self.condemned:
            self.condemn(reason, False)
        self.process.close(self.host.loop)
        self.process = None
        if not self.closing:
            self.count_failure(reason)
            self.start()

    def drain(self):
        """What a dead process has said and was not read yet."""
        while not self.condemned:
            data = read_some(self.process.stdout)
            if not data:
                break
            self.take(data)

    def count_failure(self, reason):
        self.failures += 1
        self.host.log.error('%s failed: %s' % (self.program.name, reason))
        if max(self.failures, self.lies) <= MOST_FAILURES:
            return
        self.failures = self.lies = 0
        self.note = '%s keeps failing: %s' % (self.program.name, reason)
        self.given_up = self.program is self.host.portable
        self.program = self.host.portable
        self.host.report_error('%s; %s' % (self.note, 'one thread fewer' if self.given_up else 'pow.py takes over'))

    def check_hung(self, now):
        if self.condemned or not self.process or not self.assigned:
            return
        head = self.assigned[0]
        silence = now - self.heard
        if silence > HUNG_SECONDS + HUNG_FACTOR * self.pace.seconds(head.hi - head.lo):
            self.condemn('no output for %d s on %d..%d' % (silence, head.lo, head.hi), False)

    # What it is told

    def feed(self):
        if self.condemned or self.closing or not self.process or self.host.interrupted_at is not None:
            return
        # Once it runs, and not before: on a busy machine an interpreter would otherwise take many seconds to start.
        if not self.gave_way and (self.running or monotonic() - self.begun > START_SECONDS):
            self.gave_way = self.process.give_way()
        while self.is_hungry():
            piece = self.host.redos.deal(self.pace.size) or self.host.dealer.deal(self.pace.size)
            if piece is None:
                break
            self.assign(piece)
        self.ranges.flush()

    def is_hungry(self):
        queue = len(self.assigned)
        known = self.pace.rate is not None
        return queue < 2 or (known and queue < MOST_QUEUED and self.pace.seconds(self.queued) < QUEUE_SECONDS)

    def busy_below(self, bound):
        return any(piece.lo < bound for piece in self.assigned if isinstance(piece.residue, int))

    def assign(self, piece):
        if not self.assigned:
            self.pace.restart()
            self.heard = monotonic()
        self.assigned.append(piece)
        self.queued += piece.hi - piece.lo
        self.ranges.add(b'%d %d\n' % (piece.lo, piece.hi))

    # What it says

    def read(self, fd):
        data = read_some(fd)
        if data == b'':
            # It is dead, or will not say anything any more. How it ended is told by `died`.
            self.host.loop.forget(fd)
            self.process.kill()
        elif data:
            self.heard = monotonic()
            self.take(data)

    def read_words(self, fd):
        data = read_some(fd)
        if data == b'':
            self.host.loop.forget(fd)
        elif data:
            self.words = (self.words + data)[-500:]

    def take(self, data):
        *lines, self.buffer = (self.buffer + data).split(b'\n')
        before = self.searched
        for line in lines:
            if self.condemned:
                return
            self.handle(line)
        if len(self.buffer) > LONGEST_LINE:
            self.condemn('says %s...' % ascii(self.buffer[:40]), True)
        if self.searched > before:
            self.failures = 0
            self.pace.completed(self.searched - before)

    def handle(self, line):
        head = self.assigned[0] if self.assigned else None
        if head and line == b'done %d %d' % (head.lo, head.hi):
            self.assigned.popleft()
            self.queued -= head.hi - head.lo
            self.complete(head)
        elif head and line.startswith(b'hit '):
            self.handle_hit(line, head)
        elif head and line.startswith(b'near '):
            self.handle_near(line, head)
        else:
            self.condemn('wrote %s, which was not requested' % ascii(line[:100].decode('ascii', 'replace')), True)

    def complete(self, piece):
        self.last_hit = -1
        if piece.residue is None:
            self.answered = self.running = True
            self.pace.restart()
            return
        near, self.near = self.near, []
        self.searched += piece.hi - piece.lo
        if isinstance(piece.residue, Redo):
            self.redone.add(piece.residue)
            piece.residue.complete(piece, near)
            return
        dealer = self.host.dealer
        chunk = dealer.chunk_of(piece.lo)
        self.touched[piece.residue] = min(chunk, self.touched.get(piece.residue, chunk))
        dealer.complete(piece)
        self.host.report.near += near

    def handle_hit(self, line, head):
        """A hit is believed when it is golden, of the slice in work, and above the one before."""
        nonce, words = self.next_nonce(line, head, 3)
        digest = self.host.job.puzzle.digest(nonce) if words else None
        if digest is None or words[2] != digest.hex() or not self.host.job.puzzle.golden(digest):
            return self.condemn_line(line)
        self.last_hit = nonce
        if self.is_near(digest):
            self.near.append(nonce)
        self.host.hit(nonce, words[2])

    def handle_near(self, line, head):
        nonce, words = self.next_nonce(line, head, 2)
        digest = self.host.job.puzzle.digest(nonce) if words else None
        if digest is None or not self.is_near(digest):
            return self.condemn_line(line)
        self.last_hit = nonce
        self.near.append(nonce)

    def next_nonce(self, line, head, count):
        """The nonce in a line of so many words, and these; None for them when it cannot be the next one."""
        words = line.decode('ascii', 'replace').split(' ')
        nonce = int(words[1]) if len(words) == count and words[1].isdigit() and len(words[1]) <= 20 else -1
        return nonce, words if head.lo <= nonce < head.hi and nonce > self.last_hit else None

    def is_near(self, digest):
        job = self.host.job
        return job.near is not None and job.puzzle.near(digest, job.near)

    def condemn_line(self, line):
        self.condemn('wrote %s, which is false' % ascii(line[:100].decode('ascii', 'replace')), True)
