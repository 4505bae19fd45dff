import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { digest, displayDigest } from '../../src/puzzle/digest.ts';
import type { Puzzle } from '../../src/puzzle/puzzle.ts';
import { verifyCommand } from '../../src/puzzle/verify-command.ts';

const genesis =
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c';

test.each<[Puzzle, bigint]>([
  [{ scheme: 'hex-chain', block: 'COMSM0010cloud', unit: 'digits', difficulty: 2 }, 116n],
  [{ scheme: 'hex-chain', block: `it's "$(a)" \\ \`block\``, unit: 'digits', difficulty: 2 }, 7n],
  [{ scheme: 'sha256d', block: '', unit: 'bits', difficulty: 20 }, 1_074_435_534n],
  [{ scheme: 'sha256', block: 'b', prefix: 'ab' }, 7n],
  [{ scheme: 'sha256', template: "it's {nonce:x} {{$(a)}}", suffix: 'ab' }, 4095n],
  [{ scheme: 'bitcoin', header: genesis }, 2_083_236_893n],
])('the command for %j prints the digest as it is shown', (puzzle, nonce) => {
  const command = verifyCommand({ ...puzzle }, `${nonce}`) ?? '';
  const printed = execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' });
  expect(printed).toBe(`${displayDigest(puzzle, digest(puzzle, nonce).toString('hex'))}\n`);
});

test('of a scheme that is not known there is none', () => {
  expect(verifyCommand({ scheme: 'sha-512' }, '1')).toBeUndefined();
  expect(verifyCommand({ scheme: 'constructor' }, '1')).toBeUndefined();
  expect(verifyCommand({ scheme: 'sha256', template: '{nonce' }, '1')).toBeUndefined();
  expect(verifyCommand({ scheme: 'sha256', block: '' }, 'one')).toBeUndefined();
});
