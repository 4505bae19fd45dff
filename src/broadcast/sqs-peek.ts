import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Announcement } from './broadcast.ts';
import { Inbox } from './inbox.ts';
import { attemptTimeout } from './sqs-queue.ts';

/** Receives at most: a queue gives ten messages at a time, and an honest run announces few. */
const most = 5;

/** Seconds that one waits: less asks only some of the servers that hold a queue, and misses what the others have. */
const wait = 1;

/** What is announced on a run's queue now, also when nobody listens any more. Leaves it there. */
export async function peek(client: SQSClient, QueueUrl: string, run: string): Promise<Announcement[]> {
  const inbox = new Inbox(run);
  for (let count = 0; count < most; count++) {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: wait,
      VisibilityTimeout: 0,
    });
    const { Messages = [] } = await client.send(command, { requestTimeout: attemptTimeout });
    const taken = inbox.take(
      Messages.map(({ MessageId = '', Body = '' }) => ({ id: MessageId, body: Body })),
    );
    if (!taken.fresh) break;
  }
  return inbox.heard;
}
