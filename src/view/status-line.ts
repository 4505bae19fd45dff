import { printable } from '../text.ts';

/** A terminal's line that says what goes on until it is cleared; where there is no terminal nothing is written. */
export class StatusLine {
  readonly #terminal: NodeJS.WriteStream;
  readonly #isShown: boolean;

  constructor(terminal: NodeJS.WriteStream, env: NodeJS.ProcessEnv) {
    this.#terminal = terminal;
    this.#isShown = terminal.isTTY && env['TERM'] !== 'dumb';
  }

  show(text: string): void {
    if (this.#isShown)
      this.#terminal.write(`\r\u001B[K${printable(text, (this.#terminal.columns || 80) - 1)}`);
  }

  clear(): void {
    if (this.#isShown) this.#terminal.write('\r\u001B[K');
  }
}
