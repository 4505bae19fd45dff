import { type Answer, awsError, json } from './answer.ts';
import type { Call } from './call.ts';
import type { Lag } from './lag.ts';
import { Newness } from './newness.ts';

/** Milliseconds for which the name of a deleted queue is blocked. */
const blocked = 60_000;

/**
 * SQS beyond moto: a deleted queue's name cannot be taken at once (API_CreateQueue), a new one is not known at once, nor its
 * tags, and one that is gone is still listed.
 */
export class Sqs {
  readonly #deleted = new Map<string, number>();
  /** Those there are: made once more with the same name, it is the same queue. */
  readonly #made = new Set<string>();
  /** Queues by their URLs. */
  readonly #queues: Newness<string>;
  readonly #tags: Newness<never>;

  constructor(lag: Lag) {
    this.#queues = new Newness('queue', lag);
    this.#tags = new Newness('queue tags', lag);
  }

  async answer(call: Call, forward: () => Promise<Answer>): Promise<Answer> {
    const { QueueName, QueueUrl } = call.parameters as Record<string, string>;
    if (call.action === 'CreateQueue') {
      const at = this.#deleted.get(`${call.region} ${QueueName}`);
      if (at !== undefined && Date.now() < at + blocked) {
        const message =
          'You must wait 60 seconds after deleting a queue before you can create another with the same name.';
        return awsError('sqs', 'QueueDeletedRecently', message);
      }
    }
    const key = `${call.region} ${QueueName ?? QueueUrl?.split('/').at(-1)}`;
    if (call.action !== 'CreateQueue' && !this.#queues.isKnown(key))
      return awsError('sqs', 'QueueDoesNotExist', 'The specified queue does not exist.');
    const answer = await forward();
    if (answer.status !== 200) return answer;
    if (call.action === 'CreateQueue' && !this.#made.has(key)) {
      this.#made.add(key);
      this.#queues.created(key);
      this.#tags.created(key);
    }
    if (call.action === 'DeleteQueue') {
      this.#deleted.set(key, Date.now());
      this.#made.delete(key);
      this.#queues.deleted(key, call.region, QueueUrl ?? '');
    }
    if (call.action === 'ListQueueTags' && !this.#tags.isKnown(key)) return json({ Tags: {} });
    if (call.action === 'ListQueues') return this.#listed(call, answer);
    return answer;
  }

  /** Without those that are too new, with those that have just gone. */
  #listed(call: Call, answer: Answer): Answer {
    const { QueueUrls = [] } = JSON.parse(answer.body.toString()) as { QueueUrls?: string[] };
    const { QueueNamePrefix: prefix = '' } = call.parameters as Record<string, string>;
    const nameOf = (url: string): string => url.split('/').at(-1) ?? '';
    const known = QueueUrls.filter((url) => this.#queues.isKnown(`${call.region} ${nameOf(url)}`));
    const ghosts = this.#queues.ghosts(call.region).filter((url) => nameOf(url).startsWith(prefix));
    const urls = [...new Set([...known, ...ghosts])];
    return json(urls.length > 0 ? { QueueUrls: urls } : {});
  }

  clear(): void {
    this.#made.clear();
    this.#queues.clear();
    this.#tags.clear();
    this.#deleted.clear();
  }
}
