import { ec2Kind } from './ec2/kind.ts';
import { hostsKind } from './hosts/kind.ts';
import type { EveryFleet, FleetKind, Narrowing } from './kind.ts';
import { localKind } from './local/kind.ts';

/** The kinds of fleets there are, in the order they are told: one line a fleet. */
export const fleetKinds: readonly FleetKind[] = [localKind, hostsKind, ec2Kind];

/** Every fleet that may hold something of this user, whatever the configuration says. */
export async function everyFleet(
  env: NodeJS.ProcessEnv,
  narrow: Narrowing = {},
  kinds: readonly FleetKind[] = fleetKinds,
): Promise<EveryFleet> {
  const found = await Promise.all(kinds.map(async (kind) => kind.everywhere(env, narrow)));
  return {
    fleets: found.flatMap(({ fleets }) => fleets),
    unreachable: found.flatMap(({ unreachable }) => unreachable),
    skipped: found.flatMap(({ skipped }) => skipped),
  };
}
