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
      const begun = performance.now();
      const { checks, cost } = await on.lab.fleet({ spot }).preflight(request, never);
      // One bound of 3 s; each of them by itself would take 6 to 16.
      expect(performance.now() - begun).toBeLessThan(12_000);
      const told = new Map(checks.map((check) => [check.name, check]));
      expect(told.get('quota')).toMatchObject({ outcome: 'warning' });
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
