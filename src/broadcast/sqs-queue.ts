import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  SQSClient,
  paginateListQueues,
  ListQueueTagsCommand,
} from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import { isNotYetKnown, mayBeNew, untilKnown } from '../aws/consistency.ts';
import { type AwsSettings, awsClientConfig } from '../aws/client.ts';
import { allItems } from '../aws/page.ts';
import { awsErrorKind } from '../aws/failure.ts';
import { isRunId, runStart } from '../run-id.ts';

/** What names of our queues begin with; the run's id follows. */
const prefix = 'cnd-';

/** Milliseconds of one attempt at anything but a long poll. */
export const attemptTimeout = 5000;

/** Seconds that a receive waits for a message: SQS's longest, so that waiting costs the fewest requests. */
export const longPoll = 20;

/** Calls at a time while queues are looked through. */
const parallel = 8;

/** SQS keeps messages from one minute to 14 days. */
const retention = { shortest: 3600, longest: 1_209_600 };

/** One queue of a run, as its tags say. */
export interface ListedQueue {
  readonly url: string;
  readonly run: string;
  readonly owner: string | undefined;
  readonly expiresAt: Date | undefined;
  /** The scheme of the run's puzzle: it says how digests are shown. */
  readonly scheme: string | undefined;
}

/** What a queue is made with. */
export interface QueueTags {
  readonly owner: string;
  readonly expiresAt: Date;
  /** The user's own tags. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/**
 * A client for SQS. Requests go to the configured endpoint: the SDK would otherwise follow the host in a QueueUrl, past
 * AWS_ENDPOINT_URL.
 */
export function sqsClient(settings: AwsSettings, env: NodeJS.ProcessEnv, maxAttempts = 3): SQSClient {
  const config = awsClientConfig('SQS', settings, env, (longPoll + 5) * 1000);
  return new SQSClient({ ...config, useQueueUrlAsEndpoint: false, maxAttempts });
}

/** The queue of a run. */
export function queueName(run: string): string {
  return `${prefix}${run}`;
}

/**
 * What CreateQueue is asked for: encrypted with keys of SQS (SSE-SQS), messages kept as long as the run may last.
 * Whoever asks for the queue of a run, and whenever, asks for the same: SQS gives it again, where it would refuse other attributes
 * (QueueNameExists; API Reference of SQS, CreateQueue). Pure.
 */
export function queueInput(run: string, { owner, expiresAt, tags }: QueueTags) {
  const start = runStart(run)?.getTime() ?? -Infinity;
  const lifetime = Math.ceil((expiresAt.getTime() - start) / 1000 / 60) * 60;
  const kept = Math.min(retention.longest, Math.max(retention.shortest, lifetime));
  return {
    QueueName: queueName(run),
    Attributes: { MessageRetentionPeriod: `${kept}`, SqsManagedSseEnabled: 'true' },
    tags: { ...tags, 'cnd:run': run, 'cnd:owner': owner, 'cnd:expires-at': expiresAt.toISOString() },
  };
}

/** Creates the queue of a run and gives its URL. */
export async function createQueue(
  client: SQSClient,
  input: ReturnType<typeof queueInput>,
  signal?: AbortSignal,
): Promise<string> {
  const { QueueUrl } = await client.send(new CreateQueueCommand(input), {
    ...(signal && { abortSignal: signal }),
    requestTimeout: attemptTimeout,
  });
  if (QueueUrl === undefined) throw new Error('CreateQueue has answered without a URL');
  return QueueUrl;
}

/** The URL of a run's queue; undefined when there is none. */
export async function findQueue(client: SQSClient, run: string): Promise<string | undefined> {
  try {
    const command = new GetQueueUrlCommand({ QueueName: queueName(run) });
    return (await client.send(command, { requestTimeout: attemptTimeout })).QueueUrl;
  } catch (error) {
    if (isMissingQueue(error)) return undefined;
    throw error;
  }
}

/** Deletes a queue; one that is gone already is fine. Gives whether it was there. */
export async function deleteQueue(client: SQSClient, url: string): Promise<boolean> {
  try {
    await client.send(new DeleteQueueCommand({ QueueUrl: url }), { requestTimeout: attemptTimeout });
    return true;
  } catch (error) {
    if (isMissingQueue(error)) return false;
    throw error;
  }
}

/** Deletes the queue of a run, if there is one. What SQS does not know of is gone, unless it may be new. */
export async function removeQueue(client: SQSClient, run: string): Promise<void> {
  const found = await findQueue(client, run);
  if (!mayBeNew(run)) {
    if (found !== undefined) await deleteQueue(client, found);
    return;
  }
  const url = found ?? (await listQueues(client)).find((queue) => queue.run === run)?.url;
  if (url === undefined) return;
  const remove = (): Promise<unknown> =>
    client.send(new DeleteQueueCommand({ QueueUrl: url }), { requestTimeout: attemptTimeout });
  await untilKnown('sqs:DeleteQueue', new AbortController().signal, remove).catch((error: unknown) => {
    if (!isMissingQueue(error)) throw error;
  });
}

/**
 * The queues of all runs in the client's region, by name AND tags: a queue that is only called like one of ours is not
 * listed, and so never deleted. One that was just deleted may still be listed for up to a minute.
 */
export async function listQueues(client: SQSClient, abortSignal?: AbortSignal): Promise<ListedQueue[]> {
  // Without a page size there is no next page: the answer is cut at 1000.
  const pages = paginateListQueues(
    { client, pageSize: 1000 },
    { QueueNamePrefix: prefix },
    { requestTimeout: attemptTimeout, ...(abortSignal && { abortSignal }) },
  );
  const urls = await allItems(pages, ({ QueueUrls }) => QueueUrls);
  const limit = pLimit(parallel);
  const looks = await Promise.allSettled(urls.map((url) => limit(() => ours(client, url, abortSignal))));
  const failures = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason as unknown] : []));
  // Who may look at some of them may not look at one of somebody else that is only called like ours.
  const serious = failures.find((error) => awsErrorKind(error) !== 'denied');
  if (serious !== undefined) throw serious;
  if (failures.length > 0 && failures.length === looks.length) throw failures[0];
  return looks.flatMap((look) => (look.status === 'fulfilled' ? (look.value ?? []) : []));
}

