import type { SQSClient } from '@aws-sdk/client-sqs';
import { type AwsSettings, customEndpoint } from '../aws/client.ts';
import { awsError, statusOf, wasNeverSent } from '../aws/failure.ts';
import { mayPass, persist } from '../aws/retry.ts';
import type { AgentBroadcast, Announcement, Broadcast } from './broadcast.ts';
import { Inbox } from './inbox.ts';
import { messageBody } from './message.ts';
import { type Polled, poll } from './poll.ts';
import { receive, sendMessage } from './sqs-message.ts';
import {
  createQueue,
  deleteQueue,
  findQueue,
  isMissingQueue,
  queueInput,
  queueName,
  type QueueTags,
  sqsClient,
} from './sqs-queue.ts';

/** What a broadcast on SQS is made with. */
export interface SqsOptions extends QueueTags {
  readonly settings: AwsSettings;
  readonly env: NodeJS.ProcessEnv;
  /** Where the role of the instances has its credentials, if they have one (`ec2.instanceProfile`): agents poll. */
  readonly imds?: string | undefined;
  /** Milliseconds for which opening, announcing and closing are tried. */
  readonly patience?: Partial<typeof defaultPatience>;
}

/** Opening delays the launch; deleting the queue costs nothing but the user's waiting (DESIGN.md: at most 180 s). */
const defaultPatience = { open: 8000, announce: 30_000, close: 60_000 };

/** Milliseconds in which a new queue may seem not to exist. */
const settling = 5000;

interface Ear {
  readonly listener: (announcement: Announcement) => void;
  readonly onTrouble: (message: string) => void;
}

/** The broadcast on a queue of Amazon SQS, one for each run. */
export class SqsBroadcast implements Broadcast {
  readonly name = 'sqs';
  readonly #options: SqsOptions;
  readonly #patience: typeof defaultPatience;
  /** Retries are made here, where it is known what a lost answer means. */
  readonly #client: SQSClient;
  readonly #life = new AbortController();
  readonly #ears = new Set<Ear>();
  readonly #announced = new Map<bigint, Promise<void>>();
  #polling: AbortController | undefined;
  #inbox = new Inbox('');
  #input: ReturnType<typeof queueInput> | undefined;
  #creating: Promise<string> | undefined;
  #url: string | undefined;
  #region: string | undefined;
  #readyAt = 0;
  /** A queue may have been created whose answer was lost. */
  #uncertain = false;

  constructor(options: SqsOptions) {
    this.#options = options;
    this.#patience = { ...defaultPatience, ...options.patience };
    this.#client = sqsClient(options.settings, options.env, 1);
  }

  get ignored(): number {
    return this.#inbox.ignored;
  }

