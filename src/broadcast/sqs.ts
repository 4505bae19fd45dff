import type { SQSClient } from '@aws-sdk/client-sqs';
import { type AwsSettings, customEndpoint } from '../aws/client.ts';
import { untilDeleted } from '../aws/deletion.ts';
import { awsError } from '../aws/failure.ts';
import { isRetryable } from '../aws/retryable.ts';
import { retry } from '../retry.ts';
import { unlessAborted } from '../wait.ts';
import type { AgentBroadcast, Announcement, Broadcast } from './broadcast.ts';
import { Inbox } from './inbox.ts';
import { messageBody } from './message.ts';
import { type Polled, poll } from './poll.ts';
import { PollBackoff } from './poll-backoff.ts';
import { RunQueue } from './run-queue.ts';
import { mostMessages, receive, sendMessage } from './sqs-message.ts';
import { peek } from './sqs-peek.ts';
import { queueInput, type QueueTags, sqsClient } from './sqs-queue.ts';

/** What a broadcast on SQS is made with. */
export interface SqsOptions extends QueueTags {
  readonly settings: AwsSettings;
  readonly env: NodeJS.ProcessEnv;
  /** Where the role of the instances has its credentials, if they have one (`ec2.instanceProfile`): agents poll. */
  readonly imds?: string | undefined;
  /** Milliseconds for which opening and announcing are tried, and for which deleting the queue may do nothing but fail. */
  readonly timeout?: Partial<typeof defaultTimeout> & { readonly close?: number };
}

/** Opening delays the launch. */
const defaultTimeout = { open: 8000, announce: 30_000 };

interface Listener {
  readonly listener: (announcement: Announcement) => void;
  readonly onError: (message: string) => void;
}

/** The broadcast on a queue of Amazon SQS, one for each run. */
export class SqsBroadcast implements Broadcast {
  readonly name = 'sqs';
  readonly #options: SqsOptions;
  readonly #timeout: typeof defaultTimeout & { readonly close?: number };
  /** Retries are made here, where it is known what a lost answer means. */
  readonly #client: SQSClient;
  readonly #life = new AbortController();
  readonly #listeners = new Set<Listener>();
  readonly #announced = new Map<bigint, Promise<void>>();
  #polling: AbortController | undefined;
  #inbox = new Inbox('');
  #queue: RunQueue | undefined;
  #region: string | undefined;

  constructor(options: SqsOptions) {
    this.#options = options;
    this.#timeout = { ...defaultTimeout, ...options.timeout };
    this.#client = sqsClient(options.settings, options.env, 1);
  }

  get ignored(): number {
    return this.#inbox.ignored;
  }

  get forAgents(): AgentBroadcast | undefined {
    const { imds, settings, env } = this.#options;
    const { url } = this.#queue ?? {};
    if (imds === undefined || url === undefined || this.#region === undefined) return undefined;
    const endpoint = customEndpoint('SQS', settings, env) ?? new URL(url).origin;
    return { kind: 'sqs', queueUrl: url, region: this.#region, endpoint, imds };
  }

  recover(run: string): void {
    this.#queue = this.#queueOf(run, true);
  }

  /** Missing rights and bad credentials end the run while it is free; SQS being down does not: there is SSH. */
  async open(run: string, signal: AbortSignal): Promise<void> {
    this.#inbox = new Inbox(run);
    const queue = this.#queue?.run === run ? this.#queue : this.#queueOf(run, false);
    this.#queue = queue;
    try {
      this.#region = await this.#client.config.region();
      await retry(() => queue.open(signal), { signal, timeout: this.#timeout.open, isRetryable });
    } catch (error) {
      signal.throwIfAborted();
      if (!isRetryable(error)) throw this.#error(error, 'cannot be created', 'sqs:CreateQueue, sqs:TagQueue');
    }
  }

  async announce(announcement: Announcement): Promise<void> {
    const queue = this.#queue;
    if (announcement.run !== queue?.run || this.#life.signal.aborted) return;
    const { nonce } = announcement;
    const sent = this.#announced.get(nonce) ?? this.#send(queue, announcement);
    this.#announced.set(nonce, sent);
    try {
      await sent;
    } catch (error) {
      this.#announced.delete(nonce);
      throw error;
    }
  }

  listen(listener: Listener['listener'], onError: Listener['onError'] = () => {}): () => void {
    const queue = this.#queue;
    if (!queue) throw new Error('the broadcast was not opened');
    const entry = { listener, onError };
    this.#listeners.add(entry);
    const { heard } = this.#inbox;
    queueMicrotask(() => {
      for (const announcement of heard)
        if (this.#listeners.has(entry) && !this.#announced.has(announcement.nonce)) listener(announcement);
    });
    if (!this.#polling) {
      this.#polling = new AbortController();
      void poll(this.#polled(queue), AbortSignal.any([this.#life.signal, this.#polling.signal]));
    }
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size > 0) return;
      this.#polling?.abort();
      this.#polling = undefined;
    };
  }

  async catchUp(signal: AbortSignal): Promise<void> {
    const queue = this.#queue;
    if (!queue) return;
    const heard = await unlessAborted(peek(this.#client, await queue.open(signal), queue.run), signal);
    for (const announcement of heard) this.#deliver(announcement);
  }

  async close(): Promise<void> {
    this.#life.abort();
    this.#listeners.clear();
    const queue = this.#queue;
    queue?.seal();
    // Who announced is told before the run ends that it failed.
    await Promise.allSettled(this.#announced.values());
    try {
      if (queue)
        await untilDeleted(() => queue.delete(), {
          failing: this.#timeout.close,
          isNotYet: (error) => queue.isSettling(error),
        });
    } catch (error) {
      throw this.#error(error, 'cannot be deleted', 'sqs:DeleteQueue, sqs:GetQueueUrl');
    } finally {
      this.#client.destroy();
    }
  }

  #queueOf(run: string, mayExist: boolean): RunQueue {
    return new RunQueue(this.#client, queueInput(run, this.#options), mayExist);
  }

  async #send(queue: RunQueue, announcement: Announcement): Promise<void> {
    const { signal } = this.#life;
    const send = async (): Promise<void> =>
      sendMessage(this.#client, await queue.open(), messageBody(announcement), signal);
    const again = (error: unknown): boolean => isRetryable(error) || queue.isSettling(error);
    try {
      await retry(send, { signal, timeout: this.#timeout.announce, isRetryable: again });
    } catch (error) {
      throw this.#error(error, 'does not accept messages', 'sqs:SendMessage');
    }
  }

  #deliver(announcement: Announcement): void {
    if (this.#announced.has(announcement.nonce)) return;
    for (const { listener } of this.#listeners) listener(announcement);
  }

  #polled(queue: RunQueue): Polled {
    return {
      inbox: this.#inbox,
      pollBackoff: new PollBackoff(mostMessages),
      receive: async (hide, signal) => receive(this.#client, await queue.open(), signal, { hide }),
      deliver: (announcement) => this.#deliver(announcement),
      onError: (error) => {
        const { message } = this.#error(error, 'cannot be read', 'sqs:ReceiveMessage');
        for (const { onError } of this.#listeners) onError(message);
      },
      expected: (error) => queue.isSettling(error),
    };
  }

  #error(error: unknown, what: string, permissions: string) {
    const name = this.#queue?.name ?? '';
    const { region, profile } = { region: this.#region, profile: this.#options.settings.profile };
    return awsError(error, { what: `queue ${name} ${what}`, about: name, region, profile, permissions });
  }
}