async function ours(
  client: SQSClient,
  url: string,
  abortSignal: AbortSignal | undefined,
): Promise<ListedQueue | undefined> {
  abortSignal?.throwIfAborted();
  const run = url.slice(url.lastIndexOf('/') + 1 + prefix.length);
  if (!isRunId(run)) return undefined;
  try {
    const tags = (): Promise<Record<string, string>> => tagsOf(client, url);
    const { signal } = new AbortController();
    // Of a queue that is not new, it means that it is gone, and only still listed.
    const Tags = await (mayBeNew(run)
      ? untilKnown('sqs:ListQueueTags', abortSignal ?? signal, tags)
      : tags());
    if (Tags['cnd:run'] !== run) return undefined;
    const expires = new Date(Tags['cnd:expires-at'] ?? '');
    const expiresAt = Number.isNaN(expires.getTime()) ? undefined : expires;
    return { url, run, owner: Tags['cnd:owner'], expiresAt, scheme: Tags['cnd:scheme'] };
  } catch (error) {
    if (isMissingQueue(error)) return undefined;
    throw error;
  }
}

async function tagsOf(client: SQSClient, QueueUrl: string): Promise<Record<string, string>> {
  const { Tags = {} } = await client.send(new ListQueueTagsCommand({ QueueUrl }), {
    requestTimeout: attemptTimeout,
  });
  // Tags are eventually consistent, too; and a queue without any is none of ours.
  if (Object.keys(Tags).length === 0)
    throw Object.assign(new Error('no tags'), { name: 'QueueDoesNotExist' });
  return Tags;
}

/** The queue does not exist, or not yet: for about a second after its creation SQS may say so. */
export function isMissingQueue(error: unknown): boolean {
  return isNotYetKnown('sqs:GetQueueUrl', error);
}
