import type { Writable } from 'node:stream';

/** Where a view writes. Its reader may be slow, or go away; neither is an error here. */
export interface TextOutput {
  write(text: string): void;
  /** Resolves when everything written has been handed to the system, or can no longer be. */
  drain(): Promise<void>;
  /** Characters that the system has not taken yet, about. */
  readonly backlog: number;
  /** Milliseconds for which the system has not taken what it was given. */
  readonly stalled: number;
}

/** What is called when a stream takes no more: a series of runs writes to the same two, with one listener on each. */
const closings = new WeakMap<Writable, (() => void)[]>();

/** Calls something at the first error of a stream. */
function onceClosed(stream: Writable, close: () => void): void {
  const known = closings.get(stream);
  if (known) return void known.push(close);
  const all = [close];
  closings.set(stream, all);
  stream.on('error', () => {
    for (const each of all.splice(0)) each();
  });
}

/** Text to a stream whose reader may go away: afterwards nothing is written, and `onClosed` has been called once. */
export class Output implements TextOutput {
  readonly #stream: Writable;
  #closed = false;

  constructor(stream: Writable, onClosed: () => void = () => {}) {
    this.#stream = stream;
    onceClosed(stream, () => {
      this.#closed = true;
      onClosed();
    });
  }

  get backlog(): number {
    return this.#closed ? 0 : this.#stream.writableLength;
  }

  readonly stalled = 0;

  write(text: string): void {
    if (!this.#closed) this.#stream.write(text);
  }

  drain(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#stream.off('error', done);
        resolve();
      };
      this.#stream.once('error', done);
      this.#stream.write('', done);
    });
  }
}
