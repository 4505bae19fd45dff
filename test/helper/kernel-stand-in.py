"""A kernel that records each range before it says `done`, and that dies, lies or hangs when told to.

Environment: STAND_IN_POW the directory of pow.py, STAND_IN_RECORD a file of `<pid> <lo> <hi>` lines (and `<pid> start`),
STAND_IN_MODE what to do after three ranges, STAND_IN_TIMES how many processes misbehave before the rest is honest.
STAND_IN_HOLD a file: while it exists, each process does its first range that is not empty, and waits before the next.
STAND_IN_GATE a file: until it exists, the same.
STAND_IN_PACE how many nonces it does in a second at most; 0: as many as it can.
"""
import os
import sys
from time import monotonic, sleep

sys.path.insert(0, os.environ['STAND_IN_POW'])
import pow  # noqa: E402

RECORD = os.environ['STAND_IN_RECORD']
MODE = os.environ.get('STAND_IN_MODE', 'honest')
TIMES = int(os.environ.get('STAND_IN_TIMES', '1000'))
HOLD = os.environ.get('STAND_IN_HOLD', '')
GATE = os.environ.get('STAND_IN_GATE')
PACE = int(os.environ.get('STAND_IN_PACE', '0'))


def record(text):
    fd = os.open(RECORD, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, b'%d %b\n' % (os.getpid(), text.encode()))
    os.close(fd)


def misbehave(lo, hi, say):
    if MODE == 'die':
        os._exit(7)
    if MODE == 'false-hit':
        say('hit %d %s' % (lo, '00' * 32))
    elif MODE == 'foreign-hit':
        digest = search.puzzle.digest(hi)
        say('hit %d %s' % (hi, digest.hex()))
    elif MODE == 'false-near':
        say('near %d' % lo)
    elif MODE == 'wrong-done':
        say('done %d %d' % (lo, hi + 1))
    elif MODE == 'garbage':
        os.write(1, b'\x00\xff' * 200)
    elif MODE == 'hang':
        sleep(1000)


if MODE == 'die-at-once':
    os.write(2, b'no such instruction\n')
    os._exit(3)
record('start')
with open(RECORD) as lines:
    honest = MODE == 'honest' or sum(line.endswith('start\n') for line in lines) > TIMES
given = pow.parse_arguments(sys.argv[1:])
search = pow.asked(given)
life = pow.Life(float(given['seconds']))
searched = False
due = monotonic()
for count, line in enumerate(pow.lines(life)):
    while searched and (os.path.exists(HOLD) or (GATE is not None and not os.path.exists(GATE))):
        life.check()
        sleep(0.01)
    lo, hi = nonce, end = [int(part) for part in line.split()]
    if count > 3 and not honest:
        misbehave(lo, hi, lambda text: life.write(text.encode() + b'\n'))
    while nonce < end:
        life.check()
        first = nonce
        # A slow one does little at a time, as a slow machine does.
        nonce, candidates = search.step(nonce, min(end, nonce + max(1, PACE // 10)) if PACE else end)
        if PACE:
            # A busy machine wakes it late: some of that it makes up for.
            due = max(due, monotonic() - 0.3) + (nonce - first) / PACE
            sleep(max(0, due - monotonic()))
        life.write(search.told(candidates))
    record('%d %d' % (lo, hi))
    searched = searched or hi > lo
    life.write(b'done %d %d\n' % (lo, hi))
os._exit(0)
