import { beforeAll, describe, expect, test } from 'vitest';
import { hasStage } from '../helper/stage/available.ts';
import { imagesOf } from '../helper/stage/ec2/image.ts';
import { useStage } from '../helper/stage/use.ts';
import { clients } from './stage.ts';

/** Something else than the types of the SDK would let anybody send. */
// oxlint-disable-next-line typescript/no-unsafe-return
const odd = (value: unknown) => value as never;

const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);

/** What AWS's models and EC2's documentation forbid, and moto does not. */
describe.runIf(hasStage())('a request that AWS would refuse', () => {
  const on = useStage({ boots: false, consistency: 0 });
  let aws: ReturnType<typeof clients>;
  const [image] = imagesOf('us-east-1');
  const launch = { ImageId: image?.id, InstanceType: 'c7a.medium' as const, MinCount: 1, MaxCount: 1 };

  beforeAll(() => {
    aws = clients(on.stage);
  });

  /** The code that it is answered with, and what the stage says is wrong: the kind, and where. */
  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const code = await work.then(
      () => 'no error',
      (error: unknown) => (error instanceof Error ? error.name : ''),
    );
    const [first] = on.stage.refusals();
    return `${code} ${first?.kind} ${first?.member}`;
  };

  /** Clients that send another body: the SDK's own only send what they know. */
  const changed = (change: (body: string) => string) => {
    const { ec2, sqs } = clients(on.stage);
    for (const { middlewareStack } of [ec2, sqs]) {
      (middlewareStack as { add: (...args: unknown[]) => void }).add(
        (next: (args: never) => never) => (args: { request: { body: string; headers: object } }) => {
          const { request } = args;
          request.body = change(request.body);
          Object.assign(request.headers, { 'content-length': String(Buffer.byteLength(request.body)) });
          return next(odd(args));
        },
        { step: 'build', priority: 'low', name: 'change' },
      );
    }
    return { ec2, sqs };
  };

  test('breaks EC2’s model: every kind, by its code', async () => {
    const { ec2 } = aws;
    expect(await refusal(ec2.terminateInstances(odd({})))).toBe('MissingParameter required InstanceIds');
    expect(await refusal(ec2.runInstances(odd({ ...launch, MaxCount: undefined })))).toBe(
      'MissingParameter required MaxCount',
    );
    expect(await refusal(ec2.runInstances(odd({ ...launch, MaxCount: 'two' })))).toBe(
      'InvalidParameterValue type MaxCount',
    );
    expect(await refusal(ec2.describeInstanceTypes({ MaxResults: 3 }))).toBe(
      'InvalidParameterValue range MaxResults',
    );
    const market = { MarketType: 'auction' };
    expect(await refusal(ec2.runInstances(odd({ ...launch, InstanceMarketOptions: market })))).toBe(
      'InvalidParameterValue enum InstanceMarketOptions.MarketType',
    );
    expect(await refusal(changed((body) => `${body}&Nonsense.1=x`).ec2.describeVpcs({}))).toBe(
      'UnknownParameter unknown Nonsense',
    );
    const gap = '&InstanceId.1=i-00000000000000001&InstanceId.3=i-00000000000000002';
    expect(await refusal(changed((body) => body + gap).ec2.describeInstances({}))).toBe(
      'InvalidParameterValue type InstanceIds',
    );
    expect(await refusal(changed((body) => `${body}&DryRun=1`).ec2.describeVpcs({}))).toBe(
      'InvalidParameterValue type DryRun',
    );
    expect(on.stage.instances()).toEqual([]);
  });

  test('breaks the models of the other services', async () => {
    const { sqs, s3, pricing, quotas } = aws;
    expect(await refusal(sqs.createQueue(odd({})))).toBe('MissingParameter required QueueName');
    expect(await refusal(sqs.createQueue({ QueueName: 'q', Attributes: odd({ Colour: 'red' }) }))).toBe(
      'InvalidParameterValue enum Attributes (key)',
    );
    expect(await refusal(changed(() => '{"QueueName":1}').sqs.createQueue({ QueueName: 'q' }))).toMatch(
      / type QueueName$/,
    );
    expect(await refusal(changed(() => '{"Prefix":"q"}').sqs.listQueues({}))).toMatch(/ unknown Prefix$/);
    expect(await refusal(quotas.getServiceQuota({ ServiceCode: 'e-c/2', QuotaCode: 'L-1' }))).toBe(
      'IllegalArgumentException pattern ServiceCode',
    );
    expect(await refusal(pricing.getProducts({ ServiceCode: 'AmazonEC2', MaxResults: 101 }))).toBe(
      'InvalidParameterException range MaxResults',
    );
    const filter = { Type: 'LIKE', Field: 'a', Value: 'b' };
    expect(await refusal(pricing.getProducts(odd({ ServiceCode: 'AmazonEC2', Filters: [filter] })))).toBe(
      'InvalidParameterException enum Filters[0].Type',
    );
    const Bucket = 'logs';
    await on.stage.createBucket(Bucket);
    expect(
      await refusal(s3.putObject(odd({ Bucket, Key: 'k', Body: '', ServerSideEncryption: 'rot13' }))),
    ).toBe('InvalidArgument enum ServerSideEncryption');
    expect(await refusal(s3.createBucket(odd({ Bucket: 'b2b', CreateBucketConfiguration: { LocationConstraint: 'moon' } })))).toBe('InvalidArgument enum CreateBucketConfiguration.LocationConstraint'); // prettier-ignore
    expect(await refusal(s3.deleteObjects({ Bucket, Delete: odd({}) }))).toBe('InvalidArgument required Delete.Objects'); // prettier-ignore
    const schedule = (more: object) =>
      refusal(
        aws.scheduler.createSchedule({
          Name: 's',
          ScheduleExpression: 'at(2026-12-01T00:00:00)',
          FlexibleTimeWindow: { Mode: 'OFF' },
          Target: {
            Arn: 'arn:aws:scheduler:::aws-sdk:ec2:terminateInstances',
            RoleArn: 'arn:aws:iam::123456789012:role/x',
          },
          ...more,
        }),
      );
    expect(await schedule({ ScheduleExpression: 'x'.repeat(257) })).toBe('ValidationException length ScheduleExpression'); // prettier-ignore
    expect(await schedule({ GroupName: 'no blanks' })).toBe('ValidationException pattern GroupName');
    expect(await schedule({ Target: { Arn: 'a', RoleArn: 'root' } })).toBe('ValidationException pattern Target.RoleArn'); // prettier-ignore
    expect(await schedule({ FlexibleTimeWindow: undefined })).toBe('ValidationException required FlexibleTimeWindow'); // prettier-ignore
  });

  test('breaks what EC2 documents beyond its model', async () => {
    const { ec2 } = aws;
    const id = 'i-00000000000000001';
    const names = { tags: (Tags: object[], ResourceType = 'instance') => ({ ...launch, TagSpecifications: [{ ResourceType, Tags }] }) }; // prettier-ignore
    const { tags } = names;
    const cases: readonly (readonly [Promise<unknown>, string])[] = [
      [ec2.describeInstances({ InstanceIds: [id], MaxResults: 5 }), 'InvalidParameterCombination combination MaxResults'],
      [ec2.describeVolumes({ VolumeIds: ['vol-00000000'], MaxResults: 5 }), 'InvalidParameterCombination combination MaxResults'],
      [ec2.describeInstanceTypes({ InstanceTypes: ['c7a.large'], MaxResults: 5 }), 'InvalidParameterCombination combination MaxResults'],
      [ec2.describeInstances({ MaxResults: 4 }), 'InvalidParameterValue range MaxResults'],
      [ec2.describeVolumes({ MaxResults: 1001 }), 'InvalidParameterValue range MaxResults'],
      [ec2.describeVolumes({ Filters: [{ Name: 'state', Values: ['available'] }] }), 'InvalidParameterValue enum Filters'],
      [ec2.describeInstances({ Filters: [{ Name: 'tag:x', Values: many(201) }] }), 'FilterLimitExceeded length Filters'],
      [ec2.describeInstances({ InstanceIds: ['i-one'] }), 'InvalidInstanceID.Malformed pattern InstanceId'],
      [ec2.runInstances(odd(tags([{ Key: 'aws:x', Value: '' }]))), 'InvalidTagKey.Malformed tag Tags'],
      [ec2.runInstances(odd(tags(many(51).map((Key) => ({ Key, Value: '' }))))), 'TagLimitExceeded tag Tags'],
      [ec2.runInstances(odd(tags([{ Key: 'k'.repeat(129), Value: '' }]))), 'InvalidParameterValue tag Tags'],
      [ec2.runInstances(odd(tags([{ Key: 'k', Value: 'v'.repeat(257) }]))), 'InvalidParameterValue tag Tags'],
      [ec2.runInstances(odd(tags([{ Key: 'k', Value: '1' }, { Key: 'k', Value: '2' }]))), 'InvalidParameterValue tag Tags'],
      [ec2.runInstances(odd(tags([], 'spot-instances-request'))), 'InvalidParameterValue enum TagSpecifications'],
      [ec2.runInstances({ ...launch, ClientToken: 'é' }), 'InvalidParameterValue length ClientToken'],
      [ec2.runInstances({ ...launch, UserData: Buffer.alloc(16_385).toString('base64') }), 'InvalidParameterValue length UserData'],
      [ec2.runInstances({ ...launch, SubnetId: 'subnet-1', NetworkInterfaces: [{ DeviceIndex: 0 }] }), 'InvalidParameterCombination combination NetworkInterfaces'],
      [ec2.createSecurityGroup({ GroupName: 'sg-mine', Description: 'x' }), 'InvalidParameterValue pattern GroupName'],
      [ec2.createSecurityGroup({ GroupName: 'mine', Description: 'what’s this' }), 'InvalidParameterValue pattern Description'],
      [ec2.authorizeSecurityGroupIngress({ GroupId: 'sg-1', IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '300.1.1.1/32' }] }] }), 'InvalidParameterValue pattern IpPermissions'],
    ]; // prettier-ignore
    // One after the other: what was refused is taken after each.
    for (const [work] of cases) work.catch(() => {});
    await Promise.allSettled(cases.map(([work]) => work));
    const told = on.stage.calls().map((call) => call.error);
    expect(new Set(told)).toEqual(new Set(cases.map(([, expected]) => expected.split(' ')[0])));
    const refused = on.stage.refusals().map(({ kind, member }) => `${kind} ${member}`);
    expect(refused.toSorted()).toEqual(
      cases.map(([, expected]) => expected.split(' ').slice(1).join(' ')).toSorted(),
    );
    expect(on.stage.instances()).toEqual([]);
  });

  test('breaks what SQS and S3 document beyond theirs', async () => {
    const { sqs, s3 } = aws;
    const { QueueUrl } = await sqs.createQueue({ QueueName: 'q' });
    expect(await refusal(sqs.createQueue({ QueueName: 'a.b' }))).toMatch(/ pattern QueueName$/);
    expect(await refusal(sqs.createQueue({ QueueName: 'q2', tags: { 'aws:x': '' } }))).toMatch(/ tag tags$/);
    expect(await refusal(sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 21 }))).toMatch(
      / range WaitTimeSeconds$/,
    );
    expect(await refusal(sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 11 }))).toMatch(/ range Max/);
    expect(await refusal(sqs.sendMessage({ QueueUrl, MessageBody: 'x'.repeat(1_048_577) }))).toMatch(
      / length Me/,
    );
    expect(await refusal(s3.headBucket({ Bucket: 'Logs' }))).toMatch(/ pattern Bucket$/);
    expect(await refusal(s3.putObject({ Bucket: 'logs', Key: 'k'.repeat(1025), Body: '' }))).toBe(
      'KeyTooLongError length Key',
    );
  });

  test('asks for the next page of another list, or with a token of nobody', async () => {
    const { ec2, sqs, s3 } = aws;
    on.stage.pager.plan = (items) => [0, items];
    const Filters = [{ Name: 'instance-type', Values: ['c7a.medium'] }];
    const { NextToken } = await ec2.describeInstanceTypes({ Filters });
    expect(await refusal(ec2.describeInstanceTypes({ Filters, NextToken }))).toMatch(/^no error/);
    expect(await refusal(ec2.describeInstanceTypes({ NextToken }))).toBe('InvalidNextToken token NextToken');
    expect(await refusal(ec2.describeSubnets({ NextToken }))).toBe('InvalidNextToken token NextToken');
    expect(await refusal(sqs.listQueues({ MaxResults: 10, NextToken }))).toMatch(/ token NextToken$/);
    await on.stage.createBucket('logs');
    expect(await refusal(s3.listObjectsV2({ Bucket: 'logs', ContinuationToken: 'x' }))).toMatch(/ token /);
  });

  test('fails its test by name, if nobody takes it', async () => {
    await aws.ec2.describeInstances({ MaxResults: 1 }).catch(() => {});
    expect(() => on.stage.checkRequests('bob')).not.toThrow();
    expect(() => on.stage.checkRequests('alice')).toThrow(
      /ec2 DescribeInstances by alice \(range\): Value \( 1 \) for parameter maxResults is invalid/,
    );
    await aws.ec2.describeInstances({ MaxResults: 1 }).catch(() => {});
    await expect(on.stage.reset()).rejects.toThrow(/AWS would have refused: ec2 DescribeInstances/);
  });
});
