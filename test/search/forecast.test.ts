import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percent } from '../../src/quantity.ts';
import { chanceWithin, expectedNonces, noncesFor, odds, secondsFor } from '../../src/search/forecast.ts';

describe('chanceWithin', () => {
  it('is 1 − (1 − p)^n', () => {
    expect(chanceWithin(1 / 256, 256)).toBeCloseTo(1 - (255 / 256) ** 256, 12);
    expect(chanceWithin(1 / 256, 1n)).toBeCloseTo(1 / 256, 15);
    expect(chanceWithin(0.5, 2)).toBe(0.75);
  });

  it('keeps its digits for tiny p, where 1 − p is 1', () => {
    expect(chanceWithin(2 ** -256, 2 ** 40) / 2 ** -216).toBeCloseTo(1, 12);
    expect(chanceWithin(2 ** -80, 2n ** 80n)).toBeCloseTo(1 - Math.exp(-1), 12);
  });

  it('is the share of the space where exactly one nonce is golden', () => {
    expect(chanceWithin(1 / 1000, 250, true)).toBe(0.25);
    expect(chanceWithin(1 / 1000, 2000n, true)).toBe(1);
    expect(noncesFor(1 / 1000, 0.25, true)).toBe(250);
    expect(odds(1 / 1000, 1000n, 10, 50, true)).toMatchObject({ nonces: 500, chance: 0.5, evenSeconds: 50 });
  });

  it('has its limits', () => {
    expect(chanceWithin(0.1, 0)).toBe(0);
    expect(chanceWithin(1, 0)).toBe(0);
    expect(chanceWithin(1, 1)).toBe(1);
    expect(chanceWithin(0.1, 2n ** 64n)).toBeLessThan(1);
    expect(percent(chanceWithin(0.1, 2n ** 64n))).toBe('> 99.99 %');
  });
});

describe('noncesFor', () => {
  it('is the fewest nonces that give the chance', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (bits, chance) => {
          const n = noncesFor(2 ** -bits, chance);
          expect(chanceWithin(2 ** -bits, n)).toBeGreaterThanOrEqual(chance - 1e-12);
          expect(chanceWithin(2 ** -bits, n - 1)).toBeLessThan(chance + 1e-12);
        },
      ),
    );
  });

  it('has its limits', () => {
    expect(noncesFor(1, 0.5)).toBe(1);
    expect(noncesFor(1, 1)).toBe(1);
    expect(noncesFor(0.1, 0)).toBe(0);
    expect(noncesFor(0.1, 1)).toBe(Infinity);
    expect(noncesFor(2 ** -256, 0.5) / (Math.LN2 * 2 ** 256)).toBeCloseTo(1, 12);
  });
});

describe('odds', () => {
  it('is limited by time when the rate is', () => {
    const dozen = odds(16 ** -12, 2n ** 64n - 1n, 1e6, 100);
    expect(dozen).toMatchObject({
      nonces: 1e8,
      end: 'time',
      expectedNonces: 16 ** 12,
      expectedSeconds: 16 ** 12 / 1e6,
    });
    expect(dozen.chance).toBeCloseTo(1e8 / 16 ** 12, 10);
    expect(dozen.evenSeconds).toBeCloseTo((Math.LN2 * 16 ** 12) / 1e6, 0);
  });

  it('is limited by the space when that is small', () => {
    expect(odds(1 / 256, 100n, 1e6, 100)).toMatchObject({ nonces: 100, end: 'space', evenSeconds: Infinity });
  });

  it('is hopeless, not NaN, without a rate', () => {
    expect(odds(1 / 256, 100n, 0, 100)).toMatchObject({
      nonces: 0,
      chance: 0,
      expectedSeconds: Infinity,
      end: 'time',
    });
    expect(secondsFor(0n, 0)).toBe(0);
    expect(expectedNonces(0.25)).toBe(4);
  });
});
