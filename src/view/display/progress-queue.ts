import type { RunEvent } from '../../event/event.ts';
import type { DisplayMode } from './message.ts';

/** Milliseconds for which progress is gathered: frames come no faster. */
const interval = 250;

/**
 * Progress on its way to the display. `json` gets every event, those of one turn of the event loop together, for each write costs a
 * system call and a thousand instances report every second; a view that draws gets the newest of each instance some
 * times a second, without the coverage, which it does not show; lines only get what they show.
 */
export class ProgressQueue {
  readonly #mode: DisplayMode;
  readonly #send: (events: readonly RunEvent[]) => void;
  readonly #newest = new Map<number | 'run', RunEvent>();
  #all: RunEvent[] = [];
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(mode: DisplayMode, send: (events: readonly RunEvent[]) => void) {
    this.#mode = mode;
    this.#send = send;
  }

  add(event: RunEvent): void {
    if (this.#mode === 'json' || this.#mode === 'verbose') {
      this.#all.push(event);
      this.#immediate ??= setImmediate(() => this.#sendAll());
      return;
    }
    if (event.event === 'instance.progress') {
      if (this.#mode !== 'live') return;
      const { instance, hashes, rate, time, run } = event;
      this.#newest.set(instance, { event: event.event, time, run, instance, hashes, rate, residues: [] });
    } else {
      this.#newest.set('run', event);
    }
    this.#timer ??= setTimeout(() => this.flush(), interval).unref();
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
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    this.#send(events);
  }
}
