"""How long something has gone on, and how long the agent may."""
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
