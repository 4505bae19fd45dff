import { UsageError } from '../../../error.ts';
import { newRunId } from '../../../run-id.ts';
import { type Checked, check as checkOnce } from '../../check.ts';
import type { Check, Preflight, PreflightRequest } from '../../preflight.ts';
import type { KubernetesApi } from '../api.ts';
import { detachedManifest, detachedPod } from '../detached/manifest.ts';
import { type JobPlan, jobManifest, podManifest } from '../job.ts';
import { nodesCheck } from './node.ts';
import { anyObject, serverVersion } from '../object.ts';
import {
  detachingRights,
  eventsRight,
  hasRight,
  neededRights,
  nodesRight,
  podRight,
  rightName,
} from './right.ts';
import { throughRestart } from '../restart.ts';
import { type KubernetesSettings, coresOf } from '../schema.ts';
import { requireVersion } from './version.ts';

const docs = 'docs/kubernetes.md has a role with these rights';

/** Checks of everything that a launch needs, without creating anything. */
export async function kubernetesPreflight(
  api: KubernetesApi,
  settings: KubernetesSettings,
  request: PreflightRequest,
  signal: AbortSignal,
): Promise<Preflight> {
  const { context, namespace } = api.client.place;
  const check = <T>(name: string, look: () => Promise<T>, words: (value: T) => string): Promise<Checked<T>> =>
    checkOnce(name, signal, () => throughRestart(look, signal), words);
  const user = await check(
    'user',
    () => api.user(signal),
    (name) => `${name} of the context ${context}`,
  );
  const facts = [
    ['cluster', `${api.client.server} (context ${context})`],
    ['namespace', namespace],
    ['image', settings.image],
    ['pods', `${request.count} × ${settings.cpu} CPU, ${settings.memory}`],
  ] as const;
  const costBasis =
    'what nodes cost, also those that an autoscaler adds, is neither known to cnd nor bounded by it';
  if (user.value === undefined) return { checks: [user.check], facts, costBasis };
  const owner = user.value;
  const [version, missing, mayCreatePods, mayListNodes, mayListEvents] = await Promise.all([
    check(
      'version',
      () => supportedVersion(api, request, signal),
      (name) => name,
    ),
    check(
      'rights',
      () => allRights(api, request, signal),
      () => `in namespace ${namespace}: all that are needed`,
    ),
    ...[podRight, nodesRight, eventsRight].map((right) =>
      throughRestart(() => hasRight(api, right, signal), signal).catch(() => false),
    ),
  ] as const);
  const plan = {
    run: newRunId(),
    settings,
    count: request.count,
    lifetime: request.timeLimit,
    owner,
    expiresAt: new Date(Date.now() + request.timeLimit * 1000),
  };
  const checks: Check[] = [user.check, version.check, missing.check];
  if (missing.check.outcome === 'ok') {
    const { job, pod } = manifests(plan, request);
    const dryRun = (name: string, path: string, body: object): Promise<Checked<unknown>> =>
      check(
        name,
        () =>
          api.client.request('POST', path, anyObject, {
            what: `a dry run of a ${name}`,
            query: { dryRun: 'All' },
            body,
            signal,
          }),
        () => `a dry run of a ${name} is accepted`,
      );
    const jobCheck = dryRun('Job', `/apis/batch/v1/namespaces/${namespace}/jobs`, job);
    const podCheck = mayCreatePods ? dryRun('Pod', `/api/v1/namespaces/${namespace}/pods`, pod) : undefined;
    checks.push((await jobCheck).check);
    if (podCheck) checks.push((await podCheck).check);
  }
  if (mayListNodes) checks.push(await nodesCheck(api, settings, signal));
  const unchecked = [
    ...(mayCreatePods ? [] : ['quotas and admission of pods (create pods)']),
    ...(mayListNodes ? [] : ['whether a node can take a pod (list nodes)']),
  ];
  if (!mayListEvents) {
    const message = 'without the right to list events, why pods cannot be created is not told';
    checks.push({ name: 'events', outcome: 'warning', message, hint: docs });
  }
  return {
    checks,
    // A fact, not a check: a start tells those as well.
    facts: [...facts, ...(unchecked.length > 0 ? [['not checked', unchecked.join(', ')] as const] : [])],
    owner,
    unpriced: true,
    cores: coresOf(settings.cpu) * request.count,
    costBasis,
  };
}

/** What would be created. */
function manifests(plan: JobPlan, { detached = false }: PreflightRequest): { job: object; pod: object } {
  if (!detached) return { job: jobManifest(plan), pod: podManifest(plan) };
  const searching = { plan: '{}', searchUntil: plan.expiresAt, searchSeconds: plan.lifetime };
  const whole = { ...plan, ...searching };
  return { job: detachedManifest(whole), pod: detachedPod(whole) };
}

/** The version of the API server. @throws UsageError when it is too old. */
async function supportedVersion(
  api: KubernetesApi,
  { detached = false }: PreflightRequest,
  signal: AbortSignal,
): Promise<string> {
  const what = 'asking for the version';
  const version = await api.client.request('GET', '/version', serverVersion, { what, signal });
  requireVersion(version, api.client.server, detached);
  return version.gitVersion;
}

/** @throws UsageError that names the rights that are missing. */
async function allRights(
  api: KubernetesApi,
  { detached = false }: PreflightRequest,
  signal: AbortSignal,
): Promise<void> {
  const needed = [...neededRights, ...(detached ? detachingRights : [])];
  const allowed = await Promise.all(needed.map(async (right) => hasRight(api, right, signal)));
  const missing = needed.filter((_, index) => !allowed[index]).map(rightName);
  if (missing.length === 0) return;
  throw new UsageError(
    'kubernetes-forbidden',
    `in namespace ${api.namespace} you do not have the right to ${missing.join(', ')}`,
    { about: 'kubernetes.namespace', hint: docs },
  );
}
