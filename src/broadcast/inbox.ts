import type { Announcement } from './broadcast.ts';
import { parseMessage } from './message.ts';

/** A message as it was received. */
export interface Message {
  readonly id: string;
  readonly body: string;
}

/** Messages remembered at most: beyond it somebody floods the queue, and hears no more from us than counting. */
const most = 10_000;

/**
 * What a queue has given so far. Messages are never hidden or deleted, since others wait for them as well, so the same
 * ones come again and again. Pure.
 */
export class Inbox {
  readonly #run: string;
  readonly #ids = new Set<string>();
  readonly #heard = new Map<string, Announcement>();
  #ignored = 0;

  constructor(run: string) {
    this.#run = run;
  }

  /** Messages that were of other runs, not understood, or too many. */
  get ignored(): number {
    return this.#ignored;
  }

  /** Every announcement of this run so far, in the order in which they came. */
  get heard(): Announcement[] {
    return [...this.#heard.values()];
  }

  /** Takes what was received; gives the announcements that are new, and whether any message was. */
  take(messages: readonly Message[]): { readonly announcements: Announcement[]; readonly fresh: boolean } {
    const announcements: Announcement[] = [];
    let fresh = false;
    for (const { id, body } of messages) {
      if (this.#ids.has(id) || this.#ids.size >= most) continue;
      this.#ids.add(id);
      fresh = true;
      const announcement = parseMessage(body);
      if (announcement?.run !== this.#run) {
        this.#ignored++;
        continue;
      }
      // By the whole body: a forged message must not stand in the way of a true one with the same nonce.
      if (this.#heard.has(body)) continue;
      this.#heard.set(body, announcement);
      announcements.push(announcement);
    }
    return { announcements, fresh };
  }
}
