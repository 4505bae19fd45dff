import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { curve, estimate, front, instancesFor, instancesWithin } from '../../src/plan/estimate.ts';
import type { Goal, MachineOption } from '../../src/plan/option.ts';
import { free } from '../../src/cost.ts';
import { chanceWithin } from '../../src/search/forecast.ts';

const machine: MachineOption = {
  name: 'c7a.medium',
  market: 'on demand',
  rate: 20e6,
  rateBasis: 'test',
  price: { hourly: 0.05, leastSeconds: 60 },
  boot: 25,
  bootBasis: 'test',
};
const goal: Goal = { probability: 16 ** -8, size: 2n ** 64n, timeLimit: 300, reserve: 20, grace: 60 };

const goals = fc.record({
  probability: fc.double({ min: 1e-18, max: 1, noNaN: true }),
  size: fc.bigInt({ min: 1n, max: 2n ** 64n }),
  timeLimit: fc.integer({ min: 5, max: 86_400 }),
  reserve: fc.constantFrom(3, 20),
  grace: fc.constantFrom(5, 60),
});
const machines = fc.record({
  name: fc.constant('x'),
  market: fc.constant('on demand' as const),
  rate: fc.double({ min: 1e3, max: 1e9, noNaN: true }),
  rateBasis: fc.constant(''),
  price: fc.record({
    hourly: fc.double({ min: 0.001, max: 10, noNaN: true }),
    leastSeconds: fc.constant(60),
  }),
  boot: fc.integer({ min: 0, max: 120 }),
  bootBasis: fc.constant(''),
});

describe('the number of instances', () => {
  test('is the smallest that keeps the promise', () => {
    fc.assert(
      fc.property(goals, machines, fc.double({ min: 0, max: 0.999_999, noNaN: true }), (g, m, confidence) => {
        const n = instancesFor(g, m, confidence);
        if (typeof n !== 'number') {
          // Then no number does.
          expect(estimate(g, m, 1e15).chance).toBeLessThanOrEqual(n.kind === 'space' ? n.chance : 0);
          return;
        }
        fc.pre(n < 1e12);
        expect(estimate(g, m, n).chance).toBeGreaterThanOrEqual(confidence);
        if (n > 1) expect(estimate(g, m, n - 1).chance).toBeLessThan(confidence);
      }),
    );
  });

  test('for a known case: 95 % of D=8 in 300 s', () => {
    // ln(20) * 16^8 nonces at 20 MH/s for 255 s each.
    expect(instancesFor(goal, machine, 0.95)).toBe(
      Math.ceil((Math.log(20) * 16 ** 8) / (20e6 * (300 - 20 - 25))),
    );
  });

  test('there is none where the space, or T, is too small: that is the answer', () => {
    expect(instancesFor({ ...goal, size: 1000n }, machine, 0.95)).toEqual({
      kind: 'space',
      chance: chanceWithin(16 ** -8, 1000),
    });
    expect(instancesFor({ ...goal, timeLimit: 40 }, machine, 0.5)).toEqual({ kind: 'time', least: 45 });
  });

  test('within a budget is the most that it pays for in the worst case', () => {
    fc.assert(
      fc.property(goals, machines, fc.double({ min: 0, max: 1000, noNaN: true }), (g, m, budget) => {
        const n = instancesWithin(g, m, budget) ?? NaN;
        expect(estimate(g, m, n).costBound ?? 0).toBeLessThanOrEqual(budget * (1 + 1e-6) + 1e-9);
        expect(estimate(g, m, n + 1).costBound).toBeGreaterThan(budget * (1 - 1e-6) - 1e-9);
      }),
    );
    expect(instancesWithin(goal, { ...machine, price: undefined }, 1)).toBeUndefined();
    expect(instancesWithin(goal, { ...machine, price: free }, 0)).toBe(Infinity);
  });
});

test('machines beyond those that there are add nothing', () => {
  const two = { ...machine, most: 2 };
  expect(estimate(goal, two, 8)).toMatchObject({ chance: estimate(goal, machine, 2).chance });
  expect(estimate(goal, two, 8).expectedSeconds).toBe(estimate(goal, machine, 2).expectedSeconds);
  expect(instancesFor(goal, two, 0.95)).toEqual({
    kind: 'machines',
    most: 2,
    chance: estimate(goal, two, 2).chance,
  });
});

