"""The body of a message on a queue: one JSON object, nonces as decimal strings (src/broadcast/message.ts). Pure."""
import json
import re
from collections import namedtuple

NONCE = re.compile(r'(0|[1-9][0-9]{0,19})\Z')
DIGEST = re.compile(r'[0-9a-f]{64}\Z')
LONGEST_RUN = 100
MOST_SEEN = 10_000
MOST_INSTANCE = 1_000_000

# `instance` is None where it is not said: not every search has instances.
Announcement = namedtuple('Announcement', 'run nonce digest instance')


def fields(announcement):
    said = dict(announcement._asdict(), nonce=str(announcement.nonce))
    if announcement.instance is None:
        del said['instance']
    return said


def body(announcement):
    return json.dumps(fields(announcement), separators=(',', ':'))


def no_number(name):
    """Python reads NaN and Infinity, which are not JSON."""
    raise ValueError(name)


def index(said):
    """The index of an instance in what was said, or None. JSON knows no whole numbers: 7.0 is 7."""
    if isinstance(said, float) and said.is_integer():
        said = int(said)
    return said if type(said) is int and 0 <= said <= MOST_INSTANCE else None


def parse(text):
    """The announcement, or None: anybody may write to a queue."""
    try:
        said = json.loads(text, parse_constant=no_number)
        run, nonce, digest = said['run'], said['nonce'], said['digest']
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    if not all(isinstance(part, str) for part in (run, nonce, digest)):
        return None
    # Length in UTF-16 code units, as the controller counts.
    if not 0 < len(run.encode('utf-16-le', 'surrogatepass')) // 2 <= LONGEST_RUN:
        return None
    if not NONCE.match(nonce) or not DIGEST.match(digest):
        return None
    instance = None
    if 'instance' in said:
        instance = index(said['instance'])
        if instance is None:
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
