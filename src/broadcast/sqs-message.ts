import { ReceiveMessageCommand, type SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Message } from './inbox.ts';
import { attemptTimeout, longPoll } from './sqs-queue.ts';

/** Messages that SQS gives at once, at most. */
export const mostMessages = 10;

/** Waits for messages, for 20 s at most, and leaves them there, hidden from everybody for so many seconds (`hide`). */
export async function receive(
  client: SQSClient,
  QueueUrl: string,
  abortSignal: AbortSignal,
  { hide = 0, wait = longPoll }: { readonly hide?: number; readonly wait?: number } = {},
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: mostMessages,
    WaitTimeSeconds: wait,
    VisibilityTimeout: hide,
  });
  const { Messages = [] } = await client.send(command, { abortSignal });
  return Messages.map(({ MessageId = '', Body = '' }) => ({ id: MessageId, body: Body }));
}

/** Sends one message; one attempt. */
export async function sendMessage(
  client: SQSClient,
  QueueUrl: string,
  MessageBody: string,
  abortSignal: AbortSignal,
): Promise<void> {
  const command = new SendMessageCommand({ QueueUrl, MessageBody });
  await client.send(command, { abortSignal, requestTimeout: attemptTimeout });
}
