"""What the agent says: one JSON object a line, to the spool file and to a stdout that may stall."""
import json
import os
from collections import deque

from loop import WRITE, write_some

MOST_LINES = 1000  # waiting for a stalled reader; after that only what must not be lost is kept
PRECIOUS = ('hit', 'stopped')


class Output:
    def __init__(self, loop, fd, spool):
        self.loop = loop
        self.fd = fd
        self.rest = b''  # of the line that is being written
        self.queue = deque()  # (event, line)
        self.broken = False
        self.spool_error = None
        os.set_blocking(fd, False)
        try:
            self.spool = os.open(spool, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            self.spool_error = str(error)

    def send(self, event, **fields):
        line = json.dumps(dict(event=event, **fields), separators=(',', ':')).encode() + b'\n'
        self.append_to_spool(line)
        if self.broken:
            return
        if event == 'progress':
            # Only the newest counts, so that one who reads late is not fed the past.
            self.queue = deque(waiting for waiting in self.queue if waiting[0] != 'progress')
        if event in PRECIOUS or len(self.queue) < MOST_LINES:
            self.queue.append((event, line))
        self.flush()

    def append_to_spool(self, line):
        if self.spool_error:
            return
        try:
            while line:
                line = line[os.write(self.spool, line) :]
        except OSError as error:  # a full disk must not stop the search
            self.spool_error = str(error)

    def flush(self, _fd=None):
        try:
            self.rest = write_some(self.fd, self.rest)
            while self.queue and not self.rest:
                self.rest = write_some(self.fd, self.queue.popleft()[1])
        except OSError:
            # Nobody reads any more. The spool goes on, and the end of stdin or silence will stop the search.
            self.broken = True
            self.rest = b''
            self.queue.clear()
        if self.pending():
            self.loop.watch(self.fd, WRITE, self.flush)
        else:
            self.loop.forget(self.fd)

    def pending(self):
        return bool(self.rest or self.queue)
