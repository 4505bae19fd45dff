import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { detachedInstance } from '../../../src/fleet/kubernetes/detached/instance.ts';
import { podList } from '../../../src/fleet/kubernetes/object.ts';
import { instancesOf, jobIndexes, podInstance } from '../../../src/fleet/kubernetes/pod-instance.ts';
import { endOf, podProblem } from '../../../src/fleet/kubernetes/problem/problem.ts';

const run = '20261129-120000-abcd';

/** The indexes as the Job controller writes them: ascending, two or more in a row as an interval. */
function intervals(indexes: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const index of indexes) {
    const last = parts.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else parts.push([index, index]);
  }
  return parts.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

test('the indexes of a Job that it tells as intervals are read', () => {
  const indexes = fc.uniqueArray(fc.integer({ min: 0, max: 3000 }), { maxLength: 200 });
  fc.assert(
    fc.property(indexes, fc.integer({ min: 0, max: 3000 }), (found, count) => {
      const all = found.toSorted((a, b) => a - b);
      expect([...jobIndexes(intervals(all), 3001)]).toEqual(all);
      expect([...jobIndexes(intervals(all), count)]).toEqual(all.filter((index) => index < count));
    }),
  );
  expect([...jobIndexes('1,3-5,7', 10)]).toEqual([1, 3, 4, 5, 7]);
  expect([...jobIndexes('', 10)]).toEqual([]);
  // Whatever it says, no more than there are.
  fc.assert(fc.property(fc.string(), (text) => jobIndexes(text, 5).size <= 5));
  expect(jobIndexes('0-999999,0-999999,9-1,-,x', 3).size).toBe(3);
});

test('what has failed of a Job whose pods are gone is told by its status alone, without pods', () => {
  const metadata = { name: 'cnd', namespace: 'team' };
  const job = { metadata, spec: { completions: 1000 }, status: { failedIndexes: '0-499,501' } };
  const instances = instancesOf(run, [], { job, seen: new Set(), ends: new Map() });
  expect(instances.filter(({ state }) => state === 'terminated')).toHaveLength(501);
  expect(instances[500]).toMatchObject({ state: 'pending' });
});

/** A pod as the API server tells it. */
function podOf(status: object, deletionTimestamp: string | null = null) {
  const labels = { 'batch.kubernetes.io/job-completion-index': '3' };
  const metadata = { name: `cnd-${run}-3-x`, namespace: 'team', labels, deletionTimestamp };
  const [pod] = podList.parse({ items: [{ metadata, spec: { nodeName: 'n' }, status }] }).items;
  if (!pod) throw new Error('no pod');
  return pod;
}

const running = { running: { startedAt: '2026-11-29T12:00:00Z' } };
const ended = (exitCode: number, more: object = {}) => ({
  terminated: { exitCode, startedAt: '2026-11-29T12:00:00Z', finishedAt: '2026-11-29T12:01:00Z', ...more },
});

test('of a pod to which a service mesh has added its proxy, which comes first by its name, the worker counts', () => {
  const of = (proxy: object, worker: object, phase = 'Running') =>
    podOf({
      phase,
      containerStatuses: [
        { name: 'istio-proxy', state: proxy },
        { name: 'worker', state: worker },
      ],
    });
  expect(podInstance(run, of(running, { waiting: { reason: 'PodInitializing' } }))).toMatchObject({
    state: 'pending',
  });
  expect(podInstance(run, of({ waiting: {} }, running))).toMatchObject({ state: 'running' });
  // The proxy goes on, and with it the pod.
  const over = of(running, ended(10, { message: '{}' }));
  expect(podInstance(run, over)).toMatchObject({
    state: 'terminated',
    reason: 'its first process ended with exit code 10',
  });
  expect(detachedInstance(run, over)).toMatchObject({ state: 'ended', message: '{}' });
  expect(detachedInstance(run, of(ended(0, { message: 'bye' }), running))).toMatchObject({
    state: 'running',
  });
  expect(endOf(of(running, ended(137, { reason: 'OOMKilled' }))).reason).toMatch(/ran out of memory/);
  const pulling = of({ waiting: { reason: 'ErrImagePull', message: 'no such host' } }, { waiting: {} });
  expect(podProblem(pulling)?.message).toBe(
    'container istio-proxy, which the cluster has added: the image cannot be pulled: no such host',
  );
});

test('a pod whose init container fails, which the cluster has added, was not deleted', () => {
  const failed = podOf({
    phase: 'Failed',
    initContainerStatuses: [
      { name: 'istio-init', state: ended(0) },
      { name: 'istio-validation', state: ended(126) },
    ],
    containerStatuses: [{ name: 'worker', state: { waiting: { reason: 'PodInitializing' } } }],
  });
  expect(podInstance(run, failed)).toMatchObject({
    state: 'terminated',
    reason: 'its init container istio-validation failed with exit code 126',
    endedBy: 'service',
  });
});
