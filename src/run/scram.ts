import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from '../fleet/fleet.ts';
import { isAlive, killProcess } from '../state/process.ts';
import { removeRunState } from '../state/run-state.ts';
import { type Inventory, type RunningRun, takeInventory } from './inventory.ts';
import { terminateAll } from './terminate.ts';

/** Seconds: for termination per run, for controllers to end by themselves, and for the whole to become empty. */
const patience = { terminate: 30, controller: 10 };

/** What became of one run. */
export interface ScramResult {
  readonly run: string;
  readonly fleet: string;
  /** Instances terminated, as the fleet says. */
  readonly terminated: number;
  /** Why something may be left, or undefined when everything is gone. */
  readonly trouble?: string;
}

/**
 * The emergency shutdown: stops the controllers of this machine, so that nothing is launched behind our back, and
 * terminates everything that the fleets find by tag. Runs that cannot be terminated do not save the others.
 */
export async function scram(
  fleets: readonly Fleet[],
  env: NodeJS.ProcessEnv,
  onlyRun?: string,
): Promise<{ results: ScramResult[]; inventory: Inventory; left: Inventory }> {
  const inventory = await takeInventory(fleets, env, onlyRun);
  const results = await Promise.all(inventory.runs.map((found) => scramRun(found, fleets, env)));
  const left = await takeInventory(fleets, env, onlyRun);
  return { results, inventory, left };
}

async function scramRun(
  found: RunningRun,
  fleets: readonly Fleet[],
  env: NodeJS.ProcessEnv,
): Promise<ScramResult> {
  const { run } = found;
  const fleet = fleets.find(({ name }) => name === found.fleet);
  const result = { run, fleet: found.fleet, terminated: found.instances.length };
  if (!fleet) return { ...result, trouble: `this cnd has no fleet ${found.fleet}` };
  try {
    if (found.state) killProcess(found.state.controller, 'SIGTERM');
    await terminateAll(fleet, run, found.instances, patience.terminate);
    await endController(found);
    // What the controller launched between our two signals, if anything.
    await terminateAll(fleet, run, [], patience.terminate);
    await fleet.dispose(run);
    await removeRunState(run, env);
    return result;
  } catch (error) {
    return { ...result, trouble: error instanceof Error ? error.message : String(error) };
  }
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
