import { CndError, messageOf } from '../error.ts';
import type { Check } from './preflight.ts';

/** The outcome of one check, with what it found out if it went well. */
export interface Checked<T> {
  readonly check: Check;
  readonly value?: T;
}

/** Makes a check of something that either gives a value or throws. Never rejects, but for the signal. */
export async function check<T>(
  name: string,
  signal: AbortSignal,
  look: () => Promise<T>,
  words: (value: T) => string,
): Promise<Checked<T>> {
  try {
    const value = await look();
    return { value, check: { name, outcome: 'ok', message: words(value) } };
  } catch (error) {
    signal.throwIfAborted();
    return { check: failed(name, error) };
  }
}

/** A check that failed, in the words of the error. Pure. */
export function failed(name: string, error: unknown): Check {
  const hint = error instanceof CndError ? error.hint : undefined;
  return {
    name,
    outcome: 'failed',
    message: messageOf(error),
    cause: error,
    ...(hint !== undefined && { hint }),
  };
}

/** The same as a warning: good to know, and no reason not to try. Pure. */
export function asWarning(check: Check): Check {
  return check.outcome === 'failed' ? { ...check, outcome: 'warning' } : check;
}
