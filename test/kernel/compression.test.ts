import { expect, test } from 'vitest';
import { type HashedPuzzle, slowdown } from '../../src/kernel/compression.ts';

const nonce = 4_294_967_295n;
const letters = (count: number): string => 'a'.repeat(count);

test.each<[factor: number, puzzle: HashedPuzzle]>([
  [1, { scheme: 'hex-chain', block: 'COMSM0010cloud' }],
  // 10 digits and 9 bytes of padding leave room for 45 in one block.
  [1, { scheme: 'hex-chain', block: letters(45) }],
  [4 / 3, { scheme: 'hex-chain', block: letters(46) }],
  [67 / 3, { scheme: 'hex-chain', block: letters(4096) }],
  // What comes before the nonce counts only from its last whole block on.
  [1, { scheme: 'sha256', block: letters(4096) }],
  [1, { scheme: 'sha256d', block: letters(64 + 45) }],
  [3 / 2, { scheme: 'sha256d', block: letters(64 + 46) }],
  [2, { scheme: 'sha256', template: '{nonce}{block}', block: letters(46) }],
  [1, { scheme: 'sha256', template: '{nonce:x}{block}', block: letters(47) }],
  [1, { scheme: 'bitcoin' }],
  [1, { scheme: 'another', block: letters(4096) }],
  [1, { scheme: 'sha256', template: '{nonce', block: letters(4096) }],
])('a nonce takes %d times as long: %o', (factor, puzzle) => {
  expect(slowdown(puzzle, nonce, 'auto')).toBe(factor);
});

test('pow.py takes much longer for everything else', () => {
  expect(slowdown({ scheme: 'hex-chain', block: letters(4096) }, nonce, 'python')).toBe((15 + 64) / 15);
});
