import { describe, expect, test } from 'vitest';
import { endlessFlags, runEnded } from '../helper/cnd.ts';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import { imagesOf } from '../helper/stage/ec2/image.ts';
import { useStage } from '../helper/stage/use.ts';
import type { StagePlace } from '../helper/stage/workspace.ts';
import { clients } from '../stage/stage.ts';

/** `cnd scram` and `cnd ps` by tags alone, from anywhere. */
describe.runIf(hasStage())('scram and ps on EC2', { timeout: 240_000 }, () => {
  const on = useStage({
    shared: true,
    held: true,
    pending: 200,
    shuttingDown: 300,
    bootSeconds: 0,
    vcpus: 10_000,
  });

  /** A run whose controller is dead. */
  const orphan = async (place: StagePlace): Promise<string> => {
    const cnd = place.start(`start --N 2 --T 200 ${endlessFlags} --json`);
    const { run } = await cnd.event('search.all');
    cnd.child.kill('SIGKILL');
    await cnd.ended;
    return run;
  };

  const local = { CND_FLEET: 'local' };

  test.concurrent('touches nothing without tags, and nothing protected saves the others', async () => {
    const place = on.place();
    const { ec2 } = clients(on.stage, on.stage.region, place.name);
    const [image] = imagesOf('us-east-1');
    await ec2.runInstances({ ImageId: image?.id, InstanceType: 'c7a.medium', MinCount: 1, MaxCount: 1 });
    await orphan(place);
    const [stranger, one, two] = place.instances();
    await ec2.modifyInstanceAttribute({ InstanceId: one?.id, DisableApiTermination: { Value: true } });
    const result = await place.run('scram');
    expect(result.code).toBe(4);
    expect(result.stdout + result.stderr).toContain(one?.id ?? 'none');
    expect([stranger, one].map((instance) => instance?.state)).toEqual(['running', 'running']);
    expect(['shutting-down', 'terminated']).toContain(two?.state);
    await ec2.modifyInstanceAttribute({ InstanceId: one?.id, DisableApiTermination: { Value: false } });
    expect((await place.run('scram')).code).toBe(0);
    expect(place.instances('running').map(({ id }) => id)).toEqual([stranger?.id]);
  });

  test.concurrent(
    'finds a run in another region, from another directory, with another default fleet',
    async () => {
      const place = on.place({ ec2: { region: 'eu-west-1' } });
      const run = await orphan(place);
      const elsewhere = place.elsewhere({ ec2: {} });
      const shown = await elsewhere.run('ps', local);
      expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining(run) as string });
      expect(shown.stdout).toMatch(/eu-west-1/);
      const filter = await elsewhere.run('scram --region us-west-2', local);
      expect(filter.stdout).toMatch(/nothing to terminate/);
      expect(place.instances('running')).toHaveLength(2);
      const result = await elsewhere.run('scram', local);
      expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining(run) as string });
      await place.untilClean();
    },
  );

  test.concurrent('waits out that each of its calls is throttled', async () => {
    const place = on.place();
    await orphan(place);
    const names = [
      'sts GetCallerIdentity',
      'ec2 DescribeRegions',
      'ec2 DescribeInstances',
      'ec2 DescribeSecurityGroups',
      'sqs ListQueues',
      'sqs ListQueueTags',
      'sqs ReceiveMessage',
      'ec2 TerminateInstances',
      'ec2 DeleteSecurityGroup',
      'sqs GetQueueUrl',
      'sqs DeleteQueue',
      'ec2 DescribeVolumes',
      'scheduler ListScheduleGroups',
      'scheduler DeleteScheduleGroup',
    ];
    for (const name of names) {
      const [service = '', action = ''] = name.split(' ');
      place.fault({ service, action, times: 2, error: 'Throttled' });
    }
    const before = place.calls().length;
    expect(await place.elsewhere().run('scram')).toMatchObject({ code: 0 });
    await place.untilClean();
    const calls = place.calls().slice(before);
    // Every one that there is.
    expect([...new Set(calls.map(({ service, action }) => `${service} ${action}`))].toSorted()).toEqual(
      names.toSorted(),
    );
    const throttled = /^(RequestLimitExceeded|Throttling(Exception)?|TooManyRequestsException|SlowDown)$/;
    expect(calls.filter(({ error = '' }) => throttled.test(error))).toHaveLength(2 * names.length);
  });

  test.concurrent('killed while it terminates, another one ends what it began', async () => {
    const place = on.place();
    await orphan(place);
    place.fault({ action: 'TerminateInstances', times: 1, delay: 1000 });
    const controller = new AbortController();
    const first = place.elsewhere().run('scram', {}, controller.signal);
    await eventually('termination', () => place.calls('ec2', 'TerminateInstances').length > 0, 30);
    controller.abort();
    expect((await first).code).not.toBe(0);
    expect(await place.elsewhere().run('scram')).toMatchObject({ code: 0 });
    await place.untilClean();
  });

  test.concurrent('a run is resumed from another machine once its instances are terminated', async () => {
    await on.stage.createBucket('checkpoints');
    const logs = { bucket: 'checkpoints' };
    const place = on.place({ ec2: { region: 'eu-west-1' }, logs });
    const cnd = place.start(`start --N 2 --T 200 ${endlessFlags} --checkpoint 1 --json`);
    const { run } = await cnd.event('search.all');
    const stored = await eventually('a checkpoint with instances', async () => {
      const text = (await on.stage.objects('checkpoints')).get(`${run}/checkpoint.json`)?.toString() ?? '';
      return text.includes(place.instances()[1]?.id ?? 'none') ? text : undefined;
    });
    cnd.child.kill('SIGKILL');
    await cnd.ended;

    const elsewhere = place.elsewhere({ ec2: {} });
    const put = (Body: string) =>
      clients(on.stage, on.stage.region, place.name).s3.putObject({
        Bucket: 'checkpoints',
        Key: `${run}/checkpoint.json`,
        Body,
      });
    await put(stored.replace(/"account":"\d+"/, '"account":"999999999999"'));
    const refused = await elsewhere.run(`resume ${run}`);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /eu-west-1 cannot be asked with credentials of account 999999999999; nothing/,
    );
    expect(place.instances('running')).toHaveLength(2);

    await put(stored);
    const resumed = elsewhere.start(`resume ${run} --N 1 --T 100 --json`);
    const planned = await resumed.event('run.planned');
    expect(planned).toMatchObject({ resumes: run, instances: 1, timeLimit: 100, fleet: 'ec2' });
    expect(place.instances('running')).toEqual([]);
    await resumed.event('search.all');
    const [mine] = place.instances('running');
    expect(mine?.call.region).toBe('eu-west-1');
    resumed.child.kill('SIGINT');
    expect(runEnded(await resumed.ended)).toMatchObject({ resumes: run, left: [] });
    await place.untilClean();
  });

  test.concurrent('EC2 that cannot be asked is exit 4 for who has used it', async () => {
    const user = on.place();
    await user.run('start --N 1 --T 200 --D 2');
    user.fault({ service: 'ec2', lost: 'before' });
    user.fault({ service: 'sts', lost: 'before' });
    expect((await user.run('scram')).code).toBe(4);
  });

  // Alone, when the others are done: it would end their runs.
  test('leaves the runs of others alone, but lists them; --everyone takes them', async () => {
    const bob = on.place();
    const run = await orphan(bob);
    const alice = on.place();
    expect((await alice.run('ps')).stdout).toContain(run);
    const spared = await alice.run('scram');
    expect(spared.stdout).toMatch(/nothing to terminate/);
    expect(bob.instances('running')).toHaveLength(2);
    expect(await alice.run('scram --everyone')).toMatchObject({ code: 0 });
    await bob.untilClean();
  });
});
