import { pause, rest } from '../aws/retry.ts';
import type { Announcement } from './broadcast.ts';
import type { Inbox, Message } from './inbox.ts';

/** Milliseconds between two polls at most while they bring nothing but what is known. */
const longestStale = 1000;

/** What is polled, and who is told. */
export interface Polled {
  readonly inbox: Inbox;
  /** Waits for messages, as long as it likes; gives those there are. */
  readonly receive: (signal: AbortSignal) => Promise<Message[]>;
  readonly deliver: (announcement: Announcement) => void;
  /** Told of the first failure in a row. */
  readonly complain: (error: unknown) => void;
  /** Whether a failure is to be expected for now: nobody is told. */
  readonly expected: (error: unknown) => boolean;
}

/** Polls until the signal aborts; nothing that happens on the way ends it. Never rejects. */
export async function poll(
  { inbox, receive, deliver, complain, expected }: Polled,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  let stale = 0;
  let complained = false;
  while (!signal.aborted) {
    try {
      const messages = await receive(signal);
      const { announcements, fresh } = inbox.take(messages);
      failures = 0;
      complained = false;
      for (const announcement of announcements) deliver(announcement);
      // What was received stays on the queue, for others: until something new comes, a poll returns at once.
      stale = messages.length > 0 && !fresh ? stale + 1 : 0;
      if (stale > 0) await rest(Math.min(longestStale, pause(stale)), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!complained && !expected(error)) {
        complained = true;
        complain(error);
      }
      await rest(pause(failures++), signal);
    }
  }
}
