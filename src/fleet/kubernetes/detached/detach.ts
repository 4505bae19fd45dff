import { UsageError } from '../../../error.ts';
import type { DetachRequest, DetachedRun } from '../../detached.ts';
import type { KubernetesApi } from '../api.ts';
import type { JobPlan } from '../job.ts';
import { jobName, labelKeys, ownerHash } from '../label.ts';
import type { JobObject } from '../object.ts';
import { detachedRun } from './instance.ts';
import { detachedManifest, workerConfigMap } from './manifest.ts';

/** Bytes of a ConfigMap, all told, and of all annotations of an object (Kubernetes' own limits). */
const most = { configMap: 1 << 20, annotations: 256 << 10 };

/** Creates all that a detached run is made of. What is left of a launch that fails is for the caller to delete. @throws KubernetesError */
export async function createDetached(
  api: KubernetesApi,
  plan: JobPlan,
  request: DetachRequest,
  signal: AbortSignal,
): Promise<void> {
  const { run } = plan;
  requireRoom('the worker', request.worker.length + request.job.length, most.configMap);
  requireRoom('the plan', request.plan.length, most.annotations / 2);
  const { plan: text, searchUntil, searchSeconds } = request;
  const manifest = detachedManifest({ ...plan, plan: text, searchUntil, searchSeconds });
  const job = await api.createJob(run, manifest, signal);
  signal.throwIfAborted();
  await api.createConfigMap(run, workerConfigMap(plan, request, job.metadata.uid ?? ''), signal);
  signal.throwIfAborted();
  await completeLaunch(api, run, job, signal);
}

/**
 * Lets the Job have its pods, and says in the same call that its launch is complete. One that asks for a place in a queue is resumed by
 * that, in its turn. Idempotent.
 */
async function completeLaunch(
  api: KubernetesApi,
  run: string,
  { metadata }: JobObject,
  signal: AbortSignal,
): Promise<void> {
  const isQueued = metadata.labels?.[labelKeys.queue] !== undefined;
  const body = {
    metadata: { annotations: { [labelKeys.launched]: new Date().toISOString() } },
    ...(!isQueued && { spec: { suspend: false } }),
  };
  await api.patchJob(run, body, `starting the Job ${jobName(run)}`, signal);
}

/** A detached run, and where it is. */
export interface FoundDetached {
  readonly run: DetachedRun;
  readonly namespace: string;
}

/** The detached runs whose ids begin so. @throws KubernetesError */
export async function findDetached(
  api: KubernetesApi,
  beginning: string,
  signal?: AbortSignal,
): Promise<FoundDetached[]> {
  const [user, jobs] = await Promise.all([api.user(signal), api.jobs(signal)]);
  const own = ownerHash(user);
  return jobs.flatMap((job) => {
    const { labels, namespace } = job.metadata;
    if (!labels?.[labelKeys.run]?.startsWith(beginning)) return [];
    const run = detachedRun(job, api.client.place.context, own);
    return run ? [{ run, namespace }] : [];
  });
}

function requireRoom(what: string, bytes: number, limit: number): void {
  if (bytes < limit) return;
  throw new UsageError(
    'detach-too-large',
    `${what} of ${bytes} bytes does not fit on a cluster: at most ${limit}`,
    {
      about: 'detach',
      hint: 'start the run without --detach',
    },
  );
}
