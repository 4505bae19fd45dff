import type { SQSClient } from '@aws-sdk/client-sqs';
import { eventual } from '../aws/consistency.ts';
import { statusOf, wasNeverSent } from '../aws/failure.ts';
import { createQueue, deleteQueue, findQueue, isMissingQueue, type queueInput } from './sqs-queue.ts';

/**
 * Milliseconds after an attempt to create a queue in which "there is none" proves nothing: SQS may say so of a new one
 * for a while, and an attempt that was not answered may have its effect later.
 */
const settling = eventual['sqs:SendMessage'].seconds * 1000;

class Unsettled extends Error {}

/** The one queue of a run, from its creation, which may go unanswered, to its certain end. Every call is one attempt. */
export class RunQueue {
  readonly #client: SQSClient;
  readonly #input: ReturnType<typeof queueInput>;
  readonly #mayExist: boolean;
  #creating: Promise<string> | undefined;
  #sealed = false;
  #url: string | undefined;
  /** From when on (`performance.now()`) a queue that is not found does not exist; undefined: none can have been made. */
  #settledAt: number | undefined;

  /** @param mayExist Another process may have created it, or be about to. */
  constructor(client: SQSClient, input: ReturnType<typeof queueInput>, mayExist = false) {
    this.#client = client;
    this.#input = input;
    this.#mayExist = mayExist;
    if (mayExist) this.#settledAt = performance.now() + settling;
  }

  get run(): string {
    return this.#input.tags['cnd:run'];
  }

  get name(): string {
    return this.#input.QueueName;
  }

  /** Set once it is known to have been created. */
  get url(): string | undefined {
    return this.#url;
  }

  /** Its URL; it is created when it was not yet, as far as that is known. */
  async open(signal?: AbortSignal): Promise<string> {
    if (this.#url !== undefined) return this.#url;
    this.#creating ??= this.#create(signal).finally(() => (this.#creating = undefined));
    return this.#creating;
  }

  /** From now on it is not created any more. */
  seal(): void {
    this.#sealed = true;
  }

  /** Deletes it, if there may be one. While it cannot be said whether there is, it throws what `isSettling`. */
  async delete(): Promise<void> {
    // What is under way may still create it.
    await Promise.allSettled([this.#creating]);
    if (this.#settledAt === undefined) return;
    const url = this.#url ?? (await findQueue(this.#client, this.run));
    const deleted = url !== undefined && (await deleteQueue(this.#client, url));
    if (!deleted && !this.#isSettled)
      throw new Unsettled('a request that is under way may still create the queue');
    this.#url = undefined;
    this.#settledAt = undefined;
  }

  /** Whether an error says no more than that the queue is too new to say anything about it. */
  isSettling(error: unknown): boolean {
    return error instanceof Unsettled || (isMissingQueue(error) && !this.#isSettled);
  }

  get #isSettled(): boolean {
    return performance.now() >= (this.#settledAt ?? 0);
  }

  /** Cut short by the signal of who opens it alone: the end of the run waits for what comes of it. */
  async #create(signal: AbortSignal | undefined): Promise<string> {
    signal?.throwIfAborted();
    if (this.#sealed) throw new Error('the broadcast is closed');
    try {
      // Asked for once more with other attributes it would be refused: how long messages are kept depends on what is left of T.
      const found = this.#mayExist ? await findQueue(this.#client, this.run) : undefined;
      this.#url = found ?? (await createQueue(this.#client, this.#input, signal));
      this.#settledAt = performance.now() + settling;
      return this.#url;
    } catch (error) {
      const status = statusOf(error) ?? 0;
      const refused = status >= 400 && status < 500;
      if (!refused && !wasNeverSent(error)) this.#settledAt = performance.now() + settling;
      throw error;
    }
  }
}
