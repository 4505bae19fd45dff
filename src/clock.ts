import { caughtUp } from './wait.ts';

/** Where a run reads the time; injected so that tests can suspend a laptop. */
export interface Clock {
  /** Milliseconds of a clock that never steps; it stands still while the machine is suspended. */
  monotonic(): number;
  /** Milliseconds since the epoch; it may step either way. */
  wall(): number;
  /** Calls `listener` about every `milliseconds` until the returned function is called. */
  every(milliseconds: number, listener: () => void): () => void;
}

/** Milliseconds beyond which lateness tells of a suspended process or machine, not of a slow one. */
const longestLag = 5000;

/** The machine's clocks. After a suspension a listener is called once what came meanwhile has been read. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  every(milliseconds, listener) {
    let cancelled = false;
    let waking = false;
    let due = nextLook(milliseconds);
    const timer = setInterval(() => {
      const lag = Math.max(performance.now() - due.monotonic, Date.now() - due.wall);
      due = nextLook(milliseconds);
      if (waking) return;
      if (lag < longestLag) return listener();
      waking = true;
      void caughtUp().then(() => {
        waking = false;
        if (!cancelled) listener();
      });
    }, milliseconds);
    return () => {
      cancelled = true;
      clearInterval(timer);
    };
  },
};

/** When a listener is to be called again, on both clocks. */
function nextLook(milliseconds: number): Start {
  return { monotonic: performance.now() + milliseconds, wall: Date.now() + milliseconds };
}

/** When the run began, on both clocks, in milliseconds. */
export interface Start {
  readonly monotonic: number;
  readonly wall: number;
}

/** The moment this process began: T counts from there, not from when the modules were loaded. */
export const processStart: Start = { monotonic: 0, wall: performance.timeOrigin };

/**
 * Time since the start of a run, in seconds: the larger of the monotonic and the wall clock, so that a suspended laptop
 * wakes to the truth; a step back of the wall clock is ignored, and what was once elapsed stays elapsed.
 */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #start: Start;
  #highest = 0;

  constructor(clock: Clock, start: Start = { monotonic: clock.monotonic(), wall: clock.wall() }) {
    this.#clock = clock;
    this.#start = start;
  }

  elapsed(): number {
    const monotonic = this.#clock.monotonic() - this.#start.monotonic;
    const wall = this.#clock.wall() - this.#start.wall;
    this.#highest = Math.max(this.#highest, monotonic / 1000, wall / 1000);
    return this.#highest;
  }
}
