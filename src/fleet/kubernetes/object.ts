import { z } from 'zod';

// Kubernetes' objects, as far as they are read. What is absent in an answer may be null as well.

const metadata = z.object({
  name: z.string(),
  namespace: z.string().default('default'),
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
});

const waiting = z.object({ reason: z.string().nullish(), message: z.string().nullish() });
const terminated = z.object({
  reason: z.string().nullish(),
  exitCode: z.int().nullish(),
  message: z.string().nullish(),
});

const pod = z.object({
  metadata,
  status: z.object({
    phase: z.string().nullish(),
    reason: z.string().nullish(),
    message: z.string().nullish(),
    conditions: z.array(condition).nullish(),
    containerStatuses: z
      .array(
        z.object({
          state: z.object({
            waiting: waiting.nullish(),
            running: z.object({}).nullish(),
            terminated: terminated.nullish(),
          }),
        }),
      )
      .nullish(),
  }),
});

/** A pod. */
export type Pod = z.output<typeof pod>;

/** The answer to a list of pods. */
export const podList = z.object({ items: z.array(pod) });

/** A Job. */
export const jobObject = z.object({
  metadata,
  spec: z.object({ completions: z.int().nullish() }),
  status: z
    .object({ failedIndexes: z.string().nullish(), conditions: z.array(condition).nullish() })
    .nullish(),
});

/** See `jobObject`. */
export type JobObject = z.output<typeof jobObject>;

/** The answer to a list of Jobs. */
export const jobList = z.object({ items: z.array(jobObject) });

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
