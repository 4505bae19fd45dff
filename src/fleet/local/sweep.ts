import { setTimeout as sleep } from 'node:timers/promises';
import { findOwned } from '../../state/owned.ts';
import { isAlive, killProcess } from '../../state/process.ts';
import type { TaggedProcess } from '../../state/process.ts';
import type { Role } from './environment.ts';

/** Which processes of a run, and for how long. Times are in milliseconds. */
export interface SweepOptions {
  /** Only the processes of these instances; by default everything of the run, host and watchdog too. */
  readonly instances?: readonly string[];
  /** Time to end by themselves before the first kill. */
  readonly grace?: number;
  /** Time until it gives up on what does not die. */
  readonly timeout?: number;
}

/**
 * Kills what belongs to a run and resolves with what still lives, normally nothing. It looks again until two looks
 * in a row find nothing, since a process may fork and exit between a listing of the processes and the look at each.
 */
export async function sweep(run: string, options: SweepOptions = {}): Promise<TaggedProcess[]> {
  const { instances, grace = 0, timeout = 2000 } = options;
  const start = performance.now();
  let empty = 0;
  // One whose tagged parent dies first is known by its parent no more.
  let before: TaggedProcess[] = [];
  for (let pause = 2; ; pause = Math.min(pause * 2, 40)) {
    const found = findOwned(run).filter(
      ({ pid, instance }) =>
        pid !== process.pid && (!instances || (instance !== undefined && instances.includes(instance))),
    );
    const pids = new Set(found.map(({ pid }) => pid));
    const left = [...found, ...before.filter((known) => !pids.has(known.pid) && isAlive(known))];
    before = left;
    const elapsed = performance.now() - start;
    if (left.length > 0 && elapsed >= grace) {
      for (const found of left.toSorted((a, b) => rank(a) - rank(b))) killProcess(found, 'SIGKILL');
    }
    empty = left.length === 0 ? empty + 1 : 0;
    if (empty === 2 || elapsed > grace + timeout) return left;
    await sleep(pause);
  }
}

/** The host first, so that it starts nothing new; the watchdog last, in case we are ended halfway ourselves. */
function rank({ tags }: TaggedProcess): number {
  const role = tags['CND_ROLE'];
  return role === ('local-host' satisfies Role) ? 0 : role === ('local-watchdog' satisfies Role) ? 2 : 1;
}
