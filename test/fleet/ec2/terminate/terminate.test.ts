import { beforeEach, describe, expect, test } from 'vitest';
import type { Ec2Fleet } from '../../../../src/fleet/ec2/ec2.ts';
import { eventually } from '../../../helper/process.ts';
import { hasStage } from '../../../helper/stage/available.ts';
import { list } from '../../../helper/stage/aws/call.ts';
import { useLab } from '../lab.ts';

const never = new AbortController().signal;
const isLive = (state: string): boolean => state === 'pending' || state === 'running';

describe.skipIf(!hasStage())('terminating on EC2', () => {
  const on = useLab();
  let fleet: Ec2Fleet;
  beforeEach(() => {
    fleet = on.lab.fleet();
  });

  const launched = (count: number): Promise<string> => on.lab.launched(count, fleet);

  test('what was launched a moment ago is terminated, though no description shows it', async () => {
    const asked = on.lab.request();
    await fleet.launch(asked, never);
    await eventually('terminated', async () =>
      (await fleet.terminate(asked.run)).every(({ state }) => state !== 'pending' && state !== 'running'),
    );
    expect(on.stage.instances('running').length + on.stage.instances('pending').length).toBe(0);
  });

  test('what EC2 has said to be shutting down is over, though a description is behind', async () => {
    const run = await launched(1);
    on.stage.ec2.lag.constant = 5000;
    expect(await fleet.terminate(run)).toMatchObject([{ state: 'shutting-down' }]);
    const message = `The instance ID '${on.stage.instances()[0]?.id}' does not exist`;
    on.stage.faults.add({ action: 'TerminateInstances', error: 'InvalidInstanceID.NotFound', message });
    expect(await fleet.terminate(run)).toMatchObject([{ state: 'shutting-down' }]);
    on.stage.ec2.lag.constant = undefined;
  });

  test('a protected instance does not save the others, and says why it lives', async () => {
    const run = await launched(5);
    const safe = on.stage.instances()[3];
    if (safe) safe.protected = true;
    const after = await on.lab.fleet().terminate(run);
    expect(after.filter(({ state }) => state === 'shutting-down')).toHaveLength(4);
    expect(after.find(({ id }) => id === safe?.id)).toMatchObject({
      state: expect.stringMatching(/pending|running/) as string,
      reason: expect.stringMatching(/may not be terminated|disableApiTermination/i) as string,
    });
    if (safe) safe.protected = false;
  });

  test('one that is stopped and protected is not over: it keeps its disk, and can be started', async () => {
    const run = await launched(1);
    const [one] = on.stage.instances();
    // Long ago: nothing else is described.
    if (one) Object.assign(one, { state: 'stopped', protected: true, past: [] });
    const stranger = on.lab.fleet();
    expect(await stranger.terminate(run)).toMatchObject([
      { state: 'running', reason: expect.stringMatching(/may not be terminated/) as string },
    ]);
    if (one) one.protected = false;
  });

  test.each([
    ['denied', { error: 'Denied' }],
    ['never answered', { hang: true }],
  ])(
    'what the launch told of is terminated at once, though every description is %s',
    async (_, errorKind) => {
      const run = await launched(3);
      on.stage.faults.add({ action: 'DescribeInstances', ...errorKind });
      const terminating = fleet.terminate(run);
      terminating.catch(() => {});
      await eventually('over', () => on.stage.instances().every(({ state }) => !isLive(state)));
      on.stage.faults.clear();
      if ('hang' in errorKind) return;
      expect((await terminating).map(({ state }) => state)).toEqual(Array(3).fill('shutting-down'));
    },
  );

  test('a call that hangs is made again in time for T', async () => {
    const run = await launched(2);
    on.stage.faults.add({ action: 'TerminateInstances', hang: true, times: 1 });
    const before = performance.now();
    expect((await fleet.terminate(run)).map(({ state }) => state)).toEqual(Array(2).fill('shutting-down'));
    expect(performance.now() - before).toBeLessThan(7000);
  });

  test('ids that are unknown are passed over', async () => {
    const run = await launched(2);
    const [one] = on.stage.instances();
    const after = await fleet.terminate(run, ['i-0123456789abcdef0', one?.id ?? '']);
    expect(after.map(({ id }) => id)).toEqual([one?.id]);
  });

  test('nothing of another run, and nothing without our tag, is touched', async () => {
    const [one, other] = [await launched(1), await launched(2)];
    await on.lab.fleet().terminate(one);
    await on.lab.fleet().dispose(one);
    expect((await fleet.describe(other)).map(({ state }) => state)).not.toContain('shutting-down');
    const ids = on.stage.calls('ec2', 'TerminateInstances').flatMap((call) => list(call, 'InstanceId'));
    expect(ids).toHaveLength(1);
    const groups = on.stage.calls('ec2', 'DeleteSecurityGroup').filter(({ status }) => status === 200);
    expect(groups).toHaveLength(1);
  });

  test('the group is deleted once the instances no longer use it', async () => {
    const run = await launched(2);
    on.stage.ec2.shuttingDownOf = () => 2000;
    await fleet.terminate(run);
    await fleet.dispose(run);
    const answers = on.stage.calls('ec2', 'DeleteSecurityGroup').map(({ error }) => error);
    expect(answers[0]).toBe('DependencyViolation');
    expect(answers.at(-1)).toBeUndefined();
    expect(await on.stage.orphans()).toEqual([]);
    await eventually('forgotten', async () => (await on.lab.fleet().find()).length === 0);
  });

  test('a run of which only a group is left is found, with its owner', async () => {
    on.stage.faults.add({ action: 'RunInstances', error: 'InvalidParameterValue' });
    const asked = on.lab.request();
    await expect(fleet.launch(asked, never)).rejects.toThrow(/cannot be launched/);
    await eventually('seen', async () => (await on.lab.fleet().find()).length > 0);
    const [found] = await on.lab.fleet().find();
    expect(found).toMatchObject({
      run: asked.run,
      instances: [],
      orphans: [expect.stringMatching(/^security group sg-/) as string],
      owner: { name: '123456789012:user/alice', self: true },
    });
    await fleet.dispose(asked.run);
  });
});
