import type { Instance } from '../../../instance.ts';
import type { Pod } from '../object.ts';

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
  const waiting = status.containerStatuses?.[0]?.state.waiting;
  const words = waitingReasons[waiting?.reason ?? ''];
  if (!waiting || words === undefined) return undefined;
  // It alternates with ErrImagePull, which says why.
  if (waiting.reason === 'ImagePullBackOff')
    return { ...problem('image', words, waiting.message), key: words };
  return { ...problem('image', words, waiting.message), key: words };
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
  return problem('FailedCreate', 'pods cannot be created', message.replace(/^Error creating: /, ''));
}

/** Why a pod ended, or is ending. */
export type PodEnd = Pick<Instance, 'reason' | 'endedBy'>;

/** How a pod ended, or is ending. Pure. */
export function endOf({ metadata, status }: Pod): PodEnd {
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
  const ended = status.containerStatuses?.[0]?.state.terminated;
  if (ended?.reason === 'OOMKilled') {
    return { reason: 'it ran out of memory and was killed: raise kubernetes.memory', endedBy: 'service' };
  }
  // Its first process is told to end when the pod is deleted.
  if (!ended || metadata.deletionTimestamp) return { reason: 'its pod was deleted', endedBy: 'user' };
  return { reason: `its first process ended with exit code ${ended.exitCode ?? '?'}` };
}

/** The same words for many pods are one problem: names of pods and numbers differ. */
function problem(reason: string, words: string, message: string | null | undefined): Problem {
  const text = message ? `${words}: ${message}` : words;
  return { key: `${reason} ${text.replace(/"[^"]*"|\d+/g, '')}`, message: text };
}
