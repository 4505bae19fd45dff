"""Which kernel to run: asked once, when the machine is not yet busy, with a time limit."""
import os
import sys
from time import monotonic

from driver import Program
from loop import READ, read_some
from process import Process

SCRIPTS = os.path.dirname(os.path.abspath(__file__))  # the worker's directory, or the archive in it that they were uploaded as
HERE = SCRIPTS if os.path.isdir(SCRIPTS) else os.path.dirname(SCRIPTS)
KERNEL = os.path.join(HERE, 'kernel')
LIMIT_SECONDS = 5  # for timing, which a machine that is too busy for it goes without
HUNG_SECONDS = 60  # for a list that takes no time
MOST_BYTES = 65536
MOST_THREADS = 1024  # that it times at once


def script(name):
    """The argv of an interpreter for one of the scripts (__main__.py)."""
    path = [os.path.join(SCRIPTS, name)] if SCRIPTS == HERE else [SCRIPTS, name]
    return [sys.executable, '-S', '-E'] + path


def portable():
    return Program('pow.py', 'python', script('pow.py'))


def stand_in():
    """A kernel named by the environment is taken as it is, in place of ./kernel: for tests and experiments."""
    path = os.environ.get('CND_KERNEL')
    return Program('kernel', 'custom', [os.path.abspath(path)]) if path else None


def native(isa):
    return Program('kernel', isa, [KERNEL, '--isa', isa])


def fastest(text):
    """The first name of a list `<isa> <nonces/s>`, fastest first; None when it is not such a list."""
    words = text.decode('ascii', 'replace').partition('\n')[0].split(' ')
    return words[0] if len(words) == 2 and words[0] and words[1].isdigit() else None


class Choice:
    """Runs `kernel --list`, which times all threads together, unless the instruction set is known. Where that takes too long it is asked again,
    without timing: a busy machine is no reason to search with pow.py. `done(program or None, note)` is called once, from `start` or `died`."""

    def __init__(self, loop, scheme, threads, isa, done):
        self.loop = loop
        self.isa = isa
        self.done = done
        self.text = b''
        self.late = False
        self.process = None
        self.killed = False
        self.scheme = scheme
        self.threads = min(threads, MOST_THREADS)

    def start(self):
        if not os.path.exists(KERNEL):
            self.done(None, 'no kernel for this machine was uploaded')
            return
        if self.isa:
            self.done(native(self.isa), None)
            return
        self.ask(LIMIT_SECONDS)

    def ask(self, seconds):
        self.end = monotonic() + seconds
        argv = [KERNEL, '--list', '--scheme', self.scheme, '--threads', '%d' % self.threads]
        try:
            self.process = Process(argv)
        except OSError as error:
            self.done(None, 'kernel cannot be started: %s' % error)
            return
        self.loop.watch(self.process.stdout, READ, self.read)

    def alive(self):
        return self.process is not None

    def read(self, fd):
        data = read_some(fd)
        self.text += data or b''
        if data == b'' or len(self.text) > MOST_BYTES:
            self.loop.forget(fd)

    def check(self, now):
        if self.process and now > self.end and not self.late:
            self.late = True
            self.process.kill()

    def kill(self):
        self.killed = True
        if self.process:
            self.process.kill()

    def died(self, how):
        self.text += read_some(self.process.stdout) or b''
        words = (read_some(self.process.stderr) or b'').decode('ascii', 'replace').strip()
        self.process.close(self.loop)
        self.process = None
        isa = fastest(self.text)
        if self.late and self.threads and not self.killed:
            self.late = False
            self.text = b''
            self.threads = 0
            self.ask(HUNG_SECONDS)
        elif self.late:
            self.done(None, 'kernel --list did not end within %d s' % HUNG_SECONDS)
        elif how != 'exit code 0' or not isa:
            self.done(None, 'kernel --list failed: %s' % ' '.join([how, words]).strip())
        else:
            untimed = 'its instruction sets were not timed: that took more than %d s' % LIMIT_SECONDS
            self.done(native(isa), None if self.threads else untimed)
