import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Announcement } from './broadcast.ts';
import { Inbox, type Message } from './inbox.ts';
import { attemptTimeout } from './sqs-queue.ts';

/** A queue gives at most so many messages at a time (API_ReceiveMessage). */
const atOnce = 10;

/** Receives at most: an honest run announces few. */
const most = 5;

/** Seconds for which more than can be received at once is hidden, so that the next receive looks past it. */
const hidden = 2;

/** Seconds that one waits: less asks only some of the servers that hold a queue, and misses what the others have. */
const wait = 1;

/** What is announced on a run's queue now, also when nobody listens any more. Leaves it there. */
export async function peek(client: SQSClient, queueUrl: string, run: string): Promise<Announcement[]> {
  const inbox = new Inbox(run);
  let isFull = false;
  for (let count = 0; count < most; count++) {
    const messages = await look(client, queueUrl, isFull ? hidden : 0);
    const { fresh } = inbox.take(messages);
    if (!fresh && !isFull) break;
    isFull = messages.length === atOnce;
  }
  return inbox.heard;
}

async function look(client: SQSClient, QueueUrl: string, VisibilityTimeout: number): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: atOnce,
    WaitTimeSeconds: wait,
    VisibilityTimeout,
  });
  const { Messages = [] } = await client.send(command, { requestTimeout: attemptTimeout });
  return Messages.map(({ MessageId = '', Body = '' }) => ({ id: MessageId, body: Body }));
}
