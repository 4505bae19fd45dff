import { setTimeout as sleep } from 'node:timers/promises';
import { awsFault } from './failure.ts';
import { property } from './property.ts';

/** Milliseconds between attempts: doubled each time, with some chance in it so that many do not come at once. */
const pauses = { first: 200, longest: 5000 };

/** The n-th pause, from 0, in milliseconds. */
export function pause(n: number): number {
  return Math.min(pauses.longest, pauses.first * 2 ** n) * (0.75 + Math.random() / 2);
}

/** Waits so many milliseconds, or less when the signal aborts. Never rejects. */
export async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}

/** Whether trying again may mend it: not what the caller may not do, and nothing that it says wrongly. */
export function mayPass(error: unknown): boolean {
  const fault = awsFault(error);
  return (
    fault === 'throttled' || fault === 'unreachable' || fault === 'unavailable' || isClockCorrected(error)
  );
}

/** The SDK has learned from the refusal by how much this machine's clock is wrong: the next attempt is signed accordingly. */
function isClockCorrected(error: unknown): boolean {
  return property(property(error, '$metadata'), 'clockSkewCorrected') === true;
}

/** How long something is tried. */
export interface Patience {
  /** Ends it: the last error is thrown. */
  readonly signal: AbortSignal;
  /** Milliseconds after which no further attempt is begun. */
  readonly patience: number;
  /** Whether an error is worth another attempt; by default `mayPass`. */
  readonly again?: (error: unknown) => boolean;
}

/** Tries until it works, cannot work, or patience ends; then throws the last error. */
export async function persist<T>(
  work: () => Promise<T>,
  { signal, patience, again = mayPass }: Patience,
): Promise<T> {
  const end = performance.now() + patience;
  let last: unknown;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      // An attempt that was cut short says nothing about why the ones before failed.
      if (signal.aborted) throw last ?? error;
      last = error;
      const wait = pause(attempt);
      if (!again(error) || performance.now() + wait > end) throw error;
      await rest(wait, signal);
      if (signal.aborted) throw error;
    }
  }
}
