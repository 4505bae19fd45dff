import type { Clock, Stopwatch } from '../clock.ts';

/** How often the clock is read while waiting, in milliseconds: well within the second that T's promise allows. */
const interval = 200;

/** A signal that aborts at its time, and the way to have it never do so. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly cancel: () => void;
}

/**
 * A signal that aborts, with `reason`, once `seconds` have elapsed on the stopwatch; a function may change its mind.
 * It is read several times a second instead of armed once: timers stand still while a laptop sleeps, and setTimeout
 * overflows above 2^31 ms. Call `cancel` when it is no longer needed.
 */
export function deadline(
  clock: Clock,
  stopwatch: Stopwatch,
  seconds: number | (() => number),
  reason: string,
): Deadline {
  const controller = new AbortController();
  const check = (): void => {
    if (stopwatch.elapsed() < (typeof seconds === 'number' ? seconds : seconds())) return;
    cancel();
    controller.abort(new DeadlineReached(reason));
  };
  const cancel = clock.every(interval, check);
  check();
  return { signal: controller.signal, cancel };
}

/** Why a deadline's signal aborted. */
export class DeadlineReached extends Error {
  override readonly name = 'DeadlineReached';
}
