import { printable } from '../text.ts';
import type { DisplayListener } from './display/view.ts';
import type { TextOutput } from './output.ts';

/** What the terminal's driver makes of Ctrl-D at the beginning of a line. */
export const endOfInput = '\u0004';

/** A question on stderr, which is answered by a line; anything but a yes is a no. */
export class LineQuestion {
  readonly #stderr: TextOutput;
  readonly #listener: DisplayListener | undefined;
  #isAsked = false;

  constructor(stderr: TextOutput, listener: DisplayListener | undefined) {
    this.#stderr = stderr;
    this.#listener = listener;
  }

  /** Asks, or with undefined withdraws the question. */
  ask(question: string | undefined): void {
    if (question !== undefined) this.#stderr.write(`${printable(question, 1000)} [y/N] `);
    else if (this.#isAsked) this.#stderr.write('\n');
    this.#isAsked = question !== undefined;
  }

  /** Lines of the terminal come here a character at a time: the first that is none of space counts. */
  key(key: string): void {
    if (!this.#isAsked || !(/\S/.test(key) || key === '\n')) return;
    this.#isAsked = false;
    if (key === endOfInput) this.#stderr.write('\n');
    this.#listener?.answer(/y/i.test(key));
  }
}
