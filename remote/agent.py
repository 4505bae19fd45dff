"""The agent: feeds kernels, reports, obeys orders and its deadline.

It speaks the protocol of docs/agent.md, on stdin and stdout (python3 -S -E agent.py) or, begun by attach.py, on a socket on
which it outlives its controllers' connections.
"""
import _signal  # as in loop.py
import os
from time import monotonic

from choice import HERE, Choice, portable, stand_in
from controller import Channel, Socket
from deadline import Deadline, end_within
from dealer import Dealer
from driver import Driver
from job import SILENCE
from log import Log
from loop import Loop
from orders import Orders
from output import Output
from redo import Redos
from report import Report

DRAIN_SECONDS = 1  # for a slow reader at the end
OVERTIME_SECONDS = 1  # kernels end by themselves so long after the agent's deadline
SLICE_SECONDS = 2  # for the slices in work to be completed, when the machine is about to be interrupted
HANG_SECONDS = 5  # after its deadline, until the system ends an agent that hangs
DEATH_SECONDS = 2  # for killed kernels to die, after the deadline; niced ones on a busy machine take a while
COLLECTED = ('hit', 'order', 'broadcast', 'linger', 'kernel', 'interruption')  # reasons to stop that a controller is told of, even later
STOP_SIGNALS = (_signal.SIGTERM, _signal.SIGHUP, _signal.SIGINT)


