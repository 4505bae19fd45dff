import type { Announcement, Broadcast } from './broadcast.ts';

/** Who is on the channel of each run, in this process. */
const channels = new Map<string, Set<InProcessBroadcast>>();

/**
 * The broadcast within this process: those who opened the channel of the same run hear each other. A controller is alone
 * on it, and tells its workers by itself.
 */
export class InProcessBroadcast implements Broadcast {
  readonly name = 'in-process';
  #run: string | undefined;
  readonly #heard: Announcement[] = [];
  readonly #listeners = new Set<(announcement: Announcement) => void>();

  async open(run: string): Promise<void> {
    this.#run = run;
    channels.set(run, (channels.get(run) ?? new Set()).add(this));
  }

  async announce(announcement: Announcement): Promise<void> {
    if (this.#run === undefined || announcement.run !== this.#run) return;
    for (const peer of channels.get(this.#run) ?? []) if (peer !== this) peer.#hear(announcement);
  }

  listen(listener: (announcement: Announcement) => void): () => void {
    this.#listeners.add(listener);
    const earlier = [...this.#heard];
    queueMicrotask(() => {
      for (const announcement of earlier) if (this.#listeners.has(listener)) listener(announcement);
    });
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#run === undefined) return;
    const channel = channels.get(this.#run);
    channel?.delete(this);
    if (channel?.size === 0) channels.delete(this.#run);
    this.#run = undefined;
    this.#listeners.clear();
  }

  #hear(announcement: Announcement): void {
    if (this.#heard.some(({ nonce }) => nonce === announcement.nonce)) return;
    this.#heard.push(announcement);
    for (const listener of this.#listeners) listener(announcement);
  }
}
