import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Announcement } from './broadcast.ts';
import { Inbox } from './inbox.ts';
import { receive } from './sqs-message.ts';

/** Receives at most: an honest run announces few. */
const most = 3;

/** Seconds that one waits: less asks only some of the servers that hold a queue, and misses what the others have. */
const wait = 1;

/** What is announced on a run's queue now, also when nobody listens any more. Leaves it there, and hides it from nobody. */
export async function peek(client: SQSClient, queueUrl: string, run: string): Promise<Announcement[]> {
  const inbox = new Inbox(run);
  const { signal } = new AbortController();
  for (let count = 0; count < most; count++) {
    const { fresh } = inbox.take(await receive(client, queueUrl, signal, { wait }));
    if (!fresh) break;
  }
  return inbox.heard;
}
