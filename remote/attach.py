"""Joins its stdin and stdout to the agent of this directory, which it starts when none lives: python3 -S -E attach.py SECONDS

The agent is a child in a session of its own, so that it outlives this process, its channel and its connection. SECONDS: when
they are over this process ends, whoever hangs; the agent has a deadline of its own.
"""
import os
import sys
from time import monotonic, sleep

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, 'worker.zip'), HERE]  # of an upload all other scripts are in the archive

import link  # noqa: E402
from deadline import end_within  # noqa: E402
from loop import READ, Feed, Loop, read_some  # noqa: E402

ERRORS = 'agent.err'  # what Python itself says of an agent that breaks
LAST_WORDS = 2000  # bytes of it that are passed on
DEATH_SECONDS = 2  # for an agent that has closed its end to be seen dead


def main():
    end_within(int(sys.argv[1]))
    os.chdir(HERE)
    while os.open(os.devnull, os.O_RDWR) <= 2:
        pass
    connection = link.connect()
    child = None
    if not connection:
        try:
            listener = link.listen()
        except OSError as error:
            return run_here(error)
        connection = link.connect()
        child = start(listener, connection)
    os._exit(Relay(connection, child).run())


def run_here(error):
    """No socket can be here: the agent runs on this channel, and ends with it."""
    import agent

    sys.stderr.write('agent.py: no socket can be made here (%s): a lost connection will end its search\n' % error)
    sys.stderr.flush()
    note_pid()
    agent.main()


def start(listener, connection):
    child = os.fork()
    if child:
        listener.close()
        return child
    connection.close()
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    errors = os.open(ERRORS, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    for number, fd in enumerate((nothing, nothing, errors)):
        os.dup2(fd, number)
    for fd in (nothing, errors):
        os.close(fd)
    note_pid()
    name_process()
    try:
        import agent

        agent.main(listener)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    os._exit(1)


def note_pid():
    with open(link.PID, 'w') as file:
        file.write('%d\n' % os.getpid())


def name_process():
    """What `ps -o comm` and `top` show, to tell it from the relay that it was started by: on Linux."""
    try:
        with open('/proc/self/comm', 'w') as file:
            file.write('cnd-agent')
    except OSError:
        pass


class Relay:
    """Both directions at their own pace: what one side does not take is not read from the other."""

    def __init__(self, connection, child):
        self.loop = Loop()
        self.child = child
        self.over = False
        self.listening = os.dup(connection.fileno())  # a descriptor has one handler in the loop
        speaking = connection.detach()
        for fd in (0, 1, self.listening, speaking):
            os.set_blocking(fd, False)
        self.down = Pipe(self, 0, Feed(self.loop, speaking))
        self.up = Pipe(self, self.listening, Feed(self.loop, 1))

    def run(self):
        self.down.look()
        self.up.look()
        while not self.over:
            self.loop.turn(60)
            self.down.look()
            self.up.look()
        if self.up.ended:
            while self.up.feed.rest and not self.up.feed.broken:
                self.loop.turn(1)
            return self.decision()
        return 0

    def decision(self):
        """How the agent ended, as far as that is known: only its parent is told."""
        status = self.reap()
        words = last_words()
        if status == 0 or (status is None and not words):
            return 0
        sys.stderr.write(words)
        sys.stderr.flush()
        if status is None:
            return 1
        return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)

    def reap(self):
        end = monotonic() + DEATH_SECONDS
        while self.child:
            pid, status = os.waitpid(self.child, os.WNOHANG)
            if pid:
                return status
            if monotonic() > end:
                break
            sleep(0.01)
        return None


class Pipe:
    def __init__(self, relay, source, feed):
        self.relay = relay
        self.source = source
        self.feed = feed
        self.ended = False

    def look(self):
        """Reads on once everything was passed on."""
        if self.ended or self.feed.rest:
            self.relay.loop.forget(self.source)
        else:
            self.relay.loop.watch(self.source, READ, self.read)

    def read(self, fd):
        data = read_some(fd)
        if data is None:
            return
        if not data:
            self.ended = self.relay.over = True
            return
        self.feed.add(data)
        self.feed.flush()
        if self.feed.broken:
            self.relay.over = True


def last_words():
    try:
        with open(ERRORS, 'rb') as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - LAST_WORDS))
            return file.read().decode('utf-8', 'replace')
    except OSError:
        return ''


if __name__ == '__main__':
    main()
