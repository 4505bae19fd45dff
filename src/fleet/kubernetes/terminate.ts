import pLimit from 'p-limit';
import { backoff } from '../../retry.ts';
import type { Instance } from '../../instance.ts';
import { pause } from '../../wait.ts';
import type { KubernetesApi } from './api.ts';
import { podInstanceId } from './label.ts';
import type { Pod } from './object.ts';
import { indexOfPod, podInstance } from './pod-instance.ts';

/** Pods that are deleted at once; a request for all of them has the API server delete one after the other. */
const atOnce = 20;

/**
 * Milliseconds for pods to be gone before what is left is told: it is asked for again until T + grace. More for many:
 * Kubernetes' own controllers release some 20 pods a second.
 */
const goneTimeout = { least: 8_000, perPod: 15, most: 20_000 };

/** Milliseconds between two looks, at first and at most. */
const looks = { first: 150, most: 600 };

/**
 * Deletes the Job of a run, or the pods of some of its instances, and waits until the pod objects are gone: before that their
 * processes may live. Gives what is known of each afterwards: one whose object is still there counts as terminated only if
 * nothing of it runs, or ever will.
 * @param known Indexes that were launched here.
 * @throws KubernetesError
 */
export async function terminatePods(
  api: KubernetesApi,
  run: string,
  known: readonly number[],
  ids: readonly string[] | undefined,
): Promise<Instance[]> {
  const isWanted = (index: number): boolean => ids === undefined || ids.includes(podInstanceId(run, index));
  const of = (pods: readonly Pod[]): Pod[] => pods.filter((pod) => isWanted(indexOfPod(pod) ?? -1));
  const begun = performance.now();
  const [pods, job] = await Promise.all([api.pods(run), api.job(run)]);
  const indexes = new Set([
    ...pods.flatMap((pod) => indexOfPod(pod) ?? []),
    ...(pods.length > 0 || job ? known : []),
    ...Array.from({ length: job?.spec.completions ?? 0 }, (_, index) => index),
  ]);
  // The Job outlives its pods, as it may be making some yet. The cluster deletes them as well, at some ten a second.
  if (ids === undefined && job && !job.metadata.deletionTimestamp) await api.deleteJob(run);
  await deletePods(api, of(pods));
  const timeout = Math.max(goneTimeout.least, Math.min(goneTimeout.most, goneTimeout.perPod * pods.length));
  const isGone = async (): Promise<boolean> => {
    // It goes after its pods, which need not be listed as long as it is there: they may be thousands.
    if (ids === undefined && (await api.job(run))) return false;
    const some = of(await api.pods(run));
    // Pods whose Job is gone are nobody's, and nobody else deletes them.
    if (ids === undefined) await deletePods(api, some);
    return some.length === 0;
  };
  const isAllGone = await isTrueUntil(begun + timeout, isGone);
  const [left, ending] = isAllGone
    ? [[], undefined]
    : await Promise.all([api.pods(run), ids === undefined ? api.job(run) : undefined]);
  const mayMakePods = ending !== undefined && !ending.metadata.deletionTimestamp;
  const found = new Map(left.map((pod) => [indexOfPod(pod), pod]));
  return [...indexes]
    .filter(isWanted)
    .toSorted((a, b) => a - b)
    .map((index): Instance => {
      const id = podInstanceId(run, index);
      const pod = found.get(index);
      if (pod ? isDead(pod) : !mayMakePods) return { id, index, state: 'terminated' };
      const state = pod && podInstance(run, pod)?.state === 'pending' ? 'pending' : 'running';
      const what = pod ? `its pod ${pod.metadata.name}` : 'its Job';
      return { id, index, state, reason: `${what} is still being deleted` };
    });
}

/** Whether nothing of a pod that is being deleted runs, or ever will: it has ended, or was never given to a node, and is not any more. */
function isDead({ metadata, spec, status }: Pod): boolean {
  const hasEnded = status.phase === 'Failed' || status.phase === 'Succeeded';
  return Boolean(metadata.deletionTimestamp) && (hasEnded || !spec?.nodeName);
}

/** Deletes what is not being deleted already. */
async function deletePods(api: KubernetesApi, pods: readonly Pod[]): Promise<void> {
  const some = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
  const limit = pLimit(atOnce);
  await api.client.sharing(() =>
    Promise.all(some.map(({ metadata }) => limit(() => api.deletePod(metadata.name)))),
  );
}

async function isTrueUntil(giveUp: number, isTrue: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    if (await isTrue()) return true;
    if (performance.now() > giveUp) return false;
    await pause(Math.min(looks.most, Math.max(looks.first, backoff(attempt) / 2)));
  }
}
