import { DropCount } from './display/drop-count.ts';
import type { RunEvent } from '../event/event.ts';
import { type DisplayListener, type DisplayView, fullBacklog, isDroppable } from './display/view.ts';
import { LineQuestion } from './line-question.ts';
import { unconfirmedLines } from './summary.ts';
import type { TextOutput } from './output.ts';

/** `--json`: one event a line on stdout, for programs; questions, and how to finish a cleanup, are on stderr. */
export class JsonView implements DisplayView {
  readonly drops = new DropCount();
  readonly #stdout: TextOutput;
  readonly #stderr: TextOutput;
  readonly #question: LineQuestion;
  #hasEnded = false;

  constructor(output: { stdout: TextOutput; stderr: TextOutput }, listener?: DisplayListener) {
    this.#stdout = output.stdout;
    this.#stderr = output.stderr;
    this.#question = new LineQuestion(output.stderr, listener);
  }

  show(event: RunEvent): void {
    const line = eventJson(event);
    if (isDroppable(event)) return this.#writeProgress(line);
    this.#stdout.write(line);
    if (event.event !== 'run.ended') return;
    this.#hasEnded = true;
    for (const line of unconfirmedLines(event)) this.line(line);
  }

  /** Progress, as `eventJson` has it without its newline. */
  progress(line: string): void {
    this.#writeProgress(`${line}\n`);
  }

  #writeProgress(line: string): void {
    if (this.#stdout.backlog > fullBacklog.events) this.drops.progress();
    else this.#stdout.write(line);
  }

  line(text: string): void {
    this.#stderr.write(`${text}\n`);
  }

  ask(question: string | undefined): void {
    this.#question.ask(question);
  }

  key(key: string): void {
    this.#question.key(key);
  }

  settle(): Promise<void> {
    return this.#stdout.drain();
  }

  async finish(): Promise<boolean> {
    await this.#stdout.drain();
    return this.#hasEnded;
  }

  suspend(): void {}
  resume(): void {}
}

/** An event as `--json` writes it, one line. Pure. */
export function eventJson(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}
