import { expect, test } from 'vitest';
import { concerns } from '../../../src/run/plan/confirmation.ts';

const kernel = { rate: 1 };
const paid = { checks: [], facts: [] };

test('a run that may cost more than confirmAbove, or nobody knows how much, is asked about', () => {
  const priced = { ...paid, cost: 2.345, costBasis: '8 × c7a.medium' };
  expect(concerns({ confirmAbove: 1 }, priced, kernel)).toEqual([
    'The run may cost $2.35, more than the $1.00 of confirmAbove (8 × c7a.medium).',
  ]);
  expect(concerns({ confirmAbove: 2.345 }, priced, kernel)).toEqual([]);
  expect(concerns({ confirmAbove: 5 }, { ...paid, costBasis: 'no price is known of x' }, kernel)).toEqual([
    'What the run costs is unknown (no price is known of x).',
  ]);
});

test('what costs nothing is not asked about', () => {
  expect(concerns({ confirmAbove: 0 }, undefined, kernel)).toEqual([]);
  expect(concerns({ confirmAbove: 0 }, { ...paid, free: true }, kernel)).toEqual([]);
});

test('a kernel that was not built here is asked about where instances are paid for', () => {
  const warning = { message: 'there is no native kernel for linux-x64', hint: '' };
  const missing = { ...kernel, isMissing: true, warning } as const;
  const cheap = { ...paid, cost: 0.1, costBasis: 'x' };
  expect(concerns({ confirmAbove: 1 }, cheap, missing)).toEqual(['there is no native kernel for linux-x64.']);
  expect(concerns({ confirmAbove: 1 }, { ...paid, free: true }, missing)).toEqual([]);
  // Only some of the platforms are missing: nobody knows whether it matters.
  expect(concerns({ confirmAbove: 1 }, cheap, { ...kernel, warning })).toEqual([]);
});
