"""Which nonces to search next, and which are done: residues, slices and coverage (DESIGN.md, Words). Pure."""
from bisect import bisect_left, bisect_right
from collections import namedtuple
from heapq import heappop, heappush

# Done ranges that one residue may have above its first unfinished chunk. Beyond that it waits for the chunk that holds
# everything up (a kernel hangs on it), so that memory and progress lines stay small.
MOST_RANGES = 1000

Slice = namedtuple('Slice', 'lo hi residue')


class Ranges:
    """Disjoint half-open ranges, ascending, merged where they touch."""

    def __init__(self):
        self.los = []
        self.his = []

    def __len__(self):
        return len(self.los)

    def pairs(self):
        return list(zip(self.los, self.his))

    def add(self, lo, hi):
        if lo >= hi:
            return
        first = bisect_left(self.his, lo)
        last = bisect_right(self.los, hi)
        if first < last:
            lo = min(lo, self.los[first])
            hi = max(hi, self.his[last - 1])
        self.los[first:last] = [lo]
        self.his[first:last] = [hi]

    def around(self, nonce):
        """The range that holds a nonce, or None."""
        index = bisect_right(self.his, nonce)
        return (self.los[index], self.his[index]) if index < len(self.los) and self.los[index] <= nonce else None

    def first_after(self, nonce):
        """Where the first range above a nonce begins, or None."""
        index = bisect_right(self.los, nonce)
        return self.los[index] if index < len(self.los) else None

    def drop_below(self, nonce):
        count = bisect_right(self.his, nonce)
        del self.los[:count], self.his[:count]
        if self.los:
            self.los[0] = max(self.los[0], nonce)

    def drop_from(self, nonce):
        count = bisect_left(self.los, nonce)
        del self.los[count:], self.his[count:]
        if self.his:
            self.his[-1] = min(self.his[-1], nonce)


class Residue:
    """One share of the chunks, those that are congruent to its number: what is done of it, and where dealing has got to."""

    def __init__(self, number, chunk, start, until, skip=()):
        self.number = number
        self.start = start  # it has only the nonces from here on
        self.until = until  # and below
        self.next = chunk  # the first chunk that is not completely done
        self.done = Ranges()  # at or above that chunk, with what of `skip` touches it in the same chunk
        self.skip = Ranges()  # was done before it came here; may reach over chunks of other residues
        for lo, hi in skip:
            self.skip.add(lo, hi)
        self.at_chunk = chunk  # never dealt yet: from here on,
        self.at_offset = 0  # and from this nonce of the chunk
        self.returned = []  # a heap of (lo, hi): dealt, but their kernel failed
        self.in_flight = 0
        self.releasing = False


