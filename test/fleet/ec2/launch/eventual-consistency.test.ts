import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { untilConsistent } from '../../../../src/fleet/ec2/launch/eventual-consistency.ts';
import { LaunchState } from '../../../../src/fleet/ec2/launch/launch-state.ts';
import type { Instance } from '../../../../src/instance.ts';

test('a look that takes long proves nothing of what came after its beginning', async () => {
  const late: Instance = { id: 'i-1', index: 0, state: 'shutting-down' };
  const begun = performance.now();
  // Shown from 150 ms on; each look takes longer than it is looked for.
  const look = async (): Promise<Instance[]> => {
    const isShown = performance.now() - begun > 150;
    await sleep(300);
    return isShown ? [late] : [];
  };
  expect(await untilConsistent(new LaunchState(), { poll: 0.05, settle: 0.2 }, [], look)).toEqual([late]);
});
