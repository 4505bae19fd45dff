import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { KubernetesApi } from '../../src/fleet/kubernetes/api.ts';
import { podManifest } from '../../src/fleet/kubernetes/job.ts';
import { openClient } from '../../src/fleet/kubernetes/kubernetes.ts';
import { podInstanceId } from '../../src/fleet/kubernetes/label.ts';
import { kubernetesPreflight } from '../../src/fleet/kubernetes/preflight/preflight.ts';
import { kubernetesDefaults } from '../../src/fleet/kubernetes/schema.ts';
import { terminatePods } from '../../src/fleet/kubernetes/terminate.ts';
import type { RunEvent } from '../../src/event/event.ts';
import { type Instance, isLiving } from '../../src/instance.ts';
import { newRunId } from '../../src/run-id.ts';
import { ending, violations } from '../chaos/invariant.ts';
import { podScenarioOf } from '../chaos/kubernetes/draw-pods.ts';
import { inflictOnPods } from '../chaos/kubernetes/pod-fault.ts';
import { ChaosCluster } from '../chaos/kubernetes/pod-ground.ts';
import { play } from '../chaos/play.ts';
import { type Fault, scenario } from '../chaos/scenario.ts';
import { Admin } from '../helper/kubernetes/admin.ts';
import { type Cnd, eventsOf, named, runEnded } from '../helper/cnd.ts';
import { documentedRules, smallPods } from '../helper/kubernetes/cluster.ts';
import { hasCluster } from '../helper/kubernetes/installed.ts';
import { useCluster } from '../helper/kubernetes/use.ts';
import { eventually } from '../helper/process.ts';

/** A search that no machine comes to the end of. */
const endless = '--D 16 --kernel python --json';

const preflightSettings = { ...kubernetesDefaults, ...smallPods };

/** As a role has it. */
const rbacRule = z.object({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
});

