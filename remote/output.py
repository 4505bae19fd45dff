"""What the agent says: one JSON object a line, to the spool file and to a controller that may stall, or be away."""
import json
import os
from collections import deque

from loop import WRITE, write_some

MOST_LINES = 1000  # waiting for a stalled reader; after that only what must not be lost is kept
MOST_KEPT = 10_000  # of numbered messages that no controller has confirmed
LARGEST_SPOOL = 64 << 20  # bytes; after that only what must not be lost is noted
PRECIOUS = ('hit', 'stopped')
FLEETING = ('progress', 'attached')  # never said again: only the newest counts


class Output:
    def __init__(self, loop, spool):
        self.loop = loop
        self.fd = None  # of the controller, while one is connected
        self.rest = b''  # of the line that is being written
        self.queue = deque()  # (event, line)
        self.numbered = False
        self.last = 0  # the number of the last numbered message
        self.kept = deque()  # (number, event, line): what a controller that comes back is told again
        self.spool = None
        self.spooled = 0
        self.spool_error = None
        try:
            self.spool = os.open(spool, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            self.spool_error = str(error)

    def connect(self, fd):
        """From now on it goes there. What was half written to somebody else is not continued."""
        self.disconnect()
        os.set_blocking(fd, False)
        self.fd = fd

    def disconnect(self):
        if self.fd is not None:
            self.loop.forget(self.fd)
        self.fd = None
        self.rest = b''
        self.queue.clear()

    def send(self, event, **fields):
        fields = dict(event=event, **fields)
        if self.numbered and event not in FLEETING:
            self.last += 1
            fields['seq'] = self.last
        line = json.dumps(fields, separators=(',', ':')).encode() + b'\n'
        self.append_to_spool(event, line)
        if 'seq' in fields:
            self.keep(self.last, event, line)
        self.enqueue(event, line)

    def send_again(self, seen, progress):
        """Everything numbered after `seen`, in order. `progress` says where the search is, before that it has stopped, and after
        near-hits: who is told that something is done without them would call it a lie."""
        self.confirm(seen)
        kept = list(self.kept)
        last = kept.pop() if kept and kept[-1][1] == 'stopped' else None
        for _number, event, line in kept:
            self.enqueue(event, line)
        progress()
        if last:
            self.enqueue(*last[1:])

    def confirm(self, seen):
        """The controller has everything up to this number."""
        while self.kept and self.kept[0][0] <= seen:
            self.kept.popleft()

    def confirmed(self):
        return not self.kept

    def keep(self, number, event, line):
        self.kept.append((number, event, line))
        if len(self.kept) > MOST_KEPT:
            old = next((entry for entry in self.kept if entry[1] not in PRECIOUS), self.kept[0])
            self.kept.remove(old)

    def enqueue(self, event, line):
        if self.fd is None:
            return
        if event == 'progress':
            # Only the newest counts, so that one who reads late is not fed the past.
            self.queue = deque(waiting for waiting in self.queue if waiting[0] != 'progress')
        if len(self.queue) >= MOST_LINES:
            self.flush()
        if event in PRECIOUS or len(self.queue) < MOST_LINES:
            self.queue.append((event, line))

    def append_to_spool(self, event, line):
        if self.spool_error or (self.spooled > LARGEST_SPOOL and event not in PRECIOUS):
            return
        self.spooled += len(line)
        try:
            while line:
                line = line[os.write(self.spool, line) :]
        except OSError as error:  # a full disk must not stop the search
            self.spool_error = str(error)

    def flush(self, _fd=None):
        """To be called once in a turn of the loop: all that was said in it is one write, which wakes every process on its way once."""
        if self.fd is None:
            return
        try:
            self.rest = write_some(self.fd, self.rest)
            while self.queue and not self.rest:
                lines = b''.join(line for _event, line in self.queue)
                self.queue.clear()
                self.rest = write_some(self.fd, lines)
        except OSError:
            # Nobody reads any more. The spool goes on, and the end of stdin or silence is noticed elsewhere.
            return self.disconnect()
        if self.pending():
            self.loop.watch(self.fd, WRITE, self.flush)
        else:
            self.loop.forget(self.fd)

    def connected(self):
        return self.fd is not None

    def pending(self):
        return bool(self.rest or self.queue)
