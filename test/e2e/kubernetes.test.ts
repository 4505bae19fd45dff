import { once } from 'node:events';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Cnd, eventsOf, named, reaching, runEnded } from '../helper/cnd.ts';
import { ApiProxy, ofVersion } from '../helper/kubernetes/api-proxy.ts';
import { documentedRules } from '../helper/kubernetes/cluster.ts';
import { hasCluster } from '../helper/kubernetes/installed.ts';
import type { KubernetesPlace } from '../helper/kubernetes/place.ts';
import { podProcesses } from '../helper/kubernetes/pod-process.ts';
import { elsewhere, useCluster } from '../helper/kubernetes/use.ts';
import { eventually } from '../helper/process.ts';

/** A search that no machine comes to the end of. */
const endless = '--D 16 --kernel python --json';

describe.runIf(hasCluster())('a run on Kubernetes', { timeout: 180_000 }, () => {
  const used = useCluster('run');
  let place: KubernetesPlace;
  beforeEach(async () => {
    place = await used.place();
  });

  const start = (args: string): Cnd => place.start(['start', ...args.split(' ')]);

  async function searching(args: string): Promise<{ readonly cnd: Cnd; readonly run: string }> {
    const cnd = start(args);
    const { run } = await cnd.event('search.all');
    return { cnd, run };
  }

  // The search of the report of 2019 (docs/kubernetes.md).
  test('finds the golden nonce, archives the syslog of every pod, and leaves nothing', async () => {
    const search = '--scheme sha256d --unit bits-lsb --from 1073741824 --D 20 --smallest';
    const ended = await start(`--N 4 --T 160 ${search} --json`).ended;
    const { run, ...how } = runEnded(ended);
    expect(how).toMatchObject({ outcome: 'found', nonce: '1074435534', left: [] });
    expect(ended.code).toBe(0);
    expect(await place.left(run)).toEqual([]);
    const archived = readdirSync(join(place.directory, 'logs', run));
    const syslogs = [0, 1, 2, 3].map((index) => `Instance${index}.log.gz`);
    expect(archived).toEqual(expect.arrayContaining([...syslogs, 'events.ndjson', 'run.json']));
    const [first] = named(eventsOf(ended), 'instance.searching');
    expect(first).toMatchObject({ threads: 1 });
    expect(named(eventsOf(ended), 'instance.terminated')).toHaveLength(4);
  });

  test('finds a golden nonce of 6 digits on 4 pods', async () => {
    const begin = (timeLimit: number): Cnd => start(`--fleet kubernetes --N 4 --T ${timeLimit} --D 6 --json`);
    const { cnd, run } = await reaching(begin, 'hit', 60);
    const ended = await cnd.ended;
    expect([ended.code, runEnded(ended)]).toMatchObject([0, { outcome: 'found', left: [] }]);
    expect(await place.left(run)).toEqual([]);
  });

  test('ends at an interrupt, and is seen by ps and ended by scram from elsewhere', async () => {
    const { cnd, run } = await searching(`--N 2 --T 150 ${endless}`);
    const ps = await place.run(['ps']);
    expect(ps.stdout).toContain(run);
    const scram = await place.run(['scram', '--run', run], elsewhere(place));
    expect([scram.code, scram.stdout]).toEqual([0, expect.stringContaining('terminated')]);
    expect(runEnded(await cnd.ended)).toMatchObject({ left: [] });
    await place.untilClean(run);

    const again = await searching(`--N 2 --T 150 ${endless}`);
    again.cnd.child.kill('SIGINT');
    const ended = await again.cnd.ended;
    expect(ended.code).toBe(130);
    expect(runEnded(ended)).toMatchObject({ outcome: 'interrupted', left: [] });
    expect(await place.left(again.run)).toEqual([]);
  });

  test('a run whose controller is killed is resumed, on the same pods, by whatever name its context has now', async () => {
    const { cnd, run } = await searching(`--N 2 --T 170 ${endless}`);
    cnd.child.kill('SIGKILL');
    await cnd.ended;
    await place.addContext('alias', `https://127.0.0.1:${used.cluster.port}`);
    const archive = { logs: { directory: 'other' } };
    writeFileSync(join(place.directory, 'other.json'), JSON.stringify(archive));
    const resume = async (words: string, more = {}) =>
      place.run(['resume', run, ...words.split(' ')], more).then(({ code, stderr }) => [code, stderr]);
    const [other, nowhere, all, machine] = await Promise.all([
      resume('--namespace default'),
      resume(`--context unknown`),
      resume('--all-namespaces'),
      // Neither its state nor its archive is there.
      resume('--config other.json --context alias', elsewhere(place)),
    ]);
    expect(other).toEqual([
      2,
      expect.stringContaining(`is in the namespace ${place.namespace}, not in default`),
    ]);
    expect(nowhere).toEqual([2, expect.stringContaining('has no context "unknown"')]);
    expect(all).toEqual([2, expect.stringContaining('omit --all-namespaces')]);
    expect(machine).toEqual([
      1,
      expect.stringMatching(/was started on another machine .*\n.*cnd scram --run/),
    ]);
    const resumed = place.start(['resume', run, '--context', 'alias', '--json']);
    await resumed.event('instance.reconnected', (event) => 'instance' in event && event.instance === 1);
    // Again, without it: it is kept.
    resumed.child.kill('SIGKILL');
    await resumed.ended;
    const again = place.start(['resume', run, '--json']);
    await again.event('instance.reconnected', (event) => 'instance' in event && event.instance === 1);
    again.child.kill('SIGINT');
    expect(runEnded(await again.ended)).toMatchObject({ outcome: 'interrupted', left: [] });
    await place.untilClean(run);
  });

  test('a Job that the API server creates after its controller was killed is deleted by whoever resumes the run', async () => {
    let held: (() => void) | undefined;
    let hasLooked = (): void => {};
    const looked = new Promise<void>((resolve) => (hasLooked = resolve));
    const proxy = await ApiProxy.start(used.cluster, `${place.namespace}-user`, ({ method, path }) => {
      const isJob = path.includes('/jobs');
      // Only the deletion asks for one Job by its name.
      if (method === 'GET' && isJob && path.includes('/jobs/') && held) hasLooked();
      if (method !== 'POST' || !isJob || path.includes('dryRun')) return;
      return new Promise((resolve) => (held = resolve));
    });
    await place.addContext('late', proxy.url);
    const cnd = start(`--context late --N 1 --T 100 ${endless}`);
    const { run } = await cnd.event('launch.started');
    await eventually('the Job is asked for', () => held !== undefined);
    cnd.child.kill('SIGKILL');
    await cnd.ended;
    const resumed = place.start(['resume', run, '--json']);
    await looked;
    held?.();
    const ended = runEnded(await resumed.ended);
    expect(ended).toMatchObject({
      outcome: 'failed',
      left: [],
      reason: expect.stringContaining('was killed while'),
    });
    await place.untilClean(run);
    proxy.stop();
  });

  test('the pods of a run whose controller is killed end by themselves, and scram deletes them', async () => {
    const begin = (timeLimit: number): Cnd => start(`--N 2 --T ${timeLimit} ${endless}`);
    const { cnd, run, timeLimit } = await reaching(begin, 'search.all', 30);
    cnd.child.kill('SIGKILL');
    await cnd.ended;
    expect(podProcesses(run)).not.toEqual([]);
    // T and the grace of 30 s.
    await eventually('every process dead', () => podProcesses(run).length === 0, timeLimit + 40);
    expect((await place.run(['scram'])).code).toBe(0);
    await place.untilClean(run);
  });

  test('ps and scram look where they are told; a cluster that is gone, or does not answer, hides no other', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    // It is restarting when it is asked first, and is asked again.
    let drops = 2;
    const old = await ApiProxy.start(used.cluster, `${place.namespace}-user`, (request, answer) =>
      drops-- > 0 ? 'drop' : ofVersion(30)(request, answer),
    );
    await place.addContext('gone', 'https://127.0.0.1:1');
    await place.addContext('slow', `https://127.0.0.1:${port}`);
    await place.addContext('old', old.url);
    // As if it had been launched there, too.
    const { run } = await searching(`--N 1 --T 150 ${endless}`);
    const noted = join(place.state, 'cnd');
    const own = readdirSync(noted).find((name) => name.startsWith('kubernetes-')) ?? '';
    const [here] = JSON.parse(readFileSync(join(noted, own), 'utf8')) as object[];
    const lost = ['gone', 'slow', 'forgotten'].map((context) => ({ ...here, context }));
    writeFileSync(join(noted, 'kubernetes.json'), JSON.stringify(lost));
    const asked = async (words: string, more = {}) => place.run(words.split(' '), more);
    const there = elsewhere(place);
    const admin = { ...there, KUBECONFIG: used.cluster.kubeconfig };
    const [all, other, everywhere, forbidden, gone, started] = await Promise.all([
      asked('ps'),
      asked('ps --namespace default', admin),
      asked('ps --all-namespaces', admin),
      asked('ps --all-namespaces', there),
      asked('ps --context gone', there),
      asked('start --context old --N 1 --T 60 --D 2', there),
    ]);
    expect([all.code, all.stdout]).toEqual([4, expect.stringContaining(run)]);
    expect(all.stderr).toMatch(/kubernetes gone\/\S+ cannot be checked, .*ECONNREFUSED/);
    expect(all.stderr).toMatch(/kubernetes slow\/\S+ cannot be checked, .*no answer for 10 s/);
    expect(all.stderr).toMatch(/kubernetes forgotten cannot be checked, .*has no context "forgotten"/);
    expect([other.code, other.stdout]).toEqual([
      0,
      expect.stringMatching(/^nothing is running \(checked: \S+ cnd-kube\/default\)/),
    ]);
    expect([everywhere.code, everywhere.stdout]).toEqual([0, expect.stringContaining(run)]);
    expect(everywhere.stdout).toContain(`${place.namespace}-user`); // whose it is
    expect([forbidden.code, forbidden.stderr]).toEqual([
      4,
      expect.stringMatching(/cannot list resource "(jobs|pods)"/),
    ]);
    expect([gone.code, gone.stdout]).toEqual([4, 'nothing was found running (checked: nothing)\n']);
    expect([started.code, started.stderr]).toEqual([2, expect.stringContaining('v1.30.4, older than 1.31')]);
    const scram = await asked(`scram --run ${run} --context cnd-kube`, there);
    expect([scram.code, scram.stdout]).toEqual([0, expect.stringMatching(/terminated\n\(checked: /)]);
    await place.untilClean(run);
    silent.close();
    old.stop();
  });

  test('says what keeps pods from being created, also to whoever resumes, and which right is missing', async () => {
    const limits = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'quota', namespace: place.namespace },
    };
    await used.cluster.apply({ ...limits, spec: { hard: { pods: '1' } } });
    const isTold = async (cnd: Cnd): Promise<void> => {
      const quota = /^pods cannot be created: .*exceeded quota.*pods=1/;
      await cnd.event('warning', (event) => 'message' in event && quota.test(event.message));
    };
    const cnd = start(`--N 2 --T 120 ${endless}`);
    const { run } = await cnd.event('launch.started');
    await isTold(cnd);
    await cnd.event('instance.searching');
    cnd.child.kill('SIGKILL');
    await cnd.ended;
    const resumed = place.start(['resume', run, '--json']);
    await isTold(resumed);
    resumed.child.kill('SIGINT');
    expect(runEnded(await resumed.ended)).toMatchObject({ left: [] });
    await used.cluster.tenant(place.namespace, documentedRules().slice(0, 2));
    const refused = await place.run(['start', '--N', '2', '--T', '60', '--D', '2']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/right to get pods\/exec, create pods\/exec/);
    const doctor = await place.run(['doctor']);
    expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringMatching(/v1\.\d+/)]);
  });
});
