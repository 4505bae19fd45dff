import type { Fleet, Instance } from '../fleet/fleet.ts';
import { isAlive } from '../state/process.ts';
import { type RunState, listRunStates } from '../state/run-state.ts';

/** A run of this user that still has something somewhere. */
export interface RunningRun {
  readonly run: string;
  readonly fleet: string;
  /** Instances that are not terminated. */
  readonly instances: readonly Instance[];
  readonly expiresAt?: Date;
  /** The `cnd start` that drives it: `alive` here, `gone`, or `unknown` when nothing here tells of one. */
  readonly controller: 'alive' | 'gone' | 'unknown';
  readonly state?: RunState;
}

/** Everything that was found, and which fleets could not be asked. */
export interface Inventory {
  readonly runs: readonly RunningRun[];
  readonly checked: readonly string[];
  readonly unreachable: readonly { readonly fleet: string; readonly error: unknown }[];
}

/**
 * What this user has running on any of the fleets, by tag alone, joined with what the live state of this machine tells.
 * A fleet that cannot be asked does not hide the others.
 */
export async function takeInventory(
  fleets: readonly Fleet[],
  env: NodeJS.ProcessEnv,
  onlyRun?: string,
): Promise<Inventory> {
  const states = new Map((await listRunStates(env)).map((state) => [state.run, state]));
  const unreachable: { fleet: string; error: unknown }[] = [];
  const found = await Promise.all(
    fleets.map((fleet) =>
      fleet.find().catch((error: unknown) => {
        unreachable.push({ fleet: fleet.name, error });
        return [];
      }),
    ),
  );
  const byTag = found.flat().map(({ run, fleet, instances, expiresAt }): RunningRun => {
    const state = states.get(run);
    const alive = instances.filter((instance) => instance.state !== 'terminated');
    return { run, fleet, instances: alive, ...described(state, expiresAt) };
  });
  const known = new Set(byTag.map(({ run }) => run));
  const byState = [...states.values()]
    .filter(({ run }) => !known.has(run))
    .map((state): RunningRun => {
      return { run: state.run, fleet: state.fleet, instances: [], ...described(state) };
    });
  const runs = [...byTag, ...byState].filter(({ run }) => onlyRun === undefined || run === onlyRun);
  return {
    runs: runs.toSorted((a, b) => a.run.localeCompare(b.run)),
    checked: fleets.map(({ name }) => name),
    unreachable,
  };
}

function described(
  state: RunState | undefined,
  expiresAt?: Date,
): Pick<RunningRun, 'controller' | 'expiresAt' | 'state'> {
  const expiry = expiresAt ?? (state && new Date(state.expiresAt));
  return {
    controller: !state ? 'unknown' : isAlive(state.controller) ? 'alive' : 'gone',
    ...(expiry && { expiresAt: expiry }),
    ...(state && { state }),
  };
}
