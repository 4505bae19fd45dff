import type { Writable } from 'node:stream';

/** Where long text goes. Its reader may leave before the end, which is not an error. */
export interface TextSink {
  /** Resolves once more may be written; with false when nobody reads any more. */
  write(text: string): Promise<boolean>;
  /** Resolves when the reader is done. */
  close(): Promise<void>;
}

/** Text to a stream, no faster than it is read. */
export class StreamSink implements TextSink {
  readonly #stream: Writable;
  readonly #gone: Promise<void>;
  #open = true;

  constructor(stream: Writable) {
    this.#stream = stream;
    this.#gone = new Promise((resolve) => {
      const leave = (): void => {
        this.#open = false;
        resolve();
      };
      stream.on('error', leave).on('close', leave);
    });
  }

  async write(text: string | Uint8Array): Promise<boolean> {
    if (this.#open && !this.#stream.write(text)) {
      let drained = (): void => {};
      const drain = new Promise<void>((resolve) => (drained = resolve));
      this.#stream.once('drain', drained);
      await Promise.race([drain, this.#gone]);
      this.#stream.off('drain', drained);
    }
    return this.#open;
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    const flushed = new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
    await Promise.race([flushed, this.#gone]);
  }
}
