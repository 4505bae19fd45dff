"""Random lives of a Dealer against a brute-force recount: python3 dealer-check.py <remote directory> <seed>"""
import random
import sys

sys.path.insert(0, sys.argv[1])
import dealer as module  # noqa: E402

random.seed(int(sys.argv[2]))
module.MOST_RANGES = random.choice([3, 1000])


class Recount:
    """The same by sets of nonces."""

    def __init__(self):
        self.start = random.choice([0, 7, 2**63])
        self.limit = self.start + random.randint(1, 400)
        self.chunk = random.choice([1, 2, 10, 33, 1000])
        self.stride = random.choice([1, 2, 5])
        self.dealer = module.Dealer(self.start, self.limit, self.chunk, self.stride)
        self.todo, self.done, self.held, self.releasing, self.flying = {}, {}, {}, set(), []
        self.skip, self.span, self.failed = {}, {}, {}
        self.withdrawn = False

    def chunk_of(self, nonce):
        return (nonce - self.start) // self.chunk

    def nonces(self, residue, chunk):
        """Those of a share from a chunk on."""
        lo, hi = self.span[residue]
        every = range(max(lo, self.start), min(hi, self.limit))
        residue %= self.stride
        return {n for n in every if self.chunk_of(n) % self.stride == residue and self.chunk_of(n) >= chunk}

    def adopt(self):
        residue = random.randrange(2 * self.stride)
        lo = random.choice([self.start, random.randint(self.start, self.limit)])
        hi = random.choice([self.limit, random.randint(lo, self.limit)])
        chunk = self.chunk_of(lo) + (residue - self.chunk_of(lo)) % self.stride + self.stride * random.choice([0, 0, 0, 1, 3])
        skip = []
        for _ in range(random.choice([0, 0, 1, 3, 40])):
            lo = random.randint(self.start, self.limit)
            skip.append((lo, lo + random.choice([1, 2, 5, 30, 10**6])))
        self.dealer.hold(residue, chunk, lo, hi, skip)
        self.releasing.discard(residue)
        if residue not in self.held:
            self.held[residue] = chunk
            self.span[residue] = lo, hi
            self.skip[residue] = {n for n in range(self.start, self.limit) if any(lo <= n < hi for lo, hi in skip)}
            self.todo[residue] = self.nonces(residue, chunk) - self.skip[residue]
            self.done[residue] = set()

    def release_from(self):
        residue = random.randrange(2 * self.stride)
        nonce = random.randint(self.start, self.limit)
        given = self.dealer.release_from(residue, nonce)
        assert (given is None) == (residue not in self.held)
        if given is None:
            return
        lo, hi = self.span[residue]
        assert given <= hi and all(piece.hi <= given for piece in self.flying if piece.residue == residue) or self.withdrawn
        asked = {n for n in self.todo[residue] if n >= nonce}
        self.span[residue] = lo, given
        kept = self.nonces(residue, 0)
        # All that was asked for and was not dealt, but for what failed of it below.
        assert asked & kept <= self.failed.get(residue, set()) or self.withdrawn
        self.todo[residue] &= kept
        self.done[residue] &= kept

    def release(self):
        residue = random.randrange(2 * self.stride)
        assert self.dealer.release(residue) == (residue in self.held)
        if residue in self.held:
            self.releasing.add(residue)

    def forget(self):
        for held in self.dealer.forget_released():
            assert held.number in self.releasing
            assert not any(piece.residue == held.number for piece in self.flying)
            self.check_residue(held)
            self.releasing.discard(held.number)
            del self.held[held.number]

    def deal(self):
        below = [n for r in self.held if r not in self.releasing for n in self.todo[r] if n < self.dealer.bound]
        size = random.choice([1, 3, 20, 10**9])
        piece = self.dealer.deal(size)
        if piece is None:
            # Waiting for a slice in flight that holds up too many ranges is allowed; giving work up is not.
            assert not below or (module.MOST_RANGES == 3 and self.flying), below
            return False
        nonces = set(range(piece.lo, piece.hi))
        assert 0 < len(nonces) <= size
        # What was withdrawn is dealt anew while slices of it may still be in flight: then some are done twice.
        assert nonces <= self.todo[piece.residue] or self.withdrawn
        assert self.chunk_of(piece.lo) == self.chunk_of(piece.hi - 1) and piece.hi <= self.dealer.bound
        assert self.withdrawn or module.MOST_RANGES == 3 or piece.lo == min(below)
        self.todo[piece.residue] -= nonces
        self.flying.append(piece)
        return True

    def complete(self):
        if self.flying:
            piece = self.flying.pop(random.randrange(len(self.flying)))
            self.dealer.complete(piece)
            self.done[piece.residue] |= set(range(piece.lo, piece.hi)) & self.nonces(piece.residue, 0)

    def give_back(self):
        if self.flying:
            piece = self.flying.pop(random.randrange(len(self.flying)))
            self.dealer.give_back(piece)
            given_back = set(range(piece.lo, piece.hi)) & self.nonces(piece.residue, 0)
            self.todo[piece.residue] |= given_back
            self.failed.setdefault(piece.residue, set()).update(given_back)

    def withdraw(self):
        residue = random.randrange(2 * self.stride)
        if residue not in self.held:
            return
        done = self.done[residue]
        if not done:
            return
        self.withdrawn = True
        chunk = self.chunk_of(random.choice(sorted(done)))
        self.dealer.withdraw(residue, chunk)
        self.done[residue] = {n for n in done if self.chunk_of(n) < chunk}
        self.todo[residue] |= self.nonces(residue, chunk) - self.skip[residue]

    def lower(self):
        if random.random() < 0.05:
            self.dealer.lower(random.randint(self.start, self.limit))

    def check_residue(self, held):
        residue = held.number
        said = self.nonces(residue, self.held[residue]) - self.nonces(residue, held.next)
        for lo, hi in held.done.pairs():
            said |= set(range(lo, hi))
        assert said <= self.nonces(residue, 0), (residue, held.done.pairs())
        skip = self.skip[residue]
        assert said - skip == self.done[residue] - skip, (residue, held.next, held.done.pairs())
        assert all(self.chunk_of(lo) == self.chunk_of(hi - 1) or self.stride == 1 for lo, hi in held.done.pairs())

    def check(self):
        assert set(self.dealer.residues) == set(self.held)
        for held in self.dealer.residues.values():
            self.check_residue(held)

    def live(self):
        steps = [self.adopt, self.release, self.deal, self.deal, self.complete, self.complete, self.give_back]
        steps += [self.lower, self.forget, self.release_from] + random.choice([[], [self.withdraw]])
        for _ in range(300):
            random.choice(steps)()
            self.check()
        while self.flying or self.deal():
            self.complete()
            self.deal()
        for residue in set(self.held) - self.releasing:
            wanted = {n for n in self.nonces(residue, self.held[residue]) - self.skip[residue] if n < self.dealer.bound}
            assert wanted <= self.done[residue], sorted(wanted - self.done[residue])


for _ in range(60):
    Recount().live()
