import { describe, expect, it } from 'vitest';
import { makePuzzle } from '../../src/puzzle/definition.ts';
import { digest } from '../../src/puzzle/digest.ts';
import type { Puzzle } from '../../src/puzzle/puzzle.ts';
import { isGolden, verify } from '../../src/puzzle/verification.ts';
import { genesis, genesisHeader, hexChain } from './example.ts';

function smallest(puzzle: Puzzle): bigint {
  for (let nonce = 0n; ; nonce++) if (verify(puzzle, nonce) !== undefined) return nonce;
}

describe('verify', () => {
  it('agrees with the known answers of hex-chain', () => {
    expect(smallest(hexChain(0))).toBe(0n);
    expect(smallest(hexChain(2))).toBe(116n);
    expect(smallest(hexChain(5))).toBe(46_697n);
    expect(verify(hexChain(6), 3_730_945n)).toMatch(/^000000/u);
    expect(verify(hexChain(6), 3_730_944n)).toBeUndefined();
    expect(verify(hexChain(6), 3_730_946n)).toBeUndefined();
  });

  it('agrees with the known answer of sha256d in bits-lsb', () => {
    const puzzle = makePuzzle({ scheme: 'sha256d', unit: 'bits-lsb', difficulty: 20 });
    const hex = '0000608a103c8c0966b6e7cefaea4efba26ed42c9b4cadcf030e3cc3b8c44a7d';
    expect(verify(puzzle, 1_074_435_534n, hex)).toBe(hex);
    // The most significant bits have only 17 zeros: the units differ.
    expect(verify(makePuzzle({ scheme: 'sha256d', difficulty: 20 }), 1_074_435_534n)).toBeUndefined();
    expect(verify(makePuzzle({ scheme: 'sha256d', difficulty: 17 }), 1_074_435_534n)).toBe(hex);
  });

  it('agrees with the genesis block, whatever nonce its header came with', () => {
    expect(verify(genesis, 2_083_236_893n)).toMatch(/d6190000000000$/u);
    expect(verify(genesis, 2_083_236_892n)).toBeUndefined();
    const blank = makePuzzle({ scheme: 'bitcoin', header: `${genesisHeader.slice(0, 152)}00000000` });
    expect(verify(blank, 2_083_236_893n)).toBe(verify(genesis, 2_083_236_893n));
  });

  it('takes a digest that equals the target, and none above it', () => {
    const target = `${'00'.repeat(26)}ffff${'00'.repeat(4)}`;
    expect(isGolden(genesis, Buffer.from(target, 'hex'))).toBe(true);
    expect(isGolden(genesis, Buffer.from(`01${target.slice(2)}`, 'hex'))).toBe(false);
  });

  it('needs the reported digest to be the nonce’s own', () => {
    const hex = digest(hexChain(2), 116n).toString('hex');
    expect(verify(hexChain(2), 116n, hex)).toBe(hex);
    expect(verify(hexChain(2), 116n, hex.toUpperCase())).toBe(hex);
    for (const lie of ['', '00', hex.replace(/a$/u, 'b'), `${hex}00`, '00'.repeat(32)]) {
      expect(verify(hexChain(2), 116n, lie)).toBeUndefined();
    }
  });

  it('refuses a nonce that is not golden even with its true digest', () => {
    expect(verify(hexChain(2), 115n, digest(hexChain(2), 115n).toString('hex'))).toBeUndefined();
  });

  it('refuses nonces that the scheme cannot express, without throwing', () => {
    for (const nonce of [-1n, 2n ** 64n, 2n ** 300n]) expect(verify(hexChain(0), nonce)).toBeUndefined();
    // Modulo 2^32 this one would be golden.
    expect(verify(genesis, 2_083_236_893n + 2n ** 32n)).toBeUndefined();
  });

  it('takes hex digits at the start, at the end, and all of them, and nothing else', () => {
    const hex = '00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa';
    for (const goal of [{ prefix: '00A72' }, { suffix: '3fa' }, { digest: hex }]) {
      expect(verify(makePuzzle(goal), 116n)).toBe(hex);
      expect(verify(makePuzzle(goal), 115n)).toBeUndefined();
    }
    for (const goal of [{ prefix: '00a73' }, { suffix: '4fa' }, { digest: hex.replace(/a$/u, 'b') }])
      expect(verify(makePuzzle(goal), 116n)).toBeUndefined();
  });

  it('takes every nonce at difficulty 0', () => {
    expect(verify(hexChain(0), 2n ** 64n - 2n)).toMatch(/^[0-9a-f]{64}$/u);
  });
});
