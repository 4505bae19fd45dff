import { onceAborted } from './wait.ts';

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
