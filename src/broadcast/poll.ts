import { backoff } from '../retry.ts';
import { pause } from '../wait.ts';
import type { Announcement } from './broadcast.ts';
import type { Inbox, Message } from './inbox.ts';
import type { PollBackoff } from './poll-backoff.ts';

/** What is polled, and who is told. */
export interface Polled {
  readonly inbox: Inbox;
  readonly pollBackoff: PollBackoff;
  /** Waits for messages, as long as it likes; gives those there are, and hides them for so many seconds. */
  readonly receive: (hide: number, signal: AbortSignal) => Promise<Message[]>;
  readonly deliver: (announcement: Announcement) => void;
  /** Told of the first failure in a row. */
  readonly onError: (error: unknown) => void;
  /** Whether a failure is to be expected for now: nobody is told. */
  readonly expected: (error: unknown) => boolean;
}

/** Polls until the signal aborts; nothing that happens on the way ends it. Never rejects. */
export async function poll(
  { inbox, pollBackoff, receive, deliver, onError, expected }: Polled,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  let reported = false;
  while (!signal.aborted) {
    try {
      const messages = await receive(pollBackoff.hide, signal);
      const { announcements, fresh } = inbox.take(messages);
      failures = 0;
      reported = false;
      for (const announcement of announcements) deliver(announcement);
      const wait = pollBackoff.after(messages.length, fresh);
      if (wait > 0) await pause(wait, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!reported && !expected(error)) {
        reported = true;
        onError(error);
      }
      await pause(backoff(failures++), signal);
    }
  }
}
