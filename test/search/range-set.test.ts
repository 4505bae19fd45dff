import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeRanges, RangeSet } from '../../src/search/range-set.ts';
import type { Range } from '../../src/search/search.ts';
import { asRanges, nonces } from './arbitrary.ts';

// Small numbers, so that ranges meet often, at an offset where a double would lose them.
const base = 2n ** 64n - 64n;
const range: fc.Arbitrary<Range> = fc
  .tuple(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 0n, max: 12n }))
  .map(([lo, length]) => [base + lo, base + lo + length]);

/** All that can be seen of a set … */
function seen(set: RangeSet) {
  return { ranges: [...set], count: set.count, size: set.size };
}

/** … and what must be, if it holds these nonces. */
function expected(plain: ReadonlySet<bigint>): ReturnType<typeof seen> {
  const ranges = asRanges(plain);
  return { ranges, count: BigInt(plain.size), size: ranges.length };
}

function* endless(): Generator<Range> {
  for (let lo = 0n; ; lo += 10n) yield [lo, lo + 5n];
}

describe('RangeSet', () => {
  it('merges what overlaps or touches, and only that', () => {
    expect([
      ...new RangeSet([
        [5n, 7n],
        [1n, 3n],
        [8n, 9n],
      ]),
    ]).toEqual([
      [1n, 3n],
      [5n, 7n],
      [8n, 9n],
    ]);
    expect([
      ...new RangeSet([
        [5n, 7n],
        [1n, 3n],
        [3n, 5n],
      ]),
    ]).toEqual([[1n, 7n]]);
    expect([
      ...new RangeSet([
        [5n, 7n],
        [1n, 3n],
        [0n, 9n],
      ]),
    ]).toEqual([[0n, 9n]]);
  });

  it('holds nothing of an empty or reversed range', () => {
    expect([
      ...new RangeSet([
        [5n, 5n],
        [7n, 6n],
      ]),
    ]).toEqual([]);
  });

  it('is what a plain set of nonces is after any changes', () => {
    const change = fc.record({ add: fc.boolean(), range });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), range, (changes, [lo, hi]) => {
        const set = new RangeSet();
        const plain = new Set<bigint>();
        for (const { add, range } of changes) {
          if (add) set.add(...range);
          else set.remove(...range);
          for (const nonce of nonces([range])) {
            if (add) plain.add(nonce);
            else plain.delete(nonce);
          }
        }
        expect(seen(set)).toEqual(expected(plain));
        expect(set.covers(lo, hi)).toBe(nonces([[lo, hi]]).every((nonce) => plain.has(nonce)));
        let end = lo;
        while (plain.has(end)) end++;
        expect(set.endOf(lo)).toBe(end === lo ? undefined : end);
      }),
    );
  });

  it('counts ranges, not nonces: 2^64 of them are one', () => {
    const set = new RangeSet([[0n, 2n ** 64n]]);
    set.remove(7n, 8n);
    expect([...set]).toEqual([
      [0n, 7n],
      [8n, 2n ** 64n],
    ]);
    expect(set.count).toBe(2n ** 64n - 1n);
  });
});

describe('mergeRanges', () => {
  it('is lazy: it takes no more than it needs of an endless stream', () => {
    const merged = mergeRanges(endless(), [[5n, 10n]]);
    expect([merged.next().value, merged.next().value]).toEqual([
      [0n, 15n],
      [20n, 25n],
    ]);
  });

  it('says what of a range it holds and what not, like a recount', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), range, (ranges, [lo, hi]) => {
        const set = new RangeSet(ranges);
        const plain = new Set(nonces(ranges));
        const all = nonces([[lo, hi]]);
        expect([...set.within(lo, hi)]).toEqual(asRanges(all.filter((nonce) => plain.has(nonce))));
        expect([...set.gaps(lo, hi)]).toEqual(asRanges(all.filter((nonce) => !plain.has(nonce))));
      }),
    );
  });
});
