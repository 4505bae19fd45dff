import { expect, test } from 'vitest';
import type { Preflight } from '../../src/fleet/preflight.ts';
import { spending } from '../../src/run/spending.ts';

const price = { hourly: 3.6, leastSeconds: 60, basis: 'c7a.medium on demand' };
const paid: Preflight = { checks: [], facts: [], cost: 2, costBasis: '8 × c7a.medium', price };

test('each instance is paid from before its launch until all were over', () => {
  expect(spending(paid, { instances: 2, from: 3, until: 103 })).toEqual({
    cost: 0.2,
    costBasis: price.basis,
  });
  expect(spending(paid, { instances: 2, from: 3, until: 13 }).cost).toBeCloseTo(0.12, 12);
  expect(spending(paid, { instances: 2, from: 3, until: 1e6 }).cost).toBe(2);
});

test('an instance that was terminated before the others is paid until then', () => {
  const kept = { instances: 3, from: 3, until: 203 };
  expect(spending(paid, { ...kept, terminated: [103, 203] }).cost).toBeCloseTo(0.1 + 0.2 + 0.2, 12);
  expect(spending(paid, { ...kept, terminated: [] }).cost).toBeCloseTo(0.6, 12);
});

test('it is not said to be less than it may be while instances may be left', () => {
  expect(spending(paid, { instances: 2, from: 3, until: undefined })).toEqual({
    cost: 2,
    costBasis: 'c7a.medium on demand; not all instances are confirmed as terminated',
  });
});

test('a price that is not known is no cost, and nothing launched costs nothing', () => {
  const unknown: Preflight = { checks: [], facts: [], costBasis: 'no price is known for x9.large' };
  expect(spending(unknown, { instances: 2, from: 3, until: 13 })).toEqual({
    costBasis: 'no price is known for x9.large',
  });
  expect(spending(paid, { instances: 0, from: undefined, until: undefined }).cost).toBe(0);
  expect(spending({ checks: [], facts: [], free: true }, { instances: 2, from: 3, until: 13 })).toEqual({});
  expect(spending(undefined, { instances: 2, from: 3, until: 13 })).toEqual({});
});
