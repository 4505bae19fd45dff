import * as fc from 'fast-check';
import type { Coverage } from '../../src/search/coverage.ts';
import type { Range, Space } from '../../src/search/search.ts';

/** Spaces small enough to recount nonce by nonce: at 0, in the middle, and at the very top of 64 bits. */
export const anySpace: fc.Arbitrary<Space> = fc
  .tuple(fc.constantFrom('bottom', 'middle', 'top'), fc.bigInt(1n, 48n), fc.bigInt(1n, 9n))
  .map(([where, size, chunk]) => {
    const from = { bottom: 0n, middle: 2n ** 53n - 20n, top: 2n ** 64n - 1n - size }[where];
    return { from, limit: from + size, chunk };
  });

/** Ranges of any space that may have been tested before, whatever its chunks; half the time none. */
export const anyDone: fc.Arbitrary<(space: Space) => Range[]> = fc.oneof(
  fc.constant(() => []),
  fc.array(fc.tuple(fc.bigInt(-5n, 50n), fc.bigInt(0n, 20n)), { maxLength: 5 }).map((pairs) => {
    return ({ from, limit }: Space) =>
      pairs
        .map(([lo, length]): Range => [from + lo, from + lo + length])
        .filter(([lo, hi]) => lo >= 0n && hi < limit + 100n);
  }),
);

/** The nonces of ranges, one by one. */
export function nonces(ranges: Iterable<Range>): bigint[] {
  const all: bigint[] = [];
  for (const [lo, hi] of ranges) for (let nonce = lo; nonce < hi; nonce++) all.push(nonce);
  return all;
}

/** The ranges of a coverage, all of them. */
export function rangesOf({ ranges, rangesCut }: Coverage): Range[] {
  if (rangesCut) throw new Error('there are more than are listed');
  return ranges.map(([lo, hi]) => [BigInt(lo), BigInt(hi)]);
}

/** Nonces as ranges of neighbours. */
export function asRanges(set: Iterable<bigint>): Range[] {
  const ranges: [bigint, bigint][] = [];
  for (const nonce of [...set].toSorted((a, b) => (a < b ? -1 : 1))) {
    const last = ranges.at(-1);
    if (last?.[1] === nonce) last[1]++;
    else ranges.push([nonce, nonce + 1n]);
  }
  return ranges;
}
