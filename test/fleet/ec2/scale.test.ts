import { describe, expect, test } from 'vitest';
import { hasStage } from '../../helper/stage/available.ts';
import { useLab } from './lab.ts';

const never = new AbortController().signal;

describe.skipIf(!hasStage())('two hundred instances', () => {
  const on = useLab();

  test('take two calls to launch, one to look at and one to terminate', async () => {
    const fleet = on.lab.fleet();
    const asked = on.lab.request({ count: 200 });
    const launched = await fleet.launch(asked, never);
    expect(launched.map(({ index }) => index)).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(on.stage.calls('ec2', 'RunInstances')).toHaveLength(2);
    const before = on.stage.calls().length;
    expect((await fleet.describe(asked.run)).length).toBeGreaterThan(99);
    expect(on.stage.calls()).toHaveLength(before + 1);
    const after = await fleet.terminate(asked.run);
    expect(after).toHaveLength(200);
    // One to terminate all that the launch told of, and one to see by tag whether there is more.
    expect(
      on.stage
        .calls()
        .slice(before + 1)
        .map(({ action }) => action)
        .toSorted(),
    ).toEqual(['DescribeInstances', 'TerminateInstances']);
  }, 60_000);
});
