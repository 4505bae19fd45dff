import type { Readable } from 'node:stream';
import { onceAborted } from '../../wait.ts';

const usualLongest = 2 ** 22;

/**
 * The lines of a stream, one at a time. Unlike node:readline it also ends when the stream breaks off, which is how
 * the processes of the local fleet learn that the one they talk to is gone.
 */
export class LineReader {
  readonly #lines: string[] = [];
  #rest = '';
  #ended = false;
  #wake: (() => void) | undefined;

  /** A line of more than `longest` characters breaks the stream off. */
  constructor(stream: Readable, longest = usualLongest) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      this.#lines.push(...lines);
      if (this.#rest.length > longest) stream.destroy();
      this.#wake?.();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    stream.on('end', end).on('close', end).on('error', end);
  }

  /** The next line, or undefined when the stream is over (an unfinished last line is dropped). */
  async next(signal?: AbortSignal): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#ended) {
      signal?.throwIfAborted();
      let off = (): void => {};
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        off = onceAborted(signal, resolve);
      });
      off();
    }
    return this.#lines.shift();
  }
}
