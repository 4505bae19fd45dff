import { ec2Kind } from './ec2/kind.ts';
import { hostsKind } from './hosts/kind.ts';
import type { OpenedFleets, FleetKind, FleetFilter } from './kind.ts';
import { kubernetesKind } from './kubernetes/kind.ts';
import { localKind } from './local/kind.ts';

/** The kinds of fleets there are, in the order they are told: one line a fleet. */
export const fleetKinds: readonly FleetKind[] = [localKind, hostsKind, ec2Kind, kubernetesKind];

/** Every fleet that may hold something of this user, whatever the configuration says. */
export async function openAllFleets(
  env: NodeJS.ProcessEnv,
  filter: FleetFilter = {},
  kinds: readonly FleetKind[] = fleetKinds,
): Promise<OpenedFleets> {
  const { context, namespace, allNamespaces = false } = filter;
  const isCluster = context !== undefined || namespace !== undefined || allNamespaces;
  const meant = kinds.filter(({ inClusters = false }) => inClusters || !isCluster);
  const found = await Promise.all(meant.map(async (kind) => kind.openAll(env, filter)));
  return {
    fleets: found.flatMap(({ fleets }) => fleets),
    unreachable: found.flatMap(({ unreachable }) => unreachable),
    skipped: found.flatMap(({ skipped }) => skipped),
  };
}
