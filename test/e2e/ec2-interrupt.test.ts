import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { EventName } from '../../src/run/event.ts';
import { eventually } from '../helper/process.ts';
import { runEnded } from '../helper/cnd.ts';
import { hasStage } from '../helper/stage/available.ts';
import { Stage } from '../helper/stage/stage.ts';
import { type StagePlace, stagePlace } from '../helper/stage/workplace.ts';

/** Calls of a run, in about their order. */
const before = [
  'sts GetCallerIdentity',
  'ec2 DescribeImages',
  'ec2 DescribeInstanceTypes',
  'ec2 DescribeSubnets',
  'servicequotas GetServiceQuota',
  'pricing GetProducts',
] as const;
const launching = [
  'sqs CreateQueue',
  'ec2 CreateSecurityGroup',
  'ec2 AuthorizeSecurityGroupIngress',
  'ec2 RunInstances',
  'ec2 DescribeInstances',
] as const;
const ending = ['ec2 TerminateInstances', 'ec2 DeleteSecurityGroup', 'sqs DeleteQueue'] as const;

/** Interrupted, throttled or killed wherever it may be. */
describe.runIf(hasStage())('a run on EC2 that is cut short', { timeout: 90_000 }, () => {
  let stage: Stage;
  let place: StagePlace;

  beforeAll(async () => {
    stage = await Stage.open({ pending: 200, shuttingDown: 200, consistency: 100, bootSeconds: 0 });
  }, 60_000);
  afterEach(async () => {
    place.remove();
    await stage.reset();
  });
  afterAll(async () => stage.close());

  const parts = (call: string) => {
    const [service = '', action = ''] = call.split(' ');
    return { service, action };
  };

  for (const call of [...before, ...launching, ...ending]) {
    test(`throttling of ${call} is waited out`, async () => {
      place = stagePlace(stage);
      const { service, action } = parts(call);
      const dry = ({ parameters }: { parameters: object }) => 'DryRun' in parameters;
      stage.faults.add({ service, action, match: (made) => !dry(made), times: 2, error: 'Throttled' });
      const result = await place.run('start --N 2 --T 60 --D 2 --json');
      expect(
        stage.calls(service, action).filter(({ error }) => /Throttl|LimitExc|TooMany/.test(error ?? '')),
      ).toHaveLength(2);
      expect(runEnded(result)).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
      await stage.untilClean();
    });
  }

  for (const call of [...before, ...launching]) {
    test(`Ctrl-C while ${call} is under way leaves nothing`, async () => {
      place = stagePlace(stage);
      const { service, action } = parts(call);
      const dry = ({ parameters }: { parameters: object }) => 'DryRun' in parameters;
      stage.faults.add({ service, action, match: (made) => !dry(made), times: 1, delay: 700 });
      const cnd = place.start('start --N 2 --T 60 --D 16 --json');
      const made = () => stage.calls(service, action).some((one) => !dry(one));
      await eventually(call, made, 20);
      cnd.child.kill('SIGINT');
      const { code, stderr } = await cnd.ended;
      expect({ code, stderr }).toMatchObject({ code: 130 });
      await stage.untilClean();
    });
  }

  const steps: readonly EventName[] = [
    'run.planned',
    'launch.started',
    'instance.launched',
    'instance.running',
    'search.all',
  ];
  for (const step of steps) {
    test(`kill -9 after ${step}: scram from elsewhere finds all`, async () => {
      place = stagePlace(stage);
      const cnd = place.start('start --N 2 --T 60 --D 16 --json');
      await cnd.event(step);
      cnd.child.kill('SIGKILL');
      await cnd.ended;
      // What was on its way to AWS arrives there all the same.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const elsewhere = stagePlace(stage);
      const result = await elsewhere.run('scram');
      elsewhere.remove();
      expect(result).toMatchObject({ code: 0 });
      await stage.untilClean();
    });
  }

  test('kill -9 without anybody: the switches terminate all', async () => {
    place = stagePlace(stage);
    const cnd = place.start('start --N 2 --T 23 --D 16 --json');
    await cnd.event('instance.launched');
    const begin = Date.now();
    cnd.child.kill('SIGKILL');
    await cnd.ended;
    await eventually('terminated', () => stage.instances('terminated').length === 2, 100);
    // T + 60 s of grace, from the boot.
    expect((Date.now() - begin) / 1000).toBeLessThan(90);
    expect((await stage.leftovers()).filter((what) => !/^(group|queue)/.test(what))).toEqual([]);
    expect((await place.run('scram')).code).toBe(0);
    await stage.untilClean();
  }, 130_000);
});
