import type { SQSClient } from '@aws-sdk/client-sqs';
import type { AwsSettings } from '../../../aws/client.ts';
import { untilDeleted } from '../../../aws/deletion.ts';
import { awsError } from '../../../aws/failure.ts';
import type { OrphanKind, Orphan } from '../../orphan.ts';

/** The queues that runs on EC2 broadcast on, one a run, in the region of the run. */
export function queueOrphans(settings: AwsSettings, env: NodeJS.ProcessEnv): OrphanKind {
  const { region, profile } = settings;
  const attempt = async <T>(what: string, permissions: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw awsError(error, { what, about: 'queue', region, profile, permissions });
    }
  };
  // Imported when used: with client-sqs.
  const sqs = () => import('../../../broadcast/sqs-queue.ts');
  const announced = async (
    client: SQSClient,
    url: string,
    { run, scheme }: { readonly run: string; readonly scheme: string | undefined },
  ): Promise<Pick<Orphan, 'announced'>> => {
    const { peek } = await import('../../../broadcast/sqs-peek.ts');
    // Good to know, and no reason not to delete the queue.
    const heard = await peek(client, url, run).catch(() => []);
    if (heard.length === 0) return {};
    return { announced: heard.map((one) => ({ ...one, ...(scheme !== undefined && { scheme }) })) };
  };
  return {
    name: 'sqs',
    find: (owners) =>
      attempt('the queues cannot be listed', 'sqs:ListQueues, sqs:ListQueueTags', async () => {
        const { listQueues, queueName, sqsClient } = await sqs();
        const client = sqsClient(settings, env);
        const queues = await listQueues(client);
        return Promise.all(
          queues.map(async ({ url, run, owner, expiresAt, scheme }) => {
            const isOwn = owner !== undefined && owners?.has(owner);
            const told = isOwn ? await announced(client, url, { run, scheme }) : {};
            return { run, what: `queue ${queueName(run)}`, owner, expiresAt, ...told };
          }),
        );
      }),
    remove: (run) =>
      attempt('the queue cannot be deleted', 'sqs:GetQueueUrl, sqs:DeleteQueue', async () => {
        const { removeQueue, sqsClient } = await sqs();
        const client = sqsClient(settings, env);
        await untilDeleted(() => removeQueue(client, run));
      }),
  };
}
