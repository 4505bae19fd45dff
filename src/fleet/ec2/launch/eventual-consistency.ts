import { setTimeout as delay } from 'node:timers/promises';
import type { FleetTiming } from '../../fleet.ts';
import type { Instance } from '../../../instance.ts';
import type { RunMemory } from './run-memory.ts';

/**
 * Terminates again and again what a doubtful launch may have made: a call that nobody waited for may still be under way,
 * and one whose answer was lost may have had an effect that no description shows yet. Only when nothing is under way any
 * more, and nothing new has turned up for a while, is it believed that there is nothing.
 * @param instances What the first attempt was told of.
 */
export async function untilCertain(
  memory: RunMemory,
  { poll, settle }: Pick<FleetTiming, 'poll' | 'settle'>,
  instances: Instance[],
  terminate: () => Promise<Instance[]>,
): Promise<Instance[]> {
  let latest = instances;
  let known = memory.known.size;
  for (let quiet = performance.now(); performance.now() - quiet < settle * 1000;) {
    await delay(Math.min(poll, settle) * 1000);
    const isAwaited = memory.pending.size > 0;
    const seen = new Set(latest.map(({ id }) => id));
    latest = await terminate();
    const isNew = memory.known.size > known || latest.some(({ id }) => !seen.has(id));
    if (isAwaited || isNew) quiet = performance.now();
    known = memory.known.size;
  }
  memory.inDoubt = false;
  return latest;
}
