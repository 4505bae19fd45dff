import type { CndError } from '../../error.ts';

/**
 * The time for which an instance cannot be reached while its agent may go on searching there: it keeps what it searches
 * until `linger` seconds are over.
 */
export class Absence {
  readonly #linger: () => number;
  readonly #onOver: (cause: CndError, seconds: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #since: number | undefined;

  /** `onOver`: told once for each absence that lasts for as long as `linger` says at its beginning, in seconds. */
  constructor(linger: () => number, onOver: (cause: CndError, seconds: number) => void) {
    this.#linger = linger;
    this.#onOver = onOver;
  }

  /** It cannot be reached, for this cause. False when that was known already. */
  begin(cause: CndError): boolean {
    if (this.#since !== undefined) return false;
    this.#since = performance.now();
    const seconds = this.#linger();
    this.#timer = setTimeout(() => this.#onOver(cause, seconds), seconds * 1000).unref();
    return true;
  }

  /** It is back, or given up. @returns for how many seconds it was away. */
  end(): number {
    clearTimeout(this.#timer);
    const seconds = this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000;
    this.#since = undefined;
    return seconds;
  }
}
