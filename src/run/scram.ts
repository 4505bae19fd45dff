import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../error.ts';
import type { Fleet, Instance } from '../fleet/fleet.ts';
import { isAlive, killProcess } from '../state/process.ts';
import { removeRunState } from '../state/run-state.ts';
import { type Holders, type Inventory, type Narrowing, type RunningRun, takeInventory } from './inventory.ts';
import { runStart } from '../run-id.ts';
import { terminateAll } from './terminate.ts';

/** Seconds: for termination per run, for controllers to end by themselves. */
const patience = { terminate: 30, controller: 10 };

/** Seconds after the start of a run in which its launch may be under way. */
const launching = 120;

/** What became of one run. */
export interface ScramResult {
  readonly run: string;
  readonly fleet: string;
  readonly where?: string;
  /** Instances terminated, as the fleet says. */
  readonly terminated: number;
  /** Why something may be left, or undefined when everything is gone. */
  readonly trouble?: string;
}

/** What scram is to end. */
export interface ScramOptions extends Narrowing {
  /** Also runs of others, where a fleet is shared. */
  readonly everyone: boolean;
}

/** What scram did, and what was there before and after. */
export interface Scrammed {
  readonly results: readonly ScramResult[];
  /** Runs of others, which were left alone. */
  readonly spared: readonly RunningRun[];
  readonly inventory: Inventory;
  /** Runs that were to be ended and still have instances. */
  readonly remaining: readonly RunningRun[];
  readonly left: Inventory;
}

/**
 * The emergency shutdown: stops the controllers of this machine, so that nothing is launched behind our back, and
 * terminates everything that the fleets find by tag. Runs that cannot be terminated do not save the others.
 */
export async function scram(
  holders: Holders,
  env: NodeJS.ProcessEnv,
  options: ScramOptions,
): Promise<Scrammed> {
  const inventory = await takeInventory(holders, env, options);
  const { meant, spared } = meantBy(options, inventory.runs);
  const results = await Promise.all(meant.map((found) => scramRun(found, env)));
  const left = await takeInventory(holders, env, options);
  // A run that was begun meanwhile is not what was asked for; one that was scrammed and still lives is.
  const scrammed = new Set(meant.map(({ run }) => run));
  const remaining = left.runs.filter(({ run, instances }) => scrammed.has(run) && instances.some(isLiving));
  return { results, spared, inventory, remaining, left };
}

/** Which runs are meant: those of others only when they are asked for, or one of them by name with `everyone`. */
export function meantBy(
  { everyone }: Pick<ScramOptions, 'everyone'>,
  runs: readonly RunningRun[],
): { meant: RunningRun[]; spared: RunningRun[] } {
  const isMeant = ({ owner }: RunningRun): boolean => everyone || owner?.self !== false;
  return { meant: runs.filter(isMeant), spared: runs.filter((found) => !isMeant(found)) };
}

async function scramRun(found: RunningRun, env: NodeJS.ProcessEnv): Promise<ScramResult> {
  const { run, fleet, where, holder } = found;
  const ids = new Set(found.instances.map(({ id }) => id));
  const result = (): ScramResult => {
    return { run, fleet, ...(where !== undefined && { where }), terminated: ids.size };
  };
  try {
    if (found.state) killProcess(found.state.controller, 'SIGTERM');
    if (!holder) {
      await endController(found);
      throw new Error(`${fleet}${where === undefined ? '' : ` ${where}`} cannot be asked`);
    }
    note(await terminateAll(holder, run, found.instances, patience.terminate), ids);
    await endController(found);
    await terminateLate(found, holder, ids);
    await holder.dispose(run);
    await removeRunState(run, env);
    return result();
  } catch (error) {
    return { ...result(), trouble: messageOf(error) };
  }
}

/**
 * What the controller launched between our two signals, or what a launch made that no answer shows yet: while one may
 * have been under way, an answer counts only some time after the one before, and only if it shows nothing new.
 */
async function terminateLate(found: RunningRun, holder: Fleet, ids: Set<string>): Promise<void> {
  const begun = runStart(found.run)?.getTime() ?? 0;
  const recent = Date.now() - begun < launching * 1000;
  const settle = recent || found.instances.length === 0 ? holder.timing.settle : 0;
  for (;;) {
    await delay(settle * 1000);
    const before = ids.size;
    note(await terminateAll(holder, found.run, [], patience.terminate), ids);
    if (ids.size === before) return;
  }
}

function note(instances: readonly Instance[], ids: Set<string>): void {
  for (const { id } of instances) ids.add(id);
}

function isLiving({ state }: Instance): boolean {
  return state === 'pending' || state === 'running';
}

/** Waits for a controller that was told to end; one that does not is told again, and then killed. */
async function endController({ state }: RunningRun): Promise<void> {
  if (!state) return;
  const begin = performance.now();
  let told = 1;
  while (isAlive(state.controller)) {
    const seconds = (performance.now() - begin) / 1000;
    if (seconds > patience.controller / 2 && told === 1) {
      killProcess(state.controller, 'SIGTERM');
      told = 2;
    }
    if (seconds > patience.controller) killProcess(state.controller, 'SIGKILL');
    if (seconds > 2 * patience.controller)
      throw new Error(`the controller, pid ${state.controller.pid}, does not end`);
    await delay(50);
  }
}
