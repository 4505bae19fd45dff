import type { Instance } from '../../../instance.ts';
import { constraintsHint, isOfConstraints } from '../../../kubernetes/failure.ts';
import { type ContainerStatus, type JobObject, type Pod, workerState } from '../object.ts';
import { containerName } from '../job.ts';

type ContainerEnd = NonNullable<ContainerStatus['state']['terminated']>;

/** Something that keeps pods from running, in words. */
export interface Problem {
  /** The same for all pods that have it. */
  readonly key: string;
  readonly message: string;
}

/** Why containers do not start, by the reason that the kubelet gives, with what to do. */
const waitingReasons: Readonly<Record<string, string>> = {
  ErrImagePull: 'the image cannot be pulled (kubernetes.image, kubernetes.imagePullSecrets)',
  ImagePullBackOff: 'the image cannot be pulled (kubernetes.image, kubernetes.imagePullSecrets)',
  ErrImageNeverPull: 'the image is not on the node',
  InvalidImageName: 'the name of the image is invalid (kubernetes.image)',
  CreateContainerConfigError: 'the container cannot be created',
  CreateContainerError: 'the container cannot be created',
  RunContainerError: 'the container cannot be started',
  // Of a container that the cluster has added: the worker's is never started again.
  CrashLoopBackOff: 'a container fails again and again',
};

/** Who ends a pod that did nothing wrong (Kubernetes documentation, "Pod disruption conditions"). */
const disruptions: Readonly<Record<string, string>> = {
  PreemptionByScheduler: 'preempted by a pod of higher priority',
  DeletionByTaintManager: 'its node has a taint that it does not tolerate',
  EvictionByEvictionAPI: 'evicted: its node is being drained, or an autoscaler removes it',
  DeletionByPodGC: 'its node is gone',
  TerminationByKubelet: 'ended by its node, which is short of resources or shuts down',
};

/** What keeps a pod from running now. Pure. */
export function podProblem({ status }: Pod): Problem | undefined {
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    return problem('Unschedulable', 'pods cannot be scheduled yet', scheduled.message);
  }
  if (scheduled?.status === 'False' && scheduled.reason === 'SchedulingGated') {
    return problem('SchedulingGated', 'pods are not scheduled yet, because of a gate', scheduled.message);
  }
  for (const { name, state } of [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
  ]) {
    const reason = waitingReasons[state.waiting?.reason ?? ''];
    if (reason === undefined) continue;
    const words =
      name === containerName
        ? reason
        : `container ${name}, which the cluster has added: ${reason.replace(/ \(.*\)$/, '')}`;
    // The words alone: ImagePullBackOff alternates with ErrImagePull, which says why.
    return { ...problem('container', words, state.waiting?.message), key: words };
  }
  return undefined;
}

/** What keeps a Job from having its pods, by an event of its controller: quota, Pod Security, another admission. Pure. */
export function jobProblem({
  reason,
  message,
}: {
  readonly reason: string;
  readonly message: string;
}): Problem | undefined {
  if (reason !== 'FailedCreate') return undefined;
  if (isOfConstraints(message)) return problem('FailedCreate', 'pods cannot be created', constraintsHint);
  return problem('FailedCreate', 'pods cannot be created', message.replace(/^Error creating: /, ''));
}

/** What keeps a Job from having its pods that nobody else is to be asked about: somebody holds it back. Pure. */
export function suspendedProblem({ spec }: JobObject): Problem | undefined {
  if (spec.suspend !== true) return undefined;
  const words = 'its Job is suspended, as by a queue of the cluster (Kueue)';
  return problem('Suspended', words, 'it has no pods until it is resumed, and T goes on');
}

/** Whether a container has ended without ever having run, as of an image without /bin/sh: its message is the kubelet's own. Pure. */
export function isUnstarted({ reason }: Pick<ContainerEnd, 'reason'>): boolean {
  return reason === 'StartError' || reason === 'ContainerCannotRun';
}

/** Why a pod ended, or is ending. */
export type PodEnd = Pick<Instance, 'reason' | 'endedBy'>;

/** How a pod ended, or is ending. Pure. */
export function endOf(pod: Pod): PodEnd {
  const { metadata, status } = pod;
  const target = status.conditions?.find(
    ({ type, status: is }) => type === 'DisruptionTarget' && is === 'True',
  );
  const disruption = disruptions[target?.reason ?? ''];
  if (disruption !== undefined) {
    const more = status.message ?? target?.message;
    return { reason: `${disruption}${more ? `: ${more}` : ''}`, endedBy: 'service' };
  }
  if (status.reason === 'Evicted') return { reason: `evicted: ${status.message ?? ''}`, endedBy: 'service' };
  if (status.reason === 'DeadlineExceeded') return { reason: 'its time limit has passed' };
  if (status.reason) return { reason: `${status.reason}: ${status.message ?? ''}`, endedBy: 'service' };
  const ended = workerState(pod)?.terminated;
  if (ended?.reason === 'OOMKilled') {
    return { reason: 'it ran out of memory and was killed: raise kubernetes.memory', endedBy: 'service' };
  }
  const failed = status.initContainerStatuses?.find(({ state }) => state.terminated?.exitCode);
  if (!ended && failed && !metadata.deletionTimestamp) {
    // cnd has none: the cluster added it.
    const code = failed.state.terminated?.exitCode;
    return { reason: `its init container ${failed.name} failed with exit code ${code}`, endedBy: 'service' };
  }
  // Its first process is told to end when the pod is deleted.
  if (!ended || metadata.deletionTimestamp) return { reason: 'its pod was deleted', endedBy: 'user' };
  if (isUnstarted(ended))
    return { reason: `its first process cannot be started: ${ended.message ?? ended.reason}` };
  return { reason: `its first process ended with exit code ${ended.exitCode ?? '?'}` };
}

/** The same words for many pods are one problem: names of pods, numbers and quantities (`990m`, `1`, `64Mi`) differ. */
function problem(reason: string, words: string, message: string | null | undefined): Problem {
  const text = message ? `${words}: ${message}` : words;
  return {
    key: `${reason} ${text.replace(/"[^"]*"|\d+(\.\d+)?([numkMGTPE]|[KMGTPE]i)?\b/g, '')}`,
    message: text,
  };
}
