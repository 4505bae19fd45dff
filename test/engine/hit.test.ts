import { describe, expect, test } from 'vitest';
import { makePuzzle } from '../../src/puzzle/definition.ts';
import { digest } from '../../src/puzzle/digest.ts';
import { type Claim, verifiedHit } from '../../src/engine/hit.ts';

const puzzle = makePuzzle({ difficulty: 2 }); // the smallest golden nonce is 116
const golden: Claim = { nonce: 116n, digest: digest(puzzle, 116n).toString('hex') };
const search = { puzzle, space: { from: 16n, limit: 1000n, chunk: 10n }, workers: 4 };

describe('a claim', () => {
  test('is a hit of who makes it', () => {
    expect(verifiedHit(3, golden, search)).toEqual({ ...golden, instance: 3 });
  });

  test('or of whom it names', () => {
    expect(verifiedHit(3, { ...golden, instance: 0 }, search)).toEqual({ ...golden, instance: 0 });
  });

  test.each([4, 1_000_000])('or of whose share it is, when there is no instance %i', (instance) => {
    // Chunk 10 of those from 16 on; residue 2.
    expect(verifiedHit(3, { ...golden, instance }, search)).toEqual({ ...golden, instance: 2 });
    expect(verifiedHit(instance, golden, search)).toEqual({ ...golden, instance: 2 });
  });

  test.each<[string, Claim]>([
    ['is not golden', { nonce: 117n, digest: digest(puzzle, 117n).toString('hex') }],
    ['has another digest', { ...golden, digest: '0'.repeat(64) }],
    ['is below the space', { nonce: 15n, digest: digest(puzzle, 15n).toString('hex') }],
    ['is in no space', { ...golden, nonce: 2n ** 70n }],
  ])('that %s is none', (_, claim) => {
    expect(verifiedHit(3, claim, search)).toBeUndefined();
    expect(verifiedHit(3, { ...claim, instance: 9 }, search)).toBeUndefined();
  });

  test('golden but outside the nonce space is none', () => {
    expect(verifiedHit(3, golden, { ...search, space: { ...search.space, limit: 116n } })).toBeUndefined();
    expect(verifiedHit(3, golden, { ...search, space: { ...search.space, from: 117n } })).toBeUndefined();
  });
});
