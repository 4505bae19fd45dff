import { type Clock, systemClock } from '../../clock.ts';

/** A clock that can be set to when something happened, and goes on from there: what is told later is told with its own times. */
export class SetClock implements Clock {
  /** Milliseconds that it is ahead of the machine's. */
  #ahead = 0;
  readonly #start: number;

  /** `start`: when the run began, in milliseconds since the epoch. */
  constructor(start: number) {
    this.#start = start;
  }

  set(time: Date): void {
    this.#ahead = time.getTime() - systemClock.wall();
  }

  monotonic(): number {
    return this.wall() - this.#start;
  }

  wall(): number {
    return systemClock.wall() + this.#ahead;
  }

  every(milliseconds: number, listener: () => void): () => void {
    return systemClock.every(milliseconds, listener);
  }
}
