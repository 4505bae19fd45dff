import { close, fstatSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { continueLinesSync, createFileSync } from '../file.ts';
import type { RunEvent } from './event.ts';
import { journalLines } from './journal-line.ts';
import { ProgressSelection, journalInterval } from './progress-selection.ts';
import type { View } from './view.ts';
import { within } from '../wait.ts';

/** Bytes that wait for a slow disk: beyond the first no more progress is kept, beyond the second the journal has failed. */
const mostWaiting = { progress: 4 << 20, all: 32 << 20 };

/** Milliseconds that closing waits for the disk. */
const closeTimeout = 10_000;

/**
 * The journal: every event of a run, one JSON object a line, but for most of its progress. A full disk costs the journal,
 * never the run. A hit is in the file when `show` returns, with all that came before it: it is not told before. Every write
 * has its position, so that lines keep their order whichever write the system does first.
 */
export class Journal implements View {
  readonly path: string;
  readonly #onFailure: (error: Error) => void;
  readonly #file: number | undefined;
  readonly #progress = new ProgressSelection();
  #waiting: string[] = [];
  #bytes = 0;
  #writing: Promise<void> | undefined;
  /** What is being written by a thread of Node, and where. */
  #underWay: { readonly bytes: Buffer; readonly position: number } | undefined;
  /** Where the next bytes go. */
  #end = 0;
  #runProgress: { readonly first: number; readonly last: number } | undefined;
  #failure: Error | undefined;
  #closed = false;

  /**
   * @param onFailure Told once when the journal cannot be written; it must not rely on the journal.
   * @param isContinued The journal is there, and its last line may be torn: its writer was killed.
   */
  constructor(path: string, onFailure: (error: Error) => void, isContinued = false) {
    this.path = path;
    this.#onFailure = onFailure;
    try {
      this.#file = isContinued ? continueLinesSync(path) : createFileSync(path);
      this.#end = fstatSync(this.#file).size;
    } catch (error) {
      // Not before whoever makes it has it in hand.
      queueMicrotask(() => this.#fail(error));
    }
  }

  show(event: RunEvent): void {
    if (this.#closed || this.#failure) return;
    if (event.event === 'instance.progress' || event.event === 'run.progress') {
      if (this.#bytes < mostWaiting.progress) this.#addSome(event);
      return;
    }
    const isItsLast = event.event === 'instance.stopped' || event.event === 'instance.lost';
    if (isItsLast) for (const kept of this.#progress.rest(event.instance)) this.#add(kept);
    if (event.event === 'run.ended') for (const kept of this.#progress.rest()) this.#add(kept);
    this.#add(event);
    if (event.event === 'hit') this.#writeNow();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (
      this.#writing &&
      (await within(
        closeTimeout,
        this.#writing.then(() => true),
      )) === undefined
    )
      return this.#fail(new Error('the disk does not answer'));
    if (this.#file !== undefined) await promisify(close)(this.#file).catch(() => {});
  }

  #addSome(event: Extract<RunEvent, { event: 'instance.progress' | 'run.progress' }>): void {
    if (event.event === 'instance.progress') for (const kept of this.#progress.offer(event)) this.#add(kept);
    else if (this.#isDue(event.time)) this.#add(event);
  }

  #isDue(time: string): boolean {
    const now = Date.parse(time) / 1000;
    const { first, last } = this.#runProgress ?? { first: now, last: Number.NEGATIVE_INFINITY };
    if (Math.abs(now - last) < journalInterval(now - first)) return false;
    this.#runProgress = { first, last: now };
    return true;
  }

  #add(event: RunEvent): void {
    const text = journalLines(event).join('\n');
    const line = `${text}\n`;
    this.#waiting.push(line);
    this.#bytes += line.length;
    if (this.#bytes > mostWaiting.all) return this.#fail(new Error('the disk is too slow'));
    this.#writing ??= this.#writeAll();
  }

  /** Writes what waits until nothing does. Never rejects. */
  async #writeAll(): Promise<void> {
    // All that comes in the same turn is one write.
    await Promise.resolve();
    while (this.#waiting.length > 0 && this.#file !== undefined && !this.#failure) {
      const { bytes, position } = this.#take();
      this.#underWay = { bytes, position };
      try {
        for (let at = 0; at < bytes.length;) {
          const { bytesWritten } = await promisify(write)(
            this.#file,
            bytes,
            at,
            bytes.length - at,
            position + at,
          );
          at += bytesWritten;
        }
      } catch (error) {
        this.#fail(error);
      }
      this.#underWay = undefined;
    }
    this.#writing = undefined;
  }

  #writeNow(): void {
    if (this.#file === undefined || this.#failure) return;
    try {
      // The same bytes at the same place: it does not matter which of the two writes comes last.
      if (this.#underWay) writeAtSync(this.#file, this.#underWay);
      writeAtSync(this.#file, this.#take());
    } catch (error) {
      this.#fail(error);
    }
  }

  #take(): { readonly bytes: Buffer; readonly position: number } {
    const bytes = Buffer.from(this.#waiting.join(''));
    const position = this.#end;
    this.#end += bytes.length;
    this.#waiting = [];
    this.#bytes = 0;
    return { bytes, position };
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#waiting = [];
    this.#onFailure(this.#failure);
  }
}

function writeAtSync(file: number, { bytes, position }: { bytes: Buffer; position: number }): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, position + at);
}
