import type { LaunchRequest } from '../fleet.ts';
import { type RunLabels, jobName, runAnnotations, runLabels } from './label.ts';
import { type KubernetesSettings, coresOf } from './schema.ts';
import { podDirectory, podSyslog, switchScript } from './switch.ts';

/** The container of a pod that the worker runs in. */
export const containerName = 'worker';

/** Seconds after the end of its pods until a Job that still runs is ended by its controller. */
const jobSurplus = 30;

/** Seconds until a Job that has ended is deleted, with its pods, if nobody did. */
const keptSeconds = 300;

/** Autoscalers leave such pods where they are: they have their own end. */
const undisturbed = {
  'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
  'karpenter.sh/do-not-disrupt': 'true',
};

/** Service meshes add no container to such pods: they need no network, and a proxy that goes on keeps a pod from ending. */
const unmeshed = {
  labels: { 'sidecar.istio.io/inject': 'false' },
  annotations: { 'sidecar.istio.io/inject': 'false', 'linkerd.io/inject': 'disabled' },
};

/** What a Job is made of. */
export interface JobPlan extends RunLabels {
  readonly settings: KubernetesSettings;
  readonly count: number;
  /** Seconds; see `LaunchRequest`. */
  readonly lifetime: LaunchRequest['lifetime'];
}

/** The Job of a run: one pod an index, none of which is started again. Pure. */
export function jobManifest(plan: JobPlan) {
  const { run, settings, count, lifetime } = plan;
  const labels = { ...settings.labels, ...runLabels(plan) };
  const annotations = { ...settings.annotations, ...runAnnotations(plan) };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: jobName(run), labels, annotations },
    spec: {
      completionMode: 'Indexed',
      completions: count,
      parallelism: count,
      // One that fails is not started again, and does not end the others.
      backoffLimitPerIndex: 0,
      activeDeadlineSeconds: seconds(lifetime) + jobSurplus,
      ttlSecondsAfterFinished: keptSeconds,
      template: {
        metadata: {
          labels: { ...unmeshed.labels, ...labels },
          annotations: { ...undisturbed, ...unmeshed.annotations, ...annotations },
        },
        spec: podSpec(plan),
      },
    },
  };
}

/** One of its pods, as the Job's controller would make it: for a dry run. Pure. */
export function podManifest(plan: JobPlan) {
  const { template } = jobManifest(plan).spec;
  const name = `${jobName(plan.run)}-check`;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name }, spec: template.spec };
}

/** As Pod Security `restricted` wants it (Kubernetes documentation, "Pod Security Standards"). */
function podSpec({ run, settings, lifetime, expiresAt }: JobPlan) {
  const { cpu, memory, nodeSelector, tolerations, priorityClass, runtimeClass, imagePullSecrets } = settings;
  const { runAsUser: user } = settings;
  const script = switchScript(run, expiresAt.getTime() / 1000, lifetime);
  return {
    restartPolicy: 'Never',
    activeDeadlineSeconds: seconds(lifetime),
    // Without any, a pod counts as gone while its processes live.
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      ...(user !== 'cluster' && { runAsUser: user, runAsGroup: user, fsGroup: user }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations }),
    ...(priorityClass !== undefined && { priorityClassName: priorityClass }),
    ...(runtimeClass !== undefined && { runtimeClassName: runtimeClass }),
    ...(imagePullSecrets && { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
    containers: [
      {
        name: containerName,
        image: settings.image,
        command: ['/bin/sh', '-c', script],
        workingDir: podDirectory,
        env: [
          { name: 'HOME', value: podDirectory },
          { name: 'CND_RUN', value: run },
          { name: 'CND_SYSLOG', value: podSyslog },
        ],
        resources: {
          requests: { cpu, memory },
          limits: { cpu: String(coresOf(cpu)), memory },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [{ name: 'work', mountPath: podDirectory }],
      },
    ],
    volumes: [{ name: 'work', emptyDir: { sizeLimit: '256Mi' } }],
  };
}

/** Deadlines are whole seconds. */
function seconds(lifetime: number): number {
  return Math.max(1, Math.ceil(lifetime));
}
