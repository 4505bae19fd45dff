import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type Cnd, endlessFlags, eventsOf, named, reaching, runEnded } from '../helper/cnd.ts';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import type { Call } from '../helper/stage/aws/call.ts';
import { useStage } from '../helper/stage/use.ts';
import type { StagePlace } from '../helper/stage/workspace.ts';

/** RunInstances, but not the question whether it may be called. */
const realLaunch = {
  action: 'RunInstances',
  match: ({ parameters }: Call) => parameters['DryRun'] !== 'true',
};

/** DescribeInstances of this run, and not of all that there are. */
const ownDescription = {
  action: 'DescribeInstances',
  match: ({ parameters }: Call) => Object.values(parameters).includes('tag:cnd:run'),
};

/** Two instances, until their kernels are released; the golden nonce is in the chunk that the second begins with. */
const shared = '--N 2 --D 5 --chunk 30000 --smallest';

// The longest of them only wait, for more than a minute.
vi.setConfig({ maxConcurrency: 6 });

/** Whatever fails, no instance, queue or group is left, and the exit code is right. All of it at the same time. */
describe.runIf(hasStage()).concurrent('a run on EC2 in trouble', { timeout: 240_000 }, () => {
  const on = useStage({ shared: true, held: true, pending: 200, shuttingDown: 200, vcpus: 10_000 });

  const searching = async (cnd: Cnd, k: number) =>
    cnd.event('instance.searching', (event) => 'instance' in event && event.instance === k);

  /** The id of the instance that cnd calls #k. */
  const idOf = async (cnd: Cnd, k: number): Promise<string> => {
    const event = await cnd.event('instance.launched', (one) => 'instance' in one && one.instance === k);
    return event.event === 'instance.launched' ? event.id : '';
  };

  /** Resolves with what matches as soon as a person is told of it. */
  const said = async (cnd: Cnd, pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      cnd.child.stderr?.on('data', (data: Buffer) => {
        text += data.toString();
        const [found] = pattern.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      });
      cnd.child.on('exit', () => reject(new Error(`it ended without ${pattern}: ${text}`)));
    });

  /** Seconds from the beginning of the last run, told as in events, to its first TerminateInstances. */
  const terminatedAfter = (place: StagePlace, begin: string): number => {
    const calls = place.calls('ec2', 'TerminateInstances');
    const first = calls.find(({ time }) => time >= Date.parse(begin));
    return ((first?.time ?? Infinity) - Date.parse(begin)) / 1000;
  };

  const words = ({ stdout, stderr }: { stdout: string; stderr: string }): string => stdout + stderr;

  /** The run says that it could not clean up, and how somebody can: which then works. */
  const scramAsTold = async (place: StagePlace, said: string): Promise<void> => {
    const [, told = ''] = /cnd (scram --run \d{8}-\d{6}-\w+)/.exec(said) ?? [];
    expect(told).not.toBe('');
    expect(await place.run(told)).toMatchObject({ code: 0 });
    await place.untilClean();
  };

  test('credentials that expire mid-run: exit 4 with the scram command, which then works', async () => {
    const place = on.place();
    const cnd = place.start(`start --N 2 --T 100 ${endlessFlags}`);
    await said(cnd, /searching with/);
    const renew = place.fault({ match: ({ accessKey }) => accessKey.startsWith('AKIA'), error: 'Expired' });
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(result.code).toBe(4);
    expect(words(result)).toMatch(/expired/);
    renew();
    await scramAsTold(place, words(result));
  });

  test('TerminateInstances that fails for ever: exit 4 with what is left and the scram command', async () => {
    const place = on.place();
    const repair = place.fault({ action: 'TerminateInstances', error: 'Internal' });
    const result = await place.run('start --N 2 --T 60 --D 2');
    expect(result.code).toBe(4);
    for (const { id } of place.instances()) expect(words(result)).toContain(id);
    expect(words(result)).not.toMatch(/\d instances? (is|are|was|were) terminated|everything is terminated/);
    repair();
    await scramAsTold(place, words(result));
  });

  test('DescribeInstances that fails from the launch on: what is known is terminated by T', async () => {
    const place = on.place();
    const repair = place.fault({ ...ownDescription, error: 'Internal' });
    const start = (T: number): Cnd => place.start(`start --N 2 --T ${T} --D 2 --json`);
    const { cnd, timeLimit } = await reaching(start, 'launch.started', 40);
    const { time } = await cnd.event('run.planned');
    const result = await cnd.ended;
    expect([3, 4]).toContain(result.code);
    expect(terminatedAfter(place, time)).toBeLessThan(timeLimit);
    repair();
    expect(await place.run('scram')).toMatchObject({ code: 0 });
    await place.untilClean();
  });

  test('SQS, then S3 unreachable for ever: everything that costs is gone, and exit 4 names the queue', async () => {
    await on.stage.createBucket('both');
    const place = on.place({ logs: { bucket: 'both' } });
    const cnd = place.start(`start --N 2 --T 200 ${endlessFlags}`);
    const run = await said(cnd, /\d{8}-\d{6}-\w+/);
    await said(cnd, /all searching/);
    const repairs = [place.fault({ service: 'sqs', lost: 'before' })];
    await said(cnd, /queue .* cannot be read/);
    repairs.push(place.fault({ service: 's3', lost: 'before' }));
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(result.code).toBe(4);
    expect(await place.orphans()).toEqual([`queue cnd-${run} in us-east-1`]);
    expect(words(result)).toContain(`queue cnd-${run} cannot be deleted`);
    expect(words(result)).toContain(`cnd logs push ${run}`);
    expect(words(result)).toMatch(/2 launched, all terminated/);
    for (const repair of repairs) repair();
    expect(await place.run(`logs push ${run}`)).toMatchObject({ code: 0 });
    await scramAsTold(place, words(result));
  });

  test('a network that is cut in the middle and never comes back: all are terminated by T', async () => {
    const place = on.place();
    const start = (T: number): Cnd => place.start(`start --N 2 --T ${T} ${endlessFlags} --json`);
    const { cnd, timeLimit } = await reaching(start, 'search.all', 50);
    const { time } = await cnd.event('run.planned');
    place.stall();
    const result = await cnd.ended;
    const { outcome, exitCode, left } = runEnded(result);
    expect({ outcome, exitCode, left }).toEqual(
      outcome === 'failed'
        ? { outcome: 'failed', exitCode: 1, left: [] }
        : { outcome: 'time-limit', exitCode: 3, left: [] },
    );
    expect(terminatedAfter(place, time)).toBeLessThan(timeLimit);
    expect(named(eventsOf(result), 'logs.missing')).toHaveLength(2);
    await place.untilClean();
  });

  test('RunInstances that is never answered ends with Ctrl-C, when it can have no effect any more', async () => {
    const place = on.place();
    place.fault({ ...realLaunch, hang: true });
    const cnd = place.start('start --N 2 --T 200 --D 2 --json');
    await eventually('the launch', () => place.calls('ec2', 'RunInstances').some(realLaunch.match), 100);
    const begin = performance.now();
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'interrupted', exitCode: 130, left: [] });
    // The call is given up after 30 s, and then looked for instances for some more.
    expect((performance.now() - begin) / 1000).toBeLessThan(90);
    await place.untilClean();
  });

  test('an instance that never boots does not keep the others from finding', async () => {
    const place = on.place();
    place.injectFault({ instance: 1, neverBoots: true });
    const ended = runEnded(await place.run('start --N 3 --T 200 --D 2 --json'));
    expect(ended).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
    await place.untilClean();
  });

  test('one with another host key gets nothing, and the others go on', async () => {
    const place = on.place();
    place.injectFault({ instance: 0, wrongHostKey: true });
    const cnd = place.start(`start --N 3 --T 200 ${endlessFlags} --json`);
    const lost = await cnd.event('instance.lost');
    expect(lost).toMatchObject({ instance: 0, reason: expect.stringMatching(/host key/) as string });
    await cnd.event('search.all');
    cnd.child.kill('SIGINT');
    expect((await cnd.ended).code).toBe(130);
    await place.untilClean();
  });

  test('all with another host key: the run fails, and says why', async () => {
    const place = on.place();
    place.injectFault({ instance: 0, wrongHostKey: true });
    const result = await place.run('start --N 1 --T 200 --D 2 --json');
    expect(runEnded(result)).toMatchObject({ outcome: 'failed', exitCode: 1 });
    expect(result.stdout).toMatch(/host key/);
    await place.untilClean();
  });

  test('what one that fails mid-search held is searched by the others', async () => {
    const place = on.place();
    const cnd = place.start(`start ${shared} --T 200 --json`);
    await searching(cnd, 1);
    await on.stage.hypervisor.fail(await idOf(cnd, 1));
    await cnd.event('instance.adopted');
    place.release();
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'found', nonce: '46697', exitCode: 0, left: [] });
    expect(named(eventsOf(result), 'instance.adopted').map(({ instance }) => instance)).toContain(0);
    await place.untilClean();
  });

  test('what a spot instance held that is interrupted mid-search is searched by the others', async () => {
    const place = on.place({ ec2: { spot: true } });
    const cnd = place.start(`start ${shared} --T 200 --json`);
    await searching(cnd, 1);
    await on.stage.hypervisor.reclaim(await idOf(cnd, 1));
    await cnd.event('instance.adopted');
    place.release();
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'found', nonce: '46697', exitCode: 0, left: [] });
    const events = eventsOf(result);
    expect(named(events, 'instance.adopted').map(({ instance }) => instance)).toContain(0);
    const reasons = named(events, 'instance.lost').map(({ reason }) => reason);
    expect(reasons.join()).toMatch(/SpotInstanceTermination/);
    await place.untilClean();
  });

  test('an interruption notice ends the search there at once, and another instance takes its place', async () => {
    const place = on.place({ ec2: { spot: true } });
    const cnd = place.start(`start --N 2 ${endlessFlags} --T 200 --replace --json`);
    await searching(cnd, 1);
    const id = await idOf(cnd, 1);
    const instance = on.stage.ec2.instances.get(id);
    if (!instance) throw new Error('no such instance');
    const time = new Date(Date.now() + 120_000).toISOString().replace(/\.\d+Z/, 'Z');
    instance.notice = { action: 'terminate', time };
    const notice = await cnd.event('instance.interrupted');
    expect(notice).toMatchObject({ instance: 1, action: 'terminate', time });
    await cnd.event('instance.adopted');
    expect(await cnd.event('instance.replaced')).toMatchObject({ instance: 1, replacement: 2 });
    // What it held has been given to others while it still ran.
    expect(instance.state).toBe('running');
    await on.stage.hypervisor.reclaim(id);
    await searching(cnd, 2);
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ exitCode: 130, launched: 3, left: [] });
    expect(named(eventsOf(result), 'instance.replaced')).toHaveLength(1);
    await place.untilClean();
  });

  test('a machine that dies without EC2 noticing is given up, and terminated in the end', async () => {
    const place = on.place();
    const cnd = place.start(`start ${shared} --T 200 --json`);
    await searching(cnd, 1);
    const id = await idOf(cnd, 1);
    const instance = on.stage.ec2.instances.get(id);
    on.stage.jump.stall(instance?.publicIp);
    await on.stage.hypervisor.freeze(id);
    await cnd.event('instance.adopted');
    place.release();
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'found', nonce: '46697', exitCode: 0, left: [] });
    expect(named(eventsOf(result), 'instance.adopted').map(({ instance: k }) => k)).toContain(0);
    const codes = named(eventsOf(result), 'instance.lost').map(({ code }) => code);
    expect(codes).toContain('agent-unreachable');
    expect(instance?.reason?.code).toBe('Client.UserInitiatedShutdown');
    await place.untilClean();
  });

  test('halt inside of an instance does not terminate it: the cleanup does', async () => {
    const place = on.place();
    const cnd = place.start(`start ${shared} --T 200 --json`);
    await searching(cnd, 1);
    const id = await idOf(cnd, 1);
    await on.stage.hypervisor.halt(id);
    await cnd.event('instance.lost', (event) => 'instance' in event && event.instance === 1);
    expect(on.stage.ec2.instances.get(id)?.state).toBe('running');
    place.release();
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'found', nonce: '46697', exitCode: 0, left: [] });
    expect(on.stage.ec2.instances.get(id)?.reason?.code).toBe('Client.UserInitiatedShutdown');
    await place.untilClean();
  });

  test('connections that are cut in the middle are made again', async () => {
    const place = on.place();
    const cnd = place.start(`start ${shared} --T 200 --json`);
    await cnd.event('search.all');
    for (const { publicIp } of place.instances()) on.stage.jump.drop(publicIp);
    for (const k of [0, 1])
      await cnd.event('instance.reconnected', (event) => 'instance' in event && event.instance === k);
    place.release();
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'found', nonce: '46697', exitCode: 0, left: [] });
    const events = eventsOf(result);
    expect(named(events, 'instance.disconnected').map(({ code }) => code)).toEqual([
      'session-lost',
      'session-lost',
    ]);
    expect(
      named(events, 'instance.reconnected')
        .map(({ instance }) => instance)
        .toSorted((a, b) => a - b),
    ).toEqual([0, 1]);
    expect(named(events, 'instance.lost')).toEqual([]);
    await place.untilClean();
  });

  test('an instance whose switch is not armed is not searched on', async () => {
    const place = on.place();
    place.injectFault({ instance: 0, disarms: true });
    const result = await place.run('start --N 2 --T 200 --D 2 --json');
    expect(named(eventsOf(result), 'instance.armed').map(({ instance }) => instance)).not.toContain(0);
    expect(runEnded(result)).toMatchObject({ outcome: 'found' });
    await place.untilClean();
  });

  test('no switch is armed: nothing is searched, and the run fails', async () => {
    const place = on.place();
    place.injectFault({ instance: 0, disarms: true }, { instance: 1, disarms: true });
    const result = await place.run('start --N 2 --T 200 --D 2 --json');
    expect(runEnded(result)).toMatchObject({ outcome: 'failed', exitCode: 1, tested: '0', left: [] });
    expect(runEnded(result).reason).toMatch(/switch is not armed/);
    expect(named(eventsOf(result), 'instance.uploaded')).toEqual([]);
    await place.untilClean();
  });

  test('capacity for three of eight: three it is, and the stride follows', async () => {
    const place = on.place();
    on.stage.ec2.capacity.push({ of: place.name, most: 3 });
    const result = await place.run('start --N 8 --T 200 --D 2 --json');
    expect(runEnded(result)).toMatchObject({ outcome: 'found', coverage: { stride: 3 } });
    expect(place.instances()).toHaveLength(3);
    expect(
      named(eventsOf(result), 'warning')
        .map(({ message }) => message)
        .join(),
    ).toMatch(/3 of 8/);
    await place.untilClean();
  });

  test('too little capacity for --min-N launches nothing in the end', async () => {
    const place = on.place();
    on.stage.ec2.capacity.push({ of: place.name, most: 3 });
    const result = await place.run('start --N 8 --min-N 4 --T 200 --D 2 --json');
    expect(result.code).toBe(1);
    await place.untilClean();
  });

  test('no capacity in one zone: the next one has it; for one type: the next one', async () => {
    const place = on.place({ ec2: { types: ['c7a.medium', 'c7a.large'] } });
    on.stage.ec2.capacity.push(
      { of: place.name, zone: 'us-east-1a', most: 0 },
      { of: place.name, type: 'c7a.medium', most: 2 },
    );
    const result = await place.run('start --N 3 --T 200 --D 2 --json');
    expect(runEnded(result).outcome).toBe('found');
    expect(place.instances().map(({ type }) => type)).toEqual(['c7a.medium', 'c7a.medium', 'c7a.large']);
    expect(place.instances().map(({ zone }) => zone)).not.toContain('us-east-1a');
    await place.untilClean();
  });

  test('a quota that is too small is told at once, with its number', async () => {
    const place = on.place({ ec2: { region: 'us-west-2' } });
    on.stage.ec2.quotas.set('us-west-2', 5);
    const result = await place.run('start --N 8 --min-N 8 --T 200 --D 2');
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(/5.*(us-west-2|L-1216C47A)/s);
    expect(place.instances()).toEqual([]);
    await place.untilClean();
  });

  test('a lost answer to RunInstances launches nothing twice', async () => {
    const place = on.place();
    place.fault({ ...realLaunch, lost: 'after', times: 1 });
    const result = await place.run('start --N 3 --T 200 --D 2 --json');
    expect(runEnded(result)).toMatchObject({ outcome: 'found', exitCode: 0 });
    expect(place.instances()).toHaveLength(3);
    await place.untilClean();
  });

  test('answers to RunInstances that are lost for ever leave nothing', async () => {
    const place = on.place();
    place.fault({ ...realLaunch, lost: 'after' });
    const start = (T: number): Cnd => place.start(`start --N 3 --T ${T} --D 2 --json`);
    const { cnd } = await reaching(start, 'launch.started', 30);
    const result = await cnd.ended;
    expect(runEnded(result).outcome).not.toBe('found');
    expect(place.instances()).toHaveLength(3);
    await place.untilClean();
  });

  test('RunInstances that fails within EC2 several times is tried again', async () => {
    const place = on.place();
    place.fault({ ...realLaunch, error: 'Internal', times: 4 });
    const result = await place.run('start --N 2 --T 200 --D 2 --json');
    expect(runEnded(result)).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
    expect(place.instances()).toHaveLength(2);
    await place.untilClean();
  });

  test('TerminateInstances that fails for some seconds is tried until it works', async () => {
    const place = on.place();
    place.fault({ action: 'TerminateInstances', error: 'Internal', times: 8 });
    const result = await place.run('start --N 2 --T 200 --D 2 --json');
    expect(runEnded(result)).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
    expect(named(eventsOf(result), 'instance.terminated')).toHaveLength(2);
    await place.untilClean();
  });

  test('SQS unreachable from the start: the run goes on over SSH, and says so', async () => {
    const place = on.place();
    const repair = place.fault({ service: 'sqs', lost: 'before' });
    const cnd = place.start('start --N 2 --T 200 --D 2 --json');
    await cnd.event('hit');
    expect(place.calls('sqs').every(({ status }) => status === 0)).toBe(true);
    // Whether the queue was made after all is asked until it is known.
    setTimeout(repair, 2000);
    const result = await cnd.ended;
    expect(runEnded(result)).toMatchObject({ outcome: 'found', exitCode: 0 });
    expect(result.stdout).toMatch(/"event":"warning"[^\n]*(sqs|SQS|queue)/);
    await place.untilClean();
  });

  test('SQS unreachable in the middle', async () => {
    const place = on.place();
    const cnd = place.start(`start --N 2 --T 200 ${endlessFlags} --json`);
    await cnd.event('search.all');
    place.fault({ service: 'sqs', match: ({ action }) => action !== 'DeleteQueue', lost: 'before' });
    cnd.child.kill('SIGINT');
    expect((await cnd.ended).code).toBe(130);
    await place.untilClean();
  });

  test('S3 unreachable after the start keeps the local copies and names the command', async () => {
    await on.stage.createBucket('bucket');
    const place = on.place({ logs: { bucket: 'bucket' } });
    const cnd = place.start(`start --N 2 --T 200 ${endlessFlags} --json`);
    const { run: id } = await cnd.event('search.all');
    const repair = place.fault({ service: 's3', lost: 'before' });
    cnd.child.kill('SIGINT');
    const result = await cnd.ended;
    expect(words(result)).toContain(`cnd logs push ${id}`);
    expect(readdirSync(join(place.directory, 'logs', id))).toContain('Instance1.log.gz');
    await place.untilClean();
    repair();
    expect(await place.run(`logs push ${id}`)).toMatchObject({ code: 0 });
    expect([...(await on.stage.objects('bucket')).keys()]).toContain(`${id}/Instance1.log.gz`);
  });

  test('S3 unreachable from the start: nothing is launched', async () => {
    await on.stage.createBucket('away');
    const place = on.place({ logs: { bucket: 'away' } });
    place.fault({ service: 's3', lost: 'before' });
    const result = await place.run('start --N 2 --T 200 --D 2');
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/bucket away.*cannot be reached/);
    expect(result.stderr).not.toMatch(/cnd init/);
    expect(place.instances()).toEqual([]);
    await place.untilClean();
  });

  test('no bucket: nothing is launched', async () => {
    const place = on.place({ logs: { bucket: 'nobucket' } });
    const result = await place.run('start --N 2 --T 200 --D 2');
    expect(result).toMatchObject({ code: 2, stderr: expect.stringMatching(/cnd init/) as string });
    expect(place.instances()).toEqual([]);
    await place.untilClean();
  });

  test('T reached before SSH is up', async () => {
    const place = on.place();
    place.injectFault(...[0, 1].map((instance) => ({ instance, bootSeconds: 300 })));
    const start = (T: number): Cnd => place.start(`start --N 2 --T ${T} --D 2 --json`);
    const { cnd, timeLimit } = await reaching(start, 'instance.launched', 30);
    const result = await cnd.ended;
    expect(result.code).toBe(3);
    expect(terminatedAfter(place, eventsOf(result)[0]?.time ?? '')).toBeLessThan(timeLimit);
    await place.untilClean();
  });
});
