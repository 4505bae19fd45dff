import { CreateQueueCommand, ListQueuesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, onTestFinished, vi } from 'vitest';
import {
  createQueue,
  deleteQueue,
  listQueues,
  queueInput,
  removeQueue,
  sqsClient,
} from '../../src/broadcast/sqs-queue.ts';
import { newRunId } from '../../src/run-id.ts';
import { TestAws, awsMissing } from '../helper/aws.ts';

const expiresAt = new Date('2026-11-20T08:20:00.000Z');

test('messages are kept for an hour, or as long as a longer run', () => {
  const kept = (until: string): string =>
    queueInput('20261120-081103-x7k2', { owner: 'me', expiresAt: new Date(until) }).Attributes
      .MessageRetentionPeriod;
  expect(kept('2026-11-20T08:20:00Z')).toBe('3600');
  expect(kept('2026-11-21T08:11:03Z')).toBe('86400');
  expect(kept('2027-11-21T08:11:03Z')).toBe('1209600');
});

test('the queue of a run is asked for in the same way whenever that is: SQS refuses one that differs', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const begun = new Date('2026-11-20T08:11:03Z');
  const asked = [0, 61, 3_600, 86_400].map((later) => {
    vi.setSystemTime(begun.getTime() + 1000 * later);
    const expiresAt = new Date('2026-11-22T08:11:03Z');
    return queueInput(newRunId(begun).replace(/....$/, 'x7k2'), { owner: 'me', expiresAt });
  });
  expect(new Set(asked.map((input) => JSON.stringify(input))).size).toBe(1);
});

describe.skipIf(awsMissing)('queues that scram sees', () => {
  let aws: TestAws;
  let client: SQSClient;
  beforeAll(async () => {
    aws = await TestAws.start();
    client = sqsClient(aws.settings, aws.env);
  });
  afterAll(() => aws?.stop());
  beforeEach(() => aws.reset());

  const create = (run: string, owner: string) => createQueue(client, queueInput(run, { owner, expiresAt }));

  test('are those with our name AND our tags, of everybody; nothing else is ever listed', async () => {
    const mine = await create('20261120-081103-x7k2', 'me');
    const others = await create('20261119-081103-zzzz', 'you');
    const strangers = [
      { QueueName: 'cnd-20261118-081103-aaaa' },
      { QueueName: 'cnd-jobs', tags: { 'cnd:run': 'jobs' } },
      { QueueName: 'cnd-20261118-081103-bbbb', tags: { 'cnd:run': '20261118-081103-cccc' } },
      { QueueName: 'holiday-photos', tags: { 'cnd:run': '20261120-081103-x7k2' } },
    ];
    for (const stranger of strangers) await client.send(new CreateQueueCommand(stranger));
    const queues = (await listQueues(client)).toSorted((a, b) => (a.run < b.run ? 1 : -1));
    expect(queues).toEqual([
      { url: mine, run: '20261120-081103-x7k2', owner: 'me', expiresAt },
      { url: others, run: '20261119-081103-zzzz', owner: 'you', expiresAt },
    ]);
    await Promise.all(queues.map(({ url }) => deleteQueue(client, url)));
    await deleteQueue(client, mine);
    expect(await listQueues(client)).toEqual([]);
    expect((await client.send(new ListQueuesCommand({}))).QueueUrls).toHaveLength(strangers.length);
  });

  test('that are gone by the time they are looked at are not listed', async () => {
    await create('20261120-081103-x7k2', 'me');
    aws.faults.add({ action: 'ListQueueTags', error: 'QueueDoesNotExist', status: 400 });
    expect(await listQueues(client)).toEqual([]);
  });

  test('of somebody else that may not be looked at hide none of ours', async () => {
    const mine = await create('20261120-081103-x7k2', 'me');
    await create('20261119-081103-zzzz', 'you');
    aws.faults.add({
      action: 'ListQueueTags',
      match: ({ parameters }) => JSON.stringify(parameters).includes('zzzz'),
      error: 'Denied',
      status: 400,
    });
    expect((await listQueues(client)).map(({ url }) => url)).toEqual([mine]);
  });

  test('of a run that has just begun are not gone because one call does not know of it and another fails', async () => {
    const run = newRunId();
    await create(run, 'me');
    aws.faults.add({ action: 'GetQueueUrl', error: 'QueueDoesNotExist', status: 400, times: 2 });
    aws.faults.add({ action: 'ListQueues', error: 'Denied', status: 400, times: 1 });
    await expect(removeQueue(client, run)).rejects.toThrow(
      expect.objectContaining({ name: 'AccessDeniedException' }),
    );
    await removeQueue(client, run);
    expect(await listQueues(client)).toEqual([]);
  });

  test('that cannot be looked at are an error, not an empty answer', async () => {
    await create('20261120-081103-x7k2', 'me');
    aws.faults.add({ action: 'ListQueueTags', error: 'Denied', status: 400 });
    await expect(listQueues(client)).rejects.toThrow(
      expect.objectContaining({ name: 'AccessDeniedException' }),
    );
  });
});
