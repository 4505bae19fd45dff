import type { RunEvent } from '../event/event.ts';
import type { Output } from './output.ts';
import { plainLine } from './plain-line.ts';
import { summary } from './summary.ts';
import { isTrouble } from './trouble.ts';
import type { View } from '../event/view.ts';

/** Seconds between two lines of progress: often at first, when people watch. */
function progressInterval(elapsed: number): number {
  return elapsed < 60 ? 5 : 30;
}

/** How much is said: warnings and errors only, what matters, or every step. */
export type Detail = 'quiet' | 'normal' | 'verbose';

/** Plain lines, good in a log file: progress to stderr, the summary to stdout. */
export class PlainView implements View {
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #detail: Detail;
  #start: number | undefined;
  #lastProgress = 0;

  constructor(output: { stdout: Output; stderr: Output }, detail: Detail) {
    this.#stdout = output.stdout;
    this.#stderr = output.stderr;
    this.#detail = detail;
  }

  show(event: RunEvent): void {
    const time = Date.parse(event.time);
    this.#start ??= time;
    if (event.event === 'run.progress') {
      if (event.elapsed - this.#lastProgress < progressInterval(event.elapsed)) return;
      this.#lastProgress = event.elapsed;
    }
    const told = this.#detail !== 'quiet' || isTrouble(event);
    const line = told ? plainLine(event, this.#detail === 'verbose') : undefined;
    if (line !== undefined) {
      const elapsed = ((time - this.#start) / 1000).toFixed(2).padStart(7);
      this.#stderr.write(`[${elapsed}] ${line}\n`);
    }
    if (event.event === 'run.ended') this.#stdout.write(summary(event));
  }

  async close(): Promise<void> {
    await this.#stderr.drain();
    await this.#stdout.drain();
  }
}
