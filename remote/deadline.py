"""How long something has gone on, and how long the agent may."""
import _signal  # as in loop.py
from time import monotonic, time


class Stopwatch:
    """Elapsed is what the faster clock says: a suspended machine wakes to the truth. A step back of the wall clock is ignored,
    and what was once elapsed stays elapsed."""

    def __init__(self, ago=0):
        """`ago`: seconds that have elapsed already."""
        self.starts = monotonic() - ago, time() - ago
        self.highest = ago

    def elapsed(self):
        self.highest = max(self.highest, monotonic() - self.starts[0], time() - self.starts[1])
        return self.highest


class Deadline:
    def __init__(self, seconds):
        self.seconds = seconds
        self.stopwatch = Stopwatch()

    def left(self):
        return self.seconds - self.stopwatch.elapsed()


def end_within(seconds):
    """Has the system end this process (SIGALRM) when so many seconds are over, whatever it hangs in: the net below its own
    deadline. By the monotonic clock. Children do not inherit it; a later call takes its place."""
    _signal.signal(_signal.SIGALRM, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGALRM,))
    _signal.alarm(max(1, int(seconds) + 1))
