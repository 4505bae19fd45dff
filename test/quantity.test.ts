import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { count, duration, percent, plural, rate } from '../src/quantity.ts';

describe('count', () => {
  test('separates thousands, whatever the size', () => {
    expect([0, 999, 1000, 123_456].map(count)).toEqual(['0', '999', '1,000', '123,456']);
    expect(count('18446744073709551615')).toBe('18,446,744,073,709,551,615');
    expect(count(2n ** 64n - 1n)).toBe('18,446,744,073,709,551,615');
    expect(count('1.16e+77')).toBe('1.16e+77');
    expect(count('1.00e+100')).toBe('1.00e+100');
  });

  test('loses no digit', () => {
    const shape = /^\d{1,3}(,\d{3})*$/;
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 80n), (value) => {
        expect(count(value)).toMatch(shape);
        expect(BigInt(count(value).replaceAll(',', ''))).toBe(value);
      }),
    );
  });
});

describe('rate', () => {
  test.each([
    [0, '0 MH/s'],
    [0.5, '< 0.000001 MH/s'],
    [1, '0.000001 MH/s'],
    [999, '0.000999 MH/s'],
    [1000, '0.00100 MH/s'],
    [1_249_000, '1.25 MH/s'],
    [499_600_000, '500 MH/s'],
    [3e9, '3,000 MH/s'],
    [7.5e13, '75,000,000 MH/s'],
    [1e15, '1,000,000,000 MH/s'],
  ])('%d is %s', (noncesPerSecond, words) => {
    expect(rate(noncesPerSecond)).toBe(words);
  });

  test('is right to three digits from a thousand nonces per second on', () => {
    fc.assert(
      fc.property(fc.double({ min: 1000, max: 1e15, noNaN: true }), (value) => {
        const [, number = ''] = /^([\d.,]+) MH\/s$/.exec(rate(value)) ?? [];
        const told = Number(number.replaceAll(',', '')) * 1e6;
        expect(Math.abs(told - value) / value).toBeLessThan(0.0051);
      }),
      { examples: [[999_500], [999_499.9], [99.949e6], [99.95e6], [9.995e14]] },
    );
  });
});

describe('duration', () => {
  test.each([
    [0, '0.00 s'],
    [0.42, '0.42 s'],
    [9.994, '9.99 s'],
    [9.995, '10.0 s'],
    [119.94, '119.9 s'],
    [119.95, '2 min 0 s'],
    [245, '4 min 5 s'],
    [7199.4, '119 min 59 s'],
    [7199.5, '2 h 0 min'],
    [7380, '2 h 3 min'],
    [86_400, '24 h 0 min'],
    [172_799.4, '47 h 59 min'],
    [172_800, '2 days'],
    [729 * 86_400, '729 days'],
    [3.156e7 * 40, '40 years'],
    [3.156e7 * 123, '120 years'],
    [3.15576e7 * 1e6, '1,000,000 years'],
  ])('%d s is %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });

  test('never says 60 s or 60 min', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 200_000, noNaN: true }), (seconds) => {
        expect(duration(seconds)).not.toMatch(/min (60|\d{3,}) s|h 60 min/);
      }),
    );
  });
});

describe('percent', () => {
  test.each([
    [0, '0 %'],
    [-1e-9, '0 %'],
    [1e-300, '< 0.01 %'],
    [0.0001, '0.01 %'],
    [0.0512, '5.12 %'],
    [0.25, '25.0 %'],
    [0.9996, '99.96 %'],
    [0.9999, '99.99 %'],
    [0.99995, '> 99.99 %'],
    [1 - Number.EPSILON, '> 99.99 %'],
    [1, '100 %'],
  ])('%d is %s', (probability, words) => {
    expect(percent(probability)).toBe(words);
  });

  test('claims certainty and impossibility only where they are', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }),
        (probability) => {
          const number = Number(/[\d.]+/.exec(percent(probability))?.[0]);
          expect(number).toBeGreaterThan(0);
          expect(number).toBeLessThan(100);
        },
      ),
      { examples: [[0.9995], [0.99949], [0.99999]] },
    );
  });
});

test('plural', () => {
  expect([0, 1, 2, 1000].map((number) => plural(number, 'instance'))).toEqual([
    '0 instances',
    '1 instance',
    '2 instances',
    '1,000 instances',
  ]);
});
