"""What the controller says: the job, then orders (docs/agent.md). Pure: a line in, a checked value or `Bad` out."""
import json
from collections import namedtuple

from puzzle import Bad, bad, parse_puzzle, whole

Job = namedtuple(
    'Job',
    'run worker puzzle start limit chunk stride residues threads seconds silence linger smallest kernel isa imds broadcast near',
)

Attach = namedtuple('Attach', 'key epoch seen')

MOST_THREADS = 1024
MOST_SECONDS = 1_000_000
MOST_SHARES = 2**53
MOST_DONE = 10_000  # ranges of one residue that are done already
SILENCE = 15  # seconds without a line from the controller; it pings more often than that
LINGER = 120  # seconds without a controller
MOST_BITS = 256  # a digest has no more of them
KERNELS = ('auto', 'python')
BROADCASTS = ('sqs',)
BROADCAST_FIELDS = ('queueUrl', 'region', 'endpoint', 'imds')


def parse_object(what, line):
    try:
        value = json.loads(line.decode())
    except (ValueError, RecursionError):
        raise bad(what, line[:80].decode('ascii', 'replace'), 'give one JSON object on one line')
    if not isinstance(value, dict):
        raise bad(what, value, 'give a JSON object')
    return value


def need(fields, name):
    if name not in fields:
        raise Bad('%s is missing: give it (docs/agent.md)' % name)
    return fields[name]


def number(fields, name, least, most):
    value = need(fields, name)
    if type(value) is not int or not least <= value <= most:
        raise bad(name, value, 'give a whole number from %d to %d' % (least, most))
    return value


def seconds(fields, name):
    value = need(fields, name)
    if type(value) not in (int, float) or not 0 < value <= MOST_SECONDS:
        raise bad(name, value, 'give seconds, above 0 and at most %d' % MOST_SECONDS)
    return value


def nonce(fields, name, least, most):
    """Decimal strings, since they go beyond what a JSON number keeps."""
    value = need(fields, name)
    if not isinstance(value, str):
        raise bad(name, value, 'give a decimal string')
    return whole(name, value, least, most)


def flag(fields, name):
    value = need(fields, name)
    if not isinstance(value, bool):
        raise bad(name, value, 'give true or false')
    return value


def job_puzzle(fields):
    value = need(fields, 'puzzle')
    if not isinstance(value, dict):
        raise bad('puzzle', value, 'give an object')
    texts = {}
    for name, part in value.items():
        if type(part) is not int and not isinstance(part, str):
            raise bad('puzzle.' + name, part, 'give a string or a whole number')
        texts[name] = str(part)
    return parse_puzzle(texts, 'puzzle.{}'.format)


def ranges(fields, name):
    """Half-open ranges of nonces as [lo, hi]; none where the field is absent."""
    value = fields.get(name, [])
    if not isinstance(value, list) or len(value) > MOST_DONE:
        raise bad(name, value, 'give a list of at most %d ranges' % MOST_DONE)
    found = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(end, str) for end in pair):
            raise bad(name, pair, 'give two decimal strings')
        lo, hi = (whole(name, end, 0, 2**64) for end in pair)
        if lo >= hi:
            raise bad(name, '%d..%d' % (lo, hi), 'give ranges that hold a nonce')
        found.append((lo, hi))
    return found


def residue(fields, stride):
    """A share of a residue: its number, its first chunk that is not done, the nonces it begins and ends with, and what of
    them is done."""
    which = number(fields, 'residue', 0, MOST_SHARES)
    chunk = nonce(fields, 'next', 0, 2**64)
    if chunk % stride != which % stride:
        raise bad('next', str(chunk), 'give a chunk of residue %d modulo %d' % (which, stride))
    start = nonce(fields, 'from', 0, 2**64) if 'from' in fields else 0
    until = nonce(fields, 'until', start, 2**64) if 'until' in fields else 2**64
    return which, chunk, start, until, ranges(fields, 'done')


def job_residues(fields, stride):
    value = need(fields, 'residues')
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise bad('residues', value, 'give a list of objects')
    return [residue(part, stride) for part in value]


def job_threads(fields):
    return None if need(fields, 'threads') is None else number(fields, 'threads', 1, MOST_THREADS)


