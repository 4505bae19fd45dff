"""The controller, as far as it can be reached. Two ways: the agent's own stdin and stdout, or one socket connection after
another."""
import json
from time import monotonic

from deadline import Stopwatch
from job import SILENCE, parse_attach
from link import Link, accept, reachable
from loop import READ, read_some
from puzzle import Bad

LONGEST_LINE = 1 << 24
MOST_GUESTS = 8  # connections that have not said who they are


class Channel:
    """A controller on stdin and stdout: when they end it is gone for good."""

    can_return = False

    def __init__(self, host):
        self.host = host
        self.buffer = b''
        self.heard = monotonic()

    def start(self):
        self.host.output.connect(1)
        self.host.loop.watch(0, READ, self.read)

    def read(self, fd):
        data = read_some(fd)
        if data is None:
            return
        *lines, self.buffer = (self.buffer + data).split(b'\n')
        for line in lines:
            self.heard = monotonic()
            self.host.orders.take(line)
        if not data or len(self.buffer) > LONGEST_LINE:
            self.close()
            self.host.deserted()

    def away(self):
        """Seconds for which nobody has been attached: the end of a channel is the end of the search, not an absence."""
        return 0

    def unreachable(self):
        """Whether nobody is attached, nor can be any more."""
        return False

    def check(self, silence):
        if monotonic() - self.heard > silence:
            self.host.stop('silence')

    def close(self):
        self.host.loop.forget(0)


class Socket:
    """Controllers on a listening socket, one at a time. While none is attached the search goes on.

    Who connects begins with an `attach`. The key of the first is what all later ones must have. The same epoch (its
    connection broke, which it may know before this side does) or a higher one (another process has taken the run up)
    replaces whoever is attached; a lower one is refused."""

    def __init__(self, host, listener):
        self.host = host
        self.can_return = True
        self.listener = listener  # of the module _socket
        self.key = None
        self.epoch = 0
        self.attached = None
        self.left = Stopwatch()  # since the last one was heard that was attached
        self.guests = []

    def start(self):
        self.listener.setblocking(False)
        self.host.loop.watch(self.listener.fileno(), READ, self.greet)

    def greet(self, _fd):
        fd = accept(self.listener)
        if fd is not None:
            self.guests.append(Link(self, self.host.loop, fd))
            if len(self.guests) > MOST_GUESTS:
                self.guests.pop(0).close()

    def admit(self, link, line):
        """Whether a connection that begins with this line is the controller's."""
        self.guests.remove(link)
        try:
            attach = parse_attach(line)
        except Bad as error:
            return self.refuse(link, str(error))
        if self.key not in (None, attach.key):
            return self.refuse(link, 'its key is not the key of this run')
        if attach.epoch < self.epoch:
            return self.refuse(link, 'superseded by a later controller')
        if self.attached:
            self.attached.close()
        self.key, self.epoch, self.attached = attach.key, attach.epoch, link
        self.host.output.connect(link.output)
        self.host.welcome(attach)
        return True

    def refuse(self, link, reason):
        try:
            link.write(json.dumps({'event': 'refused', 'reason': reason}, separators=(',', ':')))
        finally:
            link.close()
        return False

    def hear(self, line):
        self.host.orders.take(line)

    def ended(self, link):
        if link is self.attached:
            self.left = Stopwatch(monotonic() - link.heard if link.silent else 0)
            self.attached = None
            self.host.output.disconnect()
        else:
            self.guests.remove(link)
        link.close()

    def away(self):
        """Seconds for which nobody has been attached; 0 while somebody is."""
        return 0 if self.attached else self.left.elapsed()

    def unreachable(self):
        """Whether nobody is attached, nor can be any more: then another agent may be at its work."""
        self.can_return = bool(self.attached or self.guests) or reachable()
        return not self.can_return

    def check(self, silence):
        """Lets go of connections that say nothing: a half-open one looks like that. Whoever it was may come back. By the
        monotonic clock alone: a step of the wall clock is no silence."""
        for link in self.guests + ([self.attached] if self.attached else []):
            if monotonic() - link.heard > (silence if link.admitted else SILENCE):
                link.silent = True
                self.ended(link)

    def close(self):
        self.host.loop.forget(self.listener.fileno())
