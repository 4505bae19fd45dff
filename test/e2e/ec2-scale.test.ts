import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf, named } from '../helper/cnd.ts';
import { hasStage } from '../helper/stage/available.ts';
import { Stage } from '../helper/stage/stage.ts';
import { stagePlace } from '../helper/stage/workplace.ts';

/** Two hundred instances without machines: what is asked of AWS. */
describe.runIf(hasStage())('200 instances on EC2', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open({ boots: false, vcpus: 1000, pending: 2000, shuttingDown: 2000 });
  }, 60_000);
  afterAll(async () => stage.close());

  test('take few calls', async () => {
    const place = stagePlace(stage);
    const result = await place.run('start --N 200 --T 30 --D 2 --json');
    place.remove();
    expect(result).toMatchObject({ code: 3, stderr: '' });
    expect(named(eventsOf(result), 'instance.launched')).toHaveLength(200);
    expect(named(eventsOf(result), 'instance.terminated')).toHaveLength(200);
    await stage.untilClean();
    const launches = stage
      .calls('ec2', 'RunInstances')
      .filter(({ parameters }) => parameters['DryRun'] !== 'true');
    expect(launches).toHaveLength(2);
    expect(new Set(launches.map(({ parameters }) => parameters['ClientToken'])).size).toBe(2);
    // One for all, and again while they shut down: never one for each.
    expect(stage.calls('ec2', 'TerminateInstances').length).toBeLessThanOrEqual(2);
    const polls = stage.calls('ec2', 'DescribeInstances').length;
    const elapsed = (stage.calls().at(-1)?.time ?? 0) - (stage.calls()[0]?.time ?? 0);
    // EC2's bucket for describing is refilled with tens a second; a run should need less than one.
    expect(polls / (elapsed / 1000)).toBeLessThan(1.5);
  }, 90_000);
});
