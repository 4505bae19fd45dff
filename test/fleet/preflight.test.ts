import { expect, test } from 'vitest';
import { CndError } from '../../src/error.ts';
import { type Check, costCheck, type Preflight, requirePassed } from '../../src/fleet/preflight.ts';

const good: Preflight = {
  checks: [{ name: 'quota', outcome: 'ok', message: 'plenty' }],
  facts: [],
  cost: 0.4,
};

/** What a start does with them. */
function judge({ checks, ...preflight }: Preflight, maxCost: number | undefined): void {
  const cost: Check | undefined = costCheck(preflight, maxCost);
  requirePassed([...checks, ...(cost ? [cost] : [])]);
}

test('what is well passes, and so does a warning', () => {
  const tight = { ...good, checks: [{ name: 'quota', outcome: 'warning', message: 'tight' }] } as const;
  expect(() => judge(good, undefined)).not.toThrow();
  expect(() => judge(good, 0.4)).not.toThrow();
  expect(() => judge(tight, 1)).not.toThrow();
});

test('the first thing that is wrong is told, by its own code, as nothing was launched', () => {
  const cause = new CndError('ec2-no-image', 'no image');
  const checks = [
    ...good.checks,
    { name: 'image', outcome: 'failed', message: 'no image', hint: 'take one', cause } as const,
  ];
  expect(() => judge({ ...good, checks }, undefined)).toThrow(
    expect.objectContaining({ code: 'ec2-no-image', exitCode: 2, hint: 'take one' }) as Error,
  );
});

test('a bound on the cost is kept, also where no price is known', () => {
  expect(() => judge(good, 0.39)).toThrow(/may cost \$0\.400, more than the \$0\.390/);
  expect(() => judge({ checks: [], facts: [] }, 5)).toThrow(/the price is unknown/);
});
