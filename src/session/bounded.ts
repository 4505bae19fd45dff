import { CndError } from '../error.ts';
import { onceAborted } from '../wait.ts';
import type { Bounds } from './session.ts';

/** The error of everything in this folder that was stopped by its signal. */
export function aborted(what: string, signal: AbortSignal | undefined): CndError {
  return new CndError('session-aborted', `${what} was stopped`, { cause: signal?.reason });
}

/**
 * Settles as `start` says, unless the bounds are reached first. However it fails, the undo that `start` returned runs.
 *
 * @param what Named in the error, e.g. `connecting to ubuntu@10.0.0.1:22`.
 * @param late Makes the error for a reached timeout, which it gets in seconds.
 */
export function bounded<T>(
  { signal, timeout }: Bounds,
  what: string,
  late: (seconds: number) => Error,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(aborted(what, signal));
      return;
    }
    let state: 'waiting' | 'done' | 'failed' = 'waiting';
    let undo: (() => void) | undefined;
    const settle = (next: 'done' | 'failed', act: () => void) => {
      if (state !== 'waiting') return;
      state = next;
      clearTimeout(timer);
      off();
      if (next === 'failed') undo?.();
      act();
    };
    const fail = (error: Error) => settle('failed', () => reject(error));
    const timer = timeout === undefined ? undefined : setTimeout(() => fail(late(timeout / 1000)), timeout);
    const off = onceAborted(signal, () => fail(aborted(what, signal)));
    undo = start((value) => settle('done', () => resolve(value)), fail);
    if ((state as string) === 'failed') undo();
  });
}
