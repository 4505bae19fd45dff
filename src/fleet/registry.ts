import { ec2Kind } from './ec2/kind.ts';
import { hostsKind } from './hosts/kind.ts';
import type { OpenedFleets, FleetKind, FleetFilter } from './kind.ts';
import { localKind } from './local/kind.ts';

/** The kinds of fleets there are, in the order they are told: one line a fleet. */
export const fleetKinds: readonly FleetKind[] = [localKind, hostsKind, ec2Kind];

/** Every fleet that may hold something of this user, whatever the configuration says. */
export async function openAllFleets(
  env: NodeJS.ProcessEnv,
  filter: FleetFilter = {},
  kinds: readonly FleetKind[] = fleetKinds,
): Promise<OpenedFleets> {
  const found = await Promise.all(kinds.map(async (kind) => kind.openAll(env, filter)));
  return {
    fleets: found.flatMap(({ fleets }) => fleets),
    unreachable: found.flatMap(({ unreachable }) => unreachable),
    skipped: found.flatMap(({ skipped }) => skipped),
  };
}
