import { setTimeout as delay } from 'node:timers/promises';
import type { FleetTiming } from '../../fleet.ts';
import type { Instance } from '../../../instance.ts';
import type { LaunchState } from './launch-state.ts';

/**
 * Terminates again and again what a launch of unknown outcome may have made: a call that nobody waited for may still be under way,
 * and one whose answer was lost may have had an effect that no description shows yet. Only when nothing is under way any
 * more, and nothing new has turned up for a while, is it believed that there is nothing.
 * @param instances What the first attempt was told of.
 */
export async function untilConsistent(
  launchState: LaunchState,
  { poll, settle }: Pick<FleetTiming, 'poll' | 'settle'>,
  instances: Instance[],
  terminate: () => Promise<Instance[]>,
): Promise<Instance[]> {
  let latest = instances;
  let known = launchState.known.size;
  let quiet = performance.now();
  // The look that counts has begun after that time: one that takes long shows what was at its beginning.
  for (let began = quiet; began - quiet < settle * 1000;) {
    await delay(Math.min(poll, settle) * 1000);
    began = performance.now();
    const isAwaited = launchState.pending.size > 0;
    const seen = new Set(latest.map(({ id }) => id));
    latest = await terminate();
    const isNew = launchState.known.size > known || latest.some(({ id }) => !seen.has(id));
    if (isAwaited || isNew) quiet = performance.now();
    known = launchState.known.size;
  }
  launchState.outcomeUnknown = false;
  return latest;
}
