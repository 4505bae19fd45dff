import type { RunEvent } from './event.ts';

type Progress = Extract<RunEvent, { event: 'instance.progress' }>;

/** Progress lines a second that are kept of all instances together: a thousand of them would write a gigabyte an hour. */
export const mostProgress = 20;

/**
 * Seconds between two kept progress events of one instance: every one at first, fewer as the run grows, so that a day
 * of a hundred instances stays in the tens of megabytes and any view can still be drawn again.
 */
export function journalInterval(elapsed: number): number {
  return Math.max(0, elapsed / 60 - 1);
}

/**
 * Chooses which progress of instances is kept: of all that is due the instances in turn, at most so many a second, and always
 * the newest. What an instance said last is not lost: `rest` gives it when the instance stops or the run ends.
 */
export class ProgressSelection {
  /** The newest that was not kept, in the order in which the instances' turns come. */
  readonly #waiting = new Map<number, Progress>();
  readonly #kept = new Map<number, number>();
  #start: number | undefined;
  #tokens = mostProgress;
  #filled = 0;

  /** What is to be kept now that this one has come. */
  offer(event: Progress): Progress[] {
    const now = Date.parse(event.time) / 1000;
    this.#start ??= now;
    // The wall clock may step back.
    this.#tokens = Math.min(mostProgress, this.#tokens + Math.max(0, now - this.#filled) * mostProgress);
    this.#filled = now;
    this.#waiting.set(event.instance, event);
    const interval = journalInterval(now - this.#start);
    const chosen: Progress[] = [];
    for (const [instance, waiting] of this.#waiting) {
      if (this.#tokens < 1) break;
      const last = this.#kept.get(instance);
      // Turns come in the order of the last ones: whoever is after this one is not due either.
      if (last !== undefined && Math.abs(now - last) < interval) break;
      this.#tokens -= 1;
      this.#waiting.delete(instance);
      this.#kept.set(instance, now);
      chosen.push(waiting);
    }
    return chosen;
  }

  /** What of an instance, or of all, was not kept yet. */
  rest(instance?: number): Progress[] {
    if (instance === undefined) {
      const all = [...this.#waiting.values()];
      this.#waiting.clear();
      return all;
    }
    const last = this.#waiting.get(instance);
    this.#waiting.delete(instance);
    return last ? [last] : [];
  }
}
