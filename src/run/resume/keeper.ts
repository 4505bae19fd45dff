import type { Clock } from '../../clock.ts';
import { pause } from '../../wait.ts';

/** Milliseconds between two writes, at most. */
const interval = 1000;

/**
 * After a write, so many times as long as it took to put the state into words is rested, but so many milliseconds at most: with a
 * thousand instances that takes long, and somebody asks for it all the time while they start.
 */
const rest = { times: 3, most: 100 };

/** What is kept, and what is done once it is. */
export interface KeptState {
  readonly text: string;
  readonly onKept?: (() => void) | undefined;
}

/** What a keeper is made with. */
export interface KeeperOptions {
  readonly clock: Clock;
  /** Everything as it is now. */
  readonly look: () => KeptState;
  readonly write: (text: string) => Promise<void>;
  /** Told once in a row that it cannot be written. */
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps for another controller how a run stands: once a second, and at once before something that must not be done unless it
 * is known of (`keep`). One write at a time; all who ask during one share the next. Where it cannot be written the run goes on.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #stopTicking: () => void;
  #waiting: (() => void)[] = [];
  #writing: Promise<void> | undefined;
  #isFailing = false;
  #isStopped = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#stopTicking = options.clock.every(interval, () => {
      this.#writing ??= this.#writeAll();
    });
  }

  /** Calls `then` once everything as it is now is kept; after `stop` at once. */
  keep(then: () => void): void {
    if (this.#isStopped) return then();
    this.#waiting.push(then);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves once everything as it is now is kept, as `keep` tells it. */
  kept(): Promise<void> {
    return new Promise((resolve) => this.keep(resolve));
  }

  /** Nothing is written any more once this has resolved. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopTicking();
    await this.#writing;
    this.#release(this.#take());
  }

  async #writeAll(): Promise<void> {
    // All who ask in the same turn share one write.
    await Promise.resolve();
    do {
      const waiting = this.#take();
      const cost = await this.#write();
      this.#release(waiting);
      const restTime = Math.min(rest.most, rest.times * cost);
      if (restTime >= 1 && !this.#isStopped) await pause(restTime);
    } while (this.#waiting.length > 0 && !this.#isStopped);
    this.#writing = undefined;
  }

  /** @returns the milliseconds for which nothing else could be done. */
  async #write(): Promise<number> {
    const { look, write, onError } = this.#options;
    const begin = performance.now();
    let cost = 0;
    try {
      const { text, onKept } = look();
      cost = performance.now() - begin;
      await write(text);
      onKept?.();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) onError(error);
      this.#isFailing = true;
    }
    return cost;
  }

  #take(): (() => void)[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  #release(waiting: readonly (() => void)[]): void {
    for (const then of waiting) then();
  }
}
