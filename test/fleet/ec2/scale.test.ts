import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasStage } from '../../helper/stage/available.ts';
import { Stage } from '../../helper/stage/stage.ts';
import { Ec2Lab } from './lab.ts';

const never = new AbortController().signal;

describe.skipIf(!hasStage())('two hundred instances', () => {
  let stage: Stage;
  let lab: Ec2Lab;
  beforeAll(async () => {
    stage = await Stage.open({ boots: false });
    lab = new Ec2Lab(stage);
    lab.become();
  });
  afterAll(async () => {
    await lab.close();
    await stage.close();
  });

  test('take two calls to launch, one to look at and one to terminate', async () => {
    const fleet = lab.fleet();
    const asked = lab.request({ count: 200 });
    const launched = await fleet.launch(asked, never);
    expect(launched.map(({ index }) => index)).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(stage.calls('ec2', 'RunInstances')).toHaveLength(2);
    const before = stage.calls().length;
    expect((await fleet.describe(asked.run)).length).toBeGreaterThan(99);
    expect(stage.calls()).toHaveLength(before + 1);
    const after = await fleet.terminate(asked.run);
    expect(after).toHaveLength(200);
    // One to terminate all that the launch told of, and one to see by tag whether there is more.
    expect(
      stage
        .calls()
        .slice(before + 1)
        .map(({ action }) => action)
        .toSorted(),
    ).toEqual(['DescribeInstances', 'TerminateInstances']);
  }, 60_000);
});
