import { describe, expect, it } from 'vitest';
import { makePuzzle } from '../../src/puzzle/definition.ts';
import { probability } from '../../src/puzzle/probability.ts';
import { genesis, genesisHeader, hexChain } from './example.ts';

const withBits = (bits: string) =>
  makePuzzle({ scheme: 'bitcoin', header: genesisHeader.slice(0, 144) + bits + genesisHeader.slice(152) });

describe('probability', () => {
  it('is 16^−D for digits and 2^−D for bits', () => {
    expect(probability(hexChain(0))).toBe(1);
    expect(probability(hexChain(2))).toBe(1 / 256);
    expect(probability(hexChain(64))).toBe(2 ** -256);
    expect(probability(makePuzzle({ scheme: 'sha256d', difficulty: 20 }))).toBe(2 ** -20);
    expect(probability(makePuzzle({ scheme: 'sha256d', unit: 'bits-lsb', difficulty: 256 }))).toBe(2 ** -256);
  });

  it('is (target + 1) / 2^256 for bitcoin', () => {
    expect(probability(genesis)).toBeCloseTo(65_535 / 2 ** 48, 20);
    expect(probability(withBits('ffff7f20'))).toBeCloseTo(0.5, 6);
    // Target 1: the digests 0 and 1.
    expect(probability(withBits('00000101'))).toBe(2 ** -255);
  });
});
