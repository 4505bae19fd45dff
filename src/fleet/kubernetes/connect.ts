import { CndError } from '../../error.ts';
import type { Instance } from '../../instance.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import { backoff } from '../../retry.ts';
import { aborted } from '../../session/bounded.ts';
import { PodSession } from '../../session/kubernetes/pod-session.ts';
import type { Session } from '../../session/session.ts';
import { pause, unlessAborted, withDeadline } from '../../wait.ts';
import type { ConnectOptions } from '../fleet.ts';
import { KubernetesApi } from './api.ts';
import { containerName } from './job.ts';

/** Milliseconds for one attempt. */
const attemptTimeout = 15_000;

/** Milliseconds for which a refusal is tried again: an API server that has just started knows no roles yet, and says 403. */
const forbiddenRetry = 20_000;

/** Makes a session to a pod, retrying while its container does not run commands. @throws CndError as `Fleet.connect` */
export async function connectPod(
  client: KubernetesClient,
  { id, address, state }: Instance,
  { signal, onWait }: ConnectOptions,
): Promise<Session> {
  const [namespace, pod] = (address ?? '').split('/');
  if (!namespace || !pod)
    throw new CndError('instance-unreachable', `instance ${id} is ${state}`, { about: id });
  const what = `connecting to ${address}`;
  const begun = performance.now();
  let last: CndError | undefined;
  for (let attempt = 0; ; attempt++) {
    if (signal.aborted) throw last ? stopped(what, last, signal) : aborted(what, signal);
    try {
      const opening = PodSession.open({ client, namespace, pod, container: containerName });
      return await withDeadline(attemptTimeout, signal, (until) => orClosed(opening, until));
    } catch (error) {
      if (signal.aborted) throw last ? stopped(what, last, signal) : aborted(what, signal);
      const isLast = error instanceof CndError && isFinal(error, performance.now() - begun);
      if (isLast && !(error.code === 'pod-gone' && (await isLiving(client, namespace, pod)))) throw error;
      const failure =
        error instanceof CndError
          ? error
          : new CndError('session-timeout', `${what}: no answer`, { cause: error });
      if (failure.message !== last?.message) onWait?.('exec', failure.message);
      last = failure;
      await pause(backoff(attempt), signal);
    }
  }
}

/** Whether trying again does not change an error, after so many milliseconds. Pure. */
function isFinal({ code }: CndError, elapsed: number): boolean {
  return code === 'pod-gone' || (code === 'exec-forbidden' && elapsed > forbiddenRetry);
}

/** Whether a pod is there all the same: a kubelet that has just started knows none of its pods yet, and says that there is no such. */
async function isLiving(client: KubernetesClient, namespace: string, name: string): Promise<boolean> {
  const pod = await new KubernetesApi(client, namespace).pod(name).catch(() => 'unknown' as const);
  return pod === 'unknown' || (pod?.status.phase === 'Running' && !pod.metadata.deletionTimestamp);
}

/** A session that comes too late is not left open. */
async function orClosed(opening: Promise<PodSession>, signal: AbortSignal): Promise<PodSession> {
  try {
    return await unlessAborted(opening, signal);
  } catch (error) {
    if (signal.aborted) void opening.then((session) => session.close()).catch(() => {});
    throw error;
  }
}

function stopped(what: string, last: CndError, signal: AbortSignal): CndError {
  return new CndError('session-aborted', `${what} was stopped: ${last.message}`, {
    cause: signal.reason ?? last,
  });
}
