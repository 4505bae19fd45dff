"""One connection over the agent's socket. Of the module `_socket`: `socket` takes 8 ms to import."""
import _socket
import os
import struct
from time import monotonic

from loop import READ, read_some, write_some

LONGEST_LINE = 1 << 24
LONGEST_GREETING = 4096  # bytes, before it is known who it is
PID = 'agent.pid'  # so that an agent that no longer listens can be killed
NAME = 'agent.sock'  # relative: a path in a socket's address is at most 107 bytes


def listen():
    """A listening socket of this directory, for this user alone. Raises OSError where there can be none."""
    listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        try:
            os.unlink(NAME)
        except FileNotFoundError:
            pass
        listener.bind(NAME)
        listener.listen(8)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def connect():
    """A socket that is connected to the agent of this directory; None when no agent lives."""
    client = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        client.connect(NAME)
    except OSError:
        client.close()
        return None
    return client


def reachable():
    """Whether who connects still comes to this agent: not once its socket or its directory was removed, nor where another agent
    has begun in its place."""
    try:
        os.stat(NAME)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        with open(PID) as file:
            return file.read().strip() in ('', str(os.getpid()))
    except OSError:
        return True


def accept(listener):
    """A connection's descriptor, if there is one and it is of this user or of root."""
    try:
        fd, _address = listener._accept()
    except OSError:
        return None
    os.set_inheritable(fd, False)
    if peer(fd) not in (os.getuid(), 0):
        os.close(fd)
        return None
    os.set_blocking(fd, False)
    return fd


def peer(fd):
    """The user at the other end; where the system cannot tell, the directory (0700) is what keeps others out."""
    if not hasattr(_socket, 'SO_PEERCRED'):
        return os.getuid()
    copy = _socket.socket(fileno=os.dup(fd))
    try:
        credentials = copy.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, struct.calcsize('3i'))
    finally:
        copy.close()
    _pid, uid, _gid = struct.unpack('3i', credentials)
    return uid


class Link:
    """A connection of somebody who begins with an `attach`. `owner` admits it by that, hears its lines and is told when it
    has ended."""

    def __init__(self, owner, loop, fd):
        self.owner = owner
        self.loop = loop
        self.fd = fd
        self.output = os.dup(fd)  # of its own: a descriptor has one handler in the loop
        self.buffer = b''
        self.admitted = False
        self.silent = False
        self.closed = False
        self.heard = monotonic()
        self.loop.watch(fd, READ, self.read)

    def read(self, fd):
        data = read_some(fd)
        if data is None:
            return
        *lines, self.buffer = (self.buffer + data).split(b'\n')
        for line in lines:
            self.heard = monotonic()
            if self.admitted:
                self.owner.hear(line)
            else:
                self.admitted = self.owner.admit(self, line)
            if self.closed:  # it was refused, or another took over
                return
        if not data or len(self.buffer) > (LONGEST_LINE if self.admitted else LONGEST_GREETING):
            self.owner.ended(self)

    def write(self, line):
        """A final message; whether it is read is the other side's affair."""
        try:
            write_some(self.output, line.encode() + b'\n')
        except OSError:
            pass

    def close(self):
        if not self.closed:
            self.closed = True
            self.loop.forget(self.fd)
            self.loop.forget(self.output)
            os.close(self.fd)
            os.close(self.output)
