import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../helper/process.ts';
import { Lag } from '../helper/stage/aws/lag.ts';
import { hasStage } from '../helper/stage/available.ts';
import { imagesOf } from '../helper/stage/ec2/image.ts';
import { Seed } from '../helper/stage/seed.ts';
import { useStage } from '../helper/stage/use.ts';
import { clients } from './stage.ts';

test('a delay is the same for the same seed and change, mostly short, and never longer than the longest', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string(), fc.nat(), (seed, kind, number) => {
      const delay = new Lag(new Seed(seed), 5000).of(kind, number);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(5000);
      expect(new Lag(new Seed(seed), 5000).of(kind, number)).toBe(delay);
    }),
  );
  const lag = new Lag(new Seed(1), 5000);
  const delays = Array.from({ length: 1000 }, (_, index) => lag.of('x', index));
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  expect(mean).toBeGreaterThan(400);
  expect(mean).toBeLessThan(600);
});

/** EC2, SQS and tags lag behind every change; what is asked of a new thing fails until it is known. */
describe.runIf(hasStage())('what the stage answers a moment after a change', () => {
  const on = useStage({ boots: false, pages: false, consistency: 800, pending: 0, shuttingDown: 0 });
  let aws: ReturnType<typeof clients>;
  beforeAll(() => {
    aws = clients(on.stage);
  });
  const failure = async (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      (error: unknown) => (error instanceof Error ? error.name : ''),
    );
  const Tags = [{ Key: 'cnd:run', Value: 'x' }];
  const Filters = [{ Name: 'tag:cnd:run', Values: ['x'] }];

  test('a security group is not known, then it is, and is still described when it is gone', async () => {
    const { ec2 } = aws;
    const { GroupId = '' } = await ec2.createSecurityGroup({
      GroupName: 'g',
      Description: 'g',
      TagSpecifications: [{ ResourceType: 'security-group', Tags }],
    });
    const listed = async () => (await ec2.describeSecurityGroups({ Filters })).SecurityGroups?.length;
    expect(await listed()).toBe(0);
    expect(await failure(ec2.describeSecurityGroups({ GroupIds: [GroupId] }))).toBe('InvalidGroup.NotFound');
    expect(await failure(ec2.deleteSecurityGroup({ GroupId }))).toBe('InvalidGroup.NotFound');
    await eventually('listed', async () => (await listed()) === 1);
    await ec2.deleteSecurityGroup({ GroupId });
    expect(await listed()).toBe(1);
    expect(await on.stage.orphans()).toEqual([]);
    expect(await failure(ec2.deleteSecurityGroup({ GroupId }))).toBe('InvalidGroup.NotFound');
    await eventually('forgotten', async () => (await listed()) === 0);
  });

  test('an instance is described in the state it was in', async () => {
    const { ec2 } = aws;
    const { Instances: [{ InstanceId = '' } = {}] = [] } = await ec2.runInstances({
      ImageId: imagesOf('us-east-1')[0]?.id,
      InstanceType: 'c7a.medium',
      MinCount: 1,
      MaxCount: 1,
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    });
    const states = async () => {
      const { Reservations = [] } = await ec2.describeInstances({ Filters });
      return Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State?.Name);
    };
    expect(await states()).toEqual([]);
    await eventually('running', async () => (await states()).join() === 'running');
    await ec2.terminateInstances({ InstanceIds: [InstanceId] });
    expect(on.stage.instances('running')).toEqual([]);
    expect(await states()).toEqual(['running']);
    await eventually('terminated', async () => (await states()).join() === 'terminated');
  });

  test('a queue is not known, has no tags, and is still listed when it is gone; S3 is never behind', async () => {
    const { sqs, s3 } = aws;
    const QueueName = 'q';
    const { QueueUrl = '' } = await sqs.createQueue({ QueueName, tags: { 'cnd:run': 'x' } });
    const listed = async () => (await sqs.listQueues({})).QueueUrls?.length ?? 0;
    expect(await listed()).toBe(0);
    for (const call of [sqs.getQueueUrl({ QueueName }), sqs.sendMessage({ QueueUrl, MessageBody: 'x' })])
      expect(await failure(call)).toMatch(/QueueDoesNotExist/);
    await eventually('listed', async () => (await listed()) === 1);
    await eventually('tags', async () => (await sqs.listQueueTags({ QueueUrl })).Tags?.['cnd:run'] === 'x');
    await sqs.deleteQueue({ QueueUrl });
    expect(await listed()).toBe(1);
    expect(await failure(sqs.listQueueTags({ QueueUrl }))).toMatch(/QueueDoesNotExist|NonExistentQueue/);
    await eventually('forgotten', async () => (await listed()) === 0);
    await on.stage.createBucket('bucket');
    await s3.putObject({ Bucket: 'bucket', Key: 'k', Body: '1' });
    expect((await s3.listObjectsV2({ Bucket: 'bucket' })).KeyCount).toBe(1);
  });
});
