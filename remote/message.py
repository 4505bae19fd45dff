"""The body of a message on a queue: one JSON object, nonces as decimal strings (src/broadcast/message.ts). Pure."""
import json
from collections import namedtuple

HEX = frozenset('0123456789abcdef')
DIGITS = frozenset('0123456789')
MOST_SEEN = 10_000
MOST_INSTANCE = 1_000_000

Announcement = namedtuple('Announcement', 'run nonce digest instance')


def fields(announcement):
    return dict(announcement._asdict(), nonce=str(announcement.nonce))


def body(announcement):
    return json.dumps(fields(announcement), separators=(',', ':'))


def parse(text):
    """The announcement, or None: anybody may write to a queue."""
    try:
        said = json.loads(text)
        run, nonce, digest, instance = (said[name] for name in Announcement._fields)
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    if not all(isinstance(part, str) for part in (run, nonce, digest)):
        return None
    if type(instance) is not int or not 0 <= instance <= MOST_INSTANCE:
        return None
    if not 0 < len(nonce) <= 20 or not DIGITS.issuperset(nonce) or len(digest) != 64 or not HEX.issuperset(digest):
        return None
    return Announcement(run, int(nonce), digest, instance)


class Inbox:
    """What a queue has given. Messages stay there for others, so the same ones come again and again."""

    def __init__(self, run):
        self.run = run
        self.seen = set()

    def take(self, messages):
        """(new announcements of this run, how many new messages are none, whether any message was new)."""
        fresh = {number: text for number, text in messages if number not in self.seen}
        if len(self.seen) + len(fresh) > MOST_SEEN:
            return [], 0, False  # somebody floods the queue: nothing more is heard
        self.seen.update(fresh)
        parsed = [parse(text) for text in fresh.values()]
        heard = [announcement for announcement in parsed if announcement and announcement.run == self.run]
        return heard, len(parsed) - len(heard), bool(fresh)
