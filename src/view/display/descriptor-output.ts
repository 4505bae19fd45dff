import { write as writeDescriptor } from 'node:fs';
import { isatty } from 'node:tty';
import { writeFromBackground } from './background-write.ts';
import { isBackground } from './foreground.ts';
import type { TextOutput } from '../output.ts';

/** Bytes that are handed to the system at once. */
const portion = 65_536;

/** Milliseconds until a descriptor that somebody has made non-blocking is tried again. */
const retryDelay = 20;

/**
 * Text to a file descriptor, written by the thread pool: a terminal with flow stopped (Ctrl-S), a pipe that nobody reads
 * or a file server that is gone block a thread, never the event loop. Streams of Node write to terminals synchronously.
 */
export class DescriptorOutput implements TextOutput {
  readonly #descriptor: number;
  readonly #isTerminal: boolean;
  readonly #onClosed: (code: string) => void;
  #queue: string[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #length = 0;
  #begun: number | undefined;
  #closed = false;
  #waiting: (() => void)[] = [];

  /** `onClosed` is told once, with the code of the error, when nothing can be written any more. */
  constructor(descriptor: number, onClosed: (code: string) => void) {
    this.#descriptor = descriptor;
    this.#isTerminal = isatty(descriptor);
    this.#onClosed = onClosed;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Characters that the system has not taken yet, about. */
  get backlog(): number {
    return this.#length;
  }

  /** Milliseconds for which the system has not taken what it was given. */
  get stalled(): number {
    return this.#begun === undefined ? 0 : performance.now() - this.#begun;
  }

  write(text: string): void {
    if (this.#closed || text === '') return;
    this.#queue.push(text);
    this.#length += text.length;
    if (this.#begun === undefined) this.#pump();
  }

  drain(): Promise<void> {
    if (this.#closed || this.#begun === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #pump(): void {
    if (this.#rest.length === 0) {
      this.#rest = Buffer.from(this.#queue.join(''));
      this.#queue = [];
    }
    if (this.#rest.length === 0) return this.#settle();
    this.#begun ??= performance.now();
    const length = Math.min(portion, this.#rest.length);
    const settle = (error: NodeJS.ErrnoException | null, written: number): void => {
      if (error && error.code !== 'EAGAIN' && error.code !== 'EINTR') return this.#close(error.code ?? 'EIO');
      if (error) return void setTimeout(() => this.#pump(), retryDelay);
      this.#begun = performance.now();
      this.#rest = this.#rest.subarray(written);
      this.#length = this.#rest.length + this.#queue.reduce((sum, { length }) => sum + length, 0);
      this.#pump();
    };
    if (this.#isTerminal && isBackground()) {
      const portion = this.#rest.subarray(0, length);
      return writeFromBackground(this.#descriptor, portion, (error) => settle(error, length));
    }
    writeDescriptor(this.#descriptor, this.#rest, 0, length, null, settle);
  }

  #close(code: string): void {
    this.#closed = true;
    this.#queue = [];
    this.#settle();
    this.#onClosed(code);
  }

  #settle(): void {
    this.#begun = undefined;
    this.#length = 0;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
