import type { Announcement, Broadcast } from './broadcast.ts';

/** The broadcast of runs whose workers all listen to one controller: within this process. */
export class InProcessBroadcast implements Broadcast {
  readonly name = 'in-process';
  #run: string | undefined;
  readonly #announced: Announcement[] = [];
  readonly #listeners = new Set<(announcement: Announcement) => void>();

  async open(run: string): Promise<void> {
    this.#run = run;
  }

  async announce(announcement: Announcement): Promise<void> {
    if (announcement.run !== this.#run) return;
    if (this.#announced.some(({ nonce }) => nonce === announcement.nonce)) return;
    this.#announced.push(announcement);
    for (const listener of this.#listeners) listener(announcement);
  }

  listen(listener: (announcement: Announcement) => void): () => void {
    this.#listeners.add(listener);
    const earlier = [...this.#announced];
    queueMicrotask(() => {
      for (const announcement of earlier) if (this.#listeners.has(listener)) listener(announcement);
    });
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#run = undefined;
    this.#listeners.clear();
  }
}
