import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { makePuzzle } from '../../src/puzzle/definition.ts';
import { isNear } from '../../src/puzzle/near.ts';
import { isGolden } from '../../src/puzzle/verification.ts';

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((all) => Buffer.from(all));
const binary = (digest: Buffer): string =>
  [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('');

it('counts the bits that are as the goal wants them, from its end of the digest, zeros beyond it', () => {
  fc.assert(
    fc.property(
      bytes,
      bytes,
      fc.integer({ min: 1, max: 63 }),
      fc.integer({ min: 0, max: 256 }),
      (a, b, k, bits) => {
        // Half of it is what is wanted, so that they agree for a while.
        const digest = Buffer.concat([a.subarray(0, 16), b.subarray(16)]);
        const prefix = a.toString('hex').slice(0, k);
        const suffix = b.toString('hex').slice(-k);
        const start = binary(Buffer.from(prefix.padEnd(64, '0'), 'hex')).slice(0, bits);
        const end = binary(Buffer.from(suffix.padStart(64, '0'), 'hex')).slice(256 - bits);
        expect(isNear(makePuzzle({ prefix }), digest, bits)).toBe(binary(digest).startsWith(start));
        expect(isNear(makePuzzle({ suffix }), digest, bits)).toBe(binary(digest).endsWith(end));
        expect(isNear(makePuzzle({ digest: a.toString('hex') }), a, 256)).toBe(true);
      },
    ),
  );
});

it('is nested: what has the bits of a goal is golden', () => {
  const digest = Buffer.from('00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa', 'hex');
  for (const goal of [{ prefix: '00a7' }, { suffix: '53fa' }, { prefix: '00a8' }, { suffix: '53fb' }])
    expect(isNear(makePuzzle(goal), digest, 16)).toBe(isGolden(makePuzzle(goal), digest));
});
