import { closeSync, openSync, readSync } from 'node:fs';

const most = 2 ** 20;

/** A part of a residue that an instance was given although another one has it, which did not answer. */
export interface Taken {
  readonly residue: number;
  /** From this nonce on; undefined: all of it. */
  readonly from: number | undefined;
}

/** The events among lines that come piece by piece: which there were, and those that matter in the end. */
export class ObservedEvents {
  readonly names = new Set<string>();
  run: string | undefined;
  ended: Record<string, unknown> | undefined;
  readonly taken: Taken[] = [];
  /** How many nonces were tested, as it was said: `at` in milliseconds since the epoch. */
  readonly tested: { readonly at: number; readonly nonces: number }[] = [];
  /** Parts of shares that moved from one instance to another. */
  moved = 0;
  #rest = '';
  #offset = 0;

  feed(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#hear(line);
  }

  /** Reads what a file has more than the last time. */
  follow(path: string): void {
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch {
      return; // it is not there yet, or not any more
    }
    try {
      const buffer = Buffer.alloc(most);
      let length: number;
      do {
        length = readSync(file, buffer, 0, most, this.#offset);
        this.#offset += length;
        this.feed(buffer.toString('utf8', 0, length));
      } while (length === most);
    } catch {
      // Its disk is gone.
    } finally {
      closeSync(file);
    }
  }

  #hear(line: string): void {
    // Not parsed if it need not be: there may be a hundred thousand of them.
    const name = /^\{"event":"([a-z.]+)"/.exec(line)?.[1];
    if (name === undefined) return;
    this.names.add(name);
    const isNoted = name === 'run.ended' || name === 'run.progress' || name === 'instance.adopted';
    if (!isNoted && this.run !== undefined) return;
    try {
      const event = JSON.parse(line) as Record<string, unknown>;
      this.run ??= String(event['run']);
      if (name === 'run.ended') this.ended = event;
      if (name === 'run.progress')
        this.tested.push({ at: Date.parse(String(event['time'])), nonces: Number(event['tested']) });
      if (name === 'instance.adopted') this.#adopted(event);
    } catch {
      // Torn.
    }
  }

  #adopted({ residue, from, takenFrom }: Record<string, unknown>): void {
    if (from !== undefined) this.moved += 1;
    if (takenFrom === undefined) return;
    this.taken.push({ residue: Number(residue), from: from === undefined ? undefined : Number(from) });
  }
}
