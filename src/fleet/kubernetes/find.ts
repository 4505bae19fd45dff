import type { FoundRun } from '../fleet.ts';
import { isRunId } from '../../run-id.ts';
import type { KubernetesApi } from './api.ts';
import { labelKeys, ownerHash } from './label.ts';
import type { JobObject, Pod } from './object.ts';
import { instancesOf } from './pod-instance.ts';

/** A run that was found, and where. */
export interface FoundJob {
  readonly found: FoundRun;
  readonly namespace: string;
}

/** Every run that has a Job or a pod, by label alone. @throws KubernetesError */
export async function findJobs(api: KubernetesApi, signal?: AbortSignal): Promise<FoundJob[]> {
  const [user, jobs, pods] = await Promise.all([
    api.user(signal),
    api.jobs(signal),
    api.pods(undefined, signal),
  ]);
  const own = ownerHash(user);
  const runs = new Map<string, { job: JobObject | undefined; pods: Pod[] }>();
  const of = (labels: Readonly<Record<string, string>> | null | undefined) => {
    const run = labels?.[labelKeys.run] ?? '';
    if (!isRunId(run)) return undefined;
    const known = runs.get(run) ?? { job: undefined, pods: [] };
    runs.set(run, known);
    return known;
  };
  for (const job of jobs) Object.assign(of(job.metadata.labels) ?? {}, { job });
  for (const pod of pods) of(pod.metadata.labels)?.pods.push(pod);
  return [...runs].flatMap(([run, { job, pods: its }]) => {
    const metadata = (job ?? its[0])?.metadata;
    if (!metadata) return [];
    const expiresAt = new Date(metadata.annotations?.[labelKeys.expiresAt] ?? Number.NaN);
    const name = metadata.annotations?.[labelKeys.owner] ?? 'unknown';
    const found: FoundRun = {
      fleet: 'kubernetes',
      run,
      instances: instancesOf(run, its, { job, seen: new Set(), ends: new Map() }),
      ...(job?.metadata.annotations?.[labelKeys.plan] !== undefined && { detached: true as const }),
      ...(job && { orphans: [`Job ${metadata.namespace}/${metadata.name}`] }),
      ...(!Number.isNaN(expiresAt.getTime()) && { expiresAt }),
      owner: { name, self: metadata.labels?.[labelKeys.owner] === own },
    };
    return [{ found, namespace: metadata.namespace }];
  });
}
