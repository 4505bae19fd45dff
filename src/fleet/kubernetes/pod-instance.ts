import type { Instance } from '../../instance.ts';
import { podAddress } from '../../session/kubernetes/exec-socket.ts';
import { podInstanceId, labelKeys } from './label.ts';
import { type JobObject, type Pod, workerState } from './object.ts';
import { type PodEnd, endOf } from './problem/problem.ts';

/** The index of a pod in its Job. Pure. */
export function indexOfPod({ metadata }: Pod): number | undefined {
  const text = metadata.labels?.[labelKeys.index] ?? metadata.annotations?.[labelKeys.index];
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/** A pod as an instance; undefined for one without an index. Pure. */
export function podInstance(run: string, pod: Pod): Instance | undefined {
  const index = indexOfPod(pod);
  if (index === undefined) return undefined;
  const { name, namespace, deletionTimestamp } = pod.metadata;
  const id = podInstanceId(run, index);
  const { phase } = pod.status;
  if (phase === 'Failed' || phase === 'Succeeded') return { id, index, state: 'terminated', ...endOf(pod) };
  if (deletionTimestamp) return { id, index, state: 'shutting-down', ...endOf(pod) };
  const state = workerState(pod);
  // A container that the cluster has added may still run.
  if (state?.terminated) return { id, index, state: 'terminated', ...endOf(pod) };
  if (phase !== 'Running' || !state?.running) return { id, index, state: 'pending' };
  return { id, index, state: 'running', address: podAddress({ namespace, pod: name }) };
}

/** What is known of a run besides its pods. */
export interface KnownJob {
  /** Undefined when there is none (any more). */
  readonly job: JobObject | undefined;
  /** Indexes whose pods were seen before. */
  readonly seen: ReadonlySet<number>;
  /** How pods ended that are gone, as far as that was seen. */
  readonly ends: ReadonlyMap<number, PodEnd>;
  /** Pods that were asked for, where that is known without the Job. */
  readonly count?: number | undefined;
}

/**
 * The instances of a run: a pod each, and those whose pods have not been created yet. Of two pods of one index the one
 * that lives counts. Pure.
 */
export function instancesOf(run: string, pods: readonly Pod[], known: KnownJob): Instance[] {
  const { job, seen, ends } = known;
  const found = new Map<number, Instance>();
  for (const pod of pods) {
    const instance = podInstance(run, pod);
    if (!instance) continue;
    const other = found.get(instance.index);
    if (!other || other.state === 'terminated') found.set(instance.index, instance);
  }
  const count = known.count ?? job?.spec.completions ?? 0;
  const failed = jobIndexes(job?.status?.failedIndexes ?? '', count);
  for (let index = 0; index < count; index++) {
    if (found.has(index)) continue;
    const id = podInstanceId(run, index);
    const isOver = !job || ends.has(index) || seen.has(index) || failed.has(index) || isFinished(job);
    const reason = job ? 'its pod was deleted' : 'its Job was deleted';
    found.set(
      index,
      isOver
        ? { id, index, state: 'terminated', reason, ...ends.get(index) }
        : { id, index, state: 'pending', reason: 'its pod has not been created' },
    );
  }
  return [...found.values()].toSorted((a, b) => a.index - b.index);
}

/** Whether a Job makes no more pods. */
function isFinished(job: JobObject | undefined): boolean {
  const ends = new Set(['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet']);
  const isOver = job?.status?.conditions?.some(({ type, status }) => ends.has(type) && status === 'True');
  return isOver === true || Boolean(job?.metadata.deletionTimestamp);
}

/** The indexes in the status of a Job, such as `1,3-5`, below `count`; what is not understood is left out. Pure. */
export function jobIndexes(text: string, count: number): Set<number> {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part) ?? [];
    if (first === undefined) continue;
    const end = Math.min(Number(last ?? first), count - 1);
    for (let index = Number(first); index <= end; index++) found.add(index);
  }
  return found;
}
