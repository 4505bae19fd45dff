import { type Answer, awsError } from './answer.ts';
import type { Call } from './call.ts';

/** Milliseconds for which the name of a deleted queue is blocked. */
const blocked = 60_000;

/** SQS beyond moto: a deleted queue's name cannot be taken at once, and what is sent and received is counted. */
export class Sqs {
  readonly #deleted = new Map<string, number>();

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
    const answer = await forward();
    if (call.action === 'DeleteQueue' && answer.status === 200) {
      this.#deleted.set(`${call.region} ${QueueUrl?.split('/').at(-1)}`, Date.now());
    }
    return answer;
  }

  clear(): void {
    this.#deleted.clear();
  }
}
