import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearBits } from '../../../../src/engine/agents/audit/near-threshold.ts';
import {
  evidenceAgainst,
  falseAlarm,
  isImplausible,
} from '../../../../src/engine/agents/audit/plausibility.ts';
import { randomSource } from '../../../helper/kernel.ts';

describe('whether a worker has searched what it claims', () => {
  test('one that found nothing is found out by 22 expected near-hits, not by 20', () => {
    expect(isImplausible(0, 20)).toBe(false);
    expect(isImplausible(0, 22)).toBe(true);
    expect(isImplausible(0, 64)).toBe(true);
    expect(isImplausible(0, 1e12)).toBe(true);
  });

  test('one that did half of it is found out in time, one that did all of it is not', () => {
    expect(isImplausible(150, 300)).toBe(true);
    expect(isImplausible(300, 300)).toBe(false);
    expect(isImplausible(1e6 - 3000, 1e6)).toBe(false);
    expect(isImplausible(0, 0)).toBe(false);
  });

  test('more evidence with more claimed and with less found (property)', () => {
    const found = fc.nat(10_000);
    const expected = fc.double({ min: 0, max: 20_000, noNaN: true });
    fc.assert(
      fc.property(
        found,
        expected,
        fc.nat(100),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (n, lambda, more, longer) => {
          expect(evidenceAgainst(n, lambda + longer)).toBeGreaterThanOrEqual(
            evidenceAgainst(n, lambda) - 1e-9,
          );
          expect(evidenceAgainst(n + more, lambda)).toBeLessThanOrEqual(evidenceAgainst(n, lambda) + 1e-9);
        },
      ),
    );
  });

  // The mean of a wager over one nonce, which must not be above 1, and with it that of any sum of wagers over any number.
  test('a wager on an honest worker loses on average, at each nonce (property)', () => {
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(p, fc.nat(200), fc.nat(1000), (chance, found, trials) => {
        const wealth = (n: number, t: number) => Math.exp(evidenceAgainst(n, t * chance));
        const now = wealth(found, trials);
        fc.pre(found <= trials && Number.isFinite(now) && now > 0);
        const next = chance * wealth(found + 1, trials + 1) + (1 - chance) * wealth(found, trials + 1);
        fc.pre(Number.isFinite(next));
        expect(next / now).toBeLessThan(1 + 1e-9);
      }),
      { numRuns: 5000 },
    );
  });

  test('of honest workers looked at after every nonce at most one in a thousand is ever suspected by odds of 1000', () => {
    const random = randomSource(1);
    let suspected = 0;
    for (let worker = 0; worker < 3000; worker++) {
      let found = 0;
      let worst = 0;
      for (let trial = 1; trial <= 400; trial++) {
        found += random(8) === 0 ? 1 : 0;
        worst = Math.max(worst, evidenceAgainst(found, trial / 8));
      }
      suspected += worst >= Math.log(1000) ? 1 : 0;
    }
    expect(suspected).toBeLessThanOrEqual(3 + 5);
    expect(falseAlarm).toBe(1e-9);
  });
});

test.for([
  ['the default space', 2n ** 32n, 8, false, 23],
  ['a large space', 2n ** 64n - 1n, 1000, false, 24],
  ['a large space with audits', 2n ** 64n - 1n, 1000, true, 20],
  ['a small space', 200_000n, 5, false, 9],
  ['a tiny space', 10n, 4, false, 0],
] as const)(
  '%s: so many bits that a share has near-hits enough, and few',
  ([, limit, workers, audited, bits]) => {
    const near = nearBits({ from: 0n, limit, chunk: 1n }, workers, audited);
    expect(near).toBe(bits);
    const share = Number(limit) / workers / 2 ** near;
    if (limit > 1000n) expect(share).toBeGreaterThanOrEqual(64);
  },
);