class Agent:
    def __init__(self, listener=None):
        """`listener`: a listening socket (link.py), by which controllers come and go."""
        self.loop = Loop()
        self.log = Log(os.path.join(HERE, 'agent.log'))
        self.output = Output(self.loop, os.path.join(HERE, 'spool.ndjson'))
        self.orders = Orders(self)
        self.controller = Socket(self, listener) if listener else Channel(self)
        self.job = None
        self.allow(SILENCE)  # until a job says otherwise
        self.next_second = monotonic() + 1
        self.choice = None
        self.drivers = []
        self.redos = Redos()
        self.peers = None  # the broadcast, if it takes part by itself
        self.report = None  # what it says every second, once it has a job
        self.portable = portable()
        self.note = None
        self.interrupted_at = None  # when its machine got an interruption notice
        self.stopping = None  # the reason, once it stops
        self.stopped = False  # it said so
        self.child_died = False
        self.status = None  # the exit code, once it is known

    def run(self):
        self.loop.catch(STOP_SIGNALS + (_signal.SIGCHLD,), self.signalled)
        self.controller.start()
        while self.status is None:
            self.loop.turn(self.poll_timeout())
            self.look_after_all()
            self.output.flush()
        self.drain()
        return self.status

    def poll_timeout(self):
        """Seconds until there may be something to do unasked; the clocks are read at least once a second."""
        if self.stopping:
            return 0.1
        return min(self.next_second - monotonic(), self.deadline.left())

    def look_after_all(self):
        # After everything that waits was read: an agent that was itself suspended must not blame the others.
        now = monotonic()
        second = now >= self.next_second
        if second:
            self.next_second = now + 1
        if self.child_died or second:
            self.child_died = False
            self.reap_children()
        if self.job:
            self.check_time(now)
            if second and self.controller.unreachable():
                self.deserted()
            self.check_kernels(now)
            if self.drivers and not self.stopping:
                self.report.tell(now, second)
            self.finish()
        elif self.deadline.left() <= 0 and self.status is None:
            self.refuse('no job received within %d s: send one as the first line' % SILENCE)

    def drain(self):
        self.controller.close()
        end = monotonic() + min(DRAIN_SECONDS, self.deadline.left() + DRAIN_SECONDS)
        while self.output.pending() and monotonic() < end:
            self.loop.turn(end - monotonic())

    # Who speaks to it

    def deserted(self):
        """Its controller is gone and cannot come back."""
        if self.job:
            self.stop('stdin')
        elif self.status is None:
            self.refuse('stdin closed before a job was received: send one as the first line')

    def welcome(self, attach):
        """A controller is attached, for the first time or again: first it gets what it has not seen, and where the search is."""
        self.output.numbered = True
        ready = self.report and self.report.ready
        self.output.send_again(attach.seen, self.report.send_progress if ready else lambda: None)
        self.output.send('attached', job=self.job is not None, survives=self.controller.can_return)

    def signalled(self, number):
        if number == _signal.SIGCHLD:
            self.child_died = True
        elif self.job:
            self.stop('signal')
        elif self.status is None:
            self.refuse('signal %d before a job was received' % number)

    # Its life

    def allow(self, seconds):
        self.deadline = Deadline(seconds)
        end_within(seconds + HANG_SECONDS)

    def begin(self, job):
        self.job = job
        self.allow(job.seconds)
        begun = monotonic()
        self.next_second = begun + 1
        self.report = Report(self, begun)
        self.log.name(job.run, job.worker)
        # Where an affinity can be set it counts; macOS has none.
        self.cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
        self.threads = job.threads or self.cores
        self.dealer = Dealer(job.start, job.limit, job.chunk, job.stride)
        for residue in job.residues:
            self.dealer.hold(*residue)
        program = stand_in()
        if program or job.kernel == 'python':
            self.chosen(program or self.portable, None)
        else:
            self.choice = Choice(self.loop, job.puzzle.scheme, self.threads, job.isa, self.chosen)
            self.choice.start()
        self.log.info('started: %s, %d threads, %.1f s' % (job.puzzle.scheme, self.threads, job.seconds))
        if job.broadcast:
            from peers import Peers  # only those who need it pay

            self.peers = Peers(self)
            self.peers.start()
        if job.imds:
            from interruption import Interruption

            Interruption(self, job.imds).start()

    def chosen(self, program, note):
        self.note = note
        if not self.stopping:
            # One at a time, so that one that cannot be started at all is found out by its first thread.
            for _ in range(self.threads):
                self.drivers.append(Driver(self, program or self.portable))

    def arguments(self):
        seconds = max(0, self.deadline.left()) + OVERTIME_SECONDS
        near = [] if self.job.near is None else ['--near', str(self.job.near)]
        return self.job.puzzle.arguments() + near + ['--seconds', '%.3f' % seconds]

    def stop(self, reason):
        if self.stopping:
            return
        self.stopping = reason
        self.stopped_at = monotonic()
        if self.choice:
            self.choice.kill()
        for driver in self.drivers:
            driver.kill()

    def refuse(self, message):
        self.log.error(message)
        self.output.send('error', message=message)
        self.status = 2

    def reap_children(self):
        for child in [self.choice, self.peers] + self.drivers:
            how = child.process.reap() if child and child.process else None
            if how:
                child.died(how)

    def living(self):
        return [child.process.pid for child in [self.choice] + self.drivers if child and child.process]

    def check_time(self, now):
        if self.deadline.left() <= 0:
            self.stop('deadline')
        self.controller.check(self.job.silence)
        if self.controller.away() > self.job.linger:
            self.stop('linger')

    def check_kernels(self, now):
        if self.stopping:
            return
        if self.choice:
            self.choice.check(now)
        for driver in self.drivers:
            driver.check_hung(now)
            driver.feed()
        if self.interrupted_at is not None:
            busy = any(driver.busy_below(self.job.limit) for driver in self.drivers)
            if not busy or now - self.interrupted_at > SLICE_SECONDS:
                self.stop('interruption')
        if self.drivers and all(driver.given_up for driver in self.drivers):
            self.report_error('no kernel runs on this machine')
            self.stop('kernel')

    def finish(self):
        """Once it is to stop and every kernel was seen dead."""
        living = self.living()
        if self.stopped:
            self.leave()
        elif self.stopping and not living:
            if self.peers:
                self.peers.close()
            self.report.send_near()
            self.report.send_progress()
            self.output.send('stopped', reason=self.stopping)
            self.output.flush()  # before it is logged: its controller waits for it
            self.log.info('stopped: %s, %d nonces' % (self.stopping, self.dealer.hashes))
            self.stopped = True
            self.leave()
        elif self.stopping and min(-self.deadline.left(), monotonic() - self.stopped_at) > DEATH_SECONDS:
            # Nothing more can be done about a process that a kill does not end; saying `stopped` would be a lie.
            self.report_error('processes %s do not exit' % living)
            self.status = 1

    def leave(self):
        """It is over once its controller has heard so; one that may still come back is waited for until the deadline."""
        waits = self.output.numbered and self.controller.can_return and self.stopping in COLLECTED
        if not waits or self.output.confirmed() or self.deadline.left() <= 0:
            self.status = 0

    def interrupted(self, action, time):
        """EC2 is about to end its machine: what is in work is completed and told of, and the rest is left to others."""
        if self.stopping or self.interrupted_at is not None:
            return
        self.interrupted_at = monotonic()
        self.log.info('interruption notice: %s at %s' % (action, time))
        self.output.send('interruption', action=action, time=time)

    # What it finds, or hears of

    def hit(self, nonce, digest):
        """One of its own, checked."""
        if nonce >= self.dealer.bound or self.stopping in ('hit', 'broadcast'):
            return
        if self.peers:
            self.peers.announce(nonce, digest)
        if not self.job.smallest:
            self.stop('hit')
        self.report.send_ready()
        self.report.send_hit(nonce, digest)
        self.dealer.lower(nonce)

    def peer_hit(self, nonce, digest, instance):
        """One that somebody announced on the broadcast; False if it is not true."""
        expected = self.job.puzzle.digest(nonce) if self.job.start <= nonce < self.job.limit else None
        if not expected or expected.hex() != digest or not self.job.puzzle.golden(expected):
            return False
        if nonce < self.dealer.bound and not self.stopping:
            if not self.job.smallest:
                self.stop('broadcast')
            # Its controller may not have heard it, and would not understand why nothing above is searched.
            self.report.send_hit(nonce, digest, **({} if instance is None else {'instance': instance}))
            self.dealer.lower(nonce)
        return True

    def withdrew(self, message):
        """Less is covered than was said: its controller may be about to end the search for what it takes to be tested."""
        if self.report.ready and not self.stopping:
            self.report.send_progress()
        self.report_error(message)

    def report_error(self, message):
        self.log.error(message)
        self.output.send('error', message=message)


def main(listener=None):
    # Pipes of kernels must not become anybody's 0, 1 or 2, even when this was started without them.
    while os.open(os.devnull, os.O_RDWR) <= 2:
        pass
    status = Agent(listener).run()
    os._exit(status)  # nothing is buffered, and tearing the interpreter down takes 10 ms


if __name__ == '__main__':
    main()
