"""When to poll a queue again, and how, from what the polls before gave. src/broadcast/poll-backoff.ts says why. Pure."""

SHORTEST_SECONDS = 0.5
LONGEST_SECONDS = 20
GROWTH = 1.01
MOST_LOOKS = 10  # in a row, without a pause
HIDE_SECONDS = 2


class PollBackoff:
    def __init__(self, most):
        """`most`: messages that one poll gives at most."""
        self.most = most
        self.hide = 0  # seconds for which the next poll hides what it gives
        self.pause = SHORTEST_SECONDS
        self.looks = 0

    def after(self, count, fresh):
        """Seconds to wait after a poll that gave so many messages, some of them new or none."""
        full = count >= self.most
        self.hide = HIDE_SECONDS if full and not fresh else 0
        if fresh:
            self.pause = SHORTEST_SECONDS
        if fresh or not count:
            self.looks = 0
            return 0
        if full and self.looks < MOST_LOOKS:
            self.looks += 1
            return 0
        self.looks = 0
        pause = self.pause
        self.pause = min(LONGEST_SECONDS, pause * GROWTH)
        return pause
