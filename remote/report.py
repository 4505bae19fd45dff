"""What the agent says of its search: ready, progress, released, idle, hit."""
import sys
from collections import deque
from time import monotonic

RATE_SECONDS = 5  # the time that a rate is taken over
NEAR_AT_ONCE = 1000  # nonces in one message


class Rate:
    """Nonces per second over the last few seconds, of a count that is noted once a second."""

    def __init__(self, since):
        self.notes = deque([(since, 0)], maxlen=RATE_SECONDS)  # (time, nonces)

    def note(self, now, nonces):
        self.notes.append((now, nonces))

    def at(self, now, nonces):
        since, before = self.notes[0]
        return int((nonces - before) / (now - since)) if now > since else 0


class Report:
    """`host` is the agent: it has output, log, dealer, redos, drivers, cores, threads, and note (why it fell back)."""

    def __init__(self, host, since):
        self.host = host
        self.rate = Rate(since)
        self.ready = False  # it was said
        self.idle = False  # it was said, and is still so
        self.near = []  # near-hits of completed slices that were not said yet

    def tell(self, now, second):
        """What is to be said now; `second`: another one has passed."""
        host = self.host
        if all(driver.answered or driver.given_up for driver in host.drivers):
            self.send_ready()
        for held in host.dealer.forget_released():
            self.send_near()
            host.output.send('released', **host.dealer.coverage(held))
        for redo in host.redos.take_over():
            host.output.send('redone', **redo.answer())
        if second and self.ready:
            self.send_progress()
            self.rate.note(now, host.dealer.hashes)
        idle = self.ready and self.is_idle()
        if idle and not self.idle:
            self.send_progress()
            host.output.send('idle')
        self.idle = idle

    def is_idle(self):
        dealer = self.host.dealer
        return dealer.front() is None and not any(driver.busy_below(dealer.bound) for driver in self.host.drivers)

    def send_ready(self):
        if self.ready:
            return
        self.ready = True
        driver = self.host.drivers[0]
        fields = {
            'kernel': driver.program.name,
            'isa': driver.program.isa,
            'cores': self.host.cores,
            'threads': self.host.threads,
            'python': '%d.%d.%d' % sys.version_info[:3],
        }
        note = self.host.note or driver.note
        if note:
            fields['note'] = note
        self.host.output.send('ready', **fields)
        self.host.log.info('ready: ' + ', '.join('%s %s' % field for field in fields.items()))

    def send_near(self):
        """To be said before what they are evidence of."""
        while self.near:
            some, self.near = self.near[:NEAR_AT_ONCE], self.near[NEAR_AT_ONCE:]
            self.host.output.send('near', nonces=[str(nonce) for nonce in some])

    def send_progress(self):
        # While nobody is there they wait, so that many of them become one message.
        if self.host.output.connected():
            self.send_near()
        dealer = self.host.dealer
        self.host.output.send(
            'progress',
            residues=[dealer.coverage(held) for held in dealer.residues.values()],
            hashes=dealer.hashes,
            rate=self.rate.at(monotonic(), dealer.hashes),
            speed=int(sum(driver.speed() for driver in self.host.drivers)),
        )

    def send_released(self, residue, start):
        """That a share is given back from a nonce on, with what was done of it."""
        self.send_near()
        dealer = self.host.dealer
        self.host.output.send('released', **dealer.coverage(dealer.residues[residue]), **{'from': str(start)})

    def send_hit(self, nonce, digest, **more):
        """`more`: the instance it was heard of, if it is not of our own."""
        self.send_progress()
        self.host.output.send('hit', nonce=str(nonce), digest=digest, **more)
        self.host.log.info('hit: %d %s' % (nonce, digest) + (' received from instance %(instance)d' % more if more else ''))
