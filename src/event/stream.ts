import type { View } from './view.ts';
import type { Emit, RunEvent } from './event.ts';

/** The one stream of a run: stamps events with time and run and hands each to every renderer, in order. */
export class EventStream {
  readonly #run: string;
  readonly #now: () => number;
  readonly #views: View[];

  /** `now` gives milliseconds since the epoch. */
  constructor(run: string, now: () => number, views: readonly View[]) {
    this.#run = run;
    this.#now = now;
    this.#views = [...views];
    for (const view of views) view.attach?.(this.emit);
  }

  readonly emit: Emit = (event, fields) => {
    // TypeScript cannot see that the name and the fields of a generic event belong together.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const stamped = {
      event,
      time: new Date(this.#now()).toISOString(),
      run: this.#run,
      ...fields,
    } as RunEvent;
    for (const view of this.#views) view.show(stamped);
  };

  async close(): Promise<void> {
    for (const view of this.#views) await view.close();
  }
}
