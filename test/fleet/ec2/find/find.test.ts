import { SQS } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { messageBody } from '../../../../src/broadcast/message.ts';
import { createQueue, queueInput, sqsClient } from '../../../../src/broadcast/sqs-queue.ts';
import { ec2AllRegions } from '../../../../src/fleet/ec2/find/all-regions.ts';
import { queueOrphans } from '../../../../src/fleet/ec2/terminate/queue.ts';
import { recordLaunch } from '../../../../src/fleet/ec2/find/launch-history.ts';
import { eventually } from '../../../helper/process.ts';
import { hasStage } from '../../../helper/stage/available.ts';
import { imagesOf } from '../../../helper/stage/ec2/image.ts';
import { clients } from '../../../stage/stage.ts';
import { useLab } from '../lab.ts';

describe.skipIf(!hasStage())('looking for runs on EC2', () => {
  const on = useLab();

  const launched = (count: number): Promise<string> => on.lab.launched(count);

  /** What was told besides the runs. */
  function listener() {
    const [unseen, skipped]: [string[], string[]] = [[], []];
    const report = {
      unseen: (what: string, error: unknown) => void unseen.push(`${what}: ${String(error)}`),
      skipped: (why: string) => void skipped.push(why),
    };
    return { unseen, skipped, report };
  }

  test.each([
    ['queues', { service: 'sqs', error: 'Denied' }, 'sqs'],
    ['security groups', { action: 'DescribeSecurityGroups', error: 'Denied' }, 'security groups'],
  ])('%s that may not be listed hide no instance', async (_, errorKind, what) => {
    const run = await launched(2);
    on.stage.faults.add(errorKind);
    const { unseen, report } = listener();
    const [found] = await on.lab.fleet().find(report);
    expect(found).toMatchObject({ run, instances: [{ index: 0 }, { index: 1 }] });
    expect(unseen).toEqual([expect.stringContaining(what) as string]);
  });

  test('instances that may not be described are no answer', async () => {
    on.stage.faults.add({ action: 'DescribeInstances', error: 'Denied' });
    await expect(on.lab.fleet().find()).rejects.toMatchObject({ code: 'aws-denied' });
  });

  test('a tag that is no run id is nobody, and never becomes a filter', async () => {
    const run = await launched(1);
    const { ec2 } = clients(on.stage);
    const [image] = imagesOf(on.stage.region);
    await ec2.runInstances({
      ImageId: image?.id,
      InstanceType: 'c7a.medium',
      MinCount: 1,
      MaxCount: 1,
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'cnd:run', Value: '*' }] }],
    });
    await eventually('both seen', async () => {
      const { Reservations = [] } = await ec2.describeInstances({});
      return Reservations.flatMap(({ Instances = [] }) => Instances).length === 2;
    });
    expect((await on.lab.fleet().find()).map((found) => found.run)).toEqual([run]);
  });

  test('what is announced on the queue of a dead controller is told, and stays there', async () => {
    const asked = on.lab.request();
    const client = sqsClient({ region: on.stage.region }, on.lab.env());
    const tags = { owner: '123456789012:user/alice', expiresAt: asked.expiresAt };
    const QueueUrl = await createQueue(client, queueInput(asked.run, tags));
    const hit = { run: asked.run, nonce: 116n, digest: '00'.repeat(32), instance: 3 };
    const sqs = new SQS({ region: on.stage.region, useQueueUrlAsEndpoint: false });
    await eventually('the queue', async () => sqs.listQueueTags({ QueueUrl }).catch(() => false as const));
    for (const MessageBody of ['nonsense', messageBody(hit)])
      await sqs.sendMessage({ QueueUrl, MessageBody });
    const orphans = queueOrphans({ region: on.stage.region }, on.lab.env());
    for (let look = 0; look < 2; look++) {
      const [found] = await on.lab.fleet({}, { orphanKinds: [orphans] }).find(listener().report);
      expect(found).toMatchObject({ run: asked.run, announced: [{ nonce: 116n, digest: hit.digest }] });
    }
    await orphans.remove(asked.run);
    sqs.destroy();
    client.destroy();
  });

  describe('everywhere', () => {
    const orphanKinds = ({ region }: { readonly region?: string | undefined }) => [
      queueOrphans({ region }, on.lab.env()),
    ];
    const launch = { expiresAt: new Date(Date.now() + 60_000) };
    const look = async () => {
      const { fleets, unreachable, skipped } = await ec2AllRegions({ env: on.lab.env(), orphanKinds });
      return { regions: fleets.map(({ where }) => where), fleets, unreachable, skipped };
    };

    test('is every region once, also with several profiles of one account', async () => {
      await recordLaunch(on.lab.env(), { ...launch, region: 'eu-west-1', profile: 'default' });
      const { regions, fleets } = await look();
      expect(regions).toEqual(['eu-west-1', 'us-east-1', 'us-west-2']);
      expect(fleets.map(({ account }) => account)).toEqual(Array(3).fill('123456789012'));
    });

    test('is the regions that are known to be used where regions may not be listed, and says so', async () => {
      await recordLaunch(on.lab.env(), { ...launch, region: 'eu-west-1' });
      on.stage.faults.add({ action: 'DescribeRegions', error: 'Denied' });
      const { regions, unreachable } = await look();
      expect(regions).toEqual(['eu-west-1', 'us-east-1']);
      expect(unreachable).toMatchObject([{ fleet: 'ec2 in any other region' }]);
    });

    test('a region that the organization denies is no trouble, unless it was used', async () => {
      const message =
        'You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/alice is not authorized to perform: ec2:DescribeInstances with an explicit deny in a service control policy';
      on.stage.faults.add({ region: 'eu-west-1', service: 'ec2', error: 'UnauthorizedOperation', message });
      on.stage.faults.add({ region: 'eu-west-1', service: 'sqs', error: 'Denied' });
      const ask = async () => {
        const fleet = (await look()).fleets.find(({ where }) => where === 'eu-west-1');
        const { unseen, skipped, report } = listener();
        return { found: await fleet?.find(report), unseen, skipped };
      };
      const remark = 'ec2 eu-west-1, which the organization denies';
      expect(await ask()).toEqual({ found: [], unseen: [], skipped: [remark] });
      await recordLaunch(on.lab.env(), { ...launch, region: 'eu-west-1' });
      await expect(ask()).rejects.toMatchObject({ code: 'aws-denied' });
    });

    test('a region that is not enabled in the account is told as that, not as bad credentials', async () => {
      on.stage.faults.add({ region: 'eu-west-1', error: 'UnknownKey' });
      const { unreachable } = await ec2AllRegions({ env: on.lab.env(), region: 'eu-west-1', orphanKinds });
      expect(unreachable).toMatchObject([
        {
          error: {
            code: 'aws-region-disabled',
            message: expect.stringMatching(/eu-west-1 is not enabled in account 123456789012/) as string,
            hint: expect.stringMatching(/aws account enable-region --region-name eu-west-1/) as string,
          },
        },
      ]);
      on.stage.faults.add({ error: 'UnknownKey' });
      const both = await ec2AllRegions({ env: on.lab.env(), region: 'eu-west-1', orphanKinds });
      expect(both.unreachable).toMatchObject([{ error: { code: 'aws-bad-credentials' } }]);
    });

    test('the profile that AWS_PROFILE named is looked at again from a shell without it', async () => {
      await recordLaunch(
        { ...on.lab.env(), AWS_ACCESS_KEY_ID: '', AWS_PROFILE: 'work' },
        { ...launch, region: 'eu-west-1' },
      );
      const { unreachable } = await look();
      expect(unreachable).toMatchObject([{ fleet: 'ec2 (profile work)', error: { code: 'aws-no-profile' } }]);
    });
  });
});
