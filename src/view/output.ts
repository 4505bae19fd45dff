import type { Writable } from 'node:stream';

/** Lines to a stream whose reader may go away: afterwards nothing is written, and `onClosed` has been called once. */
export class Output {
  readonly #stream: Writable;
  #closed = false;

  constructor(stream: Writable, onClosed: () => void = () => {}) {
    this.#stream = stream;
    stream.on('error', () => {
      if (this.#closed) return;
      this.#closed = true;
      onClosed();
    });
  }

  write(text: string): void {
    if (!this.#closed) this.#stream.write(text);
  }

  /** Resolves when everything written has been handed to the system, or can no longer be. */
  drain(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stream.once('error', () => resolve());
      this.#stream.write('', () => resolve());
    });
  }
}