  get forAgents(): AgentBroadcast | undefined {
    const { imds, settings, env } = this.#options;
    if (imds === undefined || this.#url === undefined || this.#region === undefined) return undefined;
    const endpoint = customEndpoint('SQS', settings, env) ?? new URL(this.#url).origin;
    return { kind: 'sqs', queueUrl: this.#url, region: this.#region, endpoint, imds };
  }

  /** Missing rights and bad credentials end the run while it is free; SQS being down does not: there is SSH. */
  async open(run: string, signal: AbortSignal): Promise<void> {
    this.#inbox = new Inbox(run);
    this.#input = queueInput(run, this.#options, new Date());
    try {
      this.#region = await this.#client.config.region();
      await persist(() => this.#queue(signal), { signal, patience: this.#patience.open });
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw this.#error(error, 'cannot be created', 'sqs:CreateQueue, sqs:TagQueue');
    }
  }

  async announce(announcement: Announcement): Promise<void> {
    if (announcement.run !== this.#run() || this.#life.signal.aborted) return;
    const { nonce } = announcement;
    const sent = this.#announced.get(nonce) ?? this.#send(announcement);
    this.#announced.set(nonce, sent);
    try {
      await sent;
    } catch (error) {
      this.#announced.delete(nonce);
      throw error;
    }
  }

  listen(listener: Ear['listener'], onTrouble: Ear['onTrouble'] = () => {}): () => void {
    const ear = { listener, onTrouble };
    this.#ears.add(ear);
    const { heard } = this.#inbox;
    queueMicrotask(() => {
      for (const announcement of heard) if (this.#ears.has(ear)) listener(announcement);
    });
    if (!this.#polling) {
      this.#polling = new AbortController();
      void poll(this.#polled(), AbortSignal.any([this.#life.signal, this.#polling.signal]));
    }
    return () => {
      this.#ears.delete(ear);
      if (this.#ears.size > 0) return;
      this.#polling?.abort();
      this.#polling = undefined;
    };
  }

  async close(): Promise<void> {
    this.#life.abort();
    this.#ears.clear();
    // What is under way may still create the queue; and who announced is told before the run ends that it failed.
    await Promise.allSettled([this.#creating, ...this.#announced.values()]);
    try {
      if (this.#url === undefined && !this.#uncertain) return;
      const { signal } = new AbortController();
      await persist(() => this.#delete(), { signal, patience: this.#patience.close });
    } catch (error) {
      throw this.#error(error, 'cannot be deleted', 'sqs:DeleteQueue, sqs:GetQueueUrl');
    } finally {
      this.#client.destroy();
    }
  }

  #run(): string | undefined {
    return this.#input?.tags['cnd:run'];
  }

  /** The queue's URL; it is created when it was not yet. */
  async #queue(signal?: AbortSignal): Promise<string> {
    if (this.#url !== undefined) return this.#url;
    this.#creating ??= this.#create(signal).finally(() => (this.#creating = undefined));
    return this.#creating;
  }

  /** Not cut short by the end of the run: nobody would know what came of it. */
  async #create(signal: AbortSignal | undefined): Promise<string> {
    if (!this.#input) throw new Error('the broadcast was not opened');
    signal?.throwIfAborted();
    this.#life.signal.throwIfAborted();
    try {
      this.#url = await createQueue(this.#client, this.#input, signal);
      this.#readyAt = performance.now() + settling;
      return this.#url;
    } catch (error) {
      const status = statusOf(error) ?? 0;
      const refused = status >= 400 && status < 500;
      this.#uncertain ||= !refused && !wasNeverSent(error);
      throw error;
    }
  }

  async #delete(): Promise<void> {
    const url = this.#url ?? (await findQueue(this.#client, this.#run() ?? ''));
    if (url !== undefined) await deleteQueue(this.#client, url);
    this.#url = undefined;
    this.#uncertain = false;
  }

  async #send(announcement: Announcement): Promise<void> {
    const { signal } = this.#life;
    const send = async (): Promise<void> =>
      sendMessage(this.#client, await this.#queue(), messageBody(announcement), signal);
    const again = (error: unknown): boolean => mayPass(error) || this.#isSettling(error);
    try {
      await persist(send, { signal, patience: this.#patience.announce, again });
    } catch (error) {
      throw this.#error(error, 'takes no message', 'sqs:SendMessage');
    }
  }

  #polled(): Polled {
    return {
      inbox: this.#inbox,
      receive: async (signal) => receive(this.#client, await this.#queue(), signal),
      deliver: (announcement) => {
        for (const { listener } of this.#ears) listener(announcement);
      },
      complain: (error) => {
        const { message } = this.#error(error, 'cannot be heard', 'sqs:ReceiveMessage');
        for (const { onTrouble } of this.#ears) onTrouble(message);
      },
      expected: (error) => this.#isSettling(error),
    };
  }

  /** "After you create a queue, you must wait at least one second" (CreateQueue): tried again instead. */
  #isSettling(error: unknown): boolean {
    return isMissingQueue(error) && performance.now() < this.#readyAt;
  }

  #error(error: unknown, what: string, rights: string) {
    const name = queueName(this.#run() ?? '');
    const { region, profile } = { region: this.#region, profile: this.#options.settings.profile };
    return awsError(error, { what: `queue ${name} ${what}`, about: name, region, profile, rights });
  }
}
