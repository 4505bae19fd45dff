import { pause } from './wait.ts';

/** Milliseconds between attempts: doubled each time, with some chance in it so that many do not come at once. */
const delays = { first: 200, longest: 5000 };

/** The delay after the n-th failed attempt, from 0, in milliseconds. */
export function backoff(n: number): number {
  return Math.min(delays.longest, delays.first * 2 ** n) * (0.75 + Math.random() / 2);
}

/** How long something is retried, and after which errors. */
export interface RetryOptions {
  /** Ends it: the last error is thrown. */
  readonly signal: AbortSignal;
  /** Milliseconds after which no further attempt is begun. */
  readonly timeout: number;
  /** Whether an error is worth another attempt. */
  readonly isRetryable: (error: unknown) => boolean;
}

/** Tries until it works, cannot work, or the timeout is reached; then throws the last error. */
export async function retry<T>(
  work: () => Promise<T>,
  { signal, timeout, isRetryable }: RetryOptions,
): Promise<T> {
  const end = performance.now() + timeout;
  let last: unknown;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      // An attempt that was cut short says nothing about why the ones before failed.
      if (signal.aborted) throw last ?? error;
      last = error;
      const delay = backoff(attempt);
      if (!isRetryable(error) || performance.now() + delay > end) throw error;
      await pause(delay, signal);
      if (signal.aborted) throw error;
    }
  }
}
