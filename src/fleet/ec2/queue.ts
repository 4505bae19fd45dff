import type { AwsSettings } from '../../aws/client.ts';
import { awsError } from '../../aws/failure.ts';
import type { Leftover } from '../leftover.ts';

/** The queues that runs on EC2 broadcast on, one a run, in the region of the run. */
export function queueLeftover(settings: AwsSettings, env: NodeJS.ProcessEnv): Leftover {
  const { region, profile } = settings;
  const attempt = async <T>(what: string, rights: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw awsError(error, { what, about: 'queue', region, profile, rights });
    }
  };
  // Imported when used: with client-sqs.
  const sqs = () => import('../../broadcast/sqs-queue.ts');
  return {
    name: 'sqs',
    find: () =>
      attempt('the queues cannot be listed', 'sqs:ListQueues, sqs:ListQueueTags', async () => {
        const { listQueues, queueName, sqsClient } = await sqs();
        const queues = await listQueues(sqsClient(settings, env));
        return queues.map(({ run, owner, expiresAt }) => {
          return { run, what: `queue ${queueName(run)}`, owner, expiresAt };
        });
      }),
    remove: (run) =>
      attempt('the queue cannot be deleted', 'sqs:GetQueueUrl, sqs:DeleteQueue', async () => {
        const { deleteQueue, findQueue, sqsClient } = await sqs();
        const client = sqsClient(settings, env);
        const url = await findQueue(client, run);
        if (url !== undefined) await deleteQueue(client, url);
      }),
  };
}
