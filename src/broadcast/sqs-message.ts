import { ReceiveMessageCommand, type SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Message } from './inbox.ts';
import { attemptTimeout, longPoll } from './sqs-queue.ts';

/** Waits for messages for up to 20 s, and leaves them there. */
export async function receive(
  client: SQSClient,
  QueueUrl: string,
  abortSignal: AbortSignal,
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: longPoll,
    // A message that one listener has received must not be hidden from the others.
    VisibilityTimeout: 0,
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
