import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { KubernetesApi } from '../../src/fleet/kubernetes/api.ts';
import { openClient } from '../../src/fleet/kubernetes/kubernetes.ts';
import { coveredBy } from '../../src/search/covered.ts';
import { eventsOf, named, runEnded } from '../helper/cnd.ts';
import { Cluster, clusterTimeout } from '../helper/kubernetes/cluster.ts';
import { hasCluster } from '../helper/kubernetes/installed.ts';
import { type KubernetesPlace, kubernetesPlace } from '../helper/kubernetes/place.ts';
import { eventually } from '../helper/process.ts';

const jobs = z.object({
  items: z.array(
    z.object({ metadata: z.object({ name: z.string() }), spec: z.object({ suspend: z.boolean() }) }),
  ),
});

describe.runIf(hasCluster())('a detached run on Kubernetes', { timeout: 240_000 }, () => {
  let cluster: Cluster;
  let place: KubernetesPlace;
  let elsewhere: NodeJS.ProcessEnv;
  let count = 0;
  beforeAll(async () => {
    cluster = await Cluster.start();
  }, clusterTimeout);
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    place = await kubernetesPlace(cluster, `detach-${Date.now()}-${count++}`);
    elsewhere = { XDG_STATE_HOME: join(place.directory, 'elsewhere') };
  });
  afterEach(async () => {
    place.remove();
    await cluster.kubectl(['delete', 'namespace', place.namespace, '--wait=false', '--ignore-not-found']);
  });

  async function started(args: string): Promise<string> {
    const ended = await place.run(['start', '--detach', ...args.split(' ')]);
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('searches by itself')]);
    return ended.stdout.trim();
  }

  async function untilClean(run: string): Promise<void> {
    await place.untilClean(run);
    await eventually('no ConfigMap', async () => {
      const names = await cluster.kubectl(['-n', place.namespace, 'get', 'configmaps', '-o', 'name']);
      return !names.includes(run);
    });
  }

  test('its controller is killed at once after the launch: resume on another machine verifies the hit and keeps the record', async () => {
    const cnd = place.start('start --detach --N 3 --T 150 --D 5 --json'.split(' '));
    const { run } = await cnd.event('launch.started');
    await eventually('the Job begins', async () => {
      const text = await cluster.kubectl(['-n', place.namespace, 'get', 'jobs', '-o', 'json']);
      return jobs.parse(JSON.parse(text)).items.some(({ spec }) => !spec.suspend);
    });
    cnd.child.kill('SIGKILL');
    await cnd.ended;
    const resumed = await place.run(['resume', run, '--json'], elsewhere);
    const ended = runEnded(resumed);
    expect(ended).toMatchObject({ outcome: 'found', exitCode: 0, launched: 3, terminated: 3, left: [] });
    expect(resumed.code).toBe(0);
    const [hit] = named(eventsOf(resumed), 'hit');
    expect(hit).toMatchObject({ nonce: ended.nonce, digest: expect.stringMatching(/^00000/) });
    const folder = join(place.directory, 'logs', run);
    expect(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))).toMatchObject({
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
    const replay = await place.run(['logs', 'replay', run], elsewhere);
    expect(replay.stdout + replay.stderr).toContain(`found golden nonce ${ended.nonce}`);
  });

  test('T is over: attach shows what there is, resume claims exactly what all pods tested', async () => {
    const run = await started('--N 2 --T 40 --D 16 --kernel python');
    const ps = await place.run(['ps', '--namespace', place.namespace], elsewhere);
    expect(ps.stdout).toContain(`${run} searches by itself`);
    const { KUBECONFIG } = place.env;
    const api = new KubernetesApi(await openClient({ KUBECONFIG }, {}), place.namespace);
    await eventually('both pods', async () => (await api.pods(run)).length === 2);
    const pages = await api.listedPods(run, undefined, 1);
    expect(pages.items).toHaveLength(2);
    const attached = await place.run(['attach', run, '--json'], elsewhere);
    expect(attached.code).toBe(3);
    expect(named(eventsOf(attached), 'instance.stopped')).toMatchObject([
      { instance: 0, reason: 'deadline' },
      { instance: 1, reason: 'deadline' },
    ]);
    const resumed = await place.run(['resume', run, '--json'], elsewhere);
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
    const waiting = place.start(['resume', run, '--json'], elsewhere);
    await waiting.event('instance.running');
    waiting.child.kill('SIGINT');
    const left = await waiting.ended;
    expect([left.code, left.stderr]).toEqual([130, expect.stringContaining(`${run} searches on`)]);
    expect(existsSync(join(place.directory, 'logs', run))).toBe(false);
    expect(await place.left(run)).not.toEqual([]);
    const scram = await place.run(['scram', '--run', run], elsewhere);
    expect([scram.code, scram.stdout]).toEqual([0, expect.stringContaining('terminated')]);
    await untilClean(run);
    const gone = await place.run(['resume', run], elsewhere);
    expect(gone.code).toBe(2);
  });
});
