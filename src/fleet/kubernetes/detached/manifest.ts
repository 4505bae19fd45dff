import type { DetachRequest } from '../../detached.ts';
import { type JobPlan, containerName, jobManifest } from '../job.ts';
import { jobName, labelKeys, runAnnotations, runLabels } from '../label.ts';
import { detachedScript, workerFiles, workerMount } from './script.ts';

/** Exit codes by which a pod says that it has found nothing (remote/detached.py): none of them is worth another try. */
const fruitless = [10, 11, 12, 13];

/** Seconds in which a pod that is told to end tells what it has done. */
const terminationGrace = 5;

/** What the Job of a detached run is made of. */
export type DetachedPlan = JobPlan & Pick<DetachRequest, 'plan' | 'searchUntil' | 'searchSeconds'>;

/**
 * The Job of a detached run: it succeeds as soon as one of its pods has found a golden nonce, and its other pods are deleted
 * then. It is created suspended: its pods mount a ConfigMap that is its own, and cannot be there before it. Pure.
 */
export function detachedManifest(plan: DetachedPlan) {
  const { run, settings, count, lifetime, expiresAt, searchUntil, searchSeconds } = plan;
  const { spec, metadata, ...kind } = jobManifest(plan);
  const { template } = spec;
  const script = detachedScript(run, {
    search: { end: searchUntil.getTime() / 1000, seconds: searchSeconds },
    pod: { end: expiresAt.getTime() / 1000, seconds: lifetime },
  });
  return {
    ...kind,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [labelKeys.plan]: plan.plan } },
    spec: {
      ...spec,
      suspend: true,
      maxFailedIndexes: count,
      podFailurePolicy: {
        rules: [
          {
            action: 'FailIndex',
            onExitCodes: { containerName, operator: 'In', values: fruitless },
          },
        ],
      },
      successPolicy: { rules: [{ succeededCount: 1 }] },
      ttlSecondsAfterFinished: settings.ttlSecondsAfterFinished,
      template: {
        ...template,
        spec: {
          ...template.spec,
          terminationGracePeriodSeconds: terminationGrace,
          containers: template.spec.containers.map((container) => ({
            ...container,
            command: ['/bin/sh', '-c', script],
            // What Python or tar say when the agent does not come so far.
            terminationMessagePolicy: 'FallbackToLogsOnError',
            volumeMounts: [
              ...container.volumeMounts,
              { name: 'worker', mountPath: workerMount, readOnly: true },
            ],
          })),
          volumes: [...template.spec.volumes, { name: 'worker', configMap: { name: jobName(run) } }],
        },
      },
    },
  };
}

/** One of its pods, for a dry run. Pure. */
export function detachedPod(plan: DetachedPlan) {
  const { template } = detachedManifest(plan).spec;
  const name = `${jobName(plan.run)}-check`;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name }, spec: template.spec };
}

/** What its pods search with, owned by the Job, with which it is deleted. Pure. */
export function workerConfigMap(
  plan: JobPlan,
  { worker, job }: Pick<DetachRequest, 'worker' | 'job'>,
  uid: string,
) {
  const name = jobName(plan.run);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      labels: { ...plan.settings.labels, ...runLabels(plan) },
      annotations: { ...plan.settings.annotations, ...runAnnotations(plan) },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }],
    },
    immutable: true,
    data: { [workerFiles.job]: job },
    binaryData: { [workerFiles.worker]: worker.toString('base64') },
  };
}
