import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/error.ts';
import { chunkCount } from '../../src/search/chunk.ts';
import type { Scheme } from '../../src/puzzle/puzzle.ts';
import { makeSpace, type SpaceDefinition } from '../../src/search/space.ts';

const top = 2n ** 64n - 1n;

describe('makeSpace', () => {
  it('is 0 .. 2^32 in chunks of a million by default', () => {
    expect(makeSpace({}, 'hex-chain')).toEqual({ from: 0n, limit: 4_294_967_296n, chunk: 1_000_000n });
    expect(makeSpace({ from: undefined }, 'bitcoin')).toEqual({
      from: 0n,
      limit: 2n ** 32n,
      chunk: 1_000_000n,
    });
  });

  it('has a chunk for each instance, unless the chunk is given or there are fewer nonces', () => {
    expect(makeSpace({ limit: 3_000_000n }, 'hex-chain', 8).chunk).toBe(375_000n);
    expect(makeSpace({ from: 5n, limit: 15n }, 'hex-chain', 4).chunk).toBe(2n);
    expect(makeSpace({ limit: 3_000_000n, chunk: 1_000_000n }, 'hex-chain', 8).chunk).toBe(1_000_000n);
    expect(makeSpace({ limit: 3n }, 'hex-chain', 8).chunk).toBe(1n);
    expect(makeSpace({}, 'hex-chain', 1000).chunk).toBe(1_000_000n);
    fc.assert(
      fc.property(fc.bigInt(1n, top), fc.integer({ min: 1, max: 1000 }), (limit, instances) => {
        const chunks = chunkCount(makeSpace({ limit }, 'hex-chain', instances));
        expect(chunks >= BigInt(instances) || chunks === limit).toBe(true);
      }),
    );
  });

  it.each<[Scheme, SpaceDefinition]>([
    ['hex-chain', { from: top - 1n, limit: top, chunk: 1n }],
    ['sha256d', { from: 0n, limit: top, chunk: top }],
    ['bitcoin', { from: 2n ** 32n - 1n, limit: 2n ** 32n, chunk: 5n }],
  ])('accepts the extreme of %s: %o', (scheme, definition) => {
    expect(makeSpace(definition, scheme)).toEqual(definition);
  });

  it.each<[string, Scheme, SpaceDefinition, RegExp]>([
    ['from', 'hex-chain', { from: -1n }, /from is -1, but nonces start at 0/u],
    [
      'limit',
      'hex-chain',
      { limit: top + 1n },
      /limit is 18446744073709551616, above the 18446744073709551615/u,
    ],
    [
      'limit',
      'bitcoin',
      { limit: 2n ** 32n + 1n },
      /limit is 4294967297, above the 4294967296 of scheme bitcoin/u,
    ],
    ['limit', 'hex-chain', { limit: 0n }, /limit is 0, not above from, which is 0/u],
    ['limit', 'hex-chain', { limit: -5n }, /limit is -5, not above from/u],
    ['limit', 'sha256d', { from: 7n, limit: 7n }, /limit is 7, not above from, which is 7/u],
    ['limit', 'sha256d', { from: 2n ** 32n }, /limit is 4294967296 by default, not above from/u],
    ['from', 'sha256d', { from: top, limit: top }, /from is 18446744073709551615, not below/u],
    [
      'from',
      'bitcoin',
      { from: 10n ** 300n },
      /^from is 10{79}, not below the 4294967296 of scheme bitcoin$/u,
    ],
    ['chunk', 'hex-chain', { chunk: 0n }, /chunk is 0 nonces, not at least 1/u],
    ['chunk', 'hex-chain', { chunk: -1n }, /chunk is -1 nonces/u],
    // An agent takes no larger one: it ended again and again, and the run failed.
    [
      'chunk',
      'bitcoin',
      { chunk: top + 1n },
      /^chunk is 18446744073709551616 nonces, more than 18446744073709551615$/u,
    ],
  ])('refuses a bad %s of %s: %o', (about, scheme, definition, message) => {
    const attempt = () => makeSpace(definition, scheme);
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(
      expect.objectContaining({ about, hint: expect.stringMatching(/^(Give|Omit) .+\.$/u) }),
    );
  });
});
