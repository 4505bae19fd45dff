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
 * Milliseconds for pods to be gone before those that live are told: they are asked for again until T + grace. More for many:
 * Kubernetes' own controllers release some 20 pods a second. `dead`: for objects of which nothing lives any more, from the first request on.
 */
const goneTimeout = { least: 8_000, perPod: 15, most: 20_000, dead: 20_000 };

/** Milliseconds between two looks, at first and at most, and at objects of which nothing lives any more. */
const looks = { first: 150, most: 600, dead: 1_500 };

/** What is to be terminated. */
export interface TerminationRequest {
  readonly run: string;
  /** Indexes that were launched here. */
  readonly known: readonly number[];
  /** Which instances; absent: all, with their Job. */
  readonly ids?: readonly string[] | undefined;
  /** When this run was first asked to be terminated, by `performance.now()`. */
  readonly since: number;
  /** When T is over, by `performance.now()`, where that is known: nothing that is dead is waited for any longer. */
  readonly timeLimitAt?: number | undefined;
}

/**
 * Deletes the Job of a run, or the pods of some of its instances, and waits until the pod objects are gone: before that their
 * processes may live. Gives what is known of each afterwards: `terminated` when its object is gone, `shutting-down` when it is
 * still there but nothing of it runs, or ever will. `milliseconds`: other times for tests.
 * @throws KubernetesError
 */
export async function terminatePods(
  api: KubernetesApi,
  request: TerminationRequest,
  milliseconds = goneTimeout,
): Promise<Instance[]> {
  const { run, known, ids, since, timeLimitAt = Infinity } = request;
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
  const isGone = async (): Promise<boolean> => {
    // It goes after its pods, which need not be listed as long as it is there: they may be thousands.
    if (ids === undefined && (await api.job(run))) return false;
    const some = of(await api.pods(run));
    // Pods whose Job is gone are nobody's, and nobody else deletes them.
    if (ids === undefined) await deletePods(api, some);
    return some.length === 0;
  };
  const look = async (): Promise<Remains> => {
    const [left, its] = await Promise.all([api.pods(run), ids === undefined ? api.job(run) : undefined]);
    return { pods: of(left), mayMakePods: its !== undefined && !its.metadata.deletionTimestamp };
  };
  const { least, perPod, most, dead } = milliseconds;
  const timeout = Math.max(least, Math.min(most, perPod * pods.length));
  const until = {
    living: begun + timeout,
    dead: Math.max(begun + timeout, Math.min(since + dead, timeLimitAt)),
  };
  const left = await remains(isGone, look, until);
  const found = new Map(left.pods.map((pod) => [indexOfPod(pod), pod]));
  return [...indexes]
    .filter(isWanted)
    .toSorted((a, b) => a - b)
    .map((index): Instance => {
      const id = podInstanceId(run, index);
      const pod = found.get(index);
      if (!pod && !left.mayMakePods) return { id, index, state: 'terminated' };
      const what = pod ? `its pod ${pod.metadata.name}` : 'its Job';
      const reason = `${what} is still being deleted`;
      if (pod && isDead(pod)) return { id, index, state: 'shutting-down', reason };
      const state = pod && podInstance(run, pod)?.state === 'pending' ? 'pending' : 'running';
      return { id, index, state, reason };
    });
}

/** What is left of what is being deleted. */
interface Remains {
  readonly pods: readonly Pod[];
  /** Its Job is not being deleted, and may make more. */
  readonly mayMakePods: boolean;
}

/** Waits until all is gone, or gives what is left: so much longer where nothing of it lives. */
async function remains(
  isGone: () => Promise<boolean>,
  look: () => Promise<Remains>,
  until: { readonly living: number; readonly dead: number },
): Promise<Remains> {
  for (let attempt = 0; ; attempt++) {
    if (await isGone()) return { pods: [], mayMakePods: false };
    if (performance.now() > until.living) {
      const left = await look();
      const isLiving = left.mayMakePods || left.pods.some((pod) => !isDead(pod));
      if (isLiving || performance.now() > until.dead) return left;
      await pause(looks.dead);
    } else await pause(Math.min(looks.most, Math.max(looks.first, backoff(attempt) / 2)));
  }
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