describe.runIf(hasCluster())('Kubernetes at its worst', { timeout: 240_000 }, () => {
  const used = useCluster('fault');
  let chaos: ChaosCluster;
  beforeAll(async () => {
    chaos = await ChaosCluster.open(used.cluster);
  });
  afterAll(() => chaos.close());

  async function searching(args: string) {
    const place = await used.place();
    const cnd: Cnd = place.start(['start', ...`${args} ${endless}`.split(' ')]);
    const { run } = await cnd.event('search.all');
    return { place, cnd, run };
  }

  test('the API server is killed: the agents search on, and cnd attaches again', async () => {
    const { place, cnd, run } = await searching('--N 2 --T 200');
    await used.cluster.restart('apiserver', 1);
    for (const index of [0, 1])
      await cnd.event('instance.reconnected', (event) => 'instance' in event && event.instance === index);
    cnd.child.kill('SIGINT');
    const ended = await cnd.ended;
    expect(runEnded(ended)).toMatchObject({ outcome: 'interrupted', left: [] });
    expect(named(eventsOf(ended), 'instance.lost')).toEqual([]);
    await place.untilClean(run);
  });

  test('parts of the cluster are killed, pods evicted and out of memory, the quota is lowered, the node drained', async () => {
    const { place, cnd, run } = await searching('--N 4 --T 200');
    const work = { cluster: used.cluster, admin: new Admin(used.cluster), namespace: place.namespace };
    const ofInstance = (index: number) => (event: RunEvent) =>
      'instance' in event && event.instance === index;
    // The execs of all are cut, and none is lost.
    await inflictOnPods({ do: 'part', part: 'containerd', after: 1 }, run, work);
    await Promise.all(
      [0, 1, 2, 3].map(async (index) => cnd.event('instance.reconnected', ofInstance(index))),
    );
    for (const part of ['etcd', 'scheduler', 'controllers', 'kubelet'] as const)
      await inflictOnPods({ do: 'part', part, after: 0 }, run, work);
    await inflictOnPods({ do: 'quota' }, run, work);
    expect(await inflictOnPods({ do: 'pod', how: 'evict', which: 0 }, run, work)).toBe(true);
    const first = await cnd.event('instance.lost');
    // Whether the pod was seen on its way out depends on when it was looked for.
    const gone = /evicted: its node is being drained|its pod was deleted/;
    expect(first).toMatchObject({ reason: expect.stringMatching(gone) });
    expect(await inflictOnPods({ do: 'pod', how: 'oom', which: 0 }, run, work)).toBe(true);
    const other = (event: RunEvent): boolean =>
      'instance' in event && 'instance' in first && event.instance !== first.instance;
    expect(await cnd.event('instance.lost', other)).toMatchObject({
      reason: expect.stringContaining('ran out of memory'),
    });
    await inflictOnPods({ do: 'drain', resume: 0 }, run, work);
    const ended = runEnded(await cnd.ended);
    expect(ended).toMatchObject({
      outcome: 'failed',
      left: [],
      reason: expect.stringMatching(gone),
    });
    expect(Number(ended.tested)).toBeGreaterThan(0);
    await place.untilClean(run);
  });

  const at = 'search.all';
  const disasters: [string, readonly Fault[]][] = [
    [
      'a pod is evicted, containerd killed, the controller as well, and others take the run up',
      [
        { at, delay: 500, action: { do: 'pod', how: 'evict', which: 1 } },
        { at, delay: 1000, action: { do: 'part', part: 'containerd', after: 0 } },
        { at, delay: 2000, action: { do: 'resume', after: 0, count: 2 } },
      ],
    ],
    ['the namespace is deleted', [{ at, delay: 2000, action: { do: 'namespace' } }]],
  ];
  test.each(disasters)('whatever happens, what is said to be tested was: %s', async (_, faults) => {
    const seen = await play(
      scenario.parse({
        ...podScenarioOf(1),
        instances: 3,
        timeLimit: 60,
        difficulty: 16,
        size: 60_000,
        chunk: 7777,
        pace: 1000,
        from: 0,
        kernel: 'honest',
        output: 'json',
        companion: false,
        smallest: false,
        faults,
      }),
      15,
      chaos,
    );
    try {
      expect(violations(seen)).toEqual([]);
      expect(Number(ending(seen)?.tested)).toBeGreaterThan(0);
    } finally {
      await seen.place.remove();
    }
  });

  test('pods that are deleted or evicted are lost, each told once and why; the others search on; a namespace that is deleted ends the run', async () => {
    const { place, cnd, run } = await searching('--N 4 --T 200');
    const work = { cluster: used.cluster, admin: new Admin(used.cluster), namespace: place.namespace };
    const pods = ['-n', place.namespace, 'get', 'pods', '-o', 'name'];
    const first = (await used.cluster.kubectl(pods)).split('\n').find((name) => name.includes(`${run}-0-`));
    await used.cluster.kubectl(['-n', place.namespace, 'delete', first ?? '', '--wait=false']);
    const lost = await cnd.event('instance.lost', (event) => 'instance' in event && event.instance === 0);
    expect(lost).toMatchObject({
      code: 'instance-terminated',
      reason: expect.stringMatching(/its pod was deleted$/),
    });
    const another = (event: RunEvent): boolean => 'instance' in event && event.instance !== 0;
    // Whatever a list has seen of it: it is gone within a second.
    expect(await inflictOnPods({ do: 'pod', how: 'evict', which: 0 }, run, work)).toBe(true);
    const evicted = await cnd.event('instance.lost', another);
    expect(evicted).toMatchObject({ reason: expect.stringMatching(/evicted: its node is being drained/) });
    expect(await inflictOnPods({ do: 'pod', how: 'force-delete', which: 0 }, run, work)).toBe(true);
    const isThird = (event: RunEvent): boolean =>
      another(event) && 'instance' in event && 'instance' in evicted && event.instance !== evicted.instance;
    expect(await cnd.event('instance.lost', isThird)).toMatchObject({
      reason: expect.stringMatching(/its pod was deleted$/),
    });
    await used.cluster.kubectl(['delete', 'namespace', place.namespace, '--wait=false']);
    const ended = await cnd.ended;
    expect(runEnded(ended)).toMatchObject({ left: [] });
    const told = named(eventsOf(ended), 'instance.lost').map(({ instance }) => instance);
    expect(told).toHaveLength(new Set(told).size);
    await place.untilClean(run);
  });

  test('a pod that has ended counts as terminated once the cluster has removed its object', async () => {
    const { namespace, env } = await used.place();
    const api = new KubernetesApi(await openClient(env, {}), namespace);
    const run = newRunId();
    const expiresAt = new Date(Date.now() + 100_000);
    const settings = preflightSettings;
    const pod = podManifest({ run, settings, count: 1, lifetime: 100, owner: '', expiresAt });
    const index = { 'batch.kubernetes.io/job-completion-index': '0' };
    const metadata = {
      ...pod.metadata,
      namespace,
      labels: { ...pod.metadata.labels, ...index },
      finalizers: ['cnd.test/held'],
    };
    await used.cluster.apply({ ...pod, metadata });
    const phase = async () => (await api.pods(run))[0]?.status.phase;
    await eventually('it runs', async () => (await phase()) === 'Running');
    const request = { run, known: [0], since: performance.now() };
    const times = { least: 500, perPod: 0, most: 500, dead: 100_000 };
    let isOver = false;
    const untilDead = async (): Promise<Instance[]> => {
      for (;;) {
        const instances = await terminatePods(api, request, times);
        if (!instances.some(isLiving)) return instances;
      }
    };
    const all = untilDead().finally(() => (isOver = true));
    await eventually('it has ended', async () => (await phase()) === 'Failed');
    const [left] = await terminatePods(api, request, { ...times, dead: 0 });
    expect(left).toMatchObject({
      state: 'shutting-down',
      reason: expect.stringMatching(/still being deleted$/),
    });
    expect(isOver).toBe(false);
    const held = ['-n', namespace, 'patch', 'pod', pod.metadata.name, '--type=merge', '-p'];
    await used.cluster.kubectl([...held, '{"metadata":{"finalizers":null}}']);
    expect(await all).toEqual([{ id: podInstanceId(run, 0), index: 0, state: 'terminated' }]);
  });

  test('T is kept while pods are pending, and says what they wait for', async () => {
    const place = await used.place();
    const told = async (timeLimit: number): Promise<number> => {
      const begun = Date.now();
      const flags = ['start', '--N', '2', '--T', String(timeLimit), '--cpu', '500', ...endless.split(' ')];
      const ended = await place.run(flags);
      // T and the grace: nothing may live longer.
      expect(Date.now() - begun).toBeLessThan((timeLimit + 30) * 1000);
      expect(runEnded(ended)).toMatchObject({ left: [], tested: '0' });
      const words = named(eventsOf(ended), 'warning').map(({ message }) => message);
      return words.filter((message) => /cannot be scheduled yet: .*Insufficient cpu/.test(message)).length;
    };
    // A busy machine may need all of a short T for its plan and its launch.
    let times = await told(26);
    for (let timeLimit = 52; times === 0 && timeLimit < 210; timeLimit *= 2) times = await told(timeLimit);
    expect(times).toBe(1);
  });

  test('each right of the documented role that is taken away is named, and no other', async () => {
    const rules = documentedRules().map((rule) => rbacRule.parse(rule));
    const rights = rules.flatMap(({ verbs }, rule) => verbs.map((verb) => ({ rule, verb })));
    expect(rights.length).toBeGreaterThan(11);
    const rbac = (namespace: string) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: { name: 'cnd', namespace },
    });
    const KUBECONFIG = await used.cluster.tenant('rights-all', rules);
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'cnd' };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'rights-all-user' }];
    // The same user, with a right less in each namespace.
    await used.cluster.apply({
      apiVersion: 'v1',
      kind: 'List',
      items: rights.flatMap(({ rule, verb }, number) => {
        const namespace = `rights-${number}`;
        const without = rules.map((one, index) => ({
          ...one,
          verbs: one.verbs.filter((other) => index !== rule || other !== verb),
        }));
        return [
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
          { ...rbac(namespace), kind: 'Role', rules: without.filter(({ verbs }) => verbs.length > 0) },
          { ...rbac(namespace), kind: 'RoleBinding', roleRef, subjects },
        ];
      }),
    });
    const { signal } = new AbortController();
    const request = { count: 1, minimum: 1, timeLimit: 60, detached: true };
    const outcome = async (namespace: string): Promise<string[]> => {
      const client = await openClient({ KUBECONFIG }, { namespace });
      const api = new KubernetesApi(client, namespace);
      const { checks } = await kubernetesPreflight(api, preflightSettings, request, signal);
      return checks.filter((one) => one.outcome !== 'ok').map(({ message }) => message);
    };
    expect(await outcome('rights-all')).toEqual([]);
    const told = await Promise.all(rights.map(async (_, number) => outcome(`rights-${number}`)));
    const expected = rights.map(({ rule, verb }) => {
      const { apiGroups: [group = ''] = [], resources: [resource = ''] = [] } = rules[rule] ?? {};
      const name = `${verb} ${resource}${group === '' ? '' : ` (${group})`}`;
      return name === 'list events'
        ? [expect.stringContaining('without the right to list events')]
        : [expect.stringMatching(new RegExp(`do not have the right to ${name.replace(/[()]/g, '\\$&')}$`))];
    });
    expect(told).toEqual(expected);
  });
});
