import type { RunEvent } from '../../event/event.ts';
import type { DisplayMode } from './message.ts';

/**
 * Milliseconds for which progress is gathered: frames come no faster; where every event is shown, each write costs both processes a
 * system call and a turn, and a thousand instances report every second.
 */
const interval = { newest: 250, all: 25 };

/** Events that are gathered at most, where every one is shown. */
const mostGathered = 100;

/**
 * Progress on its way to the display. `json` and `verbose` get every event; a view that draws gets the newest of each instance some
 * times a second, without the coverage, which it does not show; lines only get what they show.
 */
export class ProgressQueue {
  readonly #mode: DisplayMode;
  readonly #send: (events: readonly RunEvent[]) => void;
  readonly #newest = new Map<number | 'run', RunEvent>();
  #all: RunEvent[] = [];
  #allTimer: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(mode: DisplayMode, send: (events: readonly RunEvent[]) => void) {
    this.#mode = mode;
    this.#send = send;
  }

  add(event: RunEvent): void {
    if (this.#mode === 'json' || this.#mode === 'verbose') {
      this.#all.push(event);
      if (this.#all.length >= mostGathered) return this.#sendAll();
      this.#allTimer ??= setTimeout(() => this.#sendAll(), interval.all).unref();
      return;
    }
    if (event.event === 'instance.progress') {
      if (this.#mode !== 'live') return;
      const { instance, hashes, rate, time, run } = event;
      this.#newest.set(instance, { event: event.event, time, run, instance, hashes, rate, residues: [] });
    } else {
      this.#newest.set('run', event);
    }
    this.#timer ??= setTimeout(() => this.flush(), interval.newest).unref();
  }

  /** What an instance said before it said this comes before it. */
  before(event: RunEvent): void {
    this.#sendAll();
    if (!('instance' in event) || event.instance === undefined) return;
    const progress = this.#newest.get(event.instance);
    if (!progress) return;
    this.#newest.delete(event.instance);
    this.#send([progress]);
  }

  flush(): void {
    this.#sendAll();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#newest.size === 0) return;
    this.#send([...this.#newest.values()]);
    this.#newest.clear();
  }

  /** Before anything else is sent: every event is shown, and in its order. */
  #sendAll(): void {
    if (this.#all.length === 0) return;
    const events = this.#all;
    this.#all = [];
    clearTimeout(this.#allTimer);
    this.#allTimer = undefined;
    this.#send(events);
  }
}
