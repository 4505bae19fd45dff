"""Ranges that another worker claims to have searched, searched again here: dealt in slices, their near-hits collected. Pure."""
from heapq import heappop, heappush

from dealer import Slice

MOST_NEAR = 2000  # near-hits of one range
MOST_WAITING = 10  # ranges; a controller asks for one at a time


class Redo:
    """One range. Nothing of it counts for the search; a slice whose residue is a Redo is one of its own."""

    def __init__(self, lo, hi):
        self.lo = lo
        self.hi = hi
        self.waiting = [(lo, hi)]  # a heap
        self.left = hi - lo  # nonces that are not done
        self.near = []
        self.failed = False

    def deal(self, size):
        lo, end = heappop(self.waiting)
        hi = min(lo + size, end)
        if hi < end:
            heappush(self.waiting, (hi, end))
        return Slice(lo, hi, self)

    def give_back(self, piece):
        heappush(self.waiting, (piece.lo, piece.hi))

    def complete(self, piece, near):
        self.left -= piece.hi - piece.lo
        self.near += near

    def fail(self):
        """A kernel that did some of it said something wrong: none of it is believed."""
        self.failed = True

    def is_over(self):
        return self.failed or self.left == 0 or len(self.near) > MOST_NEAR

    def answer(self):
        """What is said of it; without `near` it could not be done."""
        fields = {'from': str(self.lo), 'to': str(self.hi)}
        if self.left == 0 and not self.failed and len(self.near) <= MOST_NEAR:
            fields['near'] = [str(nonce) for nonce in sorted(self.near)]
        return fields


class Redos:
    """All that are to be done, first come, first served."""

    def __init__(self):
        self.all = []

    def add(self, lo, hi):
        if len(self.all) < MOST_WAITING:
            self.all.append(Redo(lo, hi))

    def deal(self, size):
        """The next slice of at most `size` nonces, or None."""
        for redo in self.all:
            if redo.waiting and not redo.is_over():
                return redo.deal(size)
        return None

    def take_over(self):
        """Those that are over, which are forgotten."""
        over = [redo for redo in self.all if redo.is_over()]
        self.all = [redo for redo in self.all if not redo.is_over()]
        return over