def instruction_set(fields):
    """The native kernel's fastest one, when the controller knows it of this machine."""
    value = fields.get('isa')
    if value is not None and (not isinstance(value, str) or not value):
        raise bad('isa', value, 'give the name of an instruction set, or leave it out')
    return value


def run_name(fields):
    value = need(fields, 'run')
    if not isinstance(value, str) or not value:
        raise bad('run', value, 'give the id of the run')
    return value


def job_imds(fields):
    """The metadata service that tells of an interruption; None: nothing interrupts this machine."""
    value = fields.get('imds')
    if value is not None and (not isinstance(value, str) or not value):
        raise bad('imds', value, 'give a URL, or leave it out')
    return value


def job_broadcast(fields):
    """How to poll and send by itself; None: its controller tells it all."""
    value = fields.get('broadcast')
    if value is None:
        return None
    if not isinstance(value, dict) or value.get('kind') not in BROADCASTS:
        raise bad('broadcast', value, 'give null or an object of kind %s' % ' or '.join(BROADCASTS))
    for name in BROADCAST_FIELDS:
        if not isinstance(value.get(name), str) or not value[name]:
            raise bad('broadcast.' + name, value.get(name), 'give a string')
    return {name: value[name] for name in BROADCAST_FIELDS}


def parse_job(line):
    """Fields that it does not know are left alone: a newer controller may say more."""
    fields = parse_object('job', line)
    puzzle = job_puzzle(fields)
    start = nonce(fields, 'from', 0, puzzle.limit)
    stride = number(fields, 'stride', 1, 2**53)
    kernel = need(fields, 'kernel')
    if kernel not in KERNELS:
        raise bad('kernel', kernel, 'give %s' % ' or '.join(KERNELS))
    return Job(
        run=run_name(fields),
        worker=number(fields, 'worker', 0, 2**53),
        puzzle=puzzle,
        start=start,
        limit=nonce(fields, 'limit', start, puzzle.limit),
        chunk=nonce(fields, 'chunk', 1, 2**64),
        stride=stride,
        residues=job_residues(fields, stride),
        threads=job_threads(fields),
        seconds=seconds(fields, 'seconds'),
        silence=seconds(fields, 'silence') if 'silence' in fields else SILENCE,
        linger=number(fields, 'linger', 0, MOST_SECONDS) if 'linger' in fields else LINGER,
        smallest=flag(fields, 'smallest'),
        kernel=kernel,
        isa=instruction_set(fields),
        imds=job_imds(fields),
        broadcast=job_broadcast(fields),
        near=number(fields, 'near', 0, MOST_BITS) if 'near' in fields else None,
    )


def parse_attach(line):
    """How a controller introduces itself: {"attach":{"key","epoch","seen"}}."""
    fields = need(parse_object('attach', line), 'attach')
    if not isinstance(fields, dict):
        raise bad('attach', fields, 'give an object')
    key = need(fields, 'key')
    if not isinstance(key, str) or not 16 <= len(key) <= 256:
        raise Bad('attach.key: give 16 to 256 characters')  # never shown: it is a secret
    return Attach(key, number(fields, 'epoch', 0, 2**53), number(fields, 'seen', 0, 2**53))


def is_attach(line):
    return line.startswith(b'{"attach":')


def is_ping(line):
    return line.startswith(b'{"order":"ping"')


ORDERS = ('stop', 'adopt', 'release', 'bound', 'redo', 'ping')


def parse_order(line, stride):
    """(order, its arguments)."""
    fields = parse_object('order', line)
    name = need(fields, 'order')
    if name == 'adopt':
        return name, residue(fields, stride)
    if name == 'release':
        which = number(fields, 'residue', 0, MOST_SHARES)
        return name, (which, nonce(fields, 'from', 0, 2**64) if 'from' in fields else None)
    if name == 'bound':
        return name, (nonce(fields, 'nonce', 0, 2**64),)
    if name == 'redo':
        return name, (nonce(fields, 'from', 0, 2**64), nonce(fields, 'to', 0, 2**64))
    if name == 'ping':
        return name, (number(fields, 'seen', 0, 2**53) if 'seen' in fields else 0,)
    if name not in ORDERS:
        raise bad('order', name, 'give %s' % ', '.join(ORDERS))
    return name, ()
