import { z } from 'zod';

const text = (what: string) => z.string({ error: `must be ${what}` }).min(1, `must be ${what}`);
const pattern = (expression: RegExp, what: string) =>
  z.string({ error: `must be ${what}` }).regex(expression, `must be ${what}`);

/** A name as most of Kubernetes' objects have it (RFC 1123, subdomain). */
const objectName = (what: string) => pattern(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, what);

/** A quantity, in the file also as a number. */
const quantity = (expression: RegExp, what: string) =>
  z.preprocess((value) => (typeof value === 'number' ? String(value) : value), pattern(expression, what));

/** The key of a label or an annotation: a name, after a domain where it has one. */
const key = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Keys that are cnd's own. */
const isOwn = (name: string): boolean => name.startsWith('cnd/') || name === 'app.kubernetes.io/managed-by';

const entries = (value: z.ZodType<string>, what: string) =>
  z.record(
    pattern(key, `the key of a ${what}`).refine((name) => !isOwn(name), {
      error: 'is set by cnd itself',
    }),
    value,
    { error: `must be an object of ${what}s` },
  );

const labels = entries(
  pattern(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, 'the value of a label'),
  'label',
);

/** See Kubernetes' API, Toleration. */
const toleration = z.strictObject({
  key: pattern(key, 'the key of a taint').optional(),
  operator: z.enum(['Exists', 'Equal'], { error: 'must be Exists or Equal' }).optional(),
  value: z.string({ error: 'must be the value of a taint' }).optional(),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'], {
      error: 'must be NoSchedule, PreferNoSchedule or NoExecute',
    })
    .optional(),
  tolerationSeconds: z.int({ error: 'must be a whole number of seconds' }).optional(),
});

/** The `kubernetes` part of the configuration. */
export const kubernetesSchema = z.strictObject({
  context: text('the name of a context')
    .optional()
    .describe('the context of the kubeconfig; by default the current one'),
  namespace: pattern(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'the name of a namespace')
    .optional()
    .describe('the namespace of the pods; by default that of the context'),
  image: text('a container image').describe('the image of the pods: it needs python3, sh and gzip'),
  cpu: quantity(
    /^(?!0+(\.0+)?m?$)(\d{1,6}m|\d{1,4}(\.\d{1,3})?)$/,
    'an amount of CPU like 2 or 500m',
  ).describe('CPU that each pod requests; its limit, and its threads, are the next whole number of cores'),
  memory: quantity(/^[1-9]\d{0,11}(Ki|Mi|Gi|k|M|G)?$/, 'an amount of memory like 256Mi').describe(
    'memory that each pod requests, which is its limit as well',
  ),
  nodeSelector: labels.optional().describe('labels of the nodes to run on'),
  tolerations: z
    .array(toleration, { error: 'must be a list of tolerations' })
    .optional()
    .describe('taints of nodes that are tolerated'),
  priorityClass: objectName('the name of a priority class')
    .optional()
    .describe('the priority class of the pods'),
  runtimeClass: objectName('the name of a runtime class')
    .optional()
    .describe('the runtime class of the pods'),
  runAsUser: z
    .union([z.literal('cluster'), z.int().min(1).max(2_147_483_647)], {
      error: 'must be a user id from 1 to 2147483647, or "cluster"',
    })
    .describe(
      'the user and group id of the pods; "cluster": as the cluster assigns them, which OpenShift wants',
    ),
  labels: labels.optional().describe('labels for the Job and its pods'),
  annotations: entries(z.string({ error: 'must be text' }), 'annotation')
    .optional()
    .describe('annotations for the Job and its pods'),
  ttlSecondsAfterFinished: z
    .int({ error: 'must be a whole number of seconds' })
    .min(60, 'must be 60 or more seconds')
    .max(2_592_000, 'must be at most 2592000 seconds (30 days)')
    .describe('seconds for which a detached run is kept on the cluster after its end, to be resumed'),
  imagePullSecrets: z
    .array(objectName('the name of a Secret'), { error: 'must be a list of names of Secrets' })
    .optional()
    .describe('Secrets to pull the image with'),
});

/** Settings of the fleet `kubernetes`, once judged. */
export type KubernetesSettings = z.output<typeof kubernetesSchema>;

/** What holds where nothing else is said. */
export const kubernetesDefaults = {
  image: 'python:3-slim',
  cpu: '1',
  memory: '256Mi',
  // nobody: what a pod runs needs no rights at all.
  runAsUser: 65_534,
  ttlSecondsAfterFinished: 86_400,
} satisfies Partial<z.input<typeof kubernetesSchema>>;

/** Whole cores that a pod may use at most: its threads. A pod sees the cores of its node, whatever its limit is. Pure. */
export function coresOf(cpu: string): number {
  const cores = cpu.endsWith('m') ? Number(cpu.slice(0, -1)) / 1000 : Number(cpu);
  return Math.max(1, Math.ceil(cores));
}
