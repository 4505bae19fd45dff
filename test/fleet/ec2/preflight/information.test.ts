import { describe, expect, test } from 'vitest';
import { hasStage } from '../../../helper/stage/available.ts';
import { useLab } from '../lab.ts';

const never = new AbortController().signal;

describe.skipIf(!hasStage())('what only informs', () => {
  const on = useLab();
  const request = { count: 2, minimum: 1, timeLimit: 60 };

  test.each([false, true])(
    'quotas and prices that never answer are told as missing (spot: %s)',
    async (spot) => {
      for (const service of ['pricing', 'servicequotas']) on.stage.faults.add({ service, hang: true });
      on.stage.faults.add({ action: 'DescribeSpotPriceHistory', hang: true });
      const { checks, cost } = await on.lab.fleet({ spot }).preflight(request, never);
      const told = new Map(checks.map((check) => [check.name, check]));
      // One bound of 3 s for both; each by itself would take 6 to 16.
      expect(told.get('quota')).toMatchObject({
        outcome: 'warning',
        message: 'the quota cannot be looked up in us-east-1: no answer for 3 s',
        hint: expect.stringContaining('Service Quotas of us-east-1 must be reachable') as string,
      });
      expect(told.get('prices')).toMatchObject({
        outcome: 'warning',
        message: expect.stringMatching(/no prices within 3 s; used: built-in table/) as string,
      });
      expect(cost).toBeGreaterThan(0);
      expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
      // What is needed did not wait for them.
      expect(told.get('ec2:RunInstances')).toMatchObject({ outcome: 'ok' });
    },
  );
});
