import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connectPod } from '../../src/fleet/kubernetes/connect.ts';
import { followJob } from '../../src/fleet/kubernetes/detached/follow.ts';
import { KubernetesApi } from '../../src/fleet/kubernetes/api.ts';
import { podManifest } from '../../src/fleet/kubernetes/job.ts';
import { KubernetesFleet, openClient } from '../../src/fleet/kubernetes/kubernetes.ts';
import { podList } from '../../src/fleet/kubernetes/object.ts';
import { indexOfPod, podInstance } from '../../src/fleet/kubernetes/pod-instance.ts';
import { kubernetesDefaults } from '../../src/fleet/kubernetes/schema.ts';
import type { DetachedInstance } from '../../src/fleet/detached.ts';
import { newRunId } from '../../src/run-id.ts';
import { ConnectProxy } from '../helper/connect-proxy.ts';
import { Admin } from '../helper/kubernetes/admin.ts';
import { refuse, silence, statusOf } from '../helper/kubernetes/api-proxy.ts';
import { documentedRules, smallPods } from '../helper/kubernetes/cluster.ts';
import { hasCluster } from '../helper/kubernetes/installed.ts';
import type { KubernetesPlace } from '../helper/kubernetes/place.ts';
import { useCluster } from '../helper/kubernetes/use.ts';
import { WatchProxy } from '../helper/kubernetes/watch-proxy.ts';
import { eventually } from '../helper/process.ts';

const settings = { ...kubernetesDefaults, ...smallPods };
const evicted = /^evicted: its node is being drained/;

