import { DropCount } from './display/drop-count.ts';
import { writeResult } from './result.ts';
import type { RunEvent } from '../event/event.ts';
import { AlikeEvents } from './alike.ts';
import type { DisplaySettings } from './display/message.ts';
import { type DisplayListener, type DisplayView, fullBacklog, isDroppable } from './display/view.ts';
import type { PuzzleFields } from '../puzzle/verify-command.ts';
import { LineQuestion } from './line-question.ts';
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
  readonly drops = new DropCount();
  readonly #stdout: TextOutput;
  readonly #stderr: TextOutput;
  readonly #detail: Detail;
  readonly #lines = new AlikeEvents((event, instances) => this.#line(event, instances));
  readonly #question: LineQuestion;
  #start: number | undefined;
  #lastProgress = 0;
  #result: string | undefined;
  #puzzle: PuzzleFields | undefined;

  constructor(
    output: { stdout: TextOutput; stderr: TextOutput },
    detail: Detail,
    options: PlainOptions = {},
  ) {
    this.#stdout = output.stdout;
    this.#stderr = output.stderr;
    this.#detail = detail;
    this.#start = options.start;
    this.#question = new LineQuestion(output.stderr, options.listener);
    const { plan } = options;
    if (plan && detail !== 'quiet') {
      const what = `${plural(plan.instances, 'instance')} on ${plan.fleet}, at most ${duration(plan.timeLimit)}`;
      this.#tell(Date.now(), `planning: ${what}`);
    }
  }

  show(event: RunEvent): void {
    this.#start ??= Date.parse(event.time);
    if (event.event === 'run.planned') this.#puzzle = event.puzzle;
    if (event.event === 'run.progress') {
      if (event.elapsed - this.#lastProgress < progressInterval(event.elapsed)) return;
      this.#lastProgress = event.elapsed;
    }
    if (this.#detail !== 'quiet' || isWarning(event)) this.#lines.add(event);
    if (event.event === 'run.ended') this.#result = summary(event, this.#puzzle);
  }

  line(text: string): void {
    this.#lines.flush();
    this.#stderr.write(`${text}\n`);
  }

  ask(question: string | undefined): void {
    this.#lines.flush();
    this.#question.ask(question);
  }

  key(key: string): void {
    this.#question.key(key);
  }

  async settle(): Promise<void> {
    await this.#lines.settle();
    await this.#stderr.drain();
  }

  finish(): Promise<boolean> {
    this.#lines.flush();
    return writeResult({ stdout: this.#stdout, stderr: this.#stderr }, this.#result);
  }

  suspend(): void {}
  resume(): void {}

  #line(event: RunEvent, instances: readonly number[]): void {
    const line = plainLine(event, this.#detail === 'verbose', instances, this.#puzzle);
    if (line === undefined) return;
    if (isDroppable(event) && this.#stderr.backlog > fullBacklog.lines) this.drops.progress();
    else this.#tell(Date.parse(event.time), line);
  }

  #tell(time: number, line: string): void {
    this.#start ??= time;
    const elapsed = ((time - this.#start) / 1000).toFixed(2).padStart(7);
    this.#stderr.write(`[${elapsed}] ${line}\n`);
  }
}
