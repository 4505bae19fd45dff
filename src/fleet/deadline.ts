import { onceAborted } from '../session/ssh/bounded.ts';

/** The value of a promise, unless the signal aborts first: for what does not listen to signals, like a look for credentials. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      const reason: unknown = signal.reason;
      reject(reason instanceof Error ? reason : new Error(String(reason)));
    };
    if (signal.aborted) abort();
    const off = onceAborted(signal, abort);
    promise.then(resolve, reject).finally(off);
  });
}

/**
 * Runs `task` with a signal that is aborted after some time, or with `outer`. (AbortSignal.any of an AbortSignal.timeout
 * would do, were it not that Node 20 may collect the timeout as garbage, and then it never comes.)
 */
export async function withDeadline<T>(
  milliseconds: number,
  outer: AbortSignal | undefined,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(outer?.reason);
  const timer = setTimeout(() => {
    controller.abort(new Error(`no answer for ${milliseconds / 1000} s`));
  }, milliseconds);
  outer?.addEventListener('abort', abort);
  if (outer?.aborted) abort();
  try {
    return await task(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  }
}
