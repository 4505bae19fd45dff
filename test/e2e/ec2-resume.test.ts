import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { EventName } from '../../src/event/event.ts';
import { type RunSnapshot, parseSnapshot, snapshotText } from '../../src/run/resume/snapshot.ts';
import { generateKeyPair } from '../../src/session/ssh/key.ts';
import { type Ended, eventsOf, named, runEnded } from '../helper/cnd.ts';
import { eventually } from '../helper/process.ts';
import { RecordingKernel } from '../helper/recording-kernel.ts';
import { hasStage } from '../helper/stage/available.ts';
import type { Call } from '../helper/stage/aws/call.ts';
import { useStage } from '../helper/stage/use.ts';
import type { StagePlace } from '../helper/stage/workspace.ts';
import { expectWhole, killed } from '../helper/taken-up.ts';

/** What a controller on EC2 keeps of its fleet, as far as it is changed here. */
const ec2Handle = z.looseObject({ hostKeys: z.array(z.string()) });

const kernel = new RecordingKernel();
const limit = 30_000;
const search = `start --N 2 --T 250 --D 16 --limit ${limit} --chunk 1000 --json`;

vi.setConfig({ maxConcurrency: 6 });

/** The controller of a run on EC2 is killed, and another one goes on with the run; each of these as a user of its own. */
describe.runIf(hasStage())('a run on EC2 whose controller is killed', { timeout: 280_000 }, () => {
  const on = useStage({
    shared: true,
    sharedDirectory: kernel.directory,
    pending: 200,
    shuttingDown: 200,
    bootSeconds: 0,
    vcpus: 10_000,
  });
  beforeAll(() => on.stage.createBucket('bucket'));
  afterAll(() => kernel.remove());

  const inBucket = (): StagePlace => on.place({ logs: { bucket: 'bucket' } });

  /** Whether a call has an effect, and this name: its action, and the end of the key of an object. */
  const isCalled = ({ action, parameters }: Call, name: string): boolean => {
    const [word, end] = name.split(' ');
    const { DryRun, Key } = parameters as Record<string, string>;
    return action === word && DryRun !== 'true' && (end === undefined || Key?.endsWith(end) === true);
  };

  /** Kills the controller of a run while a call, which takes so many seconds longer and then has its effect, is under way. */
  const killedDuring = async (place: StagePlace, name: string, seconds: number): Promise<string> => {
    place.fault({ match: (call) => isCalled(call, name), times: 1, delay: seconds * 1000 });
    const cnd = place.start(search);
    const { run } = await cnd.event('run.planned');
    // All have a syslog then, however fast the first one is.
    void cnd.event('search.all').then(
      () => kernel.go(run),
      () => {},
    );
    const call = await eventually(name, () => place.calls().find((one) => isCalled(one, name)));
    cnd.child.kill('SIGKILL');
    await cnd.ended;
    expect(call.status).toBe(0);
    kernel.go(run);
    return run;
  };

  /** That a run was searched to its end, and is whole; its archive is a bucket. */
  const expectExhausted = async (place: StagePlace, run: string, result: Ended): Promise<void> => {
    const ended = runEnded(result);
    expect({ code: result.code, ...ended }).toMatchObject({
      code: 3,
      outcome: 'exhausted',
      exitCode: 3,
      tested: `${limit}`,
      left: [],
      launched: 2,
      terminated: 2,
    });
    expect(ended.coverage.ranges).toEqual([['0', `${limit}`]]);
    expect(kernel.searched(run)).toEqual([[0, limit]]);
    // On a machine that is so busy that an agent says nothing for 6 s, what that has is given to others as well.
    if (ended.coverage.doubled === undefined) expect(kernel.searchedTwice(run)).toBeUndefined();
    expect(readdirSync(join(place.directory, 'logs'))).toEqual([]);
    const objects = [...(await on.stage.objects('bucket'))].filter(([key]) => key.startsWith(`${run}/`));
    const files = new Map(objects.map(([key, body]) => [key.slice(run.length + 1), body]));
    expectWhole({ place, run, files }, result, 2);
    await place.untilClean();
  };

  const moments: readonly EventName[] = ['instance.running', 'instance.uploaded', 'search.stopped'];
  test.concurrent.each(moments)('after %s is taken up: everything is searched, once', async (after) => {
    const place = inBucket();
    const run = await killed(place.start(search), kernel, after);
    kernel.go(run);
    await expectExhausted(place, run, await place.run(`resume ${run} --json`));
  });

  test.concurrent('in mid-search is taken up by one of two, and no instance is lost', async () => {
    const place = inBucket();
    const run = await killed(place.start(search), kernel, 'run.progress');
    const both = [place.start('resume --json'), place.start(`resume ${run} --json`)];
    await Promise.any(both.map((each) => each.event('instance.reconnected')));
    kernel.go(run);
    const results = await Promise.all(both.map(({ ended }) => ended));
    const [winner, loser] = results.toSorted((a, b) => (b.code ?? 0) - (a.code ?? 0));
    expect(loser).toMatchObject({ code: 1, stdout: '' });
    expect(loser?.stderr).toMatch(/is driven by pid/);
    if (!winner) throw new Error('nobody won');
    expect(named(eventsOf(winner), 'instance.lost')).toEqual([]);
    await expectExhausted(place, run, winner);
  });

  const ending = ['DeleteQueue', 'PutObject events.ndjson'];
  test.concurrent.each(ending)('while %s is under way is brought to its end', async (name) => {
    const place = inBucket();
    const run = await killedDuring(place, name, 1.5);
    await expectExhausted(place, run, await place.run(`resume ${run} --json`));
  });

  test.concurrent(
    'replaces an instance that is taken away afterwards, as its first controller would',
    async () => {
      const place = on.place({ ec2: { spot: true } });
      const run = await killed(place.start(`${search} --replace`), kernel, 'run.progress');
      const cnd = place.start(`resume ${run} --json`);
      await cnd.event('instance.reconnected');
      const [taken] = place.instances();
      await on.stage.hypervisor.reclaim(taken?.id ?? '');
      expect(await cnd.event('instance.replaced')).toMatchObject({ replacement: 2 });
      await cnd.event('instance.searching', (event) => 'instance' in event && event.instance === 2);
      kernel.go(run);
      const result = await cnd.ended;
      expect(runEnded(result)).toMatchObject({ outcome: 'exhausted', launched: 3, left: [] });
      await place.untilClean();
    },
  );

  const launching = ['CreateQueue', 'RunInstances'];
  test.concurrent.each(launching)('while %s is under way: what comes of it is cleaned up', async (name) => {
    const place = on.place();
    const run = await killedDuring(place, name, 3);
    const result = await place.run(`resume ${run} --json`);
    expect(runEnded(result)).toMatchObject({ outcome: 'failed', exitCode: 1, tested: '0', left: [] });
    const living = place.instances().filter(({ state }) => state === 'pending' || state === 'running');
    expect(living).toEqual([]);
    await eventually('answers', () =>
      place.calls().every((call) => !isCalled(call, name) || call.status > 0),
    );
    await place.untilClean();
  });

  /** Changes what the controller kept for whoever takes the run up. */
  const alter = (place: StagePlace, run: string, change: (kept: RunSnapshot) => void): void => {
    const path = join(place.state, 'cnd', run, 'resume-1.json');
    const kept = parseSnapshot(readFileSync(path, 'utf8'), run);
    change(kept);
    writeFileSync(path, snapshotText(kept));
  };

  test.concurrent('and whose time is over leaves nothing, and says so', async () => {
    const place = on.place();
    const run = await killed(place.start(search), kernel, 'run.progress');
    // As if it had been so for a while; the instances live until their switches fire.
    alter(place, run, ({ time }) => (time.elapsed = 250));
    const result = await place.run(`resume ${run} --json`);
    const ended = runEnded(result);
    expect(ended).toMatchObject({ outcome: 'time-limit', exitCode: 3, left: [], terminated: 2 });
    expect(ended.elapsed).toBeGreaterThan(250);
    expect(result.code).toBe(3);
    expect(existsSync(join(place.state, 'cnd', run))).toBe(false);
    await place.untilClean();
  });

  test.concurrent(
    'is not gone on with on machines with other keys than its first controller gave them',
    async () => {
      const place = on.place();
      const run = await killed(place.start(search), kernel, 'run.progress');
      const [instance] = place.instances();
      alter(place, run, ({ launch }) => {
        const handle = ec2Handle.parse(launch?.handle);
        expect(instance?.userData.toString()).toContain(`"ed25519_public": "${handle.hostKeys[0]}"`);
        Object.assign(launch ?? {}, { handle: { ...handle, hostKeys: [generateKeyPair().publicKey] } });
      });
      const result = await place.run(`resume ${run} --json`);
      const lost = named(eventsOf(result), 'instance.lost');
      expect(lost.map(({ code }) => code)).toEqual(['ssh-host-key', 'ssh-host-key']);
      expect(runEnded(result)).toMatchObject({ outcome: 'failed', exitCode: 1, left: [], terminated: 2 });
      await place.untilClean();
    },
  );
});
