import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Calls `listener` when the signal fires, unless the function that is returned was called before. */
export function onceAborted(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => {};
  expectMany(signal);
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/** All instances of a run share one signal: Node warns of a leak from the eleventh listener on. */
function expectMany(signal: AbortSignal): void {
  setMaxListeners(0, signal);
}

/** Resolves once the signal aborts. Never rejects. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else onceAborted(signal, resolve);
  });
}

/** Waits so many milliseconds, or less when the signal aborts. Never rejects. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal) expectMany(signal);
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
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
  const off = onceAborted(outer, abort);
  if (outer?.aborted) abort();
  try {
    return await task(controller.signal);
  } finally {
    clearTimeout(timer);
    off();
  }
}

/**
 * Lets many wait for a promise that may stay pending for long, and stop waiting: what was given to `then` is kept, with all that it
 * refers to, as long as the promise is pending, whether or not anybody wants it still.
 */
export class Waiters<T> {
  readonly #waiting = new Set<(value: T) => void>();
  readonly #promise: Promise<T>;
  #isSettled = false;

  /** `promise` must not reject. */
  constructor(promise: Promise<T>) {
    this.#promise = promise;
    void promise.then((value) => {
      this.#isSettled = true;
      for (const tell of this.#waiting) tell(value);
      this.#waiting.clear();
    });
  }

  /** Calls `tell` with the value, never at once, unless the function that is returned was called before. */
  add(tell: (value: T) => void): () => void {
    const waiter = (value: T): void => tell(value);
    this.#waiting.add(waiter);
    if (this.#isSettled)
      void this.#promise.then((value) => {
        if (this.#waiting.delete(waiter)) tell(value);
      });
    return () => this.#waiting.delete(waiter);
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }
}

/** Lets many wait for the next change of something that others change. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Something has changed: everybody who waits looks again. */
  notify(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Resolves at the next change, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        this.#waiting.delete(done);
        off();
        resolve();
      };
      const off = onceAborted(signal, done);
      this.#waiting.add(done);
    });
  }
}

/** Milliseconds between two looks at whether the event loop is idle. */
const idleInterval = 20;

/** Milliseconds after which a process that is never idle is taken to have read what there was. */
const readTimeout = 1000;

let reading: Promise<void> | undefined;

/**
 * Resolves once what came while this process was suspended has been read: when its event loop has nothing to do again. Timers
 * come first in a turn of it, so that what acts on the time alone would close connections whose last words wait to be read.
 */
export function caughtUp(): Promise<void> {
  reading ??= readAll().finally(() => (reading = undefined));
  return reading;
}

async function readAll(): Promise<void> {
  const giveUp = performance.now() + readTimeout;
  while (performance.now() < giveUp) {
    const before = performance.eventLoopUtilization();
    await sleep(idleInterval);
    if (performance.eventLoopUtilization(before).idle > idleInterval / 2) return;
  }
}
