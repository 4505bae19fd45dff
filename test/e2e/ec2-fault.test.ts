import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf, named, runEnded } from '../helper/cnd.ts';
import { hasStage } from '../helper/stage/available.ts';
import type { Call } from '../helper/stage/aws/call.ts';
import { Stage } from '../helper/stage/stage.ts';
import { type PlaceOptions, type StagePlace, stagePlace } from '../helper/stage/workplace.ts';

/** RunInstances, but not the question whether it may be called. */
const realLaunch = {
  action: 'RunInstances',
  match: ({ parameters }: Call) => parameters['DryRun'] !== 'true',
};

/** Whatever fails, no instance, queue or group is left, and the exit code is right. */
describe.runIf(hasStage())('a run on EC2 in trouble', { timeout: 90_000 }, () => {
  let stage: Stage;
  const places: StagePlace[] = [];

  beforeAll(async () => {
    stage = await Stage.open();
  }, 60_000);
  afterEach(async () => {
    for (const place of places.splice(0)) place.remove();
    await stage.reset();
  });
  afterAll(async () => stage.close());

  const place = (options: PlaceOptions = {}): StagePlace => {
    const made = stagePlace(stage, options);
    places.push(made);
    return made;
  };

  test('an instance that never boots does not keep the others from finding', async () => {
    stage.hypervisor.misfortunes = [{ instance: 1, neverBoots: true }];
    const ended = runEnded(await place().run('start --N 3 --T 60 --D 2 --json'));
    expect(ended).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
    await stage.untilClean();
  });

  test('one with another host key gets nothing, and the others go on', async () => {
    stage.hypervisor.misfortunes = [{ instance: 0, wrongHostKey: true }];
    const cnd = place().start('start --N 3 --T 60 --D 16 --json');
    const lost = await cnd.event('instance.lost');
    expect(lost).toMatchObject({ instance: 0, reason: expect.stringMatching(/host key/) as string });
    await cnd.event('search.all');
    cnd.child.kill('SIGINT');
    expect((await cnd.ended).code).toBe(130);
    await stage.untilClean();
  });

  test('all with another host key: the run fails, and says why', async () => {
    stage.hypervisor.misfortunes = [{ instance: 0, wrongHostKey: true }];
    const result = await place().run('start --N 1 --T 60 --D 2 --json');
    expect(runEnded(result)).toMatchObject({ outcome: 'failed', exitCode: 1 });
    expect(result.stdout).toMatch(/host key/);
    await stage.untilClean();
  });

  test('what one that fails mid-search held is searched by the others', async () => {
    const cnd = place().start('start --N 2 --T 70 --D 4 --smallest --chunk 20000 --kernel python --json');
    await cnd.event(
      'instance.searching',
      (event) => event.event === 'instance.searching' && event.instance === 1,
    );
    await stage.hypervisor.fail(stage.instances().find(({ number }) => number === 1)?.id ?? '');
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
    await stage.untilClean();
  });

  test('an instance whose switch is not armed is not searched on', async () => {
    stage.hypervisor.misfortunes = [{ instance: 0, disarms: true }];
    const result = await place().run('start --N 2 --T 60 --D 2 --json');
    expect(named(eventsOf(result), 'instance.armed').map(({ instance }) => instance)).not.toContain(0);
    expect(runEnded(result)).toMatchObject({ outcome: 'found' });
    await stage.untilClean();
  });

  test('capacity for three of eight: three it is, and the stride follows', async () => {
    stage.ec2.capacity = [{ most: 3 }];
    const result = await place().run('start --N 8 --T 60 --D 2 --json');
    expect(runEnded(result)).toMatchObject({ outcome: 'found', coverage: { stride: 3 } });
    expect(stage.instances()).toHaveLength(3);
    expect(
      named(eventsOf(result), 'warning')
        .map(({ message }) => message)
        .join(),
    ).toMatch(/3 of 8/);
    await stage.untilClean();
  });

  test('too little capacity for --min-N launches nothing in the end', async () => {
    stage.ec2.capacity = [{ most: 3 }];
    const result = await place().run('start --N 8 --min-N 4 --T 60 --D 2 --json');
    expect(result.code).toBe(1);
    await stage.untilClean();
  });

  test('no capacity in one zone: the next one has it; for one type: the next one', async () => {
    stage.ec2.capacity = [
      { zone: 'us-east-1a', most: 0 },
      { type: 'c7a.medium', most: 2 },
    ];
    const options = { ec2: { types: ['c7a.medium', 'c7a.large'] } };
    const result = await place(options).run('start --N 3 --T 60 --D 2 --json');
    expect(runEnded(result).outcome).toBe('found');
    expect(stage.instances().map(({ type }) => type)).toEqual(['c7a.medium', 'c7a.medium', 'c7a.large']);
    expect(stage.instances().map(({ zone }) => zone)).not.toContain('us-east-1a');
    await stage.untilClean();
  });

  test('a quota that is too small is told at once, with its number', async () => {
    Object.assign(stage.ec2.options, { vcpus: 5 });
    const result = await place().run('start --N 8 --min-N 8 --T 60 --D 2');
    Object.assign(stage.ec2.options, { vcpus: 256 });
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(/5.*(us-east-1|L-1216C47A)/s);
    expect(stage.instances()).toEqual([]);
    await stage.untilClean();
  });

  test('a lost answer to RunInstances launches nothing twice', async () => {
    stage.faults.add({ ...realLaunch, lost: 'after', times: 1 });
    const result = await place().run('start --N 3 --T 60 --D 2 --json');
    expect(runEnded(result)).toMatchObject({ outcome: 'found', exitCode: 0 });
    expect(stage.instances()).toHaveLength(3);
    await stage.untilClean();
  });

  test('answers to RunInstances that are lost for ever leave nothing', async () => {
    stage.faults.add({ ...realLaunch, lost: 'after' });
    const result = await place().run('start --N 3 --T 30 --D 2 --json');
    expect(runEnded(result).outcome).not.toBe('found');
    expect(stage.instances()).toHaveLength(3);
    await stage.untilClean();
  });

  test('SQS unreachable from the start: the run goes on over SSH, and says so', async () => {
    const repair = stage.faults.add({ service: 'sqs', lost: 'before' });
    const cnd = place().start('start --N 2 --T 80 --D 2 --json');
    await cnd.event('hit');
    expect(stage.calls('sqs').every(({ status }) => status === 0)).toBe(true);
    // Whether the queue was made after all is asked until it is known.
    setTimeout(repair, 2000);
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'found', exitCode: 0 });
    expect(result.stdout).toMatch(/"event":"warning"[^\n]*(sqs|SQS|queue)/);
    await stage.untilClean();
  });

  test('SQS unreachable in the middle', async () => {
    const cnd = place().start('start --N 2 --T 80 --D 16 --json');
    await cnd.event('search.all');
    stage.faults.add({ service: 'sqs', match: ({ action }) => action !== 'DeleteQueue', lost: 'before' });
    cnd.child.kill('SIGINT');
    expect((await cnd.ended).code).toBe(130);
    await stage.untilClean();
  });

  test('S3 unreachable after the start keeps the local copies and names the command', async () => {
    await stage.createBucket('bucket');
    const { start, directory, run } = place({ logs: { bucket: 'bucket' } });
    const cnd = start('start --N 2 --T 80 --D 16 --json');
    const { run: id } = await cnd.event('search.all');
    const repair = stage.faults.add({ service: 's3', lost: 'before' });
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(result.stdout + result.stderr).toContain(`cnd logs push ${id}`);
    expect(readdirSync(join(directory, 'logs', id))).toContain('Instance1.log.gz');
    await stage.untilClean();
    repair();
    expect(await run(`logs push ${id}`)).toMatchObject({ code: 0 });
    expect([...(await stage.objects('bucket')).keys()]).toContain(`${id}/Instance1.log.gz`);
  });

  test('no bucket: nothing is launched', async () => {
    const result = await place({ logs: { bucket: 'nobucket' } }).run('start --N 2 --T 60 --D 2');
    expect(result).toMatchObject({ code: 2, stderr: expect.stringMatching(/cnd init/) as string });
    expect(stage.instances()).toEqual([]);
    await stage.untilClean();
  });

  test('credentials that expire mid-run: exit 4 with the scram command, which then works', async () => {
    const { start, run } = place();
    const cnd = start('start --N 2 --T 25 --D 16');
    await new Promise<void>((resolve) => {
      cnd.child.stderr?.on('data', (data: Buffer) => data.toString().includes('searching') && resolve());
    });
    const renew = stage.expireCredentials();
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(result.code).toBe(4);
    expect(result.stdout + result.stderr).toMatch(/cnd scram --run/);
    renew();
    expect((await run('scram')).code).toBe(0);
    await stage.untilClean();
  }, 150_000);

  test('T reached before SSH is up', async () => {
    stage.hypervisor.misfortunes = [0, 1].map((instance) => ({ instance, bootSeconds: 60 }));
    const result = await place().run('start --N 2 --T 24 --D 2 --json');
    expect(result.code).toBe(3);
    const first = stage.calls('ec2', 'TerminateInstances')[0]?.time ?? Infinity;
    const begin = Date.parse(eventsOf(result)[0]?.time ?? '');
    expect((first - begin) / 1000).toBeLessThan(24);
    await stage.untilClean();
  });
});