describe.runIf(hasCluster())(
  'what becomes of pods, whatever becomes of a watch',
  { timeout: 240_000 },
  () => {
    const used = useCluster('watch');

    /** The way of a place to the cluster through a proxy, and what its administrator does to its pods. */
    async function through(place: KubernetesPlace, name: string) {
      const proxy = await WatchProxy.start(used.cluster, `${place.namespace}-user`);
      await place.addContext(name, proxy.url);
      const client = await openClient(place.env, { context: name });
      const admin = new Admin(used.cluster);
      const path = `/api/v1/namespaces/${place.namespace}/pods`;
      const podsOf = async (run: string) => {
        const query = `?labelSelector=${encodeURIComponent(`cnd/run=${run}`)}`;
        return podList.parse(await admin.call('GET', `${path}${query}`)).items;
      };
      /** Resolves once there is no such pod any more. */
      const remove = async (run: string, index: number, how: 'evict' | 'delete'): Promise<void> => {
        const metadata = (await podsOf(run)).find((pod) => indexOfPod(pod) === index)?.metadata;
        if (!metadata) throw new Error(`no pod ${index}`);
        const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name } };
        if (how === 'evict') await admin.call('POST', `${path}/${metadata.name}/eviction`, eviction);
        else await admin.call('DELETE', `${path}/${metadata.name}`);
        await eventually('the pod gone', async () =>
          (await podsOf(run)).every((pod) => indexOfPod(pod) !== index),
        );
      };
      return { proxy, client, admin, path, remove };
    }

    /** A run without a controller whose connection dies at once: what a pod has left that is deleted meanwhile is known all the same. */
    async function detached(place: KubernetesPlace): Promise<string> {
      const started = await place.run('start --detach --N 2 --T 45 --D 16 --kernel python'.split(' '));
      const run = started.stdout.trim();
      const { proxy, client, remove } = await through(place, 'detached');
      const { signal } = new AbortController();
      const attached = unwatching(place, run);
      const seen = new Map<number, DetachedInstance>();
      let removed: Promise<void> | undefined;
      for await (const { changed } of followJob(new KubernetesApi(client, place.namespace), run, signal)) {
        for (const instance of changed) seen.set(instance.index, instance);
        if (removed || seen.size < 2 || [...seen.values()].some(({ state }) => state !== 'running')) continue;
        for (const { answer } of proxy.watches) silence(answer);
        removed = remove(run, 0, 'delete');
      }
      await removed;
      proxy.stop();
      // Whoever may not watch is told so, and does not wait for what cannot come.
      const { code, stderr } = await attached;
      expect([code, stderr]).toEqual([1, expect.stringContaining('cannot watch resource "pods"')]);
      expect([0, 1].map((index) => seen.get(index))).toMatchObject([
        { state: 'ended', message: expect.stringContaining('"result":"signal"') },
        { state: 'ended', message: expect.stringContaining('"result":"deadline"') },
      ]);
      expect((await place.run(['scram', '--run', run])).code).toBe(0);
      return run;
    }

    /** `cnd attach` by another user, who has all rights but one. */
    async function unwatching({ namespace }: KubernetesPlace, run: string) {
      const other = await used.place();
      const rbac = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        metadata: { name: 'unwatching', namespace },
      };
      const kind = { apiGroup: 'rbac.authorization.k8s.io', name: 'unwatching' };
      const user = { ...kind, kind: 'User', name: `${other.namespace}-user` };
      const rules = documentedRules().filter((rule) => !JSON.stringify(rule).includes('"watch"'));
      const items = [
        { ...rbac, kind: 'Role', rules },
        { ...rbac, kind: 'RoleBinding', roleRef: { ...kind, kind: 'Role' }, subjects: [user] },
      ];
      await used.cluster.apply({ apiVersion: 'v1', kind: 'List', items });
      return other.run(['attach', run, '--namespace', namespace, '--json']);
    }

    async function driven(place: KubernetesPlace): Promise<string> {
      const { proxy, client, admin, path, remove } = await through(place, 'driven');
      const fleet = new KubernetesFleet({
        client,
        settings,
        env: { ...place.env, XDG_STATE_HOME: place.state },
      });
      const run = newRunId();
      const { signal } = new AbortController();
      const expiresAt = new Date(Date.now() + 200_000);
      await fleet.launch({ run, count: 6, minimum: 6, lifetime: 200, expiresAt }, signal);
      const look = () => fleet.describe(run);
      const running = async (...indexes: readonly number[]) =>
        expect((await look()).filter(({ state }) => state === 'running').map(({ index }) => index)).toEqual(
          indexes,
        );
      await eventually('all run', async () => (await look()).every(({ state }) => state === 'running'));

      // Lists are read page by page; one whose next page is not to be had any more is begun again, and nothing counts twice.
      expect(proxy.pages).toBeGreaterThanOrEqual(2);
      const api = new KubernetesApi(client, place.namespace);
      let expired = 0;
      proxy.onOther = ({ url }, answer) => {
        if (url.searchParams.has('continue') && expired++ === 0) refuse(answer, 410, 'Expired');
      };
      expect((await api.pods(run)).map((pod) => indexOfPod(pod) ?? -1).toSorted((a, b) => a - b)).toEqual([
        0, 1, 2, 3, 4, 5,
      ]);
      expect(expired).toBe(1);

      // An overloaded API server says when it may be asked again.
      const asked: number[] = [];
      proxy.onOther = ({ url }, answer) => {
        if (!url.pathname.endsWith(`/jobs/cnd-${run}`)) return;
        asked.push(performance.now());
        if (asked.length === 1) refuse(answer, 429, 'TooManyRequests', { 'retry-after': '1' });
      };
      expect(await api.job(run)).toMatchObject({ metadata: { name: `cnd-${run}` } });
      const [first = 0, second = 0, ...more] = asked;
      expect([second - first > 990, more]).toEqual([true, []]);
      proxy.onOther = () => {};

      // The API server ends it after some seconds: it goes on from where the last bookmark said it is, though no pod of the run changed.
      proxy.seconds = 4;
      proxy.cut();
      await eventually('again', () => proxy.watches.length >= 2);
      const other = podManifest({ run, settings, count: 1, lifetime: 1, owner: '', expiresAt });
      const nowhere = {
        ...other,
        metadata: { name: 'other' },
        spec: { ...other.spec, nodeSelector: { no: 'node' } },
      };
      await admin.call('POST', path, nowhere);
      const lists = proxy.lists;
      const { version: before } = proxy.watches.at(-1) ?? {};
      await eventually('from a later version', () => proxy.watches.at(-1)?.version !== before, 30);
      expect(proxy.lists).toBe(lists);
      proxy.seconds = undefined;
      proxy.cut();
      await sleep(1000);
      await running(0, 1, 2, 3, 4, 5);

      // The connection is dead, and nobody says so.
      for (const { answer } of proxy.watches) silence(answer);
      await remove(run, 0, 'evict');
      expect((await look())[0]).toMatchObject({
        state: 'terminated',
        reason: expect.stringMatching(evicted),
      });
      await running(1, 2, 3, 4, 5);

      // It is closed, and a pod is gone before there is another.
      let release = (): void => {};
      let held = new Promise<void>((resolve) => (release = resolve));
      proxy.onWatch = () => held;
      proxy.cut();
      await remove(run, 1, 'evict');
      release();
      expect((await look())[1]).toMatchObject({
        state: 'terminated',
        reason: expect.stringMatching(evicted),
      });

      // The API server does not remember that far back: all are listed anew. Why the pod is gone is not known, that it is, is.
      held = new Promise<void>((resolve) => (release = resolve));
      let refused = 0;
      proxy.onWatch = async (answer) => {
        await held;
        if (refused++ === 0) refuse(answer, 410, 'Expired');
      };
      proxy.cut();
      await remove(run, 2, 'evict');
      release();
      await eventually('again', () => refused >= 2);
      await running(3, 4, 5);
      const { state, reason } = (await look())[2] ?? {};
      expect([state, reason]).toEqual(['terminated', 'its pod was deleted']);
      proxy.onWatch = () => {};

      // It says the same within an open watch.
      const earlier = proxy.watches.length;
      const event = { type: 'ERROR', object: statusOf(410, 'Expired') };
      proxy.watches.at(-1)?.answer.write(`${JSON.stringify(event)}\n`);
      await eventually('again', () => proxy.watches.length > earlier);
      await remove(run, 3, 'evict');
      expect((await look())[3]).toMatchObject({
        state: 'terminated',
        reason: expect.stringMatching(evicted),
      });

      // Whatever it does, it is not asked again and again.
      const asks = async (): Promise<{ watches: number; lists: number }> => {
        const [watches, listed] = [proxy.watches.length, proxy.lists];
        proxy.cut();
        await sleep(4000);
        return { watches: proxy.watches.length - watches, lists: proxy.lists - listed };
      };
      proxy.onWatch = () => 'drop';
      const dropped = await asks();
      expect([dropped.watches > 1, dropped.watches < 8, dropped.lists]).toEqual([true, true, 0]);
      proxy.onWatch = (answer) => refuse(answer, 410, 'Expired');
      const gone = await asks();
      expect([gone.watches > 0, gone.watches < 8, gone.lists < 8]).toEqual([true, true, true]);
      proxy.onWatch = () => {};
      await running(4, 5);

      const instances = await fleet.terminate(run);
      expect(instances.map(({ state: its }) => its)).toEqual(Array.from({ length: 6 }, () => 'terminated'));
      await fleet.dispose(run);
      proxy.stop();
      return run;
    }

    test('nothing is missed, doubled or lost by mistake, and the API server is not flooded', async () => {
      const places = [await used.place(), await used.place()] as const;
      const runs = await Promise.all([detached(places[0]), driven(places[1])]);
      expect(await Promise.all([places[0].left(runs[0]), places[1].left(runs[1])])).toEqual([[], []]);
    });

    test('a pod to which the cluster has added a container is reached in its own, and has ended when that has', async () => {
      const place = await used.place();
      // By way of a company's proxy, which alone knows the name.
      const company = await ConnectProxy.start(used.cluster.port);
      await place.addContext('company', 'https://kubernetes.default.svc');
      const env = { ...place.env, HTTPS_PROXY: `http://127.0.0.1:${company.port}` };
      const client = await openClient(env, { context: 'company' });
      const run = newRunId();
      const expiresAt = new Date(Date.now() + 100_000);
      const { metadata, spec, ...kind } = podManifest({
        run,
        settings,
        count: 1,
        lifetime: 100,
        owner: '',
        expiresAt,
      });
      const index = { 'batch.kubernetes.io/job-completion-index': '0' };
      const [worker] = spec.containers;
      await used.cluster.apply({
        ...kind,
        metadata: { ...metadata, namespace: place.namespace, labels: { ...metadata.labels, ...index } },
        spec: { ...spec, containers: [{ ...worker, name: 'a-proxy' }, worker] },
      });
      const api = new KubernetesApi(client, place.namespace);
      const look = async () =>
        podInstance(run, (await api.pods(run))[0] ?? { metadata: { name: '', namespace: '' }, status: {} });
      await eventually('it runs', async () => (await look())?.state === 'running');
      const instance = await look();
      if (!instance) throw new Error('no instance');
      const session = await connectPod(client, instance, { signal: new AbortController().signal });
      await session.exec('kill -TERM 1').catch(() => {});
      await session.close();
      await eventually('it has ended', async () => (await look())?.state === 'terminated');
      expect(await look()).toMatchObject({ reason: 'its first process ended with exit code 5' });
      const { status } = (await api.pods(run))[0] ?? {};
      expect(status).toMatchObject({ phase: 'Running' });
      expect(new Set(company.targets)).toEqual(new Set(['kubernetes.default.svc:443']));
      company.stop();
    });
  },
);
