import type { Clock } from '../../src/clock.ts';

/** A clock that a test moves by hand: forward, or only its wall side, as a suspended laptop or NTP would. */
export class ManualClock implements Clock {
  #monotonic = 5_000;
  #wall = Date.parse('2026-11-20T08:00:00Z');
  readonly #every = new Set<() => void>();

  get listeners(): number {
    return this.#every.size;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  wall(): number {
    return this.#wall;
  }

  every(_milliseconds: number, listener: () => void): () => void {
    this.#every.add(listener);
    return () => void this.#every.delete(listener);
  }

  /** Both clocks go on by `seconds`; those who look regularly look. */
  advance(seconds: number): void {
    this.#monotonic += seconds * 1000;
    this.#wall += seconds * 1000;
    for (const listener of this.#every) listener();
  }

  /** The machine sleeps for `seconds`: nobody looks until the next `advance`. */
  suspend(seconds: number): void {
    this.#wall += seconds * 1000;
  }

  stepWall(seconds: number): void {
    this.#wall += seconds * 1000;
  }
}
