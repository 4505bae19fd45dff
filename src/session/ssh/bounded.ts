import { setMaxListeners } from 'node:events';

import { CndError } from '../../error.ts';

/** How long something may take. */
export interface Bounds {
  /** When this fires, the wait ends with an error of code `ssh-aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. */
  readonly timeout?: number | undefined;
}

/** Calls `listener` when the signal fires, unless the function that is returned was called before. */
export function onceAborted(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => {};
  // All instances of a run share one signal: Node warns of a leak from the eleventh listener on.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/** The error of everything in this folder that was stopped by its signal. */
export function aborted(what: string, signal: AbortSignal | undefined): CndError {
  return new CndError('ssh-aborted', `${what} was stopped`, { cause: signal?.reason });
}

/**
 * Settles as `start` says, unless the bounds are reached first. However it fails, the undo that `start` returned runs.
 *
 * @param what Named in the error, e.g. `connecting to ubuntu@10.0.0.1:22`.
 * @param late Makes the error for a reached timeout.
 */
export function bounded<T>(
  { signal, timeout }: Bounds,
  what: string,
  late: () => Error,
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
    const timer = timeout === undefined ? undefined : setTimeout(() => fail(late()), timeout);
    const off = onceAborted(signal, () => fail(aborted(what, signal)));
    undo = start((value) => settle('done', () => resolve(value)), fail);
    if ((state as string) === 'failed') undo();
  });
}

/** The value of a promise if it comes within so many milliseconds. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
