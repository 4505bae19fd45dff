import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitAmdahl, secondsAt } from '../../src/compare/amdahl.ts';

const several = fc.uniqueArray(fc.integer({ min: 1, max: 512 }), { minLength: 2, maxLength: 12 });

test('the serial fraction of times by the law is recovered', () => {
  fc.assert(
    fc.property(
      several,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0.01, max: 1e5, noNaN: true }),
      (counts, fraction, one) => {
        const fit = fitAmdahl(
          counts.map((instances) => ({
            instances,
            seconds: one * (fraction + (1 - fraction) / instances),
          })),
        );
        expect(fit?.serialFraction).toBeCloseTo(fraction, 5);
        if (fit) expect(secondsAt(fit, 1) / one).toBeCloseTo(1, 5);
        expect((fit?.error ?? 1) / one).toBeLessThan(1e-6);
      },
    ),
  );
});

test('no other law that is allowed is nearer to the times, whatever they are', () => {
  const timings = fc.array(
    fc.record({
      instances: fc.integer({ min: 1, max: 64 }),
      seconds: fc.double({ min: 0.1, max: 1000, noNaN: true }),
    }),
    { minLength: 2, maxLength: 20 },
  );
  const nonNegative = fc.double({ min: 0, max: 2000, noNaN: true });
  fc.assert(
    fc.property(timings, nonNegative, nonNegative, (times, serialSeconds, parallelSeconds) => {
      const fit = fitAmdahl(times);
      if (!fit) {
        expect(new Set(times.map(({ instances }) => instances)).size).toBe(1);
        return;
      }
      expect(fit.serialSeconds).toBeGreaterThanOrEqual(0);
      expect(fit.parallelSeconds).toBeGreaterThanOrEqual(0);
      const error = Math.sqrt(
        times.reduce(
          (sum, { instances, seconds }) => sum + (seconds - serialSeconds - parallelSeconds / instances) ** 2,
          0,
        ) / times.length,
      );
      expect(fit.error).toBeLessThanOrEqual(error * (1 + 1e-9) + 1e-9);
    }),
  );
});

test('the table of a 2019 report: speed-up of 7.6 with eight, half a percent of it serial', () => {
  const seconds = [66.72627, 34.27059, 21.93457, 17.11261, 13.80175, 10.89037, 9.9741, 8.81076];
  const fit = fitAmdahl(seconds.map((value, index) => ({ instances: index + 1, seconds: value })));
  expect(fit?.serialFraction).toBeCloseTo(0.00492, 5);
  expect(fit && secondsAt(fit, 1)).toBeCloseTo(66.885, 2);
  expect(fit?.error).toBeCloseTo(0.3834, 3);
});

test('one N determines nothing, nor do times of 0', () => {
  expect(fitAmdahl([])).toBeUndefined();
  expect(
    fitAmdahl([
      { instances: 4, seconds: 3 },
      { instances: 4, seconds: 4 },
    ]),
  ).toBeUndefined();
  expect(
    fitAmdahl([
      { instances: 1, seconds: 0 },
      { instances: 2, seconds: 0 },
    ]),
  ).toBeUndefined();
});
