import { type Clock, Stopwatch } from '../../../clock.ts';
import type { CndError } from '../../../error.ts';

/** Milliseconds between two looks at the clock. */
const interval = 500;

/**
 * The time for which an instance cannot be reached while its agent may go on searching there: it keeps what it searches
 * until `linger` seconds are over, by the clock that is faster, as its agent counts them.
 */
export class Absence {
  readonly #clock: Clock;
  readonly #linger: () => number;
  readonly #onOver: (cause: CndError, seconds: number) => void;
  #stopwatch: Stopwatch | undefined;
  #stopLooking = (): void => {};

  /** `onOver`: told once for each absence that lasts for as long as `linger` says at its beginning, in seconds. */
  constructor(clock: Clock, linger: () => number, onOver: (cause: CndError, seconds: number) => void) {
    this.#clock = clock;
    this.#linger = linger;
    this.#onOver = onOver;
  }

  /** It cannot be reached, for this cause. False when that was known already. */
  begin(cause: CndError): boolean {
    if (this.#stopwatch) return false;
    const stopwatch = new Stopwatch(this.#clock);
    this.#stopwatch = stopwatch;
    const seconds = this.#linger();
    this.#stopLooking = this.#clock.every(interval, () => {
      if (stopwatch.elapsed() < seconds) return;
      this.#stopLooking();
      this.#onOver(cause, seconds);
    });
    return true;
  }

  /** It is back, or given up. @returns for how many seconds it was away. */
  end(): number {
    this.#stopLooking();
    const seconds = this.#stopwatch?.elapsed() ?? 0;
    this.#stopwatch = undefined;
    return seconds;
  }
}
