import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import { useStage } from '../helper/stage/use.ts';
import { clients } from './stage.ts';

/** The other services of the stage, and everything that can be made to fail. */
describe.runIf(hasStage())('the services of the stage', () => {
  const on = useStage({ pages: false, boots: false, consistency: 0 });
  let aws: ReturnType<typeof clients>;

  beforeAll(() => {
    aws = clients(on.stage);
  });

  const failure = async (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      (error: unknown) => (error instanceof Error ? error.name : ''),
    );

  test('everybody is who they are', async () => {
    expect(await aws.sts.getCallerIdentity({})).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:user/alice',
    });
    const bob = clients(on.stage, 'us-east-1', 'bob');
    expect((await bob.sts.getCallerIdentity({})).Arn).toBe('arn:aws:iam::123456789012:user/bob');
    expect(on.stage.calls('sts').map(({ principal }) => principal)).toEqual(['alice', 'bob']);
  });

  test('who is not known, or signs with another secret, is refused by each service in its words', async () => {
    for (const [accessKeyId, names] of [
      ['AKIANOBODY', ['AuthFailure', 'UnrecognizedClientException', 'InvalidClientTokenId']],
      ['AKIASTAGEALICE', ['AuthFailure', 'InvalidSignatureException', 'SignatureDoesNotMatch']],
    ] as const) {
      const credentials = { accessKeyId, secretAccessKey: 'wrong' };
      const { ec2, sqs, sts } = clients(on.stage);
      for (const client of [ec2, sqs, sts]) client.config.credentials = async () => credentials;
      expect(await failure(ec2.describeVpcs({}))).toBe(names[0]);
      expect(await failure(sqs.listQueues({}))).toBe(names[1]);
      expect(await failure(sts.getCallerIdentity({}))).toBe(names[2]);
    }
  });

  test('a call has its effect, also when the caller has gone meanwhile', async () => {
    on.stage.faults.add({ action: 'CreateQueue', delay: 200 });
    const gone = new AbortController();
    const call = aws.sqs.createQueue({ QueueName: 'q' }, { abortSignal: gone.signal });
    await eventually('the call', () => on.stage.calls('sqs', 'CreateQueue').length > 0);
    gone.abort();
    expect(await failure(call)).toBe('AbortError');
    expect(on.stage.calls('sqs', 'CreateQueue').map(({ status }) => status)).toEqual([0]);
    await eventually('its effect', async () => (await on.stage.orphans()).length > 0);
    expect(await on.stage.orphans('alice')).toEqual(['queue q in us-east-1']);
    expect(await on.stage.orphans('bob')).toEqual([]);
  });

  test('a queue has its URL at the stage, and its name is blocked after its end', async () => {
    const { QueueUrl = '' } = await aws.sqs.createQueue({ QueueName: 'q', tags: { a: 'b' } });
    expect(QueueUrl).toMatch(new RegExp(`^${on.stage.url}/`));
    await aws.sqs.sendMessage({ QueueUrl, MessageBody: 'hello' });
    const { Messages = [] } = await aws.sqs.receiveMessage({
      QueueUrl,
      WaitTimeSeconds: 1,
      VisibilityTimeout: 0,
    });
    expect(Messages.map(({ Body }) => Body)).toEqual(['hello']);
    expect(await on.stage.orphans()).toEqual(['queue q in us-east-1']);
    await aws.sqs.deleteQueue({ QueueUrl });
    expect(await failure(aws.sqs.createQueue({ QueueName: 'q' }))).toMatch(/QueueDeletedRecently/);
    expect(await on.stage.orphans()).toEqual([]);
  });

  test('a long poll that is given up takes no message', async () => {
    const { QueueUrl = '' } = await aws.sqs.createQueue({ QueueName: 'poll' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    const poll = aws.sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 3 }, { abortSignal: stop.signal });
    expect(await failure(poll)).toBe('AbortError');
  });

  test('a bucket keeps objects and their encoding', async () => {
    await on.stage.createBucket('logs');
    await aws.s3.putObject({ Bucket: 'logs', Key: 'cnd/a b/1.log.gz', Body: Buffer.from([31, 139, 0]) });
    expect([...(await on.stage.objects('logs'))]).toEqual([['cnd/a b/1.log.gz', Buffer.from([31, 139, 0])]]);
    const got = await aws.s3.getObject({ Bucket: 'logs', Key: 'cnd/a b/1.log.gz' });
    expect(await got.Body?.transformToByteArray()).toEqual(new Uint8Array([31, 139, 0]));
    expect((await aws.s3.headObject({ Bucket: 'logs', Key: 'cnd/a b/1.log.gz' })).ContentLength).toBe(3);
    expect(await failure(aws.s3.headBucket({ Bucket: 'none' }))).toBe('NotFound');
    expect(await failure(aws.s3.getObject({ Bucket: 'logs', Key: 'x' }))).toBe('NoSuchKey');
    expect(on.stage.calls('s3').map(({ action }) => action)).toEqual([
      'PutObject',
      'GetObject',
      'HeadObject',
      'HeadBucket',
      'GetObject',
    ]);
  });

  test('prices are those of Linux on demand, if asked for', async () => {
    const Filters = Object.entries({
      instanceType: 'c7a.medium',
      regionCode: 'us-east-1',
      operatingSystem: 'Linux',
      tenancy: 'Shared',
      preInstalledSw: 'NA',
      capacitystatus: 'Used',
    }).map(([Field, Value]) => ({ Type: 'TERM_MATCH' as const, Field, Value }));
    const { PriceList = [] } = await aws.pricing.getProducts({ ServiceCode: 'AmazonEC2', Filters });
    expect(PriceList).toHaveLength(1);
    expect(String(PriceList[0])).toContain('"USD":"0.0513200000"');
    const { SpotPriceHistory = [] } = await aws.ec2.describeSpotPriceHistory({
      InstanceTypes: ['c7a.medium'],
    });
    expect(SpotPriceHistory.map(({ SpotPrice }) => Number(SpotPrice)).toSorted((a, b) => a - b)).toEqual([
      0.020528, 0.021554, 0.02566,
    ]);
  });

  test('faults hit what they name, as often as they say, in the words of the service', async () => {
    const queues = async () => failure(aws.sqs.listQueues({}));
    const remove = on.stage.faults.add({ service: 'sqs', after: 1, times: 2, error: 'Throttled' });
    expect([await queues(), await queues(), await queues(), await queues()]).toEqual([
      'no error',
      'ThrottlingException',
      'ThrottlingException',
      'no error',
    ]);
    remove();
    on.stage.faults.add({ action: 'DescribeVpcs', error: 'Throttled' });
    expect(await failure(aws.ec2.describeVpcs({}))).toBe('RequestLimitExceeded');
    on.stage.faults.add({ service: 's3', error: 'Internal' });
    expect(await failure(aws.s3.listBuckets({}))).toBe('InternalError');
    on.stage.faults.add({ service: 'sts', error: 'ServiceUnavailable' });
    expect(await failure(aws.sts.getCallerIdentity({}))).toBe('ServiceUnavailable');
    expect(on.stage.calls('ec2', 'DescribeVpcs')[0]).toMatchObject({
      status: 503,
      error: 'RequestLimitExceeded',
    });
  });

  test('connections are lost before or after the effect, calls take their time, or hang', async () => {
    on.stage.faults.add({ action: 'CreateQueue', lost: 'after', times: 1 });
    expect(await failure(aws.sqs.createQueue({ QueueName: 'q' }))).not.toBe('no error');
    expect((await aws.sqs.listQueues({})).QueueUrls).toHaveLength(1);
    on.stage.faults.add({ action: 'DeleteQueue', lost: 'before', times: 1 });
    expect(await failure(aws.sqs.deleteQueue({ QueueUrl: `${on.stage.url}/123456789012/q` }))).not.toBe(
      'no error',
    );
    expect((await aws.sqs.listQueues({})).QueueUrls).toHaveLength(1);
    on.stage.faults.add({ service: 'sts', delay: 300 });
    const begin = performance.now();
    await aws.sts.getCallerIdentity({});
    expect(performance.now() - begin).toBeGreaterThan(290);
    on.stage.faults.add({ action: 'DescribeVpcs', hang: true });
    const bounded = { abortSignal: AbortSignal.timeout(200) };
    expect(await failure(aws.ec2.describeVpcs({}, bounded))).toMatch(/Abort|Timeout/);
  });

  test('credentials expire, for users', async () => {
    expect(await failure(aws.sts.getCallerIdentity({}))).toBe('no error');
    const renew = on.stage.expireCredentials();
    expect(await failure(aws.ec2.describeVpcs({}))).toBe('RequestExpired');
    expect(await failure(aws.s3.listBuckets({}))).toBe('ExpiredToken');
    expect(await failure(aws.sqs.listQueues({}))).toBe('ExpiredTokenException');
    expect(await failure(aws.sts.getCallerIdentity({}))).toMatch(/ExpiredToken/);
    renew();
    expect(await failure(aws.sts.getCallerIdentity({}))).toBe('no error');
  });
});
