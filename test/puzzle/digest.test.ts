import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type PuzzleDefinition, makePuzzle } from '../../src/puzzle/definition.ts';
import { digest, displayDigest } from '../../src/puzzle/digest.ts';
import { genesis, hexChain } from './example.ts';

describe('digest', () => {
  it('is the known one of each scheme', () => {
    expect(digest(hexChain(2), 116n).toString('hex')).toBe(
      '00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa',
    );
    expect(digest(makePuzzle({ scheme: 'sha256d', difficulty: 0 }), 1_074_435_534n).toString('hex')).toBe(
      '0000608a103c8c0966b6e7cefaea4efba26ed42c9b4cadcf030e3cc3b8c44a7d',
    );
    expect(displayDigest(genesis, digest(genesis, 2_083_236_893n).toString('hex'))).toBe(
      '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
    );
  });

  it('is of the text that a template describes', () => {
    const text = (hashed: string) => createHash('sha256').update(hashed).digest();
    const of = (definition: PuzzleDefinition) => digest(makePuzzle({ difficulty: 0, ...definition }), 255n);
    expect(of({ scheme: 'sha256' })).toEqual(text('COMSM0010cloud255'));
    expect(of({ scheme: 'sha256', template: '{{{block}}}:{nonce:x}-{block}', block: 'b' })).toEqual(
      text('{b}:ff-b'),
    );
    expect(of({ scheme: 'sha256', template: '{nonce}' })).toEqual(text('255'));
    expect(of({ template: 'a{nonce}b' })).toEqual(text(text('a255b').toString('hex')));
    // What looks like a placeholder in a block is text.
    expect(of({ scheme: 'sha256', block: '{nonce}' })).toEqual(text('{nonce}255'));
  });

  it('does not lose digits of a nonce of 64 bits', () => {
    const last = 2n ** 64n - 1n;
    expect(digest(hexChain(0), last)).not.toEqual(digest(hexChain(0), last - 1n));
    expect(digest(hexChain(0), last)).toHaveLength(32);
  });

  it.each([-1n, 2n ** 64n])('refuses nonce %i of a text scheme', (nonce) => {
    expect(() => digest(hexChain(0), nonce)).toThrow(RangeError);
  });

  it.each([-1n, 2n ** 32n])('refuses nonce %i of a header', (nonce) => {
    expect(() => digest(genesis, nonce)).toThrow(RangeError);
  });
});

describe('displayDigest', () => {
  it('reverses the bytes of bitcoin only', () => {
    expect(displayDigest(genesis, '0123ab')).toBe('ab2301');
    expect(displayDigest(hexChain(0), '0123ab')).toBe('0123ab');
  });
});
