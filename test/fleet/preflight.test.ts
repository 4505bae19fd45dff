import { expect, test } from 'vitest';
import { CndError } from '../../src/error.ts';
import { judgePreflight, type Preflight } from '../../src/fleet/preflight.ts';

const good: Preflight = {
  checks: [{ name: 'quota', outcome: 'ok', message: 'plenty' }],
  facts: [],
  cost: 0.4,
};

test('what is well passes, and so does a warning', () => {
  const tight = { ...good, checks: [{ name: 'quota', outcome: 'warning', message: 'tight' }] } as const;
  expect(() => judgePreflight(good, undefined)).not.toThrow();
  expect(() => judgePreflight(good, 0.4)).not.toThrow();
  expect(() => judgePreflight(tight, 1)).not.toThrow();
});

test('the first thing that is wrong is told, by its own code, as nothing was launched', () => {
  const cause = new CndError('ec2-no-image', 'no image');
  const checks = [
    ...good.checks,
    { name: 'image', outcome: 'failed', message: 'no image', hint: 'take one', cause } as const,
  ];
  expect(() => judgePreflight({ ...good, checks }, undefined)).toThrow(
    expect.objectContaining({ code: 'ec2-no-image', exitCode: 2, hint: 'take one' }) as Error,
  );
});

test('a bound on the cost is kept, also where no price is known', () => {
  expect(() => judgePreflight(good, 0.39)).toThrow(/may cost \$0\.400, more than the \$0\.390/);
  expect(() => judgePreflight({ checks: [], facts: [] }, 5)).toThrow(/no price is known/);
});
