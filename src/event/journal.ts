import { type WriteStream, createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { RunEvent } from './event.ts';
import type { View } from './view.ts';

/**
 * Seconds between two kept progress events of one instance: every one at first, fewer as the run grows, so that a day
 * of a hundred instances stays in the tens of megabytes and any view can still be drawn again.
 */
export function journalInterval(elapsed: number): number {
  return Math.max(0, elapsed / 60 - 1);
}

/** The journal: every event of a run, one JSON object a line. A full disk costs the journal, never the run. */
export class Journal implements View {
  readonly path: string;
  readonly #stream: WriteStream;
  readonly #lastProgress = new Map<number | 'run', number>();
  #start: number | undefined;
  #failure: Error | undefined;
  #closed = false;

  /** `onFailure` is told once when the journal cannot be written; it must not rely on the journal. */
  constructor(path: string, onFailure: (error: Error) => void) {
    this.path = path;
    this.#stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
    this.#stream.on('error', (error) => {
      this.#failure ??= error;
      onFailure(error);
    });
  }

  show(event: RunEvent): void {
    if (this.#closed || this.#failure || this.#tooSoon(event)) return;
    this.#stream.write(`${JSON.stringify(event)}\n`);
  }

  async close(): Promise<void> {
    if (this.#closed || this.#failure) return;
    this.#closed = true;
    this.#stream.end();
    await finished(this.#stream).catch(() => {});
  }

  #tooSoon(event: RunEvent): boolean {
    const now = Date.parse(event.time) / 1000;
    this.#start ??= now;
    if (event.event !== 'instance.progress' && event.event !== 'run.progress') return false;
    const who = event.event === 'run.progress' ? 'run' : event.instance;
    const last = this.#lastProgress.get(who);
    if (last !== undefined && now - last < journalInterval(now - this.#start)) return true;
    this.#lastProgress.set(who, now);
    return false;
  }
}
