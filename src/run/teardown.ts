import type { Clock } from '../clock.ts';
import type { FleetTiming } from '../fleet/fleet.ts';

/** When the steps of a teardown are over at the latest, in seconds before T. */
export interface TeardownSchedule {
  /** The search stops. */
  readonly search: number;
  /** Agents have confirmed, or are not waited for any longer. */
  readonly stop: number;
  /** Syslogs are pulled, and every instance is being terminated. */
  readonly logs: number;
}

/** The time until the teardown, in words: what everything before the search must be done in. Pure. */
export function timeToTeardown(timeLimit: number, { reserve }: Pick<FleetTiming, 'reserve'>): string {
  return `${timeLimit - reserve} s (T is ${timeLimit} s, of which ${reserve} s are reserved for teardown)`;
}

/** The part of T that the teardown may take at most, unless the fleet's own reserve is longer. */
const mostOfT = 1 / 4;

/**
 * What is kept of T for the teardown: the fleet's reserve, plus twice the slowest release that was measured, at most a quarter
 * of T. Of it a third of the fleet's reserve and all that was added is for the release itself. All in seconds. Pure.
 */
export function teardownSchedule(reserve: number, timeLimit: number, slowest: number): TeardownSchedule {
  const added = 2 * Math.max(0, slowest);
  const search = Math.min(reserve + added, Math.max(reserve, timeLimit * mostOfT));
  const logs = Math.min(0.6 * search, reserve / 3 + added);
  return { search, stop: logs + 0.4 * (search - logs), logs };
}

/** Seconds for which a measurement counts. */
const memory = 30;

/** Seconds beyond which a pause tells of a suspended process or machine, not of a slow one. */
const longestLag = 5;

/** Seconds between two looks at the clock. */
const lagInterval = 0.25;

/**
 * How long it takes at present to release an instance, as far as it can be measured while a run searches: by the fleet's
 * answers, by commands over the sessions, and by how late this process gets to its work.
 */
export class ReleaseTime {
  readonly #now: () => number;
  /** The last measurement of each source. */
  readonly #samples = new Map<string, { readonly seconds: number; readonly at: number }>();

  /** `now` in seconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** One more measurement, which replaces the last of the same source. */
  tell(source: string, seconds: number): void {
    this.#samples.set(source, { seconds, at: this.#now() });
  }

  /** Measures how late this process is, until the function that is returned is called. */
  watchLag(clock: Clock): () => void {
    let last = clock.monotonic();
    let turn = 0;
    return clock.every(lagInterval * 1000, () => {
      const now = clock.monotonic();
      const lag = (now - last) / 1000 - lagInterval;
      last = now;
      turn = (turn + 1) % (memory / lagInterval);
      if (lag > 0 && lag < longestLag) this.tell(`lag ${turn}`, lag);
    });
  }

  /** The slowest of what was measured lately, in seconds. */
  get slowest(): number {
    const oldest = this.#now() - memory;
    let slowest = 0;
    for (const [source, { seconds, at }] of this.#samples) {
      if (at < oldest) this.#samples.delete(source);
      else slowest = Math.max(slowest, seconds);
    }
    return slowest;
  }
}
