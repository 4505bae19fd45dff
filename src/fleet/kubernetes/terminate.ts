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

/** Milliseconds for pods to be gone before what is left is told, of which nothing counts as terminated: it is asked for again until T + grace. */
const goneTimeout = 8_000;

/** Milliseconds between two looks, at first and at most. */
const looks = { first: 150, most: 600 };

/**
 * Deletes the Job of a run, or the pods of some of its instances, and waits until the pod objects are gone: before that their
 * processes may live. Gives what is known of each afterwards.
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
  const [pods, job] = await Promise.all([api.pods(run), api.job(run)]);
  const indexes = new Set([
    ...pods.flatMap((pod) => indexOfPod(pod) ?? []),
    ...(pods.length > 0 || job ? known : []),
    ...Array.from({ length: job?.spec.completions ?? 0 }, (_, index) => index),
  ]);
  // The Job outlives its pods, as it may be making some yet. The cluster deletes them as well, at some ten a second.
  if (ids === undefined && job && !job.metadata.deletionTimestamp) await api.deleteJob(run);
  await deletePods(api, of(pods));
  const left = await untilGone(async () => {
    const some = of(await api.pods(run));
    const isJobLeft = ids === undefined && (await api.job(run)) !== undefined;
    // Pods whose Job is gone are nobody's, and nobody else deletes them.
    if (ids === undefined && !isJobLeft) await deletePods(api, some);
    return { pods: some, isJobLeft };
  });
  return [...indexes]
    .filter(isWanted)
    .toSorted((a, b) => a - b)
    .map((index): Instance => {
      const id = podInstanceId(run, index);
      const pod = left.pods.find((other) => indexOfPod(other) === index);
      if (!pod && !left.isJobLeft) return { id, index, state: 'terminated' };
      const state = pod && podInstance(run, pod)?.state === 'pending' ? 'pending' : 'running';
      const what = pod ? `its pod ${pod.metadata.name}` : 'its Job';
      return { id, index, state, reason: `${what} is still being deleted` };
    });
}

/** Deletes what is not being deleted already. */
async function deletePods(api: KubernetesApi, pods: readonly Pod[]): Promise<void> {
  const some = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
  const limit = pLimit(atOnce);
  await Promise.all(some.map(({ metadata }) => limit(() => api.deletePod(metadata.name))));
}

interface Left {
  readonly pods: readonly Pod[];
  readonly isJobLeft: boolean;
}

async function untilGone(look: () => Promise<Left>): Promise<Left> {
  const giveUp = performance.now() + goneTimeout;
  for (let attempt = 0; ; attempt++) {
    const left = await look();
    if ((left.pods.length === 0 && !left.isJobLeft) || performance.now() > giveUp) return left;
    await pause(Math.min(looks.most, Math.max(looks.first, backoff(attempt) / 2)));
  }
}
