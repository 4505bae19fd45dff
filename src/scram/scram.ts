import { setTimeout as delay } from 'node:timers/promises';
import { isLiving } from '../instance.ts';
import { removeUnnoted } from '../state/run-state.ts';
import { runStart } from '../run-id.ts';
import {
  type Holders,
  type Inventory,
  type InventoryScope,
  type RunningRun,
  takeInventory,
} from './inventory.ts';
import { type ScramResult, scramRun } from './scram-run.ts';

/** What scram is to end. */
export interface ScramOptions extends InventoryScope {
  /** Also runs of others, where a fleet is shared. */
  readonly everyone: boolean;
  /** Called when nothing was found, with the seconds until the next check. */
  readonly onRecheck?: (seconds: number) => void;
}

/** What scram did, and what was there before and after. */
export interface Scrammed {
  readonly results: readonly ScramResult[];
  /** Runs of others, which were left alone. */
  readonly spared: readonly RunningRun[];
  /** Runs that seem to have been begun since, and were left alone as well. */
  readonly later: readonly RunningRun[];
  /** Runs that were to be ended and still have instances. */
  readonly remaining: readonly RunningRun[];
  readonly left: Inventory;
}

/**
 * The emergency shutdown: stops the controllers of this machine, so that nothing is launched behind our back, and
 * terminates everything that the fleets find by tag, each as soon as it is found. Runs that cannot be terminated do not
 * save the others. What was launched a moment ago may not be seen yet, and a fleet may not answer at first: it is looked
 * again until a look shows nothing more, some time after the first one.
 */
export async function scramRuns(
  holders: Holders,
  env: NodeJS.ProcessEnv,
  options: ScramOptions,
): Promise<Scrammed> {
  const begun = Date.now();
  // Where the state cannot be read, the inventory says so.
  await removeUnnoted(env, options.run).catch(() => {});
  const ending = new Map<string, Promise<ScramResult>>();
  let isFirst = true;
  const end = (runs: readonly RunningRun[]): void => {
    for (const found of selectRuns(options, runs).selected) {
      // One that was begun meanwhile is not what was asked for; at first sight, another machine's clock may be ahead.
      const isLater = !isFirst && options.run === undefined && (runStart(found.run)?.getTime() ?? 0) > begun;
      if (!isLater && !ending.has(found.run)) ending.set(found.run, scramRun(found, env));
    }
  };
  const settle = 1000 * Math.max(0, ...holders.fleets.map(({ timing }) => timing.settle));
  const first = performance.now();
  for (;;) {
    const [known, since] = [ending.size, performance.now()];
    const left = await takeInventory(holders, env, options, end);
    isFirst = false;
    const results = await Promise.all(ending.values());
    if (ending.size === known && since - first >= settle) {
      const { selected, spared } = selectRuns(options, left.runs);
      const later = selected.filter(({ run }) => !ending.has(run));
      const remaining = left.runs.filter(({ run, instances }) => ending.has(run) && instances.some(isLiving));
      return {
        results: results.toSorted((a, b) => a.run.localeCompare(b.run)),
        spared,
        later,
        remaining,
        left,
      };
    }
    const wait = Math.max(0, settle - (performance.now() - first));
    if (wait > 0 && ending.size === 0) options.onRecheck?.(wait / 1000);
    // Timers may be early by a millisecond.
    await delay(Math.ceil(wait) + 1);
  }
}

/** Which runs are meant: those of others only when they are asked for, or one of them by name with `everyone`. */
export function selectRuns(
  { everyone }: Pick<ScramOptions, 'everyone'>,
  runs: readonly RunningRun[],
): { selected: RunningRun[]; spared: RunningRun[] } {
  const isSelected = ({ owner }: RunningRun): boolean => everyone || owner?.self !== false;
  return { selected: runs.filter(isSelected), spared: runs.filter((found) => !isSelected(found)) };
}
