"""The agent without a controller: it searches one residue by itself, and leaves what came of it where somebody reads it later.

python3 -S -E detached.py JOB WORKER END SECONDS MESSAGE

JOB is a file with the job of any worker (docs/agent.md), of which this one is WORKER. It ends at END (seconds since 1970) or
after SECONDS, whichever comes first. MESSAGE is the file it leaves its result and coverage in, a JSON object on one line of
less than 4096 bytes: a pod's termination message. It exits with 0 only when it has found a golden nonce.
"""
import json
import os
import sys
from time import monotonic, time

from agent import Agent
from choice import HERE

EXIT = {'hit': 0, 'exhausted': 10, 'deadline': 11, 'signal': 12}
FAILED = 13
NOTE_SECONDS = 5  # between two notes of how far it is: it may be killed without a word
LONGEST_MESSAGE = 4000  # bytes; the kubelet cuts a message after 4096
LONGEST_WORDS = 300
PROCESSORS = {'x86_64': 'x64', 'amd64': 'x64', 'aarch64': 'arm64', 'arm64': 'arm64'}


class Nobody:
    """In place of a controller: the job is known from the beginning, and nobody is missed."""

    can_return = False

    def __init__(self, host, job):
        self.host = host
        self.job = job

    def start(self):
        self.host.orders.take(self.job)

    def away(self):
        return 0

    def unreachable(self):
        return False

    def check(self, _silence):
        self.host.look()

    def close(self):
        pass


class DetachedAgent(Agent):
    def __init__(self, job, message):
        super().__init__()
        self.controller = Nobody(self, job)
        self.message = message  # the path of it
        self.golden = None  # (nonce, digest)
        self.noted = 0
        self.searching_at = None

    def look(self):
        """Once in a while, how far it is; and that nothing is left ends it."""
        if self.report.ready and self.searching_at is None:
            self.searching_at = time()
        if self.report.idle:
            self.stop('exhausted')
        elif self.report.ready and monotonic() >= self.noted + NOTE_SECONDS:
            self.noted = monotonic()
            self.leave_message('searching')

    def hit(self, nonce, digest):
        self.golden = self.golden or (nonce, digest)
        super().hit(nonce, digest)

    def refuse(self, message):
        super().refuse(message)
        self.status = FAILED
        self.leave_message('failed', words=message)

    def leave(self):
        result = 'hit' if self.golden else self.stopping
        words = {} if result in EXIT else {'words': 'the agent stopped: ' + result}
        self.leave_message(result if result in EXIT else 'failed', **words)
        self.status = EXIT.get(result, FAILED)

    def leave_message(self, result, words=None):
        try:
            write_message(self.message, fit(dict(self.facts(), result=result, **said(words))))
        except OSError as error:
            self.log.error('%s cannot be written: %s' % (self.message, error))

    def facts(self):
        facts = {'cnd': 1, 'at': round(time(), 3)}
        if not self.job:
            return facts
        coverage = [self.dealer.coverage(held) for held in self.dealer.residues.values()]
        facts.update({'next': coverage[0]['next'], 'done': coverage[0]['done']} if coverage else {})
        facts.update({'hashes': self.dealer.hashes, 'cores': self.cores, 'threads': self.threads})
        facts['python'] = '%d.%d.%d' % sys.version_info[:3]
        if self.searching_at is not None:
            facts['since'] = round(self.searching_at, 3)
        if self.drivers:
            driver = self.drivers[0]
            facts.update({'kernel': driver.program.name, 'isa': driver.program.isa})
            facts.update(said(self.note or driver.note, 'note'))
        if self.golden:
            facts.update({'nonce': str(self.golden[0]), 'digest': self.golden[1]})
        return facts


def said(words, name='words'):
    return {name: words[:LONGEST_WORDS]} if words else {}


def fit(facts):
    """What is too long loses ranges from the end: less is claimed than was done, never more."""
    line = encoded(facts)
    while len(line) > LONGEST_MESSAGE and facts.get('done'):
        facts['done'] = facts['done'][: len(facts['done']) // 2]
        line = encoded(facts)
    return line


def encoded(facts):
    return json.dumps(facts, separators=(',', ':')).encode() + b'\n'


def write_message(path, line):
    """In place, as the file is mounted by itself; what is left of a longer one comes after the line."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.write(fd, line)
        os.ftruncate(fd, len(line))
    finally:
        os.close(fd)


def job_of(path, worker, seconds):
    """The job of this worker: its own residue, from the beginning."""
    with open(path) as file:
        job = json.load(file)
    job.update(worker=worker, seconds=seconds, residues=[{'residue': worker, 'next': str(worker)}])
    return json.dumps(job).encode()


def take_kernel():
    """Of the kernels that came with it, that of this machine."""
    system = os.uname()
    name = '%s-%s' % (system.sysname.lower(), PROCESSORS.get(system.machine.lower()))
    try:
        os.rename(os.path.join(HERE, 'kernel-' + name), os.path.join(HERE, 'kernel'))
    except OSError:
        pass  # the agent says that it has none


def main(path, worker, end, seconds, message):
    while os.open(os.devnull, os.O_RDWR) <= 2:
        pass
    take_kernel()
    left = min(float(seconds), float(end) - time())
    if left <= 0:
        write_message(message, encoded({'cnd': 1, 'at': round(time(), 3), 'result': 'deadline'}))
        os._exit(EXIT['deadline'])
    os._exit(DetachedAgent(job_of(path, int(worker), left), message).run())


if __name__ == '__main__':
    main(*sys.argv[1:])
