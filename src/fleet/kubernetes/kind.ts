import type { Fleet } from '../fleet.ts';
import { type FleetFilter, type OpenedFleets, fleetKind } from '../kind.ts';
import { clusterPlaceOf, relocate } from './place/place.ts';
import { coresOf, kubernetesDefaults, kubernetesSchema } from './schema.ts';
import { kubernetesSettingNames } from './setting.ts';

/** Pods of a Kubernetes cluster. */
export const kubernetesKind = fleetKind({
  name: 'kubernetes',
  schema: kubernetesSchema,
  defaults: kubernetesDefaults,
  inClusters: true,
  kept: { keys: ['context', 'namespace', 'image', 'cpu', 'memory'] },
  settings: kubernetesSettingNames,
  examples: {
    'kubernetes.context': '--context my-cluster',
    'kubernetes.namespace': '--namespace research',
    'kubernetes.image': '--pod-image python:3-slim',
    'kubernetes.cpu': '--cpu 2',
    'kubernetes.memory': '--memory 256Mi',
  },
  template: {
    'kubernetes.context': 'my-cluster',
    'kubernetes.namespace': 'research',
    'kubernetes.nodeSelector': { 'kubernetes.io/arch': 'amd64' },
    'kubernetes.tolerations': [{ key: 'batch', operator: 'Exists', effect: 'NoSchedule' }],
    'kubernetes.priorityClass': 'low',
    'kubernetes.runtimeClass': 'gvisor',
    'kubernetes.runAsUser': 10_001,
    'kubernetes.labels': { team: 'research' },
    'kubernetes.annotations': { 'example.com/purpose': 'proof of work' },
    'kubernetes.imagePullSecrets': ['registry'],
  },
  keysAt: (path) =>
    path[0] === 'tolerations' ? ['key', 'operator', 'value', 'effect', 'tolerationSeconds'] : [],
  config: (settings) => settings,
  machines: async ({ cpu }) => [
    {
      name: 'kubernetes',
      cores: coresOf(cpu),
      market: 'own',
      price: undefined,
      priceBasis: 'what nodes cost is not known to cnd',
    },
  ],
  open: async (config, env) => {
    const { KubernetesFleet, openClient } = await import('./kubernetes.ts');
    const { context, namespace } = config;
    return new KubernetesFleet({
      client: await openClient(env, { context, namespace }),
      settings: config,
      env,
    });
  },
  placeOf: clusterPlaceOf,
  relocate,
  openAll,
});

/** The places that this user has launched in, and the current one; or the one that is named. */
async function openAll(env: NodeJS.ProcessEnv, filter: FleetFilter): Promise<OpenedFleets> {
  const { region, profile, context, namespace, allNamespaces = false, isNamedRun = false } = filter;
  const { hasKubeconfig } = await import('../../kubernetes/kubeconfig.ts');
  const { launchPlaces } = await import('./place/history.ts');
  const fleets: Fleet[] = [];
  const unreachable: { fleet: string; error: unknown }[] = [];
  // Whoever names a region or a profile means AWS.
  if (region !== undefined || profile !== undefined) return { fleets, unreachable, skipped: [] };
  const isNamed = context !== undefined || namespace !== undefined || allNamespaces;
  const launched = await launchPlaces(env).catch((error: unknown) => {
    // Other fleets are looked at all the same, and it is said that here nobody knows where to look.
    unreachable.push({ fleet: 'kubernetes', error });
    return [];
  });
  if (!isNamed && launched.length === 0 && !hasKubeconfig(env)) return { fleets, unreachable, skipped: [] };
  const { KubernetesFleet, openClient } = await import('./kubernetes.ts');
  const seen = new Set<string>();
  const open = async (
    place: { context?: string | undefined; namespace?: string | undefined },
    isUsed: boolean,
  ) => {
    try {
      const client = await openClient(env, place);
      const fleet = new KubernetesFleet({ client, env, allNamespaces, isUsed });
      if (!seen.has(fleet.where)) fleets.push(fleet);
      seen.add(fleet.where);
    } catch (error) {
      // A kubeconfig that leads nowhere hides nothing where nobody has launched.
      if (isUsed) unreachable.push({ fleet: `kubernetes ${place.context ?? ''}`.trim(), error });
    }
  };
  if (isNamed) {
    await open({ context, namespace }, true);
    return { fleets, unreachable, skipped: [] };
  }
  for (const place of launched) await open(place, true);
  await open({}, isNamedRun);
  return { fleets, unreachable, skipped: [] };
}
