"""How long the agent may go on."""
from time import monotonic, time


class Deadline:
    """Elapsed is what the faster clock says: a suspended machine wakes to the truth, a step back is ignored."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.starts = monotonic(), time()

    def left(self):
        return self.seconds - max(monotonic() - self.starts[0], time() - self.starts[1])