test('more than are allowed is answered with how likely those are', () => {
  const needed = instancesFor(goal, machine, 0.95);
  expect(instancesFor({ ...goal, allowed: Number(needed) }, machine, 0.95)).toBe(needed);
  const few = { ...goal, allowed: 2 };
  expect(instancesFor(few, machine, 0.95)).toEqual({
    kind: 'machines',
    most: 2,
    chance: estimate(goal, machine, 2).chance,
    isAllowance: true,
  });
  expect(instancesFor(few, { ...machine, most: 1 }, 0.95)).not.toHaveProperty('isAllowance');
});

test('the chance of N instances gives N again, and what a budget pays for costs no more than it', () => {
  fc.assert(
    fc.property(goals, machines, fc.integer({ min: 1, max: 1000 }), (g, m, n) => {
      const { chance, costBound = NaN } = estimate(g, m, n);
      expect(instancesWithin(g, m, costBound)).toBe(n);
      const again = instancesFor(g, m, chance);
      // Where one is as likely as all of them, or all but certain, fewer will do, with the same chance.
      if (typeof again !== 'number') {
        expect([0, 1]).toContain(chance);
        return;
      }
      expect(again).toBeLessThanOrEqual(n);
      expect(estimate(g, m, again).chance).toBe(chance);
    }),
  );
});

test('hashes for a dollar: rate times the seconds that it pays for', () => {
  expect(estimate(goal, machine, 3).hashesPerDollar).toBe((20e6 * 3600) / 0.05);
  expect(estimate(goal, { ...machine, price: free }, 3).hashesPerDollar).toBe(Infinity);
  expect(estimate(goal, { ...machine, price: undefined }, 3).hashesPerDollar).toBeUndefined();
});

test('predicted success agrees with what happens, within the 99.9 % binomial interval', () => {
  // A run finds something if the geometrically distributed first success is among the nonces that it tests.
  let state = 0x2545f491n;
  const random = (): number => {
    state ^= (state << 13n) & 0xffffffffffffffffn;
    state ^= state >> 7n;
    state ^= (state << 17n) & 0xffffffffffffffffn;
    return Number(state >> 11n) / 2 ** 53;
  };
  for (const instances of [1, 4, 16, 40]) {
    const rare = { ...goal, probability: 16 ** -9 };
    const { chance, nonces } = estimate(rare, machine, instances);
    const runs = 10_000;
    let found = 0;
    for (let run = 0; run < runs; run++) {
      const first = Math.ceil(Math.log(1 - random()) / Math.log1p(-rare.probability));
      if (first <= nonces) found += 1;
    }
    const margin = 3.29 * Math.sqrt((chance * (1 - chance)) / runs);
    expect(Math.abs(found / runs - chance)).toBeLessThan(margin);
  }
});

test('the front is what nothing else beats in both cost and time, the cheapest first', () => {
  const of = (name: string, rate: number, hourly: number | undefined) =>
    estimate(
      goal,
      { ...machine, name, rate, price: hourly === undefined ? undefined : { hourly, leastSeconds: 60 } },
      4,
    );
  const all = [
    of('dear and slow', 10e6, 1),
    of('cheap and slow', 10e6, 0.1),
    of('dear and fast', 40e6, 0.9),
    of('between', 20e6, 0.5),
    of('worse than between', 19e6, 0.6),
    of('unknown', 99e6, undefined),
  ];
  expect(front(all).map(({ option: { name } }) => name)).toEqual([
    'cheap and slow',
    'between',
    'dear and fast',
  ]);
});

test('the curve rises from nothing while instances boot to the chance by T', () => {
  const planned = estimate(goal, machine, 8);
  const points = curve(goal, planned, 30);
  expect(points[0]?.chance).toBe(0);
  expect(points.at(-1)?.chance).toBe(planned.chance);
  for (const [index, { chance }] of points.entries())
    expect(chance).toBeGreaterThanOrEqual(points[index - 1]?.chance ?? 0);
});
