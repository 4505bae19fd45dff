import {
  GetQueueAttributesCommand,
  ListQueueTagsCommand,
  type SQSClient,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Announcement } from '../../src/broadcast/broadcast.ts';
import { messageBody } from '../../src/broadcast/message.ts';
import { SqsBroadcast, type SqsOptions } from '../../src/broadcast/sqs.ts';
import { findQueue, listQueues, sqsClient } from '../../src/broadcast/sqs-queue.ts';
import { TestAws, awsMissing } from '../helper/aws.ts';
import { eventually } from '../helper/process.ts';

const run = '20261120-081103-x7k2';
const hit: Announcement = { run, nonce: 2n ** 63n, digest: 'ab'.repeat(32), instance: 3 };
const expiresAt = new Date('2026-11-20T10:11:03.000Z');
const signal = (): AbortSignal => AbortSignal.timeout(30_000);

describe.skipIf(awsMissing)('the broadcast on SQS', () => {
  let aws: TestAws;
  let client: SQSClient;
  const opened: SqsBroadcast[] = [];

  beforeAll(async () => {
    aws = await TestAws.start();
    client = sqsClient(aws.settings, aws.env);
  });
  afterAll(() => aws?.stop());
  beforeEach(() => aws.reset());
  afterEach(async () => {
    aws.faults.clear();
    for (const broadcast of opened.splice(0)) await broadcast.close();
    if ((await listQueues(client)).length > 0) throw new Error('a queue is left');
  });

  const make = (more: Partial<SqsOptions> = {}): SqsBroadcast => {
    const { settings, env } = aws;
    const broadcast = new SqsBroadcast({
      settings,
      env,
      owner: 'arn:aws:iam::1:user/me',
      expiresAt,
      ...more,
    });
    opened.push(broadcast);
    return broadcast;
  };
  const open = async (more?: Partial<SqsOptions>): Promise<SqsBroadcast> => {
    const broadcast = make(more);
    await broadcast.open(run, signal());
    return broadcast;
  };
  const listen = (broadcast: SqsBroadcast) => {
    const heard: Announcement[] = [];
    const errors: string[] = [];
    const stop = broadcast.listen(
      (announcement) => heard.push(announcement),
      (error) => errors.push(error),
    );
    return { heard, errors, stop };
  };
  // The stage is as late as SQS: a new queue is neither listed nor known at once.
  const url = async (): Promise<string> => (await findQueue(client, run)) ?? '';
  const write = async (body: string): Promise<void> => {
    const QueueUrl = await eventually('it is listed', () => findQueue(client, run));
    await eventually('it is known', async () => {
      try {
        return await client.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
      } catch (error) {
        if (error instanceof Error && error.name === 'QueueDoesNotExist') return undefined;
        throw error;
      }
    });
  };

  describe('its queue', () => {
    test('is of the run, tagged, encrypted, and forgets what outlives the run', async () => {
      await open();
      const QueueUrl = await url();
      expect(QueueUrl).toMatch(/\/cnd-20261120-081103-x7k2$/);
      const { Tags } = await client.send(new ListQueueTagsCommand({ QueueUrl }));
      expect(Tags).toEqual({
        'cnd:run': run,
        'cnd:owner': 'arn:aws:iam::1:user/me',
        'cnd:expires-at': expiresAt.toISOString(),
      });
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
      );
      expect(Attributes['SqsManagedSseEnabled']).toBe('true');
      expect(Attributes['MessageRetentionPeriod']).toBe('7200');
    });

    test('is told to agents that have a role, and to no others', async () => {
      expect((await open()).forAgents).toBeUndefined();
      expect((await open({ imds: 'http://169.254.169.254' })).forAgents).toEqual({
        kind: 'sqs',
        queueUrl: await url(),
        region: 'eu-west-1',
        endpoint: aws.url,
        imds: 'http://169.254.169.254',
      });
    });

    test('is deleted, also when somebody else was first', async () => {
      const broadcast = await open();
      await broadcast.close();
      expect(await url()).toBe('');
      const other = await open({});
      await (await open()).close();
      await other.close();
    });

    test('is asked for where the environment says, whatever host its URL names', async () => {
      process.env['AWS_ENDPOINT_URL_SQS'] = aws.url;
      try {
        const configured = sqsClient({ region: 'eu-west-1' }, process.env, 1);
        const QueueUrl = 'http://127.0.0.1:9/123456789012/cnd-20261120-081103-none';
        const sending = configured.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
        await expect(sending).rejects.toThrow(expect.objectContaining({ name: 'QueueDoesNotExist' }));
      } finally {
        delete process.env['AWS_ENDPOINT_URL_SQS'];
      }
    });
  });

  describe('what it hears', () => {
    test('messages of other runs and nonsense are ignored and counted, once each', async () => {
      const broadcast = await open();
      const { heard } = listen(broadcast);
      await write(messageBody({ ...hit, run: '20250101-000000-zzzz', nonce: 1n }));
      for (const nonsense of ['{', '[]', 'null', '{"run":"x"}', messageBody({ ...hit, digest: 'short' })]) {
        await write(nonsense);
      }
      await write(messageBody(hit).replace('"nonce":"', '"nonce":"-'));
      await write(messageBody(hit));
      await eventually('the true one', () => heard.length > 0);
      await eventually('all', () => broadcast.ignored === 7);
      expect(heard).toEqual([hit]);
    });

    test('a forged message does not stand in the way of a true one with the same nonce', async () => {
      const { heard } = listen(await open());
      const forged = { ...hit, digest: 'cd'.repeat(32) };
      await write(messageBody(forged));
      await eventually('the forged one', () => heard.length === 1);
      await write(messageBody(hit));
      await eventually('the true one', () => heard.length === 2);
      expect(heard).toEqual([forged, hit]);
    });

    test('is heard by others on the same queue as well, and none hides it from another', async () => {
      const ears = [listen(await open()), listen(await open()), listen(await open())];
      await (await open()).announce(hit);
      await eventually('all three', () => ears.every(({ heard }) => heard.length === 1));
      for (const { heard } of ears) expect(heard).toEqual([hit]);
    });

    test('what stays on the queue is not asked for without end', async () => {
      const { heard } = listen(await open());
      await write(messageBody(hit));
      await eventually('it', () => heard.length === 1);
      const before = aws.of('ReceiveMessage').length;
      const since = performance.now();
      await eventually('some polls', () => aws.of('ReceiveMessage').length > before + 4);
      expect(performance.now() - since).toBeGreaterThan(1000);
      expect(heard).toHaveLength(1);
    });

    test('what lies behind more known messages than SQS gives at once', async () => {
      const broadcast = await open();
      const { heard } = listen(broadcast);
      const nonsense = 23;
      for (let count = 0; count < nonsense; count++) await write(`nonsense ${count}`);
      await eventually('all of it', () => broadcast.ignored === nonsense);
      await write(messageBody(hit));
      const since = performance.now();
      await eventually('the true one', () => heard.length > 0);
      expect(performance.now() - since).toBeLessThan(5000);
      expect(heard).toEqual([hit]);
    });

    test('nothing any more, and at once, when nobody listens', async () => {
      const broadcast = await open();
      const { stop } = listen(broadcast);
      await eventually('a poll', () => aws.of('ReceiveMessage').length === 1);
      const since = performance.now();
      stop();
      await broadcast.close();
      expect(performance.now() - since).toBeLessThan(2000);
      expect(aws.of('ReceiveMessage')).toHaveLength(1);
    });
  });

  describe('when SQS fails', () => {
    test.each([
      ['throttles', { error: 'Throttled' }],
      ['breaks', { error: 'Internal', status: 500 }],
      ['loses answers', { lost: 'after' as const }],
    ])('that %s, all is tried again', async (_, fault) => {
      for (const action of ['CreateQueue', 'SendMessage', 'ReceiveMessage', 'DeleteQueue']) {
        aws.faults.add({ service: 'sqs', action, times: 2, ...fault });
      }
      const broadcast = await open();
      const { heard, errors } = listen(broadcast);
      await (await open()).announce(hit);
      await eventually('it', () => heard.length > 0);
      expect(heard[0]).toEqual(hit);
      expect(errors).toHaveLength(1);
      await broadcast.close();
    });

    test('trouble is told once in a row, and is over when it is over', async () => {
      const { heard, errors } = listen(await open());
      const heal = aws.faults.add({ service: 'sqs', action: 'ReceiveMessage', lost: 'before' });
      await write(messageBody(hit));
      // The poll that is under way may still bring it.
      await eventually('polls that fail', () => aws.of('ReceiveMessage').length > 3);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatch(/queue cnd-\S+ cannot be read in eu-west-1: AWS cannot be reached/);
      heal();
      await eventually('it', () => heard.length === 1);
      aws.faults.add({ service: 'sqs', action: 'ReceiveMessage', error: 'Expired' });
      await eventually('the next trouble', () => errors.length === 2);
      expect(errors[1]).toMatch(/the AWS credentials have expired/);
    });

    test('missing rights and bad credentials end the run while it costs nothing', async () => {
      aws.faults.add({ service: 'sqs', action: 'CreateQueue', error: 'Denied', status: 400 });
      const denied = make();
      await expect(denied.open(run, signal())).rejects.toMatchObject({
        code: 'aws-denied',
        message: expect.stringMatching(
          /^queue cnd-\S+ cannot be created in eu-west-1: AccessDenied/,
        ) as string,
        hint: expect.stringContaining('sqs:CreateQueue') as string,
      });
      aws.faults.clear();
      aws.faults.add({ service: 'sqs', action: 'CreateQueue', error: 'Expired', status: 400 });
      await expect(make().open(run, signal())).rejects.toMatchObject({
        code: 'aws-expired',
        hint: expect.stringContaining('aws sso login') as string,
      });
      // Nothing was created, so there is nothing to ask for.
      const before = aws.calls.length;
      await denied.close();
      expect(aws.calls.length).toBe(before);
    });

    test('unreachable at the start, the run goes on, says so, and is joined later', async () => {
      const heal = aws.faults.add({ service: 'sqs', lost: 'before' });
      const broadcast = await open({ timeout: { open: 300 } });
      const { heard, errors } = listen(broadcast);
      const peer = await open({ timeout: { open: 300 } });
      const announced = peer.announce(hit);
      await eventually('the trouble', () => errors.length === 1);
      expect(errors[0]).toMatch(/AWS cannot be reached/);
      heal();
      await announced;
      await eventually('it', () => heard.length === 1);
    });

    test('unreachable for ever, an announcement says so when the run ends, and nothing is left', async () => {
      const gone = { ...aws.settings, endpoint: 'http://127.0.0.1:9' };
      const broadcast = await open({ settings: gone, timeout: { open: 300 } });
      const announced = broadcast.announce(hit).catch((error: Error) => error.message);
      await broadcast.close();
      expect(await announced).toMatch(
        /does not accept messages in eu-west-1: AWS cannot be reached \(ECONNREFUSED\)/,
      );
    });

    test('a queue whose creation was not answered is deleted, too', async () => {
      aws.faults.add({ service: 'sqs', action: 'CreateQueue', lost: 'after' });
      const broadcast = await open({ timeout: { open: 0 } });
      expect(await url()).not.toBe('');
      await broadcast.close();
      expect(await url()).toBe('');
    });

    test('a queue that cannot be deleted is an error that names it', async () => {
      const broadcast = await open({ timeout: { close: 500 } });
      aws.faults.add({ service: 'sqs', action: 'DeleteQueue', error: 'Throttled' });
      await expect(broadcast.close()).rejects.toThrow(/queue cnd-20261120-081103-x7k2 cannot be deleted/);
      aws.faults.clear();
      await (await open()).close();
      opened.splice(0);
    });

    test('an interrupted opening ends at once, and leaves nothing', async () => {
      aws.faults.add({ service: 'sqs', action: 'CreateQueue', delay: 1500 });
      const broadcast = make();
      const interrupt = new AbortController();
      const opening = broadcast.open(run, interrupt.signal);
      await eventually('the call', () => aws.of('CreateQueue').length === 1);
      interrupt.abort(new Error('Ctrl-C'));
      const since = performance.now();
      await expect(opening).rejects.toThrow('Ctrl-C');
      expect(performance.now() - since).toBeLessThan(1000);
      // The request is on its way, and has its effect although the caller has gone.
      await broadcast.close();
      expect(performance.now() - since).toBeGreaterThan(1000);
      expect(aws.of('CreateQueue')[0]?.status).toBe(200);
      expect(await url()).toBe('');
    });

    test('a queue that is so new that SQS does not know it yet is deleted, too', async () => {
      const broadcast = await open();
      aws.faults.add({
        service: 'sqs',
        action: 'DeleteQueue',
        error: 'QueueDoesNotExist',
        status: 400,
        times: 2,
      });
      await broadcast.close();
      expect(await url()).toBe('');
    });
  });
});
