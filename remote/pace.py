"""How much work a kernel is given at a time."""
from time import monotonic

FIRST_SIZE = 4096  # nonces: a few milliseconds of the slowest kernel
GROWTH = 8
SLICE_SECONDS = 0.15
WINDOW_SECONDS = 0.01  # the shortest time that a rate is measured over


class Pace:
    """How large the slices of one kernel should be, from how fast it did the ones before."""

    def __init__(self):
        self.size = FIRST_SIZE
        self.rate = None
        self.restart()

    def restart(self):
        self.since = monotonic()
        self.count = 0

    def completed(self, nonces):
        self.count += nonces
        spent = monotonic() - self.since
        if spent >= WINDOW_SECONDS:
            now = self.count / spent
            self.rate = (self.rate + now) / 2 if self.rate else now
            self.restart()
        self.size *= GROWTH
        if self.rate:
            self.size = max(1, min(self.size, int(self.rate * SLICE_SECONDS)))

    def seconds(self, nonces):
        return nonces / self.rate if self.rate else 0
