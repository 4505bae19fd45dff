import type { Fleet, FoundRun, Instance } from '../fleet/fleet.ts';
import { isAlive } from '../state/process.ts';
import { type RunState, listRunStates } from '../state/run-state.ts';

/** A run that still has something somewhere. */
export interface RunningRun {
  readonly run: string;
  readonly fleet: string;
  /** Which part of the fleet: a region. */
  readonly where?: string;
  /** Instances that are not terminated. */
  readonly instances: readonly Instance[];
  /** What else is left of it: groups, queues. */
  readonly leftover: readonly string[];
  readonly expiresAt?: Date;
  /** Whose it is, where it is not certainly this user's. */
  readonly owner?: { readonly name: string; readonly self: boolean };
  /** What its instances have cost until now at most, in US dollars. */
  readonly cost?: number;
  /** The `cnd start` that drives it: `alive` here, `gone`, or `unknown` when nothing here tells of one. */
  readonly controller: 'alive' | 'gone' | 'unknown';
  readonly state?: RunState;
  /** The fleet that can end it; absent when that could not be asked. */
  readonly holder?: Fleet;
}

/** The fleets to ask, and which could not even be found. */
export interface Holders {
  readonly fleets: readonly Fleet[];
  readonly unreachable: readonly { readonly fleet: string; readonly error: unknown }[];
  readonly skipped: readonly string[];
}

/** Everything that was found, and which fleets could not be asked. */
export interface Inventory extends Pick<Holders, 'unreachable' | 'skipped'> {
  readonly runs: readonly RunningRun[];
  /** What was looked at, in words: `local`, `ec2 eu-west-1`. */
  readonly checked: readonly string[];
}

/** What of all that is meant. */
export interface Narrowing {
  readonly run?: string | undefined;
  /** One region; what has none is not meant then. */
  readonly where?: string | undefined;
}

/**
 * What is running on any of the fleets, by tag alone, joined with what the live state of this machine tells.
 * A fleet that cannot be asked does not hide the others.
 */
export async function takeInventory(
  { fleets, unreachable, skipped }: Holders,
  env: NodeJS.ProcessEnv,
  only: Narrowing = {},
): Promise<Inventory> {
  const states = new Map((await listRunStates(env)).map((state) => [state.run, state]));
  const silent: { fleet: string; error: unknown }[] = [];
  const found = await Promise.all(
    fleets.map(async (fleet): Promise<RunningRun[]> => {
      try {
        return (await fleet.find()).map((run) => byTag(run, fleet, states.get(run.run)));
      } catch (error) {
        silent.push({ fleet: nameOf(fleet), error });
        return [];
      }
    }),
  );
  const tagged = found.flat();
  const known = new Set(tagged.map(({ run }) => run));
  const noted = [...states.values()]
    .filter(({ run }) => !known.has(run))
    .map((state) => byState(state, fleets));
  const runs = [...tagged, ...noted].filter(
    ({ run, where }) =>
      (only.run === undefined || run === only.run) && (only.where === undefined || where === only.where),
  );
  return {
    runs: runs.toSorted((a, b) => a.run.localeCompare(b.run)),
    checked: fleets.map(nameOf).filter((name) => !silent.some(({ fleet }) => fleet === name)),
    unreachable: [...unreachable, ...silent],
    skipped,
  };
}

/** A fleet, and which part of it, in words. */
function nameOf({ name, where }: Pick<Fleet, 'name' | 'where'>): string {
  return where === undefined ? name : `${name} ${where}`;
}

function byTag(found: FoundRun, holder: Fleet, state: RunState | undefined): RunningRun {
  const { run, fleet, instances, leftover = [], expiresAt, owner, cost } = found;
  return {
    run,
    fleet,
    ...(holder.where !== undefined && { where: holder.where }),
    instances: instances.filter((instance) => instance.state !== 'terminated'),
    leftover,
    ...(owner && { owner }),
    ...(cost !== undefined && { cost }),
    holder,
    ...described(state, expiresAt),
  };
}

/** Nothing is seen of it, but its controller noted that it began: a launch may be under way, or hidden for a moment. */
function byState(state: RunState, fleets: readonly Fleet[]): RunningRun {
  const { run, fleet, where } = state;
  const holder = fleets.find((other) => other.name === fleet && (other.where ?? where) === where);
  const place = where === undefined ? {} : { where };
  return {
    run,
    fleet,
    ...place,
    instances: [],
    leftover: [],
    ...(holder && { holder }),
    ...described(state),
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
