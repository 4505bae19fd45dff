import type { RunEvent } from '../event/event.ts';
import type { Output } from './output.ts';
import type { View } from '../event/view.ts';

/** `--json`: one event a line on stdout, for programs. */
export class JsonView implements View {
  readonly #stdout: Output;

  constructor(stdout: Output) {
    this.#stdout = stdout;
  }

  show(event: RunEvent): void {
    this.#stdout.write(`${JSON.stringify(event)}\n`);
  }

  close(): Promise<void> {
    return this.#stdout.drain();
  }
}
