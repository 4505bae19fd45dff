import type { Fleet, FoundRun } from '../fleet/fleet.ts';
import type { Instance } from '../instance.ts';
import { isAlive } from '../state/process.ts';
import { type RunState, readRunStates } from '../state/run-state.ts';

/** A run that still has something somewhere. */
export interface RunningRun {
  readonly run: string;
  readonly fleet: string;
  /** Which part of the fleet: a region. */
  readonly where?: string;
  /** Instances that are not terminated. */
  readonly instances: readonly Instance[];
  /** What else is left of it: groups, queues. */
  readonly orphans: readonly string[];
  readonly expiresAt?: Date;
  /** Whose it is, where it is not certainly this user's. */
  readonly owner?: { readonly name: string; readonly self: boolean };
  /** What its instances have cost until now; absent where they cost nothing. */
  readonly cost?: FoundRun['cost'];
  /** See `FoundRun.announced`. */
  readonly announced?: FoundRun['announced'];
  /** The `cnd start` that drives it: `alive` here, `gone`, `unknown` when nothing here tells of one, or `detached`: it
   * needs none. */
  readonly controller: 'alive' | 'gone' | 'unknown' | 'detached';
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
export interface InventoryScope {
  readonly run?: string | undefined;
  /** One region; what has none is not meant then. */
  readonly where?: string | undefined;
  /** Only what the fleets here can end: with one profile, what other accounts have is not meant, unless it is named. */
  readonly onlyHere?: boolean | undefined;
}

/** Told of the runs of a fleet as soon as it has answered: another may take its time. */
export type Found = (runs: readonly RunningRun[]) => void;

/**
 * What is running on any of the fleets, by tag alone, joined with what the live state of this machine tells.
 * A fleet that cannot be asked does not hide the others.
 */
export async function takeInventory(
  { fleets, unreachable, skipped }: Holders,
  env: NodeJS.ProcessEnv,
  only: InventoryScope = {},
  found: Found = () => {},
): Promise<Inventory> {
  const silent = new Set<Fleet>();
  const unseen: { fleet: string; error: unknown }[] = [];
  const noted = await readRunStates(env).catch((error: unknown) => {
    unseen.push({ fleet: 'the live state', error });
    return { states: [], damaged: [] };
  });
  for (const { run, error } of noted.damaged)
    if (only.run === undefined || only.run === run) unseen.push({ fleet: `run ${run}`, error });
  const states = new Map(noted.states.map((state) => [state.run, state]));
  const passedOver: string[] = [];
  const isSelected = ({ run, where, holder }: RunningRun): boolean =>
    (only.run === undefined || run === only.run) &&
    (only.where === undefined || where === only.where) &&
    (holder !== undefined || only.onlyHere !== true || only.run !== undefined);
  const look = async (fleet: Fleet): Promise<RunningRun[]> => {
    const report = {
      unseen: (what: string, error: unknown) => unseen.push({ fleet: `${nameOf(fleet)} (${what})`, error }),
      skipped: (why: string) => {
        silent.add(fleet);
        passedOver.push(why);
      },
    };
    try {
      const runs = (await fleet.find(report)).map((run) => byTag(run, fleet, states.get(run.run)));
      found(runs.filter(isSelected));
      return runs;
    } catch (error) {
      silent.add(fleet);
      unseen.push({ fleet: nameOf(fleet), error });
      return [];
    }
  };
  const tagged = (await Promise.all(fleets.map(look))).flat();
  const known = new Set(tagged.map(({ run }) => run));
  const unfound = [...states.values()]
    .filter(({ run }) => !known.has(run))
    .map((state) => byState(state, fleets));
  found(unfound.filter(isSelected));
  const runs = [...tagged, ...unfound].filter(isSelected);
  return {
    runs: runs.toSorted((a, b) => a.run.localeCompare(b.run)),
    checked: fleets.filter((fleet) => !silent.has(fleet)).map(nameOf),
    unreachable: [...unreachable, ...unseen],
    skipped: [...skipped, ...passedOver],
  };
}

/** A fleet, and which part of it, in words. */
function nameOf({ name, where }: Pick<Fleet, 'name' | 'where'>): string {
  return where === undefined ? name : `${name} ${where}`;
}

function byTag(found: FoundRun, holder: Fleet, state: RunState | undefined): RunningRun {
  const { run, fleet, instances, orphans = [], expiresAt, owner, cost, announced } = found;
  return {
    run,
    fleet,
    ...(holder.where !== undefined && { where: holder.where }),
    instances: instances.filter((instance) => instance.state !== 'terminated'),
    orphans,
    ...(owner && { owner }),
    ...(cost !== undefined && { cost }),
    ...(announced && { announced }),
    holder,
    ...described(state, expiresAt, found.detached),
  };
}

/** Nothing is seen of it, but its controller noted that it began: a launch may be under way, or hidden for a moment. */
function byState(state: RunState, fleets: readonly Fleet[]): RunningRun {
  const { run, fleet, where, account } = state;
  // The same region of another account would say that there is nothing.
  const holder = fleets.find(
    (other) =>
      other.name === fleet &&
      (other.where ?? where) === where &&
      (other.account === undefined || account === undefined || other.account === account),
  );
  const place = where === undefined ? {} : { where };
  return {
    run,
    fleet,
    ...place,
    instances: [],
    orphans: [],
    ...(holder && { holder }),
    ...described(state),
  };
}

function described(
  state: RunState | undefined,
  expiresAt?: Date,
  detached = false,
): Pick<RunningRun, 'controller' | 'expiresAt' | 'state'> {
  const expiry = expiresAt ?? (state && new Date(state.expiresAt));
  return {
    controller:
      state && isAlive(state.controller) ? 'alive' : detached ? 'detached' : state ? 'gone' : 'unknown',
    ...(expiry && { expiresAt: expiry }),
    ...(state && { state }),
  };
}
