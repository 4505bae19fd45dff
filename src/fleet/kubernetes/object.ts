import { z } from 'zod';
import { containerName } from './job.ts';

// Kubernetes' objects, as far as they are read. What is absent in an answer may be null as well.

const metadata = z.object({
  name: z.string(),
  namespace: z.string().default('default'),
  uid: z.string().nullish(),
  resourceVersion: z.string().nullish(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  lastTransitionTime: z.string().nullish(),
});

const waiting = z.object({ reason: z.string().nullish(), message: z.string().nullish() });
const terminated = z.object({
  reason: z.string().nullish(),
  exitCode: z.int().nullish(),
  message: z.string().nullish(),
  startedAt: z.string().nullish(),
  finishedAt: z.string().nullish(),
});

const containerStatuses = z
  .array(
    z.object({
      name: z.string(),
      state: z
        .object({
          waiting: waiting.nullish(),
          running: z.object({ startedAt: z.string().nullish() }).nullish(),
          terminated: terminated.nullish(),
        })
        .default({}),
    }),
  )
  .nullish();

const pod = z.object({
  metadata,
  spec: z.object({ nodeName: z.string().nullish() }).nullish(),
  status: z.object({
    phase: z.string().nullish(),
    reason: z.string().nullish(),
    message: z.string().nullish(),
    conditions: z.array(condition).nullish(),
    containerStatuses,
    initContainerStatuses: containerStatuses,
  }),
});

/** A pod. */
export type Pod = z.output<typeof pod>;

/** How one container of a pod is. */
export type ContainerStatus = NonNullable<Pod['status']['containerStatuses']>[number];

/** How the worker's container is: a cluster may add others (a service mesh does), and they are in the order of their names. Pure. */
export function workerState({ status }: Pod): ContainerStatus['state'] | undefined {
  return status.containerStatuses?.find(({ name }) => name === containerName)?.state;
}

/** What a list says of itself. */
export const listMetadata = z
  .object({ resourceVersion: z.string().nullish(), continue: z.string().nullish() })
  .nullish();

/** A page of a list of pods. */
export const podList = z.object({ metadata: listMetadata, items: z.array(pod) });

/**
 * One line of a watch on pods: a pod as it is now, or was last; how far the watch has come (a bookmark); or why it ends, such as
 * that its version is too old (Kubernetes documentation, "API Concepts").
 */
export const podChange = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: pod }),
  z.object({
    type: z.literal('BOOKMARK'),
    object: z.object({ metadata: z.object({ resourceVersion: z.string().nullish() }) }),
  }),
  z.object({
    type: z.literal('ERROR'),
    object: z.object({ message: z.string().nullish() }),
  }),
]);

/** A Job. */
export const jobObject = z.object({
  metadata,
  spec: z.object({ completions: z.int().nullish(), suspend: z.boolean().nullish() }),
  status: z
    .object({ failedIndexes: z.string().nullish(), conditions: z.array(condition).nullish() })
    .nullish(),
});

/** See `jobObject`. */
export type JobObject = z.output<typeof jobObject>;

/** A page of a list of Jobs. */
export const jobList = z.object({ metadata: listMetadata, items: z.array(jobObject) });

/** The answer to a list of events. */
export const eventList = z.object({
  items: z.array(
    z.object({ type: z.string().nullish(), reason: z.string().nullish(), message: z.string().nullish() }),
  ),
});

/** The user, as the API server knows them (authentication.k8s.io/v1). */
export const selfSubjectReview = z.object({
  status: z.object({ userInfo: z.object({ username: z.string().default('') }) }),
});

/** Whether the user may do something (authorization.k8s.io/v1). */
export const accessReview = z.object({
  status: z.object({ allowed: z.boolean(), reason: z.string().nullish() }),
});

/** The version of the API server. */
export const serverVersion = z.object({ major: z.string(), minor: z.string(), gitVersion: z.string() });

/** Any answer whose content does not matter. */
export const anyObject = z.unknown();
