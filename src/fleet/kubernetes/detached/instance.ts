import { podAddress } from '../../../session/kubernetes/exec-socket.ts';
import type { DetachedInstance, DetachedRun } from '../../detached.ts';
import { labelKeys, podInstanceId } from '../label.ts';
import { type JobObject, type Pod, workerState } from '../object.ts';
import { indexOfPod } from '../pod-instance.ts';
import { endOf, isUnstarted } from '../problem/problem.ts';

/** Characters of a termination message, as the API has it at most. */
const longestMessage = 4096;

/** A pod of a detached run; undefined for one without an index. Pure. */
export function detachedInstance(run: string, pod: Pod): DetachedInstance | undefined {
  const index = indexOfPod(pod);
  if (index === undefined) return undefined;
  const { name, namespace } = pod.metadata;
  const { phase } = pod.status;
  const { running, terminated } = workerState(pod) ?? {};
  const known = { index, id: podInstanceId(run, index), address: podAddress({ namespace, pod: name }) };
  if (terminated) {
    const { startedAt, finishedAt, message } = terminated;
    return {
      ...known,
      state: 'ended',
      ...dateOf('startedAt', startedAt),
      ...dateOf('endedAt', finishedAt),
      ...(message && !isUnstarted(terminated) && { message: message.slice(0, longestMessage) }),
      reason: endOf(pod).reason ?? 'it has ended',
    };
  }
  if (phase === 'Failed' || phase === 'Succeeded')
    return { ...known, state: 'ended', reason: endOf(pod).reason ?? 'it has ended' };
  if (running) return { ...known, state: 'running', ...dateOf('startedAt', running.startedAt) };
  return { ...known, state: 'pending' };
}

/** The run of a Job; undefined for a Job whose run has a controller. Pure, but for the time. */
export function detachedRun(job: JobObject, context: string, ownerHash: string): DetachedRun | undefined {
  const { metadata, spec, status } = job;
  const run = metadata.labels?.[labelKeys.run];
  const plan = metadata.annotations?.[labelKeys.plan];
  if (run === undefined || plan === undefined) return undefined;
  const end = status?.conditions?.find(
    ({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True',
  );
  const isSuspended = spec.suspend === true;
  const isIncomplete = isSuspended && metadata.annotations?.[labelKeys.launched] === undefined;
  // As long as it is suspended no clock of Kubernetes' ends it; whoever resumes it later has pods that end at once.
  const expiresAt = time(metadata.annotations?.[labelKeys.expiresAt]);
  const isOver = isSuspended && !isIncomplete && expiresAt !== undefined && expiresAt.getTime() < Date.now();
  const endedAt = end ? (time(end.lastTransitionTime) ?? new Date()) : isOver ? expiresAt : undefined;
  return {
    run,
    plan,
    where: `${context}/${metadata.namespace}`,
    owner: {
      name: metadata.annotations?.[labelKeys.owner] ?? 'unknown',
      self: metadata.labels?.[labelKeys.owner] === ownerHash,
    },
    createdAt: time(metadata.creationTimestamp) ?? new Date(),
    isIncomplete,
    ...(endedAt && { endedAt }),
  };
}

function dateOf<Name extends string>(name: Name, text: string | null | undefined): { [Key in Name]?: Date } {
  const date = time(text);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has just this key
  return (date ? { [name]: date } : {}) as { [Key in Name]?: Date };
}

function time(text: string | null | undefined): Date | undefined {
  const date = new Date(text ?? Number.NaN);
  // What never was, a start say, is at 1970 for the kubelet.
  return date.getTime() > 0 ? date : undefined;
}
