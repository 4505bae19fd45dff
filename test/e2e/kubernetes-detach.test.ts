import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { KubernetesApi } from '../../src/fleet/kubernetes/api.ts';
import { openClient } from '../../src/fleet/kubernetes/kubernetes.ts';
import { coveredBy } from '../../src/search/covered.ts';
import { runRecord } from '../../src/event/record.ts';
import { type Ended, eventsOf, named, runEnded } from '../helper/cnd.ts';
import { ApiProxy, type Intercepted } from '../helper/kubernetes/api-proxy.ts';
import { hasCluster } from '../helper/kubernetes/installed.ts';
import type { KubernetesPlace } from '../helper/kubernetes/place.ts';
import { elsewhere, useCluster } from '../helper/kubernetes/use.ts';
import { eventually } from '../helper/process.ts';

const jobs = z.object({
  items: z.array(
    z.object({ metadata: z.object({ name: z.string() }), spec: z.object({ suspend: z.boolean() }) }),
  ),
});

describe.runIf(hasCluster())('a detached run on Kubernetes', { timeout: 240_000 }, () => {
  const used = useCluster('detach');
  let place: KubernetesPlace;
  beforeEach(async () => {
    place = await used.place();
  });

  async function started(args: string): Promise<string> {
    const ended = await place.run(['start', '--detach', ...args.split(' ')]);
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('searches by itself')]);
    return ended.stdout.trim();
  }

  /** What a resume on another machine said that was killed by SIGKILL when it was about to send such a request. */
  async function killedAt(
    name: string,
    run: string,
    isIt: (request: Intercepted) => boolean,
  ): Promise<Ended> {
    let kill = (): Promise<unknown> => Promise.resolve();
    const proxy = await ApiProxy.start(used.cluster, `${place.namespace}-user`, async (request) => {
      if (!isIt(request)) return;
      await kill();
      return 'drop';
    });
    await place.addContext(name, proxy.url);
    const cnd = place.start(['resume', run, '--context', name, '--json'], elsewhere(place, name));
    kill = () => {
      cnd.child.kill('SIGKILL');
      return cnd.ended;
    };
    const ended = await cnd.ended;
    proxy.stop();
    expect([ended.signal, ended.stderr]).toEqual(['SIGKILL', expect.any(String)]);
    return ended;
  }

  async function untilClean(run: string): Promise<void> {
    await place.untilClean(run);
    await eventually('no ConfigMap', async () => {
      const names = await used.cluster.kubectl(['-n', place.namespace, 'get', 'configmaps', '-o', 'name']);
      return !names.includes(run);
    });
  }

  test('its controller is killed at once after the launch: resume on another machine verifies the hit and keeps the record', async () => {
    const cnd = place.start('start --detach --N 3 --T 150 --D 5 --json'.split(' '));
    const { run } = await cnd.event('launch.started');
    await eventually('the Job begins', async () => {
      const text = await used.cluster.kubectl(['-n', place.namespace, 'get', 'jobs', '-o', 'json']);
      return jobs.parse(JSON.parse(text)).items.some(({ spec }) => !spec.suspend);
    });
    cnd.child.kill('SIGKILL');
    await cnd.ended;
    // Its machine is gone, with whatever state it had not removed yet.
    rmSync(join(place.state, 'cnd', run), { recursive: true, force: true });
    // It is killed as it claims the run, and again once everything is recorded: nothing is lost, and each goes on from there.
    await killedAt('claim', run, ({ method }) => method === 'PATCH');
    const folder = join(place.directory, 'logs', run);
    expect(existsSync(folder)).toBe(false);
    const resumed = await killedAt('delete', run, ({ method }) => method === 'DELETE');
    const record = () => runRecord.parse(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')));
    const recorded = record();
    expect(recorded).toMatchObject({ detached: true, ended: { outcome: 'found', terminated: 3, left: [] } });
    expect((await place.left(run)).join()).toContain(`job.batch/cnd-${run}`);
    const again = await place.run(['resume', run, '--json'], elsewhere(place));
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('was recorded before')]);
    const ended = runEnded(again);
    expect(ended).toMatchObject({ outcome: 'found', exitCode: 0, launched: 3, terminated: 3, left: [] });
    expect(record()).toEqual(recorded);
    const [hit] = named(eventsOf(resumed), 'hit');
    expect(hit).toMatchObject({ nonce: ended.nonce, digest: expect.stringMatching(/^00000/) });
    expect(recorded).toMatchObject({
      run,
      config: { N: 3, T: 150, fleet: 'kubernetes' },
      ended: { outcome: 'found', nonce: ended.nonce },
    });
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
    // Only of those whose end was seen.
    const { tested, coverage } = ended;
    const covered = [...coveredBy(coverage, 2n ** 32n)].reduce((sum, [lo, hi]) => sum + hi - lo, 0n);
    expect(covered).toBe(BigInt(tested));
    await untilClean(run);
    const replay = await place.run(['logs', 'replay', run], elsewhere(place));
    expect(replay.stdout + replay.stderr).toContain(`found golden nonce ${ended.nonce}`);
  });

  test('T is over: attach shows what there is, resume claims exactly what all pods tested', async () => {
    const run = await started('--N 2 --T 40 --D 16 --kernel python');
    const ps = await place.run(['ps', '--namespace', place.namespace], elsewhere(place));
    expect(ps.stdout).toContain(
      `${run} searches by itself: cnd attach ${run} --namespace ${place.namespace}\n`,
    );
    const { KUBECONFIG } = place.env;
    const api = new KubernetesApi(await openClient({ KUBECONFIG }, {}), place.namespace);
    await eventually('both pods', async () => (await api.pods(run)).length === 2);
    const pages = await api.listedPods(run, undefined, 1);
    expect(pages.items).toHaveLength(2);
    const attached = place.run(['attach', run, '--json'], elsewhere(place));
    // Two at once, on different machines: one does it, the other says so.
    const both = [1, 2].map((machine) =>
      place.start(['resume', run, '--json'], elsewhere(place, `${machine}`)),
    );
    const loser = await Promise.race(both.map(async (cnd) => ({ cnd, ended: await cnd.ended })));
    expect([loser.ended.code, loser.ended.stdout]).toEqual([1, '']);
    expect(loser.ended.stderr).toMatch(new RegExp(`run ${run} is being resumed by \\S+ \\(pid \\d+\\)`));
    const winner = both.find((cnd) => cnd !== loser.cnd);
    // One that does not answer any more is taken for dead; it notices when it wakes up.
    winner?.child.kill('SIGSTOP');
    const third = place.start(['resume', run, '--json'], elsewhere(place, '3'));
    await third.event('run.planned');
    winner?.child.kill('SIGCONT');
    const superseded = await winner?.ended;
    expect([superseded?.code, superseded?.stderr]).toEqual([
      1,
      expect.stringContaining('resumed by another cnd'),
    ]);
    const watched = await attached;
    expect(watched.code).toBe(3);
    expect(named(eventsOf(watched), 'instance.stopped')).toMatchObject([
      { instance: 0, reason: 'deadline' },
      { instance: 1, reason: 'deadline' },
    ]);
    const resumed = await third.ended;
    const ended = runEnded(resumed);
    expect(ended).toMatchObject({ outcome: 'time-limit', exitCode: 3, left: [] });
    expect(BigInt(ended.tested)).toBeGreaterThan(0n);
    const sum = named(eventsOf(resumed), 'instance.progress').reduce((all_, { hashes }) => all_ + hashes, 0);
    expect(Number(ended.tested)).toBe(sum);
    expect(ended.elapsed).toBeLessThan(45);
    await untilClean(run);
  });

  test('who interrupts a resume leaves the run searching; scram deletes it', async () => {
    const run = await started('--N 2 --T 150 --D 16 --kernel python');
    const waiting = place.start(['resume', run, '--json'], elsewhere(place));
    await waiting.event('instance.running');
    waiting.child.kill('SIGINT');
    const left = await waiting.ended;
    expect([left.code, left.stderr]).toEqual([130, expect.stringContaining(`${run} searches on`)]);
    expect(existsSync(join(place.directory, 'logs', run))).toBe(false);
    expect(await place.left(run)).not.toEqual([]);
    // It has left its claim, too: nobody waits for it.
    const next = place.start(['resume', run, '--json'], elsewhere(place));
    await next.event('run.planned');
    next.child.kill('SIGINT');
    expect((await next.ended).stderr).not.toContain('waiting for');
    const scram = await place.run(['scram', '--run', run], elsewhere(place));
    expect([scram.code, scram.stdout]).toEqual([0, expect.stringContaining('terminated')]);
    await untilClean(run);
    const gone = await place.run(['resume', run], elsewhere(place));
    expect(gone.code).toBe(2);
  });

  test('ps, attach and scram ask an API server again that restarts at that moment', async () => {
    const run = await started('--N 1 --T 200 --D 16 --kernel python');
    let drops = 0;
    const proxy = await ApiProxy.start(used.cluster, `${place.namespace}-user`, () => {
      drops -= 1;
      return drops < 0 ? undefined : 'drop';
    });
    await place.addContext('restarting', proxy.url);
    const context = ['--context', 'restarting'];
    drops = 4;
    const listed = await place.run(['ps', '--json', ...context], elsewhere(place));
    expect([listed.code, listed.stderr, listed.stdout]).toEqual([0, '', expect.stringContaining(run)]);
    drops = 4;
    const attached = place.start(['attach', run, '--json', ...context], elsewhere(place));
    await attached.event('instance.searching');
    attached.child.kill('SIGINT');
    expect((await attached.ended).stderr).not.toContain('cannot be checked');
    drops = 4;
    const scram = await place.run(['scram', '--run', run, ...context], elsewhere(place));
    expect([scram.code, scram.stdout]).toEqual([0, expect.stringContaining('terminated')]);
    proxy.stop();
    await untilClean(run);
  });
});
