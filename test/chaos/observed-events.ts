import { closeSync, openSync, readSync } from 'node:fs';

const most = 2 ** 20;

/** The events among lines that come piece by piece: which there were, and those that matter in the end. */
export class ObservedEvents {
  readonly names = new Set<string>();
  run: string | undefined;
  ended: Record<string, unknown> | undefined;
  #rest = '';
  #offset = 0;

  feed(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#hear(line);
  }

  /** Reads what a file has more than the last time. */
  follow(path: string): void {
    try {
      const file = openSync(path, 'r');
      const buffer = Buffer.alloc(most);
      const length = readSync(file, buffer, 0, most, this.#offset);
      closeSync(file);
      this.#offset += length;
      this.feed(buffer.toString('utf8', 0, length));
    } catch {
      // It is not there yet, or not any more.
    }
  }

  #hear(line: string): void {
    // Not parsed if it need not be: there may be a hundred thousand of them.
    const name = /^\{"event":"([a-z.]+)"/.exec(line)?.[1];
    if (name === undefined) return;
    this.names.add(name);
    if (name !== 'run.ended' && this.run !== undefined) return;
    try {
      const event = JSON.parse(line) as Record<string, unknown>;
      this.run ??= String(event['run']);
      if (name === 'run.ended') this.ended = event;
    } catch {
      // Torn.
    }
  }
}
