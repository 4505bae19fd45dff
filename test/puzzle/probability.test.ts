import { describe, expect, it } from 'vitest';
import { makePuzzle } from '../../src/puzzle/definition.ts';
import { probability } from '../../src/puzzle/probability.ts';
import { genesis, genesisHeader, hexChain } from './example.ts';

const size = 2n ** 32n;
const withBits = (bits: string) =>
  makePuzzle({ scheme: 'bitcoin', header: genesisHeader.slice(0, 144) + bits + genesisHeader.slice(152) });

describe('probability', () => {
  it('is 16^−D for digits and 2^−D for bits', () => {
    expect(probability(hexChain(0), size)).toBe(1);
    expect(probability(hexChain(2), size)).toBe(1 / 256);
    expect(probability(hexChain(64), size)).toBe(2 ** -256);
    expect(probability(makePuzzle({ scheme: 'sha256d', difficulty: 20 }), size)).toBe(2 ** -20);
    expect(probability(makePuzzle({ scheme: 'sha256d', unit: 'bits-lsb', difficulty: 256 }), size)).toBe(
      2 ** -256,
    );
  });

  it('is 16^−k for k digits at either end, and one in the space for a digest', () => {
    expect(probability(makePuzzle({ prefix: 'cafe' }), size)).toBe(2 ** -16);
    expect(probability(makePuzzle({ suffix: 'c' }), size)).toBe(1 / 16);
    expect(probability(makePuzzle({ digest: 'ab'.repeat(32) }), 1000n)).toBe(1 / 1000);
  });

  it('is (target + 1) / 2^256 for bitcoin', () => {
    expect(probability(genesis, size)).toBeCloseTo(65_535 / 2 ** 48, 20);
    expect(probability(withBits('ffff7f20'), size)).toBeCloseTo(0.5, 6);
    // Target 1: the digests 0 and 1.
    expect(probability(withBits('00000101'), size)).toBe(2 ** -255);
  });
});
