import type { RunEvent } from '../event/event.ts';
import { type DisplayView, fullBacklog, isDroppable } from './display/view.ts';
import type { TextOutput } from './output.ts';

/** `--json`: one event a line on stdout, for programs. */
export class JsonView implements DisplayView {
  readonly #stdout: TextOutput;
  #dropped = 0;
  #hasEnded = false;

  constructor(stdout: TextOutput) {
    this.#stdout = stdout;
  }

  show(event: RunEvent): void {
    if (isDroppable(event) && this.#stdout.backlog > fullBacklog.events) {
      this.#dropped += 1;
      return;
    }
    this.#hasEnded ||= event.event === 'run.ended';
    this.#stdout.write(eventJson(event));
  }

  takeDropped(): { frames: number; progress: number } {
    const dropped = { frames: 0, progress: this.#dropped };
    this.#dropped = 0;
    return dropped;
  }

  settle(): Promise<void> {
    return this.#stdout.drain();
  }

  async finish(): Promise<boolean> {
    await this.#stdout.drain();
    return this.#hasEnded;
  }

  line(): void {}
  ask(): void {}
  key(): void {}
  suspend(): void {}
  resume(): void {}
}

/** An event as `--json` writes it, one line. Pure. */
export function eventJson(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}