class Dealer:
    """Deals slices of the residues held, lowest nonces first, and counts what comes back. A slice never crosses a
    chunk. The bound is the end of the search: the space's own limit, or the lowest hit so far."""

    def __init__(self, start, limit, chunk, stride):
        self.start = start
        self.limit = limit
        self.bound = limit
        self.chunk = chunk
        self.stride = stride
        self.residues = {}
        self.given_back = set()  # the numbers of those that were held, and are not any more
        self.open = []  # a heap of (lowest nonce to deal, residue): may be out of date, see `front`
        self.hashes = 0

    # What is held

    def hold(self, number, chunk, start=0, until=2**64, skip=()):
        """Takes a share on, of the nonces from `start` to below `until`, of which `skip` is done. One that is held already
        keeps its own, better knowledge, and a release is undone."""
        held = self.residues.get(number)
        if held:
            held.releasing = False
        else:
            held = self.residues[number] = Residue(
                number, chunk, max(start, self.start), min(until, self.limit), skip
            )
            self.pass_done(held)
            self.pass_skipped(held)
            self.given_back.discard(number)
        self.open_up(held)

    def release(self, number):
        """Deals no more of it, False if it is not held. What failed of it stays undone: that is for its next holder."""
        held = self.residues.get(number)
        if held is None:
            return False
        held.releasing = True
        return True

    def release_from(self, number, nonce):
        """Deals no more of a share at or above a nonce, but for what was dealt already: from where on it is given back. None if
        it is not held."""
        held = self.residues.get(number)
        if held is None:
            return None
        held.until = min(held.until, max(nonce, self.frontier(held)))
        held.done.drop_from(held.until)
        self.pass_done(held)
        return held.until

    def forget_released(self):
        """The residues that nothing is in flight of any more, now no longer held."""
        gone = [held for held in self.residues.values() if held.releasing and not held.in_flight]
        for held in gone:
            del self.residues[held.number]
            self.given_back.add(held.number)
        return gone

    def lower(self, bound):
        self.bound = min(self.bound, bound)

    # Dealing

    def chunk_range(self, held, chunk):
        lo = self.start + chunk * self.chunk
        return min(max(lo, held.start), held.until), min(lo + self.chunk, held.until)

    def chunk_from(self, held, nonce):
        """The first chunk of a share that is not entirely below a nonce."""
        chunk = self.chunk_of(nonce) if nonce < held.until else -((self.start - held.until) // self.chunk)
        return chunk + (held.number - chunk) % self.stride

    def lowest(self, held):
        """The lowest nonce of a residue that can be dealt; None if there is none."""
        if held.releasing:
            return None
        if held.returned:
            return held.returned[0][0]
        frontier = self.frontier(held)
        if frontier >= held.until:
            return None
        if len(held.done) >= MOST_RANGES and frontier >= held.done.his[-1]:
            return None
        return frontier

    def frontier(self, held):
        """Nothing of a residue was dealt from here on (since it was last withdrawn)."""
        return self.chunk_range(held, held.at_chunk)[0] + held.at_offset

    def open_up(self, held):
        lowest = self.lowest(held)
        if lowest is not None and lowest < self.bound:
            heappush(self.open, (lowest, held.number))

    def front(self):
        """The residue with the lowest nonce to deal. Entries that no longer say the truth are dropped on the way."""
        while self.open:
            nonce, number = self.open[0]
            held = self.residues.get(number)
            if held and nonce < self.bound and self.lowest(held) == nonce:
                return held
            heappop(self.open)
        return None

    def deal(self, size):
        """The next slice of at most `size` nonces, or None."""
        held = self.front()
        if held is None:
            return None
        heappop(self.open)
        lo, hi = self.take_returned(held, size) if held.returned else self.take_new(held, size)
        held.in_flight += 1
        self.open_up(held)
        return Slice(lo, hi, held.number)

    def take_returned(self, held, size):
        lo, end = heappop(held.returned)
        hi = min(lo + size, end, self.bound)
        if hi < end:
            heappush(held.returned, (hi, end))
        return lo, hi

    def take_new(self, held, size):
        end = self.chunk_range(held, held.at_chunk)[1]
        lo = self.frontier(held)
        hi = min(lo + size, end, self.bound, held.skip.first_after(lo) or end)
        self.go_on(held, hi)
        self.pass_skipped(held)
        return lo, hi

    def go_on(self, held, nonce):
        """Deals it from a nonce on."""
        held.at_chunk = self.chunk_from(held, nonce)
        held.at_offset = max(0, nonce - self.chunk_range(held, held.at_chunk)[0])

    def pass_skipped(self, held):
        while self.frontier(held) < held.until:
            skipped = held.skip.around(self.frontier(held))
            if not skipped:
                break
            self.go_on(held, skipped[1])

    # What came of it

    def complete(self, piece):
        self.hashes += piece.hi - piece.lo
        held = self.residues[piece.residue]
        held.in_flight -= 1
        was_full = len(held.done) >= MOST_RANGES
        # With what was done around it, so that a chunk which was done in many pieces does not fill the list.
        below, above = held.skip.around(piece.lo - 1), held.skip.around(piece.hi)
        start, end = self.chunk_range(held, self.chunk_of(piece.lo))
        lo = max(start, below[0]) if below else piece.lo
        hi = min(end, above[1] if above else piece.hi)  # what was withdrawn in between may be another's now
        held.done.add(lo, hi)
        self.pass_done(held)
        if was_full:
            self.open_up(held)

    def pass_done(self, held):
        """Moves `next` on to the first chunk that is not completely done."""
        while True:
            lo, hi = self.chunk_range(held, held.next)
            held.done.drop_below(lo)  # a slice dealt again after `withdraw` may come back twice
            done = held.done.around(lo) or held.skip.around(lo)
            if held.next >= self.chunk_from(held, held.until) or (lo < hi and (not done or done[1] < hi)):
                break
            # What was done before may be very many chunks.
            held.next = max(held.next + self.stride, self.chunk_from(held, done[1] if done else hi))

    def give_back(self, piece):
        """A slice that was dealt and will not be completed: somebody else gets it."""
        held = self.residues[piece.residue]
        held.in_flight -= 1
        hi = min(piece.hi, held.until, self.frontier(held))  # from there on it is dealt anyway
        if piece.lo < hi:
            heappush(held.returned, (piece.lo, hi))
            self.open_up(held)

    def withdraw(self, number, chunk):
        """Takes back all coverage of a residue from a chunk on, and deals it again. Slices of it that are in flight
        still count when they complete."""
        held = self.residues.get(number)
        if held is None:
            return
        start = self.chunk_range(held, chunk)[0]
        held.next = min(held.next, chunk)
        held.done.drop_from(start)
        if start < self.frontier(held):
            held.at_chunk, held.at_offset = chunk, 0
            held.returned = sorted(piece for piece in held.returned if piece[0] < start)
            self.pass_skipped(held)
        self.open_up(held)

    def chunk_of(self, nonce):
        return (nonce - self.start) // self.chunk

    def coverage(self, held):
        return {
            'residue': held.number,
            'next': str(held.next),
            'done': [[str(lo), str(hi)] for lo, hi in held.done.pairs()],
        }
