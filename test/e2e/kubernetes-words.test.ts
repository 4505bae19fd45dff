import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Cnd, type Ended, eventsOf, named, runEnded } from '../helper/cnd.ts';
import { ApiProxy } from '../helper/kubernetes/api-proxy.ts';
import { smallPods, testImage } from '../helper/kubernetes/cluster.ts';
import { assignedUser, startConstraints } from '../helper/kubernetes/constraints.ts';
import { hasCluster } from '../helper/kubernetes/installed.ts';
import type { KubernetesPlace } from '../helper/kubernetes/place.ts';
import { podProcesses } from '../helper/kubernetes/pod-process.ts';
import { Queue } from '../helper/kubernetes/queue.ts';
import { elsewhere, useCluster } from '../helper/kubernetes/use.ts';
import { eventually } from '../helper/process.ts';

/** A search that no machine comes to the end of. */
const endless = '--D 16 --kernel python';
const rightsHint = 'the rights that cnd needs';

describe.runIf(hasCluster())('what a cluster does, in words', { timeout: 240_000 }, () => {
  const used = useCluster('words');
  let place: KubernetesPlace;
  beforeEach(async () => {
    place = await used.place();
  });

  const run = async (words: string, more = {}) => place.run(words.split(' '), more);
  const kubeconfig = (...words: string[]) =>
    used.cluster.kubectl(['--kubeconfig', place.env['KUBECONFIG'] ?? '', 'config', ...words]);
  const start = (words: string): Cnd => place.start(['start', ...`${words} --json`.split(' ')]);
  const limited = (kind: string, spec: object) =>
    used.cluster.apply({
      apiVersion: 'v1',
      kind,
      metadata: { name: 'limits', namespace: place.namespace },
      spec,
    });

  /** The warnings of a run that are like that. */
  function warnings(ended: Ended, like: RegExp): string[] {
    const told = named(eventsOf(ended), 'warning').map(({ message }) => message);
    return told.filter((message) => like.test(message));
  }

  /** Interrupts whoever has told such a warning, once `then` has resolved; gives all such warnings. */
  async function told(cnd: Cnd, like: RegExp, then: () => Promise<unknown> = async () => {}) {
    await cnd.event('warning', (event) => 'message' in event && like.test(event.message));
    await then();
    cnd.child.kill('SIGINT');
    return warnings(await cnd.ended, like);
  }

  async function detached(words: string): Promise<string> {
    const { code, stdout, stderr } = await run(`start --detach ${words}`);
    expect([code, stderr]).toEqual([0, expect.stringContaining('searches by itself')]);
    return stdout.trim();
  }

  /** Adds rights to those of the documented role. */
  async function grant(kind: 'Role' | 'ClusterRole', rule: object): Promise<void> {
    const [name, namespace] = [`more-${place.namespace}`, place.namespace];
    const group = 'rbac.authorization.k8s.io';
    const metadata = { name, ...(kind === 'Role' && { namespace }) };
    const common = { apiVersion: `${group}/v1`, metadata };
    const subjects = [{ apiGroup: group, kind: 'User', name: `${namespace}-user` }];
    const roleRef = { apiGroup: group, kind, name };
    const items = [
      { ...common, kind, rules: [rule] },
      { ...common, kind: `${kind}Binding`, roleRef, subjects },
    ];
    await used.cluster.apply({ apiVersion: 'v1', kind: 'List', items });
  }

  test('before a launch: what is not checked is said by a start as well; nodes, quotas and limits with their own reasons', async () => {
    const unchecked = /not checked: quotas and admission of pods .*, whether a node can take a pod/;
    expect((await run('start --N 1 --T 60 --D 2 --dry-run')).stderr).toMatch(unchecked);
    await grant('Role', { apiGroups: [''], resources: ['pods'], verbs: ['create'] });
    await grant('ClusterRole', { apiGroups: [''], resources: ['nodes'], verbs: ['list'] });
    const doctor = async (settings: object = {}): Promise<string> => {
      const file = join(place.directory, 'other.json');
      writeFileSync(file, JSON.stringify({ fleet: 'kubernetes', kubernetes: { ...smallPods, ...settings } }));
      return (await run('doctor --config other.json')).stdout;
    };
    const all = await doctor();
    expect(all).toMatch(/ok +Pod .*accepted\nok +nodes +1 of 1 node can take a pod/);
    expect(all).not.toContain('not checked');
    const none = 'WARNING nodes            none of 1 node can take a pod, unless one is added: ';
    const selector = { 'kubernetes.io/arch': 'none' };
    expect(await doctor({ nodeSelector: selector })).toContain(
      `${none}1 without the labels of kubernetes.nodeSelector\n`,
    );
    expect(await doctor({ cpu: '500' })).toContain(`${none}1 too small for 500 CPU and 64Mi\n`);
    await used.cluster.kubectl(['taint', 'node', '--all', 'team=other:NoSchedule']);
    const tolerations = [{ key: 'team', operator: 'Exists' }];
    try {
      const why = 'with the taint team, which kubernetes.tolerations does not name';
      expect(await doctor()).toContain(`${none}1 ${why}\n`);
      expect(await doctor({ tolerations })).toContain('1 of 1 node can take a pod');
    } finally {
      await used.cluster.kubectl(['taint', 'node', '--all', 'team-']);
    }

    await limited('ResourceQuota', { hard: { pods: '0' } });
    const quota = await run('start --N 1 --T 60 --D 2');
    expect([quota.code, quota.stderr]).toEqual([
      2,
      expect.stringMatching(/dry run of a Pod: .*exceeded quota/),
    ]);
    await limited('LimitRange', { limits: [{ type: 'Container', max: { cpu: '500m' } }] });
    const range = await run('start --N 1 --T 60 --D 2');
    expect([range.code, range.stderr]).toEqual([
      2,
      expect.stringMatching(/maximum cpu usage per Container is 500m/),
    ]);
    for (const { stderr } of [quota, range]) expect(stderr).not.toContain(rightsHint);
  });

  test('credentials that are refused, or cannot be had, are told with what to do, exit 2', async () => {
    await kubeconfig('set-credentials', 'expired', '--token', 'expired.to.ken');
    await kubeconfig('set-context', 'expired', '--cluster', 'cnd-kube', '--user', 'expired');
    const exec = ['--exec-command=sh', '--exec-api-version=client.authentication.k8s.io/v1'];
    const words = ['--exec-arg=-c', '--exec-arg=echo the session has ended >&2; exit 1'];
    await kubeconfig('set-credentials', 'plugin', ...exec, '--exec-interactive-mode=Never', ...words);
    await kubeconfig('set-context', 'plugin', '--cluster', 'cnd-kube', '--user', 'plugin');
    const absent = ['--exec-command=no-such-program', '--exec-api-version=client.authentication.k8s.io/v1'];
    await kubeconfig('set-credentials', 'absent', ...absent, '--exec-interactive-mode=Never');
    await kubeconfig('set-context', 'absent', '--cluster', 'cnd-kube', '--user', 'absent');
    const again = 'log in again, as for kubectl';
    for (const [context, why, hint] of [
      ['expired', 'does not accept the credentials of the kubeconfig: Unauthorized', again],
      ['plugin', 'the credentials of the context plugin: the session has ended', again],
      ['absent', 'the credentials of the context absent: there is no program no-such-program', 'install it'],
    ] as const) {
      const [started, doctor, ps] = await Promise.all([
        run(`start --N 1 --T 60 --D 2 --context ${context}`),
        run(`doctor --context ${context}`),
        run(`ps --context ${context}`),
      ]);
      expect([started.code, doctor.code, ps.code]).toEqual([2, 1, 4]);
      for (const text of [started.stderr, doctor.stdout, ps.stderr]) {
        expect(text).toContain(why);
        expect(text).toContain(hint);
      }
    }
  });

  test('an image that cannot be pulled, and a quota, are told once, also to whoever attaches to a detached run', async () => {
    const image = /^the image cannot be pulled \(kubernetes\.image.*localhost\/none/;
    const waits = async (reason: string): Promise<unknown> =>
      eventually(reason, async () => {
        const path = '-o=jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}';
        return (await used.cluster.kubectl(['-n', place.namespace, 'get', 'pods', path])).includes(reason);
      });
    const none = '--N 2 --T 150 --D 2 --pod-image localhost/none:1';
    const one = await detached(none);
    // From another machine, that does not know whether anything was launched there, and whose way to the cluster is slow.
    const slow = await ApiProxy.start(used.cluster, `${place.namespace}-user`, async () => sleep(4000));
    await place.addContext('slow', slow.url);
    await kubeconfig('use-context', 'slow');
    const far = place.start(['attach', one, '--json'], elsewhere(place, 'far'));
    await far.event('run.planned');
    far.child.kill('SIGINT');
    expect((await far.ended).code).toBe(130);
    slow.stop();
    await kubeconfig('use-context', 'cnd-kube');
    const attached = place.start(['attach', one, '--json'], elsewhere(place));
    const [driven, viewed] = await Promise.all([
      told(start(none), image, () => waits('ImagePullBackOff')),
      told(attached, image, () => waits('ImagePullBackOff')),
    ]);
    expect([driven.length, viewed.length]).toEqual([1, 1]);
    expect((await run(`scram --run ${one}`)).code).toBe(0);
    await place.untilClean(one);

    await limited('ResourceQuota', { hard: { pods: '1', 'requests.cpu': '15m' } });
    const other = await detached(`--N 3 --T 150 ${endless}`);
    const resumed = place.start(['resume', other, '--json'], elsewhere(place));
    await resumed.event('instance.running');
    expect(await told(resumed, /^pods cannot be created: .*exceeded quota.*pods=1/)).toHaveLength(1);
    expect((await run(`scram --run ${other}`)).code).toBe(0);
    await place.untilClean(other);
  });

  test('an image without a shell, and commands that a policy of the cluster refuses, are told with the cause', async () => {
    const ended = await start(`--N 1 --T 150 ${endless} --pod-image localhost/pause:1`).ended;
    expect(named(eventsOf(ended), 'instance.lost').map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/its first process cannot be started: .*\/bin\/sh/),
    ]);
    const { namespace } = place;
    const common = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name: namespace } };
    const execs = { apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/exec'] };
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
    const kinds = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'] as const;
    const specs = [
      { matchConstraints: { resourceRules: [execs] }, validations: [{ expression: 'false' }] },
      { policyName: namespace, validationActions: ['Deny'], matchResources: { namespaceSelector } },
    ];
    const items = kinds.map((kind, index) => ({ ...common, kind, spec: specs[index] }));
    await used.cluster.apply({ apiVersion: 'v1', kind: 'List', items });
    const cnd = start(`--N 1 --T 150 ${endless}`);
    const policy = /an admission policy of the cluster refuses it/;
    await cnd.event('instance.waiting', (event) => 'message' in event && policy.test(event.message));
    cnd.child.kill('SIGINT');
    expect(runEnded(await cnd.ended)).toMatchObject({ outcome: 'interrupted', left: [] });
    for (const kind of kinds) await used.cluster.kubectl(['delete', kind, namespace]);
  });

  test('a cluster that assigns users to pods (OpenShift): what to set is said before the launch and after it; then pods search', async () => {
    const constraints = await startConstraints(used.cluster, place.namespace);
    const remedy = 'set kubernetes.runAsUser to "cluster"';
    // The documented role may not create pods: it hears of them from the Job's controller.
    const assigns = /^pods cannot be created: OpenShift assigns/;
    expect(await told(start(`--N 1 --T 100 ${endless}`), assigns)).toEqual([expect.stringContaining(remedy)]);
    await grant('Role', { apiGroups: [''], resources: ['pods'], verbs: ['create'] });
    const before = await run('start --N 1 --T 60 --D 2');
    expect([before.code, before.stderr]).toEqual([
      2,
      expect.stringMatching(/runAsUser: Invalid value: 65534: must be in the ranges[^]*OpenShift assigns/),
    ]);
    expect(before.stderr).toContain(remedy);
    const file = join(place.directory, 'assigned.json');
    writeFileSync(
      file,
      JSON.stringify({ fleet: 'kubernetes', kubernetes: { ...smallPods, runAsUser: 'cluster' } }),
    );
    const driven = place.start('start --N 2 --T 150 --D 16 --json --config assigned.json'.split(' '));
    const { run: id } = await driven.event('search.all');
    const users = await used.cluster.kubectl([
      '-n',
      place.namespace,
      'get',
      'pods',
      '-o=jsonpath={.items[*].spec.securityContext.runAsUser}',
    ]);
    expect(users).toBe(`${assignedUser} ${assignedUser}`);
    const processes = podProcesses(id).map((pid) => statSync(`/proc/${pid}`).uid);
    expect(new Set(processes)).toEqual(new Set([assignedUser]));
    driven.child.kill('SIGINT');
    expect(runEnded(await driven.ended)).toMatchObject({ outcome: 'interrupted', left: [] });
    await constraints.stop();
  });

  test('a pod that is preempted is told as that, once; the others take over its part', async () => {
    const priority = (name: string, value: number) =>
      used.cluster.apply({
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name },
        value,
      });
    await Promise.all([priority('low', -10), priority('high', 1000)]);
    const file = join(place.directory, 'cnd.config.json');
    const kubernetes = { ...smallPods, priorityClass: 'low' };
    writeFileSync(file, JSON.stringify({ fleet: 'kubernetes', kubernetes }));
    const path = '-o=jsonpath={.items[0].status.allocatable.cpu}';
    const cores = Number(await used.cluster.kubectl(['get', 'nodes', path]));
    const cnd = start(`--N 1 --T 150 ${endless} --cpu ${cores * 500}m`);
    await cnd.event('search.all');
    await used.cluster.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'high' },
      spec: {
        priorityClassName: 'high',
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'high',
            image: testImage,
            command: ['sleep', '100'],
            resources: { requests: { cpu: `${cores * 750}m` } },
          },
        ],
      },
    });
    const ended = await cnd.ended;
    await used.cluster.kubectl(['delete', 'pod', 'high', '--wait=false']);
    const lost = named(eventsOf(ended), 'instance.lost').map(({ reason }) => reason);
    expect(lost).toEqual([expect.stringContaining('preempted by a pod of higher priority')]);
    expect([ended.code, runEnded(ended)]).toMatchObject([1, { outcome: 'failed', left: [] }]);
  });

  test('a Job that a queue holds back is told as suspended, once, and searches when it is admitted: driven, and detached', async () => {
    const queue = await Queue.start(used.cluster, place.namespace);
    const suspended = /^its Job is suspended, as by a queue of the cluster/;
    const driven = start('--N 2 --T 150 --D 4');
    const { run: one } = await driven.event('launch.started');
    await driven.event('warning', (event) => 'message' in event && suspended.test(event.message));
    await queue.suspend(one, false);
    const ended = await driven.ended;
    expect([ended.code, warnings(ended, suspended).length]).toEqual([0, 1]);

    // It asks for its place itself: whoever launches it leaves it suspended.
    const labels = { 'kueue.x-k8s.io/queue-name': 'team' };
    const file = join(place.directory, 'queued.json');
    writeFileSync(file, JSON.stringify({ fleet: 'kubernetes', kubernetes: { ...smallPods, labels } }));
    const queued = await detached('--N 2 --T 150 --D 5 --config queued.json');
    // The queue takes this one back after it was started.
    const taken = await detached('--N 2 --T 150 --D 5');
    await queue.suspend(taken, true);
    for (const two of [queued, taken]) {
      const cnd = place.start(['resume', two, '--json'], elsewhere(place));
      await cnd.event('warning', (event) => 'message' in event && suspended.test(event.message));
      await queue.suspend(two, false);
      const resumed = await cnd.ended;
      expect([resumed.code, runEnded(resumed)]).toMatchObject([0, { outcome: 'found', left: [] }]);
      expect(warnings(resumed, suspended)).toHaveLength(1);
    }

    // One whose launch was cut short looks the same but for its annotation: nobody ever starts it.
    const cut = await detached('--N 1 --T 150 --D 5 --config queued.json');
    await used.cluster.kubectl(['-n', place.namespace, 'annotate', 'job', `cnd-${cut}`, 'cnd/launched-']);
    const refused = await run(`resume ${cut}`, elsewhere(place));
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('was never completely launched'),
    ]);
    expect((await run(`scram --run ${cut}`)).code).toBe(0);
    await place.untilClean(cut);
    await queue.stop();
  });
});
