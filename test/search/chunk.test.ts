import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chunkCount,
  chunkFrom,
  chunkOf,
  chunkRange,
  chunkStart,
  noncesWithin,
} from '../../src/search/chunk.ts';
import { anySpace, nonces } from './arbitrary.ts';

describe('chunks', () => {
  it('are counted from `from`, and the last one is cut at the limit', () => {
    const space = { from: 5n, limit: 12n, chunk: 3n };
    expect(chunkCount(space)).toBe(3n);
    expect([0n, 1n, 2n].map((index) => chunkRange(space, index))).toEqual([
      [5n, 8n],
      [8n, 11n],
      [11n, 12n],
    ]);
    expect(chunkOf(space, 10n)).toBe(1n);
    expect(chunkStart(space, 3n)).toBe(14n);
  });

  it('hold every nonce of a space exactly once', () => {
    fc.assert(
      fc.property(anySpace, (space) => {
        let nonce = space.from;
        for (let index = 0n; index < chunkCount(space); index++) {
          const [lo, hi] = chunkRange(space, index);
          expect(lo).toBe(nonce);
          expect(chunkOf(space, lo)).toBe(index);
          expect(chunkOf(space, hi - 1n)).toBe(index);
          nonce = hi;
        }
        expect(nonce).toBe(space.limit);
      }),
    );
  });

  it('of a residue are counted and found like one by one', () => {
    const some = fc.bigInt(0n, 60n);
    fc.assert(
      fc.property(anySpace, fc.bigInt(1n, 6n), some, some, some, (space, stride, which, a, b) => {
        const residue = which % stride;
        let chunk = a;
        while (chunk % stride !== residue) chunk++;
        expect(chunkFrom(a, residue, stride)).toBe(chunk);
        const size = space.limit - space.from + 1n;
        const [lo, hi] = [space.from + (a % size), space.from + (b % size)];
        const own = nonces([[lo, hi]]).filter((nonce) => chunkOf(space, nonce) % stride === residue);
        expect(noncesWithin(space, residue, stride, lo, hi)).toBe(BigInt(own.length));
      }),
    );
  });
});
