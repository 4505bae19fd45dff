import type { EventFields, RunEvent } from '../../event/event.ts';
import type { View } from '../../event/view.ts';
import { duration } from '../../quantity.ts';
import { AlikeEvents } from '../alike.ts';
import type { TextOutput } from '../output.ts';
import { nonceText, plainLine } from '../plain-line.ts';
import { headline } from '../summary.ts';
import { isWarning } from '../warning.ts';

type Ended = Extract<RunEvent, { event: 'run.ended' }>;

/** One run of a series, in one line; warnings have lines of their own. */
export class SeriesView implements View {
  readonly hasFailed = false;
  readonly #output: TextOutput;
  readonly #lines: AlikeEvents;
  #ended: Ended | undefined;

  /** `name` says which run of the series it is: `run 3 of 12: N 4, D 6`. */
  constructor(output: TextOutput, name: string, verbose: boolean) {
    this.#output = output;
    this.#output.write(`${name} …\n`);
    this.#lines = new AlikeEvents((event, instances) => {
      const line = plainLine(event, verbose, instances, this.#puzzle);
      if (line !== undefined) this.#output.write(`  ${line}\n`);
    });
    this.#verbose = verbose;
  }

  readonly #verbose: boolean;
  #puzzle: EventFields['run.planned']['puzzle'] | undefined;

  /** How it ended; undefined while it goes on. */
  get ended(): Ended | undefined {
    return this.#ended;
  }

  /** A series asks once, before its first run. */
  async ask(): Promise<undefined> {}

  line(text: string): void {
    this.#output.write(`  ${text}\n`);
  }

  show(event: RunEvent): void {
    if (event.event === 'run.planned') this.#puzzle = event.puzzle;
    if (event.event === 'run.ended') this.#ended = event;
    else if (this.#verbose || isWarning(event)) this.#lines.add(event);
  }

  async close(): Promise<void> {
    this.#lines.flush();
    const { nonce, elapsed, phases, exitCode, run } = this.#ended ?? {};
    if (this.#ended && elapsed !== undefined) {
      const result =
        exitCode === 0 && nonce !== undefined
          ? `nonce ${nonceText(nonce, this.#puzzle)}`
          : headline(this.#ended);
      this.#output.write(
        `  ${result} in ${duration(elapsed)}, of which the search took ${duration(phases?.search ?? 0)} (${run})\n`,
      );
    }
    await this.#output.drain();
  }
}
