import type { Admin } from '../../helper/kubernetes/admin.ts';
import { testImage } from '../../helper/kubernetes/cluster.ts';
import { eventually } from '../../helper/process.ts';

/** Seconds for a cluster to work again once what was killed of it has been started, on a busy machine. */
const recovery = 180;

/**
 * Resolves once every part of a cluster does its work: a Job is created and deleted, and its pod is run and removed. An API server
 * that answers does not show that: controllers that were killed, or lost it, begin again half a minute later.
 * @throws Error when that takes longer than 180 s for either.
 */
export async function untilWorking(admin: Admin, name: string): Promise<void> {
  const jobs = '/apis/batch/v1/namespaces/default/jobs';
  const path = `${jobs}/${name}`;
  const container = { name: 'probe', image: testImage, imagePullPolicy: 'Never', command: ['true'] };
  const pod = { restartPolicy: 'Never', automountServiceAccountToken: false, containers: [container] };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { backoffLimit: 20, template: { spec: pod } },
  };
  const isAccepted = async (): Promise<boolean> => {
    const status = await statusOf(admin.call('POST', jobs, job));
    return status === 200 || status === 409;
  };
  await eventually('a Job accepted', isAccepted, recovery);
  const isComplete = async (): Promise<boolean> => {
    const { status } = Object(await admin.call('GET', path).catch(() => ({})));
    return (status?.succeeded ?? 0) > 0;
  };
  await eventually('a pod run by the cluster', isComplete, recovery);
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' };
  const isGone = async (): Promise<boolean> => (await statusOf(admin.call('DELETE', path, options))) === 404;
  await eventually('a Job removed by the cluster', isGone, recovery);
}

/** The status of an answer; 200 for every good one, undefined when there is none. */
async function statusOf(call: Promise<unknown>): Promise<number | undefined> {
  return call.then(
    () => 200,
    (error: unknown) => Object(error).status,
  );
}
