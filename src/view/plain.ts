import type { RunEvent } from '../event/event.ts';
import { printable } from '../text.ts';
import type { DisplaySettings } from './display/message.ts';
import {
  type DisplayListener,
  type DisplayView,
  fullBacklog,
  isDroppable,
  resultDelay,
} from './display/view.ts';
import type { TextOutput } from './output.ts';
import { plainLine } from './plain-line.ts';
import { duration, plural } from '../quantity.ts';
import { summary } from './summary.ts';
import { isWarning } from './warning.ts';

/** Seconds between two lines of progress: often at first, when people watch. */
function progressInterval(elapsed: number): number {
  return elapsed < 60 ? 5 : 30;
}

/** How much is said: warnings and errors only, what matters, or every step. */
export type Detail = 'quiet' | 'normal' | 'verbose';

/** What a plain view knows of a run that is under way; a finished one that is drawn again has none of it. */
export interface PlainOptions {
  readonly plan?: DisplaySettings['plan'];
  /** The moment T counts from, in milliseconds since the epoch; by default the first event's. */
  readonly start?: number;
  readonly listener?: DisplayListener;
}

/** Plain lines, good in a log file: progress to stderr, the summary to stdout. */
export class PlainView implements DisplayView {
  readonly #stdout: TextOutput;
  readonly #stderr: TextOutput;
  readonly #detail: Detail;
  readonly #listener: DisplayListener | undefined;
  #start: number | undefined;
  #lastProgress = 0;
  #dropped = 0;
  #asked = false;
  #result: string | undefined;

  constructor(
    output: { stdout: TextOutput; stderr: TextOutput },
    detail: Detail,
    options: PlainOptions = {},
  ) {
    this.#stdout = output.stdout;
    this.#stderr = output.stderr;
    this.#detail = detail;
    this.#start = options.start;
    this.#listener = options.listener;
    const { plan } = options;
    if (plan && detail !== 'quiet') {
      const what = `${plural(plan.instances, 'instance')} on ${plan.fleet}, at most ${duration(plan.timeLimit)}`;
      this.#tell(Date.now(), `planning: ${what}`);
    }
  }

  show(event: RunEvent): void {
    const time = Date.parse(event.time);
    this.#start ??= time;
    if (event.event === 'run.progress') {
      if (event.elapsed - this.#lastProgress < progressInterval(event.elapsed)) return;
      this.#lastProgress = event.elapsed;
    }
    const told = this.#detail !== 'quiet' || isWarning(event);
    const line = told ? plainLine(event, this.#detail === 'verbose') : undefined;
    if (line !== undefined) {
      if (isDroppable(event) && this.#stderr.backlog > fullBacklog.lines) this.#dropped += 1;
      else this.#tell(time, line);
    }
    if (event.event === 'run.ended') this.#result = summary(event);
  }

  line(text: string): void {
    this.#stderr.write(`${text}\n`);
  }

  ask(question: string | undefined): void {
    this.#asked = question !== undefined;
    if (question !== undefined) this.#stderr.write(`${printable(question, 1000)} [y/N] `);
  }

  /** Lines of the terminal come here a character at a time. */
  key(key: string): void {
    if (!this.#asked) return;
    if (/\S/.test(key) || key === '\n') {
      this.#asked = false;
      this.#listener?.answer(/y/i.test(key));
    }
  }

  takeDropped(): { frames: number; progress: number } {
    const dropped = { frames: 0, progress: this.#dropped };
    this.#dropped = 0;
    return dropped;
  }

  settle(): Promise<void> {
    return this.#stderr.drain();
  }

  async finish(): Promise<boolean> {
    await Promise.race([this.#stderr.drain(), soon(resultDelay)]);
    this.#stdout.write(this.#result ?? '');
    await this.#stdout.drain();
    return this.#result !== undefined;
  }

  suspend(): void {}
  resume(): void {}

  #tell(time: number, line: string): void {
    this.#start ??= time;
    const elapsed = ((time - this.#start) / 1000).toFixed(2).padStart(7);
    this.#stderr.write(`[${elapsed}] ${line}\n`);
  }
}

function soon(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
