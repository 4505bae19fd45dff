import { Changes, whenAborted } from '../../wait.ts';
import type { Emit } from '../../event/event.ts';
import type { Conclusion } from '../conclusion.ts';
import type { WorkerPool } from './worker-pool.ts';

/** The stop of one search: agents are told, and each is waited for. */
export class Stop {
  readonly #pool: WorkerPool;
  readonly #conclusion: Conclusion;
  readonly #emit: Emit;
  readonly #onOver: () => void;
  readonly #changes = new Changes();
  /** The workers that were told to stop. */
  readonly #ordered = new Set<number>();
  /** A hit has ended the search. */
  #isFound = false;
  /** That all have stopped was told. */
  #isTold = false;

  /** @param onOver Called once the agents are told: nothing is begun on an instance any more. */
  constructor(pool: WorkerPool, conclusion: Conclusion, emit: Emit, onOver: () => void) {
    this.#pool = pool;
    this.#conclusion = conclusion;
    this.#emit = emit;
    this.#onOver = onOver;
  }

  /**
   * A verified hit ends the search. Every agent is told so before anything else is done, such as writing down what ended it: until
   * then their kernels search for nothing. What they have said is still kept for another controller.
   * `search.stopped` is told with the word of the last of them.
   * @param finder Has stopped by itself, with the hit that it told.
   */
  found(finder: number | undefined): void {
    this.#isFound = !this.#conclusion.isOver;
    this.#order(finder);
  }

  /** A worker that was searching is not any more. */
  changed(): void {
    this.#changes.notify();
    if (!this.#isFound || this.#isTold || this.#pool.unconfirmed.length > 0) return;
    this.#isTold = true;
    this.#tell('found');
  }

  /**
   * Tells those that do not know yet. Resolves when all have stopped or are lost, and `others` has, or when `giveUp` aborts. After a
   * hit agents may end only when all have stopped.
   */
  async wait(reason: string, giveUp: AbortSignal, others?: Promise<unknown>): Promise<void> {
    this.#order();
    if (!this.#isFound) this.#release();
    while (this.#pool.busy.length > 0 && !giveUp.aborted) await this.#changes.next(giveUp);
    this.#release();
    if (this.#pool.unconfirmed.length > 0) await Promise.race([others, whenAborted(giveUp)]);
    if (!this.#isTold) this.#tell(reason);
  }

  #order(finder?: number): void {
    this.#conclusion.cut();
    this.#pool.all.forEach(({ state, send, received }, worker) => {
      if (this.#isFound) received.hold();
      if (state === 'stopped' || worker === finder || !send || this.#ordered.has(worker)) return;
      this.#ordered.add(worker);
      send({ order: 'stop' });
    });
    this.#onOver();
  }

  #release(): void {
    for (const { received } of this.#pool.all) received.release();
  }

  #tell(reason: string): void {
    const { latency } = this.#conclusion;
    this.#emit('search.stopped', { reason, latency, unconfirmed: this.#pool.unconfirmed });
  }
}
