"""The event loop: file descriptors that are watched, and signals. Threads and asyncio would cost start-up time."""
import _signal  # `signal` and its enums take 4 ms to import
import os
import select

READ = select.POLLIN
WRITE = select.POLLOUT


class Loop:
    def __init__(self):
        self.poller = select.poll()
        self.handlers = {}

    def watch(self, fd, events, handler):
        """Calls `handler(fd)` whenever fd is ready for one of `events`, at its end, or broken. One handler a descriptor."""
        self.handlers[fd] = handler
        self.poller.register(fd, events)

    def forget(self, fd):
        if self.handlers.pop(fd, None):
            self.poller.unregister(fd)

    def turn(self, seconds):
        # Rounded up: a timer that is polled for a little too early would spin.
        for fd, _events in self.poller.poll(int(max(0, seconds) * 1000) + 1):
            handler = self.handlers.get(fd)  # an earlier handler of this turn may have forgotten it
            if handler:
                handler(fd)

    def catch(self, signals, handler):
        """Calls `handler(signal number)` inside a turn, never between two statements of something else."""
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        for number in signals:
            _signal.signal(number, lambda *_: None)
        _signal.set_wakeup_fd(write, warn_on_full_buffer=False)

        def wake(fd):
            for number in read_some(fd) or b'':
                handler(number)

        self.watch(read, READ, wake)


class Feed:
    """Bytes for a child that reads at its own pace; that it died is seen elsewhere."""

    def __init__(self, loop, fd):
        self.loop = loop
        self.fd = fd
        self.rest = b''
        self.broken = False  # nobody reads any more

    def add(self, data):
        """Nothing is written before `flush`: many small pieces become one write."""
        self.rest += data

    def flush(self, _fd=None):
        try:
            self.rest = write_some(self.fd, self.rest)
        except OSError:
            self.rest = b''
            self.broken = True
        if self.rest:
            self.loop.watch(self.fd, WRITE, self.flush)
        else:
            self.loop.forget(self.fd)


def read_some(fd):
    """What there is to read: b'' at the end, None when there is nothing yet."""
    try:
        return os.read(fd, 65536)
    except BlockingIOError:
        return None
    except OSError:
        return b''  # a connection that was reset has ended too


def write_some(fd, data):
    """What could not be written yet. Raises OSError once nobody can read it any more."""
    while data:
        try:
            data = data[os.write(fd, data) :]
        except BlockingIOError:
            break
    return data
